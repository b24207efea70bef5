//! LOCK-OUT: who may still try a secret, across calls: wrong ones are counted for the account and for the caller's number.
//!
//! A try counts as wrong from its beginning and is taken back when it was right, so that hanging up, ten calls at once, or
//! a server that dies in between give nobody a try for nothing. An account that does not exist is counted like any other.
//!
//! | | an account | a caller's number |
//! | --- | --- | --- |
//! | is locked by | `locks_after` wrong ones | twice as many, whichever the accounts |
//! | a right one | forgets all wrong ones | forgets them if all were on that account, else takes its own try back |
//! | while locked | nothing is compared | nothing is compared |
//! | forgets | a day after the last wrong one | the same |
//!
//! Moments are of the calendar, because a lock outlives the process. A clock set back makes it longer, never shorter.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use indexmap::map::Entry;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The most accounts and numbers of which wrong tries are remembered; beyond that the oldest are forgotten.
pub const MAX_SUBJECTS: usize = 100_000;
/// How long after the last wrong try all of them are forgotten.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// One try at one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The account, with the system that it belongs to: `operator/13800000001`.
    pub account: Arc<str>,
    /// The caller's number, or the call where it is withheld.
    pub number: Option<Arc<str>>,
    /// How many wrong ones lock the account.
    pub locks_after: u8,
    /// For how long.
    pub locked_for: Duration,
}

/// What can happen to a try. `Begins` comes first, then exactly one of the others if it was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A secret was keyed. Nothing has been compared.
    Begins,
    /// It was right.
    Right,
    /// It was wrong, or there is no such account.
    Wrong,
    /// It could not be compared.
    Undone,
}

/// What has to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Remember this of a subject, also when the process ends; `None`: nothing more.
    Keep(Subject, Option<Tries>),
    /// Compare it.
    Compare,
    /// Say that it is locked.
    Locked,
}

/// Whom wrong tries are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An account.
    Account(Arc<str>),
    /// A caller's number.
    Number(Arc<str>),
}

/// What is remembered of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// Wrong ones, those under way included.
    wrong: u16,
    /// When the last one began.
    last: Timestamp,
    /// Until when nobody may try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_until: Option<Timestamp>,
    /// The one account that all of them were on, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Arc<str>>,
}

impl Tries {
    fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// From when on it says nothing any more.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        let remembered = self.last.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        self.locked_until.map_or(remembered, |until| until.max(remembered))
    }

    /// Counts one more that may be wrong.
    fn count(&mut self, now: Timestamp, attempt: &Attempt, limit: u16) {
        // A lock that is over begins anew, and so does what was forgotten.
        if self.locked_until.take().is_some() || self.until() <= now {
            (self.wrong, self.only) = (0, Some(Arc::clone(&attempt.account)));
        }
        self.wrong = self.wrong.saturating_add(1);
        self.last = now;
        self.only.take_if(|it| *it != attempt.account);
        if self.wrong >= limit {
            let lasts = SignedDuration::try_from(attempt.locked_for).unwrap_or(REMEMBERED);
            self.locked_until = Some(now.saturating_add(lasts).unwrap_or(Timestamp::MAX));
        }
    }

    /// Takes one back that was counted; whether anything is left.
    fn take_back(&mut self, limit: u16) -> bool {
        self.wrong = self.wrong.saturating_sub(1);
        if self.wrong < limit {
            self.locked_until = None;
        }
        self.wrong > 0
    }
}

/// All accounts and numbers with wrong tries.
#[derive(Debug, Default)]
pub struct Lockouts {
    subjects: IndexMap<Subject, Tries>,
}

impl Lockouts {
    /// As they were kept by [`Command::Keep`].
    #[must_use]
    pub fn restore(kept: impl IntoIterator<Item = (Subject, Tries)>) -> Self {
        Self { subjects: kept.into_iter().take(MAX_SUBJECTS).collect() }
    }

    /// Takes what happened to `attempt` at `now` and appends what has to be done to `out`.
    pub fn handle(
        &mut self,
        now: Timestamp,
        attempt: &Attempt,
        event: Event,
        out: &mut Vec<Command>,
    ) {
        match event {
            Event::Begins if self.is_locked(now, attempt) => out.push(Command::Locked),
            Event::Begins => {
                for (subject, limit) in subjects(attempt) {
                    self.count(now, attempt, subject, limit, out);
                }
                out.push(Command::Compare);
            }
            Event::Right => {
                for (subject, limit) in subjects(attempt) {
                    let all = self.subjects.get(&subject).is_some_and(|it| {
                        it.only.as_ref().is_some_and(|only| *only == attempt.account)
                    });
                    self.take_back(subject, if all { None } else { Some(limit) }, out);
                }
            }
            Event::Undone => {
                for (subject, limit) in subjects(attempt) {
                    self.take_back(subject, Some(limit), out);
                }
            }
            // It was counted when it began.
            Event::Wrong if self.is_locked(now, attempt) => out.push(Command::Locked),
            Event::Wrong => {}
        }
    }

    fn is_locked(&self, now: Timestamp, attempt: &Attempt) -> bool {
        subjects(attempt).any(|(it, _)| self.subjects.get(&it).is_some_and(|it| it.is_locked(now)))
    }

    fn count(
        &mut self,
        now: Timestamp,
        attempt: &Attempt,
        subject: Subject,
        limit: u16,
        out: &mut Vec<Command>,
    ) {
        if self.subjects.len() >= MAX_SUBJECTS && !self.subjects.contains_key(&subject) {
            self.make_room(now, out);
        }
        let fresh = || Tries {
            wrong: 0,
            last: now,
            locked_until: None,
            only: Some(Arc::clone(&attempt.account)),
        };
        let tries = self.subjects.entry(subject.clone()).or_insert_with(fresh);
        tries.count(now, attempt, limit);
        out.push(Command::Keep(subject, Some(tries.clone())));
    }

    /// Takes one try back, or without a limit forgets all.
    fn take_back(&mut self, subject: Subject, limit: Option<u16>, out: &mut Vec<Command>) {
        let Entry::Occupied(mut entry) = self.subjects.entry(subject.clone()) else { return };
        let left = limit.is_some_and(|limit| entry.get_mut().take_back(limit));
        let kept = left.then(|| entry.get().clone());
        if !left {
            entry.swap_remove();
        }
        out.push(Command::Keep(subject, kept));
    }

    /// Forgets what says nothing any more; if that is nothing, the oldest sixteenth, so that this is rare.
    fn make_room(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let mut ends: Vec<Timestamp> = self.subjects.values().map(Tries::until).collect();
        let nth = (ends.len() / 16).min(ends.len().saturating_sub(1));
        let oldest = ends.select_nth_unstable(nth).1;
        let before = now.max(*oldest);
        self.subjects.retain(|subject, tries| {
            let stays = tries.until() > before;
            if !stays {
                out.push(Command::Keep(subject.clone(), None));
            }
            stays
        });
    }
}

/// Whom a try is counted for, and how many lock each.
fn subjects(attempt: &Attempt) -> impl Iterator<Item = (Subject, u16)> + use<> {
    let limit = u16::from(attempt.locks_after.max(1));
    let account = (Subject::Account(Arc::clone(&attempt.account)), limit);
    let number = attempt.number.clone().map(|number| (Subject::Number(number), limit * 2));
    std::iter::once(account).chain(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + minute * 60).unwrap()
    }

    fn attempt(account: &str, number: &str) -> Attempt {
        let number = (!number.is_empty()).then(|| number.into());
        Attempt { account: account.into(), number, locks_after: 5, locked_for: HALF_AN_HOUR }
    }

    /// Tries at `minute`, and says `event` of it if it was admitted: whether nobody may try now.
    fn tries(it: &mut Lockouts, minute: i64, attempt: &Attempt, event: Event) -> bool {
        let mut out = Vec::new();
        it.handle(at(minute), attempt, Event::Begins, &mut out);
        if out.last() == Some(&Command::Locked) {
            return true;
        }
        assert_eq!(out.last(), Some(&Command::Compare));
        it.handle(at(minute), attempt, event, &mut out);
        out.last() == Some(&Command::Locked)
    }

    /// (minute, account, caller's number, what came of it, whether it is locked)
    type Line<'a> = (i64, &'a str, &'a str, Event, bool);

    #[track_caller]
    fn play(lines: &[Line<'_>]) -> Lockouts {
        let mut it = Lockouts::default();
        for (nth, (minute, account, number, event, locked)) in lines.iter().enumerate() {
            let is_locked = tries(&mut it, *minute, &attempt(account, number), *event);
            assert_eq!(is_locked, *locked, "line {}: {account} by `{number}`", nth + 1);
        }
        it
    }

    use Event::{Right, Undone, Wrong};

    #[test]
    fn five_wrong_ones_lock_an_account_for_half_an_hour_whoever_calls() {
        #[rustfmt::skip]
        play(&[
            ( 0, "a", "1", Wrong, false),
            ( 1, "a", "2", Wrong, false),
            ( 2, "a", "",  Wrong, false), // a withheld number is nobody's
            ( 3, "a", "1", Wrong, false),
            ( 4, "a", "3", Wrong, true),
            ( 5, "a", "4", Right, true),  // right, and nobody is told
            ( 5, "b", "4", Wrong, false), // another account is not
            (33, "a", "1", Wrong, true),
            (34, "a", "1", Wrong, false), // half an hour after the fifth it begins anew
            (35, "a", "1", Wrong, false),
            (36, "a", "1", Right, false),
        ]);
    }

    #[test]
    fn a_right_one_forgets_the_wrong_ones_of_its_account() {
        #[rustfmt::skip]
        let it = play(&[
            (0, "a", "1", Wrong, false),
            (1, "a", "1", Wrong, false),
            (2, "a", "1", Wrong, false),
            (3, "a", "1", Wrong, false),
            (4, "a", "1", Right, false),
        ]);
        assert!(it.subjects.is_empty(), "{it:?}");
    }

    #[test]
    fn a_number_that_guesses_at_many_accounts_is_locked_and_its_own_right_one_helps_it_nothing() {
        let mut it = Lockouts::default();
        for guess in 0..9 {
            assert!(!tries(&mut it, guess, &attempt(&format!("victim {guess}"), "1"), Wrong));
            assert!(!tries(&mut it, guess, &attempt("own", "1"), Right));
        }
        assert!(tries(&mut it, 9, &attempt("victim 9", "1"), Wrong), "the tenth");
        assert!(tries(&mut it, 10, &attempt("own", "1"), Right));
        assert!(!tries(&mut it, 10, &attempt("own", "2"), Right), "from elsewhere it is not");
        assert!(!tries(&mut it, 39, &attempt("own", "1"), Right), "after half an hour");
    }

    #[test]
    fn what_could_not_be_compared_was_no_try() {
        #[rustfmt::skip]
        play(&[
            (0, "a", "1", Undone, false),
            (0, "a", "1", Undone, false),
            (0, "a", "1", Undone, false),
            (0, "a", "1", Undone, false),
            (0, "a", "1", Undone, false),
            (0, "a", "1", Undone, false),
            (1, "a", "1", Wrong,  false),
            (1, "a", "1", Wrong,  false),
            (1, "a", "1", Wrong,  false),
            (1, "a", "1", Wrong,  false),
            (1, "a", "1", Undone, false),
            (1, "a", "1", Wrong,  true),
        ]);
    }

    #[test]
    fn whoever_hangs_up_or_calls_ten_times_at_once_has_had_their_tries() {
        let mut it = Lockouts::default();
        let mut admitted = 0;
        for _ in 0..10 {
            // Nothing comes of any: the call is over, or still waits.
            let mut out = Vec::new();
            it.handle(at(0), &attempt("a", ""), Event::Begins, &mut out);
            admitted += usize::from(out.last() == Some(&Command::Compare));
        }
        assert_eq!(admitted, 5);
    }

    #[test]
    fn a_day_later_wrong_ones_are_forgotten_and_no_minute_sooner() {
        let four = |later: i64| {
            let mut it = Lockouts::default();
            for _ in 0..4 {
                tries(&mut it, 0, &attempt("a", "1"), Wrong);
            }
            tries(&mut it, later, &attempt("a", "1"), Wrong)
        };
        assert!(four(24 * 60 - 1));
        assert!(!four(24 * 60));
    }

    #[test]
    fn what_was_kept_goes_on_after_a_restart() {
        let mut it = Lockouts::default();
        let mut kept = std::collections::BTreeMap::new();
        let mut call = |it: &mut Lockouts, minute, event| {
            let mut out = Vec::new();
            it.handle(at(minute), &attempt("a", "1"), Event::Begins, &mut out);
            let locked = out.contains(&Command::Locked);
            if !locked {
                it.handle(at(minute), &attempt("a", "1"), event, &mut out);
            }
            for command in out {
                if let Command::Keep(subject, tries) = command {
                    // As the store has it.
                    let tries = tries.map(|it| serde_json::to_string(&it).unwrap());
                    kept.insert(subject, tries);
                }
            }
            let read = |it: &String| serde_json::from_str(it).unwrap();
            let all =
                kept.iter().filter_map(|(it, tries)| Some((it.clone(), read(tries.as_ref()?))));
            (Lockouts::restore(all), locked)
        };
        for minute in 0..4 {
            (it, _) = call(&mut it, minute, Wrong);
        }
        (it, _) = call(&mut it, 4, Undone);
        (it, _) = call(&mut it, 5, Wrong);
        let (mut it, locked) = call(&mut it, 6, Right);
        assert!(locked);
        (it, _) = call(&mut it, 40, Right);
        assert!(it.subjects.is_empty(), "{it:?}");
    }

    #[test]
    fn more_than_can_be_remembered_forget_the_oldest() {
        let mut it = Lockouts::default();
        let mut forgotten = 0;
        for nth in 0..MAX_SUBJECTS + 10 {
            let mut out = Vec::new();
            let attempt = attempt(&nth.to_string(), "");
            it.handle(at(i64::try_from(nth / 1_000).unwrap()), &attempt, Event::Begins, &mut out);
            forgotten += out.iter().filter(|it| matches!(it, Command::Keep(_, None))).count();
            assert!(it.subjects.len() <= MAX_SUBJECTS);
        }
        assert!(forgotten >= MAX_SUBJECTS / 16, "{forgotten}");
        assert!(!it.subjects.contains_key(&Subject::Account("0".into())));
        assert!(it.subjects.contains_key(&Subject::Account(MAX_SUBJECTS.to_string().into())));
    }

    proptest! {
        /// Whatever calls come, no account is compared with more wrong secrets than it may be.
        #[test]
        fn nobody_gets_more_wrong_ones_than_the_limit_within_a_lock(
            calls in proptest::collection::vec((0..3_usize, 0..3_usize, 0..4_u8, 0..20_i64), 1..200),
        ) {
            let mut it = Lockouts::default();
            let mut minute = 0;
            // The minutes of wrong ones since the last right one, by account.
            let mut wrong: [Vec<i64>; 3] = Default::default();
            for (account, number, what, wait) in calls {
                minute += wait;
                let event = [Wrong, Wrong, Right, Undone][usize::from(what)];
                let attempt = attempt(["a", "b", "c"][account], ["1", "2", ""][number]);
                let mut out = Vec::new();
                it.handle(at(minute), &attempt, Event::Begins, &mut out);
                if out.contains(&Command::Compare) {
                    it.handle(at(minute), &attempt, event, &mut out);
                    match event {
                        Wrong => wrong[account].push(minute),
                        Right => wrong[account].clear(),
                        Event::Begins | Undone => {}
                    }
                }
                let recent = wrong[account].iter().filter(|it| **it > minute - 30).count();
                prop_assert!(recent <= 5, "{recent} wrong ones on {account} within half an hour");
            }
        }
    }
}

//! Random callers: people who key anything at any time, in a world that answers anything.
//!
//! Each call is a scenario that is written while it is played, line by line, by the same runner: what went wrong can be
//! said again, reduced and pasted. Docs: docs/random-callers.md.

mod chance;
mod figures;
mod person;
mod reduce;
#[cfg(test)]
mod tests;
mod world;

use std::time::Duration;

pub use self::figures::{Figures, Spread};
pub use self::person::Kind;
pub use self::reduce::reduce;

use self::chance::Chance;
use super::follow_up::KEEPERS;
use super::run::{Stage, Talk};
use super::scenario::{Line, Scenario, What};
use super::watch::Fault;
use crate::call::Mark;
use crate::diagnostic::{Span, Spanned};
use crate::flow::model::{ActionKind, Name};
use crate::secret::Key;

/// The most that one caller does.
const MAX_ACTS: usize = 60;

/// One random call.
#[derive(Debug)]
pub struct Random {
    /// Who called.
    pub kind: Kind,
    /// What happened, ready to be played again.
    pub scenario: Scenario,
    /// Every action that the call came to and every way that it went.
    pub marks: Vec<Mark>,
    /// The steps in order.
    pub steps: Vec<Name>,
    /// How it ended, in a word.
    pub ending: &'static str,
    /// How long until something that was asked for was told.
    pub to_answer: Option<Duration>,
    /// How long until an agent talked to the caller.
    pub to_agent: Option<Duration>,
    /// What no flow may do, if this one did.
    pub fault: Option<Fault>,
}

/// Call `nth` of a run with `seed`: the same every time.
#[must_use]
pub fn random(stage: &Stage, seed: u64, nth: u64) -> Random {
    let mut chance = Chance::new(seed, nth);
    let kind = Kind::ALL.get(chance.below(Kind::ALL.len())).copied().unwrap_or(Kind::Silent);
    let world = world::world(&stage.flow, kind, &mut chance);
    let mut call = Call { talk: Talk::quiet(stage, &world), lines: Vec::new(), kind, chance };
    for _ in 0..MAX_ACTS {
        if call.talk.caller.ended.is_some() || call.talk.caller.watch.fault().is_some() {
            break;
        }
        call.act(stage);
    }
    call.does(What::AllIsWell);
    let caller = call.talk.caller;
    let name = Spanned::new(format!("random caller {nth} of seed {seed}"), Span::default());
    Random {
        kind,
        fault: caller.watch.fault().cloned(),
        scenario: Scenario { name, world, talk: call.lines, case: None },
        marks: caller.marks,
        steps: caller.steps,
        ending: caller.ended.map_or("goes on", super::fields::ending_name),
        to_answer: caller.answered.map(|at| at - crate::time::Mono::ZERO),
        to_agent: caller.connected.map(|at| at - crate::time::Mono::ZERO),
    }
}

/// A call under way.
struct Call<'a> {
    talk: Talk<'a>,
    lines: Vec<Line>,
    kind: Kind,
    chance: Chance,
}

impl Call<'_> {
    /// Plays one line, and remembers it if it could be played.
    fn does(&mut self, what: What) {
        let done = self.talk.line(&what);
        if done.is_ok() || what == What::AllIsWell {
            self.lines.push(Line { what, span: Span::default() });
        }
    }

    /// One thing that the caller or the world does.
    fn act(&mut self, stage: &Stage) {
        if self.chance.below(1_000) < self.kind.leaves() {
            return self.does(What::HangsUp);
        }
        if self.kind == Kind::Unlucky && self.chance.percent(5) {
            let lookups = stage.flow.all_lookups().map(|(name, _)| name);
            let names: Vec<Name> = lookups.chain(KEEPERS.map(Name::from)).collect();
            if let Some(name) = self.chance.pick(&names).cloned() {
                let now_fails = !self.talk.caller.world.fails.contains(&name);
                let what = if now_fails { What::Fails } else { What::Works };
                return self.does(what(vec![name]));
            }
        }
        if self.talk.caller.visit.is_some() {
            return self.in_queue();
        }
        if self.talk.caller.transfer.is_some() {
            return self.outside();
        }
        let listens = self.chance.percent(self.kind.listens());
        let speaking = self.talk.caller.speaking.is_some();
        let place = self.talk.caller.place();
        let action = place.as_ref().and_then(|it| it.action(&stage.flow));
        if matches!(action.map(|it| &it.kind), Some(ActionKind::Record(_)))
            && self.chance.percent(40)
        {
            let length = self.chance.tenths(1, 300);
            return self.does(What::Talks(length));
        }
        if self.talk.caller.conference.is_some() && self.chance.percent(30) {
            return self.does(What::OtherLeaves);
        }
        let asks = action.filter(|it| {
            matches!(it.kind, ActionKind::Menu(_) | ActionKind::Ask(_) | ActionKind::Verify(_))
        });
        match asks {
            Some(action) if !(speaking && listens) => {
                let keys = person::keys(self.kind, action, &mut self.chance);
                if keys.is_empty() {
                    return self.passes();
                }
                if !speaking && self.chance.percent(50) {
                    let pause = self.chance.tenths(2, 40);
                    self.does(What::Waits(pause));
                }
                self.keys(keys);
            }
            Some(_) => self.passes(),
            None if listens => self.passes(),
            // Between questions: keys for what comes.
            None => {
                let keys = action.map(|it| person::keys(self.kind, it, &mut self.chance));
                match keys {
                    Some(keys) if !keys.is_empty() => self.keys(keys),
                    Some(_) | None if self.kind == Kind::Hasty => {
                        let keys: Vec<Key> = "1".chars().filter_map(Key::from_symbol).collect();
                        self.keys(keys);
                    }
                    Some(_) | None => self.passes(),
                }
            }
        }
    }

    fn keys(&mut self, keys: Vec<Key>) {
        self.does(What::Keys(keys));
    }

    /// Lets time pass until the next thing happens, to the tenth of a second.
    fn passes(&mut self) {
        let caller = &self.talk.caller;
        let until = caller.next().map_or(Duration::from_secs(60), |at| at - caller.now);
        let tenths = u64::try_from(until.as_millis().div_ceil(100)).unwrap_or(1).clamp(1, 36_000);
        let mut length = Duration::from_millis(tenths * 100);
        // Some stop in the middle of what is spoken.
        if self.chance.percent(15) && tenths > 2 {
            length = self.chance.tenths(1, usize::try_from(tenths).unwrap_or(2) - 1);
        }
        self.does(What::Waits(length));
    }

    fn in_queue(&mut self) {
        let talks = self.talk.caller.talking;
        let ahead = u32::try_from(self.chance.below(4)).unwrap_or_default();
        match self.chance.below(10) {
            0 | 1 => {
                let length = self.chance.tenths(10, 6_000);
                self.does(What::Waits(length));
            }
            2 | 3 if talks => self.does(What::AgentLeaves),
            // The agent's phone is lost, and the caller waits again.
            4 if talks => self.does(What::RingsOut),
            _ if talks => self.passes(),
            2 | 3 => {
                let wait = [
                    None,
                    Some(Duration::ZERO),
                    Some(Duration::from_secs(90)),
                    Some(Duration::from_secs(86_400)),
                ];
                let wait = self.chance.pick(&wait).copied().flatten();
                self.does(What::Place { ahead, wait });
            }
            4 => self.does(What::Rings("8001".into())),
            5 => self.does(What::RingsOut),
            6 => self.does(What::Answers("8001".into())),
            7 => {
                let place = self.talk.caller.place();
                let flow = self.talk.caller.flow();
                let keys = place
                    .as_ref()
                    .and_then(|it| it.action(flow))
                    .map(|it| person::keys(self.kind, it, &mut self.chance))
                    .unwrap_or_default();
                if keys.is_empty() { self.passes() } else { self.keys(keys) }
            }
            _ => self.passes(),
        }
    }

    fn outside(&mut self) {
        match self.chance.below(4) {
            0 if self.talk.caller.talking => self.does(What::OtherLeaves),
            1 => {
                let length = self.chance.tenths(10, 1_200);
                self.does(What::Waits(length));
            }
            _ => self.passes(),
        }
    }
}

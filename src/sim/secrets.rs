//! `verify` in a scenario: the secret stands in the lookup's table as it is, and who tried before in `wrong_before`.

use std::sync::Arc;

use super::caller::Caller;
use crate::call::lockout::{Attempt, Command, Event, Lockouts};
use crate::call::{Check, Verdict};
use crate::flow::model::{ActionKind, Name, Verify};
use crate::flow::{Program, within};
use crate::value::Type;

/// The lock-outs of a scenario's world.
#[derive(Debug, Default)]
pub(super) struct Guard {
    lockouts: Lockouts,
    /// Accounts whose wrong tries of before are counted already.
    counted: Vec<Arc<str>>,
    /// Wrong secrets of this call.
    pub(super) wrong: u32,
}

/// Every `verify` of a program, with the name that its lookup has in questions.
fn verifies(program: &Program) -> impl Iterator<Item = (Name, &Verify)> {
    program.flows().flat_map(|(run, flow)| {
        let actions = flow.steps.values().flat_map(|step| &step.actions);
        actions.filter_map(move |action| {
            let ActionKind::Verify(it) = &action.kind else { return None };
            let name = &it.against.value;
            Some((run.map_or_else(|| name.clone(), |run| within(run, name)), &**it))
        })
    })
}

/// The secret that a made-up world has where `lookup` gives one.
pub(super) fn right_of(program: &Program, lookup: &str) -> Option<String> {
    verifies(program).find(|(name, _)| **name == *lookup).map(|(_, it)| right(it))
}

/// The right secret of a made-up world: as long as may be keyed, and it begins with [`SECRET`].
pub(super) fn right(it: &Verify) -> String {
    let (least, most) = it.digits();
    let length = MADE_UP.len().clamp(usize::from(least), usize::from(most));
    MADE_UP.chars().cycle().take(length).collect()
}

/// A wrong one. Where it is long enough, it begins with [`SECRET`], too, so that it is seen wherever it should not be.
pub(super) fn wrong(it: &Verify) -> String {
    let mut figures: Vec<char> = right(it).chars().collect();
    if let Some(last) = figures.last_mut() {
        *last = if *last == '0' { '1' } else { '0' };
    }
    figures.into_iter().collect()
}

/// [`SECRET`], and more.
pub(super) const MADE_UP: &str = "86421357";

impl Caller<'_> {
    /// What becomes of `check`, if nothing keeps its answer back.
    pub(super) fn judge(&mut self, check: &Check) -> Verdict {
        let attempt = Attempt {
            account: Arc::clone(&check.account),
            number: check.number.clone(),
            locks_after: check.locks_after,
            locked_for: check.locked_for,
        };
        if !self.guard.counted.contains(&check.account) {
            self.guard.counted.push(Arc::clone(&check.account));
            let before = self.world.wrong_before.get(&check.account).copied().unwrap_or(0);
            for _ in 0..before {
                // Others tried, from somewhere else.
                let attempt = Attempt { number: None, ..attempt.clone() };
                self.tell(&attempt, Event::Begins);
            }
        }
        if self.tell(&attempt, Event::Begins) {
            return Verdict::Locked;
        }
        let takes = self.takes(&check.lookup);
        if takes > check.within {
            self.tell(&attempt, Event::Undone);
            return Verdict::TimedOut;
        }
        if self.world.fails.contains(&check.lookup) {
            self.tell(&attempt, Event::Undone);
            return Verdict::Failed;
        }
        if self.is_right(check) {
            self.tell(&attempt, Event::Right);
            Verdict::Right
        } else if self.tell(&attempt, Event::Wrong) {
            Verdict::Locked
        } else {
            self.guard.wrong = self.guard.wrong.saturating_add(1);
            Verdict::Wrong
        }
    }

    /// Whether nobody may try.
    fn tell(&mut self, attempt: &Attempt, event: Event) -> bool {
        let now = self.world.at.timestamp();
        let passed = jiff::SignedDuration::try_from(self.now.since(crate::time::Mono::ZERO));
        let now = now.saturating_add(passed.unwrap_or_default()).unwrap_or(now);
        let mut out = Vec::new();
        self.guard.lockouts.handle(now, attempt, event, &mut out);
        out.contains(&Command::Locked)
    }

    fn is_right(&self, check: &Check) -> bool {
        let secret = self.stage.flow.lookup(&check.lookup).and_then(|lookup| {
            let of_secret = |(name, given): (&Name, &crate::flow::model::Given)| {
                (given.kind.value == Type::Secret).then(|| name.clone())
            };
            lookup.gives.iter().find_map(of_secret)
        });
        let row = self.row(&check.lookup, &check.with);
        let cell = secret.zip(row).and_then(|(column, row)| row.get(&column));
        cell.is_some_and(|cell| *cell.value == **check.secret.expose())
    }
}

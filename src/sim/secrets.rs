//! `verify` in a scenario: the secret stands in the lookup's table as it is, and who tried before in `wrong_before`.

use std::sync::Arc;

use super::caller::Caller;
use crate::call::lockout::{Attempt, Command, Event, Lockouts};
use crate::call::{Check, Verdict};
use crate::flow::model::Name;
use crate::value::Type;

/// The lock-outs of a scenario's world.
#[derive(Debug, Default)]
pub(super) struct Guard {
    lockouts: Lockouts,
    /// Accounts whose wrong tries of before are counted already.
    counted: Vec<Arc<str>>,
}

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
        let secret = self.stage.flow.lookups.get(&check.lookup).and_then(|lookup| {
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

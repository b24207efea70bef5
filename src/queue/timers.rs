//! When something is due: at most one entry for each agent and two for each caller.

use std::collections::BTreeSet;

use super::ids::{AgentAt, CallerId};
use crate::time::Mono;

/// Whom a timer wakes, and what for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// The agent's state ends.
    Agent(AgentAt),
    /// The caller has waited as long as the queue allows.
    Wait(CallerId),
    /// The caller may be told their position.
    Announce(CallerId),
}

#[derive(Default)]
pub(super) struct Timers(BTreeSet<(Mono, Timer)>);

impl Timers {
    /// Moves `timer` from where `slot` says it stands to `due`; `slot` is the owner's note of it.
    pub(super) fn set(&mut self, timer: Timer, slot: &mut Option<Mono>, due: Option<Mono>) {
        if let Some(old) = slot.take() {
            self.0.remove(&(old, timer));
        }
        if let Some(due) = due {
            self.0.insert((due, timer));
        }
        *slot = due;
    }

    pub(super) fn first(&self) -> Option<Mono> {
        self.0.first().map(|(due, _)| *due)
    }

    /// Takes out the first timer that is due at `now`. Its owner's note still names it; setting it anew is harmless.
    pub(super) fn pop_due(&mut self, now: Mono) -> Option<Timer> {
        let (due, _) = self.0.first()?;
        if *due <= now { self.0.pop_first().map(|(_, timer)| timer) } else { None }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

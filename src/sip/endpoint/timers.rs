//! Everything that waits for a moment, in the order of those moments. Looking for the next is never a search.

use std::collections::BTreeSet;

use super::event::LegId;
use crate::time::Mono;

/// Who waits. Numbers are places in the endpoint's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// An incoming request's transaction.
    Server(usize),
    /// An outgoing request's transaction.
    Client(usize),
    /// A leg.
    Leg(LegId),
    /// A registration of our own.
    Registration(u32),
}

/// The waiting ones; each of them at most once. Each keeps its own moment (an [`Alarm`]), so that it can be moved.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Mono, Timer)>,
}

/// The moment that one of them waits for, as it stands in [`Timers`].
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<Mono>);

impl Timers {
    /// Moves `timer` from where `alarm` says it is to `when`, or takes it out.
    pub(super) fn set(&mut self, timer: Timer, alarm: &mut Alarm, when: Option<Mono>) {
        if alarm.0 == when {
            return;
        }
        if let Some(old) = alarm.0 {
            self.due.remove(&(old, timer));
        }
        if let Some(new) = when {
            self.due.insert((new, timer));
        }
        alarm.0 = when;
    }

    /// The next moment that somebody waits for.
    pub(super) fn next(&self) -> Option<Mono> {
        self.due.first().map(|(when, _)| *when)
    }

    /// Who waits for `now` or earlier, the first of them. It stays until it sets its alarm anew.
    pub(super) fn due(&self, now: Mono) -> Option<Timer> {
        self.due.first().filter(|(when, _)| *when <= now).map(|(_, timer)| *timer)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_and_taking_out_leaves_nothing_behind() {
        let (mut timers, mut one, mut two) =
            (Timers::default(), Alarm::default(), Alarm::default());
        let at = Mono::from_millis;
        timers.set(Timer::Server(1), &mut one, Some(at(30)));
        timers.set(Timer::Client(1), &mut two, Some(at(20)));
        assert_eq!(
            (timers.next(), timers.due(at(19)), timers.due(at(20))),
            (Some(at(20)), None, Some(Timer::Client(1)))
        );
        timers.set(Timer::Client(1), &mut two, Some(at(40)));
        assert_eq!(timers.due(at(50)), Some(Timer::Server(1)));
        timers.set(Timer::Server(1), &mut one, None);
        timers.set(Timer::Client(1), &mut two, None);
        assert_eq!((timers.len(), timers.next()), (0, None));
    }
}

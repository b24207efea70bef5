//! A circuit breaker: a system that does not answer is left alone for a while, so that it costs callers nothing.
//!
//! ```text
//! Closed ──five in a row without an answer──► Open ──after a pause, the next question──► HalfOpen
//!   ▲                                           ▲                                          │  │
//!   │                                           └──no answer: twice the pause, ≤ 60 s──────┘  │
//!   └──────────────────────────────────────────answer─────────────────────────────────────────┘
//! ```
//! Nothing has to be done while nobody asks, so there is no deadline: an open breaker looks at the time when it is asked.

use std::time::Duration;

use crate::time::Mono;

/// So many in a row without an answer open it.
const FAILURES: u32 = 5;
/// How long it is open the first time; doubled after each probe that fails.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody wants to ask.
    Ask,
    /// A question of this era was answered, whatever the answer.
    Answered(Era),
    /// There was no answer, or one that says that the system is out of order.
    Failed(Era),
    /// Nobody waits for the answer any more: nothing is known.
    Dropped(Era),
}

/// What has to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Ask, and tell what came of it with this era.
    Go(Era),
    /// Do not ask.
    Refuse,
    /// It opened: for the log and the figures.
    Opened(Duration),
    /// It closed again.
    Closed,
}

/// What questions are told apart by: what was asked before it opened says nothing about now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Era(u64);

#[derive(Debug, Clone, Copy)]
enum State {
    /// Everybody may ask.
    Closed { failures: u32 },
    /// Nobody may.
    Open { until: Mono, pause: Duration },
    /// One asks, all others wait for what comes of it without asking.
    HalfOpen { pause: Duration },
}

/// The breaker of one connector.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    era: Era,
}

impl Breaker {
    pub(super) const fn new() -> Self {
        Self { state: State::Closed { failures: 0 }, era: Era(0) }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(super) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        use {Command as C, Event as E, State as S};
        match (self.state, event) {
            (S::Closed { .. }, E::Ask) => out.push(C::Go(self.era)),
            (S::Open { until, pause }, E::Ask) if until <= now => {
                self.enter(S::HalfOpen { pause });
                out.push(C::Go(self.era));
            }
            (S::Open { .. } | S::HalfOpen { .. }, E::Ask) => out.push(C::Refuse),
            // Asked before it opened, or before it closed again.
            (_, E::Answered(era) | E::Failed(era) | E::Dropped(era)) if era != self.era => {}
            (S::Closed { .. }, E::Answered(_)) => self.state = S::Closed { failures: 0 },
            (S::Closed { failures }, E::Failed(_)) if failures + 1 < FAILURES => {
                self.state = S::Closed { failures: failures + 1 };
            }
            (S::Closed { .. }, E::Failed(_)) => self.open(now, FIRST_PAUSE, out),
            (S::Closed { .. }, E::Dropped(_)) => {}
            (S::HalfOpen { .. }, E::Answered(_)) => {
                self.enter(S::Closed { failures: 0 });
                out.push(C::Closed);
            }
            (S::HalfOpen { pause }, E::Failed(_)) => {
                self.open(now, (pause * 2).min(LONGEST_PAUSE), out);
            }
            // Whoever asks next is the probe.
            (S::HalfOpen { pause }, E::Dropped(_)) => self.enter(S::Open { until: now, pause }),
            // Opening began a new era, and nobody may ask in it.
            (S::Open { .. }, E::Answered(_) | E::Failed(_) | E::Dropped(_)) => {}
        }
    }

    /// Whether a question at `now` would be refused.
    pub(super) fn refuses(&self, now: Mono) -> bool {
        match self.state {
            State::Closed { .. } => false,
            State::Open { until, .. } => now < until,
            State::HalfOpen { .. } => true,
        }
    }

    /// For the figures: 0 closed, 1 half open, 2 open.
    pub(super) const fn figure(&self) -> u8 {
        match self.state {
            State::Closed { .. } => 0,
            State::HalfOpen { .. } => 1,
            State::Open { .. } => 2,
        }
    }

    fn open(&mut self, now: Mono, pause: Duration, out: &mut Vec<Command>) {
        self.enter(State::Open { until: now + pause, pause });
        out.push(Command::Opened(pause));
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.era = Era(self.era.0 + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Command::{Closed, Go, Opened, Refuse};
    use Event::{Answered, Ask, Dropped, Failed};

    /// A table: seconds, what happens, what must come out.
    #[track_caller]
    fn play(table: &[(u64, Event, &[Command])]) {
        let mut breaker = Breaker::new();
        for (line, (seconds, event, expected)) in table.iter().enumerate() {
            let mut out = Vec::new();
            breaker.handle(Mono::from_millis(*seconds * 1_000), *event, &mut out);
            assert_eq!(out, *expected, "line {line}: {event:?} at {seconds} s");
        }
    }

    const fn era(it: u64) -> Era {
        Era(it)
    }

    const fn seconds(it: u64) -> Duration {
        Duration::from_secs(it)
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_in_between_does_not() {
        #[rustfmt::skip]
        play(&[
            (0, Ask,              &[Go(era(0))]),
            (1, Failed(era(0)),   &[]),
            (1, Failed(era(0)),   &[]),
            (1, Failed(era(0)),   &[]),
            (1, Failed(era(0)),   &[]),
            (2, Answered(era(0)), &[]), // four failures are forgotten
            (2, Failed(era(0)),   &[]),
            (2, Failed(era(0)),   &[]),
            (2, Dropped(era(0)),  &[]), // says nothing
            (2, Failed(era(0)),   &[]),
            (2, Failed(era(0)),   &[]),
            (3, Failed(era(0)),   &[Opened(seconds(5))]),
            (3, Failed(era(0)),   &[]), // was asked before
            (4, Answered(era(0)), &[]), // so was this
            (7, Ask,              &[Refuse]),
            (8, Ask,              &[Go(era(2))]), // the probe
            (8, Ask,              &[Refuse]),
            (9, Failed(era(0)),   &[]), // not the probe's
            (9, Answered(era(2)), &[Closed]),
            (9, Ask,              &[Go(era(3))]),
        ]);
    }

    #[test]
    fn a_probe_that_fails_doubles_the_pause_up_to_a_minute() {
        let mut breaker = Breaker::new();
        let mut out = Vec::new();
        for _ in 0..FAILURES {
            breaker.handle(Mono::ZERO, Failed(era(0)), &mut out);
        }
        let mut now = Mono::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let Some(Opened(pause)) = out.pop() else { panic!("{out:?}") };
            pauses.push(pause.as_secs());
            now += pause;
            breaker.handle(now, Ask, &mut out);
            let Some(Go(probe)) = out.pop() else { panic!("{out:?}") };
            breaker.handle(now, Failed(probe), &mut out);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn a_probe_whose_caller_hung_up_leaves_the_place_to_the_next() {
        #[rustfmt::skip]
        play(&[
            (0, Failed(era(0)),   &[]),
            (0, Failed(era(0)),   &[]),
            (0, Failed(era(0)),   &[]),
            (0, Failed(era(0)),   &[]),
            (0, Failed(era(0)),   &[Opened(seconds(5))]),
            (5, Ask,              &[Go(era(2))]),
            (6, Dropped(era(2)),  &[]),
            (6, Ask,              &[Go(era(4))]),
            (7, Answered(era(4)), &[Closed]),
        ]);
    }

    proptest::proptest! {
        /// Whatever happens, a system that answers is asked again within a minute, and one probe is out at most.
        #[test]
        fn it_always_comes_back(steps in proptest::collection::vec((0..4_u8, 0..70_u64), 0..80)) {
            let mut breaker = Breaker::new();
            let (mut now, mut out, mut asked) = (0, Vec::new(), Vec::new());
            for (what, pause) in steps {
                now += pause;
                let last = asked.pop();
                let event = match (what, last) {
                    (0, _) | (_, None) => { asked.extend(last); Ask }
                    (1, Some(era)) => Answered(era),
                    (2, Some(era)) => Failed(era),
                    (_, Some(era)) => Dropped(era),
                };
                out.clear();
                breaker.handle(Mono::from_millis(now * 1_000), event, &mut out);
                asked.extend(out.iter().filter_map(|it| if let Go(era) = it { Some(*era) } else { None }));
                proptest::prop_assert!(out.len() <= 1);
            }
            for era in asked {
                breaker.handle(Mono::from_millis(now * 1_000), Dropped(era), &mut out);
            }
            proptest::prop_assert!(!breaker.refuses(Mono::from_millis((now + 60) * 1_000)));
        }
    }
}

//! One outgoing request other than INVITE, until nothing can come back for it any more (RFC 3261 17.1.2).

use std::time::Duration;

use bytes::Bytes;

use crate::sip::peer::Transport;
use crate::sip::timing::Timing;
use crate::time::Mono;

/// What can happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// 1xx.
    Provisional,
    /// 2xx to 6xx.
    Final,
    /// The network could not take what we sent.
    Unreachable,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Send(Bytes),
    /// The response handed in is news to whoever asked.
    PassUp,
    /// Timer F: no final answer.
    TimedOut,
    /// The network could not take it.
    Unreachable,
    /// Drop the transaction: nothing more will come out of it.
    Forget,
}

/// | state | repeats on datagrams | until |
/// | --- | --- | --- |
/// | `Trying` | timer E: T1, doubled up to T2 | timer F, 64 × T1 |
/// | `Proceeding` | timer E: every T2 | timer F |
/// | `Completed` | – | timer K, T4 on datagrams |
#[derive(Debug)]
enum State {
    Trying { request: Bytes, again: Option<Mono>, pause: Duration, until: Mono },
    Proceeding { request: Bytes, again: Option<Mono>, until: Mono },
    Completed { until: Mono },
    Terminated,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Client {
    state: State,
    transport: Transport,
    timing: Timing,
}

impl Client {
    /// Sends `request` at `now`.
    pub(crate) fn new(
        now: Mono,
        transport: Transport,
        timing: Timing,
        request: Bytes,
        out: &mut Vec<Command>,
    ) -> Self {
        out.push(Command::Send(request.clone()));
        let again = (!transport.is_reliable()).then(|| now + timing.t1);
        let state =
            State::Trying { request, again, pause: timing.t1, until: now + timing.patience() };
        Self { state, transport, timing }
    }

    /// When the next `Tick` is due.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Trying { again, until, .. } | State::Proceeding { again, until, .. } => {
                Some(again.map_or(*until, |again| again.min(*until)))
            }
            State::Completed { until } => Some(*until),
            State::Terminated => None,
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(crate) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        use {Event as E, State as S};
        match (&mut self.state, event) {
            (S::Trying { request, again, until, .. }, E::Provisional) => {
                out.push(Command::PassUp);
                let (request, until) = (request.clone(), *until);
                let again = again.map(|_| now + self.timing.t2);
                self.state = S::Proceeding { request, again, until };
            }
            (S::Proceeding { .. }, E::Provisional) => out.push(Command::PassUp),
            (S::Trying { .. } | S::Proceeding { .. }, E::Final) => self.complete(now, out),
            (S::Trying { until, .. } | S::Proceeding { until, .. }, E::Tick) if *until <= now => {
                out.push(Command::TimedOut);
                self.end(out);
            }
            (S::Trying { request, again, pause, .. }, E::Tick) => {
                if again.is_some_and(|due| due <= now) {
                    out.push(Command::Send(request.clone()));
                    *pause = pause.saturating_mul(2).min(self.timing.t2);
                    *again = Some(now + *pause);
                }
            }
            (S::Proceeding { request, again, .. }, E::Tick) => {
                if again.is_some_and(|due| due <= now) {
                    out.push(Command::Send(request.clone()));
                    *again = Some(now + self.timing.t2);
                }
            }
            (S::Trying { .. } | S::Proceeding { .. }, E::Unreachable) => {
                out.push(Command::Unreachable);
                self.end(out);
            }
            (S::Completed { until }, E::Tick) => {
                if *until <= now {
                    self.end(out);
                }
            }
            (S::Completed { .. }, E::Provisional | E::Final | E::Unreachable) => {} // the first final answer stands
            (S::Terminated, _) => {}
        }
    }

    fn complete(&mut self, now: Mono, out: &mut Vec<Command>) {
        out.push(Command::PassUp);
        if self.transport.is_reliable() {
            self.end(out);
        } else {
            self.state = State::Completed { until: now + self.timing.t4 };
        }
    }

    fn end(&mut self, out: &mut Vec<Command>) {
        // `handle` lets nothing through in this state, so `Forget` comes out exactly once.
        debug_assert!(!matches!(self.state, State::Terminated));
        self.state = State::Terminated;
        out.push(Command::Forget);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Command::{Forget, PassUp, TimedOut};
    use Event::{Final, Provisional, Tick};

    fn sent() -> Command {
        Command::Send(Bytes::from_static(b"BYE"))
    }

    #[track_caller]
    fn play(transport: Transport, table: &[(u64, Event, &[Command])]) {
        let mut out = Vec::new();
        let mut machine =
            Client::new(Mono::ZERO, transport, Timing::RFC, Bytes::from_static(b"BYE"), &mut out);
        assert_eq!(out, [sent()]);
        out.clear();
        for (line, (ms, event, expected)) in table.iter().enumerate() {
            machine.handle(Mono::from_millis(*ms), event.clone(), &mut out);
            assert_eq!(out, *expected, "line {line}: {event:?} at {ms} ms");
            out.clear();
        }
    }

    #[test]
    fn a_request_that_nobody_answers_is_repeated_until_timer_f() {
        play(
            Transport::Udp,
            &[
                (500, Tick, &[sent()]),
                (1_500, Tick, &[sent()]),
                (3_500, Tick, &[sent()]),
                (7_500, Tick, &[sent()]),
                (11_500, Tick, &[sent()]),
                (15_500, Tick, &[sent()]),
                (19_500, Tick, &[sent()]),
                (23_500, Tick, &[sent()]),
                (27_500, Tick, &[sent()]),
                (31_500, Tick, &[sent()]),
                (32_000, Tick, &[TimedOut, Forget]),
            ],
        );
        play(Transport::Tcp, &[(500, Tick, &[]), (32_000, Tick, &[TimedOut, Forget])]);
    }

    #[test]
    fn a_provisional_answer_slows_the_repetitions_to_t2() {
        play(
            Transport::Udp,
            &[
                (100, Provisional, &[PassUp]),
                (500, Tick, &[]),
                (4_100, Tick, &[sent()]),
                (8_100, Tick, &[sent()]),
                (32_000, Tick, &[TimedOut, Forget]),
            ],
        );
    }

    #[test]
    fn a_final_answer_is_told_once_and_its_repetitions_absorbed() {
        play(
            Transport::Udp,
            &[
                (100, Final, &[PassUp]),
                (200, Final, &[]),
                (5_099, Tick, &[]),
                (5_100, Tick, &[Forget]),
            ],
        );
        play(Transport::Tcp, &[(100, Final, &[PassUp, Forget])]);
    }

    #[test]
    fn a_dead_path_is_told_at_once() {
        play(Transport::Udp, &[(5, Event::Unreachable, &[Command::Unreachable, Forget])]);
        play(Transport::Udp, &[(5, Final, &[PassUp]), (6, Event::Unreachable, &[])]);
    }
}

//! One outgoing INVITE, until nothing can come back for it any more (RFC 3261 17.1.1, RFC 6026 7.2).

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
    /// 2xx: the call acknowledges each of them itself (RFC 3261 13.2.2.4).
    Accepted,
    /// 3xx to 6xx, and the ACK that this transaction owes for it.
    Refused { ack: Bytes },
    /// The network could not take what we sent.
    Unreachable,
    /// The call has cancelled and waited long enough (RFC 3261 9.1).
    GiveUp,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Send(Bytes),
    /// The response handed in is news to the call.
    PassUp,
    /// Timer B: nobody answered at all.
    TimedOut,
    /// The network could not take it.
    Unreachable,
    /// Drop the transaction: nothing more will come out of it.
    Forget,
}

/// | state | waits for | until |
/// | --- | --- | --- |
/// | `Calling` | anything; repeats by timer A on datagrams | timer B, 64 × T1 |
/// | `Proceeding` | a final answer | the call gives up |
/// | `Accepted` | 2xx from other forks, 2xx again | timer M, 64 × T1 |
/// | `Completed` | the same refusal again | timer D, 64 × T1 on datagrams |
#[derive(Debug)]
enum State {
    Calling { invite: Bytes, again: Option<Mono>, pause: Duration, until: Mono },
    Proceeding,
    Accepted { until: Mono },
    Completed { ack: Bytes, until: Mono },
    Terminated,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct InviteClient {
    state: State,
    transport: Transport,
    timing: Timing,
}

impl InviteClient {
    /// Sends `invite` at `now`.
    pub(crate) fn new(
        now: Mono,
        transport: Transport,
        timing: Timing,
        invite: Bytes,
        out: &mut Vec<Command>,
    ) -> Self {
        out.push(Command::Send(invite.clone()));
        let again = (!transport.is_reliable()).then(|| now + timing.t1);
        let state =
            State::Calling { invite, again, pause: timing.t1, until: now + timing.patience() };
        Self { state, transport, timing }
    }

    /// Whether something has come back, so that CANCEL may be sent (RFC 3261 9.1), and no final answer.
    pub(crate) const fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding)
    }

    /// When the next `Tick` is due.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Calling { again, until, .. } => {
                Some(again.map_or(*until, |again| again.min(*until)))
            }
            State::Accepted { until } | State::Completed { until, .. } => Some(*until),
            State::Proceeding | State::Terminated => None,
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(crate) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        use {Event as E, State as S};
        match (&mut self.state, event) {
            (S::Calling { .. } | S::Proceeding, E::Provisional) => {
                out.push(Command::PassUp);
                self.state = S::Proceeding;
            }
            (S::Calling { .. } | S::Proceeding, E::Accepted) => {
                out.push(Command::PassUp);
                self.state = S::Accepted { until: now + self.timing.patience() };
            }
            (S::Accepted { .. }, E::Accepted) => out.push(Command::PassUp),
            (S::Calling { .. } | S::Proceeding, E::Refused { ack }) => self.refuse(now, ack, out),
            (S::Completed { ack, .. }, E::Refused { .. }) => out.push(Command::Send(ack.clone())),
            (S::Calling { until, .. }, E::Tick) if *until <= now => {
                out.push(Command::TimedOut);
                self.end(out);
            }
            (S::Calling { invite, again, pause, .. }, E::Tick) => {
                if again.is_some_and(|due| due <= now) {
                    out.push(Command::Send(invite.clone()));
                    // RFC 3261 17.1.1.2: timer A doubles without end; timer B ends it after seven.
                    *pause = pause.saturating_mul(2);
                    *again = Some(now + *pause);
                }
            }
            (S::Accepted { until } | S::Completed { until, .. }, E::Tick) => {
                if *until <= now {
                    self.end(out);
                }
            }
            (S::Calling { .. } | S::Proceeding, E::Unreachable) => {
                out.push(Command::Unreachable);
                self.end(out);
            }
            (S::Calling { .. } | S::Proceeding, E::GiveUp) => self.end(out),
            (S::Proceeding, E::Tick) => {} // the call decides how long it rings
            (S::Accepted { .. } | S::Completed { .. }, E::Provisional) => {} // overtaken by the final answer
            (S::Accepted { .. }, E::Refused { .. }) => {} // RFC 6026 7.2: only 2xx count now
            (S::Completed { .. }, E::Accepted) => {} // RFC 3261 17.1.1.2: the refusal was first
            // An answer has come: the path works, or another one does.
            (S::Accepted { .. } | S::Completed { .. }, E::Unreachable | E::GiveUp) => {}
            (S::Terminated, _) => {}
        }
    }

    fn refuse(&mut self, now: Mono, ack: Bytes, out: &mut Vec<Command>) {
        out.push(Command::Send(ack.clone()));
        out.push(Command::PassUp);
        if self.transport.is_reliable() {
            self.end(out);
        } else {
            // Timer D is "at least 32 s", which is 64 × T1 by default.
            self.state = State::Completed { ack, until: now + self.timing.patience() };
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
    use Event::{Accepted, GiveUp, Provisional, Tick};

    fn invite() -> Command {
        Command::Send(Bytes::from_static(b"INVITE"))
    }

    fn ack() -> Command {
        Command::Send(Bytes::from_static(b"ACK"))
    }

    fn refused() -> Event {
        Event::Refused { ack: Bytes::from_static(b"ACK") }
    }

    #[track_caller]
    fn play(transport: Transport, table: &[(u64, Event, &[Command])]) {
        let mut out = Vec::new();
        let mut machine = InviteClient::new(
            Mono::ZERO,
            transport,
            Timing::RFC,
            Bytes::from_static(b"INVITE"),
            &mut out,
        );
        assert_eq!(out, [invite()]);
        out.clear();
        for (line, (ms, event, expected)) in table.iter().enumerate() {
            machine.handle(Mono::from_millis(*ms), event.clone(), &mut out);
            assert_eq!(out, *expected, "line {line}: {event:?} at {ms} ms");
            out.clear();
        }
    }

    #[test]
    fn an_invite_that_nobody_answers_is_sent_seven_times_and_given_up() {
        play(
            Transport::Udp,
            &[
                (499, Tick, &[]),
                (500, Tick, &[invite()]),
                (1_500, Tick, &[invite()]),
                (3_500, Tick, &[invite()]),
                (7_500, Tick, &[invite()]),
                (15_500, Tick, &[invite()]),
                (31_500, Tick, &[invite()]),
                (31_999, Tick, &[]),
                (32_000, Tick, &[TimedOut, Forget]),
                (32_001, Accepted, &[]),
            ],
        );
        play(Transport::Tcp, &[(500, Tick, &[]), (32_000, Tick, &[TimedOut, Forget])]);
    }

    #[test]
    fn ringing_stops_the_repetitions_for_as_long_as_it_rings() {
        play(
            Transport::Udp,
            &[
                (100, Provisional, &[PassUp]),
                (500, Tick, &[]),
                (60_000, Provisional, &[PassUp]),
                (90_000, GiveUp, &[Forget]),
            ],
        );
    }

    #[test]
    fn every_repeated_refusal_is_acknowledged_but_told_once() {
        play(
            Transport::Udp,
            &[
                (100, refused(), &[ack(), PassUp]),
                (600, refused(), &[ack()]),
                (700, Accepted, &[]),
                (800, Provisional, &[]),
                (32_099, Tick, &[]),
                (32_100, Tick, &[Forget]),
                (32_200, refused(), &[]),
            ],
        );
        play(Transport::Tcp, &[(100, refused(), &[ack(), PassUp, Forget])]);
    }

    #[test]
    fn every_2xx_is_passed_up_until_timer_m() {
        for transport in [Transport::Udp, Transport::Tcp] {
            play(
                transport,
                &[
                    (100, Provisional, &[PassUp]),
                    (200, Accepted, &[PassUp]),
                    (700, Accepted, &[PassUp]), // again, or from another fork
                    (800, refused(), &[]),
                    (900, Event::Unreachable, &[]),
                    (32_199, Accepted, &[PassUp]),
                    (32_200, Tick, &[Forget]),
                ],
            );
        }
    }

    #[test]
    fn a_dead_path_is_told_at_once() {
        play(Transport::Tcp, &[(5, Event::Unreachable, &[Command::Unreachable, Forget])]);
    }
}

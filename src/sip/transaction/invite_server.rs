//! One incoming INVITE, from its arrival until it is forgotten (RFC 3261 17.2.1, RFC 6026 7.1).

use std::time::Duration;

use bytes::Bytes;

use crate::sip::peer::Transport;
use crate::sip::timing::Timing;
use crate::time::Mono;

/// What can happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The call answers: `status` 101..=699, and the message to send.
    Answer { status: u16, message: Bytes },
    /// The same INVITE came again: our answer was lost.
    Again,
    /// An ACK with this transaction's branch came.
    Ack,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Send(Bytes),
    /// Timer H: nobody acknowledged our refusal. Counted, nothing else.
    NoAck,
    /// Drop the transaction: nothing more will come out of it.
    Forget,
}

/// | state | repeats its answer | until |
/// | --- | --- | --- |
/// | `Trying` | – | 200 ms, then 100 goes out |
/// | `Proceeding` | when asked | the call answers |
/// | `Accepted` | never: the dialog repeats 2xx | timer L, 64 × T1 |
/// | `Completed` | when asked, and by timer G on datagrams | ACK, or timer H, 64 × T1 |
/// | `Confirmed` | never | timer I, T4 on datagrams |
#[derive(Debug)]
enum State {
    Trying { trying: Bytes, until: Mono },
    Proceeding { last: Bytes },
    Accepted { until: Mono },
    Completed { last: Bytes, again: Option<Mono>, pause: Duration, until: Mono },
    Confirmed { until: Mono },
    Terminated,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct InviteServer {
    state: State,
    transport: Transport,
    timing: Timing,
}

/// RFC 3261 17.2.1: 100 goes out unless the call answers within this time.
const TRYING_AFTER: Duration = Duration::from_millis(200);

impl InviteServer {
    /// An INVITE came at `now`; `trying` is the 100 that goes out if the call takes its time.
    pub(crate) fn new(now: Mono, transport: Transport, timing: Timing, trying: Bytes) -> Self {
        Self { state: State::Trying { trying, until: now + TRYING_AFTER }, transport, timing }
    }

    /// Whether a final answer may still be given.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Trying { .. } | State::Proceeding { .. })
    }

    /// Whether it was answered with 2xx, so that an ACK belongs to the dialog.
    pub(crate) const fn is_accepted(&self) -> bool {
        matches!(self.state, State::Accepted { .. })
    }

    /// When the next `Tick` is due.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Trying { until, .. }
            | State::Accepted { until }
            | State::Confirmed { until } => Some(*until),
            State::Completed { again, until, .. } => {
                Some(again.map_or(*until, |again| again.min(*until)))
            }
            State::Proceeding { .. } | State::Terminated => None,
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(crate) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        use {Event as E, State as S};
        match (&mut self.state, event) {
            (S::Trying { .. } | S::Proceeding { .. }, E::Answer { status, message }) => {
                self.answer(now, status, message, out);
            }
            (S::Trying { trying, until }, E::Tick) if *until <= now => {
                let last = trying.clone();
                out.push(Command::Send(last.clone()));
                self.state = S::Proceeding { last };
            }
            // The INVITE came again within 200 ms: the 100 is worth sending now.
            (S::Trying { trying, .. }, E::Again) => {
                let last = trying.clone();
                out.push(Command::Send(last.clone()));
                self.state = S::Proceeding { last };
            }
            (S::Proceeding { last } | S::Completed { last, .. }, E::Again) => {
                out.push(Command::Send(last.clone()))
            }
            (S::Completed { .. }, E::Ack) => self.confirm(now, out),
            (S::Completed { until, .. }, E::Tick) if *until <= now => {
                out.push(Command::NoAck);
                self.end(out);
            }
            (S::Completed { last, again, pause, .. }, E::Tick) => {
                if again.is_some_and(|due| due <= now) {
                    out.push(Command::Send(last.clone()));
                    *pause = pause.saturating_mul(2).min(self.timing.t2);
                    *again = Some(now + *pause);
                }
            }
            (S::Accepted { until } | S::Confirmed { until }, E::Tick) if *until <= now => {
                self.end(out)
            }
            // RFC 6026 7.1: the dialog repeats its 2xx through here, and no other answer can follow one.
            (S::Accepted { .. }, E::Answer { message, .. }) => out.push(Command::Send(message)),
            (S::Accepted { .. } | S::Confirmed { .. }, E::Again) => {} // absorbed
            (S::Accepted { .. } | S::Confirmed { .. }, E::Tick | E::Ack) => {}
            (S::Completed { .. } | S::Confirmed { .. }, E::Answer { .. }) => {} // the first final answer stands
            (S::Trying { .. } | S::Proceeding { .. }, E::Ack | E::Tick) => {} // nothing was refused yet
            (S::Terminated, _) => {}
        }
    }

    fn answer(&mut self, now: Mono, status: u16, message: Bytes, out: &mut Vec<Command>) {
        out.push(Command::Send(message.clone()));
        let until = now + self.timing.patience();
        self.state = match status {
            0..=199 => State::Proceeding { last: message },
            200..=299 => State::Accepted { until },
            _ => {
                let pause = self.timing.t1;
                let again = (!self.transport.is_reliable()).then(|| now + pause);
                State::Completed { last: message, again, pause, until }
            }
        };
    }

    fn confirm(&mut self, now: Mono, out: &mut Vec<Command>) {
        if self.transport.is_reliable() {
            self.end(out);
        } else {
            self.state = State::Confirmed { until: now + self.timing.t4 };
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
    use Command::{Forget, NoAck, Send};
    use Event::{Ack, Again, Tick};

    fn answer(status: u16) -> Event {
        Event::Answer { status, message: message(status) }
    }

    fn message(status: u16) -> Bytes {
        Bytes::from(status.to_string())
    }

    fn sent(status: u16) -> Command {
        Send(message(status))
    }

    /// Plays `table` (ms, event, what must come out), then expects no further deadline before the last line's.
    #[track_caller]
    fn play(transport: Transport, table: &[(u64, Event, &[Command])]) {
        let mut machine = InviteServer::new(Mono::ZERO, transport, Timing::RFC, message(100));
        let mut out = Vec::new();
        for (line, (ms, event, expected)) in table.iter().enumerate() {
            machine.handle(Mono::from_millis(*ms), event.clone(), &mut out);
            assert_eq!(out, *expected, "line {line}: {event:?} at {ms} ms");
            out.clear();
        }
    }

    #[test]
    fn a_call_that_takes_its_time_is_told_to_wait() {
        play(
            Transport::Udp,
            &[
                (199, Tick, &[]),
                (200, Tick, &[sent(100)]),
                (500, Again, &[sent(100)]),
                (600, answer(180), &[sent(180)]),
                (700, Again, &[sent(180)]),
            ],
        );
        play(Transport::Udp, &[(50, Again, &[sent(100)]), (200, Tick, &[])]);
        play(Transport::Udp, &[(10, answer(183), &[sent(183)]), (200, Tick, &[])]);
    }

    #[test]
    fn a_refusal_is_repeated_until_it_is_acknowledged() {
        play(
            Transport::Udp,
            &[
                (0, answer(486), &[sent(486)]),
                (499, Tick, &[]),
                (500, Tick, &[sent(486)]),
                (1_500, Tick, &[sent(486)]),
                (3_500, Tick, &[sent(486)]),
                (7_499, Tick, &[]),
                (7_500, Tick, &[sent(486)]),
                (11_500, Tick, &[sent(486)]), // never more than T2 apart
                (11_600, Again, &[sent(486)]),
                (11_700, Ack, &[]),
                (11_800, Again, &[]),
                (16_699, Tick, &[]),
                (16_700, Tick, &[Forget]),
                (16_800, Tick, &[]),
            ],
        );
    }

    #[test]
    fn a_refusal_that_nobody_acknowledges_is_given_up_after_timer_h() {
        play(
            Transport::Tcp,
            &[
                (0, answer(503), &[sent(503)]),
                (500, Tick, &[]), // nothing is repeated on a stream
                (31_999, Tick, &[]),
                (32_000, Tick, &[NoAck, Forget]),
            ],
        );
    }

    #[test]
    fn on_a_stream_an_acknowledged_refusal_is_forgotten_at_once() {
        play(
            Transport::Tcp,
            &[(0, answer(404), &[sent(404)]), (3, Ack, &[Forget]), (4, Again, &[])],
        );
    }

    #[test]
    fn an_accepted_call_absorbs_its_own_repetitions_for_timer_l() {
        for transport in [Transport::Udp, Transport::Tcp] {
            play(
                transport,
                &[
                    (10, answer(200), &[sent(200)]),
                    (400, Again, &[]),
                    (510, answer(200), &[sent(200)]), // the dialog repeats it
                    (600, Ack, &[]),
                    (32_009, Tick, &[]),
                    (32_010, Tick, &[Forget]),
                ],
            );
        }
    }

    #[test]
    fn the_first_final_answer_stands() {
        play(
            Transport::Udp,
            &[(0, answer(487), &[sent(487)]), (1, answer(200), &[]), (2, Again, &[sent(487)])],
        );
    }
}

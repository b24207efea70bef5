//! One incoming request other than INVITE, from its arrival until it is forgotten (RFC 3261 17.2.2).

use bytes::Bytes;

use crate::sip::peer::Transport;
use crate::sip::timing::Timing;
use crate::time::Mono;

/// What can happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// We answer: `status` 100..=699, and the message to send.
    Answer { status: u16, message: Bytes },
    /// The same request came again: our answer was lost.
    Again,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Send(Bytes),
    /// Drop the transaction: nothing more will come out of it.
    Forget,
}

/// `Completed` lasts for timer J: 64 × T1 = 32 s on UDP, no time at all on a stream, where nothing comes twice.
/// `Trying` is given up after the same time: a client has stopped asking by then (RFC 4320 4.2).
#[derive(Debug)]
enum State {
    Trying { until: Mono },
    Proceeding { last: Bytes, until: Mono },
    Completed { last: Bytes, until: Mono },
    Terminated,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Server {
    state: State,
    transport: Transport,
    timing: Timing,
}

impl Server {
    /// A request came at `now`.
    pub(crate) fn new(now: Mono, transport: Transport, timing: Timing) -> Self {
        Self { state: State::Trying { until: now + timing.patience() }, transport, timing }
    }

    /// Whether an answer may still be given.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Trying { .. } | State::Proceeding { .. })
    }

    /// When the next `Tick` is due.
    pub(crate) const fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Trying { until }
            | State::Proceeding { until, .. }
            | State::Completed { until, .. } => Some(*until),
            State::Terminated => None,
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(crate) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        use {Event as E, State as S};
        match (&self.state, event) {
            (S::Trying { until } | S::Proceeding { until, .. }, E::Answer { status, message }) => {
                let until = *until;
                self.answer(now, until, status, message, out);
            }
            (S::Proceeding { last, .. } | S::Completed { last, .. }, E::Again) => {
                out.push(Command::Send(last.clone()));
            }
            (
                S::Trying { until } | S::Proceeding { until, .. } | S::Completed { until, .. },
                E::Tick,
            ) => {
                if *until <= now {
                    self.end(out);
                }
            }
            (S::Trying { .. }, E::Again) => {} // nothing to repeat yet
            (S::Completed { .. }, E::Answer { .. }) => {} // the first final answer stands
            (S::Terminated, _) => {}
        }
    }

    fn answer(
        &mut self,
        now: Mono,
        until: Mono,
        status: u16,
        message: Bytes,
        out: &mut Vec<Command>,
    ) {
        out.push(Command::Send(message.clone()));
        if status < 200 {
            self.state = State::Proceeding { last: message, until };
        } else if self.transport.is_reliable() {
            self.end(out);
        } else {
            self.state = State::Completed { last: message, until: now + self.timing.patience() };
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
    use Command::{Forget, Send};
    use Event::{Again, Tick};

    fn answer(status: u16) -> Event {
        Event::Answer { status, message: message(status) }
    }

    fn message(status: u16) -> Bytes {
        Bytes::from(status.to_string())
    }

    #[track_caller]
    fn play(transport: Transport, table: &[(u64, Event, &[Command])]) {
        let mut machine = Server::new(Mono::ZERO, transport, Timing::RFC);
        let mut out = Vec::new();
        for (line, (ms, event, expected)) in table.iter().enumerate() {
            machine.handle(Mono::from_millis(*ms), event.clone(), &mut out);
            assert_eq!(out, *expected, "line {line}: {event:?} at {ms} ms");
            out.clear();
        }
    }

    #[test]
    fn a_lost_answer_is_repeated_until_nobody_can_ask_again() {
        play(
            Transport::Udp,
            &[
                (0, Again, &[]),
                (20, answer(200), &[Send(message(200))]),
                (500, Again, &[Send(message(200))]),
                (32_019, Tick, &[]),
                (32_020, Tick, &[Forget]),
                (32_021, Again, &[]),
            ],
        );
    }

    #[test]
    fn on_a_stream_an_answered_request_is_forgotten_at_once() {
        play(Transport::Tcp, &[(20, answer(200), &[Send(message(200)), Forget])]);
    }

    #[test]
    fn the_first_final_answer_stands() {
        play(
            Transport::Udp,
            &[
                (1, answer(100), &[Send(message(100))]),
                (2, Again, &[Send(message(100))]),
                (3, answer(202), &[Send(message(202))]),
                (4, answer(603), &[]),
                (5, Again, &[Send(message(202))]),
            ],
        );
    }

    #[test]
    fn a_request_that_nobody_answers_is_forgotten_when_its_client_has_given_up() {
        play(
            Transport::Tcp,
            &[(31_999, Tick, &[]), (32_000, Tick, &[Forget]), (32_001, answer(200), &[])],
        );
    }
}

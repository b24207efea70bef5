//! The caller's own leg: offered, taken, held, left.

use bytes::Bytes;

use super::events::{Command, Leg, MediaAddress};
use super::session::session;
use crate::call;
use crate::queue::CallerId;
use crate::sdp;
use crate::sip::endpoint::Wish;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nothing came yet.
    Nothing,
    /// The INVITE is here; sockets are being opened.
    Opening {
        /// What they offer; none: our 200 offers.
        offer: Option<Bytes>,
    },
    /// The interpreter decides whether to take it.
    Ringing,
    /// The 200 is out, its ACK awaited.
    Answered,
    /// Both sides know.
    Up,
    /// Hung up or refused; the endpoint has not forgotten it yet.
    Over,
    /// Nothing more comes.
    Gone,
}

/// The caller's leg.
#[derive(Debug)]
pub(super) struct Caller {
    state: State,
    session: Option<sdp::Session>,
    /// Our answer, or our offer where they made none, until the 200 carries it.
    ready: Option<Bytes>,
    /// What the answer settled, until the 200 is out.
    settled: Option<sdp::MediaDescription>,
}

impl Caller {
    pub(super) const fn new() -> Self {
        Self { state: State::Nothing, session: None, ready: None, settled: None }
    }

    /// Whether the caller hears us.
    pub(super) fn is_up(&self) -> bool {
        self.state == State::Up
    }

    pub(super) fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    pub(super) fn incoming(&mut self, offer: Option<Bytes>, out: &mut Vec<Command>) {
        if self.state == State::Nothing {
            self.state = State::Opening { offer };
            out.push(Command::OpenMedia(Leg::Caller));
        }
    }

    /// Every port is in use: the next call may have more luck.
    pub(super) fn no_media(&mut self, out: &mut Vec<Command>) {
        if matches!(self.state, State::Opening { .. }) {
            self.refuse(503, vec![("Retry-After".to_owned(), "5".to_owned())], out);
        }
    }

    pub(super) fn media_opened(
        &mut self,
        call: CallerId,
        at: MediaAddress,
        out: &mut Vec<Command>,
    ) {
        let State::Opening { offer } = &self.state else {
            return out.push(Command::CloseMedia(Leg::Caller));
        };
        let mut session = session(call, 0, at);
        let ready = match offer {
            Some(offer) => match session.answer(offer, sdp::Direction::Both) {
                Ok((answer, media)) => {
                    self.settled = Some(media);
                    answer.into()
                }
                Err(_) => {
                    out.push(Command::CloseMedia(Leg::Caller));
                    return self.refuse(488, Vec::new(), out);
                }
            },
            None => session.offer(sdp::Direction::Both).into(),
        };
        self.session = Some(session);
        self.ready = Some(ready);
        self.state = State::Ringing;
        out.push(Command::Interpreter(call::Event::Arrived));
    }

    fn refuse(&mut self, status: u16, headers: Vec<(String, String)>, out: &mut Vec<Command>) {
        self.state = State::Over;
        out.push(Command::Sip(Leg::Caller, Wish::Reject { status, headers }));
    }

    /// The interpreter takes the call.
    pub(super) fn answer(&mut self, out: &mut Vec<Command>) {
        if self.state != State::Ringing {
            return;
        }
        let Some(sdp) = self.ready.take() else { return };
        self.state = State::Answered;
        out.push(Command::Sip(Leg::Caller, Wish::Answer { sdp, headers: Vec::new() }));
        if let Some(media) = self.settled.take() {
            out.push(Command::ConnectMedia(Leg::Caller, media));
        }
    }

    /// Their ACK came, with their answer if we made the offer.
    pub(super) fn acknowledged(&mut self, answer: Option<Bytes>, out: &mut Vec<Command>) {
        let accepted =
            answer.as_ref().and_then(|answer| self.session.as_mut()?.read_answer(answer).ok());
        match (&self.state, answer, accepted) {
            (State::Answered, Some(_), None) => {
                // They answered our offer with something we cannot use.
                self.state = State::Over;
                let reason = Some("SIP;cause=488".to_owned());
                out.push(Command::Sip(Leg::Caller, Wish::HangUp { reason, headers: Vec::new() }));
                out.push(Command::CloseMedia(Leg::Caller));
                out.push(Command::Interpreter(call::Event::HungUp));
            }
            (State::Answered, _, accepted) => {
                self.state = State::Up;
                out.extend(accepted.map(|media| Command::ConnectMedia(Leg::Caller, media)));
                out.push(Command::Interpreter(call::Event::Answered));
            }
            (State::Up, _, accepted) => {
                out.extend(accepted.map(|media| Command::ConnectMedia(Leg::Caller, media)))
            }
            (
                State::Nothing | State::Opening { .. } | State::Ringing | State::Over | State::Gone,
                _,
                _,
            ) => {}
        }
    }

    /// A re-INVITE or UPDATE: hold, another address, another codec.
    pub(super) fn offered(&mut self, offer: &[u8], out: &mut Vec<Command>) {
        match self.session.as_mut().map(|session| session.answer(offer, sdp::Direction::Both)) {
            Some(Ok((sdp, media))) => {
                out.push(Command::Sip(Leg::Caller, Wish::AnswerOffer { sdp: sdp.into() }));
                out.push(Command::ConnectMedia(Leg::Caller, media));
            }
            Some(Err(_)) | None => {
                out.push(Command::Sip(Leg::Caller, Wish::RejectOffer { status: 488 }))
            }
        }
    }

    pub(super) fn offer_wanted(&mut self, out: &mut Vec<Command>) {
        if let Some(sdp) =
            self.session.as_mut().map(|session| session.offer(sdp::Direction::Both).into())
        {
            out.push(Command::Sip(Leg::Caller, Wish::AnswerOffer { sdp }));
        }
    }

    pub(super) fn offer_answered(&mut self, answer: &[u8], out: &mut Vec<Command>) {
        let accepted = self.session.as_mut().and_then(|session| session.read_answer(answer).ok());
        out.extend(accepted.map(|media| Command::ConnectMedia(Leg::Caller, media)));
    }

    /// Our side's SDP with nothing negotiated changed: asks whether the caller is still there.
    pub(super) fn probe(&mut self) -> Option<Bytes> {
        if self.is_up() {
            self.session.as_mut().map(|session| session.offer(sdp::Direction::Both).into())
        } else {
            None
        }
    }

    /// Ends the leg, whatever its state.
    pub(super) fn hang_up(&mut self, out: &mut Vec<Command>) {
        match self.state {
            State::Nothing => self.state = State::Gone,
            State::Opening { .. } | State::Ringing | State::Answered | State::Up => {
                self.state = State::Over;
                out.push(Command::Sip(
                    Leg::Caller,
                    Wish::HangUp { reason: None, headers: Vec::new() },
                ));
                out.push(Command::CloseMedia(Leg::Caller));
            }
            State::Over | State::Gone => {}
        }
    }

    /// The endpoint says that the leg ended. Whether the interpreter has to be told: it knows of the call and did not end
    /// it itself.
    pub(super) fn over(&mut self, out: &mut Vec<Command>) -> bool {
        match self.state {
            State::Ringing | State::Answered | State::Up => {
                self.state = State::Over;
                out.push(Command::CloseMedia(Leg::Caller));
                true
            }
            State::Nothing | State::Opening { .. } => {
                self.state = State::Over;
                false
            }
            State::Over | State::Gone => false,
        }
    }

    /// The endpoint has forgotten the leg.
    pub(super) fn gone(&mut self) {
        self.state = State::Gone;
    }
}

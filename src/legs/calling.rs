//! Calling a party: from the wish until they talk, refuse or hang up, and who has to hear of it.

use std::mem;
use std::time::Duration;

use super::events::{Command, Destination, Leg, MediaAddress, PartyId, Route, Sound};
use super::machine::{Legs, MAX_PARTIES, Origin};
use super::party::{Party, Purpose, State, transfer_failure};
use super::session::session;
use crate::call::{self, ConferenceEvent, QueueEvent, TransferEvent};
use crate::queue;
use crate::sdp;
use crate::sip::endpoint::{EndedBy, Ending, Failure, LegEvent, Wish};
use crate::time::Mono;

impl Legs {
    pub(super) fn call(
        &mut self,
        purpose: Purpose,
        to: Destination,
        ring_for: Duration,
        headers: Vec<(String, String)>,
        out: &mut Vec<Command>,
    ) {
        let id = PartyId(self.next);
        self.next = self.next.saturating_add(1);
        let room = self.parties.len() < MAX_PARTIES;
        self.parties.insert(id, Party::new(purpose, ring_for, headers));
        if room && self.caller.is_up() {
            out.push(Command::Route(id, to));
        } else {
            self.party_failed(id, TransferEvent::Failed, 500, out);
        }
    }

    pub(super) fn routed(&mut self, id: PartyId, route: Box<Route>, out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id).filter(|it| it.state == State::Routing) else {
            return;
        };
        if let Purpose::SentAway(ticket) = party.purpose {
            self.parties.remove(&id);
            self.sent_away = Some(ticket);
            let target = Box::new(route.target);
            let wish = Wish::Refer { target, referred_by: None, headers: Vec::new() };
            return out.push(Command::Sip(Leg::Caller, wish));
        }
        party.state = State::Opening;
        party.agent.clone_from(&route.agent);
        party.route = Some(route);
        out.push(Command::OpenMedia(Leg::Party(id)));
    }

    pub(super) fn media_opened(&mut self, leg: Leg, at: MediaAddress, out: &mut Vec<Command>) {
        let Leg::Party(id) = leg else { return self.caller.media_opened(self.id, at, out) };
        let Some(party) = self.parties.get_mut(&id).filter(|it| it.state == State::Opening) else {
            return out.push(Command::CloseMedia(leg));
        };
        let Some(route) = party.route.take() else { return };
        let mut session = session(self.id, id.0, at);
        let sdp = session.offer(sdp::Direction::Both).into();
        party.session = Some(session);
        party.state = State::Calling;
        party.dialled = true;
        let (ring_for, headers) = (party.ring_for, mem::take(&mut party.headers));
        let (purpose, agent) = (party.purpose, party.agent.clone());
        out.push(Command::Dial { party: id, route, sdp, ring_for, headers });
        match (purpose, agent) {
            (Purpose::Offer(_), Some(agent)) => self.tell_queue(QueueEvent::Offered(agent), out),
            // Out of turn: the dispatcher must not offer them a second call meanwhile.
            (
                Purpose::Referred { .. } | Purpose::Transfer(_) | Purpose::Conference(_),
                Some(agent),
            ) => {
                out.push(Command::Dispatcher(queue::Event::NotReady((&*agent.id).into())));
            }
            (Purpose::SentAway(_), _) // never dialled
            | (
                Purpose::Offer(_)
                | Purpose::Referred { .. }
                | Purpose::Transfer(_)
                | Purpose::Conference(_),
                None,
            ) => {}
        }
    }

    // What becomes of whom we called.

    pub(super) fn party_event(
        &mut self,
        now: Mono,
        id: PartyId,
        event: LegEvent,
        out: &mut Vec<Command>,
    ) {
        match event {
            LegEvent::Progress { status, .. } => self.rings(id, status, out),
            LegEvent::Answered { sdp: Some(answer), is_offer: false, .. } => self.answered(now, id, &answer, out),
            LegEvent::Answered { .. } => {
                // An answer without the SDP that our offer asked for (RFC 3261 13.2.2.4).
                self.abandon(id, out);
                self.party_failed(id, TransferEvent::Failed, 500, out);
            }
            LegEvent::Failed(failure) => self.refused(id, &failure, out),
            LegEvent::Ended(ending) => self.ended(id, &ending, out),
            LegEvent::Offered { sdp } => self.party_offers(id, &sdp, out),
            LegEvent::OfferWanted => {
                if let Some(sdp) = self.parties.get_mut(&id).and_then(Party::probe) {
                    out.push(Command::Sip(Leg::Party(id), Wish::AnswerOffer { sdp }));
                }
            }
            LegEvent::OfferAnswered { sdp } | LegEvent::Acknowledged { sdp: Some(sdp) } => {
                self.is_there(id);
                self.party_answers(id, &sdp, out);
            }
            LegEvent::Refer(request) => self.refer(id, *request, out),
            LegEvent::OfferRefused { .. } => self.is_there(id), // the session stays as it was
            LegEvent::Gone => {
                self.parties.remove(&id);
            }
            LegEvent::Key { .. } // the media engine carries keys between the two
            | LegEvent::Acknowledged { sdp: None }
            | LegEvent::OfferWithdrawn
            | LegEvent::ReferProgress { .. }
            | LegEvent::Incoming(_) => {}
        }
    }

    pub(super) fn rings(&self, id: PartyId, status: u16, out: &mut Vec<Command>) {
        match self.parties.get(&id).map(|it| it.purpose) {
            Some(Purpose::Transfer(ticket)) if status >= 180 => {
                self.tell_transfer(ticket, TransferEvent::Ringing, out)
            }
            Some(Purpose::Referred { by }) => {
                out.push(Command::Sip(Leg::Party(by), Wish::NotifyRefer { status }));
            }
            Some(
                Purpose::Transfer(_)
                | Purpose::Offer(_)
                | Purpose::Conference(_)
                | Purpose::SentAway(_),
            )
            | None => {}
        }
    }

    pub(super) fn answered(
        &mut self,
        now: Mono,
        id: PartyId,
        answer: &[u8],
        out: &mut Vec<Command>,
    ) {
        let Some(party) =
            self.parties.get_mut(&id).filter(|it| it.state == State::Calling && !it.hung_up)
        else {
            return; // too late: it is being hung up
        };
        let accepted = party.session.as_mut().and_then(|session| session.read_answer(answer).ok());
        let Some(media) = accepted else {
            self.abandon(id, out);
            return self.party_failed(id, TransferEvent::Failed, 488, out);
        };
        out.push(Command::ConnectMedia(Leg::Party(id), media));
        match party.purpose {
            Purpose::SentAway(_) => {} // never dialled
            Purpose::Offer(offer) => {
                party.state = State::Answered;
                out.push(Command::Dispatcher(queue::Event::Answered(offer)));
            }
            Purpose::Transfer(ticket) => {
                party.state = State::Talking;
                self.origin = Some(Origin::Transfer(ticket));
                self.tell_transfer(ticket, TransferEvent::Connected, out);
                self.join(id, out);
            }
            Purpose::Conference(_) => {
                party.state = State::Talking;
                self.joins(id, out);
            }
            Purpose::Referred { by } => {
                party.state = State::Talking;
                self.hand_over(now, by, id, out);
            }
        }
    }

    pub(super) fn refused(&mut self, id: PartyId, failure: &Failure, out: &mut Vec<Command>) {
        self.party_failed(id, transfer_failure(failure), failure.status, out);
    }

    /// A party that was to be called is not to be had: whoever asked hears of it, once.
    pub(super) fn party_failed(
        &mut self,
        id: PartyId,
        event: TransferEvent,
        status: u16,
        out: &mut Vec<Command>,
    ) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        if matches!(party.state, State::Over | State::Leaving { .. }) && !party.cancelled {
            return;
        }
        if party.session.take().is_some() {
            out.push(Command::CloseMedia(Leg::Party(id)));
        }
        let (purpose, cancelled, out_of_turn) = (party.purpose, party.cancelled, party.dialled);
        let agent = party.agent.take();
        party.state = State::Over;
        party.cancelled = false;
        if !party.dialled {
            self.parties.remove(&id);
        }
        match purpose {
            Purpose::Offer(offer) if cancelled => {
                out.push(Command::Dispatcher(queue::Event::Cleared(offer)))
            }
            Purpose::Offer(offer) => {
                self.tell_queue(QueueEvent::Withdrawn, out);
                out.push(Command::Dispatcher(queue::Event::Refused(offer)));
            }
            Purpose::Transfer(ticket) | Purpose::SentAway(ticket) => {
                ready_again(agent.filter(|_| out_of_turn), out);
                self.tell_transfer(ticket, event, out);
            }
            Purpose::Conference(_) => {
                ready_again(agent.filter(|_| out_of_turn), out);
                self.tell_conference(id, ConferenceEvent::Refused, out);
            }
            Purpose::Referred { by } => {
                ready_again(agent.filter(|_| out_of_turn), out);
                self.refer_failed(by, status, out);
            }
        }
    }

    pub(super) fn ended(&mut self, id: PartyId, ending: &Ending, out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let state = mem::replace(&mut party.state, State::Over);
        party.silent_until = None;
        if party.session.take().is_some() {
            out.push(Command::CloseMedia(Leg::Party(id)));
        }
        let (purpose, cancelled) = (party.purpose, mem::take(&mut party.cancelled));
        let agent = party.agent.clone();
        match purpose {
            Purpose::Offer(offer) if cancelled => {
                out.push(Command::Dispatcher(queue::Event::Cleared(offer)))
            }
            Purpose::Offer(offer) if state == State::Answered => {
                // Hung up before the dispatcher said whose call it is.
                self.tell_queue(QueueEvent::Withdrawn, out);
                out.push(Command::Dispatcher(queue::Event::TalkEnded { offer, returns: true }));
            }
            Purpose::Offer(_) => {}
            Purpose::Conference(_) => {
                ready_again(agent, out);
                if state == State::Talking {
                    self.tell_conference(id, ConferenceEvent::Left, out);
                }
            }
            Purpose::Transfer(_) | Purpose::SentAway(_) | Purpose::Referred { .. } => {
                ready_again(agent, out);
            }
        }
        if self.talk == Some(id) {
            let died = match ending.by {
                EndedBy::Vanished | EndedBy::NoAck | EndedBy::NoAnswerToOffer => true,
                EndedBy::Us | EndedBy::Them => false,
            };
            self.talk_ended(id, died, out);
        }
    }

    /// The party that the caller talked to is gone.
    pub(super) fn talk_ended(&mut self, id: PartyId, died: bool, out: &mut Vec<Command>) {
        self.talk = None;
        if self.is_referring(id) {
            // They asked for somebody else and left at once: the caller waits for that one.
            return out.push(Command::Hear(Sound::Ringing));
        }
        out.push(Command::Unbridge);
        self.conclude(died, out);
    }

    /// The talk is over for good: whoever brought it about hears of it. A caller who was not served goes back to their
    /// old place.
    pub(super) fn conclude(&mut self, returns: bool, out: &mut Vec<Command>) {
        match self.origin.take() {
            Some(Origin::Offer(offer)) => {
                out.push(Command::Dispatcher(queue::Event::TalkEnded { offer, returns }));
                let event = if returns { QueueEvent::Withdrawn } else { QueueEvent::AgentLeft };
                self.tell_queue(event, out);
            }
            Some(Origin::HandedOn) => self.tell_queue(QueueEvent::AgentLeft, out),
            Some(Origin::Transfer(ticket)) => {
                self.tell_transfer(ticket, TransferEvent::OtherLeft, out)
            }
            None => {}
        }
    }
}

/// Ends a party's leg, whatever its state.
pub(super) fn hang_up(id: PartyId, party: &mut Party, out: &mut Vec<Command>) {
    if party.state == State::Over || mem::replace(&mut party.hung_up, true) {
        return;
    }
    if party.dialled {
        out.push(Command::Sip(Leg::Party(id), Wish::HangUp { reason: None, headers: Vec::new() }));
    }
    // An answered leg keeps its state until the endpoint says that it ended: `ended` then tells the dispatcher.
    if !matches!(party.state, State::Answered | State::Talking | State::Calling) {
        party.state = State::Over;
    }
}

/// An agent who was called out of turn takes calls of the queue again.
fn ready_again(agent: Option<call::Agent>, out: &mut Vec<Command>) {
    if let Some(agent) = agent {
        out.push(Command::Dispatcher(queue::Event::Ready((&*agent.id).into())));
    }
}

//! Who does what when something happens to a leg.

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use super::caller::Caller;
use super::events::{Command, Destination, Event, Leg, MediaAddress, PartyId, Route, Sound};
use super::party::{Party, Purpose, State, transfer_failure};
use crate::call::{self, QueueEvent, Ticket, TransferEvent};
use crate::flow::model::TransferKind;
use crate::queue::{self, CallerId, OfferId, Outcome};
use crate::sdp;
use crate::sip::endpoint::{EndedBy, Ending, Failure, LegEvent, OfferBy, Wish};
use crate::sip::message::Uri;
use crate::time::Mono;

/// The most parties that one call has called at a time: a talk, an offer, a transfer under way and those hanging up.
pub const MAX_PARTIES: usize = 8;

/// How long an offered phone may ring when the dispatcher forgets to take the offer back: it never does.
const OFFER_RINGS: Duration = Duration::from_secs(180);

/// How long a party that asked for somebody else (REFER) may stay after it was told that it worked (RFC 5589 6.1: the
/// transferor hangs up).
pub(super) const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// How a talk came about, which says who has to hear of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The dispatcher's offer: its agent is busy until `TalkEnded`.
    Offer(OfferId),
    /// An agent handed the caller on: the dispatcher has nothing to do with it any more.
    HandedOn,
    /// The flow's transfer.
    Transfer(Ticket),
}

/// The legs of one call.
#[derive(Debug)]
pub struct Legs {
    pub(super) id: CallerId,
    pub(super) caller: Caller,
    pub(super) parties: BTreeMap<PartyId, Party>,
    next: u32,
    /// Who talks to the caller, or has put them on hold.
    pub(super) talk: Option<PartyId>,
    /// How the talk came about, while there is one or somebody is called in its place.
    pub(super) origin: Option<Origin>,
    /// The interpreter's name for the caller's stay in a queue.
    pub(super) visit: Option<Ticket>,
    /// The dispatcher was told of this caller.
    entered: bool,
    /// A REFER that we sent to the caller's phone for the flow.
    pub(super) sent_away: Option<Ticket>,
    /// The interpreter is over and the caller waits for a person all the same: the last resort.
    unattended: bool,
    /// Since when nothing has come from the caller.
    silent_since: Option<Mono>,
    /// How long that may last.
    dead_after: Duration,
    /// Nobody decides any more: what is left hangs up.
    pub(super) ending: bool,
    done: bool,
}

impl Legs {
    /// A call whose caller the dispatcher knows as `id`, and that ends when nothing has come from them for `dead_after`.
    #[must_use]
    pub fn new(id: CallerId, dead_after: Duration) -> Self {
        Self {
            id,
            caller: Caller::new(),
            parties: BTreeMap::new(),
            next: 1,
            talk: None,
            origin: None,
            visit: None,
            entered: false,
            sent_away: None,
            unattended: false,
            silent_since: None,
            dead_after,
            ending: false,
            done: false,
        }
    }

    /// When the next [`Event::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        let leaving = self.parties.values().filter_map(|party| match party.state {
            State::Leaving { until } => Some(until),
            State::Routing
            | State::Opening
            | State::Calling
            | State::Answered
            | State::Talking
            | State::Over => None,
        });
        leaving.chain(self.silent_since.map(|since| since + self.dead_after)).min()
    }

    /// Whether the caller and somebody else hear each other or could.
    #[must_use]
    pub const fn is_talking(&self) -> bool {
        self.talk.is_some()
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        match event {
            Event::Incoming(offer) => self.caller.incoming(offer, out),
            Event::MediaOpened(leg, at) => self.media_opened(leg, at, out),
            Event::MediaFailed(Leg::Caller) => self.caller.no_media(out),
            Event::MediaFailed(Leg::Party(party)) => {
                self.party_failed(party, TransferEvent::Failed, 500, out);
            }
            Event::MediaLost(leg) => self.media_lost(now, leg, out),
            Event::MediaBack(Leg::Caller) => self.silent_since = None,
            Event::MediaBack(Leg::Party(_)) => {}
            Event::Sip(Leg::Caller, event) => self.caller_event(event, out),
            Event::Sip(Leg::Party(party), event) => self.party_event(now, party, event, out),
            Event::Interpreter(command) => self.interpreter(command, out),
            Event::Dispatcher(command) => self.dispatcher(command, out),
            Event::Routed(party, Some(route)) => self.routed(party, route, out),
            Event::Routed(party, None) => {
                self.party_failed(party, TransferEvent::Declined, 603, out);
            }
            Event::LastResort(queue) => self.last_resort(queue, out),
            Event::Tick => self.tick(now, out),
        }
        self.finish(out);
    }

    /// Says `Done` once nothing is left.
    fn finish(&mut self, out: &mut Vec<Command>) {
        if !self.done && self.ending && self.caller.is_gone() && self.parties.is_empty() {
            self.done = true;
            out.push(Command::Done);
        }
    }

    fn tick(&mut self, now: Mono, out: &mut Vec<Command>) {
        if self.silent_since.is_some_and(|since| since + self.dead_after <= now) {
            self.silent_since = None;
            self.caller.hang_up(out);
            if self.unattended {
                self.end(out);
            } else {
                out.push(Command::Interpreter(call::Event::HungUp));
            }
        }
        for (id, party) in &mut self.parties {
            if matches!(party.state, State::Leaving { until } if until <= now) {
                hang_up(*id, party, out);
            }
        }
    }

    // What the interpreter wants.

    fn interpreter(&mut self, command: call::Command, out: &mut Vec<Command>) {
        use call::Command as C;
        match command {
            C::Answer => self.caller.answer(out),
            C::Enqueue(it) => {
                self.visit = Some(it.ticket);
                self.entered = true;
                let queue = (&*it.queue).into();
                let event = queue::Event::Enter { caller: self.id, queue, priority: it.priority };
                out.push(Command::Dispatcher(event));
            }
            C::LeaveQueue(ticket) if self.visit == Some(ticket) => {
                self.visit = None;
                out.push(Command::Dispatcher(queue::Event::Leave(self.id)));
            }
            C::LeaveQueue(_) => {} // left already
            C::Transfer(it) => match it.kind {
                TransferKind::Bridge => {
                    let purpose = Purpose::Transfer(it.ticket);
                    self.call(purpose, Destination::Address(it.to), it.ring_for, Vec::new(), out);
                }
                TransferKind::Blind => self.send_away(it.ticket, &it.to, out),
            },
            C::CancelTransfer(ticket) => {
                self.sent_away = self.sent_away.filter(|it| *it != ticket);
                for (id, party) in &mut self.parties {
                    if party.purpose == Purpose::Transfer(ticket) {
                        hang_up(*id, party, out);
                    }
                }
            }
            C::HangUp(_) => {
                self.part(out);
                self.caller.hang_up(out);
                self.hang_up_parties(out);
            }
            C::End(_) => self.end(out),
            C::LastResort(_) // the shell asks for it when it knows the queue
            | C::Store(_)
            | C::Note(_)
            | C::Play(_)
            | C::PlayMusic
            | C::PlayRinging
            | C::Stop
            | C::LookUp(_) => {}
        }
    }

    /// The interpreter is done: whoever is left hangs up, and the dispatcher forgets the caller.
    fn end(&mut self, out: &mut Vec<Command>) {
        self.part(out);
        self.leave_dispatcher(out);
        self.caller.hang_up(out);
        self.hang_up_parties(out);
        self.ending = true;
    }

    /// The flow cannot go on, and the interpreter says nothing more.
    fn last_resort(&mut self, queue: Option<queue::QueueName>, out: &mut Vec<Command>) {
        match queue {
            Some(queue) if self.caller.is_up() => {
                self.visit = None;
                self.entered = true;
                self.unattended = true;
                out.push(Command::Hear(Sound::Music));
                out.push(Command::Dispatcher(queue::Event::Enter {
                    caller: self.id,
                    queue,
                    priority: u8::MAX,
                }));
            }
            Some(_) | None => self.end(out),
        }
    }

    /// Asks the caller's own phone to call there.
    fn send_away(&mut self, ticket: Ticket, to: &str, out: &mut Vec<Command>) {
        let uri = if to.contains(':') { to.to_owned() } else { format!("sip:{to}@invalid") };
        match Uri::parse(&uri) {
            Ok(target) if self.caller.is_up() => {
                self.sent_away = Some(ticket);
                let wish = Wish::Refer {
                    target: Box::new(target),
                    referred_by: None,
                    headers: Vec::new(),
                };
                out.push(Command::Sip(Leg::Caller, wish));
            }
            Ok(_) | Err(_) => self.tell_transfer(ticket, TransferEvent::Failed, out),
        }
    }

    // What the dispatcher wants.

    fn dispatcher(&mut self, command: queue::Command, out: &mut Vec<Command>) {
        use queue::Command as C;
        match command {
            C::Offer { offer, agent, .. } => {
                self.call(
                    Purpose::Offer(offer),
                    Destination::Agent(agent),
                    OFFER_RINGS,
                    Vec::new(),
                    out,
                );
            }
            C::CancelOffer { offer, .. } => self.cancel_offer(offer, out),
            C::Connect { offer, .. } => self.connect(offer, out),
            C::Announce { position, estimated_wait, .. } => {
                let ahead = u32::try_from(position.saturating_sub(1)).unwrap_or(u32::MAX);
                self.tell_queue(QueueEvent::Position { ahead, wait: estimated_wait }, out);
            }
            C::Outcome { outcome, .. } => {
                let event = match outcome {
                    Outcome::Overflowed => QueueEvent::Waited,
                    Outcome::Full => QueueEvent::Full,
                    Outcome::NoAgents => QueueEvent::NoAgents,
                    Outcome::NoSuchQueue => QueueEvent::Failed,
                };
                self.tell_queue(event, out);
                self.visit = None;
            }
            C::AgentIs { .. } | C::Note(_) => {} // not about this caller
        }
    }

    fn cancel_offer(&mut self, offer: OfferId, out: &mut Vec<Command>) {
        let Some((id, party)) =
            self.parties.iter_mut().find(|(_, it)| it.purpose == Purpose::Offer(offer))
        else {
            return out.push(Command::Dispatcher(queue::Event::Cleared(offer)));
        };
        party.cancelled = true;
        hang_up(*id, party, out);
        self.tell_queue(QueueEvent::Withdrawn, out);
        self.forget_undialled(out);
    }

    fn connect(&mut self, offer: OfferId, out: &mut Vec<Command>) {
        let Some((id, party)) =
            self.parties.iter_mut().find(|(_, it)| it.purpose == Purpose::Offer(offer))
        else {
            // The phone hung up in the same moment: the caller keeps their place.
            return out.push(Command::Dispatcher(queue::Event::TalkEnded { offer, returns: true }));
        };
        if party.state != State::Answered || party.hung_up {
            return; // hanging up: `ended` tells the dispatcher
        }
        party.state = State::Talking;
        let (id, agent) = (*id, party.agent.clone());
        self.origin = Some(Origin::Offer(offer));
        if let Some(agent) = agent {
            self.tell_queue(QueueEvent::Connected(agent), out);
        }
        self.join(id, out);
    }

    // Calling somebody.

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

    fn routed(&mut self, id: PartyId, route: Box<Route>, out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id).filter(|it| it.state == State::Routing) else {
            return;
        };
        party.state = State::Opening;
        party.agent.clone_from(&route.agent);
        party.route = Some(route);
        out.push(Command::OpenMedia(Leg::Party(id)));
    }

    fn media_opened(&mut self, leg: Leg, at: MediaAddress, out: &mut Vec<Command>) {
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
            (Purpose::Referred { .. } | Purpose::Transfer(_), Some(agent)) => {
                out.push(Command::Dispatcher(queue::Event::NotReady((&*agent.id).into())));
            }
            (Purpose::Offer(_) | Purpose::Referred { .. } | Purpose::Transfer(_), None) => {}
        }
    }

    // What becomes of whom we called.

    fn party_event(&mut self, now: Mono, id: PartyId, event: LegEvent, out: &mut Vec<Command>) {
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
                self.party_answers(id, &sdp, out);
            }
            LegEvent::Refer(request) => self.refer(id, *request, out),
            LegEvent::Gone => {
                self.parties.remove(&id);
            }
            LegEvent::Key { .. } // the media engine carries keys between the two
            | LegEvent::Acknowledged { sdp: None }
            | LegEvent::OfferRefused { .. } // the session stays as it was
            | LegEvent::OfferWithdrawn
            | LegEvent::ReferProgress { .. }
            | LegEvent::Incoming(_) => {}
        }
    }

    fn rings(&self, id: PartyId, status: u16, out: &mut Vec<Command>) {
        match self.parties.get(&id).map(|it| it.purpose) {
            Some(Purpose::Transfer(ticket)) if status >= 180 => {
                self.tell_transfer(ticket, TransferEvent::Ringing, out)
            }
            Some(Purpose::Referred { by }) => {
                out.push(Command::Sip(Leg::Party(by), Wish::NotifyRefer { status }));
            }
            Some(Purpose::Transfer(_) | Purpose::Offer(_)) | None => {}
        }
    }

    fn answered(&mut self, now: Mono, id: PartyId, answer: &[u8], out: &mut Vec<Command>) {
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
            Purpose::Referred { by } => {
                party.state = State::Talking;
                self.hand_over(now, by, id, out);
            }
        }
    }

    fn refused(&mut self, id: PartyId, failure: &Failure, out: &mut Vec<Command>) {
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
            Purpose::Transfer(ticket) => {
                ready_again(agent.filter(|_| out_of_turn), out);
                self.tell_transfer(ticket, event, out);
            }
            Purpose::Referred { by } => {
                ready_again(agent.filter(|_| out_of_turn), out);
                self.refer_failed(by, status, out);
            }
        }
    }

    fn ended(&mut self, id: PartyId, ending: &Ending, out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let state = mem::replace(&mut party.state, State::Over);
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
            Purpose::Transfer(_) | Purpose::Referred { .. } => ready_again(agent, out),
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
    fn talk_ended(&mut self, id: PartyId, died: bool, out: &mut Vec<Command>) {
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

    // The session with whom we called.

    fn party_offers(&mut self, id: PartyId, offer: &[u8], out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let Some(Ok((sdp, media))) =
            party.session.as_mut().map(|session| session.answer(offer, sdp::Direction::Both))
        else {
            return out.push(Command::Sip(Leg::Party(id), Wish::RejectOffer { status: 488 }));
        };
        out.push(Command::Sip(Leg::Party(id), Wish::AnswerOffer { sdp: sdp.into() }));
        self.negotiated(id, media, out);
    }

    fn party_answers(&mut self, id: PartyId, answer: &[u8], out: &mut Vec<Command>) {
        let accepted = self
            .parties
            .get_mut(&id)
            .and_then(|party| party.session.as_mut())
            .and_then(|session| session.read_answer(answer).ok());
        if let Some(media) = accepted {
            self.negotiated(id, media, out);
        }
    }

    /// Media goes another way now; whoever is put on hold hears music.
    fn negotiated(&mut self, id: PartyId, media: sdp::MediaDescription, out: &mut Vec<Command>) {
        let holds = !media.direction.sends();
        out.push(Command::ConnectMedia(Leg::Party(id), media));
        let Some(party) = self.parties.get_mut(&id) else { return };
        let held = mem::replace(&mut party.holds, holds);
        if self.talk == Some(id) && held != holds {
            if holds {
                out.push(Command::Unbridge);
                out.push(Command::Hear(Sound::Music));
            } else {
                out.push(Command::Hear(Sound::Silence));
                out.push(Command::Bridge(id));
            }
        }
    }

    /// Nothing comes from a leg. Whoever talks is asked whether they are still there; a dead one does not answer, and the
    /// endpoint says so.
    fn media_lost(&mut self, now: Mono, leg: Leg, out: &mut Vec<Command>) {
        let sdp = match leg {
            Leg::Caller => {
                let probe = self.caller.probe();
                self.silent_since = probe.as_ref().map(|_| now);
                probe
            }
            Leg::Party(id) => self
                .parties
                .get_mut(&id)
                .filter(|it| it.state == State::Talking)
                .and_then(Party::probe),
        };
        if let Some(sdp) = sdp {
            out.push(Command::Sip(leg, Wish::Offer { sdp, by: OfferBy::Invite }));
        }
    }

    // What the caller's leg says.

    fn caller_event(&mut self, event: LegEvent, out: &mut Vec<Command>) {
        match event {
            LegEvent::Acknowledged { sdp } => self.caller.acknowledged(sdp, out),
            LegEvent::Offered { sdp } => self.caller.offered(&sdp, out),
            LegEvent::OfferWanted => self.caller.offer_wanted(out),
            LegEvent::OfferAnswered { sdp } => self.caller.offer_answered(&sdp, out),
            LegEvent::Key { key, .. } => {
                out.push(Command::Interpreter(call::Event::Key(key.into())))
            }
            LegEvent::Refer(_) => {
                // A caller who transfers us elsewhere: no menu does that.
                out.push(Command::Sip(Leg::Caller, Wish::AnswerRefer { status: 603 }));
            }
            LegEvent::ReferProgress { status, is_final: true } => self.sent_away_ended(status, out),
            LegEvent::Failed(_) | LegEvent::Ended(_) => self.caller_left(out),
            LegEvent::Gone => self.caller.gone(),
            LegEvent::ReferProgress { .. }
            | LegEvent::OfferRefused { .. }
            | LegEvent::OfferWithdrawn
            | LegEvent::Progress { .. }
            | LegEvent::Answered { .. }
            | LegEvent::Incoming(_) => {}
        }
    }

    fn sent_away_ended(&mut self, status: u16, out: &mut Vec<Command>) {
        if let Some(ticket) = self.sent_away.take() {
            let event = match status {
                200..=299 => TransferEvent::Connected,
                486 | 600 => TransferEvent::Busy,
                408 | 480 => TransferEvent::NoAnswer,
                403 | 603 => TransferEvent::Declined,
                _ => TransferEvent::Failed,
            };
            self.tell_transfer(ticket, event, out);
        }
    }

    /// The caller hung up, or their connection is dead.
    fn caller_left(&mut self, out: &mut Vec<Command>) {
        self.silent_since = None;
        self.part(out);
        self.leave_dispatcher(out);
        // Neither an interpreter that never heard of this call nor one that is over will say `End`.
        let heard_of = self.caller.over(out);
        self.ending |= !heard_of || self.unattended;
        if heard_of && !self.unattended {
            out.push(Command::Interpreter(call::Event::HungUp));
        }
        self.hang_up_parties(out);
    }

    // Small steps that several of the above take.

    /// The dispatcher forgets the caller, waiting or talking.
    fn leave_dispatcher(&mut self, out: &mut Vec<Command>) {
        if let Some(Origin::Offer(offer)) = self.origin.take() {
            out.push(Command::Dispatcher(queue::Event::TalkEnded { offer, returns: false }));
        }
        self.visit = None;
        if mem::take(&mut self.entered) {
            out.push(Command::Dispatcher(queue::Event::HungUp(self.id)));
        }
    }

    /// Lets caller and party hear each other.
    pub(super) fn join(&mut self, id: PartyId, out: &mut Vec<Command>) {
        self.talk = Some(id);
        out.push(Command::Bridge(id));
    }

    fn part(&mut self, out: &mut Vec<Command>) {
        if self.talk.take().is_some() {
            out.push(Command::Unbridge);
        }
    }

    fn hang_up_parties(&mut self, out: &mut Vec<Command>) {
        for (id, party) in &mut self.parties {
            hang_up(*id, party, out);
        }
        self.forget_undialled(out);
    }

    /// A party answered in a way that we cannot use.
    fn abandon(&mut self, id: PartyId, out: &mut Vec<Command>) {
        if self.parties.contains_key(&id) {
            let reason = Some("SIP;cause=488".to_owned());
            out.push(Command::Sip(Leg::Party(id), Wish::HangUp { reason, headers: Vec::new() }));
        }
    }

    /// Parties that were given up before their INVITE went out are gone at once.
    fn forget_undialled(&mut self, out: &mut Vec<Command>) {
        let gone: Vec<PartyId> = self
            .parties
            .iter()
            .filter(|(_, it)| it.state == State::Over && !it.dialled)
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(party) = self.parties.remove(&id)
                && let (Purpose::Offer(offer), true) = (party.purpose, party.cancelled)
            {
                out.push(Command::Dispatcher(queue::Event::Cleared(offer)));
            }
        }
    }

    /// Tells the interpreter of the wait. Where it is over already, the end of the wait is the end of the call.
    pub(super) fn tell_queue(&mut self, event: QueueEvent, out: &mut Vec<Command>) {
        match (self.visit, event) {
            (Some(visit), event) => out.push(Command::Interpreter(call::Event::Queue { visit, event })),
            (
                None,
                QueueEvent::AgentLeft
                | QueueEvent::NoAgents
                | QueueEvent::Full
                | QueueEvent::Waited
                | QueueEvent::Failed,
            ) if self.unattended => self.end(out),
            (
                None,
                QueueEvent::Position { .. }
                | QueueEvent::Offered(_)
                | QueueEvent::Withdrawn
                | QueueEvent::Connected(_)
                | QueueEvent::AgentLeft
                | QueueEvent::NoAgents
                | QueueEvent::Full
                | QueueEvent::Waited
                | QueueEvent::Failed,
            ) => {}
        }
    }

    #[expect(clippy::unused_self, reason = "reads like its twin for queues")]
    pub(super) fn tell_transfer(
        &self,
        transfer: Ticket,
        event: TransferEvent,
        out: &mut Vec<Command>,
    ) {
        out.push(Command::Interpreter(call::Event::Transfer { transfer, event }));
    }
}

/// What we say of a leg in SDP; the numbers of a process's sessions all differ (RFC 8866 5.2).
pub(super) fn session(call: CallerId, leg: u32, at: MediaAddress) -> sdp::Session {
    let beside = at.rtp.port().checked_add(1) == Some(at.rtcp.port());
    let local = sdp::Local { rtp: at.rtp, rtcp: (!beside).then_some(at.rtcp) };
    sdp::Session::new(call.0 << 8 | u64::from(leg) & 0xff, local, sdp::Settings::default())
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

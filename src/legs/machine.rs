//! Who does what when something happens to a leg.

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use super::caller::Caller;
use super::calling::hang_up;
use super::conference::Conference;
use super::events::{Command, Destination, Event, Leg, PartyId, Sound};
use super::party::{Party, Purpose, State};
use crate::call::{self, QueueEvent, Ticket, TransferEvent};
use crate::flow::model::TransferKind;
use crate::queue::{self, CallerId, OfferId, Outcome};
use crate::sip::endpoint::{LegEvent, Wish};
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
    pub(super) next: u32,
    /// Who talks to the caller, or has put them on hold.
    pub(super) talk: Option<PartyId>,
    /// How the talk came about, while there is one or somebody is called in its place.
    pub(super) origin: Option<Origin>,
    /// Others who are in the call, or are called into it.
    pub(super) conference: Option<Conference>,
    /// The interpreter's name for the caller's stay in a queue.
    pub(super) visit: Option<Ticket>,
    /// The dispatcher was told of this caller.
    entered: bool,
    /// A REFER that we sent to the caller's phone for the flow.
    pub(super) sent_away: Option<Ticket>,
    /// The interpreter is over and the caller waits for a person all the same: the last resort.
    unattended: bool,
    /// Since when nothing has come from the caller.
    pub(super) silent_since: Option<Mono>,
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
            conference: None,
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
        let silent = self.parties.values().filter_map(|party| party.silent_until);
        leaving.chain(silent).chain(self.silent_since.map(|since| since + self.dead_after)).min()
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
            Event::MediaBack(Leg::Party(id)) => self.is_there(id),
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
        let dead = |party: &Party| party.silent_until.is_some_and(|until| until <= now);
        let given_up: Vec<PartyId> =
            self.parties.iter().filter(|(_, it)| dead(it)).map(|(id, _)| *id).collect();
        for id in given_up {
            self.give_up(id, out);
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
TransferKind::Blind => {
                    let purpose = Purpose::SentAway(it.ticket);
                    self.call(purpose, Destination::Address(it.to), it.ring_for, Vec::new(), out);
                }
            },
            C::CancelTransfer(ticket) => {
                self.sent_away = self.sent_away.filter(|it| *it != ticket);
                for (id, party) in &mut self.parties {
                    if party.purpose == Purpose::Transfer(ticket) {
                        hang_up(*id, party, out);
                    }
                }
            }
            C::Conference(it) => self.confer(it, out),
            C::LeaveConference(ticket) => {
                if self.conference.as_ref().is_some_and(|it| it.ticket == ticket) {
                    self.leave_conference(out);
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
            | C::OpenCase(_)
            | C::CallBack(_)
            | C::Notify(_)
            | C::LookUp(_)
            | C::Verify(_)
            | C::Record(_)
            | C::StopRecording(_)
            | C::DiscardRecording(_) => {}
        }
    }

    /// The interpreter is done: whoever is left hangs up, and the dispatcher forgets the caller.
    pub(super) fn end(&mut self, out: &mut Vec<Command>) {
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

    pub(super) fn part(&mut self, out: &mut Vec<Command>) {
        if self.talk.take().is_some() {
            out.push(Command::Unbridge);
        }
    }

    pub(super) fn hang_up_parties(&mut self, out: &mut Vec<Command>) {
        for (id, party) in &mut self.parties {
            hang_up(*id, party, out);
        }
        self.forget_undialled(out);
    }

    /// A party answered in a way that we cannot use.
    pub(super) fn abandon(&mut self, id: PartyId, out: &mut Vec<Command>) {
        if self.parties.contains_key(&id) {
            let reason = Some("SIP;cause=488".to_owned());
            out.push(Command::Sip(Leg::Party(id), Wish::HangUp { reason, headers: Vec::new() }));
        }
    }

    /// Parties that were given up before their INVITE went out are gone at once.
    pub(super) fn forget_undialled(&mut self, out: &mut Vec<Command>) {
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
            (Some(visit), event) => {
                out.push(Command::Interpreter(call::Event::Queue { visit, event }))
            }
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

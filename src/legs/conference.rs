//! A conference: several parties at a time, who all hear each other and the caller.
//!
//! Each is called as for a transfer and joins when they answer. Whoever leaves leaves alone; the interpreter counts who
//! is there and says when it is over.

use std::sync::Arc;

use super::calling::hang_up;
use super::events::{Command, Destination, PartyId};
use super::machine::Legs;
use super::party::Purpose;
use crate::call::{self, ConferenceEvent, Ticket};

/// The conference of this call.
#[derive(Debug)]
pub(super) struct Conference {
    pub(super) ticket: Ticket,
    /// Whom each party was called by. At most as many as parties.
    called: Vec<(PartyId, Arc<str>)>,
    /// The caller is in the room.
    pub(super) is_open: bool,
}

impl Legs {
    /// Calls everybody at once.
    pub(super) fn confer(&mut self, it: call::Conference, out: &mut Vec<Command>) {
        self.leave_conference(out); // there is never a second one
        let ticket = it.ticket;
        self.conference = Some(Conference { ticket, called: Vec::new(), is_open: false });
        for who in it.with {
            if let Some(conference) = &mut self.conference {
                conference.called.push((PartyId(self.next), Arc::clone(&who)));
            }
            let to = Destination::Address(who);
            self.call(Purpose::Conference(ticket), to, it.ring_for, Vec::new(), out);
        }
    }

    /// Somebody answered.
    pub(super) fn joins(&mut self, id: PartyId, out: &mut Vec<Command>) {
        if let Some(conference) = &mut self.conference {
            conference.is_open = true;
        }
        out.push(Command::Join(id));
        self.tell_conference(id, ConferenceEvent::Joined, out);
    }

    /// Tells the interpreter what became of a party.
    pub(super) fn tell_conference(
        &self,
        id: PartyId,
        event: fn(Arc<str>) -> ConferenceEvent,
        out: &mut Vec<Command>,
    ) {
        let Some(it) = &self.conference else { return };
        if let Some((_, who)) = it.called.iter().find(|(party, _)| *party == id) {
            let (conference, event) = (it.ticket, event(Arc::clone(who)));
            out.push(Command::Interpreter(call::Event::Conference { conference, event }));
        }
    }

    /// The caller leaves: everybody is let go, whoever was reached.
    pub(super) fn leave_conference(&mut self, out: &mut Vec<Command>) {
        let Some(conference) = self.conference.take() else { return };
        for (id, party) in &mut self.parties {
            if party.purpose == Purpose::Conference(conference.ticket) {
                hang_up(*id, party, out);
            }
        }
        self.forget_undialled(out);
        if conference.is_open {
            out.push(Command::Leave);
        }
    }
}

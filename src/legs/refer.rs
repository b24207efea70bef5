//! An agent hands the caller on (RFC 3515, RFC 5589 6): the caller waits, the new party gets the same context, and
//! whoever handed on hears how it went.

use std::time::Duration;

use super::events::{Command, Destination, Leg, PartyId, Sound};
use super::machine::{LEAVES_WITHIN, Legs, Origin};
use super::party::{Purpose, State};
use crate::call::{Agent, QueueEvent};
use crate::queue;
use crate::sip::endpoint::{ReferRequest, Wish};
use crate::time::Mono;

/// How long somebody whom an agent names may ring before the caller goes back.
const RINGS: Duration = Duration::from_secs(30);

impl Legs {
    /// A party asks for somebody else. Only the one who talks to the caller may, and one at a time.
    pub(super) fn refer(&mut self, by: PartyId, request: ReferRequest, out: &mut Vec<Command>) {
        if self.talk != Some(by) || self.is_referring(by) {
            return out.push(Command::Sip(Leg::Party(by), Wish::AnswerRefer { status: 603 }));
        }
        out.push(Command::Sip(Leg::Party(by), Wish::AnswerRefer { status: 202 }));
        out.push(Command::Sip(Leg::Party(by), Wish::NotifyRefer { status: 100 }));
        out.push(Command::Unbridge);
        out.push(Command::Hear(Sound::Ringing));
        let mut headers = request.headers;
        headers.extend(request.replaces.map(|it| ("Replaces".to_owned(), it)));
        headers.extend(request.referred_by.map(|it| ("Referred-By".to_owned(), it)));
        self.call(
            Purpose::Referred { by },
            Destination::Referred(request.target),
            RINGS,
            headers,
            out,
        );
    }

    /// Whether somebody is being called because `by` asked for them.
    pub(super) fn is_referring(&self, by: PartyId) -> bool {
        self.parties.values().any(|it| {
            it.purpose == (Purpose::Referred { by })
                && matches!(it.state, State::Routing | State::Opening | State::Calling)
        })
    }

    /// Whom `by` asked for has answered: the caller is theirs.
    pub(super) fn hand_over(
        &mut self,
        now: Mono,
        by: PartyId,
        to: PartyId,
        out: &mut Vec<Command>,
    ) {
        if let Some(party) = self.parties.get_mut(&by).filter(|it| it.state == State::Talking) {
            party.state = State::Leaving { until: now + LEAVES_WITHIN };
            out.push(Command::Sip(Leg::Party(by), Wish::NotifyRefer { status: 200 }));
        }
        if let Some(Origin::Offer(offer)) = self.origin {
            self.origin = Some(Origin::HandedOn);
            out.push(Command::Dispatcher(queue::Event::TalkEnded { offer, returns: false }));
        }
        if self.origin == Some(Origin::HandedOn) {
            let agent = self.parties.get(&to).and_then(|it| it.agent.clone());
            let agent = agent.unwrap_or_else(|| Agent {
                id: "outside".into(),
                name: None,
                work_number: None,
            });
            self.tell_queue(QueueEvent::Connected(agent), out);
        }
        out.push(Command::Hear(Sound::Silence));
        self.join(to, out);
    }

    /// Whom `by` asked for is not to be had: `by` hears of it and has the caller back. One who has left already cannot:
    /// then the caller goes back to where they waited.
    pub(super) fn refer_failed(&mut self, by: PartyId, status: u16, out: &mut Vec<Command>) {
        let still_there = self.parties.get(&by).is_some_and(|it| it.state == State::Talking);
        if still_there {
            out.push(Command::Sip(Leg::Party(by), Wish::NotifyRefer { status }));
            out.push(Command::Hear(Sound::Silence));
            self.join(by, out);
            return;
        }
        self.talk = None;
        self.conclude(true, out);
    }
}

//! Offers and answers with a party that talks: hold, another address, and whether they are still there.

use std::mem;
use std::time::Duration;

use super::calling::hang_up;
use super::events::{Command, Leg, MediaAddress, PartyId, Sound};
use super::machine::Legs;
use super::party::State;
use crate::queue::CallerId;
use crate::sdp;
use crate::sip::endpoint::{OfferBy, Wish};
use crate::time::Mono;

/// How long a silent party may take to say that it is still there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

impl Legs {
    pub(super) fn party_offers(&mut self, id: PartyId, offer: &[u8], out: &mut Vec<Command>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let Some(Ok((sdp, media))) =
            party.session.as_mut().map(|session| session.answer(offer, sdp::Direction::Both))
        else {
            return out.push(Command::Sip(Leg::Party(id), Wish::RejectOffer { status: 488 }));
        };
        out.push(Command::Sip(Leg::Party(id), Wish::AnswerOffer { sdp: sdp.into() }));
        self.negotiated(id, media, out);
    }

    pub(super) fn party_answers(&mut self, id: PartyId, answer: &[u8], out: &mut Vec<Command>) {
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
    pub(super) fn negotiated(
        &mut self,
        id: PartyId,
        media: sdp::MediaDescription,
        out: &mut Vec<Command>,
    ) {
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

    /// Nothing comes from a leg. Whoever talks is asked whether they are still there; a dead one does not answer.
    pub(super) fn media_lost(&mut self, now: Mono, leg: Leg, out: &mut Vec<Command>) {
        let sdp = match leg {
            Leg::Caller => {
                let probe = self.caller.probe();
                self.silent_since = probe.as_ref().map(|_| now);
                probe
            }
            Leg::Party(id) => {
                let talking = self.parties.get_mut(&id).filter(|it| it.state == State::Talking);
                talking.and_then(|party| {
                    party.silent_until = Some(now + ANSWERS_WITHIN);
                    party.probe()
                })
            }
        };
        if let Some(sdp) = sdp {
            out.push(Command::Sip(leg, Wish::Offer { sdp, by: OfferBy::Invite }));
        }
    }

    /// A party from whom nothing came has answered, or is heard again.
    pub(super) fn is_there(&mut self, id: PartyId) {
        if let Some(party) = self.parties.get_mut(&id) {
            party.silent_until = None;
        }
    }

    /// A party neither sends nor answers: it is as gone as if the endpoint had said so, which over UDP takes it half a
    /// minute more (timer B, RFC 3261 17.1.1.2) in which the caller would hear nothing.
    pub(super) fn give_up(&mut self, id: PartyId, out: &mut Vec<Command>) {
        if let Some(party) = self.parties.get_mut(&id) {
            party.silent_until = None;
            hang_up(id, party, out);
        }
        if self.talk == Some(id) {
            self.talk_ended(id, true, out);
        }
    }
}

/// What we say of a leg in SDP; the numbers of a process's sessions all differ (RFC 8866 5.2).
pub(super) fn session(call: CallerId, leg: u32, at: MediaAddress) -> sdp::Session {
    let beside = at.rtp.port().checked_add(1) == Some(at.rtcp.port());
    let local = sdp::Local { rtp: at.rtp, rtcp: (!beside).then_some(at.rtcp) };
    sdp::Session::new(call.0 << 8 | u64::from(leg) & 0xff, local, sdp::Settings::default())
}

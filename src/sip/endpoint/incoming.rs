//! They call: INVITE, our answers, their ACK, their CANCEL (RFC 3261 13.3, 9.2).
//!
//! ```text
//! them                  us              the call
//!  | INVITE ------------>| Incoming ---->|
//!  |<--------- 100, 180 -|<---- Progress |
//!  |<------------- 200 --|<------ Answer |   200 again at T1, 2 T1, ... T2, until ACK or 64 T1 (then BYE)
//!  | ACK --------------->| Acknowledged->|
//! ```

use bytes::Bytes;

use super::body::{ACCEPT, add_sdp, sdp_of};
use super::event::{ExtraHeader, LegId};
use super::intake::asserted;
use super::leg::{Bye, Exchange, Leg, Settles, State, Unacked};
use super::servers::Asked;
use super::session_timer::Session;
use super::timers::Alarm;
use super::{
    ALLOW, Command, EndedBy, Endpoint, FailedBy, Failure, IncomingCall, LegEvent, SUPPORTED,
    add_extra,
};
use crate::sip::auth::answer::Answerer;
use crate::sip::auth::guard::{Proof, Verdict, clipped};
use crate::sip::dialog::Dialog;
use crate::sip::message::{
    Challenge, Headers, Name, Print, Replaces, Request, Response, Status, Uri, Value,
};
use crate::sip::peer::Peer;
use crate::time::Mono;

impl Endpoint {
    /// An INVITE outside of any dialog.
    pub(super) fn invite(&mut self, now: Mono, asked: Asked, out: &mut Vec<Command>) {
        let (request, to) = (&asked.request, asked.to);
        if self.legs.len() >= self.config.limits.legs || !self.has_room_for(asked.size) {
            return self.overloaded(request, to, out);
        }
        if let Uri::Other(_) = request.uri {
            return self.refuse(request, to, Status::UNSUPPORTED_URI_SCHEME, &[], out);
        }
        let Ok(offer) = sdp_of(&request.headers, &request.body) else {
            let accept = [(Name::Accept, ACCEPT.to_owned())];
            return self.refuse(request, to, Status::UNSUPPORTED_MEDIA_TYPE, &accept, out);
        };
        if let Some(least) = self.too_short(&request.headers) {
            let least = [(Name::MinSe, least.to_string())];
            return self.refuse(request, to, Status::SESSION_INTERVAL_TOO_SMALL, &least, out);
        }
        let replaces = match self.replaced(&request.headers) {
            Ok(leg) => leg,
            Err(status) => return self.refuse(request, to, status, &[], out),
        };
        let tag = self.token();
        let Some((dialog, mut call)) = read_call(request, &tag, asked.peer, offer) else {
            return self.refuse(request, to, Status::BAD_REQUEST, &[], out);
        };
        call.replaces = replaces;
        match self.proven(now, request, asked.peer) {
            Verdict::Known(user) => call.authenticated = Some(user),
            Verdict::Ask { stale: false } => {}
            Verdict::Ask { stale: true } => return self.ask_who_asks(now, request, to, true, out),
            Verdict::Failed { failures, locked_out } => {
                return self.refuse_proof(now, asked, failures, locked_out, out);
            }
            Verdict::LockedOut => return self.refuse(request, to, Status::FORBIDDEN, &[], out),
        }
        let id = LegId::incoming(self.incoming);
        self.incoming += 1;
        let user = request.uri.user().map(std::borrow::Cow::into_owned);
        let contact = self.contact(asked.peer, user.as_deref());
        let server = self.open_server(now, asked, tag.clone(), Some(id));
        let until = now + self.config.limits.ring;
        self.add_leg(
            id,
            Leg {
                tag,
                contact,
                state: State::Offered { server, until },
                dialog: Some(dialog),
                early: Vec::new(),
                unacked: None,
                exchange: Exchange::Idle,
                session: Session::new(&self.config, None, call.offer.clone()),
                next_offer: None,
                refer_in: None,
                refers_out: false,
                answerer: Answerer::default(),
                alarm: Alarm::default(),
            },
        );
        Self::tell(id, LegEvent::Incoming(Box::new(call)), out);
    }

    /// The leg that an INVITE is to take the place of (RFC 3891 3), or why it cannot.
    fn replaced(&self, headers: &Headers) -> Result<Option<LegId>, Status> {
        let Some(replaces) = headers.replaces().map_err(|_| Status::BAD_REQUEST)? else {
            return Ok(None);
        };
        let leg = self.leg_named(&replaces).ok_or(Status::CALL_DOES_NOT_EXIST)?;
        let state = self.legs.get(&leg).map(|leg| &leg.state);
        match state {
            Some(State::Up | State::AckDue { .. }) if replaces.early_only => Err(Status::BUSY_HERE),
            Some(State::Up | State::AckDue { .. } | State::Calling { .. }) => Ok(Some(leg)),
            // RFC 3891 3: an early dialog that we did not begin, and one that is over.
            Some(State::Offered { .. }) | None => Err(Status::CALL_DOES_NOT_EXIST),
            Some(State::Leaving { .. }) => Err(Status::DECLINE),
        }
    }

    /// The leg with the dialog that `replaces` names.
    pub(super) fn leg_named(&self, replaces: &Replaces) -> Option<LegId> {
        let id = *self.by_tag.get(&replaces.to_tag)?;
        let leg = self.legs.get(&id)?;
        let early = leg.early.iter().map(|early| &early.dialog);
        let is_it =
            |it: &Dialog| it.call_id() == replaces.call_id && it.remote_tag() == replaces.from_tag;
        leg.dialog.iter().chain(early).any(is_it).then_some(id)
    }

    /// Who the sender of `request` proves to be.
    pub(super) fn proven(&mut self, now: Mono, request: &Request, peer: Peer) -> Verdict {
        let given = request.headers.authorization().unwrap_or_default();
        let realm = self.guard.realm().to_owned();
        let ours = given.iter().find(|it| it.is_digest() && it.get("realm") == Some(&realm));
        let proof = ours.and_then(|it| {
            let counted = match it.get("qop") {
                None => None,
                Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                    Some((it.nonce_count()?, it.get("cnonce")?))
                }
                Some(_) => return None,
            };
            Some(Proof {
                user: it.get("username")?,
                realm: it.get("realm")?,
                nonce: it.get("nonce")?,
                uri: it.get("uri")?,
                response: it.get("response")?,
                algorithm: it.get("algorithm"),
                counted,
            })
        });
        self.guard.check(now, peer.remote.ip(), request.method.as_str(), proof)
    }

    /// 401 to somebody who has proven nothing yet, or with a nonce that is not good any more. Nothing is remembered of
    /// it but the nonce: whoever floods us with such requests fills no table.
    pub(super) fn ask_who_asks(
        &mut self,
        now: Mono,
        request: &Request,
        to: Peer,
        stale: bool,
        out: &mut Vec<Command>,
    ) {
        let mut response = self.refusal(request, Status::UNAUTHORIZED);
        self.add_challenges(now, stale, &mut response.headers);
        out.push(Command::Send { to, bytes: response.printed() });
    }

    /// 401 to somebody who does not know the password. It is remembered, so that its repetition is not judged a second
    /// time.
    pub(super) fn refuse_proof(
        &mut self,
        now: Mono,
        asked: Asked,
        failures: u32,
        locked_out: bool,
        out: &mut Vec<Command>,
    ) {
        let user = claimed_user(&asked.request);
        out.push(Command::AuthenticationFailed {
            user,
            source: asked.peer.remote,
            failures,
            locked_out,
        });
        let tag = self.token();
        let server = self.open_server(now, asked, tag, None);
        let Some(mut response) = self.answer_to(server, Status::UNAUTHORIZED) else { return };
        self.add_challenges(now, false, &mut response.headers);
        self.answer(now, server, &response, out);
    }

    /// RFC 8760 2.3: one challenge for each algorithm.
    fn add_challenges(&mut self, now: Mono, stale: bool, headers: &mut Headers) {
        let nonce = self.guard.nonce(now, &mut self.rng);
        for algorithm in self.config.digest.offer.algorithms() {
            let mut challenge = Challenge::digest(self.guard.realm(), &nonce);
            challenge.fields.set("algorithm", algorithm.name());
            challenge.fields.push("qop", Some(Value::quoted("auth")));
            if stale {
                challenge.fields.set("stale", "true");
            }
            headers.push(Name::WwwAuthenticate, &challenge);
        }
    }

    /// [`Wish::Challenge`](super::Wish::Challenge).
    pub(super) fn ask_who(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) -> bool {
        let Some(server) = self.offered(id) else { return false };
        let Some(mut response) = self.answer_to(server, Status::UNAUTHORIZED) else { return false };
        self.add_challenges(now, false, &mut response.headers);
        self.answer(now, server, &response, out);
        self.fail(now, id, FailedBy::Us, Status::UNAUTHORIZED, None, out);
        true
    }

    /// [`Wish::Progress`](super::Wish::Progress).
    pub(super) fn progress(
        &mut self,
        now: Mono,
        id: LegId,
        status: u16,
        sdp: Option<Bytes>,
        headers: &[ExtraHeader],
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(status) = Status::new(status).filter(|status| (101..200).contains(&status.code()))
        else {
            return false;
        };
        let Some(server) = self.offered(id) else { return false };
        let Some(mut response) = self.answer_within(server, id, status, headers) else {
            return false;
        };
        if let Some(sdp) = sdp {
            add_sdp(&mut response.headers, &mut response.body, sdp);
        }
        self.answer(now, server, &response, out);
        true
    }

    /// [`Wish::Answer`](super::Wish::Answer).
    pub(super) fn accept(
        &mut self,
        now: Mono,
        id: LegId,
        sdp: Bytes,
        headers: &[ExtraHeader],
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(server) = self.offered(id) else { return false };
        let Some(mut response) = self.answer_within(server, id, Status::OK, headers) else {
            return false;
        };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = State::Up;
            leg.session.ours = Some(sdp.clone());
        }
        self.grant(now, id, server, &mut response);
        add_sdp(&mut response.headers, &mut response.body, sdp);
        self.answer_until_ack(now, id, server, &response, Settles::Call, out);
        true
    }

    /// [`Wish::Reject`](super::Wish::Reject).
    pub(super) fn reject(
        &mut self,
        now: Mono,
        id: LegId,
        status: u16,
        headers: &[ExtraHeader],
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(status) = Status::new(status).filter(|status| status.code() >= 300) else {
            return false;
        };
        let Some(server) = self.offered(id) else { return false };
        self.reject_with(now, id, server, status, headers, FailedBy::Us, None, out);
        true
    }

    /// Refuses the call that `server` brought, and ends the leg.
    #[expect(
        clippy::too_many_arguments,
        reason = "one more name would hide that all of them are one answer's parts"
    )]
    pub(super) fn reject_with(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        status: Status,
        headers: &[ExtraHeader],
        why: FailedBy,
        reason: Option<String>,
        out: &mut Vec<Command>,
    ) {
        if let Some(mut response) = self.answer_to(server, status) {
            add_extra(&mut response.headers, headers);
            self.answer(now, server, &response, out);
        }
        self.fail(now, id, why, status, reason, out);
    }

    /// Nobody took the call within the time that a call may ring.
    pub(super) fn rang_in_vain(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        if let Some(server) = self.offered(id) {
            self.reject_with(
                now,
                id,
                server,
                Status::TEMPORARILY_UNAVAILABLE,
                &[],
                FailedBy::RangOut,
                None,
                out,
            );
        }
    }

    /// A CANCEL came for the INVITE of `server`, which waits for our answer.
    pub(super) fn cancelled(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        reason: Option<String>,
        out: &mut Vec<Command>,
    ) {
        if self.offered(id) == Some(server) {
            self.reject_with(
                now,
                id,
                server,
                Status::REQUEST_TERMINATED,
                &[],
                FailedBy::Cancelled,
                reason,
                out,
            );
        } else {
            self.offer_cancelled(now, id, server, out);
        }
    }

    /// The transaction of a leg that nothing final has been said to.
    pub(super) fn offered(&self, id: LegId) -> Option<usize> {
        match self.legs.get(&id)?.state {
            State::Offered { server, .. } => Some(server),
            State::Calling { .. } | State::AckDue { .. } | State::Up | State::Leaving { .. } => {
                None
            }
        }
    }

    /// An answer that establishes or keeps a dialog: with our Contact and what we can do.
    pub(super) fn answer_within(
        &self,
        server: usize,
        id: LegId,
        status: Status,
        headers: &[ExtraHeader],
    ) -> Option<Response> {
        let mut response = self.answer_to(server, status)?;
        response.headers.push(Name::Contact, &self.legs.get(&id)?.contact);
        response.headers.push(Name::Allow, ALLOW);
        response.headers.push(Name::Supported, SUPPORTED);
        add_extra(&mut response.headers, headers);
        Some(response)
    }

    /// Sends a 2xx to an INVITE, and again until its ACK comes.
    pub(super) fn answer_until_ack(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        response: &Response,
        settles: Settles,
        out: &mut Vec<Command>,
    ) {
        let Some(slot) = self.servers.get(server) else { return };
        let to = slot.to();
        let number = slot.request().headers.cseq().map_or(0, |cseq| cseq.number);
        let had_offer = slot.had_offer();
        let ok = self.answer(now, server, response, out);
        let timing = self.config.timing;
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.unacked = Some(Unacked {
                to,
                ok,
                number,
                again: now + timing.t1,
                pause: timing.t1,
                until: now + timing.patience(),
                is_offer: !had_offer,
                settles,
            });
        }
        self.arm_leg(id);
    }

    pub(super) fn tick_unacked(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let t2 = self.config.timing.t2;
        let Some(unacked) = self.legs.get_mut(&id).and_then(|leg| leg.unacked.as_mut()) else {
            return;
        };
        if unacked.until <= now {
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.unacked = None;
            }
            self.end_with_bye(now, id, EndedBy::NoAck, out);
        } else if unacked.again <= now {
            out.push(Command::Send { to: unacked.to, bytes: unacked.ok.clone() });
            unacked.pause = unacked.pause.saturating_mul(2).min(t2);
            unacked.again = now + unacked.pause;
        }
    }

    /// The ACK to a 2xx of ours came.
    pub(super) fn ack_of_2xx(
        &mut self,
        now: Mono,
        id: LegId,
        number: u32,
        ack: &Request,
        out: &mut Vec<Command>,
    ) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_it = leg.unacked.as_ref().is_some_and(|unacked| unacked.number == number);
        if !is_it {
            return; // it came again
        }
        let Some(unacked) = leg.unacked.take() else { return };
        if let State::Leaving { bye: Bye::AfterAck(headers) } = &mut leg.state {
            let headers = std::mem::take(headers);
            self.send_bye(now, id, &headers, out);
            return;
        }
        let answer = sdp_of(&ack.headers, &ack.body).ok().flatten().filter(|_| unacked.is_offer);
        // A re-INVITE that is answered so leaves the session as it was; a call without one is none.
        let is_missing = unacked.is_offer && unacked.settles == Settles::Call && answer.is_none();
        if unacked.settles != Settles::Nothing {
            Self::tell(id, LegEvent::Acknowledged { sdp: answer }, out);
        }
        if is_missing {
            self.end_with_bye(now, id, EndedBy::NoAnswerToOffer, out);
        }
        self.send_next_offer(now, id, out);
        self.arm_leg(id);
    }

    /// Tells the leg that the call did not come about, and drops it.
    pub(super) fn fail(
        &mut self,
        now: Mono,
        id: LegId,
        why: FailedBy,
        status: Status,
        reason: Option<String>,
        out: &mut Vec<Command>,
    ) {
        let failure =
            Failure { why, status: status.code(), retry_after: None, reason, contacts: Vec::new() };
        Self::tell(id, LegEvent::Failed(failure), out);
        self.gone(now, id, out);
    }
}

/// What an INVITE says about its call.
fn read_call(
    request: &Request,
    tag: &str,
    peer: Peer,
    offer: Option<Bytes>,
) -> Option<(Dialog, IncomingCall)> {
    let headers = &request.headers;
    let text = |name: Name| headers.text(name).map(std::borrow::Cow::into_owned);
    let dialog = Dialog::uas(request, tag, peer).ok()?;
    let call = IncomingCall {
        dialled: request.uri.clone(),
        from: headers.from().ok()?,
        to: headers.to().ok()?,
        asserted: asserted(headers),
        call_id: headers.call_id().ok()?.to_owned(),
        offer,
        peer,
        authenticated: None,
        user_to_user: text(Name::UserToUser),
        call_info: text(Name::CallInfo),
        referred_by: text(Name::ReferredBy),
        replaces: None,
        diversion: text(Name::Diversion).or_else(|| text(Name::HistoryInfo)),
        max_forwards: headers.max_forwards().ok().flatten().unwrap_or(70),
    };
    Some((dialog, call))
}

/// The user that a request claims to come from, for those who watch.
fn claimed_user(request: &Request) -> String {
    let given = request.headers.authorization().unwrap_or_default();
    given.iter().find_map(|it| it.get("username")).map(clipped).unwrap_or_default()
}

//! Offers within a call: re-INVITE and UPDATE, theirs and ours, one at a time (RFC 3261 14, RFC 3311, RFC 3264 4).
//!
//! | they offer while | they get |
//! | --- | --- |
//! | nothing is under way | the call's answer |
//! | our offer is under way, or waits for its ACK | 491; both try again after a time of their own |
//! | their last one is not answered yet | 500 with Retry-After |

use std::time::Duration;

use bytes::Bytes;
use rand_chacha::rand_core::Rng;

use super::body::{ACCEPT, add_sdp, sdp_of};
use super::clients::Purpose;
use super::event::{LegId, OfferBy};
use super::intake::soon;
use super::leg::{Exchange, NextOffer, Settles, State};
use super::servers::Asked;
use super::{Command, Endpoint, LegEvent};
use crate::sip::message::{Method, Name, Response, Status};
use crate::time::Mono;

/// Theirs.
impl Endpoint {
    /// A re-INVITE came.
    pub(super) fn reinvite(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let Ok(sdp) = sdp_of(&asked.request.headers, &asked.request.body) else {
            return self.refuse_body(now, id, asked, out);
        };
        if let Err(status) = self.may_be_offered(id, true) {
            return self.refuse_offer(now, id, asked, status, out);
        }
        if let Some(least) = self.too_short(&asked.request.headers) {
            return self.refuse_interval(now, id, asked, least, out);
        }
        if let Some(dialog) = self.legs.get_mut(&id).and_then(|leg| leg.dialog.as_mut()) {
            dialog.refresh(&asked.request.headers);
        }
        let server = self.open_server(now, asked, String::new(), Some(id));
        self.received_offer(now, id, server, true, sdp, out);
    }

    /// An UPDATE came.
    pub(super) fn update(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let Ok(sdp) = sdp_of(&asked.request.headers, &asked.request.body) else {
            return self.refuse_body(now, id, asked, out);
        };
        let may_be = match (&sdp, self.legs.get(&id).map(|leg| &leg.state)) {
            (_, None | Some(State::Leaving { .. })) => Err(Status::CALL_DOES_NOT_EXIST),
            (Some(_), Some(_)) => self.may_be_offered(id, false),
            (None, Some(_)) => Ok(()),
        };
        if let Err(status) = may_be {
            return self.refuse_offer(now, id, asked, status, out);
        }
        if let Some(least) = self.too_short(&asked.request.headers) {
            return self.refuse_interval(now, id, asked, least, out);
        }
        if let Some(dialog) = self.legs.get_mut(&id).and_then(|leg| leg.dialog.as_mut()) {
            dialog.refresh(&asked.request.headers);
        }
        let server = self.open_server(now, asked, String::new(), Some(id));
        match sdp {
            Some(sdp) => self.received_offer(now, id, server, false, Some(sdp), out),
            // RFC 3311 5.1: without an offer it only says where they are now.
            None => {
                if let Some(mut response) = self.answer_within(server, id, Status::OK, &[]) {
                    self.grant(now, id, server, &mut response);
                    self.answer(now, server, &response, out);
                }
            }
        }
    }

    /// Whether an offer of theirs can be passed on.
    fn may_be_offered(&self, id: LegId, by_invite: bool) -> Result<(), Status> {
        let leg = self.legs.get(&id).ok_or(Status::CALL_DOES_NOT_EXIST)?;
        match leg.state {
            State::Leaving { .. } => return Err(Status::CALL_DOES_NOT_EXIST),
            // Their first offer is not answered yet (RFC 3261 14.2, RFC 3311 5.2).
            State::Offered { .. } => return Err(Status::SERVER_INTERNAL_ERROR),
            // Ours is not, or theirs in the 2xx.
            State::Calling { .. } | State::AckDue { .. } => return Err(Status::REQUEST_PENDING),
            State::Up => {}
        }
        match leg.exchange {
            Exchange::Sent { .. } => return Err(Status::REQUEST_PENDING),
            Exchange::Received { .. } => return Err(Status::SERVER_INTERNAL_ERROR),
            Exchange::Idle => {}
        }
        // An ACK is on its way, with their answer to our offer or to be told apart from the next INVITE's.
        let is_pending = leg.unacked.as_ref().is_some_and(|unacked| unacked.is_offer || by_invite);
        if is_pending { Err(Status::REQUEST_PENDING) } else { Ok(()) }
    }

    fn received_offer(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        is_invite: bool,
        sdp: Option<Bytes>,
        out: &mut Vec<Command>,
    ) {
        let again = sdp.as_ref().and_then(|offer| self.legs.get(&id)?.session.answer_again(offer));
        if let Some(answer) = again {
            return self.answer_again(now, id, server, is_invite, answer, out);
        }
        let until = now + self.config.timing.patience();
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.exchange = Exchange::Received { server, is_invite, offer: sdp.clone(), until };
        }
        self.arm_leg(id);
        let event = sdp.map_or(LegEvent::OfferWanted, |sdp| LegEvent::Offered { sdp });
        Self::tell(id, event, out);
    }

    fn refuse_offer(
        &mut self,
        now: Mono,
        id: LegId,
        asked: Asked,
        status: Status,
        out: &mut Vec<Command>,
    ) {
        let server = self.open_server(now, asked, String::new(), Some(id));
        let Some(mut response) = self.answer_to(server, status) else { return };
        if status == Status::SERVER_INTERNAL_ERROR {
            response.headers.push(Name::RetryAfter, &soon(self.rng.next_u32() % 11));
        }
        self.answer(now, server, &response, out);
    }

    fn refuse_body(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let server = self.open_server(now, asked, String::new(), Some(id));
        let Some(mut response) = self.answer_to(server, Status::UNSUPPORTED_MEDIA_TYPE) else {
            return;
        };
        response.headers.push(Name::Accept, ACCEPT);
        self.answer(now, server, &response, out);
    }

    /// [`Wish::AnswerOffer`](super::Wish::AnswerOffer).
    pub(super) fn answer_offer(
        &mut self,
        now: Mono,
        id: LegId,
        sdp: Bytes,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some((server, is_invite, offer)) = self.take_received(id) else { return false };
        let Some(mut response) = self.answer_within(server, id, Status::OK, &[]) else {
            return false;
        };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.session.settle(sdp.clone(), offer.as_ref());
        }
        self.grant(now, id, server, &mut response);
        add_sdp(&mut response.headers, &mut response.body, sdp);
        if is_invite {
            self.answer_until_ack(now, id, server, &response, Settles::Offer, out);
        } else {
            self.answer(now, server, &response, out);
        }
        self.send_next_offer(now, id, out);
        true
    }

    /// [`Wish::RejectOffer`](super::Wish::RejectOffer).
    pub(super) fn reject_offer(
        &mut self,
        now: Mono,
        id: LegId,
        status: u16,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(status) = Status::new(status).filter(|status| status.code() >= 300) else {
            return false;
        };
        let Some((server, ..)) = self.take_received(id) else { return false };
        self.answer_plainly(now, server, status, out);
        self.send_next_offer(now, id, out);
        true
    }

    /// Ends their exchange that waits for us.
    fn take_received(&mut self, id: LegId) -> Option<(usize, bool, Option<Bytes>)> {
        let leg = self.legs.get_mut(&id)?;
        let found = match &mut leg.exchange {
            Exchange::Received { server, is_invite, offer, .. } => {
                Some((*server, *is_invite, offer.take()))
            }
            Exchange::Idle | Exchange::Sent { .. } => None,
        };
        if found.is_some() {
            leg.exchange = Exchange::Idle;
            self.arm_leg(id);
        }
        found
    }

    /// They took their re-INVITE back.
    pub(super) fn offer_cancelled(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        out: &mut Vec<Command>,
    ) {
        let is_it = self.legs.get(&id).is_some_and(
            |leg| matches!(leg.exchange, Exchange::Received { server: its, .. } if its == server),
        );
        if is_it {
            self.withdraw(now, id, Status::REQUEST_TERMINATED, out);
        }
    }

    fn withdraw(&mut self, now: Mono, id: LegId, status: Status, out: &mut Vec<Command>) {
        if let Some((server, ..)) = self.take_received(id) {
            self.answer_plainly(now, server, status, out);
            Self::tell(id, LegEvent::OfferWithdrawn, out);
            self.send_next_offer(now, id, out);
        }
    }

    pub(super) fn tick_exchange(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        match self.legs.get(&id).map(|leg| &leg.exchange) {
            Some(Exchange::Received { until, .. }) if *until <= now => {
                self.withdraw(now, id, Status::NOT_ACCEPTABLE_HERE, out);
            }
            Some(Exchange::Sent { client, until, .. }) if *until <= now => {
                let client = *client;
                self.give_up(now, client, out);
                self.offer_unanswered(now, id, client, out);
            }
            Some(Exchange::Received { .. } | Exchange::Sent { .. } | Exchange::Idle) | None => {}
        }
        self.send_next_offer(now, id, out);
    }
}

/// Ours.
impl Endpoint {
    /// [`Wish::Offer`](super::Wish::Offer).
    pub(super) fn offer(
        &mut self,
        now: Mono,
        id: LegId,
        sdp: Bytes,
        by: OfferBy,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        match leg.state {
            State::Up | State::AckDue { .. } => {}
            State::Offered { .. } | State::Calling { .. } | State::Leaving { .. } => return false,
        }
        let after = leg.next_offer.as_ref().and_then(|waiting| waiting.after);
        leg.next_offer = Some(NextOffer { sdp, by, after });
        self.send_next_offer(now, id, out);
        true
    }

    /// Sends the offer that waits, if nothing is under way.
    pub(super) fn send_next_offer(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_free = leg.may_offer();
        let Some(next) =
            leg.next_offer.take_if(|next| is_free && next.after.is_none_or(|after| after <= now))
        else {
            return;
        };
        let NextOffer { sdp, by, .. } = next;
        let by_update = by == OfferBy::Update
            && leg.dialog.as_ref().is_some_and(|dialog| dialog.allows_update());
        let (method, purpose) = if by_update {
            (Method::Update, Purpose::Update(id))
        } else {
            (Method::Invite, Purpose::Reinvite(id))
        };
        let Some((mut request, to)) = self.within(id, method, &[]) else { return };
        add_sdp(&mut request.headers, &mut request.body, sdp.clone());
        let sent = self.ask(now, request, to, purpose, out);
        let until = now + self.config.limits.ring;
        match (sent, self.legs.get_mut(&id)) {
            (Some(client), Some(leg)) => {
                leg.exchange = Exchange::Sent { client, sdp, by, until, is_refresh: false };
            }
            (None, Some(_)) => {
                Self::tell(
                    id,
                    LegEvent::OfferRefused { status: Status::SERVICE_UNAVAILABLE.code() },
                    out,
                );
            }
            (_, None) => {}
        }
        self.arm_leg(id);
    }

    /// A response to a re-INVITE of ours.
    pub(super) fn reinvite_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if response.status.is_success() && !self.acknowledge_reinvite(id, client, response, out) {
            return; // it came again
        }
        self.offer_answered(now, id, client, response, out);
    }

    /// Sends the ACK to a 2xx; whether it is the first.
    fn acknowledge_reinvite(
        &mut self,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) -> bool {
        let tag = response
            .headers
            .to()
            .ok()
            .and_then(|to| to.tag().map(str::to_owned))
            .unwrap_or_default();
        let Some(slot) = self.clients.get(client) else { return false };
        if slot.has_accepted(&tag) {
            if let Some((to, bytes)) = slot.ack_for(&tag) {
                out.push(Command::Send { to, bytes });
            }
            return false;
        }
        let invite = slot.request().clone();
        let Some(dialog) = self.legs.get_mut(&id).and_then(|leg| leg.dialog.as_mut()) else {
            return false;
        };
        dialog.refresh(&response.headers);
        let dialog = dialog.clone();
        let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
        let ack = self.ack_2xx(&dialog, &invite, number, None, out);
        if let Some(slot) = self.clients.get_mut(client) {
            slot.note_accepted(&tag, Some(ack));
        }
        true
    }

    /// A response to an UPDATE of ours.
    pub(super) fn update_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if response.status.is_success()
            && let Some(dialog) = self.legs.get_mut(&id).and_then(|leg| leg.dialog.as_mut())
        {
            dialog.refresh(&response.headers);
        }
        self.offer_answered(now, id, client, response, out);
    }

    fn offer_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if response.status.is_provisional() {
            return;
        }
        let Some(Exchange::Sent { client: its, sdp, by, is_refresh, .. }) =
            self.legs.get(&id).map(|leg| leg.exchange.clone())
        else {
            return;
        };
        if its != client {
            return;
        }
        if let Some(again) = self.ask_with_proof(now, client, response, out) {
            if let Some(Exchange::Sent { client, .. }) =
                self.legs.get_mut(&id).map(|leg| &mut leg.exchange)
            {
                *client = again;
            }
            return;
        }
        let pause = self.glare_pause(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.exchange = Exchange::Idle;
        let status = response.status;
        if is_refresh {
            self.refreshed(now, id, response, out);
            return self.send_next_offer(now, id, out);
        }
        if status.is_success() {
            leg.session.settle(sdp.clone(), None);
            self.note_interval(now, id, &response.headers);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if status == Status::REQUEST_PENDING {
            let after = Some(now + pause);
            // A newer offer waits no less than the one it takes the place of.
            let next = leg.next_offer.take().unwrap_or(NextOffer { sdp, by, after });
            leg.next_offer = Some(NextOffer { after, ..next });
        } else {
            let answer = sdp_of(&response.headers, &response.body).ok().flatten();
            let event = match answer.filter(|_| status.is_success()) {
                Some(sdp) => LegEvent::OfferAnswered { sdp },
                // RFC 3264 5: a 2xx without an answer leaves the session as it was.
                None if status.is_success() => {
                    LegEvent::OfferRefused { status: Status::NOT_ACCEPTABLE_HERE.code() }
                }
                None => LegEvent::OfferRefused { status: status.code() },
            };
            Self::tell(id, event, out);
            if Self::is_gone(status) {
                self.vanished(now, id, out);
            }
            self.send_next_offer(now, id, out);
        }
        self.arm_leg(id);
    }

    /// RFC 3261 14.1: whoever made the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms.
    pub(super) fn glare_pause(&mut self, id: LegId) -> Duration {
        let steps = if id.is_outgoing() {
            210 + self.rng.next_u32() % 191
        } else {
            self.rng.next_u32() % 201
        };
        Duration::from_millis(u64::from(steps) * 10)
    }

    /// Nothing came back for an offer of ours.
    pub(super) fn offer_unanswered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        out: &mut Vec<Command>,
    ) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Exchange::Sent { client: its, is_refresh, .. } = leg.exchange
            && its == client
        {
            leg.exchange = Exchange::Idle;
            if !is_refresh {
                let status = Status::REQUEST_TIMEOUT.code();
                Self::tell(id, LegEvent::OfferRefused { status }, out);
            }
            self.vanished(now, id, out);
        }
    }

    /// [`Wish::Info`](super::Wish::Info).
    pub(super) fn send_info(
        &mut self,
        now: Mono,
        id: LegId,
        content_type: &str,
        body: &crate::secret::Secret<Bytes>,
        out: &mut Vec<Command>,
    ) -> bool {
        if !self.legs.get(&id).is_some_and(super::leg::Leg::is_up) {
            return false;
        }
        let Some((mut request, to)) = self.within(id, Method::Info, &[]) else { return false };
        request.headers.push(Name::ContentType, content_type);
        request.body = body.expose().clone();
        self.ask(now, request, to, Purpose::Info(id), out).is_some()
    }

    pub(super) fn info_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if self.ask_with_proof(now, client, response, out).is_none()
            && Self::is_gone(response.status)
        {
            self.vanished(now, id, out);
        }
    }
}

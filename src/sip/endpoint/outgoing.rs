//! We call: INVITE, what the forks say, our ACK, our CANCEL (RFC 3261 13.2, 9.1).
//!
//! ```text
//! the call               us             them
//!  | Call -------------->| INVITE ------>|   again with a proof after 401 or 407
//!  |<----------- Progress|<------- 180 --|   one early dialog for each To tag
//!  |<----------- Answered|<------- 200 --|
//!  |                     | ACK --------->|   at once; with Acknowledge where the 200 had the offer
//!  |                     |<- 200 (other) |   another fork: ACK and BYE, nobody is told
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::body::{add_sdp, sdp_of};
use super::clients::Purpose;
use super::event::{ExtraHeader, LegId, OutgoingCall};
use super::intake::asserted;
use super::leg::{Cancel, Early, Exchange, Leg, State};
use super::session_timer::Session;
use super::timers::Alarm;
use super::{ALLOW, Command, EndedBy, Endpoint, FailedBy, Failure, LegEvent, SUPPORTED, add_extra};
use crate::sip::auth::answer::Answerer;
use crate::sip::dialog::{Dialog, contact};
use crate::sip::message::{CSeq, Headers, Method, Name, NameAddr, Request, Response, Status, Uri};
use crate::sip::peer::{Peer, Transport};
use crate::sip::route::{address_of, transport_of};
use crate::time::Mono;

impl Endpoint {
    /// [`Wish::Call`](super::Wish::Call).
    pub(super) fn call(
        &mut self,
        now: Mono,
        id: LegId,
        call: OutgoingCall,
        out: &mut Vec<Command>,
    ) -> bool {
        if self.legs.contains_key(&id) || !id.is_outgoing() {
            return false;
        }
        let fail = |why, status: Status, out: &mut Vec<Command>| {
            let failure = Failure {
                why,
                status: status.code(),
                retry_after: None,
                reason: None,
                contacts: Vec::new(),
            };
            Self::tell(id, LegEvent::Failed(failure), out);
            Self::tell(id, LegEvent::Gone, out);
            true
        };
        if self.legs.len() >= self.config.limits.legs {
            self.counters.overload += 1;
            return fail(FailedBy::Us, Status::SERVICE_UNAVAILABLE, out);
        }
        if call.max_forwards == 0 {
            return fail(FailedBy::Impossible, Status::TOO_MANY_HOPS, out);
        }
        let next = call.routes.first().unwrap_or(&call.target);
        let Some(to) = call.peer.or_else(|| self.peer_of(next)) else {
            return fail(FailedBy::Impossible, Status::NOT_FOUND, out);
        };
        let tag = self.token();
        let user = call.from.user().map(std::borrow::Cow::into_owned);
        let contact = self.contact(to, user.as_deref());
        let until = now + call.ring_for.clamp(Duration::from_secs(1), self.config.limits.ring);
        let session = Session::new(&self.config, call.sdp.clone(), None);
        let mut invite = self.first_invite(&call, &tag, &contact);
        session.ask_first(&self.config, &mut invite.headers);
        let Some(client) = self.ask(now, invite, to, Purpose::Call(id), out) else {
            return fail(FailedBy::Us, Status::SERVICE_UNAVAILABLE, out);
        };
        self.add_leg(
            id,
            Leg {
                tag,
                contact,
                state: State::Calling { client, until, cancel: Cancel::No },
                dialog: None,
                early: Vec::new(),
                unacked: None,
                exchange: Exchange::Idle,
                session,
                next_offer: None,
                refer_in: None,
                refers_out: false,
                answerer: Answerer::new(call.credentials),
                alarm: Alarm::default(),
            },
        );
        true
    }

    /// Where `uri` leads, if its host is an address and we have the transport.
    pub(super) fn peer_of(&self, uri: &Uri) -> Option<Peer> {
        let (remote, transport) = (address_of(uri)?, transport_of(uri)?);
        let bound = match transport {
            Transport::Udp => self.config.udp?,
            Transport::Tcp => self.config.tcp.unwrap_or(SocketAddr::new(self.config.udp?.ip(), 0)),
        };
        Some(Peer { transport, local: bound, remote, connection: None })
    }

    fn first_invite(&mut self, call: &OutgoingCall, tag: &str, contact: &NameAddr) -> Request {
        let mut target = call.target.clone();
        if let Some(uri) = target.sip_mut() {
            uri.clear_headers();
        }
        let to = call.to.clone().unwrap_or_else(|| target.clone());
        let mut from = NameAddr::new(call.from.clone()).with_tag(tag);
        from.display = call
            .from_display
            .as_ref()
            .map(|name| name.chars().filter(|c| !c.is_control()).collect());
        let mut invite = Request::new(Method::Invite, target);
        let headers = &mut invite.headers;
        headers.push(Name::MaxForwards, &u16::from(call.max_forwards));
        if !call.routes.is_empty() {
            let routes: Vec<NameAddr> = call.routes.iter().cloned().map(NameAddr::new).collect();
            headers.push(Name::Route, routes.as_slice());
        }
        headers.push(Name::From, &from);
        headers.push(Name::To, &NameAddr::new(to));
        headers.push(Name::CallId, &self.token());
        headers.push(Name::CSeq, &CSeq { number: 1, method: Method::Invite });
        headers.push(Name::Contact, contact);
        headers.push(Name::Allow, ALLOW);
        headers.push(Name::Supported, SUPPORTED);
        add_extra(headers, &call.headers);
        if let Some(sdp) = &call.sdp {
            add_sdp(&mut invite.headers, &mut invite.body, sdp.clone());
        }
        invite
    }

    /// A response to the INVITE that a leg began with.
    pub(super) fn call_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        peer: Peer,
        out: &mut Vec<Command>,
    ) {
        match response.status.class() {
            1 => self.call_progresses(now, id, client, response, peer, out),
            2 => self.call_accepted(now, id, client, response, peer, out),
            _ => self.call_refused(now, id, client, response, out),
        }
    }

    fn call_progresses(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        peer: Peer,
        out: &mut Vec<Command>,
    ) {
        let forks = self.config.limits.forks;
        let sdp = sdp_of(&response.headers, &response.body).ok().flatten();
        let tag = response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_cancelled = match leg.state {
            State::Calling { client: its, cancel: Cancel::No, .. } if its == client => false,
            State::Calling { client: its, .. } if its == client => true,
            State::Calling { .. }
            | State::Offered { .. }
            | State::AckDue { .. }
            | State::Up
            | State::Leaving { .. } => return,
        };
        if let Some(tag) = tag {
            let has_room = leg.early.len() < forks;
            let known = leg.early.iter_mut().find(|early| early.dialog.remote_tag() == tag);
            match known {
                Some(early) => early.sdp = sdp.clone().or_else(|| early.sdp.take()),
                None if has_room => {
                    let invite = self.clients.get(client).map(super::clients::Slot::request);
                    if let Some(Ok(dialog)) =
                        invite.map(|invite| Dialog::uac(invite, response, peer))
                    {
                        leg.early.push(Early { dialog, sdp: sdp.clone() });
                    }
                }
                None => {}
            }
        }
        if is_cancelled {
            self.send_cancel(now, id, out);
        } else if response.status != Status::TRYING {
            Self::tell(id, LegEvent::Progress { status: response.status.code(), sdp }, out);
        }
    }

    fn call_accepted(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        peer: Peer,
        out: &mut Vec<Command>,
    ) {
        let Some(slot) = self.clients.get(client) else { return };
        let tag = response
            .headers
            .to()
            .ok()
            .and_then(|to| to.tag().map(str::to_owned))
            .unwrap_or_default();
        if slot.has_accepted(&tag) {
            // RFC 3261 13.2.2.4: the ACK was lost, or has not been made yet.
            if let Some((to, bytes)) = slot.ack_for(&tag) {
                out.push(Command::Send { to, bytes });
            }
            return;
        }
        let Ok(dialog) = Dialog::uac(slot.request(), response, peer) else { return };
        if let Some(slot) = self.clients.get_mut(client) {
            slot.note_accepted(&tag, None);
        }
        let state = self.legs.get(&id).map(|leg| &leg.state);
        match state {
            Some(State::Calling { client: its, cancel: Cancel::No, .. }) if *its == client => {
                self.confirm(now, id, client, &tag, dialog, response, out);
            }
            // The CANCEL came too late: the call is there, and has to be ended (RFC 3261 9.1).
            Some(State::Calling { client: its, .. }) if *its == client => {
                self.acknowledge_fork(client, &tag, &dialog, out);
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.dialog = Some(dialog);
                }
                self.send_bye(now, id, &[], out);
            }
            Some(
                State::Calling { .. }
                | State::Offered { .. }
                | State::AckDue { .. }
                | State::Up
                | State::Leaving { .. },
            )
            | None => self.hang_up_fork(now, client, &tag, dialog, out),
        }
    }

    /// The first 2xx: the call is up.
    #[expect(
        clippy::too_many_arguments,
        reason = "one more name would hide that all of them are one answer's parts"
    )]
    fn confirm(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        tag: &str,
        dialog: Dialog,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        let had_offer =
            self.clients.get(client).is_some_and(|slot| !slot.request().body.is_empty());
        let sdp = sdp_of(&response.headers, &response.body).ok().flatten();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        // RFC 3261 13.2.1: an answer in a provisional response stands, and some do not repeat it in their 2xx.
        let early = leg.early.iter().find(|early| early.dialog.remote_tag() == tag);
        let sdp = sdp.or_else(|| early.and_then(|early| early.sdp.clone()).filter(|_| had_offer));
        leg.early.clear();
        let by = asserted(&response.headers)
            .map(|it| it.uri)
            .or_else(|| contact(&response.headers).ok().flatten());
        let answered =
            LegEvent::Answered { is_offer: !had_offer, sdp: sdp.clone(), by: by.map(Box::new) };
        if had_offer || sdp.is_none() {
            self.acknowledge_fork(client, tag, &dialog, out);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog = Some(dialog);
        leg.state = if had_offer || sdp.is_none() {
            State::Up
        } else {
            State::AckDue { client, until: now + self.config.timing.patience() }
        };
        self.note_interval(now, id, &response.headers);
        Self::tell(id, answered, out);
        if !had_offer && sdp.is_none() {
            // RFC 3261 13.2.1: a 2xx to an INVITE without an offer makes one. Without it there is no session.
            self.end_with_bye(now, id, EndedBy::NoAnswerToOffer, out);
        }
        self.arm_leg(id);
    }

    /// [`Wish::Acknowledge`](super::Wish::Acknowledge).
    pub(super) fn acknowledge(
        &mut self,
        now: Mono,
        id: LegId,
        sdp: Bytes,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(client) = self.ack_due(id) else { return false };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.session.settle(sdp.clone(), None);
        }
        self.acknowledge_with(id, client, Some(sdp), out);
        self.send_next_offer(now, id, out);
        true
    }

    /// Sends the ACK that a leg in `AckDue` owes; it is `Up` then.
    pub(super) fn acknowledge_with(
        &mut self,
        id: LegId,
        client: usize,
        sdp: Option<Bytes>,
        out: &mut Vec<Command>,
    ) {
        let Some(dialog) = self.legs.get(&id).and_then(|leg| leg.dialog.clone()) else { return };
        if let Some(invite) = self.clients.get(client).map(|slot| slot.request().clone()) {
            let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
            let ack = self.ack_2xx(&dialog, &invite, number, sdp, out);
            if let Some(slot) = self.clients.get_mut(client) {
                slot.note_accepted(dialog.remote_tag(), Some(ack));
            }
        }
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = State::Up;
        }
        self.arm_leg(id);
    }

    pub(super) fn ack_due(&self, id: LegId) -> Option<usize> {
        match self.legs.get(&id)?.state {
            State::AckDue { client, .. } => Some(client),
            State::Offered { .. } | State::Calling { .. } | State::Up | State::Leaving { .. } => {
                None
            }
        }
    }

    /// The call never said its answer to the offer in their 2xx.
    pub(super) fn answer_overdue(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        if let Some(client) = self.ack_due(id) {
            self.acknowledge_with(id, client, None, out);
            self.end_with_bye(now, id, EndedBy::NoAnswerToOffer, out);
        }
    }

    /// Acknowledges the 2xx with `tag`, without a body.
    fn acknowledge_fork(
        &mut self,
        client: usize,
        tag: &str,
        dialog: &Dialog,
        out: &mut Vec<Command>,
    ) {
        let Some(invite) = self.clients.get(client).map(|slot| slot.request().clone()) else {
            return;
        };
        let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
        let ack = self.ack_2xx(dialog, &invite, number, None, out);
        if let Some(slot) = self.clients.get_mut(client) {
            slot.note_accepted(tag, Some(ack));
        }
    }

    /// Somebody answered whom nobody waits for any more.
    fn hang_up_fork(
        &mut self,
        now: Mono,
        client: usize,
        tag: &str,
        mut dialog: Dialog,
        out: &mut Vec<Command>,
    ) {
        self.acknowledge_fork(client, tag, &dialog, out);
        let (bye, to) = dialog.request(Method::Bye);
        self.ask(now, bye, to, Purpose::ByeToFork, out);
    }

    fn call_refused(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        let Some(State::Calling { client: its, cancel, .. }) =
            self.legs.get(&id).map(|leg| &leg.state)
        else {
            return;
        };
        if *its != client {
            return;
        }
        if !matches!(cancel, Cancel::No) {
            return self.gone(now, id, out); // it was told when it cancelled
        }
        let again = self
            .ask_with_proof(now, client, response, out)
            .or_else(|| self.ask_for_longer(now, id, client, response, out));
        if let Some(again) = again {
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.early.clear();
                if let State::Calling { client, .. } = &mut leg.state {
                    *client = again;
                }
            }
            return;
        }
        Self::tell(id, LegEvent::Failed(refusal(response)), out);
        self.gone(now, id, out);
    }

    /// Nothing came back, or nothing went out.
    pub(super) fn call_unanswered(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        match self.legs.get(&id).map(|leg| &leg.state) {
            Some(State::Calling { cancel: Cancel::No, .. }) => {
                self.fail(now, id, FailedBy::Unreachable, Status::REQUEST_TIMEOUT, None, out);
            }
            Some(State::Calling { .. }) => self.gone(now, id, out),
            Some(
                State::Offered { .. } | State::AckDue { .. } | State::Up | State::Leaving { .. },
            )
            | None => {}
        }
    }

    /// It rang for too long, or a cancelled INVITE got no final answer for too long.
    pub(super) fn rang_out(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        match self.legs.get(&id).map(|leg| &leg.state) {
            Some(State::Calling { cancel: Cancel::No, .. }) => {
                self.cancel_call(
                    now,
                    id,
                    FailedBy::RangOut,
                    Status::REQUEST_TIMEOUT,
                    Vec::new(),
                    out,
                );
            }
            Some(State::Calling { client, .. }) => {
                // RFC 3261 9.1: 64 × T1 after the CANCEL it counts as over.
                let client = *client;
                self.give_up(now, client, out);
                self.gone(now, id, out);
            }
            Some(
                State::Offered { .. } | State::AckDue { .. } | State::Up | State::Leaving { .. },
            )
            | None => {}
        }
    }

    /// Gives a call up that nobody has answered: tells so at once, and cancels as soon as that is allowed.
    pub(super) fn cancel_call(
        &mut self,
        now: Mono,
        id: LegId,
        why: FailedBy,
        status: Status,
        headers: Vec<ExtraHeader>,
        out: &mut Vec<Command>,
    ) {
        let patience = self.config.timing.patience();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let State::Calling { until, cancel, .. } = &mut leg.state else { return };
        *until = now + patience;
        *cancel = Cancel::Wanted(headers);
        leg.early.clear();
        let failure = Failure {
            why,
            status: status.code(),
            retry_after: None,
            reason: None,
            contacts: Vec::new(),
        };
        Self::tell(id, LegEvent::Failed(failure), out);
        self.send_cancel(now, id, out);
        self.arm_leg(id);
    }

    /// Sends the CANCEL that is wanted, if something has come back for the INVITE.
    fn send_cancel(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let patience = self.config.timing.patience();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let State::Calling { client, until, cancel } = &mut leg.state else { return };
        let Some(slot) = self.clients.get(*client).filter(|slot| slot.is_proceeding()) else {
            return;
        };
        let Cancel::Wanted(headers) = std::mem::replace(cancel, Cancel::Sent) else { return };
        *until = now + patience;
        let (mut request, branch) = cancel_of(slot.request());
        add_extra(&mut request.headers, &headers);
        let to = slot.to();
        self.finish(&mut request);
        self.ask_with_via(now, request, &branch, to, Purpose::Cancel, out);
        self.arm_leg(id);
    }
}

/// The CANCEL of an INVITE and its branch, which is the INVITE's own (RFC 3261 9.1).
fn cancel_of(invite: &Request) -> (Request, String) {
    let mut cancel = Request::new(Method::Cancel, invite.uri.clone());
    let mut branch = String::new();
    if let Ok(via) = invite.headers.top_via() {
        via.branch().unwrap_or_default().clone_into(&mut branch);
        cancel.headers.push(Name::Via, &via);
    }
    for name in [Name::Route, Name::From, Name::To, Name::CallId] {
        cancel.headers.copy(&invite.headers, name);
    }
    let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
    cancel.headers.push(Name::CSeq, &CSeq { number, method: Method::Cancel });
    (cancel, branch)
}

/// What a refusal tells the call.
fn refusal(response: &Response) -> Failure {
    let contacts = response.headers.contacts().map(|contacts| {
        let mut list = contacts.list().to_vec();
        list.sort_by_key(|contact| std::cmp::Reverse(contact.q_thousandths().unwrap_or(1_000)));
        list.into_iter().map(|contact| contact.uri).take(8).collect()
    });
    Failure {
        why: FailedBy::Refused,
        status: response.status.code(),
        retry_after: retry_after(&response.headers),
        reason: response.headers.text(Name::Reason).map(std::borrow::Cow::into_owned),
        contacts: if response.status.is_redirect() {
            contacts.unwrap_or_default()
        } else {
            Vec::new()
        },
    }
}

/// What Retry-After says.
pub(super) fn retry_after(headers: &Headers) -> Option<Duration> {
    headers.retry_after().ok().flatten().map(|it| Duration::from_secs(u64::from(it.seconds)))
}

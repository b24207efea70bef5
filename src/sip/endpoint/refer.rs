//! Transfers: REFER, and NOTIFY about what became of it, both ways (RFC 3515, RFC 4488, RFC 3891, RFC 3892).
//!
//! ```text
//! them                        us                    the call
//!  | REFER (Refer-To) ------->| Refer ------------->|
//!  |<------------------ 202 --|<- AnswerRefer(202) -|
//!  |<- NOTIFY (100, active) --|                     |   none of them with `Refer-Sub: false`
//!  |<- NOTIFY (180, active) --|<- NotifyRefer(180) -|
//!  |<- NOTIFY (200, ended) ---|<- NotifyRefer(200) -|
//! ```
//!
//! One REFER at a time in each direction of a call: a second one gets 491.

use bytes::Bytes;

use super::clients::Purpose;
use super::event::{ExtraHeader, LegId};
use super::leg::{ReferIn, ReferState, State};
use super::servers::Asked;
use super::{Command, Endpoint, LegEvent, ReferRequest};
use crate::sip::message::{Method, Name, NameAddr, Replaces, Request, Response, Status, Uri};
use crate::time::Mono;

/// How long we keep telling, as Subscription-State says; the call that was asked for is decided by then.
const WATCHED_FOR_S: u32 = 180;

/// Theirs.
impl Endpoint {
    /// A REFER came.
    pub(super) fn refer(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let read = read_refer(&asked.request);
        let number = asked.request.headers.cseq().map_or(0, |cseq| cseq.number);
        let is_watched = !asked
            .request
            .headers
            .text(Name::ReferSub)
            .is_some_and(|it| it.trim_start().starts_with("false"));
        let may_be = match self.legs.get(&id) {
            None => Err(Status::CALL_DOES_NOT_EXIST),
            Some(leg) => match leg.state {
                State::Leaving { .. } => Err(Status::CALL_DOES_NOT_EXIST),
                State::Up if leg.refer_in.is_none() => read,
                State::Up
                | State::Offered { .. }
                | State::Calling { .. }
                | State::AckDue { .. } => Err(Status::REQUEST_PENDING),
            },
        };
        let server = self.open_server(now, asked, String::new(), Some(id));
        match may_be {
            Err(status) => self.answer_plainly(now, server, status, out),
            Ok(mut refer) => {
                let named = refer.replaces.as_deref().and_then(Replaces::parse);
                refer.replaces_leg = named.and_then(|replaces| self.leg_named(&replaces));
                let until = now + self.config.timing.patience();
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.refer_in = Some(ReferIn {
                        number,
                        state: ReferState::Asked { server, until },
                        is_watched,
                    });
                }
                self.arm_leg(id);
                Self::tell(id, LegEvent::Refer(Box::new(refer)), out);
            }
        }
    }

    /// [`Wish::AnswerRefer`](super::Wish::AnswerRefer).
    pub(super) fn answer_refer(
        &mut self,
        now: Mono,
        id: LegId,
        status: u16,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(status) =
            Status::new(status).filter(|status| *status == Status::ACCEPTED || status.is_failure())
        else {
            return false;
        };
        let Some(refer) = self.legs.get_mut(&id).and_then(|leg| leg.refer_in.as_mut()) else {
            return false;
        };
        let ReferState::Asked { server, .. } = refer.state else { return false };
        let is_watched = refer.is_watched;
        refer.state = ReferState::Accepted;
        let Some(mut response) = self.answer_within(server, id, status, &[]) else { return false };
        if status.is_success() && !is_watched {
            response.headers.push(Name::ReferSub, "false");
        }
        self.answer(now, server, &response, out);
        if !status.is_success() || !is_watched {
            self.forget_refer(id);
        } else {
            // RFC 3515 2.4.4: the first one goes out at once.
            self.send_notify(now, id, Status::TRYING, out);
        }
        self.arm_leg(id);
        true
    }

    /// [`Wish::NotifyRefer`](super::Wish::NotifyRefer).
    pub(super) fn notify_refer(
        &mut self,
        now: Mono,
        id: LegId,
        status: u16,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(status) = Status::new(status) else { return false };
        let is_accepted = |refer: &ReferIn| matches!(refer.state, ReferState::Accepted);
        if !self.legs.get(&id).and_then(|leg| leg.refer_in.as_ref()).is_some_and(is_accepted) {
            return false;
        }
        self.send_notify(now, id, status, out);
        true
    }

    fn send_notify(&mut self, now: Mono, id: LegId, status: Status, out: &mut Vec<Command>) {
        let number = self
            .legs
            .get(&id)
            .and_then(|leg| leg.refer_in.as_ref())
            .map_or(0, |refer| refer.number);
        let Some((mut request, to)) = self.within(id, Method::Notify, &[]) else { return };
        request.headers.push(Name::Event, &format!("refer;id={number}"));
        let state = if status.is_final() {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={WATCHED_FOR_S}")
        };
        request.headers.push(Name::SubscriptionState, &state);
        request.headers.push(Name::ContentType, "message/sipfrag;version=2.0");
        request.body = Bytes::from(format!("SIP/2.0 {status} {}\r\n", status.default_reason()));
        self.ask(now, request, to, Purpose::Notify(id), out);
        if status.is_final() {
            self.forget_refer(id);
        }
    }

    /// A response to a NOTIFY of ours.
    pub(super) fn notify_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if self.ask_with_proof(now, client, response, out).is_none() && response.status.is_failure()
        {
            self.forget_refer(id); // RFC 6665 4.2.2: they do not want to know
        }
    }

    pub(super) fn tick_refer(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let Some(refer) = self.legs.get(&id).and_then(|leg| leg.refer_in.as_ref()) else { return };
        if let ReferState::Asked { server, until } = refer.state
            && until <= now
        {
            self.answer_plainly(now, server, Status::DECLINE, out);
            self.forget_refer(id);
        }
    }

    fn forget_refer(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refer_in = None;
        }
    }
}

/// Ours.
impl Endpoint {
    /// [`Wish::Refer`](super::Wish::Refer).
    pub(super) fn send_refer(
        &mut self,
        now: Mono,
        id: LegId,
        target: &Uri,
        referred_by: Option<&str>,
        headers: &[ExtraHeader],
        out: &mut Vec<Command>,
    ) -> bool {
        if !self.legs.get(&id).is_some_and(|leg| leg.is_up() && !leg.refers_out) {
            return false;
        }
        let Some((mut request, to)) = self.within(id, Method::Refer, headers) else { return false };
        request.headers.push(Name::ReferTo, &NameAddr::new(target.clone()));
        if let Some(referred_by) = referred_by.filter(|it| !it.chars().any(char::is_control)) {
            request.headers.push(Name::ReferredBy, referred_by);
        }
        if self.ask(now, request, to, Purpose::Refer(id), out).is_none() {
            return false;
        }
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refers_out = true;
        }
        true
    }

    /// A response to a REFER of ours.
    pub(super) fn refer_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        let status = response.status;
        if status.is_provisional() || self.ask_with_proof(now, client, response, out).is_some() {
            return;
        }
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.refers_out) else { return };
        // RFC 4488 4: they do what we ask and will not tell.
        let is_unwatched = status.is_success()
            && response.headers.text(Name::ReferSub).is_some_and(|it| it.starts_with("false"));
        let is_final = is_unwatched || !status.is_success();
        leg.refers_out = !is_final;
        Self::tell(id, LegEvent::ReferProgress { status: status.code(), is_final }, out);
        if Self::is_gone(status) {
            self.vanished(now, id, out);
        }
    }

    /// A NOTIFY came.
    pub(super) fn notify(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let headers = &asked.request.headers;
        let is_refer = headers
            .event()
            .ok()
            .flatten()
            .is_some_and(|it| it.package.eq_ignore_ascii_case("refer"));
        let is_last =
            headers.subscription_state().ok().flatten().is_some_and(|it| it.is_terminated());
        let status = sipfrag_status(&asked.request.body);
        let is_awaited = self.legs.get(&id).is_some_and(|leg| leg.refers_out);
        let server = self.open_server(now, asked, String::new(), Some(id));
        let answer = match (is_refer, is_awaited, status) {
            (false, _, _) => Status::BAD_EVENT,
            (true, false, _) => Status::CALL_DOES_NOT_EXIST,
            (true, true, None) if !is_last => Status::BAD_REQUEST,
            (true, true, _) => Status::OK,
        };
        self.answer_plainly(now, server, answer, out);
        if answer != Status::OK {
            return;
        }
        // A subscription that ends without a final status tells nothing of the call: as if nobody had answered.
        let status = status
            .filter(|status| !is_last || status.is_final())
            .unwrap_or(Status::REQUEST_TIMEOUT);
        let is_final = is_last || status.is_final();
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refers_out = !is_final;
        }
        Self::tell(id, LegEvent::ReferProgress { status: status.code(), is_final }, out);
    }
}

/// What a REFER asks for, or the answer that it deserves.
fn read_refer(request: &Request) -> Result<ReferRequest, Status> {
    let to = request.headers.refer_to().ok().flatten().ok_or(Status::BAD_REQUEST)?;
    let mut target = to.uri;
    if let Uri::Other(_) = target {
        return Err(Status::UNSUPPORTED_URI_SCHEME);
    }
    let mut headers = Vec::new();
    let mut replaces = None;
    if let Some(uri) = target.sip_mut() {
        for (name, value) in uri.headers() {
            if name.eq_ignore_ascii_case("Replaces") {
                replaces = Some(value.into_owned());
            } else {
                headers.push((name.into_owned(), value.into_owned()));
            }
        }
        uri.clear_headers();
    }
    let referred_by = request.headers.text(Name::ReferredBy).map(std::borrow::Cow::into_owned);
    Ok(ReferRequest { target, replaces, replaces_leg: None, headers, referred_by })
}

/// The status in the first line of a sipfrag (RFC 3420).
fn sipfrag_status(body: &Bytes) -> Option<Status> {
    let line = body.split(|byte| *byte == b'\n').next()?;
    let rest = line.strip_prefix(b"SIP/2.0 ")?;
    let code = std::str::from_utf8(rest.get(..3)?).ok()?;
    Status::new(code.parse().ok()?)
}

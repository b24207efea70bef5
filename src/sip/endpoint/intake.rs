//! What came from the network: which message it is, whether it can be taken, and who takes it (RFC 3261 8.2, 18.1.2,
//! 18.2.1).
//!
//! | request | outside of a dialog | within one |
//! | --- | --- | --- |
//! | INVITE | `incoming` | `session` |
//! | ACK, CANCEL | here: to whom they belong | here |
//! | BYE, INFO, UPDATE, REFER, NOTIFY | 481 (REFER 403) | `ending`, here, `session`, `refer` |
//! | OPTIONS | 200 | 200 |
//! | REGISTER | `register` | 403 |
//! | MESSAGE, SUBSCRIBE, PUBLISH, PRACK | 405 | 405 |
//! | any other | 501 | 501 |
//!
//! What is refused here is refused without a transaction: the same request gets the same answer again, and nothing is
//! remembered of it (RFC 3261 8.2.7).

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

use super::body::ACCEPT;
use super::dtmf;
use super::event::LegId;
use super::servers::{Asked, answers_to};
use super::{ALLOW, Command, Endpoint, LegEvent, SUPPORTED};
use crate::sip::message::{
    Headers, Malformed, Message, Method, Name, NameAddr, Print, Request, Response, RetryAfter,
    Status, Via, Why,
};
use crate::sip::peer::Peer;
use crate::sip::transaction::key::{MergeKey, ServerKey};
use crate::time::Mono;

impl Endpoint {
    /// A datagram came.
    pub(super) fn datagram(&mut self, now: Mono, peer: Peer, bytes: Bytes, out: &mut Vec<Command>) {
        // Some phones keep their way through NAT open with zeros.
        if bytes.iter().all(|byte| *byte == 0) {
            self.counters.keep_alives += 1;
            return;
        }
        let size = bytes.len();
        self.received(now, peer, Message::from_datagram(bytes), size, out);
    }

    /// A message came, or what should have been one.
    pub(super) fn received(
        &mut self,
        now: Mono,
        peer: Peer,
        message: Result<Message, Malformed>,
        size: usize,
        out: &mut Vec<Command>,
    ) {
        match message {
            Ok(Message::Request(request)) => self.request(now, peer, request, size, out),
            Ok(Message::Response(response)) => self.response(now, peer, &response, out),
            Err(malformed) => self.malformed(peer, &malformed, out),
        }
    }

    fn malformed(&mut self, peer: Peer, malformed: &Malformed, out: &mut Vec<Command>) {
        match (malformed.why, malformed.answer()) {
            (Why::Empty, _) => self.counters.keep_alives += 1,
            (_, None) => self.counters.junk += 1,
            (_, Some(mut response)) => {
                self.counters.malformed += 1;
                let Ok(mut via) = response.headers.top_via() else { return };
                via.note_source(peer.remote.ip(), peer.remote.port());
                if response.headers.replace_top_via(&via).is_err() {
                    return;
                }
                self.tag_answer(&mut response.headers);
                response.headers.push(Name::Server, &self.config.product);
                out.push(Command::Send { to: answers_to(peer, &via), bytes: response.printed() });
            }
        }
    }

    fn request(
        &mut self,
        now: Mono,
        peer: Peer,
        mut request: Request,
        size: usize,
        out: &mut Vec<Command>,
    ) {
        self.counters.requests += 1;
        let Ok(mut via) = request.headers.top_via() else { return };
        via.note_source(peer.remote.ip(), peer.remote.port());
        let Ok(key) = ServerKey::of(&request, &via) else { return };
        let to = answers_to(peer, &via);
        if request.headers.replace_top_via(&via).is_err() {
            return;
        }
        match request.method {
            Method::Ack => return self.ack(now, &request, &key, out),
            Method::Cancel => return self.cancel(now, &request, &via, to, out),
            Method::Invite
            | Method::Bye
            | Method::Options
            | Method::Register
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => {}
        }
        if let Some(server) = self.servers.find(&key) {
            return self.came_again(now, server, out);
        }
        if let Err(unknown) = known_extensions(&request) {
            return self.refuse(
                &request,
                to,
                Status::BAD_EXTENSION,
                &[(Name::Unsupported, unknown)],
                out,
            );
        }
        let tag = request.headers.to().ok().and_then(|to| to.tag().map(str::to_owned));
        let asked = Asked { request, key, peer, to, size };
        match tag {
            Some(tag) => self.within_dialog(now, &tag, asked, out),
            None => self.outside_dialog(now, asked, out),
        }
    }

    fn outside_dialog(&mut self, now: Mono, asked: Asked, out: &mut Vec<Command>) {
        let (request, to) = (&asked.request, asked.to);
        if MergeKey::of(request).is_ok_and(|key| self.servers.is_merged(&key)) {
            return self.refuse(request, to, Status::LOOP_DETECTED, &[], out);
        }
        match request.method {
            Method::Invite => self.invite(now, asked, out),
            Method::Register => self.register(now, asked, out),
            Method::Options => self.options(request, to, out),
            Method::Bye | Method::Info | Method::Update | Method::Notify => {
                self.refuse(request, to, Status::CALL_DOES_NOT_EXIST, &[], out);
            }
            // Nobody outside of a call has us call somebody.
            Method::Refer => self.refuse(request, to, Status::FORBIDDEN, &[], out),
            Method::Prack | Method::Subscribe | Method::Message | Method::Publish => {
                self.not_allowed(request, to, out)
            }
            Method::Other(_) => self.unknown(request, to, out),
            Method::Ack | Method::Cancel => {} // taken before
        }
    }

    fn within_dialog(&mut self, now: Mono, tag: &str, asked: Asked, out: &mut Vec<Command>) {
        let (request, to) = (&asked.request, asked.to);
        match request.method {
            Method::Options => return self.options(request, to, out),
            Method::Register => return self.refuse(request, to, Status::FORBIDDEN, &[], out),
            Method::Prack | Method::Subscribe | Method::Message | Method::Publish => {
                return self.not_allowed(request, to, out);
            }
            Method::Other(_) => return self.unknown(request, to, out),
            Method::Invite
            | Method::Bye
            | Method::Info
            | Method::Update
            | Method::Refer
            | Method::Notify => {}
            Method::Ack | Method::Cancel => {} // taken before
        }
        let Some((leg, number)) = self.leg_of(tag, &request.headers) else {
            return self.refuse(request, to, Status::CALL_DOES_NOT_EXIST, &[], out);
        };
        // A BYE is taken whatever the tables hold: it makes room.
        if request.method != Method::Bye && !self.has_room_for(asked.size) {
            return self.overloaded(request, to, out);
        }
        let is_in_order = self
            .dialog_of(leg, &request.headers)
            .is_some_and(|dialog| dialog.take(number, asked.peer));
        if !is_in_order {
            return self.refuse(request, to, Status::SERVER_INTERNAL_ERROR, &[], out);
        }
        match request.method {
            Method::Invite => self.reinvite(now, leg, asked, out),
            Method::Update => self.update(now, leg, asked, out),
            Method::Bye => self.bye(now, leg, asked, out),
            Method::Info => self.info(now, leg, asked, out),
            Method::Refer => self.refer(now, leg, asked, out),
            Method::Notify => self.notify(now, leg, asked, out),
            Method::Ack
            | Method::Cancel
            | Method::Options
            | Method::Register
            | Method::Prack
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => {} // taken above
        }
    }

    /// The leg whose dialog a request with our `tag` is in, and the request's number.
    fn leg_of(&mut self, tag: &str, headers: &Headers) -> Option<(LegId, u32)> {
        let leg = *self.by_tag.get(tag)?;
        let number = headers.cseq().ok()?.number;
        self.dialog_of(leg, headers).map(|_| (leg, number))
    }

    fn dialog_of(
        &mut self,
        leg: LegId,
        headers: &Headers,
    ) -> Option<&mut crate::sip::dialog::Dialog> {
        let leg = self.legs.get_mut(&leg)?;
        let early = leg.early.iter_mut().map(|early| &mut early.dialog);
        leg.dialog.iter_mut().chain(early).find(|dialog| dialog.is_theirs(headers))
    }

    fn ack(&mut self, now: Mono, request: &Request, key: &ServerKey, out: &mut Vec<Command>) {
        // RFC 6026 7.1: only after a refusal does an ACK belong to the INVITE's transaction.
        if let Some(server) = self.servers.find(key)
            && self.servers.get(server).is_some_and(super::servers::Slot::takes_ack)
        {
            return self.acknowledged(now, server, out);
        }
        let tag = request.headers.to().ok().and_then(|to| to.tag().map(str::to_owned));
        match tag.and_then(|tag| self.leg_of(&tag, &request.headers)) {
            Some((leg, number)) => self.ack_of_2xx(now, leg, number, request, out),
            None => self.counters.stray_acks += 1,
        }
    }

    fn cancel(
        &mut self,
        now: Mono,
        request: &Request,
        via: &Via,
        to: Peer,
        out: &mut Vec<Command>,
    ) {
        let invite =
            ServerKey::cancelled_by(request, via).ok().and_then(|key| self.servers.find(&key));
        let Some(server) = invite else {
            return self.refuse(request, to, Status::CALL_DOES_NOT_EXIST, &[], out);
        };
        let Some(slot) = self.servers.get(server) else { return };
        let (leg, is_open) = (slot.leg, slot.is_open());
        // RFC 3261 9.2: the answer to the CANCEL has the tag of the answers to the INVITE.
        let mut response = request.answer(Status::OK);
        if let Ok(to) = response.headers.to()
            && to.tag().is_none()
        {
            response.headers.set(Name::To, &to.with_tag(slot.tag()));
        }
        response.headers.push(Name::Server, &self.config.product);
        out.push(Command::Send { to, bytes: response.printed() });
        if let Some(leg) = leg
            && is_open
        {
            let reason = request.headers.text(Name::Reason).map(std::borrow::Cow::into_owned);
            self.cancelled(now, leg, server, reason, out);
        }
    }

    fn info(&mut self, now: Mono, leg: LegId, asked: Asked, out: &mut Vec<Command>) {
        let key = dtmf::key_of(&asked.request.headers, &asked.request.body);
        let is_empty = asked.request.body.is_empty();
        let tag = String::new();
        let server = self.open_server(now, asked, tag, Some(leg));
        let (status, pressed) = match key {
            Some(Ok(pressed)) => (Status::OK, Some(pressed)),
            Some(Err(dtmf::BadKey)) => (Status::BAD_REQUEST, None),
            None if is_empty => (Status::OK, None), // RFC 6086 4.2.2: asks whether we are still there
            None => (Status::UNSUPPORTED_MEDIA_TYPE, None),
        };
        let Some(mut response) = self.answer_to(server, status) else { return };
        if status == Status::UNSUPPORTED_MEDIA_TYPE {
            response.headers.push(Name::Accept, "application/dtmf-relay, application/dtmf");
        }
        self.answer(now, server, &response, out);
        if let Some((key, duration)) = pressed {
            Self::tell(leg, LegEvent::Key { key, duration }, out);
        }
    }

    fn options(&mut self, request: &Request, to: Peer, out: &mut Vec<Command>) {
        let abilities = [
            (Name::Allow, ALLOW.to_owned()),
            (Name::Accept, ACCEPT.to_owned()),
            (Name::Supported, SUPPORTED.to_owned()),
        ];
        self.refuse(request, to, Status::OK, &abilities, out);
    }

    fn not_allowed(&mut self, request: &Request, to: Peer, out: &mut Vec<Command>) {
        self.refuse(
            request,
            to,
            Status::METHOD_NOT_ALLOWED,
            &[(Name::Allow, ALLOW.to_owned())],
            out,
        );
    }

    fn unknown(&mut self, request: &Request, to: Peer, out: &mut Vec<Command>) {
        self.refuse(request, to, Status::NOT_IMPLEMENTED, &[(Name::Allow, ALLOW.to_owned())], out);
    }

    /// A table is full.
    pub(super) fn overloaded(&mut self, request: &Request, to: Peer, out: &mut Vec<Command>) {
        self.counters.overload += 1;
        let wait = self.config.limits.retry_after.as_secs().to_string();
        self.refuse(request, to, Status::SERVICE_UNAVAILABLE, &[(Name::RetryAfter, wait)], out);
    }

    /// Answers without a transaction.
    pub(super) fn refuse(
        &mut self,
        request: &Request,
        to: Peer,
        status: Status,
        more: &[(Name, String)],
        out: &mut Vec<Command>,
    ) {
        let mut response = self.refusal(request, status);
        for (name, value) in more {
            response.headers.push(name.clone(), value);
        }
        out.push(Command::Send { to, bytes: response.printed() });
    }

    /// An answer that nothing is remembered of, with our tag and our name.
    pub(super) fn refusal(&self, request: &Request, status: Status) -> Response {
        let mut response = request.answer(status);
        self.tag_answer(&mut response.headers);
        response.headers.push(Name::Server, &self.config.product);
        response
    }

    /// A To tag of our own, the same whenever the same request comes (RFC 3261 8.2.7).
    fn tag_answer(&self, headers: &mut Headers) {
        let Ok(to) = headers.to() else { return };
        if to.tag().is_some() {
            return;
        }
        let mut hash = DefaultHasher::new();
        self.salt.hash(&mut hash);
        for name in [Name::From, Name::CallId, Name::CSeq] {
            headers.get(name).hash(&mut hash);
        }
        headers.set(Name::To, &to.with_tag(&format!("{:016x}", hash.finish())));
    }
}

/// What 500 says about coming back: 0 to 10 s (RFC 3261 14.2, RFC 3311 5.2).
pub(super) fn soon(seconds: u32) -> RetryAfter {
    RetryAfter { seconds: seconds.min(10), params: crate::sip::message::Params::new() }
}

/// Who vouches for whom: the first P-Asserted-Identity (RFC 3325).
pub(super) fn asserted(headers: &Headers) -> Option<NameAddr> {
    headers.p_asserted_identity().ok()?.into_iter().next()
}

/// The extensions that the request needs and we do not know, as Unsupported lists them.
fn known_extensions(request: &Request) -> Result<(), String> {
    let required = request.headers.require().unwrap_or_default();
    let unknown: Vec<String> = required
        .into_iter()
        .filter(|it| !SUPPORTED.split(", ").any(|known| known.eq_ignore_ascii_case(it)))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(unknown.join(", ")) }
}

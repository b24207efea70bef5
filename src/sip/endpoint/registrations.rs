//! We register with others (RFC 3261 10.2): for a phone of our own, or a trunk that wants it. Kept up until taken back.

use std::time::Duration;

use super::clients::Purpose;
use super::event::Registration;
use super::outgoing::retry_after;
use super::timers::{Alarm, Timer};
use super::{ALLOW, Command, Endpoint, RegistrationEvent};
use crate::sip::auth::answer::Answerer;
use crate::sip::message::{CSeq, Headers, Method, Name, NameAddr, Request, Response, Status};
use crate::sip::peer::Peer;
use crate::time::Mono;

/// One registration.
#[derive(Debug)]
pub(super) struct Kept {
    registration: Registration,
    to: Peer,
    contact: NameAddr,
    call_id: String,
    tag: String,
    number: u32,
    /// What is asked for; grows where the registrar wants more.
    expires: Duration,
    state: State,
    pub(super) answerer: Answerer,
    alarm: Alarm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// REGISTER is under way.
    Asking,
    /// Nothing is to be done before this moment.
    Waiting { until: Mono },
    /// The last REGISTER is under way: it takes the binding back.
    Leaving,
    /// The registrar will not have us.
    Refused,
}

/// Until the next try after no answer, or one that a later try may change.
const TRY_AGAIN: Duration = Duration::from_secs(30);

impl Kept {
    /// The number for the next REGISTER.
    pub(super) fn next_number(&mut self) -> u32 {
        self.number = self.number.saturating_add(1);
        self.number
    }
}

impl Endpoint {
    /// [`Event::Register`](super::Event::Register).
    pub(super) fn keep_registered(
        &mut self,
        now: Mono,
        id: u32,
        registration: Registration,
        out: &mut Vec<Command>,
    ) {
        let failed = |status: Status, out: &mut Vec<Command>| {
            let event = RegistrationEvent::Failed { status: status.code(), retry_in: None };
            out.push(Command::Registration { id, event });
        };
        if !self.registrations.contains_key(&id)
            && self.registrations.len() >= self.config.limits.registrations
        {
            return failed(Status::SERVICE_UNAVAILABLE, out);
        }
        let Some(to) = registration.peer.or_else(|| self.peer_of(&registration.registrar)) else {
            return failed(Status::NOT_FOUND, out);
        };
        if let Some(mut old) = self.registrations.remove(&id) {
            self.timers.set(Timer::Registration(id), &mut old.alarm, None);
        }
        let kept = Kept {
            to,
            contact: self.contact(to, Some(&registration.contact_user)),
            call_id: self.token(),
            tag: self.token(),
            number: 0,
            expires: registration.expires,
            state: State::Asking,
            answerer: Answerer::new(registration.credentials.clone()),
            alarm: Alarm::default(),
            registration,
        };
        self.registrations.insert(id, kept);
        self.send_register(now, id, out);
    }

    /// [`Event::Unregister`](super::Event::Unregister).
    pub(super) fn unregister(&mut self, now: Mono, id: u32, out: &mut Vec<Command>) {
        if let Some(kept) = self.registrations.get_mut(&id) {
            kept.expires = Duration::ZERO;
            kept.state = State::Leaving;
            self.send_register(now, id, out);
        }
    }

    fn send_register(&mut self, now: Mono, id: u32, out: &mut Vec<Command>) {
        let Some(kept) = self.registrations.get_mut(&id) else { return };
        let number = kept.next_number();
        let mut request = Request::new(Method::Register, kept.registration.registrar.clone());
        let headers = &mut request.headers;
        let aor = NameAddr::new(kept.registration.aor.clone());
        headers.push(Name::From, &aor.clone().with_tag(&kept.tag));
        headers.push(Name::To, &aor);
        headers.push(Name::CallId, &kept.call_id);
        headers.push(Name::CSeq, &CSeq { number, method: Method::Register });
        headers.push(Name::Contact, &kept.contact);
        headers.push(Name::Expires, &kept.expires.as_secs().to_string());
        headers.push(Name::Allow, ALLOW);
        for (name, proof) in
            kept.answerer.proofs(&Method::Register, &super::uri_text(&request), &mut self.rng)
        {
            request.headers.push(name, &proof);
        }
        if kept.state != State::Leaving {
            kept.state = State::Asking;
        }
        let to = kept.to;
        self.arm_registration(id, None);
        if self.ask(now, request, to, Purpose::Register(id), out).is_none() {
            self.register_unanswered(now, id, out);
        }
    }

    /// A response to a REGISTER of ours.
    pub(super) fn register_answered(
        &mut self,
        now: Mono,
        id: u32,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        let status = response.status;
        let is_current = self.is_current(id, client);
        if status.is_provisional()
            || !is_current
            || self.ask_with_proof(now, client, response, out).is_some()
        {
            return;
        }
        let Some(kept) = self.registrations.get_mut(&id) else { return };
        if kept.state == State::Leaving {
            return self.forget_registration(id, out);
        }
        if status.is_success() {
            let granted = granted(&response.headers, &kept.contact).unwrap_or(kept.expires);
            // In good time: half of a short one, all but half a minute of a long one.
            let pause =
                granted.saturating_sub(TRY_AGAIN.min(granted / 2)).max(Duration::from_secs(1));
            out.push(Command::Registration {
                id,
                event: RegistrationEvent::Registered { expires: granted },
            });
            return self.arm_registration(id, Some(now + pause));
        }
        let least = response
            .headers
            .min_expires()
            .ok()
            .flatten()
            .map(|it| Duration::from_secs(u64::from(it)));
        if let (Status::INTERVAL_TOO_BRIEF, Some(least)) =
            (status, least.filter(|least| *least > kept.expires))
        {
            kept.expires = least;
            return self.send_register(now, id, out);
        }
        let is_final =
            matches!(status.code(), 401 | 403 | 404 | 405 | 407 | 416 | 420 | 423 | 600..=699);
        let retry_in =
            (!is_final).then(|| retry_after(&response.headers).unwrap_or(TRY_AGAIN).max(TRY_AGAIN));
        self.register_failed(now, id, status, retry_in, out);
    }

    pub(super) fn register_unanswered(&mut self, now: Mono, id: u32, out: &mut Vec<Command>) {
        match self.registrations.get(&id).map(|kept| kept.state) {
            Some(State::Leaving) => self.forget_registration(id, out),
            Some(State::Asking | State::Waiting { .. } | State::Refused) => {
                self.register_failed(now, id, Status::REQUEST_TIMEOUT, Some(TRY_AGAIN), out);
            }
            None => {}
        }
    }

    fn register_failed(
        &mut self,
        now: Mono,
        id: u32,
        status: Status,
        retry_in: Option<Duration>,
        out: &mut Vec<Command>,
    ) {
        let event = RegistrationEvent::Failed { status: status.code(), retry_in };
        out.push(Command::Registration { id, event });
        self.arm_registration(id, retry_in.map(|pause| now + pause));
        if let (Some(kept), None) = (self.registrations.get_mut(&id), retry_in) {
            kept.state = State::Refused;
        }
    }

    fn forget_registration(&mut self, id: u32, out: &mut Vec<Command>) {
        self.arm_registration(id, None);
        self.registrations.remove(&id);
        out.push(Command::Registration { id, event: RegistrationEvent::Gone });
    }

    pub(super) fn tick_registration(&mut self, now: Mono, id: u32, out: &mut Vec<Command>) {
        match self.registrations.get(&id).map(|kept| kept.state) {
            Some(State::Waiting { until }) if until <= now => self.send_register(now, id, out),
            Some(State::Waiting { .. } | State::Asking | State::Leaving | State::Refused)
            | None => {}
        }
    }

    fn arm_registration(&mut self, id: u32, when: Option<Mono>) {
        if let Some(kept) = self.registrations.get_mut(&id) {
            if let Some(until) = when {
                kept.state = State::Waiting { until };
            }
            self.timers.set(Timer::Registration(id), &mut kept.alarm, when);
        }
    }

    /// Whether `client` is the last REGISTER that was sent for it.
    fn is_current(&self, id: u32, client: usize) -> bool {
        let sent = self.clients.get(client).and_then(|slot| slot.request().headers.cseq().ok());
        let same_call =
            self.clients.get(client).and_then(|slot| slot.request().headers.call_id().ok());
        self.registrations.get(&id).is_some_and(|kept| {
            sent.is_some_and(|cseq| cseq.number == kept.number)
                && same_call == Some(kept.call_id.as_str())
        })
    }
}

/// For how long the registrar bound `ours` (RFC 3261 10.2.4): beside our Contact, else in Expires.
fn granted(headers: &Headers, ours: &NameAddr) -> Option<Duration> {
    let contacts = headers.contacts().ok();
    let list = contacts.as_ref().map(|contacts| contacts.list()).unwrap_or_default();
    let own =
        list.iter().find(|contact| contact.uri.matches(&ours.uri)).and_then(NameAddr::expires);
    let seconds = own.or_else(|| headers.expires().ok().flatten())?;
    Some(Duration::from_secs(u64::from(seconds)))
}

//! Our own requests and what comes back for them: the table of client transactions.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

use bytes::Bytes;
use slab::Slab;

use super::event::LegId;
use super::timers::{Alarm, Timer};
use super::{Command, Endpoint, uri_text};
use crate::sip::dialog::Dialog;
use crate::sip::message::{CSeq, Headers, Method, Name, Print, Request, Response, Status};
use crate::sip::peer::{Peer, Transport};
use crate::sip::route::next_hop;
use crate::sip::transaction::client::{self, Client};
use crate::sip::transaction::invite_client::{self, InviteClient};
use crate::sip::transaction::key::{COOKIE, ClientKey};
use crate::time::Mono;

/// The table. A place in it stays the same request's until that is forgotten.
#[derive(Debug, Default)]
pub(super) struct Clients {
    slots: Slab<Slot>,
    keys: HashMap<ClientKey, usize>,
    /// Where each of them went.
    ways: BTreeSet<(Transport, SocketAddr, usize)>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Slot {
    machine: Machine,
    key: ClientKey,
    to: Peer,
    /// As it was sent, Via on top.
    request: Request,
    purpose: Purpose,
    /// How often it was sent again, with a proof of who we are or for a longer session.
    proofs: u8,
    /// For an INVITE: each To tag that answered 2xx, and the ACK that it gets. At most [`MOST_FORKS`].
    accepted: Vec<(String, Option<(Peer, Bytes)>)>,
    alarm: Alarm,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Client),
}

/// Why we asked, and so who wants to know the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The INVITE that a leg began with.
    Call(LegId),
    /// Nobody wants to know.
    Cancel,
    /// The BYE that a leg ends with.
    Bye(LegId),
    /// A re-INVITE.
    Reinvite(LegId),
    Update(LegId),
    /// An UPDATE without an offer, to refresh the session.
    Refresh(LegId),
    Info(LegId),
    Refer(LegId),
    Notify(LegId),
    /// A BYE to somebody who answered a call that another one had taken.
    ByeToFork,
    Register(u32),
}

impl Purpose {
    pub(super) const fn leg(self) -> Option<LegId> {
        match self {
            Self::Call(leg)
            | Self::Bye(leg)
            | Self::Reinvite(leg)
            | Self::Update(leg)
            | Self::Refresh(leg)
            | Self::Info(leg)
            | Self::Refer(leg)
            | Self::Notify(leg) => Some(leg),
            Self::Cancel | Self::ByeToFork | Self::Register(_) => None,
        }
    }

    const fn registration(self) -> Option<u32> {
        if let Self::Register(id) = self { Some(id) } else { None }
    }
}

/// Answers that one INVITE of ours may get: more forks than a sane proxy rings.
const MOST_FORKS: usize = 16;

/// How often one request is sent again: with a proxy's proof, the far end's, one more for a nonce gone stale, and for
/// one session interval too short.
const MOST_PROOFS: u8 = 4;

/// What can happen to either machine.
enum Happening {
    Provisional,
    Accepted,
    Refused,
    Unreachable,
    GiveUp,
    Tick,
}

/// What came out of it for the asker.
#[derive(Default)]
struct Outcome {
    is_news: bool,
    has_failed: bool,
    is_over: bool,
}

impl Machine {
    fn deadline(&self) -> Option<Mono> {
        match self {
            Self::Invite(machine) => machine.deadline(),
            Self::Other(machine) => machine.deadline(),
        }
    }
}

impl Clients {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, client: usize) -> Option<&Slot> {
        self.slots.get(client)
    }

    pub(super) fn get_mut(&mut self, client: usize) -> Option<&mut Slot> {
        self.slots.get_mut(client)
    }
}

impl Slot {
    pub(super) const fn request(&self) -> &Request {
        &self.request
    }

    pub(super) const fn to(&self) -> Peer {
        self.to
    }

    /// Whether a CANCEL may be sent for it now (RFC 3261 9.1).
    pub(super) const fn is_proceeding(&self) -> bool {
        matches!(&self.machine, Machine::Invite(machine) if machine.is_proceeding())
    }

    /// Notes that `tag` answered 2xx, and the ACK it gets, as soon as there is one.
    pub(super) fn note_accepted(&mut self, tag: &str, ack: Option<(Peer, Bytes)>) {
        let has_room = self.accepted.len() < MOST_FORKS;
        match self.accepted.iter_mut().find(|(its, _)| its == tag) {
            Some((_, known)) => *known = ack,
            None if has_room => self.accepted.push((tag.to_owned(), ack)),
            None => {}
        }
    }

    /// Whether `tag` has answered 2xx before, or nobody more is listened to.
    pub(super) fn has_accepted(&self, tag: &str) -> bool {
        self.accepted.len() >= MOST_FORKS || self.accepted.iter().any(|(its, _)| its == tag)
    }

    /// The ACK that `tag` gets.
    pub(super) fn ack_for(&self, tag: &str) -> Option<(Peer, Bytes)> {
        self.accepted.iter().find(|(its, _)| its == tag).and_then(|(_, ack)| ack.clone())
    }
}

impl Endpoint {
    /// Sends `request` to `to` as a transaction of its own; Via, Max-Forwards and our name are added here. Nothing
    /// where the table is full: calls find it full first, so that they can still be ended.
    pub(super) fn ask(
        &mut self,
        now: Mono,
        mut request: Request,
        to: Peer,
        purpose: Purpose,
        out: &mut Vec<Command>,
    ) -> Option<usize> {
        let to = self.way_to(to, || next_hop(&request));
        let branch = format!("{COOKIE}{}", self.token());
        request.headers.prepend(Name::Via, &self.via(to, &branch));
        self.finish(&mut request);
        self.ask_with_via(now, request, &branch, to, purpose, out)
    }

    /// The same for a request that has its Via already: a CANCEL has that of its INVITE.
    pub(super) fn ask_with_via(
        &mut self,
        now: Mono,
        request: Request,
        branch: &str,
        to: Peer,
        purpose: Purpose,
        out: &mut Vec<Command>,
    ) -> Option<usize> {
        let limit = self.config.limits.client_transactions;
        let limit =
            if matches!(purpose, Purpose::Call(_)) { limit } else { limit.saturating_mul(2) };
        if self.clients.len() >= limit {
            self.counters.overload += 1;
            return None;
        }
        let bytes = request.printed();
        let key = ClientKey::new(branch, &request.method);
        let timing = self.config.timing;
        let machine = if request.method == Method::Invite {
            let mut todo = Vec::new();
            let machine = InviteClient::new(now, to.transport, timing, bytes.clone(), &mut todo);
            Machine::Invite(machine)
        } else {
            let mut todo = Vec::new();
            let machine = Client::new(now, to.transport, timing, bytes.clone(), &mut todo);
            Machine::Other(machine)
        };
        out.push(Command::Send { to, bytes });
        let deadline = machine.deadline();
        let slot = Slot {
            machine,
            key: key.clone(),
            to,
            request,
            purpose,
            proofs: 0,
            accepted: Vec::new(),
            alarm: Alarm::default(),
        };
        let client = self.clients.slots.insert(slot);
        self.clients.keys.insert(key, client);
        self.clients.ways.insert((to.transport, to.remote, client));
        self.arm_client(client, deadline);
        Some(client)
    }

    /// Adds what every request of ours carries.
    pub(super) fn finish(&self, request: &mut Request) {
        if !request.headers.has(Name::MaxForwards) {
            request.headers.push(Name::MaxForwards, &70_u16);
        }
        request.headers.set(Name::UserAgent, &self.config.product);
    }

    /// Acknowledges a 2xx of the INVITE with `number`: a request without a transaction (RFC 3261 13.2.2.4).
    pub(super) fn ack_2xx(
        &mut self,
        dialog: &Dialog,
        invite: &Request,
        number: u32,
        sdp: Option<Bytes>,
        out: &mut Vec<Command>,
    ) -> (Peer, Bytes) {
        let (mut ack, to) = dialog.ack(number);
        let to = self.way_to(to, || next_hop(&ack));
        let branch = format!("{COOKIE}{}", self.token());
        ack.headers.prepend(Name::Via, &self.via(to, &branch));
        self.finish(&mut ack);
        // RFC 3261 22.1: the ACK carries the proofs that the INVITE carried.
        ack.headers.copy(&invite.headers, Name::Authorization);
        ack.headers.copy(&invite.headers, Name::ProxyAuthorization);
        if let Some(sdp) = sdp {
            super::body::add_sdp(&mut ack.headers, &mut ack.body, sdp);
        }
        let bytes = ack.printed();
        out.push(Command::Send { to, bytes: bytes.clone() });
        (to, bytes)
    }

    /// A response came.
    pub(super) fn response(
        &mut self,
        now: Mono,
        peer: Peer,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        self.counters.responses += 1;
        let found = ClientKey::of(response).and_then(|key| self.clients.keys.get(&key).copied());
        let Some(client) = found else {
            self.counters.stray_responses += 1;
            return;
        };
        let happening = match response.status.class() {
            1 => Happening::Provisional,
            2 => Happening::Accepted,
            _ => Happening::Refused,
        };
        let outcome = self.client_event(now, client, happening, Some(response), out);
        if outcome.is_news
            && let Some(purpose) = self.clients.get(client).map(|slot| slot.purpose)
        {
            self.answered(now, client, purpose, response, peer, out);
        }
        if outcome.is_over {
            self.close_client(client);
        }
    }

    fn answered(
        &mut self,
        now: Mono,
        client: usize,
        purpose: Purpose,
        response: &Response,
        peer: Peer,
        out: &mut Vec<Command>,
    ) {
        match purpose {
            Purpose::Call(leg) => self.call_answered(now, leg, client, response, peer, out),
            Purpose::Bye(leg) => self.bye_answered(now, leg, client, response, out),
            Purpose::Reinvite(leg) => self.reinvite_answered(now, leg, client, response, out),
            Purpose::Update(leg) => self.update_answered(now, leg, client, response, out),
            Purpose::Refresh(leg) => self.refresh_answered(now, leg, client, response, out),
            Purpose::Info(leg) => self.info_answered(now, leg, client, response, out),
            Purpose::Refer(leg) => self.refer_answered(now, leg, client, response, out),
            Purpose::Notify(leg) => self.notify_answered(now, leg, client, response, out),
            Purpose::Register(id) => self.register_answered(now, id, client, response, out),
            Purpose::Cancel | Purpose::ByeToFork => {}
        }
    }

    /// Nothing came back for a request, or the network could not take it.
    fn unanswered(&mut self, now: Mono, client: usize, purpose: Purpose, out: &mut Vec<Command>) {
        self.counters.unanswered += 1;
        match purpose {
            Purpose::Call(leg) => self.call_unanswered(now, leg, out),
            Purpose::Bye(leg) => self.gone(now, leg, out),
            Purpose::Reinvite(leg) | Purpose::Update(leg) => {
                self.offer_unanswered(now, leg, client, out)
            }
            Purpose::Refresh(leg)
            | Purpose::Info(leg)
            | Purpose::Refer(leg)
            | Purpose::Notify(leg) => self.vanished(now, leg, out),
            Purpose::Register(id) => self.register_unanswered(now, id, out),
            Purpose::Cancel | Purpose::ByeToFork => {}
        }
    }

    pub(super) fn tick_client(&mut self, now: Mono, client: usize, out: &mut Vec<Command>) {
        let outcome = self.client_event(now, client, Happening::Tick, None, out);
        self.conclude(now, client, &outcome, out);
    }

    /// The INVITE was cancelled, and nothing came for long enough.
    pub(super) fn give_up(&mut self, now: Mono, client: usize, out: &mut Vec<Command>) {
        let outcome = self.client_event(now, client, Happening::GiveUp, None, out);
        self.conclude(now, client, &outcome, out);
    }

    /// Something could not be sent to `to`, or the stream to there is gone: whoever waits for an answer from there need
    /// not wait.
    pub(super) fn unreachable(&mut self, now: Mono, to: Peer, out: &mut Vec<Command>) {
        let (first, last) = ((to.transport, to.remote, 0), (to.transport, to.remote, usize::MAX));
        let meant: Vec<usize> =
            self.clients.ways.range(first..=last).map(|(_, _, client)| *client).collect();
        for client in meant {
            let outcome = self.client_event(now, client, Happening::Unreachable, None, out);
            self.conclude(now, client, &outcome, out);
        }
    }

    fn conclude(&mut self, now: Mono, client: usize, outcome: &Outcome, out: &mut Vec<Command>) {
        if outcome.has_failed
            && let Some(purpose) = self.clients.get(client).map(|slot| slot.purpose)
        {
            self.unanswered(now, client, purpose, out);
        }
        if outcome.is_over {
            self.close_client(client);
        }
    }

    fn client_event(
        &mut self,
        now: Mono,
        client: usize,
        happening: Happening,
        response: Option<&Response>,
        out: &mut Vec<Command>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(slot) = self.clients.slots.get_mut(client) else { return outcome };
        let to = slot.to;
        match &mut slot.machine {
            Machine::Invite(machine) => {
                use invite_client::{Command as C, Event as E};
                let event = match happening {
                    Happening::Provisional => E::Provisional,
                    Happening::Accepted => E::Accepted,
                    Happening::Refused => {
                        E::Refused { ack: ack_for_refusal(&slot.request, response) }
                    }
                    Happening::Unreachable => E::Unreachable,
                    Happening::GiveUp => E::GiveUp,
                    Happening::Tick => E::Tick,
                };
                let mut todo = Vec::new();
                machine.handle(now, event, &mut todo);
                for command in todo {
                    match command {
                        C::Send(bytes) => out.push(Command::Send { to, bytes }),
                        C::PassUp => outcome.is_news = true,
                        C::TimedOut | C::Unreachable => outcome.has_failed = true,
                        C::Forget => outcome.is_over = true,
                    }
                }
            }
            Machine::Other(machine) => {
                use client::{Command as C, Event as E};
                let event = match happening {
                    Happening::Provisional => E::Provisional,
                    Happening::Accepted | Happening::Refused => E::Final,
                    Happening::Unreachable => E::Unreachable,
                    Happening::GiveUp => return outcome, // only an INVITE is given up
                    Happening::Tick => E::Tick,
                };
                let mut todo = Vec::new();
                machine.handle(now, event, &mut todo);
                for command in todo {
                    match command {
                        C::Send(bytes) => out.push(Command::Send { to, bytes }),
                        C::PassUp => outcome.is_news = true,
                        C::TimedOut | C::Unreachable => outcome.has_failed = true,
                        C::Forget => outcome.is_over = true,
                    }
                }
            }
        }
        let deadline = slot.machine.deadline();
        self.arm_client(client, deadline);
        outcome
    }

    fn arm_client(&mut self, client: usize, deadline: Option<Mono>) {
        if let Some(slot) = self.clients.slots.get_mut(client) {
            self.timers.set(Timer::Client(client), &mut slot.alarm, deadline);
        }
    }

    fn close_client(&mut self, client: usize) {
        self.arm_client(client, None);
        if let Some(slot) = self.clients.slots.try_remove(client) {
            self.clients.keys.remove(&slot.key);
            self.clients.ways.remove(&(slot.to.transport, slot.to.remote, client));
        }
    }

    /// Asks again with a proof of who we are, after a 401 or 407. Nothing where there is no proof to give.
    pub(super) fn ask_with_proof(
        &mut self,
        now: Mono,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) -> Option<usize> {
        let challenges = match response.status {
            Status::UNAUTHORIZED => response.headers.www_authenticate().ok()?,
            Status::PROXY_AUTHENTICATION_REQUIRED => response.headers.proxy_authenticate().ok()?,
            _ => return None,
        };
        let by_proxy = response.status == Status::PROXY_AUTHENTICATION_REQUIRED;
        let purpose = self.clients.get(client)?.purpose;
        let answerer = match purpose.leg() {
            Some(leg) => &mut self.legs.get_mut(&leg)?.answerer,
            None => &mut self.registrations.get_mut(&purpose.registration()?)?.answerer,
        };
        if !answerer.take(by_proxy, &challenges) {
            return None;
        }
        self.ask_again(now, client, None, out)
    }

    /// Sends a request again as a new one, with the proofs that are known by now, and with `headers` instead of its own.
    pub(super) fn ask_again(
        &mut self,
        now: Mono,
        client: usize,
        headers: Option<Headers>,
        out: &mut Vec<Command>,
    ) -> Option<usize> {
        let slot = self.clients.get(client).filter(|slot| slot.proofs < MOST_PROOFS)?;
        let (mut request, to, purpose, proofs) =
            (slot.request.clone(), slot.to, slot.purpose, slot.proofs);
        if let Some(headers) = headers {
            request.headers = headers;
        }
        let number = request.headers.cseq().ok()?.number;
        let answerer = match purpose.leg() {
            Some(leg) => &mut self.legs.get_mut(&leg)?.answerer,
            None => &mut self.registrations.get_mut(&purpose.registration()?)?.answerer,
        };
        for name in [Name::Via, Name::Authorization, Name::ProxyAuthorization] {
            request.headers.remove(name);
        }
        for (name, proof) in answerer.proofs(&request.method, &uri_text(&request), &mut self.rng) {
            request.headers.push(name, &proof);
        }
        let number = match (purpose, purpose.leg()) {
            (Purpose::Call(_), _) => number.saturating_add(1), // there is no dialog yet that counts
            (_, Some(leg)) => self.legs.get_mut(&leg)?.dialog.as_mut()?.next_number(),
            (_, None) => self.registrations.get_mut(&purpose.registration()?)?.next_number(),
        };
        request.headers.set(Name::CSeq, &CSeq { number, method: request.method.clone() });
        let again = self.ask(now, request, to, purpose, out)?;
        self.clients.get_mut(again)?.proofs = proofs + 1;
        Some(again)
    }
}

/// The ACK to a refusal: part of the INVITE's own transaction (RFC 3261 17.1.1.3).
fn ack_for_refusal(invite: &Request, response: Option<&Response>) -> Bytes {
    let mut ack = Request::new(Method::Ack, invite.uri.clone());
    if let Ok(via) = invite.headers.top_via() {
        ack.headers.push(Name::Via, &via);
    }
    for name in [Name::Route, Name::From, Name::CallId, Name::MaxForwards] {
        ack.headers.copy(&invite.headers, name);
    }
    if let Some(response) = response {
        ack.headers.copy(&response.headers, Name::To);
    }
    if let Ok(cseq) = invite.headers.cseq() {
        ack.headers.push(Name::CSeq, &CSeq { number: cseq.number, method: Method::Ack });
    }
    ack.printed()
}

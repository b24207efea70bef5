//! Incoming requests and our answers to them: the table of server transactions.

use std::collections::HashMap;
use std::net::SocketAddr;

use slab::Slab;

use super::event::LegId;
use super::timers::{Alarm, Timer};
use super::{Command, Endpoint};
use crate::sip::message::{Name, Print, Request, Response, Status, Via};
use crate::sip::peer::{Peer, Transport};
use crate::sip::transaction::invite_server::{self, InviteServer};
use crate::sip::transaction::key::{MergeKey, ServerKey};
use crate::sip::transaction::server::{self, Server};
use crate::time::Mono;

/// The table. A place in it stays the same request's until that is forgotten.
#[derive(Debug, Default)]
pub(super) struct Servers {
    slots: Slab<Slot>,
    keys: HashMap<ServerKey, usize>,
    merges: HashMap<MergeKey, usize>,
    /// Bytes that the slots hold, as far as peers decide about them.
    held: usize,
}

/// One request.
#[derive(Debug)]
pub(super) struct Slot {
    machine: Machine,
    key: ServerKey,
    merge: Option<MergeKey>,
    to: Peer,
    /// Head only.
    request: Request,
    /// Whether its body was more than nothing: for an INVITE, an offer.
    had_offer: bool,
    /// Our tag, where the request had none for us.
    tag: String,
    pub(super) leg: Option<LegId>,
    alarm: Alarm,
    held: usize,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

/// What can happen to either machine.
enum Happening {
    Answer { status: u16, message: bytes::Bytes },
    Again,
    Ack,
    Tick,
}

impl Machine {
    fn deadline(&self) -> Option<Mono> {
        match self {
            Self::Invite(machine) => machine.deadline(),
            Self::Other(machine) => machine.deadline(),
        }
    }

    const fn is_open(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_open(),
            Self::Other(machine) => machine.is_open(),
        }
    }
}

impl Servers {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn find(&self, key: &ServerKey) -> Option<usize> {
        self.keys.get(key).copied()
    }

    /// Whether another request outside of dialogs is the same one, come another way (RFC 3261 8.2.2.2).
    pub(super) fn is_merged(&self, key: &MergeKey) -> bool {
        self.merges.contains_key(key)
    }

    pub(super) fn get(&self, server: usize) -> Option<&Slot> {
        self.slots.get(server)
    }
}

impl Slot {
    /// Whether it waits for our final answer.
    pub(super) const fn is_open(&self) -> bool {
        self.machine.is_open()
    }

    /// Whether it is an INVITE that was refused, so that an ACK with its key is its own.
    pub(super) const fn takes_ack(&self) -> bool {
        matches!(&self.machine, Machine::Invite(machine) if !machine.is_accepted())
    }

    /// The request, without its body.
    pub(super) const fn request(&self) -> &Request {
        &self.request
    }

    /// Where its sender listens: RFC 3261 18.2.2 for a stream that is closed.
    fn sent_by(&self) -> Option<SocketAddr> {
        let via = self.request.headers.top_via().ok()?;
        let address = via.received().or_else(|| via.host.ip())?;
        Some(SocketAddr::new(address, via.port.unwrap_or(5060)))
    }

    /// Whether it had a body: for an INVITE that was taken, an offer.
    pub(super) const fn had_offer(&self) -> bool {
        self.had_offer
    }

    /// Where the answers go.
    pub(super) const fn to(&self) -> Peer {
        self.to
    }

    /// The tag of our answers.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }
}

impl Endpoint {
    /// Whether there is room for one more, of `size` bytes.
    pub(super) fn has_room_for(&self, size: usize) -> bool {
        self.servers.len() < self.config.limits.server_transactions
            && self.servers.held.saturating_add(weight(size)) <= self.config.limits.memory
    }

    /// Remembers `request`, whose answers go to `to` with `tag`.
    pub(super) fn open_server(
        &mut self,
        now: Mono,
        mut asked: Asked,
        tag: String,
        leg: Option<LegId>,
    ) -> usize {
        let had_offer = !asked.request.body.is_empty();
        asked.request.body.clear();
        let Asked { request, key, to, size, .. } = asked;
        let timing = self.config.timing;
        let machine = if request.method == crate::sip::message::Method::Invite {
            let trying = request.answer(Status::TRYING).printed();
            Machine::Invite(InviteServer::new(now, to.transport, timing, trying))
        } else {
            Machine::Other(Server::new(now, to.transport, timing))
        };
        let is_outside = request.headers.to().is_ok_and(|to| to.tag().is_none());
        let merge = if is_outside { MergeKey::of(&request).ok() } else { None };
        let deadline = machine.deadline();
        let held = weight(size);
        let slot = Slot {
            machine,
            key: key.clone(),
            merge: merge.clone(),
            to,
            request,
            had_offer,
            tag,
            leg,
            alarm: Alarm::default(),
            held,
        };
        let server = self.servers.slots.insert(slot);
        self.servers.held += held;
        self.servers.keys.insert(key, server);
        if let Some(merge) = merge {
            self.servers.merges.insert(merge, server);
        }
        self.arm_server(server, deadline);
        server
    }

    /// The answer `status` to the request, with our tag and our name; body and more are the caller's to add.
    pub(super) fn answer_to(&self, server: usize, status: Status) -> Option<Response> {
        let slot = self.servers.get(server)?;
        let mut response = slot.request.answer(status);
        if status != Status::TRYING
            && let Ok(to) = response.headers.to()
            && to.tag().is_none()
        {
            response.headers.set(Name::To, &to.with_tag(&slot.tag));
        }
        response.headers.push(Name::Server, &self.config.product);
        Some(response)
    }

    /// Sends `response`; what it was made from is [`Endpoint::answer_to`]. Gives back the bytes sent.
    pub(super) fn answer(
        &mut self,
        now: Mono,
        server: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) -> bytes::Bytes {
        let message = response.printed();
        let happening =
            Happening::Answer { status: response.status.code(), message: message.clone() };
        self.server_event(now, server, happening, out);
        message
    }

    /// Sends the answer `status` and nothing else.
    pub(super) fn answer_plainly(
        &mut self,
        now: Mono,
        server: usize,
        status: Status,
        out: &mut Vec<Command>,
    ) {
        if let Some(response) = self.answer_to(server, status) {
            self.answer(now, server, &response, out);
        }
    }

    pub(super) fn came_again(&mut self, now: Mono, server: usize, out: &mut Vec<Command>) {
        self.counters.repeated_requests += 1;
        self.server_event(now, server, Happening::Again, out);
    }

    pub(super) fn acknowledged(&mut self, now: Mono, server: usize, out: &mut Vec<Command>) {
        self.server_event(now, server, Happening::Ack, out);
    }

    pub(super) fn tick_server(&mut self, now: Mono, server: usize, out: &mut Vec<Command>) {
        self.server_event(now, server, Happening::Tick, out);
    }

    fn server_event(
        &mut self,
        now: Mono,
        server: usize,
        happening: Happening,
        out: &mut Vec<Command>,
    ) {
        let Some(to) = self.servers.get(server).map(|slot| self.way_to(slot.to, || slot.sent_by()))
        else {
            return;
        };
        let Some(slot) = self.servers.slots.get_mut(server) else { return };
        let mut is_over = false;
        match &mut slot.machine {
            Machine::Invite(machine) => {
                let event = match happening {
                    Happening::Answer { status, message } => {
                        invite_server::Event::Answer { status, message }
                    }
                    Happening::Again => invite_server::Event::Again,
                    Happening::Ack => invite_server::Event::Ack,
                    Happening::Tick => invite_server::Event::Tick,
                };
                let mut todo = Vec::new();
                machine.handle(now, event, &mut todo);
                for command in todo {
                    match command {
                        invite_server::Command::Send(bytes) => {
                            out.push(Command::Send { to, bytes })
                        }
                        invite_server::Command::NoAck => self.counters.unacknowledged += 1,
                        invite_server::Command::Forget => is_over = true,
                    }
                }
            }
            Machine::Other(machine) => {
                let event = match happening {
                    Happening::Answer { status, message } => {
                        server::Event::Answer { status, message }
                    }
                    Happening::Again => server::Event::Again,
                    Happening::Tick => server::Event::Tick,
                    Happening::Ack => return, // an ACK's key is that of an INVITE
                };
                let mut todo = Vec::new();
                machine.handle(now, event, &mut todo);
                for command in todo {
                    match command {
                        server::Command::Send(bytes) => out.push(Command::Send { to, bytes }),
                        server::Command::Forget => is_over = true,
                    }
                }
            }
        }
        if is_over {
            self.close_server(server);
        } else {
            let deadline = slot.machine.deadline();
            self.arm_server(server, deadline);
        }
    }

    fn arm_server(&mut self, server: usize, deadline: Option<Mono>) {
        if let Some(slot) = self.servers.slots.get_mut(server) {
            self.timers.set(Timer::Server(server), &mut slot.alarm, deadline);
        }
    }

    fn close_server(&mut self, server: usize) {
        self.arm_server(server, None);
        if let Some(slot) = self.servers.slots.try_remove(server) {
            self.servers.held = self.servers.held.saturating_sub(slot.held);
            self.servers.keys.remove(&slot.key);
            if let Some(merge) = slot.merge
                && self.servers.merges.get(&merge) == Some(&server)
            {
                self.servers.merges.remove(&merge);
            }
        }
    }
}

/// A request as it came, with what we found out about it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) key: ServerKey,
    /// Where it came from.
    pub(super) peer: Peer,
    /// Where its answers go.
    pub(super) to: Peer,
    /// Bytes of it.
    pub(super) size: usize,
}

/// Request and answer together, about: what a message of `size` bytes costs us while it is remembered.
const fn weight(size: usize) -> usize {
    size.saturating_mul(2).saturating_add(1_024)
}

/// Where the answers to a request from `peer` go (RFC 3261 18.2.2, RFC 3581 4). `maddr` is not followed: it would let
/// anybody have us send to third parties.
pub(super) fn answers_to(peer: Peer, via: &Via) -> Peer {
    match peer.transport {
        Transport::Udp if via.rport().is_none() => {
            let mut to = peer;
            to.remote.set_port(via.port.unwrap_or(5060));
            to
        }
        Transport::Udp | Transport::Tcp => peer,
    }
}

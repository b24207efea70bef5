//! THE ENDPOINT: everything that `hotline` says and hears in SIP, as one machine.
//!
//! Called by `server` (its SIP task, through `sip::transport`) and by simulations.
//! Stands on `message`, `transaction`, `dialog`, `auth`, `registrar`.
//! Must not know: sockets, tasks, the clock, flows, what an SDP says.
//! Way in: [`Endpoint::new`], then [`Endpoint::handle`] with what happens, and `Tick` when [`Endpoint::deadline`] comes.
//! Always true: every leg ends with exactly one of `Ended` and `Failed`, then `Gone`; every table has a limit; nothing
//! that a peer sends is remembered for longer than 64 × T1 unless it is a call that somebody here still wants.
//! Read next: `event` and `command` (what goes in and out), `intake` (which request means what), `incoming`, `outgoing`,
//! `session` (offers within a call), `session_timer`, `ending`, `refer`, `register` and `registrations`; below them `servers` and
//! `clients` (the transactions' tables), `leg`, `timers`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod body;
mod clients;
mod command;
mod config;
mod counters;
mod dtmf;
mod ending;
mod event;
mod incoming;
mod intake;
mod leg;
mod outgoing;
mod refer;
mod register;
mod registrations;
mod servers;
mod session;
mod session_timer;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::{BTreeMap, HashMap, HashSet};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng;

use self::clients::Clients;
use self::leg::Leg;
use self::registrations::Kept;
use self::servers::Servers;
use self::timers::{Timer, Timers};
use super::auth::guard::Guard;
use super::message::{self, Host, Name, NameAddr, Print, Request, SipUri, Via};
use super::peer::{ConnectionId, Peer, Transport};
use super::registrar::{Binding, Registrar};
use crate::time::Mono;

pub use self::command::{
    Command, EndedBy, Ending, FailedBy, Failure, IncomingCall, LegEvent, ReferRequest,
    RegistrarEvent, RegistrationEvent,
};
pub use self::config::{Account, Config, DigestOffer, DigestRules, Limits, RegistrarLimits};
pub use self::counters::{Counters, Load};
pub use self::event::{
    Event, ExtraHeader, LegId, Login, OfferBy, OutgoingCall, Registration, Wish,
};

/// The machine.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    rng: ChaCha12Rng,
    /// Makes the tags of answers that nothing is remembered of.
    salt: u64,
    servers: Servers,
    clients: Clients,
    legs: HashMap<LegId, Leg>,
    /// Our tags in dialogs: how a request finds its leg.
    by_tag: HashMap<String, LegId>,
    incoming: u64,
    timers: Timers,
    guard: Guard,
    registrar: Registrar,
    registrations: BTreeMap<u32, Kept>,
    counters: Counters,
    /// The streams that are open: as many as the transport lets in.
    open: HashSet<ConnectionId>,
}

impl Endpoint {
    /// An endpoint without calls. Tags, branches and nonces come from `rng`: seed it from the system's randomness
    /// wherever somebody else could gain from guessing them.
    #[must_use]
    pub fn new(config: Config, mut rng: ChaCha12Rng) -> Self {
        Self {
            salt: rng.next_u64(),
            rng,
            servers: Servers::default(),
            clients: Clients::default(),
            legs: HashMap::new(),
            by_tag: HashMap::new(),
            incoming: 0,
            timers: Timers::default(),
            guard: Guard::new(config.realm.clone(), config.digest),
            registrar: Registrar::new(config.registrar),
            registrations: BTreeMap::new(),
            counters: Counters::default(),
            open: HashSet::new(),
            config,
        }
    }

    /// Replaces everybody who may register or prove who they are.
    pub fn set_accounts(&mut self, accounts: impl IntoIterator<Item = Account>) {
        self.guard.set_accounts(accounts);
    }

    /// Where the phones of `user` are: most wanted first, and of equals the one that registered last.
    #[must_use]
    pub fn bindings(&self, user: &str) -> &[Binding] {
        self.registrar.bindings(user)
    }

    /// What has been counted since the beginning.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How full the tables are.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            legs: self.legs.len(),
            server_transactions: self.servers.len(),
            client_transactions: self.clients.len(),
            timers: self.timers.len(),
        }
    }

    /// When the next [`Event::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        [self.timers.next(), self.registrar.deadline()].into_iter().flatten().min()
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        match event {
            Event::Datagram { peer, bytes } => self.datagram(now, peer, bytes, out),
            Event::Message { peer, message } => {
                let size = message.as_ref().map_or(0, size_of_message);
                self.received(now, peer, message, size, out);
            }
            Event::Opened { peer } => self.open.extend(peer.connection),
            Event::Lost { peer } => self.lost(now, peer, out),
            Event::Unreachable { to } => self.unreachable(now, to, out),
            Event::Wish { leg, wish } => self.wish(now, leg, wish, out),
            Event::Register { id, registration } => {
                self.keep_registered(now, id, *registration, out)
            }
            Event::Unregister { id } => self.unregister(now, id, out),
            Event::Tick => self.tick(now, out),
        }
    }

    fn lost(&mut self, now: Mono, peer: Peer, out: &mut Vec<Command>) {
        if let Some(connection) = peer.connection {
            self.open.remove(&connection);
            self.registrar.lost(connection);
        }
        self.unreachable(now, peer, out);
    }

    fn wish(&mut self, now: Mono, leg: LegId, wish: Wish, out: &mut Vec<Command>) {
        let is_taken = match wish {
            Wish::Call(call) => self.call(now, leg, *call, out),
            Wish::Progress { status, sdp, headers } => {
                self.progress(now, leg, status, sdp, &headers, out)
            }
            Wish::Answer { sdp, headers } => self.accept(now, leg, sdp, &headers, out),
            Wish::Reject { status, headers } => self.reject(now, leg, status, &headers, out),
            Wish::Challenge => self.ask_who(now, leg, out),
            Wish::Acknowledge { sdp } => self.acknowledge(now, leg, sdp, out),
            Wish::HangUp { reason, headers } => self.hang_up(now, leg, reason, headers, out),
            Wish::Offer { sdp, by } => self.offer(now, leg, sdp, by, out),
            Wish::AnswerOffer { sdp } => self.answer_offer(now, leg, sdp, out),
            Wish::RejectOffer { status } => self.reject_offer(now, leg, status, out),
            Wish::Info { content_type, body } => {
                self.send_info(now, leg, &content_type, &body, out)
            }
            Wish::Refer { target, referred_by, headers } => {
                self.send_refer(now, leg, &target, referred_by.as_deref(), &headers, out)
            }
            Wish::AnswerRefer { status } => self.answer_refer(now, leg, status, out),
            Wish::NotifyRefer { status } => self.notify_refer(now, leg, status, out),
        };
        if !is_taken {
            self.counters.idle_wishes += 1;
        }
    }

    fn tick(&mut self, now: Mono, out: &mut Vec<Command>) {
        // Each of them waits at most once, and moves its alarm when it is told.
        for _ in 0..self.timers.len() {
            match self.timers.due(now) {
                None => break,
                Some(Timer::Server(server)) => self.tick_server(now, server, out),
                Some(Timer::Client(client)) => self.tick_client(now, client, out),
                Some(Timer::Leg(leg)) => self.tick_leg(now, leg, out),
                Some(Timer::Registration(id)) => self.tick_registration(now, id, out),
            }
        }
        let mut news = Vec::new();
        self.registrar.expire(now, &mut news);
        out.extend(news.into_iter().map(Command::Registrar));
    }
}

/// What all parts need.
impl Endpoint {
    /// 64 bits that nobody guesses, in hex: a tag, a branch, a Call-ID.
    fn token(&mut self) -> String {
        format!("{:016x}", self.rng.next_u64())
    }

    /// Where we are to be reached by `transport`, as we tell others.
    fn address(&self, transport: Transport, local: std::net::SocketAddr) -> (Host, u16) {
        let bound = match transport {
            Transport::Udp => self.config.udp,
            Transport::Tcp => self.config.tcp,
        };
        let bound = bound.unwrap_or(local);
        let own = if bound.ip().is_unspecified() { local.ip() } else { bound.ip() };
        (self.config.advertise.unwrap_or(own).into(), bound.port())
    }

    /// Our Contact towards `peer`.
    fn contact(&self, peer: Peer, user: Option<&str>) -> NameAddr {
        let (host, port) = self.address(peer.transport, peer.local);
        let mut uri = SipUri::new(host, Some(port));
        if let Some(user) = user {
            uri = uri.with_user(user);
        }
        match peer.transport {
            Transport::Udp => {}
            Transport::Tcp => uri.set_param("transport", Some("tcp")),
        }
        NameAddr::new(uri)
    }

    /// Our Via on a request to `peer`.
    fn via(&self, peer: Peer, branch: &str) -> Via {
        let transport = match peer.transport {
            Transport::Udp => message::Transport::Udp,
            Transport::Tcp => message::Transport::Tcp,
        };
        let (host, port) = self.address(peer.transport, peer.local);
        Via::new(transport, host, Some(port), branch)
    }

    /// `to`, as long as its stream is open; then where `otherwise` leads, over a stream to be opened.
    fn way_to(&self, to: Peer, otherwise: impl FnOnce() -> Option<std::net::SocketAddr>) -> Peer {
        match to.connection {
            Some(connection) if !self.open.contains(&connection) => {
                Peer { connection: None, remote: otherwise().unwrap_or(to.remote), ..to }
            }
            Some(_) | None => to,
        }
    }

    fn tell(leg: LegId, event: LegEvent, out: &mut Vec<Command>) {
        out.push(Command::Leg { leg, event });
    }
}

/// The methods that we answer, as our Allow says.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, REGISTER";

/// The extensions that we know, as our Supported says, and 420 for the others.
const SUPPORTED: &str = "replaces, norefersub, timer, uui";

/// Adds the asker's own header lines. What carries the message's own framing or identity is left out.
fn add_extra(request_headers: &mut message::Headers, extra: &[ExtraHeader]) {
    for (name, value) in extra {
        let name = Name::parse(name);
        let is_ours = matches!(
            name,
            Name::Via
                | Name::From
                | Name::To
                | Name::CallId
                | Name::CSeq
                | Name::ContentLength
                | Name::ContentType
                | Name::MaxForwards
                | Name::RecordRoute
        );
        if !is_ours && !value.chars().any(char::is_control) {
            request_headers.push(name, value);
        }
    }
}

/// The Request-URI as a digest hashes it.
fn uri_text(request: &Request) -> String {
    String::from_utf8_lossy(&request.uri.printed()).into_owned()
}

/// About as many bytes as `message` came in.
fn size_of_message(message: &message::Message) -> usize {
    let head: usize =
        message.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    head + message.body().len()
}

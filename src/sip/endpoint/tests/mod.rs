//! Endpoints that talk to one another, and to hand-written messages, in virtual time over a virtual network.

mod session_timers;
mod storm;
mod talk;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::secret::Secret;
use crate::sip::message::{Message, Uri};
use crate::sip::peer::Peer;

/// How unkind the network is. All in percent, the delay in milliseconds.
#[derive(Debug, Clone)]
struct Weather {
    lost: u32,
    repeated: u32,
    delay_ms: std::ops::RangeInclusive<u32>,
}

const FINE: Weather =
    Weather { lost: 0, repeated: 0, delay_ms: std::ops::RangeInclusive::new(1, 1) };

/// Endpoint `n` is at 192.0.2.`n+1`:5060.
struct World {
    now: Mono,
    rng: ChaCha12Rng,
    weather: Weather,
    ends: Vec<Endpoint>,
    /// What is under way: (when, in which order) to whom, what. Wishes travel too.
    agenda: BTreeMap<(Mono, u64), (usize, Event)>,
    order: u64,
    /// What each endpoint told its calls.
    heard: Vec<Vec<(LegId, LegEvent)>>,
    /// All else it told.
    told: Vec<Vec<Command>>,
    /// Datagrams sent so far.
    sent: usize,
    calls: u64,
}

fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, u8::try_from(end + 1).unwrap()], 5060))
}

impl World {
    fn new(ends: usize, seed: u64, weather: Weather) -> Self {
        Self::with(ends, seed, weather, |_| {})
    }

    fn with(ends: usize, seed: u64, weather: Weather, adjust: impl Fn(&mut Config)) -> Self {
        let end = |n: usize| {
            let mut config = Config::new(Some(address(n)), None);
            adjust(&mut config);
            let mut end =
                Endpoint::new(config, ChaCha12Rng::seed_from_u64(seed ^ (n as u64 + 1) << 32));
            let password = Secret::new("korn".to_owned());
            end.set_accounts([Account { user: "8001".to_owned(), password }]);
            end
        };
        Self {
            now: Mono::ZERO,
            rng: ChaCha12Rng::seed_from_u64(seed),
            weather,
            ends: (0..ends).map(end).collect(),
            agenda: BTreeMap::new(),
            order: 0,
            heard: vec![Vec::new(); ends],
            told: (0..ends).map(|_| Vec::new()).collect(),
            sent: 0,
            calls: 0,
        }
    }

    /// Has `event` happen to `end` now.
    fn happen(&mut self, end: usize, event: Event) {
        let mut out = Vec::new();
        self.ends[end].handle(self.now, event, &mut out);
        for command in out {
            match command {
                Command::Send { to, bytes } => self.post(end, to, bytes),
                Command::Leg { leg, event } => self.heard[end].push((leg, event)),
                Command::Registrar(_)
                | Command::Registration { .. }
                | Command::AuthenticationFailed { .. } => {
                    self.told[end].push(command);
                }
            }
        }
    }

    fn post(&mut self, from: usize, to: Peer, bytes: Bytes) {
        self.sent += 1;
        let reader = (0..self.ends.len()).find(|end| address(*end) == to.remote);
        let Some(reader) = reader else { return };
        let copies = 1 + usize::from(self.chance(self.weather.repeated));
        for _ in 0..copies {
            if self.chance(self.weather.lost) {
                continue;
            }
            let span = self.weather.delay_ms.end() - self.weather.delay_ms.start() + 1;
            let delay = self.weather.delay_ms.start() + self.rng.next_u32() % span;
            let peer = Peer::udp(address(reader), address(from));
            let bytes = bytes.clone();
            self.later(u64::from(delay), reader, Event::Datagram { peer, bytes });
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.next_u32() % 100 < percent
    }

    fn later(&mut self, ms: u64, end: usize, event: Event) {
        self.order += 1;
        self.agenda.insert((self.now + Duration::from_millis(ms), self.order), (end, event));
    }

    fn wish(&mut self, end: usize, leg: LegId, wish: Wish) {
        self.happen(end, Event::Wish { leg, wish });
    }

    /// When anything happens next.
    fn next(&self) -> Option<Mono> {
        let deadlines = self.ends.iter().filter_map(Endpoint::deadline);
        self.agenda.keys().next().map(|(when, _)| *when).into_iter().chain(deadlines).min()
    }

    /// Lets the next thing happen, if it happens before `until`.
    fn step(&mut self, until: Mono) -> bool {
        let Some(next) = self.next().filter(|next| *next <= until) else { return false };
        debug_assert!(next >= self.now, "a deadline lies in the past");
        self.now = self.now.max(next);
        let first = self
            .agenda
            .first_key_value()
            .filter(|((when, _), _)| *when <= self.now)
            .map(|(key, _)| *key);
        if let Some((end, event)) = first.and_then(|key| self.agenda.remove(&key)) {
            self.happen(end, event);
        }
        for end in 0..self.ends.len() {
            if self.ends[end].deadline().is_some_and(|due| due <= self.now) {
                self.happen(end, Event::Tick);
                assert!(
                    self.ends[end].deadline().is_none_or(|due| due > self.now),
                    "a tick at {:?} left something due",
                    self.now
                );
            }
        }
        true
    }

    /// Lets `ms` go by.
    fn run(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while self.step(until) {}
        self.now = until;
    }

    /// A call from `from` to number 4001 at `to`.
    fn call(&mut self, from: usize, to: usize, adjust: impl FnOnce(&mut OutgoingCall)) -> LegId {
        self.calls += 1;
        let leg = LegId::outgoing(self.calls);
        let mut call = OutgoingCall {
            target: uri(&format!("sip:4001@{}", address(to))),
            to: None,
            from: uri("sip:13800000001@example.org"),
            from_display: None,
            peer: None,
            routes: Vec::new(),
            credentials: None,
            headers: Vec::new(),
            sdp: Some(Bytes::from_static(b"v=0 offer")),
            ring_for: Duration::from_secs(60),
            max_forwards: 70,
        };
        adjust(&mut call);
        self.wish(from, leg, Wish::Call(Box::new(call)));
        leg
    }

    /// A call that is up: the two legs.
    fn connected(&mut self) -> (LegId, LegId) {
        let out = self.call(0, 1, |_| {});
        self.run(10);
        let incoming = self.last_incoming(1);
        self.wish(
            1,
            incoming,
            Wish::Answer { sdp: Bytes::from_static(b"v=0 answer"), headers: Vec::new() },
        );
        self.run(10);
        self.forget();
        (out, incoming)
    }

    fn last_incoming(&self, end: usize) -> LegId {
        let found =
            self.heard[end].iter().rev().find(|(_, event)| matches!(event, LegEvent::Incoming(_)));
        found.expect("nobody called").0
    }

    /// What `end` has told its calls since the last time, in short.
    fn news(&mut self, end: usize) -> Vec<String> {
        std::mem::take(&mut self.heard[end]).iter().map(|(_, event)| short(event)).collect()
    }

    /// Forgets what was told so far.
    fn forget(&mut self) {
        self.heard.iter_mut().for_each(Vec::clear);
        self.told.iter_mut().for_each(Vec::clear);
    }

    /// Nothing is left in any table, and nobody waits for anything.
    #[track_caller]
    fn expect_empty(&self) {
        for end in &self.ends {
            assert_eq!(end.load(), Load::default());
            assert_eq!(end.by_tag.len(), 0);
            assert_eq!(end.deadline(), None);
        }
    }
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

/// An event in a few words.
fn short(event: &LegEvent) -> String {
    let text = |sdp: &Option<Bytes>| {
        sdp.as_ref().map_or("-".to_owned(), |sdp| String::from_utf8_lossy(sdp).into_owned())
    };
    match event {
        LegEvent::Incoming(call) => format!("incoming {}", text(&call.offer)),
        LegEvent::Progress { status, sdp } => format!("progress {status} {}", text(sdp)),
        LegEvent::Answered { sdp, is_offer, .. } => {
            format!("answered {}{}", text(sdp), if *is_offer { " (offer)" } else { "" })
        }
        LegEvent::Acknowledged { sdp } => format!("acknowledged {}", text(sdp)),
        LegEvent::Offered { sdp } => format!("offered {}", String::from_utf8_lossy(sdp)),
        LegEvent::OfferWanted => "offer wanted".to_owned(),
        LegEvent::OfferWithdrawn => "offer withdrawn".to_owned(),
        LegEvent::OfferAnswered { sdp } => {
            format!("offer answered {}", String::from_utf8_lossy(sdp))
        }
        LegEvent::OfferRefused { status } => format!("offer refused {status}"),
        LegEvent::Key { key, duration } => format!("key {} {}", key.symbol(), duration.as_millis()),
        LegEvent::Refer(refer) => format!("refer {:?}", refer.target.user().unwrap_or_default()),
        LegEvent::ReferProgress { status, is_final } => {
            format!("refer progress {status} {is_final}")
        }
        LegEvent::Ended(ending) => {
            format!("ended {:?} {}", ending.by, ending.reason.as_deref().unwrap_or("-"))
        }
        LegEvent::Failed(failure) => format!("failed {:?} {}", failure.why, failure.status),
        LegEvent::Gone => "gone".to_owned(),
    }
}

/// One endpoint and somebody who writes messages by hand.
struct Wire {
    end: Endpoint,
    now: Mono,
    sent: Vec<(Peer, Message)>,
    heard: Vec<(LegId, LegEvent)>,
    told: Vec<Command>,
}

impl Wire {
    fn new(adjust: impl Fn(&mut Config)) -> Self {
        let mut config = Config::new(Some(address(0)), Some(address(0)));
        adjust(&mut config);
        let mut end = Endpoint::new(config, ChaCha12Rng::seed_from_u64(1));
        let password = Secret::new("korn".to_owned());
        end.set_accounts([Account { user: "8001".to_owned(), password }]);
        Self { end, now: Mono::ZERO, sent: Vec::new(), heard: Vec::new(), told: Vec::new() }
    }

    fn happen(&mut self, event: Event) {
        let mut out = Vec::new();
        self.end.handle(self.now, event, &mut out);
        for command in out {
            match command {
                Command::Send { to, bytes } => {
                    self.sent.push((to, Message::from_datagram(bytes).expect("our own")))
                }
                Command::Leg { leg, event } => self.heard.push((leg, event)),
                Command::Registrar(_)
                | Command::Registration { .. }
                | Command::AuthenticationFailed { .. } => {
                    self.told.push(command);
                }
            }
        }
    }

    /// Has `text` (lines without CR) come from 192.0.2.2:5060; gives what goes back.
    fn say(&mut self, text: &str) -> Vec<Message> {
        self.sent.clear();
        let bytes = Bytes::from(text.trim_start().replace('\n', "\r\n"));
        self.happen(Event::Datagram { peer: Peer::udp(address(0), address(1)), bytes });
        self.sent.iter().map(|(_, message)| message.clone()).collect()
    }

    /// The statuses of what goes back.
    fn statuses(&mut self, text: &str) -> Vec<u16> {
        self.say(text).iter().map(status_of).collect()
    }

    fn wish(&mut self, leg: LegId, wish: Wish) -> Vec<Message> {
        self.sent.clear();
        self.happen(Event::Wish { leg, wish });
        self.sent.iter().map(|(_, message)| message.clone()).collect()
    }

    /// Lets `ms` go by; gives what was sent.
    fn run(&mut self, ms: u64) -> Vec<Message> {
        self.sent.clear();
        let until = self.now + Duration::from_millis(ms);
        while let Some(due) = self.end.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.happen(Event::Tick);
        }
        self.now = until;
        self.sent.iter().map(|(_, message)| message.clone()).collect()
    }

    fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard).iter().map(|(_, event)| short(event)).collect()
    }
}

/// A response's status; 0 for a request.
fn status_of(message: &Message) -> u16 {
    match message {
        Message::Response(response) => response.status.code(),
        Message::Request(_) => 0,
    }
}

/// A request's method or a response's status.
fn name_of(message: &Message) -> String {
    match message {
        Message::Response(response) => response.status.code().to_string(),
        Message::Request(request) => request.method.to_string(),
    }
}

//! One pacer thread: waits for datagrams, commands and the next slot; owns the legs that live on it.
//!
//! It never takes a lock. Commands come through a ring and a waker, legs and commands from other threads through a
//! bounded channel of which this thread is the only reader. All times are absolute, so that being late once does not
//! make the next packet late.
//!
//! Two legs of a bridge share a thread: the one that is told to join leaves its thread in a parcel. The thread that it
//! left keeps a note of where it went and sends commands after it, in order, until the leg has closed.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use rand_chacha::ChaCha12Rng;
use slab::Slab;

use super::api::{LegEvent, LegId, ThreadHealth};
use super::command::{Command, Meeting, Parcel, What};
use super::io::{Direct, RtpIo};
use super::leg::Leg;
use super::rooms::Rooms;
use super::wheel::Wheel;
use crate::rtp::packet;
use crate::time::Mono;

/// The waker's token; those of sockets count up from nought.
const WAKE: Token = Token(usize::MAX);
/// Readiness events taken at once: about a millisecond of work.
const EVENTS: usize = 256;
/// Datagrams taken from one socket before the others have their turn.
const DATAGRAMS: usize = 16;
/// Commands, and parcels, taken before packets have their turn.
const COMMANDS: usize = 64;
/// From so many legs on the thread wakes on the beat of a millisecond instead of for each datagram: what comes within one is
/// read together, which costs half a millisecond on average and saves a wake-up a packet.
const CROWD: usize = 32;
/// Slots worked off before sockets have their turn: only a thread that is behind gets there.
const SLOTS: usize = 8;
/// Parcels on their way to one thread. When it is full they wait in the sender, which takes no commands meanwhile.
const PARCELS: usize = 256;
/// Largest datagram that is looked at; a longer one is cut and then fails to parse or is no speech.
const LARGEST: usize = 2_048;
/// Seconds from 1900 to 1970, between the epochs of NTP and of the system.
const NTP_EPOCH: u64 = 2_208_988_800;

/// What others may read about a thread.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pub(super) legs: AtomicUsize,
    busy_permille: AtomicU32,
    late_us: AtomicU32,
}

impl Gauges {
    pub(super) fn health(&self) -> ThreadHealth {
        ThreadHealth {
            legs: self.legs.load(Ordering::Relaxed),
            busy_permille: self.busy_permille.load(Ordering::Relaxed),
            late_us: self.late_us.load(Ordering::Relaxed),
        }
    }
}

/// The way to another thread.
#[derive(Clone, Debug)]
struct Post {
    parcels: SyncSender<Parcel>,
    waker: Arc<Waker>,
}

/// A thread's place among the others, made before any of them starts.
#[derive(Debug)]
pub(super) struct Seat {
    index: usize,
    poll: Poll,
    waker: Arc<Waker>,
    parcels: Receiver<Parcel>,
    posts: Vec<Post>,
}

impl Seat {
    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }
}

/// What a thread is given at its start.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) ip: IpAddr,
    pub(super) origin: Instant,
    pub(super) rng: ChaCha12Rng,
    pub(super) max_legs: usize,
    /// Legs open over all threads.
    pub(super) open: Arc<AtomicUsize>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) commands: rtrb::Consumer<Command>,
    /// Takes the ports of closed legs; it holds the whole range, so it is never full.
    pub(super) returned: rtrb::Producer<u16>,
}

/// Seats for `count` threads that can all send each other parcels.
pub(super) fn seats(count: usize) -> io::Result<Vec<Seat>> {
    let mut seats = Vec::with_capacity(count);
    let mut posts = Vec::with_capacity(count);
    for index in 0..count {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (parcels, arrivals) = sync_channel(PARCELS);
        posts.push(Post { parcels, waker: Arc::clone(&waker) });
        seats.push(Seat { index, poll, waker, parcels: arrivals, posts: Vec::new() });
    }
    for seat in &mut seats {
        seat.posts.clone_from(&posts);
    }
    Ok(seats)
}

/// Starts the thread of a seat.
pub(super) fn spawn(seat: Seat, setting: Setting) -> io::Result<JoinHandle<()>> {
    let name = format!("media-{}", seat.index);
    let pacer = Pacer::new(seat, setting, Direct);
    std::thread::Builder::new().name(name).spawn(move || pacer.run())
}

/// Where a leg is, as far as this thread knows.
#[derive(Clone, Copy, Debug)]
enum Place {
    Here(usize),
    /// It has moved on to that thread.
    Gone(usize),
}

struct Pacer<I> {
    index: usize,
    poll: Poll,
    parcels: Receiver<Parcel>,
    posts: Vec<Post>,
    setting: Setting,
    io: I,
    /// NTP time of the engine's origin.
    ntp_origin: u64,
    legs: Slab<Box<Leg>>,
    places: HashMap<LegId, Place>,
    rooms: Rooms,
    wheel: Wheel,
    /// The slot that is being worked off.
    due: Vec<usize>,
    /// Sockets that had more than their turn's datagrams.
    again: Vec<Token>,
    /// Parcels for threads whose channel was full.
    outbox: VecDeque<(usize, Parcel)>,
    buffer: Box<[u8; LARGEST]>,
    watch: Watch,
    is_ending: bool,
}

/// Measures the thread itself.
#[derive(Debug, Default)]
struct Watch {
    since: Mono,
    busy: Duration,
    late_us: u64,
}

impl<I: RtpIo> Pacer<I> {
    fn new(seat: Seat, setting: Setting, io: I) -> Self {
        let now = setting.origin.elapsed();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(0);
        let share = setting.max_legs / seat.posts.len().max(1) + 1;
        Self {
            index: seat.index,
            poll: seat.poll,
            parcels: seat.parcels,
            posts: seat.posts,
            io,
            ntp_origin: (NTP_EPOCH << 32).wrapping_add(ntp(wall.saturating_sub(now))),
            legs: Slab::new(),
            places: HashMap::new(),
            rooms: Rooms::default(),
            wheel: Wheel::new(now_ms, share),
            due: Vec::with_capacity(share),
            again: Vec::with_capacity(EVENTS),
            outbox: VecDeque::new(),
            buffer: Box::new([0; LARGEST]),
            watch: Watch::default(),
            is_ending: false,
            setting,
        }
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !self.is_ending {
            let timeout = self.wait_for_the_beat();
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                break; // the poll itself is broken: handles see `Busy` from here on
            }
            let woken = self.now();
            self.take_commands();
            self.take_parcels();
            for token in std::mem::take(&mut self.again) {
                self.read(token);
            }
            for event in &events {
                if event.token() != WAKE {
                    self.read(event.token());
                }
            }
            self.work_off_slots();
            self.measure(woken);
        }
        self.end();
    }

    fn now(&self) -> Mono {
        Mono::ZERO + self.setting.origin.elapsed()
    }

    fn ntp_at(&self, now: Mono) -> u64 {
        self.ntp_origin.wrapping_add(ntp(now.since(Mono::ZERO)))
    }

    /// How long to wait: for the next slot, and not at all when work was left over.
    fn timeout(&self) -> Option<Duration> {
        if !self.again.is_empty() || (self.outbox.is_empty() && !self.setting.commands.is_empty()) {
            return Some(Duration::ZERO);
        }
        if !self.outbox.is_empty() {
            return Some(Duration::from_millis(1));
        }
        let due = self.wheel.next_due()?;
        Some(Mono::from_millis(due).since(self.now()))
    }

    /// In a crowd sleeps up to the next millisecond, when slots are due, and leaves nothing to wait for in the poll.
    fn wait_for_the_beat(&self) -> Option<Duration> {
        let timeout = self.timeout();
        if self.legs.len() < CROWD || timeout.is_some_and(|it| it.is_zero()) {
            return timeout;
        }
        let beat = 1_000 - self.now().as_micros() % 1_000;
        std::thread::sleep(Duration::from_micros(beat));
        Some(Duration::ZERO)
    }

    // Commands.

    fn take_commands(&mut self) {
        for _ in 0..self.outbox.len() {
            let Some((thread, parcel)) = self.outbox.pop_front() else { break };
            self.post(thread, parcel);
        }
        for _ in 0..COMMANDS {
            if !self.outbox.is_empty() {
                return;
            }
            let Ok(command) = self.setting.commands.pop() else { return };
            self.carry_out(command);
        }
    }

    fn take_parcels(&mut self) {
        for _ in 0..COMMANDS {
            let Ok(parcel) = self.parcels.try_recv() else { return };
            // What was asked before the parcel was sent comes first: the leg that it is to meet may be among it.
            for _ in 0..COMMANDS {
                if self.setting.commands.is_empty() || !self.outbox.is_empty() {
                    break;
                }
                self.take_commands();
            }
            match parcel {
                Parcel::Leg { leg, with, meeting } => self.welcome(leg, with, meeting),
                Parcel::Command(command) => self.carry_out(command),
                Parcel::Forget(leg) => {
                    self.places.remove(&leg);
                }
            }
        }
        // There may be more, and no further waking for them.
        self.wake_myself();
    }

    fn carry_out(&mut self, command: Command) {
        match (command.what, self.places.get(&command.leg).copied()) {
            (What::ShutDown, _) => self.is_ending = true,
            (What::Open(leg), _) => {
                self.settle(leg);
            }
            (what, Some(Place::Here(place))) => self.command(place, what),
            (what, Some(Place::Gone(thread))) => {
                self.post(thread, Parcel::Command(Command { leg: command.leg, what }));
            }
            (_, None) => {} // closed, or its socket could not be watched: whoever waits for figures gets noughts
        }
    }

    fn command(&mut self, place: usize, what: What) {
        let now = self.now();
        let now_ms = now.as_micros() / 1_000;
        let Some(leg) = self.legs.get_mut(place) else { return };
        match what {
            What::Connect(connection, ear) => leg.connect(now, *connection, ear),
            What::Play(play) => {
                if let Some(due) = leg.play(now_ms, *play) {
                    leg.entered = self.wheel.enter(due, place);
                }
            }
            What::Stop => leg.outbound.stop(),
            What::SendKeys(keys, slots) => leg.outbound.send_keys(&keys, slots),
            What::Bridge { with } => self.meet(place, with, Meeting::Bridge),
            What::Join { with, voices } => self.meet(place, with, Meeting::Room(voices)),
            What::Leave => self.rooms.leave(place, leg),
            What::Unbridge => {
                self.unbridge(place, false);
            }
            What::Tap(tap) => leg.tap(tap),
            What::Source(source) => leg.outbound.source = Some(source),
            What::Close(answer) => {
                let counts = self.close(place);
                if let (Some(answer), Some(counts)) = (answer, counts) {
                    // Whoever asked may have stopped waiting.
                    let _ = answer.send(counts);
                }
            }
            What::Open(_) | What::ShutDown => {} // not for a leg that is here: `carry_out` has them
        }
    }

    // Legs that come, meet and go.

    /// Takes a leg onto this thread; its place.
    fn settle(&mut self, mut leg: Box<Leg>) -> Option<usize> {
        let now_ms = self.now().as_micros() / 1_000;
        let entry = self.legs.vacant_entry();
        let place = entry.key();
        let mut watched = register(&self.poll, &mut leg.socket, place * 2);
        if let (true, Some(socket)) = (watched, &mut leg.rtcp_socket) {
            watched = register(&self.poll, socket, place * 2 + 1);
        }
        if !watched {
            // No memory for it in the kernel: the leg ends before it began.
            self.farewell(leg);
            return None;
        }
        let due = if leg.outbound.numbers.due() > now_ms {
            leg.outbound.numbers.due()
        } else {
            self.wheel.quietest(now_ms)
        };
        leg.outbound.numbers.begin_at(due);
        leg.entered = self.wheel.enter(due, place);
        self.places.insert(leg.id, Place::Here(place));
        entry.insert(leg);
        Some(place)
    }

    /// A leg has come from another thread to meet `with`.
    fn welcome(&mut self, mut leg: Box<Leg>, with: LegId, meeting: Meeting) {
        if let Some(Place::Gone(thread)) = self.places.get(&with).copied() {
            leg.leave_trace(self.index);
            self.places.insert(leg.id, Place::Gone(thread));
            self.post(thread, Parcel::Leg { leg, with, meeting });
            return;
        }
        self.setting.gauges.legs.fetch_add(1, Ordering::Relaxed);
        if let Some(place) = self.settle(leg) {
            self.meet_here(place, with, meeting);
        }
    }

    fn meet(&mut self, place: usize, with: LegId, meeting: Meeting) {
        self.unbridge(place, true);
        if let Some(leg) = self.legs.get_mut(place) {
            self.rooms.leave(place, leg);
        }
        let elsewhere = match self.places.get(&with) {
            Some(Place::Here(_)) => None,
            Some(Place::Gone(thread)) => Some(*thread),
            None => Some(with.thread()).filter(|it| *it != self.index),
        };
        let Some(thread) = elsewhere else {
            self.meet_here(place, with, meeting);
            return;
        };
        let Some(mut leg) = self.legs.try_remove(place) else { return };
        deregister(&self.poll, &mut leg.socket);
        if let Some(socket) = &mut leg.rtcp_socket {
            deregister(&self.poll, socket);
        }
        leg.leave_trace(self.index);
        self.places.insert(leg.id, Place::Gone(thread));
        self.setting.gauges.legs.fetch_sub(1, Ordering::Relaxed);
        self.post(thread, Parcel::Leg { leg, with, meeting });
    }

    fn meet_here(&mut self, place: usize, with: LegId, meeting: Meeting) {
        match meeting {
            Meeting::Bridge => self.bridge_here(place, with),
            Meeting::Room([own, others]) => {
                let other = match self.places.get(&with) {
                    Some(Place::Here(other)) => Some(*other),
                    Some(Place::Gone(_)) | None => None,
                };
                if let Some(other) = other {
                    self.unbridge(other, true);
                    if let Some(leg) = self.legs.get_mut(other).filter(|it| it.voice.is_none()) {
                        self.rooms.enter(other, leg, others);
                    }
                }
                if let Some(leg) = self.legs.get_mut(place) {
                    self.rooms.enter(place, leg, own);
                }
            }
        }
    }

    fn bridge_here(&mut self, place: usize, with: LegId) {
        match self.places.get(&with).copied() {
            Some(Place::Here(other)) if other != place => {
                self.unbridge(other, true);
                if let Some(leg) = self.legs.get_mut(other) {
                    self.rooms.leave(other, leg);
                }
                for (one, two) in [(place, other), (other, place)] {
                    if let Some(leg) = self.legs.get_mut(one) {
                        leg.join(two);
                    }
                }
            }
            Some(Place::Here(_) | Place::Gone(_)) | None => {
                if let Some(leg) = self.legs.get_mut(place) {
                    leg.tell(LegEvent::Unbridged);
                }
            }
        }
    }

    /// Takes a bridge apart. Who was left behind is told, and so is this one when it `was_taken` into another bridge.
    fn unbridge(&mut self, place: usize, was_taken: bool) {
        let Some(leg) = self.legs.get_mut(place) else { return };
        let Some(other) = leg.bridged.take() else { return };
        leg.outbound.numbers.unmap();
        if let Some(other) = self.legs.get_mut(other) {
            other.bridged = None;
            other.outbound.numbers.unmap();
            if was_taken {
                other.tell(LegEvent::Unbridged);
            }
        }
    }

    fn close(&mut self, place: usize) -> Option<super::api::Counts> {
        self.unbridge(place, true);
        if let Some(leg) = self.legs.get_mut(place) {
            self.rooms.leave(place, leg);
        }
        let leg = self.legs.try_remove(place)?;
        Some(self.farewell(leg))
    }

    fn farewell(&mut self, mut leg: Box<Leg>) -> super::api::Counts {
        let now = self.now();
        let counts = leg.close(now, self.ntp_at(now), &mut self.io);
        self.places.remove(&leg.id);
        for thread in std::mem::take(&mut leg.trail) {
            self.post(usize::from(thread), Parcel::Forget(leg.id));
        }
        self.setting.gauges.legs.fetch_sub(1, Ordering::Relaxed);
        self.setting.open.fetch_sub(1, Ordering::Relaxed);
        let port = leg.port;
        drop(leg); // the sockets are closed before their port is free
        let returned = self.setting.returned.push(port);
        debug_assert!(returned.is_ok(), "the ring holds the whole range");
        counts
    }

    fn post(&mut self, thread: usize, parcel: Parcel) {
        let Some(post) = self.posts.get(thread).filter(|_| thread != self.index) else { return };
        match post.parcels.try_send(parcel) {
            // A thread that cannot be woken is woken by its next packet.
            Ok(()) => drop(post.waker.wake()),
            Err(TrySendError::Full(parcel)) => self.outbox.push_back((thread, parcel)),
            Err(TrySendError::Disconnected(_)) => {} // only while the engine ends
        }
    }

    fn wake_myself(&self) {
        if let Some(post) = self.posts.get(self.index) {
            drop(post.waker.wake());
        }
    }

    // Packets.

    /// Takes the datagrams of one socket, up to its turn.
    fn read(&mut self, token: Token) {
        let (place, is_rtcp_port) = (token.0 / 2, token.0 % 2 == 1);
        for _ in 0..DATAGRAMS {
            let now = self.now();
            let ntp = self.ntp_at(now);
            // An event may be older than its leg: then there is none here, or another one with nothing to read.
            let Some(leg) = self.legs.get_mut(place) else { return };
            let socket = if is_rtcp_port { leg.rtcp_socket.as_ref() } else { Some(&leg.socket) };
            let Some(socket) = socket else { return };
            let Some((length, source)) = self.io.receive(socket, self.buffer.as_mut_slice()) else {
                return;
            };
            let datagram = self.buffer.get(..length).unwrap_or_default();
            if is_rtcp_port || packet::is_rtcp(datagram) {
                leg.receive_report(now, ntp, source, datagram);
                continue;
            }
            let onward = leg.receive(now, source, datagram);
            if let Some(other) = leg.bridged
                && let Some(other) = self.legs.get_mut(other)
            {
                other.forward(now, onward, &mut self.io);
            }
        }
        self.again.push(token);
    }

    /// Sends what is due.
    fn work_off_slots(&mut self) {
        let mut due = std::mem::take(&mut self.due);
        for _ in 0..SLOTS {
            let now = self.now();
            let Some(at) = self.wheel.take(now.as_micros() / 1_000, &mut due) else { break };
            self.watch.late_us = self.watch.late_us.max(now.as_micros().saturating_sub(at * 1_000));
            for place in due.drain(..) {
                self.tick(now, at, place);
            }
            self.io.flush();
        }
        self.due = due;
    }

    fn tick(&mut self, now: Mono, at: u64, place: usize) {
        let ntp = self.ntp_at(now);
        self.rooms.mix(place, &mut self.legs);
        let Some(leg) = self.legs.get_mut(place).filter(|it| it.entered == at) else { return };
        leg.tick(now, &mut self.io);
        leg.listen(now);
        leg.tell_backlog();
        if leg.connection.is_some() && leg.reports.is_due(now, &mut self.setting.rng) {
            if leg.wants_rtcp_socket() {
                leg.rtcp_socket = open_rtcp(&self.poll, self.setting.ip, leg.port, place);
            }
            leg.report(now, ntp, &mut self.io);
        }
        leg.entered = self.wheel.enter(leg.outbound.numbers.due(), place);
    }

    /// Once a second tells how this thread fares.
    fn measure(&mut self, woken: Mono) {
        let now = self.now();
        self.watch.busy += now.since(woken);
        let passed = now.since(self.watch.since);
        if passed < Duration::from_secs(1) {
            return;
        }
        let permille = self.watch.busy.as_micros() * 1_000 / passed.as_micros().max(1);
        let gauges = &self.setting.gauges;
        gauges.busy_permille.store(u32::try_from(permille).unwrap_or(u32::MAX), Ordering::Relaxed);
        gauges
            .late_us
            .store(u32::try_from(self.watch.late_us).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.watch = Watch { since: now, busy: Duration::ZERO, late_us: 0 };
    }

    fn end(&mut self) {
        let places: Vec<usize> = self.legs.iter().map(|(place, _)| place).collect();
        for place in places {
            self.close(place);
        }
    }
}

/// A duration in NTP's units, 2^-32 s.
fn ntp(time: Duration) -> u64 {
    (time.as_secs() << 32) + ((u64::from(time.subsec_nanos()) << 32) / 1_000_000_000)
}

fn register(poll: &Poll, socket: &mut UdpSocket, token: usize) -> bool {
    poll.registry().register(socket, Token(token), Interest::READABLE).is_ok()
}

fn deregister(poll: &Poll, socket: &mut UdpSocket) {
    // It was registered here, so the only error would be a bug of ours; the leg goes on without.
    let done = poll.registry().deregister(socket);
    debug_assert!(done.is_ok(), "{done:?}");
}

/// The socket for reports of their own, on the port above RTP's; `None` when somebody else holds that.
fn open_rtcp(poll: &Poll, ip: IpAddr, port: u16, place: usize) -> Option<UdpSocket> {
    let mut socket = UdpSocket::bind(SocketAddr::new(ip, port.checked_add(1)?)).ok()?;
    register(poll, &mut socket, place * 2 + 1).then_some(socket)
}

//! The callers: one thread that places calls, sends and reads their packets, presses keys and hangs up.
//!
//! Callers are spread over the 20 slots of a millisecond each. A packet's arrival is timed when it is read, which is as
//! exact as this thread is prompt: what is read after it was held up is not judged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use hotline::rtp::events::Report;
use hotline::rtp::packet::{self, Header};
use hotline::secret::Key;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

use crate::figures::Figures;
use crate::house;
use crate::message::{self, Dialog, Heard};

const SLOT: Duration = Duration::from_millis(1);
const SLOTS: usize = 20;
/// A wait that took so much longer than asked for means that this thread was held up.
const HELD_UP: Duration = Duration::from_millis(1);
/// Packets between two keys: 5 s.
const KEY_EVERY: u32 = 250;
/// Packets of one key: 100 ms, and its end three times (RFC 4733 2.5.1.4).
const KEY_PACKETS: u32 = 8;
/// SIP's T1: when a request is sent again.
const REPEAT: Duration = Duration::from_millis(500);
/// A caller who was refused tries again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
const SIP: Token = Token(usize::MAX);

/// How callers behave.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    /// How long a call lasts from its answer. A caller's first call is between a sixth of that and all of it, so that the
    /// ends are spread.
    pub(crate) length: Duration,
    /// Whether they talk at all; those who do not hang up at once and call again.
    pub(crate) talk: bool,
}

enum State {
    Idle,
    Calling { since: Instant },
    Talking,
    Ending,
}

struct Caller {
    socket: UdpSocket,
    at: SocketAddr,
    /// Where the server's media is.
    media: Option<SocketAddr>,
    state: State,
    call: u32,
    tag: String,
    contact: String,
    sequence: u16,
    packets: u32,
    last: Option<Last>,
    key: Option<Instant>,
    /// The prompt that was heard last.
    prompt: u8,
    missed: u32,
}

struct Last {
    sequence: u16,
    /// `None` when it was read late.
    at: Option<Instant>,
}

/// What is to be done about a caller, and when.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Call,
    Repeat(u32),
    HangUp(u32),
}

/// All callers.
pub(crate) struct Callers {
    poll: Poll,
    sip: UdpSocket,
    sip_at: SocketAddr,
    server: SocketAddr,
    habits: Habits,
    callers: Vec<Caller>,
    due: BinaryHeap<Reverse<(Instant, usize, Due)>>,
    next_slot: (Instant, usize),
    text: String,
    prompts: [u8; 2],
    pub(crate) figures: Figures,
}

impl Callers {
    pub(crate) fn new(server: SocketAddr, habits: Habits) -> Self {
        let poll = Poll::new().unwrap();
        let (mut sip, sip_at) = socket(4 << 20);
        poll.registry().register(&mut sip, SIP, Interest::READABLE).unwrap();
        Self {
            poll,
            sip,
            sip_at,
            server,
            habits,
            callers: Vec::new(),
            due: BinaryHeap::new(),
            next_slot: (Instant::now(), 0),
            text: String::new(),
            prompts: house::bytes(),
            figures: Figures::default(),
        }
    }

    /// Where their media sockets are.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.callers.iter().map(|it| it.at).collect()
    }

    /// Adds callers until there are `count`, who begin to call within `ramp`, evenly spread.
    pub(crate) fn grow(&mut self, count: usize, ramp: Duration) {
        let (first, now) = (self.callers.len(), Instant::now());
        for index in first..count {
            let (mut socket, at) = socket(0);
            self.poll.registry().register(&mut socket, Token(index), Interest::READABLE).unwrap();
            self.callers.push(Caller::new(socket, at));
            let share = (index - first) as f64 / (count - first) as f64;
            self.due.push(Reverse((now + ramp.mul_f64(share), index, Due::Call)));
        }
    }

    /// Adds callers whose sockets are open, but who do not call.
    pub(crate) fn open(&mut self, count: usize) {
        self.grow(count, Duration::ZERO);
        self.due.clear();
    }

    /// Has the callers talk to these addresses without having called.
    pub(crate) fn connect(&mut self, to: &[SocketAddr]) {
        for (caller, to) in self.callers.iter_mut().zip(to) {
            caller.media = Some(*to);
            caller.state = State::Talking;
        }
    }

    /// Lets them call for `length`; the figures begin anew.
    pub(crate) fn run(&mut self, length: Duration) -> Figures {
        self.figures = Figures::default();
        let end = Instant::now() + length;
        self.next_slot.0 = Instant::now();
        let mut events = Events::with_capacity(1_024);
        loop {
            let now = Instant::now();
            if now >= end {
                return std::mem::take(&mut self.figures);
            }
            while self.next_slot.0 <= now {
                self.send_slot();
            }
            self.work_off(now);
            let before = Instant::now();
            let timeout = self.next_slot.0.saturating_duration_since(before);
            match self.poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                polled => polled.unwrap(),
            }
            // The kernel may round a wait up by a millisecond.
            let is_prompt = now.elapsed() < timeout + SLOT + HELD_UP;
            for event in &events {
                match event.token() {
                    SIP => self.read_sip(),
                    Token(index) => self.read_media(index, is_prompt),
                }
            }
        }
    }

    // Packets.

    fn send_slot(&mut self) {
        let Self { callers, next_slot: (due, slot), figures, .. } = self;
        let now = Instant::now();
        for index in (*slot..callers.len()).step_by(SLOTS) {
            if self.habits.talk {
                callers[index].send(now, index, figures);
            }
        }
        *due += SLOT;
        *slot = (*slot + 1) % SLOTS;
    }

    fn read_media(&mut self, index: usize, is_prompt: bool) {
        let caller = &mut self.callers[index];
        let mut buffer = [0; 2_048];
        while let Ok((length, from)) = caller.socket.recv_from(&mut buffer) {
            // What is still under way from the call before is nobody's.
            if caller.media == Some(from) {
                caller.hear(&buffer[..length], is_prompt, self.prompts, &mut self.figures);
            }
        }
    }

    // Calls.

    fn work_off(&mut self, now: Instant) {
        while self.due.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, index, due))) = self.due.pop() else { return };
            let caller = &mut self.callers[index];
            match due {
                Due::Call => {
                    caller.begin(Instant::now());
                    self.request(index);
                }
                Due::Repeat(call) if call == caller.call => {
                    if matches!(caller.state, State::Calling { .. } | State::Ending) {
                        self.figures.repeated += 1;
                        self.request(index);
                    }
                }
                Due::HangUp(call) if call == caller.call => self.end(index),
                Due::Repeat(_) | Due::HangUp(_) => {}
            }
        }
    }

    /// Sends what this caller's state asks for, and again if nothing comes back.
    fn request(&mut self, index: usize) {
        let caller = &self.callers[index];
        let dialog = self.dialog(caller, index);
        let mut text = std::mem::take(&mut self.text);
        match caller.state {
            State::Calling { .. } => dialog.invite(caller.at, &mut text),
            State::Talking => dialog.ack(&mut text),
            State::Ending => dialog.bye(&mut text),
            State::Idle => return,
        }
        // What is lost is sent again.
        let _ = self.sip.send_to(text.as_bytes(), self.server);
        self.text = text;
        if !matches!(caller.state, State::Talking) {
            self.due.push(Reverse((Instant::now() + REPEAT, index, Due::Repeat(caller.call))));
        }
    }

    fn dialog<'a>(&self, caller: &'a Caller, index: usize) -> Dialog<'a> {
        Dialog {
            to: self.server,
            from: self.sip_at,
            caller: index,
            call: caller.call,
            tag: &caller.tag,
            contact: &caller.contact,
        }
    }

    fn end(&mut self, index: usize) {
        if matches!(self.callers[index].state, State::Talking) {
            self.callers[index].state = State::Ending;
            self.request(index);
        }
    }

    /// The call is over; the next one is placed in a while.
    fn over(&mut self, index: usize, pause: Duration) {
        let caller = &mut self.callers[index];
        caller.state = State::Idle;
        caller.media = None;
        self.figures.unheard +=
            u64::from(caller.key.take().is_some_and(|it| it.elapsed() > Duration::from_secs(1)));
        if self.habits.length < Duration::MAX {
            self.due.push(Reverse((Instant::now() + pause, index, Due::Call)));
        }
    }

    fn read_sip(&mut self) {
        let mut buffer = [0; 4_096];
        while let Ok((length, _)) = self.sip.recv_from(&mut buffer) {
            let now = Instant::now();
            match message::read(std::str::from_utf8(&buffer[..length]).unwrap_or_default()) {
                Some(Heard::Bye { caller, call, answer }) => {
                    let _ = self.sip.send_to(answer.as_bytes(), self.server);
                    if self
                        .callers
                        .get(caller)
                        .is_some_and(|it| it.call == call && matches!(it.state, State::Talking))
                    {
                        self.figures.failed += 1; // nobody here waits to be hung up on
                        self.over(caller, TRY_AGAIN);
                    }
                }
                Some(Heard::Answer { caller, call, status, is_invite, tag, contact, audio })
                    if status >= 200
                        && self.callers.get(caller).is_some_and(|it| it.call == call) =>
                {
                    self.answered(now, caller, status, is_invite, (tag, contact, audio));
                }
                Some(Heard::Answer { .. }) | None => {}
            }
        }
    }

    fn answered(
        &mut self,
        now: Instant,
        index: usize,
        status: u16,
        is_invite: bool,
        rest: (&str, &str, Option<u16>),
    ) {
        let (tag, contact, audio) = rest;
        let caller = &mut self.callers[index];
        match (&caller.state, is_invite) {
            (State::Calling { since }, true) if status < 300 => {
                self.figures.answers.push(now - *since);
                caller.tag = tag.to_owned();
                caller.contact = contact.to_owned();
                caller.media = audio.map(|port| (self.server.ip(), port).into());
                caller.state = State::Talking;
                let call = caller.call;
                self.request(index);
                if !self.habits.talk {
                    return self.end(index);
                }
                let share = if call == 1 {
                    1.0 / 6.0 + 5.0 / 6.0 * (index * 7 % 100) as f64 / 100.0
                } else {
                    1.0
                };
                if self.habits.length < Duration::MAX {
                    let end = now + self.habits.length.mul_f64(share);
                    self.due.push(Reverse((end, index, Due::HangUp(call))));
                }
            }
            (State::Calling { .. }, true) => {
                match status {
                    503 => self.figures.refused += 1,
                    _ => self.figures.failed += 1,
                }
                caller.tag = tag.to_owned();
                let (caller, mut text) = (&self.callers[index], std::mem::take(&mut self.text));
                self.dialog(caller, index).ack(&mut text);
                // The ACK of a refusal is part of the INVITE's transaction: the same branch (RFC 3261 17.1.1.3).
                let text_of = text.replacen("z9hG4bKACK", "z9hG4bKINVITE", 1);
                let _ = self.sip.send_to(text_of.as_bytes(), self.server);
                self.text = text;
                self.over(index, TRY_AGAIN);
            }
            // Our ACK was lost.
            (State::Talking, true) => self.request(index),
            (State::Ending, false) => {
                self.figures.done += 1;
                let pause =
                    if self.habits.talk { Duration::from_millis(100) } else { Duration::ZERO };
                self.over(index, pause);
            }
            (State::Ending | State::Idle, true)
            | (State::Idle | State::Calling { .. } | State::Talking, false) => {}
        }
    }
}

impl Caller {
    const fn new(socket: UdpSocket, at: SocketAddr) -> Self {
        Self {
            socket,
            at,
            media: None,
            state: State::Idle,
            call: 0,
            tag: String::new(),
            contact: String::new(),
            sequence: 0,
            packets: 0,
            last: None,
            key: None,
            prompt: 0,
            missed: 0,
        }
    }

    fn begin(&mut self, now: Instant) {
        self.call += 1;
        self.tag.clear();
        self.contact.clear();
        (self.packets, self.last, self.key, self.prompt, self.missed) = (0, None, None, 0, 0);
        self.state = State::Calling { since: now };
    }

    fn send(&mut self, now: Instant, index: usize, figures: &mut Figures) {
        let (State::Talking, Some(to)) = (&self.state, self.media) else { return };
        // Callers press at different times.
        let phase = (self.packets + index as u32 * 37) % KEY_EVERY;
        let is_key = phase < KEY_PACKETS && self.packets >= KEY_PACKETS + phase;
        let timestamp = (self.packets - if is_key { phase } else { 0 }) * 160;
        let header = Header {
            payload_type: if is_key { 101 } else { 8 },
            marker: is_key && phase == 0,
            sequence: self.sequence,
            timestamp,
            ssrc: (index as u32) << 12 | self.call & 0xfff,
        };
        let mut datagram = [0xd5; 172];
        datagram[..12].copy_from_slice(&header.to_bytes());
        let length = if is_key {
            let end = phase + 3 >= KEY_PACKETS;
            let duration = (phase.min(KEY_PACKETS - 3) as u16 + 1) * 160;
            let report = Report { key: Key::from_event(1).unwrap(), end, volume: 10, duration };
            datagram[12..16].copy_from_slice(&report.to_bytes());
            if phase == 0 {
                figures.unheard += u64::from(self.key.replace(now).is_some());
            }
            16
        } else {
            172
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        figures.sent += 1;
        // What is not taken is lost, and the other side's reports tell.
        let _ = self.socket.send_to(&datagram[..length], to);
    }

    fn hear(&mut self, datagram: &[u8], is_prompt: bool, prompts: [u8; 2], figures: &mut Figures) {
        let now = Instant::now();
        if packet::is_rtcp(datagram) {
            return self.read_report(datagram, figures);
        }
        let Ok(packet) = packet::parse(datagram) else { return };
        figures.received += 1;
        let first = packet.payload.first().copied().unwrap_or(0);
        let is_other =
            prompts.contains(&first) && first != std::mem::replace(&mut self.prompt, first);
        let sequence = packet.header.sequence;
        let last = self.last.replace(Last { sequence, at: is_prompt.then_some(now) });
        let Some(last) = last else { return };
        let skipped = sequence.wrapping_sub(last.sequence).wrapping_sub(1);
        figures.lost += u64::from(if skipped < 1 << 15 { skipped } else { 0 }); // else it came twice, or late
        if is_other && let Some(pressed) = self.key.take() {
            // The first packet of a prompt that answers a key leaves at once, not in the rhythm: it is timed by itself.
            figures.keys.push(now - pressed);
            return;
        }
        match (last.at, is_prompt) {
            (Some(before), true) => {
                figures.gaps += 1;
                figures.even += u64::from((15_000..=25_000).contains(&(now - before).as_micros()));
            }
            (None, _) | (_, false) => figures.unjudged += 1,
        }
    }

    /// Cumulative loss stands in the first report block, after the sender's part if there is one (RFC 3550 6.4).
    fn read_report(&mut self, datagram: &[u8], figures: &mut Figures) {
        let block = match datagram {
            [first, 200, ..] if first & 0x1f > 0 => 28,
            [first, 201, ..] if first & 0x1f > 0 => 8,
            _ => return,
        };
        let Some([_, high, middle, low]) = datagram.get(block + 4..block + 8) else { return };
        let missed = u32::from_be_bytes([0, *high, *middle, *low]);
        // Negative when packets came twice.
        if missed < 1 << 23 && missed > self.missed {
            figures.missed += u64::from(missed - self.missed);
            self.missed = missed;
        }
    }
}

fn socket(receive_buffer: usize) -> (UdpSocket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    if receive_buffer > 0 {
        // Less than asked for will do.
        let _ = socket.set_recv_buffer_size(receive_buffer);
    }
    socket.set_nonblocking(true).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let socket = std::net::UdpSocket::from(socket);
    let at = socket.local_addr().unwrap();
    (UdpSocket::from_std(socket), at)
}

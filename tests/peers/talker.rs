//! RTP under full control: what SIPp signals is said and heard here, packet by packet.
//!
//! The socket learns where to send from the first packet that comes. Every 20 ms it sends one packet, of silence where
//! there is nothing else; sequence numbers and timestamps run on as RFC 3550 wants.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hotline::audio::Codec;
use hotline::rtp::events::Report;
use hotline::rtp::packet::{self, Header};
use hotline::secret::Key;

use super::wait;

/// One party's RTP.
pub struct Talker {
    socket: Arc<UdpSocket>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// The payload type of events in our SDP.
const EVENTS: u8 = 101;
/// Samples in a packet.
const FRAME: usize = 160;

#[derive(Default)]
struct Shared {
    /// What is sent next.
    queue: Mutex<VecDeque<Outgoing>>,
    heard: Mutex<Vec<Incoming>>,
    remote: Mutex<Option<SocketAddr>>,
    over: AtomicBool,
}

enum Outgoing {
    /// One frame of A-law.
    Sound(Vec<u8>),
    /// A report of an event; the first of an event has the marker.
    Event { report: Report, is_first: bool },
    /// Nothing goes out though it should: lost on the way.
    Lost,
}

/// One packet that came.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// When.
    pub at: Instant,
    /// Its head.
    pub header: Header,
    payload: Vec<u8>,
}

impl Talker {
    /// A socket of its own, talking as soon as it knows whom to.
    pub fn start() -> Self {
        let socket = Arc::new(UdpSocket::bind(("127.0.0.1", 0)).unwrap());
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let shared = Arc::new(Shared::default());
        let spawn = |work: fn(&UdpSocket, &Shared)| {
            let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
            thread::spawn(move || work(&socket, &shared))
        };
        let threads = vec![spawn(listen), spawn(talk)];
        Self { socket, shared, threads }
    }

    /// For SDP.
    pub fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// Where the packets come from, once one has come.
    #[track_caller]
    pub fn remote(&self) -> SocketAddr {
        wait("the first RTP packet", || *self.shared.remote.lock().unwrap())
    }

    /// Presses `keys` as RFC 4733 events, each 100 ms long.
    pub fn press(&self, keys: &str) {
        self.press_events(keys, true);
    }

    /// Presses `keys` as events whose end packets are all lost.
    pub fn press_without_ends(&self, keys: &str) {
        self.press_events(keys, false);
    }

    fn press_events(&self, keys: &str, ends: bool) {
        let mut queue = self.shared.queue.lock().unwrap();
        for key in keys.chars() {
            let key = Key::from_symbol(key).unwrap();
            let report = |duration, end| Report { key, end, volume: 10, duration };
            for count in 1_u16..=5 {
                let report = report(count * 160, false);
                queue.push_back(Outgoing::Event { report, is_first: count == 1 });
            }
            for _ in 0..3 {
                let end = Outgoing::Event { report: report(800, true), is_first: false };
                queue.push_back(if ends { end } else { Outgoing::Lost });
            }
            queue.extend((0..5).map(|_| Outgoing::Sound(silence())));
        }
    }

    /// Presses `keys` as tones in the voice band (ITU-T Q.23), 80 ms each with 80 ms between.
    pub fn press_in_band(&self, keys: &str) {
        let mut samples = Vec::new();
        for key in keys.chars() {
            let (low, high) = frequencies(key);
            for at in 0..640 {
                let phase = |hertz: f64| f64::from(at) * hertz * std::f64::consts::TAU / 8_000.0;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "two sines at a fifth of full level"
                )]
                samples.push(((phase(low).sin() + phase(high).sin()) * 6_500.0) as i16);
            }
            samples.extend([0; 640]);
        }
        self.say(&samples);
    }

    /// Says `samples`, 8 kHz.
    pub fn say(&self, samples: &[i16]) {
        let frames =
            samples.chunks_exact(FRAME).map(|it| Outgoing::Sound(Codec::Pcma.encode_to_vec(it)));
        self.shared.queue.lock().unwrap().extend(frames);
    }

    /// Waits until everything to be said has gone out.
    #[track_caller]
    pub fn wait_said(&self) {
        wait("everything is said", || self.shared.queue.lock().unwrap().is_empty().then_some(()));
    }

    /// Every packet that came so far.
    pub fn packets(&self) -> Vec<Incoming> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// What was heard so far, each packet at the place that its timestamp gives it.
    pub fn heard(&self) -> Vec<i16> {
        let packets = self.packets();
        let Some(first) = packets.first() else { return Vec::new() };
        let mut sound = Vec::new();
        for Incoming { header, payload, .. } in &packets {
            let codec = match header.payload_type {
                0 => Codec::Pcmu,
                8 => Codec::Pcma,
                _ => continue,
            };
            let place =
                usize::try_from(header.timestamp.wrapping_sub(first.header.timestamp)).unwrap();
            assert!(place < 8_000 * 600, "a timestamp that leaps: {header:?}");
            let samples = codec.decode_to_vec(payload);
            sound.resize(sound.len().max(place + samples.len()), 0);
            sound[place..place + samples.len()].copy_from_slice(&samples);
        }
        sound
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // it has nothing to say that the test has not seen
        }
    }
}

fn listen(socket: &UdpSocket, shared: &Shared) {
    let mut buffer = [0; 1_500];
    while !shared.over.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let Ok(packet) = packet::parse(&buffer[..length]) else { continue };
        shared.remote.lock().unwrap().get_or_insert(from);
        let incoming = Incoming {
            at: Instant::now(),
            header: packet.header,
            payload: packet.payload.to_vec(),
        };
        shared.heard.lock().unwrap().push(incoming);
    }
}

fn talk(socket: &UdpSocket, shared: &Shared) {
    let (mut sequence, mut timestamp, mut event_began) = (1_000_u16, 8_000_u32, 0);
    let mut due = Instant::now();
    while !shared.over.load(Ordering::Relaxed) {
        due += Duration::from_millis(20);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let Some(remote) = *shared.remote.lock().unwrap() else { continue };
        let next = shared.queue.lock().unwrap().pop_front();
        let (payload_type, marker, at, payload) = match next {
            None => (8, false, timestamp, silence()),
            Some(Outgoing::Sound(payload)) => (8, false, timestamp, payload),
            Some(Outgoing::Event { report, is_first }) => {
                event_began = if is_first { timestamp } else { event_began };
                (EVENTS, is_first, event_began, report.to_bytes().to_vec())
            }
            Some(Outgoing::Lost) => {
                sequence = sequence.wrapping_add(1);
                timestamp = timestamp.wrapping_add(160);
                continue;
            }
        };
        let header = Header { payload_type, marker, sequence, timestamp: at, ssrc: 0x7e57_0001 };
        // A port that closes when the call ends refuses; the test sees what was heard and not what was refused.
        let _ = socket.send_to(&[&header.to_bytes()[..], &payload].concat(), remote);
        sequence = sequence.wrapping_add(1);
        timestamp = timestamp.wrapping_add(160);
    }
}

fn silence() -> Vec<u8> {
    vec![0xd5; FRAME] // A-law for nothing
}

fn frequencies(key: char) -> (f64, f64) {
    let place = "123A456B789C*0#D".find(key).unwrap();
    ([697.0, 770.0, 852.0, 941.0][place / 4], [1_209.0, 1_336.0, 1_477.0, 1_633.0][place % 4])
}

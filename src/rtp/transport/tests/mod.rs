//! The engine against peers with real sockets on the loopback interface. Everything waits for what must come, with a
//! time-out; nothing sleeps, and nothing is said about timing, which a loaded machine does not keep.

mod bridges;
mod keys;
mod prompts;
mod rooms;
mod trust;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::*;
use crate::audio::{Clip, Codec, FRAME, Playlist};
use crate::rtp::events::Report;
use crate::rtp::packet::{self, Header};
use crate::secret::Key;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// The payload type of events on both sides.
const EVENTS: u8 = 101;

/// An engine and the channel that all its legs tell their events to.
struct Stage {
    media: Media,
    events: mpsc::Sender<FromLeg>,
    told: mpsc::Receiver<FromLeg>,
}

impl Stage {
    fn with_threads(threads: usize) -> Self {
        Self::with_room_for(8, threads)
    }

    fn with_room_for(max_legs: u16, threads: usize) -> Self {
        // Below the ports that the system gives to peers; other processes run other tests at the same time, so that each
        // begins elsewhere.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let ports = 5 * max_legs;
        let begin = 1_200 + u16::try_from(std::process::id() % 80).unwrap() * 100;
        let first = begin + NEXT.fetch_add(ports, Ordering::Relaxed);
        let config = MediaConfig {
            ip: "127.0.0.1".parse().unwrap(),
            ports: first..=first + ports - 1,
            threads,
            max_legs: max_legs.into(),
            origin: Instant::now(),
            seed: [7; 32],
        };
        let (events, told) = mpsc::channel(64);
        Self { media: Media::start(&config).unwrap(), events, told }
    }

    fn new() -> Self {
        Self::with_threads(1)
    }

    /// A leg that is connected to `peer`.
    fn leg(&self, peer: &Peer) -> Leg {
        self.leg_with(peer, LegSettings::default())
    }

    fn leg_with(&self, peer: &Peer, settings: LegSettings) -> Leg {
        let leg = self.media.open(settings, self.events.clone()).unwrap();
        leg.connect(peer.connection()).unwrap();
        leg
    }

    /// The next event that `wanted` takes; others are passed over.
    async fn told<T>(&mut self, mut wanted: impl FnMut(LegId, LegEvent) -> Option<T>) -> T {
        let wait = async {
            loop {
                let FromLeg { leg, event } = self.told.recv().await.unwrap();
                if let Some(found) = wanted(leg, event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the event comes")
    }

    async fn key(&mut self) -> (Key, Option<Stopped>) {
        self.told(|_, event| {
            if let LegEvent::Key { key, stopped, .. } = event { Some((key, stopped)) } else { None }
        })
        .await
    }

    async fn finished(&mut self) -> PlayId {
        self.told(|_, event| if let LegEvent::PlayFinished(id) = event { Some(id) } else { None })
            .await
    }

    async fn latched(&mut self, leg: &Leg) -> SocketAddr {
        let id = leg.id();
        self.told(|from, event| {
            if let LegEvent::Latched { source, .. } = event { Some(source) } else { None }
                .filter(|_| from == id)
        })
        .await
    }
}

/// The other end: a socket, and the numbers of the stream that it sends.
struct Peer {
    socket: UdpSocket,
    codec: Codec,
    /// Of its audio, both ways.
    payload_type: u8,
    events: Option<u8>,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl Peer {
    fn new(codec: Codec) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            codec,
            payload_type: codec.payload_type(),
            events: Some(EVENTS),
            ssrc: 77,
            sequence: 65_530,
            timestamp: u32::MAX - 500,
        }
    }

    fn addr(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    fn connection(&self) -> Connection {
        Connection {
            rtp: self.addr(),
            rtcp: None,
            rtcp_mux: true,
            codec: self.codec,
            send_payload_type: self.payload_type,
            receive_payload_type: self.payload_type,
            events_in: self.events,
            events_out: self.events,
            direction: Direction::Both,
        }
    }

    /// Sends 20 ms of audio.
    fn say(&mut self, leg: &Leg, payload: &[u8]) {
        self.send(leg, self.payload_type, false, self.timestamp, payload);
        self.timestamp = self.timestamp.wrapping_add(160);
    }

    /// Sends one packet of a key that began at `timestamp`.
    fn press(&mut self, leg: &Leg, symbol: char, timestamp: u32, duration: u16, end: bool) {
        let report = Report { key: key(symbol), end, volume: 10, duration };
        self.send(leg, EVENTS, duration <= 160, timestamp, &report.to_bytes());
    }

    fn send(&mut self, leg: &Leg, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) {
        let header =
            Header { payload_type, marker, sequence: self.sequence, timestamp, ssrc: self.ssrc };
        self.sequence = self.sequence.wrapping_add(1);
        let mut datagram = header.to_bytes().to_vec();
        datagram.extend_from_slice(payload);
        self.socket.send_to(&datagram, leg.rtp()).unwrap();
    }

    /// The next datagram, with where it came from.
    fn datagram(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2_048];
        let (length, source) = self.socket.recv_from(&mut buffer).expect("a packet comes");
        (buffer[..length].to_vec(), source)
    }

    /// The next RTP packet.
    fn hear(&self) -> (Header, Vec<u8>) {
        loop {
            let (datagram, _) = self.datagram();
            if !packet::is_rtcp(&datagram) {
                let packet = packet::parse(&datagram).unwrap();
                return (packet.header, packet.payload.to_vec());
            }
        }
    }

    /// The first packet that `wanted` takes; at most ten seconds of others are passed over.
    fn hear_until(&self, wanted: impl Fn(&Header, &[u8]) -> bool) -> (Header, Vec<u8>) {
        (0..500)
            .map(|_| self.hear())
            .find(|(header, payload)| wanted(header, payload))
            .expect("it is heard")
    }

    /// `count` packets in a row.
    fn hear_many(&self, count: usize) -> Vec<(Header, Vec<u8>)> {
        (0..count).map(|_| self.hear()).collect()
    }
}

fn key(symbol: char) -> Key {
    Key::from_symbol(symbol).unwrap()
}

/// A recording whose samples all differ from silence and, frame by frame, from each other.
fn recording(frames: i16) -> Arc<Clip> {
    let samples: Vec<i16> = (0..frames).flat_map(|frame| [1_000 + 200 * frame; FRAME]).collect();
    Arc::new(Clip::from_samples(&samples))
}

fn play(id: u64, clip: &Arc<Clip>) -> Play {
    let playlist = Playlist::of(Arc::clone(clip));
    Play { id: PlayId(id), playlist, looped: false, stop_on: Keys::NONE, at_once: false }
}

/// One stream: the same SSRC, sequence numbers without a hole, timestamps that only go forward.
#[track_caller]
fn assert_one_stream<'a>(headers: impl IntoIterator<Item = &'a Header>) {
    let headers: Vec<&Header> = headers.into_iter().collect();
    for pair in headers.windows(2) {
        assert_eq!(pair[0].ssrc, pair[1].ssrc);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "{pair:?}");
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) < 1 << 31, "{pair:?}");
    }
}

//! One party: its sockets, whom it trusts, what it sends and hears. Lives on one pacer thread at a time.

use std::collections::VecDeque;
use std::net::SocketAddr;

use mio::net::UdpSocket;
use rand_chacha::rand_core::Rng;
use smallvec::SmallVec;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::api::{Connection, Counts, FromLeg, LegEvent, LegId, LegSettings, Play, Stopped};
use super::io::RtpIo;
use super::listen::{Ear, Tap};
use super::receiving::Inbound;
use super::reporting::Reports;
use super::rooms::Voice;
use super::sending::Outbound;
use crate::rtp::latch::Latch;
use crate::rtp::rtcp::Cname;
use crate::secret::Key;
use crate::time::Mono;

/// Events kept for a listener that is behind.
const BACKLOG: usize = 32;

/// The random numbers that a stream begins with (RFC 3550 5.1, 8.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) cname: Cname,
}

impl Beginning {
    pub(super) fn random(rng: &mut impl Rng) -> Self {
        let mut cname = [0; 16];
        rng.fill_bytes(&mut cname);
        // 64 of its bits in letters that any reader takes (RFC 7022 4.2 asks for at least 96 bits in base 64; four bits
        // a letter make 64, and the SSRC beside it is as random).
        cname = cname.map(|it| *b"abcdefghijklmnop".get(usize::from(it % 16)).unwrap_or(&b'a'));
        let (ssrc, sequence, timestamp) =
            (rng.next_u32(), rng.next_u32().to_le_bytes(), rng.next_u32());
        let [low, high, ..] = sequence;
        Self { ssrc, sequence: u16::from_le_bytes([low, high]), timestamp, cname }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    /// The RTP port; RTCP's is the next.
    pub(super) port: u16,
    pub(super) socket: UdpSocket,
    /// Opened by the pacer with the first report that does not share the RTP port.
    pub(super) rtcp_socket: Option<UdpSocket>,
    pub(super) settings: LegSettings,
    pub(super) connection: Option<Connection>,
    pub(super) latch: Latch,
    pub(super) outbound: Outbound,
    pub(super) inbound: Inbound,
    pub(super) reports: Reports,
    pub(super) counts: Counts,
    /// Place of the leg that it is bridged with, on the same thread.
    pub(super) bridged: Option<usize>,
    /// Its part in a room.
    pub(super) voice: Option<Box<Voice>>,
    /// The wheel's slot that its present entry is in: any other entry is out of date.
    pub(super) entered: u64,
    /// Threads that it has lived on and that still know where it went.
    pub(super) trail: SmallVec<[u8; 8]>,
    events: mpsc::Sender<FromLeg>,
    backlog: VecDeque<LegEvent>,
}

impl Leg {
    pub(super) fn new(
        id: LegId,
        port: u16,
        socket: UdpSocket,
        settings: LegSettings,
        beginning: Beginning,
        events: mpsc::Sender<FromLeg>,
    ) -> Self {
        Self {
            id,
            port,
            socket,
            rtcp_socket: None,
            settings,
            connection: None,
            latch: Latch::new(None),
            outbound: Outbound::new(&beginning),
            inbound: Inbound::new(settings.events_in),
            reports: Reports::new(beginning.cname),
            counts: Counts::default(),
            bridged: None,
            voice: None,
            entered: 0,
            trail: SmallVec::new(),
            events,
            backlog: VecDeque::new(),
        }
    }

    /// Where its media goes, once it is connected.
    pub(super) fn destination(&self) -> Option<SocketAddr> {
        self.latch.destination().filter(|it| !it.ip().is_unspecified() && it.port() != 0)
    }

    /// Takes what offer and answer have settled.
    pub(super) fn connect(&mut self, now: Mono, connection: Connection, ear: Option<Box<Ear>>) {
        // 0.0.0.0 is hold as RFC 2543 had it: nothing is sent there, and nobody is latched to it.
        let rtp = Some(connection.rtp).filter(|it| !it.ip().is_unspecified());
        if rtp.is_some() {
            self.latch.signal(rtp);
        }
        self.inbound.connect(now, &connection, ear);
        self.connection = Some(connection);
    }

    /// It is bridged with the leg at that place from now on.
    pub(super) fn join(&mut self, other: usize) {
        self.bridged = Some(other);
        self.outbound.numbers.unmap();
        self.inbound.begin_bridge();
    }

    /// Starts to play at time `now_ms`; the new due time if the first packet is to leave before its slot.
    pub(super) fn play(&mut self, now_ms: u64, play: Play) -> Option<u64> {
        let at_once = play.at_once && self.bridged.is_none();
        self.outbound.play(play);
        if at_once { self.outbound.numbers.bring_forward(now_ms) } else { None }
    }

    /// A key went down: silences what plays if it may, and tells.
    pub(super) fn key_down(&mut self, now: Mono, key: Key) {
        self.counts.keys = self.counts.keys.wrapping_add(1);
        let stopped = self.outbound.stop_by(key).map(|(id, played_ms)| Stopped { id, played_ms });
        self.tell(LegEvent::Key { key, at: now, stopped });
    }

    /// The thread of that index, at most 255, will have to be told when the leg has closed.
    pub(super) fn leave_trace(&mut self, thread: usize) {
        if let Ok(thread) = u8::try_from(thread)
            && !self.trail.contains(&thread)
        {
            self.trail.push(thread);
        }
    }

    pub(super) fn tap(&mut self, tap: Box<Tap>) {
        self.inbound.tap = Some(tap);
    }

    /// Tells an event without ever waiting; see [`LegEvent`] for what happens when the channel is full.
    pub(super) fn tell(&mut self, event: LegEvent) {
        self.tell_backlog();
        let must_arrive =
            matches!(event, LegEvent::Key { .. } | LegEvent::PlayFinished(_) | LegEvent::Unbridged);
        let is_told = self.backlog.is_empty() && self.offer(event).is_ok();
        if !is_told && must_arrive && self.backlog.len() < BACKLOG {
            self.backlog.push_back(event);
        }
    }

    /// Offers again what could not be told.
    pub(super) fn tell_backlog(&mut self) {
        while let Some(event) = self.backlog.front().copied() {
            if self.offer(event).is_err() {
                return;
            }
            self.backlog.pop_front();
        }
    }

    /// `Err` when the channel is full. One without a receiver takes everything: nobody listens.
    fn offer(&self, event: LegEvent) -> Result<(), ()> {
        match self.events.try_send(FromLeg { leg: self.id, event }) {
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(_)) => Err(()),
        }
    }

    /// Says goodbye and gives the final figures.
    pub(super) fn close(&mut self, now: Mono, ntp: u64, io: &mut impl RtpIo) -> Counts {
        self.say_goodbye(now, ntp, io);
        self.counts.reception = self.inbound.stream.figures();
        self.tell(LegEvent::Closed(self.counts));
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_small() {
        assert!(size_of::<Leg>() <= 1_536, "{} bytes", size_of::<Leg>());
    }
}

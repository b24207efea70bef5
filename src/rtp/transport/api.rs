//! What can be asked of the media engine and what it tells: plain values, without a socket or a thread.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::audio::Codec;
use crate::audio::playlist::Playlist;
use crate::rtp::Reception;
use crate::secret::Key;
use crate::time::Mono;

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// The address that all sockets are bound to.
    pub ip: IpAddr,
    /// Ports for RTP (even) and RTCP (the odd one above), taken in turn and used again as late as possible.
    pub ports: RangeInclusive<u16>,
    /// Pacer threads; 0 for one a core.
    pub threads: usize,
    /// Legs open at a time, over all threads; one more is refused with [`MediaError::Full`].
    pub max_legs: usize,
    /// What `Mono::ZERO` stands for.
    pub origin: Instant,
    /// For SSRCs, first sequence numbers, first timestamps and report intervals; from the system's generator.
    pub seed: [u8; 32],
}

/// Which leg; never used again within one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(u64);

impl LegId {
    /// As many threads can be told apart.
    pub(super) const THREADS: usize = 256;

    pub(super) const fn new(number: u64, thread: usize) -> Self {
        Self(number << 8 | (thread % Self::THREADS) as u64)
    }

    /// The thread that it was opened on; the leg may live elsewhere since.
    pub(super) const fn thread(self) -> usize {
        (self.0 % Self::THREADS as u64) as usize
    }
}

/// A leg before its peer is known.
#[derive(Clone, Copy, Debug)]
pub struct LegSettings {
    /// Payload type under which our SDP takes RFC 4733 events, usually 101; `None` when it offers none.
    pub events_in: Option<u8>,
    /// Send silence when nothing plays, so that NAT bindings and the peer's idea of a live call stay. Default: yes.
    pub fill_silence: bool,
    /// Tell [`LegEvent::RtpLost`] after so long without a packet.
    pub rtp_lost_after: Duration,
    /// A leg that this one is likely to be bridged with: they then share a thread from the start.
    pub near: Option<LegId>,
}

impl Default for LegSettings {
    fn default() -> Self {
        Self {
            events_in: Some(101),
            fill_silence: true,
            rtp_lost_after: Duration::from_secs(10),
            near: None,
        }
    }
}

/// Which way audio flows, as negotiated and seen from here (RFC 3264 8.4). Keys are taken in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `sendrecv`
    Both,
    /// `sendonly`: the peer listens.
    SendOnly,
    /// `recvonly`: the peer has put us on hold with its own music, or is muted to us.
    ReceiveOnly,
    /// `inactive`
    Inactive,
}

impl Direction {
    pub(super) const fn sends(self) -> bool {
        matches!(self, Self::Both | Self::SendOnly)
    }

    pub(super) const fn receives(self) -> bool {
        matches!(self, Self::Both | Self::ReceiveOnly)
    }
}

/// What offer and answer have settled; given again after each re-INVITE or UPDATE.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// Where the peer's SDP wants its RTP; its packets' true source wins over it once they come.
    pub rtp: SocketAddr,
    /// Where it wants RTCP, from `a=rtcp`; `None`: the port above `rtp`.
    pub rtcp: Option<SocketAddr>,
    /// RTCP shares the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// What we send and take. The other G.711 law is understood as well, under its static payload type.
    pub codec: Codec,
    /// Payload type of `codec` towards the peer, from its SDP: 0 or 8, or a dynamic one, 96..=127.
    pub send_payload_type: u8,
    /// Payload type of `codec` towards us, from our SDP. The static ones are understood in any case.
    pub receive_payload_type: u8,
    /// Payload type of events towards us, from our SDP.
    pub events_in: Option<u8>,
    /// Payload type of events towards the peer, from its SDP. `None`: it knows none, so keys are listened for in its
    /// voice and sent as tones.
    pub events_out: Option<u8>,
    /// Which way audio flows.
    pub direction: Direction,
}

/// The caller's own name for something that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId(pub u64);

/// Something to play. It replaces what plays at the very next packet; what was replaced is not reported.
#[derive(Clone, Debug)]
pub struct Play {
    /// Comes back in [`LegEvent::PlayFinished`] and [`Stopped`].
    pub id: PlayId,
    /// Encoded already; playing it copies bytes.
    pub playlist: Playlist,
    /// Begin again at its end, without ever finishing: hold music.
    pub looped: bool,
    /// Keys that silence it by themselves, at their first packet, without asking anybody.
    pub stop_on: Keys,
    /// Send the first packet now instead of at the leg's next slot, at most 20 ms away. The 20 ms rhythm starts anew
    /// from there and is led back to the media clock by 2 ms a packet, so that a peer's buffer does not grow; timestamps
    /// and sequence numbers run on and the first packet bears the marker.
    pub at_once: bool,
}

/// A set of keys.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Keys(u16);

impl Keys {
    /// No key.
    pub const NONE: Self = Self(0);
    /// Each of the sixteen.
    pub const ANY: Self = Self(u16::MAX);

    /// This set and `key`.
    #[must_use]
    pub const fn with(self, key: Key) -> Self {
        Self(self.0 | 1 << key.event())
    }

    /// Whether `key` is in it.
    #[must_use]
    pub const fn contains(self, key: Key) -> bool {
        self.0 & 1 << key.event() != 0
    }
}

impl FromIterator<Key> for Keys {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        keys.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Prints how many keys, not which.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({} of 16)", self.0.count_ones())
    }
}

/// An event with the leg that it is from: one channel may serve all legs of a call.
#[derive(Clone, Debug)]
pub struct FromLeg {
    /// Whose event.
    pub leg: LegId,
    /// What happened.
    pub event: LegEvent,
}

/// What happened on a leg.
///
/// The channel is never waited for. While it is full, keys and the ends of plays are kept in the leg, 32 at most, and
/// offered again every 20 ms, in order; the other events are dropped. A listener would have to sleep through 32 keys
/// for one to be lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LegEvent {
    /// The first packet of the peer has come; from now on media is exchanged with this source only.
    /// Comes again when a re-INVITE moves the peer.
    Latched {
        /// Where its packets come from.
        source: SocketAddr,
        /// When the packet was read.
        at: Mono,
    },
    /// A key went down: at the first packet seen of it, or in the voice where the peer has no events.
    Key {
        /// Which one.
        key: Key,
        /// When its packet was read.
        at: Mono,
        /// What it silenced.
        stopped: Option<Stopped>,
    },
    /// A playlist has been sent to its end.
    PlayFinished(PlayId),
    /// Nothing has come from the peer for [`LegSettings::rtp_lost_after`].
    RtpLost {
        /// When the last packet came, or the leg was connected.
        since: Mono,
    },
    /// Packets come again.
    RtpBack,
    /// The peer's RTCP report about what it hears of us.
    Report {
        /// Its figures.
        reception: Reception,
        /// Round trip time, once it has answered one of our reports.
        round_trip: Option<Duration>,
    },
    /// The peer's RTCP said goodbye: a hint, the dialog decides.
    Goodbye,
    /// The leg that it was bridged with is gone or was bridged elsewhere.
    Unbridged,
    /// Closed; nothing comes after it. [`Leg::close`](super::Leg::close) returns the same counts.
    Closed(Counts),
}

/// What a key has silenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What was played.
    pub id: PlayId,
    /// How much of it was sent, in milliseconds; rounds of a loop add up.
    pub played_ms: u32,
}

/// A leg's figures over its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// RTP packets sent.
    pub sent: u32,
    /// Bytes of RTP payload sent.
    pub sent_bytes: u64,
    /// RTP packets taken from the peer.
    pub received: u32,
    /// Bytes of RTP payload received.
    pub received_bytes: u64,
    /// Loss and jitter of what came, as in our reports.
    pub reception: Reception,
    /// Packets that came after a newer one, or twice.
    pub reordered: u32,
    /// Packets of ours that left more than 5 ms after their time, or not at all.
    pub late: u32,
    /// Sends that the system refused.
    pub failed: u32,
    /// Packets of the peer that came before it could be told from a stranger, and were dropped: media that overtook its
    /// SDP, and the first packets from behind a NAT.
    pub early: u32,
    /// Valid packets from somebody who is not the peer.
    pub foreign: u32,
    /// Datagrams that are no RTP or RTCP, or of a payload type that was not negotiated.
    pub junk: u32,
    /// Keys heard.
    pub keys: u32,
    /// Last round trip time from RTCP.
    pub round_trip: Option<Duration>,
}

/// How a pacer thread fares; renewed each second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadHealth {
    /// Legs on it now.
    pub legs: usize,
    /// Part of the last second that it worked, in thousandths.
    pub busy_permille: u32,
    /// The latest that a packet left after its time in the last second, in microseconds. Beyond 2,000 there is
    /// no room for more legs.
    pub late_us: u32,
}

/// Why the engine cannot do it.
#[derive(Debug, Error)]
pub enum MediaError {
    /// The limit of legs is reached: answer 503.
    #[error("all {0} legs are in use")]
    Full(usize),
    /// No port of the range can be bound: answer 503.
    #[error("no port pair of {first}-{last} is free on {ip}")]
    NoPort {
        /// Where.
        ip: IpAddr,
        /// First of the range.
        first: u16,
        /// Last of the range.
        last: u16,
    },
    /// A range without one even port that has an odd one above it.
    #[error("port range {first}-{last} holds no pair of an even and the next odd port")]
    NoPair {
        /// First of the range.
        first: u16,
        /// Last of the range.
        last: u16,
    },
    /// The thread does not take commands: it is stuck or has ended.
    #[error("media thread does not take commands")]
    Busy,
    /// A socket, a poll or a thread cannot be made.
    #[error("media engine cannot be set up: {0}")]
    System(#[from] std::io::Error),
}

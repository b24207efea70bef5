//! What two descriptions come to: all that media needs, and nothing of SDP.

use std::net::SocketAddr;

/// A codec that can be negotiated.
///
/// G.722 and Opus come in here: their clock rates and payload types stand in the tables below, and the matches will
/// not compile until they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 A-law, RTP payload type 8 (RFC 3551 6).
    Pcma,
    /// G.711 µ-law, RTP payload type 0 (RFC 3551 6).
    Pcmu,
}

impl Codec {
    /// Every codec, the one we would rather have first.
    pub const ALL: [Self; 2] = [Self::Pcma, Self::Pcmu];

    /// Encoding name as in `a=rtpmap`; case does not matter (RFC 4855 3).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// RTP timestamp units a second.
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Pcma | Self::Pcmu => 8_000,
        }
    }

    /// The payload type under which we offer it.
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }
}

/// Which way audio flows, seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `sendrecv`
    Both,
    /// `sendonly`: the peer listens. What we offer to put a peer on hold with music.
    SendOnly,
    /// `recvonly`: the peer has put us on hold.
    ReceiveOnly,
    /// `inactive`
    Inactive,
}

impl Direction {
    /// Whether we send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::Both | Self::SendOnly)
    }

    /// Whether we receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::Both | Self::ReceiveOnly)
    }

    /// The same, seen from the other end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::of(self.sends() && other.sends(), self.receives() && other.receives())
    }

    pub(super) const fn attribute(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::Both,
            (true, false) => Self::SendOnly,
            (false, true) => Self::ReceiveOnly,
            (false, false) => Self::Inactive,
        }
    }
}

/// RFC 4733 events that the peer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Under which payload type, 0..=127.
    pub payload_type: u8,
    /// Bit n is set when it takes event n, 0..=15: digits, `*`, `#`, A to D.
    pub keys: u16,
}

/// The audio of a call as both sides have agreed on it; settled anew by each offer and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaDescription {
    /// Where our RTP goes. While the peer is on hold in the old way this is 0.0.0.0, and `direction` does not send.
    pub remote: SocketAddr,
    /// Where our RTCP goes: the same with rtcp-mux, what `a=rtcp` says (RFC 3605), or one port above.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the port of RTP, on both sides (RFC 5761).
    pub rtcp_mux: bool,
    /// What is spoken, both ways.
    pub codec: Codec,
    /// Its payload type in the packets we send, 0..=127.
    pub send_payload_type: u8,
    /// Its payload type in the packets we receive, 0..=127.
    pub receive_payload_type: u8,
    /// The events we may send; `None` where the peer takes none.
    pub send_events: Option<TelephoneEvent>,
    /// The payload type of events towards us, 0..=127; `None` where none were agreed on.
    pub receive_events: Option<u8>,
    /// Which way audio flows, seen from here.
    pub direction: Direction,
    /// Milliseconds of audio that the peer wants in a packet, 1..=200; 20 where it says nothing.
    pub ptime_ms: u8,
}

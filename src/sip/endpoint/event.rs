//! What can happen to the endpoint: the network, and what the calls want.

use std::time::Duration;

use bytes::Bytes;

use crate::secret::Secret;
use crate::sip::message::{Malformed, Message, Uri};
use crate::sip::peer::Peer;

/// One event. The time comes beside it. `Debug` shows no bytes that came: they hold proofs and keys.
pub enum Event {
    /// A whole UDP datagram.
    Datagram {
        /// Between whom.
        peer: Peer,
        /// As it came: a message, a keep-alive or junk.
        bytes: Bytes,
    },
    /// One message, framed, from a stream.
    Message {
        /// Between whom; `connection` is set.
        peer: Peer,
        /// As [`Framer::next`](crate::sip::message::Framer::next) gave it.
        message: Result<Message, Malformed>,
    },
    /// A stream is open, theirs or ours.
    Opened {
        /// Between whom; `connection` is set.
        peer: Peer,
    },
    /// A stream is closed.
    Lost {
        /// Between whom; `connection` is set.
        peer: Peer,
    },
    /// Something could not be sent to `to` (ICMP, a refused connection, a full queue).
    Unreachable {
        /// As it stood in the command.
        to: Peer,
    },
    /// A call wants something of its leg. A wish that does not fit the leg's state is ignored and counted.
    Wish {
        /// Which leg. For [`Wish::Call`], one that the caller of the endpoint made with [`LegId::outgoing`].
        leg: LegId,
        /// What.
        wish: Wish,
    },
    /// Register our own phone somewhere, and keep it registered until [`Event::Unregister`].
    Register {
        /// The asker's own number for it; a second one with the same number replaces the first.
        id: u32,
        /// Where and as whom.
        registration: Box<Registration>,
    },
    /// Take the registration back.
    Unregister {
        /// As given to [`Event::Register`].
        id: u32,
    },
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Datagram { peer, bytes } => {
                write!(f, "Datagram({} bytes from {})", bytes.len(), peer.remote)
            }
            Self::Message { peer, .. } => write!(f, "Message(from {})", peer.remote),
            Self::Opened { peer } => write!(f, "Opened({})", peer.remote),
            Self::Lost { peer } => write!(f, "Lost({})", peer.remote),
            Self::Unreachable { to } => write!(f, "Unreachable({})", to.remote),
            Self::Wish { leg, wish } => write!(f, "Wish({leg:?}, {wish:?})"),
            Self::Register { id, .. } => write!(f, "Register({id})"),
            Self::Unregister { id } => write!(f, "Unregister({id})"),
            Self::Tick => f.write_str("Tick"),
        }
    }
}

/// One party's connection. Never used twice by one endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(u64);

impl LegId {
    const OUTGOING: u64 = 1 << 63;

    /// A leg that is to be called; `number` is counted by whoever places the calls, 0..=2^63-1.
    #[must_use]
    pub const fn outgoing(number: u64) -> Self {
        Self(number | Self::OUTGOING)
    }

    /// A leg that called us; counted by the endpoint.
    pub(crate) const fn incoming(number: u64) -> Self {
        Self(number & !Self::OUTGOING)
    }

    /// Whether we called.
    #[must_use]
    pub const fn is_outgoing(self) -> bool {
        self.0 & Self::OUTGOING != 0
    }
}

/// `in-7`, `out-7`.
impl std::fmt::Debug for LegId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way = if self.is_outgoing() { "out" } else { "in" };
        write!(f, "{way}-{}", self.0 & !Self::OUTGOING)
    }
}

/// One header line of the asker's own: name and value. A value with control characters is left out.
pub type ExtraHeader = (String, String);

/// What a call wants of a leg.
#[derive(Debug, Clone)]
pub enum Wish {
    /// Tell the caller to wait: 180, or 183 with an SDP.
    Progress {
        /// 101..=199.
        status: u16,
        /// Our answer or nothing. Sent unreliably (no RFC 3262): the 200 repeats it.
        sdp: Option<Bytes>,
        /// Further header lines.
        headers: Vec<ExtraHeader>,
    },
    /// Take the incoming call.
    Answer {
        /// Our answer; our offer, if the INVITE had none.
        sdp: Bytes,
        /// Further header lines.
        headers: Vec<ExtraHeader>,
    },
    /// Refuse the incoming call.
    Reject {
        /// 300..=699.
        status: u16,
        /// Further header lines (Retry-After, Contact of a 302, ...).
        headers: Vec<ExtraHeader>,
    },
    /// Refuse the incoming call with 401 and a digest challenge. Whoever knows a password calls again, and that
    /// leg's [`IncomingCall`](super::IncomingCall) says who it is.
    Challenge,
    /// Call out.
    Call(Box<OutgoingCall>),
    /// Our answer to an offer that came in a 200 (the INVITE had no SDP); it goes out in the ACK.
    Acknowledge {
        /// Our answer.
        sdp: Bytes,
    },
    /// End the leg, whatever its state: CANCEL, refusal (603, or 480 without a reason) or BYE.
    HangUp {
        /// Value of a Reason header (RFC 3326), such as `Q.850;cause=16`.
        reason: Option<String>,
        /// Further header lines.
        headers: Vec<ExtraHeader>,
    },
    /// Offer a new session to the peer. Waits while another exchange is under way; of two that wait, the newer counts.
    Offer {
        /// Our offer.
        sdp: Bytes,
        /// Re-INVITE, or UPDATE where the peer allows it.
        by: OfferBy,
    },
    /// Our answer to [`LegEvent::Offered`](super::LegEvent::Offered), our offer after `OfferWanted`.
    AnswerOffer {
        /// The SDP.
        sdp: Bytes,
    },
    /// Refuse the peer's offer; the session stays as it was.
    RejectOffer {
        /// 488 as a rule.
        status: u16,
    },
    /// Send INFO (RFC 6086 2). Its outcome is not told.
    Info {
        /// Such as `application/dtmf-relay`.
        content_type: String,
        /// The body; may hold a key, so it never prints.
        body: Secret<Bytes>,
    },
    /// Ask the peer to call someone else (RFC 3515).
    Refer {
        /// Refer-To, with Replaces (RFC 3891) and others among the URI's headers if wanted.
        target: Box<Uri>,
        /// Value of Referred-By.
        referred_by: Option<String>,
        /// Further header lines.
        headers: Vec<ExtraHeader>,
    },
    /// Accept (202) or refuse (such as 603) what [`LegEvent::Refer`](super::LegEvent::Refer) asked for.
    AnswerRefer {
        /// 202, or 400..=699.
        status: u16,
    },
    /// Tell the peer how the call that it asked for is going (NOTIFY with a sipfrag). A final status ends it.
    NotifyRefer {
        /// 100..=699.
        status: u16,
    },
}

/// How an offer travels within a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferBy {
    /// Re-INVITE (RFC 3261 14): any peer understands it.
    Invite,
    /// UPDATE (RFC 3311): answered at once; a re-INVITE if the peer's Allow does not name it.
    Update,
}

/// Everything that calling out takes.
#[derive(Debug, Clone)]
pub struct OutgoingCall {
    /// The Request-URI. `To` is the same unless `to` is given.
    pub target: Uri,
    /// `To`'s URI, where it differs.
    pub to: Option<Uri>,
    /// `From`'s URI.
    pub from: Uri,
    /// `From`'s display name.
    pub from_display: Option<String>,
    /// Where the INVITE goes: an outbound proxy, a registered phone's own path, an address looked up. Without it the
    /// target's host must be an IP address.
    pub peer: Option<Peer>,
    /// Preloaded Route set (outbound proxy, a registration's Path), first hop first.
    pub routes: Vec<Uri>,
    /// For 401 and 407.
    pub credentials: Option<Login>,
    /// User-to-User, Call-Info, Referred-By, P-Asserted-Identity, ...
    pub headers: Vec<ExtraHeader>,
    /// Our offer; without it the peer offers in its 200.
    pub sdp: Option<Bytes>,
    /// How long it may ring before we cancel: 1 s and more.
    pub ring_for: Duration,
    /// Hops that it may take; 70 for a call of its own, one less than the other's for a call made for another's sake
    /// (RFC 3261 8.1.1.6, RFC 7092). Zero is refused with 483: two switches were calling each other.
    pub max_forwards: u8,
}

/// Who we are, for a peer that challenges us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The digest's username.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}

/// A registration that we keep at somebody's registrar.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The registrar: the Request-URI, without a user part.
    pub registrar: Uri,
    /// The address of record to register.
    pub aor: Uri,
    /// The user part of our Contact, so that calls can be told apart.
    pub contact_user: String,
    /// Where to send it; without it the registrar's host must be an IP address.
    pub peer: Option<Peer>,
    /// For 401 and 407.
    pub credentials: Option<Login>,
    /// What we ask for; the registrar decides. 60 s to 1 h make sense.
    pub expires: Duration,
}

//! What the endpoint wants done: bytes to send, and news for the calls.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::event::LegId;
use crate::secret::Key;
use crate::sip::message::{NameAddr, Uri};
use crate::sip::peer::Peer;
use crate::sip::registrar::Binding;

/// One thing to do. They are carried out in order. `Debug` shows no bytes that are sent: they hold proofs and keys.
pub enum Command {
    /// Send these bytes; on a stream without a connection, open one first.
    Send {
        /// To whom.
        to: Peer,
        /// One whole message.
        bytes: Bytes,
    },
    /// News of a leg.
    Leg {
        /// Which.
        leg: LegId,
        /// What.
        event: LegEvent,
    },
    /// News of our registrar.
    Registrar(RegistrarEvent),
    /// News of a registration that we keep elsewhere.
    Registration {
        /// As given to [`Event::Register`](super::Event::Register).
        id: u32,
        /// What.
        event: RegistrationEvent,
    },
    /// Somebody failed to prove who they are.
    AuthenticationFailed {
        /// The user that was claimed, known here or not; at most 64 bytes of it.
        user: String,
        /// From where.
        source: SocketAddr,
        /// Failures in a row from there for that user, this one included.
        failures: u32,
        /// Whether they are now refused unheard for a while.
        locked_out: bool,
    },
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { to, bytes } => write!(f, "Send({} bytes to {})", bytes.len(), to.remote),
            Self::Leg { leg, event } => write!(f, "Leg({leg:?}, {event:?})"),
            Self::Registrar(event) => write!(f, "Registrar({event:?})"),
            Self::Registration { id, event } => write!(f, "Registration({id}, {event:?})"),
            Self::AuthenticationFailed { source, failures, locked_out, .. } => {
                write!(f, "AuthenticationFailed({source}, {failures}, locked out: {locked_out})")
            }
        }
    }
}

/// What happened to a leg. Every leg ends with exactly one of `Ended` and `Failed`, and then `Gone`.
#[derive(Debug, Clone)]
pub enum LegEvent {
    /// Somebody calls. Nothing but 100 is sent before the first wish.
    Incoming(Box<IncomingCall>),
    /// The called party rings, or something plays on the way.
    Progress {
        /// 101..=199.
        status: u16,
        /// An early answer to our offer. Forks may send several that differ.
        sdp: Option<Bytes>,
    },
    /// The called party answered.
    Answered {
        /// Its answer; its offer, if we made none: [`Wish::Acknowledge`](super::Wish::Acknowledge) is then due.
        sdp: Option<Bytes>,
        /// Whether `sdp` is an offer.
        is_offer: bool,
        /// Who answered, where the peer says (P-Asserted-Identity, else the Contact).
        by: Option<Box<Uri>>,
    },
    /// The peer acknowledged our 200: the call is up, or the re-INVITE is done with.
    Acknowledged {
        /// The answer to an offer that we made in the 200.
        sdp: Option<Bytes>,
    },
    /// The peer offers another session (hold, a new address, other codecs). Answer or reject it.
    Offered {
        /// The offer.
        sdp: Bytes,
    },
    /// The peer wants an offer from us (re-INVITE without SDP). Answer or reject it.
    OfferWanted,
    /// The peer took back what it offered or wanted before we answered (CANCEL, or the call is over).
    OfferWithdrawn,
    /// The peer answered our [`Wish::Offer`](super::Wish::Offer).
    OfferAnswered {
        /// The answer.
        sdp: Bytes,
    },
    /// The peer refused our offer; the session stays as it was.
    OfferRefused {
        /// 300..=699; 408 where nothing came back.
        status: u16,
    },
    /// A key by SIP INFO.
    Key {
        /// Which.
        key: Key,
        /// How long it was held; 250 ms where the peer does not say.
        duration: Duration,
    },
    /// The peer asks us to call someone else (RFC 3515). [`Wish::AnswerRefer`](super::Wish::AnswerRefer) is due.
    Refer(Box<ReferRequest>),
    /// How the call that we asked the peer for is going.
    ReferProgress {
        /// 100..=699, from the sipfrag; the refusal's own status where the peer refused the REFER.
        status: u16,
        /// Whether this is the last word on it.
        is_final: bool,
    },
    /// An established or answered call ended.
    Ended(Ending),
    /// A call did not come about.
    Failed(Failure),
    /// Nothing more comes from this leg; its number is free to forget.
    Gone,
}

/// All that a call needs to know about who calls. `Debug` shows what finds the call in a log, and nothing that the caller
/// or another system told us about themselves.
#[derive(Clone)]
pub struct IncomingCall {
    /// What was dialled: the Request-URI.
    pub dialled: Uri,
    /// Who says they call.
    pub from: NameAddr,
    /// Whom they say they call.
    pub to: NameAddr,
    /// Who calls, as the peer's network vouches (RFC 3325): worth as much as the peer is trusted.
    pub asserted: Option<NameAddr>,
    /// The Call-ID, for finding the call in others' logs.
    pub call_id: String,
    /// The offer; without it our 200 makes one.
    pub offer: Option<Bytes>,
    /// Where from, as the network shows it.
    pub peer: Peer,
    /// The account whose password the caller knows, if any: see [`Wish::Challenge`](super::Wish::Challenge).
    pub authenticated: Option<String>,
    /// User-to-User (RFC 7433), the value as it came.
    pub user_to_user: Option<String>,
    /// Call-Info, the value as it came.
    pub call_info: Option<String>,
    /// Referred-By (RFC 3892), the value as it came.
    pub referred_by: Option<String>,
    /// Replaces (RFC 3891): the leg that this call is to take the place of, if it is one of ours.
    pub replaces: Option<LegId>,
    /// Diversion or History-Info, the first value as it came.
    pub diversion: Option<String>,
    /// How many hops the call may still take: what calls made for its sake start with, less one.
    pub max_forwards: u8,
}

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingCall")
            .field("dialled", &self.dialled)
            .field("call_id", &self.call_id)
            .field("peer", &self.peer)
            .field("authenticated", &self.authenticated)
            .finish_non_exhaustive()
    }
}

/// A REFER that came.
#[derive(Debug, Clone)]
pub struct ReferRequest {
    /// Whom to call, without the URI's headers.
    pub target: Uri,
    /// Replaces among the URI's headers, unescaped: an attended transfer.
    pub replaces: Option<String>,
    /// The leg that `replaces` names, if it is one of ours.
    pub replaces_leg: Option<LegId>,
    /// The URI's other headers, unescaped: they are to be put into the INVITE (RFC 3261 19.1.5).
    pub headers: Vec<(String, String)>,
    /// Referred-By, the value as it came.
    pub referred_by: Option<String>,
}

/// How a call that was up ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// By whom.
    pub by: EndedBy,
    /// The Reason header's value, where one came.
    pub reason: Option<String>,
}

/// Who or what ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// Our own [`Wish::HangUp`](super::Wish::HangUp).
    Us,
    /// Their BYE.
    Them,
    /// They never acknowledged our 200 within 64 × T1.
    NoAck,
    /// A request within the call was answered with 408 or 481, or not at all: the other end is not there any more.
    Vanished,
    /// An offer in the 200 that nobody answered within 64 × T1.
    NoAnswerToOffer,
}

/// Why a call did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub why: FailedBy,
    /// The final answer, ours or theirs; 408 where there was none.
    pub status: u16,
    /// Retry-After, where one came.
    pub retry_after: Option<Duration>,
    /// The Reason header's value, where one came.
    pub reason: Option<String>,
    /// Where the peer points instead (3xx), first choice first; at most 8.
    pub contacts: Vec<Uri>,
}

/// Who or what kept a call from coming about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedBy {
    /// The called party, or a proxy on the way.
    Refused,
    /// The caller gave up (CANCEL), or we did with [`Wish::HangUp`](super::Wish::HangUp) before an answer.
    Cancelled,
    /// It rang for too long.
    RangOut,
    /// Nothing came back at all, or the network could not take it.
    Unreachable,
    /// We refused it ourselves: [`Wish::Reject`](super::Wish::Reject), or a table is full.
    Us,
    /// The wish to call could not be carried out: no address to send to, or no credentials for a challenge.
    Impossible,
}

/// A change in the registrar's table.
#[derive(Debug, Clone)]
pub enum RegistrarEvent {
    /// A phone registered, or refreshed its registration.
    Registered {
        /// The address of record's user part.
        user: String,
        /// Where it is.
        binding: Binding,
        /// Whether this address was not there before.
        is_new: bool,
    },
    /// A phone took its registration back, or another one replaced it.
    Unregistered {
        /// The address of record's user part.
        user: String,
        /// Where it was.
        contact: Uri,
    },
    /// A phone did not come back in time.
    Expired {
        /// The address of record's user part.
        user: String,
        /// Where it was.
        contact: Uri,
    },
}

/// How our own registration fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationEvent {
    /// It stands, and will be refreshed in time.
    Registered {
        /// What the registrar granted.
        expires: Duration,
    },
    /// It does not stand. Tried again after `retry_in`, unless that is `None`: then asking again is no use.
    Failed {
        /// The registrar's answer; 408 where there was none.
        status: u16,
        /// When we try again.
        retry_in: Option<Duration>,
    },
    /// Taken back: nothing more comes.
    Gone,
}

//! What can happen to the legs of a call, and what has to be done about it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::call;
use crate::queue::{self, AgentId};
use crate::sdp::MediaDescription;
use crate::sip;
use crate::sip::endpoint::{ExtraHeader, LegEvent, Wish};
use crate::sip::message::Uri;

/// Somebody whom this call has called: an agent's phone, a number outside. Counts from 1, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(pub u32);

/// One leg of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// Whoever called us.
    Caller,
    /// Whom we called.
    Party(PartyId),
}

/// Where our end of a leg's media is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaAddress {
    /// For RTP.
    pub rtp: SocketAddr,
    /// For RTCP.
    pub rtcp: SocketAddr,
}

/// Whom to call, before anybody has looked up where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// An agent of the configuration.
    Agent(AgentId),
    /// A number or SIP URI that a flow names.
    Address(Arc<str>),
    /// The target of a REFER.
    Referred(Uri),
}

/// Where a destination is, found and allowed.
#[derive(Debug, Clone)]
pub struct Route {
    /// The Request-URI.
    pub target: Uri,
    /// Where the INVITE goes; without it where the target's host says.
    pub peer: Option<sip::Peer>,
    /// The agent who answers there, if it is one.
    pub agent: Option<call::Agent>,
}

/// What the caller hears while nobody talks to them and no prompt plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Hold music.
    Music,
    /// The tone of a phone that rings far away.
    Ringing,
    /// Nothing.
    Silence,
}

/// What can happen to the legs.
#[derive(Debug, Clone)]
pub enum Event {
    /// The caller's INVITE came; without an offer our 200 makes one.
    Incoming(Option<Bytes>),
    /// The endpoint says something of a leg.
    Sip(Leg, LegEvent),
    /// Sockets were opened for a leg.
    MediaOpened(Leg, MediaAddress),
    /// None could be.
    MediaFailed(Leg),
    /// Nothing comes from a leg any more that should be sending.
    MediaLost(Leg),
    /// It comes again.
    MediaBack(Leg),
    /// The interpreter wants something: `Answer`, `Enqueue`, `LeaveQueue`, `Transfer`, `CancelTransfer`, `Conference`,
    /// `LeaveConference`, `HangUp`, `End`.
    /// Its other commands are not about legs and are passed over.
    Interpreter(call::Command),
    /// The dispatcher wants something for this caller: `Offer`, `CancelOffer`, `Connect`, `Announce`, `Outcome`. Its other
    /// commands are passed over.
    Dispatcher(queue::Command),
    /// Where a party is; `None` if it is unknown, not reachable or not allowed.
    Routed(PartyId, Option<Box<Route>>),
    /// The flow could not go on: wait for a person in this queue, or be hung up.
    LastResort(Option<queue::QueueName>),
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Debug, Clone)]
pub enum Command {
    /// Tell the endpoint what a leg wants.
    Sip(Leg, Wish),
    /// Look up where a party is; answered by [`Event::Routed`].
    Route(PartyId, Destination),
    /// Open sockets for a leg; answered by [`Event::MediaOpened`] or [`Event::MediaFailed`].
    OpenMedia(Leg),
    /// Offer and answer are settled: send and take media so.
    ConnectMedia(Leg, MediaDescription),
    /// Close a leg's sockets.
    CloseMedia(Leg),
    /// Call a party, with the caller's context.
    Dial {
        /// Whom.
        party: PartyId,
        /// Where.
        route: Box<Route>,
        /// Our offer.
        sdp: Bytes,
        /// How long it may ring.
        ring_for: Duration,
        /// What a REFER wants in the INVITE: Replaces, Referred-By.
        headers: Vec<ExtraHeader>,
    },
    /// Let caller and party hear each other. What plays to the caller goes on, before what the party says, until
    /// something ends it.
    Bridge(PartyId),
    /// Part them again.
    Unbridge,
    /// Let a party hear the caller and all others who joined, and be heard by them.
    Join(PartyId),
    /// Take the caller out of that again.
    Leave,
    /// Let the caller hear something else than a prompt.
    Hear(Sound),
    /// Tell the interpreter.
    Interpreter(call::Event),
    /// Tell the dispatcher.
    Dispatcher(queue::Event),
    /// All legs are over. Comes exactly once, last.
    Done,
}

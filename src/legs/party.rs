//! Somebody whom this call has called, from the wish to call them until their leg is gone.

use std::time::Duration;

use bytes::Bytes;

use super::events::PartyId;
use crate::call::{Agent, Ticket, TransferEvent};
use crate::queue::OfferId;
use crate::sdp;
use crate::sip::endpoint::{ExtraHeader, FailedBy, Failure};
use crate::time::Mono;

/// Why they were called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The dispatcher offers them the caller.
    Offer(OfferId),
    /// The flow connects the caller with them.
    Transfer(Ticket),
    /// The flow brings them into the call, with others.
    Conference(Ticket),
    /// The flow has the caller's own phone call them: only where they are is asked for.
    SentAway(Ticket),
    /// The party who talks to the caller asked for it (REFER).
    Referred {
        /// Who asked.
        by: PartyId,
    },
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody knows yet where they are.
    Routing,
    /// Sockets are being opened.
    Opening,
    /// The INVITE is out.
    Calling,
    /// They answered; the dispatcher has not said yet that the call is theirs.
    Answered,
    /// They talk to the caller, or are waited for while they hold the caller.
    Talking,
    /// They asked for somebody else and were told that it worked: they hang up, or we do at `until`.
    Leaving {
        /// When our patience ends.
        until: Mono,
    },
    /// Hung up or refused; the endpoint has not forgotten them yet.
    Over,
}

/// One party.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) purpose: Purpose,
    pub(super) state: State,
    /// How long it may ring.
    pub(super) ring_for: Duration,
    /// Header lines that a REFER asked for.
    pub(super) headers: Vec<ExtraHeader>,
    /// Where they are, between `Routed` and the INVITE.
    pub(super) route: Option<Box<super::events::Route>>,
    /// The agent that they are, if they are one.
    pub(super) agent: Option<Agent>,
    pub(super) session: Option<sdp::Session>,
    /// Nothing comes from them and they were asked whether they are still there: given up at this moment.
    pub(super) silent_until: Option<Mono>,
    /// They have put the caller on hold.
    pub(super) holds: bool,
    /// The dispatcher took the offer back: it waits to hear that the phone is silent.
    pub(super) cancelled: bool,
    /// The INVITE went out, so that an end of the leg will be told.
    pub(super) dialled: bool,
    /// The endpoint was asked to end the leg.
    pub(super) hung_up: bool,
}

impl Party {
    pub(super) fn new(purpose: Purpose, ring_for: Duration, headers: Vec<ExtraHeader>) -> Self {
        Self {
            purpose,
            state: State::Routing,
            ring_for,
            headers,
            route: None,
            agent: None,
            session: None,
            silent_until: None,
            holds: false,
            cancelled: false,
            dialled: false,
            hung_up: false,
        }
    }

    /// Our side's SDP with nothing negotiated changed: asks whether the other side is still there.
    pub(super) fn probe(&mut self) -> Option<Bytes> {
        self.session.as_mut().map(|session| session.offer(sdp::Direction::Both).into())
    }
}

/// What a failed call means to a flow.
pub(super) fn transfer_failure(failure: &Failure) -> TransferEvent {
    match (failure.why, failure.status) {
        (FailedBy::RangOut, _) | (_, 408 | 480 | 487) => TransferEvent::NoAnswer,
        (_, 486 | 600) => TransferEvent::Busy,
        (_, 403 | 603) => TransferEvent::Declined,
        (
            FailedBy::Refused
            | FailedBy::Cancelled
            | FailedBy::Unreachable
            | FailedBy::Us
            | FailedBy::Impossible,
            _,
        ) => TransferEvent::Failed,
    }
}

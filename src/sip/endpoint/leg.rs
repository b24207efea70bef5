//! A leg: one party's call with us, from the first message until `Gone`.

use bytes::Bytes;

use super::event::{ExtraHeader, LegId, OfferBy};
use super::session_timer::Session;
use super::timers::{Alarm, Timer};
use super::{Command, Endpoint, LegEvent, add_extra, uri_text};
use crate::sip::auth::answer::Answerer;
use crate::sip::dialog::Dialog;
use crate::sip::message::{Method, Name, NameAddr, Request};
use crate::sip::peer::Peer;
use crate::time::Mono;

/// One leg.
#[derive(Debug)]
pub(super) struct Leg {
    /// Our tag in its dialogs.
    pub(super) tag: String,
    /// Our Contact in them.
    pub(super) contact: NameAddr,
    pub(super) state: State,
    /// The dialog: from the INVITE when we are called, from the 2xx when we call.
    pub(super) dialog: Option<Dialog>,
    /// What the forks of our call have said so far.
    pub(super) early: Vec<Early>,
    /// A 2xx of ours that waits for its ACK.
    pub(super) unacked: Option<Unacked>,
    pub(super) exchange: Exchange,
    pub(super) session: Session,
    /// An offer of ours that waits for the one under way to be over, and no longer than until the moment beside it.
    pub(super) next_offer: Option<NextOffer>,
    /// A REFER that came.
    pub(super) refer_in: Option<ReferIn>,
    /// Whether a REFER that we sent may still be told about.
    pub(super) refers_out: bool,
    pub(super) answerer: Answerer,
    pub(super) alarm: Alarm,
}

/// | state | meaning | told so far |
/// | --- | --- | --- |
/// | `Offered` | they call, nothing final is said | `Incoming` |
/// | `Calling` | we call, nothing final is said | – |
/// | `AckDue` | their 2xx had an offer, we owe the answer | `Answered` |
/// | `Up` | 2xx is said | `Answered`, if we called |
/// | `Leaving` | it is over, but for what RFC 3261 wants said | `Ended` or `Failed` |
#[derive(Debug)]
pub(super) enum State {
    Offered { server: usize, until: Mono },
    Calling { client: usize, until: Mono, cancel: Cancel },
    AckDue { client: usize, until: Mono },
    Up,
    Leaving { bye: Bye },
}

/// Where cancelling our own call stands.
#[derive(Debug)]
pub(super) enum Cancel {
    No,
    /// As soon as something has come back (RFC 3261 9.1), with these header lines.
    Wanted(Vec<ExtraHeader>),
    Sent,
}

/// Where ending a call stands.
#[derive(Debug)]
pub(super) enum Bye {
    /// RFC 3261 15: not before their ACK, with these header lines.
    AfterAck(Vec<ExtraHeader>),
    Sent,
}

/// What one fork has said.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) dialog: Dialog,
    pub(super) sdp: Option<Bytes>,
}

/// RFC 3261 13.3.1.4: a 2xx is repeated, at T1 doubled up to T2, until its ACK or 64 × T1.
#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) to: Peer,
    pub(super) ok: Bytes,
    /// CSeq of the INVITE.
    pub(super) number: u32,
    pub(super) again: Mono,
    pub(super) pause: std::time::Duration,
    pub(super) until: Mono,
    /// It has our offer; the ACK has their answer.
    pub(super) is_offer: bool,
    pub(super) settles: Settles,
}

/// What a 2xx to an INVITE settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settles {
    /// The call: it is its first.
    Call,
    /// An offer within it.
    Offer,
    /// Nothing: it repeats what stands, and no call hears of it.
    Nothing,
}

/// The offer and answer under way within the call, if any (RFC 3264 4: one at a time).
#[derive(Debug, Clone)]
pub(super) enum Exchange {
    Idle,
    /// We offered, and wait no longer than `until`.
    Sent {
        client: usize,
        sdp: Bytes,
        by: OfferBy,
        until: Mono,
        /// It is what stands already, to refresh the session.
        is_refresh: bool,
    },
    /// They offered, or wanted an offer; `server` waits for the call's wish.
    Received {
        server: usize,
        is_invite: bool,
        offer: Option<Bytes>,
        until: Mono,
    },
}

/// An offer that waits.
#[derive(Debug)]
pub(super) struct NextOffer {
    pub(super) sdp: Bytes,
    pub(super) by: OfferBy,
    /// Not before (RFC 3261 14.1: after 491).
    pub(super) after: Option<Mono>,
}

/// A REFER that came.
#[derive(Debug)]
pub(super) struct ReferIn {
    /// CSeq of the REFER: the `id` of its notifications (RFC 3515 2.4.6).
    pub(super) number: u32,
    pub(super) state: ReferState,
    /// Whether the peer wants to be told (RFC 4488).
    pub(super) is_watched: bool,
}

#[derive(Debug)]
pub(super) enum ReferState {
    Asked { server: usize, until: Mono },
    Accepted,
}

impl Leg {
    /// When something is due whatever happens.
    pub(super) fn deadline(&self) -> Option<Mono> {
        let state = match &self.state {
            State::Offered { until, .. }
            | State::Calling { until, .. }
            | State::AckDue { until, .. } => Some(*until),
            State::Up | State::Leaving { .. } => None,
        };
        let unacked = self.unacked.as_ref().map(|it| it.again.min(it.until));
        let exchange = match &self.exchange {
            Exchange::Received { until, .. } | Exchange::Sent { until, .. } => Some(*until),
            Exchange::Idle => None,
        };
        // One that waits for more than a moment is sent when that is over.
        let offer = self.next_offer.as_ref().filter(|_| self.may_offer()).and_then(|it| it.after);
        let refer = self.refer_in.as_ref().and_then(|it| match it.state {
            ReferState::Asked { until, .. } => Some(until),
            ReferState::Accepted => None,
        });
        let session = if self.is_up() { self.session.deadline() } else { None };
        [state, unacked, exchange, offer, refer, session].into_iter().flatten().min()
    }

    /// Whether no offer is under way, so that one of ours may be sent.
    pub(super) const fn may_offer(&self) -> bool {
        self.is_up() && matches!(self.exchange, Exchange::Idle) && self.unacked.is_none()
    }

    /// Whether the call is up, so that requests within it make sense.
    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }
}

impl Endpoint {
    /// Sets the leg's alarm to what it now waits for.
    pub(super) fn arm_leg(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            let deadline = leg.deadline();
            self.timers.set(Timer::Leg(id), &mut leg.alarm, deadline);
        }
    }

    /// Adds a leg.
    pub(super) fn add_leg(&mut self, id: LegId, leg: Leg) {
        self.by_tag.insert(leg.tag.clone(), id);
        self.legs.insert(id, leg);
        self.arm_leg(id);
    }

    /// Drops a leg that has been told its end.
    pub(super) fn gone(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        if let Some(mut leg) = self.legs.remove(&id) {
            // A re-INVITE that rings at the other end would wait for ever.
            if let Exchange::Sent { client, .. } = leg.exchange {
                self.give_up(now, client, out);
            }
            self.timers.set(Timer::Leg(id), &mut leg.alarm, None);
            self.by_tag.remove(&leg.tag);
            Self::tell(id, LegEvent::Gone, out);
        }
    }

    pub(super) fn tick_leg(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        self.tick_state(now, id, out);
        self.tick_unacked(now, id, out);
        self.tick_exchange(now, id, out);
        self.tick_refer(now, id, out);
        self.tick_session(now, id, out);
        self.arm_leg(id);
    }

    fn tick_state(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let Some(leg) = self.legs.get(&id) else { return };
        match leg.state {
            State::Offered { until, .. } if until <= now => self.rang_in_vain(now, id, out),
            State::Calling { until, .. } if until <= now => self.rang_out(now, id, out),
            State::AckDue { until, .. } if until <= now => self.answer_overdue(now, id, out),
            State::Offered { .. } | State::Calling { .. } | State::AckDue { .. } => {}
            State::Up | State::Leaving { .. } => {}
        }
    }

    /// The next request within the leg's dialog, and where it goes: with our Contact where it is one that refreshes the
    /// target, and with proofs for those who have asked who we are.
    pub(super) fn within(
        &mut self,
        id: LegId,
        method: Method,
        extra: &[ExtraHeader],
    ) -> Option<(Request, Peer)> {
        let leg = self.legs.get_mut(&id)?;
        let refreshes = matches!(
            method,
            Method::Invite | Method::Update | Method::Refer | Method::Notify | Method::Subscribe
        );
        let is_offer = matches!(method, Method::Invite | Method::Update);
        let (mut request, to) = leg.dialog.as_mut()?.request(method);
        if refreshes {
            request.headers.push(Name::Contact, &leg.contact);
            request.headers.push(Name::Allow, super::ALLOW);
            request.headers.push(Name::Supported, super::SUPPORTED);
        }
        if is_offer {
            leg.session.ask(&mut request.headers);
        }
        for (name, proof) in
            leg.answerer.proofs(&request.method, &uri_text(&request), &mut self.rng)
        {
            request.headers.push(name, &proof);
        }
        add_extra(&mut request.headers, extra);
        Some((request, to))
    }
}

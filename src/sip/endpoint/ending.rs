//! How a call ends: BYE from either side, a wish to hang up in any state, a peer that is not there any more
//! (RFC 3261 15, RFC 3326).

use super::clients::Purpose;
use super::event::{ExtraHeader, LegId};
use super::leg::{Bye, Cancel, Exchange, Settles, State};
use super::servers::Asked;
use super::{Command, EndedBy, Ending, Endpoint, FailedBy, LegEvent};
use crate::sip::message::{Method, Name, Response, Status};
use crate::time::Mono;

impl Endpoint {
    /// [`Wish::HangUp`](super::Wish::HangUp).
    pub(super) fn hang_up(
        &mut self,
        now: Mono,
        id: LegId,
        reason: Option<String>,
        mut headers: Vec<ExtraHeader>,
        out: &mut Vec<Command>,
    ) -> bool {
        let has_reason = reason.is_some();
        headers.extend(reason.map(|reason| ("Reason".to_owned(), reason)));
        match self.legs.get(&id).map(|leg| &leg.state) {
            Some(State::Offered { server, .. }) => {
                let status =
                    if has_reason { Status::DECLINE } else { Status::TEMPORARILY_UNAVAILABLE };
                let server = *server;
                self.reject_with(now, id, server, status, &headers, FailedBy::Us, None, out);
                true
            }
            Some(State::Calling { cancel: Cancel::No, .. }) => {
                self.cancel_call(
                    now,
                    id,
                    FailedBy::Cancelled,
                    Status::REQUEST_TERMINATED,
                    headers,
                    out,
                );
                true
            }
            Some(State::AckDue { client, .. }) => {
                let client = *client;
                self.acknowledge_with(id, client, None, out);
                self.end(now, id, EndedBy::Us, None, headers, out);
                true
            }
            Some(State::Up) => {
                self.end(now, id, EndedBy::Us, None, headers, out);
                true
            }
            Some(State::Calling { .. } | State::Leaving { .. }) | None => false,
        }
    }

    /// Ends a call that is up for a reason of our own.
    pub(super) fn end_with_bye(
        &mut self,
        now: Mono,
        id: LegId,
        by: EndedBy,
        out: &mut Vec<Command>,
    ) {
        match self.legs.get(&id).map(|leg| &leg.state) {
            Some(State::Up) => self.end(now, id, by, None, Vec::new(), out),
            // They never acknowledged, and we wanted to leave: now we may.
            Some(State::Leaving { bye: Bye::AfterAck(headers) }) => {
                let headers = headers.clone();
                self.send_bye(now, id, &headers, out);
            }
            Some(
                State::Offered { .. }
                | State::Calling { .. }
                | State::AckDue { .. }
                | State::Leaving { .. },
            )
            | None => {}
        }
    }

    /// Tells the end, and sends BYE as soon as that is allowed.
    fn end(
        &mut self,
        now: Mono,
        id: LegId,
        by: EndedBy,
        reason: Option<String>,
        headers: Vec<ExtraHeader>,
        out: &mut Vec<Command>,
    ) {
        Self::tell(id, LegEvent::Ended(Ending { by, reason }), out);
        self.drop_received(now, id, out);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        // RFC 3261 15: the called side waits for the ACK, or for it to be overdue.
        if leg.unacked.as_ref().is_some_and(|unacked| unacked.settles == Settles::Call) {
            leg.state = State::Leaving { bye: Bye::AfterAck(headers) };
            leg.next_offer = None;
            self.arm_leg(id);
        } else {
            self.send_bye(now, id, &headers, out);
        }
    }

    /// Sends BYE; the leg stays until it is answered.
    pub(super) fn send_bye(
        &mut self,
        now: Mono,
        id: LegId,
        headers: &[ExtraHeader],
        out: &mut Vec<Command>,
    ) {
        let request = self.within(id, Method::Bye, headers);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = State::Leaving { bye: Bye::Sent };
            leg.unacked = None;
            leg.next_offer = None;
            leg.refer_in = None;
            leg.refers_out = false;
        }
        self.arm_leg(id);
        let sent = request.and_then(|(bye, to)| self.ask(now, bye, to, Purpose::Bye(id), out));
        if sent.is_none() {
            self.gone(now, id, out);
        }
    }

    pub(super) fn bye_answered(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        if response.status.is_provisional()
            || self.ask_with_proof(now, client, response, out).is_some()
        {
            return;
        }
        self.gone(now, id, out);
    }

    /// A BYE came.
    pub(super) fn bye(&mut self, now: Mono, id: LegId, asked: Asked, out: &mut Vec<Command>) {
        let reason = asked.request.headers.text(Name::Reason).map(std::borrow::Cow::into_owned);
        if self.has_room_for(asked.size) {
            let server = self.open_server(now, asked, String::new(), Some(id));
            self.answer_plainly(now, server, Status::OK, out);
        } else {
            self.refuse(&asked.request, asked.to, Status::OK, &[], out);
        }
        match self.legs.get(&id).map(|leg| &leg.state) {
            // RFC 3261 15.1.2: the INVITE that is still open is over too.
            Some(State::Offered { server, .. }) => {
                let server = *server;
                self.reject_with(
                    now,
                    id,
                    server,
                    Status::REQUEST_TERMINATED,
                    &[],
                    FailedBy::Cancelled,
                    reason,
                    out,
                );
            }
            // RFC 3261 15: only the caller may end an early dialog so. The INVITE's own answer decides.
            Some(State::Calling { .. }) => {}
            Some(State::Up | State::AckDue { .. }) => {
                self.drop_received(now, id, out);
                Self::tell(id, LegEvent::Ended(Ending { by: EndedBy::Them, reason }), out);
                self.gone(now, id, out);
            }
            Some(State::Leaving { .. }) => self.gone(now, id, out),
            None => {}
        }
    }

    /// A request within the call got 408 or 481, or no answer: RFC 3261 12.2.1.2 has the dialog end.
    pub(super) fn vanished(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        self.end_with_bye(now, id, EndedBy::Vanished, out);
    }

    /// Whether `status` means that the far end has no such call.
    pub(super) const fn is_gone(status: Status) -> bool {
        matches!(status, Status::REQUEST_TIMEOUT | Status::CALL_DOES_NOT_EXIST)
    }

    /// What they asked within the call and we have not answered gets 487: the call is over.
    fn drop_received(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let refer = leg.refer_in.take();
        // Ours that is under way stays: it is given up with the leg.
        if let Exchange::Received { server, .. } = leg.exchange {
            leg.exchange = Exchange::Idle;
            self.answer_plainly(now, server, Status::REQUEST_TERMINATED, out);
            Self::tell(id, LegEvent::OfferWithdrawn, out);
        }
        if let Some(super::leg::ReferIn {
            state: super::leg::ReferState::Asked { server, .. },
            ..
        }) = refer
        {
            self.answer_plainly(now, server, Status::REQUEST_TERMINATED, out);
        }
    }
}

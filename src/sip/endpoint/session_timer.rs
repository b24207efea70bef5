//! Session timers (RFC 4028): a call whose other end has vanished without a BYE ends, and nothing else changes.
//!
//! | the request says | we answer | who refreshes |
//! | --- | --- | --- |
//! | nothing of timers | no timer | nobody |
//! | Session-Expires, put in by a proxy | the same, or shorter as we are told to | we (`uas`) |
//! | Supported: timer | our own interval | we (`uas`) |
//! | Supported: timer, Session-Expires | the same, or shorter as we are told to | as they say, else we |
//! | the same, shorter than our Min-SE | 422 with Min-SE | – |
//!
//! Whoever refreshes does so after half the interval: by UPDATE without an offer, or by a re-INVITE that offers again
//! what we said last where the peer does not allow UPDATE. Without a refresh we send BYE as much before the end as RFC
//! 4028 10 wants. What the peer offers again unchanged is answered with what it was answered with: no call hears of it.

use std::time::Duration;

use bytes::Bytes;

use super::body::add_sdp;
use super::clients::Purpose;
use super::event::{LegId, OfferBy};
use super::leg::{Exchange, Settles};
use super::outgoing::retry_after;
use super::servers::Asked;
use super::{Command, Config, Endpoint};
use crate::sip::message::{Headers, Method, Name, Refresher, Response, SessionExpires, Status};
use crate::time::Mono;

/// Min-SE where nothing is said of it (RFC 4028 5), in seconds.
const USUAL_MIN_SE: u32 = 90;

/// The longest Min-SE that we follow, in seconds.
const MOST_MIN_SE: u32 = 86_400;

/// The pause after a refresh that was refused or could not be sent, unless the peer names one.
const PAUSE: Duration = Duration::from_secs(1);

/// What a leg's session is, and what keeps it alive.
#[derive(Debug)]
pub(super) struct Session {
    /// The last SDP of ours that stands.
    pub(super) ours: Option<Bytes>,
    /// The offer of theirs that `ours` answers, if it does.
    pub(super) theirs: Option<Bytes>,
    /// The shortest interval that our requests may ask for, in seconds: 422 raises it.
    min_se: u32,
    timer: Option<Timer>,
}

/// The interval agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Agreed {
    seconds: u32,
    /// Whether we refresh.
    is_ours: bool,
}

/// The interval that runs.
#[derive(Debug)]
struct Timer {
    agreed: Agreed,
    /// When we refresh; nothing while a refresh is under way, or where they do.
    refresh: Option<Mono>,
    /// When we take the other end for dead.
    ends: Mono,
}

impl Session {
    pub(super) fn new(config: &Config, ours: Option<Bytes>, theirs: Option<Bytes>) -> Self {
        let theirs = theirs.map(|sdp| Bytes::copy_from_slice(&sdp));
        Self { ours, theirs, min_se: min_se(config), timer: None }
    }

    /// Notes what stands from now on; a copy of theirs, which is a part of a message that need not be kept.
    pub(super) fn settle(&mut self, ours: Bytes, theirs: Option<&Bytes>) {
        self.ours = Some(ours);
        self.theirs = theirs.map(|sdp| Bytes::copy_from_slice(sdp));
    }

    /// Our answer to `offer`, where it is the last one again.
    pub(super) fn answer_again(&self, offer: &Bytes) -> Option<Bytes> {
        self.ours.clone().filter(|_| self.theirs.as_ref() == Some(offer))
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<Mono> {
        let timer = self.timer.as_ref()?;
        Some(timer.refresh.map_or(timer.ends, |refresh| refresh.min(timer.ends)))
    }

    /// What a request of ours within the call says of the interval (RFC 4028 7.4).
    pub(super) fn ask(&self, headers: &mut Headers) {
        if let Some(Timer { agreed, .. }) = &self.timer {
            let refresher = Some(if agreed.is_ours { Refresher::Uac } else { Refresher::Uas });
            self.ask_for(headers, agreed.seconds, refresher);
        }
    }

    /// What the INVITE that begins a call says of the interval (RFC 4028 7.1): who refreshes is left to the peer.
    pub(super) fn ask_first(&self, config: &Config, headers: &mut Headers) {
        self.ask_for(headers, wanted(config), None);
    }

    fn ask_for(&self, headers: &mut Headers, seconds: u32, refresher: Option<Refresher>) {
        let seconds = seconds.max(self.min_se);
        headers.set(Name::SessionExpires, &SessionExpires { seconds, refresher });
        if self.min_se != USUAL_MIN_SE {
            headers.set(Name::MinSe, &self.min_se);
        }
    }

    /// Follows the Min-SE of a 422; whether there is anything to follow.
    fn ask_longer(&mut self, headers: &Headers) -> bool {
        let least = headers.min_se().ok().flatten().unwrap_or(0);
        let is_more = least > self.min_se && least <= MOST_MIN_SE;
        if is_more {
            self.min_se = least;
        }
        is_more
    }

    /// The next refresh is at `when`.
    fn refresh_at(&mut self, when: Option<Mono>) {
        if let Some(timer) = self.timer.as_mut().filter(|timer| timer.agreed.is_ours) {
            timer.refresh = when;
        }
    }
}

impl Timer {
    fn new(now: Mono, agreed: Agreed) -> Self {
        let interval = Duration::from_secs(u64::from(agreed.seconds));
        // RFC 4028 10.
        let margin = (interval / 3).min(Duration::from_secs(32));
        Self {
            agreed,
            refresh: agreed.is_ours.then_some(now + interval / 2),
            ends: now + interval.saturating_sub(margin),
        }
    }
}

/// The shortest interval that we accept, in seconds.
fn min_se(config: &Config) -> u32 {
    u32::try_from(config.min_se.as_secs()).unwrap_or(MOST_MIN_SE).clamp(1, MOST_MIN_SE)
}

/// The interval that we would have, in seconds.
fn wanted(config: &Config) -> u32 {
    let seconds = u32::try_from(config.session_expires.as_secs()).unwrap_or(u32::MAX);
    seconds.max(min_se(config))
}

/// Whether the peer knows session timers.
fn supports(headers: &Headers) -> bool {
    let lists = [headers.supported(), headers.require()];
    lists.iter().flatten().flatten().any(|it| it.eq_ignore_ascii_case("timer"))
}

/// What we agree to when a request with `headers` comes while `current` runs (RFC 4028 9 and its table 2).
fn agree(wanted: u32, headers: &Headers, current: Option<Agreed>) -> Option<Agreed> {
    let asked = headers.session_expires().ok().flatten();
    let least = headers.min_se().ok().flatten().unwrap_or(USUAL_MIN_SE).min(MOST_MIN_SE);
    let knows = supports(headers);
    let seconds = match &asked {
        Some(asked) => asked.seconds.min(wanted.max(least)),
        None if knows || current.is_some_and(|it| it.is_ours) => {
            current.map_or(wanted, |it| it.seconds).max(least)
        }
        None => return None,
    };
    let is_ours = match asked.and_then(|asked| asked.refresher).filter(|_| knows) {
        Some(refresher) => refresher == Refresher::Uas,
        None => !knows || current.is_none_or(|it| it.is_ours),
    };
    Some(Agreed { seconds: seconds.max(1), is_ours })
}

/// They ask.
impl Endpoint {
    /// The Min-SE to refuse a request with whose interval is too short for us (RFC 4028 9).
    pub(super) fn too_short(&self, headers: &Headers) -> Option<u32> {
        let least = min_se(&self.config);
        let asked = headers.session_expires().ok().flatten()?;
        (asked.seconds < least && supports(headers)).then_some(least)
    }

    /// 422 to a request within a call.
    pub(super) fn refuse_interval(
        &mut self,
        now: Mono,
        id: LegId,
        asked: Asked,
        least: u32,
        out: &mut Vec<Command>,
    ) {
        let server = self.open_server(now, asked, String::new(), Some(id));
        let Some(mut response) = self.answer_to(server, Status::SESSION_INTERVAL_TOO_SMALL) else {
            return;
        };
        response.headers.push(Name::MinSe, &least);
        self.answer(now, server, &response, out);
    }

    /// Agrees on an interval in our 2xx to the request of `server`; the leg is up.
    pub(super) fn grant(&mut self, now: Mono, id: LegId, server: usize, response: &mut Response) {
        let wanted = wanted(&self.config);
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_up()) else { return };
        let Some(asked) = self.servers.get(server).map(|slot| &slot.request().headers) else {
            return;
        };
        let current = leg.session.timer.as_ref().map(|timer| timer.agreed);
        let agreed = agree(wanted, asked, current);
        leg.session.timer = agreed.map(|agreed| Timer::new(now, agreed));
        if let Some(Agreed { seconds, is_ours }) = agreed {
            let refresher = Some(if is_ours { Refresher::Uas } else { Refresher::Uac });
            if supports(asked) {
                response.headers.push(Name::Require, "timer");
            }
            response.headers.push(Name::SessionExpires, &SessionExpires { seconds, refresher });
        }
        self.arm_leg(id);
    }

    /// Answers an offer that is the last one again as that was answered.
    pub(super) fn answer_again(
        &mut self,
        now: Mono,
        id: LegId,
        server: usize,
        is_invite: bool,
        sdp: Bytes,
        out: &mut Vec<Command>,
    ) {
        let Some(mut response) = self.answer_within(server, id, Status::OK, &[]) else { return };
        self.grant(now, id, server, &mut response);
        add_sdp(&mut response.headers, &mut response.body, sdp);
        if is_invite {
            self.answer_until_ack(now, id, server, &response, Settles::Nothing, out);
        } else {
            self.answer(now, server, &response, out);
        }
    }
}

/// We ask.
impl Endpoint {
    /// Asks again for a call, for as long an interval as its 422 wants.
    pub(super) fn ask_for_longer(
        &mut self,
        now: Mono,
        id: LegId,
        client: usize,
        response: &Response,
        out: &mut Vec<Command>,
    ) -> Option<usize> {
        let session = &mut self.legs.get_mut(&id)?.session;
        if response.status != Status::SESSION_INTERVAL_TOO_SMALL
            || !session.ask_longer(&response.headers)
        {
            return None;
        }
        let mut headers = self.clients.get(client)?.request().headers.clone();
        session.ask_first(&self.config, &mut headers);
        self.ask_again(now, client, Some(headers), out)
    }

    /// A 2xx to an INVITE or UPDATE of ours says how long the session lasts (RFC 4028 7.2).
    pub(super) fn note_interval(&mut self, now: Mono, id: LegId, headers: &Headers) {
        let least = min_se(&self.config);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let agreed = match headers.session_expires() {
            Ok(Some(said)) => Some(Agreed {
                seconds: said.seconds.max(least),
                is_ours: said.refresher != Some(Refresher::Uas),
            }),
            // They do not know timers: ours goes on, a proxy may want it.
            Ok(None) | Err(_) => {
                leg.session.timer.as_ref().map(|timer| timer.agreed).filter(|it| it.is_ours)
            }
        };
        leg.session.timer = agreed.map(|agreed| Timer::new(now, agreed));
        self.arm_leg(id);
    }

    pub(super) fn tick_session(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let Some(leg) = self.legs.get(&id).filter(|leg| leg.is_up()) else { return };
        let Some(timer) = &leg.session.timer else { return };
        if timer.ends <= now {
            self.vanished(now, id, out);
        } else if timer.refresh.is_some_and(|refresh| refresh <= now) {
            self.refresh(now, id, out);
        }
    }

    fn refresh(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) {
        let sent = self.send_refresh(now, id, out);
        let when = if sent { None } else { Some(now + PAUSE) };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.session.refresh_at(when);
        }
    }

    /// Whether it could be sent: not while an offer is under way, whose answer refreshes the session too.
    fn send_refresh(&mut self, now: Mono, id: LegId, out: &mut Vec<Command>) -> bool {
        let Some(leg) = self.legs.get(&id).filter(|leg| leg.may_offer()) else { return false };
        let by_update = leg.dialog.as_ref().is_some_and(|dialog| dialog.allows_update());
        if by_update {
            return self
                .within(id, Method::Update, &[])
                .and_then(|(update, to)| self.ask(now, update, to, Purpose::Refresh(id), out))
                .is_some();
        }
        let Some(sdp) = leg.session.ours.clone() else { return false };
        let Some((mut invite, to)) = self.within(id, Method::Invite, &[]) else { return false };
        add_sdp(&mut invite.headers, &mut invite.body, sdp.clone());
        let Some(client) = self.ask(now, invite, to, Purpose::Reinvite(id), out) else {
            return false;
        };
        let until = now + self.config.limits.ring;
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.exchange =
                Exchange::Sent { client, sdp, by: OfferBy::Invite, until, is_refresh: true };
        }
        true
    }

    /// A response to an UPDATE that refreshes.
    pub(super) fn refresh_answered(
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
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let knows_no_update =
            matches!(response.status, Status::METHOD_NOT_ALLOWED | Status::NOT_IMPLEMENTED);
        if let Some(dialog) = leg.dialog.as_mut() {
            if response.status.is_success() {
                dialog.refresh(&response.headers);
            } else if knows_no_update {
                dialog.give_up_update();
                leg.session.refresh_at(Some(now));
                return self.arm_leg(id);
            }
        }
        self.refreshed(now, id, response, out);
    }

    /// A refresh got its final answer. One that is refused is tried again until the session ends (RFC 4028 10); 408
    /// and 481 end it at once.
    pub(super) fn refreshed(
        &mut self,
        now: Mono,
        id: LegId,
        response: &Response,
        out: &mut Vec<Command>,
    ) {
        let status = response.status;
        if status.is_success() {
            return self.note_interval(now, id, &response.headers);
        }
        if Self::is_gone(status) {
            return self.vanished(now, id, out);
        }
        let pause = match status {
            Status::REQUEST_PENDING => self.glare_pause(id),
            _ => retry_after(&response.headers).unwrap_or(PAUSE).max(PAUSE),
        };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_longer = status == Status::SESSION_INTERVAL_TOO_SMALL
            && leg.session.ask_longer(&response.headers);
        leg.session.refresh_at(Some(if is_longer { now } else { now + pause }));
        self.arm_leg(id);
    }
}

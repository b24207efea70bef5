//! The phone's one call, as a machine: what the endpoint, the media engine and the user say goes in, what is to be done
//! comes out.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::dial::{self, Stroke};
use super::news::{self, KeysBy, News};
use crate::rtp::transport as media;
use crate::sdp::{self, Codec, Direction, Local, MediaDescription, SdpError, Session};
use crate::secret::{Key, Secret};
use crate::sip::endpoint::{IncomingCall, LegEvent, OutgoingCall, Wish};
use crate::sip::message::Uri;
use crate::time::Mono;

/// From one key to the next: 120 ms of tone and as much of a pause, which the slowest receivers still tell apart.
const KEY_EVERY: Duration = Duration::from_millis(250);
/// How long a key is held.
pub(super) const KEY_HELD: Duration = Duration::from_millis(120);
/// Keys and pauses that wait to be sent; more are dropped.
const MOST_STROKES: usize = 512;
/// How long an answer to our BYE or CANCEL is waited for.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// How keys travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum DigitsBy {
    /// Events beside the voice; tones where they take none.
    Rfc4733,
    /// Tones in the voice.
    Inband,
    /// SIP INFO, `application/dtmf-relay`.
    Info,
}

/// What the user wants of the call.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Keyed from the answer on.
    pub(super) strokes: Vec<Stroke>,
    pub(super) digits_by: DigitsBy,
    /// Hang up so long after the answer.
    pub(super) hang_up_after: Option<Duration>,
    /// Whom to have them call instead.
    pub(super) transfer_to: Option<Uri>,
    /// When, after the answer; with the user's `t` otherwise.
    pub(super) transfer_after: Option<Duration>,
}

/// One event.
#[derive(Debug)]
pub(super) enum Event {
    Sip(LegEvent),
    Media(media::LegEvent),
    Key(Stroke),
    Transfer,
    /// The user wants it to end; the second time at once.
    HangUp,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// One thing to do, in order.
#[derive(Debug)]
pub(super) enum Command {
    Sip(Wish),
    Connect(media::Connection),
    /// Say what there is to say; once.
    Speak,
    /// Send this key as an event or a tone, for [`KEY_HELD`].
    Press(Key),
    Tell(News),
    /// Nothing more comes: whether the call was answered and ended as calls do.
    Done(bool),
}

#[derive(Debug)]
enum State {
    /// Waiting for a call.
    Idle,
    /// Not answered yet, by them or by us.
    Calling,
    Talking {
        hang_up_at: Option<Mono>,
        transfer_at: Option<Mono>,
    },
    /// We have hung up; the endpoint has more to send.
    Leaving {
        until: Mono,
        went_well: bool,
    },
    Over,
}

/// The machine.
#[derive(Debug)]
pub(super) struct Call {
    state: State,
    plan: Plan,
    id: u64,
    local: Local,
    session: Session,
    strokes: VecDeque<Stroke>,
    /// When the next of them is due.
    next_stroke: Mono,
    keys_by: KeysBy,
    codec: &'static str,
    on_hold: bool,
}

impl Call {
    /// A call that is not there yet. `id` is any number for its session description.
    pub(super) fn new(plan: Plan, id: u64, local: Local) -> Self {
        let strokes = plan.strokes.iter().copied().collect();
        let session = Session::new(id, local, settings(&plan));
        Self {
            state: State::Idle,
            plan,
            id,
            local,
            session,
            strokes,
            next_stroke: Mono::ZERO,
            keys_by: KeysBy::Tones,
            codec: "",
            on_hold: false,
        }
    }

    /// Calls. Our offer is added, unless theirs is to come first.
    pub(super) fn dial(
        &mut self,
        mut call: OutgoingCall,
        late_offer: bool,
        out: &mut Vec<Command>,
    ) {
        call.sdp = (!late_offer).then(|| Bytes::from(self.session.offer(Direction::Both)));
        self.state = State::Calling;
        out.push(Command::Sip(Wish::Call(Box::new(call))));
    }

    /// When the next [`Event::Tick`] is due.
    pub(super) fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Idle | State::Calling | State::Over => None,
            State::Leaving { until, .. } => Some(*until),
            State::Talking { hang_up_at, transfer_at } => {
                let stroke = (!self.strokes.is_empty()).then_some(self.next_stroke);
                [*hang_up_at, *transfer_at, stroke].into_iter().flatten().min()
            }
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub(super) fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        if matches!(self.state, State::Over) {
            return;
        }
        match event {
            Event::Sip(event) => self.sip(now, event, out),
            Event::Media(event) => self.media(event, out),
            Event::Key(stroke) => {
                if self.strokes.is_empty() {
                    self.next_stroke = self.next_stroke.max(now);
                }
                if self.strokes.len() < MOST_STROKES {
                    self.strokes.push_back(stroke);
                }
                self.tick(now, out);
            }
            Event::Transfer => self.transfer(out),
            Event::HangUp => self.hang_up(now, out),
            Event::Tick => self.tick(now, out),
        }
    }

    fn tick(&mut self, now: Mono, out: &mut Vec<Command>) {
        match &mut self.state {
            State::Leaving { until, went_well } if *until <= now => {
                let went_well = *went_well;
                self.done(went_well, out);
            }
            State::Talking { hang_up_at: Some(at), .. } if *at <= now => self.hang_up(now, out),
            State::Talking { transfer_at, .. } => {
                if transfer_at.take_if(|at| *at <= now).is_some() {
                    self.transfer(out);
                }
                self.key(now, out);
            }
            State::Idle | State::Calling | State::Leaving { .. } | State::Over => {}
        }
    }

    /// Sends what is due of the keys. Each turn takes one of at most [`MOST_STROKES`].
    fn key(&mut self, now: Mono, out: &mut Vec<Command>) {
        while self.next_stroke <= now {
            let Some(stroke) = self.strokes.pop_front() else { return };
            let from = self.next_stroke;
            self.next_stroke = match stroke {
                Stroke::Pause => from + dial::PAUSE,
                Stroke::Key(key) => {
                    out.push(match self.keys_by {
                        KeysBy::Events | KeysBy::Tones => Command::Press(key),
                        KeysBy::Info => Command::Sip(info(key)),
                    });
                    out.push(Command::Tell(News::Key));
                    from + KEY_EVERY
                }
            };
        }
    }

    fn hang_up(&mut self, now: Mono, out: &mut Vec<Command>) {
        let went_well = match &self.state {
            State::Idle => return self.done(false, out),
            // Asked twice: whoever waits at the keyboard waits no longer.
            State::Leaving { went_well, .. } => {
                let went_well = *went_well;
                return self.done(went_well, out);
            }
            State::Calling => false,
            State::Talking { .. } => true,
            State::Over => return,
        };
        out.push(Command::Sip(Wish::HangUp { reason: None, headers: Vec::new() }));
        self.state = State::Leaving { until: now + LEAVE_WITHIN, went_well };
    }

    fn transfer(&self, out: &mut Vec<Command>) {
        if let (State::Talking { .. }, Some(target)) = (&self.state, &self.plan.transfer_to) {
            out.push(Command::Tell(News::Transfer(news::address(target))));
            let target = Box::new(target.clone());
            out.push(Command::Sip(Wish::Refer { target, referred_by: None, headers: Vec::new() }));
        }
    }

    fn done(&mut self, went_well: bool, out: &mut Vec<Command>) {
        self.state = State::Over;
        out.push(Command::Done(went_well));
    }
}

/// What the other end does.
impl Call {
    fn sip(&mut self, now: Mono, event: LegEvent, out: &mut Vec<Command>) {
        match event {
            LegEvent::Incoming(call) => self.called(*call, out),
            LegEvent::Progress { status, sdp } => {
                out.push(Command::Tell(News::Progress(status, sdp.is_some())));
                if let Some(sdp) = sdp {
                    self.read_answer(&sdp, out);
                }
            }
            LegEvent::Answered { sdp, is_offer, by } => {
                if !matches!(self.state, State::Calling) {
                    return; // it crossed our hanging up, which the endpoint sees to
                }
                let settled = match sdp {
                    Some(sdp) if is_offer => self.answer(&sdp, out).map(|sdp| {
                        out.push(Command::Sip(Wish::Acknowledge { sdp }));
                    }),
                    Some(sdp) => self.read_answer(&sdp, out),
                    // RFC 3261 13.2.1: a reliable answer may have come before; ours never asks for that.
                    None => self.session.agreed().map(|_| ()),
                };
                let by = by.map(|by| news::address(&by));
                self.begin(now, settled, News::Answered(by, self.codec, self.keys_by), out);
            }
            LegEvent::Acknowledged { sdp } => {
                if !matches!(self.state, State::Calling) {
                    // The answer to an offer that we were asked for within the call.
                    if let Some(sdp) = sdp {
                        self.read_answer(&sdp, out);
                    }
                    return;
                }
                let settled = match sdp {
                    Some(sdp) => self.read_answer(&sdp, out),
                    None => self.session.agreed().map(|_| ()),
                };
                self.begin(now, settled, News::TakenUp(self.codec, self.keys_by), out);
            }
            LegEvent::Offered { sdp } => {
                let wish = match self.answer(&sdp, out) {
                    Some(sdp) => Wish::AnswerOffer { sdp },
                    None => Wish::RejectOffer { status: 488 },
                };
                out.push(Command::Sip(wish));
            }
            LegEvent::OfferWanted => {
                let sdp = Bytes::from(self.session.offer(Direction::Both));
                out.push(Command::Sip(Wish::AnswerOffer { sdp }));
            }
            LegEvent::Key { .. } => out.push(Command::Tell(News::TheirKey)),
            LegEvent::Refer(_) => {
                out.push(Command::Tell(News::ReferRefused));
                out.push(Command::Sip(Wish::AnswerRefer { status: 603 }));
            }
            LegEvent::ReferProgress { status, is_final } => {
                out.push(Command::Tell(News::TransferProgress(status)));
                // RFC 5589 6.1: the transferor leaves when the transfer has come about.
                if is_final && status < 300 {
                    self.hang_up(now, out);
                }
            }
            LegEvent::Ended(ending) => {
                use crate::sip::endpoint::EndedBy;
                let went_well = matches!(ending.by, EndedBy::Us | EndedBy::Them)
                    && matches!(
                        self.state,
                        State::Talking { .. } | State::Leaving { went_well: true, .. }
                    );
                out.push(Command::Tell(News::Ended(ending)));
                self.state = State::Leaving { until: now + LEAVE_WITHIN, went_well };
            }
            LegEvent::Failed(failure) => {
                out.push(Command::Tell(News::Failed(failure)));
                self.state = State::Leaving { until: now + LEAVE_WITHIN, went_well: false };
            }
            LegEvent::Gone => {
                let went_well = matches!(self.state, State::Leaving { went_well: true, .. });
                self.done(went_well, out);
            }
            // We answer offers at once, and make none of our own once the call is up.
            LegEvent::OfferWithdrawn
            | LegEvent::OfferAnswered { .. }
            | LegEvent::OfferRefused { .. } => {}
        }
    }

    /// We are called, and answer at once.
    fn called(&mut self, call: IncomingCall, out: &mut Vec<Command>) {
        if !matches!(self.state, State::Idle) {
            return; // whoever hands the events over lets one call in
        }
        self.state = State::Calling;
        let offer = call.offer.clone();
        out.push(Command::Tell(News::Called(Box::new(call))));
        out.push(Command::Sip(Wish::Progress { status: 180, sdp: None, headers: Vec::new() }));
        let sdp = match offer {
            Some(offer) => self.answer(&offer, out),
            None => Some(Bytes::from(self.session.offer(Direction::Both))),
        };
        out.push(Command::Sip(match sdp {
            Some(sdp) => Wish::Answer { sdp, headers: Vec::new() },
            None => Wish::Reject { status: 488, headers: Vec::new() },
        }));
    }

    /// Both have answered. Without a session the call ends again.
    fn begin(&mut self, now: Mono, settled: Option<()>, news: News, out: &mut Vec<Command>) {
        if settled.is_none() {
            return self.hang_up(now, out);
        }
        out.push(Command::Tell(news));
        out.push(Command::Speak);
        self.state = State::Talking {
            hang_up_at: self.plan.hang_up_after.map(|it| now + it),
            transfer_at: self.plan.transfer_after.map(|it| now + it),
        };
        self.next_stroke = now;
        self.key(now, out);
    }

    /// Our answer to their offer; nothing if it must be refused.
    fn answer(&mut self, offer: &[u8], out: &mut Vec<Command>) -> Option<Bytes> {
        match self.session.answer(offer, Direction::Both) {
            Ok((answer, agreed)) => {
                self.settle(&agreed, out);
                Some(Bytes::from(answer))
            }
            Err(why) => refused(why, out),
        }
    }

    /// Their answer to our offer.
    fn read_answer(&mut self, answer: &[u8], out: &mut Vec<Command>) -> Option<()> {
        // Several may come before the call is up, from forks or repeated in the 200: each answers the same first offer.
        if matches!(self.state, State::Calling) && self.session.agreed().is_some() {
            self.session = Session::new(self.id, self.local, settings(&self.plan));
            self.session.offer(Direction::Both);
        }
        match self.session.read_answer(answer) {
            Ok(agreed) => {
                self.settle(&agreed, out);
                Some(())
            }
            Err(why) => refused(why, out),
        }
    }

    fn settle(&mut self, agreed: &MediaDescription, out: &mut Vec<Command>) {
        self.codec = agreed.codec.name();
        self.keys_by = match (self.plan.digits_by, agreed.send_events) {
            (DigitsBy::Info, _) => KeysBy::Info,
            (DigitsBy::Rfc4733, Some(_)) => KeysBy::Events,
            (DigitsBy::Rfc4733 | DigitsBy::Inband, _) => KeysBy::Tones,
        };
        let on_hold = !agreed.direction.sends();
        if on_hold != self.on_hold {
            self.on_hold = on_hold;
            out.push(Command::Tell(News::Hold(on_hold)));
        }
        out.push(Command::Connect(connection(agreed)));
    }

    fn media(&self, event: media::LegEvent, out: &mut Vec<Command>) {
        use media::LegEvent as E;
        let news = match event {
            E::Latched { source, .. } => News::Heard(source),
            E::Key { .. } => News::TheirKey,
            E::RtpLost { .. } => News::Lost(super::LOST_AFTER),
            E::RtpBack => News::Back,
            E::PlayFinished(_) | E::Report { .. } | E::Goodbye | E::Unbridged | E::Closed(_) => {
                return;
            }
        };
        out.push(Command::Tell(news));
    }
}

fn refused<T>(why: SdpError, out: &mut Vec<Command>) -> Option<T> {
    out.push(Command::Tell(News::NoSession(why)));
    None
}

/// Events are offered only where keys are to go by them: then nobody listens for the wrong kind.
fn settings(plan: &Plan) -> sdp::Settings {
    let defaults = sdp::Settings::default();
    match plan.digits_by {
        DigitsBy::Rfc4733 => defaults,
        DigitsBy::Inband | DigitsBy::Info => sdp::Settings { events: None, ..defaults },
    }
}

/// Payload type of events in our descriptions.
pub(super) fn events_in(plan: &Plan) -> Option<u8> {
    settings(plan).events
}

/// What `sdp` has settled, as `rtp` takes it.
fn connection(agreed: &MediaDescription) -> media::Connection {
    media::Connection {
        rtp: agreed.remote,
        rtcp: Some(agreed.remote_rtcp),
        rtcp_mux: agreed.rtcp_mux,
        codec: match agreed.codec {
            Codec::Pcma => crate::audio::Codec::Pcma,
            Codec::Pcmu => crate::audio::Codec::Pcmu,
        },
        send_payload_type: agreed.send_payload_type,
        receive_payload_type: agreed.receive_payload_type,
        events_in: agreed.receive_events,
        events_out: agreed.send_events.map(|it| it.payload_type),
        direction: match agreed.direction {
            Direction::Both => media::Direction::Both,
            Direction::SendOnly => media::Direction::SendOnly,
            Direction::ReceiveOnly => media::Direction::ReceiveOnly,
            Direction::Inactive => media::Direction::Inactive,
        },
    }
}

fn info(key: Key) -> Wish {
    let body = format!("Signal={}\r\nDuration={}\r\n", key.symbol(), KEY_HELD.as_millis());
    Wish::Info {
        content_type: "application/dtmf-relay".to_owned(),
        body: Secret::new(Bytes::from(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Peer;
    use crate::sip::endpoint::{EndedBy, Ending, FailedBy, Failure};
    use crate::sip::message::NameAddr;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
                         m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

    fn plan(digits: &str) -> Plan {
        Plan {
            strokes: dial::read(digits).unwrap(),
            digits_by: DigitsBy::Rfc4733,
            hang_up_after: None,
            transfer_to: None,
            transfer_after: None,
        }
    }

    /// A call that has been placed.
    fn placed(plan: Plan) -> Call {
        let mut call =
            Call::new(plan, 1, Local { rtp: "192.0.2.1:30000".parse().unwrap(), rtcp: None });
        let target = Uri::parse("sip:4001@192.0.2.2").unwrap();
        let outgoing = OutgoingCall {
            to: None,
            from: target.clone(),
            target,
            from_display: None,
            peer: None,
            routes: Vec::new(),
            credentials: None,
            headers: Vec::new(),
            sdp: None,
            ring_for: Duration::from_secs(60),
            max_forwards: 70,
        };
        call.dial(outgoing, false, &mut Vec::new());
        call
    }

    /// What comes out, in short.
    fn shown(command: &Command) -> String {
        match command {
            Command::Sip(Wish::Answer { .. }) => "answer".to_owned(),
            Command::Sip(Wish::Progress { status, .. }) => status.to_string(),
            Command::Sip(Wish::Acknowledge { .. }) => "ack with answer".to_owned(),
            Command::Sip(Wish::HangUp { .. }) => "hang up".to_owned(),
            Command::Sip(Wish::Refer { .. }) => "refer".to_owned(),
            Command::Sip(Wish::AnswerOffer { .. }) => "answer offer".to_owned(),
            Command::Sip(Wish::RejectOffer { status }) => format!("reject offer {status}"),
            Command::Sip(Wish::Reject { status, .. }) => format!("reject {status}"),
            Command::Sip(Wish::AnswerRefer { status }) => format!("answer refer {status}"),
            Command::Sip(Wish::Info { .. }) => "info".to_owned(),
            Command::Sip(_) => "other wish".to_owned(),
            Command::Connect(to) => format!("connect {}", to.rtp),
            Command::Speak => "speak".to_owned(),
            Command::Press(key) => format!("press {}", key.symbol()),
            Command::Tell(News::Called(_)) => "(called)".to_owned(),
            Command::Tell(news) => format!("({news})"),
            Command::Done(went_well) => format!("done {went_well}"),
        }
    }

    #[track_caller]
    fn play(mut call: Call, table: Vec<(u64, Event, &str)>) {
        for (row, (ms, event, expected)) in table.into_iter().enumerate() {
            let mut out = Vec::new();
            call.handle(Mono::from_millis(ms), event, &mut out);
            let out: Vec<String> = out.iter().map(shown).collect();
            assert_eq!(out.join("; "), expected, "row {row}");
        }
    }

    fn sdp(text: &str) -> Bytes {
        Bytes::from(text.to_owned())
    }

    fn answered() -> Event {
        Event::Sip(LegEvent::Answered { sdp: Some(sdp(OFFER)), is_offer: false, by: None })
    }

    fn ended(by: EndedBy) -> Event {
        Event::Sip(LegEvent::Ended(Ending { by, reason: None }))
    }

    const GONE: Event = Event::Sip(LegEvent::Gone);
    const UP: &str = "connect 192.0.2.2:4000; (answered: PCMA, keys as events (RFC 4733)); speak";

    #[test]
    fn keys_are_sent_one_by_one_from_the_answer_on() {
        let typed = || Event::Key(dial::read("5").unwrap()[0]);
        let up = format!("{UP}; press 1; (key ·)");
        #[rustfmt::skip]
        play(placed(plan("1,2#")), vec![
            (    0, Event::Sip(LegEvent::Progress { status: 180, sdp: None }), "(ringing)"),
            (1_000, answered(),                 &up),
            (1_249, Event::Tick,                ""),
            (1_250, Event::Tick,                ""), // the pause
            (3_249, Event::Tick,                ""),
            (3_250, Event::Tick,                "press 2; (key ·)"),
            (3_300, typed(),                    ""), // waits for its turn
            (3_500, Event::Tick,                "press #; (key ·)"),
            (3_750, Event::Tick,                "press 5; (key ·)"),
            (9_000, typed(),                    "press 5; (key ·)"),
            (9_500, ended(EndedBy::Them),       "(ended by them)"),
            (9_500, GONE,                       "done true"),
            (9_600, typed(),                    ""),
        ]);
    }

    #[test]
    fn it_hangs_up_in_time_or_when_asked_and_waits_for_the_answer() {
        let plan = Plan { hang_up_after: Some(Duration::from_secs(3)), ..plan("") };
        #[rustfmt::skip]
        play(placed(plan.clone()), vec![
            (    0, answered(),                 UP),
            (3_000, Event::Tick,                "hang up"),
            (3_000, ended(EndedBy::Us),         "(ended by us)"),
            (3_040, GONE,                       "done true"),
        ]);
        #[rustfmt::skip] // nothing comes back, or the user is in a hurry
        play(placed(plan.clone()), vec![
            (    0, answered(),                 UP),
            (3_000, Event::Tick,                "hang up"),
            (7_999, Event::Tick,                ""),
            (8_000, Event::Tick,                "done true"),
        ]);
        play(
            placed(plan),
            vec![
                (0, Event::HangUp, "hang up"),
                (10, answered(), ""),
                (20, Event::HangUp, "done false"),
            ],
        );
    }

    #[test]
    fn a_call_that_does_not_come_about_fails() {
        let failure = Failure {
            why: FailedBy::Refused,
            status: 486,
            retry_after: None,
            reason: None,
            contacts: Vec::new(),
        };
        #[rustfmt::skip]
        play(placed(plan("1")), vec![
            (0, Event::Sip(LegEvent::Failed(failure)), "(not answered: 486 Busy Here)"),
            (0, GONE,                                  "done false"),
        ]);
        let no_codec = OFFER.replace("AVP 8 101", "AVP 9");
        let answer = LegEvent::Answered { sdp: Some(sdp(&no_codec)), is_offer: false, by: None };
        #[rustfmt::skip]
        play(placed(plan("1")), vec![
            (0, Event::Sip(answer),  "(no common session: there is no common codec); hang up"),
            (0, ended(EndedBy::Us),  "(ended by us)"),
            (0, GONE,                "done false"),
        ]);
    }

    #[test]
    fn an_early_answer_is_heard_and_the_last_one_counts() {
        let early = OFFER.replace("4000", "4444");
        let early = LegEvent::Progress { status: 183, sdp: Some(sdp(&early)) };
        #[rustfmt::skip]
        play(placed(plan("")), vec![
            (0, Event::Sip(early), "(they play something before they answer); connect 192.0.2.2:4444"),
            (9, answered(),        UP),
        ]);
    }

    #[test]
    fn hold_is_told_and_a_bad_offer_changes_nothing() {
        let offer = |text: String| Event::Sip(LegEvent::Offered { sdp: sdp(&text) });
        let hold = format!("{OFFER}a=sendonly\r\n");
        #[rustfmt::skip]
        play(placed(plan("")), vec![
            (0, answered(),               UP),
            (1, offer(hold),              "(on hold); connect 192.0.2.2:4000; answer offer"),
            (2, offer("junk".to_owned()), "(no common session: the session description is malformed); reject offer 488"),
            (3, offer(OFFER.to_owned()),  "(off hold); connect 192.0.2.2:4000; answer offer"),
        ]);
    }

    #[test]
    fn a_transfer_ends_our_part_once_it_has_come_about() {
        let target = Uri::parse("sip:8002@192.0.2.2").unwrap();
        let plan = Plan {
            transfer_to: Some(target),
            transfer_after: Some(Duration::from_secs(2)),
            ..plan("")
        };
        let progress = |status, is_final| Event::Sip(LegEvent::ReferProgress { status, is_final });
        #[rustfmt::skip]
        play(placed(plan), vec![
            (    0, answered(),           UP),
            (2_000, Event::Tick,          "(asking them to call sip:8002@192.0.2.2); refer"),
            (2_050, progress(202, false), "(transfer: accepted)"),
            (2_100, progress(180, false), "(transfer: it rings there)"),
            (2_200, progress(486, true),  "(transfer: refused there, 486 Busy Here)"),
            (5_000, Event::Transfer,      "(asking them to call sip:8002@192.0.2.2); refer"),
            (5_200, progress(200, true),  "(transfer: answered there); hang up"),
        ]);
    }

    #[test]
    fn a_waiting_phone_answers_with_or_without_an_offer() {
        let uri = || NameAddr::new(Uri::parse("sip:8001@192.0.2.1").unwrap());
        let incoming = |offer| IncomingCall {
            dialled: uri().uri,
            from: uri(),
            to: uri(),
            asserted: None,
            call_id: "1".to_owned(),
            offer,
            peer: Peer::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap()),
            authenticated: None,
            user_to_user: None,
            call_info: None,
            referred_by: None,
            replaces: None,
            diversion: None,
            max_forwards: 70,
        };
        let waiting = || {
            Call::new(plan(""), 1, Local { rtp: "192.0.2.1:30000".parse().unwrap(), rtcp: None })
        };
        let called = |offer| Event::Sip(LegEvent::Incoming(Box::new(incoming(offer))));
        let acknowledged = |sdp| Event::Sip(LegEvent::Acknowledged { sdp });
        let up = "(answered by us: PCMA, keys as events (RFC 4733)); speak";
        play(
            waiting(),
            vec![
                (0, called(Some(sdp(OFFER))), "(called); 180; connect 192.0.2.2:4000; answer"),
                (9, acknowledged(None), up),
            ],
        );
        play(
            waiting(),
            vec![
                (0, called(None), "(called); 180; answer"),
                (9, acknowledged(Some(sdp(OFFER))), &format!("connect 192.0.2.2:4000; {up}")),
            ],
        );
        play(
            waiting(),
            vec![(
                0,
                called(Some(sdp("junk"))),
                "(called); 180; \
            (no common session: the session description is malformed); reject 488",
            )],
        );
        play(waiting(), vec![(0, Event::HangUp, "done false")]);
    }
}

//! Conversations between the legs and the four others, as scripts: what happens, and what must come out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::call::{self, Agent, Ending as CallEnding, QueueEvent, Ticket};
use crate::flow::model::TransferKind;
use crate::queue::{self, CallerId, CancelReason, OfferId};
use crate::secret::Key;
use crate::sip::endpoint::{EndedBy, Ending, FailedBy, Failure, LegEvent, ReferRequest, Wish};
use crate::sip::message::{Print as _, Uri};
use crate::time::Mono;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                     m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// A call whose sockets open at once and whose parties are found where they should be.
struct Table {
    legs: Legs,
    now: Mono,
    said: Vec<String>,
}

impl Table {
    fn new() -> Self {
        Self {
            legs: Legs::new(CallerId(7), Duration::from_secs(120)),
            now: Mono::ZERO,
            said: Vec::new(),
        }
    }

    /// A caller who hears us.
    fn up() -> Self {
        let mut table = Self::new();
        table.happens(Event::Incoming(Some(OFFER.into())));
        table.happens(Event::Interpreter(call::Command::Answer));
        table.happens(Event::Sip(Leg::Caller, LegEvent::Acknowledged { sdp: None }));
        table.said.clear();
        table
    }

    /// A caller who talks to agent 8001.
    fn talking() -> Self {
        let mut table = Self::up();
        table.enqueue();
        table.happens(Event::Dispatcher(offer(1, "8001")));
        table.happens(Event::Sip(party(1), answered()));
        table.happens(Event::Dispatcher(connect(1)));
        table.said.clear();
        table
    }

    fn enqueue(&mut self) {
        let context = Arc::new(serde_json::from_str(CONTEXT).unwrap());
        let enqueue =
            call::Enqueue { ticket: Ticket(3), queue: "service".into(), priority: 1, context };
        self.happens(Event::Interpreter(call::Command::Enqueue(enqueue)));
    }

    fn happens(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let mut out = Vec::new();
            self.legs.handle(self.now, event, &mut out);
            for command in out {
                match &command {
                    Command::OpenMedia(leg) => {
                        let port = match leg {
                            Leg::Caller => 20_000,
                            Leg::Party(PartyId(id)) => 20_000 + 2 * u16::try_from(*id).unwrap(),
                        };
                        events.push(Event::MediaOpened(*leg, media(port)));
                    }
                    Command::Route(party, to) => events.push(Event::Routed(*party, route(to))),
                    Command::Sip(..)
                    | Command::ConnectMedia(..)
                    | Command::CloseMedia(_)
                    | Command::Dial { .. }
                    | Command::Bridge(_)
                    | Command::Unbridge
                    | Command::Join(_)
                    | Command::Leave
                    | Command::Hear(_)
                    | Command::Interpreter(_)
                    | Command::Dispatcher(_)
                    | Command::Done => {}
                }
                self.said.push(show(&command));
            }
        }
    }

    /// What came out since the last look, a line each.
    fn said(&mut self) -> String {
        std::mem::take(&mut self.said).join("\n")
    }
}

const CONTEXT: &str = r#"{"version":1,"call":"c-1","started":"2026-11-24T07:00:00Z","flow":{"name":"shop","version":"0"},
    "language":"zh-CN","caller":{"number":"13800000001"},"called":"4001","fields":[],"path":[],"answers":{},"lookups":{},
    "waits":[]}"#;

fn media(port: u16) -> MediaAddress {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    MediaAddress { rtp: at(port), rtcp: at(port + 1) }
}

/// Agents whose number begins with 8 have a phone; nobody else is allowed.
fn route(to: &Destination) -> Option<Box<Route>> {
    let user = match to {
        Destination::Agent(agent) => agent.as_str().to_owned(),
        Destination::Address(address) => address.to_string(),
        Destination::Referred(uri) => uri.user()?.into_owned(),
    };
    let agent = Agent { id: user.as_str().into(), name: None, work_number: None };
    let target = Uri::parse(&format!("sip:{user}@127.0.0.1:5071")).ok()?;
    user.starts_with('8').then(|| Box::new(Route { target, peer: None, agent: Some(agent) }))
}

fn party(id: u32) -> Leg {
    Leg::Party(PartyId(id))
}

fn offer(offer: u64, agent: &str) -> queue::Command {
    let queue = "service".into();
    queue::Command::Offer { offer: OfferId(offer), caller: CallerId(7), agent: agent.into(), queue }
}

fn connect(offer: u64) -> queue::Command {
    queue::Command::Connect { offer: OfferId(offer), caller: CallerId(7), agent: "8001".into() }
}

fn cancel(offer: u64) -> queue::Command {
    queue::Command::CancelOffer { offer: OfferId(offer), reason: CancelReason::Missed }
}

fn answered() -> LegEvent {
    LegEvent::Answered { sdp: Some(OFFER.into()), is_offer: false, by: None }
}

fn ended(by: EndedBy) -> LegEvent {
    LegEvent::Ended(Ending { by, reason: None })
}

fn failed(status: u16) -> LegEvent {
    LegEvent::Failed(Failure {
        why: FailedBy::Refused,
        status,
        retry_after: None,
        reason: None,
        contacts: Vec::new(),
    })
}

fn refer(to: &str) -> LegEvent {
    LegEvent::Refer(Box::new(ReferRequest {
        target: Uri::parse(to).unwrap(),
        replaces: None,
        replaces_leg: None,
        headers: Vec::new(),
        referred_by: Some("<sip:8001@127.0.0.1>".into()),
    }))
}

fn transfer(to: &str) -> Event {
    transferred(to, TransferKind::Bridge)
}

fn sent_to(to: &str) -> Event {
    transferred(to, TransferKind::Blind)
}

fn transferred(to: &str, kind: TransferKind) -> Event {
    Event::Interpreter(call::Command::Transfer(call::Transfer {
        ticket: Ticket(9),
        to: to.into(),
        kind,
        ring_for: Duration::from_secs(30),
        context: Arc::new(serde_json::from_str(CONTEXT).unwrap()),
    }))
}

fn text(uri: &Uri) -> String {
    String::from_utf8(uri.printed().to_vec()).unwrap()
}

fn name(leg: &Leg) -> String {
    match leg {
        Leg::Caller => "caller".into(),
        Leg::Party(PartyId(id)) => format!("party {id}"),
    }
}

fn show(command: &Command) -> String {
    match command {
        Command::Sip(leg, wish) => {
            let wish = match wish {
                Wish::Answer { .. } => "answer".into(),
                Wish::Reject { status, .. } => format!("reject {status}"),
                Wish::HangUp { .. } => "hang up".into(),
                Wish::AnswerRefer { status } => format!("answer REFER {status}"),
                Wish::NotifyRefer { status } => format!("NOTIFY {status}"),
                Wish::AnswerOffer { .. } => "answer offer".into(),
                Wish::RejectOffer { status } => format!("reject offer {status}"),
                Wish::Offer { .. } => "offer".into(),
                Wish::Refer { target, .. } => format!("REFER {}", text(target)),
                Wish::Progress { .. }
                | Wish::Challenge
                | Wish::Call(_)
                | Wish::Acknowledge { .. }
                | Wish::Info { .. } => unreachable!("legs never wish this"),
            };
            format!("sip {}: {wish}", name(leg))
        }
        Command::Route(id, to) => format!("route {}: {to:?}", name(&Leg::Party(*id))),
        Command::OpenMedia(leg) => format!("media {}: open", name(leg)),
        Command::ConnectMedia(leg, media) => {
            format!("media {}: {} {:?}", name(leg), media.remote, media.direction)
        }
        Command::CloseMedia(leg) => format!("media {}: close", name(leg)),
        Command::Dial { party, route, headers, .. } => {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| format!(" {name}: {value}")).collect();
            format!(
                "dial {}: {}{}",
                name(&Leg::Party(*party)),
                text(&route.target),
                headers.concat()
            )
        }
        Command::Bridge(id) => format!("bridge {}", name(&Leg::Party(*id))),
        Command::Unbridge => "unbridge".into(),
        Command::Join(id) => format!("join {}", name(&Leg::Party(*id))),
        Command::Leave => "leave".into(),
        Command::Hear(sound) => format!("hear {sound:?}"),
        Command::Interpreter(call::Event::Queue {
            event: QueueEvent::Connected(agent), ..
        }) => {
            format!("interpreter: connected to {}", agent.id)
        }
        Command::Interpreter(call::Event::Queue { event: QueueEvent::Offered(agent), .. }) => {
            format!("interpreter: offered to {}", agent.id)
        }
        Command::Interpreter(event) => format!("interpreter: {event:?}"),
        Command::Dispatcher(event) => format!("dispatcher: {event:?}"),
        Command::Done => "done".into(),
    }
}

fn conference(with: &[&str]) -> Event {
    Event::Interpreter(call::Command::Conference(call::Conference {
        ticket: Ticket(5),
        room: "emergency".into(),
        with: with.iter().map(|it| Arc::from(*it)).collect(),
        ring_for: Duration::from_secs(30),
        context: Arc::new(serde_json::from_str(CONTEXT).unwrap()),
    }))
}

#[test]
fn several_are_called_into_a_conference_and_each_leaves_alone() {
    let mut table = Table::up();
    table.happens(conference(&["8001", "120", "8002"]));
    table.happens(Event::Sip(party(1), answered()));
    table.happens(Event::Sip(party(3), answered()));
    table.happens(Event::Sip(party(1), ended(EndedBy::Them)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @r#"
    route party 1: Address("8001")
    route party 2: Address("120")
    route party 3: Address("8002")
    media party 3: open
    dial party 3: sip:8002@127.0.0.1:5071
    dispatcher: NotReady(8002)
    interpreter: Conference { conference: Ticket(5), event: Refused("120") }
    media party 1: open
    dial party 1: sip:8001@127.0.0.1:5071
    dispatcher: NotReady(8001)
    media party 1: 127.0.0.1:40000 Both
    join party 1
    interpreter: Conference { conference: Ticket(5), event: Joined("8001") }
    media party 3: 127.0.0.1:40000 Both
    join party 3
    interpreter: Conference { conference: Ticket(5), event: Joined("8002") }
    media party 1: close
    dispatcher: Ready(8001)
    interpreter: Conference { conference: Ticket(5), event: Left("8001") }
    "#);
    // The caller leaves, and stays with us.
    table.happens(Event::Interpreter(call::Command::LeaveConference(Ticket(5))));
    table.happens(Event::Sip(party(3), ended(EndedBy::Us)));
    insta::assert_snapshot!(table.said(), @"
    sip party 3: hang up
    leave
    media party 3: close
    dispatcher: Ready(8002)
    ");
}

#[test]
fn who_answers_when_the_caller_has_left_is_let_go() {
    let mut table = Table::up();
    table.happens(conference(&["8001"]));
    table.happens(Event::Interpreter(call::Command::LeaveConference(Ticket(5))));
    table.happens(Event::Sip(party(1), answered()));
    table.happens(Event::Sip(party(1), failed(487)));
    insta::assert_snapshot!(table.said(), @r#"
    route party 1: Address("8001")
    media party 1: open
    dial party 1: sip:8001@127.0.0.1:5071
    dispatcher: NotReady(8001)
    sip party 1: hang up
    media party 1: close
    dispatcher: Ready(8001)
    "#);
}

#[test]
fn a_call_is_taken_when_the_interpreter_says_and_heard_after_its_ack() {
    let mut table = Table::new();
    table.happens(Event::Incoming(Some(OFFER.into())));
    table.happens(Event::Interpreter(call::Command::Answer));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Acknowledged { sdp: None }));
    table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Them)));
    table.happens(Event::Interpreter(call::Command::End(CallEnding::CallerLeft)));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    media caller: open
    interpreter: Arrived
    sip caller: answer
    media caller: 127.0.0.1:40000 Both
    interpreter: Answered
    media caller: close
    interpreter: HungUp
    done
    ");
}

#[test]
fn without_a_common_codec_the_call_is_refused_before_any_flow_begins() {
    let mut table = Table::new();
    table.happens(Event::Incoming(Some(OFFER.replace("RTP/AVP 8 101", "RTP/AVP 18").into())));
    table.happens(Event::Sip(Leg::Caller, failed(488)));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    media caller: open
    media caller: close
    sip caller: reject 488
    done
    ");
}

#[test]
fn a_late_offer_is_ours_and_media_begins_with_their_answer() {
    let mut table = Table::new();
    table.happens(Event::Incoming(None));
    table.happens(Event::Interpreter(call::Command::Answer));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Acknowledged { sdp: Some(OFFER.into()) }));
    insta::assert_snapshot!(table.said(), @"
    media caller: open
    interpreter: Arrived
    sip caller: answer
    media caller: 127.0.0.1:40000 Both
    interpreter: Answered
    ");
}

#[test]
fn an_agent_answers_talks_and_hangs_up() {
    let mut table = Table::up();
    table.enqueue();
    table.happens(Event::Dispatcher(offer(1, "8001")));
    table.happens(Event::Sip(party(1), LegEvent::Progress { status: 180, sdp: None }));
    table.happens(Event::Sip(party(1), answered()));
    table.happens(Event::Dispatcher(connect(1)));
    table.happens(Event::Sip(party(1), ended(EndedBy::Them)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    dispatcher: Enter { caller: CallerId(7), queue: service, priority: 1 }
    route party 1: Agent(8001)
    media party 1: open
    dial party 1: sip:8001@127.0.0.1:5071
    interpreter: offered to 8001
    media party 1: 127.0.0.1:40000 Both
    dispatcher: Answered(OfferId(1))
    interpreter: connected to 8001
    bridge party 1
    media party 1: close
    unbridge
    dispatcher: TalkEnded { offer: OfferId(1), returns: false }
    interpreter: Queue { visit: Ticket(3), event: AgentLeft }
    ");
}

#[test]
fn a_phone_that_refuses_or_is_not_to_be_had_is_told_to_the_dispatcher_once() {
    let mut table = Table::up();
    table.enqueue();
    table.happens(Event::Dispatcher(offer(1, "8001")));
    table.happens(Event::Sip(party(1), failed(486)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    table.happens(Event::Dispatcher(offer(2, "nobody")));
    insta::assert_snapshot!(table.said(), @"
    dispatcher: Enter { caller: CallerId(7), queue: service, priority: 1 }
    route party 1: Agent(8001)
    media party 1: open
    dial party 1: sip:8001@127.0.0.1:5071
    interpreter: offered to 8001
    media party 1: close
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    dispatcher: Refused(OfferId(1))
    route party 2: Agent(nobody)
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    dispatcher: Refused(OfferId(2))
    ");
}

#[test]
fn an_offer_taken_back_is_cleared_when_the_phone_is_silent() {
    let mut table = Table::up();
    table.enqueue();
    table.happens(Event::Dispatcher(offer(1, "8001")));
    table.said.clear();
    table.happens(Event::Dispatcher(cancel(1)));
    // The phone answered in the same moment: it is hung up all the same.
    table.happens(Event::Sip(party(1), answered()));
    table.happens(Event::Sip(party(1), ended(EndedBy::Us)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: hang up
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    media party 1: close
    dispatcher: Cleared(OfferId(1))
    ");
}

#[test]
fn a_caller_whose_agent_is_lost_goes_back_to_their_old_place() {
    let mut table = Table::talking();
    table.happens(Event::MediaLost(party(1)));
    table.happens(Event::Sip(party(1), ended(EndedBy::Vanished)));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: offer
    media party 1: close
    unbridge
    dispatcher: TalkEnded { offer: OfferId(1), returns: true }
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    ");
}

#[test]
fn an_agent_who_neither_sends_nor_answers_is_given_up_before_the_caller_is() {
    let mut table = Table::talking();
    table.happens(Event::MediaLost(party(1)));
    table.happens(Event::Sip(party(1), LegEvent::OfferAnswered { sdp: OFFER.into() }));
    assert_eq!(table.legs.deadline(), None, "silent, but there");
    table.happens(Event::MediaLost(party(1)));
    assert_eq!(table.legs.deadline(), Some(Mono::from_millis(5_000)));
    table.said.clear();
    table.now = Mono::from_millis(5_000);
    table.happens(Event::Tick);
    table.happens(Event::Sip(party(1), ended(EndedBy::Us)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: hang up
    unbridge
    dispatcher: TalkEnded { offer: OfferId(1), returns: true }
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    media party 1: close
    ");
}

#[test]
fn a_caller_who_hangs_up_takes_the_agent_along() {
    let mut table = Table::talking();
    table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Them)));
    table.happens(Event::Interpreter(call::Command::End(CallEnding::CallerLeft)));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    table.happens(Event::Sip(party(1), ended(EndedBy::Us)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    unbridge
    dispatcher: TalkEnded { offer: OfferId(1), returns: false }
    dispatcher: HungUp(CallerId(7))
    media caller: close
    interpreter: HungUp
    sip party 1: hang up
    media party 1: close
    done
    ");
}

#[test]
fn an_agent_hands_the_caller_on_and_hears_that_it_worked() {
    let mut table = Table::talking();
    table.happens(Event::Sip(party(1), refer("sip:8002@127.0.0.1")));
    table.happens(Event::Sip(party(2), LegEvent::Progress { status: 180, sdp: None }));
    table.happens(Event::Sip(party(2), answered()));
    table.happens(Event::Sip(party(1), ended(EndedBy::Them)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    table.happens(Event::Sip(party(2), ended(EndedBy::Them)));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: answer REFER 202
    sip party 1: NOTIFY 100
    unbridge
    hear Ringing
    route party 2: Referred(Sip(sip:8002@127.0.0.1))
    media party 2: open
    dial party 2: sip:8002@127.0.0.1:5071 Referred-By: <sip:8001@127.0.0.1>
    dispatcher: NotReady(8002)
    sip party 1: NOTIFY 180
    media party 2: 127.0.0.1:40000 Both
    sip party 1: NOTIFY 200
    dispatcher: TalkEnded { offer: OfferId(1), returns: false }
    interpreter: connected to 8002
    hear Silence
    bridge party 2
    media party 1: close
    media party 2: close
    dispatcher: Ready(8002)
    unbridge
    interpreter: Queue { visit: Ticket(3), event: AgentLeft }
    ");
}

#[test]
fn an_agent_who_stays_after_handing_on_is_hung_up() {
    let mut table = Table::talking();
    table.happens(Event::Sip(party(1), refer("sip:8002@127.0.0.1")));
    table.happens(Event::Sip(party(2), answered()));
    table.said.clear();
    assert_eq!(table.legs.deadline(), Some(Mono::from_millis(5_000)));
    table.now = Mono::from_millis(5_000);
    table.happens(Event::Tick);
    assert_eq!(table.said(), "sip party 1: hang up");
}

#[test]
fn when_the_second_agent_is_not_to_be_had_the_first_has_the_caller_back() {
    let mut table = Table::talking();
    table.happens(Event::Sip(party(1), refer("sip:8002@127.0.0.1")));
    table.said.clear();
    table.happens(Event::Sip(party(2), failed(486)));
    assert!(table.legs.is_talking());
    insta::assert_snapshot!(table.said(), @"
    media party 2: close
    dispatcher: Ready(8002)
    sip party 1: NOTIFY 486
    hear Silence
    bridge party 1
    ");
}

#[test]
fn when_the_first_agent_has_left_the_caller_goes_back_to_the_queue() {
    let mut table = Table::talking();
    table.happens(Event::Sip(party(1), refer("sip:8002@127.0.0.1")));
    table.happens(Event::Sip(party(1), ended(EndedBy::Them)));
    table.said.clear();
    table.happens(Event::Sip(party(2), failed(480)));
    insta::assert_snapshot!(table.said(), @"
    media party 2: close
    dispatcher: Ready(8002)
    dispatcher: TalkEnded { offer: OfferId(1), returns: true }
    interpreter: Queue { visit: Ticket(3), event: Withdrawn }
    ");
}

#[test]
fn an_agent_cannot_hand_on_to_where_nobody_may() {
    let mut table = Table::talking();
    table.happens(Event::Sip(party(1), refer("sip:0900123@127.0.0.1")));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: answer REFER 202
    sip party 1: NOTIFY 100
    unbridge
    hear Ringing
    route party 2: Referred(Sip(sip:0900123@127.0.0.1))
    sip party 1: NOTIFY 603
    hear Silence
    bridge party 1
    ");
}

#[test]
fn a_caller_on_hold_hears_music() {
    let mut table = Table::talking();
    let hold = format!("{OFFER}a=sendonly\r\n");
    table.happens(Event::Sip(party(1), LegEvent::Offered { sdp: hold.into() }));
    table.happens(Event::Sip(party(1), LegEvent::Offered { sdp: OFFER.into() }));
    insta::assert_snapshot!(table.said(), @"
    sip party 1: answer offer
    media party 1: 127.0.0.1:40000 ReceiveOnly
    unbridge
    hear Music
    sip party 1: answer offer
    media party 1: 127.0.0.1:40000 Both
    hear Silence
    bridge party 1
    ");
}

#[test]
fn a_transfer_tells_the_flow_how_it_went() {
    let mut table = Table::up();
    table.happens(transfer("8009"));
    table.happens(Event::Sip(party(1), failed(486)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    table.happens(transfer("8009"));
    table.happens(Event::Sip(party(2), answered()));
    table.happens(Event::Sip(party(2), ended(EndedBy::Them)));
    table.happens(transfer("0900123"));
    insta::assert_snapshot!(table.said(), @r#"
    route party 1: Address("8009")
    media party 1: open
    dial party 1: sip:8009@127.0.0.1:5071
    dispatcher: NotReady(8009)
    media party 1: close
    dispatcher: Ready(8009)
    interpreter: Transfer { transfer: Ticket(9), event: Busy }
    route party 2: Address("8009")
    media party 2: open
    dial party 2: sip:8009@127.0.0.1:5071
    dispatcher: NotReady(8009)
    media party 2: 127.0.0.1:40000 Both
    interpreter: Transfer { transfer: Ticket(9), event: Connected }
    bridge party 2
    media party 2: close
    dispatcher: Ready(8009)
    unbridge
    interpreter: Transfer { transfer: Ticket(9), event: OtherLeft }
    route party 3: Address("0900123")
    interpreter: Transfer { transfer: Ticket(9), event: Declined }
    "#);
}

#[test]
fn a_caller_from_whom_nothing_comes_is_asked_and_then_given_up() {
    let mut table = Table::up();
    table.happens(Event::MediaLost(Leg::Caller));
    assert_eq!(table.said(), "sip caller: offer");
    table.happens(Event::MediaBack(Leg::Caller));
    assert_eq!(table.legs.deadline(), None);
    table.happens(Event::MediaLost(Leg::Caller));
    assert_eq!(table.legs.deadline(), Some(Mono::from_millis(120_000)));
    table.said.clear();
    table.now = Mono::from_millis(120_000);
    table.happens(Event::Tick);
    table.happens(Event::Interpreter(call::Command::End(CallEnding::CallerLeft)));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    sip caller: hang up
    media caller: close
    interpreter: HungUp
    done
    ");
}

#[test]
fn the_last_resort_is_a_person_or_the_end_of_the_call() {
    let no_agents =
        || queue::Command::Outcome { caller: CallerId(7), outcome: queue::Outcome::NoAgents };
    let mut table = Table::up();
    table.happens(Event::LastResort(Some("service".into())));
    table.happens(Event::Dispatcher(no_agents()));
    table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Us)));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    hear Music
    dispatcher: Enter { caller: CallerId(7), queue: service, priority: 255 }
    dispatcher: HungUp(CallerId(7))
    sip caller: hang up
    media caller: close
    done
    ");

    let mut table = Table::up();
    table.happens(Event::LastResort(Some("service".into())));
    table.happens(Event::Dispatcher(offer(1, "8001")));
    table.happens(Event::Sip(party(1), answered()));
    table.happens(Event::Dispatcher(connect(1)));
    table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Them)));
    table.happens(Event::Sip(party(1), ended(EndedBy::Us)));
    table.happens(Event::Sip(party(1), LegEvent::Gone));
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    insta::assert_snapshot!(table.said(), @"
    hear Music
    dispatcher: Enter { caller: CallerId(7), queue: service, priority: 255 }
    route party 1: Agent(8001)
    media party 1: open
    dial party 1: sip:8001@127.0.0.1:5071
    media party 1: 127.0.0.1:40000 Both
    dispatcher: Answered(OfferId(1))
    bridge party 1
    unbridge
    dispatcher: TalkEnded { offer: OfferId(1), returns: false }
    dispatcher: HungUp(CallerId(7))
    media caller: close
    sip party 1: hang up
    media party 1: close
    done
    ");
}

#[test]
fn a_caller_is_sent_only_to_where_a_call_may_go() {
    let mut table = Table::up();
    table.happens(sent_to("8009"));
    let done = LegEvent::ReferProgress { status: 200, is_final: true };
    table.happens(Event::Sip(Leg::Caller, done));
    table.happens(sent_to("0900123"));
    insta::assert_snapshot!(table.said(), @r#"
    route party 1: Address("8009")
    sip caller: REFER sip:8009@127.0.0.1:5071
    interpreter: Transfer { transfer: Ticket(9), event: Connected }
    route party 2: Address("0900123")
    interpreter: Transfer { transfer: Ticket(9), event: Declined }
    "#);
}

#[test]
fn keys_by_info_reach_the_interpreter() {
    let mut table = Table::up();
    let key = Key::from_symbol('5').unwrap();
    table.happens(Event::Sip(
        Leg::Caller,
        LegEvent::Key { key, duration: Duration::from_millis(100) },
    ));
    assert_eq!(table.said(), "interpreter: Key(·)");
}

/// What a network of legs may do next, chosen by chance.
#[derive(Debug, Clone)]
enum Chance {
    Offer,
    Cancel(u8),
    Connect(u8),
    Answers(u8),
    Refuses(u8),
    Leaves(u8, bool),
    Refers(u8, bool),
    Holds(u8),
    CallerLeaves,
    FlowEnds,
}

fn chance() -> impl Strategy<Value = Chance> {
    let who = 0..6_u8;
    prop_oneof![
        4 => Just(Chance::Offer),
        2 => who.clone().prop_map(Chance::Cancel),
        4 => who.clone().prop_map(Chance::Connect),
        6 => who.clone().prop_map(Chance::Answers),
        3 => who.clone().prop_map(Chance::Refuses),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, died)| Chance::Leaves(who, died)),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, known)| Chance::Refers(who, known)),
        1 => who.prop_map(Chance::Holds),
        1 => Just(Chance::CallerLeaves),
        1 => Just(Chance::FlowEnds),
    ]
}

/// How often the dispatcher was told that an offer is over.
fn ends(table: &Table, offer: u64) -> usize {
    let ends =
        ["Refused(", "Cleared(", "TalkEnded { offer: "].map(|how| format!("{how}OfferId({offer})"));
    table.said.iter().filter(|line| ends.iter().any(|end| line.contains(end.as_str()))).count()
}

/// Plays the endpoint and the dispatcher fairly: nothing is said of a leg that is gone, and each offer is followed to its
/// end. Whatever happens in whatever order, every offer ends once and the call ends.
fn play(chances: Vec<Chance>) {
    let mut table = Table::up();
    table.enqueue();
    let mut offers: u64 = 0;
    let mut over = false;
    for chance in chances {
        // Which parties the endpoint still knows, from what was said.
        let dialled = |table: &Table, id: u8| {
            table
                .legs
                .parties
                .get(&PartyId(u32::from(id) + 1))
                .is_some_and(|it| it.dialled && it.state != super::party::State::Over)
        };
        let id = |who: u8| party(u32::from(who) + 1);
        match chance {
            Chance::Offer if !over && offers < 5 => {
                offers += 1;
                table.happens(Event::Dispatcher(offer(offers, "8001")));
            }
            Chance::Cancel(which)
                if u64::from(which) < offers
                    && ends(&table, u64::from(which) + 1) == 0
                    && !table.legs.is_talking() =>
            {
                table.happens(Event::Dispatcher(cancel(u64::from(which) + 1)));
            }
            Chance::Connect(which) => {
                let asked = format!("dispatcher: Answered(OfferId({}))", u64::from(which) + 1);
                let said = table.said.join("\n");
                if said.contains(&asked)
                    && ends(&table, u64::from(which) + 1) == 0
                    && !said.contains("interpreter: connected")
                {
                    table.happens(Event::Dispatcher(connect(u64::from(which) + 1)));
                }
            }
            Chance::Answers(who) if dialled(&table, who) => {
                table.happens(Event::Sip(id(who), answered()))
            }
            Chance::Refuses(who) if dialled(&table, who) => {
                let calling = table.legs.parties[&PartyId(u32::from(who) + 1)].state
                    == super::party::State::Calling;
                if calling {
                    table.happens(Event::Sip(id(who), failed(486)));
                    table.happens(Event::Sip(id(who), LegEvent::Gone));
                }
            }
            Chance::Leaves(who, died) if dialled(&table, who) => {
                let by = if died { EndedBy::Vanished } else { EndedBy::Them };
                let calling = table.legs.parties[&PartyId(u32::from(who) + 1)].state
                    == super::party::State::Calling;
                table.happens(Event::Sip(id(who), if calling { failed(487) } else { ended(by) }));
                table.happens(Event::Sip(id(who), LegEvent::Gone));
            }
            Chance::Refers(who, known) if dialled(&table, who) => {
                let to = if known { "sip:8002@127.0.0.1" } else { "sip:0900@127.0.0.1" };
                table.happens(Event::Sip(id(who), refer(to)));
            }
            Chance::Holds(who) if dialled(&table, who) => {
                let sdp = Bytes::from(format!("{OFFER}a=sendonly\r\n"));
                table.happens(Event::Sip(id(who), LegEvent::Offered { sdp }));
            }
            Chance::CallerLeaves if !over => {
                over = true;
                table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Them)));
                table.happens(Event::Interpreter(call::Command::End(CallEnding::CallerLeft)));
            }
            Chance::FlowEnds if !over => {
                over = true;
                table.happens(Event::Interpreter(call::Command::HangUp(CallEnding::Completed)));
                table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Us)));
                table.happens(Event::Interpreter(call::Command::End(CallEnding::Completed)));
            }
            Chance::Offer
            | Chance::Cancel(_)
            | Chance::Answers(_)
            | Chance::Refuses(_)
            | Chance::Leaves(..)
            | Chance::Refers(..)
            | Chance::Holds(_)
            | Chance::CallerLeaves
            | Chance::FlowEnds => {}
        }
        let talking = table
            .legs
            .parties
            .values()
            .filter(|it| it.state == super::party::State::Talking)
            .count();
        assert!(talking <= 2, "at most one talks and one hands on");
    }
    if !over {
        table.happens(Event::Sip(Leg::Caller, ended(EndedBy::Them)));
        table.happens(Event::Interpreter(call::Command::End(CallEnding::CallerLeft)));
    }
    table.happens(Event::Sip(Leg::Caller, LegEvent::Gone));
    let left: Vec<PartyId> = table.legs.parties.keys().copied().collect();
    for id in left {
        table.happens(Event::Sip(Leg::Party(id), ended(EndedBy::Us)));
        table.happens(Event::Sip(Leg::Party(id), LegEvent::Gone));
    }
    let said = table.said.join("\n");
    assert_eq!(said.matches("done").count(), 1, "the call ends once:\n{said}");
    for offer in 1..=offers {
        let told = ends(&table, offer);
        // The dispatcher forgets an offer by `HungUp`, too: then nothing more need be said of it.
        assert!(told <= 1, "offer {offer} ended {told} times:\n{said}");
        assert!(told == 1 || over || said.contains("HungUp"), "offer {offer} never ended:\n{said}");
    }
    for leg in ["party 1", "party 2", "party 3", "party 4", "party 5"] {
        let opened = said.matches(&format!("media {leg}: open")).count();
        let closed = said.matches(&format!("media {leg}: close")).count();
        assert_eq!(opened, closed, "media of {leg}:\n{said}");
    }
}

proptest! {
    #[test]
    fn whatever_happens_every_offer_ends_once_and_the_call_ends(chances in prop::collection::vec(chance(), 0..40)) {
        play(chances);
    }
}

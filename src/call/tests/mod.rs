//! Calls in tables: when, what happens, what must come out.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks what it looks at")]

mod announcements;
mod connecting;
mod endings;
mod entries;
mod follow_up;
mod keys;
mod lookups;
mod nesting;
mod questions;
mod record;
mod stored;
mod verify;
mod voices;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::offset;

use super::{
    Agent, Answer, Calendars, Command, ConferenceEvent, Entry, Event, Kept, Machine, QueueEvent,
    RecordingEvent, Setting, Start, Ticket, TransferEvent, Verdict, What,
};
use crate::diagnostic::{Sources, text::render};
use crate::flow::Program;
use crate::secret::Key;
use crate::speech::{Catalogue, Catalogues};
use crate::time::Mono;
use crate::value::Value;

/// Every prompt says its own name, those with values also these.
const PROMPTS: &str = "
  welcome: welcome
  case: case {case.number} until {case.promised}
  notice: notice
  menu: menu
  other-menu: other menu
  enter: enter
  again: again
  confirm: confirm
  answer: status {order.status}
  said: you said {number}
  no-input: nothing
  no-match: wrong
  please-wait: please wait
  system-down: system down
  apology: sorry
  bye: bye
  queue-next: next
  queue-position: ahead {queue.ahead}
  queue-wait: minutes {queue.minutes}
";

/// Open from eight to eight in Shanghai.
struct Shop;

impl Calendars for Shop {
    fn is_open(&self, calendar: &str, when: Timestamp) -> Option<bool> {
        (calendar == "shop").then(|| (8..20).contains(&offset(8).to_datetime(when).hour()))
    }

    fn promised(&self, kind: &str, opened: Timestamp) -> Option<Timestamp> {
        (kind == "complaint").then(|| opened + jiff::SignedDuration::from_hours(72))
    }
}

/// A flow out of its steps.
fn setting(flow: &str) -> Arc<Setting> {
    let mut sources = Sources::default();
    let head = "flow: test\nlanguages: [en-US, zh-CN]\nstart: main\n";
    let text = format!("{head}{flow}");
    let file = sources.add("test.yaml", text.as_str());
    let (flow, found) = crate::flow::parse(file, &text);
    assert!(found.is_empty(), "{}", render(&found, &sources, false));
    with_words(Program::unproven(flow.unwrap()))
}

/// What a call of `flow` is run with.
fn with_words(flow: Arc<Program>) -> Arc<Setting> {
    let catalogue = |language: &str| {
        let text = format!("language: {language}\nprompts:{PROMPTS}words:\n  shipped: shipped\n");
        Catalogue::parse(flow.file, &text).0.unwrap()
    };
    let catalogues: Catalogues =
        ["en-US", "zh-CN"].into_iter().map(|it| (it.into(), catalogue(it))).collect();
    Arc::new(Setting { flow, catalogues: Arc::new(catalogues), calendars: Arc::new(Shop) })
}

fn start() -> Start {
    Start {
        call: "c1".into(),
        caller_number: Some("13800000001".into()),
        caller_name: None,
        called: "4001".into(),
        language: None,
        turn: 0,
        at: Mono::ZERO,
        wall: "2026-11-24T15:00:00+08:00[Asia/Shanghai]".parse().unwrap(),
    }
}

/// One call and the numbers of what it began last.
struct Call {
    setting: Arc<Setting>,
    machine: Machine,
    now: Mono,
    ticket: Ticket,
    /// The lookup before the last.
    asked_before: Ticket,
    prompt: Ticket,
    log: Vec<Entry>,
    commands: Vec<Command>,
}

impl Call {
    fn new(setting: &Arc<Setting>) -> Self {
        Self {
            setting: Arc::clone(setting),
            machine: Machine::new(Arc::clone(setting), start()),
            now: Mono::ZERO,
            ticket: Ticket(0),
            asked_before: Ticket(0),
            prompt: Ticket(0),
            log: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// What comes out of `event`, without what is stored and noted.
    fn handle(&mut self, ms: u64, event: Event) -> String {
        self.now = Mono::from_millis(ms);
        let mut out = Vec::new();
        self.machine.handle(self.now, event, &mut out);
        let shown: Vec<String> = out.iter().filter_map(|command| self.show(command)).collect();
        self.commands.append(&mut out);
        shown.join("; ")
    }

    fn show(&mut self, command: &Command) -> Option<String> {
        Some(match command {
            Command::Store(entry) => {
                self.log.push(entry.clone());
                return None;
            }
            Command::Note(_) => return None,
            Command::Answer => "answer".to_owned(),
            Command::Play(it) => {
                self.prompt = it.ticket;
                let text = it.utterance.text.clone();
                if text.is_empty() { "tone".to_owned() } else { text }
            }
            Command::PlayMusic => "music".to_owned(),
            Command::PlayRinging => "ringing".to_owned(),
            Command::Stop => "stop".to_owned(),
            Command::LookUp(it) => {
                self.asked_before = self.ticket;
                self.ticket = it.ticket;
                let with: Vec<String> =
                    it.with.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("ask {}({})", it.lookup, with.join(", "))
            }
            Command::Verify(it) => {
                self.ticket = it.ticket;
                let with: Vec<String> =
                    it.with.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("verify {}({}) of {}", it.lookup, with.join(", "), it.account)
            }
            Command::Enqueue(it) => {
                self.ticket = it.ticket;
                format!("queue {} {}", it.queue, it.priority)
            }
            Command::LeaveQueue(_) => "leave".to_owned(),
            Command::Transfer(it) => {
                self.ticket = it.ticket;
                format!("call {} {:?}", it.to, it.kind)
            }
            Command::CancelTransfer(_) => "cancel".to_owned(),
            Command::OpenCase(it) => {
                self.ticket = it.ticket;
                format!("open {} {:?} {:?} until {}", it.kind, it.about, it.with, it.promised)
            }
            Command::CallBack(it) => {
                self.ticket = it.ticket;
                format!("call back {} for {} until {}", it.number, it.queue, it.due)
            }
            Command::Notify(it) => format!("tell {} {:?}", it.to, it.with),
            Command::Record(it) => {
                self.ticket = it.ticket;
                format!("record {} {:?} {:?}", it.id, it.at_most, it.silence)
            }
            Command::StopRecording(_) => "end recording".to_owned(),
            Command::DiscardRecording(id) => format!("discard {id}"),
            Command::Conference(it) => {
                self.ticket = it.ticket;
                format!("conference {} with {}", it.room, it.with.join(" "))
            }
            Command::LeaveConference(_) => "part".to_owned(),
            Command::HangUp(_) => "hang up".to_owned(),
            Command::LastResort(because) => format!("last resort: {because}"),
            Command::End(ending) => format!("end {ending:?}"),
        })
    }

    /// The event that `words` mean.
    fn event(&self, words: &str) -> Event {
        let answer = |answer| Event::LookedUp { lookup: self.ticket, answer };
        let verified = |verdict| Event::Verified { check: self.ticket, verdict };
        let queue = |event| Event::Queue { visit: self.ticket, event };
        let transfer = |event| Event::Transfer { transfer: self.ticket, event };
        let kept = |kept| Event::Kept { ticket: self.ticket, kept };
        let recording = |event| Event::Recording { recording: self.ticket, event };
        let conference = |event| Event::Conference { conference: self.ticket, event };
        let agent = Agent { id: "lin".into(), name: None, work_number: Some("8001".into()) };
        let mut parts = words.split(' ');
        let verb = parts.next().unwrap();
        let rest: Vec<&str> = parts.collect();
        match verb {
            "arrives" => Event::Arrived,
            "connects" => Event::Answered,
            "key" => Event::Key(Key::from_symbol(rest[0].chars().next().unwrap()).unwrap().into()),
            "heard" => Event::Played(self.prompt),
            "heard-before" => Event::Played(Ticket(self.prompt.0 - 1)),
            "tick" => Event::Tick,
            "hangs-up" => Event::HungUp,
            "found" => {
                let lookup = &self.machine.setting.flow.lookups[0];
                let row = rest.iter().map(|cell| {
                    let (name, text) = cell.split_once('=').unwrap();
                    (name.into(), lookup.gives[name].kind.value.read(text).unwrap())
                });
                answer(Answer::Found(Arc::new(row.collect())))
            }
            "not-found" => answer(Answer::NotFound),
            "late" => Event::LookedUp { lookup: self.asked_before, answer: Answer::NotFound },
            "fails" => answer(Answer::Failed),
            "times-out" => answer(Answer::TimedOut),
            "right" => verified(Verdict::Right),
            "wrong" => verified(Verdict::Wrong),
            "locked" => verified(Verdict::Locked),
            "unverified" => verified(Verdict::Failed),
            "position" => queue(QueueEvent::Position {
                ahead: rest[0].parse().unwrap(),
                wait: rest.get(1).map(|it| Duration::from_secs(it.parse().unwrap())),
            }),
            "offered" => queue(QueueEvent::Offered(agent)),
            "withdrawn" => queue(QueueEvent::Withdrawn),
            "agent" => queue(QueueEvent::Connected(agent)),
            "agent-left" => queue(QueueEvent::AgentLeft),
            "no-agents" => queue(QueueEvent::NoAgents),
            "full" => queue(QueueEvent::Full),
            "waited" => queue(QueueEvent::Waited),
            "queue-fails" => queue(QueueEvent::Failed),
            "opened" => kept(Kept::Case { number: rest[0].into() }),
            "promised" => kept(Kept::Callback),
            "not-kept" => kept(Kept::Failed),
            "kept-before" => Event::Kept {
                ticket: Ticket(self.ticket.0 - 1),
                kept: Kept::Case { number: rest[0].into() },
            },
            "rings" => transfer(TransferEvent::Ringing),
            "joined" => transfer(TransferEvent::Connected),
            "busy" => transfer(TransferEvent::Busy),
            "no-answer" => transfer(TransferEvent::NoAnswer),
            "declined" => transfer(TransferEvent::Declined),
            "transfer-fails" => transfer(TransferEvent::Failed),
            "other-left" => transfer(TransferEvent::OtherLeft),
            "silent" => recording(RecordingEvent::Silent),
            "stored" => recording(RecordingEvent::Stored { heard: true }),
            "stored-nothing" => recording(RecordingEvent::Stored { heard: false }),
            "not-stored" => recording(RecordingEvent::Failed),
            "joins" => conference(ConferenceEvent::Joined(rest[0].into())),
            "leaves" => conference(ConferenceEvent::Left(rest[0].into())),
            "refuses" => conference(ConferenceEvent::Refused(rest[0].into())),
            "conference-fails" => conference(ConferenceEvent::Failed),
            unknown => panic!("`{unknown}` is no event"),
        }
    }

    /// `keys 12#` are as many events as keys.
    fn hear(&mut self, ms: u64, words: &str) -> String {
        let keys = words.strip_prefix("keys ").map(|keys| keys.chars().collect::<Vec<_>>());
        let events: Vec<Event> = match keys {
            Some(keys) => keys
                .into_iter()
                .map(|symbol| Event::Key(Key::from_symbol(symbol).unwrap().into()))
                .collect(),
            None => vec![self.event(words)],
        };
        let heard: Vec<String> = events
            .into_iter()
            .map(|event| self.handle(ms, event))
            .filter(|it| !it.is_empty())
            .collect();
        heard.join("; ")
    }

    fn notes(&self) -> impl Iterator<Item = &What> {
        self.commands.iter().filter_map(|command| match command {
            Command::Note(passage) => Some(&passage.what),
            _ => None,
        })
    }

    /// What was keyed for each question, in order.
    fn keyed(&self) -> Vec<String> {
        self.notes()
            .filter_map(|what| match what {
                What::Keyed { value, .. } => Some(value.to_string()),
                _ => None,
            })
            .collect()
    }
}

/// Plays a call that is connected at once: (milliseconds, what happens, what must come out).
#[track_caller]
fn play(flow: &str, lines: &[(u64, &str, &str)]) -> Call {
    play_with(&setting(flow), lines)
}

/// The same with a setting that is there already.
#[track_caller]
fn play_with(setting: &Arc<Setting>, lines: &[(u64, &str, &str)]) -> Call {
    let mut call = Call::new(setting);
    assert_eq!(call.handle(0, Event::Arrived), "answer");
    for (nth, (ms, words, expected)) in lines.iter().enumerate() {
        let heard = call.hear(*ms, words);
        assert_eq!(heard, *expected, "line {}: at {ms} `{words}`", nth + 1);
    }
    // Whatever a table plays must play the same out of the store.
    let again = super::replay(Arc::clone(&call.setting), start(), &call.log);
    assert_eq!(format!("{again:?}"), format!("{:?}", call.commands));
    call
}

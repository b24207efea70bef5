//! Random callers of the demo flows, in virtual time: whatever they key, whenever, and whatever the world answers, a proven
//! flow is never stuck, the call ends once, and its log tells the same again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test"
)]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use hotline::call::{
    Agent, Answer, Command, Entry, Event, Machine, QueueEvent, Setting, Start, Stuck, Ticket, What,
    replay,
};
use hotline::secret::Key;
use hotline::server::house::{Ground, Overrides};
use hotline::time::Mono;
use hotline::value::{Type, Value};
use proptest::prelude::*;

/// The demo's flows, with all their words.
static FLOWS: LazyLock<Vec<Arc<Setting>>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ground = Ground::read(&root.join("hotline.yaml"), &Overrides::default()).unwrap();
    let flows = ["flows/shop.yaml", "flows/operator.yaml"].map(|it| root.join(it));
    flows
        .iter()
        .map(|path| {
            let flow = ground.read_flow(path).unwrap();
            let catalogues = Arc::clone(&ground.catalogues);
            let calendars = Arc::new(ground.config.times());
            Arc::new(Setting { flow, catalogues, calendars })
        })
        .collect()
});

fn start(caller: Option<&str>) -> Start {
    Start {
        call: "c1".into(),
        caller_number: caller.map(Arc::from),
        caller_name: None,
        called: "4001".into(),
        language: None,
        turn: 0,
        at: Mono::ZERO,
        wall: "2026-11-24T15:00:00+08:00[Asia/Shanghai]".parse().unwrap(),
    }
}

/// Something that a caller or the world does; what makes no sense at the moment does nothing.
#[derive(Debug, Clone)]
enum Happening {
    Keys(String),
    Heard,
    Silence,
    Found(u8),
    NotFound,
    Failed,
    Queue(QueueEvent),
    HungUp,
}

fn happening() -> impl Strategy<Value = Happening> {
    let agent = || Agent { id: "8001".into(), name: None, work_number: None };
    let queue = prop_oneof![
        (0..200_u32).prop_map(|ahead| QueueEvent::Position { ahead, wait: None }),
        Just(QueueEvent::Offered(agent())),
        Just(QueueEvent::Withdrawn),
        Just(QueueEvent::Connected(agent())),
        Just(QueueEvent::AgentLeft),
        Just(QueueEvent::NoAgents),
        Just(QueueEvent::Full),
        Just(QueueEvent::Waited),
        Just(QueueEvent::Failed),
    ];
    prop_oneof![
        6 => "[0-9*#]{1,2}".prop_map(Happening::Keys),
        3 => "[0-29]".prop_map(Happening::Keys),
        2 => "(20260001|13900000001)#?".prop_map(Happening::Keys),
        8 => Just(Happening::Heard),
        2 => Just(Happening::Silence),
        4 => any::<u8>().prop_map(Happening::Found),
        1 => Just(Happening::NotFound),
        1 => Just(Happening::Failed),
        2 => queue.prop_map(Happening::Queue),
        1 => Just(Happening::HungUp),
    ]
}

/// One call and what it waits for.
struct Call {
    setting: Arc<Setting>,
    machine: Machine,
    now: Mono,
    commands: Vec<Command>,
}

impl Call {
    fn handle(&mut self, event: Event) {
        self.machine.handle(self.now, event, &mut self.commands);
    }

    fn ticket(&self, of: impl Fn(&Command) -> Option<Ticket>) -> Ticket {
        self.commands.iter().rev().find_map(of).unwrap_or(Ticket(0))
    }

    fn does(&mut self, it: &Happening) {
        let asked = self.commands.iter().rev().find_map(|command| match command {
            Command::LookUp(it) => Some((it.ticket, it.lookup.clone())),
            _ => None,
        });
        let visit = self.ticket(|command| match command {
            Command::Enqueue(it) => Some(it.ticket),
            _ => None,
        });
        match (it, asked) {
            (Happening::Keys(keys), _) => {
                for key in keys.chars() {
                    self.handle(Event::Key(Key::from_symbol(key).unwrap().into()));
                }
            }
            (Happening::Heard, _) => {
                let prompt = self.ticket(|command| match command {
                    Command::Play(it) => Some(it.ticket),
                    _ => None,
                });
                self.handle(Event::Played(prompt));
            }
            (Happening::Silence, _) => {
                self.now = self.machine.deadline().unwrap_or(self.now).max(self.now);
                self.handle(Event::Tick);
            }
            (Happening::Found(seed), Some((lookup, name))) => {
                let gives = &self.setting.flow.lookups[&name].gives;
                let columns = gives.iter().enumerate().filter_map(|(nth, (column, given))| {
                    let missing = given.optional && (seed >> (nth % 8)) & 1 == 0;
                    (!missing).then(|| (column.clone(), sample(&given.kind.value, *seed)))
                });
                let answer = Answer::Found(Arc::new(columns.collect()));
                self.handle(Event::LookedUp { lookup, answer });
            }
            (Happening::NotFound, Some((lookup, _))) => {
                self.handle(Event::LookedUp { lookup, answer: Answer::NotFound });
            }
            (Happening::Failed, Some((lookup, _))) => {
                self.handle(Event::LookedUp { lookup, answer: Answer::Failed });
            }
            (Happening::Queue(event), _) => {
                self.handle(Event::Queue { visit, event: event.clone() });
            }
            (Happening::HungUp, _) => self.handle(Event::HungUp),
            (Happening::Found(_) | Happening::NotFound | Happening::Failed, None) => {}
        }
    }
}

/// A value of `kind`.
fn sample(kind: &Type, seed: u8) -> Value {
    let text = match kind {
        Type::Choice(words) => {
            return Value::Choice(words[usize::from(seed) % words.len()].clone());
        }
        Type::Text => "顺丰".to_owned(),
        Type::Digits => "20260001".to_owned(),
        Type::Number | Type::Money | Type::Percent => {
            format!("{}.{:02}", i16::from(seed) - 90, seed % 100)
        }
        Type::Date => "2026-11-26".to_owned(),
        Type::Time => "15:04".to_owned(),
        Type::DateTime => "2026-11-26T15:04".to_owned(),
        Type::Duration => "90m".to_owned(),
        Type::YesNo => "yes".to_owned(),
        Type::Phone => "13800000001".to_owned(),
        Type::Secret => "4711".to_owned(),
        Type::Recording => "c0-1".to_owned(),
    };
    kind.read(&text).unwrap()
}

proptest! {
    #[test]
    fn no_caller_gets_a_proven_flow_stuck(
        flow in 0..2_usize,
        caller in prop::option::of(Just("13800000001")),
        happenings in prop::collection::vec((0..5_000_u64, happening()), 1..120),
    ) {
        let setting = Arc::clone(&FLOWS[flow]);
        let machine = Machine::new(Arc::clone(&setting), start(caller));
        let mut call = Call { setting, machine, now: Mono::ZERO, commands: Vec::new() };
        call.handle(Event::Arrived);
        call.handle(Event::Answered);
        for (later, it) in &happenings {
            call.now = Mono::from_micros(call.now.as_micros() + later * 1_000);
            call.does(it);
        }
        // Alone and silent it ends by itself, but for a talk.
        for _ in 0..500 {
            call.does(&Happening::Silence);
        }
        prop_assert!(call.machine.is_over() || call.machine.deadline().is_none());
        call.handle(Event::HungUp);
        let ends = call.commands.iter().filter(|it| matches!(it, Command::End(_))).count();
        prop_assert_eq!(ends, 1);
        for command in &call.commands {
            if let Command::Note(passage) = command
                && let What::Stuck { because } = &passage.what
            {
                prop_assert_eq!(because, &Stuck::Silent);
            }
        }
        let log: Vec<Entry> = call
            .commands
            .iter()
            .filter_map(|command| match command {
                Command::Store(entry) => Some(entry.clone()),
                _ => None,
            })
            .collect();
        let log: Vec<Entry> = serde_json::from_str(&serde_json::to_string(&log).unwrap()).unwrap();
        let again = replay(call.setting, start(caller), &log);
        prop_assert_eq!(format!("{:?}", call.commands), format!("{again:?}"));
    }
}

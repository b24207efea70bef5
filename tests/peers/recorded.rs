//! What the server wrote down of its calls, and the proof that it is enough: each call, fed again, does the same.

use std::path::Path;
use std::sync::Arc;

use hotline::call::{self, Command, Entry, Setting, Start};
use hotline::server::house::{Ground, Overrides};
use hotline::store::{CallFilter, Store, StoredCall, StoredEvent};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A call as the store has it.
#[derive(Debug)]
pub struct Recorded {
    /// Who, when, how it ended.
    pub call: StoredCall,
    /// What went into its machine.
    pub events: Vec<StoredEvent>,
    /// What the caller went through.
    pub journey: Vec<Value>,
}

impl Recorded {
    /// The entries of the journey that are a `what`.
    pub fn all(&self, what: &str) -> Vec<&Value> {
        self.journey.iter().filter(|entry| entry["what"] == what).collect()
    }

    /// One field of all entries of the journey that are a `what`.
    pub fn each(&self, what: &str, field: &str) -> Vec<String> {
        let text = |entry: &&Value| entry[field].as_str().unwrap_or_default().to_owned();
        self.all(what).iter().map(text).collect()
    }

    /// How many keys went into its machine.
    pub fn keys(&self) -> usize {
        self.events.iter().filter(|it| it.payload["happened"]["event"].get("key").is_some()).count()
    }

    /// How it ended.
    pub fn outcome(&self) -> &str {
        self.call.outcome.as_deref().unwrap_or("no end")
    }
}

/// Runs something of the library that is written for tokio.
pub fn block_on<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
}

/// Every call in the store of `data`, the oldest first. The server may run or not.
pub fn read(data: &Path) -> Vec<Recorded> {
    block_on(async {
        let store = Store::open(data).await.unwrap();
        let mut calls = Vec::new();
        for call in store.calls(&CallFilter::default()).await.unwrap().into_iter().rev() {
            let events = store.events(&call.id).await.unwrap();
            let journey = store.journey(&call.id).await.unwrap();
            calls.push(Recorded { call, events, journey });
        }
        store.close().await.unwrap();
        calls
    })
}

/// Feeds each call to a new machine with the flow that it ran: the commands have the digest and the journey that were
/// stored. A call under a version that `config` no longer names cannot be fed again and is passed over.
#[track_caller]
pub fn replay(calls: &[Recorded], config: &Path) {
    let mut ground = Ground::read(config, &Overrides::default()).unwrap();
    let numbers = ground.config.numbers.clone();
    for recorded in calls {
        let program = ground.read_flow(&numbers[&recorded.call.to]).unwrap();
        if program.version != recorded.call.flow_version {
            continue;
        }
        let setting = Arc::new(Setting {
            flow: program,
            catalogues: Arc::clone(&ground.catalogues),
            calendars: Arc::new(ground.config.times()),
        });
        let commands = again(recorded, setting);
        let notes = commands.iter().filter_map(|command| match command {
            Command::Note(passage) => Some(serde_json::to_value(passage).unwrap()),
            _ => None,
        });
        assert_eq!(notes.collect::<Vec<_>>(), recorded.journey, "the journey, fed again");
        let mut digest = Sha256::new();
        commands.iter().for_each(|command| digest.update(format!("{command:?}\n")));
        let stored =
            recorded.events.last().filter(|it| &*it.kind == "end").expect("the end of the call");
        assert_eq!(stored.payload["commands"], hex::encode(digest.finalize()), "{commands:#?}");
    }
}

/// What the machine wants when it is fed what was stored.
fn again(recorded: &Recorded, setting: Arc<Setting>) -> Vec<Command> {
    let [start, entries @ ..] = &recorded.events[..] else {
        panic!("nothing was stored of {recorded:?}")
    };
    assert_eq!(&*start.kind, "start");
    let numbered =
        recorded.events.iter().enumerate().all(|(at, event)| usize::try_from(event.seq) == Ok(at));
    assert!(numbered, "entries are missing: {recorded:#?}");
    let start: Start = serde_json::from_value(start.payload.clone()).unwrap();
    let entries = entries.iter().filter(|it| &*it.kind != "end");
    let log: Vec<Entry> =
        entries.map(|it| serde_json::from_value(it.payload.clone()).unwrap()).collect();
    call::replay(setting, start, &log)
}

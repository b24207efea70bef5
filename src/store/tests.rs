//! The store on real files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use super::*;
use crate::time::Mono;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + seconds).unwrap()
}

fn begins(id: &str, seconds: i64) -> Entry {
    Entry::Call(NewCall {
        id: id.into(),
        flow: "shop".into(),
        flow_version: "1f3a".into(),
        from: "13800000001".into(),
        to: "4001".into(),
        started_at: at(seconds),
    })
}

fn event(call: &str, seq: u32) -> Entry {
    Entry::CallEvent {
        call: call.into(),
        seq,
        at: Mono::from_millis(u64::from(seq) * 20),
        kind: "key".into(),
        payload: json!({ "key": "·" }),
    }
}

async fn open(directory: &tempfile::TempDir) -> Store {
    Store::open(&directory.path().join("data")).await.unwrap()
}

#[tokio::test]
async fn a_call_is_read_back_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.append(begins("c1", 0)).await;
    store.append(event("c1", 0)).await;
    store.append(event("c1", 1)).await;
    store
        .append(Entry::Journey { call: "c1".into(), seq: 0, entry: json!({ "step": "welcome" }) })
        .await;
    store
        .append(Entry::CallEnded { call: "c1".into(), at: at(60), outcome: "contained".into() })
        .await;
    store.flush().await.unwrap();
    let call = store.call("c1").await.unwrap().unwrap();
    assert_eq!(
        (call.started_at, call.ended_at, call.outcome.as_deref()),
        (at(0), Some(at(60)), Some("contained"))
    );
    assert_eq!(
        (&*call.from, &*call.to, &*call.flow, &*call.flow_version),
        ("13800000001", "4001", "shop", "1f3a")
    );
    let events = store.events("c1").await.unwrap();
    let [first, second] = &events[..] else { panic!("{events:?}") };
    assert_eq!((first.seq, first.at, &*first.kind), (0, Mono::ZERO, "key"));
    assert_eq!(
        (second.seq, second.at, &second.payload),
        (1, Mono::from_millis(20), &json!({ "key": "·" }))
    );
    assert_eq!(store.journey("c1").await.unwrap(), [json!({ "step": "welcome" })]);
    assert_eq!(store.call("c2").await.unwrap(), None);
}

#[tokio::test]
async fn calls_are_found_by_each_filter_the_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for (id, seconds) in [("c1", 0), ("c2", 10), ("c3", 20)] {
        store.append(begins(id, seconds)).await;
    }
    store
        .append(Entry::CallEnded { call: "c2".into(), at: at(30), outcome: "abandoned".into() })
        .await;
    store.flush().await.unwrap();
    let all = CallFilter::default;
    let text = |text: &str| Some(Arc::from(text));
    #[rustfmt::skip]
    let table = [
        (all(),                                                 "c3 c2 c1"),
        (CallFilter { since: Some(at(10)), ..all() },           "c3 c2"),
        (CallFilter { before: Some(at(10)), ..all() },          "c1"),
        (CallFilter { unfinished: true, ..all() },              "c3 c1"),
        (CallFilter { limit: 1, ..all() },                      "c3"),
        (CallFilter { from: text("13800000001"), ..all() },     "c3 c2 c1"),
        (CallFilter { from: text("' or 1=1 --"), ..all() },     ""),
        (CallFilter { to: text("1860"), ..all() },              ""),
        (CallFilter { flow: text("operator"), ..all() },        ""),
    ];
    for (filter, wanted) in table {
        let calls = store.calls(&filter).await.unwrap();
        let ids: Vec<_> = calls.iter().map(|call| &*call.id).collect();
        assert_eq!(ids.join(" "), wanted, "{filter:?}");
    }
}

#[tokio::test]
async fn what_is_written_twice_is_kept_once_and_the_first_end_stands() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for _ in 0..2 {
        store.append(begins("c1", 0)).await;
        store.append(event("c1", 0)).await;
    }
    store
        .append(Entry::CallEnded { call: "c1".into(), at: at(5), outcome: "abandoned".into() })
        .await;
    store
        .append(Entry::CallEnded { call: "c1".into(), at: at(9), outcome: "contained".into() })
        .await;
    store.flush().await.unwrap();
    assert_eq!(store.events("c1").await.unwrap().len(), 1);
    assert_eq!(store.call("c1").await.unwrap().unwrap().outcome.as_deref(), Some("abandoned"));
}

#[tokio::test]
async fn contexts_agents_and_audit_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    let context = |record| {
        Entry::Context(NewContext {
            token_id: "t1".into(),
            call: "c1".into(),
            audience: "crm".into(),
            created_at: at(0),
            expires_at: at(600),
            record,
        })
    };
    store.append(context(json!({ "version": 1 }))).await;
    store.append(context(json!({ "version": 1, "order": "20260001" }))).await;
    store
        .append(Entry::Agent { id: "8001".into(), name: "林".into(), work_number: "07".into() })
        .await;
    for (seconds, state) in [(0, "ready"), (5, "talking")] {
        store
            .append(Entry::AgentState {
                agent: "8001".into(),
                at: at(seconds),
                state: state.into(),
            })
            .await;
    }
    let audit = Entry::Audit {
        at: at(7),
        who: "crm".into(),
        what: "context.read".into(),
        subject: "c1".into(),
    };
    store.append(audit).await;
    store.flush().await.unwrap();
    let found = store.context("t1").await.unwrap().unwrap();
    assert_eq!(
        (found.expires_at, found.record),
        (at(600), json!({ "version": 1, "order": "20260001" }))
    );
    assert_eq!(store.context("t2").await.unwrap(), None);
    let states = store.agent_states("8001", 9).await.unwrap();
    assert_eq!(states.iter().map(|it| &*it.state).collect::<Vec<_>>(), ["talking", "ready"]);
    let audit = store.audit("c1", 9).await.unwrap();
    assert_eq!(audit, [AuditLine { at: at(7), who: "crm".into(), what: "context.read".into() }]);
}

#[tokio::test]
async fn what_is_told_is_due_until_delivered_or_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for body in ["{}", "[]"] {
        store.append(Entry::Told { hook: "crm".into(), body: body.into(), at: at(0) }).await;
    }
    store.flush().await.unwrap();
    let due = store.due_deliveries(at(0), 9).await.unwrap();
    let [first, second] = &due[..] else { panic!("{due:?}") };
    assert_eq!((&*first.hook, &*first.body, first.attempts), ("crm", "{}", 0));
    store.delivered(first.id, at(1)).await.unwrap();
    store.delivery_failed(second.id, Some(at(30))).await.unwrap();
    assert_eq!(store.due_deliveries(at(29), 9).await.unwrap(), []);
    assert_eq!(store.next_delivery_at().await.unwrap(), Some(at(30)));
    let store = {
        store.close().await.unwrap();
        open(&directory).await
    };
    let due = store.due_deliveries(at(30), 9).await.unwrap();
    assert_eq!(due, [Undelivered { attempts: 1, ..second.clone() }]);
    store.delivery_failed(second.id, None).await.unwrap();
    assert_eq!(store.next_delivery_at().await.unwrap(), None);
}

#[tokio::test]
async fn no_more_waits_to_be_told_than_may() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    sqlx::query(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
         insert into outbox (hook, body, created_at, next_at) select 'crm', '{}', 0, i from n",
    )
    .bind(MOST_UNDELIVERED - 1)
    .execute(&store.pool)
    .await
    .unwrap();
    let waiting = async || {
        let count = "select count(*) from outbox where next_at is not null";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&store.pool).await.unwrap()
    };
    for _ in 0..2 {
        store.append(Entry::Told { hook: "crm".into(), body: "{}".into(), at: at(0) }).await;
        store.flush().await.unwrap();
        assert_eq!(waiting().await, MOST_UNDELIVERED);
    }
}

#[tokio::test]
async fn what_was_appended_is_on_disk_within_a_second_and_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    let began = Instant::now();
    store.append(begins("c1", 0)).await;
    for seq in 0..1_200 {
        store.append(event("c1", seq)).await;
    }
    // Nobody asks for a flush: a second look at the file sees all of it.
    let watcher = open(&directory).await;
    while watcher.events("c1").await.unwrap().len() < 1_200 {
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "an event older than a second is not on disk"
        );
        tokio::task::yield_now().await;
    }
    // The writer is killed with one event in its hands.
    store.append(event("c1", 1_200)).await;
    store.writer.task.abort();
    assert!(matches!(store.flush().await, Err(Error::Closed)));
    drop((store, watcher));
    let store = open(&directory).await;
    let events = store.events("c1").await.unwrap();
    assert_eq!(events.len(), 1_200);
    assert!(events.iter().zip(0..).all(|(event, seq)| event.seq == seq), "a gap");
    let sound = sqlx::query("pragma integrity_check").fetch_one(&store.pool).await.unwrap();
    assert_eq!(sound.get::<&str, _>(0), "ok");
    let unfinished =
        store.calls(&CallFilter { unfinished: true, ..CallFilter::default() }).await.unwrap();
    assert_eq!(unfinished.len(), 1);
}

#[tokio::test]
async fn a_disk_that_stands_still_delays_a_call_once_and_losses_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    // Somebody else holds the file: the writer cannot begin its transaction.
    let holder = open(&directory).await;
    let held = holder.pool.begin_with("begin immediate").await.unwrap();
    let began = Instant::now();
    for seq in 0..11_000 {
        store.append(event("c1", seq)).await;
    }
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "appending blocked for {:?}",
        began.elapsed()
    );
    let lost = store.lost();
    assert!((1..11_000).contains(&lost), "{lost} lost");
    held.rollback().await.unwrap();
    store.flush().await.unwrap();
    let events = store.events("c1").await.unwrap();
    assert_eq!(events.len() as u64 + lost, 11_000);
}

#[tokio::test]
async fn a_closed_store_and_a_file_that_is_no_database_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.close().await.unwrap();
    assert!(matches!(store.flush().await, Err(Error::Closed)));
    store.append(begins("c1", 0)).await;
    assert_eq!(store.lost(), 1);
    let other = tempfile::tempdir().unwrap();
    std::fs::write(
        other.path().join(FILE_NAME),
        "this is a letter, not a database, and long enough to tell".repeat(40),
    )
    .unwrap();
    assert!(matches!(Store::open(other.path()).await, Err(Error::Open(..))));
    assert!(matches!(Store::open(&other.path().join(FILE_NAME)).await, Err(Error::Directory(..))));
}

#[tokio::test]
async fn calls_that_a_crash_left_open_are_marked_and_ended_ones_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for call in ["ended", "open"] {
        store.append(begins(call, 0)).await;
    }
    let ended = Entry::CallEnded { call: "ended".into(), at: at(9), outcome: "completed".into() };
    store.append(ended).await;
    store.flush().await.unwrap();
    assert_eq!(store.close_open_calls().await.unwrap(), 1);
    let outcome = async |call| store.call(call).await.unwrap().unwrap().outcome;
    assert_eq!(outcome("ended").await.as_deref(), Some("completed"));
    assert_eq!(outcome("open").await.as_deref(), Some("cut_off"));
    assert_eq!(store.close_open_calls().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_old_is_forgotten_with_all_that_belongs_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for n in 0..450 {
        store.append(begins(&format!("old{n}"), n)).await;
        store.append(event(&format!("old{n}"), 0)).await;
    }
    store.append(begins("new", 1_000)).await;
    store.append(event("new", 0)).await;
    for seconds in [0, 1_000] {
        store
            .append(Entry::AgentState {
                agent: "8001".into(),
                at: at(seconds),
                state: "ready".into(),
            })
            .await;
        store.append(Entry::Told { hook: "crm".into(), body: "{}".into(), at: at(seconds) }).await;
    }
    store.flush().await.unwrap();
    assert_eq!(store.forget_before(at(1_000)).await.unwrap(), 450);
    assert_eq!(store.calls(&CallFilter::default()).await.unwrap().len(), 1);
    assert_eq!(store.events("old7").await.unwrap(), []);
    assert_eq!(store.events("new").await.unwrap().len(), 1);
    assert_eq!(store.agent_states("8001", 9).await.unwrap().len(), 1);
    // A webhook that still waits is not forgotten, however old.
    assert_eq!(store.due_deliveries(at(2_000), 9).await.unwrap().len(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_data() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let _store = open(&directory).await;
    let mode = std::fs::metadata(directory.path().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

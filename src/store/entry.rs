//! What can be written. Entries are kept in the order of appending; one that is written twice changes nothing.
//!
//! Nine of ten entries are what happened in calls and their journeys. SQLite's thread is asked once for all of those of a
//! batch, which costs less than a twentieth of asking it once for each: they go as one JSON array that SQLite takes apart.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::outbox::MOST_UNDELIVERED;
use crate::time::Mono;

/// One thing to keep.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A call began.
    Call(NewCall),
    /// Something went into the call's machine.
    CallEvent {
        /// The call's id.
        call: Arc<str>,
        /// Its place among the call's events, from 0 up without gaps.
        seq: u32,
        /// When, on the clock of this process.
        at: Mono,
        /// Its name, such as `key` or `answer`.
        kind: Arc<str>,
        /// Everything else of it, secrets masked.
        payload: Value,
    },
    /// One more entry of the call's journey.
    Journey {
        /// The call's id.
        call: Arc<str>,
        /// Its place in the journey, from 0 up.
        seq: u32,
        /// The entry.
        entry: Value,
    },
    /// A call is over.
    CallEnded {
        /// The call's id.
        call: Arc<str>,
        /// When.
        at: Timestamp,
        /// How, in one word.
        outcome: Arc<str>,
    },
    /// A caller's context, to be fetched by its token; a later one of the same token replaces it.
    Context(NewContext),
    /// An agent as hotline.yaml names them.
    Agent {
        /// The user part of their SIP address.
        id: Arc<str>,
        /// As colleagues know them.
        name: Arc<str>,
        /// 工号.
        work_number: Arc<str>,
    },
    /// An agent's state is another now.
    AgentState {
        /// Whose.
        agent: Arc<str>,
        /// Since when.
        at: Timestamp,
        /// Which.
        state: Arc<str>,
    },
    /// A body for the receiver called `hook`, to be delivered as soon as may be. Lost if [`MOST_UNDELIVERED`] wait.
    Told {
        /// The receiver: `context`, or `notify/` and a name under `notify` of hotline.yaml.
        hook: Arc<str>,
        /// What is posted.
        body: String,
        /// When it was written.
        at: Timestamp,
    },
    /// What is remembered of one who tries secrets; a later one of the same subject replaces it.
    Lockout {
        /// Whom it is about, as whoever counts names them.
        subject: Arc<str>,
        /// What; nothing any more if `None`.
        state: Option<Value>,
        /// When it may be forgotten.
        until: Timestamp,
    },
    /// Who saw or did what.
    Audit {
        /// When.
        at: Timestamp,
        /// An agent, or the audience of a token.
        who: Arc<str>,
        /// What, such as `context.read`.
        what: Arc<str>,
        /// To what: a call's id.
        subject: Arc<str>,
    },
}

/// A call as it begins.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// Its id, never given twice.
    pub id: Arc<str>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// The hash of its content.
    pub flow_version: Arc<str>,
    /// The caller's number as signalled.
    pub from: Arc<str>,
    /// The number they dialled.
    pub to: Arc<str>,
    /// When.
    pub started_at: Timestamp,
}

/// A context as it is handed on.
#[derive(Debug, Clone)]
pub struct NewContext {
    /// What the token carries; not the token itself.
    pub token_id: Arc<str>,
    /// Which call's.
    pub call: Arc<str>,
    /// For whom.
    pub audience: Arc<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it may be fetched.
    pub expires_at: Timestamp,
    /// The record.
    pub record: Value,
}

/// Writes all of `batch` in its order; see the module for the two tables that are written to at once.
pub(super) async fn write(batch: &[Entry], to: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let (mut events, mut journeys) = (Vec::new(), Vec::new());
    for entry in batch {
        let query = match entry {
            Entry::Call(call) => sqlx::query(
                "insert into calls (id, flow, flow_version, caller, dialled, started_at) values (?, ?, ?, ?, ?, ?)
                 on conflict do nothing",
            )
            .bind(&*call.id)
            .bind(&*call.flow)
            .bind(&*call.flow_version)
            .bind(&*call.from)
            .bind(&*call.to)
            .bind(call.started_at.as_microsecond()),
            Entry::CallEvent { call, seq, at, kind, payload } => {
                events.push((call, seq, at.as_micros(), kind, payload.to_string()));
                continue;
            }
            Entry::Journey { call, seq, entry } => {
                journeys.push((call, seq, entry.to_string()));
                continue;
            }
            Entry::CallEnded { call, at, outcome } => {
                sqlx::query("update calls set ended_at = ?, outcome = ? where id = ? and ended_at is null")
                    .bind(at.as_microsecond())
                    .bind(&**outcome)
                    .bind(&**call)
            }
            Entry::Context(context) => sqlx::query(
                "insert or replace into contexts (token_id, call, audience, created_at, expires_at, record)
                 values (?, ?, ?, ?, ?, ?)",
            )
            .bind(&*context.token_id)
            .bind(&*context.call)
            .bind(&*context.audience)
            .bind(context.created_at.as_microsecond())
            .bind(context.expires_at.as_microsecond())
            .bind(context.record.to_string()),
            Entry::Agent { id, name, work_number } => {
                sqlx::query("insert or replace into agents (id, name, work_number) values (?, ?, ?)")
                    .bind(&**id)
                    .bind(&**name)
                    .bind(&**work_number)
            }
            Entry::AgentState { agent, at, state } => {
                sqlx::query("insert into agent_states (agent, at, state) values (?, ?, ?)")
                    .bind(&**agent)
                    .bind(at.as_microsecond())
                    .bind(&**state)
            }
            Entry::Told { hook, body, at } => {
                let kept = sqlx::query(
                    "insert into outbox (hook, body, created_at, next_at) select ?1, ?2, ?3, ?3
                     where (select count(*) from outbox where next_at is not null) < ?4",
                )
                .bind(&**hook)
                .bind(&**body)
                .bind(at.as_microsecond())
                .bind(MOST_UNDELIVERED)
                .execute(&mut *to)
                .await?;
                if kept.rows_affected() == 0 {
                    metrics::counter!("hotline_told_lost_total").increment(1);
                    tracing::error!(hook = &**hook, most = MOST_UNDELIVERED, "too much waits to be told");
                }
                continue;
            }
            Entry::Lockout { subject, state: Some(state), until } => {
                sqlx::query("insert or replace into lockouts (subject, state, until) values (?, ?, ?)")
                    .bind(&**subject)
                    .bind(state.to_string())
                    .bind(until.as_microsecond())
            }
            Entry::Lockout { subject, state: None, .. } => {
                sqlx::query("delete from lockouts where subject = ?").bind(&**subject)
            }
            Entry::Audit { at, who, what, subject } => {
                sqlx::query("insert into audit (at, who, what, subject) values (?, ?, ?, ?)")
                    .bind(at.as_microsecond())
                    .bind(&**who)
                    .bind(&**what)
                    .bind(&**subject)
            }
        };
        query.execute(&mut *to).await?;
    }
    // `where true` keeps SQLite from reading `on conflict` as part of a join.
    let events_at_once = "insert into call_events (call, seq, mono_us, kind, payload)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?) where true
         on conflict do nothing";
    let journeys_at_once = "insert into journeys (call, seq, entry)
         select value ->> 0, value ->> 1, value ->> 2 from json_each(?) where true on conflict do nothing";
    if !events.is_empty() {
        sqlx::query(events_at_once).bind(array(&events)).execute(&mut *to).await?;
    }
    if !journeys.is_empty() {
        sqlx::query(journeys_at_once).bind(array(&journeys)).execute(to).await?;
    }
    Ok(())
}

/// Rows as a JSON array of arrays. Strings and numbers cannot fail to become JSON.
fn array<T: serde::Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

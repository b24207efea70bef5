//! Questions to the store. None of them waits for the writer: what was appended a moment ago may not be seen yet.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store};
use crate::time::Mono;

/// No answer has more rows.
const MOST_ROWS: u32 = 100_000;

/// A call as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredCall {
    /// Its id.
    pub id: Arc<str>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// The hash of its content.
    pub flow_version: Arc<str>,
    /// The caller's number as signalled.
    pub from: Arc<str>,
    /// The number they dialled.
    pub to: Arc<str>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it goes on, or if the process died in it.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Arc<str>>,
}

/// One event that went into a call's machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredEvent {
    /// Its place; a gap tells of entries that were lost.
    pub seq: u32,
    /// When, on the clock of the process that took the call.
    pub at: Mono,
    /// Its name.
    pub kind: Arc<str>,
    /// Everything else of it.
    pub payload: Value,
}

/// A context as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContext {
    /// Which call's.
    pub call: Arc<str>,
    /// For whom.
    pub audience: Arc<str>,
    /// Until when it may be fetched.
    pub expires_at: Timestamp,
    /// The record.
    pub record: Value,
}

/// One change of an agent's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentStateChange {
    /// Since when.
    pub at: Timestamp,
    /// Which.
    pub state: Arc<str>,
}

/// Who saw or did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Arc<str>,
    /// What.
    pub what: Arc<str>,
}

/// Which calls; the default is the newest hundred.
#[derive(Debug, Clone)]
pub struct CallFilter {
    /// Begun then or later.
    pub since: Option<Timestamp>,
    /// Begun earlier.
    pub before: Option<Timestamp>,
    /// Of this caller.
    pub from: Option<Arc<str>>,
    /// To this number.
    pub to: Option<Arc<str>>,
    /// Of this flow.
    pub flow: Option<Arc<str>>,
    /// Without an end.
    pub unfinished: bool,
    /// At most so many.
    pub limit: u32,
}

impl Default for CallFilter {
    fn default() -> Self {
        let none = None;
        Self {
            since: None,
            before: None,
            from: none.clone(),
            to: none.clone(),
            flow: none,
            unfinished: false,
            limit: 100,
        }
    }
}

impl Store {
    /// Whether the store answers at all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// The call with this id.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn call(&self, id: &str) -> Result<Option<StoredCall>, Error> {
        let row = sqlx::query("select * from calls where id = ?")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(call).transpose()
    }

    /// The calls that `filter` wants, the newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn calls(&self, filter: &CallFilter) -> Result<Vec<StoredCall>, Error> {
        let rows = sqlx::query(
            "select * from calls
             where (?1 is null or started_at >= ?1) and (?2 is null or started_at < ?2)
               and (?3 is null or caller = ?3) and (?4 is null or dialled = ?4) and (?5 is null or flow = ?5)
               and (not ?6 or ended_at is null)
             order by started_at desc, id limit ?7",
        )
        .bind(filter.since.map(Timestamp::as_microsecond))
        .bind(filter.before.map(Timestamp::as_microsecond))
        .bind(filter.from.as_deref())
        .bind(filter.to.as_deref())
        .bind(filter.flow.as_deref())
        .bind(filter.unfinished)
        .bind(filter.limit.min(MOST_ROWS))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(call).collect()
    }

    /// What went into the call's machine, in order.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn events(&self, call: &str) -> Result<Vec<StoredEvent>, Error> {
        let rows =
            sqlx::query("select seq, mono_us, kind, payload from call_events where call = ? order by seq limit ?")
                .bind(call)
                .bind(MOST_ROWS)
                .fetch_all(&self.pool)
                .await?;
        let event = |row: &SqliteRow| {
            let at = u64::try_from(row.try_get::<i64, _>("mono_us")?);
            Ok(StoredEvent {
                seq: row.try_get("seq")?,
                at: Mono::from_micros(at.map_err(|_| Error::Content("call_events.mono_us"))?),
                kind: text(row, "kind")?,
                payload: json(row, "payload")?,
            })
        };
        rows.iter().map(event).collect()
    }

    /// The call's journey, in order.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn journey(&self, call: &str) -> Result<Vec<Value>, Error> {
        let rows = sqlx::query("select entry from journeys where call = ? order by seq limit ?")
            .bind(call)
            .bind(MOST_ROWS)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| json(row, "entry")).collect()
    }

    /// The context of this token, expired or not: whoever serves it decides.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn context(&self, token_id: &str) -> Result<Option<StoredContext>, Error> {
        let row = sqlx::query(
            "select call, audience, expires_at, record from contexts where token_id = ?",
        )
        .bind(token_id)
        .fetch_optional(&self.pool)
        .await?;
        let context = |row: SqliteRow| {
            Ok(StoredContext {
                call: text(&row, "call")?,
                audience: text(&row, "audience")?,
                expires_at: moment(row.try_get("expires_at")?, "contexts.expires_at")?,
                record: json(&row, "record")?,
            })
        };
        row.map(context).transpose()
    }

    /// How the agent's state changed, the newest change first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn agent_states(
        &self,
        agent: &str,
        limit: u32,
    ) -> Result<Vec<AgentStateChange>, Error> {
        let rows = sqlx::query(
            "select at, state from agent_states where agent = ? order by at desc, id desc limit ?",
        )
        .bind(agent)
        .bind(limit.min(MOST_ROWS))
        .fetch_all(&self.pool)
        .await?;
        let change = |row: &SqliteRow| {
            Ok(AgentStateChange {
                at: moment(row.try_get("at")?, "agent_states.at")?,
                state: text(row, "state")?,
            })
        };
        rows.iter().map(change).collect()
    }

    /// Who saw or did what to `subject`, the newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn audit(&self, subject: &str, limit: u32) -> Result<Vec<AuditLine>, Error> {
        let rows = sqlx::query(
            "select at, who, what from audit where subject = ? order by at desc, id desc limit ?",
        )
        .bind(subject)
        .bind(limit.min(MOST_ROWS))
        .fetch_all(&self.pool)
        .await?;
        let line = |row: &SqliteRow| {
            let at = moment(row.try_get("at")?, "audit.at")?;
            Ok(AuditLine { at, who: text(row, "who")?, what: text(row, "what")? })
        };
        rows.iter().map(line).collect()
    }
}

fn call(row: &SqliteRow) -> Result<StoredCall, Error> {
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(StoredCall {
        id: text(row, "id")?,
        flow: text(row, "flow")?,
        flow_version: text(row, "flow_version")?,
        from: text(row, "caller")?,
        to: text(row, "dialled")?,
        started_at: moment(row.try_get("started_at")?, "calls.started_at")?,
        ended_at: ended_at.map(|us| moment(us, "calls.ended_at")).transpose()?,
        outcome: row.try_get::<Option<&str>, _>("outcome")?.map(Arc::from),
    })
}

fn text(row: &SqliteRow, column: &str) -> Result<Arc<str>, Error> {
    Ok(row.try_get::<&str, _>(column)?.into())
}

fn json(row: &SqliteRow, column: &'static str) -> Result<Value, Error> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| Error::Content(column))
}

pub(super) fn moment(us: i64, column: &'static str) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(us).map_err(|_| Error::Content(column))
}

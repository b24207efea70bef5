//! Promises to call back: who waits for a call, until when, and what became of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::read::moment;
use super::{Error, Store};

/// A promise to be kept.
#[derive(Debug, Clone)]
pub struct NewCallback {
    /// The call's id. With `ticket` it names the promise: kept twice, it is one.
    pub call: Arc<str>,
    /// Which of the call's promises.
    pub ticket: u32,
    /// The queue whose agents call.
    pub queue: Arc<str>,
    /// Whom, written in one way only: who asks for the same number again is the same.
    pub number: Arc<str>,
    /// Why, in a word of the designer's.
    pub because: Option<Arc<str>>,
    /// The language they speak.
    pub language: Arc<str>,
    /// When they asked.
    pub asked_at: Timestamp,
    /// Until when they were promised a call.
    pub due_at: Timestamp,
    /// Their context as it was then.
    pub context: Value,
}

/// A promise as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredCallback {
    /// Names it.
    pub id: i64,
    /// The queue whose agents call.
    pub queue: Arc<str>,
    /// Whom.
    pub number: Arc<str>,
    /// Why, in a word of the designer's.
    pub because: Option<Arc<str>>,
    /// The language they speak.
    pub language: Arc<str>,
    /// The call in which they asked last.
    pub call: Arc<str>,
    /// When they asked first.
    pub asked_at: Timestamp,
    /// Until when they were promised a call.
    pub due_at: Timestamp,
    /// How often they asked.
    pub times: u32,
    /// Their context when they asked last.
    pub context: Value,
}

/// What became of a promise when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It waits.
    Kept,
    /// The same number waits for the same queue already: the earlier deadline holds.
    Merged,
    /// As many wait as may wait.
    Full,
}

/// The most that wait for a call. A call centre that is so far behind must not promise more.
pub const MOST_WAITING: i64 = 10_000;

impl Store {
    /// Keeps a promise to call back.
    ///
    /// # Errors
    /// [`Error::Database`]: nothing is promised then.
    pub async fn keep_callback(&self, it: &NewCallback) -> Result<Promise, Error> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        // Asked again with the same ticket it is the same wish, not a second one.
        let merged = sqlx::query(
            "update callbacks set times = times + (call <> ?1 or ticket <> ?2), due_at = min(due_at, ?3),
             because = coalesce(?4, because), language = ?5, context = ?6, call = ?1, ticket = ?2
             where queue = ?7 and number = ?8 and done_at is null",
        )
        .bind(&*it.call)
        .bind(it.ticket)
        .bind(it.due_at.as_microsecond())
        .bind(it.because.as_deref())
        .bind(&*it.language)
        .bind(it.context.to_string())
        .bind(&*it.queue)
        .bind(&*it.number)
        .execute(&mut *transaction)
        .await?;
        let promise = if merged.rows_affected() > 0 {
            Promise::Merged
        } else {
            let kept = sqlx::query(
                "insert into callbacks (queue, number, because, language, call, ticket, asked_at, due_at, context)
                 select ?, ?, ?, ?, ?, ?, ?, ?, ?
                 where (select count(*) from callbacks where done_at is null) < ?",
            )
            .bind(&*it.queue)
            .bind(&*it.number)
            .bind(it.because.as_deref())
            .bind(&*it.language)
            .bind(&*it.call)
            .bind(it.ticket)
            .bind(it.asked_at.as_microsecond())
            .bind(it.due_at.as_microsecond())
            .bind(it.context.to_string())
            .bind(MOST_WAITING)
            .execute(&mut *transaction)
            .await?;
            if kept.rows_affected() > 0 { Promise::Kept } else { Promise::Full }
        };
        transaction.commit().await?;
        Ok(promise)
    }

    /// Who waits for a call, of one queue or of all, the first deadline first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn callbacks(
        &self,
        queue: Option<&str>,
        due_before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<StoredCallback>, Error> {
        let rows = sqlx::query(
            "select * from callbacks where done_at is null and (?1 is null or queue = ?1)
             and (?2 is null or due_at < ?2) order by due_at, id limit ?3",
        )
        .bind(queue)
        .bind(due_before.map(Timestamp::as_microsecond))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(callback).collect()
    }

    /// Notes what became of a promise; whether it still waited.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn callback_done(
        &self,
        id: i64,
        outcome: &str,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update callbacks set done_at = ?, outcome = ? where id = ? and done_at is null",
        )
        .bind(at.as_microsecond())
        .bind(outcome)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

fn callback(row: &SqliteRow) -> Result<StoredCallback, Error> {
    let text = |name| row.try_get::<&str, _>(name).map(Arc::from);
    let context = serde_json::from_str(row.try_get("context")?);
    Ok(StoredCallback {
        id: row.try_get("id")?,
        queue: text("queue")?,
        number: text("number")?,
        because: row.try_get::<Option<&str>, _>("because")?.map(Arc::from),
        language: text("language")?,
        call: text("call")?,
        asked_at: moment(row.try_get("asked_at")?, "callbacks.asked_at")?,
        due_at: moment(row.try_get("due_at")?, "callbacks.due_at")?,
        times: row.try_get("times")?,
        context: context.map_err(|_| Error::Content("callbacks.context"))?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(hour: u8) -> Timestamp {
        format!("2026-11-24T{hour:02}:00:00Z").parse().unwrap()
    }

    fn new(call: &str, number: &str, due: u8) -> NewCallback {
        NewCallback {
            call: call.into(),
            ticket: 1,
            queue: "service".into(),
            number: number.into(),
            because: Some("busy".into()),
            language: "zh-CN".into(),
            asked_at: at(7),
            due_at: at(due),
            context: json!({ "call": call }),
        }
    }

    #[tokio::test]
    async fn who_asks_again_waits_once_with_the_earlier_deadline_and_the_newest_context() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let keep = async |it: &NewCallback| store.keep_callback(it).await.unwrap();
        assert_eq!(keep(&new("c1", "13800000001", 9)).await, Promise::Kept);
        // The same wish again, after a crash between keeping it and telling the call.
        assert_eq!(keep(&new("c1", "13800000001", 9)).await, Promise::Merged);
        assert_eq!(keep(&new("c2", "13800000001", 11)).await, Promise::Merged);
        assert_eq!(keep(&new("c3", "13800000002", 8)).await, Promise::Kept);
        let other = NewCallback { queue: "sales".into(), ..new("c4", "13800000001", 10) };
        assert_eq!(keep(&other).await, Promise::Kept);
        let waiting = store.callbacks(None, None, 9).await.unwrap();
        let shown: Vec<_> =
            waiting.iter().map(|it| (&*it.queue, &*it.number, it.times, it.due_at)).collect();
        #[rustfmt::skip]
        assert_eq!(shown, [
            ("service", "13800000002", 1, at(8)),
            ("service", "13800000001", 2, at(9)),
            ("sales",   "13800000001", 1, at(10)),
        ]);
        assert_eq!(waiting[1].context, json!({ "call": "c2" }));
        assert_eq!(store.callbacks(Some("sales"), None, 9).await.unwrap().len(), 1);
        assert_eq!(store.callbacks(None, Some(at(9)), 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_done_waits_no_longer_and_may_be_promised_again() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        store.keep_callback(&new("c1", "13800000001", 9)).await.unwrap();
        let id = store.callbacks(None, None, 9).await.unwrap()[0].id;
        assert!(store.callback_done(id, "reached", at(8)).await.unwrap());
        assert!(!store.callback_done(id, "reached", at(8)).await.unwrap());
        assert!(store.callbacks(None, None, 9).await.unwrap().is_empty());
        assert_eq!(store.keep_callback(&new("c2", "13800000001", 9)).await.unwrap(), Promise::Kept);
        store.forget_before(at(10)).await.unwrap();
        let left = store.callbacks(None, None, 9).await.unwrap();
        assert_eq!((left.len(), &*left[0].call), (1, "c2"));
    }

    #[tokio::test]
    async fn no_more_is_promised_than_may_wait() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        sqlx::query(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
             insert into callbacks (queue, number, language, call, ticket, asked_at, due_at, context)
             select 'service', 1000000 + i, 'zh-CN', 'c', i, 0, 0, '{}' from n",
        )
        .bind(MOST_WAITING - 1)
        .execute(&store.pool)
        .await
        .unwrap();
        let keep = async |call| store.keep_callback(&new(call, call, 9)).await.unwrap();
        assert_eq!(keep("13800000001").await, Promise::Kept);
        assert_eq!(keep("13800000002").await, Promise::Full);
        assert_eq!(keep("13800000001").await, Promise::Merged);
    }
}

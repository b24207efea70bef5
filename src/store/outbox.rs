//! What others are to be told: kept until delivered or given up, so that a restart goes on where it was.
//!
//! Written by [`Entry::Told`](super::Entry::Told); these are for the one task that delivers. They wait for the
//! database, which no call must.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store};

/// The most that wait to be delivered: some 200 MiB. Given up after two hours each, so many wait only when receivers are
/// away while several calls a second tell them something.
pub const MOST_UNDELIVERED: i64 = 100_000;

/// One body to be posted or mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Names it in the answers below.
    pub id: i64,
    /// The receiver: `context`, or `notify/` and a name under `notify` of hotline.yaml.
    pub hook: Arc<str>,
    /// What is posted.
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was posted here.
    pub created_at: Timestamp,
}

impl Store {
    /// At most `limit` bodies that are due at `now`, the longest due first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn due_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Undelivered>, Error> {
        let rows = sqlx::query(
            "select id, hook, body, attempts, created_at from outbox where next_at is not null and next_at <= ?
             order by next_at, id limit ?",
        )
        .bind(now.as_microsecond())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok(Undelivered {
                id: row.try_get("id")?,
                hook: row.try_get::<&str, _>("hook")?.into(),
                body: row.try_get("body")?,
                attempts: row.try_get("attempts")?,
                created_at: super::read::moment(row.try_get("created_at")?, "outbox.created_at")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// When the next body is due, now or later.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn next_delivery_at(&self) -> Result<Option<Timestamp>, Error> {
        let row =
            sqlx::query("select min(next_at) as next_at from outbox where next_at is not null")
                .fetch_one(&self.pool)
                .await?;
        let next: Option<i64> = row.try_get("next_at")?;
        next.map(|us| super::read::moment(us, "outbox.next_at")).transpose()
    }

    /// The body arrived.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn delivered(&self, id: i64, at: Timestamp) -> Result<(), Error> {
        sqlx::query("update outbox set attempts = attempts + 1, delivered_at = ?, next_at = null where id = ?")
            .bind(at.as_microsecond())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The body did not arrive: to be tried again at `next`, or never.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn delivery_failed(&self, id: i64, next: Option<Timestamp>) -> Result<(), Error> {
        sqlx::query("update outbox set attempts = attempts + 1, next_at = ? where id = ?")
            .bind(next.map(Timestamp::as_microsecond))
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

//! Webhooks to deliver: kept until delivered or given up, so that a restart goes on where it was.
//!
//! Written by [`Entry::Webhook`](super::Entry::Webhook); these are for the one task that delivers. They wait for the
//! database, which no call must.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store};

/// One body to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Names it in the answers below.
    pub id: i64,
    /// The webhook's name in hotline.yaml.
    pub hook: Arc<str>,
    /// What is posted.
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl Store {
    /// At most `limit` bodies that are due at `now`, the longest due first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<Webhook>, Error> {
        let rows = sqlx::query(
            "select id, hook, body, attempts from outbox where next_at is not null and next_at <= ?
             order by next_at, id limit ?",
        )
        .bind(now.as_microsecond())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let webhook = |row: &SqliteRow| {
            Ok(Webhook {
                id: row.try_get("id")?,
                hook: row.try_get::<&str, _>("hook")?.into(),
                body: row.try_get("body")?,
                attempts: row.try_get("attempts")?,
            })
        };
        rows.iter().map(webhook).collect()
    }

    /// When the next body is due, now or later.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn next_webhook_at(&self) -> Result<Option<Timestamp>, Error> {
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
    pub async fn webhook_delivered(&self, id: i64, at: Timestamp) -> Result<(), Error> {
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
    pub async fn webhook_failed(&self, id: i64, next: Option<Timestamp>) -> Result<(), Error> {
        sqlx::query("update outbox set attempts = attempts + 1, next_at = ? where id = ?")
            .bind(next.map(Timestamp::as_microsecond))
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

//! Who has tried secrets in vain; see [`Entry::Lockout`](super::Entry::Lockout).

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;

use super::{Error, Store};

/// The most that are read at a start: more than are ever kept.
const MOST: u32 = 200_000;

impl Store {
    /// Each subject of which something is remembered at `now`, and what.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn lockouts(&self, now: Timestamp) -> Result<Vec<(String, Value)>, Error> {
        let rows = sqlx::query(
            "select subject, state from lockouts where until > ? order by until desc limit ?",
        )
        .bind(now.as_microsecond())
        .bind(MOST)
        .fetch_all(&self.pool)
        .await?;
        let lockout = |row: &sqlx::sqlite::SqliteRow| {
            let state = serde_json::from_str(row.try_get("state")?);
            Ok((row.try_get("subject")?, state.map_err(|_| Error::Content("lockouts.state"))?))
        };
        rows.iter().map(lockout).collect()
    }
}

//! What is old is forgotten, a little at a time, so that the writer never waits long for its turn.

use jiff::Timestamp;

use super::{Error, Store};

/// So many calls, with all that belongs to them, are deleted in one transaction.
const AT_ONCE: i64 = 200;

impl Store {
    /// Marks calls that a crash or power cut left open as `cut_off`, and tells how many. They keep no end: nobody saw
    /// it. For the start, before the first call.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn close_open_calls(&self) -> Result<u64, Error> {
        let closed = sqlx::query(
            "update calls set outcome = 'cut_off' where ended_at is null and outcome is null",
        )
        .execute(&self.pool)
        .await?;
        Ok(closed.rows_affected())
    }

    /// Deletes calls that began before `before`, with their events, journeys and contexts, and agents' states and
    /// finished webhooks, lock-outs, closed cases and calls back that were made at that time; tells how many calls. What callers still
    /// wait for is kept. The audit log is kept: it holds no caller's words.
    ///
    /// # Errors
    /// [`Error::Database`]; what was deleted until then stays deleted.
    pub async fn forget_before(&self, before: Timestamp) -> Result<u64, Error> {
        let before = before.as_microsecond();
        let mut forgotten = 0;
        loop {
            let mut transaction = self.pool.begin_with("begin immediate").await?;
            for delete in [
                "delete from call_events where call in (select id from calls where started_at < ?1 order by started_at, id limit ?2)",
                "delete from journeys where call in (select id from calls where started_at < ?1 order by started_at, id limit ?2)",
                "delete from contexts where call in (select id from calls where started_at < ?1 order by started_at, id limit ?2)",
            ] {
                sqlx::query(delete).bind(before).bind(AT_ONCE).execute(&mut *transaction).await?;
            }
            let calls = sqlx::query(
                "delete from calls where id in (select id from calls where started_at < ?1 order by started_at, id limit ?2)",
            )
            .bind(before)
            .bind(AT_ONCE)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            transaction.commit().await?;
            forgotten += calls;
            if calls == 0 {
                break; // each turn before has deleted calls, of which there is an end
            }
        }
        for delete in [
            "delete from agent_states where at < ?",
            "delete from outbox where next_at is null and created_at < ?",
            "delete from lockouts where until < ?",
            "delete from cases where closed_at < ?",
            "delete from callbacks where done_at < ?",
        ] {
            sqlx::query(delete).bind(before).execute(&self.pool).await?;
        }
        Ok(forgotten)
    }
}

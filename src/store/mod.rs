//! THE STORE: what must survive the process, in one SQLite file of the data directory.
//!
//! Called by `server` (writes calls as they happen), `desk` (contexts, outbox, audit), `report` and `cli` (read).
//! Must not know: flows, SIP, what an event means: it keeps kinds and JSON, already masked by whoever hands them over.
//! Way in: [`Store::open`], then [`Store::append`] from any task, and the questions of `read`.
//! Always true: appending costs a call at most [`PATIENCE`], once, when the disk stands still; what was appended is
//! committed within half a second, in the order of appending, so that `kill -9` loses nothing older than a second;
//! what cannot be written is counted and logged, never silently dropped.
//! Read next: `entry` (what can be written), `writer` (batches), `read` (questions), `outbox` (webhooks to deliver), `lockouts`
//! (who may not try again), `cases` and `callbacks` (what callers wait for), `retention` (what is forgotten).

mod callbacks;
mod cases;
mod entry;
mod lockouts;
mod outbox;
mod read;
mod retention;
mod surveys;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::oneshot;

pub use callbacks::{MOST_WAITING, NewCallback, Promise, StoredCallback};
pub use cases::{CaseFilter, NewCase, StoredCase};
pub use entry::{Entry, NewCall, NewContext};
pub use outbox::{MOST_UNDELIVERED, Undelivered};
pub use read::{AgentStateChange, AuditLine, CallFilter, StoredCall, StoredContext, StoredEvent};
pub use surveys::Surveyed;
use writer::{Order, Writer};

/// How long [`Store::append`] waits for room before an entry counts as lost.
pub const PATIENCE: Duration = Duration::from_millis(20);

/// The database's file in the data directory.
pub const FILE_NAME: &str = "hotline.db";

/// Why the store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory is not there and cannot be made.
    #[error("the data directory {} cannot be made", .0.display())]
    Directory(PathBuf, #[source] io::Error),
    /// The file is no database, or may not be opened.
    #[error("the database {} cannot be opened", .0.display())]
    Open(PathBuf, #[source] sqlx::Error),
    /// The file was written by a newer version, or a step to the present form failed.
    #[error("the database {} cannot be brought to this version's form", .0.display())]
    Migrate(PathBuf, #[source] MigrateError),
    /// A question could not be answered or a change could not be made.
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// What stands in a column is not what this version writes there.
    #[error("{0} holds something that this version did not write")]
    Content(&'static str),
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

/// A handle on the store; clones share one writer.
#[derive(Clone, Debug)]
pub struct Store {
    /// For everything but the writer, which no question may keep waiting.
    pool: SqlitePool,
    writer: Writer,
}

impl Store {
    /// Opens the store in `directory`, making both when they are not there. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Directory`], [`Error::Open`] or [`Error::Migrate`]; nothing is left running then.
    pub async fn open(directory: &Path) -> Result<Self, Error> {
        make_private_directory(directory)
            .map_err(|error| Error::Directory(directory.into(), error))?;
        let file = directory.join(FILE_NAME);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode a killed process loses no commit, a power cut the last ones at worst, and never the file.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(5))
                .connect_with(options.clone())
        };
        let writing = pool(1).await.map_err(|error| Error::Open(file.clone(), error))?;
        sqlx::migrate!("src/store/migrations")
            .run(&writing)
            .await
            .map_err(|error| Error::Migrate(file.clone(), error))?;
        let pool = pool(4).await.map_err(|error| Error::Open(file, error))?;
        Ok(Self { pool, writer: Writer::start(writing) })
    }

    /// Hands `entry` to the writer.
    ///
    /// Returns at once but when the writer is a full channel behind: then it waits up to [`PATIENCE`], and if there is
    /// still no room the entry is lost, counted, and the log says so once a second. Until there is room again further
    /// entries do not wait.
    pub async fn append(&self, entry: Entry) {
        self.writer.append(entry).await;
    }

    /// The same, for what must be handed over in an order that only the caller knows: never waits, and is lost when there
    /// is no room.
    pub fn append_now(&self, entry: Entry) {
        self.writer.append_now(entry);
    }

    /// Entries lost since the process began.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.writer.lost()
    }

    /// Waits until everything appended before is committed.
    ///
    /// # Errors
    /// [`Error::Closed`] if the writer has ended.
    pub async fn flush(&self) -> Result<(), Error> {
        let (done, committed) = oneshot::channel();
        self.writer.order(Order::Flush(done)).await?;
        committed.await.map_err(|_| Error::Closed)
    }

    /// Writes what is left and closes the file; for shut-down. Entries appended after it are lost and counted.
    ///
    /// # Errors
    /// [`Error::Closed`] if the writer has ended.
    pub async fn close(&self) -> Result<(), Error> {
        let (done, committed) = oneshot::channel();
        self.writer.order(Order::Close(done)).await?;
        committed.await.map_err(|_| Error::Closed)?;
        self.pool.close().await;
        Ok(())
    }
}

/// Callers' numbers and answers are in it: nobody else on the machine need read them.
fn make_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests;

//! The connector to an SQLite file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::query::Query as SqlQuery;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions,
    SqliteRow,
};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection, Executor, Row, SqlSafeStr, SqlStr,
    Statement as _,
};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::query::Statement;
use super::{CheckError, Failure, OpenError, Outcome, SqliteConfig, convert};
use crate::value::Value;

/// A query is interrupted at its deadline from within; if that fails (a disk that does not answer), the connection is
/// given up so much later.
pub(super) const LAST_RESORT: Duration = Duration::from_millis(250);
/// How many instructions of SQLite's machine run between two looks at the clock: some 10 µs.
const INSTRUCTIONS: i32 = 1_000;
/// How long one try waits for another writer. The time-out cannot interrupt this wait, so it is short and repeated.
const LOCK_WAIT: Duration = Duration::from_millis(50);
const WAITING_PER_CONNECTION: u32 = 16;

#[derive(Debug)]
pub(super) struct Sqlite {
    /// Nothing can be changed through these.
    readers: SqlitePool,
    /// One at a time, as SQLite has it.
    writers: SqlitePool,
    /// Those who run and those who wait.
    turns: Semaphore,
}

/// Why one try gave no answer.
enum Miss {
    Late,
    Locked,
    Failed(Failure),
}

impl Sqlite {
    pub(super) async fn open(config: SqliteConfig) -> Result<Self, OpenError> {
        if !config.create.is_empty() && !config.file.exists() {
            create(&config).await?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&config.file)
            .busy_timeout(LOCK_WAIT)
            .disable_statement_logging();
        let connections = config.connections.clamp(1, 64);
        // Opening happens at the first question, and must not outlast it much.
        let pool = |connections| {
            SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
        };
        Ok(Self {
            readers: pool(connections).connect_lazy_with(options.clone().read_only(true)),
            writers: pool(1).connect_lazy_with(options),
            turns: Semaphore::new(connections.saturating_mul(1 + WAITING_PER_CONNECTION) as usize),
        })
    }

    pub(super) async fn run(
        &self,
        query: &Statement,
        params: &[(Arc<str>, Value)],
        deadline: Instant,
    ) -> Outcome {
        let Ok(_turn) = self.turns.try_acquire() else { return Outcome::Failed(Failure::Busy) };
        loop {
            match self.try_once(query, params, deadline).await {
                Ok(Some(answer)) => return Outcome::Found(answer),
                Ok(None) => return Outcome::NotFound,
                Err(Miss::Failed(failure)) => return Outcome::Failed(failure),
                Err(Miss::Late) => return Outcome::TimedOut,
                Err(Miss::Locked) if Instant::now() >= deadline => return Outcome::TimedOut,
                Err(Miss::Locked) => {} // took LOCK_WAIT, so this loop turns `within` / 50 ms times at most
            }
        }
    }

    async fn try_once(
        &self,
        query: &Statement,
        params: &[(Arc<str>, Value)],
        deadline: Instant,
    ) -> Result<Option<Vec<(Arc<str>, Value)>>, Miss> {
        let pool = if query.changes { &self.writers } else { &self.readers };
        let acquired = timeout_at(deadline, pool.acquire()).await.map_err(|_| Miss::Late)?;
        let mut connection = acquired.map_err(|error| opening(&error))?;
        let asked =
            timeout_at(deadline + LAST_RESORT, ask(&mut connection, query, params, deadline)).await;
        match asked {
            // https://sqlite.org/c3ref/interrupt.html: an interrupted change has rolled back its transaction already,
            // which sqlx cannot know: the connection would refuse to begin the next one.
            Ok(Err(Miss::Late)) if query.changes => {
                drop(connection.detach());
                Err(Miss::Late)
            }
            Ok(answer) => answer,
            Err(_) => {
                // Its thread is stuck: the pool shall make a new one instead of waiting for it.
                drop(connection.detach());
                Err(Miss::Late)
            }
        }
    }

    pub(super) async fn check(&self, query: &Statement) -> Result<(), CheckError> {
        let mut connection = self.readers.acquire().await.map_err(|_| CheckError::Unreachable)?;
        let refused = |error: sqlx::Error| CheckError::Refused(words(&error).into());
        let statement = connection.prepare(sql(&query.sql)).await.map_err(refused)?;
        let answers = |name: &str| statement.columns().iter().any(|column| column.name() == name);
        if let Some(missing) = query.gives.iter().find(|column| !answers(&column.name)) {
            return Err(CheckError::NoColumn(Arc::clone(&missing.name)));
        }
        // https://sqlite.org/opcode.html: `Transaction` with P2 other than 0 begins to write.
        let explained =
            connection.fetch_all(sql(&format!("explain {}", query.sql))).await.map_err(refused)?;
        let writes = |row: &SqliteRow| {
            row.try_get("opcode").is_ok_and(|it: &str| it == "Transaction")
                && row.try_get("p2").is_ok_and(|p2: i64| p2 != 0)
        };
        if !query.changes && explained.iter().any(writes) {
            Err(CheckError::Changes)
        } else {
            Ok(())
        }
    }
}

/// Prepares, binds, runs; the clock is looked at from within the database's own thread.
async fn ask(
    connection: &mut PoolConnection<sqlx::Sqlite>,
    query: &Statement,
    params: &[(Arc<str>, Value)],
    deadline: Instant,
) -> Result<Option<Vec<(Arc<str>, Value)>>, Miss> {
    let mut handle = connection.lock_handle().await.map_err(|error| running(&error))?;
    let until = deadline.into_std();
    handle.set_progress_handler(INSTRUCTIONS, move || std::time::Instant::now() < until);
    drop(handle);
    // Apart from running, because before values are bound the database's own words may be logged.
    connection.prepare(sql(&query.sql)).await.map_err(|error| preparing(&error))?;
    let mut bound = sqlx::query(sql(&query.sql));
    for name in &query.params {
        let (_, value) =
            params.iter().find(|(it, _)| it == name).ok_or(Miss::Failed(Failure::NoParameter))?;
        bound = convert::bind(bound, value);
    }
    if query.changes {
        change(connection, bound, query, deadline).await
    } else {
        let row = bound.fetch_optional(&mut **connection).await.map_err(|error| running(&error))?;
        row.map(|row| answer(&row, query)).transpose()
    }
}

/// All or nothing: what is not committed by the deadline, or answers something unreadable, is undone.
async fn change(
    connection: &mut SqliteConnection,
    bound: SqlQuery<'_, sqlx::Sqlite, SqliteArguments>,
    query: &Statement,
    deadline: Instant,
) -> Result<Option<Vec<(Arc<str>, Value)>>, Miss> {
    let mut transaction =
        connection.begin_with("begin immediate").await.map_err(|error| running(&error))?;
    let answer = if query.gives.is_empty() {
        let done = bound.execute(&mut *transaction).await.map_err(|error| running(&error))?;
        (done.rows_affected() > 0).then(Vec::new)
    } else {
        let rows = bound.fetch_all(&mut *transaction).await.map_err(|error| running(&error))?;
        rows.first().map(|row| answer(row, query)).transpose()?
    };
    if Instant::now() >= deadline {
        return Err(Miss::Late);
    }
    transaction.commit().await.map_err(|error| running(&error))?;
    Ok(answer)
}

fn answer(row: &SqliteRow, query: &Statement) -> Result<Vec<(Arc<str>, Value)>, Miss> {
    let mut answer = Vec::with_capacity(query.gives.len());
    for column in &query.gives {
        match convert::read(row, column) {
            Ok(value) => answer.extend(value.map(|value| (Arc::clone(&column.name), value))),
            Err(failure) => {
                tracing::warn!(
                    column = &*column.name,
                    "a lookup's column is not of the declared type"
                );
                return Err(Miss::Failed(failure));
            }
        }
    }
    Ok(answer)
}

/// The query is a designer's own text, checked at load to be one statement; values are bound, never part of it.
fn sql(text: &str) -> SqlStr {
    AssertSqlSafe(text.to_owned()).into_sql_str()
}

fn opening(error: &sqlx::Error) -> Miss {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return Miss::Late;
    }
    tracing::warn!(%error, "a lookup's database cannot be opened");
    Miss::Failed(Failure::Unreachable)
}

fn preparing(error: &sqlx::Error) -> Miss {
    let miss = running_quietly(error);
    if matches!(miss, Miss::Failed(_)) {
        tracing::warn!(error = words(error), "a lookup's query was refused");
    }
    miss
}

/// With values bound, the database's words may repeat them (`bad JSON path: …`): only its code is logged.
fn running(error: &sqlx::Error) -> Miss {
    let miss = running_quietly(error);
    if matches!(miss, Miss::Failed(_)) {
        tracing::warn!(code = code(error), "a lookup's query was refused");
    }
    miss
}

fn running_quietly(error: &sqlx::Error) -> Miss {
    // https://sqlite.org/rescode.html: the low byte is the kind.
    match code(error).unwrap_or_default() & 0xFF {
        9 => Miss::Late,                                         // SQLITE_INTERRUPT
        5 | 6 => Miss::Locked,                                   // SQLITE_BUSY, SQLITE_LOCKED
        10 | 11 | 14 | 26 => Miss::Failed(Failure::Unreachable), // IOERR, CORRUPT, CANTOPEN, NOTADB
        _ => Miss::Failed(Failure::Refused),
    }
}

fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Makes the database beside its place and moves it there whole.
async fn create(config: &SqliteConfig) -> Result<(), OpenError> {
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::File(path, error)
    };
    if let Some(directory) = config.file.parent() {
        std::fs::create_dir_all(directory).map_err(file_error(directory))?;
    }
    let making = config.file.with_extension("making");
    if making.exists() {
        std::fs::remove_file(&making).map_err(file_error(&making))?; // left by a process that was killed here
    }
    let made = async {
        let options = SqliteConnectOptions::new()
            .filename(&making)
            .create_if_missing(true)
            .disable_statement_logging();
        let mut connection = options
            .connect()
            .await
            .map_err(|error| OpenError::Create(config.file.clone(), error))?;
        for path in &config.create {
            let script = std::fs::read_to_string(path).map_err(file_error(path))?;
            // The operator's own file, named in hotline.yaml.
            let done = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await;
            done.map_err(|error| OpenError::Create(config.file.clone(), error))?;
        }
        connection.close().await.map_err(|error| OpenError::Create(config.file.clone(), error))
    };
    let made = made
        .await
        .and_then(|()| std::fs::rename(&making, &config.file).map_err(file_error(&config.file)));
    if made.is_err() {
        let _ = std::fs::remove_file(&making); // may never have been there
    }
    made
}

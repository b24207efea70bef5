//! LOOKUPS: a flow's questions to the systems of the house, answered within their time or not at all.
//!
//! Called by `server` (one question at a time for each call) and `cli` (`check --online`).
//! Must not know: calls, flows, what an answer is for.
//! Way in: [`Query::prepare`] or a [`Request`] at load, [`Lookups::open`] at start, then [`Lookups::run`].
//! Always true: values are bound or encoded, never pasted; `run` ends within its time, give or take a quarter of a second;
//! a query that may not change anything runs where nothing can be changed; a change in a database that ran out of time was
//! undone, unless its last step, the commit, was under way; a change over HTTP is sent once; no value stands in a log or an
//! error.
//! Read next: `query` (parameters, columns), `sqlite` (the connector), `convert` (values to columns and back); `request` (a
//! question over HTTP, its answer), `http` (the connector), `breaker` (who may ask), `json` (values to JSON and back); `pin`
//! (secrets against hashes).

mod breaker;
mod convert;
mod http;
#[cfg(test)]
mod http_tests;
mod json;
mod pin;
mod query;
mod request;
mod sqlite;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::value::Value;

use http::Http;
pub use http::{Health, HttpConfig, HttpError, Login};
pub use pin::{PinError, Pins, hash};
pub use query::{Column, QueryError, Statement};
pub use request::{Method, Part, Request};
use sqlite::Sqlite;

/// One system that may be asked.
#[derive(Debug, Clone)]
pub enum ConnectorConfig {
    /// A database.
    Sqlite(SqliteConfig),
    /// A system over HTTP.
    Http(HttpConfig),
}

impl ConnectorConfig {
    /// What flows call it.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        match self {
            Self::Sqlite(it) => &it.name,
            Self::Http(it) => &it.name,
        }
    }
}

impl From<SqliteConfig> for ConnectorConfig {
    fn from(config: SqliteConfig) -> Self {
        Self::Sqlite(config)
    }
}

impl From<HttpConfig> for ConnectorConfig {
    fn from(config: HttpConfig) -> Self {
        Self::Http(config)
    }
}

/// A question whose values are known by name. Made once, at load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// To a database.
    Sql(Statement),
    /// To a system over HTTP.
    Http(Request),
}

impl Query {
    /// A question to a database: see [`Statement::prepare`].
    ///
    /// # Errors
    /// [`QueryError`], the first that is found.
    pub fn prepare(
        text: &str,
        takes: &[Arc<str>],
        gives: Vec<Column>,
        changes: bool,
    ) -> Result<Self, QueryError> {
        Statement::prepare(text, takes, gives, changes).map(Self::Sql)
    }
}

/// One database that may be asked.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// What flows call it.
    pub name: Arc<str>,
    /// The database's file.
    pub file: PathBuf,
    /// SQL files that make it, in this order, when it is not there.
    pub create: Vec<PathBuf>,
    /// How many queries run at once, 1..=64; sixteen times as many may wait for their turn.
    pub connections: u32,
}

/// Why the connectors cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// An SQL file cannot be read, or the database's directory not be written.
    #[error("{} cannot be read or written", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// An SQL file cannot be carried out; no half-made database is left behind.
    #[error("the database {} cannot be made", .0.display())]
    Create(PathBuf, #[source] sqlx::Error),
    /// A system cannot be asked over HTTP.
    #[error("the connector `{0}` cannot be opened: {1}")]
    Http(Arc<str>, #[source] HttpError),
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The first row, by the names that the lookup gives; an optional column that is null is left out.
    Found(Vec<(Arc<str>, Value)>),
    /// No row; or a change that found nothing to change.
    NotFound,
    /// There is no answer, and there would be none if it were asked again at once.
    Failed(Failure),
    /// There was none in time. A change in a database was undone, unless the commit itself was under way.
    TimedOut,
    /// A change was sent to another system, and nobody knows what became of it.
    Unknown(Failure),
}

impl Outcome {
    /// Its name in figures.
    const fn name(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::NotFound => "not_found",
            Self::Failed(Failure::LeftAlone) => "left_alone",
            Self::Failed(Failure::Busy) => "busy",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed_out",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connector has this name.
    #[error("there is no such connector")]
    NoConnector,
    /// Too many questions wait for this connector already.
    #[error("too many questions wait already")]
    Busy,
    /// The database cannot be opened, or there is no connection to the system.
    #[error("it cannot be reached")]
    Unreachable,
    /// The system did not answer lately, and is not asked for a while.
    #[error("the system did not answer lately and is left alone")]
    LeftAlone,
    /// The connection ended before the answer did.
    #[error("the connection was lost")]
    Lost,
    /// The answer did not come in time.
    #[error("there was no answer in time")]
    Late,
    /// The system answered with a status that is no answer: 401, 500.
    #[error("the system answered with status {0}")]
    Status(u16),
    /// The answer is not JSON, or does not say so.
    #[error("the answer is not JSON")]
    NotJson,
    /// The answer has more than 256 KiB.
    #[error("the answer is too large")]
    TooLarge,
    /// A value is empty, too long or would lead elsewhere where it stands in a path.
    #[error("a value cannot stand in the path")]
    Value,
    /// The database refused the query.
    #[error("the database refused the query")]
    Refused,
    /// The question came without a value for one of its parameters.
    #[error("a parameter has no value")]
    NoParameter,
    /// A column or field is missing, null, or holds what its declared type cannot read.
    #[error("the answer is not what the lookup says")]
    Answer,
}

/// What `check --online` finds wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// No connector has this name.
    #[error("there is no such connector")]
    NoConnector,
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Unreachable,
    /// The database refuses it, in its own words; no value has been bound yet.
    #[error("the database refuses the query: {0}")]
    Refused(Arc<str>),
    /// The query answers no column of this name.
    #[error("the query answers no column `{0}`")]
    NoColumn(Arc<str>),
    /// It changes something without saying so.
    #[error("the query changes the database, but the lookup does not say `changes: true`")]
    Changes,
}

/// All connectors; clones share their connections.
#[derive(Clone, Debug)]
pub struct Lookups {
    connectors: Arc<BTreeMap<Arc<str>, Pool>>,
}

/// One kind of database a variant: each keeps its own types, which a common layer would lose.
#[derive(Debug)]
enum Pool {
    Sqlite(Sqlite),
    Http(Box<Http>),
}

impl Lookups {
    /// Makes the databases that are not there and can be made. Opens none yet: one that is missing or broken later
    /// fails the lookups, not the server. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`] if a database has to be made and cannot.
    pub async fn open(
        configs: impl IntoIterator<Item = impl Into<ConnectorConfig>>,
    ) -> Result<Self, OpenError> {
        let mut connectors = BTreeMap::new();
        for config in configs {
            let config: ConnectorConfig = config.into();
            let name = Arc::clone(config.name());
            let pool = match config {
                ConnectorConfig::Sqlite(config) => Pool::Sqlite(Sqlite::open(config).await?),
                ConnectorConfig::Http(config) => {
                    let opened = Http::open(config);
                    let opened =
                        opened.map_err(|error| OpenError::Http(Arc::clone(&name), error))?;
                    Pool::Http(Box::new(opened))
                }
            };
            connectors.insert(name, pool);
        }
        Ok(Self { connectors: Arc::new(connectors) })
    }

    /// Asks `connector`, with one value for each parameter of `query`; ends after `within` at the latest.
    ///
    /// Anything but an answer is logged with the connector's name and the reason.
    pub async fn run(
        &self,
        connector: &str,
        query: &Query,
        params: &[(Arc<str>, Value)],
        within: Duration,
    ) -> Outcome {
        let deadline = Instant::now() + within;
        let outcome = match (self.connectors.get(connector), query) {
            (Some(Pool::Sqlite(sqlite)), Query::Sql(query)) => {
                sqlite.run(query, params, deadline).await
            }
            (Some(Pool::Http(http)), Query::Http(query)) => http.run(query, params, deadline).await,
            // HL0716: checked at load, and a reload that changes a connector is refused.
            (Some(Pool::Sqlite(_)), Query::Http(_))
            | (Some(Pool::Http(_)), Query::Sql(_))
            | (None, _) => Outcome::Failed(Failure::NoConnector),
        };
        let labels = [("connector", connector.to_owned()), ("outcome", outcome.name().to_owned())];
        metrics::counter!("hotline_lookups_total", &labels).increment(1);
        match &outcome {
            Outcome::Found(_) | Outcome::NotFound => {}
            Outcome::Failed(reason) => tracing::warn!(connector, %reason, "a lookup failed"),
            Outcome::TimedOut => tracing::warn!(connector, ?within, "a lookup ran out of time"),
            Outcome::Unknown(reason) => {
                tracing::warn!(connector, %reason, "nobody knows whether a change was made");
            }
        }
        outcome
    }

    /// Whether the connector's database would take `query` and answer its columns. Runs nothing. What is asked over HTTP
    /// nobody can try without asking: see [`Lookups::health`].
    ///
    /// # Errors
    /// [`CheckError`], the first that is found.
    pub async fn check_query(&self, connector: &str, query: &Query) -> Result<(), CheckError> {
        match (self.connectors.get(connector), query) {
            (Some(Pool::Sqlite(sqlite)), Query::Sql(query)) => sqlite.check(query).await,
            (Some(Pool::Http(_)), Query::Http(_)) => Ok(()),
            (Some(Pool::Sqlite(_)), Query::Http(_))
            | (Some(Pool::Http(_)), Query::Sql(_))
            | (None, _) => Err(CheckError::NoConnector),
        }
    }

    /// Asks the health address of each system over HTTP, in the order of their names; `None` where there is no address.
    pub async fn health(&self) -> Vec<(Arc<str>, Option<Health>)> {
        let mut answers = Vec::new();
        for (name, pool) in &*self.connectors {
            match pool {
                Pool::Sqlite(_) => {}
                Pool::Http(http) => answers.push((Arc::clone(name), http.health().await)),
            }
        }
        answers
    }
}

//! LOOKUPS: a flow's questions to the systems of the house, answered within their time or not at all.
//!
//! Called by `server` (one question at a time for each call) and `cli` (`check --online`).
//! Must not know: calls, flows, what an answer is for.
//! Way in: [`Query::prepare`] at load, [`Lookups::open`] at start, then [`Lookups::run`].
//! Always true: values are bound, never pasted; `run` ends within its time, give or take a quarter of a second;
//! a query that may not change anything runs where nothing can be changed; a change that ran out of time was undone,
//! unless its last step, the commit, was under way; no value stands in a log or an error.
//! Read next: `query` (parameters, columns), `sqlite` (the connector), `convert` (values to columns and back), `pin` (secrets against hashes).

mod convert;
mod pin;
mod query;
mod sqlite;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::value::Value;

pub use pin::{PinError, Pins, hash};
pub use query::{Column, Query, QueryError};
use sqlite::Sqlite;

/// One system that may be asked.
#[derive(Debug, Clone)]
pub struct ConnectorConfig {
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
    /// There was none in time. A change was undone, unless the commit itself was under way.
    TimedOut,
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
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Unreachable,
    /// The database refused the query.
    #[error("the database refused the query")]
    Refused,
    /// The question came without a value for one of its parameters.
    #[error("a parameter has no value")]
    NoParameter,
    /// A column is missing, null, or holds what its declared type cannot read.
    #[error("a column is not what the lookup says")]
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
}

impl Lookups {
    /// Makes the databases that are not there and can be made. Opens none yet: one that is missing or broken later
    /// fails the lookups, not the server. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`] if a database has to be made and cannot.
    pub async fn open(configs: Vec<ConnectorConfig>) -> Result<Self, OpenError> {
        let mut connectors = BTreeMap::new();
        for config in configs {
            let name = Arc::clone(&config.name);
            connectors.insert(name, Pool::Sqlite(Sqlite::open(config).await?));
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
        let outcome = match self.connectors.get(connector) {
            Some(Pool::Sqlite(sqlite)) => sqlite.run(query, params, deadline).await,
            None => Outcome::Failed(Failure::NoConnector),
        };
        match &outcome {
            Outcome::Found(_) | Outcome::NotFound => {}
            Outcome::Failed(reason) => tracing::warn!(connector, %reason, "a lookup failed"),
            Outcome::TimedOut => tracing::warn!(connector, ?within, "a lookup ran out of time"),
        }
        outcome
    }

    /// Whether the connector's database would take `query` and answer its columns. Runs nothing.
    ///
    /// # Errors
    /// [`CheckError`], the first that is found.
    pub async fn check_query(&self, connector: &str, query: &Query) -> Result<(), CheckError> {
        match self.connectors.get(connector) {
            Some(Pool::Sqlite(sqlite)) => sqlite.check(query).await,
            None => Err(CheckError::NoConnector),
        }
    }
}

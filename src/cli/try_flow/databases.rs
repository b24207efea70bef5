//! The connectors of hotline.yaml, asked one question at a time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{self, Runtime};

use super::Connectors;
use crate::call::{Answer, Question};
use crate::config::Config;
use crate::flow::model::{Flow, Lookup, Name};
use crate::lookup::{Column, ConnectorConfig, Lookups, OpenError, Outcome, Query, QueryError};

/// Why they cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the lookup `{0}` cannot be asked: {1}")]
    Query(Name, #[source] QueryError),
    #[error("a connector cannot be opened: {0}")]
    Connector(#[from] OpenError),
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

/// The connectors of hotline.yaml, and the queries of one flow.
pub(super) struct Databases {
    runtime: Runtime,
    lookups: Lookups,
    queries: BTreeMap<Name, (Name, Query)>,
}

impl Databases {
    /// Opens the connectors that `flow` asks. Paths are relative to `file`, the configuration's own.
    pub(super) fn open(config: &Config, file: &Path, flow: &Flow) -> Result<Self, Broken> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let data = folder.join(&config.data);
        let used = |name: &str| flow.lookups.values().any(|it| *it.connector.value == *name);
        let configs = config.connectors.iter().filter(|(name, _)| used(name)).map(|(name, it)| {
            ConnectorConfig {
                name: Arc::clone(name),
                file: data.join(&it.sqlite),
                create: it.create.iter().map(|create| folder.join(create)).collect(),
                connections: it.connections,
            }
        });
        let queries = flow.lookups.iter().map(|(name, lookup)| {
            let query = query(lookup).map_err(|error| Broken::Query(name.clone(), error))?;
            Ok((name.clone(), (lookup.connector.value.clone(), query)))
        });
        let queries = queries.collect::<Result<_, Broken>>()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let lookups = runtime.block_on(Lookups::open(configs.collect()))?;
        Ok(Self { runtime, lookups, queries })
    }
}

impl Connectors for Databases {
    fn ask(&mut self, question: &Question) -> Answer {
        let Some((connector, query)) = self.queries.get(&question.lookup) else {
            return Answer::Failed; // the program was proven: it asks only its own lookups
        };
        let asked = self.lookups.run(connector, query, &question.with, question.within);
        match self.runtime.block_on(asked) {
            Outcome::Found(columns) => Answer::Found(Arc::new(columns.into_iter().collect())),
            Outcome::NotFound => Answer::NotFound,
            Outcome::Failed(_) => Answer::Failed,
            Outcome::TimedOut => Answer::TimedOut,
        }
    }
}

fn query(lookup: &Lookup) -> Result<Query, QueryError> {
    let takes: Vec<Name> = lookup.takes.keys().cloned().collect();
    let columns = lookup.gives.iter().map(|(name, given)| Column {
        name: name.clone(),
        kind: given.kind.value.clone(),
        optional: given.optional,
    });
    Query::prepare(&lookup.query.value, &takes, columns.collect(), lookup.changes)
}

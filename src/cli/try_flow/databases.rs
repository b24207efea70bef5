//! The connectors of hotline.yaml, asked one question at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::{self, Runtime};

use super::Connectors;
use crate::call::{Answer, Check, Question, Verdict};
use crate::config::Config;
use crate::flow::Program;
use crate::flow::model::Name;
use crate::lookup::{ConnectorConfig, Lookups, OpenError, Outcome, PinError, Query, QueryError};
use crate::server::house;
use crate::server::verify::Verifier;

/// Why they cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the lookup `{0}` cannot be asked: {1}")]
    Query(Name, #[source] QueryError),
    #[error("a connector cannot be opened: {0}")]
    Connector(#[from] OpenError),
    #[error("secrets cannot be compared: {0}")]
    Secrets(#[from] PinError),
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

/// The connectors of hotline.yaml, and the queries of one flow and those that it runs.
pub(super) struct Databases {
    runtime: Runtime,
    lookups: Lookups,
    verifier: Verifier,
    queries: BTreeMap<Name, (Name, Query)>,
}

impl Databases {
    /// Opens the connectors that `flow` asks.
    pub(super) fn open(config: &Config, flow: &Program) -> Result<Self, Broken> {
        let used = |it: &ConnectorConfig| {
            flow.all_lookups().any(|(_, lookup)| lookup.connector.value == *it.name())
        };
        let configs: Vec<_> = house::connectors(config).into_iter().filter(used).collect();
        let queries = flow.all_lookups().map(|(name, lookup)| {
            let query = house::query(lookup).map_err(|error| Broken::Query(name.clone(), error))?;
            Ok((name, (lookup.connector.value.clone(), query)))
        });
        let queries = queries.collect::<Result<_, Broken>>()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let lookups = runtime.block_on(Lookups::open(configs))?;
        Ok(Self { runtime, lookups, verifier: Verifier::forgetful()?, queries })
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
            Outcome::Unknown(_) => Answer::Unknown,
        }
    }

    fn verify(&mut self, check: &Check) -> Verdict {
        let Some((connector, query)) = self.queries.get(&check.lookup) else {
            return Verdict::Failed; // the program was proven: it asks only its own lookups
        };
        self.runtime.block_on(self.verifier.check(&self.lookups, connector, query, check))
    }
}

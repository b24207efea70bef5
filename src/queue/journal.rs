//! What reports count: each caller's visit to a queue is opened once and closed once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{AgentId, CallerId, QueueName};
use crate::time::Mono;

/// One line of the queue's journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub at: Mono,
    /// In which queue.
    pub queue: QueueName,
    /// Whose visit.
    pub caller: CallerId,
    /// What.
    pub what: What,
}

/// A visit begins with `Entered` or `Returned`; each of the others ends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The caller came from the flow.
    Entered,
    /// The caller came back from an agent whose phone failed, to their old place.
    Returned,
    /// An agent took the call after this wait.
    Answered {
        /// Who.
        agent: AgentId,
        /// From the beginning of this visit, ringing included.
        waited: Duration,
    },
    /// The caller hung up.
    Abandoned,
    /// The caller left by a key.
    Left,
    /// The maximum wait was over.
    Overflowed,
    /// The queue had its maximum length.
    Full,
    /// No agent of the queue was logged in.
    NoAgents,
}

/// How many visits there were and how they ended. Changed by [`Totals::count`] alone: whoever folds the journal gets
/// the same figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "named after the variants of `What`")]
pub struct Totals {
    pub entered: u64,
    pub returned: u64,
    pub answered: u64,
    pub abandoned: u64,
    pub left: u64,
    pub overflowed: u64,
    pub full: u64,
    pub no_agents: u64,
}

impl Totals {
    /// Takes one more line of the journal.
    pub fn count(&mut self, what: &What) {
        let figure = match what {
            What::Entered => &mut self.entered,
            What::Returned => &mut self.returned,
            What::Answered { .. } => &mut self.answered,
            What::Abandoned => &mut self.abandoned,
            What::Left => &mut self.left,
            What::Overflowed => &mut self.overflowed,
            What::Full => &mut self.full,
            What::NoAgents => &mut self.no_agents,
        };
        *figure += 1;
    }

    /// Visits that began and have not ended: the callers in line, ringing or not.
    #[must_use]
    pub const fn open(&self) -> u64 {
        let ended = self.answered
            + self.abandoned
            + self.left
            + self.overflowed
            + self.full
            + self.no_agents;
        (self.entered + self.returned).saturating_sub(ended)
    }
}

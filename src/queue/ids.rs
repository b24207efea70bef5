//! Names of callers, agents, queues and offers.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A call in a queue; the number is the server's own, never reused while the process runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(pub u64);

/// One ringing of one agent for one caller, and the talk that may come of it. Never reused, so that whatever comes too
/// late is recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfferId(pub u64);

/// An agent, by the name that hotline.yaml gives them (in the demo the number of their phone).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(Arc<str>);

/// A queue, by its name in hotline.yaml.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueName(Arc<str>);

impl AgentId {
    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl QueueName {
    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AgentId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<&str> for QueueName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an agent stands in the dispatcher's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct AgentAt(usize);

/// Where a queue stands in the dispatcher's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct QueueAt(usize);

/// Rows made once from the configuration and never removed: a position taken from [`Table::positions`] stays good.
pub(super) struct Table<At, Row>(Vec<Row>, PhantomData<At>);

impl<At: From<usize>, Row> Table<At, Row> {
    pub(super) fn new(rows: Vec<Row>) -> Self {
        Self(rows, PhantomData)
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = At> + use<At, Row> {
        (0..self.0.len()).map(At::from)
    }
}

impl From<usize> for AgentAt {
    fn from(at: usize) -> Self {
        Self(at)
    }
}

impl From<usize> for QueueAt {
    fn from(at: usize) -> Self {
        Self(at)
    }
}

impl From<AgentAt> for usize {
    fn from(at: AgentAt) -> Self {
        at.0
    }
}

impl From<QueueAt> for usize {
    fn from(at: QueueAt) -> Self {
        at.0
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "positions come from this table, whose rows are never removed"
)]
impl<At: Into<usize>, Row> Index<At> for Table<At, Row> {
    type Output = Row;

    fn index(&self, at: At) -> &Row {
        &self.0[at.into()]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "positions come from this table, whose rows are never removed"
)]
impl<At: Into<usize>, Row> IndexMut<At> for Table<At, Row> {
    fn index_mut(&mut self, at: At) -> &mut Row {
        &mut self.0[at.into()]
    }
}

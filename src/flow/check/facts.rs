//! What hotline.yaml sets that decides how a flow sounds. What is not known is not judged.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;

use crate::flow::model::Name;

/// What the checks want to know about the settings behind the names of a [`World`](super::World).
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The day of the check: holidays before it are past.
    pub today: Option<Date>,
    /// Each calendar.
    pub calendars: BTreeMap<Name, CalendarFacts>,
    /// Each queue.
    pub queues: BTreeMap<Name, QueueFacts>,
    /// Each connector.
    pub connectors: BTreeMap<Name, ConnectorFacts>,
}

/// What the checks want to know about a calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CalendarFacts {
    /// No day of any kind has hours.
    pub never_opens: bool,
    /// Two of its hours on one day lie over each other.
    pub overlaps: bool,
    /// The last of its days that are unlike their weekday: holidays and days with hours of their own.
    pub last_special_day: Option<Date>,
}

/// What the checks want to know about a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFacts {
    /// How often a caller is told their position.
    pub announce_every: Duration,
    /// The longest that anybody waits, whatever the flow says.
    pub max_wait: Duration,
}

/// What the checks want to know about a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorFacts {
    /// A database.
    Sql,
    /// A system over HTTP.
    Http {
        /// Whoever listens on the way there can read along.
        in_the_clear: bool,
    },
}

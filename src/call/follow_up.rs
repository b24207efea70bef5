//! What a call leaves for after it, and what calls before it left: cases, calls back, words to others.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::events::Ticket;
use crate::flow::model::Name;

/// What is told under names of the designer's own: texts as a screen shows them, secrets as stars.
pub type Told = IndexMap<Name, String>;

/// The most characters of one value that is told; what is longer is cut there.
pub const MAX_TEXT: usize = 2_000;

/// A case to be opened; answered by [`Kept::Case`] or [`Kept::Failed`].
#[derive(Debug, Clone, PartialEq)]
pub struct OpenCase {
    /// What [`super::Event::Kept`] says; with the call's id it names the case, however often it is opened.
    pub ticket: Ticket,
    /// One of `cases` of the configuration.
    pub kind: Name,
    /// What about.
    pub about: Option<Name>,
    /// Until when there will be an answer.
    pub promised: Timestamp,
    /// What whoever works on it should know.
    pub with: Told,
    /// Who calls, and what they did so far.
    pub context: Arc<Context>,
}

/// A call back to be promised; answered by [`Kept::Callback`] or [`Kept::Failed`].
#[derive(Debug, Clone, PartialEq)]
pub struct CallBack {
    /// What [`super::Event::Kept`] says; with the call's id it names the promise.
    pub ticket: Ticket,
    /// The queue whose agents call.
    pub queue: Name,
    /// Whom, as [`super::dialable`] gives it.
    pub number: Arc<str>,
    /// Until when.
    pub due: Timestamp,
    /// Why.
    pub because: Option<Name>,
    /// What the agent sees before they call.
    pub context: Arc<Context>,
}

/// A word to somebody else; answered by nothing, ever.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Names it among those of the call.
    pub ticket: Ticket,
    /// One of `notify` of the configuration.
    pub to: Name,
    /// What they are told beside call, flow and caller.
    pub with: Told,
    /// Who calls, and what they did so far.
    pub context: Arc<Context>,
}

/// What came of a case or a call back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The case is open.
    Case {
        /// Its number: figures, to be read one by one.
        number: Arc<str>,
    },
    /// They will be called.
    Callback,
    /// It could not be kept.
    Failed,
}

/// What is known of the caller's number from before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Its cases without an answer, the newest first.
    pub open_cases: Vec<KnownCase>,
    /// Its last calls, the newest first.
    pub last_calls: Vec<PastCall>,
}

impl History {
    /// The most cases of a number that are told.
    pub const MAX_CASES: usize = 10;
    /// The most calls of a number that are told.
    pub const MAX_CALLS: usize = 5;

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.open_cases.is_empty() && self.last_calls.is_empty()
    }
}

/// An open case of the caller's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownCase {
    /// Its number.
    pub number: Arc<str>,
    /// Which of `cases` of the configuration.
    pub kind: Name,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Name>,
    /// When it was opened.
    pub opened: Timestamp,
    /// Until when an answer was promised.
    pub promised: Timestamp,
}

/// A call of the caller's number that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastCall {
    /// Its id.
    pub call: Arc<str>,
    /// When it came in.
    pub started: Timestamp,
    /// The number dialled.
    pub called: Arc<str>,
    /// The flow that it ran.
    pub flow: Name,
    /// How it ended, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Arc<str>>,
}

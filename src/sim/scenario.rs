//! What a scenario file says, as types.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::ZonedDateTime;

use super::follow_up::Leaving;
use crate::call::Ending;
use crate::diagnostic::{Span, Spanned};
use crate::flow::Program;
use crate::flow::model::{Lang, Name};
use crate::secret::Key;

/// A `<flow>.test.yaml`.
#[derive(Debug, Clone)]
pub struct Scenarios {
    /// Its scenarios, in the order written.
    pub scenarios: Vec<Scenario>,
}

/// One call, as a conversation.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it shows.
    pub name: Spanned<String>,
    /// Who calls, when, and what the world answers.
    pub world: World,
    /// What is heard, keyed and expected, in order.
    pub talk: Vec<Line>,
    /// The row of `cases` that it was made of, if it was.
    pub case: Option<Span>,
}

/// Who calls, when, and what the world answers. A scenario's own wins over the file's.
#[derive(Debug, Clone)]
pub struct World {
    /// The caller's number; `withheld` is none.
    pub caller: Option<Arc<str>>,
    /// The name that comes with it.
    pub caller_name: Option<Arc<str>>,
    /// The number dialled.
    pub called: Arc<str>,
    /// How many calls of the flow came in before it.
    pub calls_before: u64,
    /// The language that the call begins in; the flow's first unless written.
    pub language: Option<Lang>,
    /// When the call comes in.
    pub at: ZonedDateTime,
    /// What lookups find: rows of cells as written. A cell named like something that the lookup `takes` must be equal to it.
    pub(super) answers: IndexMap<Name, Vec<Cells>>,
    /// The lookups that fail; `case`, `callback` and `notify` for what cannot be kept.
    pub fails: Vec<Name>,
    /// Wrong secrets keyed in earlier calls, by account.
    pub wrong_before: IndexMap<Arc<str>, u32>,
    /// How long lookups take, where it is not a tenth of a second.
    pub slow: IndexMap<Name, Duration>,
    /// Calendars: `open`, `closed`, or another calendar's name.
    pub calendars: IndexMap<Name, Name>,
    /// Who is there when the caller waits for an agent.
    pub agents: Agents,
    /// How somebody outside takes a transfer.
    pub outside: Outside,
    /// Whether recordings can be kept.
    pub disk_full: bool,
}

impl World {
    /// Lets a lookup find nothing. Without a table that is so of each but those that give nothing, which are carried out.
    pub(super) fn finds_nothing(&mut self, flow: &Program, lookup: &Name) {
        if flow.lookup(lookup).is_some_and(|it| it.gives.is_empty()) {
            self.answers.insert(lookup.clone(), Vec::new());
        }
    }
}

/// One row of a lookup's table.
pub(super) type Cells = IndexMap<Name, Spanned<String>>;

/// Who is there when the caller waits for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agents {
    /// Nobody is logged in.
    None,
    /// The queue is full.
    Full,
    /// All are busy, for as long as the scenario says nothing else.
    Busy,
    /// The queue cannot be reached.
    Fails,
    /// This one is free: their phone rings at once, and they answer after three seconds.
    Free(Arc<str>),
}

/// How somebody outside takes a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// It rings, and they answer after three seconds.
    Answers,
    /// 486.
    Busy,
    /// It rings until nobody waits any more.
    NoAnswer,
    /// 603.
    Declines,
    /// Anything else.
    Fails,
}

/// One line of the conversation.
#[derive(Debug, Clone)]
pub struct Line {
    /// What.
    pub what: What,
    /// Where it stands.
    pub span: Span,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The next thing spoken is this prompt. It goes on while the next line is read.
    Hears(Name),
    /// Some prompt from here on is this one; those before it are let pass.
    HearsLater(Name),
    /// What was heard last contains this text.
    Says(String),
    /// What was heard last is heard to its end.
    HearsOut,
    /// Nothing is spoken for this long.
    HearsNothing(Duration),
    /// Keys are pressed, five a second.
    Keys(Vec<Key>),
    /// Time passes.
    Waits(Duration),
    /// The caller hangs up.
    HangsUp,
    /// The step is under way, or comes within ten minutes.
    Reaches(Name),
    /// The caller is told their place in the queue.
    Place {
        /// How many are served before them.
        ahead: u32,
        /// How long it will take.
        wait: Option<Duration>,
    },
    /// An agent's phone rings.
    Rings(Arc<str>),
    /// It does so no more.
    RingsOut,
    /// An agent answers.
    Answers(Arc<str>),
    /// The agent hangs up.
    AgentLeaves,
    /// The other side of a transfer hangs up.
    OtherLeaves,
    /// The caller speaks for so long; into a recording, if one is about to begin.
    Talks(Duration),
    /// The caller says nothing until a recording has ended.
    Silent,
    /// The recording made last is kept, or is not.
    Recorded(bool),
    /// From here on these lookups fail.
    Fails(Vec<Name>),
    /// From here on these lookups answer again.
    Works(Vec<Name>),
    /// The call has left something for after it since the last such line.
    Leaves(Leaving, Vec<(Spanned<String>, Spanned<String>)>),
    /// The agent's record shows these values, by label or name.
    AgentSees(Vec<(Spanned<String>, Spanned<String>)>),
    /// Nothing has happened that no flow may do, and the call ends when nobody does anything any more.
    AllIsWell,
    /// The call ends like this, within ten minutes.
    Ends(Ending),
}

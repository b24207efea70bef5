//! What a caller went through, in order and with times: steps, prompts, answers, waits. Secrets are stars.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::events::{Agent, ConferenceEvent, Ending, Row, Stuck, TransferEvent};
use crate::flow::model::{Lang, Name};
use crate::secret::Key;
use crate::time::Mono;
use crate::value::Value;

/// One thing that a caller went through.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    /// When.
    pub at: Mono,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What a caller can go through.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A step began.
    Step {
        /// Its name; `identify/ask` is the step `ask` of the flow `identify` that is run.
        step: Name,
    },
    /// Something is spoken.
    Heard {
        /// The catalogue's name for it; none for a value spoken alone.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt: Option<Name>,
        /// The words.
        text: Arc<str>,
    },
    /// A key stopped it.
    Interrupted,
    /// A key led somewhere.
    Chose {
        /// What stands on it.
        #[serde(serialize_with = "symbol")]
        key: Key,
        /// The step it led to.
        step: Name,
    },
    /// A value was keyed.
    Keyed {
        /// The variable.
        name: Name,
        /// The value; a secret serialises as stars.
        value: Value,
    },
    /// What was keyed, read back, was not what the caller meant.
    Corrected {
        /// The prompt that read it back.
        prompt: Name,
    },
    /// Nothing was keyed.
    Silence {
        /// The prompt that asked.
        prompt: Name,
        /// How often, silence and wrong keys together.
        tries: u8,
    },
    /// What was keyed did not fit.
    Wrong {
        /// The prompt that asked.
        prompt: Name,
        /// How often, silence and wrong keys together.
        tries: u8,
    },
    /// A connector answered, or did not.
    LookedUp {
        /// Which of the flow's lookups.
        lookup: Name,
        /// What it was asked with; a secret serialises as stars.
        #[serde(skip_serializing_if = "is_empty")]
        with: Arc<Row>,
        /// `found`, `not_found`, `failed`, `timed_out`, or `unknown`: of a change nobody knows whether it was made.
        outcome: &'static str,
        /// How long it took.
        #[serde(serialize_with = "millis", rename = "took_ms")]
        took: Duration,
        /// What it found.
        #[serde(skip_serializing_if = "Option::is_none")]
        found: Option<Arc<Row>>,
    },
    /// A secret was compared, or could not be.
    Verified {
        /// The lookup that it was compared against.
        lookup: Name,
        /// Whose it should be.
        account: Arc<str>,
        /// `right`, `wrong`, `locked`, `failed` or `timed_out`.
        outcome: &'static str,
        /// How long it took.
        #[serde(serialize_with = "millis", rename = "took_ms")]
        took: Duration,
    },
    /// A calendar decided.
    Hours {
        /// Which.
        calendar: Name,
        /// How.
        open: bool,
    },
    /// The call goes on in another language.
    Language {
        /// Which.
        language: Lang,
    },
    /// A reason to see an agent came up.
    Reason {
        /// What, in a word of the designer's.
        because: Name,
    },
    /// A wait for an agent began.
    Queued {
        /// Where.
        queue: Name,
        /// Higher goes first.
        priority: u8,
        /// Why, in a word of the designer's.
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Name>,
    },
    /// The place in the queue was told.
    Position {
        /// How many are served before them.
        ahead: u32,
    },
    /// An agent's phone rings.
    Offered {
        /// Whose.
        agent: Agent,
    },
    /// It does so no more.
    Withdrawn,
    /// A wait for an agent is over.
    Waited {
        /// Where.
        queue: Name,
        /// How long it took.
        #[serde(serialize_with = "millis", rename = "took_ms")]
        took: Duration,
        /// `connected`, `left`, `no_agents`, `full`, `waited`, `failed` or `hung_up`.
        outcome: &'static str,
    },
    /// An agent talks to them.
    Connected {
        /// Who.
        agent: Agent,
    },
    /// The agent hung up.
    AgentLeft,
    /// Somebody outside is called.
    Transferring {
        /// Whom.
        to: Arc<str>,
        /// Why, in a word of the designer's.
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Name>,
    },
    /// What came of it.
    Transfer {
        /// What.
        event: TransferEvent,
    },
    /// A case was opened, or could not be.
    Case {
        /// Its kind.
        kind: Name,
        /// What about, in a word of the designer's.
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<Name>,
        /// `opened` or `failed`.
        outcome: &'static str,
        /// Its number.
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<Arc<str>>,
        /// Until when an answer is promised.
        #[serde(skip_serializing_if = "Option::is_none")]
        promised: Option<Timestamp>,
    },
    /// A call back was promised, or could not be.
    Callback {
        /// Whose agents call.
        queue: Name,
        /// Whom, as it is dialled.
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<Arc<str>>,
        /// `kept`, `no_number` or `failed`.
        outcome: &'static str,
    },
    /// Somebody else is told.
    Notified {
        /// Who.
        to: Name,
    },
    /// A flow that was run came back.
    Returned {
        /// Which.
        flow: Name,
        /// By which of its exits; behind the `run` if by none.
        #[serde(skip_serializing_if = "Option::is_none")]
        exit: Option<Name>,
    },
    /// The caller was recorded.
    Recorded {
        /// The variable that it is for.
        name: Name,
        /// The id that it is kept under.
        recording: Arc<str>,
        /// How long it was.
        #[serde(serialize_with = "millis", rename = "took_ms")]
        took: Duration,
        /// What ended it: `key`, `silence`, `full` or `hung_up`; or `nothing` was said, or it `failed`.
        outcome: &'static str,
    },
    /// What the caller did with a recording.
    Reviewed {
        /// Which.
        recording: Arc<str>,
        /// `keep`, `hear`, `again` or `discard`.
        deed: &'static str,
    },
    /// A question of a survey was answered.
    Surveyed {
        /// Which survey.
        survey: Name,
        /// Which question.
        question: Name,
        /// The figure.
        answer: u8,
    },
    /// Others are called into the call.
    Conferring {
        /// What the conference is called.
        room: Name,
        /// Whom.
        with: Vec<Arc<str>>,
        /// Why, in a word of the designer's.
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Name>,
    },
    /// What came of it, for one of them.
    Conference {
        /// What.
        event: ConferenceEvent,
    },
    /// The caller left a conference, or all others did.
    Conferred {
        /// What it was called.
        room: Name,
        /// How long it took.
        #[serde(serialize_with = "millis", rename = "took_ms")]
        took: Duration,
        /// `left`, `alone`, `failed` or `hung_up`.
        outcome: &'static str,
    },
    /// The flow could not go on.
    Stuck {
        /// Why.
        because: Stuck,
    },
    /// The call is over.
    Ended {
        /// How.
        ending: Ending,
    },
}

fn symbol<S: serde::Serializer>(key: &Key, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_char(key.symbol())
}

fn is_empty(row: &Arc<Row>) -> bool {
    row.is_empty()
}

fn millis<S: serde::Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

//! What an agent gets with a call: one versioned record of who calls, why, and what they did so far.
//!
//! The same record reaches the desk, a SIP agent (RFC 7433, [`Context::to_uui`]), a CRM and a webhook. Its JSON Schema is
//! docs/context.schema.json; a change that a reader could trip over raises [`VERSION`].

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::flow::model::{Lang, Name};

/// The version of the record. Fields may be added without raising it; none changes its meaning or goes.
pub const VERSION: u32 = 1;

/// The record. Values are texts as a screen shows them (`56.30`, `2026-11-26`), secrets are stars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// [`VERSION`].
    pub version: u32,
    /// The call's id, the same in logs, store and recordings.
    pub call: Arc<str>,
    /// When it came in.
    pub started: Timestamp,
    /// The flow that it runs.
    pub flow: FlowVersion,
    /// The language that it is held in.
    pub language: Lang,
    /// Who calls.
    pub caller: Caller,
    /// The number they dialled.
    pub called: Arc<str>,
    /// Why they are passed on, in a word of the designer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Name>,
    /// What the designer wants seen first, in this order.
    pub fields: Vec<Field>,
    /// The steps they went through, oldest first; of a long call the last [`MAX_PATH`].
    pub path: Vec<Visit>,
    /// What they keyed, by variable, the last one each.
    pub answers: IndexMap<Name, String>,
    /// What lookups answered, by lookup, the last one each.
    pub lookups: IndexMap<Name, LookedUp>,
    /// How they waited, oldest first.
    pub waits: Vec<Wait>,
}

/// The most steps of a path that are kept.
pub const MAX_PATH: usize = 200;

/// Which flow, and which text of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowVersion {
    /// Its name.
    pub name: Name,
    /// The hash of its text.
    pub version: Arc<str>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Their number, unless withheld. Says nothing about who they are: it can be forged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Arc<str>>,
    /// The name that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
}

/// One line that the designer wants seen first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What stands before it, per language of those who read it.
    pub label: IndexMap<Lang, String>,
    /// The value.
    pub value: String,
}

/// One step on the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Its name.
    pub step: Name,
    /// Milliseconds since the call came in.
    pub at_ms: u64,
}

/// What a lookup answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookedUp {
    /// `found`, `not_found`, `failed` or `timed_out`.
    pub outcome: String,
    /// The columns found; without those that have no value.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub found: IndexMap<Name, String>,
}

/// One wait for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Where.
    pub queue: Name,
    /// Milliseconds; of a wait that goes on those until now.
    pub took_ms: u64,
    /// `waiting`, `connected`, `left`, `no_agents`, `full`, `waited`, `failed` or `hung_up`.
    pub outcome: String,
}

/// The record in short, as `User-to-User` carries it.
#[derive(Serialize)]
struct Short<'a> {
    v: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    fields: IndexMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a str>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    answers: IndexMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    path: &'a [&'a str],
}

impl Context {
    /// The value of a `User-to-User` header with `encoding=hex` (RFC 7433 4.1): compact JSON, hex-encoded, of at most
    /// `limit` bytes. `token` is what the full record is fetched by.
    ///
    /// What does not fit is left out, the least important first: the oldest steps, answers, the call's id, name and
    /// language of the caller, the designer's fields from the last one, the reason, the number, the token. It stays
    /// valid JSON; a limit below the 14 bytes of `{"v":1}` gives an empty text.
    #[must_use]
    pub fn to_uui(&self, token: &str, limit: usize) -> String {
        let path: Vec<&str> = self.path.iter().map(|visit| &*visit.step).collect();
        let mut short = Short {
            v: self.version,
            token: Some(token),
            from: self.caller.number.as_deref(),
            why: self.reason.as_deref(),
            fields: self
                .fields
                .iter()
                .filter_map(|field| Some((field.label.first()?.1.as_str(), field.value.as_str())))
                .collect(),
            lang: Some(&self.language),
            name: self.caller.name.as_deref(),
            call: Some(&self.call),
            answers: self.answers.iter().map(|(name, value)| (&**name, value.as_str())).collect(),
            path: &path,
        };
        loop {
            let json = serde_json::to_vec(&short).unwrap_or_default();
            if json.len().saturating_mul(2) <= limit {
                return hex::encode(json);
            }
            if !short.drop_least() {
                return String::new();
            }
        }
    }
}

impl Short<'_> {
    /// Leaves out what matters least; whether there was something to leave out. At most one turn an item.
    fn drop_least(&mut self) -> bool {
        if let Some((_, later)) = self.path.split_first() {
            self.path = later;
            return true;
        }
        self.answers.pop().is_some()
            || self.call.take().is_some()
            || self.name.take().is_some()
            || self.lang.take().is_some()
            || self.fields.pop().is_some()
            || self.why.take().is_some()
            || self.from.take().is_some()
            || self.token.take().is_some()
    }
}

//! What an agent gets with a call: one versioned record of who calls, why, and what they did so far.
//!
//! The same record reaches the desk, a SIP agent (RFC 7433, [`Context::to_uui`]), a CRM and a webhook. Its JSON Schema is
//! docs/context.schema.json; a change that a reader could trip over raises [`VERSION`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::follow_up::{History, KnownCase, PastCall};
use super::journey::{Passage, What};
use super::setting::Start;
use crate::flow::model::{Flow, Lang, Name, Texts};
use crate::time::Mono;

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
    /// The steps they went through, oldest first; of a long call the last 200.
    pub path: Vec<Visit>,
    /// What they keyed, by variable, the last one each.
    pub answers: IndexMap<Name, String>,
    /// What lookups answered, by lookup, the last one each.
    pub lookups: IndexMap<Name, LookedUp>,
    /// How they waited, oldest first; the last 50.
    pub waits: Vec<Wait>,
    /// Cases of this number that have no answer yet, the newest first; those of this call, too. At most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_cases: Vec<KnownCase>,
    /// The last calls of this number, the newest first. At most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_calls: Vec<PastCall>,
}

/// The most steps of a path that are kept.
const MAX_PATH: usize = 200;
/// The most waits that are kept.
const MAX_WAITS: usize = 50;

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
    /// How they have shown who they are, if they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
}

/// How a caller has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Whose secret they know.
    pub account: Arc<str>,
    /// By what: the lookup that it was compared against, such as `pin`.
    pub how: Name,
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
    /// `found`, `not_found`, `failed`, `timed_out`, or `unknown`: of a change nobody knows whether it was made.
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

/// What of a call's journey the record is made of.
#[derive(Debug, Default)]
pub(super) struct Record {
    reason: Option<Name>,
    path: VecDeque<(Name, Mono)>,
    answers: IndexMap<Name, String>,
    lookups: IndexMap<Name, LookedUp>,
    waits: VecDeque<Waiting>,
    /// Cases of this call, the oldest first.
    opened: VecDeque<Opened>,
    /// What is known from before.
    history: Arc<History>,
}

/// A case that this call opened.
#[derive(Debug)]
struct Opened {
    number: Arc<str>,
    kind: Name,
    about: Option<Name>,
    at: Mono,
    promised: Timestamp,
}

#[derive(Debug)]
struct Waiting {
    queue: Name,
    since: Mono,
    over: Option<(Duration, &'static str)>,
}

impl Record {
    /// Why the caller is to be passed on, as far as the flow has said.
    pub(super) const fn reason(&self) -> Option<&Name> {
        self.reason.as_ref()
    }

    /// Takes what matters of one more passage.
    pub(super) fn take(&mut self, passage: &Passage) {
        let at = passage.at;
        match &passage.what {
            What::Step { step } => push_bounded(&mut self.path, (step.clone(), at), MAX_PATH),
            What::Keyed { name, value } => {
                self.answers.insert(name.clone(), value.to_string());
            }
            What::LookedUp { lookup, outcome, found, .. } => {
                let columns = found.iter().flat_map(|row| row.iter());
                let found =
                    columns.map(|(name, value)| (name.clone(), value.to_string())).collect();
                let answer = LookedUp { outcome: (*outcome).to_owned(), found };
                self.lookups.insert(lookup.clone(), answer);
            }
            What::Queued { queue, because, .. } => {
                self.reason.clone_from(because);
                let waiting = Waiting { queue: queue.clone(), since: at, over: None };
                push_bounded(&mut self.waits, waiting, MAX_WAITS);
            }
            What::Waited { took, outcome, .. } => {
                if let Some(last) = self.waits.back_mut() {
                    last.over = Some((*took, outcome));
                }
            }
            What::Case { kind, about, number: Some(number), promised: Some(promised), .. } => {
                let (kind, about) = (kind.clone(), about.clone());
                let number = Arc::clone(number);
                let opened = Opened { number, kind, about, at, promised: *promised };
                push_bounded(&mut self.opened, opened, History::MAX_CASES);
            }
            What::Transferring { because, .. } | What::Conferring { because, .. } => {
                self.reason.clone_from(because);
            }
            What::Surveyed { survey, question, answer } => {
                // As its own flow reads it; the name of a flow that is run stays as it is.
                let own = survey.rfind('/').map_or(0, |at| at + 1);
                let (run, own) = survey.split_at(own);
                let name = format!("{run}{}.{question}", own.replace('-', "_"));
                self.answers.insert(name.into(), answer.to_string());
            }
            What::Reason { because } => self.reason = Some(because.clone()),
            What::Heard { .. }
            | What::Interrupted
            | What::Chose { .. }
            | What::Corrected { .. }
            | What::Silence { .. }
            | What::Wrong { .. }
            | What::Verified { .. }
            | What::Hours { .. }
            | What::Language { .. }
            | What::Position { .. }
            | What::Offered { .. }
            | What::Withdrawn
            | What::Connected { .. }
            | What::AgentLeft
            | What::Transfer { .. }
            | What::Case { .. }
            | What::Callback { .. }
            | What::Notified { .. }
            | What::Recorded { .. }
            | What::Reviewed { .. }
            | What::Conference { .. }
            | What::Conferred { .. }
            | What::Stuck { .. }
            | What::Returned { .. }
            | What::Ended { .. } => {}
        }
    }

    /// Takes what is known of the caller's number from before.
    pub(super) fn recall(&mut self, history: Arc<History>) {
        self.history = history;
    }

    /// This call's cases, then those of before.
    fn open_cases(&self, start: &Start) -> Vec<KnownCase> {
        let own = self.opened.iter().rev().map(|it| {
            let passed = SignedDuration::try_from(it.at - start.at).unwrap_or_default();
            let began = start.wall.timestamp();
            KnownCase {
                number: Arc::clone(&it.number),
                kind: it.kind.clone(),
                about: it.about.clone(),
                opened: began.saturating_add(passed).unwrap_or(began),
                promised: it.promised,
            }
        });
        let before = self.history.open_cases.iter().cloned();
        own.chain(before).take(History::MAX_CASES).collect()
    }

    /// The record as it stands at `now`, with the designer's `fields`.
    pub(super) fn context(
        &self,
        flow: &Flow,
        start: &Start,
        language: &Lang,
        verified: Option<Verified>,
        fields: Vec<(Texts, String)>,
        now: Mono,
    ) -> Context {
        let visit =
            |(step, at): &(Name, Mono)| Visit { step: step.clone(), at_ms: millis(*at - start.at) };
        let wait = |it: &Waiting| {
            let (took, outcome) = it.over.unwrap_or((now - it.since, "waiting"));
            let outcome = outcome.to_owned();
            Wait { queue: it.queue.clone(), took_ms: millis(took), outcome }
        };
        Context {
            version: VERSION,
            call: Arc::clone(&start.call),
            started: start.wall.timestamp(),
            flow: FlowVersion { name: flow.name.value.clone(), version: Arc::clone(&flow.version) },
            language: language.clone(),
            caller: Caller {
                number: start.caller_number.clone(),
                name: start.caller_name.clone(),
                verified,
            },
            called: Arc::clone(&start.called),
            reason: self.reason.clone(),
            fields: fields.into_iter().map(|(label, value)| Field { label, value }).collect(),
            path: self.path.iter().map(visit).collect(),
            answers: self.answers.clone(),
            lookups: self.lookups.clone(),
            waits: self.waits.iter().map(wait).collect(),
            open_cases: self.open_cases(start),
            last_calls: self.history.last_calls.iter().take(History::MAX_CALLS).cloned().collect(),
        }
    }
}

fn push_bounded<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
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

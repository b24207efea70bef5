//! What a flow file says, as types: every part knows where it was written, and names are still names.
//!
//! `parse` makes it, `check` proves it, the interpreter walks it. A flow is a map of named steps; a step is a list of
//! actions that run in order; an action that sends the call elsewhere ends its step.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::check_digit::CheckDigit;
use super::expr::Expr;
use super::follow_up::{Callback, Case, Notify};
pub use super::http::Request;
use super::pattern::Pattern;
use super::sub::{Lost, Sub};
pub use super::voices::{Conference, Question, Record, Review, Survey};
use crate::diagnostic::{FileId, Span, Spanned};
use crate::secret::Key;
use crate::value::Type;

/// A name that a designer gave or uses: of a step, a prompt, a lookup, a variable.
pub type Name = Arc<str>;

/// A language by its BCP 47 tag: `zh-CN`, `en-US`.
pub type Lang = Arc<str>;

/// Text in each language that it was written in, in the order written.
pub type Texts = IndexMap<Lang, String>;

/// One call flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Its name, which `hotline.yaml` uses.
    pub name: Spanned<Name>,
    /// The file it was read from.
    pub file: FileId,
    /// Its identity: a hash of its text and of the flows that it runs, in hex. Stored with each call that ran it.
    pub version: Arc<str>,
    /// What people call it, per language.
    pub title: Texts,
    /// The languages it speaks; a call begins in the first.
    pub languages: Vec<Spanned<Lang>>,
    /// The step a call begins with.
    pub start: Spanned<Name>,
    /// How long a caller who presses no right key may be kept from a person.
    pub max_time_to_person: Option<Spanned<Duration>>,
    /// What actions fall back on.
    pub defaults: Defaults,
    /// What it may ask of the world.
    pub lookups: IndexMap<Name, Lookup>,
    /// Variables that whoever runs it sets before it begins.
    pub takes: IndexMap<Name, Spanned<Type>>,
    /// Variables of it that whoever ran it reads behind the `run`, as `<flow>.<variable>`.
    pub gives: IndexMap<Name, Given>,
    /// Ways back other than behind the `run`.
    pub exits: Vec<Spanned<Name>>,
    /// What an agent sees first, in this order.
    pub context: Vec<ContextField>,
    /// Its steps, in the order written.
    pub steps: IndexMap<Name, Step>,
    /// The flows that it runs and that were found, by the name that their results have before the dot.
    pub runs: IndexMap<Name, Arc<Sub>>,
    /// Warnings and hints that are meant to be so.
    pub allows: Vec<Allow>,
}

impl Flow {
    /// What a name with a dot is: a column that a lookup gives, or a result of a flow that this one runs.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Given> {
        let (of, column) = name.split_once('.')?;
        let given = self.lookups.get(of).and_then(|it| it.gives.get(column));
        given.or_else(|| self.runs.get(of)?.gives.get(column))
    }

    /// Where it says that it is run by other flows and not dialled, if it does.
    #[must_use]
    pub fn sub_flow(&self) -> Option<Span> {
        let takes = self.takes.values().map(|it| it.span);
        let gives = self.gives.values().map(|it| it.kind.span);
        let exits = self.exits.iter().map(|it| it.span);
        let actions = self.steps.values().flat_map(|it| &it.actions);
        let returns = actions.filter(|it| matches!(it.kind, ActionKind::Return(_)));
        takes.chain(gives).chain(exits).chain(returns.map(|it| it.span)).next()
    }
}

/// A warning or hint that is meant to be so: `allow: { HL0505: "the regulars know it" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Its code, and where that was written.
    pub code: Spanned<Name>,
    /// Why it may be so; empty is a finding.
    pub reason: String,
    /// Where it is silenced: all that was written of an action or step; the whole flow without one.
    pub scope: Option<Span>,
}

/// What actions fall back on where they say nothing themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// How long a caller may be silent after a prompt. 5 s unless written.
    pub no_input_after: Duration,
    /// How long between two digits. 3 s unless written.
    pub between_digits: Duration,
    /// How often something is asked in all. 3 unless written.
    pub tries: u8,
    /// How long a lookup may take. 2 s unless written.
    pub within: Duration,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            no_input_after: Duration::from_secs(5),
            between_digits: Duration::from_secs(3),
            tries: 3,
            within: Duration::from_secs(2),
        }
    }
}

/// A typed question to a connector of `hotline.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Where it stands.
    pub name: Spanned<Name>,
    /// The connector asked.
    pub connector: Spanned<Name>,
    /// What it is asked.
    pub asks: Asks,
    /// What it needs.
    pub takes: IndexMap<Name, Spanned<Type>>,
    /// What it answers: the columns, each readable as `<lookup>.<column>`.
    pub gives: IndexMap<Name, Given>,
    /// How long it may take.
    pub within: Duration,
    /// Whether it changes something: then it is never repeated blindly.
    pub changes: bool,
}

impl Lookup {
    /// Whether a flow has to say what follows when nothing is found: there are columns to miss, or a system that answers
    /// 404. A query without columns goes on behind the `lookup`, unless its `not_found` leads elsewhere.
    #[must_use]
    pub fn must_find(&self) -> bool {
        !self.gives.is_empty() || matches!(self.asks, Asks::Http(_))
    }
}

/// What a connector is asked, in its own way.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// A database: the query, with `:name` for each of `takes`.
    Sql(Spanned<String>),
    /// A system over HTTP.
    Http(Box<Request>),
}

impl Asks {
    /// Where what is asked stands: the query, or the path.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Sql(query) => query.span,
            Self::Http(request) => request.path.span,
        }
    }
}

/// One column of a lookup's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What it is, and where that was written.
    pub kind: Spanned<Type>,
    /// Whether it may be missing (`carrier: text?`).
    pub optional: bool,
}

/// One line of what an agent sees first.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextField {
    /// What stands before it, per language.
    pub label: Texts,
    /// What it shows; left out where a variable in it is not set.
    pub value: Expr,
    /// Where it was written.
    pub span: Span,
}

/// A named list of actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where its name stands.
    pub name: Spanned<Name>,
    /// What it does, in order.
    pub actions: Vec<Action>,
}

/// One thing that a step does.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What.
    pub kind: ActionKind,
    /// Only when this is so.
    pub when: Option<Expr>,
    /// Where its first key (`play`, `menu`, …) stands.
    pub span: Span,
}

/// Everything a step can do.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionKind {
    /// `play:` speaks prompts.
    Play(Play),
    /// `menu:` speaks a prompt and goes where the key says.
    Menu(Menu),
    /// `ask:` speaks a prompt and takes a value keyed.
    Ask(Box<Ask>),
    /// `verify:` takes a secret and has it compared.
    Verify(Box<Verify>),
    /// `say:` speaks a value.
    Say(Say),
    /// `set:` gives variables values.
    Set(Vec<Assignment>),
    /// `if:` goes one way or another.
    If(Fork),
    /// `goto:` goes on with another step.
    Goto(Goto),
    /// `lookup:` asks a connector.
    Lookup(LookUp),
    /// `hours:` goes elsewhere when a calendar is closed.
    Hours(Hours),
    /// `language:` goes on in another language.
    Language(Spanned<Lang>),
    /// `queue:` waits for an agent.
    Queue(Queue),
    /// `transfer:` connects the caller with somebody outside.
    Transfer(Transfer),
    /// `case:` opens a case.
    Case(Case),
    /// `callback:` promises to call back.
    Callback(Callback),
    /// `notify:` tells somebody else.
    Notify(Notify),
    /// `record:` keeps what the caller says.
    Record(Record),
    /// `survey:` asks how it was, a key each.
    Survey(Survey),
    /// `conference:` brings others into the call.
    Conference(Conference),
    /// `run:` goes through another flow and comes back.
    Run(Run),
    /// `return:` goes back to the flow that runs this one: behind its `run`, or by the exit named.
    Return(Option<Spanned<Name>>),
    /// `hangup:` ends the call, after a prompt if one is named.
    Hangup(Option<Spanned<Name>>),
}

/// The name of a step that an action sends the call to.
pub type Target = Spanned<Name>;

/// Prompts spoken one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// Their names in the catalogue; at least one.
    pub prompts: Vec<Spanned<Name>>,
    /// One of them instead of all.
    pub pick: Option<Spanned<Pick>>,
    /// How often it is heard, 2..=10. Once unless written.
    pub repeat: Option<Spanned<u8>>,
    /// Louder or quieter than recorded, -20..=6 dB. 0 unless written.
    pub volume_db: i8,
    /// A calendar: it is passed over while that is closed.
    pub on: Option<Spanned<Name>>,
    /// How keys meet it.
    pub keys: Keying,
}

/// Which one of several prompts a caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Any, by chance.
    Random,
    /// One after the other, from call to call.
    Rotate,
}

/// How keys meet what is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keying {
    /// Whether a key stops it (barge-in). Yes unless written.
    pub interrupt: bool,
    /// Whether keys pressed before it count (type-ahead). Yes unless written.
    pub type_ahead: bool,
}

impl Default for Keying {
    fn default() -> Self {
        Self { interrupt: true, type_ahead: true }
    }
}

/// How often and how long a caller is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patience {
    /// How long a caller may be silent after the prompt.
    pub no_input_after: Option<Spanned<Duration>>,
    /// How often it is asked in all.
    pub tries: Option<Spanned<u8>>,
    /// Spoken after silence; the catalogue's `no-input` unless written.
    pub no_input: Option<Spanned<Name>>,
    /// Spoken after a key or value that does not fit; the catalogue's `no-match` unless written.
    pub no_match: Option<Spanned<Name>>,
    /// Where the call goes when the tries are used up.
    pub otherwise: Option<Target>,
}

/// A prompt whose keys lead to steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    /// The prompt that names the keys.
    pub prompt: Spanned<Name>,
    /// Where each key leads, in the order written.
    pub branches: Vec<(Spanned<Key>, Target)>,
    /// How keys meet it.
    pub keys: Keying,
    /// How often and how long.
    pub patience: Patience,
}

/// A prompt that asks for a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The prompt.
    pub prompt: Spanned<Name>,
    /// The variable that gets the value.
    pub into: Spanned<Name>,
    /// What kind of value: digits, number, money, date, time, phone, secret.
    pub kind: Spanned<Type>,
    /// How many digits, the end key not counted: `8..12` or `6`.
    pub length: Option<Spanned<(u8, u8)>>,
    /// The key that ends it.
    pub ends_with: Option<Spanned<Key>>,
    /// How long between two digits.
    pub between_digits: Option<Spanned<Duration>>,
    /// What a value must pass beyond being one.
    pub tests: Tests,
    /// Whether it is read back before it is taken.
    pub confirm: Option<Confirm>,
    /// How keys meet it.
    pub keys: Keying,
    /// How often and how long.
    pub patience: Patience,
}

/// A prompt that asks for a secret, and what it has to be the same as.
#[derive(Debug, Clone, PartialEq)]
pub struct Verify {
    /// The prompt.
    pub prompt: Spanned<Name>,
    /// The lookup that gives one secret: an argon2 hash in PHC form.
    pub against: Spanned<Name>,
    /// A value for each of its `takes`.
    pub with: Vec<(Spanned<Name>, Expr)>,
    /// Whose secret it is: what wrong ones are counted for, across calls.
    pub account: Expr,
    /// How many digits, the end key not counted: `6` or `4..8`.
    pub length: Option<Spanned<(u8, u8)>>,
    /// The key that ends it.
    pub ends_with: Option<Spanned<Key>>,
    /// How long between two digits.
    pub between_digits: Option<Spanned<Duration>>,
    /// How keys meet it.
    pub keys: Keying,
    /// How often and how long; a wrong secret counts as a try.
    pub patience: Patience,
    /// How many wrong ones in all, in whichever calls, lock the account. 5 unless written.
    pub locks_after: Option<Spanned<u8>>,
    /// For how long. 30 minutes unless written.
    pub locked_for: Option<Spanned<Duration>>,
    /// Where the call goes when the account or the caller's number is locked.
    pub locked: Option<Target>,
    /// Where the call goes when the lookup fails or takes too long.
    pub failed: Option<Target>,
}

impl Verify {
    /// [`Verify::locks_after`] where nothing is written.
    pub const LOCKS_AFTER: u8 = 5;
    /// [`Verify::locked_for`] where nothing is written.
    pub const LOCKED_FOR: Duration = Duration::from_secs(30 * 60);

    /// The fewest and the most keys, the end key not counted.
    #[must_use]
    pub fn digits(&self) -> (u8, u8) {
        self.length.map_or((1, 32), |it| it.value)
    }
}

/// What a keyed value must pass; what does not is asked for again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tests {
    /// The least and the most that it may be, both included.
    pub between: Option<Between>,
    /// Patterns of which it must be one; none: any.
    pub matches: Vec<Spanned<Pattern>>,
    /// How its last figures follow from the others.
    pub check: Option<Spanned<CheckDigit>>,
}

/// A range of values: `10..500`, `today..today + 14d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Between {
    /// The least.
    pub least: Expr,
    /// The most.
    pub most: Expr,
    /// Where both stand.
    pub span: Span,
}

/// A value read back before it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The prompt that speaks it and names the two keys.
    pub prompt: Spanned<Name>,
    /// The key that takes it. 1 unless written.
    pub yes: Spanned<Key>,
    /// The key that asks again. 2 unless written.
    pub no: Spanned<Key>,
}

/// A value spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Say {
    /// The value.
    pub value: Expr,
    /// Read as this type instead of its own: a number as digits.
    pub kind: Option<Spanned<Type>>,
    /// What it counts, said behind it.
    pub unit: Option<Spanned<Name>>,
    /// How keys meet it.
    pub keys: Keying,
}

/// A variable given a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Spanned<Name>,
    /// Its value.
    pub value: Expr,
}

/// A condition and where each outcome leads; without a target the step goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// A yes/no expression.
    pub condition: Expr,
    /// Where yes leads.
    pub then: Option<Target>,
    /// Where no leads.
    pub otherwise: Option<Target>,
}

/// Going on with another step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goto {
    /// Which.
    pub to: Target,
    /// Why: the reason that an agent is told, until another is given.
    pub because: Option<Spanned<Name>>,
}

/// A lookup carried out. What it gives is read as `<lookup>.<column>`.
#[derive(Debug, Clone, PartialEq)]
pub struct LookUp {
    /// Which of the flow's lookups.
    pub lookup: Spanned<Name>,
    /// A value for each of its `takes`.
    pub with: Vec<(Spanned<Name>, Expr)>,
    /// Where the call goes when there is no such row.
    pub not_found: Option<Target>,
    /// Where the call goes when the answer fails or takes too long.
    pub failed: Option<Target>,
    /// Where the call goes when a change was not answered in time: nobody knows whether it was made.
    pub unknown: Option<Target>,
    /// Spoken while it takes more than a second.
    pub meanwhile: Option<Spanned<Name>>,
}

/// A calendar of `hotline.yaml` that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The calendar.
    pub calendar: Spanned<Name>,
    /// Where the call goes when it is closed; the step goes on when it is open.
    pub closed: Option<Target>,
}

/// Waiting for an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// A queue of `hotline.yaml`.
    pub queue: Spanned<Name>,
    /// A whole number; higher goes first. 0 unless written.
    pub priority: Option<Expr>,
    /// Why, for the agent: a word of the designer's.
    pub because: Option<Spanned<Name>>,
    /// Keys that stay live while waiting.
    pub branches: Vec<(Spanned<Key>, Target)>,
    /// Where the call goes when no agent is logged in.
    pub no_agents: Option<Target>,
    /// Where the call goes when the queue is full.
    pub full: Option<Target>,
    /// How long a caller waits at most.
    pub max_wait: Option<Spanned<Duration>>,
    /// Where the call goes after that.
    pub waited: Option<Target>,
    /// Where the call goes for any of these that has no target of its own.
    pub otherwise: Option<Target>,
    /// Where the call goes when the agent hangs up first; it ends unless written.
    pub after: Option<Target>,
}

/// How a caller is connected with somebody outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferKind {
    /// The two legs are joined here, so that a failure brings the caller back.
    Bridge,
    /// The caller's own side is asked to call there (REFER).
    Blind,
}

/// Connecting the caller with somebody outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// A SIP URI or a number of the allow-list: a text, phone or digits expression.
    pub to: Expr,
    /// How. A bridge unless written.
    pub kind: TransferKind,
    /// Why, for whoever answers.
    pub because: Option<Spanned<Name>>,
    /// How long it may ring. 30 s unless written.
    pub ring_for: Option<Spanned<Duration>>,
    /// Where the call goes on 486.
    pub busy: Option<Target>,
    /// Where the call goes when nobody answers in time.
    pub no_answer: Option<Target>,
    /// Where the call goes on any other failure, and for the two above where they say nothing.
    pub otherwise: Option<Target>,
    /// Where the call goes when the other side hangs up first; it ends unless written.
    pub after: Option<Target>,
}

/// Going through another flow. What it gives is read as `<flow>.<variable>`, its hyphens as `_`.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The flow's name.
    pub flow: Spanned<Name>,
    /// A value for each variable that it takes.
    pub with: Vec<(Spanned<Name>, Expr)>,
    /// Where the call goes on each of its exits, in the order written.
    pub exits: Vec<(Spanned<Name>, Target)>,
    /// Where the call goes on an exit that has no target of its own.
    pub otherwise: Option<Target>,
    /// The flow, once it was looked for.
    pub sub: Result<Arc<Sub>, Lost>,
}

impl Run {
    /// The name before the dot of what it gives: `ask-number` gives `ask_number.level`.
    #[must_use]
    pub fn prefix(&self) -> Name {
        self.flow.value.replace('-', "_").into()
    }

    /// Where the call goes on `exit`.
    #[must_use]
    pub fn way(&self, exit: &str) -> Option<&Target> {
        let own = self.exits.iter().find(|(name, _)| *name.value == *exit);
        own.map(|(_, target)| target).or(self.otherwise.as_ref())
    }
}

//! The static checks: what would hurt callers, found before one is hurt. One rule a file.
//!
//! Rules look at a [`Study`], made once, and add findings. Those that conclude something from what a flow lacks (a step
//! that nothing leads to) run only on files that were read without an error: what was left out might be what they miss.

mod allowed;
mod between;
mod between_digits;
mod by_zero;
mod calendars;
mod callback_fails;
mod callback_window;
mod case_fails;
mod check_digit;
mod conference_fails;
mod confirm;
mod constant_condition;
mod decided_before;
mod end_key;
mod entry_words;
mod facts;
mod falls_off;
mod fixed_number;
mod goodbye;
mod hasty_silence;
mod http;
mod key_first;
mod key_twice;
mod length;
mod long_prompt;
mod long_survey;
mod lookup_branches;
mod lookup_values;
mod loopback;
mod many_options;
mod max_wait;
mod menu_words;
mod misfit;
mod missing_exit;
mod missing_prompt;
mod money_as_number;
mod name_taken;
mod never_returns;
mod no_number;
mod no_otherwise;
mod no_person;
mod no_reason;
mod once_taken;
mod other_connector;
mod outlasts_caller;
mod patterns;
mod perhaps_unset;
mod pick;
mod priority;
mod private;
mod queue_exits;
mod queue_settings;
mod record_length;
mod record_silence;
mod record_ways;
mod repeated_language;
mod rings;
mod run_circle;
mod run_values;
mod secret_called;
mod secret_exposed;
mod secret_fetched;
mod secret_kept;
mod secret_shown;
mod secret_spoken;
mod secret_told;
mod short_ring;
mod short_secret;
mod slow_end;
mod slow_lookup;
mod slow_person;
mod spoken_values;
mod sql;
mod stale_key;
mod study;
mod told_too_much;
mod transfer_fails;
mod transfer_target;
mod tries;
mod uneven_placeholders;
mod units;
mod unkeyable;
mod unknown_branch;
mod unknown_calendar;
mod unknown_case;
mod unknown_connector;
mod unknown_exit;
mod unknown_lookup;
mod unknown_notify;
mod unknown_placeholder;
mod unknown_prompt;
mod unknown_queue;
mod unknown_step;
mod unknown_subflow;
mod unknown_variable;
mod unmarked_secret;
mod unreachable_action;
mod unread_variable;
mod unreadable;
mod unrecorded;
mod unserved_queue;
mod unspoken_language;
mod untold_reason;
mod unused_exit;
mod unused_lookup;
mod unused_step;
mod verify_against;
mod verify_branches;
mod voice_words;
mod weak_lockout;
mod words;
mod wrong_kind;
mod wrong_reader;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use self::study::Study;
use super::model::{Flow, Name};
use crate::diagnostic::{Diagnostic, Level, MAX_FINDINGS, Span, Spanned};
use crate::value::Type;

pub use self::facts::{CalendarFacts, ConnectorFacts, Facts, QueueFacts};
pub(crate) use self::sql::named as named_in_query;
pub(super) use self::study::{expressions_of, spoken};
pub use self::transfer_target::allows;
pub(super) use self::unknown_subflow::misnamed;
pub(crate) use self::words::keys_named;

/// The type of each variable of a flow without errors.
pub(crate) fn variable_types(flow: &Flow) -> HashMap<String, Type> {
    let variables = study::variables(flow).into_iter();
    variables.filter_map(|(name, it)| Some((name.to_owned(), it.kind?))).collect()
}

/// What lies outside of a flow and is named in it.
pub struct World<'a> {
    /// The words of every language.
    pub prompts: &'a dyn Prompts,
    /// The calendars of hotline.yaml.
    pub calendars: BTreeSet<Name>,
    /// Its queues, and whether an agent serves each.
    pub queues: BTreeMap<Name, bool>,
    /// Its kinds of cases.
    pub cases: BTreeSet<Name>,
    /// Whom it can tell something.
    pub notify: BTreeSet<Name>,
    /// Its connectors for lookups.
    pub connectors: BTreeSet<Name>,
    /// Its allow-list of transfers: SIP URIs and numbers, in which `*` stands for any signs.
    pub transfers: Vec<String>,
    /// What it sets for some of these names.
    pub facts: Facts,
}

/// What the checks want to know about words.
pub trait Prompts {
    /// A prompt in one language.
    fn prompt(&self, lang: &str, name: &str) -> Option<PromptFacts<'_>>;
    /// The names of all prompts of all languages, for suggestions.
    fn names(&self) -> Vec<&str>;
    /// Whether a language has recorded words for `word`, a value of a text or a choice.
    fn is_recorded(&self, lang: &str, word: &str) -> bool;
    /// The units that a language says numbers with.
    fn units(&self, lang: &str) -> Vec<&str>;
    /// Whether a value of type `from` can be read as one of type `wanted`.
    fn readable_as(&self, from: &Type, wanted: &Type) -> bool;
}

/// What the checks want to know about one prompt in one language.
#[derive(Debug, Clone)]
pub struct PromptFacts<'a> {
    /// Its words as written, with placeholders.
    pub text: &'a str,
    /// Where they are written.
    pub span: Span,
    /// About how long it takes to say.
    pub length: Duration,
    /// Its places for values.
    pub slots: Vec<Slot>,
}

/// A place for a value in a prompt.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The variable: `order.eta`.
    pub path: Spanned<Arc<str>>,
    /// Read as this type instead of its own.
    pub kind: Option<Spanned<Type>>,
    /// What it counts.
    pub unit: Option<Spanned<Arc<str>>>,
}

type Rule = fn(&Study<'_>, &mut Vec<Diagnostic>);

/// Rules that judge what is written.
const PRESENT: &[Rule] = &[
    unknown_step::check,
    unknown_queue::check,
    unknown_calendar::check,
    unknown_connector::check,
    other_connector::check,
    unspoken_language::check,
    repeated_language::check,
    unknown_prompt::check,
    missing_prompt::check,
    name_taken::check,
    misfit::check,
    wrong_kind::check,
    constant_condition::check,
    length::check,
    unkeyable::check,
    end_key::check,
    tries::check,
    between_digits::check,
    unserved_queue::check,
    transfer_target::check,
    uneven_placeholders::check,
    long_prompt::check,
    many_options::check,
    unrecorded::check,
    unreadable::check,
    units::check,
    secret_spoken::check,
    secret_shown::check,
    unmarked_secret::check,
    secret_fetched::check,
    secret_exposed::check,
    verify_against::check,
    weak_lockout::check,
    short_secret::check,
    once_taken::check,
    stale_key::check,
    unknown_case::check,
    unknown_notify::check,
    told_too_much::check,
    callback_window::check,
    secret_kept::check,
    secret_told::check,
    secret_called::check,
    record_silence::check,
    long_survey::check,
    unknown_subflow::check,
    unknown_exit::check,
    run_values::check,
    run_circle::check,
    between::check,
    check_digit::check,
    patterns::check,
    confirm::check,
    pick::check,
    by_zero::check,
    calendars::check,
    entry_words::check,
    fixed_number::check,
    hasty_silence::check,
    key_first::check,
    key_twice::check,
    loopback::check,
    money_as_number::check,
    outlasts_caller::check,
    priority::check,
    queue_settings::check,
    short_ring::check,
    wrong_reader::check,
];

/// Rules that judge which fields an action lacks.
const FIELDS: &[Rule] = &[
    unknown_branch::check,
    lookup_branches::check,
    verify_branches::check,
    slow_lookup::check,
    no_otherwise::check,
    transfer_fails::check,
    queue_exits::check,
    max_wait::check,
    slow_end::check,
    case_fails::check,
    callback_fails::check,
    no_number::check,
    record_length::check,
    record_ways::check,
    conference_fails::check,
    missing_exit::check,
    no_reason::check,
    untold_reason::check,
];

/// Rules that judge what the whole flow lacks.
const ABSENT: &[Rule] = &[
    unknown_lookup::check,
    unknown_variable::check,
    unknown_placeholder::check,
    unused_step::check,
    unused_lookup::check,
    unread_variable::check,
    falls_off::check,
    rings::check,
    slow_person::check,
    no_person::check,
    unreachable_action::check,
    goodbye::check,
    perhaps_unset::check,
    menu_words::check,
    voice_words::check,
    sql_and_values,
    unused_exit::check,
    never_returns::check,
    decided_before::check,
    private::check,
];

fn sql_and_values(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    sql::check(study, found);
    http::check(study, found);
    lookup_values::check(study, found);
}

/// Tries one rule after the other. Only errors end it early: a flow with too many warnings must not miss its error.
fn run<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    study: &Study<'_>,
    found: &mut Vec<Diagnostic>,
) {
    for rule in rules {
        let errors = found.iter().filter(|it| it.level == Level::Error);
        if errors.take(MAX_FINDINGS).count() < MAX_FINDINGS {
            rule(study, found);
        }
    }
}

/// As many as people are told, errors before warnings; in the order of the file.
pub(super) fn foremost(found: &mut Vec<Diagnostic>) {
    if found.len() > MAX_FINDINGS {
        found.sort_by_key(|it| (it.level != Level::Error, it.span, it.code));
        found.truncate(MAX_FINDINGS);
    }
    found.sort_by_key(|it| (it.span, it.code));
}

/// Everything wrong with a flow that was read without an error, in the order of the file.
#[must_use]
pub fn check(flow: &Flow, world: &World<'_>) -> Vec<Diagnostic> {
    let study = Study::new(flow, world);
    let mut found = Vec::new();
    run(PRESENT.iter().chain(FIELDS).chain(ABSENT), &study, &mut found);
    let mut found = allowed::apply(flow, found, true);
    foremost(&mut found);
    found
}

/// What is wrong with the parts of a flow that could be read although `errors` were found. An action with an error in
/// it is not said to lack a field: that may be the very one that could not be read.
pub(super) fn check_parts(
    flow: &Flow,
    world: &World<'_>,
    errors: &[Diagnostic],
) -> Vec<Diagnostic> {
    let study = Study::new(flow, world);
    let mut found = Vec::new();
    run(PRESENT, &study, &mut found);
    let mut starts: Vec<Span> = study.actions().map(|(_, _, action)| action.span).collect();
    starts.extend(flow.steps.values().map(|it| it.name.span));
    starts.sort_unstable();
    let part = |span: Span| starts.partition_point(|it| it.start <= span.start);
    let broken: HashSet<usize> = errors.iter().map(|it| part(it.span)).collect();
    let mut lacking = Vec::new();
    for rule in FIELDS {
        rule(&study, &mut lacking);
    }
    found.extend(lacking.into_iter().filter(|it| !broken.contains(&part(it.span))));
    allowed::apply(flow, found, false)
}

#[cfg(test)]
mod tests;

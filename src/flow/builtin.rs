//! Variables that every flow has without setting them.

use std::sync::Arc;

use super::model::Flow;
use crate::value::Type;

/// Their names, in the order of docs.
pub const NAMES: [&str; 11] = [
    "caller.number",
    "caller.name",
    "caller.verified",
    "called.number",
    "language",
    "call.id",
    "today",
    "now",
    "queue.waited",
    "case.number",
    "case.promised",
];

/// What a built-in variable is, and whether it may be missing: a number may be withheld, a queue not yet
/// waited in, no case opened.
#[must_use]
pub fn builtin(flow: &Flow, name: &str) -> Option<(Type, bool)> {
    Some(match name {
        "caller.number" => (Type::Phone, true),
        "caller.name" => (Type::Text, true),
        "caller.verified" => (Type::YesNo, false),
        "called.number" => (Type::Phone, false),
        "language" => {
            let words: Vec<Arc<str>> = flow.languages.iter().map(|it| it.value.clone()).collect();
            (Type::Choice(words.into()), false)
        }
        "call.id" => (Type::Text, false),
        "today" => (Type::Date, false),
        "now" => (Type::Time, false),
        "queue.waited" => (Type::Duration, true),
        "case.number" => (Type::Digits, true),
        "case.promised" => (Type::DateTime, true),
        _ => return None,
    })
}

/// Whether no lookup or variable may be called like this, because a built-in is, or begins so.
pub(super) fn is_taken(name: &str) -> bool {
    NAMES.iter().any(|it| it.split('.').next() == Some(name))
}

//! HL0308 unkeyable: what is asked for cannot be keyed on a telephone.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::called;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at `as`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        let help = match &ask.kind.value {
            Type::Digits
            | Type::Number
            | Type::Money
            | Type::Date
            | Type::Time
            | Type::Phone
            | Type::Secret => continue,
            Type::YesNo | Type::Choice(_) => "ask it with a `menu`, a key for each answer",
            Type::Recording => "let the caller speak: `record` it",
            Type::Text | Type::DateTime | Type::Duration => {
                "ask for digits, number, money, date, time, phone or secret"
            }
        };
        let says = format!("{} cannot be keyed", called(&ask.kind.value));
        found.push(Diagnostic::error("HL0308", ask.kind.span, says).help(help.to_owned()));
    }
}

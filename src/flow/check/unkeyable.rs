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
        if matches!(ask.kind.value, Type::Text | Type::Recording) {
            let says = format!("{} cannot be keyed", called(&ask.kind.value));
            let help = "ask for digits, or for a choice of words: each is keyed by its number";
            found.push(Diagnostic::error("HL0308", ask.kind.span, says).help(help.to_owned()));
        }
    }
}

//! HL0222 told-too-much: a `case` or `notify` tells more than anybody reads.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::follow_up::MAX_TOLD;
use crate::flow::model::ActionKind;

/// Points at the first name beyond the bound.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let with = if let ActionKind::Case(it) = &action.kind {
            &it.with
        } else if let ActionKind::Notify(it) = &action.kind {
            &it.with
        } else {
            continue;
        };
        if let Some((name, _)) = with.get(MAX_TOLD) {
            let says = format!("at most {MAX_TOLD} values are told, and these are {}", with.len());
            let help = "leave out what the call's id finds in the store".to_owned();
            found.push(Diagnostic::error("HL0222", name.span, says).help(help));
        }
    }
}

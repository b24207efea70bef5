//! HL0434 case-may-fail: a case does not say what follows when it cannot be opened.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `case`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Case(it) = &action.kind
            && it.failed.is_none()
        {
            let says = "this does not say what follows when the case cannot be opened";
            let help = "add `failed: agent`".to_owned();
            found.push(Diagnostic::error("HL0434", action.span, says).help(help));
        }
    }
}

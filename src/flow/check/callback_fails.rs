//! HL0435 callback-may-fail: a call back does not say what follows when it cannot be promised.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `callback`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Callback(it) = &action.kind
            && it.failed.is_none()
        {
            let says = "this does not say what follows when the call back cannot be promised";
            let help = "add `failed: agent`".to_owned();
            found.push(Diagnostic::error("HL0435", action.span, says).help(help));
        }
    }
}

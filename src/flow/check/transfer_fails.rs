//! HL0412 transfer-may-fail: a transfer does not say what follows when nobody takes the call.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `transfer`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Transfer(transfer) = &action.kind
            && transfer.otherwise.is_none()
        {
            let says = "this does not say what follows when the transfer fails";
            let help = "add `otherwise: agent`".to_owned();
            found.push(Diagnostic::error("HL0412", action.span, says).help(help));
        }
    }
}

//! HL0404 no-otherwise: a caller who stays silent or keys something wrong until the tries are used up is cut off.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `menu` or `ask`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(patience) = action.kind.patience() else { continue };
        let what = if matches!(action.kind, ActionKind::Menu(_)) {
            "menu"
        } else if matches!(action.kind, ActionKind::Verify(_)) {
            "verify"
        } else {
            "ask"
        };
        if patience.otherwise.is_none() {
            let says = format!("this `{what}` does not say what follows silence and wrong keys");
            let help = "add `otherwise: agent`".to_owned();
            found.push(Diagnostic::error("HL0404", action.span, says).help(help));
        }
    }
}

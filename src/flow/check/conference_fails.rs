//! HL0431 conference-may-fail: a conference does not say what follows when nobody can be brought in.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `conference`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Conference(conference) = &action.kind
            && conference.failed.is_none()
        {
            let says = "this does not say what follows when nobody can be brought in";
            let help = "add `failed: agent`".to_owned();
            found.push(Diagnostic::error("HL0431", action.span, says).help(help));
        }
    }
}

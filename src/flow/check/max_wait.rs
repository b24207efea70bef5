//! HL0409 endless-queue: a caller may wait for an agent for ever.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `queue`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Queue(queue) = &action.kind
            && queue.max_wait.is_none()
        {
            let says = "callers may wait here for ever";
            let help = "add `max_wait: 10m` and `waited: a-step`".to_owned();
            found.push(Diagnostic::warning("HL0409", action.span, says).help(help));
        }
    }
}

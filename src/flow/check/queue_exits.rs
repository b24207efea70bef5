//! HL0415 queue-without-exit: a queue does not say what follows when it cannot serve the caller.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `queue` and lists what is missing.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Queue(queue) = &action.kind else { continue };
        if queue.otherwise.is_some() {
            continue;
        }
        let exits = [
            ("no_agents", queue.no_agents.is_none()),
            ("full", queue.full.is_none()),
            ("waited", queue.waited.is_none() && queue.max_wait.is_some()),
        ];
        let missing: Vec<_> = exits.iter().filter(|it| it.1).map(|it| it.0).collect();
        if !missing.is_empty() {
            let says = format!("this queue does not say what follows: {}", missing.join(", "));
            let help = "add `otherwise: a-step` for all of these".to_owned();
            found.push(Diagnostic::error("HL0415", action.span, says).help(help));
        }
    }
}

//! HL0401 falls-off-its-end: a step ends without saying where the call goes, so the caller is cut off.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{Action, ActionKind};

/// Points at the last action.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for step in study.flow.steps.values() {
        let Some(last) = step.actions.last() else { continue };
        // Whether a flow that was not found comes back nobody knows.
        let is_lost = matches!(&last.kind, ActionKind::Run(run) if run.sub.is_err());
        if is_lost || step.actions.iter().any(Action::ends_its_step) {
            continue;
        }
        let says = if last.kind.always_leaves() {
            format!("when this is skipped, the step `{}` goes nowhere", step.name.value)
        } else {
            format!("behind this the step `{}` goes nowhere", step.name.value)
        };
        let help = "end it with `goto`, `menu`, `queue`, `transfer`, `hangup`, or `return` in a flow that \
                    others run"
            .to_owned();
        found.push(
            Diagnostic::error("HL0401", last.span, says)
                .note(step.name.span, "in this step")
                .help(help),
        );
    }
}

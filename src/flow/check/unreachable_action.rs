//! HL0405 unreachable-action: an action behind one that always leaves its step.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the first such action of each step.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for step in study.flow.steps.values() {
        let mut actions = step.actions.iter().skip_while(|it| !it.ends_its_step());
        // HL0425 tells more about a flow that never returns.
        if let (Some(leaves), Some(never)) = (actions.next(), actions.next())
            && !matches!(leaves.kind, ActionKind::Run(_))
        {
            let help = "give the one before it a `when`, or move this one before it".to_owned();
            found.push(
                Diagnostic::warning("HL0405", never.span, "this is never carried out")
                    .note(leaves.span, "the call always leaves the step here")
                    .help(help),
            );
        }
    }
}

//! HL0425 never-returns: behind a `run` stands something, and the flow never comes back to it.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the first action behind such a `run`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for step in study.flow.steps.values() {
        let mut actions = step.actions.iter().skip_while(|it| !it.ends_its_step());
        if let (Some(run), Some(never)) = (actions.next(), actions.next())
            && let ActionKind::Run(it) = &run.kind
        {
            let says = format!("this is never carried out: `{}` never returns here", it.flow.value);
            let help = format!(
                "let `{}` come back with a plain `return:`, or lead its exits to a step with this",
                it.flow.value
            );
            found.push(
                Diagnostic::warning("HL0425", never.span, says)
                    .note(it.flow.span, "the call always goes elsewhere from here")
                    .help(help),
            );
        }
    }
}

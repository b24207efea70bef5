//! HL0411 no-goodbye: the caller is cut off without a word, which feels like a fault.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at a `hangup` without a prompt, in a step that says nothing before it.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for step in study.flow.steps.values() {
        let mut silent = true;
        for action in &step.actions {
            match &action.kind {
                ActionKind::Play(_)
                | ActionKind::Say(_)
                | ActionKind::Survey(_)
                | ActionKind::Run(_) => silent = false,
                ActionKind::Hangup(None) if silent => {
                    let says = "the caller is cut off here without a word";
                    let help = "write `hangup: goodbye`".to_owned();
                    found.push(Diagnostic::warning("HL0411", action.span, says).help(help));
                }
                ActionKind::Menu(_)
                | ActionKind::Ask(_)
                | ActionKind::Verify(_)
                | ActionKind::Set(_)
                | ActionKind::If(_)
                | ActionKind::Goto(_)
                | ActionKind::Lookup(_)
                | ActionKind::Hours(_)
                | ActionKind::Language(_)
                | ActionKind::Queue(_)
                | ActionKind::Transfer(_)
                | ActionKind::Case(_)
                | ActionKind::Callback(_)
                | ActionKind::Notify(_)
                | ActionKind::Record(_)
                | ActionKind::Conference(_)
                | ActionKind::Return(_)
                | ActionKind::Hangup(_) => {}
            }
        }
    }
}

//! HL0502 unknown-placeholder: a prompt says a value that the flow does not have.

use super::study::Study;
use super::unknown_variable;
use crate::diagnostic::Diagnostic;

/// Points at the place in the prompt, with the place in the flow that speaks it.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (spoken, _, facts) in study.texts() {
        for slot in &facts.slots {
            let name = &*slot.path.value;
            if study.look_up(name).is_none()
                && !study.variables.contains_key(name)
                && !study.is_lost(name)
            {
                let says = format!("`{}` says {{{name}}}, which nothing sets", spoken.name);
                found.push(
                    Diagnostic::error("HL0502", slot.path.span, says)
                        .note(spoken.span, "spoken here")
                        .help(unknown_variable::help(study, name)),
                );
            }
        }
    }
}

//! HL0601 secret-spoken: a secret is spoken, for everybody near the telephone and in every recording.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// Points at the value said, or at its place in the prompt.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let says = "a secret is never spoken";
    let help = || "say something else, such as that it was taken".to_owned();
    for it in &study.worked_out {
        if matches!(it.role, Role::Say(_)) && it.kind == Some(Type::Secret) {
            found.push(Diagnostic::error("HL0601", it.expr.span, says).help(help()));
        }
    }
    for (spoken, _, facts) in study.texts() {
        for slot in &facts.slots {
            if study.look_up(&slot.path.value).is_some_and(|(kind, _)| kind == Type::Secret) {
                found.push(
                    Diagnostic::error("HL0601", slot.path.span, says)
                        .note(spoken.span, "spoken here")
                        .help(help()),
                );
            }
        }
    }
}

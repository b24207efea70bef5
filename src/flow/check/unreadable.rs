//! HL0510 unreadable-as: a value is to be read as a type that it cannot be read as.

use super::study::{Role, Study};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::flow::expr::called;
use crate::value::Type;

/// Points at the type, in the flow or in the prompt.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in &study.worked_out {
        if let (Role::Say(Some(wanted)), Some(kind)) = (it.role, &it.kind) {
            found.extend(judge(study, kind, wanted));
        }
    }
    for (spoken, _, facts) in study.texts() {
        for slot in &facts.slots {
            if let (Some(wanted), Some((kind, _))) = (&slot.kind, study.look_up(&slot.path.value)) {
                let wrong = judge(study, &kind, wanted);
                found.extend(wrong.map(|it| it.note(spoken.span, "spoken here")));
            }
        }
    }
}

fn judge(study: &Study<'_>, kind: &Type, wanted: &Spanned<Type>) -> Option<Diagnostic> {
    // HL0601 tells more about a secret.
    let fits = *kind == Type::Secret || study.world.prompts.readable_as(kind, &wanted.value);
    let says = format!("{} cannot be read as {}", called(kind), called(&wanted.value));
    let help = "leave the type out, and it is read as what it is".to_owned();
    (!fits).then(|| Diagnostic::error("HL0510", wanted.span, says).help(help))
}

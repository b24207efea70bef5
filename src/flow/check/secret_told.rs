//! HL0611 secret-told: a secret is sent to somebody else.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// Points at the expression.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| it.kind == Some(Type::Secret)) {
        if matches!(it.role, Role::Notify) {
            let says = "a secret is never told to anybody else";
            let help = "leave it out, and tell what a lookup found by it".to_owned();
            found.push(Diagnostic::error("HL0611", it.expr.span, says).help(help));
        }
    }
}

//! HL0612 secret-called: a secret stands where the number of a call back belongs.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// Points at the expression.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| it.kind == Some(Type::Secret)) {
        if matches!(it.role, Role::Callback) {
            let says = "a secret is no number to call, and every agent would see it";
            let help = "ask for the number with `as: phone`".to_owned();
            found.push(Diagnostic::error("HL0612", it.expr.span, says).help(help));
        }
    }
}

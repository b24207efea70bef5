//! HL0610 secret-kept: a secret is written into a case, where it would lie open for good.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// Points at the expression.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| it.kind == Some(Type::Secret)) {
        if matches!(it.role, Role::Case) {
            let says = "a secret is never written into a case";
            let help = "leave it out: whoever works on the case must not know it".to_owned();
            found.push(Diagnostic::error("HL0610", it.expr.span, says).help(help));
        }
    }
}

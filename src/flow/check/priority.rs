//! HL0327 no-priority: a queue's priority is not a whole number from 0 to 255.

use rust_decimal::Decimal;

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{Expr, ExprKind};
use crate::value::Value;

/// Points at the number, also where it is one way of an `if`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| matches!(it.role, Role::Priority)) {
        outcomes(it.expr, &mut |expr| {
            let Some(Value::Number(number)) = expr.written_out() else { return };
            if !number.is_integer() || !(Decimal::ZERO..=Decimal::from(u8::MAX)).contains(&number) {
                let says = format!("{number} is no priority: it is a whole number from 0 to 255");
                let help = "write 5 for callers who go first, 0 for all others".to_owned();
                found.push(Diagnostic::warning("HL0327", expr.span, says).help(help));
            }
        });
    }
}

/// What may come out of an expression as it stands.
fn outcomes(expr: &Expr, visit: &mut impl FnMut(&Expr)) {
    if let ExprKind::If(_, yes, no) = &expr.kind {
        outcomes(yes, visit);
        outcomes(no, visit);
    } else {
        visit(expr);
    }
}

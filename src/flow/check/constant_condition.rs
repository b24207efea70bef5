//! HL0306 constant-condition: a condition that always comes out the same.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{Expr, ExprKind};
use crate::value::Value;

/// Points at the condition; one is constant if it reads nothing, or compares a thing with itself.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| matches!(it.role, Role::When | Role::If)) {
        let mut reads = false;
        it.expr.names(&mut |_, _, _| reads = true);
        let always = match it.expr.evaluate(&|_| None) {
            Ok(Value::YesNo(always)) if !reads => always,
            _ => match compares_itself(it.expr) {
                Some(always) => always,
                None => continue,
            },
        };
        let says = format!("this is always {}", if always { "yes" } else { "no" });
        let help = "compare with something that differs from call to call, or remove the condition";
        found.push(Diagnostic::warning("HL0306", it.expr.span, says).help(help.to_owned()));
    }
}

fn compares_itself(expr: &Expr) -> Option<bool> {
    use crate::flow::expr::Operator as O;
    let ExprKind::Binary(operator, left, right) = &expr.kind else { return None };
    let (ExprKind::Name(a), ExprKind::Name(b)) = (&left.kind, &right.kind) else { return None };
    (a == b && operator.compares())
        .then_some(matches!(operator, O::Equal | O::LessOrEqual | O::GreaterOrEqual))
}

//! HL0326 fixed-number: a condition compares with one telephone or account number that is written into the flow.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{Expr, ExprKind, Operator};
use crate::value::{Type, Value};

/// Shorter ones are services and extensions: 110, 4001.
const LEAST: usize = 5;

/// Points at the number. Which number was dialled is what flows may well ask.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| matches!(it.role, Role::When | Role::If)) {
        it.expr.parts(&mut |part| {
            let ExprKind::Binary(Operator::Equal | Operator::NotEqual, left, right) = &part.kind
            else {
                return;
            };
            for (name, written) in [(left, right), (right, left)] {
                if is_somebodys(study, name) && is_number(written) {
                    let says = "one caller's number is written into the flow";
                    let help = "take it out if it was for a test, or keep such numbers in a \
                                database and look them up"
                        .to_owned();
                    found.push(Diagnostic::hint("HL0326", written.span, says).help(help));
                }
            }
        });
    }
}

fn is_somebodys(study: &Study<'_>, name: &Expr) -> bool {
    let ExprKind::Name(name) = &name.kind else { return false };
    &**name != "called.number"
        && matches!(study.look_up(name), Some((Type::Phone | Type::Digits, _)))
}

fn is_number(expr: &Expr) -> bool {
    let Some(Value::Text(text)) = expr.written_out() else { return false };
    text.len() >= LEAST && text.bytes().all(|it| it.is_ascii_digit() || it == b'+')
}

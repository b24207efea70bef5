//! HL0328 divided-by-zero: an expression divides by zero whenever it is worked out.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{ExprKind, Operator};
use crate::value::Value;

/// Points at what it divides by.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in &study.worked_out {
        it.expr.parts(&mut |part| {
            if let ExprKind::Binary(Operator::Divide, _, by) = &part.kind
                && let Some(Value::Number(number)) = by.written_out()
                && number.is_zero()
            {
                let says = "a call that comes here can only go to the last resort";
                let help = "divide by something else".to_owned();
                found.push(Diagnostic::error("HL0328", by.span, says).help(help));
            }
        });
    }
}

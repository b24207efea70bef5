//! HL0302 misfit, HL0303 no-such-word, HL0304 digits-by-size, HL0603 secret-compared: values in an expression that do
//! not fit each other. `expr::types` finds them; here they become findings.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::Fault;

/// Points at the smallest part of the expression that shows it.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for fault in &study.faults {
        if let Fault::Misfit { code, span, says, help } = fault {
            found.push(Diagnostic::error(code, *span, says.clone()).help(help.clone()));
        }
    }
}

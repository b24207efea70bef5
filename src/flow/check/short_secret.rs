//! HL0608 short-secret: a secret may have so few figures that a lock-out does not save it.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at `length`, or at the `verify` that has none.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Verify(it) = &action.kind else { continue };
        let (least, span) = it.length.map_or((1, action.span), |it| (it.value.0, it.span));
        if least < 4 {
            let says = format!("a secret of {least} figures is guessed in an afternoon");
            let help = "write `length: 6`, and keep such secrets".to_owned();
            found.push(Diagnostic::warning("HL0608", span, says).help(help));
        }
    }
}

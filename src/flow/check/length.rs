//! HL0307 impossible-length: no value can have the number of digits that is asked for.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at `length`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(length) = action.kind.entry().and_then(|it| it.length) else { continue };
        let (least, most) = length.value;
        if least > most {
            let says = format!("nothing has at least {least} and at most {most} digits");
            let help = format!("write `{most}..{least}`");
            found.push(Diagnostic::error("HL0307", length.span, says).help(help));
        } else if most == 0 {
            let says = "no digits at all are asked for".to_owned();
            found.push(Diagnostic::error("HL0307", length.span, says).help("write `6`".to_owned()));
        }
    }
}

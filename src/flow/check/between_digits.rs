//! HL0408 hasty: less than two seconds between two digits cut slow callers short.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};

/// What elderly callers need between two keys, from the field.
const LEAST: Duration = Duration::from_secs(2);

/// Points at `between_digits`; at the flow's name for its defaults.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(judge(study.flow.defaults.between_digits, study.flow.name.span));
    for (_, _, action) in study.actions() {
        let written = action.kind.entry().and_then(|it| it.between_digits);
        found.extend(written.and_then(|it| judge(it.value, it.span)));
    }
}

fn judge(wait: Duration, span: Span) -> Option<Diagnostic> {
    let says = format!("{} s between two digits cut slow callers short", wait.as_secs_f32());
    let help = "write `between_digits: 3s`".to_owned();
    (wait < LEAST).then(|| Diagnostic::warning("HL0408", span, says).help(help))
}

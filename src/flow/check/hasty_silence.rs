//! HL0450 hasty-silence: silence is over before a caller could have pressed anything.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};

/// What callers need to find a key after the words have ended.
const LEAST: Duration = Duration::from_secs(2);

/// Points at `no_input_after`; at the flow's name for its defaults.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(judge(study.flow.defaults.no_input_after, study.flow.name.span));
    for (_, _, action) in study.actions() {
        let Some(patience) = action.kind.patience() else { continue };
        found.extend(patience.no_input_after.and_then(|it| judge(it.value, it.span)));
    }
}

fn judge(wait: Duration, span: Span) -> Option<Diagnostic> {
    let says = format!("{} s after the words hardly anybody has found a key", wait.as_secs_f32());
    let help = "write `no_input_after: 5s`".to_owned();
    (wait < LEAST).then(|| Diagnostic::warning("HL0450", span, says).help(help))
}

//! HL0428 record-silence: the silence that ends a recording is too short for a breath, or longer than the recording.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// People pause for about a second between sentences.
const LEAST: Duration = Duration::from_millis(1_500);

/// Points at `silence`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Record(record) = &action.kind else { continue };
        let Some(silence) = record.silence else { continue };
        let says = if silence.value < LEAST {
            "this cuts off callers who take a breath"
        } else if record.at_most.is_some_and(|it| it.value <= silence.value) {
            "so much silence never comes: the recording ends before"
        } else {
            continue;
        };
        let help = "write `silence: 3s`, or leave it out".to_owned();
        found.push(Diagnostic::warning("HL0428", silence.span, says).help(help));
    }
}

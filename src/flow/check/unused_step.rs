//! HL0211 unused-step: no call can come to a step, so what it promises is never heard.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the name of each such step. Silent where `start` itself is unknown: then nothing could be reached.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    if !study.flow.steps.contains_key(&study.flow.start.value) {
        return;
    }
    for (at, step) in study.flow.steps.values().enumerate() {
        if !study.graph.is_reached(at) {
            let says = format!("no call can come to the step `{}`", step.name.value);
            let help = "let a key, branch or `goto` lead there, or remove it".to_owned();
            found.push(Diagnostic::warning("HL0211", step.name.span, says).help(help));
        }
    }
}

//! HL0427 record-ways: a recording does not say what follows when nothing is said, or when it cannot be kept.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `record`, once for all that it lacks.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Record(record) = &action.kind else { continue };
        let lacks: Vec<&str> = [("nothing", &record.nothing), ("failed", &record.failed)]
            .into_iter()
            .filter_map(|(name, target)| target.is_none().then_some(name))
            .collect();
        let (says, help) = match lacks.as_slice() {
            [] => continue,
            ["nothing"] => {
                ("this does not say what follows when nothing is said", "add `nothing: a-step`")
            }
            ["failed"] => {
                ("this does not say what follows when it cannot be kept", "add `failed: agent`")
            }
            _ => (
                "this does not say what follows when nothing is said, or it cannot be kept",
                "add `nothing: a-step` and `failed: agent`",
            ),
        };
        found.push(Diagnostic::error("HL0427", action.span, says).help(help.to_owned()));
    }
}

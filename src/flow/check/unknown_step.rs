//! HL0203 unknown-step: a key, branch or `goto` names a step that this flow does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::Target;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let targets = study.actions().flat_map(|(_, _, action)| action.kind.ways());
    let targets = targets.map(|(_, target)| target);
    // Where no step could be read at all, another finding says so.
    let start = Some(&study.flow.start).filter(|_| !study.flow.steps.is_empty()).into_iter();
    for target in start.chain(targets).filter(|it| !study.flow.steps.contains_key(&it.value)) {
        found.push(unknown(study, target));
    }
}

fn unknown(study: &Study<'_>, target: &Target) -> Diagnostic {
    let says = format!("no step is called `{}`", target.value);
    let near = study.suggest(&target.value, study.flow.steps.keys().map(|it| &**it));
    let help = near.unwrap_or_else(|| format!("add a step `{}:`", target.value));
    Diagnostic::error("HL0203", target.span, says).help(help)
}

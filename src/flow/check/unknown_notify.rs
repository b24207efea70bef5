//! HL0221 unknown-notify: a `notify` action tells somebody whom hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let known = &study.world.notify;
    for (_, _, action) in study.actions() {
        if let ActionKind::Notify(it) = &action.kind
            && !known.contains(&it.to.value)
        {
            let says = format!("nobody to tell is called `{}`", it.to.value);
            let near = study.suggest(&it.to.value, known.iter().map(|it| &**it));
            let help = near.unwrap_or_else(|| "add it under `notify` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0221", it.to.span, says).help(help));
        }
    }
}

//! HL0606 verify-without-branch: a `verify` does not say what follows when the account is locked or nothing can be compared.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `verify`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Verify(it) = &action.kind else { continue };
        let missing: Vec<_> = [("locked", it.locked.is_none()), ("failed", it.failed.is_none())]
            .into_iter()
            .filter_map(|(name, missing)| missing.then_some(name))
            .collect();
        if let Some(first) = missing.first() {
            let says = format!("this `verify` has no `{}` branch", missing.join("` and no `"));
            let help = format!("add `{first}: a-step`, so that nobody is cut off");
            found.push(Diagnostic::error("HL0606", action.span, says).help(help));
        }
    }
}

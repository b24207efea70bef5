//! HL0701 lookup-without-branch: a lookup does not say what follows when it finds nothing or fails.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `lookup` action. A query that gives no columns goes on where nothing is written; a system can always
/// answer 404.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Lookup(it) = &action.kind else { continue };
        let lookup = study.flow.lookups.get(&it.lookup.value);
        let must_find = lookup.is_some_and(|it| it.must_find());
        let missing: Vec<_> =
            [("not_found", must_find && it.not_found.is_none()), ("failed", it.failed.is_none())]
                .into_iter()
                .filter_map(|(name, missing)| missing.then_some(name))
                .collect();
        if let Some(first) = missing.first() {
            let says = format!("this lookup has no `{}` branch", missing.join("` and no `"));
            let help = format!("add `{first}: a-step`, so that nobody is cut off");
            found.push(Diagnostic::error("HL0701", action.span, says).help(help));
        }
    }
}

//! HL0204 unknown-lookup: an action names a lookup that this flow does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let Some(lookup) = action.kind.asks().map(|it| it.lookup)
            && !study.flow.lookups.contains_key(&lookup.value)
        {
            let says = format!("no lookup is called `{}`", lookup.value);
            let near = study.suggest(&lookup.value, study.flow.lookups.keys().map(|it| &**it));
            let help =
                near.unwrap_or_else(|| format!("add it under `lookups`: `{}:`", lookup.value));
            found.push(Diagnostic::error("HL0204", lookup.span, says).help(help));
        }
    }
}

//! HL0204 unknown-lookup: a `lookup` action names a lookup that this flow does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Lookup(it) = &action.kind
            && !study.flow.lookups.contains_key(&it.lookup.value)
        {
            let says = format!("no lookup is called `{}`", it.lookup.value);
            let near = study.suggest(&it.lookup.value, study.flow.lookups.keys().map(|it| &**it));
            let help =
                near.unwrap_or_else(|| format!("add it under `lookups`: `{}:`", it.lookup.value));
            found.push(Diagnostic::error("HL0204", it.lookup.span, says).help(help));
        }
    }
}

//! HL0212 unused-lookup: a lookup that no action carries out.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the name of each such lookup. Silent where an unknown one is named: probably that one is meant.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let used: HashSet<&str> = study
        .actions()
        .filter_map(|(_, _, action)| Some(&*action.kind.asks()?.lookup.value))
        .collect();
    if used.iter().any(|name| !study.flow.lookups.contains_key(*name)) {
        return;
    }
    for lookup in study.flow.lookups.values().filter(|it| !used.contains(&*it.name.value)) {
        let says = format!("no step carries out the lookup `{}`", lookup.name.value);
        let help = format!("add `- lookup: {}`, or remove it", lookup.name.value);
        found.push(Diagnostic::warning("HL0212", lookup.name.span, says).help(help));
    }
}

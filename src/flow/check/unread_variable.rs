//! HL0213 unread-variable: a variable is set and nothing ever reads it.

use std::collections::HashSet;

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::builtin::is_taken;

/// Points at the first place that sets it. An expression that gives a variable its own next value reads nothing.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut read: HashSet<&str> = HashSet::new();
    for it in &study.worked_out {
        let own = if let Role::Set(name) = it.role { Some(&name.value) } else { None };
        it.expr.names(&mut |name, _, _| {
            if own != Some(name) {
                read.insert(name);
            }
        });
    }
    let slots: Vec<_> = study.texts().flat_map(|(_, _, facts)| &facts.slots).collect();
    read.extend(slots.iter().map(|slot| &*slot.path.value));
    read.extend(study.flow.gives.keys().map(|it| &**it));
    // A survey's answers are for figures.
    let unread = study
        .variables
        .iter()
        .filter(|(name, it)| !read.contains(**name) && !it.optional && !is_taken(name));
    for (name, variable) in unread {
        let says = format!("nothing reads `{name}`");
        let help = format!("use it, show it to the agent under `context`, or do not set `{name}`");
        found.push(Diagnostic::hint("HL0213", variable.first, says).help(help));
    }
}

//! HL0709 once-taken: a lookup that changes something takes `once`, which is the name of its idempotency key.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the type that is taken.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values().filter(|it| it.changes) {
        if let Some(kind) = lookup.takes.get("once") {
            let says = "`once` is the idempotency key, which comes by itself";
            let help = "do not take it: the query may use `:once` all the same".to_owned();
            found.push(Diagnostic::error("HL0709", kind.span, says).help(help));
        }
    }
}

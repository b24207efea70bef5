//! HL0605 verify-against: `verify` needs a lookup that gives one secret, the hash to compare with, and changes nothing.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at `against`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Verify(it) = &action.kind else { continue };
        let Some(lookup) = study.flow.lookups.get(&it.against.value) else { continue };
        let gives = lookup.gives.values();
        let secrets = gives.filter(|it| it.kind.value == Type::Secret && !it.optional).count();
        let name = &lookup.name.value;
        let (says, help) = if secrets != 1 || lookup.gives.len() != 1 {
            let says = format!("`{name}` does not give one secret and nothing else");
            (says, "write `gives: { hash: secret }`, the argon2 hash of what is asked for")
        } else if lookup.changes {
            (format!("`{name}` changes something"), "compare with a lookup that only reads")
        } else {
            continue;
        };
        found.push(
            Diagnostic::error("HL0605", it.against.span, says)
                .note(lookup.name.span, "the lookup")
                .help(help.to_owned()),
        );
    }
}

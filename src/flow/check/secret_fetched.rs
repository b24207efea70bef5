//! HL0609 secret-fetched: a `lookup` fetches a secret into the call, where nothing can be done with it but leak it.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at the `lookup`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Lookup(it) = &action.kind else { continue };
        let Some(lookup) = study.flow.lookups.get(&it.lookup.value) else { continue };
        let secret = lookup.gives.iter().find(|(_, it)| it.kind.value == Type::Secret);
        if let Some((name, given)) = secret {
            let says = format!("this fetches the secret `{name}` into the call");
            found.push(
                Diagnostic::warning("HL0609", it.lookup.span, says)
                    .note(given.kind.span, "a secret")
                    .help("compare it with `verify`, or do not ask for it".to_owned()),
            );
        }
    }
}

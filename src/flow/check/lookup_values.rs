//! HL0702 lookup-values: a lookup gets a value that it does not take, or not one that it takes; HL0703
//! lookup-value-kind: or one of another kind.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::asked::Asked;
use crate::flow::expr::{called, fit};
use crate::flow::model::Lookup;
use crate::value::Type;

/// Points at the action, the name or the value.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let Some(it) = action.kind.asks()
            && let Some(lookup) = study.flow.lookups.get(&it.lookup.value)
        {
            names(study, lookup, it, found);
        }
    }
    for it in &study.worked_out {
        let (Role::With { lookup, parameter }, Some(kind)) = (it.role, &it.kind) else { continue };
        let taken = study.flow.lookups.get(lookup).and_then(|it| it.takes.get(&parameter.value));
        let Some(wanted) = taken else { continue };
        let written = it.expr.written_out().is_some_and(|it| fit(&it, &wanted.value).is_some());
        if !written && !takes(&wanted.value, kind) {
            let says = format!(
                "`{}` is {}, and {} is handed over",
                parameter.value,
                called(&wanted.value),
                called(kind)
            );
            found.push(
                Diagnostic::error("HL0703", it.expr.span, says)
                    .note(wanted.span, "what the lookup takes")
                    .help(format!("hand over {}", called(&wanted.value))),
            );
        }
    }
}

fn names(study: &Study<'_>, lookup: &Lookup, it: Asked<'_>, found: &mut Vec<Diagnostic>) {
    for (name, _) in it.with.iter().filter(|(name, _)| !lookup.takes.contains_key(&name.value)) {
        let says = format!("`{}` takes no `{}`", lookup.name.value, name.value);
        let known = || lookup.takes.keys().map(|it| &**it);
        let near = study.suggest(&name.value, known());
        let help =
            near.unwrap_or_else(|| format!("it takes {}", known().collect::<Vec<_>>().join(", ")));
        found.push(Diagnostic::error("HL0702", name.span, says).help(help));
    }
    for (name, kind) in &lookup.takes {
        if !it.with.iter().any(|(given, _)| given.value == *name) {
            let says = format!("`{}` needs `{name}`", lookup.name.value);
            found.push(
                Diagnostic::error("HL0702", it.lookup.span, says)
                    .note(kind.span, "what the lookup takes")
                    .help(format!("add `with: {{ {name}: … }}`")),
            );
        }
    }
}

/// Whether a lookup that wants one kind takes the other: figures keyed and telephone numbers are both texts to a
/// database, and a secret may go nowhere but here.
fn takes(wanted: &Type, given: &Type) -> bool {
    match (wanted, given) {
        (Type::Text, Type::Digits | Type::Phone | Type::Choice(_))
        | (Type::Digits, Type::Phone)
        | (Type::Phone, Type::Digits) => true,
        (wanted, given) => wanted == given,
    }
}

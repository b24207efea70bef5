//! HL0217 run-values: a `run` hands over what the flow does not take, or not what it takes; HL0218 run-value-kind: or
//! another kind of value.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{called, fit};
use crate::flow::model::Run;
use crate::flow::sub::Sub;

/// Points at the flow's name, the input's name or the value.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for run in study.runs() {
        if let Ok(sub) = &run.sub {
            names(study, run, sub, found);
        }
    }
    for it in &study.worked_out {
        let (Role::Input { run, name }, Some(kind)) = (it.role, &it.kind) else { continue };
        let taken = run.sub.as_ref().ok().and_then(|sub| sub.takes.get(&name.value));
        let Some(wanted) = taken else { continue };
        let written = it.expr.written_out().is_some_and(|it| fit(&it, &wanted.value).is_some());
        if !written && wanted.value != *kind {
            let says = format!(
                "`{}` is {}, and {} is handed over",
                name.value,
                called(&wanted.value),
                called(kind)
            );
            found.push(
                Diagnostic::error("HL0218", it.expr.span, says)
                    .note(wanted.span, "what the flow takes")
                    .help(format!("hand over {}", called(&wanted.value))),
            );
        }
    }
}

fn names(study: &Study<'_>, run: &Run, sub: &Sub, found: &mut Vec<Diagnostic>) {
    for (name, _) in run.with.iter().filter(|(name, _)| !sub.takes.contains_key(&name.value)) {
        let says = format!("`{}` takes no `{}`", sub.name.value, name.value);
        let known: Vec<&str> = sub.takes.keys().map(|it| &**it).collect();
        let near = study.suggest(&name.value, known.iter().copied());
        let help = near.unwrap_or_else(|| match known.as_slice() {
            [] => "it takes nothing: leave it out".to_owned(),
            known => format!("it takes {}", known.join(", ")),
        });
        found.push(Diagnostic::error("HL0217", name.span, says).help(help));
    }
    for (name, kind) in &sub.takes {
        if !run.with.iter().any(|(given, _)| given.value == *name) {
            let says = format!("`{}` needs `{name}`", sub.name.value);
            found.push(
                Diagnostic::error("HL0217", run.flow.span, says)
                    .note(kind.span, "what the flow takes")
                    .help(format!("add `with: {{ {name}: … }}`")),
            );
        }
    }
}

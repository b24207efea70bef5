//! HL0219 unknown-exit: a `run` or `return` names an exit that the flow does not have.

use super::study::Study;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::flow::model::{ActionKind, Name};

/// Points at each such name and suggests the nearest exit, or `otherwise`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let has = |exits: &[Spanned<Name>], name: &Name| exits.iter().any(|it| it.value == *name);
    for run in study.runs() {
        let Ok(sub) = &run.sub else { continue };
        for (exit, _) in run.exits.iter().filter(|(exit, _)| !has(&sub.exits, &exit.value)) {
            let says = format!("`{}` has no exit `{}`", sub.name.value, exit.value);
            let known = || sub.exits.iter().map(|it| &*it.value);
            let fields = ["with", "otherwise", "when"];
            let help = study.suggest(&exit.value, known().chain(fields)).unwrap_or_else(|| {
                match known().collect::<Vec<_>>().as_slice() {
                    [] => "it comes back behind the `run` only: leave this out".to_owned(),
                    known => format!("its exits are {}", known.join(", ")),
                }
            });
            found.push(Diagnostic::error("HL0219", exit.span, says).help(help));
        }
    }
    for (_, _, action) in study.actions() {
        let ActionKind::Return(Some(exit)) = &action.kind else { continue };
        if !has(&study.flow.exits, &exit.value) {
            let says = format!("this flow has no exit `{}`", exit.value);
            let known = study.flow.exits.iter().map(|it| &*it.value);
            let help = study
                .suggest(&exit.value, known)
                .unwrap_or_else(|| format!("add it at the top: `exits: [{}]`", exit.value));
            found.push(Diagnostic::error("HL0219", exit.span, says).help(help));
        }
    }
}

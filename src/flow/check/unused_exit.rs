//! HL0423 unused-exit: a flow has an exit that it never takes, or a `run` keeps `otherwise` for exits that there are not.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the exit's name, or at the step that `otherwise` names.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let taken: HashSet<&str> = study
        .actions()
        .filter_map(|(_, _, action)| {
            if let ActionKind::Return(Some(exit)) = &action.kind {
                Some(&*exit.value)
            } else {
                None
            }
        })
        .collect();
    for exit in study.flow.exits.iter().filter(|it| !taken.contains(&*it.value)) {
        let says = format!("no `return` takes the exit `{}`", exit.value);
        let help = format!("add `return: {}` where it belongs, or remove it", exit.value);
        found.push(Diagnostic::warning("HL0423", exit.span, says).help(help));
    }
    for run in study.runs() {
        let (Ok(sub), Some(otherwise)) = (&run.sub, &run.otherwise) else { continue };
        let has_way = |exit: &str| run.exits.iter().any(|(name, _)| *name.value == *exit);
        if sub.exits.iter().all(|exit| has_way(&exit.value)) {
            let says = format!("no exit of `{}` is left for `otherwise`", sub.name.value);
            let help = "remove it".to_owned();
            found.push(Diagnostic::warning("HL0423", otherwise.span, says).help(help));
        }
    }
}

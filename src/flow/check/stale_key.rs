//! HL0710 stale-key: a key that was pressed before a menu was heard chooses what changes something.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Menu};

/// Points at the key of a menu with type-ahead that leads to a change with no question in between.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let changing: Vec<bool> = (0..study.flow.steps.len()).map(|it| changes(study, it)).collect();
    for (_, _, action) in study.actions() {
        let ActionKind::Menu(menu) = &action.kind else { continue };
        if !menu.keys.type_ahead {
            continue;
        }
        look(study, menu, &changing, found);
    }
}

fn look(study: &Study<'_>, menu: &Menu, changing: &[bool], found: &mut Vec<Diagnostic>) {
    for (key, target) in &menu.branches {
        let mut next: Vec<usize> =
            study.flow.steps.get_index_of(&target.value).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(step) = next.pop().filter(|it| seen.insert(*it)) {
            if changing.get(step).copied().unwrap_or(false) {
                let symbol = key.value.symbol();
                let says = format!(
                    "{symbol} changes something, and may have been pressed before the menu was heard"
                );
                let help = "add `type_ahead: no` to the menu".to_owned();
                found.push(Diagnostic::warning("HL0710", key.span, says).help(help));
                break;
            }
            // Only what is gone to without a question: a `goto` at the end of a step that asks nothing.
            next.extend(onward(study, step));
        }
    }
}

/// Whether the step changes something before it asks anything.
fn changes(study: &Study<'_>, step: usize) -> bool {
    let Some((_, step)) = study.flow.steps.get_index(step) else { return false };
    let before = step.actions.iter().take_while(|it| !asks(&it.kind));
    before
        .filter_map(|it| it.kind.asks())
        .any(|it| study.flow.lookups.get(&it.lookup.value).is_some_and(|lookup| lookup.changes))
}

/// Whether a caller has to do something there.
const fn asks(kind: &ActionKind) -> bool {
    kind.patience().is_some() || matches!(kind, ActionKind::Record(_) | ActionKind::Survey(_))
}

/// The step that one without a question goes on with.
fn onward(study: &Study<'_>, step: usize) -> Option<usize> {
    let (_, step) = study.flow.steps.get_index(step)?;
    if step.actions.iter().any(|it| asks(&it.kind)) {
        return None;
    }
    match &step.actions.last()?.kind {
        ActionKind::Goto(it) => study.flow.steps.get_index_of(&it.to.value),
        ActionKind::Play(_)
        | ActionKind::Menu(_)
        | ActionKind::Ask(_)
        | ActionKind::Verify(_)
        | ActionKind::Say(_)
        | ActionKind::Set(_)
        | ActionKind::If(_)
        | ActionKind::Lookup(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Queue(_)
        | ActionKind::Transfer(_)
        | ActionKind::Record(_)
        | ActionKind::Survey(_)
        | ActionKind::Conference(_)
        | ActionKind::Case(_)
        | ActionKind::Callback(_)
        | ActionKind::Notify(_)
        | ActionKind::Run(_)
        | ActionKind::Return(_)
        | ActionKind::Hangup(_) => None,
    }
}

//! HL0403 no-person: from a menu no path leads to a person, nor to a promise that one calls back.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each menu from which none can be reached; at the flow's name where the whole flow has none.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let steps = study.flow.steps.values();
    // Behind a `return` whoever runs this flow has to see to it.
    let people: Vec<bool> = steps
        .map(|step| {
            let mut kinds = step.actions.iter().map(|it| &it.kind);
            kinds.any(|it| it.has_person() || matches!(it, ActionKind::Return(_)))
        })
        .collect();
    if !people.contains(&true) {
        let says = "no call of this flow ever reaches a person";
        let help = "add a step with `queue` or `transfer`, and let key 0 lead there".to_owned();
        found.push(Diagnostic::warning("HL0403", study.flow.name.span, says).help(help));
        return;
    }
    // Where somebody calls back, a person is reached, only later: such menus stand where none is there.
    let calls_back = |it: &ActionKind| matches!(it, ActionKind::Callback(_));
    let steps = people.into_iter().zip(study.flow.steps.values());
    let people: Vec<bool> = steps
        .map(|(person, step)| person || step.actions.iter().any(|it| calls_back(&it.kind)))
        .collect();
    let leads = study.graph.leads_to(&people);
    for (step, _, action) in study.actions() {
        let ActionKind::Menu(menu) = &action.kind else { continue };
        if study.graph.is_reached(step) && !leads.get(step).copied().unwrap_or(true) {
            let says = "from this menu no path leads to a person";
            let help = "let a key, commonly 0, or `otherwise` lead to a queue".to_owned();
            found.push(Diagnostic::warning("HL0403", menu.prompt.span, says).help(help));
        }
    }
}

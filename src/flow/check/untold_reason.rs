//! HL0470 untold-reason: a `goto` gives a reason that nobody can be told.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at a `because` behind which every person has a reason of their own, which wins. Whoever runs a sub-flow, and a
/// flow that is run, may tell it.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let steps = || study.flow.steps.values();
    let own = |kind: &ActionKind| match kind {
        ActionKind::Queue(it) => Some(it.because.is_some()),
        ActionKind::Transfer(it) => Some(it.because.is_some()),
        ActionKind::Conference(it) => Some(it.because.is_some()),
        ActionKind::Run(_) | ActionKind::Return(_) => Some(false),
        ActionKind::Play(_)
        | ActionKind::Menu(_)
        | ActionKind::Ask(_)
        | ActionKind::Verify(_)
        | ActionKind::Say(_)
        | ActionKind::Set(_)
        | ActionKind::If(_)
        | ActionKind::Goto(_)
        | ActionKind::Lookup(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Case(_)
        | ActionKind::Callback(_)
        | ActionKind::Notify(_)
        | ActionKind::Record(_)
        | ActionKind::Survey(_)
        | ActionKind::Hangup(_) => None,
    };
    let with = |wanted: bool| -> Vec<bool> {
        let has = |it: &ActionKind| own(it) == Some(wanted);
        steps().map(|step| step.actions.iter().any(|it| has(&it.kind))).collect()
    };
    let to_deaf = study.graph.leads_to(&with(true));
    let to_told = study.graph.leads_to(&with(false));
    for (_, _, action) in study.actions() {
        let ActionKind::Goto(goto) = &action.kind else { continue };
        let Some(because) = &goto.because else { continue };
        let Some(to) = study.flow.steps.get_index_of(&goto.to.value) else { continue };
        let leads = |steps: &[bool]| steps.get(to).copied().unwrap_or(false);
        if leads(&to_deaf) && !leads(&to_told) {
            let says = format!("nobody is told `{}`", because.value);
            let help = "every `queue`, `transfer` and `conference` from here has a `because` of its own, which wins: leave \
                        that one out, and give each `goto` that leads there a reason";
            let it = Diagnostic::warning("HL0470", because.span, says);
            found.push(it.help(help.to_owned()));
        }
    }
}

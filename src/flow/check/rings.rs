//! HL0402 endless-loop: steps that go round for ever although the caller does nothing, and HL0406 endless-silence: the
//! same, with pauses in which the caller is asked or waits.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::Expr;
use crate::flow::model::{Action, ActionKind, Name};

/// Points at one way back into the loop.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut told = HashSet::new();
    for ring in study.graph.rings(|edge| edge.alone && !edge.waits) {
        if !counts(study, &ring) {
            let says = "the call goes round here for ever, whatever the caller does";
            let help = "let it pass a `menu` or `ask`, or count the rounds: \
                        `set: { rounds: rounds + 1 }` and `if: rounds > 3`";
            report(study, &ring, "HL0402", says, help, found);
        }
        told.extend(ring);
    }
    for ring in study.graph.rings(|edge| edge.alone) {
        if ring.iter().any(|step| told.contains(step)) || counts(study, &ring) {
            continue;
        }
        let says = "a caller who does nothing goes round here for ever";
        let help = "let `otherwise` lead to a person or a goodbye after the tries";
        report(study, &ring, "HL0406", says, help, found);
    }
}

fn report(
    study: &Study<'_>,
    ring: &[usize],
    code: &'static str,
    says: &str,
    help: &str,
    found: &mut Vec<Diagnostic>,
) {
    let members: HashSet<usize> = ring.iter().copied().collect();
    let inside = || {
        let edges = members.iter().flat_map(|step| study.graph.leaving(*step));
        edges.filter(|it| it.alone && it.to.is_some_and(|to| members.contains(&to)))
    };
    // The last way in the order of the file is where the loop closes.
    let Some(back) = inside().max_by_key(|edge| (edge.from, edge.action)) else { return };
    let mut names: Vec<_> = ring.to_vec();
    names.sort_unstable();
    let names: Vec<_> = names
        .iter()
        .filter_map(|step| study.flow.steps.get_index(*step))
        .map(|(name, _)| &**name)
        .collect();
    let shown = names.get(..5).map_or_else(|| names.join(", "), |it| it.join(", ") + ", …");
    let wrong = if code == "HL0402" { Diagnostic::error } else { Diagnostic::warning };
    found.push(
        wrong(code, back.target.span, format!("{says} (steps: {shown})")).help(help.to_owned()),
    );
}

/// Whether the ring counts its rounds: a variable gets a value made of itself, and a condition on it leads out.
fn counts(study: &Study<'_>, ring: &[usize]) -> bool {
    let members: HashSet<usize> = ring.iter().copied().collect();
    let steps = || ring.iter().filter_map(|at| Some((*at, study.flow.steps.get_index(*at)?.1)));
    let mut counters: HashSet<&Name> = HashSet::new();
    for action in steps().flat_map(|(_, step)| &step.actions) {
        let ActionKind::Set(sets) = &action.kind else { continue };
        let own = sets.iter().filter(|it| mentions(&it.value, |name| *name == it.name.value));
        counters.extend(own.map(|it| &it.name.value));
    }
    !counters.is_empty()
        && steps().any(|(at, step)| {
            step.actions.iter().enumerate().any(|(index, action)| {
                let asks = conditions(action)
                    .any(|condition| mentions(condition, |name| counters.contains(name)));
                let mut ways = study.graph.leaving(at).iter().filter(|it| it.action == index);
                let leads_out = matches!(action.kind, ActionKind::Hangup(_))
                    || ways.any(|it| it.to.is_none_or(|to| !members.contains(&to)))
                    || (matches!(action.kind, ActionKind::Goto(_) | ActionKind::If(_))
                        && leaves_otherwise(study, at, index, &members));
                asks && leads_out
            })
        })
}

/// Whether what follows a condition that is not so leads out of the ring: `goto: again` `when: rounds < 3`, then `hangup`.
fn leaves_otherwise(study: &Study<'_>, step: usize, index: usize, ring: &HashSet<usize>) -> bool {
    let Some((_, it)) = study.flow.steps.get_index(step) else { return false };
    let ends = it.actions.iter().skip(index + 1).any(|it| matches!(it.kind, ActionKind::Hangup(_)));
    let mut ways = study.graph.leaving(step).iter().filter(|it| it.action > index);
    ends || ways.any(|it| it.to.is_none_or(|to| !ring.contains(&to)))
}

fn conditions(action: &Action) -> impl Iterator<Item = &Expr> {
    let fork = if let ActionKind::If(fork) = &action.kind { Some(&fork.condition) } else { None };
    action.when.iter().chain(fork)
}

fn mentions(expr: &Expr, wanted: impl Fn(&Name) -> bool) -> bool {
    let mut any = false;
    expr.names(&mut |name, _, _| any |= wanted(name));
    any
}

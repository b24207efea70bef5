//! HL0402 endless-loop: steps that go round for ever although the caller does nothing, HL0406 endless-silence: the same,
//! with pauses in which the caller is asked or waits, and HL0441 idle-counter: the same, with a count that never ends it.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::Expr;
use crate::flow::model::ActionKind;
use crate::flow::proof::{Point, Points, Ring, Rounds, rounds};

/// Points at one way back into the loop.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let points = Points::new(study.flow, study.world.prompts);
    let mut told = HashSet::new();
    for ring in points.rings(|_, it| it.alone && !it.waits) {
        if matches!(rounds(&points, &ring, |_, it| it.alone && !it.waits), Rounds::Bounded(_)) {
            continue;
        }
        if counts(&points, &ring) {
            found.extend(idle(study, &points, &ring));
        } else {
            let says = "the call goes round here for ever, whatever the caller does";
            let help = "let it pass a `menu` or `ask`, or count the rounds: \
                        `set: { rounds: rounds + 1 }` and `if: rounds > 3`";
            found.extend(
                report(study, &points, &ring, says).map(|(span, says)| {
                    Diagnostic::error("HL0402", span, says).help(help.to_owned())
                }),
            );
        }
        told.extend(ring.points);
    }
    for ring in points.rings(|_, it| it.alone) {
        if ring.points.iter().any(|it| told.contains(it))
            || matches!(rounds(&points, &ring, |_, it| it.alone), Rounds::Bounded(_))
        {
            continue;
        }
        if counts(&points, &ring) {
            found.extend(idle(study, &points, &ring));
            continue;
        }
        let says = "a caller who does nothing goes round here for ever";
        let help = "let `otherwise` lead to a person or a goodbye after the tries";
        found.extend(
            report(study, &points, &ring, says).map(|(span, says)| {
                Diagnostic::warning("HL0406", span, says).help(help.to_owned())
            }),
        );
    }
}

fn idle(study: &Study<'_>, points: &Points<'_>, ring: &Ring) -> Option<Diagnostic> {
    let (span, says) = report(
        study,
        points,
        ring,
        "the rounds are counted here, and nothing shows that the count ends them",
    )?;
    let help = "let the count only grow in the loop, and a condition on it lead out: \
                `if: rounds >= 3`";
    Some(Diagnostic::warning("HL0441", span, says).help(help.to_owned()))
}

/// The place where the loop closes, and its steps.
fn report(
    study: &Study<'_>,
    points: &Points<'_>,
    ring: &Ring,
    says: &str,
) -> Option<(crate::diagnostic::Span, String)> {
    // The last way in the order of the file is where the loop closes.
    let ways = ring.inside(points).filter(|(_, it)| it.alone).filter_map(|(_, it)| it.target);
    let back = ways.last()?.span;
    let mut steps: Vec<usize> =
        ring.points.iter().filter_map(|at| Some(points.all.get(*at)?.step)).collect();
    steps.dedup();
    let names: Vec<_> =
        steps.iter().filter_map(|it| Some(&**study.flow.steps.get_index(*it)?.0)).collect();
    let shown = names.get(..5).map_or_else(|| names.join(", "), |it| it.join(", ") + ", …");
    Some((back, format!("{says} (steps: {shown})")))
}

/// Whether a variable of the ring gets a value made of itself, and a condition there asks for it.
fn counts(points: &Points<'_>, ring: &Ring) -> bool {
    let mut asked = HashSet::new();
    for (guard, _) in ring.points.iter().filter_map(|at| points.all.get(*at)).flat_map(guards) {
        guard.names(&mut |name, _, _| {
            asked.insert(name);
        });
    }
    let actions = ring.points.iter().filter_map(|at| points.all.get(*at));
    let sets = actions.filter_map(|it| {
        if let ActionKind::Set(sets) = &it.action.kind { Some(sets) } else { None }
    });
    sets.flatten().any(|it| {
        let mut own = false;
        it.value.names(&mut |name, _, _| own |= *name == it.name.value);
        own && asked.contains(&it.name.value)
    })
}

fn guards<'p, 'a>(point: &'p Point<'a>) -> impl Iterator<Item = &'p (&'a Expr, bool)> {
    point.moves.iter().flat_map(|it| &it.guards)
}

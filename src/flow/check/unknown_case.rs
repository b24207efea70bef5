//! HL0220 unknown-case: a `case` action opens a kind of case that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such kind and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let cases = &study.world.cases;
    for (_, _, action) in study.actions() {
        if let ActionKind::Case(it) = &action.kind
            && !cases.contains(&it.kind.value)
        {
            let says = format!("no kind of case is called `{}`", it.kind.value);
            let near = study.suggest(&it.kind.value, cases.iter().map(|it| &**it));
            let help = near.unwrap_or_else(|| {
                format!("add `{}: {{ promise: 24h }}` under `cases` in hotline.yaml", it.kind.value)
            });
            found.push(Diagnostic::error("HL0220", it.kind.span, says).help(help));
        }
    }
}

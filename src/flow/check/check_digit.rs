//! HL0316 no-check: a check digit is wanted of what has none, or of fewer keys than a checked number has.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::called;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at `check`, or at the `length` that is too short for it.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        let Some(check) = ask.tests.check else { continue };
        let kind = &ask.kind.value;
        if !matches!(kind, Type::Digits | Type::Secret) {
            let says = format!("{} has no check digit", called(kind));
            let help = "ask for it as `digits`, or as `secret`".to_owned();
            found.push(Diagnostic::error("HL0316", check.span, says).help(help));
            continue;
        }
        let (most, name) = (ask.digits().1, check.value.name());
        if most < check.value.least() {
            let span = ask.length.map_or(check.span, |it| it.span);
            let least = check.value.least();
            let says = format!("at most {most} digits are taken, and {name} needs {least}");
            let help = "the check digit counts, too".to_owned();
            found.push(Diagnostic::error("HL0316", span, says).help(help));
        }
    }
}

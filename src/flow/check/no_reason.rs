//! HL0457 no-reason: whoever answers a transfer is not told why the caller comes.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `transfer`, in a flow in which no `goto` gives a reason either. Whoever runs a sub-flow may give one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let kinds = || study.actions().map(|(_, _, action)| &action.kind);
    let runs_under_others = kinds().any(|it| matches!(it, ActionKind::Return(_)));
    if runs_under_others
        || kinds().any(|it| matches!(it, ActionKind::Goto(goto) if goto.because.is_some()))
    {
        return;
    }
    for (_, _, action) in study.actions() {
        if let ActionKind::Transfer(transfer) = &action.kind
            && transfer.because.is_none()
        {
            let says = "whoever answers is not told why the caller comes, and asks again";
            let help = "add `because: a_word`, here or at the `goto`s that lead here".to_owned();
            found.push(Diagnostic::hint("HL0457", action.span, says).help(help));
        }
    }
}

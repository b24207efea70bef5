//! HL0436 no-number: a call back does not say what follows when the number is withheld or cannot be called.
//!
//! Any number may be: a caller's own is what the other side says, and what a caller keys may be `12`.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::ExprKind;
use crate::flow::model::ActionKind;

/// Points at the number.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Callback(it) = &action.kind
            && it.no_number.is_none()
        {
            let may_be_missing = matches!(&it.number.kind, ExprKind::Name(name) if study.look_up(name).is_some_and(|(_, optional)| optional));
            let says = if may_be_missing {
                "this number may be withheld, and this does not say what follows then"
            } else {
                "this may be no number that can be called, and this does not say what follows then"
            };
            let help = "add `no_number: ask-number`, a step that asks for one".to_owned();
            found.push(Diagnostic::error("HL0436", it.number.span, says).help(help));
        }
    }
}

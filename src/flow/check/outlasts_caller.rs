//! HL0451 outlasts-the-caller: a time-out is longer than callers stay.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::model::ActionKind;

/// Silence after a question: twice it, and most have hung up.
const SILENCE: Duration = Duration::from_secs(30);
/// After the last digit.
const BETWEEN_DIGITS: Duration = Duration::from_secs(10);
/// For an answer of a database, even with a prompt meanwhile.
const ANSWER: Duration = Duration::from_secs(20);
/// A telephone that rings.
const RINGING: Duration = Duration::from_secs(120);
/// Waiting for an agent.
const WAITING: Duration = Duration::from_secs(3600);

/// Points at the length of time; at the flow's or lookup's name where that is a default.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let defaults = &study.flow.defaults;
    let mut judge = |wait: Duration, most: Duration, span: Span| {
        if wait > most {
            let says = format!("{} s are longer than callers stay", wait.as_secs());
            let help = format!("write {} s or less", most.as_secs());
            found.push(Diagnostic::warning("HL0451", span, says).help(help));
        }
    };
    judge(defaults.no_input_after, SILENCE, study.flow.name.span);
    judge(defaults.between_digits, BETWEEN_DIGITS, study.flow.name.span);
    for lookup in study.flow.lookups.values() {
        judge(lookup.within, ANSWER, lookup.name.span);
    }
    for (_, _, action) in study.actions() {
        if let Some(it) = action.kind.patience().and_then(|it| it.no_input_after) {
            judge(it.value, SILENCE, it.span);
        }
        let written = if let ActionKind::Ask(ask) = &action.kind {
            ask.between_digits.map(|it| (it, BETWEEN_DIGITS))
        } else if let ActionKind::Queue(queue) = &action.kind {
            queue.max_wait.map(|it| (it, WAITING))
        } else if let ActionKind::Transfer(transfer) = &action.kind {
            transfer.ring_for.map(|it| (it, RINGING))
        } else {
            None
        };
        if let Some((it, most)) = written {
            judge(it.value, most, it.span);
        }
    }
}

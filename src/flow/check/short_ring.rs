//! HL0452 short-ring: a telephone rings, or a queue is waited in, for less time than anybody needs to answer.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::model::ActionKind;

/// Two rings: 1 s on and 4 s off.
const RINGING: Duration = Duration::from_secs(10);

/// Points at `ring_for` or `max_wait`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut judge = |wait: Duration, span: Span| {
        if wait < RINGING {
            let says = format!("within {} s nobody can answer", wait.as_secs_f32());
            let help = "give a phone 20 s to ring, and a queue a few minutes".to_owned();
            found.push(Diagnostic::warning("HL0452", span, says).help(help));
        }
    };
    for (_, _, action) in study.actions() {
        if let ActionKind::Transfer(transfer) = &action.kind
            && let Some(it) = transfer.ring_for
        {
            judge(it.value, it.span);
        }
        if let ActionKind::Queue(queue) = &action.kind
            && let Some(it) = queue.max_wait
        {
            judge(it.value, it.span);
        }
    }
}

//! HL0206 unknown-queue: a `queue` action names a queue that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let queues = &study.world.queues;
    for (_, _, action) in study.actions() {
        if let ActionKind::Queue(it) = &action.kind
            && !queues.contains_key(&it.queue.value)
        {
            let says = format!("no queue is called `{}`", it.queue.value);
            let near = study.suggest(&it.queue.value, queues.keys().map(|it| &**it));
            let help = near.unwrap_or_else(|| "add it under `queues` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0206", it.queue.span, says).help(help));
        }
    }
}

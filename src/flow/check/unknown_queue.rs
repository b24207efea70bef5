//! HL0206 unknown-queue: a `queue` or `callback` action names a queue that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let queues = &study.world.queues;
    for (_, _, action) in study.actions() {
        if let Some(queue) = action.kind.queue()
            && !queues.contains_key(&queue.value)
        {
            let says = format!("no queue is called `{}`", queue.value);
            let near = study.suggest(&queue.value, queues.keys().map(|it| &**it));
            let help = near.unwrap_or_else(|| "add it under `queues` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0206", queue.span, says).help(help));
        }
    }
}

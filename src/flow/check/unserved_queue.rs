//! HL0410 unserved-queue: no agent of hotline.yaml serves the queue that a caller waits in, or is called back by.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the queue's name.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let Some(queue) = action.kind.queue()
            && study.world.queues.get(&queue.value) == Some(&false)
        {
            let says = format!("no agent serves the queue `{}`", queue.value);
            let help = "give an agent of hotline.yaml this queue".to_owned();
            found.push(Diagnostic::warning("HL0410", queue.span, says).help(help));
        }
    }
}

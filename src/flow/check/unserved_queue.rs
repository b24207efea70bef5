//! HL0410 unserved-queue: no agent of hotline.yaml serves the queue.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the queue's name.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Queue(queue) = &action.kind
            && study.world.queues.get(&queue.queue.value) == Some(&false)
        {
            let says = format!("no agent serves the queue `{}`", queue.queue.value);
            let help = "give an agent of hotline.yaml this queue".to_owned();
            found.push(Diagnostic::warning("HL0410", queue.queue.span, says).help(help));
        }
    }
}

//! HL0458 announced-without-pause: a queue's announcements are longer than the time between them; HL0459 shorter-wait: its
//! own longest wait ends before the flow's.

use std::collections::HashSet;
use std::time::Duration;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the queue's name, once a queue, and at `max_wait`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for (_, _, action) in study.actions() {
        let ActionKind::Queue(queue) = &action.kind else { continue };
        let name = &queue.queue.value;
        let Some(facts) = study.world.facts.queues.get(name) else { continue };
        let longest = study.flow.languages.iter().map(|it| announcement(study, &it.value)).max();
        if let Some(longest) = longest.filter(|it| *it >= facts.announce_every)
            && seen.insert(name)
        {
            let says = format!(
                "`{name}` tells callers their position every {} s, which takes {} s to say",
                facts.announce_every.as_secs(),
                longest.as_secs(),
            );
            let help = "write `announce_every: 30s` in hotline.yaml, or shorter words".to_owned();
            found.push(Diagnostic::warning("HL0458", queue.queue.span, says).help(help));
        }
        if let Some(wait) = queue.max_wait.filter(|it| it.value > facts.max_wait) {
            let (flow, own) = (wait.value.as_secs(), facts.max_wait.as_secs());
            let says = format!("`{name}` lets nobody wait {flow} s: hotline.yaml says {own} s");
            let help = "write the shorter one here, or a longer one there".to_owned();
            found.push(Diagnostic::hint("HL0459", wait.span, says).help(help));
        }
    }
}

/// What a waiting caller is told at once: the position and the estimate.
fn announcement(study: &Study<'_>, lang: &str) -> Duration {
    let prompts = ["queue-position", "queue-wait"];
    prompts.iter().filter_map(|it| study.world.prompts.prompt(lang, it)).map(|it| it.length).sum()
}

//! HL0202 unknown-prompt: a prompt is named that no language of the flow has.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut known = None;
    for spoken in study.spoken.iter().filter(|it| it.named) {
        if study.prompt(spoken.name).iter().any(|(_, facts)| facts.is_some()) {
            continue;
        }
        let known = known.get_or_insert_with(|| study.world.prompts.names());
        let says = format!("no prompt is called `{}`", spoken.name);
        let near = study.suggest(spoken.name, known.iter().copied());
        let help = near.or_else(|| {
            let files = study.flow.languages.iter();
            let files: Vec<_> =
                files.map(|lang| format!("prompts/{}/catalog.yaml", lang.value)).collect();
            (!files.is_empty()).then(|| format!("add it to {}", files.join(" and ")))
        });
        found.push(Diagnostic::error("HL0202", spoken.span, says).help(help));
    }
}

//! HL0503 uneven-placeholders: one language of a prompt says a value that another leaves out.

use std::collections::BTreeSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the first place that speaks the prompt.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for prompt in study.prompts() {
        let spoken = &prompt.first;
        let mut languages = prompt.texts.iter().filter_map(|(lang, facts)| {
            let facts = facts.as_ref()?;
            let paths: BTreeSet<&str> = facts.slots.iter().map(|it| &*it.path.value).collect();
            Some((lang, facts, paths))
        });
        let Some((lang, facts, first)) = languages.next() else { continue };
        for (other, other_facts, paths) in languages {
            let left: Vec<_> = first.symmetric_difference(&paths).copied().collect();
            if let Some(path) = left.first() {
                let (with, without, span) = if first.contains(path) {
                    (lang, other, other_facts.span)
                } else {
                    (other, lang, facts.span)
                };
                let says =
                    format!("`{}` says {{{path}}} in {with} and not in {without}", spoken.name);
                let help = format!("add {{{path}}} to its words in {without}");
                found.push(
                    Diagnostic::warning("HL0503", spoken.span, says)
                        .note(span, format!("in {without}"))
                        .help(help),
                );
            }
        }
    }
}

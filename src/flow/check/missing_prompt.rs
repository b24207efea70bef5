//! HL0501 prompt-not-in-language: a prompt exists, but not in every language that the flow speaks.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the first place that speaks it, once a prompt. `no-input` and `no-match` must exist where they are spoken
/// without being named.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for prompt in study.prompts() {
        let (spoken, languages) = (&prompt.first, &prompt.texts);
        let anywhere = languages.iter().any(|(_, facts)| facts.is_some());
        if !anywhere && spoken.named {
            continue; // HL0202 reports a prompt that no language has
        }
        let missing: Vec<&str> =
            languages.iter().filter(|it| it.1.is_none()).map(|it| &**it.0).collect();
        if missing.is_empty() {
            continue;
        }
        let says = format!("`{}` has no words in {}", spoken.name, missing.join(", "));
        let help = missing.first().map(|lang| {
            format!("add it to prompts/{lang}/catalog.yaml, or remove {lang} from `languages`")
        });
        let mut wrong = Diagnostic::error("HL0501", spoken.span, says).help(help);
        let other = languages.iter().find_map(|(lang, facts)| Some((lang, facts.as_ref()?.span)));
        if let Some((lang, span)) = other {
            wrong = wrong.note(span, format!("its words in {lang}"));
        }
        found.push(wrong);
    }
}

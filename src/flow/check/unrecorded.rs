//! HL0508 text-spoken: a text is to be spoken whose words nobody can know before the call, and HL0509 word-not-recorded:
//! a word of a choice is to be spoken that a language has no recording of.

use std::collections::HashSet;

use super::study::{Role, Study};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::Type;

/// Points at the value said, or at its place in the prompt.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for it in &study.worked_out {
        if let (Role::Say(wanted), Some(kind)) = (it.role, &it.kind) {
            let kind = wanted.map_or(kind, |it| &it.value);
            for lang in &study.flow.languages {
                judge(study, kind, it.expr.span, &lang.value, None, &mut seen, found);
            }
        }
    }
    for (spoken, lang, facts) in study.texts() {
        for slot in &facts.slots {
            let own = study.look_up(&slot.path.value).map(|(kind, _)| kind);
            let Some(kind) = slot.kind.as_ref().map(|it| it.value.clone()).or(own) else {
                continue;
            };
            judge(study, &kind, slot.path.span, lang, Some(spoken.span), &mut seen, found);
        }
    }
}

fn judge(
    study: &Study<'_>,
    kind: &Type,
    span: Span,
    lang: &str,
    spoken: Option<Span>,
    seen: &mut HashSet<Span>,
    found: &mut Vec<Diagnostic>,
) {
    let wrong = match kind {
        Type::Text => {
            let says = "a text is spoken only where its words are recorded, and silent elsewhere";
            let help =
                format!("record the words it may be under `words` in prompts/{lang}/catalog.yaml");
            Diagnostic::hint("HL0508", span, says).help(help)
        }
        Type::Choice(words) => {
            let known = |word: &str| study.world.prompts.is_recorded(lang, word);
            let missing: Vec<&str> =
                words.iter().map(|it| &**it).filter(|word| !known(word)).collect();
            if missing.is_empty() {
                return;
            }
            let says = format!("{lang} has no recorded words for {}", missing.join(", "));
            let help = format!("add them under `words` in prompts/{lang}/catalog.yaml");
            Diagnostic::warning("HL0509", span, says).help(help)
        }
        Type::Digits
        | Type::Number
        | Type::Money
        | Type::Percent
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Duration
        | Type::YesNo
        | Type::Phone
        | Type::Secret
        | Type::Recording => return,
    };
    if seen.insert(span) {
        found.push(match spoken {
            Some(spoken) => wrong.note(spoken, "spoken here"),
            None => wrong,
        });
    }
}

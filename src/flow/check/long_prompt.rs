//! HL0506 long-prompt: callers hear so much that they forget the beginning, or wait too long for the first key.

use std::time::Duration;

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// The longest prompt that callers follow, from the field.
const LONGEST: Duration = Duration::from_secs(25);
/// The longest a menu may speak before it names a key.
const BEFORE_FIRST_KEY: Duration = Duration::from_secs(12);

/// Points at the first place that speaks it, with the words.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (spoken, lang, facts) in study.texts() {
        let says = if facts.length > LONGEST {
            format!("`{}` takes about {} s in {lang}", spoken.name, facts.length.as_secs())
        } else if let Some(before) = before_first_key(facts.text, facts.length)
            && matches!(spoken.action.kind, ActionKind::Menu(_))
            && before > BEFORE_FIRST_KEY
        {
            let seconds = before.as_secs();
            format!("`{}` speaks about {seconds} s in {lang} before it names a key", spoken.name)
        } else {
            continue;
        };
        let help = "say less, put the common choice first, or split the menu".to_owned();
        found.push(
            Diagnostic::warning("HL0506", spoken.span, says)
                .note(facts.span, "the words")
                .help(help),
        );
    }
}

/// How long the words before the first key take: their share of the text.
fn before_first_key(text: &str, length: Duration) -> Option<Duration> {
    let (_, at) = *keys_named(text).first()?;
    let before = u32::try_from(text.get(..at)?.chars().count()).ok()?;
    let all = u32::try_from(text.chars().count()).ok()?;
    length.checked_mul(before)?.checked_div(all)
}

//! HL0521 key-twice: the words of a menu name one key for two things.

use std::collections::HashSet;

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the menu's prompt. A prompt in two languages names a key in each.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Menu(menu) = &action.kind else { continue };
        for (lang, facts) in study.prompt(&menu.prompt.value) {
            let Some(facts) = facts else { continue };
            let mut seen = HashSet::new();
            let chinese = |at: usize| facts.text.get(at..).is_some_and(|it| it.starts_with('按'));
            let named = keys_named(facts.text);
            let twice = named.iter().find(|(key, at)| !seen.insert((*key, chinese(*at))));
            if let Some((key, _)) = twice {
                let says = format!("the words in {lang} name key {} twice", key.symbol());
                let help = "give each choice a key of its own".to_owned();
                found.push(
                    Diagnostic::hint("HL0521", menu.prompt.span, says)
                        .note(facts.span, "the words")
                        .help(help),
                );
                break;
            }
        }
    }
}

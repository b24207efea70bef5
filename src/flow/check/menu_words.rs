//! HL0504 spoken-key-missing: a menu's words name a key that its map lacks, and HL0505 key-not-spoken: the reverse.

use std::collections::HashSet;

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Menu};
use crate::secret::Key;

/// Points at the menu's prompt, or at the key in its map; once a menu, whatever the languages.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Menu(menu) = &action.kind {
            compare(study, menu, found);
        }
    }
}

fn compare(study: &Study<'_>, menu: &Menu, found: &mut Vec<Diagnostic>) {
    let (mut missing, mut unspoken) = (HashSet::new(), HashSet::<Key>::new());
    for (lang, facts) in study.prompt(&menu.prompt.value) {
        let Some(facts) = facts else { continue };
        let named = keys_named(facts.text);
        for (key, _) in &named {
            let known = menu.branches.iter().any(|(it, _)| it.value == *key);
            if !known && missing.insert(*key) {
                let symbol = key.symbol();
                let says = format!("the words in {lang} name key {symbol}, and `keys` does not");
                let help = format!("add `{symbol}: a-step` to `keys`, or change the words");
                found.push(
                    Diagnostic::warning("HL0504", menu.prompt.span, says)
                        .note(facts.span, "the words")
                        .help(help),
                );
            }
        }
        for (key, _) in &menu.branches {
            if !named.iter().any(|(it, _)| *it == key.value) && unspoken.insert(key.value) {
                let symbol = key.value.symbol();
                let says = format!("the words in {lang} do not name key {symbol}");
                let help = "say what it is for, or callers will never press it".to_owned();
                found.push(
                    Diagnostic::warning("HL0505", key.span, says)
                        .note(facts.span, "the words")
                        .help(help),
                );
            }
        }
    }
}

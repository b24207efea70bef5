//! HL0504 spoken-key-missing: a question's words name a key that means nothing there, and HL0505 key-not-spoken: the reverse.

use std::collections::HashSet;

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::flow::model::{ActionKind, Ask, Name};
use crate::secret::Key;
use crate::value::Type;

/// Points at the prompt, or at the key in a menu's map, or at the type that gives an `ask` its keys; once a question,
/// whatever the languages.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        match &action.kind {
            ActionKind::Menu(menu) => {
                let keys: Vec<_> = menu.branches.iter().map(|(key, _)| *key).collect();
                let add = |symbol| format!("add `{symbol}: a-step` to `keys`, or change the words");
                compare(study, &menu.prompt, &keys, None, &add, found);
            }
            ActionKind::Ask(ask) => {
                let keys = keys_of(ask);
                let add = |symbol| format!("{symbol} is no answer to this: change the words");
                let ends = ask.ends_with.map(|it| it.value);
                if !keys.is_empty() {
                    compare(study, &ask.prompt, &keys, ends, &add, found);
                }
            }
            ActionKind::Play(_)
            | ActionKind::Verify(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_)
            | ActionKind::Conference(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
        }
    }
}

/// What answers a question of yes or no, or for one of at most nine words: callers must be told.
fn keys_of(ask: &Ask) -> Vec<Spanned<Key>> {
    let count = match &ask.kind.value {
        Type::YesNo => 2,
        Type::Choice(words) if words.len() <= 9 => words.len(),
        Type::Choice(_)
        | Type::Text
        | Type::Digits
        | Type::Number
        | Type::Money
        | Type::Percent
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Duration
        | Type::Phone
        | Type::Secret
        | Type::Recording => 0,
    };
    let symbols = ('1'..='9').take(count);
    symbols.filter_map(Key::from_symbol).map(|key| Spanned::new(key, ask.kind.span)).collect()
}

fn compare(
    study: &Study<'_>,
    prompt: &Spanned<Name>,
    keys: &[Spanned<Key>],
    ends: Option<Key>,
    add: &dyn Fn(char) -> String,
    found: &mut Vec<Diagnostic>,
) {
    let (mut missing, mut unspoken) = (HashSet::new(), HashSet::<Key>::new());
    for (lang, facts) in study.prompt(&prompt.value) {
        let Some(facts) = facts else { continue };
        let named = keys_named(facts.text);
        for (key, _) in &named {
            let known = ends == Some(*key) || keys.iter().any(|it| it.value == *key);
            if !known && missing.insert(*key) {
                let symbol = key.symbol();
                let says =
                    format!("the words in {lang} name key {symbol}, which means nothing here");
                found.push(
                    Diagnostic::warning("HL0504", prompt.span, says)
                        .note(facts.span, "the words")
                        .help(add(symbol)),
                );
            }
        }
        for key in keys {
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

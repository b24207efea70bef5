//! HL0322 one-key: the two keys of a read-back are one. HL0511 not-read-back: its words do not say the value. HL0512
//! confirm-key-unspoken: they do not name one of its keys, and HL0513 confirm-key-missing: they name another.

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Ask, Confirm};
use crate::value::Type;

/// Points at `confirm`, or at the key; once an `ask`, whatever the languages. HL0601 looks at secrets that are spoken.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        let Some(confirm) = &ask.confirm else { continue };
        let (yes, no) = (confirm.yes, confirm.no);
        if yes.value == no.value {
            let says = format!("{} both takes the value and asks again", yes.value.symbol());
            let help = "write `confirm_keys: { yes: 1, no: 2 }`".to_owned();
            found.push(Diagnostic::error("HL0322", no.span, says).help(help));
            continue;
        }
        found.extend(silent(study, ask, confirm));
        found.extend(unnamed(study, confirm));
        found.extend(strange(study, confirm));
    }
}

/// The words in some language do not say what was keyed.
fn silent(study: &Study<'_>, ask: &Ask, confirm: &Confirm) -> Option<Diagnostic> {
    if ask.kind.value == Type::Secret {
        return None;
    }
    let name = &ask.into.value;
    study.prompt(&confirm.prompt.value).iter().find_map(|(lang, facts)| {
        let facts = facts.as_ref()?;
        let says_it = facts.slots.iter().any(|it| it.path.value == *name);
        let says = format!("the words in {lang} do not say `{name}`");
        let help = format!("say it: `You keyed {{{name}}}. If that is right, press …`");
        (!says_it).then(|| {
            Diagnostic::error("HL0511", confirm.prompt.span, says)
                .note(facts.span, "the words")
                .help(help)
        })
    })
}

fn unnamed(study: &Study<'_>, confirm: &Confirm) -> Option<Diagnostic> {
    study.prompt(&confirm.prompt.value).iter().find_map(|(lang, facts)| {
        let facts = facts.as_ref()?;
        let named = keys_named(facts.text);
        let is_named = |key| named.iter().any(|(it, _)| *it == key);
        let key = [confirm.yes, confirm.no].into_iter().find(|key| !is_named(key.value))?;
        let says = format!("the words in {lang} do not name key {}", key.value.symbol());
        let (yes, no) = (confirm.yes.value.symbol(), confirm.no.value.symbol());
        let help = format!("say that {yes} goes on and {no} asks again");
        Some(Diagnostic::warning("HL0512", key.span, says).note(facts.span, "the words").help(help))
    })
}

fn strange(study: &Study<'_>, confirm: &Confirm) -> Option<Diagnostic> {
    study.prompt(&confirm.prompt.value).iter().find_map(|(lang, facts)| {
        let facts = facts.as_ref()?;
        let ours = [confirm.yes.value, confirm.no.value];
        let (key, _) = keys_named(facts.text).into_iter().find(|(key, _)| !ours.contains(key))?;
        let symbol = key.symbol();
        let says = format!("the words in {lang} name key {symbol}, which means nothing here");
        let help = format!("add `confirm_keys: {{ yes: 1, no: {symbol} }}`, or change the words");
        Some(
            Diagnostic::warning("HL0513", confirm.prompt.span, says)
                .note(facts.span, "the words")
                .help(help),
        )
    })
}

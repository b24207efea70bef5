//! HL0522 end-key-not-spoken: callers are not told how to end what they key; HL0523 no-key-of-entry: they are told to
//! press a key that is part of the entry, or nothing; HL0524 other-length: they are told another number of digits.

use super::PromptFacts;
use super::study::Study;
use super::words::{digits_named, keys_named};
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::model::{ActionKind, Ask, Lang};
use crate::secret::Key;
use crate::value::Type;

/// The three of them.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        if matches!(ask.kind.value, Type::YesNo | Type::Choice(_)) {
            continue; // Its words are compared by HL0504 and HL0505.
        }
        for rule in [end_key, other_keys, other_length] {
            found.extend(first(study, ask, rule));
        }
    }
}

/// The first language in which `rule` finds something.
fn first(
    study: &Study<'_>,
    ask: &Ask,
    rule: fn(&Ask, &Lang, &PromptFacts<'_>) -> Option<Diagnostic>,
) -> Option<Diagnostic> {
    let mut texts = study.prompt(&ask.prompt.value).iter();
    texts.find_map(|(lang, facts)| {
        let facts = facts.as_ref()?;
        Some(rule(ask, lang, facts)?.note(facts.span, "the words"))
    })
}

/// Points at `ends_with`, where the entry does not end by its length anyway.
fn end_key(ask: &Ask, lang: &Lang, facts: &PromptFacts<'_>) -> Option<Diagnostic> {
    let key = ask.ends_with.filter(|_| !ask.is_fixed())?;
    let names: &[&str] = match key.value.symbol() {
        '#' => &["#", "＃", "井", "pound", "hash", "square"],
        '*' => &["*", "＊", "星", "米字", "star", "asterisk"],
        _ => return None,
    };
    let text = facts.text.to_ascii_lowercase();
    if names.iter().any(|it| text.contains(it)) {
        return None;
    }
    let symbol = key.value.symbol();
    let says = format!("the words in {lang} do not say that {symbol} ends it");
    let help = "say so, or every caller waits after the last digit".to_owned();
    Some(Diagnostic::hint("HL0522", key.span, says).help(help))
}

/// Points at the prompt.
fn other_keys(ask: &Ask, lang: &Lang, facts: &PromptFacts<'_>) -> Option<Diagnostic> {
    let star =
        matches!(ask.kind.value, Type::Number | Type::Money | Type::Percent | Type::Duration)
            || ask.tests.check.is_some_and(|it| it.value.takes_star());
    let (least, _) = ask.digits();
    let means_something = |key: Key| {
        ask.ends_with.is_some_and(|it| it.value == key)
            || match key.symbol() {
                '*' => star,
                // One figure may be the whole answer: 'press 1 to 5'.
                symbol => symbol.is_ascii_digit() && least < 2,
            }
    };
    let named = keys_named(facts.text);
    let symbol = named.iter().find(|(key, _)| !means_something(*key))?.0.symbol();
    let says = if symbol.is_ascii_digit() {
        format!("the words in {lang} name key {symbol}, which only begins the entry here")
    } else {
        format!("the words in {lang} name key {symbol}, which means nothing here")
    };
    let help = if symbol.is_ascii_digit() {
        "ask with a `menu` first, or change the words".to_owned()
    } else {
        format!("write `ends_with: \"{symbol}\"`, or change the words")
    };
    Some(Diagnostic::warning("HL0523", ask.prompt.span, says).help(help))
}

/// Points at `length`, or at what stands for it.
fn other_length(ask: &Ask, lang: &Lang, facts: &PromptFacts<'_>) -> Option<Diagnostic> {
    let (least, most) = ask.digits();
    let named = digits_named(facts.text);
    let said = named.first()?;
    if named.iter().any(|it| (u32::from(least)..=u32::from(most)).contains(it)) {
        return None;
    }
    let span: Span = ask.length.map_or_else(
        || ask.tests.matches.first().map_or(ask.kind.span, |it| it.span),
        |it| it.span,
    );
    let taken = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let says = format!("the words in {lang} ask for {said} digits, and {taken} are taken");
    let help = "change the words or the length, so that they are the same".to_owned();
    Some(Diagnostic::warning("HL0524", span, says).help(help))
}

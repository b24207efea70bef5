//! HL0517 spoken-key-means-nothing: the words of a review or survey name a key that does nothing there, HL0518
//! review-key-not-spoken: a review has a key that its words do not name, and HL0519 end-key-not-spoken: nobody tells the
//! caller which key ends a recording.

use std::collections::HashSet;

use super::study::Study;
use super::words::keys_named;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::flow::model::{ActionKind, Name, Record, Review, Survey};
use crate::secret::Key;

/// Points at the prompt that names the key, or at the key that is not named; once an action, whatever the languages.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Record(record) = &action.kind {
            ends_with(study, record, found);
            record.review.iter().for_each(|it| review(study, it, found));
        }
        if let ActionKind::Survey(it) = &action.kind {
            survey(study, it, found);
        }
    }
}

fn review(study: &Study<'_>, review: &Review, found: &mut Vec<Diagnostic>) {
    let means = |key: Key| review.keys().any(|(_, it)| it.value == key);
    meaningless(study, &review.prompt, means, found);
    for (deed, key) in review.keys() {
        let Some(lang) = silent_about(study, &review.prompt.value, key.value) else { continue };
        let symbol = key.value.symbol();
        let says = format!("the words in {lang} do not name key {symbol}, which is to `{deed}`");
        let help = format!("name it, or leave `{deed}` out of `keys`");
        found.push(Diagnostic::warning("HL0518", key.span, says).help(help));
    }
}

fn survey(study: &Study<'_>, survey: &Survey, found: &mut Vec<Diagnostic>) {
    for question in &survey.questions {
        let (low, high) = question.keys.value;
        let means = |key: Key| {
            let figure = key.symbol().to_digit(10);
            figure.is_some_and(|it| (u32::from(low)..=u32::from(high)).contains(&it))
        };
        meaningless(study, &question.prompt, means, found);
    }
}

fn ends_with(study: &Study<'_>, record: &Record, found: &mut Vec<Diagnostic>) {
    let Some(key) = record.ends_with else { return };
    if let Some(lang) = silent_about(study, &record.prompt.value, key.value) {
        let says = format!("the words in {lang} do not say that {} ends it", key.value.symbol());
        let help = "say so, or leave `ends_with` out: then any key ends it".to_owned();
        found.push(Diagnostic::hint("HL0519", key.span, says).help(help));
    }
}

fn meaningless(
    study: &Study<'_>,
    prompt: &Spanned<Name>,
    means: impl Fn(Key) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let mut told = HashSet::new();
    for (lang, facts) in study.prompt(&prompt.value) {
        let Some(facts) = facts else { continue };
        for (key, _) in keys_named(facts.text) {
            if means(key) || !told.insert(key) {
                continue;
            }
            let symbol = key.symbol();
            let says = format!("the words in {lang} name key {symbol}, which does nothing here");
            let help = "change the words, or give the key a meaning".to_owned();
            let wrong = Diagnostic::warning("HL0517", prompt.span, says);
            found.push(wrong.note(facts.span, "the words").help(help));
        }
    }
}

/// The first language whose words do not name `key`.
fn silent_about<'s>(study: &'s Study<'_>, prompt: &str, key: Key) -> Option<&'s str> {
    let texts = study.prompt(prompt).iter();
    let mut silent = texts.filter(|(_, facts)| {
        facts.as_ref().is_some_and(|it| !keys_named(it.text).iter().any(|(it, _)| *it == key))
    });
    silent.next().map(|(lang, _)| &***lang)
}

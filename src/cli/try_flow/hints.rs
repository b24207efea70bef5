//! What may be keyed now, in words: the keys with where they lead and what the caller is told about them.

use std::time::Duration;

use crate::call::{On, Waiting};
use crate::flow::keys_named;
use crate::flow::model::{
    ActionKind, Ask, Conference, Menu, Patience, Queue, Record, Survey, Target, Verify,
};
use crate::secret::Key;
use crate::value::{Type, Value};

/// The lines that say what ends the wait.
pub(super) fn hints(waiting: Option<&Waiting>) -> Vec<String> {
    let Some(waiting) = waiting else {
        return vec!["- the call is over: `back` takes up its last question again".to_owned()];
    };
    let kind = waiting.action().map(|it| &it.kind);
    let mut lines = vec!["- now".to_owned()];
    let mut add = |what: &str, means: String| {
        let line = format!("    {what:<9}{means}");
        lines.push(line.trim_end().to_owned());
    };
    match (waiting.on, kind) {
        (On::Prompt(keys), _) => {
            let means = match (keys.interrupt, keys.type_ahead) {
                (true, _) => "stops what is spoken and counts for what follows",
                (false, true) => "is kept for what follows",
                (false, false) => "means nothing: all of this is heard",
            };
            add("any key", means.to_owned());
        }
        (On::Question, Some(ActionKind::Menu(it))) => menu(waiting, it, &mut add),
        (On::Question, Some(ActionKind::Ask(it))) => ask(waiting, it, &mut add),
        (On::Question, Some(ActionKind::Verify(it))) => verify(waiting, it, &mut add),
        (On::ReadBack, Some(ActionKind::Ask(it))) => {
            if let Some(confirm) = &it.confirm {
                let words = named(waiting, &confirm.prompt.value);
                let said = |key: Key| said(&words, key);
                let (yes, no) = (confirm.yes.value, confirm.no.value);
                add(&symbol(yes), format!("takes it  {}", said(yes)));
                add(&symbol(no), format!("asks again{}", said(no)));
            }
            silence(waiting, &it.patience, &mut add);
        }
        (On::Survey(nth), Some(ActionKind::Survey(it))) => survey(it, nth, &mut add),
        (On::RecordPrompt, _) => add("any key", "stops the prompt: the tone comes at once".into()),
        (On::Recording, Some(ActionKind::Record(it))) => recording(it, &mut add),
        (On::Review, Some(ActionKind::Record(it))) => {
            let review = it.review.iter();
            let words = it.review.as_ref().map(|it| named(waiting, &it.prompt.value));
            for (means, key) in review.flat_map(|it| it.keys()) {
                let said = words.as_ref().map(|words| said(words, key.value)).unwrap_or_default();
                add(&symbol(key.value), format!("{means:<7}{said}"));
            }
            add("nothing", "keeps it".to_owned());
        }
        (On::Queue, Some(ActionKind::Queue(it))) => queue(it, &mut add),
        (On::Talk, _) => {
            add("any key", "is heard by the agent and means nothing to the flow".to_owned());
            add("agent", "the agent hangs up".to_owned());
        }
        (On::Conference, Some(ActionKind::Conference(it))) => conference(it, &mut add),
        (On::LastWords, _) => add("any key", "means nothing: the call ends".to_owned()),
        (
            On::Question
            | On::ReadBack
            | On::Survey(_)
            | On::Recording
            | On::Review
            | On::Queue
            | On::Conference
            | On::World,
            _,
        ) => add("any key", "is kept for what follows".to_owned()),
    }
    lines
}

type Add<'a> = &'a mut dyn FnMut(&str, String);

fn menu(waiting: &Waiting, it: &Menu, add: Add<'_>) {
    let words = named(waiting, &it.prompt.value);
    let widest = it.branches.iter().map(|(_, to)| to.value.chars().count()).max().unwrap_or(0);
    for (key, to) in &it.branches {
        let said = said(&words, key.value);
        add(&symbol(key.value), format!("{:<widest$}{said}", &*to.value));
    }
    silence(waiting, &it.patience, add);
}

fn ask(waiting: &Waiting, it: &Ask, add: Add<'_>) {
    let kind = match &it.kind.value {
        Type::Digits => "digits".to_owned(),
        Type::Number => "a number, `*` before its decimals".to_owned(),
        Type::Percent => "a percentage, `*` before its decimals".to_owned(),
        Type::Money => "an amount, `*` before its cents".to_owned(),
        Type::Date => "a date: YYYYMMDD or MMDD".to_owned(),
        Type::Time => "a time: HHMM, HMM or the hour".to_owned(),
        Type::DateTime => "a date and time: YYYYMMDDHHMM".to_owned(),
        Type::Duration => "minutes, or hours `*` minutes".to_owned(),
        Type::Phone => "a telephone number".to_owned(),
        Type::Secret => "a secret of digits".to_owned(),
        Type::YesNo => "1 yes, 2 no".to_owned(),
        Type::Choice(words) => {
            let words = (1..).zip(words.iter()).map(|(nth, word)| format!("{nth} {word}"));
            words.collect::<Vec<_>>().join(", ")
        }
        Type::Text | Type::Recording => "nothing that can be keyed".to_owned(),
    };
    add("keys", format!("{kind}, into {}", it.into.value));
    let mut tests = Vec::new();
    if let Some(between) = &it.tests.between {
        tests.push(format!("between {} and {}", between.least, between.most));
    }
    if !it.tests.matches.is_empty() {
        tests.push("like one of its patterns".to_owned());
    }
    if let Some(check) = it.tests.check {
        tests.push(format!("with the check digit {}", check.value.name()));
    }
    if !tests.is_empty() {
        add("", tests.join(", "));
    }
    let ends = it.ends_with.map(|it| it.value);
    entry(waiting, it.digits(), ends, it.between_digits.map(|it| it.value), add);
    silence(waiting, &it.patience, add);
}

fn verify(waiting: &Waiting, it: &Verify, add: Add<'_>) {
    add("keys", format!("a secret of digits, compared by {}", it.against.value));
    let ends = it.ends_with.map(|it| it.value);
    entry(waiting, it.digits(), ends, it.between_digits.map(|it| it.value), add);
    silence(waiting, &it.patience, add);
}

/// How an entry ends.
fn entry(
    waiting: &Waiting,
    (least, most): (u8, u8),
    ends: Option<Key>,
    between: Option<Duration>,
    add: Add<'_>,
) {
    let count = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    let plural = if most == 1 { "key" } else { "keys" };
    let pause = length(between.unwrap_or(waiting.flow().defaults.between_digits));
    let end = match ends {
        Some(key) => format!("{} or {pause} of silence ends it", symbol(key)),
        None if least == most => "the last ends it".to_owned(),
        None => format!("{pause} of silence ends it"),
    };
    add("length", format!("{count} {plural}; {end}"));
}

fn queue(it: &Queue, add: Add<'_>) {
    for (key, to) in &it.branches {
        add(&symbol(key.value), format!("leaves the queue for {}", to.value));
    }
    add("any key", "else means nothing".to_owned());
    let way = |to: &Option<Target>, other: &Option<Target>| {
        to.as_ref().or(other.as_ref()).map_or("nowhere", |it| &*it.value).to_owned()
    };
    let after = it.after.as_ref().map_or("the call ends", |it| &*it.value);
    add("agent", format!("an agent answers; when they hang up: {after}"));
    add("nobody", format!("no agent is logged in: {}", way(&it.no_agents, &it.otherwise)));
    add("full", format!("the queue is full: {}", way(&it.full, &it.otherwise)));
    let longest = it.max_wait.map_or_else(|| "1h".to_owned(), |it| length(it.value));
    add("waiting", format!("after {longest}: {}", way(&it.waited, &it.otherwise)));
}

fn survey(it: &Survey, nth: usize, add: Add<'_>) {
    if let Some(question) = it.questions.get(nth) {
        let (low, high) = question.keys.value;
        let (of, name) = (it.questions.len(), &question.name.value);
        add(&format!("{low}..{high}"), format!("answers {name}, question {} of {of}", nth + 1));
    }
    add("nothing", "asked once more, then no more of it".to_owned());
}

fn recording(it: &Record, add: Add<'_>) {
    match it.ends_with {
        Some(key) => add(&symbol(key.value), "ends it; other keys mean nothing".to_owned()),
        None => add("any key", "ends it".to_owned()),
    }
    add("Enter", "the caller falls silent".to_owned());
    add("nobody", "the caller said nothing".to_owned());
}

fn conference(it: &Conference, add: Add<'_>) {
    let after = it.after.as_ref().map_or("the call ends", |it| &*it.value);
    if let Some(key) = it.ends_with {
        add(&symbol(key.value), format!("leaves it: {after}"));
    }
    add("agent", "the first of those called joins, then leaves".to_owned());
    let failed = it.failed.as_ref().map_or("nowhere", |it| &*it.value);
    add("nobody", format!("nobody can be brought in: {failed}"));
}

/// What comes of waiting, and of what does not fit.
fn silence(waiting: &Waiting, patience: &Patience, add: Add<'_>) {
    let defaults = &waiting.flow().defaults;
    let after = length(patience.no_input_after.map_or(defaults.no_input_after, |it| it.value));
    let tries = patience.tries.map_or(defaults.tries, |it| it.value);
    let otherwise = patience.otherwise.as_ref().map_or("nowhere", |it| &*it.value);
    let means = if tries <= 1 {
        format!("for {after}, or what does not fit: {otherwise}")
    } else {
        format!("for {after}, or what does not fit: asked again; {tries} times: {otherwise}")
    };
    add("nothing", means);
}

fn symbol(key: Key) -> String {
    key.symbol().to_string()
}

fn length(it: Duration) -> String {
    Value::Duration(it).to_string()
}

/// The keys that a prompt names, each with the words about it.
fn named<'w>(waiting: &'w Waiting, prompt: &str) -> Vec<(Key, &'w str)> {
    waiting.words(prompt).map(clauses).unwrap_or_default()
}

fn said(words: &[(Key, &str)], key: Key) -> String {
    words.iter().find(|(it, _)| *it == key).map(|(_, said)| format!("  {said}")).unwrap_or_default()
}

/// Each key with the part of `text` that names it: `For returns, press 2`.
fn clauses(text: &str) -> Vec<(Key, &str)> {
    const SENTENCE: [char; 8] = ['.', '。', '!', '！', '?', '？', ';', '；'];
    const ANY: [char; 10] = ['.', '。', '!', '！', '?', '？', ';', '；', ',', '，'];
    let named = keys_named(text);
    // Where what is said about a key may begin: behind the part about the one before.
    let mut free = 0;
    let mut clauses: Vec<(Key, &str)> = Vec::new();
    let mut last: Option<(usize, &str)> = None;
    for (key, at) in named {
        if let Some((before, clause)) = last
            && before == at
        {
            clauses.push((key, clause)); // `press 1 or 2`
            continue;
        }
        let sentence = text.get(free..at).and_then(|it| it.rfind(SENTENCE));
        let begin = sentence.map_or(free, |it| free + it);
        // Behind the word for pressing there may be a comma before the key.
        let behind = text.get(at..).unwrap_or_default();
        let rest = ["按下", "按"].iter().find_map(|it| behind.strip_prefix(it));
        let rest = rest.or_else(|| behind.get("press".len()..)).unwrap_or_default();
        let rest = rest.trim_start_matches([',', ' ']);
        let end = rest.find(ANY).map_or(text.len(), |it| text.len() - rest.len() + it);
        let clause = text.get(begin..end).unwrap_or_default();
        let clause = clause.trim_start_matches(|it| ANY.contains(&it) || it == ' ').trim_end();
        clauses.push((key, clause));
        last = Some((at, clause));
        free = end;
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_shown_with_the_words_about_it() {
        #[rustfmt::skip]
        let table: &[(&str, &[(char, &str)])] = &[
            ("Welcome. For order status, press 1. For returns, press 2.",
             &[('1', "For order status, press 1"), ('2', "For returns, press 2")]),
            ("Press 1 for orders, press 2 for returns, or press the pound key to hear this again.",
             &[('1', "Press 1 for orders"), ('2', "press 2 for returns"), ('#', "or press the pound key to hear this again")]),
            ("欢迎致电。查询订单请按一，退货请按二，人工服务请按零。",
             &[('1', "查询订单请按一"), ('2', "退货请按二"), ('0', "人工服务请按零")]),
            ("For an agent press 0 or 9.", &[('0', "For an agent press 0 or 9"), ('9', "For an agent press 0 or 9")]),
            ("Press, one for yes. Press two.", &[('1', "Press, one for yes"), ('2', "Press two")]),
            ("按1", &[('1', "按1")]),
            ("Nothing here.", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<_> = clauses(text).iter().map(|(key, it)| (key.symbol(), *it)).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_words_are_cut_up(text in "(按|press |一|1|，|, |、|。|或|[a-z\u{4e00}-\u{4e10}０-９ ]){0,30}") {
            clauses(&text);
        }
    }
}

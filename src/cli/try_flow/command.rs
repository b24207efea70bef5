//! What may be written at the terminal, whether a person or a script writes it.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, ZonedDateTime};

use super::trial::Deed;
use crate::diagnostic::nearest;
use crate::flow::length_of;
use crate::flow::model::Name;
use crate::secret::Key;
use crate::sim::moment_of;

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing is done until something happens by itself.
    Silence,
    Wait(Duration),
    Does(Vec<Deed>),
    Look,
    /// What may be keyed now.
    Keys,
    /// So many questions back.
    Back(usize),
    Jump(String),
    Clock(Clock),
    Help,
    /// Nothing; what was probably meant.
    Unknown(Option<&'static str>),
}

/// What to do with the clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Show,
    /// On by so much, or back.
    Later(SignedDuration),
    /// A day, a time of day, or both.
    At(Option<Date>, Option<Time>),
    Moment(Box<ZonedDateTime>),
}

/// All that can be written, with what it does. Keys and an empty line stand in [`HELP`].
const WORDS: [(&str, &str); 11] = [
    ("agent", "an agent answers, or leaves the talk"),
    ("nobody", "no agent is logged in; of a recording: the caller says nothing"),
    ("full", "the queue is full"),
    ("wait 10s", "a while passes"),
    ("look", "the variables, and what an agent would see"),
    ("keys", "what may be keyed now, and where it leads; `?` is the same"),
    ("back", "to where the caller was asked before; `back 3` three questions"),
    (
        "jump STEP",
        "to a step, also one of a flow that is run: `jump identify/ask`; alone: which there are",
    ),
    ("clock WHEN", "2026-02-16 21:30, 21:30, 2026-02-16, +3h, -1d; alone: what it says"),
    ("hang up", "the caller leaves"),
    ("help", "this"),
];

/// What `help` shows.
pub(super) fn help() -> Vec<String> {
    let mut lines = vec![
        format!("  {:<11} {}", "0-9 * #", "keys, as many as you like: 20260001#"),
        format!(
            "  {:<11} {}",
            "(nothing)", "nobody does anything until something happens by itself"
        ),
    ];
    lines.extend(WORDS.iter().map(|(what, does)| format!("  {what:<11} {does}")));
    lines
}

/// What `line` means.
pub(super) fn read(line: &str) -> Line {
    let line = line.trim();
    let keys: Option<Vec<Deed>> =
        line.chars().map(|symbol| Key::from_symbol(symbol).map(Deed::Press)).collect();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match (word, rest) {
        ("", _) => Line::Silence,
        ("agent", "" | "leaves") => Line::Does(vec![Deed::Agent]),
        ("nobody", "") => Line::Does(vec![Deed::Nobody]),
        ("full", "") => Line::Does(vec![Deed::Full]),
        ("hang", "up") => Line::Does(vec![Deed::HangUp]),
        ("look", "") => Line::Look,
        ("keys" | "?", "") => Line::Keys,
        ("help", "") => Line::Help,
        ("back", "") => Line::Back(1),
        ("back", count) => count
            .parse()
            .ok()
            .filter(|it| *it > 0)
            .map_or(Line::Unknown(Some("back 2")), Line::Back),
        ("jump", step) => Line::Jump(step.to_owned()),
        ("clock", when) => {
            clock(when).map_or(Line::Unknown(Some("clock 2026-02-16 21:30")), Line::Clock)
        }
        ("wait", length) => length_of(length).map_or(Line::Unknown(Some("wait 10s")), Line::Wait),
        _ => keys.map_or_else(|| Line::Unknown(meant(word)), Line::Does),
    }
}

fn meant(word: &str) -> Option<&'static str> {
    let first = |words: &'static str| words.split(' ').next().unwrap_or(words);
    let near = nearest(word, WORDS.iter().map(|(words, _)| first(words)))?;
    WORDS.iter().map(|(words, _)| *words).find(|words| first(words) == near)
}

fn clock(when: &str) -> Option<Clock> {
    if when.is_empty() {
        return Some(Clock::Show);
    }
    let length = |text: &str| SignedDuration::try_from(length_of(text.trim())?).ok();
    if let Some(later) = when.strip_prefix('+') {
        return length(later).map(Clock::Later);
    }
    if let Some(earlier) = when.strip_prefix('-') {
        return length(earlier).and_then(SignedDuration::checked_neg).map(Clock::Later);
    }
    if let Some(moment) = moment_of(when) {
        return Some(Clock::Moment(Box::new(moment)));
    }
    if let Some((day, time)) = when.split_once([' ', 'T']) {
        let (day, time) = (day.parse().ok()?, time.trim().parse().ok()?);
        return Some(Clock::At(Some(day), Some(time)));
    }
    let day = when.parse::<Date>().ok().map(|it| Clock::At(Some(it), None));
    day.or_else(|| when.parse::<Time>().ok().map(|it| Clock::At(None, Some(it)))).or_else(|| {
        when.parse::<DateTime>().ok().map(|it| Clock::At(Some(it.date()), Some(it.time())))
    })
}

/// What `line` may be completed to: the whole line, as far as all that is possible agrees; and what is possible, if that
/// is more than one.
pub(super) fn complete(line: &str, steps: &[Name]) -> (String, Vec<String>) {
    let possible: Vec<String> = if let Some(begun) = line.strip_prefix("jump ") {
        let steps = steps.iter().filter(|it| it.starts_with(begun.trim_start()));
        steps.map(|it| format!("jump {it}")).collect()
    } else {
        let words = WORDS.iter().map(|(words, _)| *words);
        let typed = |words: &str| match words.split_once(' ') {
            Some((first, rest)) if rest != "up" => format!("{first} "),
            Some(_) | None => words.to_owned(),
        };
        words.map(typed).filter(|it| it.starts_with(line)).collect()
    };
    let Some(first) = possible.first() else { return (line.to_owned(), Vec::new()) };
    let common = possible.iter().fold(first.as_str(), |common, it| {
        let same = common.char_indices().zip(it.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(common.len().min(it.len()), |((at, _), _)| at);
        common.get(..end).unwrap_or_default()
    });
    let longer = if common.len() > line.len() { common } else { line };
    let longer = longer.to_owned();
    if possible.len() == 1 { (longer, Vec::new()) } else { (longer, possible) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_keys_or_a_command() {
        let press = |keys: &str| {
            let key = |it| Deed::Press(Key::from_symbol(it).unwrap());
            Line::Does(keys.chars().map(key).collect())
        };
        let length = |seconds| SignedDuration::from_secs(seconds);
        let at = |day: Option<&str>, time: Option<&str>| {
            let (day, time) =
                (day.map(|it| it.parse().unwrap()), time.map(|it| it.parse().unwrap()));
            Line::Clock(Clock::At(day, time))
        };
        #[rustfmt::skip]
        let table = [
            ("",                       Line::Silence),
            ("20#",                    press("20#")),
            ("agent leaves",           Line::Does(vec![Deed::Agent])),
            ("hang up",                Line::Does(vec![Deed::HangUp])),
            ("?",                      Line::Keys),
            ("wait 1m30s",             Line::Wait(Duration::from_secs(90))),
            ("wait long",              Line::Unknown(Some("wait 10s"))),
            ("back",                   Line::Back(1)),
            ("back 3",                 Line::Back(3)),
            ("back 0",                 Line::Unknown(Some("back 2"))),
            ("jump identify/ask",      Line::Jump("identify/ask".into())),
            ("jump",                   Line::Jump(String::new())),
            ("clock",                  Line::Clock(Clock::Show)),
            ("clock +3h",              Line::Clock(Clock::Later(length(3 * 3_600)))),
            ("clock -1d",              Line::Clock(Clock::Later(length(-86_400)))),
            ("clock 2026-02-16 21:30", at(Some("2026-02-16"), Some("21:30"))),
            ("clock 2026-02-16T21:30", at(Some("2026-02-16"), Some("21:30"))),
            ("clock 21:30",            at(None, Some("21:30"))),
            ("clock 2026-02-16",       at(Some("2026-02-16"), None)),
            ("clock noon",             Line::Unknown(Some("clock 2026-02-16 21:30"))),
            ("jmup main",              Line::Unknown(Some("jump STEP"))),
            ("what",                   Line::Unknown(None)),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
        assert!(matches!(read("clock 2026-02-16T21:30+08:00"), Line::Clock(Clock::Moment(_))));
    }

    #[test]
    fn commands_and_steps_are_completed_as_far_as_they_are_clear() {
        let steps: Vec<Name> =
            ["main", "order", "order-found", "identify/ask"].map(Name::from).into();
        #[rustfmt::skip]
        let table: [(&str, &str, &[&str]); 7] = [
            ("b",          "back",           &[]),
            ("ju",         "jump ",          &[]),
            ("jump m",     "jump main",      &[]),
            ("jump o",     "jump order",     &["jump order", "jump order-found"]),
            ("jump id",    "jump identify/ask", &[]),
            ("jump x",     "jump x",         &[]),
            ("h",          "h",              &["hang up", "help"]),
        ];
        for (line, expected, others) in table {
            let (completed, possible) = complete(line, &steps);
            assert_eq!(
                (completed.as_str(), possible.as_slice()),
                (expected, &others.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
                "{line}"
            );
        }
    }
}

//! A prompt's text in parts: `您的订单已由{order.carrier}发出。`
//!
//! ```text
//! text        = *( words / placeholder )
//! placeholder = "{" path [ " as " type ] [ " in " unit ] "}"
//! path        = name *( "." name )          ; the variables of flows
//! ```

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::{Part, Placeholder};
use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::value::{TYPE_NAMES, Type};

/// A scalar's text and where it stands, so that words in it can be pointed at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scalar<'a> {
    /// What it stands for.
    pub(super) text: &'a str,
    /// Where it was written.
    pub(super) span: Span,
    /// Bytes from the span's start to the text (1 for quotes); `None` where escapes or line breaks lie between.
    pub(super) offset: Option<usize>,
}

impl Scalar<'_> {
    /// Where the bytes `part` of the text were written; the whole scalar where that cannot be said.
    fn place(&self, part: &Range<usize>) -> Span {
        self.offset
            .map_or(self.span, |offset| self.span.part(offset + part.start, offset + part.end))
    }
}

/// A stretch of the text: `{…}` or the words between.
enum Stretch {
    Words(Range<usize>),
    Braced(Range<usize>),
}

/// Takes a prompt's text apart. `clip` is the name of its recording, which fixed parts number when there are values;
/// `units` are those that values may be counted in.
pub(super) fn parts(
    scalar: &Scalar<'_>,
    clip: &str,
    units: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Vec<Part> {
    let stretches = stretches(scalar, found);
    let braced = |at: Option<usize>| at.and_then(|at| stretches.get(at)).is_some_and(is_braced);
    let whole = !stretches.iter().any(is_braced);
    let mut parts = Vec::new();
    let mut clips = 0_u32;
    for (at, stretch) in stretches.iter().enumerate() {
        match stretch {
            Stretch::Braced(range) => {
                if let Some(place) = placeholder(scalar, range, units, found) {
                    parts.push(Part::Value(place));
                }
            }
            Stretch::Words(range) => {
                let core = without_marks(
                    scalar.text,
                    range,
                    braced(at.checked_sub(1)),
                    braced(Some(at + 1)),
                );
                mark(scalar.text.get(range.start..core.start), &mut parts);
                if let Some(text) = scalar.text.get(core.clone()).filter(|text| !text.is_empty()) {
                    clips += 1;
                    parts.push(Part::Fixed {
                        text: text.to_owned(),
                        clip: if whole { clip.into() } else { format!("{clip}.{clips}").into() },
                        span: scalar.place(&core),
                    });
                }
                mark(scalar.text.get(core.end..range.end), &mut parts);
            }
        }
    }
    parts
}

/// How long a prompt takes to say: measured on the recordings of the demo, good to a fifth.
pub(super) fn length(parts: &[Part]) -> Duration {
    parts
        .iter()
        .map(|part| match part {
            Part::Fixed { text, .. } => words_length(text),
            Part::Mark { pause_ms, .. } => Duration::from_millis((*pause_ms).into()),
            Part::Value(_) => Duration::from_millis(1_500),
        })
        .sum()
}

/// How long words take to say, silences at both ends included.
pub(super) fn words_length(text: &str) -> Duration {
    Duration::from_millis(100 + text.chars().map(char_ms).sum::<u64>())
}

fn char_ms(it: char) -> u64 {
    match it {
        '0'..='9' => 250,
        ' ' => 60,
        _ if it.is_ascii_alphabetic() => 60,
        _ if it.is_alphanumeric() => 220,
        _ => 150,
    }
}

fn is_braced(stretch: &Stretch) -> bool {
    matches!(stretch, Stretch::Braced(_))
}

/// Cuts the text at its braces. A brace without its partner is reported and taken as words.
fn stretches(scalar: &Scalar<'_>, found: &mut Vec<Diagnostic>) -> Vec<Stretch> {
    let text = scalar.text;
    let mut stretches = Vec::new();
    let mut from = 0;
    let mut open = None;
    for (at, it) in text.char_indices() {
        match (it, open) {
            ('{', None) => open = Some(at),
            ('}', Some(start)) => {
                if start > from {
                    stretches.push(Stretch::Words(from..start));
                }
                stretches.push(Stretch::Braced(start..at + 1));
                (from, open) = (at + 1, None);
            }
            ('{' | '}', _) => found.push(lonely_brace(scalar, at)),
            _ => {}
        }
    }
    if let Some(start) = open {
        found.push(lonely_brace(scalar, start));
    }
    if from < text.len() {
        stretches.push(Stretch::Words(from..text.len()));
    }
    stretches
}

fn lonely_brace(scalar: &Scalar<'_>, at: usize) -> Diagnostic {
    Diagnostic::error("HL0555", scalar.place(&(at..at + 1)), "this brace has no partner")
        .help("a value's place is written `{order.eta}`".to_owned())
}

/// `path`, with what stands behind `as` and `in`.
fn placeholder(
    scalar: &Scalar<'_>,
    range: &Range<usize>,
    units: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Option<Placeholder> {
    let span = scalar.place(range);
    let inner = range.start + 1..range.end - 1;
    let (rest, unit) = cut(scalar.text, &inner, " in ");
    let (path, kind) = cut(scalar.text, &rest, " as ");
    let (name, at) = trimmed(scalar, &path);
    if !is_path(name) {
        let written = scalar.text.get(inner).unwrap_or_default();
        let says = format!("`{{{written}}}` does not name a variable");
        let help =
            "write a variable of the flow, such as `{order.eta}` or `{order_number as digits}`";
        found.push(Diagnostic::error("HL0555", span, says).help(help.to_owned()));
        return None;
    }
    let path = Spanned::new(Arc::from(name), at);
    let kind = match kind.map(|it| trimmed(scalar, &it)) {
        None => None,
        Some((name, at)) => Some(Spanned::new(readable_type(name, at, found)?, at)),
    };
    let unit = match unit.map(|it| trimmed(scalar, &it)) {
        None => None,
        Some((name, at)) => Some(Spanned::new(known_unit(name, at, units, found)?, at)),
    };
    Some(Placeholder { path, kind, unit, span })
}

/// What of `range` stands before the first `word`, and what behind it if it is there.
fn cut(text: &str, range: &Range<usize>, word: &str) -> (Range<usize>, Option<Range<usize>>) {
    match text.get(range.clone()).and_then(|it| it.find(word)) {
        None => (range.clone(), None),
        Some(at) => {
            let (end, behind) = (range.start + at, range.start + at + word.len());
            (range.start..end, Some(behind..range.end))
        }
    }
}

/// `range` without the spaces at its ends, and where that stands.
fn trimmed<'t>(scalar: &Scalar<'t>, range: &Range<usize>) -> (&'t str, Span) {
    let text = scalar.text.get(range.clone()).unwrap_or_default();
    let start = range.start + (text.len() - text.trim_start().len());
    let name = text.trim();
    (name, scalar.place(&(start..start + name.len())))
}

/// The unit behind `in`: one of the language.
fn known_unit(
    name: &str,
    at: Span,
    units: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Option<Arc<str>> {
    if units.contains(&name) {
        return Some(name.into());
    }
    let help = nearest(name, units.iter().copied()).map_or_else(
        || format!("add it under `units`; there are {}", units.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    let says = format!("this language has no unit called `{name}`");
    found.push(Diagnostic::error("HL0557", at, says).help(help));
    None
}

/// The type behind `as`: any but a secret, which is never spoken.
fn readable_type(name: &str, at: Span, found: &mut Vec<Diagnostic>) -> Option<Type> {
    match Type::from_name(name) {
        Some(Type::Secret) => {
            found.push(Diagnostic::error("HL0556", at, "a secret is never spoken"));
            None
        }
        Some(kind) => Some(kind),
        None => {
            let help = nearest(name, TYPE_NAMES).map_or_else(
                || format!("the types are {}", TYPE_NAMES.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let says = format!("`{name}` is not a type that a value can be read as");
            found.push(Diagnostic::error("HL0556", at, says).help(help));
            None
        }
    }
}

fn is_path(path: &str) -> bool {
    let name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    path.split('.').all(name)
}

/// `range` without the signs and spaces at the ends that meet a value: they are paused over, not recorded.
fn without_marks(
    text: &str,
    range: &Range<usize>,
    after_value: bool,
    before_value: bool,
) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or_default();
    let head = if after_value { words.trim_start_matches(is_mark) } else { words };
    let start = range.end - head.len();
    let core = if before_value { head.trim_end_matches(is_mark) } else { head };
    start..start + core.len()
}

fn is_mark(it: char) -> bool {
    it.is_whitespace() || "，。、；：？！,.;:?!…—-()（）“”\"'《》「」·".contains(it)
}

/// The signs between words and a value, if there are any.
fn mark(signs: Option<&str>, parts: &mut Vec<Part>) {
    let Some(signs) = signs.filter(|signs| !signs.is_empty()) else { return };
    let pause_ms = if signs.contains(['。', '？', '！', '.', '?', '!', '…']) {
        300
    } else if signs.contains(['，', '、', '；', '：', ',', ';', ':', '—']) {
        150
    } else {
        0
    };
    parts.push(Part::Mark { text: signs.to_owned(), pause_ms });
}

//! Single values of a scenario file, each with the finding that it may be instead.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime, civil};

use crate::call::Ending;
use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::flow::model::Name;
use crate::secret::Key;
use crate::value::{Type, Value};
use crate::yaml::{Kind, Node};

pub(super) type Found = Vec<Diagnostic>;

/// A key that nobody knows.
pub(super) fn unknown<'a>(
    what: &str,
    key: &Node,
    known: impl IntoIterator<Item = &'a str> + Clone,
    found: &mut Found,
) {
    let name = key.text().unwrap_or_default();
    let help = nearest(name, known.clone()).map_or_else(
        || format!("it may be one of {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    let says = format!("{what} `{name}` does not exist");
    found.push(Diagnostic::error("HL0801", key.span, says).help(help));
}

fn unreadable<T>(node: &Node, at: Span, wanted: &str, found: &mut Found) -> Option<T> {
    let span = if node.span.start == node.span.end { at } else { node.span };
    let says = match node.text() {
        Some(text) => format!("`{text}` is not {wanted}"),
        None => format!("{wanted} is expected here, not {}", node.what()),
    };
    found.push(Diagnostic::error("HL0802", span, says));
    None
}

/// Any text.
pub(super) fn text(node: &Node, at: Span, wanted: &str, found: &mut Found) -> Option<Arc<str>> {
    match node.text() {
        Some(text) => Some(text.into()),
        None => unreadable(node, at, wanted, found),
    }
}

/// A name, or a list of them.
pub(super) fn names(node: &Node, at: Span, wanted: &str, found: &mut Found) -> Vec<Name> {
    match &node.kind {
        Kind::List(items) => {
            items.iter().filter_map(|item| text(item, at, wanted, found)).collect()
        }
        Kind::Scalar(_) | Kind::Null | Kind::Map(_) => {
            text(node, at, wanted, found).into_iter().collect()
        }
    }
}

/// `10s`, `1m30s`
pub(super) fn length(node: &Node, at: Span, found: &mut Found) -> Option<Duration> {
    let read = node.text().and_then(|text| match Type::Duration.read(text) {
        Ok(Value::Duration(length)) => Some(length),
        Ok(_) | Err(_) => None,
    });
    read.or_else(|| unreadable(node, at, "a length of time such as `10s`", found))
}

/// `12#`
pub(super) fn keys(node: &Node, at: Span, found: &mut Found) -> Option<Vec<Key>> {
    let read = node
        .text()
        .filter(|text| !text.is_empty())
        .and_then(|text| text.chars().map(Key::from_symbol).collect());
    read.or_else(|| {
        unreadable(node, at, "keys such as \"12#\" (quoted: a leading zero counts)", found)
    })
}

/// `3`
pub(super) fn count(node: &Node, at: Span, found: &mut Found) -> Option<u32> {
    let read = node.text().and_then(|text| text.parse().ok());
    read.or_else(|| unreadable(node, at, "a whole number", found))
}

/// Reads `2026-11-24T15:00+08:00`, with a zone behind it or not.
#[must_use]
pub fn moment_of(text: &str) -> Option<ZonedDateTime> {
    text.parse::<ZonedDateTime>().ok().or_else(|| {
        let (here, there): (civil::DateTime, Timestamp) = (text.parse().ok()?, text.parse().ok()?);
        let seconds = here.duration_since(Offset::UTC.to_datetime(there)).as_secs();
        let offset = Offset::from_seconds(i32::try_from(seconds).ok()?).ok()?;
        Some(there.to_zoned_datetime(TimeZone::fixed(offset)))
    })
}

pub(super) fn moment(node: &Node, at: Span, found: &mut Found) -> Option<ZonedDateTime> {
    let read = node.text().and_then(moment_of);
    read.or_else(|| unreadable(node, at, "a moment such as `2026-11-24T15:00+08:00`", found))
}

const ENDINGS: [(&str, Ending); 7] = [
    ("completed", Ending::Completed),
    ("caller_left", Ending::CallerLeft),
    ("agent_left", Ending::AgentLeft),
    ("other_left", Ending::OtherLeft),
    ("transferred", Ending::Transferred),
    ("last_resort", Ending::LastResort),
    ("not_answered", Ending::NotAnswered),
];

pub(super) fn ending(node: &Node, at: Span, found: &mut Found) -> Option<Ending> {
    let name = node.text().unwrap_or_default();
    match ENDINGS.iter().find(|(it, _)| *it == name) {
        Some((_, ending)) => Some(*ending),
        None if node.text().is_some() => {
            unknown("the ending", node, ENDINGS.map(|(it, _)| it), found);
            None
        }
        None => unreadable(node, at, "an ending such as `completed`", found),
    }
}

/// What the ending is called in a scenario.
pub(super) fn ending_name(ending: Ending) -> &'static str {
    ENDINGS.iter().find(|(_, it)| *it == ending).map_or("ended", |(name, _)| name)
}

/// `{ label: value }`
pub(super) fn pairs(
    node: &Node,
    at: Span,
    found: &mut Found,
) -> Vec<(Spanned<String>, Spanned<String>)> {
    let Kind::Map(entries) = &node.kind else {
        unreadable::<()>(node, at, "a map such as `{ reason: caller_asked }`", found);
        return Vec::new();
    };
    let read = entries.iter().filter_map(|(key, value)| {
        let name = Spanned::new(key.text()?.to_owned(), key.span);
        let text = text(value, key.span, "a text", found)?;
        Some((name, Spanned::new((*text).to_owned(), value.span)))
    });
    read.collect()
}

//! What a lookup asks over HTTP, as a designer writes it: method, path, body, and where in the answer each value stands.
//!
//! `parse` reads it, `check` judges it, `server` hands it to the connector. Texts with places for values are kept as the
//! parts they are made of, so that a value never meets the text around it before it was made harmless.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::model::Name;
use crate::diagnostic::{Span, Spanned};

/// One question over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How it is asked.
    pub method: Spanned<Method>,
    /// What is asked for, below the connector's address.
    pub path: Spanned<Path>,
    /// The JSON that goes with it.
    pub send: Option<Spanned<Vec<Part>>>,
    /// Where in the answer each of the lookup's `gives` stands.
    pub from: IndexMap<Name, Pointer>,
    /// What an answer that found something has.
    pub found_when: Option<FoundWhen>,
    /// Where `changes` is written, whatever it says.
    pub says_changes: Option<Span>,
}

/// How it is asked (RFC 9110 9.3, RFC 5789).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does whatever the system does with it.
    Post,
    /// Puts in place.
    Put,
    /// Changes a part.
    Patch,
    /// Takes away.
    Delete,
}

impl Method {
    /// All of them, in the order of docs.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As a flow writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether it may have a body: one of `GET` or `DELETE` means nothing (RFC 9110 9.3.1, 9.3.5).
    #[must_use]
    pub const fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// A piece of a path, a query or a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Raw(Arc<str>),
    /// A value: in a path its words, percent-encoded; in a body the JSON that it is.
    Value(Name),
    /// The words of a value within a JSON text.
    Words(Name),
}

impl Part {
    /// The value that goes in here, if one does.
    #[must_use]
    pub const fn name(&self) -> Option<&Name> {
        match self {
            Self::Raw(_) => None,
            Self::Value(name) | Self::Words(name) => Some(name),
        }
    }
}

/// As a flow writes it, near enough for people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(text) => f.write_str(text),
            Self::Value(name) | Self::Words(name) => write!(f, "{{{name}}}"),
        }
    }
}

/// A path with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Begins with `/`.
    pub path: Vec<Part>,
    /// What stands behind the `?`.
    pub query: Vec<Part>,
}

impl Path {
    /// Every part of both.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.path.iter().chain(&self.query)
    }
}

/// As a flow writes it.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.iter().try_for_each(|it| it.fmt(f))?;
        f.write_str(if self.query.is_empty() { "" } else { "?" })?;
        self.query.iter().try_for_each(|it| it.fmt(f))
    }
}

/// A place in a JSON document (RFC 6901), never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(Arc<str>);

impl Pointer {
    /// `/order/total` as it stands; `total` is the field of that name at the top. `None` if it is neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if !text.starts_with('/') {
            let escaped = text.replace('~', "~0").replace('/', "~1");
            return (!text.is_empty()).then(|| Self(format!("/{escaped}").into()));
        }
        // RFC 6901 3: a `~` is followed by 0 or 1.
        let escapes = text.split('~').skip(1).all(|it| it.starts_with(['0', '1']));
        escapes.then(|| Self(text.into()))
    }

    /// As RFC 6901 writes it.
    #[must_use]
    pub const fn text(&self) -> &Arc<str> {
        &self.0
    }
}

/// What an answer that found something has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWhen {
    /// There is something here: not null and not false.
    pub from: Pointer,
    /// It is this, as a text.
    pub is: Option<Arc<str>>,
}

/// What is wrong with a path or a text with places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    #[error("a path begins with `/`")]
    NoSlash,
    #[error("a path has no white space, no `\\` and no `#`")]
    Sign,
    #[error("a `%` is followed by two hex digits")]
    Percent,
    #[error("a path has no `.` and no `..`")]
    Dots,
    #[error("a place for a value is written `{{number}}`, a brace of its own `{{{{`")]
    Place,
}

/// Reads `/orders/{number}?full=yes`.
pub(super) fn path(text: &str) -> Result<Path, Wrong> {
    if !text.starts_with('/') {
        return Err(Wrong::NoSlash);
    }
    if text.contains(|it: char| it.is_whitespace() || it.is_control() || matches!(it, '\\' | '#')) {
        return Err(Wrong::Sign);
    }
    let hex = |it: &str| it.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !text.split('%').skip(1).all(hex) {
        return Err(Wrong::Percent);
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    // A URL's reader takes `%2e` for a dot, too (WHATWG URL, double-dot segment).
    let dots = |it: &str| matches!(&*it.to_ascii_lowercase().replace("%2e", "."), "." | "..");
    if path.split('/').any(dots) {
        return Err(Wrong::Dots);
    }
    let parts = |text| -> Result<Vec<Part>, Wrong> {
        let parts = places(text)?.into_iter();
        Ok(parts
            .map(|it| it.map_or_else(|raw| Part::Raw(raw.into()), |it| Part::Value(it.name)))
            .collect())
    };
    Ok(Path { path: parts(path)?, query: parts(query)? })
}

/// A place for a value.
pub(super) struct Place {
    pub(super) name: Name,
    /// `{name: text}`: as a JSON text, whatever it is.
    pub(super) as_text: bool,
}

/// The places of a text, and the texts (`Err`) between them.
pub(super) fn places(text: &str) -> Result<Vec<Result<Place, String>>, Wrong> {
    let mut found = Vec::new();
    let mut raw = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, behind) = rest.split_at(at);
        raw.push_str(before);
        if let Some(behind) = behind.strip_prefix("{{").or_else(|| behind.strip_prefix("}}")) {
            raw.push_str(rest.get(at..=at).unwrap_or_default());
            rest = behind;
            continue;
        }
        let inside = behind.strip_prefix('{').and_then(|it| it.split_once('}'));
        let (inside, behind) = inside.ok_or(Wrong::Place)?;
        let (name, as_text) = match inside.split_once(':') {
            Some((name, kind)) if kind.trim() == "text" => (name.trim(), true),
            Some(_) => return Err(Wrong::Place),
            None => (inside.trim(), false),
        };
        if !super::is_snake(name) {
            return Err(Wrong::Place);
        }
        if !raw.is_empty() {
            found.push(Err(std::mem::take(&mut raw)));
        }
        found.push(Ok(Place { name: name.into(), as_text }));
        rest = behind;
    }
    raw.push_str(rest);
    if !raw.is_empty() {
        found.push(Err(raw));
    }
    Ok(found)
}

/// The names of the places of a text that is perhaps still being typed, each with its first byte.
pub(crate) fn names(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|it| it.find('{')) {
        let inside = at + open + 1;
        let Some(rest) = text.get(inside..) else { break };
        if rest.starts_with('{') {
            at = inside + 1;
            continue;
        }
        let Some(end) = rest.find(['{', '}']) else { break };
        let (name, behind) = rest.split_at(end);
        let name = name.split(':').next().unwrap_or(name);
        let spaces = name.len() - name.trim_start().len();
        if behind.starts_with('}') && super::is_snake(name.trim()) {
            found.push((inside + spaces, name.trim()));
        }
        at = inside + end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[Part]) -> String {
        let each = parts.iter().map(|it| match it {
            Part::Raw(text) => text.to_string(),
            Part::Value(name) => format!("<{name}>"),
            Part::Words(name) => format!("<words {name}>"),
        });
        each.collect()
    }

    #[test]
    fn a_path_is_read_with_its_places_or_refused_with_a_reason() {
        #[rustfmt::skip]
        let table = [
            ("/orders/{number}",           Ok("/orders/<number> ? ")),
            ("/orders/{number}.json",      Ok("/orders/<number>.json ? ")),
            ("/o?n={number}&v=2?",         Ok("/o ? n=<number>&v=2?")),
            ("/{{x}}/{a}{b}",              Ok("/{x}/<a><b> ? ")),
            ("/订单/{number}",              Ok("/订单/<number> ? ")),
            ("/a%2Fb",                     Ok("/a%2Fb ? ")),
            ("orders/{number}",            Err(Wrong::NoSlash)),
            ("https://x/y",                Err(Wrong::NoSlash)),
            ("/a b",                       Err(Wrong::Sign)),
            ("/a#b",                       Err(Wrong::Sign)),
            ("/a%2",                       Err(Wrong::Percent)),
            ("/a%zz",                      Err(Wrong::Percent)),
            ("/a/../b",                    Err(Wrong::Dots)),
            ("/a/%2E%2e",                  Err(Wrong::Dots)),
            ("/a/./b",                     Err(Wrong::Dots)),
            ("/{number",                   Err(Wrong::Place)),
            ("/number}",                   Err(Wrong::Place)),
            ("/{Number}",                  Err(Wrong::Place)),
            ("/{}",                        Err(Wrong::Place)),
            ("/{a.b}",                     Err(Wrong::Place)),
        ];
        for (text, expected) in table {
            let read = path(text).map(|it| format!("{} ? {}", shown(&it.path), shown(&it.query)));
            assert_eq!(read.as_deref(), expected.as_ref().map(|it| *it), "{text}");
        }
    }

    #[test]
    fn names_are_found_where_they_stand_in_what_is_being_typed() {
        #[rustfmt::skip]
        let table: [(&str, &[(usize, &str)]); 8] = [
            ("/orders/{number}/{ line }", &[(9, "number"), (19, "line")]),
            ("订{a}{b: text}",            &[(4, "a"), (7, "b")]),
            ("{{no}} {name}",             &[(8, "name")]),
            ("/{open",                    &[]),
            ("/{open/{a}",                &[(8, "a")]),
            ("/{a.b}{}{No}",              &[]),
            ("{{{a}}}",                   &[(3, "a")]),
            ("{",                         &[]),
        ];
        for (text, expected) in table {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn a_pointer_is_a_name_at_the_top_or_rfc_6901() {
        #[rustfmt::skip]
        let table = [
            ("status",        Some("/status")),
            ("a/b",           Some("/a~1b")),
            ("a~b",           Some("/a~0b")),
            ("/order/total",  Some("/order/total")),
            ("/orders/0/eta", Some("/orders/0/eta")),
            ("/a~1b",         Some("/a~1b")),
            ("/a~b",          None),
            ("/a~",           None),
            ("",              None),
        ];
        for (text, expected) in table {
            let read = Pointer::read(text);
            assert_eq!(read.as_ref().map(|it| &**it.text()), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_path_or_refused(text in ".{0,40}") {
            if let Ok(read) = path(&text) {
                proptest::prop_assert!(matches!(read.path.first(), Some(Part::Raw(it)) if it.starts_with('/')));
            }
        }
    }
}

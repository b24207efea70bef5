//! FINDINGS: what designers and operators read when something they wrote is wrong.
//!
//! Made by `yaml`, `flow`, `speech`, `config` and `sim`; shown by `cli` as text, JSON, SARIF or JUnit.
//! Must not know: what a finding is about, where it is shown, files on a disk.
//! Way in: [`Sources::add`] for a text, [`Diagnostic::error`] for a finding, [`text::render`], [`json::render`],
//! [`sarif::render`] or [`junit::render`] to show it.
//! Always true: a code is never reused; a span lies inside its source or is shown without an excerpt.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub mod json;
pub mod junit;
pub mod sarif;
pub mod text;

use std::sync::Arc;

use serde::Serialize;

/// Which text a [`Span`] lies in: an index into [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub(crate) u32);

/// A stretch of one source, in bytes from its beginning; `end` is the first byte behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Which source.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// First byte behind.
    pub end: u32,
}

impl Span {
    /// Bytes `start..end` of `file`. Sources beyond 4 GiB do not exist: `Sources::add` refuses them.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: clip(start), end: clip(end) }
    }

    /// A part of this span, `start..end` counted from its first byte: for words inside a YAML scalar.
    #[must_use]
    pub fn part(self, start: usize, end: usize) -> Self {
        let base = self.start as usize;
        let part = Self::new(self.file, base.saturating_add(start), base.saturating_add(end));
        Self { start: part.start.min(self.end), end: part.end.min(self.end), ..self }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value written at `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One text that findings point into.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the reader knows it: a path relative to where the command runs.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// The texts of one run, so that a [`Span`] stays small enough to copy everywhere.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes one more text and names it for spans.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// The text that `file` names.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.0.get(file.0 as usize)
    }

    /// What stands at `span`.
    #[must_use]
    pub fn excerpt(&self, span: Span) -> Option<&str> {
        self.get(span.file)?.text.get(span.start as usize..span.end as usize)
    }

    /// Line and column of the span's first character, both from 1; columns count characters.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<(usize, usize)> {
        let before = self.get(span.file)?.text.get(..span.start as usize)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Some((line, before.get(line_start..)?.chars().count() + 1))
    }
}

/// How bad a finding is. Only errors keep a flow from being served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Hint,
    /// Callers will probably suffer.
    Warning,
    /// It cannot be served.
    Error,
}

/// As many findings of one file are told; whoever mends those is told the next.
pub const MAX_FINDINGS: usize = 1_000;

/// One finding: a stable code, a place, what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code, such as `HL0203`; `docs/errors/` has a page for each.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The smallest place that shows it.
    pub span: Span,
    /// What is wrong: lower case, without a full stop.
    pub says: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Other places that explain it: 'first written here'.
    pub notes: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A finding that keeps a flow from being served.
    #[must_use]
    pub fn error(code: &'static str, span: Span, says: impl Into<String>) -> Self {
        Self { code, level: Level::Error, span, says: says.into(), help: None, notes: Vec::new() }
    }

    /// A finding from which callers will probably suffer.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, says: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, span, says) }
    }

    /// A finding worth knowing.
    #[must_use]
    pub fn hint(code: &'static str, span: Span, says: impl Into<String>) -> Self {
        Self { level: Level::Hint, ..Self::error(code, span, says) }
    }

    /// Says what to write instead, where that is known.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// Points at one more place.
    #[must_use]
    pub fn note(mut self, span: Span, says: impl Into<String>) -> Self {
        self.notes.push((span, says.into()));
        self
    }
}

/// Findings in order of file and place.
fn in_order(found: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = found.iter().collect();
    ordered.sort_by_key(|it| (it.span, it.code));
    ordered
}

/// The name among `known` that a reader most probably meant by `name`: at most two letters away, and less than half of
/// its own letters.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, other)| *distance <= 2 && *distance * 2 < other.chars().count().max(2))
        .min()
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_lines_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("shop.yaml", "flow: shop\ntitle: 商城热线\n");
        let at = sources.get(file).unwrap().text.find("热线").unwrap();
        let span = Span::new(file, at, at + 6);
        assert_eq!((sources.place(span), sources.excerpt(span)), (Some((2, 10)), Some("热线")));
        assert_eq!(sources.place(Span::new(file, 99, 100)), None);
    }

    #[test]
    fn the_nearest_name_is_at_most_two_letters_away() {
        let known = ["order-status", "returns", "agent"];
        assert_eq!(nearest("oder-status", known), Some("order-status"));
        assert_eq!(nearest("retruns", known), Some("returns"));
        assert_eq!(nearest("invoice", known), None);
        assert_eq!(nearest("x", ["a", "b"]), None);
    }
}

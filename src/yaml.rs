//! A YAML document as a tree in which every key and every value knows where it was written.
//!
//! Read by `flow`, `speech`, `config` and `sim`. Scalars stay as they were written (`0123`, `yes`, `1860` are texts):
//! what they mean is for the reader to say. The parser is serde-saphyr, with budgets against alias bombs and deep
//! nesting; duplicate keys are reported here and the first one counts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Diagnostic, FileId, Span};

/// The most bytes a document may have: 4 MiB. A flow of 10,000 steps has about 1 MiB.
pub const MAX_BYTES: usize = 4 << 20;
/// The most keys and values a document may have, repeated aliases counted each time.
const MAX_NODES: usize = 500_000;
/// The most lists and maps inside each other. Flows need 8; the reader takes about 40 KiB of stack a level in a debug
/// build, and a thread may have 2 MiB.
const MAX_DEPTH: usize = 24;

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it was written. A block map or list has an empty span at its first byte.
    pub span: Span,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing was written: `key:` or `~`.
    Null,
    /// A scalar, as written, without its quotes.
    Scalar(Scalar),
    /// `[a, b]` or a block of `- a`.
    List(Vec<Node>),
    /// `{ a: b }` or a block of `a: b`, in the order written, each key once.
    Map(Vec<(Node, Node)>),
}

/// A scalar as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text; for a quoted or block scalar what it stands for.
    pub text: String,
    /// Whether it stood without quotes, so that `yes` or `5` may mean more than a text.
    pub plain: bool,
}

impl Node {
    /// Its text, if it is a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The value behind `key`, if it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Its keys and values, none if it is not a map.
    #[must_use]
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Null | Kind::Scalar(_) | Kind::List(_) => &[],
        }
    }

    /// Its items, none if it is not a list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null | Kind::Scalar(_) | Kind::Map(_) => &[],
        }
    }

    /// What it is, in words for a message: `a list`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

/// Reads one document. `None` comes with at least one error; duplicate keys are errors beside a tree.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let whole = Span::new(file, 0, 0);
    if text.len() > MAX_BYTES {
        let says = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        return (None, vec![Diagnostic::error("HL0102", whole, says)]);
    }
    let options = serde_yaml::options! {
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_depth: MAX_DEPTH,
            max_total_scalar_bytes: MAX_BYTES,
            max_recorded_anchor_bytes: MAX_BYTES,
            max_aliases: 1_000,
        },
    };
    match serde_yaml::from_str_with_options::<Raw>(text, options) {
        Ok(raw) => {
            let mut found = Vec::new();
            (Some(settle(raw, file, text, &mut found)), found)
        }
        Err(error) => (None, vec![refused("HL0101", &error, file, text)]),
    }
}

/// The finding behind an error of the parser, with `code` unless a budget was at its end.
pub(crate) fn refused(
    code: &'static str,
    error: &serde_yaml::Error,
    file: FileId,
    text: &str,
) -> Diagnostic {
    let place = error.location().map_or(0, |at| {
        let lines_before = usize::try_from(at.line()).unwrap_or(1).saturating_sub(1);
        let line_start: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
        let columns = usize::try_from(at.column()).unwrap_or(1).saturating_sub(1);
        let line = text.get(line_start..).unwrap_or_default();
        line_start + line.chars().take(columns).map(char::len_utf8).sum::<usize>()
    });
    let end = text
        .get(place..)
        .and_then(|rest| rest.chars().next())
        .map_or(place, |first| place + first.len_utf8());
    let says = error.without_snippet().to_string();
    let says = says.split(" at line ").next().unwrap_or(&says);
    let span = Span::new(file, place, end);
    if says.contains("budget") || says.contains("recursion") || says.contains("limit") {
        Diagnostic::error("HL0102", span, format!("the document is too large or too deep: {says}"))
            .help(format!("a flow needs no aliases in aliases and at most {MAX_DEPTH} levels"))
    } else {
        Diagnostic::error(code, span, says.to_owned())
    }
}

/// What the parser hands over, before scalars get their text as written.
struct Raw {
    kind: RawKind,
    /// First byte, and how many.
    start: u32,
    length: u32,
}

impl<'de> Deserialize<'de> for Raw {
    /// Keeps of the parser's two locations a node what is needed: a large file has half a million nodes.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let node = serde_yaml::Spanned::<RawKind>::deserialize(from)?;
        let at = node.defined.span();
        let clip = |bytes: Option<u64>| bytes.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let (start, length) = (clip(at.byte_offset()), clip(at.byte_len()));
        Ok(Self { kind: node.value, start, length })
    }
}

enum RawKind {
    Null,
    /// A quoted, block or plain text, as the parser understood it.
    Text(String),
    /// A plain scalar that the parser took for a number or a truth: its text stands in the source.
    Typed(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

fn settle(raw: Raw, file: FileId, text: &str, found: &mut Vec<Diagnostic>) -> Node {
    let (start, length) = (raw.start as usize, raw.length as usize);
    let written = text.get(start..start.saturating_add(length)).unwrap_or_default();
    let trimmed = written.trim_end();
    let span = Span::new(file, start, start + trimmed.len());
    let plain = !trimmed.starts_with(['"', '\'']);
    let kind = match raw.kind {
        RawKind::Null => Kind::Null,
        RawKind::Text(value) => {
            // A block scalar's span covers its body: not one word of the source, so not a plain one either.
            let plain = plain && value == trimmed;
            Kind::Scalar(Scalar { text: value, plain })
        }
        RawKind::Typed(value) => {
            let text = if trimmed.is_empty() { value } else { trimmed.to_owned() };
            Kind::Scalar(Scalar { text, plain: true })
        }
        RawKind::List(items) => {
            Kind::List(items.into_iter().map(|item| settle(item, file, text, found)).collect())
        }
        RawKind::Map(raw) => Kind::Map(unique(raw, file, text, found)),
    };
    Node { kind, span }
}

/// Up to how many entries looking through all is cheaper than hashing.
const SMALL_MAP: usize = 16;

/// Settles the entries of a map, of which the first of each key counts.
fn unique(
    raw: Vec<(Raw, Raw)>,
    file: FileId,
    text: &str,
    found: &mut Vec<Diagnostic>,
) -> Vec<(Node, Node)> {
    let mut entries: Vec<(Node, Node)> = Vec::with_capacity(raw.len());
    let large = raw.len() > SMALL_MAP;
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for (key, value) in raw {
        let key = settle(key, file, text, found);
        let value = settle(value, file, text, found);
        let Some(name) = key.text() else {
            let says = format!("a key must be a text, not {}", key.what());
            found.push(Diagnostic::error("HL0104", key.span, says));
            continue;
        };
        let first = if large {
            seen.get(name).and_then(|at| entries.get(*at))
        } else {
            entries.iter().find(|(key, _)| key.text() == Some(name))
        };
        if let Some((first, _)) = first {
            let says = format!("`{name}` is written twice here");
            found.push(
                Diagnostic::error("HL0103", key.span, says)
                    .note(first.span, "first written here")
                    .help("remove one, or give it another name".to_owned()),
            );
        } else {
            if large {
                seen.insert(name.to_owned(), entries.len());
            }
            entries.push((key, value));
        }
    }
    entries
}

impl<'de> Deserialize<'de> for RawKind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = RawKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawKind, E> {
        Ok(RawKind::Typed(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawKind, E> {
        Ok(RawKind::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<RawKind, E> {
        Ok(RawKind::Null)
    }

    fn visit_none<E>(self) -> Result<RawKind, E> {
        Ok(RawKind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<RawKind, D::Error> {
        RawKind::deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<RawKind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(RawKind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<RawKind, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(RawKind::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Sources, text::render};

    fn read(text: &str) -> (Option<Node>, String) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (node, found) = parse(file, text);
        (node, render(&found, &sources, false))
    }

    #[test]
    fn scalars_stay_as_they_were_written() {
        let (node, found) =
            read("a: 0123\nb: yes\nc: \"1860\"\nd: 5s\n1: 2.50\ne: |\n  one\n  two\n");
        let node = node.unwrap();
        let texts: Vec<_> = node
            .entries()
            .iter()
            .map(|(key, value)| match &value.kind {
                Kind::Scalar(scalar) => (key.text().unwrap(), scalar.text.as_str(), scalar.plain),
                Kind::Null | Kind::List(_) | Kind::Map(_) => unreachable!(),
            })
            .collect();
        let expected = [
            ("a", "0123", true),
            ("b", "yes", true),
            ("c", "1860", false),
            ("d", "5s", true),
            ("1", "2.50", true),
            ("e", "one\ntwo\n", false),
        ];
        assert_eq!((texts.as_slice(), found.as_str()), (expected.as_slice(), ""));
    }

    #[test]
    fn keys_and_values_know_where_they_were_written() {
        let text = "title: { zh-CN: 商城, en-US: Shop }\nkeys:\n  - 1: main\n";
        let (node, _) = read(text);
        let node = node.unwrap();
        let at = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
        let title = node.get("title").unwrap();
        assert_eq!((at(&title.entries()[0].0), at(&title.entries()[0].1)), ("zh-CN", "商城"));
        let keys = &node.get("keys").unwrap().items()[0];
        assert_eq!((at(&keys.entries()[0].0), at(&keys.entries()[0].1)), ("1", "main"));
    }

    #[test]
    fn a_key_written_twice_is_shown_with_the_first_one() {
        let (node, found) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(node.unwrap().get("a").and_then(Node::text), Some("1"));
        insta::assert_snapshot!(found, @"
        error[HL0103]: `a` is written twice here
         --> a.yaml:3:1
          |
        3 | a: 3
          | ^
          |
         ::: a.yaml:1:1
          |
        1 | a: 1
          | - first written here
          |
          = help: remove one, or give it another name
        ");
    }

    #[test]
    fn what_is_not_yaml_is_pointed_at() {
        let (node, found) = read("a: 1\nb: [x\nc: 2\n");
        assert_eq!(node, None);
        insta::assert_snapshot!(found, @"
        error[HL0101]: illegal placement of ':' indicator
         --> a.yaml:3:2
          |
        3 | c: 2
          |  ^
        ");
    }

    #[test]
    fn bombs_and_wells_end_soon() {
        let bomb = (1..10).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            text + &format!("a{level}: &a{level} [{aliases}]\n")
        });
        let deep = |levels| "[".repeat(levels) + &"]".repeat(levels);
        let texts = [
            bomb,
            "[".repeat(20_000),
            deep(25),
            deep(64),
            "a: ".to_owned() + &"x".repeat(MAX_BYTES),
        ];
        for text in texts {
            let (node, found) = read(&text);
            assert_eq!(node, None);
            assert!(found.contains("HL0102"), "{found:.200}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_tree_or_a_finding(text in "[ -~\n\u{4e00}-\u{4e20}&*!|>'\"\\[\\]{}:,-]{0,80}") {
            let (node, found) = read(&text);
            assert!(node.is_some() || !found.is_empty());
        }
    }
}

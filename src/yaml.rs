//! A YAML document as a tree in which every key and every value knows where it was written.
//!
//! Read by `flow`, `speech`, `config` and `sim`. Scalars stay as they were written (`0123`, `yes`, `1860` are texts):
//! what they mean is for the reader to say. The events come from serde-saphyr's parser; bounds against alias bombs and deep
//! nesting are kept here, and duplicate keys are reported and the first one counts.

use std::collections::HashMap;

use serde_yaml::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::diagnostic::{Diagnostic, FileId, MAX_FINDINGS, Span};

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
    let mut tree = Builder::new(file, text);
    for event in Parser::new_from_str(text) {
        let taken = event.map_err(|error| tree.refused(&error)).and_then(|it| tree.take(it));
        if let Err(wrong) = taken {
            return (None, vec![wrong]);
        }
    }
    let nothing = Node { kind: Kind::Null, span: whole };
    (Some(tree.root.unwrap_or(nothing)), tree.found)
}

/// The tree so far, made of the parser's events. Deserialising the tree through serde, with places, took six times as long
/// (270 ms of 1.8 MB, 10,000 steps).
struct Builder<'a> {
    file: FileId,
    text: &'a str,
    /// Lists and maps that have begun, the outermost first.
    open: Vec<Open>,
    root: Option<Node>,
    /// What `&name` stands before, for `*name`.
    anchors: HashMap<usize, (Node, Size)>,
    /// How many nodes and bytes of text there are.
    size: Size,
    found: Vec<Diagnostic>,
}

/// How much a node holds.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    /// Levels of lists and maps.
    levels: usize,
}

/// A list or map that has begun.
struct Open {
    span: Span,
    anchor: usize,
    /// What there was before it.
    before: Size,
    /// The most levels of a part so far.
    levels: usize,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    Map {
        entries: Vec<(Node, Node)>,
        /// A key whose value is still to come.
        key: Option<Node>,
        /// Where each key stands in `entries`, once there are many.
        seen: HashMap<String, usize>,
    },
}

/// Up to how many entries looking through all is cheaper than hashing.
const SMALL_MAP: usize = 16;

impl<'a> Builder<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Self {
            file,
            text,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            size: Size::default(),
            found: Vec::new(),
        }
    }

    fn take(&mut self, (event, at): (Event<'_>, serde_yaml::granit_parser::Span)) -> Taken {
        let start = at.start.byte_offset().unwrap_or(0);
        let end = at.end.byte_offset().unwrap_or(start);
        let written = self.text.get(start..end).unwrap_or_default().trim_end();
        let span = Span::new(self.file, start, start + written.len());
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(&*value, "" | "~" | "null" | "Null" | "NULL");
                let bytes = value.len();
                let kind = if null {
                    Kind::Null
                } else {
                    // A plain text over several lines is not one word of the source.
                    let plain = plain && *value == *written;
                    Kind::Scalar(Scalar { text: value.into_owned(), plain })
                };
                self.add(Node { kind, span }, Size { nodes: 1, bytes, levels: 0 }, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.begin(style, span, anchor, Parts::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, _) => {
                let (entries, seen) = (Vec::new(), HashMap::new());
                self.begin(style, span, anchor, Parts::Map { entries, key: None, seen })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((node, size)) => {
                    let (node, size) = (node.clone(), *size);
                    self.size.bytes += size.bytes;
                    self.size.nodes += size.nodes - 1;
                    self.add(node, Size { bytes: 0, ..size }, 0)
                }
                None => {
                    let says = "this stands inside of what it repeats";
                    Err(Diagnostic::error("HL0101", span, says))
                }
            },
            Event::DocumentStart(..) if self.root.is_some() => {
                let says = "a second document begins here";
                let help = "one file holds one document: remove the `---`".to_owned();
                Err(Diagnostic::error("HL0101", span, says).help(help))
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | Event::Comment(..)
            | _ => Ok(()),
        }
    }

    fn begin(&mut self, style: StructureStyle, span: Span, anchor: usize, parts: Parts) -> Taken {
        let span = match style {
            StructureStyle::Flow => span,
            StructureStyle::Block => Span { end: span.start, ..span },
        };
        self.open.push(Open { span, anchor, before: self.size, levels: 0, parts });
        self.bounded(span, 0)
    }

    fn end(&mut self) -> Taken {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.parts {
            Parts::List(mut items) => {
                items.shrink_to_fit(); // most lists and maps are shorter than what a `Vec` begins with
                Kind::List(items)
            }
            Parts::Map { mut entries, .. } => {
                entries.shrink_to_fit();
                Kind::Map(entries)
            }
        };
        // Its parts are counted already: only itself is new.
        let own = Size { nodes: 1, bytes: 0, levels: open.levels + 1 };
        let node = Node { kind, span: open.span };
        if open.anchor != 0 {
            let size = Size {
                nodes: self.size.nodes - open.before.nodes + 1,
                bytes: self.size.bytes - open.before.bytes,
                levels: own.levels,
            };
            self.anchors.insert(open.anchor, (node.clone(), size));
        }
        self.add(node, own, 0)
    }

    /// Puts a finished node where it belongs; what it adds to the whole is `size`.
    fn add(&mut self, node: Node, size: Size, anchor: usize) -> Taken {
        self.size.nodes += 1;
        self.size.bytes += size.bytes;
        self.bounded(node.span, size.levels)?;
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.levels = open.levels.max(size.levels);
        match &mut open.parts {
            Parts::List(items) => items.push(node),
            Parts::Map { entries, key, seen } => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    let wrong = enter(entries, seen, key, node);
                    self.found.extend(wrong.filter(|_| self.found.len() < MAX_FINDINGS));
                }
            },
        }
        Ok(())
    }

    /// Refuses what is too large, with `levels` more below those that are open.
    fn bounded(&self, span: Span, levels: usize) -> Taken {
        let much = if self.size.nodes > MAX_NODES {
            format!("it has more than {MAX_NODES} values")
        } else if self.size.bytes > MAX_BYTES {
            format!("its texts, repeated ones counted each time, have more than {MAX_BYTES} bytes")
        } else if self.open.len() + levels > MAX_DEPTH {
            format!("it has more than {MAX_DEPTH} levels")
        } else {
            return Ok(());
        };
        let says = format!("the document is too large or too deep: {much}");
        let help = "a flow needs no aliases in aliases and no more than 8 levels".to_owned();
        Err(Diagnostic::error("HL0102", span, says).help(help))
    }

    /// The finding behind an error of the parser.
    fn refused(&self, error: &ScanError) -> Diagnostic {
        let start = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let first = self.text.get(start..).and_then(|rest| rest.chars().next());
        let span = Span::new(self.file, start, start + first.map_or(0, char::len_utf8));
        // The parser reads ahead, so that its own bound on levels may come before ours.
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            let says = "the document is too large or too deep";
            return Diagnostic::error("HL0102", span, says);
        }
        Diagnostic::error("HL0101", span, error.info())
    }
}

type Taken = Result<(), Diagnostic>;

/// Adds an entry to a map, of which the first of each key counts.
fn enter(
    entries: &mut Vec<(Node, Node)>,
    seen: &mut HashMap<String, usize>,
    key: Node,
    value: Node,
) -> Option<Diagnostic> {
    let Some(name) = key.text() else {
        let says = format!("a key must be a text, not {}", key.what());
        return Some(Diagnostic::error("HL0104", key.span, says));
    };
    if entries.len() == SMALL_MAP {
        let names = entries.iter().enumerate();
        seen.extend(names.filter_map(|(at, (key, _))| Some((key.text()?.to_owned(), at))));
    }
    let large = entries.len() >= SMALL_MAP;
    let first = if large {
        seen.get(name).and_then(|at| entries.get(*at))
    } else {
        entries.iter().find(|(key, _)| key.text() == Some(name))
    };
    if let Some((first, _)) = first {
        let says = format!("`{name}` is written twice here");
        let wrong = Diagnostic::error("HL0103", key.span, says)
            .note(first.span, "first written here")
            .help("remove one, or give it another name".to_owned());
        return Some(wrong);
    }
    if large {
        seen.insert(name.to_owned(), entries.len());
    }
    entries.push((key, value));
    None
}

/// The finding behind an error of serde, for rooms that read a document into types of their own: `code` unless a budget
/// was at its end.
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
        // Each alias is one level deeper than the last, or repeats one long text.
        let well = (1..30).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
            text + &format!("a{level}: &a{level} [*a{}]\n", level - 1)
        });
        let long = format!("a: &a {}\nb: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(50));
        let texts = [
            bomb,
            well,
            long,
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

    #[test]
    fn what_is_repeated_counts_where_it_is_repeated() {
        let (node, found) = read("a: &a { b: 1 }\nc: *a\nd: [*a, *a]\n---\ne: 1\n");
        assert!(node.is_none() && found.contains("a second document begins here"), "{found}");
        let (node, found) = read("a: &a { b: 1 }\nc: *a\nd: [*a, *a]\n");
        let node = node.unwrap();
        assert_eq!((node.get("c"), found.as_str()), (node.get("a"), ""));
        assert_eq!(node.get("d").unwrap().items().len(), 2);
        for text in ["a: &a [*a]\n", "a: *b\n", "a: &a { *a : 1 }"] {
            let (node, found) = read(text);
            assert!(node.is_none() && found.contains("HL0101"), "{text}: {found}");
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

//! What is being typed: the part of a file around the cursor, made whole and held against the table.
//!
//! A file that is being typed is seldom YAML. What matters is one step of it: its lines, with a word of our own where
//! the cursor is and the braces closed that are still open. Steps before and after, broken or not, play no part.

use super::files::File;
use crate::diagnostic::{FileId, Span};
use crate::flow::reference::{Owner, Place, What, places};
use crate::yaml;

/// What is being typed.
#[derive(Debug)]
pub(super) struct Spot {
    /// What belongs there.
    pub(super) what: What,
    /// The lookup that a column or a parameter is of.
    pub(super) lookup: Option<String>,
    /// The flow that an input or an exit is of.
    pub(super) run: Option<String>,
    /// The keys beside it, and the texts behind them.
    pub(super) beside: Vec<(String, Option<String>)>,
    /// The texts of the action or map around it: `play: welcome`, for what depends on it.
    pub(super) around: Vec<(String, String)>,
    /// What of the word is typed already.
    pub(super) typed: Span,
    /// Whether a colon follows already.
    pub(super) has_colon: bool,
    /// What stands before the word on its line.
    pub(super) before: String,
}

impl Spot {
    /// Whether a key is written already.
    pub(super) fn has_beside(&self, name: &str) -> bool {
        self.beside.iter().any(|(key, _)| key == name)
    }
}

/// Stands where the cursor is. No name that a designer gives.
const MARK: &str = "zqcursorqz";

/// What is being typed at byte `offset` of a file.
pub(super) fn spot(file: &File, offset: usize) -> Option<Spot> {
    let shape = file.shape()?;
    let text = &*file.text;
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..)?.lines().next().unwrap_or_default();
    let written = text.get(line_start..offset)?;
    let is_part = |it: char| it.is_alphanumeric() || "_-.*#".contains(it);
    let dash = written.len() - written.trim_start_matches([' ', '-']).len();
    let word = written.trim_end_matches(is_part).len().max(dash.min(written.len()));
    let before = written.get(..word)?;
    let after = line.get(written.len()..)?;
    let rest = after.trim_start_matches(is_part);
    let has_colon = rest.trim_start().starts_with(':');
    let (head, tail) = around(text, line_start);
    for (rest, tail) in [(rest, tail), ("", "")] {
        for form in [MARK.to_owned(), format!("{MARK}: {MARK}")] {
            let mut part = format!("{head}{before}{form}{rest}\n{tail}");
            if tail.is_empty() {
                part.truncate(part.trim_end().len());
                part.push_str(&closers(&part));
            }
            let (tree, _) = yaml::parse(FileId::default(), &part);
            let Some(tree) = tree else { continue };
            let all = places(&tree, shape);
            let here = |it: &&Place<'_>| it.node.text().is_some_and(|it| it.contains(MARK));
            let Some(place) = all.iter().find(here) else { continue };
            let texts = |entries: &[(yaml::Node, yaml::Node)]| -> Vec<_> {
                let text = |node: &yaml::Node| node.text().map(str::to_owned);
                entries.iter().filter_map(|(key, value)| Some((text(key)?, text(value)))).collect()
            };
            let around = all.iter().filter(|it| matches!(it.what, What::Action(Some(_), _)));
            let around = around.flat_map(|it| texts(it.beside));
            let (lookup, run) = match place.owner {
                Some(Owner::Lookup(name)) => (Some(name.to_owned()), None),
                Some(Owner::Flow(name)) => (None, Some(name.to_owned())),
                None => (None, None),
            };
            return Some(Spot {
                what: place.what,
                lookup,
                run,
                beside: texts(place.beside).into_iter().filter(|it| !it.0.contains(MARK)).collect(),
                around: around.filter_map(|(key, text)| Some((key, text?))).collect(),
                typed: Span::new(file.id, line_start + word, offset),
                has_colon,
                before: before.to_owned(),
            });
        }
    }
    None
}

/// The lines before the cursor's that matter for it, and those behind it: the key at the left margin, and of its entries
/// the one that the cursor is in.
fn around(text: &str, line_start: usize) -> (String, &str) {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let behind = text.get(line_start..).unwrap_or_default();
    let (current, behind) = behind.split_once('\n').unwrap_or((behind, ""));
    let before: Vec<&str> = text.get(..line_start).unwrap_or_default().lines().collect();
    let starts_at_margin = indent(current) == 0 && !current.trim().is_empty();
    let top = before.iter().rposition(|line| indent(line) == 0 && counts(line));
    let Some(top) = top.filter(|_| !starts_at_margin) else { return (String::new(), "") };
    let lines = before.get(top + 1..).unwrap_or_default();
    let entry_indent = lines.iter().find(|line| counts(line)).map_or(0, |line| indent(line));
    // The entry begins with the last line that stands as far left as the first.
    let is_entry = |line: &&str| counts(line) && indent(line) <= entry_indent;
    let own = is_entry(&current) && entry_indent > 0;
    let from = if own { lines.len() } else { lines.iter().rposition(is_entry).unwrap_or(0) };
    let mut head = format!("{}\n", before.get(top).unwrap_or(&""));
    lines.get(from..).unwrap_or_default().iter().for_each(|line| {
        head.push_str(line);
        head.push('\n');
    });
    let mut length = 0;
    for line in behind.split_inclusive('\n') {
        if counts(&line) && indent(line) <= entry_indent {
            break;
        }
        length += line.len();
    }
    (head, behind.get(..length).unwrap_or_default())
}

/// The braces and brackets that are still open at the end of a text, closed.
fn closers(text: &str) -> String {
    let mut open = Vec::new();
    let mut quote = None;
    let mut last = '\n';
    for letter in text.chars() {
        match (quote, letter) {
            (Some(it), _) if it == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if " [{,:".contains(last) => quote = Some(letter),
            (None, '{') => open.push('}'),
            (None, '[') => open.push(']'),
            (None, '}' | ']') => {
                open.pop();
            }
            (None, '\n') | (None, _) => {}
        }
        last = letter;
    }
    quote.into_iter().chain(open.into_iter().rev()).collect()
}

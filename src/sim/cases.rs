//! One scenario told for many cases: `{column}` in its talk and its world stands for the cell of each row.
//!
//! ```yaml
//! each state of an order has words of its own:
//!   cases:
//!     paid:   { number: "20260002", prompt: order-paid }
//!     packed: { number: "20260005", prompt: order-packed }
//!   talk: [keys: "1{number}", hears_later: "{prompt}"]
//! ```
//! The tree is filled before anything reads it, so that every field and every line can have places.

use std::collections::BTreeSet;

use super::fields::Found;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::yaml::{Kind, Node};

/// One row, with its places filled.
pub(super) struct Case {
    /// What it is called, behind the scenario's name.
    pub(super) name: String,
    /// Where it stands.
    pub(super) span: Span,
    /// The scenario with this row's cells.
    pub(super) body: Node,
}

/// The most keys and values that all cases of a scenario may come to.
const MAX_NODES: usize = 200_000;

/// A scenario for each row of `cases`; nothing if it has none.
pub(super) fn expand(body: &Node, found: &mut Found) -> Option<Vec<Case>> {
    let table = body.get("cases")?;
    let rows: Vec<(Option<&Node>, &Node)> = match &table.kind {
        Kind::Map(entries) => entries.iter().map(|(name, row)| (Some(name), row)).collect(),
        Kind::List(items) => items.iter().map(|row| (None, row)).collect(),
        Kind::Null | Kind::Scalar(_) => Vec::new(),
    };
    let Some((_, first)) = rows.first() else {
        let says = "`cases` has no rows";
        let help = "write a name and its cells: `paid: { number: \"1\", prompt: order-paid }`";
        let span = body.entries().iter().find(|(key, _)| key.text() == Some("cases"));
        let span = span.map_or(table.span, |(key, _)| key.span);
        found.push(Diagnostic::error("HL0802", span, says).help(help.to_owned()));
        return Some(Vec::new());
    };
    let template: Vec<&(Node, Node)> =
        body.entries().iter().filter(|(key, _)| key.text() != Some("cases")).collect();
    let size: usize = template.iter().map(|(key, value)| nodes(key) + nodes(value)).sum();
    if size.saturating_mul(rows.len()) > MAX_NODES {
        let says = format!("these cases come to more than {MAX_NODES} keys and values");
        found.push(Diagnostic::error("HL0802", place(first), says));
        return Some(Vec::new());
    }
    let columns: Vec<&str> = first.entries().iter().filter_map(|(key, _)| key.text()).collect();
    let mut used = BTreeSet::new();
    let mut cases = Vec::with_capacity(rows.len());
    for (nth, (name, row)) in rows.iter().enumerate() {
        lacking(row, &columns, found);
        // What is wrong with the places is said once, not for each row.
        let mut wrong = Vec::new();
        let filled = template.iter().map(|(key, value)| {
            (fill(key, row, &mut used, &mut wrong), fill(value, row, &mut used, &mut wrong))
        });
        let body = Node { kind: Kind::Map(filled.collect()), span: body.span };
        if nth == 0 {
            found.append(&mut wrong);
        }
        let cells = || row.entries().iter().filter_map(|(_, cell)| cell.text());
        let name = name.and_then(Node::text).map(str::to_owned);
        let name = name.unwrap_or_else(|| cells().collect::<Vec<_>>().join(", "));
        cases.push(Case { name, span: place(row), body });
    }
    for (column, _) in first.entries() {
        if column.text().is_some_and(|it| !used.contains(it)) {
            let name = column.text().unwrap_or_default();
            let says = format!("no line has a place for the column `{name}`");
            let help = format!("write `{{{name}}}` where its cells belong, or leave it out");
            found.push(Diagnostic::error("HL0804", column.span, says).help(help));
        }
    }
    Some(cases)
}

/// Each row has the columns of the first.
fn lacking(row: &Node, columns: &[&str], found: &mut Found) {
    let own = || row.entries().iter().filter_map(|(key, _)| key.text());
    let missing: Vec<&str> =
        columns.iter().copied().filter(|column| !own().any(|it| it == *column)).collect();
    if !missing.is_empty() {
        let says = format!("this case has no `{}`", missing.join("`, `"));
        let help = format!("give each case the same columns: {}", columns.join(", "));
        found.push(Diagnostic::error("HL0805", place(row), says).help(help));
    }
    for (key, _) in row.entries() {
        if let Some(name) = key.text().filter(|it| !columns.contains(it)) {
            let says = format!("the first case has no `{name}`");
            let help = format!("give each case the same columns: {}", columns.join(", "));
            found.push(Diagnostic::error("HL0805", key.span, says).help(help));
        }
    }
}

/// A copy of `node` with the cells of `row` in its places.
fn fill<'a>(
    node: &Node,
    row: &'a Node,
    used: &mut BTreeSet<&'a str>,
    wrong: &mut Vec<Diagnostic>,
) -> Node {
    let mut filled = |it: &Node| fill(it, row, used, wrong);
    let kind = match &node.kind {
        Kind::Null => Kind::Null,
        Kind::List(items) => Kind::List(items.iter().map(filled).collect()),
        // `{number}` without quotes reads as a map, and means the same.
        Kind::Map(entries) => match entries.as_slice() {
            [(column, Node { kind: Kind::Null, .. })] if cell(row, column.text()).is_some() => {
                let mut scalar = column.clone();
                if let (Some((name, cell)), Kind::Scalar(it)) =
                    (cell(row, column.text()), &mut scalar.kind)
                {
                    used.insert(name);
                    cell.clone_into(&mut it.text);
                }
                scalar.kind
            }
            entries => {
                Kind::Map(entries.iter().map(|(key, value)| (filled(key), filled(value))).collect())
            }
        },
        Kind::Scalar(scalar) => {
            let mut scalar = scalar.clone();
            scalar.text = fill_text(&scalar.text, node.span, row, used, wrong);
            Kind::Scalar(scalar)
        }
    };
    Node { kind, span: node.span }
}

fn fill_text<'a>(
    text: &str,
    at: Span,
    row: &'a Node,
    used: &mut BTreeSet<&'a str>,
    wrong: &mut Vec<Diagnostic>,
) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = behind.split_once('}') else {
            filled.push('{');
            rest = behind;
            continue;
        };
        if let Some((name, cell)) = cell(row, Some(name.trim())) {
            used.insert(name);
            filled.push_str(cell);
        } else {
            let known = row.entries().iter().filter_map(|(key, _)| key.text());
            let help = nearest(name.trim(), known.clone()).map_or_else(
                || format!("the columns are {}", known.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{{{near}}}`?"),
            );
            let says = format!("no case has a column `{name}`");
            wrong.push(Diagnostic::error("HL0803", at, says).help(help));
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// The column and the cell called `name`; a cell that was left empty is an empty text.
fn cell<'a>(row: &'a Node, name: Option<&str>) -> Option<(&'a str, &'a str)> {
    let (column, cell) = row.entries().iter().find(|(key, _)| key.text() == name)?;
    Some((column.text()?, cell.text().unwrap_or_default()))
}

fn nodes(node: &Node) -> usize {
    1 + node.items().iter().map(nodes).sum::<usize>()
        + node.entries().iter().map(|(key, value)| nodes(key) + nodes(value)).sum::<usize>()
}

/// A row's first key: a map has no span of its own.
fn place(row: &Node) -> Span {
    row.entries().first().map_or(row.span, |(key, _)| key.span)
}

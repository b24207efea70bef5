//! Single values of a flow: names, lengths of time, keys, types.

use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::flow::duration;
use crate::flow::expr::{Expr, parse::is_keyword};
use crate::flow::model::{Given, Lang, Name, Texts};
use crate::secret::Key;
use crate::value::{TYPE_NAMES, Type};
use crate::yaml::{Kind, Node};

type Found = Vec<Diagnostic>;

/// A text that is not empty, whatever it says; `what` names it: `a step`.
pub(super) fn word<'a>(node: &'a Node, what: &str, found: &mut Found) -> Option<&'a str> {
    match &node.kind {
        Kind::Scalar(scalar) if !scalar.text.trim().is_empty() => Some(&scalar.text),
        Kind::Scalar(_) | Kind::Null => {
            let says = format!("nothing is written here, where {what} belongs");
            found.push(Diagnostic::error("HL0110", node.span, says));
            None
        }
        Kind::List(_) | Kind::Map(_) => {
            let says = format!("{what} belongs here, not {}", node.what());
            found.push(Diagnostic::error("HL0107", node.span, says));
            None
        }
    }
}

/// A name that stands elsewhere: of a step, a prompt, a queue.
pub(super) fn reference(node: &Node, what: &str, found: &mut Found) -> Option<Spanned<Name>> {
    word(node, what, found).map(|text| Spanned::new(text.into(), node.span))
}

/// Whether a text is `lower-case-kebab`.
pub(crate) fn is_kebab(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    text.len() <= MAX_NAME && text.split('-').all(part)
}

/// Whether a text is a `snake_case` name that expressions can use.
pub(crate) fn is_snake(text: &str) -> bool {
    let rest = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    text.len() <= MAX_NAME
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.bytes().all(rest)
        && !is_keyword(text)
}

/// The most bytes of a name, so that it fits on a wallboard and in a header.
const MAX_NAME: usize = 64;

/// A name given here to a flow or a step.
pub(super) fn kebab(node: &Node, what: &str, found: &mut Found) -> Option<Spanned<Name>> {
    let text = word(node, what, found)?;
    if !is_kebab(text) {
        let says = format!("`{text}` is no name for {what}");
        let better = text.to_lowercase().replace(['_', ' ', '.'], "-");
        let help = if is_kebab(&better) {
            format!("write `{better}`")
        } else {
            format!(
                "write lower-case words joined by hyphens, at most {MAX_NAME} letters: `order-status`"
            )
        };
        found.push(Diagnostic::error("HL0201", node.span, says).help(help));
    }
    Some(Spanned::new(text.into(), node.span))
}

/// A name given here to a lookup, a column or a variable.
pub(super) fn snake(node: &Node, what: &str, found: &mut Found) -> Option<Spanned<Name>> {
    let text = word(node, what, found)?;
    if !is_snake(text) {
        let says = format!("`{text}` is no name for {what}");
        let better = text.to_lowercase().replace(['-', ' ', '.'], "_");
        let help = if is_snake(&better) {
            format!("write `{better}`")
        } else {
            format!(
                "write lower-case words joined by `_`, at most {MAX_NAME} letters: `order_number`"
            )
        };
        found.push(Diagnostic::error("HL0201", node.span, says).help(help));
    }
    Some(Spanned::new(text.into(), node.span))
}

/// A word of the designer's own that says why.
pub(super) fn reason(node: &Node, found: &mut Found) -> Option<Spanned<Name>> {
    own_word(node, "a reason", found)
}

/// A word of the designer's own, which may have `_` or `-` in it: `an exit`.
pub(super) fn own_word(node: &Node, what: &str, found: &mut Found) -> Option<Spanned<Name>> {
    let text = word(node, what, found)?;
    if !is_kebab(&text.replace('_', "-")) {
        let says = format!("`{text}` is no name for {what}");
        let help = "write lower-case words joined by `_` or `-`: `order_not_found`".to_owned();
        found.push(Diagnostic::error("HL0201", node.span, says).help(help));
    }
    Some(Spanned::new(text.into(), node.span))
}

/// A language tag.
pub(super) fn language(node: &Node, found: &mut Found) -> Option<Spanned<Lang>> {
    let text = word(node, "a language", found)?;
    let part =
        |it: &str| (1..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric());
    if !text.split('-').all(part) {
        let says = format!("`{text}` is no language");
        let help = "write its BCP 47 tag: `zh-CN`, `en-US`".to_owned();
        found.push(Diagnostic::error("HL0201", node.span, says).help(help));
        return None;
    }
    Some(Spanned::new(text.into(), node.span))
}

pub(super) fn length_of_time(node: &Node, found: &mut Found) -> Option<Spanned<Duration>> {
    let text = word(node, "a length of time", found)?;
    let length = duration::read(text.trim());
    if length.is_none() {
        unreadable(
            node,
            format!("`{text}` is no length of time"),
            "write `5s`, `500ms` or `1m30s`",
            found,
        );
    }
    length.map(|it| Spanned::new(it, node.span))
}

pub(super) fn yes_no(node: &Node, found: &mut Found) -> Option<bool> {
    match word(node, "yes or no", found)? {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        text => {
            unreadable(
                node,
                format!("`{text}` is neither yes nor no"),
                "write `yes` or `no`",
                found,
            );
            None
        }
    }
}

pub(super) fn small(node: &Node, what: &str, found: &mut Found) -> Option<Spanned<u8>> {
    let text = word(node, what, found)?;
    let number = text.parse().ok();
    if number.is_none() {
        unreadable(node, format!("`{text}` is no whole number from 0 to 255"), "write `3`", found);
    }
    number.map(|it| Spanned::new(it, node.span))
}

/// One key of a telephone.
pub(super) fn key(node: &Node, found: &mut Found) -> Option<Spanned<Key>> {
    let text = word(node, "a key", found)?;
    let mut letters = text.chars();
    let key = match (letters.next(), letters.next()) {
        (Some(symbol), None) => Key::from_symbol(symbol),
        _ => None,
    };
    if key.is_none() {
        let help = "write one of 0 to 9, \"*\", \"#\"";
        unreadable(node, format!("`{text}` is no key of a telephone"), help, found);
    }
    key.map(|it| Spanned::new(it, node.span))
}

/// `6` or `8..12`
pub(super) fn range(node: &Node, found: &mut Found) -> Option<Spanned<(u8, u8)>> {
    let text = word(node, "a number of digits", found)?;
    let range = match text.split_once("..") {
        Some((least, most)) => least.trim().parse().ok().zip(most.trim().parse().ok()),
        None => text.parse().ok().map(|it| (it, it)),
    };
    if range.is_none() {
        unreadable(node, format!("`{text}` is no number of digits"), "write `6` or `8..12`", found);
    }
    range.map(|it| Spanned::new(it, node.span))
}

/// `digits`, `[paid, packed]`
pub(super) fn kind(node: &Node, found: &mut Found) -> Option<Spanned<Type>> {
    let given = given(node, found)?;
    if given.optional {
        let help = "only what a lookup or a flow `gives` may be missing";
        unreadable(node, "`?` does not belong here".to_owned(), help, found);
    }
    Some(given.kind)
}

/// `money`, `text?`, `[paid, packed]`, `"[paid, packed]?"`
pub(super) fn given(node: &Node, found: &mut Found) -> Option<Given> {
    if let Kind::List(items) = &node.kind {
        let words = items.iter().map(|item| word(item, "a word of the choice", found));
        let words: Option<Vec<_>> = words.collect();
        return choice(node, &words?, false, found);
    }
    let text = word(node, "a type", found)?.trim();
    let (name, optional) = text.strip_suffix('?').map_or((text, false), |it| (it.trim(), true));
    if let Some(words) = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let words: Vec<_> = words.split(',').map(str::trim).collect();
        return choice(node, &words, optional, found);
    }
    let Some(kind) = Type::from_name(name) else {
        let near = nearest(name, TYPE_NAMES);
        let help = near.map_or_else(
            || format!("types are {}, or a list of words: [paid, packed]", TYPE_NAMES.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let says = format!("no type is called `{name}`");
        found.push(Diagnostic::error("HL0310", node.span, says).help(help));
        return None;
    };
    Some(Given { kind: Spanned::new(kind, node.span), optional })
}

fn choice(node: &Node, words: &[&str], optional: bool, found: &mut Found) -> Option<Given> {
    let mut seen = std::collections::HashSet::new();
    let wrong = words.iter().find(|word| word.is_empty() || !seen.insert(**word));
    if words.is_empty() || wrong.is_some() {
        let says = wrong.filter(|it| !it.is_empty()).map_or_else(
            || "a choice has no empty word".to_owned(),
            |word| format!("`{word}` stands twice in this choice"),
        );
        unreadable(node, says, "write each word once: `[paid, packed, shipped]`", found);
        return None;
    }
    let words: Arc<[Arc<str>]> = words.iter().map(|word| Arc::from(*word)).collect();
    Some(Given { kind: Spanned::new(Type::Choice(words), node.span), optional })
}

/// A text per language, or one text for all of `languages`.
pub(super) fn texts(node: &Node, languages: &[Spanned<Lang>], found: &mut Found) -> Texts {
    if let Kind::Map(entries) = &node.kind {
        let mut texts = Texts::new();
        for (key, value) in entries {
            if let (Some(lang), Some(text)) = (language(key, found), word(value, "a text", found)) {
                texts.insert(lang.value, text.to_owned());
            }
        }
        return texts;
    }
    word(node, "a text per language", found)
        .map(|text| languages.iter().map(|it| (it.value.clone(), text.to_owned())).collect())
        .unwrap_or_default()
}

pub(super) fn expression(node: &Node, found: &mut Found) -> Option<Expr> {
    Expr::from_node(node).map_err(|wrong| found.push(wrong)).ok()
}

/// HL0108: a value that is written but means nothing.
pub(super) fn unreadable(node: &Node, says: String, help: &str, found: &mut Found) {
    found.push(Diagnostic::error("HL0108", node.span, says).help(help.to_owned()));
}

/// An empty block map or list is reported at the key before it.
pub(super) fn place(node: &Node, key: Span) -> Span {
    if node.span.start == node.span.end { key } else { node.span }
}

//! What the help of a finding says, as something that can be done with one key.

use super::rename::Edit;
use crate::diagnostic::{Diagnostic, Span};

/// Something that can be done about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does: `write `order-status``.
    pub title: String,
    /// What changes.
    pub edit: Edit,
}

/// What can be done about `it`, which was found in `text`.
#[must_use]
pub fn fixes(it: &Diagnostic, text: &str) -> Vec<Fix> {
    let Some(help) = &it.help else { return Vec::new() };
    let Some(written) = text.get(it.span.start as usize..it.span.end as usize) else {
        return Vec::new();
    };
    let replaced = |new: &str| {
        // Quotes stay.
        let quote = written.chars().next().filter(|it| matches!(it, '"' | '\''));
        let new = quote.map_or_else(|| new.to_owned(), |it| format!("{it}{new}{it}"));
        Fix { title: format!("write `{new}`"), edit: Edit { span: it.span, text: new } }
    };
    if written.is_empty() || written.contains('\n') {
        return added(it, help, text).into_iter().collect();
    }
    if let Some(name) = help.strip_prefix("did you mean `").and_then(|it| it.strip_suffix("`?")) {
        return vec![replaced(name)];
    }
    // ``write `bridge` or `blind` ``: one of some words, and nothing else.
    if let Some(words) =
        help.strip_prefix("write ").filter(|_| it.code == "HL0108" || it.code == "HL0201")
    {
        let words: Vec<&str> = words.split(" or ").collect();
        let name = |word: &str| word.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
        let names: Option<Vec<String>> = words.into_iter().map(name).collect();
        return names.unwrap_or_default().iter().map(|it| replaced(it)).collect();
    }
    added(it, help, text).into_iter().collect()
}

/// ``add a step `returns:` `` and ``add `otherwise: a-step` ``.
fn added(it: &Diagnostic, help: &str, text: &str) -> Option<Fix> {
    let file = it.span.file;
    let end = text.trim_end().len();
    if let Some(step) = help.strip_prefix("add a step `").and_then(|it| it.strip_suffix(":`")) {
        let edit = Edit {
            span: Span::new(file, end, end),
            text: format!("\n\n  {step}:\n    - hangup: goodbye"),
        };
        return Some(Fix { title: format!("add a step `{step}`"), edit });
    }
    let field = help.strip_prefix("add `").and_then(|it| it.strip_suffix('`'))?;
    if it.code != "HL0106" || field.contains('…') || field.contains('`') {
        return None;
    }
    // Below the key that lacks it, as deep as that stands.
    let start = it.span.start as usize;
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line_start..start)?;
    if !before.chars().all(|it| it == ' ' || it == '-') || before.is_empty() {
        return None;
    }
    let line_end = text.get(start..)?.find('\n').map_or(text.len(), |at| start + at);
    let edit = Edit {
        span: Span::new(file, line_end, line_end),
        text: format!("\n{}{field}", " ".repeat(before.len())),
    };
    Some(Fix { title: format!("add `{field}`"), edit })
}

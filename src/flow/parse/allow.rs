//! `allow:`, which silences a warning or hint in one place, with the reason why it may be as it is.

use super::values::{place, word};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::flow::model::Allow;
use crate::yaml::{Kind, Node};

/// Reads `{ HL0505: "reason" }`; `scope` is where it holds, the whole flow without one.
pub(super) fn allow(
    node: &Node,
    key: Span,
    scope: Option<Span>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Allow> {
    let Kind::Map(entries) = &node.kind else {
        let says = format!("`allow` is a map of codes, and this is {}", node.what());
        let help = "write `allow: { HL0505: \"why it may be so\" }`".to_owned();
        found.push(Diagnostic::error("HL0107", place(node, key), says).help(help));
        return Vec::new();
    };
    let read = entries.iter().filter_map(|(code, reason)| {
        let text = word(code, "a finding's code", found)?;
        let reason = match &reason.kind {
            // An empty reason is HL0112, found with the checks: it keeps no flow from being served.
            Kind::Null => String::new(),
            Kind::Scalar(scalar) => scalar.text.trim().to_owned(),
            Kind::List(_) | Kind::Map(_) => word(reason, "a reason", found)?.to_owned(),
        };
        Some(Allow { code: Spanned::new(text.into(), code.span), reason, scope })
    });
    read.collect()
}

/// From `span` on, all that `node` holds; the reader bounds how deep that is.
pub(super) fn extent(span: Span, node: &Node) -> Span {
    let start = span.start.min(node.span.start);
    let whole = Span { start, end: span.end.max(node.span.end), ..span };
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().fold(whole, |whole, (key, value)| extent(extent(whole, key), value))
        }
        Kind::List(items) => items.iter().fold(whole, extent),
        Kind::Null | Kind::Scalar(_) => whole,
    }
}

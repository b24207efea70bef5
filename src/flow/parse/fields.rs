//! Maps with known fields: what is missing, what nobody knows, what may stand there instead.

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::yaml::{Kind, Node};

/// A map of the flow, of which every key is one of `allowed`.
pub(super) struct Fields<'a> {
    /// What it is, for messages: `a lookup`, `` `menu` ``.
    what: &'static str,
    /// Where it stands, or where the key before it stands.
    span: Span,
    entries: &'a [(Node, Node)],
}

impl<'a> Fields<'a> {
    /// Opens `node`, which stands behind `at`. Keys that are not `allowed` are reported and left out.
    pub(super) fn open(
        node: &'a Node,
        what: &'static str,
        at: Span,
        allowed: &[&[&str]],
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            let span = if node.kind == Kind::Null { at } else { node.span };
            let says = format!("{what} is a map of fields, and this is {}", node.what());
            found.push(Diagnostic::error("HL0107", span, says).help(list(allowed)));
            return None;
        };
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if !allowed.iter().any(|names| names.contains(&name)) {
                let near = nearest(name, allowed.iter().flat_map(|names| names.iter().copied()));
                let help =
                    near.map_or_else(|| list(allowed), |it| Some(format!("did you mean `{it}`?")));
                let says = format!("{what} has no field `{name}`");
                found.push(Diagnostic::error("HL0105", key.span, says).help(help));
            }
        }
        Some(Self { what, span: at, entries })
    }

    /// The value of a field, if it is written.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// A field's key and value, if it is written.
    pub(super) fn entry(&self, name: &str) -> Option<&'a (Node, Node)> {
        self.entries.iter().find(|(key, _)| key.text() == Some(name))
    }

    /// All that is written, in its order.
    pub(super) const fn entries(&self) -> &'a [(Node, Node)] {
        self.entries
    }

    /// The value of a field that must be written.
    pub(super) fn need(
        &self,
        name: &'static str,
        example: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<&'a Node> {
        let value = self.get(name);
        if value.is_none() {
            let says = format!("{} has no `{name}`", self.what);
            let help = format!("add `{name}: {example}`");
            found.push(Diagnostic::error("HL0106", self.span, says).help(help));
        }
        value
    }
}

fn list(allowed: &[&[&str]]) -> Option<String> {
    let names: indexmap::IndexSet<_> = allowed.iter().flat_map(|names| names.iter()).collect();
    let names: Vec<_> = names.into_iter().copied().collect();
    Some(format!("its fields are {}", names.join(", ")))
}

//! What a file has, for an editor's list of symbols.

use super::files::{FileKind, Workspace};
use super::names::SymbolKind;
use crate::diagnostic::Span;
use crate::yaml::Node;

/// Something that a file gives a name to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Option<SymbolKind>,
    /// Where the name stands.
    pub span: Span,
    /// Where all of it stands.
    pub whole: Span,
}

impl Workspace {
    /// The steps and lookups of a flow, the prompts of a catalogue, the scenarios of a file.
    pub fn outline(&mut self, path: &str) -> Vec<Entry> {
        self.read();
        let Some(file) = self.file(path).filter(|it| it.is_current()) else { return Vec::new() };
        let Some(good) = file.good() else { return Vec::new() };
        let sections: &[(&str, Option<SymbolKind>)] = match file.kind {
            FileKind::Flow => {
                &[("lookups", Some(SymbolKind::Lookup)), ("steps", Some(SymbolKind::Step))]
            }
            FileKind::Scenarios => &[("scenarios", None)],
            FileKind::Catalogue => &[("prompts", Some(SymbolKind::Prompt))],
            FileKind::Config => &[
                ("queues", Some(SymbolKind::Queue)),
                ("calendars", Some(SymbolKind::Calendar)),
                ("connectors", Some(SymbolKind::Connector)),
                ("cases", Some(SymbolKind::CaseKind)),
                ("notify", Some(SymbolKind::Receiver)),
            ],
        };
        let mut all = Vec::new();
        for (section, kind) in sections {
            for (key, value) in good.tree.get(section).map(Node::entries).unwrap_or_default() {
                all.push(Entry {
                    name: key.text().unwrap_or_default().to_owned(),
                    kind: *kind,
                    span: key.span,
                    whole: Span { end: last(value).max(key.span.end), ..key.span },
                });
            }
        }
        all
    }
}

/// The last byte of a value; the tree is as deep as `yaml` allows.
fn last(node: &Node) -> u32 {
    let entries = node.entries().iter().flat_map(|(key, value)| [key.span.end, last(value)]);
    let items = node.items().iter().map(last);
    entries.chain(items).max().unwrap_or(0).max(node.span.end)
}

//! The files of a workspace as they are being written, and what could last be made of each.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::names::{Symbol, SymbolKind};
use crate::diagnostic::{FileId, Span};
use crate::flow::model::Flow;
use crate::flow::reference::{FLOW, Place, Shape, places};
use crate::flow::{self};
use crate::sim::SCENARIOS;
use crate::speech::Catalogue;
use crate::value::Type;
use crate::yaml::{self, Node};

/// The most files of a workspace; more are left out.
const MAX_FILES: usize = 2_000;

/// What a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A flow.
    Flow,
    /// The scenarios beside a flow.
    Scenarios,
    /// The words of a language.
    Catalogue,
    /// `hotline.yaml`.
    Config,
}

impl FileKind {
    /// What a file of this name is; `config` is the path of the configuration.
    #[must_use]
    pub fn of(path: &str, config: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if path == config {
            Some(Self::Config)
        } else if name.ends_with(".test.yaml") {
            Some(Self::Scenarios)
        } else if name == "catalog.yaml" {
            Some(Self::Catalogue)
        } else {
            name.ends_with(".yaml").then_some(Self::Flow)
        }
    }
}

/// One file.
#[derive(Debug)]
pub struct File {
    /// What spans call it.
    pub id: FileId,
    /// Where it is.
    pub path: Arc<str>,
    /// What it says.
    pub kind: FileKind,
    /// As it is being written.
    pub text: Arc<str>,
    /// The last text that was YAML.
    good: Option<Good>,
    /// Whether `good` has been brought up to `text`.
    is_read: bool,
}

/// A text that was YAML, and what was made of it when somebody asked.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) text: Arc<str>,
    pub(super) tree: Node,
    flow: OnceCell<Option<(Flow, HashMap<String, Type>)>>,
    catalogue: OnceCell<Option<Catalogue>>,
    /// The names of the flows that it runs.
    pub(super) runs: OnceCell<Vec<Arc<str>>>,
}

/// All files of a house: flows, scenarios, catalogues, the configuration.
#[derive(Debug, Default)]
pub struct Workspace {
    files: Vec<File>,
}

impl Workspace {
    /// Takes a file's text, as it is now.
    pub fn set(&mut self, path: &str, kind: FileKind, text: &str) {
        let count = self.files.len();
        match self.files.iter_mut().find(|it| &*it.path == path) {
            Some(file) if *file.text == *text && file.kind == kind => {}
            Some(file) => {
                (file.text, file.kind, file.is_read) = (text.into(), kind, false);
            }
            None if count < MAX_FILES => {
                let id = FileId(u32::try_from(count).unwrap_or(u32::MAX));
                let (path, text) = (path.into(), text.into());
                self.files.push(File { id, path, kind, text, good: None, is_read: false });
            }
            None => {}
        }
    }

    /// The file at `path`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|it| &*it.path == path)
    }

    /// The file that spans call `id`.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&File> {
        self.files.iter().find(|it| it.id == id)
    }

    /// All files, in the order that they came.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// Reads what has been written since it was last asked for.
    pub(super) fn read(&mut self) {
        for file in self.files.iter_mut().filter(|it| !it.is_read) {
            file.is_read = true;
            let (tree, _) = yaml::parse(file.id, &file.text);
            if let Some(tree) = tree {
                file.good = Some(Good {
                    text: Arc::clone(&file.text),
                    tree,
                    flow: OnceCell::new(),
                    catalogue: OnceCell::new(),
                    runs: OnceCell::new(),
                });
            }
        }
    }

    /// The flow that a scenario file stands beside, or the flow itself.
    pub(super) fn flow_of(&self, file: &File) -> Option<&File> {
        match file.kind {
            FileKind::Flow => self.get(file.id),
            FileKind::Scenarios => {
                let flow = format!("{}.yaml", file.path.strip_suffix(".test.yaml")?);
                self.file(&flow)
            }
            FileKind::Catalogue | FileKind::Config => None,
        }
    }

    /// The catalogues, in the order that they came.
    pub(super) fn catalogues(&self) -> impl Iterator<Item = &Catalogue> {
        let catalogues = self.files.iter().filter(|it| it.kind == FileKind::Catalogue);
        catalogues.filter_map(|it| it.good.as_ref()?.catalogue(it.id))
    }
}

impl File {
    /// The last text that was YAML.
    pub(super) fn good(&self) -> Option<&Good> {
        self.good.as_ref()
    }

    /// Whether spans of what was last read are places of the text as it is now.
    pub(super) fn is_current(&self) -> bool {
        self.good.as_ref().is_some_and(|it| *it.text == *self.text)
    }

    /// What a file of this kind has at its top, where that has a table.
    pub(super) fn shape(&self) -> Option<Shape> {
        match self.kind {
            FileKind::Flow => Some(Shape::Fields(&FLOW)),
            FileKind::Scenarios => Some(Shape::Fields(&SCENARIOS)),
            FileKind::Catalogue | FileKind::Config => None,
        }
    }

    /// What stands where.
    pub(super) fn places(&self) -> Vec<Place<'_>> {
        match (self.good(), self.shape()) {
            (Some(good), Some(shape)) => places(&good.tree, shape),
            (Some(_) | None, _) => Vec::new(),
        }
    }

    /// The flow as far as it can be read, with the types of its variables.
    pub(super) fn flow(&self) -> Option<&(Flow, HashMap<String, Type>)> {
        let good = self.good.as_ref()?;
        let read = || {
            let (flow, _) = flow::parse(self.id, &good.text);
            flow.map(|flow| {
                let types = flow::variable_types(&flow);
                (flow, types)
            })
        };
        good.flow.get_or_init(read).as_ref()
    }

    /// What the file is called without its folder and `.yaml`: the name by which a flow is run.
    pub(super) fn called(&self) -> &str {
        let name = self.path.rsplit(['/', '\\']).next().unwrap_or_default();
        name.strip_suffix(".yaml").unwrap_or(name)
    }

    /// The flow that it is, as a name.
    pub(super) fn symbol(&self) -> Symbol {
        Symbol { kind: SymbolKind::Flow, flow: Some(self.id), name: self.called().into() }
    }

    /// A lookup of a flow as it is written; the parser has none whose path or query is not whole yet.
    pub(super) fn lookup(&self, name: &str) -> Option<&Node> {
        self.good()?.tree.get("lookups")?.get(name)
    }

    /// Whether a flow's exit gets its name at `span`.
    pub(super) fn gives_exit(&self, span: Span) -> bool {
        let exits = self.good().and_then(|it| it.tree.get("exits"));
        let nodes = exits.into_iter().flat_map(|it| std::iter::once(it).chain(it.items()));
        nodes.filter(|it| it.text().is_some()).any(|it| it.span == span)
    }

    /// The text at a place of what was last read, without its quotes.
    pub(super) fn unquoted(&self, span: Span) -> Span {
        let text = self.good().and_then(|it| it.text.get(span.start as usize..span.end as usize));
        match text.and_then(|it| it.chars().next()) {
            Some('"' | '\'') if span.end > span.start + 1 => {
                Span { start: span.start + 1, end: span.end - 1, ..span }
            }
            Some(_) | None => span,
        }
    }
}

impl Good {
    pub(super) fn catalogue(&self, id: FileId) -> Option<&Catalogue> {
        self.catalogue.get_or_init(|| Catalogue::parse(id, &self.text).0).as_ref()
    }
}

//! Reading a flow and the flows that it runs: each file once, what is wrong in it at its own place.
//!
//! A flow is read before the one that runs it is checked, so that every rule knows whether and how a run comes back.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::check::{World, check, check_parts, foremost, misnamed};
use super::model::{ActionKind, Flow, Name};
use super::parse;
use super::sub::{Lost, MAX_NESTED, Sub};
use crate::diagnostic::{Diagnostic, FileId, Level, nearest};

/// Where the flows that others run are found. Whoever opens files hands it in; here nobody does.
pub trait Shelf {
    /// The flow `name` for one that stands in `by`: beside it, else in `shared/` beside it. A file has the same id
    /// whenever it is taken. `name` is made of lower-case letters, figures and hyphens.
    fn take(&mut self, name: &str, by: FileId) -> Shelved;
    /// The flows that it has for `by`, for suggestions.
    fn names(&self, by: FileId) -> Vec<String>;
}

/// What a [`Shelf`] has of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shelved {
    /// This text.
    Text(FileId, Arc<str>),
    /// A file that cannot be read; the shelf's owner says why.
    Unreadable,
    /// Nothing.
    Missing,
}

/// An empty shelf, for flows that run no others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Shelf for Alone {
    fn take(&mut self, _: &str, _: FileId) -> Shelved {
        Shelved::Missing
    }

    fn names(&self, _: FileId) -> Vec<String> {
        Vec::new()
    }
}

/// Reads one dialled flow and all that it runs.
pub(super) struct Reader<'r, 'w> {
    world: &'r World<'w>,
    shelf: &'r mut dyn Shelf,
    /// What was read, each file once.
    done: HashMap<FileId, Result<Arc<Sub>, Lost>>,
    /// Which file each name stands for: journeys and lookups tell flows apart by their names.
    names: HashMap<Name, FileId>,
    /// The flows being read, each run by the one before it. At most [`MAX_NESTED`] and the first.
    open: Vec<(Name, FileId)>,
    /// Everything found, the files run before those that run them.
    pub(super) found: Vec<Diagnostic>,
}

impl<'r, 'w> Reader<'r, 'w> {
    pub(super) fn new(world: &'r World<'w>, shelf: &'r mut dyn Shelf) -> Self {
        Self {
            world,
            shelf,
            done: HashMap::new(),
            names: HashMap::new(),
            open: Vec::new(),
            found: Vec::new(),
        }
    }

    /// A flow with the flows that it runs, and whether neither has an error. `None` if it is no YAML map.
    pub(super) fn read(&mut self, file: FileId, text: &str) -> Option<(Flow, bool)> {
        let (flow, mut found) = parse(file, text);
        let Some(mut flow) = flow else {
            self.found.append(&mut found);
            return None;
        };
        self.open.push((flow.name.value.clone(), file));
        self.link(&mut flow);
        self.open.pop();
        if found.is_empty() {
            found = check(&flow, self.world);
        } else {
            found.extend(check_parts(&flow, self.world, &found));
            foremost(&mut found);
        }
        let sound = found.iter().all(|it| it.level != Level::Error)
            && flow.runs.values().all(|sub| sub.program.is_some());
        self.found.append(&mut found);
        Some((flow, sound))
    }

    /// Looks for every flow that `flow` runs.
    fn link(&mut self, flow: &mut Flow) {
        let file = flow.file;
        for action in flow.steps.values_mut().flat_map(|it| &mut it.actions) {
            let ActionKind::Run(run) = &mut action.kind else { continue };
            run.sub = self.sub(&run.flow.value, file);
            if let Ok(sub) = &run.sub {
                flow.runs.entry(run.prefix()).or_insert_with(|| Arc::clone(sub));
            }
        }
        if !flow.runs.is_empty() {
            flow.version = version(flow);
        }
    }

    /// The flow called `name` for one that stands in `by`.
    fn sub(&mut self, name: &Name, by: FileId) -> Result<Arc<Sub>, Lost> {
        let (file, text) = match self.shelf.take(name, by) {
            Shelved::Text(file, text) => (file, text),
            Shelved::Unreadable => return Err(Lost::Unreadable),
            Shelved::Missing => {
                let names = self.shelf.names(by);
                let near = nearest(name, names.iter().map(String::as_str));
                return Err(Lost::Missing(near.map(str::to_owned)));
            }
        };
        let path = |from: &[(Name, FileId)]| {
            let names = from.iter().map(|(name, _)| name.clone());
            names.chain(std::iter::once(name.clone())).collect::<Vec<_>>()
        };
        if let Some(at) = self.open.iter().position(|(_, open)| *open == file) {
            return Err(Lost::Circle(path(self.open.get(at..).unwrap_or_default())));
        }
        let known = self.done.get(&file);
        let depth = known.and_then(|it| it.as_ref().ok()).map_or(0, |sub| sub.depth);
        if self.open.len() + depth > MAX_NESTED {
            return Err(Lost::TooDeep(path(self.open.get(1..).unwrap_or_default())));
        }
        if let Some(known) = known {
            return known.clone();
        }
        let first = *self.names.entry(name.clone()).or_insert(file);
        if first != file {
            let first = self.done.get(&first).and_then(|it| it.as_ref().ok());
            return Err(Lost::Twice(first.map(|sub| sub.name.span).unwrap_or_default()));
        }
        let sub = match self.read(file, &text) {
            Some((flow, sound)) => {
                let wrong = misnamed(&flow, name);
                let sound = sound && wrong.is_none();
                self.found.extend(wrong);
                Ok(Arc::new(Sub::of(flow, sound)))
            }
            None => Err(Lost::Unreadable),
        };
        self.done.insert(file, sub.clone());
        sub
    }
}

/// A hash of a flow's own text and of the flows that it runs, whatever their order.
fn version(flow: &Flow) -> Arc<str> {
    let mut runs: Vec<_> = flow.runs.values().map(|sub| (&sub.name.value, &sub.version)).collect();
    runs.sort_unstable();
    let mut digest = Sha256::new();
    digest.update(flow.version.as_bytes());
    for (name, version) in runs {
        digest.update(format!("\n{name} {version}"));
    }
    hex::encode(digest.finalize().get(..8).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests;

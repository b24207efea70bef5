//! Which flow runs which, as their files are being written.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::files::{File, FileKind, Workspace};
use crate::diagnostic::FileId;
use crate::flow::reference::{Shape, What};

/// Where flows that others run may stand beside the folder of these.
const SHARED: &str = "shared";

impl Workspace {
    /// The flow that `by` means by `run: name`: beside it, else in `shared/` beside it.
    pub(super) fn run_by(&self, by: &File, name: &str) -> Option<&File> {
        let is_called = |it: &&File| it.kind == FileKind::Flow && it.called() == name;
        let in_folder =
            |wanted: &str| self.files().filter(is_called).find(|it| folder(&it.path) == wanted);
        folders(by).iter().find_map(|it| in_folder(it))
    }

    /// The flows that `by` runs and that are there, each once, in the order that they are named.
    pub(super) fn runs(&self, by: &File) -> Vec<&File> {
        let names = by.good().map(|good| good.runs.get_or_init(|| named(by)).as_slice());
        let mut all: Vec<&File> = Vec::new();
        for run in names.unwrap_or_default().iter().filter_map(|it| self.run_by(by, it)) {
            if all.iter().all(|it| it.id != run.id) {
                all.push(run);
            }
        }
        all
    }

    /// The flows that a `run` of `by` may name: those made to be run first, none that would run `by` again.
    pub(super) fn runnable(&self, by: &File) -> Vec<&File> {
        let folders = folders(by);
        let mut all: Vec<&File> = self.files().filter(|it| it.kind == FileKind::Flow).collect();
        all.retain(|it| folders.iter().any(|folder_of| folder(&it.path) == folder_of));
        // One of this folder hides one of the same name in `shared/`.
        all.retain(|it| self.run_by(by, it.called()).is_some_and(|first| first.id == it.id));
        all.retain(|it| !self.leads_to(it, by.id));
        let is_made_for_it =
            |it: &File| it.flow().is_some_and(|(flow, _)| flow.sub_flow().is_some());
        all.sort_by(|left, right| {
            let key = |it: &File| (!is_made_for_it(it), it.called().to_owned());
            key(left).cmp(&key(right))
        });
        all
    }

    /// Whether `flow` is `wanted` or runs it, perhaps by way of others.
    fn leads_to(&self, flow: &File, wanted: FileId) -> bool {
        let mut seen = BTreeSet::from([flow.id]);
        let mut next = vec![flow];
        while let Some(flow) = next.pop() {
            if flow.id == wanted {
                return true;
            }
            next.extend(self.runs(flow).into_iter().filter(|it| seen.insert(it.id)));
        }
        false
    }

    /// The paths of the flows that run the one at `path`, perhaps by way of others.
    pub fn run_in(&mut self, path: &str) -> Vec<String> {
        self.read();
        let Some(file) = self.file(path).filter(|it| it.kind == FileKind::Flow) else {
            return Vec::new();
        };
        let flows = self.files().filter(|it| it.kind == FileKind::Flow);
        let runs = |it: &File| self.runs(it).into_iter().map(|it| it.id).collect();
        let mut others: Vec<(&File, Vec<FileId>)> = flows.map(|it| (it, runs(it))).collect();
        let mut reached = BTreeSet::from([file.id]);
        let mut callers = Vec::new();
        loop {
            let calls =
                |(_, runs): &mut (&File, Vec<FileId>)| runs.iter().any(|it| reached.contains(it));
            let found: Vec<_> = others.extract_if(.., calls).map(|(it, _)| it).collect();
            if found.is_empty() {
                break; // at the latest when no flow is left
            }
            reached.extend(found.iter().map(|it| it.id));
            callers
                .extend(found.iter().filter(|it| it.id != file.id).map(|it| it.path.to_string()));
        }
        callers
    }
}

/// The names behind each `run` of a flow, each once.
fn named(flow: &File) -> Vec<Arc<str>> {
    let mut all: Vec<Arc<str>> = Vec::new();
    for place in flow.places() {
        let What::Value(Shape::Flow) = place.what else { continue };
        let name = place.node.text().map(str::trim).unwrap_or_default();
        if all.iter().all(|it| **it != *name) {
            all.push(name.into());
        }
    }
    all
}

/// The folder of a path, with what ends it.
fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).and_then(|at| path.get(..=at)).unwrap_or_default()
}

/// The folders in which `by` finds the flows that it runs, in this order.
fn folders(by: &File) -> [String; 2] {
    let own = folder(&by.path);
    let end = own.chars().last().unwrap_or('/');
    [own.to_owned(), format!("{own}{SHARED}{end}")]
}

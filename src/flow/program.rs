//! A flow that was proven: the only kind that calls run on.

use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;

use super::check::World;
use super::model::{Flow, Lookup, Name};
use super::read::{Alone, Reader, Shelf};
use super::settle::settle;
use crate::diagnostic::{Diagnostic, FileId, Level};

/// A checked flow with the flows that it runs. Nothing in it names what does not exist, reads what is not set or leads
/// nowhere.
///
/// What belongs to a flow that it runs is told from its own by that flow's name: step `identify/ask`, lookup
/// `identify/account`.
#[derive(Debug, PartialEq)]
pub struct Program {
    flow: Flow,
    /// The flows that it runs, and those that they run, each once.
    runs: IndexMap<Name, Arc<Program>>,
    steps: Vec<Name>,
}

/// A program and its warnings and hints, or everything that is wrong.
pub type Proven = Result<(Arc<Program>, Vec<Diagnostic>), Vec<Diagnostic>>;

impl Program {
    /// Reads and proves a flow that runs no others. A file that cannot be read whole is checked as far as it can be.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn read(file: FileId, text: &str, world: &World<'_>) -> Proven {
        Self::read_with(file, text, world, &mut Alone)
    }

    /// Reads and proves a flow and those that it runs, which `shelf` has.
    ///
    /// # Errors
    /// All findings in all these files, if one of them is an error.
    pub fn read_with(file: FileId, text: &str, world: &World<'_>, shelf: &mut dyn Shelf) -> Proven {
        let mut reader = Reader::new(world, shelf);
        let read = reader.read(file, text);
        let found = reader.found;
        match read {
            Some((flow, _)) if found.iter().all(|it| it.level != Level::Error) => {
                Ok((Self::of(flow), found))
            }
            Some(_) | None => Err(found),
        }
    }

    /// A flow without an error whose own runs were proven.
    pub(super) fn of(mut flow: Flow) -> Arc<Self> {
        settle(&mut flow);
        Self::unsettled(flow)
    }

    fn unsettled(flow: Flow) -> Arc<Self> {
        let mut runs = IndexMap::new();
        for (sub, program) in flow.runs.values().filter_map(|it| Some((it, it.program.as_ref()?))) {
            runs.entry(sub.name.value.clone()).or_insert_with(|| Arc::clone(program));
            for (name, program) in &program.runs {
                runs.entry(name.clone()).or_insert_with(|| Arc::clone(program));
            }
        }
        let own = flow.steps.keys().cloned();
        let others = runs.iter().flat_map(|(name, program): (&Name, &Arc<Self>)| {
            program.flow.steps.keys().map(move |step| within(name, step))
        });
        let steps = own.chain(others).collect();
        Arc::new(Self { flow, runs, steps })
    }

    /// A flow that nobody proved: for tests of what a call does when the proof has a hole.
    #[cfg(test)]
    pub(crate) fn unproven(flow: Flow) -> Arc<Self> {
        Self::unsettled(flow)
    }

    /// Its own flow without a name, then those that it runs with theirs.
    pub fn flows(&self) -> impl Iterator<Item = (Option<&Name>, &Flow)> {
        let runs = self.runs.iter().map(|(name, program)| (Some(name), &program.flow));
        std::iter::once((None, &self.flow)).chain(runs)
    }

    /// One of [`Program::flows`].
    #[must_use]
    pub fn flow(&self, run: Option<&Name>) -> Option<&Flow> {
        match run {
            None => Some(&self.flow),
            Some(run) => self.runs.get(run).map(|it| &it.flow),
        }
    }

    /// The flows that it runs, and those that they run, each once.
    pub fn runs(&self) -> impl Iterator<Item = (&Name, &Arc<Self>)> {
        self.runs.iter()
    }

    /// Every step that a call can come to: its own, then `identify/ask` for those of the flows that it runs.
    #[must_use]
    pub fn step_names(&self) -> &[Name] {
        &self.steps
    }

    /// Every lookup that a call can carry out by the name that [`Question`](crate) has: `identify/account` for that of
    /// a flow that it runs.
    pub fn all_lookups(&self) -> impl Iterator<Item = (Name, &Lookup)> {
        let own = self.flow.lookups.iter().map(|(name, lookup)| (name.clone(), lookup));
        let others = self.runs.iter().flat_map(|(name, program)| {
            let lookups = program.flow.lookups.iter();
            lookups.map(move |(lookup, it)| (within(name, lookup), it))
        });
        own.chain(others)
    }

    /// One of [`Program::all_lookups`].
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<&Lookup> {
        match name.split_once('/') {
            None => self.flow.lookups.get(name),
            Some((run, name)) => self.runs.get(run)?.flow.lookups.get(name),
        }
    }
}

/// What a name of the flow `run` is called outside of it.
pub(crate) fn within(run: &str, name: &str) -> Name {
    format!("{run}/{name}").into()
}

impl Deref for Program {
    type Target = Flow;

    fn deref(&self) -> &Flow {
        &self.flow
    }
}

//! A flow as those see it that run it: what it takes and gives, whether and how the call comes back.

use std::sync::Arc;

use indexmap::IndexMap;

use super::graph::Graph;
use super::model::{ActionKind, Flow, Given, Lang, Name};
use super::program::Program;
use crate::diagnostic::{Span, Spanned};
use crate::value::Type;

/// How many flows may run one inside the other, the dialled one not counted.
pub const MAX_NESTED: usize = 8;

/// A flow that others run.
#[derive(Debug, Clone, PartialEq)]
pub struct Sub {
    /// Its name.
    pub name: Spanned<Name>,
    /// Its identity: a hash of its text and of the flows that it runs, in hex.
    pub version: Arc<str>,
    /// The languages that it speaks.
    pub languages: Vec<Spanned<Lang>>,
    /// Variables that are set when it begins.
    pub takes: IndexMap<Name, Spanned<Type>>,
    /// Variables that are set when it comes back behind the `run`.
    pub gives: IndexMap<Name, Given>,
    /// Further ways back.
    pub exits: Vec<Spanned<Name>>,
    /// The languages that the call may be in afterwards, with the place that changes to each.
    pub changes_to: IndexMap<Lang, Span>,
    /// How it comes back behind the `run`.
    pub returns: Coming,
    /// How it comes back by each of `exits`.
    pub leaves: IndexMap<Name, Coming>,
    /// Whether a caller in it can be brought to a person.
    pub has_person: bool,
    /// How many flows run one inside the other in it: 0 if it runs none.
    pub depth: usize,
    /// The flow itself, unless something in it or in a flow that it runs is an error.
    pub program: Option<Arc<Program>>,
}

/// On which paths a call comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coming {
    /// On any at all.
    pub ever: bool,
    /// Although the caller does nothing.
    pub alone: bool,
    /// Although the caller does nothing, and nothing waits for them.
    pub at_once: bool,
}

impl Coming {
    /// First on these paths, then on those.
    pub(super) const fn then(self, next: Self) -> Self {
        Self {
            ever: self.ever && next.ever,
            alone: self.alone && next.alone,
            at_once: self.at_once && next.at_once,
        }
    }

    /// On these paths or on those.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            ever: self.ever || other.ever,
            alone: self.alone || other.alone,
            at_once: self.at_once || other.at_once,
        }
    }
}

/// Why a flow that another one runs is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Nobody has looked for it.
    Unsought,
    /// There is no such file; the name that was probably meant.
    Missing(Option<String>),
    /// Its file has no flow in it, which was said there.
    Unreadable,
    /// It leads, by way of these, to the flow that runs it.
    Circle(Vec<Name>),
    /// More than [`MAX_NESTED`] would run one inside the other: these.
    TooDeep(Vec<Name>),
    /// Another file of the same name is run elsewhere in the call: its flow's name stands here.
    Twice(Span),
}

impl Sub {
    /// `flow`, which was read and whose own runs were looked for; `sound` if it has no error.
    pub(super) fn of(flow: Flow, sound: bool) -> Self {
        let graph = Graph::new(&flow);
        let mut returns = Coming::default();
        let mut leaves: IndexMap<Name, Coming> =
            flow.exits.iter().map(|exit| (exit.value.clone(), Coming::default())).collect();
        for (exit, coming) in graph.ways_back() {
            match exit {
                None => returns = returns.or(coming),
                Some(exit) => {
                    if let Some(known) = leaves.get_mut(&exit.value) {
                        *known = known.or(coming);
                    }
                }
            }
        }
        let reached = flow.steps.values().enumerate().filter(|(at, _)| graph.is_reached(*at));
        let mut changes_to = IndexMap::new();
        let mut has_person = false;
        for action in reached.flat_map(|(_, step)| &step.actions) {
            has_person |= action.kind.has_person();
            if let ActionKind::Language(lang) = &action.kind {
                changes_to.entry(Lang::clone(&lang.value)).or_insert(lang.span);
            }
        }
        for run in flow.runs.values() {
            for (lang, span) in &run.changes_to {
                changes_to.entry(Lang::clone(lang)).or_insert(*span);
            }
        }
        Self {
            name: flow.name.clone(),
            version: Arc::clone(&flow.version),
            languages: flow.languages.clone(),
            takes: flow.takes.clone(),
            gives: flow.gives.clone(),
            exits: flow.exits.clone(),
            changes_to,
            returns,
            leaves,
            has_person,
            depth: depth(&flow),
            program: sound.then(|| Program::of(flow)),
        }
    }

    /// How it comes back by the exit called `name`; never, if it has none.
    #[must_use]
    pub fn leaving(&self, name: &str) -> Coming {
        self.leaves.get(name).copied().unwrap_or_default()
    }
}

/// How many flows run one inside the other in `flow`.
fn depth(flow: &Flow) -> usize {
    flow.runs.values().map(|run| run.depth + 1).max().unwrap_or(0)
}

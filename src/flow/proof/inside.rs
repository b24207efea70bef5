//! What goes on inside a flow that another one runs: what each way back costs, and which calls end there.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::points::{By, Points};
use super::reach::{self, Trouble};
use super::{ENDS, End, Toll, going_round};
use crate::flow::check::Prompts;
use crate::flow::graph::Way;
use crate::flow::model::{ActionKind, Flow, Name, Run};

/// The flows that were looked into, each once, by name and version; a flow stands behind those that it runs.
pub(super) type Known = IndexMap<(Name, Arc<str>), Rc<Inside>>;

/// A flow that is run.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Each way back by its exit, none for the one behind the `run`.
    backs: IndexMap<Option<Name>, Back>,
    /// The longest way to each end without a right key; to `Back` by whichever exit it is.
    pub(super) worst: Vec<(End, Toll)>,
    /// The usual way to a person in it.
    pub(super) person: Option<Trouble>,
    /// How many of its own actions end a call, in the order of `ENDS`.
    pub(super) ends: [usize; ENDS.len()],
    /// Its own loops that go on only as long as somebody makes them.
    pub(super) loops: Vec<String>,
    /// Its own loops of which nobody can say that they end.
    pub(super) endless: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Back {
    usual: Trouble,
    /// Whether a caller who presses no right key can come to it.
    without_key: bool,
}

impl Inside {
    /// Looks into the flow of a `run`, unless something in it is an error.
    pub(super) fn of(run: &Run, prompts: &dyn Prompts, known: &mut Known) -> Option<Rc<Self>> {
        let program = run.sub.as_ref().ok()?.program.as_ref()?;
        let key = (program.name.value.clone(), Arc::clone(&program.version));
        if let Some(inside) = known.get(&key) {
            return Some(Rc::clone(inside));
        }
        // Flows never run each other in a circle, and at most `MAX_NESTED` one inside the other.
        let inside = Rc::new(Self::new(program, prompts, known));
        known.insert(key, Rc::clone(&inside));
        Some(inside)
    }

    fn new(flow: &Flow, prompts: &dyn Prompts, known: &mut Known) -> Self {
        let points = Points::with(flow, prompts, known);
        let Some(start) = points.start else { return Self::default() };
        let usual = reach::from_start(&points);
        let without_key = points.spread(|it| it.worst.is_some());
        let mut backs: IndexMap<Option<Name>, Back> = IndexMap::new();
        for (at, point) in points.all.iter().enumerate() {
            let ActionKind::Return(exit) = &point.action.kind else { continue };
            let Some(usual) = usual.get(at).copied().flatten() else { continue };
            let without_key = without_key.get(at) == Some(&true);
            let exit = exit.as_ref().map(|it| it.value.clone());
            let back = backs.entry(exit).or_insert(Back { usual, without_key });
            back.usual = back.usual.min(usual);
            back.without_key |= without_key;
        }
        let longest = |end: End| Some((end, reach::worst(&points, |it| it == end).toll(start)?));
        let (loops, endless) = going_round(flow, &points);
        Self {
            backs,
            worst: ENDS.into_iter().filter_map(longest).collect(),
            person: reach::usual(&points).get(start).copied().flatten(),
            ends: points.ends(),
            loops,
            endless,
        }
    }

    /// The usual way through it to a way of `run`.
    pub(super) fn usual(&self, run: &Run, by: &By) -> Option<Trouble> {
        self.backs(run, by).map(|it| it.usual).min()
    }

    /// Whether a caller who presses no right key can come to a way of `run`.
    pub(super) fn is_left_without_key(&self, run: &Run, by: &By) -> bool {
        self.backs(run, by).any(|it| it.without_key)
    }

    /// The longest way through it, by whichever exit.
    pub(super) fn longest(&self) -> Option<Toll> {
        self.worst.iter().find(|(end, _)| *end == End::Back).map(|(_, toll)| *toll)
    }

    fn backs<'s>(&'s self, run: &'s Run, by: &'s By) -> impl Iterator<Item = &'s Back> {
        let has_own = |exit: &Name| run.exits.iter().any(|(own, _)| own.value == *exit);
        let goes = move |exit: &Option<Name>| match (by, exit) {
            (By::On, exit) => exit.is_none(),
            (By::Way(Way::Exit(way)), Some(exit)) => way == exit,
            // Any exit that has no way of its own.
            (By::Way(_), Some(exit)) => !has_own(exit),
            (By::Way(_), None) | (By::Skip, _) => false,
        };
        self.backs.iter().filter(move |(exit, _)| goes(exit)).map(|(_, back)| back)
    }
}

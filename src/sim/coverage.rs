//! Which steps, branches and keys of a flow the calls of a file went through.

use std::ops::Range;
use std::sync::Arc;

use crate::call::Mark;
use crate::flow::Way;
use crate::flow::model::{Flow, Name};

/// One way out of an action, or the action itself where a `when` decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The step, by its number.
    pub step: usize,
    /// The action in it.
    pub action: usize,
    /// On what occasion; none for an action whose `when` holds.
    pub way: Option<Way>,
    /// The step that it leads to; of an action with `when` none.
    pub to: Option<Name>,
}

/// All branches of a flow, in the order written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Branches {
    list: Vec<Branch>,
    /// Which of them belong to an action, by step and action.
    of: Vec<Vec<Range<usize>>>,
}

/// How often each step and branch of one flow was gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    branches: Arc<Branches>,
    steps: Vec<u64>,
    taken: Vec<u64>,
}

/// How much of something was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub reached: usize,
    /// Of so many.
    pub all: usize,
}

impl Share {
    /// The same in percent; of nothing, all is reached.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a flow has at most some ten thousand branches")]
    pub fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.reached as f64 / self.all as f64 }
    }

    fn of(taken: impl Iterator<Item = bool>) -> Self {
        taken.fold(Self { reached: 0, all: 0 }, |share, taken| Self {
            reached: share.reached + usize::from(taken),
            all: share.all + 1,
        })
    }
}

impl Branches {
    /// Those of `flow`; what stands behind an action that never lets the step go on is none.
    pub(super) fn of(flow: &Flow) -> Self {
        let mut it = Self::default();
        for (step, body) in flow.steps.values().enumerate() {
            let mut ranges = Vec::with_capacity(body.actions.len());
            for (nth, action) in body.actions.iter().enumerate() {
                let begin = it.list.len();
                let branch = |way, to| Branch { step, action: nth, way, to };
                it.list.extend(action.when.as_ref().map(|_| branch(None, None)));
                let ways = action.kind.ways();
                it.list.extend(
                    ways.into_iter().map(|(way, to)| branch(Some(way), Some(to.value.clone()))),
                );
                ranges.push(begin..it.list.len());
                if action.when.is_none() && action.kind.always_leaves() {
                    break;
                }
            }
            it.of.push(ranges);
        }
        it
    }

    /// All of them.
    pub(super) fn list(&self) -> &[Branch] {
        &self.list
    }

    /// Which branch a mark is of, if it is of one.
    pub(super) fn find(&self, mark: &Mark) -> Option<usize> {
        let (step, action) = match mark {
            Mark::Did { step, action } | Mark::Went { step, action, .. } => (*step, *action),
        };
        let range = self.of.get(step)?.get(action)?;
        let of_action = self.list.get(range.clone())?;
        let at = of_action.iter().position(|it| match (mark, &it.to) {
            (Mark::Did { .. }, None) => true,
            (Mark::Went { to, .. }, Some(own)) => Arc::ptr_eq(to, own),
            (Mark::Did { .. }, Some(_)) | (Mark::Went { .. }, None) => false,
        })?;
        Some(range.start + at)
    }
}

impl Coverage {
    /// That of `flow` before any call.
    #[must_use]
    pub fn new(flow: &Flow) -> Self {
        let branches = Branches::of(flow);
        Self {
            steps: vec![0; flow.steps.len()],
            taken: vec![0; branches.list.len()],
            branches: Arc::new(branches),
        }
    }

    /// Takes what one more call went through.
    pub fn add(&mut self, marks: &[Mark]) {
        let mut before = None;
        for mark in marks {
            if let Mark::Did { step, action } = mark
                && (before != Some(*step) || *action == 0)
                && let Some(count) = self.steps.get_mut(*step)
            {
                *count += 1;
            }
            before = match mark {
                Mark::Did { step, .. } => Some(*step),
                Mark::Went { .. } => None,
            };
            if let Some(count) = self.branches.find(mark).and_then(|at| self.taken.get_mut(at)) {
                *count += 1;
            }
        }
    }

    /// Takes what others counted of the same flow.
    pub fn join(&mut self, other: &Self) {
        let own = self.steps.iter_mut().chain(&mut self.taken);
        for (count, more) in own.zip(other.steps.iter().chain(&other.taken)) {
            *count += more;
        }
    }

    /// The branches that are counted.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches.list
    }

    /// How often calls came to the step with this number.
    #[must_use]
    pub fn visits(&self, step: usize) -> u64 {
        self.steps.get(step).copied().unwrap_or_default()
    }

    /// How often the branch with this number was gone.
    #[must_use]
    pub fn taken(&self, branch: usize) -> u64 {
        self.taken.get(branch).copied().unwrap_or_default()
    }

    /// The steps that no call came to, in the order written.
    pub fn missing_steps<'a>(&self, flow: &'a Flow) -> impl Iterator<Item = &'a Name> {
        flow.steps.keys().zip(&self.steps).filter(|(_, count)| **count == 0).map(|(name, _)| name)
    }

    /// The branches that no call went, in the order written, with their numbers.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &Branch)> {
        let zipped = self.branches.list.iter().zip(&self.taken).enumerate();
        zipped.filter(|(_, (_, count))| **count == 0).map(|(at, (branch, _))| (at, branch))
    }

    /// Of the steps.
    #[must_use]
    pub fn steps_share(&self) -> Share {
        Share::of(self.steps.iter().map(|count| *count > 0))
    }

    /// Of the branches.
    #[must_use]
    pub fn branches_share(&self) -> Share {
        Share::of(self.taken.iter().map(|count| *count > 0))
    }

    /// Of the keys that menus and queues offer: they are branches, too.
    #[must_use]
    pub fn keys_share(&self) -> Share {
        let keys = self.branches.list.iter().zip(&self.taken);
        let keys = keys.filter(|(branch, _)| matches!(branch.way, Some(Way::Key(_))));
        Share::of(keys.map(|(_, count)| *count > 0))
    }
}

/// `main: key 2 → returns`, as people read a branch.
#[must_use]
pub fn branch_name(flow: &Flow, branch: &Branch) -> String {
    let (step, body) = match flow.steps.get_index(branch.step) {
        Some((name, body)) => (&**name, Some(body)),
        None => ("", None),
    };
    let action = body.and_then(|it| it.actions.get(branch.action));
    let to = branch.to.as_deref().unwrap_or_default();
    match (branch.way, action.and_then(|it| it.when.as_ref())) {
        (Some(Way::Goto), Some(when)) => format!("{step}: goto when {when} → {to}"),
        (Some(way), _) => format!("{step}: {way} → {to}"),
        (None, Some(when)) => format!("{step}: when {when}"),
        (None, None) => step.to_owned(),
    }
}

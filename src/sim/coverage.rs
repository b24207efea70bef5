//! Which steps, branches and keys of a flow, and of the flows that it runs, the calls of a file went through.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::call::Mark;
use crate::flow::model::{Action, ActionKind, Name, Play, Step};
use crate::flow::{Program, Way};

/// One way out of an action, or the action itself where a `when` or a calendar decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The step, by its number among [`Program::step_names`].
    pub step: usize,
    /// The action in it.
    pub action: usize,
    /// On what occasion; none for an action whose `when` holds and whose calendar is open.
    pub way: Option<Way>,
    /// The step that it leads to; none of an action that something decides about.
    pub to: Option<Name>,
}

/// All branches of a flow, in the order written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Branches {
    list: Vec<Branch>,
    /// Which of them belong to an action, by step and action.
    of: Vec<Vec<Range<usize>>>,
    /// The number of each flow's first step.
    first: IndexMap<Option<Name>, usize>,
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
    /// Those of `program`; what stands behind an action that never lets the step go on is none.
    pub(super) fn of(program: &Program) -> Self {
        let mut it = Self::default();
        for (run, flow) in program.flows() {
            it.first.insert(run.cloned(), it.of.len());
            for body in flow.steps.values() {
                it.step(body);
            }
        }
        it
    }

    fn step(&mut self, body: &Step) {
        let step = self.of.len();
        let mut ranges = Vec::with_capacity(body.actions.len());
        for (nth, action) in body.actions.iter().enumerate() {
            let begin = self.list.len();
            let branch = |way, to| Branch { step, action: nth, way, to };
            self.list.extend(action.may_be_passed_over().then(|| branch(None, None)));
            let ways = action.kind.ways();
            self.list.extend(
                ways.into_iter().map(|(way, to)| branch(Some(way), Some(to.value.clone()))),
            );
            ranges.push(begin..self.list.len());
            if action.when.is_none() && action.kind.always_leaves() {
                break;
            }
        }
        self.of.push(ranges);
    }

    /// The number of a step of the flow `run`.
    fn number(&self, run: Option<&Name>, step: usize) -> Option<usize> {
        Some(self.first.get(&run.cloned())? + step)
    }

    /// All of them.
    pub(super) fn list(&self) -> &[Branch] {
        &self.list
    }

    /// Which branch a mark is of, if it is of one.
    pub(super) fn find(&self, mark: &Mark) -> Option<usize> {
        let (run, step, action) = match mark {
            Mark::Did { run, step, action } | Mark::Went { run, step, action, .. } => {
                (run, *step, *action)
            }
            Mark::Returned { .. } => return None,
        };
        let range = self.of.get(self.number(run.as_ref(), step)?)?.get(action)?;
        let of_action = self.list.get(range.clone())?;
        let at = of_action.iter().position(|it| match (mark, &it.to) {
            (Mark::Did { .. }, None) => true,
            (Mark::Went { to, .. }, Some(own)) => Arc::ptr_eq(to, own),
            (Mark::Did { .. }, Some(_)) | (Mark::Went { .. }, None) => false,
            (Mark::Returned { .. }, _) => false,
        })?;
        Some(range.start + at)
    }
}

impl Coverage {
    /// That of `program` before any call.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let branches = Branches::of(program);
        Self {
            steps: vec![0; branches.of.len()],
            taken: vec![0; branches.list.len()],
            branches: Arc::new(branches),
        }
    }

    /// Takes what one more call went through.
    pub fn add(&mut self, marks: &[Mark]) {
        // The step that the call is in, in each flow under way.
        let mut before: BTreeMap<Option<&Name>, usize> = BTreeMap::new();
        for mark in marks {
            match mark {
                Mark::Did { run, step, action } => {
                    let entered = before.insert(run.as_ref(), *step) != Some(*step) || *action == 0;
                    let number = self.branches.number(run.as_ref(), *step);
                    if entered && let Some(count) = number.and_then(|at| self.steps.get_mut(at)) {
                        *count += 1;
                    }
                }
                Mark::Went { run, .. } => {
                    before.remove(&run.as_ref());
                }
                Mark::Returned { run } => {
                    before.remove(&Some(run));
                }
            }
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
    pub fn missing_steps<'a>(&self, program: &'a Program) -> impl Iterator<Item = &'a Name> {
        program
            .step_names()
            .iter()
            .zip(&self.steps)
            .filter(|(_, count)| **count == 0)
            .map(|(name, _)| name)
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

/// The action that a branch is of.
pub(super) fn action<'a>(program: &'a Program, branch: &Branch) -> Option<&'a Action> {
    let mut steps = program.flows().flat_map(|(_, flow)| flow.steps.values());
    steps.nth(branch.step)?.actions.get(branch.action)
}

/// `main: key 2 → returns`, as people read a branch.
#[must_use]
pub fn branch_name(program: &Program, branch: &Branch) -> String {
    let step = program.step_names().get(branch.step).map(|it| &**it).unwrap_or_default();
    let action = action(program, branch);
    let to = branch.to.as_deref().unwrap_or_default();
    match (&branch.way, action.and_then(|it| it.when.as_ref())) {
        (Some(Way::Goto), Some(when)) => format!("{step}: goto when {when} → {to}"),
        (Some(way), _) => format!("{step}: {way} → {to}"),
        (None, Some(when)) => format!("{step}: when {when}"),
        (None, None) => match action.map(|it| &it.kind) {
            Some(ActionKind::Play(Play { on: Some(calendar), .. })) => {
                format!("{step}: on {}", calendar.value)
            }
            Some(_) | None => step.to_owned(),
        },
    }
}

//! The steps of a flow as a graph: who sends the call where, on what occasion.
//!
//! Built once for all rules, in one pass over the actions; every walk is linear in steps and ways.

use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use super::model::{Action, ActionKind, Flow, Patience, Target};
use crate::diagnostic::Spanned;
use crate::secret::Key;

/// On what occasion an action sends the call elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The caller presses this key.
    Key(Key),
    /// What has no way of its own, and tries that are used up.
    Otherwise,
    /// Always.
    Goto,
    /// The condition is so.
    Then,
    /// The condition is not so.
    Else,
    /// The lookup gives no row.
    NotFound,
    /// The lookup fails or takes too long.
    Failed,
    /// The calendar is closed.
    Closed,
    /// No agent is logged in.
    NoAgents,
    /// The queue is full.
    Full,
    /// The caller has waited as long as the flow allows.
    Waited,
    /// The other side is busy.
    Busy,
    /// The other side does not answer.
    NoAnswer,
    /// The other side hangs up first.
    After,
    /// Nothing was said into a recording, or it was thrown away.
    Nothing,
}

/// As a flow writes it: `key 2`, `not_found`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(key) => return write!(f, "key {}", key.symbol()),
            Self::Otherwise => "otherwise",
            Self::Goto => "goto",
            Self::Then => "then",
            Self::Else => "else",
            Self::NotFound => "not_found",
            Self::Failed => "failed",
            Self::Closed => "closed",
            Self::NoAgents => "no_agents",
            Self::Full => "full",
            Self::Waited => "waited",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::After => "after",
            Self::Nothing => "nothing",
        })
    }
}

impl ActionKind {
    /// Where it may send the call, in the order of the model.
    #[must_use]
    pub fn ways<'a>(&'a self) -> SmallVec<[(Way, &'a Target); 4]> {
        let some = |list: &[(Way, &'a Option<Target>)]| -> SmallVec<[(Way, &'a Target); 4]> {
            list.iter().filter_map(|(way, to)| Some((*way, to.as_ref()?))).collect()
        };
        let keys = |branches: &'a [(Spanned<Key>, Target)]| {
            branches.iter().map(|(key, to)| (Way::Key(key.value), to))
        };
        match self {
            Self::Play(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::Language(_)
            | Self::Survey(_)
            | Self::Hangup(_) => SmallVec::new(),
            Self::Menu(menu) => {
                let otherwise = menu.patience.otherwise.as_ref().map(|to| (Way::Otherwise, to));
                keys(&menu.branches).chain(otherwise).collect()
            }
            Self::Ask(ask) => some(&[(Way::Otherwise, &ask.patience.otherwise)]),
            Self::If(fork) => some(&[(Way::Then, &fork.then), (Way::Else, &fork.otherwise)]),
            Self::Goto(it) => std::iter::once((Way::Goto, &it.to)).collect(),
            Self::Lookup(it) => some(&[(Way::NotFound, &it.not_found), (Way::Failed, &it.failed)]),
            Self::Hours(hours) => some(&[(Way::Closed, &hours.closed)]),
            Self::Queue(queue) => {
                let rest = some(&[
                    (Way::NoAgents, &queue.no_agents),
                    (Way::Full, &queue.full),
                    (Way::Waited, &queue.waited),
                    (Way::Otherwise, &queue.otherwise),
                    (Way::After, &queue.after),
                ]);
                keys(&queue.branches).chain(rest).collect()
            }
            Self::Transfer(transfer) => some(&[
                (Way::Busy, &transfer.busy),
                (Way::NoAnswer, &transfer.no_answer),
                (Way::Otherwise, &transfer.otherwise),
                (Way::After, &transfer.after),
            ]),
            Self::Record(it) => some(&[(Way::Nothing, &it.nothing), (Way::Failed, &it.failed)]),
            Self::Conference(it) => some(&[(Way::Failed, &it.failed), (Way::After, &it.after)]),
        }
    }

    /// Whether the step never goes on behind it.
    #[must_use]
    pub const fn always_leaves(&self) -> bool {
        match self {
            Self::Goto(_)
            | Self::Menu(_)
            | Self::Queue(_)
            | Self::Transfer(_)
            | Self::Conference(_)
            | Self::Hangup(_) => true,
            Self::If(fork) => fork.then.is_some() && fork.otherwise.is_some(),
            Self::Play(_)
            | Self::Ask(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Language(_)
            | Self::Record(_)
            | Self::Survey(_) => false,
        }
    }
}

impl ActionKind {
    /// How often and how long a caller is waited for, where one is asked something.
    pub(super) const fn patience(&self) -> Option<&Patience> {
        match self {
            Self::Menu(menu) => Some(&menu.patience),
            Self::Ask(ask) => Some(&ask.patience),
            Self::Play(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::If(_)
            | Self::Goto(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Language(_)
            | Self::Queue(_)
            | Self::Transfer(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Conference(_)
            | Self::Hangup(_) => None,
        }
    }
}

impl Action {
    /// Whether the step never goes on behind it, whatever `when` says.
    pub(super) const fn ends_its_step(&self) -> bool {
        self.when.is_none() && self.kind.always_leaves()
    }
}

/// One way from a step to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge<'a> {
    /// Index of the step that it leaves.
    pub(super) from: usize,
    /// Index of the action in that step.
    pub(super) action: usize,
    pub(super) target: &'a Target,
    /// Index of the step that it leads to, if that exists.
    pub(super) to: Option<usize>,
    /// Whether it is gone without anybody doing anything: no key, no answer, no agent.
    pub(super) alone: bool,
    /// Whether time passes before it is gone: silence, or waiting.
    pub(super) waits: bool,
}

/// The steps of one flow and the ways between them.
pub(super) struct Graph<'a> {
    /// In order of their steps and actions.
    pub(super) edges: Vec<Edge<'a>>,
    /// Which edges leave each step.
    leaving: Vec<Range<usize>>,
    /// Whether a call can come to each step.
    reached: Vec<bool>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(flow: &'a Flow) -> Self {
        let mut edges = Vec::new();
        let mut leaving = Vec::with_capacity(flow.steps.len());
        for (from, step) in flow.steps.values().enumerate() {
            let begin = edges.len();
            let mut answered = false;
            for (at, action) in step.actions.iter().enumerate() {
                let waits = matches!(action.kind, ActionKind::Menu(_) | ActionKind::Ask(_));
                edges.extend(action.kind.ways().into_iter().map(|(way, target)| Edge {
                    from,
                    action: at,
                    target,
                    to: flow.steps.get_index_of(&target.value),
                    alone: !answered && !matches!(way, Way::Key(_) | Way::After),
                    waits: (waits && way == Way::Otherwise)
                        || matches!(way, Way::Waited | Way::Nothing),
                }));
                answered |= action.when.is_none()
                    && matches!(action.kind, ActionKind::Ask(_) | ActionKind::Record(_));
                if action.ends_its_step() {
                    break;
                }
            }
            leaving.push(begin..edges.len());
        }
        let mut graph = Self { edges, leaving, reached: Vec::new() };
        let start = flow.steps.get_index_of(&flow.start.value);
        graph.reached = graph.spread(flow.steps.len(), start);
        graph
    }

    /// Whether a call can come to step `index`.
    pub(super) fn is_reached(&self, index: usize) -> bool {
        self.reached.get(index).copied().unwrap_or(false)
    }

    /// The ways that leave step `index`.
    pub(super) fn leaving(&self, index: usize) -> &[Edge<'a>] {
        self.leaving.get(index).and_then(|range| self.edges.get(range.clone())).unwrap_or_default()
    }

    /// Whether each step can be come to from `start`.
    fn spread(&self, steps: usize, start: Option<usize>) -> Vec<bool> {
        let mut reached = vec![false; steps];
        let mut next: Vec<usize> = start.into_iter().collect();
        while let Some(step) = next.pop() {
            if let Some(mark) = reached.get_mut(step)
                && !std::mem::replace(mark, true)
            {
                next.extend(self.leaving(step).iter().filter_map(|edge| edge.to));
            }
        }
        reached
    }

    /// Whether each step can lead to one of `goals`.
    pub(super) fn leads_to(&self, goals: &[bool]) -> Vec<bool> {
        let mut back: Vec<Vec<usize>> = vec![Vec::new(); goals.len()];
        for edge in &self.edges {
            if let Some(list) = edge.to.and_then(|to| back.get_mut(to)) {
                list.push(edge.from);
            }
        }
        let mut leads = vec![false; goals.len()];
        let mut next: Vec<usize> =
            goals.iter().enumerate().filter_map(|(at, goal)| goal.then_some(at)).collect();
        while let Some(step) = next.pop() {
            if let Some(mark) = leads.get_mut(step)
                && !std::mem::replace(mark, true)
            {
                next.extend(back.get(step).into_iter().flatten());
            }
        }
        leads
    }

    /// The groups of reached steps that go round among themselves over edges that `follow` takes (Tarjan's strongly
    /// connected components, with a stack of its own, so that long flows cannot overflow ours).
    #[expect(
        clippy::indexing_slicing,
        reason = "every index is a step's, and each list has one entry a step"
    )]
    pub(super) fn rings(&self, follow: impl Fn(&Edge<'a>) -> bool) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let steps = self.leaving.len();
        let (mut order, mut low) = (vec![UNSEEN; steps], vec![UNSEEN; steps]);
        let mut open = vec![false; steps];
        let (mut stack, mut rings) = (Vec::new(), Vec::new());
        let mut count = 0;
        for root in (0..steps).filter(|step| self.is_reached(*step)) {
            if order[root] != UNSEEN {
                continue;
            }
            // Each visit: a step and how many of its edges were followed.
            let mut visits = vec![(root, 0)];
            while let Some((step, next)) = visits.last_mut() {
                let step = *step;
                if *next == 0 {
                    (order[step], low[step]) = (count, count);
                    count += 1;
                    stack.push(step);
                    open[step] = true;
                }
                let edge = self.leaving(step).get(*next);
                *next += 1;
                if let Some(edge) = edge {
                    let Some(to) = edge.to.filter(|_| follow(edge)) else { continue };
                    if order[to] == UNSEEN {
                        visits.push((to, 0));
                    } else if open[to] {
                        low[step] = low[step].min(order[to]);
                    }
                    continue;
                }
                visits.pop();
                if let Some((parent, _)) = visits.last() {
                    low[*parent] = low[*parent].min(low[step]);
                }
                if low[step] == order[step] {
                    let begin = stack.iter().rposition(|it| *it == step).unwrap_or(0);
                    let ring = stack.split_off(begin);
                    ring.iter().for_each(|it| open[*it] = false);
                    let to_itself =
                        || self.leaving(step).iter().any(|it| it.to == Some(step) && follow(it));
                    if ring.len() > 1 || to_itself() {
                        rings.push(ring);
                    }
                }
            }
        }
        rings
    }
}

//! The steps of a flow as a graph: who sends the call where, on what occasion.
//!
//! Built once for all rules, in one pass over the actions; every walk is linear in steps and ways.

use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use super::model::{Action, ActionKind, Flow, Name, Patience, Play, Run, Target};
use super::sub::Coming;
use crate::diagnostic::Spanned;
use crate::secret::Key;

/// On what occasion an action sends the call elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// A change was not answered in time.
    Unknown,
    /// The account, or the caller's number, is locked.
    Locked,
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
    /// The number is missing, or none that can be called.
    NoNumber,
    /// Nothing was said into a recording, or it was thrown away.
    Nothing,
    /// The flow that was run comes back by this exit.
    Exit(Name),
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
            Self::Unknown => "unknown",
            Self::Locked => "locked",
            Self::Closed => "closed",
            Self::NoAgents => "no_agents",
            Self::Full => "full",
            Self::Waited => "waited",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::After => "after",
            Self::NoNumber => "no_number",
            Self::Nothing => "nothing",
            Self::Exit(exit) => exit,
        })
    }
}

impl ActionKind {
    /// Where it may send the call, in the order of the model.
    #[must_use]
    pub fn ways<'a>(&'a self) -> SmallVec<[(Way, &'a Target); 4]> {
        let some = |list: &[(Way, &'a Option<Target>)]| -> SmallVec<[(Way, &'a Target); 4]> {
            list.iter().filter_map(|(way, to)| Some((way.clone(), to.as_ref()?))).collect()
        };
        let keys = |branches: &'a [(Spanned<Key>, Target)]| {
            branches.iter().map(|(key, to)| (Way::Key(key.value), to))
        };
        match self {
            Self::Play(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::Language(_)
            | Self::Notify(_)
            | Self::Survey(_)
            | Self::Return(_)
            | Self::Hangup(_) => SmallVec::new(),
            Self::Menu(menu) => {
                let otherwise = menu.patience.otherwise.as_ref().map(|to| (Way::Otherwise, to));
                keys(&menu.branches).chain(otherwise).collect()
            }
            Self::Ask(ask) => some(&[(Way::Otherwise, &ask.patience.otherwise)]),
            Self::Verify(it) => some(&[
                (Way::Otherwise, &it.patience.otherwise),
                (Way::Locked, &it.locked),
                (Way::Failed, &it.failed),
            ]),
            Self::If(fork) => some(&[(Way::Then, &fork.then), (Way::Else, &fork.otherwise)]),
            Self::Goto(it) => std::iter::once((Way::Goto, &it.to)).collect(),
            Self::Lookup(it) => some(&[
                (Way::NotFound, &it.not_found),
                (Way::Failed, &it.failed),
                (Way::Unknown, &it.unknown),
            ]),
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
            Self::Case(it) => some(&[(Way::Failed, &it.failed)]),
            Self::Callback(it) => {
                some(&[(Way::NoNumber, &it.no_number), (Way::Failed, &it.failed)])
            }
            Self::Record(it) => some(&[(Way::Nothing, &it.nothing), (Way::Failed, &it.failed)]),
            Self::Conference(it) => some(&[(Way::Failed, &it.failed), (Way::After, &it.after)]),
            Self::Run(run) => {
                let exits = run.exits.iter().map(|(exit, to)| (Way::Exit(exit.value.clone()), to));
                exits.chain(run.otherwise.as_ref().map(|to| (Way::Otherwise, to))).collect()
            }
        }
    }

    /// Whether the step never goes on behind it.
    #[must_use]
    pub fn always_leaves(&self) -> bool {
        match self {
            Self::Goto(_)
            | Self::Menu(_)
            | Self::Queue(_)
            | Self::Transfer(_)
            | Self::Conference(_)
            | Self::Return(_)
            | Self::Hangup(_) => true,
            Self::Run(run) => run.sub.as_ref().is_ok_and(|sub| !sub.returns.ever),
            Self::If(fork) => fork.then.is_some() && fork.otherwise.is_some(),
            Self::Play(_)
            | Self::Ask(_)
            | Self::Verify(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Language(_)
            | Self::Record(_)
            | Self::Survey(_) => false,
        }
    }
}

impl ActionKind {
    /// The queue that it names.
    pub(super) const fn queue(&self) -> Option<&Spanned<Name>> {
        if let Self::Queue(it) = self {
            Some(&it.queue)
        } else if let Self::Callback(it) = self {
            Some(&it.queue)
        } else {
            None
        }
    }

    /// How often and how long a caller is waited for, where one is asked something.
    pub(super) const fn patience(&self) -> Option<&Patience> {
        match self {
            Self::Menu(menu) => Some(&menu.patience),
            Self::Ask(ask) => Some(&ask.patience),
            Self::Verify(verify) => Some(&verify.patience),
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
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Conference(_)
            | Self::Run(_)
            | Self::Return(_)
            | Self::Hangup(_) => None,
        }
    }

    /// Whether a caller can be brought to a person by it.
    pub(super) fn has_person(&self) -> bool {
        match self {
            Self::Queue(_) | Self::Transfer(_) | Self::Conference(_) => true,
            Self::Run(run) => run.sub.as_ref().is_ok_and(|sub| sub.has_person),
            Self::Play(_)
            | Self::Menu(_)
            | Self::Ask(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::If(_)
            | Self::Goto(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Language(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Return(_)
            | Self::Verify(_)
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Hangup(_) => false,
        }
    }

    /// On which paths the call leaves the action by `way`, or goes on behind it where that is none.
    fn coming(&self, way: Option<&Way>) -> Coming {
        let Self::Run(Run { sub: Ok(sub), exits, .. }) = self else {
            let waits = matches!(self, Self::Menu(_) | Self::Ask(_) | Self::Verify(_));
            let alone = match way {
                Some(Way::Key(_) | Way::After | Way::Locked) => false,
                // What becomes of a secret is known only once one was keyed.
                Some(Way::Failed) if matches!(self, Self::Verify(_)) => false,
                Some(_) => true,
                None => !matches!(self, Self::Ask(_) | Self::Record(_) | Self::Verify(_)),
            };
            let waits = (waits && way == Some(&Way::Otherwise))
                || matches!(way, Some(Way::Waited | Way::Nothing));
            return Coming { ever: true, alone, at_once: alone && !waits };
        };
        match way {
            Some(Way::Exit(exit)) => sub.leaving(exit),
            // Any exit that has no way of its own.
            Some(_) => {
                let has_own = |name: &str| exits.iter().any(|(it, _)| *it.value == *name);
                let rest = sub.exits.iter().filter(|exit| !has_own(&exit.value));
                rest.map(|exit| sub.leaving(&exit.value)).fold(Coming::default(), Coming::or)
            }
            None => sub.returns,
        }
    }
}

impl Action {
    /// Whether something decides that it is carried out: its `when`, or a calendar.
    pub(crate) const fn may_be_passed_over(&self) -> bool {
        self.when.is_some() || matches!(&self.kind, ActionKind::Play(Play { on: Some(_), .. }))
    }

    /// Whether the step never goes on behind it, whatever `when` says.
    pub(super) fn ends_its_step(&self) -> bool {
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

/// A `return` of a step.
#[derive(Debug, Clone, Copy)]
struct Back<'a> {
    /// Index of its step.
    from: usize,
    /// The exit that it takes; behind the `run` if it names none.
    exit: Option<&'a Spanned<Name>>,
    /// On which paths a call that has begun the step comes to it.
    within: Coming,
}

/// The steps of one flow and the ways between them.
pub(super) struct Graph<'a> {
    /// In order of their steps and actions.
    pub(super) edges: Vec<Edge<'a>>,
    /// Every `return` that a step can come to.
    backs: Vec<Back<'a>>,
    /// Which edges leave each step.
    leaving: Vec<Range<usize>>,
    /// Whether a call can come to each step.
    reached: Vec<bool>,
    /// The step that a call begins with.
    start: Option<usize>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(flow: &'a Flow) -> Self {
        let (mut edges, mut backs) = (Vec::new(), Vec::new());
        let mut leaving = Vec::with_capacity(flow.steps.len());
        for (from, step) in flow.steps.values().enumerate() {
            let begin = edges.len();
            // On which paths a call that has begun the step comes to the action.
            let mut within = Coming { ever: true, alone: true, at_once: true };
            for (at, action) in step.actions.iter().enumerate() {
                if let ActionKind::Return(exit) = &action.kind {
                    backs.push(Back { from, exit: exit.as_ref(), within });
                }
                for (way, target) in action.kind.ways() {
                    let coming = within.then(action.kind.coming(Some(&way)));
                    let to = flow.steps.get_index_of(&target.value);
                    let (alone, waits) = (coming.alone, coming.alone && !coming.at_once);
                    edges.push(Edge { from, action: at, target, to, alone, waits });
                }
                if action.ends_its_step() {
                    break;
                }
                if action.when.is_none() {
                    within = within.then(action.kind.coming(None));
                }
            }
            leaving.push(begin..edges.len());
        }
        let mut graph = Self { edges, backs, leaving, reached: Vec::new(), start: None };
        graph.start = flow.steps.get_index_of(&flow.start.value);
        graph.reached = graph.spread(|_| true);
        graph
    }

    /// Each `return` by its exit, and on which paths a call comes to it.
    pub(super) fn ways_back(&self) -> Vec<(Option<&'a Spanned<Name>>, Coming)> {
        let alone = self.spread(|edge| edge.alone);
        let at_once = self.spread(|edge| edge.alone && !edge.waits);
        let has = |steps: &[bool], at: usize| steps.get(at).copied().unwrap_or(false);
        let ways = self.backs.iter().map(|back| {
            let to_step = Coming {
                ever: has(&self.reached, back.from),
                alone: has(&alone, back.from),
                at_once: has(&at_once, back.from),
            };
            (back.exit, to_step.then(back.within))
        });
        ways.collect()
    }

    /// Whether a call can come to step `index`.
    pub(super) fn is_reached(&self, index: usize) -> bool {
        self.reached.get(index).copied().unwrap_or(false)
    }

    /// The ways that leave step `index`.
    pub(super) fn leaving(&self, index: usize) -> &[Edge<'a>] {
        self.leaving.get(index).and_then(|range| self.edges.get(range.clone())).unwrap_or_default()
    }

    /// Whether a call can come to each step over edges that `follow` takes.
    fn spread(&self, follow: impl Fn(&Edge<'a>) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.leaving.len()];
        let mut next: Vec<usize> = self.start.into_iter().collect();
        while let Some(step) = next.pop() {
            if let Some(mark) = reached.get_mut(step)
                && !std::mem::replace(mark, true)
            {
                let edges = self.leaving(step).iter().filter(|edge| follow(edge));
                next.extend(edges.filter_map(|edge| edge.to));
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

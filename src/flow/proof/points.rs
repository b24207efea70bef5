//! The actions of a flow as points, and the moves between them: who makes each, on what condition, at what toll.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use smallvec::SmallVec;

use super::inside::{Inside, Known};
use super::reach::Trouble;
use super::tolls::Lengths;
use super::{Driver, ENDS, End, Toll};
use crate::flow::check::Prompts;
use crate::flow::expr::Expr;
use crate::flow::graph::Way;
use crate::flow::model::{Action, ActionKind, Flow, Name, Target};
use crate::flow::sub::Coming;

/// One action that a call can be at.
pub(in crate::flow) struct Point<'a> {
    /// Index of its step.
    pub(in crate::flow) step: usize,
    pub(in crate::flow) action: &'a Action,
    pub(in crate::flow) moves: Vec<Move<'a>>,
    /// The flow that it runs.
    pub(super) inside: Option<Rc<Inside>>,
}

/// How a call leaves an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::flow) enum By {
    /// By a way that it names.
    Way(Way),
    /// To the next action, once it is done.
    On,
    /// To the next action, because `when` is not so.
    Skip,
}

/// One move from a point to another.
pub(in crate::flow) struct Move<'a> {
    /// Index of the point that it leads to.
    pub(in crate::flow) to: usize,
    pub(in crate::flow) by: By,
    /// Where it is written, if it is.
    pub(in crate::flow) target: Option<&'a Target>,
    /// Whether nobody has to do anything for it.
    pub(in crate::flow) alone: bool,
    /// Whether a caller keys an answer for it.
    pub(super) answers: bool,
    /// Whether time passes in which the caller could do something: silence after a question, a wait in a queue.
    pub(in crate::flow) waits: bool,
    /// What must be so.
    pub(in crate::flow) guards: SmallVec<[(&'a Expr, bool); 2]>,
    /// What it costs a caller who knows what to press, and how often all is not well then: silence, a lookup that fails
    /// or finds nothing, a closed door.
    pub(super) usual: Trouble,
    /// What it costs a caller who presses no right key; `None` where it needs one.
    pub(super) worst: Option<Toll>,
}

/// All points of a flow that calls can come to.
pub(in crate::flow) struct Points<'a> {
    pub(in crate::flow) all: Vec<Point<'a>>,
    /// Where calls begin.
    pub(super) start: Option<usize>,
    /// Whether a call can come to each.
    pub(super) reached: Vec<bool>,
    /// The moves that lead to each: from where, and which of its moves.
    pub(super) before: Vec<Vec<(usize, usize)>>,
    /// Where each variable is given which value.
    pub(super) sets: HashMap<&'a Name, Vec<(usize, &'a Expr)>>,
    /// The variables of whose values nothing is known: callers key them, or another flow gives them.
    pub(super) keyed: HashSet<&'a Name>,
}

impl<'a> Points<'a> {
    pub(in crate::flow) fn new(flow: &'a Flow, prompts: &dyn Prompts) -> Self {
        Self::with(flow, prompts, &mut Known::new())
    }

    /// The same, where some of the flows that it runs were looked into already.
    pub(super) fn with(flow: &'a Flow, prompts: &dyn Prompts, known: &mut Known) -> Self {
        let mut firsts = Vec::with_capacity(flow.steps.len());
        let mut count = 0;
        for step in flow.steps.values() {
            let lasts = step.actions.iter().position(Action::ends_its_step);
            let length = lasts.map_or(step.actions.len(), |at| at + 1);
            firsts.push((count, length));
            count += length;
        }
        let first = |name: &str| {
            let (first, length) = firsts.get(flow.steps.get_index_of(name)?)?;
            (*length > 0).then_some(*first)
        };
        let mut lengths = Lengths::new(flow, prompts);
        let mut all: Vec<Point<'a>> = Vec::with_capacity(count);
        for (step, (it, (begin, length))) in flow.steps.values().zip(&firsts).enumerate() {
            for (at, action) in it.actions.iter().take(*length).enumerate() {
                let next = (at + 1 < *length).then_some(begin + at + 1);
                let run = if let ActionKind::Run(it) = &action.kind { Some(it) } else { None };
                let inside = run.and_then(|it| Inside::of(it, prompts, known));
                let moves = moves(action, inside.as_deref(), next, &first, &mut lengths);
                all.push(Point { step, action, moves, inside });
            }
        }
        let start = first(&flow.start.value);
        let mut points = Self {
            reached: vec![false; all.len()],
            before: vec![Vec::new(); all.len()],
            sets: HashMap::new(),
            keyed: flow.takes.keys().collect(),
            all,
            start,
        };
        for (at, point) in points.all.iter().enumerate() {
            for (nth, it) in point.moves.iter().enumerate() {
                if let Some(list) = points.before.get_mut(it.to) {
                    list.push((at, nth));
                }
            }
            if let ActionKind::Set(sets) = &point.action.kind {
                for it in sets {
                    points.sets.entry(&it.name.value).or_default().push((at, &it.value));
                }
            }
            if let ActionKind::Ask(ask) = &point.action.kind {
                points.keyed.insert(&ask.into.value);
            }
        }
        points.reached = points.spread(|_| true);
        points
    }

    /// Whether a call can come to each point over moves that `follow` takes.
    pub(super) fn spread(&self, follow: impl Fn(&Move<'a>) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.all.len()];
        let mut open: Vec<usize> = self.start.into_iter().collect();
        while let Some(at) = open.pop() {
            if let (Some(mark), Some(point)) = (reached.get_mut(at), self.all.get(at))
                && !std::mem::replace(mark, true)
            {
                open.extend(point.moves.iter().filter(|it| follow(it)).map(|it| it.to));
            }
        }
        reached
    }

    /// How many actions end a call, in the order of `ENDS`.
    pub(super) fn ends(&self) -> [usize; ENDS.len()] {
        ENDS.map(|end| self.all.iter().filter(|it| it.action.kind.end() == Some(end)).count())
    }

    /// The moves from point `at`.
    pub(super) fn moves(&self, at: usize) -> &[Move<'a>] {
        self.all.get(at).map(|it| it.moves.as_slice()).unwrap_or_default()
    }
}

impl Point<'_> {
    /// The prompt of a question.
    pub(super) fn prompt(&self) -> Option<Name> {
        match &self.action.kind {
            ActionKind::Menu(menu) => Some(menu.prompt.value.clone()),
            ActionKind::Ask(ask) => Some(ask.prompt.value.clone()),
            ActionKind::Verify(it) => Some(it.prompt.value.clone()),
            ActionKind::Record(it) => Some(it.prompt.value.clone()),
            ActionKind::Survey(it) => it.questions.first().map(|it| it.prompt.value.clone()),
            ActionKind::Play(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Conference(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => None,
        }
    }

    /// The longest way to an end that `wanted` picks, from here and without leaving this action.
    pub(super) fn end(&self, wanted: impl Fn(End) -> bool) -> Option<(End, Toll)> {
        if let Some(end) = self.action.kind.end() {
            return wanted(end).then_some((end, Toll::default()));
        }
        let inside = self.inside.as_ref()?.worst.iter();
        // What goes back from there has not ended here.
        inside
            .filter(|(end, _)| *end != End::Back && wanted(*end))
            .max_by_key(|(_, toll)| *toll)
            .copied()
    }

    /// The usual way to a person from here, without leaving this action.
    pub(super) fn person(&self) -> Option<Trouble> {
        if self.action.kind.end() == Some(End::Person) {
            return Some(Trouble::default());
        }
        self.inside.as_ref()?.person
    }
}

fn moves<'a>(
    action: &'a Action,
    inside: Option<&Inside>,
    next: Option<usize>,
    first: &dyn Fn(&str) -> Option<usize>,
    lengths: &mut Lengths<'_>,
) -> Vec<Move<'a>> {
    let when = || action.when.iter().map(|it| (it, true));
    let mut moves = Vec::new();
    let mut add = |to, by: By, target, guards| {
        let coming = match &by {
            By::Way(way) => action.kind.coming(Some(way)),
            By::On => action.kind.coming(None),
            By::Skip => Coming { ever: true, alone: true, at_once: true },
        };
        if !coming.ever {
            return;
        }
        let driver = driver(&action.kind, &by, coming, inside);
        moves.push(Move {
            to,
            target,
            alone: coming.alone,
            answers: driver == Driver::Answer,
            waits: coming.alone && !coming.at_once,
            guards,
            usual: lengths.usual(action, &by, inside),
            worst: matches!(driver, Driver::Nobody | Driver::Answer)
                .then(|| lengths.worst(action, &by, inside)),
            by,
        });
    };
    for (way, target) in action.kind.ways() {
        let Some(to) = first(&target.value) else { continue };
        let own = match (&action.kind, &way) {
            (ActionKind::If(fork), Way::Then) => Some((&fork.condition, true)),
            (ActionKind::If(fork), Way::Else) => Some((&fork.condition, false)),
            (_, _) => None,
        };
        add(to, By::Way(way), Some(target), when().chain(own).collect());
    }
    let Some(next) = next else { return moves };
    if !action.kind.always_leaves() {
        let own = match &action.kind {
            ActionKind::If(fork) => Some((&fork.condition, fork.then.is_none())),
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Ask(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Verify(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_)
            | ActionKind::Conference(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => None,
        };
        add(next, By::On, None, when().chain(own).collect());
    }
    if let Some(when) = &action.when {
        add(next, By::Skip, None, std::iter::once((when, false)).collect());
    }
    moves
}

/// Who makes the call leave an action so.
fn driver(kind: &ActionKind, by: &By, coming: Coming, inside: Option<&Inside>) -> Driver {
    match (kind, by) {
        (_, By::Skip) => Driver::Nobody,
        (ActionKind::Run(_), _) if coming.alone => Driver::Nobody,
        (ActionKind::Run(run), by) => match inside.is_none_or(|it| it.is_left_without_key(run, by))
        {
            true => Driver::Answer,
            false => Driver::Key,
        },
        (ActionKind::Ask(_) | ActionKind::Record(_), By::On) => Driver::Answer,
        // A right secret is a right key. What becomes of a secret is known only once one was keyed.
        (ActionKind::Verify(_), By::On) => Driver::Key,
        (ActionKind::Verify(_), By::Way(Way::Failed)) => Driver::Answer,
        (_, By::Way(way)) => way.driver(),
        (_, By::On) => Driver::Nobody,
    }
}

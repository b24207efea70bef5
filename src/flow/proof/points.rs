//! The actions of a flow as points, and the moves between them: who makes each, on what condition, at what toll.

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;

use super::tolls::Lengths;
use super::{Driver, Toll};
use crate::flow::check::Prompts;
use crate::flow::expr::Expr;
use crate::flow::graph::Way;
use crate::flow::model::{Action, ActionKind, Flow, Name, Target};

/// One action that a call can be at.
pub(in crate::flow) struct Point<'a> {
    /// Index of its step.
    pub(in crate::flow) step: usize,
    pub(in crate::flow) action: &'a Action,
    pub(in crate::flow) moves: Vec<Move<'a>>,
}

/// How a call leaves an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Whether all is not well then: silence, a lookup that fails or finds nothing, a closed door.
    pub(super) mishap: bool,
    /// What it costs a caller who knows what to press.
    pub(super) usual: Toll,
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
    /// The variables that callers key.
    pub(super) keyed: HashSet<&'a Name>,
}

impl<'a> Points<'a> {
    pub(in crate::flow) fn new(flow: &'a Flow, prompts: &dyn Prompts) -> Self {
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
                let moves = moves(action, next, &first, &mut lengths);
                all.push(Point { step, action, moves });
            }
        }
        let start = first(&flow.start.value);
        let mut points = Self {
            reached: vec![false; all.len()],
            before: vec![Vec::new(); all.len()],
            sets: HashMap::new(),
            keyed: HashSet::new(),
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
        let mut open: Vec<usize> = start.into_iter().collect();
        while let Some(at) = open.pop() {
            if let (Some(mark), Some(point)) = (points.reached.get_mut(at), points.all.get(at))
                && !std::mem::replace(mark, true)
            {
                open.extend(point.moves.iter().map(|it| it.to));
            }
        }
        points
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
            | ActionKind::Hangup(_) => None,
        }
    }
}

fn moves<'a>(
    action: &'a Action,
    next: Option<usize>,
    first: &dyn Fn(&str) -> Option<usize>,
    lengths: &mut Lengths<'_>,
) -> Vec<Move<'a>> {
    let when = || action.when.iter().map(|it| (it, true));
    let mut moves = Vec::new();
    let mut add = |to, by, target, guards| {
        let driver = match by {
            By::Way(way) => way.driver(),
            By::On => goes_on(&action.kind),
            By::Skip => Driver::Nobody,
        };
        moves.push(Move {
            to,
            by,
            target,
            alone: driver == Driver::Nobody,
            answers: driver == Driver::Answer,
            waits: lengths.waits(action, by),
            guards,
            mishap: matches!(by, By::Way(way) if way.is_mishap()),
            usual: lengths.usual(action, by),
            worst: if matches!(driver, Driver::Nobody | Driver::Answer) {
                Some(lengths.worst(action, by))
            } else {
                None
            },
        });
    };
    for (way, target) in action.kind.ways() {
        let Some(to) = first(&target.value) else { continue };
        let own = match (&action.kind, way) {
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
            | ActionKind::Hangup(_) => None,
        };
        add(next, By::On, None, when().chain(own).collect());
    }
    if let Some(when) = &action.when {
        add(next, By::Skip, None, std::iter::once((when, false)).collect());
    }
    moves
}

/// Who makes the call go on behind an action.
const fn goes_on(kind: &ActionKind) -> Driver {
    match kind {
        ActionKind::Ask(_) => Driver::Answer,
        ActionKind::Play(_)
        | ActionKind::Menu(_)
        | ActionKind::Say(_)
        | ActionKind::Set(_)
        | ActionKind::If(_)
        | ActionKind::Goto(_)
        | ActionKind::Lookup(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Queue(_)
        | ActionKind::Transfer(_)
        | ActionKind::Hangup(_) => Driver::Nobody,
    }
}

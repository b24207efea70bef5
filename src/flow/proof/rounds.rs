//! How often a ring can be gone round: its points, each with every value that its counters can have there.
//!
//! A counter is a variable of which every value in the flow is written out or its own value and a number, and that a
//! condition in the ring asks for. With their values beside it a point is a state; a ring is bounded if no state leads
//! back to itself.

use std::collections::{BTreeSet, HashMap};

use rust_decimal::Decimal;
use smallvec::SmallVec;

use super::points::{Move, Points};
use super::rings::{Ring, Taken};
use crate::flow::expr::{Expr, ExprKind, Operator};
use crate::flow::model::{ActionKind, Name};
use crate::value::Value;

/// The most states of one ring that are followed.
const MAX_STATES: usize = 20_000;
/// The most counters of one ring that are followed.
const MAX_COUNTERS: usize = 3;

/// What is known about going round.
pub(in crate::flow) enum Rounds {
    /// It ends: the states, each after all that it leads to.
    Bounded(Unrolled),
    /// It goes round for ever: this way.
    Endless(Vec<Taken>),
    /// There are too many values to follow.
    Unknown,
}

/// A ring unrolled into states.
pub(in crate::flow) struct Unrolled {
    /// Each with its point and its moves inside the ring, to states that stand before it.
    pub(super) states: Vec<State>,
}

/// A point and what is possible there.
pub(super) struct State {
    pub(super) point: usize,
    /// Moves inside the ring and the state that each leads to.
    pub(super) inside: Vec<(Taken, usize)>,
    /// Moves out of it.
    pub(super) out: Vec<Taken>,
}

/// A counter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Count {
    Flag(bool),
    Number(Decimal),
}

type Counts = SmallVec<[Count; MAX_COUNTERS]>;

struct Counter<'a> {
    name: &'a Name,
    /// What it may be when the ring is come to.
    starts: BTreeSet<Count>,
    /// Beyond these no condition tells its values apart.
    least: Decimal,
    most: Decimal,
}

/// Follows a ring over the moves that `follow` takes.
pub(in crate::flow) fn rounds<'a>(
    points: &Points<'a>,
    ring: &Ring,
    follow: impl Fn(usize, &Move<'a>) -> bool,
) -> Rounds {
    let counters = counters(points, ring);
    let mut entries: Vec<Counts> = vec![Counts::new()];
    for counter in &counters {
        let each = entries.iter().flat_map(|counts| {
            counter.starts.iter().map(|start| {
                let mut counts = counts.clone();
                counts.push(*start);
                counts
            })
        });
        entries = each.collect();
    }
    if entries.len().saturating_mul(ring.points.len()) > MAX_STATES {
        return Rounds::Unknown;
    }
    Search::new(points, ring, &counters).run(&entries, &follow)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Open,
    /// With its place among the states.
    Done(usize),
}

struct Visit {
    point: usize,
    counts: Counts,
    /// How many of the point's moves were looked at.
    next: usize,
    state: State,
    /// The move into the state that is being looked at.
    entering: Option<Taken>,
}

struct Search<'s, 'a> {
    points: &'s Points<'a>,
    ring: &'s Ring,
    counters: &'s [Counter<'a>],
    seen: HashMap<(usize, Counts), Seen>,
    done: Unrolled,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(points: &'s Points<'a>, ring: &'s Ring, counters: &'s [Counter<'a>]) -> Self {
        let done = Unrolled { states: Vec::new() };
        Self { points, ring, counters, seen: HashMap::new(), done }
    }

    fn run(mut self, entries: &[Counts], follow: &impl Fn(usize, &Move<'a>) -> bool) -> Rounds {
        for point in &self.ring.points {
            if !self.is_entered(*point, follow) {
                continue;
            }
            for counts in entries {
                if self.seen.contains_key(&(*point, counts.clone())) {
                    continue;
                }
                let mut visits = vec![self.open(*point, counts.clone())];
                while let Some(visit) = visits.last_mut() {
                    let moves = self.points.moves(visit.point);
                    let Some(it) = moves.get(visit.next) else {
                        self.close(&mut visits);
                        continue;
                    };
                    let taken = Taken { from: visit.point, nth: visit.next };
                    visit.next += 1;
                    if !follow(visit.point, it) || !self.may(it, &visit.counts) {
                        continue;
                    }
                    if !self.ring.has(it.to) {
                        visit.state.out.push(taken);
                        continue;
                    }
                    let counts = self.after(visit.point, it, &visit.counts);
                    match self.seen.get(&(it.to, counts.clone())) {
                        Some(Seen::Done(state)) => visit.state.inside.push((taken, *state)),
                        Some(Seen::Open) => {
                            visit.entering = Some(taken);
                            let same = |it: &Visit, to| it.point == to && it.counts == counts;
                            let begin = visits.iter().position(|visit| same(visit, it.to));
                            let round = visits.iter().skip(begin.unwrap_or(0));
                            return Rounds::Endless(round.filter_map(|it| it.entering).collect());
                        }
                        None if self.seen.len() >= MAX_STATES => return Rounds::Unknown,
                        None => {
                            visit.entering = Some(taken);
                            let visit = self.open(it.to, counts);
                            visits.push(visit);
                        }
                    }
                }
            }
        }
        Rounds::Bounded(self.done)
    }

    /// Whether a call can come to a point of the ring other than by going round in it.
    fn is_entered(&self, point: usize, follow: &impl Fn(usize, &Move<'a>) -> bool) -> bool {
        let before = self.points.before.get(point).into_iter().flatten();
        let mut moves = before
            .filter(|(from, _)| self.points.reached.get(*from) == Some(&true))
            .filter_map(|(from, nth)| Some((*from, self.points.moves(*from).get(*nth)?)));
        self.points.start == Some(point)
            || moves.any(|(from, it)| !self.ring.has(from) || !follow(from, it))
    }

    fn open(&mut self, point: usize, counts: Counts) -> Visit {
        self.seen.insert((point, counts.clone()), Seen::Open);
        let state = State { point, inside: Vec::new(), out: Vec::new() };
        Visit { point, counts, next: 0, state, entering: None }
    }

    fn close(&mut self, visits: &mut Vec<Visit>) {
        let Some(visit) = visits.pop() else { return };
        let place = self.done.states.len();
        self.seen.insert((visit.point, visit.counts), Seen::Done(place));
        self.done.states.push(visit.state);
        if let Some(parent) = visits.last_mut()
            && let Some(taken) = parent.entering.take()
        {
            parent.state.inside.push((taken, place));
        }
    }

    /// Whether a move is possible with these values; yes where nobody can say.
    fn may(&self, it: &Move<'a>, counts: &Counts) -> bool {
        it.guards.iter().all(|(guard, wanted)| {
            self.value(guard, counts).is_none_or(|it| it == Count::Flag(*wanted))
        })
    }

    /// The values behind a move: what `set` gives, unless its `when` passed it over.
    fn after(&self, point: usize, it: &Move<'a>, counts: &Counts) -> Counts {
        let mut counts = counts.clone();
        let skipped = it.by == super::By::Skip;
        let action = self.points.all.get(point).map(|it| &it.action.kind);
        let Some(ActionKind::Set(sets)) = action.filter(|_| !skipped) else { return counts };
        for set in sets {
            let place = self.counters.iter().position(|it| *it.name == set.name.value);
            if let Some((place, counter)) = place.and_then(|it| Some((it, self.counters.get(it)?)))
                && let Some(value) = self.value(&set.value, &counts)
                && let Some(count) = counts.get_mut(place)
            {
                *count = match value {
                    Count::Number(it) => Count::Number(it.clamp(counter.least, counter.most)),
                    Count::Flag(_) => value,
                };
            }
        }
        counts
    }

    /// What an expression comes to, as far as counters and written values tell.
    fn value(&self, expr: &Expr, counts: &Counts) -> Option<Count> {
        use Count::{Flag, Number};
        match &expr.kind {
            ExprKind::Literal(_) => literal(expr),
            ExprKind::Name(name) => {
                let place = self.counters.iter().position(|it| it.name == name)?;
                counts.get(place).copied()
            }
            ExprKind::Known(name) => {
                // A counter has a value on every path, or the flow has an error.
                self.counters.iter().any(|it| it.name == name).then_some(Flag(true))
            }
            ExprKind::Not(operand) => match self.value(operand, counts)? {
                Flag(it) => Some(Flag(!it)),
                Number(_) => None,
            },
            ExprKind::Negate(operand) => match self.value(operand, counts)? {
                Number(it) => Some(Number(-it)),
                Flag(_) => None,
            },
            ExprKind::If(condition, yes, no) => match self.value(condition, counts)? {
                Flag(true) => self.value(yes, counts),
                Flag(false) => self.value(no, counts),
                Number(_) => None,
            },
            ExprKind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left, counts), self.value(right, counts));
                match (operator, left, right) {
                    (Operator::And, Some(Flag(false)), _)
                    | (Operator::And, _, Some(Flag(false))) => Some(Flag(false)),
                    (Operator::And, Some(Flag(true)), Some(Flag(true))) => Some(Flag(true)),
                    (Operator::Or, Some(Flag(true)), _) | (Operator::Or, _, Some(Flag(true))) => {
                        Some(Flag(true))
                    }
                    (Operator::Or, Some(Flag(false)), Some(Flag(false))) => Some(Flag(false)),
                    (_, Some(left), Some(right)) => apply(*operator, left, right),
                    (_, _, _) => None,
                }
            }
        }
    }
}

fn apply(operator: Operator, left: Count, right: Count) -> Option<Count> {
    use Count::{Flag, Number};
    match operator {
        Operator::Equal => Some(Flag(left == right)),
        Operator::NotEqual => Some(Flag(left != right)),
        Operator::Less => Some(Flag(left < right)),
        Operator::LessOrEqual => Some(Flag(left <= right)),
        Operator::Greater => Some(Flag(left > right)),
        Operator::GreaterOrEqual => Some(Flag(left >= right)),
        Operator::Add | Operator::Subtract => match (left, right) {
            (Number(left), Number(right)) => {
                let right = if operator == Operator::Subtract { -right } else { right };
                left.checked_add(right).map(Number)
            }
            (Flag(_) | Number(_), Flag(_) | Number(_)) => None,
        },
        Operator::And | Operator::Or | Operator::Multiply | Operator::Divide => None,
    }
}

fn literal(expr: &Expr) -> Option<Count> {
    match &expr.kind {
        ExprKind::Literal(Value::Number(it)) => Some(Count::Number(*it)),
        ExprKind::Literal(Value::YesNo(it)) => Some(Count::Flag(*it)),
        ExprKind::Negate(operand) => match literal(operand)? {
            Count::Number(it) => Some(Count::Number(-it)),
            Count::Flag(_) => None,
        },
        ExprKind::Literal(_)
        | ExprKind::Name(_)
        | ExprKind::Not(_)
        | ExprKind::Binary(..)
        | ExprKind::If(..)
        | ExprKind::Known(_) => None,
    }
}

/// `rounds + 1`, `left - 1`, `1 + rounds`: how much is added to a variable's own value.
fn step(name: &Name, expr: &Expr) -> Option<Decimal> {
    let ExprKind::Binary(operator, left, right) = &expr.kind else { return None };
    let own = |it: &Expr| matches!(&it.kind, ExprKind::Name(it) if it == name);
    let number = |it: &Expr| match literal(it) {
        Some(Count::Number(it)) => Some(it),
        Some(Count::Flag(_)) | None => None,
    };
    match operator {
        Operator::Add if own(left) => number(right),
        Operator::Add if own(right) => number(left),
        Operator::Subtract if own(left) => number(right).map(|it| -it),
        Operator::Or
        | Operator::And
        | Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide => None,
    }
}

/// The variables of a ring that count, in the order in which it asks for them.
fn counters<'a>(points: &Points<'a>, ring: &Ring) -> Vec<Counter<'a>> {
    let mut asked: Vec<&'a Name> = Vec::new();
    let moves = || ring.points.iter().flat_map(|at| points.moves(*at));
    for (guard, _) in moves().flat_map(|it| &it.guards) {
        guard.names(&mut |name, _, _| {
            if asked.len() < 64 && !asked.contains(&name) {
                asked.push(name);
            }
        });
    }
    asked.retain(|name| {
        points.sets.get(name).is_some_and(|sets| sets.iter().any(|(at, _)| ring.has(*at)))
    });
    let counters = asked.into_iter().filter_map(|name| counter(points, ring, name));
    counters.take(MAX_COUNTERS).collect()
}

fn counter<'a>(points: &Points<'a>, ring: &Ring, name: &'a Name) -> Option<Counter<'a>> {
    let (mut starts, mut written) = (BTreeSet::new(), BTreeSet::new());
    let (mut up, mut down, mut elsewhere) = (false, false, false);
    if points.keyed.contains(name) {
        return None;
    }
    for (at, expr) in points.sets.get(name).into_iter().flatten() {
        if let Some(value) = literal(expr) {
            written.insert(value);
            if !ring.has(*at) {
                starts.insert(value);
            }
        } else {
            let by = step(name, expr)?;
            up |= by > Decimal::ZERO;
            down |= by < Decimal::ZERO;
            elsewhere |= !ring.has(*at);
        }
    }
    if starts.is_empty() {
        starts.clone_from(&written);
    }
    // No sum of what is written out lies beyond these, so that no condition tells apart what lies beyond them.
    let mut numbers: Vec<Decimal> = written.iter().filter_map(Count::number).collect();
    let conditions = ring.points.iter().flat_map(|at| points.moves(*at)).flat_map(|it| &it.guards);
    conditions.for_each(|(guard, _)| literals(guard, &mut numbers));
    let sum = numbers.iter().try_fold(Decimal::ONE, |sum, it| sum.checked_add(it.abs()))?;
    let (least, most) = (-sum, sum);
    // Counted both ways a value beyond the bounds could come back into them.
    if up && down {
        return None;
    }
    if elsewhere {
        starts.insert(Count::Number(if up { most } else { least }));
    }
    (!starts.is_empty()).then_some(Counter { name, starts, least, most })
}

impl Count {
    fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(it) => Some(*it),
            Self::Flag(_) => None,
        }
    }
}

fn literals(expr: &Expr, numbers: &mut Vec<Decimal>) {
    match &expr.kind {
        ExprKind::Literal(Value::Number(it)) => numbers.push(*it),
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Known(_) => {}
        ExprKind::Not(operand) | ExprKind::Negate(operand) => literals(operand, numbers),
        ExprKind::Binary(_, left, right) => {
            literals(left, numbers);
            literals(right, numbers);
        }
        ExprKind::If(condition, yes, no) => {
            literals(condition, numbers);
            literals(yes, numbers);
            literals(no, numbers);
        }
    }
}

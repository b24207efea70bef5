//! How far it is to an end: the usual way (shortest, all is well) and the worst (longest, no right key).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::points::{By, Move, Points};
use super::rings::Taken;
use super::rounds::{Rounds, Unrolled, rounds};
use super::{End, Longest, Toll, told};
use crate::flow::model::Flow;

/// What makes a way the usual one: the fewest mishaps, then the fewest keys, then the least time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Trouble {
    pub(super) mishaps: u32,
    pub(super) keys: u32,
    pub(super) time: Duration,
}

impl Trouble {
    pub(super) const fn toll(self) -> Toll {
        Toll { time: self.time, keys: self.keys }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            mishaps: self.mishaps.saturating_add(other.mishaps),
            keys: self.keys.saturating_add(other.keys),
            time: self.time.saturating_add(other.time),
        }
    }
}

/// The usual way to a person from each point.
pub(super) fn usual(points: &Points<'_>) -> Vec<Option<Trouble>> {
    let people = points.all.iter().enumerate().filter_map(|(at, it)| Some((at, it.person()?)));
    let before = |at: usize| {
        let before = points.before.get(at).into_iter().flatten();
        before.filter_map(|(from, nth)| Some((*from, points.moves(*from).get(*nth)?.usual)))
    };
    shortest(points, people, before)
}

/// The usual way from where calls begin to each point.
pub(super) fn from_start(points: &Points<'_>) -> Vec<Option<Trouble>> {
    let start = points.start.into_iter().map(|at| (at, Trouble::default()));
    shortest(points, start, |at| points.moves(at).iter().map(|it| (it.to, it.usual)))
}

/// The least trouble from any of `begin` to each point (Dijkstra), by way of what `next` leads to.
fn shortest<N: Iterator<Item = (usize, Trouble)>>(
    points: &Points<'_>,
    begin: impl Iterator<Item = (usize, Trouble)>,
    next: impl Fn(usize) -> N,
) -> Vec<Option<Trouble>> {
    let mut open: BinaryHeap<Reverse<(Trouble, usize)>> =
        begin.map(|(at, trouble)| Reverse((trouble, at))).collect();
    let mut found: Vec<Option<Trouble>> = vec![None; points.all.len()];
    while let Some(Reverse((so_far, at))) = open.pop() {
        let Some(place) = found.get_mut(at).filter(|it| it.is_none()) else { continue };
        *place = Some(so_far);
        open.extend(next(at).map(|(to, own)| Reverse((so_far.and(own), to))));
    }
    found
}

/// The longest ways to an end, from every point and every state that its counters may be in.
pub(super) struct Worst {
    nodes: Vec<Node>,
    /// The node of each point from which the way is longest.
    of: Vec<Option<usize>>,
}

struct Node {
    point: usize,
    toll: Option<Toll>,
    next: Option<(Taken, usize)>,
}

/// Which ring each point lies in, of those whose moves are left out.
struct Left(Vec<Option<usize>>);

impl Left {
    fn out(&self, from: usize, to: usize) -> bool {
        let ring = self.0.get(from).copied().flatten();
        ring.is_some() && ring == self.0.get(to).copied().flatten()
    }

    fn leave(&mut self, members: &[usize], ring: usize) {
        for at in members {
            if let Some(place) = self.0.get_mut(*at) {
                *place = Some(ring);
            }
        }
    }
}

/// The longest ways to what `goal` picks for a caller who presses no right key and whose answers are all wrong.
///
/// What goes round is gone round as often as its counters let it. A ring that goes on for as long as the caller keeps
/// answering is not gone round: its answers are left out. Of one that never ends nothing inside is gone.
pub(super) fn worst(points: &Points<'_>, goal: impl Fn(End) -> bool) -> Worst {
    let nowhere = || Left(vec![None; points.all.len()]);
    let (mut answers, mut whole) = (nowhere(), nowhere());
    let ends = |at: usize| points.all.get(at).and_then(|it| it.action.kind.end());
    let toll = |at: usize| points.all.get(at)?.end(&goal).map(|(_, toll)| toll);
    for pass in 0..3 {
        let follow = |from: usize, it: &Move<'_>| {
            it.worst.is_some()
                && (it.by == By::Skip
                    || ends(from).is_none_or(|end| end != End::Person && !goal(end)))
                && !(it.answers && answers.out(from, it.to))
                && !whole.out(from, it.to)
        };
        let groups = points.groups(&follow);
        let mut unrolled = Vec::with_capacity(groups.len());
        let mut endless = Vec::new();
        for group in groups {
            let Some(ring) = points.ring(&group, &follow) else {
                unrolled.push((group, None));
                continue;
            };
            match rounds(points, &ring, follow) {
                Rounds::Bounded(it) => unrolled.push((group, Some(it))),
                Rounds::Endless(_) | Rounds::Unknown => endless.push(group),
            }
        }
        if endless.is_empty() {
            return Worst::new(points, unrolled, follow, toll);
        }
        let left = if pass == 0 { &mut answers } else { &mut whole };
        for (ring, group) in endless.iter().enumerate() {
            left.leave(group, ring);
        }
    }
    // The second pass leaves out every move of every ring that it finds, so the third finds none.
    Worst { nodes: Vec::new(), of: vec![None; points.all.len()] }
}

impl Worst {
    /// `groups` come after all that they lead to.
    fn new<'a>(
        points: &Points<'a>,
        groups: Vec<(Vec<usize>, Option<Unrolled>)>,
        follow: impl Fn(usize, &Move<'a>) -> bool,
        goal: impl Fn(usize) -> Option<Toll>,
    ) -> Self {
        let mut worst = Self { nodes: Vec::new(), of: vec![None; points.all.len()] };
        for (group, unrolled) in groups {
            let base = worst.nodes.len();
            let Some(unrolled) = unrolled else {
                for point in group {
                    let moves = points.moves(point).iter().enumerate();
                    let out = moves
                        .filter(|(_, it)| follow(point, it))
                        .map(|(nth, it)| (Taken { from: point, nth }, worst.node(it.to)))
                        .collect();
                    worst.add(points, point, goal(point), out);
                    worst.enter(point, base);
                }
                continue;
            };
            for state in unrolled.states {
                let target = |it: &Taken| points.moves(it.from).get(it.nth).map(|it| it.to);
                let out =
                    state.out.iter().map(|it| (*it, target(it).and_then(|to| worst.node(to))));
                let inside = state.inside.iter().map(|(it, state)| (*it, Some(base + state)));
                let all = out.chain(inside).collect();
                let node = worst.nodes.len();
                worst.add(points, state.point, goal(state.point), all);
                worst.enter(state.point, node);
            }
        }
        worst
    }

    fn node(&self, point: usize) -> Option<usize> {
        self.of.get(point).copied().flatten()
    }

    fn add(
        &mut self,
        points: &Points<'_>,
        point: usize,
        goal: Option<Toll>,
        moves: Vec<(Taken, Option<usize>)>,
    ) {
        let mut node = Node { point, toll: goal, next: None };
        for (taken, to) in moves {
            let own = points.moves(taken.from).get(taken.nth).and_then(|it| it.worst);
            let rest = to.and_then(|to| Some((to, self.nodes.get(to)?.toll?)));
            if let (Some(own), Some((to, rest))) = (own, rest)
                && node.toll.is_none_or(|so_far| so_far < own.and(rest))
            {
                node.toll = Some(own.and(rest));
                node.next = Some((taken, to));
            }
        }
        self.nodes.push(node);
    }

    fn enter(&mut self, point: usize, node: usize) {
        let toll = |it: Option<usize>| it.and_then(|it| self.nodes.get(it)?.toll);
        let so_far = self.node(point);
        if (so_far.is_none() || toll(so_far) < toll(Some(node)))
            && let Some(place) = self.of.get_mut(point)
        {
            *place = Some(node);
        }
    }

    /// What the longest way from a point costs, if there is one.
    pub(super) fn toll(&self, point: usize) -> Option<Toll> {
        self.nodes.get(self.node(point)?)?.toll
    }

    /// The end of the longest way from a point.
    pub(super) fn end(&self, points: &Points<'_>, point: usize) -> Option<(End, Toll)> {
        let toll = self.toll(point)?;
        let last = self.path(point).last().map_or(Some(point), |(_, to)| Some(*to))?;
        Some((points.all.get(last)?.end(|_| true)?.0, toll))
    }

    /// The moves of the longest way from a point, each with the point that it leads to.
    fn path(&self, point: usize) -> Vec<(Taken, usize)> {
        let mut path = Vec::new();
        let mut node = self.node(point).and_then(|it| self.nodes.get(it));
        // Each node leads to one that was made before it, so this ends.
        while let Some((taken, next)) = node.and_then(|it| it.next) {
            node = self.nodes.get(next);
            path.extend(node.map(|it| (taken, it.point)));
        }
        path
    }

    /// The longest way of all that calls can come to.
    pub(super) fn longest(&self, flow: &Flow, points: &Points<'_>) -> Option<Longest> {
        let reached = (0..points.all.len()).filter(|at| points.reached.get(*at) == Some(&true));
        let tolls = reached.filter_map(|at| Some((self.toll(at)?, Reverse(at))));
        let (toll, Reverse(at)) = tolls.max()?;
        let point = points.all.get(at)?;
        let path = self.path(at);
        let step = flow.steps.get_index(point.step)?.0.clone();
        let taken: Vec<Taken> = path.iter().map(|(it, _)| *it).collect();
        let last = path.last().map_or(at, |(_, to)| *to);
        let path = told::way(flow, points, &taken, last);
        Some(Longest { span: point.action.span, step, toll, path })
    }
}

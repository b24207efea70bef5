//! What goes round: the groups of points that lead to each other.

use std::collections::{HashMap, HashSet, VecDeque};

use super::points::{Move, Points};

/// Points that lead to each other, in the order of the file.
pub(in crate::flow) struct Ring {
    pub(in crate::flow) points: Vec<usize>,
    members: HashSet<usize>,
}

/// A move by its place: which of a point's moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) struct Taken {
    pub(in crate::flow) from: usize,
    pub(in crate::flow) nth: usize,
}

impl Ring {
    fn new(mut points: Vec<usize>) -> Self {
        points.sort_unstable();
        Self { members: points.iter().copied().collect(), points }
    }

    pub(in crate::flow) fn has(&self, point: usize) -> bool {
        self.members.contains(&point)
    }

    /// The moves inside it.
    pub(in crate::flow) fn inside<'p, 'a>(
        &'p self,
        points: &'p Points<'a>,
    ) -> impl Iterator<Item = (Taken, &'p Move<'a>)> {
        self.points.iter().flat_map(move |from| {
            let moves = points.moves(*from).iter().enumerate();
            moves
                .filter(|(_, it)| self.has(it.to))
                .map(move |(nth, it)| (Taken { from: *from, nth }, it))
        })
    }

    /// The shortest way round that begins with the first move that `wanted` picks.
    pub(super) fn shortest<'a>(
        &self,
        points: &Points<'a>,
        wanted: impl Fn(usize, &Move<'a>) -> bool,
        follow: impl Fn(usize, &Move<'a>) -> bool,
    ) -> Option<Vec<Taken>> {
        let (first, begun) = self
            .inside(points)
            .find(|(taken, it)| follow(taken.from, it) && wanted(taken.from, it))?;
        let mut came: HashMap<usize, Taken> = HashMap::new();
        let mut next = VecDeque::from([begun.to]);
        while let Some(at) = next.pop_front().filter(|at| *at != first.from) {
            for (nth, it) in points.moves(at).iter().enumerate() {
                let new = it.to != begun.to && !came.contains_key(&it.to);
                if new && self.has(it.to) && follow(at, it) {
                    came.insert(it.to, Taken { from: at, nth });
                    next.push_back(it.to);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = first.from;
        while at != begun.to {
            let taken = *came.get(&at)?;
            path.push(taken);
            at = taken.from;
        }
        path.push(first);
        path.reverse();
        Some(path)
    }
}

impl<'a> Points<'a> {
    /// The rings among the points that calls can come to, over the moves that `follow` takes; a ring comes before those
    /// that lead to it.
    pub(in crate::flow) fn rings(&self, follow: impl Fn(usize, &Move<'a>) -> bool) -> Vec<Ring> {
        self.groups(&follow).iter().filter_map(|it| self.ring(it, &follow)).collect()
    }

    /// A group as a ring, if it is one.
    pub(super) fn ring(
        &self,
        group: &[usize],
        follow: &impl Fn(usize, &Move<'a>) -> bool,
    ) -> Option<Ring> {
        let to_itself =
            |at: &usize| self.moves(*at).iter().any(|it| it.to == *at && follow(*at, it));
        (group.len() > 1 || group.iter().any(to_itself)).then(|| Ring::new(group.to_vec()))
    }

    /// The points that calls can come to in groups that lead to each other (Tarjan's strongly connected components, with
    /// a stack of its own, so that long flows cannot overflow ours); a group comes before those that lead to it.
    #[expect(
        clippy::indexing_slicing,
        reason = "every index is a point's, and each list has one entry a point"
    )]
    pub(super) fn groups(&self, follow: &impl Fn(usize, &Move<'a>) -> bool) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let count = self.all.len();
        let (mut order, mut low) = (vec![UNSEEN; count], vec![UNSEEN; count]);
        let mut open = vec![false; count];
        let (mut stack, mut groups) = (Vec::new(), Vec::new());
        let mut seen = 0;
        for root in (0..count).filter(|at| self.reached[*at]) {
            if order[root] != UNSEEN {
                continue;
            }
            // Each visit: a point and how many of its moves were followed.
            let mut visits = vec![(root, 0)];
            while let Some((at, next)) = visits.last_mut() {
                let at = *at;
                if *next == 0 {
                    (order[at], low[at]) = (seen, seen);
                    seen += 1;
                    stack.push(at);
                    open[at] = true;
                }
                let it = self.all[at].moves.get(*next);
                *next += 1;
                if let Some(it) = it {
                    if !follow(at, it) {
                        continue;
                    }
                    if order[it.to] == UNSEEN {
                        visits.push((it.to, 0));
                    } else if open[it.to] {
                        low[at] = low[at].min(order[it.to]);
                    }
                    continue;
                }
                visits.pop();
                if let Some((parent, _)) = visits.last() {
                    low[*parent] = low[*parent].min(low[at]);
                }
                if low[at] == order[at] {
                    let begin = stack.iter().rposition(|it| *it == at).unwrap_or(0);
                    let group = stack.split_off(begin);
                    group.iter().for_each(|it| open[*it] = false);
                    groups.push(group);
                }
            }
        }
        groups
    }
}

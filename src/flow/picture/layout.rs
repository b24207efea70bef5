//! Where the boxes and arrows of a page stand.
//!
//! rust-sugiyama decides it, in two goes: the first tells each step's level; then each arrow gets a point of its own on
//! every level that it crosses, and one between levels that is as wide as what stands on the arrow, so that the second
//! go keeps arrows and words clear of boxes. Heights are ours, since a level is as high as its highest box.

use std::collections::BTreeMap;

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

/// A width and a height.
pub(super) type Size = (f64, f64);
/// A place, from the left and the top.
pub(super) type Point = (f64, f64);

/// Everything in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// The middle of each box.
    pub(super) boxes: Vec<Point>,
    pub(super) routes: Vec<Route>,
}

/// How an arrow runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    /// From its box to the other; runs straight down between two points with the same `x`.
    pub(super) points: Vec<Point>,
    /// The middle of what stands on it.
    pub(super) label: Point,
    /// Whether it goes up, back to an earlier step.
    pub(super) back: bool,
}

/// What stands on a level: a box, or a point of an arrow.
struct Item {
    level: usize,
    width: f64,
    x: f64,
}

/// Which arrows are only named in the box that they leave: in a large flow those that lead back, far down, or to where
/// many lead. As lines they would be longer than anybody's eye follows, and push everything else apart.
pub(super) fn far(boxes: usize, arrows: &[(usize, usize)], start: usize) -> Vec<bool> {
    if boxes <= MOST_WHOLE {
        return vec![false; arrows.len()];
    }
    let plain: Vec<_> = arrows.iter().map(|(from, to)| (*from, *to, 0.0)).collect();
    let ranks = ranks(boxes, &plain, start);
    let rank = |at: usize| ranks.get(at).copied().unwrap_or_default();
    let mut reached = vec![0_usize; boxes];
    for (from, to) in arrows.iter().filter(|(from, to)| from != to) {
        if let Some(count) = reached.get_mut(*to).filter(|_| rank(*from) < rank(*to)) {
            *count += 1;
        }
    }
    let is_far = |(from, to): &(usize, usize)| {
        let down = rank(*to).saturating_sub(rank(*from));
        let many = reached.get(*to).is_some_and(|count| *count > MOST_LINES_IN);
        from != to && (down == 0 || down > MOST_LEVELS || many)
    };
    arrows.iter().map(is_far).collect()
}

/// Places each part of the picture that nothing connects with the others by itself, and the parts in rows.
pub(super) fn place_parts(boxes: &[Size], arrows: &[(usize, usize, f64)], start: usize) -> Layout {
    let mut whole = Layout {
        size: (0.0, 0.0),
        boxes: vec![(0.0, 0.0); boxes.len()],
        routes: vec![Route { points: Vec::new(), label: (0.0, 0.0), back: false }; arrows.len()],
    };
    let parts = parts(boxes.len(), arrows, start);
    let placed: Vec<_> = parts.iter().map(|part| place_part(part, boxes, arrows, start)).collect();
    let row = placed.iter().map(|(_, layout)| layout.size.0).fold(ROW, f64::max);
    let (mut left, mut top, mut high) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (part, (ways, layout)) in parts.iter().zip(placed) {
        let (width, height) = layout.size;
        if left > 0.0 && left + width > row {
            (left, top, high) = (0.0, top + high, 0.0);
        }
        let moved = |(x, y): Point| (x + left, y + top);
        for (at, point) in part.iter().zip(layout.boxes) {
            if let Some(place) = whole.boxes.get_mut(*at) {
                *place = moved(point);
            }
        }
        for (at, route) in ways.into_iter().zip(layout.routes) {
            if let Some(place) = whole.routes.get_mut(at) {
                let points = route.points.into_iter().map(moved).collect();
                *place = Route { points, label: moved(route.label), back: route.back };
            }
        }
        left += width;
        high = high.max(height);
        whole.size = (whole.size.0.max(left), whole.size.1.max(top + height));
    }
    whole
}

/// Places one part by itself; the numbers of its arrows.
fn place_part(
    part: &[usize],
    boxes: &[Size],
    arrows: &[(usize, usize, f64)],
    start: usize,
) -> (Vec<usize>, Layout) {
    let own = |at: usize| part.iter().position(|it| *it == at);
    let sizes: Vec<Size> = part.iter().filter_map(|at| boxes.get(*at)).copied().collect();
    let ways = arrows.iter().enumerate();
    let ways =
        ways.filter_map(|(nth, (from, to, width))| Some((nth, (own(*from)?, own(*to)?, *width))));
    let (numbers, ways): (Vec<_>, Vec<_>) = ways.unzip();
    (numbers, place(&sizes, &ways, own(start).unwrap_or_default()))
}

/// The boxes that arrows connect with each other: those of the start first, then the others in the order written.
fn parts(boxes: usize, arrows: &[(usize, usize, f64)], start: usize) -> Vec<Vec<usize>> {
    let mut beside = vec![Vec::new(); boxes];
    for (from, to, _) in arrows {
        for (one, other) in [(from, to), (to, from)] {
            if let Some(list) = beside.get_mut(*one) {
                list.push(*other);
            }
        }
    }
    let mut seen = vec![false; boxes];
    let mut parts = Vec::new();
    for root in std::iter::once(start).chain(0..boxes) {
        let (mut part, mut next) = (Vec::new(), vec![root]);
        while let Some(at) = next.pop() {
            if let Some(mark) = seen.get_mut(at)
                && !std::mem::replace(mark, true)
            {
                part.push(at);
                next.extend(beside.get(at).into_iter().flatten());
            }
        }
        if !part.is_empty() {
            part.sort_unstable();
            parts.push(part);
        }
    }
    parts
}

/// Places `boxes` and the `arrows` between them, given as from, to and the width of the label. Calls begin in `start`.
pub(super) fn place(boxes: &[Size], arrows: &[(usize, usize, f64)], start: usize) -> Layout {
    let ranks = ranks(boxes.len(), arrows, start);
    let rank = |at: usize| ranks.get(at).copied().unwrap_or_default();
    // Boxes stand on even levels, labels on odd ones.
    let mut items: Vec<Item> = boxes
        .iter()
        .enumerate()
        .map(|(at, size)| Item { level: rank(at) * 2, width: size.0, x: 0.0 })
        .collect();
    let mut edges = Vec::new();
    // Of each arrow: its points among the items, from top to bottom.
    let mut chains = Vec::with_capacity(arrows.len());
    for (from, to, width) in arrows.iter().copied() {
        let (top, bottom) = if rank(from) <= rank(to) { (from, to) } else { (to, from) };
        let begin = items.len();
        let levels = rank(top) * 2 + 1..rank(bottom) * 2;
        let labelled = if top == from { levels.start } else { levels.end.saturating_sub(1) };
        let mut before = top;
        for level in levels {
            let width = if level == labelled { width.max(THIN) } else { THIN };
            edges.push((before as u32, items.len() as u32));
            before = items.len();
            items.push(Item { level, width, x: 0.0 });
        }
        if before != top {
            edges.push((before as u32, bottom as u32));
        }
        chains.push(begin..items.len());
    }
    spread(&mut items, &edges);
    let tops = tops(boxes, &items);
    let band = |level: usize| tops.get(level).copied().unwrap_or_default();
    let middle = |level: usize| band(level).0 + band(level).1 / 2.0;
    let at: Vec<Point> = items.iter().map(|it| (it.x, middle(it.level))).collect();
    let spot = |index: usize| at.get(index).copied().unwrap_or_default();
    let size = |index: usize| boxes.get(index).copied().unwrap_or_default();

    let mut routes: Vec<Route> = Vec::with_capacity(arrows.len());
    for ((from, to, width), chain) in arrows.iter().zip(chains) {
        let back = rank(*from) > rank(*to);
        if from == to {
            routes.push(ring(spot(*from), size(*from), *width));
            continue;
        }
        let mut points = Vec::new();
        let mut label = spot(chain.start);
        for (nth, index) in chain.clone().enumerate() {
            let Some(item) = items.get(index) else { continue };
            let (top, height) = band(item.level);
            points.extend([(item.x, top), (item.x, top + height)]);
            if nth == 0 || back {
                label = spot(index);
            }
        }
        if back {
            points.reverse();
        }
        routes.push(Route { points, label, back });
    }
    dock(boxes, &at, arrows, &mut routes);
    let right = items.iter().map(|it| it.x + it.width / 2.0).fold(0.0, f64::max);
    let right = routes.iter().map(|it| it.label.0 + GAP * 2.0).fold(right, f64::max);
    let bottom = tops.last().map_or(0.0, |(top, height)| top + height);
    Layout {
        size: (right + GAP, bottom + GAP),
        boxes: at.into_iter().take(boxes.len()).collect(),
        routes,
    }
}

/// The level of each box, 0 on top. Two boxes with an arrow between them never share one.
fn ranks(boxes: usize, arrows: &[(usize, usize, f64)], start: usize) -> Vec<usize> {
    let vertices: Vec<_> = (0..boxes).map(|at| (at as u32, (1.0, 1.0))).collect();
    let edges = downwards(boxes, arrows, start);
    let mut ranks = vec![0; boxes];
    for (part, _, _) in from_vertices_and_edges(&vertices, &edges, &Config::default()) {
        let levels: BTreeMap<i64, usize> =
            part.iter().map(|(_, (_, y))| (y.round() as i64, 0)).collect();
        let levels: Vec<i64> = levels.into_keys().collect();
        for (at, (_, y)) in part {
            if let (Some(rank), Ok(level)) =
                (ranks.get_mut(at), levels.binary_search(&(y.round() as i64)))
            {
                *rank = level;
            }
        }
    }
    ranks
}

/// The arrows without rings, each that goes back to where a call came from turned round, so that calls run downwards.
fn downwards(boxes: usize, arrows: &[(usize, usize, f64)], start: usize) -> Vec<(u32, u32)> {
    let mut leaving = vec![Vec::new(); boxes];
    for (from, to, _) in arrows.iter().filter(|(from, to, _)| from != to) {
        if let Some(list) = leaving.get_mut(*from) {
            list.push(*to);
        }
    }
    let mut edges = Vec::with_capacity(arrows.len());
    let (mut seen, mut open) = (vec![false; boxes], vec![false; boxes]);
    // On the way: a box, and how many of its arrows were followed. A walk of our own cannot overflow the stack.
    let mut walk: Vec<(usize, usize)> = Vec::new();
    for root in std::iter::once(start).chain(0..boxes) {
        if seen.get(root) == Some(&false) {
            walk.push((root, 0));
        }
        while let Some((at, next)) = walk.last_mut() {
            let at = *at;
            for marks in [&mut seen, &mut open] {
                if let Some(mark) = marks.get_mut(at) {
                    *mark = true;
                }
            }
            let to = leaving.get(at).and_then(|list| list.get(*next)).copied();
            *next += 1;
            let Some(to) = to else {
                walk.pop();
                if let Some(mark) = open.get_mut(at) {
                    *mark = false;
                }
                continue;
            };
            if open.get(to) == Some(&true) {
                edges.push((to as u32, at as u32));
            } else {
                edges.push((at as u32, to as u32));
            }
            if seen.get(to) == Some(&false) {
                walk.push((to, 0));
            }
        }
    }
    edges
}

/// Finds each item's place from the left.
fn spread(items: &mut [Item], edges: &[(u32, u32)]) {
    let vertices: Vec<_> =
        items.iter().enumerate().map(|(at, it)| (at as u32, (it.width, 1.0))).collect();
    let config = Config { vertex_spacing: GAP, ..Config::default() };
    let mut left = GAP;
    for (part, _, _) in from_vertices_and_edges(&vertices, edges, &config) {
        let edge = |at: usize, x: f64, side: f64| {
            x + side * items.get(at).map_or(0.0, |it| it.width / 2.0)
        };
        let begin = part.iter().map(|(at, (x, _))| edge(*at, *x, -1.0)).fold(f64::MAX, f64::min);
        let end = part.iter().map(|(at, (x, _))| edge(*at, *x, 1.0)).fold(f64::MIN, f64::max);
        for (at, (x, _)) in part {
            if let Some(item) = items.get_mut(at) {
                item.x = x - begin + left;
            }
        }
        left += end - begin + GAP * 2.0;
    }
    // The library keeps a distance between its own levels; this keeps it between ours, whatever it took them for.
    let mut levels: BTreeMap<usize, Vec<&mut Item>> = BTreeMap::new();
    for item in items {
        levels.entry(item.level).or_default().push(item);
    }
    for level in levels.values_mut() {
        level.sort_by(|a, b| a.x.total_cmp(&b.x));
        let mut free = 0.0;
        for item in level {
            item.x = item.x.max(free + item.width / 2.0);
            free = item.x + item.width / 2.0 + GAP / 2.0;
        }
    }
}

/// Where each level begins from the top, and how high it is.
fn tops(boxes: &[Size], items: &[Item]) -> Vec<(f64, f64)> {
    let last = items.iter().map(|it| it.level).max().unwrap_or_default();
    let mut heights = vec![0.0_f64; last + 1];
    for (at, item) in items.iter().enumerate() {
        if let Some(height) = heights.get_mut(item.level) {
            *height = height.max(boxes.get(at).map_or(LABEL, |size| size.1));
        }
    }
    let mut top = GAP;
    let place = |height: f64| {
        let it = (top, height);
        top += height + GAP;
        it
    };
    heights.into_iter().map(place).collect()
}

/// An end of an arrow: where the arrow is next from the left, which arrow, whether it begins here.
type Dock = (f64, usize, bool);

/// Lets arrows leave and reach their boxes side by side, in the order of where they come from and go to.
fn dock(boxes: &[Size], at: &[Point], arrows: &[(usize, usize, f64)], routes: &mut [Route]) {
    // Of each box and side (`true` is the lower).
    let mut docks: BTreeMap<(usize, bool), Vec<Dock>> = BTreeMap::new();
    for (index, ((from, to, _), route)) in arrows.iter().zip(routes.iter()).enumerate() {
        if from == to {
            continue;
        }
        let next = |point: Option<&Point>, other: usize| {
            point.or_else(|| at.get(other)).map_or(0.0, |it| it.0)
        };
        let leaves = (next(route.points.first(), *to), index, true);
        let reaches = (next(route.points.last(), *from), index, false);
        docks.entry((*from, !route.back)).or_default().push(leaves);
        docks.entry((*to, route.back)).or_default().push(reaches);
    }
    for ((index, lower), mut list) in docks {
        list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (Some((x, y)), Some((width, height))) = (at.get(index), boxes.get(index)) else {
            continue;
        };
        let y = if lower { y + height / 2.0 } else { y - height / 2.0 };
        let step = (width * 0.8 / list.len() as f64).min(GAP);
        let first = x - step * (list.len() as f64 - 1.0) / 2.0;
        for (nth, (_, arrow, begins)) in list.into_iter().enumerate() {
            let Some(route) = routes.get_mut(arrow) else { continue };
            let point = (first + step * nth as f64, y);
            if begins {
                route.points.insert(0, point);
            } else {
                route.points.push(point);
            }
        }
    }
}

/// An arrow from a box to itself, at its right side.
fn ring((x, y): Point, (width, height): Size, label: f64) -> Route {
    let (right, third) = (x + width / 2.0, height / 4.0);
    let out = right + GAP * 0.6;
    let points = vec![(right, y - third), (out, y - third), (out, y + third), (right, y + third)];
    Route { points, label: (out + label / 2.0, y), back: false }
}

/// So many boxes are drawn with all their arrows.
const MOST_WHOLE: usize = 12;
/// Beyond so many levels an arrow is only named.
const MOST_LEVELS: usize = 2;
/// Where more lead than this, they are only named.
const MOST_LINES_IN: usize = 3;
/// How wide a row of parts is at least, in pixels.
const ROW: f64 = 1_500.0;
/// Between boxes, and between levels.
const GAP: f64 = 24.0;
/// What an arrow needs where nothing stands on it.
const THIN: f64 = 8.0;
/// The height of what stands on an arrow.
const LABEL: f64 = 14.0;

//! THE EXIT PROOF: how every call of a flow ends, and how long the way to a person is.
//!
//! `points` makes a graph of a flow's actions, `tolls` says what each costs in seconds and keys, `rings` finds what goes
//! round, `rounds` counts how often, `reach` finds the longest and the usual way to an end, `told` shows it.
//! `inside` does the same for the flows that it runs, whose costs become those of their `run`.
//! Always true: a call ends in every state, or the path that never ends is named; linear in actions and ways, and
//! bounded where variables are counted.

mod inside;
mod points;
mod reach;
mod rings;
mod rounds;
#[cfg(test)]
mod tests;
mod told;
mod tolls;

use std::time::Duration;

use serde::Serialize;

use super::check::Prompts;
use super::graph::Way;
use super::model::{ActionKind, Flow, Name};
use crate::diagnostic::{Span, Spanned};

use self::inside::Known;
use self::points::By;
pub(super) use self::points::{Point, Points};
use self::reach::Trouble;
pub(super) use self::rings::Ring;
pub(super) use self::rounds::{Rounds, rounds};
pub(super) use self::told::seconds;

/// What a way costs a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Toll {
    /// How long it takes.
    pub time: Duration,
    /// How many keys are pressed.
    pub keys: u32,
}

impl Toll {
    const fn of(time: Duration) -> Self {
        Self { time, keys: 0 }
    }

    fn and(self, other: Self) -> Self {
        let time = self.time.saturating_add(other.time);
        Self { time, keys: self.keys.saturating_add(other.keys) }
    }
}

/// How a call ends, or is as good as ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The caller waits for a person, or one is called.
    Person,
    /// A spoken goodbye.
    Goodbye,
    /// The call ends without a word.
    Unspoken,
    /// It goes back to the flow that runs this one.
    Back,
}

const ENDS: [End; 4] = [End::Person, End::Goodbye, End::Unspoken, End::Back];

/// The proof of one flow.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The flow's name.
    pub flow: Name,
    /// What the flow promises: `max_time_to_person`.
    pub promised: Option<Spanned<Duration>>,
    /// The call's beginning and each question that a call can come to, in the order of the file.
    pub rows: Vec<Row>,
    /// How many actions end a call in each way, those of the flows that it runs included.
    pub ends: [(End, usize); 4],
    /// Loops that go on only as long as the caller, or the other side, makes them.
    pub loops: Vec<String>,
    /// Loops of which nobody can say that they end.
    pub endless: Vec<String>,
    /// The longest way to a person from anywhere.
    pub longest: Option<Longest>,
}

/// The ways on from one question.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its step.
    pub step: Name,
    /// Its prompt; the call's beginning has none.
    pub prompt: Option<Name>,
    /// Where it stands.
    pub span: Span,
    /// The shortest way to a person for a caller who wants one.
    pub usual: Option<Toll>,
    /// The longest way to a person for a caller who presses no right key.
    pub worst: Option<Toll>,
    /// Where that caller comes to otherwise, and after how long.
    pub otherwise: Option<(End, Toll)>,
}

/// The longest way to a person.
#[derive(Debug, Clone)]
pub struct Longest {
    /// Where it begins.
    pub span: Span,
    /// The step.
    pub step: Name,
    /// What it costs.
    pub toll: Toll,
    /// What happens on it, in order, each with its time.
    pub path: Vec<String>,
}

impl ActionKind {
    /// How a call ends that comes to it, if it does.
    const fn end(&self) -> Option<End> {
        match self {
            Self::Queue(_) | Self::Transfer(_) | Self::Conference(_) => Some(End::Person),
            Self::Return(_) => Some(End::Back),
            Self::Hangup(Some(_)) => Some(End::Goodbye),
            Self::Hangup(None) => Some(End::Unspoken),
            Self::Play(_)
            | Self::Menu(_)
            | Self::Ask(_)
            | Self::Verify(_)
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Run(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::If(_)
            | Self::Goto(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Language(_) => None,
        }
    }
}

impl Proof {
    /// Proves a flow that was read without an error.
    #[must_use]
    pub fn of(flow: &Flow, prompts: &dyn Prompts) -> Self {
        let mut known = Known::new();
        let points = Points::with(flow, prompts, &mut known);
        let person = |end| end == End::Person;
        let usual = reach::usual(&points);
        let worst = reach::worst(&points, person);
        let any = reach::worst(&points, |_| true);
        let questions = points.all.iter().enumerate().filter(|(_, it)| it.prompt().is_some());
        let places = points.start.into_iter().map(|at| (at, true));
        let places = places.chain(questions.map(|(at, _)| (at, false)));
        let rows = places.filter_map(|(at, begin)| {
            let point = points.all.get(at)?;
            let step = flow.steps.get_index(point.step)?.0.clone();
            let prompt = if begin { None } else { point.prompt() };
            let otherwise = any.end(&points, at);
            let worst = worst.toll(at);
            let otherwise = if worst.is_some() { None } else { otherwise };
            let usual = usual.get(at).copied().flatten().map(Trouble::toll);
            Some(Row { step, prompt, span: point.action.span, usual, worst, otherwise })
        });
        let rows = rows.collect();
        let (mut loops, mut endless) = going_round(flow, &points);
        let mut ends = points.ends();
        for ((name, _), inside) in &known {
            // What goes back from there goes on here.
            let all = ENDS.iter().zip(&mut ends).zip(&inside.ends);
            all.filter(|((end, _), _)| **end != End::Back).for_each(|((_, sum), it)| *sum += it);
            let at = |path: &String| format!("{name}: {path}");
            loops.extend(inside.loops.iter().map(at));
            endless.extend(inside.endless.iter().map(at));
        }
        let longest = worst.longest(flow, &points);
        let [people, goodbyes, unspoken, backs] = ends;
        let ends = [
            (End::Person, people),
            (End::Goodbye, goodbyes),
            (End::Unspoken, unspoken),
            (End::Back, backs),
        ];
        let flow_name = flow.name.value.clone();
        let promised = flow.max_time_to_person;
        Self { flow: flow_name, promised, rows, ends, loops, endless, longest }
    }
}

/// The loops of a flow that go on only as long as somebody makes them, and those of which nobody can say that they end.
fn going_round(flow: &Flow, points: &Points<'_>) -> (Vec<String>, Vec<String>) {
    let mut loops = Vec::new();
    let before = |at: usize, it: &points::Move<'_>| {
        it.by == By::Skip
            || points.all.get(at).is_some_and(|it| it.action.kind.end() != Some(End::Person))
    };
    for ring in points.rings(before) {
        let round = match rounds(points, &ring, before) {
            Rounds::Bounded(_) => None,
            Rounds::Endless(path) => Some(path),
            Rounds::Unknown => ring.shortest(points, |_, it| !it.alone, before),
        };
        let alone = |path: &[rings::Taken]| {
            let mut moves = path.iter().filter_map(|it| points.moves(it.from).get(it.nth));
            moves.all(|it| it.alone)
        };
        let round = round.filter(|path| !alone(path));
        loops.extend(round.map(|path| told::path(flow, points, &path)));
    }
    let mut endless = Vec::new();
    for ring in points.rings(|_, it| it.alone) {
        match rounds(points, &ring, |_, it| it.alone) {
            Rounds::Bounded(_) => {}
            Rounds::Endless(path) => endless.push(told::path(flow, points, &path)),
            Rounds::Unknown => endless.extend(
                ring.shortest(points, |_, _| true, |_, it| it.alone)
                    .map(|path| told::path(flow, points, &path)),
            ),
        }
    }
    (loops, endless)
}

/// Who makes the call go a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    /// Nobody: silence and wrong keys, lookups, conditions, the time of day.
    Nobody,
    /// A caller who presses a right key.
    Key,
    /// A caller who keys an answer, right or not.
    Answer,
    /// The other side.
    Other,
}

impl Way {
    /// Who makes the call go it.
    pub(super) const fn driver(&self) -> Driver {
        match self {
            Self::Key(_) => Driver::Key,
            Self::After => Driver::Other,
            Self::Locked => Driver::Answer,
            Self::Otherwise
            | Self::Goto
            | Self::Then
            | Self::Else
            | Self::NotFound
            | Self::Failed
            | Self::Closed
            | Self::NoAgents
            | Self::Full
            | Self::Waited
            | Self::Busy
            | Self::NoAnswer
            | Self::Unknown
            | Self::NoNumber
            | Self::Nothing
            | Self::Exit(_) => Driver::Nobody,
        }
    }

    /// Whether all is not well when the call goes it.
    const fn is_mishap(&self) -> bool {
        match self {
            Self::Otherwise
            | Self::NotFound
            | Self::Failed
            | Self::Closed
            | Self::NoAgents
            | Self::Full
            | Self::Waited
            | Self::Busy
            | Self::NoAnswer
            | Self::Unknown
            | Self::Locked
            | Self::NoNumber
            | Self::Nothing => true,
            Self::Exit(_) | Self::Key(_) | Self::Goto | Self::Then | Self::Else | Self::After => {
                false
            }
        }
    }
}

//! The proof in words: a table for people, JSON for programs, and ways as lines.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::points::{By, Points};
use super::rings::Taken;
use super::{End, Proof, Toll};
use crate::diagnostic::Sources;
use crate::flow::graph::Way;
use crate::flow::model::{ActionKind, Flow};

/// `12.5 s`
pub(in crate::flow) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// In seconds, to the tenth.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

fn toll(it: Toll) -> String {
    let plural = if it.keys == 1 { "" } else { "s" };
    if it.keys == 0 {
        seconds(it.time)
    } else {
        format!("{}, {} key{plural}", seconds(it.time), it.keys)
    }
}

/// The steps that some moves go through: `main -9-> other-language -> main`.
pub(super) fn path(flow: &Flow, points: &Points<'_>, path: &[Taken]) -> String {
    let name = |point: usize| {
        let step = points.all.get(point).and_then(|it| flow.steps.get_index(it.step));
        step.map_or("", |(name, _)| &**name)
    };
    let mut text = path.first().map_or_else(String::new, |it| name(it.from).to_owned());
    for taken in path {
        let Some(it) = points.moves(taken.from).get(taken.nth) else { continue };
        let word = match &it.by {
            By::Way(way) => word(way),
            By::On | By::Skip => continue,
        };
        // Writing into a `String` cannot fail.
        let _ = match word.as_str() {
            "" => write!(text, " → {}", name(it.to)),
            word => write!(text, " ({word}) → {}", name(it.to)),
        };
    }
    text
}

/// On what occasion, in a word; nothing where it needs none.
fn word(way: &Way) -> String {
    match way {
        Way::Key(key) => format!("key {}", key.symbol()),
        Way::Otherwise => "otherwise".to_owned(),
        Way::NotFound => "not found".to_owned(),
        Way::Failed => "failed".to_owned(),
        Way::Closed => "closed".to_owned(),
        Way::NoAgents => "no agents".to_owned(),
        Way::Full => "full".to_owned(),
        Way::Waited => "waited".to_owned(),
        Way::Busy => "busy".to_owned(),
        Way::NoAnswer => "no answer".to_owned(),
        Way::After => "after the talk".to_owned(),
        Way::Unknown => "unknown".to_owned(),
        Way::Locked => "locked".to_owned(),
        Way::NoNumber => "no number".to_owned(),
        Way::Nothing => "nothing said".to_owned(),
        Way::Exit(exit) => exit.to_string(),
        Way::Goto | Way::Then | Way::Else => String::new(),
    }
}

/// Each thing on a way that takes time, with what it takes, and where the way ends.
pub(super) fn way(flow: &Flow, points: &Points<'_>, path: &[Taken], last: usize) -> Vec<String> {
    let step = |point: usize| {
        let step = points.all.get(point).and_then(|it| flow.steps.get_index(it.step));
        step.map_or("", |(name, _)| &**name)
    };
    let mut lines = Vec::new();
    for taken in path {
        let Some(it) = points.moves(taken.from).get(taken.nth) else { continue };
        let (Some(own), Some(point)) = (it.worst, points.all.get(taken.from)) else { continue };
        if own != Toll::default() {
            let what = happens(&point.action.kind, &it.by);
            lines.push(format!("{}: {what}, {}", step(taken.from), seconds(own.time)));
        }
    }
    if let Some(point) = points.all.get(last) {
        let what = happens(&point.action.kind, &By::On);
        let inside = point.inside.as_ref().and_then(|_| point.end(|end| end == End::Person));
        let inside = inside.map(|(_, toll)| format!(" to a person in it, {}", seconds(toll.time)));
        lines.push(format!("{}: {what}{}", step(last), inside.unwrap_or_default()));
    }
    lines
}

fn happens(kind: &ActionKind, by: &By) -> String {
    let how = match by {
        By::Way(way) => word(way),
        By::On | By::Skip => String::new(),
    };
    match kind {
        ActionKind::Play(play) => {
            let names: Vec<_> = play.prompts.iter().map(|it| format!("`{}`", it.value)).collect();
            format!("plays {}", names.join(", "))
        }
        ActionKind::Say(_) => "says a value".to_owned(),
        ActionKind::Menu(menu) => format!("`{}` without a right key", menu.prompt.value),
        ActionKind::Ask(ask) if *by == By::On => format!("`{}` until an answer", ask.prompt.value),
        ActionKind::Ask(ask) => format!("`{}` without an answer", ask.prompt.value),
        ActionKind::Lookup(it) if how.is_empty() => format!("lookup `{}`", it.lookup.value),
        ActionKind::Lookup(it) => format!("lookup `{}` {how}", it.lookup.value),
        ActionKind::Queue(queue) => format!("queue `{}`", queue.queue.value),
        ActionKind::Transfer(_) => "a transfer".to_owned(),
        ActionKind::Verify(it) if how.is_empty() => {
            format!("`{}` until it is right", it.prompt.value)
        }
        ActionKind::Verify(it) => format!("`{}` without a right secret, {how}", it.prompt.value),
        ActionKind::Case(it) => format!("case `{}`", it.kind.value),
        ActionKind::Callback(it) => format!("callback `{}`", it.queue.value),
        ActionKind::Notify(it) => format!("notify `{}`", it.to.value),
        ActionKind::Record(it) => format!("recording after `{}`", it.prompt.value),
        ActionKind::Survey(it) => format!("survey `{}`", it.name.value),
        ActionKind::Conference(_) => "a conference".to_owned(),
        ActionKind::Run(it) if how.is_empty() => format!("flow `{}`", it.flow.value),
        ActionKind::Run(it) => format!("flow `{}`, {how}", it.flow.value),
        ActionKind::Return(_) => "return".to_owned(),
        ActionKind::Hangup(_) => "goodbye".to_owned(),
        ActionKind::Set(_) => "set".to_owned(),
        ActionKind::If(_) => "if".to_owned(),
        ActionKind::Goto(_) => "goto".to_owned(),
        ActionKind::Hours(it) => format!("hours `{}` {how}", it.calendar.value),
        ActionKind::Language(it) => format!("language {}", it.value),
    }
}

const fn end(end: End) -> &'static str {
    match end {
        End::Person => "a person",
        End::Goodbye => "a goodbye",
        End::Unspoken => "a hang-up without a word",
        End::Back => "a way back",
    }
}

impl Proof {
    /// A few lines and a table.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let ends = self.ends.iter().filter(|(_, count)| *count > 0);
        let ends: Vec<_> = ends.map(|(it, count)| format!("{} ({count})", end(*it))).collect();
        // Writing into a `String` cannot fail.
        let _ = match self.endless.is_empty() {
            true => writeln!(text, "{}: every call ends, at {}", self.flow, ends.join(", ")),
            false => writeln!(text, "{}: not every call is shown to end", self.flow),
        };
        for it in &self.endless {
            let _ = writeln!(text, "  nothing ends: {it}");
        }
        for it in &self.loops {
            let _ = writeln!(text, "  unbounded, the caller decides: {it}");
        }
        let rows: Vec<[String; 3]> = self.rows.iter().map(row).collect();
        let head = ["from", "to a person, usually", "without a right key"].map(str::to_owned);
        let width = |nth: usize| {
            let cells = rows.iter().chain([&head]).filter_map(|it| it.get(nth));
            cells.map(|it| it.chars().count()).max().unwrap_or(0)
        };
        let (first, second) = (width(0), width(1));
        for [from, usual, worst] in [&head].into_iter().chain(&rows) {
            let _ = writeln!(text, "  {from:first$}  {usual:second$}  {worst}");
        }
        if let Some(longest) = &self.longest {
            let _ = writeln!(
                text,
                "  longest to a person: {}, from `{}`",
                toll(longest.toll),
                longest.step
            );
            for line in &longest.path {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    /// The same for programs: times in seconds.
    #[must_use]
    pub fn json(&self, sources: &Sources) -> Value {
        let toll = |it: Toll| json!({ "seconds": rounded(it.time), "keys": it.keys });
        let rows = self.rows.iter().map(|it| {
            let line = sources.place(it.span).map(|(line, _)| line);
            json!({
                "step": it.step, "prompt": it.prompt, "line": line,
                "usual": it.usual.map(toll), "worst": it.worst.map(toll),
                "otherwise": it.otherwise.map(|(end, it)| json!({ "end": end, "toll": toll(it) })),
            })
        });
        let ends = self.ends.iter().map(|(end, count)| json!({ "end": end, "actions": count }));
        json!({
            "flow": self.flow,
            "proven": self.endless.is_empty(),
            "ends": ends.collect::<Vec<_>>(),
            "max_time_to_person": self.promised.map(|it| rounded(it.value)),
            "from": rows.collect::<Vec<_>>(),
            "longest": self.longest.as_ref().map(|it| json!({
                "step": it.step, "toll": toll(it.toll), "path": it.path,
            })),
            "caller_decides": self.loops,
            "endless": self.endless,
        })
    }
}

fn row(it: &super::Row) -> [String; 3] {
    let from = it.prompt.as_ref().map_or_else(
        || "the beginning".to_owned(),
        |prompt| {
            if **prompt == *it.step { prompt.to_string() } else { format!("{}: {prompt}", it.step) }
        },
    );
    let usual = it.usual.map_or_else(|| "never".to_owned(), toll);
    let worst = match (it.worst, it.otherwise) {
        (Some(worst), _) => toll(worst),
        (None, Some((way, after))) => format!("{} after {}", end(way), toll(after)),
        (None, None) => "nothing ends it".to_owned(),
    };
    [from, usual, worst]
}

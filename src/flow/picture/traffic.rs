//! What stored calls did, drawn into a picture: wide ways are walked by many, red steps are where callers hang up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::html::escaped;
use super::{Arrow, Picture};
use crate::flow::model::Name;

/// What calls did, by the numbers of steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many calls are counted.
    pub calls: u64,
    /// Which calls these are, a line each: versions, days.
    pub about: Vec<String>,
    /// Each step that calls came to.
    pub steps: BTreeMap<usize, Stepped>,
    /// Each way between two steps that calls went, whether or not the flow has it now.
    pub ways: BTreeMap<(usize, usize), Walked>,
    /// Steps that the flow does not have any more, and how often calls came to them.
    pub unknown: BTreeMap<Name, u64>,
    /// How calls ended that were in no step of the flow.
    pub nowhere: Ends,
}

/// What calls did in a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stepped {
    /// How many calls came to it.
    pub calls: u64,
    /// How often, all in all.
    pub visits: u64,
    /// How calls ended in it.
    pub ends: Ends,
}

/// How often calls went a way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walked {
    /// How many calls went it.
    pub calls: u64,
    /// How often, all in all.
    pub times: u64,
}

/// How calls ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// The caller hung up, and had talked to nobody.
    pub left: u64,
    /// The caller had talked to a person, or was sent to one.
    pub person: u64,
    /// The flow said goodbye.
    pub goodbye: u64,
    /// The last resort, never answered, or cut off.
    pub other: u64,
}

/// How one call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOfCall {
    /// See [`Ends::left`].
    Left,
    /// See [`Ends::person`].
    Person,
    /// See [`Ends::goodbye`].
    Goodbye,
    /// See [`Ends::other`].
    Other,
}

impl Ends {
    /// Counts one more.
    pub const fn add(&mut self, end: EndOfCall) {
        let count = match end {
            EndOfCall::Left => &mut self.left,
            EndOfCall::Person => &mut self.person,
            EndOfCall::Goodbye => &mut self.goodbye,
            EndOfCall::Other => &mut self.other,
        };
        *count += 1;
    }

    /// Each that happened, in words.
    fn told(self) -> Vec<(&'static str, u64)> {
        let all = [
            ("hung up", self.left),
            ("at a person", self.person),
            ("goodbye", self.goodbye),
            ("other", self.other),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

impl Traffic {
    pub(super) fn step(&self, at: usize) -> Stepped {
        self.steps.get(&at).copied().unwrap_or_default()
    }

    pub(super) fn way(&self, arrow: &Arrow) -> Walked {
        self.ways.get(&(arrow.from, arrow.to)).copied().unwrap_or_default()
    }

    /// How wide a way is drawn, from 1 to [`WIDEST`]: its area grows with the calls, as the eye reads it.
    pub(super) fn width(&self, walked: Walked) -> f64 {
        1.0 + share(walked.calls, self.calls).sqrt() * (WIDEST - 1.0)
    }

    /// How red a step is, from 0 to 1: the share of its calls that hung up in it; half of them are as red as it gets.
    pub(super) fn heat(&self, at: usize) -> f64 {
        let step = self.step(at);
        (share(step.ends.left, step.calls) * 2.0).min(1.0)
    }

    /// What stands on a way: `1 · 45 (37 %)`, of the calls that came to its step.
    pub(super) fn label(&self, arrow: &Arrow) -> String {
        let (walked, step) = (self.way(arrow), self.step(arrow.from));
        let count = match walked.calls {
            0 => "0".to_owned(),
            calls => format!("{calls} ({})", percent(calls, step.calls)),
        };
        if arrow.label.is_empty() { count } else { format!("{} · {count}", arrow.label) }
    }

    /// What stands in a step: `123 calls, 12 hung up (9.8 %)`.
    pub(super) fn line(&self, at: usize) -> String {
        let step = self.step(at);
        let calls = if step.calls == 1 { "call" } else { "calls" };
        let mut line = format!("{} {calls}", step.calls);
        if step.ends.left > 0 {
            let (left, share) = (step.ends.left, percent(step.ends.left, step.calls));
            // Writing to a String cannot fail.
            let _ = write!(line, ", {left} hung up ({share})");
        }
        line
    }

    /// All that is known of a step, a line each.
    pub(super) fn told(&self, at: usize) -> Vec<String> {
        let step = self.step(at);
        let mut lines = vec![format!(
            "{} of {} calls ({}), {}",
            step.calls,
            self.calls,
            percent(step.calls, self.calls),
            times(step.visits)
        )];
        for (how, count) in step.ends.told() {
            lines.push(format!("{count} ended here: {how} ({})", percent(count, step.calls)));
        }
        lines
    }

    /// All that is known of a way.
    pub(super) fn told_way(&self, arrow: &Arrow) -> String {
        let (walked, step) = (self.way(arrow), self.step(arrow.from));
        let (calls, times) = (walked.calls, times(walked.times));
        format!(
            "{calls} of {} calls that came here ({}), {times}; {} of all",
            step.calls,
            percent(calls, step.calls),
            percent(calls, self.calls)
        )
    }

    /// Which calls are counted, and what of them cannot be drawn, a line each.
    pub(super) fn notes(&self, picture: &Picture) -> Vec<String> {
        let mut notes = self.about.clone();
        if !self.unknown.is_empty() {
            let names: Vec<_> =
                self.unknown.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            notes
                .push(format!("Steps that the flow does not have any more: {}.", names.join(", ")));
        }
        let drawn = |way: &(usize, usize)| {
            picture.arrows.iter().any(|arrow| (arrow.from, arrow.to) == *way)
        };
        let name = |at: usize| picture.boxes.get(at).map_or("", |it| &*it.name);
        let others: Vec<_> = self
            .ways
            .iter()
            .filter(|(way, _)| !drawn(way))
            .map(|((from, to), it)| format!("{} → {} ({})", name(*from), name(*to), it.times))
            .collect();
        if !others.is_empty() {
            notes
                .push(format!("Ways that the flow does not have any more: {}.", others.join(", ")));
        }
        let nowhere = self.nowhere.told();
        if !nowhere.is_empty() {
            let told: Vec<_> =
                nowhere.iter().map(|(how, count)| format!("{count} {how}")).collect();
            notes.push(format!("Ended in no step of the flow: {}.", told.join(", ")));
        }
        notes
    }

    /// The steps in which calls ended, those first in which most callers hung up, as a table.
    pub(super) fn table(&self, picture: &Picture, out: &mut String) {
        let mut rows: Vec<_> =
            self.steps.iter().filter(|(_, it)| it.ends != Ends::default()).collect();
        rows.sort_by_key(|(at, it)| (std::cmp::Reverse((it.ends.left, it.calls)), **at));
        out.push_str(
            "<table><caption>Where calls ended</caption><thead><tr><th>Step</th><th>Calls</th><th>Hung up</th>\
             <th>At a person</th><th>Goodbye</th><th>Other</th></tr></thead><tbody>\n",
        );
        for (at, it) in rows {
            let name = picture.boxes.get(*at).map_or("", |it| &*it.name);
            let cell = |count: u64| match count {
                0 => "<td></td>".to_owned(),
                _ => format!("<td>{count} ({})</td>", percent(count, it.calls)),
            };
            let Ends { left, person, goodbye, other } = it.ends;
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td>{}{}{}{}</tr>",
                escaped(name),
                it.calls,
                cell(left),
                cell(person),
                cell(goodbye),
                cell(other)
            );
        }
        out.push_str("</tbody></table>\n");
    }
}

/// The widest way, in pixels.
pub(super) const WIDEST: f64 = 12.0;

#[expect(clippy::cast_precision_loss, reason = "nobody stores 2^53 calls")]
fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// `9.8 %`, `37 %`; a share that is not nothing is never shown as nothing.
pub(super) fn percent(part: u64, of: u64) -> String {
    let percent = share(part, of) * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "<0.1 %".to_owned()
    } else if percent > 0.0 && percent < 10.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

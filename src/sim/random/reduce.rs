//! The shortest conversation with the same fault (delta debugging: Zeller and Hildebrandt 2002).

use crate::diagnostic::Span;
use crate::sim::run::{Stage, Talk};
use crate::sim::scenario::{Agents, Line, Outside, Scenario, What, World};
use crate::sim::watch::Fault;

/// The most times that a call is played again.
const MAX_RUNS: u32 = 2_000;

/// `scenario` without everything that `fault` does not need. Its last line is `all_is_well`.
#[must_use]
pub fn reduce(stage: &Stage, scenario: &Scenario, fault: &Fault) -> Scenario {
    let mut least = scenario.clone();
    least.talk.retain(|it| it.what != What::AllIsWell);
    let mut trial = Trial { stage, fault, runs: 0 };
    // What makes the rest shorter comes first; a second round finds what the first made superfluous.
    for _ in 0..3 {
        let before = least.yaml();
        lines(&mut trial, &mut least);
        world(&mut trial, &mut least);
        keys(&mut trial, &mut least);
        waits(&mut trial, &mut least);
        if least.yaml() == before {
            break;
        }
    }
    least.talk.push(Line { what: What::AllIsWell, span: Span::default() });
    least
}

struct Trial<'a> {
    stage: &'a Stage,
    fault: &'a Fault,
    runs: u32,
}

impl Trial<'_> {
    /// Whether the same still goes wrong.
    fn still(&mut self, scenario: &Scenario) -> bool {
        self.runs += 1;
        self.runs <= MAX_RUNS && fault_of(self.stage, scenario).as_ref() == Some(self.fault)
    }
}

/// What goes wrong in `scenario` when it ends with `all_is_well`; nothing if one of its lines cannot be played.
pub(super) fn fault_of(stage: &Stage, scenario: &Scenario) -> Option<Fault> {
    let mut talk = Talk::quiet(stage, &scenario.world);
    for line in &scenario.talk {
        talk.line(&line.what).ok()?;
    }
    // What it says stands in the watch.
    let _ = talk.line(&What::AllIsWell);
    talk.caller.watch.fault().cloned()
}

/// Leaves out as many lines as possible: halves first, single ones last.
fn lines(trial: &mut Trial<'_>, least: &mut Scenario) {
    let mut size = least.talk.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < least.talk.len() {
            let mut shorter = least.clone();
            let end = (at + size).min(shorter.talk.len());
            shorter.talk.drain(at..end);
            if trial.still(&shorter) {
                *least = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
}

/// Makes the world ordinary, field by field.
fn world(trial: &mut Trial<'_>, least: &mut Scenario) {
    let ordinary = World::ordinary();
    let fields: [fn(&mut World, &World); 10] = [
        |it, _| it.disk_full = false,
        |it, ordinary| it.caller.clone_from(&ordinary.caller),
        |it, ordinary| it.at.clone_from(&ordinary.at),
        |it, _| it.language = None,
        |it, _| it.agents = Agents::None,
        |it, _| it.outside = Outside::Answers,
        |it, _| it.slow.clear(),
        |it, _| it.wrong_before.clear(),
        |it, _| it.calls_before = 0,
        |it, _| it.fails.clear(),
    ];
    for ordinarily in fields {
        let mut simpler = least.clone();
        ordinarily(&mut simpler.world, &ordinary);
        if simpler.yaml() != least.yaml() && trial.still(&simpler) {
            *least = simpler;
        }
    }
    let calendars: Vec<_> = least.world.calendars.keys().cloned().collect();
    for name in calendars {
        let mut simpler = least.clone();
        simpler.world.calendars.shift_remove(&name);
        if trial.still(&simpler) {
            *least = simpler;
        }
    }
    let answers: Vec<_> = least.world.answers.keys().cloned().collect();
    for name in answers {
        let mut simpler = least.clone();
        simpler.world.answers.shift_remove(&name);
        if trial.still(&simpler) {
            *least = simpler;
        }
    }
}

/// Presses fewer keys.
fn keys(trial: &mut Trial<'_>, least: &mut Scenario) {
    for nth in 0..least.talk.len() {
        let mut at = 0;
        while let Some(Line { what: What::Keys(keys), .. }) = least.talk.get(nth)
            && at < keys.len()
            && keys.len() > 1
        {
            let mut fewer = keys.clone();
            fewer.remove(at);
            let mut shorter = least.clone();
            if let Some(line) = shorter.talk.get_mut(nth) {
                line.what = What::Keys(fewer);
            }
            if trial.still(&shorter) {
                *least = shorter;
            } else {
                at += 1;
            }
        }
    }
}

/// Joins what passes in two lines, and takes whole seconds.
fn waits(trial: &mut Trial<'_>, least: &mut Scenario) {
    let mut at = 0;
    while let (Some(first), Some(second)) = (least.talk.get(at), least.talk.get(at + 1)) {
        if let (What::Waits(one), What::Waits(two)) = (&first.what, &second.what) {
            let mut shorter = least.clone();
            let both = What::Waits(one.saturating_add(*two));
            shorter.talk.remove(at + 1);
            if let Some(line) = shorter.talk.get_mut(at) {
                line.what = both;
            }
            if trial.still(&shorter) {
                *least = shorter;
                continue;
            }
        }
        at += 1;
    }
    for nth in 0..least.talk.len() {
        let Some(Line { what: What::Waits(length), .. }) = least.talk.get(nth) else { continue };
        let whole = std::time::Duration::from_secs(
            length.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX),
        );
        let mut rounder = least.clone();
        if let Some(line) = rounder.talk.get_mut(nth) {
            line.what = What::Waits(whole);
        }
        if trial.still(&rounder) {
            *least = rounder;
        }
    }
}

//! What was reached, as a picture.

use std::collections::BTreeMap;
use std::path::Path;

use super::play::{Played, shares};
use crate::flow::{Cover, Covered, Picture};
use crate::sim::{Coverage, Stage, branch_name};

/// The most steps that are drawn: beyond them nobody finds their way, and the layout takes long.
const MAX_DRAWN: usize = 300;

/// One flow on the page.
pub(super) fn flow(path: &Path, stage: &Stage, played: &Played<'_>) -> Covered {
    let coverage = &played.coverage;
    let picture = (stage.flow.steps.len() <= MAX_DRAWN)
        .then(|| (Picture::of(&stage.flow, &stage.catalogues), cover(stage, coverage)));
    Covered {
        name: path.display().to_string(),
        picture,
        shares: vec![format!("reached: {}", shares(coverage))],
        scenarios: played
            .scenarios
            .iter()
            .map(|(scenario, outcome)| (scenario.name.value.clone(), outcome.failure.is_none()))
            .collect(),
        missing: coverage.missing().map(|(_, it)| branch_name(&stage.flow, it)).collect(),
    }
}

fn cover(stage: &Stage, coverage: &Coverage) -> Cover {
    let steps = (0..stage.flow.steps.len()).map(|step| coverage.visits(step)).collect();
    let mut cover = Cover { steps, ways: BTreeMap::new() };
    // The flows that it runs are no part of its picture.
    let own = coverage.branches().iter().take_while(|it| it.step < stage.flow.steps.len());
    for (nth, branch) in own.enumerate() {
        let to = branch.to.as_ref().and_then(|to| stage.flow.steps.get_index_of(to));
        let Some(to) = to else { continue };
        let (taken, all) = cover.ways.entry((branch.step, to)).or_default();
        *all += 1;
        *taken += usize::from(coverage.taken(nth) > 0);
    }
    cover
}

//! The scenarios of one flow: played on all cores, shown in the order written.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Show, Totals};
use crate::cli::count::counted;
use crate::diagnostic::text::render;
use crate::sim::{Coverage, Outcome, Scenario, Scenarios, Share, Stage, branch_name, run};

/// What came of one flow's scenarios.
pub(super) struct Played<'a> {
    pub(super) scenarios: Vec<(&'a Scenario, Outcome)>,
    pub(super) coverage: Coverage,
}

/// Plays the scenarios of one flow and shows what came of them.
pub(super) fn flow<'a>(
    show: &Show<'_>,
    path: &Path,
    stage: &Stage,
    scenarios: &'a Scenarios,
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<Played<'a>> {
    writeln!(out, "{}", path.display())?;
    let filter = &show.args.filter;
    let is_wanted = |it: &&Scenario| {
        filter.is_empty() || filter.iter().any(|text| it.name.value.contains(text.as_str()))
    };
    let wanted: Vec<&Scenario> = scenarios.scenarios.iter().filter(is_wanted).collect();
    let jobs = jobs(show.args.jobs);
    let mut played = Played { scenarios: Vec::new(), coverage: Coverage::new(&stage.flow) };
    for (scenario, outcome) in wanted.iter().zip(spread(&wanted, jobs, |it| run(stage, it))) {
        played.coverage.add(&outcome.marks);
        if let Some(failure) = &outcome.failure {
            totals.failed += 1;
            writeln!(out, "  FAILED  {}\n", scenario.name.value)?;
            let shown = render(std::slice::from_ref(failure), show.sources, show.colour);
            write!(out, "{shown}the call until then:\n{}\n", outcome.transcript)?;
        } else {
            totals.passed += 1;
            writeln!(out, "  ok      {}", scenario.name.value)?;
            if show.args.transcript {
                writeln!(out, "{}", outcome.transcript)?;
            }
        }
        played.scenarios.push((scenario, outcome));
    }
    coverage(show, &played.coverage, stage, totals, out)?;
    if let Some(times) = show.args.repeat {
        repeat(stage, &played, times, jobs, totals, out)?;
    }
    Ok(played)
}

/// As many as asked for, else as many as there are cores.
pub(super) fn jobs(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

/// What `each` makes of the items, in their order, worked out by `jobs` threads.
pub(super) fn spread<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    each: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    if jobs <= 1 || items.len() <= 1 {
        return items.iter().map(each).collect();
    }
    let next = AtomicUsize::new(0);
    // What is done, with the item's number. A thread that panicked takes the command down with it.
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            scope.spawn(|| {
                while let Some((nth, item)) = {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    items.get(nth).map(|item| (nth, item))
                } {
                    let result = each(item);
                    done.lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push((nth, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, result)| result).collect()
}

/// `16 of 16 steps, 43 of 45 branches, 12 of 12 keys`
pub(super) fn shares(coverage: &Coverage) -> String {
    let share = |it: Share, what: &str| {
        format!("{} of {} {what} ({:.0} %)", it.reached, it.all, it.percent())
    };
    [
        share(coverage.steps_share(), "steps"),
        share(coverage.branches_share(), "branches"),
        share(coverage.keys_share(), "keys"),
    ]
    .join(", ")
}

fn coverage(
    show: &Show<'_>,
    coverage: &Coverage,
    stage: &Stage,
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  reached: {}", shares(coverage))?;
    let steps: Vec<&str> = coverage.missing_steps(&stage.flow).map(|it| &**it).collect();
    if !steps.is_empty() {
        writeln!(out, "  steps not reached: {}", steps.join(", "))?;
    }
    // The branches of a step that was not reached would only repeat it.
    let of_reached = coverage.missing().filter(|(_, it)| coverage.visits(it.step) > 0);
    for (nth, (_, branch)) in of_reached.enumerate() {
        if nth == 0 {
            writeln!(out, "  branches not gone:")?;
        }
        writeln!(out, "    {}", branch_name(&stage.flow, branch))?;
    }
    // Some scenarios alone need not reach everything.
    let wanted = [
        (show.args.coverage, coverage.steps_share(), "steps are reached"),
        (show.args.branches, coverage.branches_share(), "branches are gone"),
    ];
    for (least, share, what) in wanted {
        if let Some(least) = least
            && show.args.filter.is_empty()
            && share.percent() < f64::from(least)
        {
            writeln!(out, "\n  FAILED  fewer than {least} % of the {what}")?;
            totals.uncovered += 1;
        }
    }
    writeln!(out)
}

/// Plays everything again and again: it must come out the same, and quickly.
fn repeat(
    stage: &Stage,
    played: &Played<'_>,
    times: u32,
    jobs: usize,
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<()> {
    let begun = Instant::now();
    let mut lasted = Duration::ZERO;
    let mut calls = 0_u64;
    for _ in 0..times {
        let again = spread(&played.scenarios, jobs, |(scenario, first)| {
            let again = run(stage, scenario);
            (again.lasted, again.transcript == first.transcript)
        });
        for ((scenario, _), (length, is_same)) in played.scenarios.iter().zip(again) {
            lasted = lasted.saturating_add(length);
            calls += 1;
            if !is_same {
                writeln!(out, "  FAILED  {}: came out otherwise", scenario.name.value)?;
                totals.failed += 1;
            }
        }
    }
    let took = begun.elapsed();
    let average = lasted.as_secs_f64() / f64::from(u32::try_from(calls.max(1)).unwrap_or(u32::MAX));
    writeln!(
        out,
        "  {} of {average:.0} s on average in {:.2} s, on {}\n",
        counted(calls, "call"),
        took.as_secs_f64(),
        counted(jobs, "thread")
    )
}

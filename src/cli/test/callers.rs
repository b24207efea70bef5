//! `--callers`: random people call a flow.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use super::play::{jobs, shares, spread};
use super::{Show, Totals};
use crate::cli::count::counted;
use crate::sim::{Fault, Figures, Random, Spread, Stage, branch_name, random, reduce};

/// How many calls one thread takes at once.
const CHUNK: u64 = 500;
/// The most mistakes that are reduced and shown.
const MAX_SHOWN: usize = 5;
/// The paths shown.
const PATHS: usize = 5;

/// What one thread found in its share of the calls.
struct Share {
    figures: Figures,
    /// Each mistake once, in the first call that has it.
    faults: Vec<Random>,
    /// How many calls have one.
    faulty: u64,
}

/// Lets `callers` people call one flow, and shows what came of it.
pub(super) fn flow(
    show: &Show<'_>,
    path: &Path,
    stage: &Stage,
    (callers, seed): (u64, u64),
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}: {callers} random callers, seed {seed}", path.display())?;
    let begun = Instant::now();
    let chunks: Vec<(u64, u64)> = (0..callers.div_ceil(CHUNK))
        .map(|nth| (nth * CHUNK, callers.min((nth + 1) * CHUNK)))
        .collect();
    let jobs = jobs(show.args.jobs);
    let mut all = Share { figures: Figures::new(&stage.flow), faults: Vec::new(), faulty: 0 };
    for share in spread(&chunks, jobs, |(from, to)| calls(stage, seed, *from, *to)) {
        all.figures.join(share.figures);
        all.faulty += share.faulty;
        for call in share.faults {
            if !all.faults.iter().any(|it| it.fault == call.fault) {
                all.faults.push(call);
            }
        }
    }
    let took = begun.elapsed().as_secs_f64();
    figures(stage, &all.figures, out)?;
    writeln!(out, "  took {took:.2} s on {jobs} threads\n")?;
    if all.faults.is_empty() {
        totals.passed += 1;
        return Ok(());
    }
    totals.failed += all.faults.len();
    for call in all.faults.iter().take(MAX_SHOWN) {
        if let Some(fault) = &call.fault {
            failed(stage, call, fault, seed, out)?;
        }
    }
    let hidden = all.faults.len().saturating_sub(MAX_SHOWN);
    if hidden > 0 {
        writeln!(out, "  and {hidden} other mistakes\n")?;
    }
    writeln!(out, "  {} of {callers} calls went wrong\n", all.faulty)
}

fn calls(stage: &Stage, seed: u64, from: u64, to: u64) -> Share {
    let mut share = Share { figures: Figures::new(&stage.flow), faults: Vec::new(), faulty: 0 };
    for nth in from..to {
        let call = random(stage, seed, nth);
        share.figures.add(&call);
        if call.fault.is_some() {
            share.faulty += 1;
            if !share.faults.iter().any(|it| it.fault == call.fault) {
                share.faults.push(call);
            }
        }
    }
    share
}

/// The mistake, and the shortest conversation that shows it.
fn failed(
    stage: &Stage,
    call: &Random,
    fault: &Fault,
    seed: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut shortest = reduce(stage, &call.scenario, fault);
    writeln!(out, "  FAILED  {fault}")?;
    writeln!(
        out,
        "          a {} caller; the shortest such call, for the scenarios beside the flow:\n",
        call.kind.name()
    )?;
    shortest.name.value = format!("{fault} ({} of seed {seed})", call.kind.name());
    writeln!(out, "{}", shortest.yaml())
}

fn figures(stage: &Stage, figures: &Figures, out: &mut impl Write) -> io::Result<()> {
    let kinds = figures.kinds.iter().map(|(kind, calls)| format!("{calls} {}", kind.name()));
    writeln!(out, "  callers:    {}", kinds.collect::<Vec<_>>().join(", "))?;
    let endings = figures.endings.iter().map(|(ending, calls)| format!("{calls} {ending}"));
    writeln!(out, "  endings:    {}", endings.collect::<Vec<_>>().join(", "))?;
    for (what, spread) in
        [("to an answer", figures.to_answer()), ("to an agent", figures.to_agent())]
    {
        if let Some(Spread { calls, p50, p90, p99, max }) = spread {
            let [p50, p90, p99, max] = [p50, p90, p99, max].map(|it| it.as_secs_f64());
            writeln!(
                out,
                "  {what}: half in {p50:.1} s, 90 % in {p90:.1} s, 99 % in {p99:.1} s, the last in {max:.1} s ({})",
                counted(calls, "call")
            )?;
        }
    }
    writeln!(out, "  reached:    {}", shares(&figures.coverage))?;
    for (nth, (_, branch)) in figures.coverage.missing().enumerate() {
        let title = if nth == 0 { "never gone:" } else { "" };
        writeln!(out, "  {title:11} {}", branch_name(&stage.flow, branch))?;
    }
    for (nth, (path, calls)) in figures.paths(PATHS).into_iter().enumerate() {
        let title = if nth == 0 { "most begin:" } else { "" };
        writeln!(out, "  {title:11} {calls:>7}  {}", path.join(" → "))?;
    }
    Ok(())
}

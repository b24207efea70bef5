//! `hotline test`: plays the scenarios beside flows, in virtual time.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::stage::{Desk, Unreadable};
use crate::call::Calendars;
use crate::diagnostic::text::render;
use crate::sim::{Coverage, Scenarios, Stage, run as play};

/// Play the scenarios beside flows, in virtual time
///
/// A scenario file stands beside its flow: `shop.test.yaml` beside `shop.yaml`. Each scenario is one call, written as a
/// conversation; docs/scenarios.md says what may stand in it. Exit code 0 if all passed, 1 if one failed or too few
/// steps were reached, 2 if a file cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hotline test flows/ --filter order --coverage 95")]
pub struct TestArgs {
    /// Flows, their scenario files, or folders of them
    #[arg(default_value = "flows")]
    pub paths: Vec<PathBuf>,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// The least share of each flow's steps that its scenarios must reach, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub coverage: Option<u8>,
    /// Print what was heard in every scenario, not only in those that fail
    #[arg(long)]
    pub transcript: bool,
    /// Where calendars are
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml")]
    pub config: PathBuf,
    /// Where the prompt catalogues are
    #[arg(long, value_name = "FOLDER", default_value = "prompts")]
    pub prompts: PathBuf,
}

/// How it went, for all files.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Totals {
    passed: usize,
    failed: usize,
    /// Flows of which too few steps were reached, and files that cannot be used.
    uncovered: usize,
    broken: usize,
}

/// Runs the command and prints to `out`. `lengths` tells how long recordings are, by the names of clips.
///
/// # Errors
/// If `out` cannot be written.
pub fn run(
    args: &TestArgs,
    lengths: impl Fn(&str) -> Option<Duration> + Send + Sync + 'static,
    colour: bool,
    out: &mut impl Write,
) -> io::Result<ExitCode> {
    let mut totals = Totals::default();
    if let Err(error) = all(args, Arc::new(lengths), colour, &mut totals, out) {
        match error {
            Failed::Output(error) => return Err(error),
            Failed::Input(error) => {
                writeln!(out, "error: {error}")?;
                totals.broken += 1;
            }
        }
    }
    writeln!(out, "{} passed, {} failed", totals.passed, totals.failed)?;
    Ok(if totals.broken > 0 {
        ExitCode::from(2)
    } else if totals.failed > 0 || totals.uncovered > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

enum Failed {
    Input(Unreadable),
    Output(io::Error),
}

impl From<Unreadable> for Failed {
    fn from(error: Unreadable) -> Self {
        Self::Input(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

type Lengths = Arc<dyn Fn(&str) -> Option<Duration> + Send + Sync>;

fn all(
    args: &TestArgs,
    lengths: Lengths,
    colour: bool,
    totals: &mut Totals,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut desk = Desk::default();
    let calendars = if args.config.is_file() {
        desk.config(&args.config)?.map(|it| it.calendars).unwrap_or_default()
    } else {
        Default::default() // a flow without `hours` needs none
    };
    let catalogues = Arc::new(desk.catalogues(&args.prompts)?);
    let calendars: Arc<dyn Calendars> = Arc::new(calendars);
    for path in flows(&args.paths)? {
        let scenario_path = beside(&path);
        if !scenario_path.is_file() {
            writeln!(out, "{}: no scenarios beside it", path.display())?;
            continue;
        }
        let flow = desk.flow(&path)?;
        let (file, text) = desk.read(&scenario_path)?;
        let scenarios = flow.as_ref().and_then(|flow| {
            let (scenarios, found) = Scenarios::parse(file, &text, flow);
            desk.found.extend(found);
            scenarios
        });
        let (Some(flow), Some(scenarios), false) = (flow, scenarios, desk.is_broken()) else {
            write!(out, "{}", render(&desk.found, &desk.sources, colour))?;
            desk.found.clear();
            totals.broken += 1;
            continue;
        };
        let stage = Stage {
            flow: Arc::new(flow),
            catalogues: Arc::clone(&catalogues),
            calendars: Arc::clone(&calendars),
            lengths: Arc::clone(&lengths),
        };
        one_flow(args, &path, &stage, &scenarios, &desk, colour, totals, out)?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the loop's body, taken out to be read on its own")]
fn one_flow(
    args: &TestArgs,
    path: &Path,
    stage: &Stage,
    scenarios: &Scenarios,
    desk: &Desk,
    colour: bool,
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", path.display())?;
    let mut coverage = Coverage::default();
    let wanted = |name: &str| args.filter.as_ref().is_none_or(|filter| name.contains(filter));
    for scenario in scenarios.scenarios.iter().filter(|it| wanted(&it.name.value)) {
        let outcome = play(stage, scenario);
        coverage.add(outcome.steps);
        match &outcome.failure {
            None => {
                totals.passed += 1;
                writeln!(out, "  ok      {}", scenario.name.value)?;
            }
            Some(failure) => {
                totals.failed += 1;
                writeln!(out, "  FAILED  {}\n", scenario.name.value)?;
                write!(out, "{}", render(std::slice::from_ref(failure), &desk.sources, colour))?;
                writeln!(out, "the call until then:")?;
            }
        }
        if outcome.failure.is_some() || args.transcript {
            writeln!(out, "{}", outcome.transcript)?;
        }
    }
    let flow = &stage.flow;
    let (reached, steps) = coverage.count(flow);
    let percent = coverage.percent(flow);
    let mut line = format!("  {reached} of {steps} steps reached ({percent:.0} %)");
    let missing: Vec<&str> = coverage.missing(flow).map(|it| &**it).collect();
    if !missing.is_empty() {
        // Writing into a `String` cannot fail.
        let _ = write!(line, ", not: {}", missing.join(", "));
    }
    writeln!(out, "{line}\n")?;
    // Some scenarios alone need not reach everything.
    if let (Some(least), None) = (args.coverage, &args.filter)
        && percent < f64::from(least)
    {
        writeln!(out, "  FAILED  fewer than {least} % of the steps are reached\n")?;
        totals.uncovered += 1;
    }
    Ok(())
}

/// The flows that `paths` name, in their order; of a folder those in it, by name.
fn flows(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Unreadable> {
    let mut flows = Vec::new();
    for path in paths {
        if !path.is_dir() {
            flows.push(flow_of(path));
            continue;
        }
        let entries = std::fs::read_dir(path)
            .map_err(|error| Unreadable::new(path, error))?
            .filter_map(|entry| Some(entry.ok()?.path()));
        let mut found: Vec<PathBuf> = entries
            .filter(|it| it.extension().is_some_and(|it| it == "yaml") && *it == flow_of(it))
            .collect();
        found.sort();
        flows.extend(found);
    }
    Ok(flows)
}

/// `shop.yaml` for `shop.test.yaml` and for itself.
fn flow_of(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    name.strip_suffix(".test.yaml")
        .map_or_else(|| path.to_owned(), |name| path.with_file_name(format!("{name}.yaml")))
}

/// `shop.test.yaml` for `shop.yaml`.
fn beside(flow: &Path) -> PathBuf {
    flow.with_extension("test.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the command in the crate's own folder.
    fn test(args: &[&str]) -> (String, ExitCode) {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            args: TestArgs,
        }
        let own = |path: &str| format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        let (config, prompts) = (own("hotline.yaml"), own("prompts"));
        let fixed = ["test", "--config", &config, "--prompts", &prompts];
        let command =
            <Command as clap::Parser>::parse_from(fixed.into_iter().chain(args.iter().copied()));
        let mut out = Vec::new();
        let code = run(&command.args, |_| None, false, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), code)
    }

    #[test]
    fn the_demo_flows_pass_their_scenarios_and_are_covered() {
        let flows = concat!(env!("CARGO_MANIFEST_DIR"), "/flows");
        let (out, code) = test(&[flows, "--coverage", "95"]);
        assert_eq!(code, ExitCode::SUCCESS, "{out}");
        assert!(out.ends_with(" passed, 0 failed\n"), "{out}");
    }
}

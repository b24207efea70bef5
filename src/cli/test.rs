//! `hotline test`: plays the scenarios beside flows, in virtual time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::call::Calendars;
use crate::diagnostic::text::render;
use crate::diagnostic::{Level, Sources};
use crate::server::house::{Broken, Ground, Overrides};
use crate::sim::{Coverage, Scenarios, Stage, run as play};

/// Play the scenarios beside flows, in virtual time
///
/// A scenario file stands beside its flow: `shop.test.yaml` beside `shop.yaml`. Each scenario is one call, written as a
/// conversation; docs/scenarios.md says what may stand in it. Exit code 0 if all passed, 1 if one failed or too few
/// steps were reached, 2 if a file cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hotline test flows/ --filter order --coverage 95")]
pub(super) struct TestArgs {
    /// Flows, their scenario files, or folders of them
    #[arg(default_value = "flows")]
    paths: Vec<PathBuf>,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// The least share of each flow's steps that its scenarios must reach, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage: Option<u8>,
    /// Print what was heard in every scenario, not only in those that fail
    #[arg(long)]
    transcript: bool,
    /// The configuration, for calendars, prompts and what flows may name
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    pub(super) config: PathBuf,
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
pub(super) fn run(
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

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
struct Unreadable {
    path: PathBuf,
    error: io::Error,
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
    let mut ground = match Ground::read(&args.config, &Overrides::default()) {
        Ok(ground) => ground,
        Err(Broken { sources, found }) => {
            write!(out, "{}", render(&found, &sources, colour))?;
            totals.broken += 1;
            return Ok(());
        }
    };
    let calendars: Arc<dyn Calendars> = Arc::new(ground.config.times());
    for path in flows(&args.paths)? {
        let scenario_path = beside(&path);
        if !scenario_path.is_file() {
            writeln!(out, "{}: no scenarios beside it\n", path.display())?;
            continue;
        }
        ground.found.clear();
        let flow = ground.read_flow(&path);
        let text = fs::read_to_string(&scenario_path)
            .map_err(|error| Unreadable { path: scenario_path.clone(), error })?;
        let file = ground.sources.add(scenario_path.display().to_string(), text.as_str());
        let scenarios = flow.as_ref().and_then(|flow| {
            let (scenarios, found) = Scenarios::parse(file, &text, flow);
            ground.found.extend(found);
            scenarios
        });
        let is_broken = ground.found.iter().any(|it| it.level == Level::Error);
        let (Some(flow), Some(scenarios), false) = (flow, scenarios, is_broken) else {
            write!(out, "{}", render(&ground.found, &ground.sources, colour))?;
            totals.broken += 1;
            continue;
        };
        let stage = Stage {
            flow,
            catalogues: Arc::clone(&ground.catalogues),
            calendars: Arc::clone(&calendars),
            lengths: Arc::clone(&lengths),
        };
        let printer = Printer { args, sources: &ground.sources, colour };
        printer.flow(&path, &stage, &scenarios, totals, out)?;
    }
    Ok(())
}

/// How results are shown.
struct Printer<'a> {
    args: &'a TestArgs,
    sources: &'a Sources,
    colour: bool,
}

impl Printer<'_> {
    /// Plays the scenarios of one flow.
    fn flow(
        &self,
        path: &Path,
        stage: &Stage,
        scenarios: &Scenarios,
        totals: &mut Totals,
        out: &mut impl Write,
    ) -> io::Result<()> {
        writeln!(out, "{}", path.display())?;
        let mut coverage = Coverage::default();
        let filter = self.args.filter.as_deref().unwrap_or_default();
        let wanted = scenarios.scenarios.iter().filter(|it| it.name.value.contains(filter));
        for scenario in wanted {
            let outcome = play(stage, scenario);
            coverage.add(outcome.steps);
            if let Some(failure) = &outcome.failure {
                totals.failed += 1;
                writeln!(out, "  FAILED  {}\n", scenario.name.value)?;
                let shown = render(std::slice::from_ref(failure), self.sources, self.colour);
                write!(out, "{shown}the call until then:\n{}\n", outcome.transcript)?;
            } else {
                totals.passed += 1;
                writeln!(out, "  ok      {}", scenario.name.value)?;
                if self.args.transcript {
                    writeln!(out, "{}", outcome.transcript)?;
                }
            }
        }
        self.coverage(&coverage, stage, totals, out)
    }

    fn coverage(
        &self,
        coverage: &Coverage,
        stage: &Stage,
        totals: &mut Totals,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let (reached, steps) = coverage.count(&stage.flow);
        let percent = coverage.percent(&stage.flow);
        let missing: Vec<&str> = coverage.missing(&stage.flow).map(|it| &**it).collect();
        let not = if missing.is_empty() { "" } else { "; not: " };
        let missing = missing.join(", ");
        writeln!(out, "  {reached} of {steps} steps reached ({percent:.0} %){not}{missing}\n")?;
        // Some scenarios alone need not reach everything.
        if let (Some(least), None) = (self.args.coverage, &self.args.filter)
            && percent < f64::from(least)
        {
            writeln!(out, "  FAILED  fewer than {least} % of the steps are reached\n")?;
            totals.uncovered += 1;
        }
        Ok(())
    }
}

/// The flows that `paths` name, in their order; of a folder those in it, by name.
fn flows(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Unreadable> {
    let mut flows = Vec::new();
    for path in paths {
        if !path.is_dir() {
            flows.push(flow_of(path));
            continue;
        }
        let entries = fs::read_dir(path)
            .map_err(|error| Unreadable { path: path.clone(), error })?
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
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/hotline.yaml");
        let fixed = ["test", "--config", config];
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

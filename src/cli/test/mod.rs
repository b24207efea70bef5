//! `hotline test`: plays the scenarios beside flows, in virtual time.
//!
//! `play` runs and shows them, `page` and `junit` write what came of it for browsers and build servers, `watch` waits for
//! a file to change.

mod callers;
mod explored;
mod junit;
mod page;
mod play;
#[cfg(test)]
mod tests;
mod watch;

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::call::Calendars;
use crate::diagnostic::text::render;
use crate::diagnostic::{Level, Sources};
use crate::server::house::{Broken, Ground, Overrides};
use crate::sim::{Scenarios, Stage};

/// Play the scenarios beside flows, in virtual time
///
/// A scenario file stands beside its flow: `shop.test.yaml` beside `shop.yaml`. Each scenario is one call, written as a
/// conversation; docs/scenarios.md says what may stand in it. Exit code 0 if all passed, 1 if one failed or too little
/// was reached, 2 if a file cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hotline test flows/ --filter order --coverage 95\n  \
                        hotline test flows/shop.yaml --html coverage.html   the flow, coloured by what was reached\n  \
                        hotline test flows/ --watch                         again whenever a file changes\n  \
                        hotline test flows/ --callers 100000 --seed 7       random people call")]
pub(super) struct TestArgs {
    /// Flows, their scenario files, or folders of them
    #[arg(default_value = "flows")]
    paths: Vec<PathBuf>,
    /// Only scenarios whose name or case contains this; several times: any of them
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// The least share of each flow's steps that its scenarios must reach, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage: Option<u8>,
    /// The least share of each flow's branches that its scenarios must go, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    branches: Option<u8>,
    /// Print what was heard in every scenario, not only in those that fail
    #[arg(long)]
    transcript: bool,
    /// Write a page with each flow's picture, coloured by what was reached
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the results as JUnit XML, for build servers
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many scenarios are played at the same time; as many as there are cores unless written
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Play each scenario so often, check that it comes out the same, and say how long it took
    #[arg(long, value_name = "N")]
    repeat: Option<u32>,
    /// Instead of the scenarios: let so many random people call, and check what no flow may do to them
    #[arg(long, value_name = "N")]
    callers: Option<u64>,
    /// Which random people: the same seed gives the same calls
    #[arg(long, value_name = "S", default_value_t = 1, requires = "callers")]
    seed: u64,
    /// Instead of the scenarios: write the fewest that go every branch, to the terminal
    #[arg(long, conflicts_with_all = ["callers", "watch"])]
    explore: bool,
    /// Write what `--explore` found into this file instead
    #[arg(long, value_name = "FILE", requires = "explore")]
    save: Option<PathBuf>,
    /// Play them again whenever a flow, its scenarios, the prompts or the configuration change
    #[arg(long)]
    watch: bool,
    /// The configuration, for calendars, prompts and what flows may name
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    pub(super) config: PathBuf,
}

/// How it went, for all files.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Totals {
    passed: usize,
    failed: usize,
    /// Flows of which too little was reached, and files that cannot be used.
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
    let lengths: Lengths = Arc::new(lengths);
    loop {
        let seen = args.watch.then(|| watch::Seen::of(args));
        let code = once(args, Arc::clone(&lengths), colour, out)?;
        let Some(seen) = seen else { return Ok(code) };
        writeln!(out, "waiting for a file to change; Ctrl-C ends it\n")?;
        out.flush()?;
        seen.wait(args);
    }
}

fn once(
    args: &TestArgs,
    lengths: Lengths,
    colour: bool,
    out: &mut impl Write,
) -> io::Result<ExitCode> {
    let mut totals = Totals::default();
    if let Err(error) = all(args, lengths, colour, &mut totals, out) {
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
struct Unusable {
    path: PathBuf,
    error: io::Error,
}

enum Failed {
    Input(Unusable),
    Output(io::Error),
}

impl From<Unusable> for Failed {
    fn from(error: Unusable) -> Self {
        Self::Input(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

type Lengths = Arc<dyn Fn(&str) -> Option<Duration> + Send + Sync>;

/// How results are shown.
struct Show<'a> {
    args: &'a TestArgs,
    sources: &'a Sources,
    colour: bool,
}

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
    let (mut page, mut report) = (Vec::new(), junit::Report::default());
    for path in flows(&args.paths)? {
        ground.found.clear();
        let scenario_path = beside(&path);
        if let Some(callers) = args.callers {
            let Some(stage) = stage(&path, &mut ground, &calendars, &lengths) else {
                write!(out, "{}", render(&ground.found, &ground.sources, colour))?;
                totals.broken += 1;
                continue;
            };
            let show = Show { args, sources: &ground.sources, colour };
            callers::flow(&show, &path, &stage, (callers, args.seed), totals, out)?;
            continue;
        }
        if args.explore {
            let Some(stage) = stage(&path, &mut ground, &calendars, &lengths) else {
                write!(out, "{}", render(&ground.found, &ground.sources, colour))?;
                totals.broken += 1;
                continue;
            };
            explored::flow(args, &path, &stage, totals, out)?;
            continue;
        }
        if !scenario_path.is_file() {
            writeln!(out, "{}: no scenarios beside it\n", path.display())?;
            continue;
        }
        let stage = stage(&path, &mut ground, &calendars, &lengths);
        let scenarios = match &stage {
            Some(stage) => read(&scenario_path, &stage.flow, &mut ground)?,
            None => None,
        };
        let is_broken = ground.found.iter().any(|it| it.level == Level::Error);
        let (Some(stage), Some(scenarios), false) = (stage, scenarios, is_broken) else {
            write!(out, "{}", render(&ground.found, &ground.sources, colour))?;
            totals.broken += 1;
            continue;
        };
        let show = Show { args, sources: &ground.sources, colour };
        let played = play::flow(&show, &path, &stage, &scenarios, totals, out)?;
        report.add(&path, &played, &ground.sources);
        if args.html.is_some() {
            page.push(page::flow(&path, &stage, &played));
        }
    }
    if let Some(path) = &args.html {
        write_file(path, crate::flow::covered_page(&page).as_bytes())?;
    }
    if let Some(path) = &args.junit {
        write_file(path, report.xml().as_bytes())?;
    }
    Ok(())
}

/// What calls of the flow at `path` are run with; none if it has errors, which are added to what was found.
fn stage(
    path: &Path,
    ground: &mut Ground,
    calendars: &Arc<dyn Calendars>,
    lengths: &Lengths,
) -> Option<Stage> {
    Some(Stage {
        flow: ground.read_flow(path)?,
        catalogues: Arc::clone(&ground.catalogues),
        calendars: Arc::clone(calendars),
        lengths: Arc::clone(lengths) as _,
    })
}

/// Reads the scenarios of `flow`; what is wrong with them is added to what was found.
fn read(
    path: &Path,
    flow: &crate::flow::Program,
    ground: &mut Ground,
) -> Result<Option<Scenarios>, Unusable> {
    let text =
        fs::read_to_string(path).map_err(|error| Unusable { path: path.to_owned(), error })?;
    let file = ground.sources.add(path.display().to_string(), text.as_str());
    let (scenarios, found) = Scenarios::parse(file, &text, flow);
    ground.found.extend(found);
    Ok(scenarios)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Unusable> {
    fs::write(path, bytes).map_err(|error| Unusable { path: path.to_owned(), error })
}

/// The flows that `paths` name, in their order; of a folder those in it, by name.
fn flows(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Unusable> {
    let mut flows = Vec::new();
    for path in paths {
        if !path.is_dir() {
            flows.push(flow_of(path));
            continue;
        }
        let entries = fs::read_dir(path)
            .map_err(|error| Unusable { path: path.clone(), error })?
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

//! `hotline check`: what is wrong with flows, catalogues and `hotline.yaml`, before a caller finds out.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::diagnostic::{Diagnostic, Level, Sources, json, junit, sarif, text};
use crate::flow;
use crate::lookup::{ConnectorConfig, Health, Lookups};
use crate::server::house::{self, Broken, Ground, Overrides};

/// Find what is wrong with flows before a caller does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline check                        everything that hotline.yaml names\n  \
                        hotline check flows/                 every flow in a folder\n  \
                        hotline check flows/shop.yaml --format sarif > shop.sarif\n  \
                        hotline check --exits flows/shop.yaml   how calls end, and how far it is to a person\n  \
                        hotline check --online               ask the connectors, too: each query, each system's health\n  \
                        hotline check --explain HL0203       what a code means, with a wrong and a right flow\n\n\
                        Exit codes: 0 no errors, 1 errors (or warnings with --deny warnings), 2 wrong usage."
)]
pub(super) struct CheckArgs {
    /// Flows or folders of flows; those that the configuration names unless given.
    paths: Vec<PathBuf>,
    /// The configuration, for the calendars, queues, connectors and prompts that flows name.
    #[arg(long, default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
    /// How findings are shown.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Fail on warnings, too.
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Show how calls end, and how long the way to a person is from each question.
    #[arg(long)]
    exits: bool,
    /// Ask the databases whether they take each query, and each system over HTTP for its `health`. Makes a database that its
    /// connector can make.
    #[arg(long)]
    online: bool,
    /// Explain a finding's code instead of checking.
    #[arg(long, value_name = "CODE", conflicts_with = "paths")]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Excerpts with carets.
    Text,
    /// One JSON object, for programs.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
    /// JUnit XML, for build servers: a case for each finding.
    Junit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Warnings fail like errors.
    Warnings,
}

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    if let Some(code) = &args.explain {
        return explain(code);
    }
    let Checked { found, sources, flows, exits } = check(args);
    let worst = found.iter().map(|it| it.level).max();
    let limit = if args.deny.is_some() { Level::Warning } else { Level::Error };
    let shown = match args.format {
        Format::Text => text::render(&found, &sources, std::io::stdout().is_terminal()),
        Format::Json if args.exits => {
            let mut report = json::report(&found, &sources);
            let exits = exits.iter().map(|it| it.json(&sources)).collect();
            if let Some(fields) = report.as_object_mut() {
                fields.insert("exits".to_owned(), exits);
            }
            format!("{report:#}\n")
        }
        Format::Json => json::render(&found, &sources),
        Format::Sarif => sarif::render(&found, &sources),
        Format::Junit => junit::render(&found, &sources, limit),
    };
    // Nobody reads along when this fails.
    let _ = std::io::stdout().write_all(shown.as_bytes());
    if args.format == Format::Text {
        for it in &exits {
            // Nobody reads along when this fails.
            let _ = writeln!(std::io::stdout(), "{}", it.text());
        }
        let plural = if flows == 1 { "" } else { "s" };
        eprintln!("{flows} flow{plural} checked: {}", text::summary(&found));
    }
    if worst.is_some_and(|worst| worst >= limit) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn explain(code: &str) -> ExitCode {
    let code = code.to_ascii_uppercase();
    match flow::explain(&code) {
        Some(page) => {
            // Nobody reads along when this fails.
            let _ = writeln!(std::io::stdout(), "{}", page.trim_end());
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("hotline check: no finding has the code {code}");
            ExitCode::FAILURE
        }
    }
}

/// What came of it.
struct Checked {
    found: Vec<Diagnostic>,
    sources: Sources,
    /// How many flows were looked at.
    flows: usize,
    /// How the calls of each end, if that is asked for.
    exits: Vec<flow::Proof>,
}

fn check(args: &CheckArgs) -> Checked {
    let mut ground = match Ground::read(&args.config, &Overrides::default()) {
        Ok(ground) => ground,
        Err(Broken { sources, found }) => {
            return Checked { found, sources, flows: 0, exits: Vec::new() };
        }
    };
    let mut flows: Vec<PathBuf> = Vec::new();
    if args.paths.is_empty() {
        flows.extend(ground.config.numbers.values().cloned());
    }
    args.paths.iter().for_each(|path| collect(path, &mut flows));
    flows.sort();
    flows.dedup();
    let programs: Vec<_> = flows.iter().filter_map(|path| ground.read_flow(path)).collect();
    if args.online {
        online(&mut ground, &programs, args.format == Format::Text);
    }
    let shown = programs.iter().filter(|_| args.exits);
    let exits = shown.map(|it| ground.exits(it)).collect();
    Checked { found: ground.found, sources: ground.sources, flows: flows.len(), exits }
}

/// A flow, or every flow of a folder: `*.yaml` but scenarios (`*.test.yaml`).
pub(super) fn collect(path: &Path, flows: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        return flows.push(path.to_owned());
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, flows);
        } else if name.ends_with(".yaml") && !name.ends_with(".test.yaml") {
            flows.push(path);
        }
    }
}

/// Lets each connector's database prepare the queries of `programs`, and asks each system over HTTP whether it is well.
fn online(ground: &mut Ground, programs: &[std::sync::Arc<flow::Program>], tells: bool) {
    let connectors: Vec<ConnectorConfig> = house::connectors(&ground.config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        eprintln!("hotline check: the connectors cannot be asked");
        return;
    };
    let found = runtime.block_on(async {
        let lookups = match Lookups::open(connectors).await {
            Ok(lookups) => lookups,
            Err(error) => return vec![cannot_be_asked(error.to_string())],
        };
        let mut found = Vec::new();
        for (_, lookup) in programs.iter().flat_map(|program| program.all_lookups()) {
            let Ok(query) = house::query(lookup) else { continue };
            if let Err(error) = lookups.check_query(&lookup.connector.value, &query).await {
                let wrong = Diagnostic::error("HL0792", lookup.asks.span(), error.to_string());
                // Several flows may run the one that it stands in.
                if !found.contains(&wrong) {
                    found.push(wrong);
                }
            }
        }
        for (name, health) in lookups.health().await {
            let (says, is_well) = told(&name, health.as_ref());
            if !is_well {
                found.push(cannot_be_asked(says));
            } else if tells {
                eprintln!("{says}");
            }
        }
        found
    });
    ground.found.extend(found);
}

/// HL0791: a database that cannot be opened, a system that does not answer.
fn cannot_be_asked(says: String) -> Diagnostic {
    Diagnostic::error("HL0791", crate::diagnostic::Span::default(), says)
}

/// What a health address answered, and whether the system is well.
fn told(name: &str, health: Option<&Health>) -> (String, bool) {
    let Some(health) = health else {
        return (format!("connector `{name}` was not asked: it has no `health`"), true);
    };
    let address = &health.address;
    let says = match &health.answer {
        Ok((status, took)) => {
            format!("connector `{name}`: {address} answered {status} in {} ms", took.as_millis())
        }
        Err(why) => format!("connector `{name}`: {address} did not answer: {why}"),
    };
    (says, health.is_well())
}

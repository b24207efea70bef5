//! `hotline replay`: stored calls again, on their own flow and on an edited one.

mod page;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::count::counted;
use super::stored::{Calls, Selection, Unreadable};
use crate::call::{Entry, Setting, Start};
use crate::diagnostic::text;
use crate::flow::Program;
use crate::server::house::{Broken, Ground, Overrides};
use crate::sim::{Recorded, Rerun, Stage, repeats, rerun};
use crate::store::{StoredCall, StoredEvent};

/// Replay stored calls, on their own flow or on an edited one
///
/// Without --flow-file each call is fed again to the flow that it ran and must give the same commands; a call of a version
/// that is not there any more cannot be checked, which is said. With --flow-file the callers do on that flow what they did
/// then, and you see which calls would have gone elsewhere and how many would still end without a person. Exit code 0 if
/// no call gave other commands than then, 1 if one did, 2 if something cannot be used.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline replay --last 20                                the newest calls, each on its own flow\n  \
                        hotline replay --flow shop --flow-file flows/shop.yaml  what an edit would have changed\n  \
                        hotline replay --day 2026-03-01 --flow-file new.yaml --html replay.html\n\n\
                        docs/replay.md says what is taken over from then and what is not."
)]
pub(super) struct ReplayArgs {
    /// Calls by their ids; the newest ones unless given
    #[arg(value_name = "CALL", conflicts_with_all = ["day", "flow", "last"])]
    calls: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// The edited flow
    #[arg(long, value_name = "FILE")]
    flow_file: Option<PathBuf>,
    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
    /// Write the result as a page, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The configuration, for flows, calendars and prompts
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

/// Why nothing can be replayed.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{0}")]
    Findings(String),
    #[error(transparent)]
    Stored(#[from] Unreadable),
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
}

/// What came of one call.
struct Line {
    call: StoredCall,
    /// On its own flow: `same`, `different`, or why that cannot be told.
    own: &'static str,
    /// On the edited flow; none if there is none, or nothing to follow was stored.
    edited: Option<Rerun>,
    /// What its caller went through; nothing of one that was not stored whole.
    journey: Vec<Value>,
}

const SAME: &str = "same";
const DIFFERENT: &str = "different";
const OTHER_VERSION: &str = "its version is gone";
const INCOMPLETE: &str = "not stored whole";

/// A stored call, and what can be replayed of it.
type Kept = (StoredCall, Option<Recorded>);

pub(super) fn run(args: &ReplayArgs) -> ExitCode {
    match lines(args).and_then(|lines| show(args, &lines).map(|()| lines)) {
        Ok(lines) if lines.iter().any(|it| it.own == DIFFERENT) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hotline replay: {error}");
            ExitCode::from(2)
        }
    }
}

fn show(args: &ReplayArgs, lines: &[Line]) -> Result<(), Unusable> {
    let shown = if args.json {
        format!("{:#}\n", as_json(lines))
    } else {
        as_text(lines, args.flow_file.is_some())
    };
    // Nobody reads along when this fails.
    let _ = std::io::stdout().write_all(shown.as_bytes());
    let Some(path) = &args.html else { return Ok(()) };
    let page =
        page::write(lines, &summary(lines, args.flow_file.is_some()), args.flow_file.as_deref());
    fs::write(path, page).map_err(|source| Unusable::File { path: path.clone(), source })
}

fn lines(args: &ReplayArgs) -> Result<Vec<Line>, Unusable> {
    let overrides = Overrides { data: args.selection.data.clone(), ..Overrides::default() };
    let mut ground = Ground::read(&args.config, &overrides)
        .map_err(|Broken { sources, found }| findings(&found, &sources))?;
    let kept = stored(args, &ground.config.data)?;
    let edited = match &args.flow_file {
        Some(path) => match ground.read_flow(path) {
            Some(flow) => Some(stage(&ground, flow)),
            None => return Err(findings(&ground.found, &ground.sources)),
        },
        None => None,
    };
    let mut programs: BTreeMap<PathBuf, Option<Arc<Program>>> = BTreeMap::new();
    let numbers = ground.config.numbers.clone();
    let mut lines = Vec::with_capacity(kept.len());
    for (call, recorded) in kept {
        let program = numbers.get(&call.to).and_then(|path| {
            let read = || ground.read_flow(path);
            programs.entry(path.clone()).or_insert_with(read).clone()
        });
        let own = match (program, &recorded) {
            (_, None) => INCOMPLETE,
            (Some(program), Some(recorded)) if program.version == call.flow_version => {
                match repeats(Arc::new(setting(&ground, program)), recorded) {
                    Some(true) => SAME,
                    Some(false) => DIFFERENT,
                    None => INCOMPLETE,
                }
            }
            (Some(_) | None, Some(_)) => OTHER_VERSION,
        };
        let edited = edited.as_ref().zip(recorded.as_ref()).map(|(stage, it)| rerun(stage, it));
        let journey = recorded.map(|it| it.journey).unwrap_or_default();
        lines.push(Line { call, own, edited, journey });
    }
    Ok(lines)
}

fn findings(
    found: &[crate::diagnostic::Diagnostic],
    sources: &crate::diagnostic::Sources,
) -> Unusable {
    let shown = text::render(found, sources, std::io::stderr().is_terminal());
    Unusable::Findings(format!("a file cannot be used\n{shown}"))
}

fn setting(ground: &Ground, flow: Arc<Program>) -> Setting {
    Setting {
        flow,
        catalogues: Arc::clone(&ground.catalogues),
        calendars: Arc::new(ground.config.times()),
    }
}

fn stage(ground: &Ground, flow: Arc<Program>) -> Stage {
    let clips = ground.clips();
    Stage {
        flow,
        catalogues: Arc::clone(&ground.catalogues),
        calendars: Arc::new(ground.config.times()),
        lengths: Arc::new(move |clip: &str| clips.get(clip).map(|it| it.duration())),
    }
}

fn stored(args: &ReplayArgs, data: &Path) -> Result<Vec<Kept>, Unreadable> {
    let stored = Calls::open(data)?;
    let calls = if args.calls.is_empty() {
        stored.selected(&args.selection, None)?
    } else {
        args.calls.iter().map(|id| stored.call(id)).collect::<Result<_, _>>()?
    };
    let mut kept = Vec::with_capacity(calls.len());
    for call in calls {
        let events = stored.events(&call.id)?;
        let journey = stored.journey(&call.id)?;
        kept.push((call, recorded(&events, journey)));
    }
    stored.close()?;
    Ok(kept)
}

/// What can be replayed of a call: nothing if an entry is missing or was written by another version.
fn recorded(events: &[StoredEvent], journey: Vec<Value>) -> Option<Recorded> {
    let numbered = events.iter().enumerate().all(|(at, it)| usize::try_from(it.seq) == Ok(at));
    let (start, rest) = events.split_first().filter(|(it, _)| &*it.kind == "start" && numbered)?;
    let start: Start = serde_json::from_value(start.payload.clone()).ok()?;
    let entries = rest.iter().filter(|it| &*it.kind != "end");
    let log: Result<Vec<Entry>, _> =
        entries.map(|it| serde_json::from_value(it.payload.clone())).collect();
    let end = rest.iter().find(|it| &*it.kind == "end");
    let commands = end.and_then(|it| it.payload.get("commands")?.as_str().map(str::to_owned));
    Some(Recorded { start, log: log.ok()?, journey, commands })
}

// What is shown.

/// How many of the calls ended without a person: then, now, and of how many it is known what they would do now.
fn contained(lines: &[Line]) -> (usize, usize, usize) {
    let known = lines.iter().filter_map(|it| it.edited.as_ref());
    let known = known.filter_map(|it| it.then.is_contained().zip(it.now.is_contained()));
    known.fold((0, 0, 0), |(then, now, all), (one, other)| {
        (then + usize::from(one), now + usize::from(other), all + 1)
    })
}

fn count(lines: &[Line], own: &str) -> usize {
    lines.iter().filter(|it| it.own == own).count()
}

/// What came of a call on the edited flow, in a few words.
fn elsewhere(rerun: &Rerun) -> String {
    let mut words = match &rerun.other {
        Some(other) => {
            let name = |step: &Option<Arc<str>>| step.as_deref().unwrap_or("the end").to_owned();
            let after = other.after.as_deref().unwrap_or("the beginning");
            format!("after {after}: {} instead of {}", name(&other.now), name(&other.then))
        }
        None => "as then".to_owned(),
    };
    if let Some(stop) = &rerun.stop {
        let last = rerun.now.steps.last().map_or("the beginning", |it| it);
        // Writing to a string cannot fail.
        let _ = write!(words, "; known only up to {last}: {stop}");
    }
    if let Some(first) = rerun.reused.first() {
        let step = first.step.as_deref().unwrap_or("the beginning");
        let _ = write!(
            words,
            "; lookup {} in {step} answered as then, though asked with other values",
            first.lookup
        );
    }
    words
}

fn summary(lines: &[Line], is_edited: bool) -> Vec<String> {
    let (same, different) = (count(lines, SAME), count(lines, DIFFERENT));
    let (gone, part) = (count(lines, OTHER_VERSION), count(lines, INCOMPLETE));
    let mut says = vec![format!(
        "{}. On their own flow: {same} same, {different} different, {gone} of a version that is gone, \
         {part} not stored whole.",
        counted(lines.len(), "call")
    )];
    if is_edited {
        let reruns = || lines.iter().filter_map(|it| it.edited.as_ref());
        let other = reruns().filter(|it| it.other.is_some()).count();
        let stopped = reruns().filter(|it| it.stop.is_some()).count();
        let (then, now, known) = contained(lines);
        says.push(format!("On the edited flow: {other} elsewhere, {stopped} known only in part."));
        let reused = reruns().filter(|it| !it.reused.is_empty()).count();
        if reused > 0 {
            says.push(format!(
                "In {reused} a lookup was asked with other values than then, and answered as then all the same."
            ));
        }
        says.push(format!(
            "Ended without a person: {then} then, {now} now, of {known} where both are known."
        ));
    }
    says
}

fn as_text(lines: &[Line], is_edited: bool) -> String {
    let mut shown = String::new();
    for Line { call, own, edited, .. } in lines {
        let edited = edited.as_ref().map(elsewhere).unwrap_or_default();
        let began = call.started_at.strftime("%Y-%m-%d %H:%M:%SZ");
        let line = format!("{:<20} {began}  {:<10} {own:<20} {edited}", call.id, call.flow);
        shown.push_str(line.trim_end());
        shown.push('\n');
    }
    shown.push('\n');
    for line in summary(lines, is_edited) {
        shown.push_str(&line);
        shown.push('\n');
    }
    shown
}

fn as_json(lines: &[Line]) -> Value {
    let path = |it: &crate::sim::Path| json!({ "steps": it.steps, "to_person": it.to_person, "ending": it.ending });
    let edited = |it: &Rerun| {
        let other = it
            .other
            .as_ref()
            .map(|it| json!({ "after": it.after, "then": it.then, "now": it.now }));
        let stop = it.stop.as_ref().map(ToString::to_string);
        let reused: Vec<Value> =
            it.reused.iter().map(|it| json!({ "lookup": it.lookup, "step": it.step })).collect();
        json!({
            "elsewhere": other, "stopped": stop, "reused": reused,
            "then": path(&it.then), "now": path(&it.now),
        })
    };
    let calls: Vec<Value> = lines
        .iter()
        .map(|it| json!({ "call": it.call, "own_flow": it.own, "edited": it.edited.as_ref().map(edited) }))
        .collect();
    let (then, now, known) = contained(lines);
    json!({ "calls": calls, "contained": { "then": then, "now": now, "known": known } })
}

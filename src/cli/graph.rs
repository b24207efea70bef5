//! `hotline graph`: a flow as a picture.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::stored::{Calls, Selection, Unreadable};
use crate::diagnostic::text::render;
use crate::flow::{Picture, Program, Traffic};
use crate::server::house::{Broken, Ground, Overrides};
use crate::sim::add_traffic;
use crate::store::StoredCall;

/// Draw a flow: its steps and the ways between them
///
/// With --calls it also shows what stored calls did: how many went each way, and where callers hung up. Calls that ran
/// another version of the flow are laid over this one by the names of its steps, which is said.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline graph flows/shop.yaml --format html > shop.html   one page, to look at and to send\n  \
                        hotline graph flows/shop.yaml                             Mermaid, for a README\n  \
                        hotline graph flows/shop.yaml --format dot | dot -Tpdf > shop.pdf\n  \
                        hotline graph flows/shop.yaml --calls --format html > shop.html   where callers go, and where they hang up\n  \
                        hotline graph flows/shop.yaml --calls --day 2026-03-01 --format html > march.html\n\n\
                        Exit codes: 0 drawn, 1 the flow has errors, 2 wrong usage."
)]
pub(super) struct GraphArgs {
    /// The flow
    #[arg(value_name = "FLOW")]
    file: PathBuf,
    /// As what it is written
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
    /// Show what stored calls of the flow did; implied by the options below
    #[arg(long)]
    calls: bool,
    #[command(flatten)]
    selection: Selection,
    /// The configuration, for the prompts and what the flow names
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A Mermaid flowchart, which code hosts and wikis draw.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A page that needs no network: prompts on hover, a step's ways alone under the pointer.
    Html,
}

/// The most steps on a drawn page: beyond them nobody finds their way, and the layout takes long.
const MAX_DRAWN: usize = 300;

pub(super) fn run(args: &GraphArgs) -> ExitCode {
    let overrides = Overrides { data: args.selection.data.clone(), ..Overrides::default() };
    let (sources, found) = match Ground::read(&args.config, &overrides) {
        Err(Broken { sources, found }) => (sources, found),
        Ok(mut ground) => {
            if let Some(program) = ground.read_flow(&args.file) {
                if args.format == Format::Html && program.steps.len() > MAX_DRAWN {
                    let steps = program.steps.len();
                    eprintln!(
                        "hotline graph: {steps} steps are too many to draw, {MAX_DRAWN} at most; take dot"
                    );
                    return ExitCode::FAILURE;
                }
                let traffic = match traffic(args, &program, &ground.config.data) {
                    Ok(traffic) => traffic,
                    Err(error) => {
                        eprintln!("hotline graph: {error}");
                        return ExitCode::from(2);
                    }
                };
                let picture = Picture::of(&program, &ground.catalogues);
                let drawn = match args.format {
                    Format::Mermaid => picture.mermaid(traffic.as_ref()),
                    Format::Dot => picture.dot(traffic.as_ref()),
                    Format::Html => picture.html(traffic.as_ref()),
                };
                // Nobody reads along when this fails.
                let _ = io::stdout().write_all(drawn.as_bytes());
                return ExitCode::SUCCESS;
            }
            (ground.sources, ground.found)
        }
    };
    eprint!("{}", render(&found, &sources, false));
    ExitCode::FAILURE
}

/// What the stored calls did that are wanted; none if none are.
fn traffic(args: &GraphArgs, flow: &Program, data: &Path) -> Result<Option<Traffic>, Unreadable> {
    let Selection { day, flow: name, last, data: folder } = &args.selection;
    let wanted =
        args.calls || day.is_some() || name.is_some() || last.is_some() || folder.is_some();
    if !wanted {
        return Ok(None);
    }
    let stored = Calls::open(data)?;
    let calls = stored.selected(&args.selection, Some(&flow.name.value))?;
    let mut traffic = Traffic::default();
    for call in &calls {
        add_traffic(&mut traffic, flow, &stored.journey(&call.id)?);
    }
    stored.close()?;
    traffic.about = about(&calls, &flow.version);
    Ok(Some(traffic))
}

/// Which calls are counted: how many, from when to when, of which versions.
fn about(calls: &[StoredCall], version: &str) -> Vec<String> {
    let day = |call: Option<&StoredCall>| {
        call.map(|it| it.started_at.strftime("%Y-%m-%d %H:%MZ").to_string()).unwrap_or_default()
    };
    let (first, last) = (day(calls.last()), day(calls.first()));
    let (count, word) = (calls.len(), if calls.len() == 1 { "call" } else { "calls" });
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls {
        *versions.entry(&call.flow_version).or_default() += 1;
    }
    let own = versions.remove(version).unwrap_or_default();
    let short = |version: &str| version.chars().take(8).collect::<String>();
    let mut lines = vec![format!(
        "{count} stored {word}, begun {first} to {last}: {own} of this version ({}).",
        short(version)
    )];
    if !versions.is_empty() {
        let mut others: Vec<_> = versions.into_iter().collect();
        others.sort_by_key(|(version, count)| (std::cmp::Reverse(*count), *version));
        let others: Vec<_> = others
            .iter()
            .map(|(version, count)| format!("{count} of {}", short(version)))
            .collect();
        lines.push(format!(
            "Of other versions, laid over this one by the names of steps: {}.",
            others.join(", ")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use clap::Parser;

    use super::super::stored::keep;
    use super::*;
    use crate::call::{Answer, QueueEvent};
    use crate::sim::{Made, Stage};

    const FLOW: &str = "
flow: pizza
languages: [en-US]
start: welcome
steps:
  welcome:
    - menu: menu
      keys: { 1: order, 0: agent }
      otherwise: agent
  order:
    - menu: more
      keys: { 1: order, 2: bye }
      otherwise: agent
  agent:
    - queue: service
      otherwise: bye
  bye:
    - hangup: bye
";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: GraphArgs,
    }

    fn stage() -> Stage {
        let flow = crate::flow::parse(crate::diagnostic::FileId::default(), FLOW).0.unwrap();
        let words = "language: en-US\nprompts: { menu: Press 1 or 0., more: Press 1 or 2., bye: Goodbye. }\n";
        let catalogue =
            crate::speech::Catalogue::parse(crate::diagnostic::FileId::default(), words);
        Stage {
            flow: Program::unproven(flow),
            catalogues: Arc::new([("en-US".into(), catalogue.0.unwrap())].into_iter().collect()),
            calendars: Arc::new(
                indexmap::IndexMap::<Arc<str>, crate::config::calendar::Calendar>::new(),
            ),
            lengths: Arc::new(|_| Some(Duration::from_secs(2))),
        }
    }

    /// Stores a call of each of `callers`: its keys, when it hangs up, and the version that it ran.
    fn store(folder: &Path, stage: &Stage, callers: &[(&str, Option<u64>, &str)]) {
        let calls = callers.iter().enumerate().map(|(nth, (keys, leaves_after, version))| {
            let keys: Vec<_> = keys.chars().map(|key| (3_000, key)).collect();
            let id = format!("call-{nth}");
            let made = Made {
                stage,
                id: &id,
                keys: &keys,
                leaves_after: *leaves_after,
                answers: &mut |_| Answer::NotFound,
                queue: QueueEvent::NoAgents,
                prompts_last: 2_000,
            };
            let stored = StoredCall {
                id: id.as_str().into(),
                flow: "pizza".into(),
                flow_version: (*version).into(),
                from: "".into(),
                to: "4001".into(),
                started_at: "2026-03-01T09:00:00Z".parse().unwrap(),
                ended_at: None,
                outcome: Some("completed".into()),
            };
            (made.call(), stored)
        });
        keep(folder, &calls.collect::<Vec<_>>());
    }

    fn traffic_of(
        folder: &Path,
        args: &[&str],
        flow: &Program,
    ) -> Result<Option<Traffic>, Unreadable> {
        let all = ["graph", "pizza.yaml"].iter().chain(args);
        traffic(&Line::parse_from(all).args, flow, folder)
    }

    #[test]
    fn stored_calls_make_ways_wide_and_steps_red() {
        let folder = tempfile::tempdir().unwrap();
        let stage = stage();
        let own = &*stage.flow.version.clone();
        store(
            folder.path(),
            &stage,
            &[
                ("1", Some(2_000), own),
                ("1", Some(2_000), own),
                ("12", None, own),
                ("0", None, own),
                ("112", None, "0123456789abcdef"),
            ],
        );
        assert!(traffic_of(folder.path(), &[], &stage.flow).unwrap().is_none());
        let none = traffic_of(folder.path(), &["--flow", "shop"], &stage.flow);
        assert!(matches!(none, Err(Unreadable::NoCalls)), "{none:?}");
        let last = traffic_of(folder.path(), &["--last", "2"], &stage.flow).unwrap().unwrap();
        assert_eq!(last.calls, 2);
        let traffic = traffic_of(folder.path(), &["--calls"], &stage.flow).unwrap().unwrap();
        let picture = Picture::of(&stage.flow, &stage.catalogues);
        let version: String = own.chars().take(8).collect();
        let shown = |text: String| text.replace(&version, "(version)");
        insta::assert_snapshot!(shown(picture.mermaid(Some(&traffic))), @r#"
        ---
        title: "pizza"
        ---
        flowchart TD
          s0(["<b>welcome</b><br>5 calls<br>menu menu"]):::start
          s1["<b>order</b><br>4 calls, 2 hung up (50 %)<br>menu more"]
          s2{{"<b>agent</b><br>1 call<br>queue service"}}:::person
          s3[["<b>bye</b><br>3 calls<br>hangup bye"]]:::ends
          s0 -->|"1 · 4 (80 %)"| s1
          s0 -->|"0, otherwise · 1 (20 %)"| s2
          s1 -->|"1 · 1 (25 %)"| s1
          s1 -->|"2 · 2 (50 %)"| s3
          s1 -->|"otherwise · 0"| s2
          s2 -->|"otherwise · 1 (100 %)"| s3
          %% 5 stored calls, begun 2026-03-01 09:00Z to 2026-03-01 09:00Z: 4 of this version ((version)).
          %% Of other versions, laid over this one by the names of steps: 1 of 01234567.
          style s1 fill:#f06e5a
          linkStyle 0 stroke-width:10.8px
          linkStyle 1 stroke-width:5.9px
          linkStyle 2 stroke-width:5.9px
          linkStyle 3 stroke-width:8.0px
          linkStyle 4 stroke-width:1.0px,stroke-dasharray:4
          linkStyle 5 stroke-width:5.9px
          classDef start fill:#d8f3dc,stroke:#2d6a4f
          classDef person fill:#dbeafe,stroke:#1d4ed8
          classDef ends fill:#eceff1,stroke:#546e7a
          classDef unreached stroke-dasharray:4
        "#);
        insta::assert_snapshot!(shown(picture.dot(Some(&traffic))), @r##"
        digraph flow {
          label="pizza\n5 stored calls, begun 2026-03-01 09:00Z to 2026-03-01 09:00Z: 4 of this version ((version)).\nOf other versions, laid over this one by the names of steps: 1 of 01234567.";
          labelloc=t;
          node [shape=box, fontname="sans-serif"];
          edge [fontname="sans-serif", fontsize=10];
          "welcome" [label="welcome\n5 calls\nmenu menu", tooltip="5 of 5 calls (100 %), 5 times\nen-US: Press 1 or 0.", style="rounded,filled,bold", fillcolor="#d8f3dc"];
          "order" [label="order\n4 calls, 2 hung up (50 %)\nmenu more", tooltip="4 of 5 calls (80 %), 5 times\n2 ended here: hung up (50 %)\nen-US: Press 1 or 2.", style=filled, fillcolor="#f06e5a"];
          "agent" [label="agent\n1 call\nqueue service", tooltip="1 of 5 calls (20 %), once", style=filled, fillcolor="#dbeafe"];
          "bye" [label="bye\n3 calls\nhangup bye", tooltip="3 of 5 calls (60 %), 3 times\n3 ended here: goodbye (100 %)\nen-US: Goodbye.", style=filled, fillcolor="#eceff1", peripheries=2];
          "welcome" -> "order" [label="1 · 4 (80 %)", tooltip="4 of 5 calls that came here (80 %), 4 times; 80 % of all", penwidth=7.2];
          "welcome" -> "agent" [label="0, otherwise · 1 (20 %)", tooltip="1 of 5 calls that came here (20 %), once; 20 % of all", penwidth=3.9];
          "order" -> "order" [label="1 · 1 (25 %)", tooltip="1 of 4 calls that came here (25 %), once; 20 % of all", penwidth=3.9];
          "order" -> "bye" [label="2 · 2 (50 %)", tooltip="2 of 4 calls that came here (50 %), 2 times; 40 % of all", penwidth=5.3];
          "order" -> "agent" [label="otherwise · 0", tooltip="0 of 4 calls that came here (0 %), 0 times; 0 % of all", penwidth=0.7, style=dashed, color=gray];
          "agent" -> "bye" [label="otherwise · 1 (100 %)", tooltip="1 of 1 calls that came here (100 %), once; 20 % of all", penwidth=3.9];
        }
        "##);
        let page = shown(picture.html(Some(&traffic)));
        for part in [
            "5 stored calls, begun 2026-03-01 09:00Z to 2026-03-01 09:00Z: 4 of this version ((version)).",
            "Of other versions, laid over this one by the names of steps: 1 of 01234567.",
            ">1 · 4 (80 %)</text>",
            ">4 calls, 2 hung up (50 %)</text>",
            "2 ended here: hung up (50 %)",
            "<tr><td>order</td><td>4</td><td>2 (50 %)</td><td></td><td></td><td></td></tr>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for outside in ["src=", "href=", "@import", "url(http", " onclick="] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}

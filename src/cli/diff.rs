//! `hotline diff`: two versions of a flow in a caller's terms.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::text::render;
use crate::flow::model::Flow;
use crate::flow::{self, Change, Version};
use crate::server::house::{Broken, Ground, Overrides};
use crate::server::words::Words;
use crate::speech::{Catalogue, Catalogues};

/// Show what differs for callers between two versions of a flow.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline diff main~3:flows/shop.yaml flows/shop.yaml   since three commits ago, prompts included\n  \
                        hotline diff flows/shop.yaml /tmp/shop.yaml           two files, spoken with the same prompts\n  \
                        hotline diff v1:flows/shop.yaml v2:flows/shop.yaml --format json\n\n\
                        Exit codes: 0 the same for everybody, 1 different, 2 one of them cannot be read."
)]
pub(super) struct DiffArgs {
    /// A flow's file, or one in a git revision: `main~3:flows/shop.yaml`
    old: String,
    /// The same, later
    new: String,
    /// How changes are shown
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The configuration, for where the prompts are
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for each change.
    Text,
    /// One JSON object, for programs.
    Json,
}

/// Why a version cannot be compared.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{0} cannot be read: {1}")]
    File(String, io::Error),
    #[error("git cannot be asked for {0}: {1}")]
    NoGit(String, io::Error),
    #[error("git has no {0}")]
    NotInGit(String),
    #[error("{0} is no text")]
    NoText(String),
    #[error("{0} has errors")]
    Wrong(String),
}

pub(super) fn run(args: &DiffArgs) -> ExitCode {
    let mut ground = match Ground::read(&args.config, &Overrides::default()) {
        Ok(ground) => ground,
        Err(Broken { sources, found }) => {
            eprint!("{}", render(&found, &sources, false));
            return ExitCode::from(2);
        }
    };
    let versions = [&args.old, &args.new].map(|it| read(it, &mut ground));
    match versions {
        [Ok(old), Ok(new)] => {
            let words = (Words(&old.1), Words(&new.1));
            let old = Version { flow: &old.0, prompts: &words.0 };
            let changes = flow::diff(old, Version { flow: &new.0, prompts: &words.1 });
            // Nobody reads along when this fails.
            let _ = io::stdout().write_all(show(&changes, args.format).as_bytes());
            ExitCode::from(u8::from(!changes.is_empty()))
        }
        failed => {
            for wrong in failed.into_iter().filter_map(Result::err) {
                eprintln!("hotline diff: {wrong}");
            }
            ExitCode::from(2)
        }
    }
}

fn show(changes: &[Change], format: Format) -> String {
    match format {
        Format::Text => changes.iter().map(|it| format!("{}\n", it.says)).collect(),
        Format::Json => format!("{:#}\n", serde_json::json!({ "changes": changes })),
    }
}

/// A flow, and the words of its time.
fn read(name: &str, ground: &mut Ground) -> Result<(Flow, Arc<Catalogues>), Unreadable> {
    let revision = name.split_once(':').filter(|_| !Path::new(name).exists());
    let (text, catalogues) = match revision {
        None => {
            let text = std::fs::read_to_string(name);
            let text = text.map_err(|error| Unreadable::File(name.to_owned(), error))?;
            (text, Arc::clone(&ground.catalogues))
        }
        Some((revision, _)) => (shown(name)?, words(revision, ground)),
    };
    let file = ground.sources.add(name, text.as_str());
    match flow::parse(file, &text) {
        (Some(flow), found) if found.is_empty() => Ok((flow, catalogues)),
        (_, found) => {
            eprint!("{}", render(&found, &ground.sources, false));
            Err(Unreadable::Wrong(name.to_owned()))
        }
    }
}

/// What git has under `revision:path`.
fn shown(name: &str) -> Result<String, Unreadable> {
    let git = Command::new("git").args(["show", "--end-of-options", name]).output();
    let output = git.map_err(|error| Unreadable::NoGit(name.to_owned(), error))?;
    if !output.status.success() {
        return Err(Unreadable::NotInGit(name.to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|_| Unreadable::NoText(name.to_owned()))
}

/// The catalogues of a revision; of a language that it does not have, today's.
fn words(revision: &str, ground: &mut Ground) -> Arc<Catalogues> {
    let mut catalogues = Catalogues::default();
    for (lang, today) in ground.catalogues.iter() {
        let path = ground.config.prompts.join(&**lang).join("catalog.yaml");
        let name = format!("{revision}:./{}", path.display());
        let then = shown(&name).ok().and_then(|text| {
            let file = ground.sources.add(name, text.as_str());
            let (catalogue, found): (_, Vec<Diagnostic>) = Catalogue::parse(file, &text);
            catalogue.filter(|_| found.is_empty())
        });
        catalogues.insert(Arc::clone(lang), then.unwrap_or_else(|| today.clone()));
    }
    Arc::new(catalogues)
}

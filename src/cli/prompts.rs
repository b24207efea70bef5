//! `hotline prompts`: what callers hear, what is recorded of it, and what is still to be recorded.

mod folder;
mod verdict;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use self::folder::{Entry, Folder};
use self::verdict::{Trouble, troubles};
use crate::audio::measure::Measures;
use crate::diagnostic::Level;
use crate::diagnostic::text::render;
use crate::speech::{Recording, RecordingKind};

/// List, measure and export the prompts.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline prompts list --lang en-US          what is said in English, and how long it takes\n  \
                        hotline prompts check                      measure every recording\n  \
                        hotline prompts export > to-record.tsv     what is still to be recorded\n\n\
                        Exit codes: 0 all is well, 1 problems, 2 the folder cannot be read."
)]
pub(super) struct PromptsArgs {
    #[command(subcommand)]
    command: Command,
    /// The folder with a folder for each language
    #[arg(long, global = true, default_value = "prompts", env = "HOTLINE_PROMPTS")]
    dir: PathBuf,
    /// Only this language, such as zh-CN
    #[arg(long, global = true)]
    lang: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Shows each recording with its length and words
    List {
        /// The pieces of numbers, dates and amounts too
        #[arg(long)]
        atoms: bool,
    },
    /// Measures every recording and reports what is missing or sounds wrong; exit code 1 if anything does
    Check,
    /// Writes the lines still to be recorded as TSV: id, language, text
    Export,
}

/// Runs `hotline prompts`. Exit code 0: all is well; 1: problems were found; 2: the folder cannot be read.
pub(super) fn run(args: &PromptsArgs) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match report(args, &mut out).and_then(|sound| out.flush().map(|()| sound)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads us (`head`, a pager) has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}: {error}", args.dir.display());
            ExitCode::from(2)
        }
    }
}

/// Writes what was asked for and tells whether nothing is wrong.
fn report(args: &PromptsArgs, out: &mut impl Write) -> io::Result<bool> {
    let folder = Folder::open(&args.dir, args.lang.as_deref())?;
    match args.command {
        Command::List { atoms } => list(&folder, atoms, out),
        Command::Check => check(&folder, out),
        Command::Export => export(&folder, out),
    }
}

/// `zh-CN/welcome  2.9 s  您好，欢迎致电商城客服热线。`
fn list(folder: &Folder, atoms: bool, out: &mut impl Write) -> io::Result<bool> {
    let shown = |it: &&Entry| atoms || it.wanted.kind != RecordingKind::Atom;
    let width =
        folder.entries.iter().filter(shown).map(|it| it.wanted.clip.len()).max().unwrap_or(0);
    let mut seconds = 0.0;
    for Entry { wanted, measured } in folder.entries.iter().filter(shown) {
        let length = match measured {
            Some(Ok(measures)) => {
                seconds += measures.seconds;
                format!("{:.1} s", measures.seconds)
            }
            Some(Err(_)) => "unreadable".to_owned(),
            None => "missing".to_owned(),
        };
        writeln!(out, "{:width$}  {length:>10}  {}", wanted.clip, wanted.text)?;
    }
    let count = folder.entries.iter().filter(shown).count();
    writeln!(
        out,
        "{count} recordings, {:.0} min {:02.0} s",
        (seconds / 60.0).floor(),
        seconds % 60.0
    )?;
    Ok(folder.found.iter().all(|it| it.level != Level::Error))
}

fn check(folder: &Folder, out: &mut impl Write) -> io::Result<bool> {
    write!(out, "{}", render(&folder.found, &folder.sources, false))?;
    let mut lines: Vec<(&str, String)> = Vec::new();
    for Entry { wanted, measured } in &folder.entries {
        let found = match measured {
            None => vec![Trouble::Missing],
            Some(Err(error)) => vec![Trouble::Unreadable(error.clone())],
            Some(Ok(measures)) => troubles(wanted, measures),
        };
        lines.extend(found.iter().map(|it| (&*wanted.clip, it.to_string())));
    }
    lines.extend(folder.unwanted.iter().map(|clip| (&**clip, Trouble::Unwanted.to_string())));
    let width = lines.iter().map(|(clip, _)| clip.len()).max().unwrap_or(0);
    for (clip, trouble) in &lines {
        writeln!(out, "{clip:width$}  {trouble}")?;
    }
    let problems = lines.len() + folder.found.len();
    let plural = if problems == 1 { "" } else { "s" };
    writeln!(
        out,
        "{} recordings in {} languages, {problems} problem{plural}",
        folder.entries.len(),
        folder.languages
    )?;
    Ok(problems == 0)
}

/// One line for each recording that is missing; names may hold `/`, texts neither tabs nor line ends.
fn export(folder: &Folder, out: &mut impl Write) -> io::Result<bool> {
    for Entry { wanted, .. } in folder.entries.iter().filter(|it| it.measured.is_none()) {
        let Recording { clip, text, .. } = wanted;
        if let Some((lang, id)) = clip.split_once('/') {
            writeln!(
                out,
                "{id}\t{lang}\t{}",
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            )?;
        }
    }
    Ok(folder.found.iter().all(|it| it.level != Level::Error))
}

/// What was measured, or why it could not be.
type Measured = Result<Measures, String>;

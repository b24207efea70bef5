//! `hotline prompts`: what callers hear, what is recorded of it, and what is still to be recorded.

mod folder;
mod verdict;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use self::folder::{Entry, Folder};
use self::verdict::{Trouble, troubles};
use super::count::counted;
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
        "{}, {:.0} min {:02.0} s",
        counted(count, "recording"),
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
    let recordings = counted(folder.entries.len(), "recording");
    let languages = counted(folder.languages, "language");
    writeln!(out, "{recordings} in {languages}, {}", counted(problems, "problem"))?;
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A 16 kHz mono WAV of `ms` milliseconds of a tone. Recordings are told apart by their bytes, not by their names.
    fn tone(ms: u32, level: f32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for at in 0..ms * 16 {
            let wave = (at as f32 * 0.2).sin() * level * f32::from(i16::MAX);
            writer.write_sample(wave as i16).unwrap();
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    /// A folder with two prompts and every atom recorded, but for what a test takes away.
    fn folder(dir: &Path) {
        let catalogue = "language: en-US\nprompts:\n  welcome: Welcome to the shop.\n  \
                         wait: Please wait {queue.minutes} minutes.\n";
        fs::create_dir_all(dir.join("en-US/atoms")).unwrap();
        fs::write(dir.join("en-US/catalog.yaml"), catalogue).unwrap();
        let (catalogue, _) =
            crate::speech::Catalogue::parse(crate::diagnostic::FileId::default(), catalogue);
        for it in catalogue.unwrap().clips() {
            let ms = u32::try_from(it.length.as_millis()).unwrap();
            fs::write(dir.join(format!("{}.flac", it.clip)), tone(ms, 0.15)).unwrap();
        }
    }

    fn run_on(dir: &Path, command: Command) -> (bool, String) {
        let args = PromptsArgs { command, dir: dir.to_owned(), lang: None };
        let mut out = Vec::new();
        let sound = report(&args, &mut out).unwrap();
        (sound, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_complete_folder_has_no_problems_and_nothing_to_record() {
        let dir = tempfile::tempdir().unwrap();
        folder(dir.path());
        let (sound, shown) = run_on(dir.path(), Command::Check);
        assert_eq!((sound, shown.as_str()), (true, "185 recordings in 1 language, 0 problems\n"));
        assert_eq!(run_on(dir.path(), Command::Export), (true, String::new()));
        let (sound, shown) = run_on(dir.path(), Command::List { atoms: false });
        assert!(sound);
        insta::assert_snapshot!(shown, @"
        en-US/welcome       1.4 s  Welcome to the shop.
        en-US/wait.1        0.8 s  Please wait
        en-US/wait.2        0.7 s  minutes.
        3 recordings, 0 min 03 s
        ");
    }

    #[test]
    fn what_is_missing_superfluous_or_sounds_wrong_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        folder(dir.path());
        let file = |name: &str| dir.path().join("en-US").join(name);
        fs::remove_file(file("wait.2.flac")).unwrap();
        fs::remove_file(file("atoms/7.flac")).unwrap();
        fs::write(file("welcome.flac"), tone(1_500, 0.01)).unwrap();
        fs::write(file("atoms/8.flac"), b"no sound at all").unwrap();
        fs::write(file("old-welcome.flac"), tone(1_000, 0.15)).unwrap();
        let (sound, shown) = run_on(dir.path(), Command::Check);
        assert!(!sound);
        insta::assert_snapshot!(shown, @"
        en-US/welcome      is too quiet: -43 dBFS, should be near -20
        en-US/wait.2       missing: `hotline prompts export` lists what to record
        en-US/atoms/7      missing: `hotline prompts export` lists what to record
        en-US/atoms/8      cannot be read: not a FLAC, WAV, OGG/Vorbis or MP3 file
        en-US/old-welcome  no text in the catalogue wants this recording
        185 recordings in 1 language, 5 problems
        ");
        let (_, shown) = run_on(dir.path(), Command::Export);
        insta::assert_snapshot!(shown, @"
        wait.2	en-US	minutes.
        atoms/7	en-US	seven
        ");
    }

    #[test]
    fn a_recording_may_be_a_wav_as_the_server_takes_it() {
        let dir = tempfile::tempdir().unwrap();
        folder(dir.path());
        let file = |name: &str| dir.path().join("en-US").join(name);
        fs::rename(file("welcome.flac"), file("welcome.wav")).unwrap();
        assert!(run_on(dir.path(), Command::Check).0);
        fs::rename(file("welcome.wav"), file("no-welcome.wav")).unwrap();
        let (_, shown) = run_on(dir.path(), Command::Check);
        assert!(shown.contains("en-US/welcome") && shown.contains("en-US/no-welcome"), "{shown}");
    }

    #[test]
    fn the_prompts_that_come_with_us_have_no_problems() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
        let (sound, shown) = run_on(&dir, Command::Check);
        assert!(sound, "{shown}");
    }

    #[test]
    fn a_folder_without_a_catalogue_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let args = PromptsArgs { command: Command::Check, dir: dir.path().to_owned(), lang: None };
        assert!(report(&args, &mut Vec::new()).is_err());
    }
}

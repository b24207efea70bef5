//! `hotline say`: what callers hear of a value, as words, as recordings, and as a WAV to listen to; and the proof that
//! values are said as people say them.

mod prove;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::ZonedDateTime;
use jiff::civil::Date;

use crate::audio::recording::{Format, Recording, Voices};
use crate::audio::store::read_clip;
use crate::audio::{ClipStore, RATE};
use crate::diagnostic::text::render;
use crate::server::house::{Broken, Ground, Overrides};
use crate::speech::{Catalogue, Catalogues, Lang, Piece, Reading, Utterance};
use crate::value::{TYPE_NAMES, Type};

/// Show how a value is spoken, and write it as a WAV.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline say 129.05 --as money                        in every language\n  \
                        hotline say 13800000001 --as phone --lang zh-CN      with 幺 for 1\n  \
                        hotline say 20260001 --as digits --lang en-US --wav order.wav\n  \
                        hotline say 2026-11-26 --as date --today 2026-11-25  as on that day\n  \
                        hotline say 3.5 --unit gigabytes                     with what it counts\n  \
                        hotline say --prove 100000                           values by chance, heard again\n\n\
                        Exit codes: 0 it can be spoken, 1 it cannot or a recording is missing or a proof failed, 2 wrong usage."
)]
pub(super) struct SayArgs {
    /// The value, written as a database would give it: 129.05, 2026-11-26, 15:00, yes
    #[arg(allow_hyphen_values = true, required_unless_present = "prove")]
    value: Option<String>,
    /// What it is read as
    #[arg(long = "as", value_name = "TYPE", default_value = "number", value_parser = TYPE_NAMES)]
    kind: String,
    /// Say a number with what it counts, such as gigabytes
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only this language, such as zh-CN
    #[arg(long)]
    lang: Option<String>,
    /// Write what is heard to this file, 8 kHz like a call; needs --lang
    #[arg(long, value_name = "FILE", requires = "lang")]
    wav: Option<PathBuf>,
    /// The day on which it is said, for dates: the year is left out in the present one
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Instead: say so many values by chance in every way and language, and hear them again
    #[arg(long, value_name = "N", conflicts_with_all = ["value", "kind", "unit", "wav", "today"])]
    prove: Option<u64>,
    /// With --prove: the chance that is repeated with the same number
    #[arg(long, value_name = "S", default_value_t = 1, requires = "prove")]
    seed: u64,
    /// The configuration, for the prompts
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

pub(super) fn run(args: &SayArgs) -> ExitCode {
    let ground = match Ground::read(&args.config, &Overrides::default()) {
        Ok(ground) => ground,
        Err(Broken { sources, found }) => {
            eprint!("{}", render(&found, &sources, false));
            return ExitCode::FAILURE;
        }
    };
    let today = args.today.unwrap_or_else(|| ZonedDateTime::now().date());
    let mut out = io::stdout().lock();
    let said = match args.prove {
        Some(values) => proven(args, values, &ground.catalogues, &ground.config.prompts, &mut out),
        None => say(args, today, &ground.catalogues, &ground.config.prompts, &mut out),
    };
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(Unsaid::Unproven) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hotline say: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why a value is not spoken. The value is not repeated.
#[derive(Debug, thiserror::Error)]
enum Unsaid {
    #[error("no catalogue speaks {0}; there are {1}")]
    NoLanguage(String, String),
    #[error("{0} has no unit called `{1}`; there are {2}")]
    NoUnit(Lang, String, String),
    #[error(transparent)]
    Unreadable(#[from] crate::value::Unreadable),
    #[error(transparent)]
    Unspeakable(#[from] crate::speech::Unspeakable),
    #[error("{} missing: `hotline prompts export` lists what to record", recordings(*.0))]
    Unrecorded(usize),
    #[error("not every value was understood")]
    Unproven,
    #[error("{0} cannot be written: {1}")]
    Wav(String, crate::audio::recording::RecordingError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

fn recordings(count: usize) -> String {
    if count == 1 { "1 recording is".to_owned() } else { format!("{count} recordings are") }
}

/// The catalogues of the languages asked for.
fn chosen<'c>(
    args: &SayArgs,
    catalogues: &'c Catalogues,
) -> Result<Vec<(&'c Lang, &'c Catalogue)>, Unsaid> {
    let asked = |lang: &str| args.lang.as_deref().is_none_or(|it| it.eq_ignore_ascii_case(lang));
    let chosen: Vec<_> = catalogues.iter().filter(|(lang, _)| asked(lang)).collect();
    if chosen.is_empty() {
        let known: Vec<_> = catalogues.keys().map(|it| &**it).collect();
        let asked = args.lang.clone().unwrap_or_else(|| "any language".to_owned());
        return Err(Unsaid::NoLanguage(asked, known.join(", ")));
    }
    Ok(chosen)
}

/// Says and hears values by chance in the languages asked for.
fn proven(
    args: &SayArgs,
    values: u64,
    catalogues: &Catalogues,
    prompts: &Path,
    out: &mut impl Write,
) -> Result<(), Unsaid> {
    let sound = prove::prove(&chosen(args, catalogues)?, prompts, values, args.seed, out)?;
    if sound { Ok(()) } else { Err(Unsaid::Unproven) }
}

/// Prints the value in the languages asked for, and writes the WAV. `prompts` is the folder of the recordings.
fn say(
    args: &SayArgs,
    today: Date,
    catalogues: &Catalogues,
    prompts: &Path,
    out: &mut impl Write,
) -> Result<(), Unsaid> {
    // The parser took no other name and wants a value; a text is as good a word as any.
    let kind = Type::from_name(&args.kind).unwrap_or(Type::Text);
    let value = kind.read(args.value.as_deref().unwrap_or_default())?;
    let reading = Reading { kind: None, unit: args.unit.as_deref() };
    let mut said = Vec::new();
    for (lang, catalogue) in chosen(args, catalogues)? {
        if let Some(unit) = reading.unit.filter(|it| catalogue.units().all(|known| known != *it)) {
            let known: Vec<_> = catalogue.units().collect();
            return Err(Unsaid::NoUnit(Arc::clone(lang), unit.to_owned(), known.join(", ")));
        }
        said.push((lang, catalogue.say(&value, reading, today)?));
    }
    let clips = recorded(said.iter().map(|(_, utterance)| utterance), prompts);
    let mut missing = 0;
    for (lang, utterance) in &said {
        missing += print(lang, utterance, &clips, out)?;
    }
    if let (Some(path), [(_, utterance)]) = (&args.wav, said.as_slice()) {
        let samples = samples(utterance, &clips);
        write_wav(path, &samples)
            .map_err(|error| Unsaid::Wav(path.display().to_string(), error))?;
        let seconds = samples.len() as f64 / f64::from(RATE);
        writeln!(out, "{}: {seconds:.1} s", path.display())?;
    }
    if missing == 0 { Ok(()) } else { Err(Unsaid::Unrecorded(missing)) }
}

/// The recordings of what is said, as far as they are there and can be played.
fn recorded<'a>(said: impl Iterator<Item = &'a Utterance>, prompts: &Path) -> ClipStore {
    let pieces = said.flat_map(|it| &it.pieces).filter_map(|piece| match piece {
        Piece::Clip(id) => Some(id),
        Piece::Pause(_) | Piece::Recording(_) => None,
    });
    let read = |id: &Arc<str>| {
        let file = |kind: &str| std::fs::read(prompts.join(format!("{id}.{kind}"))).ok();
        let bytes = ["flac", "wav", "ogg", "mp3"].into_iter().find_map(file)?;
        Some((Arc::clone(id), read_clip(id, &bytes).ok()?))
    };
    pieces.filter_map(read).collect()
}

/// The words, then a line for each piece. Tells how many pieces nobody recorded.
fn print(
    lang: &str,
    utterance: &Utterance,
    clips: &ClipStore,
    out: &mut impl Write,
) -> io::Result<usize> {
    let mut missing = utterance.unrecorded.len();
    writeln!(out, "{lang}  {}", utterance.text)?;
    for piece in &utterance.pieces {
        match piece {
            Piece::Pause(ms) => writeln!(out, "  {:>6.2} s  silence", f64::from(*ms) / 1_000.0)?,
            Piece::Recording(id) => writeln!(out, "  what a caller said: {id}")?,
            Piece::Clip(id) => match clips.get(id) {
                Some(clip) => {
                    writeln!(out, "  {:>6.2} s  {id}", clip.duration().as_secs_f64())?;
                }
                None => {
                    missing += 1;
                    writeln!(out, "   missing  {id}")?;
                }
            },
        }
    }
    for words in &utterance.unrecorded {
        writeln!(out, "   missing  a recording of `{words}`: add it to `words:`")?;
    }
    Ok(missing)
}

/// What is heard: recordings and silences, one right after the other as in a call.
fn samples(utterance: &Utterance, clips: &ClipStore) -> Vec<i16> {
    let per_ms = RATE as usize / 1_000;
    let mut samples = Vec::new();
    for piece in &utterance.pieces {
        match piece {
            Piece::Pause(ms) => samples.resize(samples.len() + usize::from(*ms) * per_ms, 0),
            Piece::Clip(id) => samples.extend(clips.get(id).iter().flat_map(|it| it.samples())),
            Piece::Recording(_) => {} // no call, no caller
        }
    }
    samples
}

fn write_wav(path: &Path, samples: &[i16]) -> Result<(), crate::audio::recording::RecordingError> {
    let file = BufWriter::new(File::create(path)?);
    let mut recording = Recording::new(file, Format::Wav, Voices::Mono)?;
    recording.write(samples)?;
    recording.finish()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        say: SayArgs,
    }

    /// What `hotline say LINE` prints with the prompts that come with us, on 25 November 2026.
    fn said(line: &[&str]) -> Result<String, String> {
        let args = Line::try_parse_from([&["say"], line].concat()).map_err(|it| it.to_string())?;
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("hotline.yaml");
        let ground = Ground::read(&config, &Overrides::default()).unwrap();
        let mut out = Vec::new();
        let today = jiff::civil::date(2026, 11, 25);
        say(&args.say, today, &ground.catalogues, &ground.config.prompts, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// The lines of languages only: how long recordings are is theirs to change.
    fn words(line: &[&str]) -> String {
        let shown = said(line).unwrap();
        shown.lines().filter(|it| !it.starts_with(' ')).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_language_says_a_value_unless_one_is_asked_for() {
        insta::assert_snapshot!(words(&["129.05", "--as", "money"]), @"
        en-US  one hundred twenty-nine yuan and five fen
        zh-CN  一百二十九元零五分
        ");
        insta::assert_snapshot!(words(&["2026-11-26", "--as", "date", "--lang", "zh-cn"]), @"zh-CN  十一月二十六日");
        insta::assert_snapshot!(words(&["-3", "--lang", "zh-CN"]), @"zh-CN  负三");
        insta::assert_snapshot!(words(&["2", "--unit", "gigabytes"]), @"
        en-US  two gigabytes
        zh-CN  两个G
        ");
        insta::assert_snapshot!(words(&["3.5", "--as", "percent"]), @"
        en-US  three point five percent
        zh-CN  百分之三点五
        ");
    }

    #[test]
    fn pieces_are_shown_in_the_order_in_which_they_are_heard() {
        let shown = said(&["129.05", "--as", "money", "--lang", "zh-CN"]).unwrap();
        let pieces: Vec<_> = shown.lines().skip(1).filter_map(|it| it.split("  ").last()).collect();
        assert!(pieces.contains(&"zh-CN/atoms/fen-5"), "{pieces:?}");
        let clips = pieces.iter().filter(|it| it.starts_with("zh-CN/"));
        assert_eq!(clips.count(), 4);
    }

    #[test]
    fn the_wav_is_as_long_as_its_pieces() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("said.wav");
        let line = ["4711", "--as", "digits", "--lang", "en-US", "--wav"];
        let shown = said(&[&line[..], &[file.to_str().unwrap()]].concat()).unwrap();
        let seconds: f64 = shown
            .lines()
            .filter_map(|it| it.strip_prefix("  ")?.split(" s ").next()?.trim().parse::<f64>().ok())
            .sum();
        let wav = hound::WavReader::open(&file).unwrap();
        assert_eq!((wav.spec().sample_rate, wav.spec().channels), (RATE, 1));
        let written = f64::from(wav.duration()) / f64::from(RATE);
        assert!(seconds > 1.0 && (seconds - written).abs() < 0.05, "{seconds} {written}");
    }

    #[test]
    fn what_cannot_be_said_is_an_error_that_repeats_nothing() {
        #[rustfmt::skip]
        let table: &[(&[&str], &str)] = &[
            (&["tomorrow", "--as", "date"],               "it is not a date such as 2026-11-24"),
            (&["4711", "--as", "secret"],                 "a secret is never spoken"),
            (&["1000000000000000"],                       "the value is too large to be spoken"),
            (&["3", "--unit", "gigabyte"],                "en-US has no unit called `gigabyte`; there are gigabytes, megabytes, kilometers, kilograms, points, pieces, weeks, months, years, days, hours, minutes, seconds"),
            (&["3", "--as", "money", "--unit", "days"],   "only a number has a unit"),
            (&["3", "--lang", "de-DE"],                   "no catalogue speaks de-DE; there are en-US, zh-CN"),
            (&["纸飞机", "--as", "text", "--lang", "en-US"], "1 recording is missing: `hotline prompts export` lists what to record"),
        ];
        for (line, expected) in table {
            assert_eq!(said(line).unwrap_err(), *expected, "{line:?}");
        }
    }
}

//! Sound in files: what peers say and what they have heard.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotline::audio::{Clip, compare};
use hotline::diagnostic::Sources;
use hotline::speech::{Catalogue, Piece};
use hotline::value::Value;

/// Telephone sound: samples a second.
pub const RATE: u32 = 8_000;

/// Writes a sine of `hertz` at a third of full level.
pub fn write_tone(path: &Path, hertz: f64, length: Duration) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    let samples = u32::try_from(length.as_secs()).unwrap() * RATE;
    for at in 0..samples {
        let phase = f64::from(at) * hertz * std::f64::consts::TAU / f64::from(RATE);
        #[expect(clippy::cast_possible_truncation, reason = "a third of full level fits")]
        file.write_sample((phase.sin() * 10_000.0) as i16).unwrap();
    }
    file.finalize().unwrap();
}

/// Reads a WAV file that is still being written: its header does not say how long it is, so the file's length does.
pub fn read_growing(path: &Path) -> Vec<i16> {
    let bytes = fs::read(path).unwrap();
    let data = bytes.get(44..).unwrap_or_default();
    data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// How strong `hertz` is in `samples`, 0 to 1 of a full-level sine (Goertzel).
pub fn strength(samples: &[i16], hertz: f64) -> f64 {
    let turn = hertz * std::f64::consts::TAU / f64::from(RATE);
    let (mut before, mut last) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) / 32_768.0 + 2.0 * turn.cos() * last - before;
        (before, last) = (last, next);
    }
    let power = last * last + before * before - 2.0 * turn.cos() * last * before;
    #[expect(clippy::cast_precision_loss, reason = "seconds of sound, not years")]
    let half = samples.len() as f64 / 2.0;
    power.max(0.0).sqrt() / half.max(1.0)
}

/// A recording of `prompts/`, such as `zh-CN/welcome`, as a telephone hears it.
#[track_caller]
pub fn recording(name: &str) -> Vec<i16> {
    let path = prompts().join(format!("{name}.flac"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Clip::load(&bytes).unwrap().samples()
}

/// The whole of what a prompt says with these values, its recordings and atoms one after the other.
#[track_caller]
pub fn prompt(lang: &str, name: &str, values: &[(&str, Value)]) -> Vec<i16> {
    let text = fs::read_to_string(prompts().join(lang).join("catalog.yaml")).unwrap();
    let file = Sources::default().add("catalog.yaml", text.as_str());
    let catalogue = Catalogue::parse(file, &text).0.unwrap();
    let value =
        |path: &str| values.iter().find(|(it, _)| *it == path).map(|(_, value)| value.clone());
    let prompt = catalogue.prompt(name).unwrap_or_else(|| panic!("no prompt is called {name}"));
    let said = catalogue.speak(prompt, jiff::ZonedDateTime::now().date(), &value).unwrap();
    let piece = |piece: &Piece| match piece {
        Piece::Clip(clip) => recording(clip),
        Piece::Recording(_) => Vec::new(), // no prompt has one
        Piece::Pause(ms) => vec![0; usize::from(*ms) * 8],
    };
    said.pieces.iter().flat_map(piece).collect()
}

/// Looks for prompts in what was heard: each must be there, after the one before it. Tells at which sample each began.
#[track_caller]
pub fn assert_heard<const N: usize>(heard: &[i16], expected: [&[i16]; N]) -> [usize; N] {
    let mut end = 0_usize;
    expected.map(|expected| {
        let found = compare::find(&heard[end..], expected);
        let is_heard = found.as_ref().is_some_and(compare::Found::is_heard);
        assert!(is_heard, "{found:?} from sample {end} of {}", heard.len());
        let begin = end + usize::try_from(found.unwrap().position_ms).unwrap() * 8;
        end = begin + expected.len() - 400; // the next may begin in the last one's fading
        begin
    })
}

fn prompts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts")
}

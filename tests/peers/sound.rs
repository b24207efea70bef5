//! Sound in files: what peers say and what they have heard.

use std::fs;
use std::path::Path;
use std::time::Duration;

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

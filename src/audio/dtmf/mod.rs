//! Keys in the voice band: what a telephone sends where no RFC 4733 events were negotiated (ITU-T Q.23, Q.24).
//!
//! [`Detector`] hears them, [`generate`] makes them. Read next: `detector` (when a sound is a key), `bank` (how much
//! of each frequency is in it).

mod bank;
mod detector;

pub use detector::{Detector, DtmfEvent};

use std::f32::consts::TAU;

use super::tone::{key_hz, peak};
use super::{RATE, samples_in};
use crate::secret::Key;

/// The tones of `keys`, each `on_ms` long with `off_ms` of silence after it, as a telephone sends them: the row at
/// -10 dBm0 and the column 2 dB above it, for what a line takes from the high frequencies.
///
/// A receiver must take 40 ms of each (Q.24); people and careful machines send 70 to 100.
#[must_use]
pub fn generate(keys: impl IntoIterator<Item = Key>, on_ms: u32, off_ms: u32) -> Vec<i16> {
    let mut samples = Vec::new();
    for key in keys {
        let (row, column) = key_hz(key);
        samples.extend(pair((row, -10.0), (column, -8.0), samples_in(on_ms)));
        samples.resize(samples.len() + samples_in(off_ms), 0);
    }
    samples
}

/// Two sines of (Hz, dBm0), `length` samples long.
fn pair(low: (f32, f32), high: (f32, f32), length: usize) -> impl Iterator<Item = i16> {
    let wave =
        |(hz, dbm0): (f32, f32), n: usize| (TAU * hz * n as f32 / RATE as f32).sin() * peak(dbm0);
    (0..length).map(move |n| (wave(low, n) + wave(high, n)).round() as i16)
}

#[cfg(test)]
mod tests;

//! The sound of one key, 20 ms at a time, for peers that know no events (ITU-T Q.23).

use std::f32::consts::TAU;

use crate::audio::tone::{key_hz, peak};
use crate::audio::{FRAME, RATE};
use crate::secret::Key;

/// A key's two sines, the row's at -10 dBm0 and the column's 2 dB above it, which a line takes from the high ones.
#[derive(Debug)]
pub(super) struct Keytone {
    /// Phase and its step a sample, in turns, then the peak.
    waves: [(f32, f32, f32); 2],
}

impl Keytone {
    pub(super) fn new(key: Key) -> Self {
        let (row, column) = key_hz(key);
        let wave = |hz: f32, dbm0| (0.0, hz / RATE as f32, peak(dbm0));
        Self { waves: [wave(row, -10.0), wave(column, -8.0)] }
    }

    /// The next 20 ms.
    pub(super) fn fill(&mut self, samples: &mut [i16; FRAME]) {
        for sample in samples {
            let mut sum = 0.0;
            for (phase, step, peak) in &mut self.waves {
                sum += (*phase * TAU).sin() * *peak;
                *phase = (*phase + *step).fract();
            }
            *sample = sum.round() as i16; // two peaks together stay below 16 bits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::dtmf::{Detector, DtmfEvent};

    #[test]
    fn a_detector_hears_the_key() {
        for symbol in "0123456789*#ABCD".chars() {
            let key = Key::from_symbol(symbol).unwrap();
            let (mut tone, mut detector, mut heard) =
                (Keytone::new(key), Detector::default(), Vec::new());
            let mut samples = [0; FRAME];
            for _ in 0..5 {
                tone.fill(&mut samples);
                heard.extend(detector.feed(&samples));
            }
            for _ in 0..5 {
                heard.extend(detector.feed(&[0; FRAME]));
            }
            let downs: Vec<_> = heard
                .iter()
                .filter_map(|it| match it {
                    DtmfEvent::Start(key) => Some(*key),
                    DtmfEvent::End(_) => None,
                })
                .collect();
            assert_eq!(downs, [key], "{symbol}");
        }
    }
}

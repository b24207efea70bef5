//! Tones: what a network says without words (ITU-T E.180), and what a caller keys (ITU-T Q.23).

use std::f32::consts::TAU;

use super::{Clip, RATE, samples_in};
use crate::secret::Key;

/// Sines of one level for a time, or silence when there are none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst<'a> {
    /// Frequencies in Hz, heard together.
    pub hz: &'a [f32],
    /// Length in milliseconds.
    pub ms: u32,
}

/// A whole cadence: bursts in a row, repeated by whoever plays it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone<'a> {
    /// Level of each sine in dBm0. The digital milliwatt, 0 dBm0, peaks 3.14 dB below full scale (G.711 table 5).
    pub dbm0: f32,
    /// What is heard, in this order.
    pub bursts: &'a [Burst<'a>],
}

/// "It rings": 1 s on, 4 s off at 450 Hz, as in mainland China.
pub const RINGBACK_CN: Tone<'_> = Tone {
    dbm0: -13.0,
    bursts: &[Burst { hz: &[450.0], ms: 1_000 }, Burst { hz: &[], ms: 4_000 }],
};
/// "It rings": 2 s on, 4 s off at 440 and 480 Hz, as in North America.
pub const RINGBACK_US: Tone<'_> = Tone {
    dbm0: -19.0,
    bursts: &[Burst { hz: &[440.0, 480.0], ms: 2_000 }, Burst { hz: &[], ms: 4_000 }],
};
/// "They are talking": 350 ms on, 350 ms off at 450 Hz, as in mainland China.
pub const BUSY_CN: Tone<'_> =
    Tone { dbm0: -13.0, bursts: &[Burst { hz: &[450.0], ms: 350 }, Burst { hz: &[], ms: 350 }] };
/// "They are talking": 500 ms on, 500 ms off at 480 and 620 Hz, as in North America.
pub const BUSY_US: Tone<'_> = Tone {
    dbm0: -24.0,
    bursts: &[Burst { hz: &[480.0, 620.0], ms: 500 }, Burst { hz: &[], ms: 500 }],
};
/// "Speak now": 200 ms at 1,000 Hz, before a message is recorded.
pub const BEEP: Tone<'_> = Tone { dbm0: -13.0, bursts: &[Burst { hz: &[1_000.0], ms: 200 }] };

impl Tone<'_> {
    /// The tone once through, with edges of 4 ms, so that it does not click however often it is repeated.
    #[must_use]
    pub fn samples(&self) -> Vec<i16> {
        let mut samples = Vec::new();
        for burst in self.bursts {
            let length = samples_in(burst.ms);
            let edge = EDGE.min(length / 2).max(1);
            samples.extend((0..length).map(|n| {
                let from_an_end = n.min(length - 1 - n);
                let ramp = ((from_an_end as f32 + 0.5) / edge as f32).min(1.0);
                let waves: f32 = burst.hz.iter().map(|&hz| phase(hz, n).sin()).sum();
                // `as` saturates: too many sines are cut, not wrapped.
                (waves * ramp * peak(self.dbm0)).round() as i16
            }));
        }
        samples
    }

    /// The tone once through, ready to be played.
    #[must_use]
    pub fn clip(&self) -> Clip {
        Clip::from_samples(&self.samples())
    }
}

/// The two frequencies of `key` in Hz, the row's and the column's (ITU-T Q.23).
#[must_use]
pub fn key_hz(key: Key) -> (f32, f32) {
    match key.symbol() {
        '1' => (697.0, 1209.0),
        '2' => (697.0, 1336.0),
        '3' => (697.0, 1477.0),
        'A' => (697.0, 1633.0),
        '4' => (770.0, 1209.0),
        '5' => (770.0, 1336.0),
        '6' => (770.0, 1477.0),
        'B' => (770.0, 1633.0),
        '7' => (852.0, 1209.0),
        '8' => (852.0, 1336.0),
        '9' => (852.0, 1477.0),
        'C' => (852.0, 1633.0),
        '*' => (941.0, 1209.0),
        '0' => (941.0, 1336.0),
        '#' => (941.0, 1477.0),
        _ => (941.0, 1633.0),
    }
}

/// The peak, in 16-bit steps, of a sine at `dbm0`.
#[must_use]
pub fn peak(dbm0: f32) -> f32 {
    32_768.0 * 10_f32.powf((dbm0 - FULL_SCALE_DBM0) / 20.0)
}

/// The phase of a wave of `hz` at sample `n`, kept within one turn so that a long tone stays exact.
fn phase(hz: f32, n: usize) -> f32 {
    let turns = f64::from(hz) * n as f64 / f64::from(RATE);
    turns.fract() as f32 * TAU
}

/// A full-scale sine in A-law (G.711 table 5).
#[expect(clippy::approx_constant, reason = "a level, not half of a turn")]
const FULL_SCALE_DBM0: f32 = 3.14;
/// Samples of a burst's rise and fall: 4 ms.
const EDGE: usize = samples_in(4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_as_long_and_as_loud_as_it_says() {
        let samples = RINGBACK_US.samples();
        assert_eq!(samples.len(), samples_in(6_000));
        assert!(samples[samples_in(2_000)..].iter().all(|&it| it == 0));
        let on = &samples[EDGE..samples_in(2_000) - EDGE];
        let power = on.iter().map(|&it| f64::from(it).powi(2)).sum::<f64>() / on.len() as f64;
        let milliwatt = f64::from(peak(0.0)).powi(2) / 2.0;
        let dbm0 = 10.0 * (power / milliwatt).log10();
        assert!((dbm0 + 16.0).abs() < 0.1, "two sines of -19 dBm0 are -16 together, not {dbm0}");
    }

    #[test]
    fn a_tone_begins_and_ends_softly() {
        for tone in [RINGBACK_CN, RINGBACK_US, BUSY_CN, BUSY_US, BEEP] {
            let samples = tone.samples();
            let loudest = samples.iter().map(|it| it.unsigned_abs()).max().unwrap();
            let ends = [samples[0], samples[samples.len() - 1]];
            assert!(
                ends.iter().all(|it| it.unsigned_abs() < loudest / 10),
                "{ends:?} of {loudest}"
            );
        }
    }

    #[test]
    fn the_digital_milliwatt_is_0_dbm0() {
        // G.711 table 5 peaks at byte 0x21 of A-law, sampled 22.5 degrees beside the crest.
        let sampled = f32::from(crate::audio::g711::alaw_to(0xA1).unsigned_abs());
        assert!((peak(0.0) * (TAU / 16.0).cos() - sampled).abs() < sampled * 0.02);
    }

    #[test]
    fn every_key_has_a_pair_of_its_own() {
        let mut pairs: Vec<_> = (0..16).filter_map(Key::from_event).map(key_hz).collect();
        pairs.sort_by(|a, b| a.partial_cmp(b).unwrap());
        pairs.dedup();
        assert_eq!(pairs.len(), 16);
    }
}

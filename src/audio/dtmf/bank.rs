//! How much of each of the eight frequencies is in a block of sound, and in which phase.
//!
//! The sums are those of Goertzel's filter, without its recurrence: there each sample waits for the one before, here
//! the eight frequencies lie side by side in the lanes of vector registers, and the table of their waves is computed
//! at compile time.
//!
//! A block is 160 samples (20 ms) under a Hann window, and blocks overlap by half. The window is why it is not the
//! usual 102 samples without one: it keeps a row and a column apart by more than 40 dB at any twist, and as overlapping
//! Hann windows add up to one, the lengths of a tone and of a pause can be read off the levels of the blocks to within
//! a millisecond or two, wherever they begin. Q.24's 23, 40 and 40 ms need that.

use crate::audio::goertzel::{BLOCK, HOP, RATE, turned, unit};

/// The frequencies in Hz: four rows, four columns (ITU-T Q.23).
pub(super) const HZ: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];

/// The eight frequencies of one block. Lane `n` belongs to `HZ[n]`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spectrum {
    re: [f32; 8],
    im: [f32; 8],
}

/// One frequency of a block: amplitude in 16-bit steps (if the frequency is met exactly), and the wave's place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    pub(super) lane: usize,
    pub(super) amplitude: f32,
    re: f32,
    im: f32,
}

impl Spectrum {
    pub(super) fn of(weighted: &[f32; BLOCK]) -> Self {
        let mut sums = [0.0_f32; 16];
        for (sample, waves) in weighted.iter().zip(&WAVES) {
            for (sum, wave) in sums.iter_mut().zip(waves) {
                *sum += sample * wave;
            }
        }
        let mut spectrum = Self::default();
        let (re, im) = sums.split_at(8);
        spectrum.re.copy_from_slice(re);
        spectrum.im.copy_from_slice(im);
        spectrum
    }

    /// The line of `HZ[lane]`.
    pub(super) fn line(&self, lane: usize) -> Line {
        let [re, im] =
            [&self.re, &self.im].map(|lanes| lanes.get(lane).copied().unwrap_or_default());
        // A wave of amplitude 1 sums to half the window's sum, which is half the block.
        Line { lane, amplitude: re.hypot(im) * 4.0 / BLOCK as f32, re, im }
    }

    /// The strongest row and the strongest column.
    pub(super) fn strongest(&self) -> (Line, Line) {
        let power = |lane: &usize| {
            let line = self.line(*lane);
            line.re * line.re + line.im * line.im
        };
        let strongest = |lanes: std::ops::Range<usize>| {
            let lane = lanes.max_by(|a, b| power(a).total_cmp(&power(b))).unwrap_or_default();
            self.line(lane)
        };
        (strongest(0..4), strongest(4..8))
    }
}

impl Line {
    /// How far the sound is above this line's frequency in Hz, from how far its wave has turned since the block before:
    /// within ±50 Hz, beyond which it wraps. `None` where the block before had too little of it to tell.
    pub(super) fn offset_hz(&self, before: &Spectrum) -> Option<f32> {
        let before = before.line(self.lane);
        if before.amplitude < self.amplitude * 0.4 {
            return None;
        }
        // This block's wave, turned back by the wave before and by what the frequency itself turns in a hop.
        let (turn_re, turn_im) = TURNS.get(self.lane).copied().unwrap_or((1.0, 0.0));
        let re = self.re * before.re + self.im * before.im;
        let im = self.im * before.re - self.re * before.im;
        let angle = (im * turn_re - re * turn_im).atan2(re * turn_re + im * turn_im);
        Some(angle * RATE / (std::f32::consts::TAU * HOP as f32))
    }

    /// The amplitude of a wave that is `offset_hz` beside the line: what the window takes from it there is given back.
    pub(super) fn true_amplitude(&self, offset_hz: f32) -> f32 {
        let bins = offset_hz * BLOCK as f32 / RATE;
        let angle = std::f32::consts::PI * bins;
        let kept = if bins.abs() < 0.01 { 1.0 } else { angle.sin() / angle / (1.0 - bins * bins) };
        self.amplitude / kept
    }
}

/// Cosine and negative sine of each frequency at each sample: `[cos of HZ[0], ..., cos of HZ[7], -sin of HZ[0], ...]`.
#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static WAVES: [[f32; 16]; BLOCK] = {
    let mut table = [[0.0; 16]; BLOCK];
    let mut lane = 0;
    while lane < 8 {
        let step = unit(std::f64::consts::TAU * HZ[lane] as f64 / RATE as f64);
        let (mut now, mut n) = ((1.0, 0.0), 0);
        while n < BLOCK {
            table[n][lane] = now.0 as f32;
            table[n][lane + 8] = -now.1 as f32;
            now = turned(now, step);
            n += 1;
        }
        lane += 1;
    }
    table
};

/// How far each frequency turns from one block to the next: cosine and sine.
#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static TURNS: [(f32, f32); 8] = {
    let mut table = [(0.0, 0.0); 8];
    let mut lane = 0;
    while lane < 8 {
        let step = unit(std::f64::consts::TAU * HZ[lane] as f64 / RATE as f64);
        let (mut now, mut n) = ((1.0, 0.0), 0);
        while n < HOP {
            now = turned(now, step);
            n += 1;
        }
        table[lane] = (now.0 as f32, now.1 as f32);
        lane += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::goertzel::windowed;

    fn sine(hz: f32, amplitude: f32, from: usize) -> [f32; BLOCK] {
        std::array::from_fn(|n| {
            amplitude * (std::f32::consts::TAU * hz * (n + from) as f32 / RATE).sin()
        })
    }

    #[test]
    fn the_tables_are_what_the_library_computes() {
        for (n, waves) in WAVES.iter().enumerate() {
            for (lane, hz) in HZ.iter().enumerate() {
                let angle = std::f64::consts::TAU * f64::from(*hz) * n as f64 / 8_000.0;
                assert!((f64::from(waves[lane]) - angle.cos()).abs() < 1e-6);
                assert!((f64::from(waves[lane + 8]) + angle.sin()).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_sine_is_measured_in_amplitude_power_and_frequency() {
        for (lane, hz) in HZ.iter().enumerate() {
            for offset in [-40.0, -12.0, 0.0, 0.5, 12.0, 40.0] {
                let [before, now] =
                    [0, HOP].map(|from| windowed(&sine(hz + offset, 1_000.0, from)));
                assert!((now.1 / 500_000.0 - 1.0).abs() < 0.01, "power of {}", now.1);
                let line = Spectrum::of(&now.0).line(lane);
                let found = line.offset_hz(&Spectrum::of(&before.0)).unwrap();
                assert!((found - offset).abs() < 0.5, "{hz} + {offset}: {found}");
                assert!((line.true_amplitude(found) / 1_000.0 - 1.0).abs() < 0.01, "{line:?}");
            }
        }
    }
}

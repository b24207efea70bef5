//! One frequency in a block of sound, and the window that blocks are seen through.

/// Samples in a block: 20 ms.
pub(super) const BLOCK: usize = 160;
/// Samples from one block to the next: 10 ms.
pub(super) const HOP: usize = 80;
/// Samples a second.
pub(super) const RATE: f32 = super::RATE as f32;

/// `block` under the window, and its power there: the mean square of a steady sound.
pub(super) fn windowed(block: &[f32; BLOCK]) -> ([f32; BLOCK], f32) {
    let mut weighted = [0.0; BLOCK];
    for ((to, from), weight) in weighted.iter_mut().zip(block).zip(&WINDOW) {
        *to = from * weight;
    }
    // Eight sums side by side, which the compiler keeps in vector registers.
    let mut lanes = [0.0_f32; 8];
    for eight in weighted.chunks_exact(8) {
        for (lane, sample) in lanes.iter_mut().zip(eight) {
            *lane += sample * sample;
        }
    }
    // The squares of a Hann window sum to three eighths of its length.
    (weighted, lanes.iter().sum::<f32>() / (BLOCK as f32 * 0.375))
}

/// Amplitude of a wave of `hz` in a windowed block, by Goertzel's filter.
pub(super) fn amplitude_at(weighted: &[f32; BLOCK], hz: f32) -> f32 {
    let twice_cosine = 2.0 * (std::f32::consts::TAU * hz / RATE).cos();
    let (mut last, mut before) = (0.0_f32, 0.0_f32);
    for sample in weighted {
        (last, before) = (sample + twice_cosine * last - before, last);
    }
    let power = last * last + before * before - twice_cosine * last * before;
    // A wave of amplitude 1 sums to half the window's sum, which is half the block.
    power.max(0.0).sqrt() * 4.0 / BLOCK as f32
}

/// The Hann window, its zeros half a sample outside of the block.
#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static WINDOW: [f32; BLOCK] = {
    let mut table = [0.0; BLOCK];
    let step = unit(std::f64::consts::TAU / BLOCK as f64);
    let (mut now, mut n) = (unit(std::f64::consts::PI / BLOCK as f64), 0);
    while n < BLOCK {
        table[n] = (0.5 - 0.5 * now.0) as f32;
        now = turned(now, step);
        n += 1;
    }
    table
};

/// Cosine and sine of `angle`, 0..=2, by their series: `f64::sin` cannot run at compile time.
pub(super) const fn unit(angle: f64) -> (f64, f64) {
    let (mut cosine, mut sine, mut term, mut n) = (0.0, 0.0, 1.0, 0);
    while n < 30 {
        match n % 4 {
            0 => cosine += term,
            1 => sine += term,
            2 => cosine -= term,
            _ => sine -= term,
        }
        n += 1;
        term *= angle / n as f64;
    }
    (cosine, sine)
}

/// The wave at `now`, one `step` on.
pub(super) const fn turned(now: (f64, f64), step: (f64, f64)) -> (f64, f64) {
    (now.0 * step.0 - now.1 * step.1, now.0 * step.1 + now.1 * step.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_windows_add_up_to_one() {
        for n in 0..HOP {
            assert!((WINDOW[n] + WINDOW[n + HOP] - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_sine_has_its_amplitude_at_its_frequency_and_none_elsewhere() {
        for hz in [150.0, 697.0, 1_004.5, 3_266.0] {
            let sine = std::array::from_fn(|n| {
                1_000.0 * (std::f32::consts::TAU * hz * n as f32 / RATE).sin()
            });
            let (weighted, power) = windowed(&sine);
            assert!((power / 500_000.0 - 1.0).abs() < 0.02, "{power}");
            assert!((amplitude_at(&weighted, hz) - 1_000.0).abs() < 10.0);
            assert!(amplitude_at(&weighted, hz + 250.0) < 10.0);
        }
    }
}

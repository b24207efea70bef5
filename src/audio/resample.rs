//! From the rate of a recording to the telephone's 8,000 samples a second.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::RATE;

/// `samples` at 8 kHz, band-limited below 4 kHz, as long as before to the sample and without the filter's delay.
///
/// Done once, when a recording is loaded. Works at any rate; the filter is rubato's synchronous FFT resampler.
pub(super) fn to_telephone_rate(samples: Vec<f32>, rate: u32) -> Vec<f32> {
    if rate == RATE || samples.is_empty() {
        return samples;
    }
    resampled(&samples, rate).unwrap_or_else(|| {
        // rubato refuses only a rate of 0 and buffers that are too short; neither can come from here.
        debug_assert!(false, "rubato refused {rate} samples a second");
        vec![0.0; length_at_telephone_rate(samples.len(), rate)]
    })
}

fn resampled(samples: &[f32], rate: u32) -> Option<Vec<f32>> {
    let mut resampler =
        Fft::<f32>::new(rate as usize, RATE as usize, step(rate), 1, FixedSync::Both).ok()?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).ok()?;
    let mut output = resampler.process_all(&input, samples.len(), None).ok()?.take_data();
    output.resize(length_at_telephone_rate(samples.len(), rate), 0.0);
    Some(output)
}

/// Rounded to the nearest sample.
fn length_at_telephone_rate(samples: usize, rate: u32) -> usize {
    let (rate, wanted) = (u64::from(rate.max(1)), u64::from(RATE));
    usize::try_from((samples as u64 * wanted + rate / 2) / rate).unwrap_or(usize::MAX)
}

/// Input samples in one step of the resampler, which is also the length of its filter: those of about 512 samples of
/// output, at which the pass band reaches 3.8 kHz; a multiple of what the ratio of the rates needs, and that an even
/// one: the middle of the filter then falls on a sample, and the result is not shifted by half of one.
fn step(rate: u32) -> usize {
    let divisor = greatest_common_divisor(rate, RATE);
    let [from, to] = [rate / divisor, RATE / divisor].map(|it| it as usize);
    from * 512_usize.div_ceil(to).next_multiple_of(2)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [u32; 9] = [4_000, 8_000, 11_025, 12_000, 16_000, 22_050, 44_100, 48_000, 96_000];

    /// Half a second of `hz` at half of full scale, resampled; and without 20 ms on each side, where it begins and ends.
    fn resampled_sine(hz: f32, rate: u32) -> Vec<f32> {
        let samples = (0..rate / 2)
            .map(|n| 0.5 * (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin());
        let resampled = to_telephone_rate(samples.collect(), rate);
        assert_eq!(resampled.len(), 4_000, "from {rate}");
        resampled[160..3_840].to_vec()
    }

    /// In dB against the sine that went in.
    fn level(samples: &[f32]) -> f32 {
        let power = samples.iter().map(|it| it * it).sum::<f32>() / samples.len() as f32;
        10.0 * (power / 0.125).log10()
    }

    #[test]
    fn what_the_telephone_carries_is_kept_in_level_and_time() {
        for rate in RATES {
            for hz in
                [300.0, 1_000.0, 1_700.0, 3_400.0].into_iter().filter(|hz| hz * 2.3 < rate as f32)
            {
                let heard = resampled_sine(hz, rate);
                let expected = (160..3_840)
                    .map(|n| 0.5 * (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin());
                let wrong: Vec<f32> = heard.iter().zip(expected).map(|(a, b)| a - b).collect();
                assert!(level(&wrong) < -40.0, "{hz} Hz at {rate}: {} dB wrong", level(&wrong));
            }
        }
    }

    #[test]
    fn what_it_cannot_carry_is_gone_and_not_folded_down() {
        for rate in RATES.into_iter().filter(|&rate| rate > 11_025) {
            for hz in [4_300.0, 5_000.0, 7_500.0, 12_000.0]
                .into_iter()
                .filter(|hz| hz * 2.1 < rate as f32)
            {
                let heard = level(&resampled_sine(hz, rate));
                assert!(heard < -60.0, "{hz} Hz at {rate}: {heard} dB");
            }
        }
    }

    #[test]
    fn the_shortest_and_the_oddest_are_taken() {
        assert_eq!(to_telephone_rate(vec![], 16_000).len(), 0);
        assert_eq!(to_telephone_rate(vec![0.5; 1], 16_000).len(), 1);
        assert_eq!(to_telephone_rate(vec![0.5; 100], 48_000).len(), 17);
        assert_eq!(to_telephone_rate(vec![0.5; 191_999], 191_999).len(), 8_000);
    }
}

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
        Fft::<f32>::new(rate as usize, RATE as usize, CHUNK, 1, FixedSync::Both).ok()?;
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

/// Input samples in one step of the resampler. Longer steps have a steeper filter: with 1,024 at 16 kHz and rubato's
/// sub-steps of about 256 the pass band reaches 3.6 kHz.
const CHUNK: usize = 1_024;

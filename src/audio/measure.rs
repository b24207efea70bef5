//! What can be measured about a recording before anybody has to listen to it.

use super::decode::Recorded;

/// Figures of one recording, taken before it is brought to the telephone's rate.
///
/// Levels are in dBFS: 0 is the level of a full-scale square wave, a full-scale sine has -3. The quietest level told
/// is [`QUIETEST_DBFS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Samples a second of the file.
    pub rate: u32,
    /// Channels of the file.
    pub channels: u16,
    /// Length in seconds.
    pub seconds: f32,
    /// Highest sample.
    pub peak_dbfs: f32,
    /// Root mean square of everything, silence included.
    pub rms_dbfs: f32,
    /// Root mean square of where something is spoken: blocks of 20 ms within 25 dB of the loudest block. Unlike
    /// `rms_dbfs` it is the same for a word with and without silence around it, so prompts are compared by it.
    pub speech_dbfs: f32,
    /// Samples at full scale that have a neighbour there too: a wave whose top was cut off. A single one is a peak.
    pub clipped_samples: u32,
    /// Silence before the first sound (quieter than 40 dB below the peak, and than -50 dBFS at any rate).
    pub leading_silence_ms: u32,
    /// Silence after the last sound.
    pub trailing_silence_ms: u32,
}

/// The level of silence.
pub const QUIETEST_DBFS: f32 = -120.0;

impl Measures {
    /// Measures a recording.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Self {
        let Recorded { samples, rate, channels } = recorded;
        let ms = |samples: usize| {
            u32::try_from(samples as u64 * 1_000 / u64::from((*rate).max(1))).unwrap_or(u32::MAX)
        };
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));

        let audible = (peak * 0.01).max(0.003_16);
        let first = samples.iter().position(|it| it.abs() >= audible).unwrap_or(samples.len());
        let last = samples.iter().rposition(|it| it.abs() >= audible).map_or(0, |last| last + 1);

        Self {
            rate: *rate,
            channels: *channels,
            seconds: samples.len() as f32 / (*rate).max(1) as f32,
            peak_dbfs: decibels(peak * peak),
            rms_dbfs: decibels(mean_power(samples)),
            speech_dbfs: decibels(speech_power(samples, *rate)),
            clipped_samples: clipped(samples),
            leading_silence_ms: ms(first),
            trailing_silence_ms: ms(samples.len() - last.max(first)),
        }
    }
}

/// `power` in dB, 1 being 0 dB.
fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(QUIETEST_DBFS)
}

fn mean_power(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|&it| f64::from(it * it)).sum();
    (sum / samples.len().max(1) as f64) as f32
}

fn speech_power(samples: &[f32], rate: u32) -> f32 {
    let block = (rate as usize / 50).max(1);
    let powers: Vec<f32> = samples.chunks(block).map(mean_power).collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let spoken = powers.iter().filter(|&&power| power > 0.0 && power >= loudest / 316.0);
    let (sum, count) =
        spoken.fold((0.0, 0_u32), |(sum, count), power| (sum + f64::from(*power), count + 1));
    (sum / f64::from(count.max(1))) as f32
}

fn clipped(samples: &[f32]) -> u32 {
    let full = |it: &f32| it.abs() >= 0.999_9;
    let runs = samples.chunk_by(|a, b| full(a) && full(b) && a.signum() == b.signum());
    runs.filter(|run| run.len() > 1).map(|run| u32::try_from(run.len()).unwrap_or(u32::MAX)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, level: f32, rate: u32, ms: u32) -> Vec<f32> {
        let count = rate * ms / 1_000;
        (0..count)
            .map(|n| level * (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin())
            .collect()
    }

    fn measure(samples: Vec<f32>, rate: u32) -> Measures {
        Measures::of(&Recorded { samples, rate, channels: 1 })
    }

    #[test]
    fn a_sine_between_silences_is_measured_as_it_was_made() {
        let mut samples = vec![0.0; 1_600];
        samples.extend(sine(500.0, 0.5, 16_000, 800));
        samples.extend(vec![0.0; 800]);
        let measures = measure(samples, 16_000);
        assert_eq!((measures.leading_silence_ms, measures.trailing_silence_ms), (100, 50));
        assert!((measures.peak_dbfs + 6.02).abs() < 0.01, "{measures:?}");
        assert!((measures.speech_dbfs + 9.03).abs() < 0.05, "{measures:?}");
        assert!((measures.rms_dbfs + 9.80).abs() < 0.05, "{measures:?}");
        assert!((measures.seconds - 0.95).abs() < 1e-6, "{measures:?}");
        assert_eq!(measures.clipped_samples, 0);
    }

    #[test]
    fn silence_is_silent_from_end_to_end() {
        let measures = measure(vec![0.0; 8_000], 8_000);
        assert_eq!((measures.leading_silence_ms, measures.trailing_silence_ms), (1_000, 0));
        assert_eq!((measures.peak_dbfs, measures.speech_dbfs), (QUIETEST_DBFS, QUIETEST_DBFS));
    }

    #[test]
    fn only_a_wave_with_its_top_cut_off_counts_as_clipped() {
        assert_eq!(measure(vec![0.0, 1.0, 0.0, -1.0, 1.0, 0.0], 8_000).clipped_samples, 0);
        let cut: Vec<f32> =
            sine(100.0, 2.0, 8_000, 10).iter().map(|it| it.clamp(-1.0, 1.0)).collect();
        assert_eq!(measure(cut, 8_000).clipped_samples, 54);
    }
}

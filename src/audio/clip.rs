//! A recording, decoded, brought to the telephone's rate and encoded once, when it is loaded.

use std::sync::Arc;
use std::time::Duration;

use super::decode::{DecodeError, Recorded, decode};
use super::measure::Measures;
use super::resample::to_telephone_rate;
use super::{Codec, RATE};

/// One recording in every codec, ready to be copied into packets. Cheap to clone.
///
/// As long as what was recorded, to the sample: nothing is padded to a frame, so clips joined by a
/// [`Playlist`](super::Playlist) have no silence between them.
#[derive(Clone, Debug)]
pub struct Clip {
    pcmu: Arc<[u8]>,
    pcma: Arc<[u8]>,
    measures: Measures,
}

impl Clip {
    /// Reads a FLAC, WAV, OGG/Vorbis or MP3 file.
    ///
    /// # Errors
    /// [`DecodeError`], when the file is empty, damaged or of another kind.
    pub fn load(bytes: &[u8]) -> Result<Self, DecodeError> {
        let recorded = decode(bytes)?;
        let measures = Measures::of(&recorded);
        let samples: Vec<i16> = to_telephone_rate(recorded.samples, recorded.rate)
            .into_iter()
            .map(to_16_bits)
            .collect();
        Ok(Self::encode(&samples, measures))
    }

    /// A clip of samples at 8 kHz.
    #[must_use]
    pub fn from_samples(samples: &[i16]) -> Self {
        let recorded = samples.iter().map(|&it| f32::from(it) / 32_768.0).collect();
        let measures = Measures::of(&Recorded { samples: recorded, rate: RATE, channels: 1 });
        Self::encode(samples, measures)
    }

    /// The same clip, louder or quieter by `db`; what grows too loud is cut at full scale. Done when a flow or a tone
    /// is prepared, so that playing never has to.
    #[must_use]
    pub fn with_gain(&self, db: f32) -> Self {
        let factor = 10_f32.powf(db / 20.0) / 32_768.0;
        let louder: Vec<i16> =
            self.samples().into_iter().map(|it| to_16_bits(f32::from(it) * factor)).collect();
        Self::from_samples(&louder)
    }

    fn encode(samples: &[i16], measures: Measures) -> Self {
        let [pcmu, pcma] =
            [Codec::Pcmu, Codec::Pcma].map(|codec| codec.encode_to_vec(samples).into());
        Self { pcmu, pcma, measures }
    }

    /// The clip in `codec`, one byte a sample.
    #[must_use]
    pub fn bytes(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcmu => &self.pcmu,
            Codec::Pcma => &self.pcma,
        }
    }

    /// Length in samples of 1/8,000 s.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pcmu.len()
    }

    /// Whether there is nothing to hear, not even silence.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pcmu.is_empty()
    }

    /// Length in time.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.len() as u64 * 1_000_000 / u64::from(RATE))
    }

    /// What was measured before the recording was brought to the telephone's rate.
    #[must_use]
    pub const fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The clip as a telephone plays it: 16 bits, 8 kHz. µ-law's finer steps near silence make it the better copy.
    #[must_use]
    pub fn samples(&self) -> Vec<i16> {
        Codec::Pcmu.decode_to_vec(&self.pcmu)
    }
}

/// Rounds to the nearest step; beyond full scale is full scale.
fn to_16_bits(sample: f32) -> i16 {
    // `as` saturates, and turns what is not a number into 0.
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::compare::find;
    use crate::audio::decode::tests::{beep, flac};

    #[test]
    fn a_recording_is_as_long_as_it_was_made_and_sounds_the_same() {
        // 8,001 samples at 16 kHz are 4,000 and a half at 8 kHz.
        let mut recorded = beep(16_000);
        recorded.push(0);
        let clip = Clip::load(&flac(&recorded, 16_000, 1)).unwrap();
        assert_eq!((clip.len(), clip.bytes(Codec::Pcma).len()), (4_001, 4_001));
        assert_eq!(clip.duration(), Duration::from_micros(500_125));
        assert_eq!((clip.measures().rate, clip.measures().channels), (16_000, 1));
        let found = find(&clip.samples(), &beep(8_000)).unwrap();
        assert!(found.score > 0.999, "{found:?}");
    }

    #[test]
    fn gain_is_applied_when_a_clip_is_made() {
        let clip = Clip::from_samples(&beep(8_000));
        let change =
            |gain: f32| clip.with_gain(gain).measures().rms_dbfs - clip.measures().rms_dbfs;
        assert!((change(-12.0) + 12.0).abs() < 0.1, "{}", change(-12.0));
        assert!((change(5.0) - 5.0).abs() < 0.1, "{}", change(5.0));
        let cut = clip.with_gain(40.0);
        assert!(cut.measures().clipped_samples > 3_000, "{:?}", cut.measures());
        assert_eq!(cut.len(), clip.len());
    }
}

//! Recordings as they come from a microphone or a studio: FLAC, WAV, OGG/Vorbis or MP3, any rate, any channels.

use std::io::Cursor;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use thiserror::Error as ThisError;

/// Sound as it was recorded: channels mixed to one, the rate left alone.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Samples, full scale at ±1; lossy formats may go beyond.
    pub samples: Vec<f32>,
    /// Samples a second, 4,000..=192,000.
    pub rate: u32,
    /// Channels that the file had, at least 1.
    pub channels: u16,
}

/// Why a recording could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum DecodeError {
    /// The file has no bytes.
    #[error("the file is empty")]
    NoBytes,
    /// Neither FLAC, WAV, OGG/Vorbis nor MP3.
    #[error("not a FLAC, WAV, OGG/Vorbis or MP3 file")]
    UnknownFormat,
    /// The format is known, what is inside is not.
    #[error("the file holds no sound that can be decoded: {0}")]
    Unsupported(&'static str),
    /// The file breaks off or is damaged.
    #[error("damaged {seconds:.1} s after the beginning: {why}", seconds = f64::from(*.after_ms) / 1000.0)]
    Damaged {
        /// Sound read before the damage.
        after_ms: u32,
        /// The decoder's words.
        why: &'static str,
    },
    /// The file is sound, and has no samples.
    #[error("the file holds no samples")]
    NoSamples,
    /// A rate that no recording has.
    #[error("{0} samples a second, where 4,000 to 192,000 are possible")]
    Rate(u32),
    /// Longer than any prompt or piece of hold music.
    #[error("longer than {} minutes", LONGEST_SECONDS / 60)]
    TooLong,
}

/// Longest recording taken: bounds the memory that one file can take.
pub const LONGEST_SECONDS: u32 = 30 * 60;

/// Reads a whole recording. Quick enough for hundreds of prompts at start: no work but the decoder's own.
///
/// # Errors
/// [`DecodeError`] says what is wrong, in words for whoever made the file. A file that breaks off is refused, never
/// played in part: a caller would hear half a sentence.
pub fn decode(bytes: &[u8]) -> Result<Recorded, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::NoBytes);
    }
    // symphonia 0.6.1 multiplies numbers of a WAV header without a look at their size, which panics where overflow is
    // checked; a damaged file must not end the process. Nothing of ours is left half-changed: it starts from `bytes`.
    std::panic::catch_unwind(|| read(bytes)).unwrap_or(Err(DecodeError::UnknownFormat))
}

fn read(bytes: &[u8]) -> Result<Recorded, DecodeError> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format =
        probe.probe(&Hint::new(), stream, format, meta).map_err(|_| DecodeError::UnknownFormat)?;

    let track =
        format.default_track(TrackType::Audio).ok_or(DecodeError::Unsupported("no audio track"))?;
    let (track_id, expected) = (track.id, track.num_frames);
    let params = track.codec_params.as_ref().and_then(|it| it.audio());
    let params = params.ok_or(DecodeError::Unsupported("no audio parameters"))?;
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|_| DecodeError::Unsupported("unknown codec"))?;

    let mut sound = Sound::default();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => return Err(sound.damaged(&error)),
        };
        if packet.track_id == track_id {
            let buffer = decoder.decode(&packet).map_err(|error| sound.damaged(&error))?;
            sound.append(&buffer)?;
        }
    }
    sound.finish(expected)
}

/// What has been decoded so far.
#[derive(Default)]
struct Sound {
    samples: Vec<f32>,
    rate: u32,
    channels: usize,
    interleaved: Vec<f32>,
}

impl Sound {
    fn append(&mut self, buffer: &GenericAudioBufferRef<'_>) -> Result<(), DecodeError> {
        let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
        if self.rate == 0 {
            if !(4_000..=192_000).contains(&rate) {
                return Err(DecodeError::Rate(rate));
            }
            (self.rate, self.channels) = (rate, channels.max(1));
        }
        if (rate, channels) != (self.rate, self.channels) {
            return Err(DecodeError::Unsupported("rate or channels change in the middle"));
        }
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        match self.channels {
            1 => self.samples.extend_from_slice(&self.interleaved),
            many => {
                let frames = self.interleaved.chunks_exact(many);
                self.samples.extend(frames.map(|frame| frame.iter().sum::<f32>() / many as f32));
            }
        }
        let longest = self.rate as usize * LONGEST_SECONDS as usize;
        if self.samples.len() > longest { Err(DecodeError::TooLong) } else { Ok(()) }
    }

    /// `expected` is the number of samples that the file says it has, if it does.
    fn finish(mut self, expected: Option<u64>) -> Result<Recorded, DecodeError> {
        if self.samples.is_empty() {
            return Err(DecodeError::NoSamples);
        }
        if expected.is_some_and(|expected| (self.samples.len() as u64) < expected) {
            return Err(DecodeError::Damaged {
                after_ms: self.milliseconds(),
                why: "the file breaks off",
            });
        }
        for sample in &mut self.samples {
            if !sample.is_finite() {
                *sample = 0.0;
            }
        }
        let channels = u16::try_from(self.channels).unwrap_or(u16::MAX);
        Ok(Recorded { samples: self.samples, rate: self.rate, channels })
    }

    fn damaged(&self, error: &Error) -> DecodeError {
        let why = match error {
            Error::IoError(_) => "the file breaks off",
            Error::DecodeError(why) | Error::Unsupported(why) | Error::LimitError(why) => why,
            Error::SeekError(_) | Error::ResetRequired => "the stream begins anew in the middle",
            _ => "unknown",
        };
        DecodeError::Damaged { after_ms: self.milliseconds(), why }
    }

    fn milliseconds(&self) -> u32 {
        let ms = self.samples.len() as u64 * 1_000 / u64::from(self.rate.max(1));
        u32::try_from(ms).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use flacenc::bitsink::ByteSink;
    use flacenc::component::BitRepr;
    use flacenc::config::Encoder;
    use flacenc::error::Verify;
    use flacenc::source::MemSource;
    use hound::{SampleFormat, WavSpec, WavWriter};
    use proptest::prelude::*;

    use super::*;

    /// Half a second of 440 Hz at 6 dB below full scale, in 16 bits.
    pub(in crate::audio) fn beep(rate: u32) -> Vec<i16> {
        let wave = |n: u32| (std::f32::consts::TAU * 440.0 * n as f32 / rate as f32).sin();
        (0..rate / 2).map(|n| (wave(n) * 16_384.0) as i16).collect()
    }

    /// A WAV file of interleaved samples.
    pub(in crate::audio) fn wav(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
        let spec = WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec).unwrap();
        samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        file.into_inner()
    }

    /// A FLAC file of interleaved samples.
    pub(in crate::audio) fn flac(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
        let samples: Vec<i32> = samples.iter().map(|&it| i32::from(it)).collect();
        let source = MemSource::from_samples(&samples, channels.into(), 16, rate as usize);
        let encoder = Encoder::default().into_verified().unwrap();
        let mut stream = flacenc::encode_with_fixed_block_size(&encoder, source, 1_024).unwrap();
        // flacenc counts the last, shorter block among the block sizes, which the format leaves out.
        stream.stream_info_mut().set_block_sizes(1_024, 1_024).unwrap();
        let mut bytes = ByteSink::new();
        stream.write(&mut bytes).unwrap();
        bytes.into_inner()
    }

    fn level(samples: &[f32]) -> f32 {
        let power = samples.iter().map(|it| it * it).sum::<f32>() / samples.len() as f32;
        10.0 * power.log10()
    }

    #[test]
    fn wav_and_flac_give_every_sample_at_every_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            let samples = beep(rate);
            for file in [wav(&samples, rate, 1), flac(&samples, rate, 1)] {
                let recorded = decode(&file).unwrap();
                assert_eq!((recorded.rate, recorded.channels), (rate, 1));
                let back: Vec<i16> =
                    recorded.samples.iter().map(|it| (it * 32_768.0) as i16).collect();
                assert_eq!(back, samples);
            }
        }
    }

    #[test]
    fn channels_are_mixed_to_their_mean() {
        let stereo: Vec<i16> = beep(16_000).into_iter().flat_map(|it| [it, 0]).collect();
        for file in [wav(&stereo, 16_000, 2), flac(&stereo, 16_000, 2)] {
            let recorded = decode(&file).unwrap();
            assert_eq!((recorded.samples.len(), recorded.channels), (8_000, 2));
            assert!(
                (level(&recorded.samples) + 15.05).abs() < 0.05,
                "6 dB for the sine's peak, 3 for its shape, 6 for half"
            );
        }
    }

    #[test]
    fn a_float_wav_is_read() {
        let spec = WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec).unwrap();
        [0.25_f32, -0.5, f32::NAN, 1.5].into_iter().for_each(|it| writer.write_sample(it).unwrap());
        writer.finalize().unwrap();
        assert_eq!(decode(file.get_ref()).unwrap().samples, [0.25, -0.5, 0.0, 1.5]);
    }

    #[test]
    fn vorbis_and_mp3_are_read() {
        // Half a second of 440 Hz at -6 dBFS, 16 kHz: stereo from oggenc's library, mono from lame.
        let files: [(&[u8], u16); 2] =
            [(include_bytes!("testdata/beep.ogg"), 2), (include_bytes!("testdata/beep.mp3"), 1)];
        for (file, channels) in files {
            let recorded = decode(file).unwrap();
            assert_eq!((recorded.rate, recorded.channels), (16_000, channels));
            assert!(
                recorded.samples.len().abs_diff(8_000) < 2_000,
                "{} samples",
                recorded.samples.len()
            );
            let middle = level(&recorded.samples[3_000..6_000]);
            assert!((middle + 9.03).abs() < 0.5, "{middle} dBFS");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_who_made_the_file() {
        let samples = beep(16_000);
        let (wav_file, flac_file) = (wav(&samples, 16_000, 1), flac(&samples, 16_000, 1));
        let says = |file: &[u8]| decode(file).map(|it| it.samples.len()).unwrap_err().to_string();
        insta::assert_snapshot!(says(&[]), @"the file is empty");
        insta::assert_snapshot!(says(b"RIFF, but nothing more"), @"not a FLAC, WAV, OGG/Vorbis or MP3 file");
        insta::assert_snapshot!(says(&[0x5A; 5_000]), @"not a FLAC, WAV, OGG/Vorbis or MP3 file");
        insta::assert_snapshot!(says(&wav(&[], 16_000, 1)), @"the file holds no samples");
        insta::assert_snapshot!(says(&wav(&samples, 2_000, 1)), @"2000 samples a second, where 4,000 to 192,000 are possible");
        insta::assert_snapshot!(says(&wav_file[..10_000]), @"damaged 0.3 s after the beginning: the file breaks off");
        insta::assert_snapshot!(says(&flac_file[..flac_file.len() / 2]), @"damaged 0.2 s after the beginning: the file breaks off");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_give_sound_or_an_error(bytes: Vec<u8>) {
            _ = decode(&bytes);
        }

        #[test]
        fn any_damage_gives_sound_or_an_error(
            kind in 0_usize..4,
            cut in 0.0..1.0,
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        ) {
            let samples = &beep(8_000)[..1_000];
            let mut file = match kind {
                0 => wav(samples, 8_000, 1),
                1 => flac(samples, 8_000, 1),
                2 => include_bytes!("testdata/beep.ogg").to_vec(),
                _ => include_bytes!("testdata/beep.mp3").to_vec(),
            };
            for (place, byte) in damage {
                let place = place.index(file.len());
                file[place] = byte;
            }
            file.truncate((file.len() as f64 * cut) as usize);
            _ = decode(&file);
        }
    }
}

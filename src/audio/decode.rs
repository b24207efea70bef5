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

//! Recordings as they grow: WAV, which everything plays, or FLAC, at about half the size.

use std::io::{self, Seek, SeekFrom, Write};

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, Stream};
use flacenc::config::Encoder;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};
use hound::{SampleFormat, WavSpec, WavWriter};
use thiserror::Error;

use super::RATE;

/// How a recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 16-bit PCM.
    Wav,
    /// 16-bit FLAC, lossless.
    Flac,
}

/// Whose voices a recording holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voices {
    /// One channel.
    Mono,
    /// The caller left, the other party right, so that each can be heard alone.
    Stereo,
}

/// Why a recording could not be written.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The disk is full, or whatever it is written to.
    #[error("the recording cannot be written")]
    Write(#[from] io::Error),
    /// Longer than a day.
    #[error("the recording is longer than {} hours", LONGEST_SECONDS / 3_600)]
    TooLong,
    /// The encoder refused its own settings or samples; a fault of ours.
    #[error("the encoder failed")]
    Encoder,
}

/// A recording at 8 kHz that is being written. [`Recording::finish`] completes it; what was written before a crash can
/// be played up to the last [`Recording::flush`] (WAV) or the last half second (FLAC).
pub struct Recording<W: Write + Seek> {
    sink: Sink<W>,
    voices: Voices,
    /// Samples of one channel.
    length: u64,
}

enum Sink<W: Write + Seek> {
    Wav(WavWriter<W>),
    Flac(Box<Flac<W>>),
}

impl<W: Write + Seek> Recording<W> {
    /// Begins a recording at the present place of `writer`, which must be its beginning. Give a `&mut` to keep it.
    ///
    /// # Errors
    /// [`RecordingError::Write`], when not even the header can be written.
    pub fn new(writer: W, format: Format, voices: Voices) -> Result<Self, RecordingError> {
        let sink = match format {
            Format::Wav => {
                let spec = WavSpec {
                    channels: voices.channels() as u16,
                    sample_rate: RATE,
                    bits_per_sample: 16,
                    sample_format: SampleFormat::Int,
                };
                Sink::Wav(WavWriter::new(writer, spec).map_err(from_hound)?)
            }
            Format::Flac => Sink::Flac(Box::new(Flac::new(writer, voices.channels())?)),
        };
        Ok(Self { sink, voices, length: 0 })
    }

    /// Appends what both said at the same time; the shorter one is silent for the rest. In mono they are mixed.
    ///
    /// # Errors
    /// [`RecordingError`]; the recording ends where the last call that succeeded left it.
    pub fn write_both(&mut self, caller: &[i16], other: &[i16]) -> Result<(), RecordingError> {
        let length = caller.len().max(other.len());
        self.lengthen(length)?;
        for n in 0..length {
            let [caller, other] =
                [caller, other].map(|voice| voice.get(n).copied().unwrap_or_default());
            match self.voices {
                Voices::Mono => self.sample(caller.saturating_add(other))?,
                Voices::Stereo => {
                    self.sample(caller)?;
                    self.sample(other)?;
                }
            }
        }
        Ok(())
    }

    /// Appends one voice; in stereo it is the caller's, and the other party is silent.
    ///
    /// # Errors
    /// As [`Recording::write_both`].
    pub fn write(&mut self, voice: &[i16]) -> Result<(), RecordingError> {
        self.write_both(voice, &[])
    }

    /// Appends `samples` of silence, while a secret is keyed or nobody is there.
    ///
    /// # Errors
    /// As [`Recording::write_both`].
    pub fn write_silence(&mut self, samples: usize) -> Result<(), RecordingError> {
        self.lengthen(samples)?;
        for _ in 0..samples * self.voices.channels() {
            self.sample(0)?;
        }
        Ok(())
    }

    /// Samples written so far, of one channel.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Brings what was written into a state that can be played, should the process end here.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        match &mut self.sink {
            Sink::Wav(wav) => wav.flush().map_err(from_hound),
            Sink::Flac(flac) => Ok(flac.writer.flush()?),
        }
    }

    /// Completes the recording.
    ///
    /// # Errors
    /// [`RecordingError`], when the last samples or the header cannot be written.
    pub fn finish(self) -> Result<(), RecordingError> {
        match self.sink {
            Sink::Wav(wav) => wav.finalize().map_err(from_hound),
            Sink::Flac(flac) => flac.finish(),
        }
    }

    fn lengthen(&mut self, samples: usize) -> Result<(), RecordingError> {
        self.length += samples as u64;
        if self.length > LONGEST_SECONDS * u64::from(RATE) {
            Err(RecordingError::TooLong)
        } else {
            Ok(())
        }
    }

    fn sample(&mut self, sample: i16) -> Result<(), RecordingError> {
        match &mut self.sink {
            Sink::Wav(wav) => wav.write_sample(sample).map_err(from_hound),
            Sink::Flac(flac) => flac.sample(sample),
        }
    }
}

impl Voices {
    const fn channels(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }
}

/// A FLAC file that is written block by block; its header is written again at the end, when the length is known.
struct Flac<W> {
    writer: W,
    encoder: Verified<Encoder>,
    /// The header; holds no frames.
    stream: Stream,
    /// Length and checksum so far.
    context: Context,
    buffer: FrameBuf,
    /// Interleaved samples of the block that is filled at present.
    block: Vec<i32>,
    channels: usize,
}

impl<W: Write + Seek> Flac<W> {
    fn new(writer: W, channels: usize) -> Result<Self, RecordingError> {
        let encoder = Encoder::default().into_verified().map_err(|_| RecordingError::Encoder)?;
        let mut stream =
            Stream::new(RATE as usize, channels, 16).map_err(|_| RecordingError::Encoder)?;
        let info = stream.stream_info_mut();
        info.set_block_sizes(BLOCK, BLOCK).map_err(|_| RecordingError::Encoder)?;
        let buffer = FrameBuf::with_size(channels, BLOCK).map_err(|_| RecordingError::Encoder)?;
        let context = Context::new(16, channels);
        let block = Vec::with_capacity(BLOCK * channels);
        let mut flac = Self { writer, encoder, stream, context, buffer, block, channels };
        flac.write_header()?;
        Ok(flac)
    }

    fn sample(&mut self, sample: i16) -> Result<(), RecordingError> {
        self.block.push(i32::from(sample));
        if self.block.len() == BLOCK * self.channels { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> Result<(), RecordingError> {
        self.buffer.fill_interleaved(&self.block).map_err(|_| RecordingError::Encoder)?;
        self.context.fill_interleaved(&self.block).map_err(|_| RecordingError::Encoder)?;
        self.block.clear();
        let number = self.context.current_frame_number().unwrap_or_default();
        let info = self.stream.stream_info();
        let frame = flacenc::encode_fixed_size_frame(&self.encoder, &self.buffer, number, info);
        write_bits(&mut self.writer, &frame.map_err(|_| RecordingError::Encoder)?)
    }

    fn write_header(&mut self) -> Result<(), RecordingError> {
        write_bits(&mut self.writer, &self.stream)
    }

    fn finish(mut self) -> Result<(), RecordingError> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        let info = self.stream.stream_info_mut();
        info.set_total_samples(self.context.total_samples());
        info.set_md5_digest(&self.context.md5_digest());
        self.writer.seek(SeekFrom::Start(0))?;
        self.write_header()?;
        self.writer.seek(SeekFrom::End(0))?;
        Ok(self.writer.flush()?)
    }
}

fn write_bits(writer: &mut impl Write, bits: &impl BitRepr) -> Result<(), RecordingError> {
    let mut bytes = ByteSink::new();
    bits.write(&mut bytes).map_err(|_| RecordingError::Encoder)?;
    Ok(writer.write_all(bytes.as_slice())?)
}

fn from_hound(error: hound::Error) -> RecordingError {
    match error {
        hound::Error::IoError(error) => RecordingError::Write(error),
        hound::Error::FormatError(_)
        | hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::Unsupported
        | hound::Error::InvalidSampleFormat => RecordingError::Encoder,
    }
}

/// A day in stereo is 2.8 GB, below the 4 GiB that a WAV file can say it has.
const LONGEST_SECONDS: u64 = 24 * 3_600;
/// Samples of one channel in a FLAC frame: half a second.
const BLOCK: usize = 4_096;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::audio::decode::decode;
    use crate::audio::tone::BEEP;

    fn record(
        format: Format,
        voices: Voices,
        write: impl Fn(&mut Recording<&mut Cursor<Vec<u8>>>),
    ) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::new(&mut file, format, voices).unwrap();
        write(&mut recording);
        recording.finish().unwrap();
        file.into_inner()
    }

    fn heard(file: &[u8]) -> (Vec<i16>, u16) {
        let recorded = decode(file).unwrap();
        assert_eq!(recorded.rate, RATE);
        (recorded.samples.iter().map(|it| (it * 32_768.0) as i16).collect(), recorded.channels)
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        // 1,600 samples: less than a block of FLAC; three of them end within one.
        let beep = BEEP.samples();
        for format in [Format::Wav, Format::Flac] {
            for times in [1, 3, 6] {
                let file = record(format, Voices::Mono, |it| {
                    (0..times).for_each(|_| it.write(&beep).unwrap())
                });
                assert_eq!(heard(&file), (beep.repeat(times), 1), "{format:?}");
            }
        }
    }

    #[test]
    fn both_parties_are_kept_apart_in_stereo_and_mixed_in_mono() {
        fn write(it: &mut Recording<&mut Cursor<Vec<u8>>>) {
            it.write_both(&[1_000; 100], &[3_000; 50]).unwrap();
            it.write_silence(10).unwrap();
            assert_eq!(it.len(), 110);
        }
        for format in [Format::Wav, Format::Flac] {
            let (mono, _) = heard(&record(format, Voices::Mono, write));
            assert_eq!(mono, [vec![4_000; 50], vec![1_000; 50], vec![0; 10]].concat());
            // Reading mixes the two channels to their mean.
            let (stereo, channels) = heard(&record(format, Voices::Stereo, write));
            assert_eq!(stereo, [vec![2_000; 50], vec![500; 50], vec![0; 10]].concat());
            assert_eq!(channels, 2);
        }
    }

    #[test]
    fn a_flushed_wav_can_be_played_although_the_process_ended() {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::new(&mut file, Format::Wav, Voices::Mono).unwrap();
        recording.write(&[5; 800]).unwrap();
        recording.flush().unwrap();
        std::mem::forget(recording);
        assert_eq!(heard(file.get_ref()).0, vec![5; 800]);
    }

    #[test]
    fn flac_is_smaller() {
        let beep = BEEP.samples().repeat(10);
        let [wav, flac] = [Format::Wav, Format::Flac]
            .map(|it| record(it, Voices::Mono, |it| it.write(&beep).unwrap()).len());
        assert!(flac * 2 < wav, "{flac} and {wav} bytes");
    }
}

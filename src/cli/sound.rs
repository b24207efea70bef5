//! SPEAKER AND MICROPHONE, through cpal: with the cargo feature `sound` only.
//!
//! Called by `try --sound` ([`Prompts`] on a [`Player`]: one prompt to its end, or until a key comes) and by `phone` ([`Speaker`],
//! [`Microphone`]: as long as the call lasts).
//! Inside, sound is 8,000 samples a second, one channel, 16 bits. A device that takes just that gets it; for any other
//! the samples are brought to its own rate by rubato, outside of the device's callback.
//! Always true: the callbacks neither wait nor allocate; a device that is too slow or too quick costs samples, never more
//! than a fifth of a second of delay.

mod prompts;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{
    Device, FromSample, InputCallbackInfo, OutputCallbackInfo, SampleFormat, SizedSample, Stream,
    StreamConfig, SupportedStreamConfig, SupportedStreamConfigRange,
};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use thiserror::Error;

use crate::audio::RATE;

pub use self::prompts::Prompts;

/// Sound that waits for the speaker before it begins, and again after it ran out: three packets.
const PRIME_MS: u32 = 60;
/// Sound that waits for the speaker at most; what comes then is left out.
const MOST_MS: u32 = 200;
/// Sound between a callback and its other side.
const RING_MS: u32 = 500;

/// Why there is no sound.
#[derive(Debug, Error)]
pub enum SoundError {
    /// No speaker, or nobody set one up.
    #[error("there is no speaker")]
    NoSpeaker,
    /// No microphone, or nobody set one up.
    #[error("there is no microphone")]
    NoMicrophone,
    /// The system has the device and does not let us use it.
    #[error("the sound device cannot be used")]
    Device(#[from] cpal::Error),
    /// Its samples are of no kind that is known here.
    #[error("the sound device wants samples of the kind {0}")]
    Format(SampleFormat),
    /// Its rate cannot be reached.
    #[error("the sound device wants {0} samples a second")]
    Rate(u32),
}

/// Plays one thing after another.
pub struct Player {
    device: Device,
    config: SupportedStreamConfig,
    /// What plays, and where its end is told.
    playing: Option<(Stream, Receiver<()>)>,
}

impl Player {
    /// Takes the system's usual speaker.
    ///
    /// # Errors
    /// [`SoundError`], when there is none.
    pub fn open() -> Result<Self, SoundError> {
        let (device, config) = speaker()?;
        Ok(Self { device, config, playing: None })
    }

    /// Begins to play `samples`, 8,000 a second. What played before stops at once.
    ///
    /// # Errors
    /// [`SoundError`], when the device has gone.
    pub fn play(&mut self, samples: &[i16]) -> Result<(), SoundError> {
        self.begin(samples, false)
    }

    /// Plays `samples` over and over, until [`Player::stop`].
    ///
    /// # Errors
    /// As [`Player::play`].
    pub fn repeat(&mut self, samples: &[i16]) -> Result<(), SoundError> {
        self.begin(samples, true)
    }

    fn begin(&mut self, samples: &[i16], repeats: bool) -> Result<(), SoundError> {
        self.stop();
        let rate = self.config.sample_rate();
        let samples = whole(samples, rate)?;
        // One for the end, one for a failure that comes first.
        let (ended, end) = mpsc::sync_channel(2);
        let feed = Prompt { samples, next: 0, repeats, rate, to_wait: None, ended };
        let stream = play_on(&self.device, &self.config, feed)?;
        stream.play()?;
        self.playing = Some((stream, end));
        Ok(())
    }

    /// Waits until it has been heard to its end, `at_most` so long; whether it has. Nothing that plays has ended.
    pub fn wait(&mut self, at_most: Duration) -> bool {
        let Some((_, end)) = &self.playing else { return true };
        match end.recv_timeout(at_most) {
            Err(RecvTimeoutError::Timeout) => false,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                self.playing = None;
                true
            }
        }
    }

    /// Is silent at once.
    pub fn stop(&mut self) {
        self.playing = None;
    }
}

/// A speaker for as long as a call lasts.
pub struct Speaker {
    /// Ends with this.
    _stream: Stream,
    ring: rtrb::Producer<i16>,
    /// Samples in the ring beyond which nothing is added.
    most: usize,
    bridge: Bridge,
}

impl Speaker {
    /// Takes the system's usual speaker.
    ///
    /// # Errors
    /// [`SoundError`], when there is none.
    pub fn open() -> Result<Self, SoundError> {
        let (device, config) = speaker()?;
        let rate = config.sample_rate();
        let bridge = Bridge::new(RATE, rate)?;
        let (ring, samples) = rtrb::RingBuffer::new(samples_of(RING_MS, rate));
        let feed = Voice { samples, prime: samples_of(PRIME_MS, rate), is_primed: false };
        let stream = play_on(&device, &config, feed)?;
        stream.play()?;
        Ok(Self { _stream: stream, most: samples_of(MOST_MS, rate), ring, bridge })
    }

    /// Adds `samples`, 8,000 a second. Left out when the device is a fifth of a second behind.
    pub fn write(&mut self, samples: &[i16]) {
        let waiting = self.ring.buffer().capacity() - self.ring.slots();
        if waiting > self.most {
            return;
        }
        for sample in self.bridge.carry(samples) {
            if self.ring.push(*sample).is_err() {
                return;
            }
        }
    }
}

/// A microphone for as long as a call lasts.
pub struct Microphone {
    /// Ends with this.
    _stream: Stream,
    ring: rtrb::Consumer<i16>,
    raw: Vec<i16>,
    bridge: Bridge,
}

impl Microphone {
    /// Takes the system's usual microphone.
    ///
    /// # Errors
    /// [`SoundError`], when there is none.
    pub fn open() -> Result<Self, SoundError> {
        let device = cpal::default_host().default_input_device().ok_or(SoundError::NoMicrophone)?;
        let config = match device.supported_input_configs().ok().and_then(telephone) {
            Some(config) => config,
            None => device.default_input_config()?,
        };
        let rate = config.sample_rate();
        let bridge = Bridge::new(rate, RATE)?;
        let (samples, ring) = rtrb::RingBuffer::new(samples_of(RING_MS, rate));
        let stream = listen_on(&device, &config, samples)?;
        stream.play()?;
        Ok(Self { _stream: stream, ring, raw: Vec::new(), bridge })
    }

    /// What was heard since the last time, 8,000 samples a second. Of what nobody fetches half a second is kept.
    pub fn read(&mut self) -> &[i16] {
        self.raw.clear();
        for _ in 0..self.ring.slots() {
            self.raw.extend(self.ring.pop());
        }
        self.bridge.carry(&self.raw)
    }
}

fn speaker() -> Result<(Device, SupportedStreamConfig), SoundError> {
    let device = cpal::default_host().default_output_device().ok_or(SoundError::NoSpeaker)?;
    let config = match device.supported_output_configs().ok().and_then(telephone) {
        Some(config) => config,
        None => device.default_output_config()?,
    };
    Ok((device, config))
}

/// The telephone's own form, if it is among `all`.
fn telephone(
    all: impl Iterator<Item = SupportedStreamConfigRange>,
) -> Option<SupportedStreamConfig> {
    all.filter(|it| it.channels() == 1 && it.sample_format() == SampleFormat::I16)
        .find_map(|it| it.try_with_sample_rate(RATE))
}

const fn samples_of(ms: u32, rate: u32) -> usize {
    (ms as u64 * rate as u64 / 1_000) as usize
}

/// Gives a speaker its samples, one for all channels of a frame, at the device's rate.
trait Feed: Send + 'static {
    fn next(&mut self) -> i16;
    /// A buffer of `frames` was filled, which is heard `ahead` from now.
    fn filled(&mut self, frames: usize, ahead: Duration);
    /// The device has gone.
    fn failed(&self) -> impl FnMut() + Send + 'static;
}

/// One prompt. Told to have ended when its last sample has been heard, not when it was handed over.
struct Prompt {
    samples: Vec<i16>,
    next: usize,
    /// Begins again at its end, without ever ending.
    repeats: bool,
    rate: u32,
    /// Frames of silence until the last sample has been heard; known from its end on.
    to_wait: Option<usize>,
    ended: SyncSender<()>,
}

impl Feed for Prompt {
    fn next(&mut self) -> i16 {
        let sample = self.samples.get(self.next).copied();
        self.next = self.next.saturating_add(1);
        if self.repeats && self.next >= self.samples.len() {
            self.next = 0;
        }
        sample.unwrap_or(0)
    }

    fn filled(&mut self, frames: usize, ahead: Duration) {
        if self.repeats || self.next < self.samples.len() {
            return;
        }
        let ahead = u32::try_from(ahead.as_millis()).unwrap_or(u32::MAX);
        let left = match self.to_wait {
            None => samples_of(ahead, self.rate),
            Some(left) => left.saturating_sub(frames),
        };
        self.to_wait = Some(left);
        if left == 0 {
            // Told already, if there is no room.
            let _ = self.ended.try_send(());
        }
    }

    fn failed(&self) -> impl FnMut() + Send + 'static {
        let ended = self.ended.clone();
        move || _ = ended.try_send(())
    }
}

/// What comes in from the network, a packet at a time.
struct Voice {
    samples: rtrb::Consumer<i16>,
    prime: usize,
    is_primed: bool,
}

impl Feed for Voice {
    fn next(&mut self) -> i16 {
        if !self.is_primed {
            self.is_primed = self.samples.slots() >= self.prime;
            if !self.is_primed {
                return 0;
            }
        }
        self.samples.pop().unwrap_or_else(|_| {
            self.is_primed = false;
            0
        })
    }

    fn filled(&mut self, _: usize, _: Duration) {}

    fn failed(&self) -> impl FnMut() + Send + 'static {
        // The call goes on unheard.
        || ()
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "cpal adds formats; those that are told apart here are common"
)]
fn play_on(
    device: &Device,
    config: &SupportedStreamConfig,
    feed: impl Feed,
) -> Result<Stream, SoundError> {
    match config.sample_format() {
        SampleFormat::I16 => play_as::<i16>(device, config.config(), feed),
        SampleFormat::U16 => play_as::<u16>(device, config.config(), feed),
        SampleFormat::I32 => play_as::<i32>(device, config.config(), feed),
        SampleFormat::F32 => play_as::<f32>(device, config.config(), feed),
        other => Err(SoundError::Format(other)),
    }
}

fn play_as<T: SizedSample + FromSample<i16>>(
    device: &Device,
    config: StreamConfig,
    mut feed: impl Feed,
) -> Result<Stream, SoundError> {
    let channels = usize::from(config.channels.max(1));
    let mut failed = feed.failed();
    let fill = move |data: &mut [T], info: &OutputCallbackInfo| {
        let frames = data.len() / channels;
        for frame in data.chunks_mut(channels) {
            frame.fill(T::from_sample_(feed.next()));
        }
        let at = info.timestamp();
        feed.filled(frames, at.playback.saturating_duration_since(at.callback));
    };
    let on_error = move |error: cpal::Error| {
        if is_fatal(&error) {
            failed();
        }
    };
    Ok(device.build_output_stream(config, fill, on_error, None)?)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "cpal adds formats; those that are told apart here are common"
)]
fn listen_on(
    device: &Device,
    config: &SupportedStreamConfig,
    ring: rtrb::Producer<i16>,
) -> Result<Stream, SoundError> {
    match config.sample_format() {
        SampleFormat::I16 => listen_as::<i16>(device, config.config(), ring),
        SampleFormat::U16 => listen_as::<u16>(device, config.config(), ring),
        SampleFormat::I32 => listen_as::<i32>(device, config.config(), ring),
        SampleFormat::F32 => listen_as::<f32>(device, config.config(), ring),
        other => Err(SoundError::Format(other)),
    }
}

fn listen_as<T: SizedSample>(
    device: &Device,
    config: StreamConfig,
    mut ring: rtrb::Producer<i16>,
) -> Result<Stream, SoundError>
where
    i16: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let heard = move |data: &[T], _: &InputCallbackInfo| {
        // The first channel: a headset's microphone has one, or the same twice.
        for sample in data.iter().step_by(channels) {
            // Nobody fetches it: the newest is left out.
            let _ = ring.push(i16::from_sample_(*sample));
        }
    };
    // A microphone that has gone is silent; the call goes on.
    Ok(device.build_input_stream(config, heard, |_| (), None)?)
}

/// Whether the stream has ended with it.
fn is_fatal(error: &cpal::Error) -> bool {
    use cpal::ErrorKind as K;
    !matches!(error.kind(), K::DeviceChanged | K::Xrun | K::RealtimeDenied)
}

/// All of `samples` at `rate`, as long as before.
fn whole(samples: &[i16], rate: u32) -> Result<Vec<i16>, SoundError> {
    if rate == RATE || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let wrong = SoundError::Rate(rate);
    let samples: Vec<f32> = samples.iter().map(|&it| to_float(it)).collect();
    let fft = Fft::<f32>::new(RATE as usize, rate as usize, STEP, 1, FixedSync::Both);
    let (Ok(mut fft), Ok(input)) = (fft, InterleavedSlice::new(&samples, 1, samples.len())) else {
        return Err(wrong);
    };
    let Ok(output) = fft.process_all(&input, samples.len(), None) else { return Err(wrong) };
    Ok(output.take_data().into_iter().map(to_16_bits).collect())
}

/// Samples of input that are brought to another rate in one go: 64 ms of a telephone's.
const STEP: usize = 512;

/// From one rate to another as the sound comes, a little later.
struct Bridge {
    fft: Option<Fft<f32>>,
    /// What is not yet a whole step.
    pending: Vec<f32>,
    carried: Vec<i16>,
}

impl Bridge {
    fn new(from: u32, to: u32) -> Result<Self, SoundError> {
        let device = if from == RATE { to } else { from };
        let step = (from / 50) as usize;
        let fft = (from != to)
            .then(|| Fft::new(from as usize, to as usize, step, 1, FixedSync::Input))
            .transpose()
            .map_err(|_| SoundError::Rate(device))?;
        Ok(Self { fft, pending: Vec::new(), carried: Vec::new() })
    }

    /// What `samples` come to, as far as whole steps have come together.
    fn carry(&mut self, samples: &[i16]) -> &[i16] {
        self.carried.clear();
        let Some(fft) = &mut self.fft else {
            self.carried.extend_from_slice(samples);
            return &self.carried;
        };
        self.pending.extend(samples.iter().map(|&it| to_float(it)));
        let mut done = 0;
        // Each turn takes a step out of what is there.
        while let Some(rest) = self.pending.get(done..)
            && rest.len() >= fft.input_frames_next()
        {
            let step = fft.input_frames_next().max(1);
            let input = InterleavedSlice::new(rest, 1, step).ok();
            if let Some(output) = input.and_then(|input| fft.process(&input, None).ok()) {
                self.carried.extend(output.take_data().into_iter().map(to_16_bits));
            }
            done += step;
        }
        self.pending.drain(..done.min(self.pending.len()));
        &self.carried
    }
}

fn to_float(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// Cut at full scale: `as` saturates.
fn to_16_bits(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, rate: u32, seconds: f32) -> Vec<i16> {
        let turn = std::f32::consts::TAU * hz / rate as f32;
        (0..(rate as f32 * seconds) as usize)
            .map(|n| ((turn * n as f32).sin() * 10_000.0) as i16)
            .collect()
    }

    /// The frequency by its zero crossings, and the level.
    fn measured(samples: &[i16], rate: u32) -> (f32, f32) {
        let rises = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        let power =
            samples.iter().map(|&it| f32::from(it).powi(2)).sum::<f32>() / samples.len() as f32;
        (rises as f32 * rate as f32 / samples.len() as f32, power.sqrt())
    }

    #[track_caller]
    fn check(samples: &[i16], rate: u32, hz: f32) {
        let (heard, level) = measured(samples, rate);
        assert!((heard - hz).abs() < hz / 50.0, "{heard} Hz instead of {hz}");
        assert!((level - 7_071.0).abs() < 200.0, "level {level}");
    }

    #[test]
    fn sound_keeps_its_pitch_and_level_on_the_way_to_a_device_and_back() {
        for rate in [8_000, 16_000, 44_100, 48_000] {
            let mut out = Bridge::new(RATE, rate).unwrap();
            let mut back = Bridge::new(rate, RATE).unwrap();
            let (mut at_device, mut again) = (Vec::new(), Vec::new());
            for packet in sine(440.0, RATE, 1.0).chunks(160) {
                let carried = out.carry(packet).to_vec();
                again.extend_from_slice(back.carry(&carried));
                at_device.extend(carried);
            }
            let (middle, quarter) = (rate as usize / 4..rate as usize * 3 / 4, 2_000..6_000);
            check(&at_device[middle], rate, 440.0);
            check(&again[quarter], RATE, 440.0);
        }
    }

    #[test]
    fn a_prompt_is_as_long_on_any_device() {
        for rate in [8_000_u32, 16_000, 44_100, 48_000] {
            let prompt = whole(&sine(440.0, RATE, 0.5), rate).unwrap();
            assert!(prompt.len().abs_diff(rate as usize / 2) <= 1, "{} at {rate}", prompt.len());
            check(&prompt[prompt.len() / 4..prompt.len() * 3 / 4], rate, 440.0);
        }
    }

    #[test]
    fn a_prompt_has_ended_when_it_has_been_heard() {
        let (ended, end) = mpsc::sync_channel(2);
        let mut feed = Prompt {
            samples: vec![1; 160],
            next: 0,
            repeats: false,
            rate: 8_000,
            to_wait: None,
            ended,
        };
        let mut buffer = |frames: usize, ahead_ms| {
            let played = (0..frames).filter(|_| feed.next() == 1).count();
            feed.filled(frames, Duration::from_millis(ahead_ms));
            (played, end.try_recv().is_ok())
        };
        #[rustfmt::skip] // frames asked for, how far ahead, samples of the prompt among them, whether it has ended
        let table = [
            (100, 50, 100, false),
            (100, 50,  60, false),
            (300, 50,   0, false),
            (100, 50,   0, true),
        ];
        for (frames, ahead_ms, played, has_ended) in table {
            assert_eq!(buffer(frames, ahead_ms), (played, has_ended));
        }
    }

    #[test]
    fn music_begins_again_without_a_gap_and_never_ends() {
        let (ended, end) = mpsc::sync_channel(2);
        let samples = vec![1, 2, 3];
        let mut feed =
            Prompt { samples, next: 0, repeats: true, rate: 8_000, to_wait: None, ended };
        let heard: Vec<i16> = (0..7).map(|_| feed.next()).collect();
        feed.filled(7, Duration::ZERO);
        assert_eq!((heard, end.try_recv().is_ok()), (vec![1, 2, 3, 1, 2, 3, 1], false));
    }

    #[test]
    fn a_voice_begins_with_three_packets_and_again_after_a_gap() {
        let (mut ring, samples) = rtrb::RingBuffer::new(4_000);
        let mut voice = Voice { samples, prime: 480, is_primed: false };
        let mut packets = |count: usize| (0..count * 160).for_each(|_| ring.push(1).unwrap());
        packets(2);
        assert_eq!((voice.next(), voice.samples.slots()), (0, 320));
        packets(1);
        assert_eq!((0..500).filter(|_| voice.next() == 1).count(), 480);
        packets(2);
        assert_eq!(voice.next(), 0);
    }
}

//! What is heard and said: from the media engine into a file and the speaker, from the microphone to the media engine.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::PhoneError;
use crate::audio::recording::{Format, Recording, Voices};
#[cfg(feature = "sound")]
use crate::cli::sound::{Microphone, Speaker};
use crate::rtp::transport::Leg;

/// How often sound is carried. The media engine holds half a second.
const EVERY: Duration = Duration::from_millis(10);

/// What there is to hear and speak with.
#[derive(Default)]
pub(super) struct Gear {
    pub(super) recording: Option<Recording<BufWriter<File>>>,
    #[cfg(feature = "sound")]
    pub(super) speaker: Option<Speaker>,
    #[cfg(feature = "sound")]
    pub(super) microphone: Option<Microphone>,
}

impl Gear {
    fn is_empty(&self) -> bool {
        #[cfg(feature = "sound")]
        if self.speaker.is_some() || self.microphone.is_some() {
            return false;
        }
        self.recording.is_none()
    }
}

/// Begins to write what is heard into `path`.
pub(super) fn recording(path: &Path) -> Result<Recording<BufWriter<File>>, PhoneError> {
    let file =
        File::create(path).map_err(|error| PhoneError::Record(path.to_owned(), error.into()))?;
    Recording::new(BufWriter::new(file), Format::Wav, Voices::Mono)
        .map_err(|error| PhoneError::Record(path.to_owned(), error))
}

/// The thread that carries the sound.
pub(super) struct Headset {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Option<Duration>, crate::audio::recording::RecordingError>>>,
}

impl Headset {
    /// Puts `gear` on `leg`.
    pub(super) fn put_on(gear: Gear, leg: &Leg) -> Result<Self, PhoneError> {
        let is_over = Arc::new(AtomicBool::new(false));
        if gear.is_empty() {
            return Ok(Self { is_over, thread: None });
        }
        let tap = leg.tap()?;
        #[cfg(feature = "sound")]
        let source = gear.microphone.is_some().then(|| leg.source()).transpose()?;
        let carrier = Carrier {
            gear,
            tap,
            #[cfg(feature = "sound")]
            source,
            is_over: Arc::clone(&is_over),
        };
        let thread = std::thread::Builder::new().name("headset".to_owned()).spawn(|| carrier.run());
        Ok(Self { is_over, thread: Some(thread.map_err(PhoneError::System)?) })
    }

    /// After the leg is closed: carries the rest, and gives the length of the recording, if there is one.
    pub(super) fn take_off(
        self,
    ) -> Result<Option<Duration>, crate::audio::recording::RecordingError> {
        self.is_over.store(true, Ordering::Release);
        let Some(thread) = self.thread else { return Ok(None) };
        thread.thread().unpark();
        thread.join().unwrap_or(Ok(None))
    }
}

struct Carrier {
    gear: Gear,
    tap: rtrb::Consumer<i16>,
    #[cfg(feature = "sound")]
    source: Option<rtrb::Producer<i16>>,
    is_over: Arc<AtomicBool>,
}

impl Carrier {
    fn run(mut self) -> Result<Option<Duration>, crate::audio::recording::RecordingError> {
        loop {
            // Read before the ring is emptied: what the leg wrote before it closed is then in it.
            let is_over = self.is_over.load(Ordering::Acquire);
            self.hear()?;
            #[cfg(feature = "sound")]
            self.speak();
            if is_over {
                break;
            }
            std::thread::park_timeout(EVERY);
        }
        let Some(recording) = self.gear.recording else { return Ok(None) };
        let length = Duration::from_millis(recording.len() * 1_000 / u64::from(crate::audio::RATE));
        recording.finish()?;
        Ok(Some(length))
    }

    fn hear(&mut self) -> Result<(), crate::audio::recording::RecordingError> {
        let Ok(chunk) = self.tap.read_chunk(self.tap.slots()) else { return Ok(()) };
        let (first, second) = chunk.as_slices();
        for part in [first, second] {
            if let Some(recording) = &mut self.gear.recording {
                recording.write(part)?;
            }
            #[cfg(feature = "sound")]
            if let Some(speaker) = &mut self.gear.speaker {
                speaker.write(part);
            }
        }
        chunk.commit_all();
        Ok(())
    }

    #[cfg(feature = "sound")]
    fn speak(&mut self) {
        let (Some(microphone), Some(source)) = (&mut self.gear.microphone, &mut self.source) else {
            return;
        };
        for sample in microphone.read() {
            // A full ring is half a second that was not sent yet: what is newer would come too late as well.
            if source.push(*sample).is_err() {
                break;
            }
        }
    }
}

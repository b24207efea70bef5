//! Prompts, heard: what `try --sound` plays.

use std::time::Duration;

use super::{Player, SoundError};
use crate::audio::{Clip, ClipStore, RATE};
use crate::call::Play;
use crate::speech::Piece;

/// The recordings and the speaker that they come out of.
pub struct Prompts {
    player: Player,
    clips: ClipStore,
}

impl Prompts {
    /// Prompts out of `clips`, on the system's usual speaker.
    ///
    /// # Errors
    /// [`SoundError`], when there is none.
    pub fn open(clips: ClipStore) -> Result<Self, SoundError> {
        Ok(Self { player: Player::open()?, clips })
    }

    /// Begins to say it, as loud as wanted; how long that takes, or nothing when none of it can be heard. What played before stops.
    pub fn say(&mut self, play: &Play) -> Option<Duration> {
        let samples = samples(&self.clips, &play.utterance.pieces, play.volume_db);
        if samples.is_empty() || self.player.play(&samples).is_err() {
            return None;
        }
        Some(Duration::from_micros(samples.len() as u64 * 1_000_000 / u64::from(RATE)))
    }

    /// Plays the recording called `clip` over and over, if there is one: music, ringing.
    pub fn repeat(&mut self, clip: &str) {
        self.player.stop();
        if let Some(clip) = self.clips.get(clip) {
            // A speaker that has gone is silent; the flow goes on in text.
            let _ = self.player.repeat(&clip.samples());
        }
    }

    /// Is silent at once.
    pub fn stop(&mut self) {
        self.player.stop();
    }
}

/// As a telephone brings it. A recording that is missing is left out, as it is on a call.
fn samples(clips: &ClipStore, pieces: &[Piece], volume_db: i8) -> Vec<i16> {
    let louder = |clip: &Clip| match volume_db {
        0 => clip.samples(),
        db => clip.with_gain(db.into()).samples(),
    };
    let mut samples = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Clip(name) => {
                samples.extend(clips.get(name).into_iter().flat_map(|clip| louder(clip)))
            }
            Piece::Recording(_) => {} // nobody is recorded here
            Piece::Pause(ms) => {
                samples.resize(samples.len() + crate::audio::samples_in(u32::from(*ms)), 0)
            }
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::audio::recording::{Format, Recording, Voices};

    #[test]
    fn recordings_and_pauses_follow_one_another_and_what_is_missing_is_left_out() {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::new(&mut file, Format::Wav, Voices::Mono).unwrap();
        recording.write(&[8_000; 160]).unwrap();
        recording.finish().unwrap();
        let clips = ClipStore::read([("en-US/one".into(), file.into_inner())]).unwrap();
        let pieces =
            [Piece::Clip("en-US/one".into()), Piece::Pause(10), Piece::Clip("en-US/two".into())];
        let samples = samples(&clips, &pieces, 0);
        assert_eq!(samples.len(), 240);
        assert!(
            samples[..160].iter().all(|it| it.abs_diff(8_000) < 300)
                && samples[160..].iter().all(|it| *it == 0)
        );
    }
}

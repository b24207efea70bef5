//! Whether a recording can be played to callers, judged by its figures.

use std::fmt;

use crate::audio::measure::Measures;
use crate::speech::{Recording, RecordingKind};

/// What recordings have.
const RATE: u32 = 16_000;
/// Speech quieter than this is lost on a bad line; ours lie near -20.
const QUIETEST_DBFS: f32 = -32.0;
/// Speech louder than this is squeezed by telephones and frightens.
const LOUDEST_DBFS: f32 = -10.0;
/// Nobody remembers the first key of a menu that lasts longer.
const LONGEST_SECONDS: f32 = 25.0;
/// Silence at either end of a prompt: more sounds like a dead line.
const LONGEST_SILENCE_MS: u32 = 400;
/// Silence at either end of a joined piece: two of them make a hole of twice this.
const LONGEST_JOIN_MS: u32 = 110;

/// What is wrong with a recording.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    Missing,
    Unwanted,
    Unreadable(String),
    Rate(u32),
    Channels(u16),
    Clipped(u32),
    Quiet(f32),
    Loud(f32),
    Long(f32),
    /// Seconds, and the seconds that its text should take.
    NotItsText(f32, f32),
    /// Milliseconds of silence before and after.
    Silence(u32, u32),
}

/// Everything that is wrong with a recording, the worst first.
pub(super) fn troubles(wanted: &Recording, measures: &Measures) -> Vec<Trouble> {
    let mut found = Vec::new();
    if measures.rate != RATE {
        found.push(Trouble::Rate(measures.rate));
    }
    if measures.channels != 1 {
        found.push(Trouble::Channels(measures.channels));
    }
    if measures.clipped_samples > 0 {
        found.push(Trouble::Clipped(measures.clipped_samples));
    }
    if measures.speech_dbfs < QUIETEST_DBFS {
        found.push(Trouble::Quiet(measures.speech_dbfs));
    } else if measures.speech_dbfs > LOUDEST_DBFS {
        found.push(Trouble::Loud(measures.speech_dbfs));
    }
    let expected = wanted.length.as_secs_f32();
    if measures.seconds > LONGEST_SECONDS {
        found.push(Trouble::Long(measures.seconds));
    } else if measures.seconds > expected * 2.0 + 0.5 || measures.seconds < expected * 0.4 {
        found.push(Trouble::NotItsText(measures.seconds, expected));
    }
    let (before, after) = (measures.leading_silence_ms, measures.trailing_silence_ms);
    let most = match wanted.kind {
        RecordingKind::Prompt => LONGEST_SILENCE_MS,
        RecordingKind::Word | RecordingKind::Atom => LONGEST_JOIN_MS,
    };
    if before.max(after) > most {
        found.push(Trouble::Silence(before, after));
    }
    found
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing: `hotline prompts export` lists what to record"),
            Self::Unwanted => f.write_str("no text in the catalogue wants this recording"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Rate(rate) => write!(f, "has {rate} samples a second, not {RATE}"),
            Self::Channels(channels) => write!(f, "has {channels} channels, not 1"),
            Self::Clipped(samples) => write!(f, "is clipped: {samples} samples at full scale"),
            Self::Quiet(level) => write!(f, "is too quiet: {level:.0} dBFS, should be near -20"),
            Self::Loud(level) => write!(f, "is too loud: {level:.0} dBFS, should be near -20"),
            Self::Long(seconds) => {
                write!(f, "is too long: {seconds:.1} s, more than {LONGEST_SECONDS:.0}")
            }
            Self::NotItsText(seconds, expected) => {
                write!(f, "takes {seconds:.1} s, where its text takes about {expected:.1}")
            }
            Self::Silence(before, after) => {
                write!(f, "begins with {before} ms and ends with {after} ms of silence")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const GOOD: Measures = Measures {
        rate: 16_000,
        channels: 1,
        seconds: 2.0,
        peak_dbfs: -3.0,
        rms_dbfs: -22.0,
        speech_dbfs: -20.0,
        clipped_samples: 0,
        leading_silence_ms: 60,
        trailing_silence_ms: 60,
    };

    #[test]
    fn each_fault_of_a_recording_is_named_with_its_figure() {
        let wanted = |kind| Recording {
            clip: "zh-CN/welcome".into(),
            text: "您好".to_owned(),
            kind,
            length: Duration::from_secs(2),
        };
        #[rustfmt::skip]
        let table: [(RecordingKind, Measures, &[&str]); 13] = [
            (RecordingKind::Prompt, GOOD, &[]),
            (RecordingKind::Prompt, Measures { rate: 8_000, ..GOOD }, &["has 8000 samples a second, not 16000"]),
            (RecordingKind::Prompt, Measures { channels: 2, ..GOOD }, &["has 2 channels, not 1"]),
            (RecordingKind::Prompt, Measures { clipped_samples: 12, ..GOOD }, &["is clipped: 12 samples at full scale"]),
            (RecordingKind::Prompt, Measures { speech_dbfs: -40.0, ..GOOD }, &["is too quiet: -40 dBFS, should be near -20"]),
            (RecordingKind::Prompt, Measures { speech_dbfs: -8.0, ..GOOD }, &["is too loud: -8 dBFS, should be near -20"]),
            (RecordingKind::Prompt, Measures { seconds: 26.0, ..GOOD }, &["is too long: 26.0 s, more than 25"]),
            (RecordingKind::Prompt, Measures { seconds: 6.0, ..GOOD }, &["takes 6.0 s, where its text takes about 2.0"]),
            (RecordingKind::Prompt, Measures { seconds: 0.7, ..GOOD }, &["takes 0.7 s, where its text takes about 2.0"]),
            (RecordingKind::Prompt, Measures { leading_silence_ms: 300, ..GOOD }, &[]),
            (RecordingKind::Prompt, Measures { leading_silence_ms: 500, ..GOOD }, &["begins with 500 ms and ends with 60 ms of silence"]),
            (RecordingKind::Atom, Measures { trailing_silence_ms: 150, ..GOOD }, &["begins with 60 ms and ends with 150 ms of silence"]),
            (RecordingKind::Word, Measures { rate: 8_000, channels: 2, ..GOOD }, &["has 8000 samples a second, not 16000", "has 2 channels, not 1"]),
        ];
        for (kind, measures, expected) in table {
            let found: Vec<_> =
                troubles(&wanted(kind), &measures).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{measures:?}");
        }
    }
}

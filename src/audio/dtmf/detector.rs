//! When a sound is a key: the receiver of ITU-T Q.24, a machine that is fed with sound and answers with keys.
//!
//! | asked of us (Q.24, the strictest administration, unless a wider one does no harm) | done here |
//! | --- | --- |
//! | frequency within ±1.5 % is taken, beyond ±3.5 % refused | [`FARTHEST`] 2.3 %, measured from the phase |
//! | -3 to -29 dBm0 a tone | [`WEAKEST`] -32 dBm0, no upper limit |
//! | high tone up to 4 dB above and 8 dB below the low one | half a dB more on either side |
//! | 40 ms is a key, 23 ms is none | [`KEY_MS`] 30 ms |
//! | 40 ms of pause separate two keys, an interruption of 10 ms does not | [`PAUSE_MS`] 25 ms |
//! | speech is not a key | [`PURITY`] of the power in the two tones, their second harmonics missing |

use smallvec::SmallVec;

use super::bank::{HZ, Line, Spectrum};
use crate::audio::goertzel::{BLOCK, HOP, amplitude_at, windowed};
use crate::secret::Key;

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtmfEvent {
    /// A key is held, for 30 ms at least; told 35 to 50 ms after it went down. Act on this one.
    Start(Key),
    /// It is no longer held. Follows its `Start` before anything else does.
    End(Key),
}

/// Hears keys in 8 kHz sound. One for each stream and direction; 900 bytes, no allocation.
///
/// A frame of 20 ms costs less than a microsecond, but is wasted where RFC 4733 events were negotiated: there a tone
/// that is also heard would count twice.
#[derive(Clone, Debug)]
pub struct Detector {
    /// The block that is filled at present; its first half is the second half of the block before.
    block: [f32; BLOCK],
    filled: usize,
    before: Spectrum,
    /// A tone that is not long enough yet.
    coming: Option<Tone>,
    /// The key that is held, and for how many hops it has been missing.
    held: Option<(Tone, f32)>,
}

/// A pair of frequencies over some blocks.
#[derive(Clone, Copy, Debug)]
struct Tone {
    key: Key,
    row: Line,
    column: Line,
    /// Blocks that were the key beyond doubt.
    sure: u32,
    /// Length in hops. As the windows add up to one, so do the shares of a tone that they show.
    length: f32,
}

impl Default for Detector {
    fn default() -> Self {
        let block = [0.0; BLOCK];
        Self { block, filled: HOP, before: Spectrum::default(), coming: None, held: None }
    }
}

impl Detector {
    /// Hears `samples`, of any number, and tells which keys went down and up meanwhile.
    pub fn feed(&mut self, samples: &[i16]) -> SmallVec<[DtmfEvent; 4]> {
        let mut events = SmallVec::new();
        let mut rest = samples;
        while let Some(room) = self.block.get_mut(self.filled..).filter(|_| !rest.is_empty()) {
            let (now, later) = rest.split_at(rest.len().min(room.len()));
            room.iter_mut().zip(now).for_each(|(to, &from)| *to = f32::from(from));
            (rest, self.filled) = (later, self.filled + now.len());
            if self.filled == BLOCK {
                self.hear_block(&mut events);
                self.block.copy_within(HOP.., 0);
                self.filled = HOP;
            }
        }
        events
    }

    fn hear_block(&mut self, events: &mut SmallVec<[DtmfEvent; 4]>) {
        let (weighted, power) = windowed(&self.block);
        let (mut now, mut sure) = (Spectrum::default(), None);
        // Two tones of half the least amplitude have a power of a quarter of its square.
        if power > WEAKEST * WEAKEST / 4.0 {
            now = Spectrum::of(&weighted);
            sure = recognise(&weighted, power, &now, &self.before);
        }
        self.follow_held(&now, sure.as_ref(), events);
        self.follow_coming(&now, sure, events);
        self.before = now;
    }

    /// Looks whether the key that is held still is.
    fn follow_held(
        &mut self,
        now: &Spectrum,
        sure: Option<&Tone>,
        events: &mut SmallVec<[DtmfEvent; 4]>,
    ) {
        let Some((tone, missing)) = &mut self.held else { return };
        match sure.filter(|sure| sure.key == tone.key) {
            Some(sure) => (*tone, *missing) = (*sure, 0.0),
            None => *missing += 1.0 - tone.share_in(now),
        }
        if *missing * HOP_MS >= PAUSE_MS {
            events.push(DtmfEvent::End(tone.key));
            self.held = None;
        }
    }

    /// Looks whether a key goes down.
    fn follow_coming(
        &mut self,
        now: &Spectrum,
        sure: Option<Tone>,
        events: &mut SmallVec<[DtmfEvent; 4]>,
    ) {
        let held = self.held.as_ref().map(|(tone, _)| tone.key);
        let ended = match (&mut self.coming, sure) {
            (_, Some(sure)) if held == Some(sure.key) => return self.coming = None,
            (Some(tone), Some(sure)) if tone.key == sure.key => {
                *tone = Tone { sure: tone.sure + 1, length: tone.length + 1.0, ..sure };
                false
            }
            (coming, Some(sure)) => {
                // The block before may have had its beginning.
                *coming = Some(Tone { length: 1.0 + sure.share_in(&self.before), ..sure });
                false
            }
            (Some(tone), None) => {
                tone.length += tone.share_in(now);
                true
            }
            (None, None) => return,
        };
        if let Some(tone) =
            self.coming.filter(|tone| tone.sure >= 2 && tone.length * HOP_MS >= KEY_MS)
        {
            if let Some((other, _)) = self.held.take() {
                events.push(DtmfEvent::End(other.key));
            }
            events.push(DtmfEvent::Start(tone.key));
            let missing = if ended { 1.0 - tone.share_in(now) } else { 0.0 };
            (self.held, self.coming) = (Some((tone, missing)), None);
        } else if ended {
            self.coming = None;
        }
    }
}

impl Tone {
    /// How much of a block this tone fills: 1 when it is there all the time, about a half when it begins or ends in
    /// the middle.
    fn share_in(&self, spectrum: &Spectrum) -> f32 {
        let share = |line: &Line| spectrum.line(line.lane).amplitude / line.amplitude.max(1.0);
        share(&self.row).min(share(&self.column)).min(1.0)
    }
}

/// The key that a block is beyond doubt: two tones of the right frequencies and levels, and nothing else.
fn recognise(
    weighted: &[f32; BLOCK],
    power: f32,
    now: &Spectrum,
    before: &Spectrum,
) -> Option<Tone> {
    let (row, column) = now.strongest();
    let near = |line: &Line| {
        let offset = line.offset_hz(before)?;
        let farthest = HZ.get(line.lane)? * FARTHEST;
        (offset.abs() <= farthest).then(|| line.true_amplitude(offset))
    };
    let (low, high) = (near(&row)?, near(&column)?);

    let is_loud = low.min(high) >= WEAKEST;
    let is_level = low <= high * LOW_ABOVE_HIGH && high <= low * HIGH_ABOVE_LOW;
    // The power of a wave is half the square of its amplitude.
    let is_pure = (low * low + high * high) / 2.0 >= power * PURITY;
    if !(is_loud && is_level && is_pure) || has_harmonics(weighted, &row, &column) {
        return None;
    }
    let key =
        KEYS.get(row.lane)?.get(column.lane.checked_sub(4)?).copied().and_then(Key::from_event)?;
    Some(Tone { key, row, column, sure: 1, length: 1.0 })
}

/// Whether either tone has a second harmonic, as everything that is sung, spoken or played has. A row's cannot be told
/// from a column within 100 Hz of it (697 Hz and 1336 or 1477 Hz, for example), so there it is not asked for.
fn has_harmonics(weighted: &[f32; BLOCK], row: &Line, column: &Line) -> bool {
    let hz = |line: &Line| HZ.get(line.lane).copied().unwrap_or_default();
    let is_hidden = (2.0 * hz(row) - hz(column)).abs() < 100.0;
    let has = |line: &Line| amplitude_at(weighted, 2.0 * hz(line)) > line.amplitude * HARMONIC;
    (!is_hidden && has(row)) || has(column)
}

/// Event codes (RFC 4733 3.2) of each row.
const KEYS: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];

const HOP_MS: f32 = 10.0;
const KEY_MS: f32 = 30.0;
const PAUSE_MS: f32 = 25.0;
/// Amplitude of a tone at -32 dBm0, in 16-bit steps: `tone::peak(-32.0)`.
pub(super) const WEAKEST: f32 = 573.3;
/// Of the nominal frequency. Beyond 3.5 % of 1633 Hz the phase wraps, to -43 Hz, which is still refused.
const FARTHEST: f32 = 0.023;
/// Amplitudes: 8.5 and 4.5 dB.
const LOW_ABOVE_HIGH: f32 = 2.661;
const HIGH_ABOVE_LOW: f32 = 1.679;
/// Share of a block's power that must be in the two tones: the rest, noise and the edges of a tone, is 6 dB below.
const PURITY: f32 = 0.8;
/// Amplitude of a second harmonic, relative to its tone: -15 dB.
const HARMONIC: f32 = 0.178;

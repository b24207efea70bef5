//! Listening to one who is recorded: whether they speak, since when they are silent, and which of it is a key's tone.
//!
//! What is heard is held back for 80 ms: a key is known 35 to 50 ms after it went down, and no part of its tone may be
//! kept. Whoever presses a key to end the recording is cut by so much, which is the sound of the finger.

use super::dtmf::{Detector, DtmfEvent};
use super::{FRAME, samples_in};

/// The quietest that counts as speech, as root mean square: -42 dB below full scale, a whisper at the telephone.
const QUIETEST: f32 = 260.0;
/// Speech is so many times louder than what goes on without pause.
const ABOVE_NOISE: f32 = 2.5;
/// The loudest that is taken for noise.
const LOUDEST_NOISE: f32 = 400.0;
/// How fast the noise is taken for louder, each 20 ms: a third in a second. Quieter it is at once.
const NOISE_RISES: f32 = 1.006;
/// So many blocks of speech in all are somebody speaking; fewer are a click.
const SPEAKS: u32 = 5;
/// Who says nothing at first may think for so long, in blocks: 5 s.
const THINKING: u32 = 250;
/// Blocks that are held back.
const HELD: usize = 4;

/// 20 ms.
pub type Block = [i16; FRAME];

/// Listens to one who is recorded.
#[derive(Debug)]
pub struct Listener {
    keys: Detector,
    /// A key sounds.
    is_key: bool,
    held: [Block; HELD],
    /// How many of them are filled; the oldest is the first.
    filled: usize,
    noise: f32,
    /// Blocks in which somebody spoke.
    spoken: u32,
    /// Blocks since somebody spoke last.
    silent: u32,
    /// So many of these end the recording.
    silence: u32,
}

impl Listener {
    /// One whom `silence_ms` of silence end.
    #[must_use]
    pub fn new(silence_ms: u32) -> Self {
        let silence = samples_in(silence_ms).div_ceil(FRAME);
        Self {
            keys: Detector::default(),
            is_key: false,
            held: [[0; FRAME]; HELD],
            filled: 0,
            noise: LOUDEST_NOISE,
            spoken: 0,
            silent: 0,
            silence: u32::try_from(silence).unwrap_or(u32::MAX),
        }
    }

    /// Hears the next 20 ms, and gives those that are to be kept now.
    pub fn hear(&mut self, block: &Block) -> Option<Block> {
        let mut was_key = self.is_key;
        for event in self.keys.feed(block) {
            self.is_key = matches!(event, DtmfEvent::Start(_));
            if self.is_key {
                was_key = true;
                self.held = [[0; FRAME]; HELD];
            }
        }
        let block = if was_key { [0; FRAME] } else { *block };
        self.judge(&block);
        if let Some(room) = self.held.get_mut(self.filled) {
            *room = block;
            self.filled += 1;
            return None;
        }
        self.held.rotate_left(1);
        self.held.last_mut().map(|last| std::mem::replace(last, block))
    }

    fn judge(&mut self, block: &Block) {
        let power: f32 = block.iter().map(|it| f32::from(*it).powi(2)).sum::<f32>() / FRAME as f32;
        let level = power.sqrt();
        let speaks = level > QUIETEST.max(self.noise * ABOVE_NOISE);
        self.noise = level.min(self.noise * NOISE_RISES).clamp(1.0, LOUDEST_NOISE);
        if speaks {
            self.spoken = self.spoken.saturating_add(1);
            self.silent = 0;
        } else {
            self.silent = self.silent.saturating_add(1);
        }
    }

    /// Whether anybody spoke.
    #[must_use]
    pub const fn has_heard(&self) -> bool {
        self.spoken >= SPEAKS
    }

    /// Whether they have been silent for long enough.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let enough = if self.has_heard() { self.silence } else { self.silence.max(THINKING) };
        self.silent >= enough
    }

    /// What is still held back: for who did not end it by a key.
    #[must_use]
    pub fn rest(&self) -> &[Block] {
        self.held.get(..self.filled).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::RATE;
    use crate::audio::tone::{key_hz, peak};
    use crate::secret::Key;

    /// A voice that rises and falls three times a second, with noise below it.
    fn voice(blocks: usize, loudest: f32) -> Vec<Block> {
        wave(blocks, |at| {
            let swell = (at * 3.0 * std::f32::consts::TAU).sin().abs();
            (at * 180.0 * std::f32::consts::TAU).sin() * swell * loudest
        })
    }

    fn wave(blocks: usize, sample: impl Fn(f32) -> f32) -> Vec<Block> {
        let mut noise = 1_u32;
        let mut n = 0.0;
        let mut block = || {
            let mut block = [0; FRAME];
            for to in &mut block {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (noise >> 26) as f32 - 32.0;
                *to = (sample(n / RATE as f32) + hiss) as i16;
                n += 1.0;
            }
            block
        };
        (0..blocks).map(|_| block()).collect()
    }

    fn key(symbol: char, blocks: usize) -> Vec<Block> {
        let (row, column) = key_hz(Key::from_symbol(symbol).unwrap());
        wave(blocks, |at| {
            let sine = |hz: f32| (at * hz * std::f32::consts::TAU).sin() * peak(-10.0);
            sine(row) + sine(column)
        })
    }

    fn hear(listener: &mut Listener, blocks: &[Block]) -> Vec<i16> {
        blocks.iter().filter_map(|it| listener.hear(it)).flatten().collect()
    }

    #[test]
    fn everything_said_is_kept_in_order_a_little_later() {
        let said = voice(100, 8_000.0);
        let mut listener = Listener::new(3_000);
        let mut kept = hear(&mut listener, &said);
        kept.extend(listener.rest().iter().flatten());
        assert_eq!(kept, said.concat());
        assert!(listener.has_heard());
    }

    #[test]
    fn silence_ends_it_once_somebody_spoke_and_later_before() {
        let hiss = wave(400, |_| 0.0);
        let mut speaker = Listener::new(2_000);
        hear(&mut speaker, &voice(50, 3_000.0));
        hear(&mut speaker, &hiss[..90]);
        assert!(speaker.has_heard() && !speaker.is_silent());
        hear(&mut speaker, &hiss[..20]);
        assert!(speaker.is_silent());
        let mut thinker = Listener::new(2_000);
        hear(&mut thinker, &hiss[..249]);
        assert!(!thinker.has_heard() && !thinker.is_silent());
        hear(&mut thinker, &hiss[..1]);
        assert!(thinker.is_silent());
    }

    #[test]
    fn a_click_is_nobody_and_a_quiet_voice_is_somebody() {
        let mut clicked = Listener::new(2_000);
        hear(&mut clicked, &wave(100, |_| 0.0));
        hear(&mut clicked, &voice(3, 9_000.0));
        hear(&mut clicked, &wave(100, |_| 0.0));
        assert!(!clicked.has_heard());
        let mut quiet = Listener::new(2_000);
        hear(&mut quiet, &wave(20, |_| 0.0));
        hear(&mut quiet, &voice(60, 700.0));
        assert!(quiet.has_heard());
    }

    #[test]
    fn a_noisy_street_is_no_voice_for_ever() {
        let street = wave(1_500, |at| (at * 97.0 * std::f32::consts::TAU).sin() * 450.0);
        let mut listener = Listener::new(3_000);
        hear(&mut listener, &street);
        assert!(listener.is_silent());
    }

    #[test]
    fn nothing_of_a_key_is_kept() {
        for symbol in "0123456789*#".chars() {
            let quiet = || wave(30, |_| 0.0);
            let mut listener = Listener::new(3_000);
            let mut kept = hear(&mut listener, &[quiet(), key(symbol, 8), quiet()].concat());
            kept.extend(listener.rest().iter().flatten());
            let loudest = kept.iter().map(|it| it.unsigned_abs()).max().unwrap();
            assert!(loudest < 200, "{symbol}: {loudest}");
        }
    }
}

//! What to play for a packet that did not come: the last pitch period again, ever softer.
//!
//! In the manner of ITU-T G.711 Appendix I, without its delay of 3.75 ms: where the appendix holds sound back to blend
//! into a loss, this bends the first quarter of a period towards where the last heard sample was going.

use super::samples_in;

/// Conceals the losses of one stream. Fixed size, no allocation.
#[derive(Clone, Debug)]
pub struct Concealer {
    /// The last samples that were heard, the newest at the end.
    history: [i16; HISTORY],
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Hearing,
    /// `made` samples of the repetition were played.
    Concealing {
        repetition: Repetition,
        made: usize,
    },
}

/// What is repeated while packets are lost.
#[derive(Clone, Copy, Debug)]
struct Repetition {
    /// So many samples at the end of the history.
    period: usize,
    /// How far the last sample lay from where the period before had it: the step that the seam would have.
    bend: f32,
}

impl Default for Concealer {
    fn default() -> Self {
        Self { history: [0; HISTORY], state: State::Hearing }
    }
}

impl Concealer {
    /// Takes a frame that came. The first one after a loss is blended with what was made up, so that it does not click.
    pub fn heard(&mut self, frame: &mut [i16]) {
        if let State::Concealing { repetition, made } = self.state {
            // G.711 App. I: 4 ms, and 4 ms more for each 10 ms that were lost, at most 10 ms.
            let blend = (BLEND + made * 2 / 5).min(LONGEST_BLEND).min(frame.len());
            for (n, sample) in frame.iter_mut().take(blend).enumerate() {
                let share = (n + 1) as f32 / (blend + 1) as f32;
                let made_up = f32::from(self.repeated(repetition, made + n)) * (1.0 - share);
                *sample = (f32::from(*sample) * share + made_up) as i16;
            }
            self.state = State::Hearing;
        }
        self.remember(frame);
    }

    /// Fills a frame that did not come. After 60 ms there is silence: nobody is deceived for longer.
    pub fn lost(&mut self, frame: &mut [i16]) {
        let (repetition, made) = match self.state {
            State::Concealing { repetition, made } => (repetition, made),
            State::Hearing => (self.begin(), 0),
        };
        for (n, sample) in frame.iter_mut().enumerate() {
            *sample = self.repeated(repetition, made + n);
        }
        self.state = State::Concealing { repetition, made: (made + frame.len()).min(SILENT_AFTER) };
    }

    fn begin(&mut self) -> Repetition {
        let period = self.pitch_period();
        let at = |back: usize| self.history.get(HISTORY - back).copied().map_or(0.0, f32::from);
        let bend = at(1) - at(period + 1);
        self.smooth_the_seam(period);
        Repetition { period, bend }
    }

    /// Sample `n` of the repetition.
    fn repeated(&self, Repetition { period, bend }: Repetition, n: usize) -> i16 {
        // Full for 10 ms, then straight down to nothing at 60 ms (G.711 App. I).
        let left = SILENT_AFTER.saturating_sub(n.max(FULL_UNTIL)) as f32;
        let gain = left / (SILENT_AFTER - FULL_UNTIL) as f32;
        let sample =
            self.history.get(HISTORY - period + n % period).copied().map_or(0.0, f32::from);
        let bent = sample + bend * (1.0 - n as f32 / (period / 4) as f32).max(0.0);
        (bent * gain) as i16
    }

    /// Blends the end of the repeated period into what came before its beginning, so that it can follow itself.
    fn smooth_the_seam(&mut self, period: usize) {
        let quarter = period / 4;
        for n in 0..quarter {
            let share = (n + 1) as f32 / (quarter + 1) as f32;
            let before =
                self.history.get(HISTORY - period - quarter + n).copied().unwrap_or_default();
            if let Some(sample) = self.history.get_mut(HISTORY - quarter + n) {
                *sample = (f32::from(*sample) * (1.0 - share) + f32::from(before) * share) as i16;
            }
        }
    }

    /// The period, 5 to 15 ms (66 to 200 Hz), at which the last 20 ms are most like what came before.
    fn pitch_period(&self) -> usize {
        let (past, recent) = self.history.split_at(HISTORY - COMPARED);
        let likeness = |period: &usize| {
            let then =
                self.history.get(HISTORY - COMPARED - period..HISTORY - period).unwrap_or(past);
            let (mut product, mut power) = (0_i64, 1_i64);
            for (&now, &then) in recent.iter().zip(then) {
                product += i64::from(now) * i64::from(then);
                power += i64::from(then) * i64::from(then);
            }
            product as f64 / (power as f64).sqrt()
        };
        let periods = SHORTEST_PERIOD..=LONGEST_PERIOD;
        periods
            .map(|it| (it, likeness(&it)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(LONGEST_PERIOD, |best| best.0)
    }

    fn remember(&mut self, frame: &[i16]) {
        let kept = frame.len().min(HISTORY);
        self.history.copy_within(kept.., 0);
        let newest = frame.iter().skip(frame.len() - kept);
        self.history.iter_mut().skip(HISTORY - kept).zip(newest).for_each(|(to, from)| *to = *from);
    }
}

const SHORTEST_PERIOD: usize = samples_in(5);
const LONGEST_PERIOD: usize = samples_in(15);
const COMPARED: usize = samples_in(20);
/// Room to compare at the longest period and to blend a quarter of it.
const HISTORY: usize = COMPARED + LONGEST_PERIOD + LONGEST_PERIOD / 4 + 1;
const FULL_UNTIL: usize = samples_in(10);
const SILENT_AFTER: usize = samples_in(60);
const BLEND: usize = samples_in(4);
const LONGEST_BLEND: usize = samples_in(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::joins::click;
    use crate::audio::tone::{Burst, Tone};
    use crate::audio::{FRAME, samples_in};

    /// A voiced sound: 125 Hz and its harmonics, one second.
    fn vowel() -> Vec<i16> {
        Tone {
            dbm0: -18.0,
            bursts: &[Burst { hz: &[125.0, 250.0, 375.0, 500.0, 625.0, 1_250.0], ms: 1_000 }],
        }
        .samples()
    }

    /// `sound` with the frames of `lost` concealed.
    fn conceal(sound: &[i16], lost: std::ops::Range<usize>) -> Vec<i16> {
        let mut concealer = Concealer::default();
        let mut heard = sound.to_vec();
        for (index, frame) in heard.chunks_exact_mut(FRAME).enumerate() {
            if lost.contains(&index) {
                frame.fill(0);
                concealer.lost(frame);
            } else {
                concealer.heard(frame);
            }
        }
        heard
    }

    fn power(samples: &[i16]) -> f64 {
        samples.iter().map(|&it| f64::from(it).powi(2)).sum::<f64>() / samples.len() as f64
    }

    #[test]
    fn a_lost_frame_of_a_vowel_is_hardly_different() {
        let sound = vowel();
        let heard = conceal(&sound, 10..11);
        let lost = 10 * FRAME..11 * FRAME;
        let difference: Vec<i16> = lost.clone().map(|n| sound[n].wrapping_sub(heard[n])).collect();
        let ratio = 10.0 * (power(&sound[lost.clone()]) / power(&difference)).log10();
        assert!(ratio > 15.0, "{ratio} dB between the sound and the mistake");
        let (begins, ends) = (click(&heard, lost.start), click(&heard, lost.end));
        assert!(begins < 2.0 && ends < 2.0, "clicks of {begins} and {ends}");
    }

    #[test]
    fn a_long_loss_fades_to_silence_and_comes_back_softly() {
        let heard = conceal(&vowel(), 10..20);
        let frames: Vec<f64> = heard.chunks_exact(FRAME).skip(9).take(12).map(power).collect();
        assert!(frames.windows(2).take(3).all(|two| two[1] < two[0]), "{frames:?}");
        assert!(frames[4..11].iter().all(|&it| it < 1.0), "{frames:?}");
        assert!(click(&heard, 20 * FRAME) < 2.0);
    }

    #[test]
    fn nothing_heard_conceals_to_nothing() {
        let mut frame = [7; FRAME];
        Concealer::default().lost(&mut frame);
        assert_eq!(frame, [0; FRAME]);
    }

    #[test]
    fn frames_of_any_length_are_taken() {
        let mut concealer = Concealer::default();
        for length in [0, 1, 80, 160, 240, samples_in(60), 2_000] {
            concealer.heard(&mut vec![100; length]);
            concealer.lost(&mut vec![0; length]);
        }
    }
}

//! Which prompt was heard, and when: a recording of what came through the telephone, searched for what should be in it.
//!
//! First coarsely, by how loud six bands are every 10 ms, which survives codecs, levels and shifts; then the best
//! places sample by sample, piece by piece, so that a lost or doubled packet in the middle spoils one piece and no more.

use std::ops::{Range, RangeInclusive};

use super::goertzel::{BLOCK, HOP, amplitude_at, windowed};
use super::samples_in;

/// Where something was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// From the beginning of the recording to the beginning of what was expected, in milliseconds.
    pub position_ms: u32,
    /// 1 is the very same sound, 0 none of it. G.711 twice over gives 0.95 and more, another sentence in the same
    /// voice less than 0.5: see [`Found::is_heard`].
    pub score: f32,
}

impl Found {
    /// Whether what was expected was heard, beyond doubt.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.score >= 0.8
    }
}

/// Searches `heard` for the whole of `expected`, both at 8 kHz, and tells the best place. For a prompt that was cut
/// short by a key, give its first part. `None` when `expected` has nothing audible, or `heard` is shorter.
///
/// A minute is searched for a sentence in some 10 ms (released build); both may be as long as memory allows, the work
/// grows with the product of the two.
#[must_use]
pub fn find(heard: &[i16], expected: &[i16]) -> Option<Found> {
    let pieces = Piece::cut(expected);
    if pieces.is_empty() || heard.len() + SLACK < expected.len() {
        return None;
    }
    // What was expected may have begun a moment before the recording, or gone on after it.
    let heard = Heard::new(heard);
    let found = likely_places(&Bands::of(&heard.samples), Bands::of(expected));
    let placed = found.into_iter().map(|hop| compare_at(&heard, hop * HOP, &pieces));
    let (place, score) = placed.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let position = place.saturating_sub(SLACK);
    Some(Found { position_ms: u32::try_from(position / samples_in(1)).unwrap_or(u32::MAX), score })
}

/// Which of `candidates` is heard best, as an index, and where.
#[must_use]
pub fn which<'a>(
    heard: &[i16],
    candidates: impl IntoIterator<Item = &'a [i16]>,
) -> Option<(usize, Found)> {
    let found = candidates
        .into_iter()
        .enumerate()
        .filter_map(|(index, it)| Some((index, find(heard, it)?)));
    found.max_by(|a, b| a.1.score.total_cmp(&b.1.score))
}

/// How loud each band is, in nepers above [`QUIET`]: every 10 ms one figure for each of [`BANDS`], one after the other.
struct Bands(Vec<f32>);

impl Bands {
    fn of(samples: &[i16]) -> Self {
        let mut figures = Vec::with_capacity(samples.len().div_ceil(HOP) * BANDS.len());
        for start in (0..samples.len()).step_by(HOP) {
            let mut block = [0.0; BLOCK];
            let from = samples.iter().skip(start);
            block.iter_mut().zip(from).for_each(|(to, &from)| *to = f32::from(from));
            let (weighted, _) = windowed(&block);
            figures.extend(BANDS.map(|hz| (amplitude_at(&weighted, hz) / QUIET).max(1.0).ln()));
        }
        Self(figures)
    }

    /// The figures less their mean, so that a product with them is a covariance.
    fn centred(mut self) -> Self {
        let mean = self.0.iter().sum::<f32>() / self.0.len().max(1) as f32;
        self.0.iter_mut().for_each(|it| *it -= mean);
        self
    }
}

/// The hops at which `expected` may begin in `heard`: the best [`PLACES`], each the best of its neighbourhood.
fn likely_places(heard: &Bands, expected: Bands) -> Vec<usize> {
    let expected = expected.centred();
    let length = expected.0.len().min(heard.0.len()).max(1);
    let windows = heard.0.windows(length).step_by(BANDS.len()).enumerate();
    let mut scored: Vec<(usize, f32)> =
        windows.map(|(hop, window)| (hop, likeness(window, &expected.0))).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut places: Vec<usize> = Vec::with_capacity(PLACES);
    for (hop, _) in scored {
        if places.len() == PLACES {
            break;
        }
        if places.iter().all(|place| place.abs_diff(hop) > 3) {
            places.push(hop);
        }
    }
    places
}

/// The correlation coefficient of `heard` with what is `expected`, but for a factor that is the same for every place.
fn likeness(heard: &[f32], expected: &[f32]) -> f32 {
    let (mut sum, mut squares, mut covariance) = (0.0, 0.0, 0.0);
    for (heard, expected) in heard.iter().zip(expected) {
        sum += heard;
        squares += heard * heard;
        covariance += heard * expected;
    }
    let variance = squares - sum * sum / heard.len() as f32;
    if variance <= f32::EPSILON { 0.0 } else { covariance / variance.sqrt() }
}

/// A part of what is expected that has something audible in it.
struct Piece<'a> {
    /// Samples from the beginning of the whole.
    offset: usize,
    samples: &'a [i16],
    /// Root of the energy.
    weight: f32,
}

impl<'a> Piece<'a> {
    /// Cuts `expected` into pieces, and leaves out those more than 25 dB below the loudest: noise and pauses.
    fn cut(expected: &'a [i16]) -> Vec<Self> {
        let pieces = expected.chunks(PIECE).enumerate();
        let mut pieces: Vec<Self> = pieces
            .map(|(index, samples)| {
                let energy: f32 = samples.iter().map(|&it| f32::from(it) * f32::from(it)).sum();
                Self { offset: index * PIECE, samples, weight: energy.sqrt() }
            })
            .collect();
        let loudest = pieces.iter().map(|piece| piece.weight).fold(0.0, f32::max);
        let quiet = QUIET * (PIECE as f32).sqrt() / 8.0;
        pieces.retain(|piece| piece.weight > quiet && piece.weight > loudest / 18.0);
        pieces
    }

    /// The best correlation coefficient within `reach` samples of `at`, and where it is: every place is tried with
    /// every second sample, and the best of them and its neighbours with all.
    fn best_near(&self, heard: &Heard, at: usize, reach: usize) -> (usize, f32) {
        let best = |places: RangeInclusive<usize>, every: usize| {
            let placed = places.map(|place| (place, self.likeness_at(heard, place, every)));
            // A steady tone is alike in many places: the nearest is meant.
            let rank = |it: &(usize, f32)| it.1 - it.0.abs_diff(at) as f32 * 1e-6;
            placed.max_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap_or((at, 0.0))
        };
        let (place, _) = best(at.saturating_sub(reach)..=at + reach, 2);
        best(place.saturating_sub(1)..=place + 1, 1)
    }

    /// The correlation coefficient at `place`; from every second sample it is an estimate.
    fn likeness_at(&self, heard: &Heard, place: usize, every: usize) -> f32 {
        let range = place..place + self.samples.len();
        let Some(samples) = heard.samples.get(range.clone()) else { return 0.0 };
        let pairs = samples.iter().zip(self.samples).step_by(every);
        let product: i64 = pairs.map(|(&a, &b)| i64::from(i32::from(a) * i32::from(b))).sum();
        product as f32 * every as f32 / (heard.energy(range) as f32).sqrt().max(1.0) / self.weight
    }
}

/// What was heard, with silence around it.
struct Heard {
    samples: Vec<i16>,
    /// Energy before each sample, and at last of all.
    energies: Vec<i64>,
}

impl Heard {
    fn new(heard: &[i16]) -> Self {
        let samples = [&[0; SLACK], heard, &[0; SLACK]].concat();
        let mut energies = vec![0];
        let mut energy = 0;
        energies.extend(samples.iter().map(|&it| {
            energy += i64::from(it) * i64::from(it);
            energy
        }));
        Self { samples, energies }
    }

    fn energy(&self, range: Range<usize>) -> i64 {
        let before = |place| self.energies.get(place).copied().unwrap_or_default();
        before(range.end) - before(range.start)
    }
}

/// Compares the whole with what is heard around `place`: where it begins exactly, and how like it is.
fn compare_at(heard: &Heard, place: usize, pieces: &[Piece<'_>]) -> (usize, f32) {
    let (mut begins, mut shift) = (None, 0_isize);
    let (mut score, mut weight) = (0.0, 0.0);
    for piece in pieces {
        let at = (place + piece.offset).saturating_add_signed(shift);
        let reach = if begins.is_none() { FIRST_REACH } else { NEXT_REACH };
        let mut best = piece.best_near(heard, at, reach);
        if best.1 < DOUBTFUL && begins.is_some() {
            // A packet may have been lost or doubled on the way.
            let farther = piece.best_near(heard, at, LOST_REACH);
            best = if farther.1 > best.1 + 0.1 { farther } else { best };
        }
        if best.1 >= DOUBTFUL {
            shift = best.0 as isize - (place + piece.offset) as isize;
            begins.get_or_insert(best.0.saturating_sub(piece.offset));
        }
        score += best.1 * piece.weight;
        weight += piece.weight;
    }
    (begins.unwrap_or(place), score / weight.max(f32::EPSILON))
}

/// Middles of the bands in Hz, spread as hearing is.
const BANDS: [f32; 6] = [300.0, 550.0, 900.0, 1_400.0, 2_000.0, 2_800.0];
/// Amplitude below which a band is silent: about -60 dBm0.
const QUIET: f32 = 30.0;
/// How far what was expected may stick out of the recording.
const SLACK: usize = samples_in(200);
/// Places that are compared sample by sample.
const PLACES: usize = 3;
const PIECE: usize = samples_in(200);
/// The coarse search is right to a hop, but for the packets that were lost or doubled.
const FIRST_REACH: usize = samples_in(32);
const NEXT_REACH: usize = samples_in(1);
const LOST_REACH: usize = samples_in(65);
const DOUBTFUL: f32 = 0.6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Codec;

    /// Something like a sentence: a buzz at `pitch` through two wandering resonances, with pauses.
    fn sentence(seed: u32, pitch: f32, ms: u32) -> Vec<i16> {
        let mut state = seed.max(1);
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32
        };
        let (mut sound, mut phase, mut memory) = (Vec::new(), 0.0_f32, [[0.0_f32; 2]; 2]);
        while sound.len() < samples_in(ms) {
            let length = samples_in(80 + (random() * 160.0) as u32);
            let (formants, is_pause) =
                ([300.0 + 600.0 * random(), 900.0 + 1_500.0 * random()], random() < 0.2);
            for n in 0..length {
                phase += pitch * (1.0 + 0.1 * (sound.len() as f32 / 4_000.0).sin()) / 8_000.0;
                let pulse = if phase >= 1.0 && !is_pause { 1.0 } else { 0.0 };
                phase = phase.fract();
                let mut sum = 0.0;
                for (state, hz) in memory.iter_mut().zip(formants) {
                    let out = pulse
                        + 1.94 * (std::f32::consts::TAU * hz / 8_000.0).cos() * state[0]
                        - 0.94 * state[1];
                    *state = [out, state[0]];
                    sum += out;
                }
                let swell = (n as f32 / length as f32 * std::f32::consts::PI).sin();
                sound.push((sum * (0.3 + swell) * 2_000.0) as i16);
            }
        }
        sound.truncate(samples_in(ms));
        sound
    }

    fn through(codec: Codec, sound: &[i16]) -> Vec<i16> {
        codec.decode_to_vec(&codec.encode_to_vec(sound))
    }

    #[track_caller]
    fn check(found: Option<Found>, position_ms: u32) {
        let found = found.unwrap();
        assert!(
            found.is_heard() && found.position_ms.abs_diff(position_ms) <= 1,
            "{found:?}, not at {position_ms} ms"
        );
    }

    #[test]
    fn each_sentence_is_found_where_it_was_said() {
        let [one, two, three] = [3, 5, 8].map(|seed| sentence(seed, 130.0, 1_500));
        let gap = vec![3; samples_in(437)];
        let call = [&gap, &one, &gap, &two, &three].map(Vec::as_slice).concat();
        for codec in Codec::ALL {
            let heard = through(codec, &call);
            check(find(&heard, &one), 437);
            check(find(&heard, &two), 437 + 1_500 + 437);
            check(find(&heard, &three), 437 + 1_500 + 437 + 1_500);
        }
        assert_eq!(which(&two, [&one[..], &two, &three]).map(|best| best.0), Some(1));
    }

    #[test]
    fn another_sentence_in_the_same_voice_is_not_heard() {
        let heard = through(Codec::Pcma, &sentence(3, 130.0, 4_000));
        for seed in [5, 8, 13, 21] {
            let found = find(&heard, &sentence(seed, 130.0, 1_500)).unwrap();
            assert!(found.score < 0.6, "{found:?}");
        }
    }

    #[test]
    fn half_a_sentence_is_not_the_sentence() {
        let whole = sentence(3, 130.0, 2_000);
        let half = &whole[..samples_in(1_000)];
        let heard = [half, &vec![0; samples_in(2_000)]].concat();
        assert!(!find(&heard, &whole).unwrap().is_heard());
        check(find(&heard, half), 0);
    }

    #[test]
    fn levels_lost_packets_and_shifts_do_not_matter() {
        let said = sentence(3, 130.0, 2_000);
        let mut quiet: Vec<i16> = said.iter().map(|it| it / 8).collect();
        check(find(&through(Codec::Pcmu, &quiet), &said), 0);
        quiet[8_000..8_160].fill(0);
        check(find(&quiet, &said), 0);
        // A packet dropped by the one who listened, and one more of silence: the rest comes 20 ms early or late.
        let early = [&said[..8_000], &said[8_160..]].concat();
        check(find(&early, &said), 0);
        let late = [&[0; 4_000], &said[..8_000], &[0; 160], &said[8_000..]].concat();
        check(find(&late, &said), 500);
    }

    #[test]
    fn a_beginning_that_the_recording_missed_is_forgiven() {
        let said = sentence(3, 130.0, 2_000);
        check(find(&said[samples_in(90)..], &said), 0);
    }

    #[test]
    fn nothing_is_not_found_and_not_found_in_nothing() {
        let said = sentence(3, 130.0, 500);
        assert_eq!(find(&said, &[]), None);
        assert_eq!(find(&said, &[0; 2_000]), None);
        assert_eq!(find(&[], &said), None);
        assert!(!find(&[0; 8_000], &said).unwrap().is_heard());
    }
}

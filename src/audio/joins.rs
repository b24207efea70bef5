//! How audible a join is: the click that two atoms make where they meet.

use super::samples_in;

/// How much sharper the sound bends within 1 ms of sample `at` than it does in the 20 ms around: 1 is as sharp as the
/// sharpest bend of the neighbourhood. A join of two quiet ends stays below 2; a cut wave gives 5 and more.
///
/// Bends are second differences, in which a click is a spike and speech is not. Near silence (bends below 64 of 32,768)
/// nothing is audible, so there the figure is taken relative to that.
#[must_use]
pub fn click(samples: &[i16], at: usize) -> f32 {
    let join = at.saturating_sub(JOIN)..=at + JOIN;
    let around = at.saturating_sub(AROUND)..=at + AROUND;
    let (mut sharpest, mut elsewhere) = (0.0_f32, SILENT);
    for (middle, bend) in bends(samples) {
        if join.contains(&middle) {
            sharpest = sharpest.max(bend);
        } else if around.contains(&middle) {
            elsewhere = elsewhere.max(bend);
        }
    }
    sharpest / elsewhere
}

/// The loudest click of `joins`, and where it is.
#[must_use]
pub fn loudest_click(
    samples: &[i16],
    joins: impl IntoIterator<Item = usize>,
) -> Option<(usize, f32)> {
    let clicks = joins.into_iter().map(|at| (at, click(samples, at)));
    clicks.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The second difference at each sample that has two neighbours.
fn bends(samples: &[i16]) -> impl Iterator<Item = (usize, f32)> {
    samples.windows(3).enumerate().filter_map(|(before, three)| match *three {
        [a, b, c] => Some((before + 1, (f32::from(a) - 2.0 * f32::from(b) + f32::from(c)).abs())),
        _ => None,
    })
}

const JOIN: usize = samples_in(1);
const AROUND: usize = samples_in(20);
const SILENT: f32 = 64.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::tone::{BEEP, Burst, Tone};

    #[test]
    fn soft_ends_join_without_a_click_and_a_cut_wave_with_one() {
        let soft = BEEP.samples();
        let joined = [soft.as_slice(), &soft].concat();
        let quiet = click(&joined, soft.len());
        assert!(quiet < 2.0, "{quiet}");

        let long = Tone { dbm0: -13.0, bursts: &[Burst { hz: &[300.0], ms: 300 }] }.samples();
        let cut = [&long[..samples_in(100) + 7], &long[samples_in(150)..]].concat();
        let (at, loud) = loudest_click(&cut, [samples_in(50), samples_in(100) + 7]).unwrap();
        assert_eq!(at, samples_in(100) + 7);
        assert!(loud > 5.0, "{loud}");
    }

    #[test]
    fn silence_does_not_click() {
        assert_eq!(click(&[0; 800], 400), 0.0);
        assert_eq!(click(&[], 0), 0.0);
    }
}

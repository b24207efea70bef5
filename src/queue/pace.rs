//! How fast a queue moves, measured, and the wait that follows from it.

use std::time::Duration;

use crate::time::Mono;

/// Fewer measured answers give no estimate: one long call would be told to everybody as the rule.
const ENOUGH: u32 = 3;
/// Each answer weighs an eighth: the estimate has followed a change of shift after about ten calls.
const MEMORY: u32 = 8;

/// The mean time between two answers while somebody was waiting.
///
/// Measured at the queue itself, it needs no number of agents: those who serve several queues, are slow, or
/// miss their offers are in it already.
#[derive(Default)]
pub(super) struct Pace {
    mean: Duration,
    measured: u32,
    /// The last answer, or when the line last began to form, whichever is later.
    since: Mono,
}

impl Pace {
    /// Somebody waits where nobody did.
    pub(super) fn line_begins(&mut self, now: Mono) {
        self.since = self.since.max(now);
    }

    /// A caller was answered; only those who had to wait tell something of the pace.
    pub(super) fn answered(&mut self, now: Mono, had_to_wait: bool) {
        if had_to_wait {
            self.mean = self.mean_with(now - self.since);
            self.measured = self.measured.saturating_add(1);
        }
        self.since = now;
    }

    /// The wait of the caller at `position` (1 is next), in whole minutes, upwards: nobody is told '0 minutes'.
    ///
    /// `None` while too little was measured, and when it would exceed `limit`: the caller will overflow before.
    pub(super) fn estimate(&self, now: Mono, position: usize, limit: Duration) -> Option<Duration> {
        if self.measured < ENOUGH {
            return None;
        }
        // When the queue stands still, the present pause counts as if it ended now, or the estimate would stay rosy.
        let pause = now - self.since;
        let each = if pause > self.mean { self.mean_with(pause) } else { self.mean };
        let wait = each.saturating_mul(u32::try_from(position).unwrap_or(u32::MAX));
        let whole = Duration::from_secs(wait.as_secs().div_ceil(60).max(1).saturating_mul(60));
        (whole <= limit).then_some(whole)
    }

    fn mean_with(&self, sample: Duration) -> Duration {
        let weight = self.measured.saturating_add(1).min(MEMORY);
        (self.mean.saturating_mul(weight - 1).saturating_add(sample)) / weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3_600);

    fn at(seconds: u64) -> Mono {
        Mono::from_millis(seconds * 1_000)
    }

    fn steady(seconds: u64, answers: u64) -> Pace {
        let mut pace = Pace::default();
        pace.line_begins(at(0));
        for n in 1..=answers {
            pace.answered(at(n * seconds), true);
        }
        pace
    }

    #[test]
    fn nothing_is_told_before_three_answers_were_measured() {
        assert_eq!(steady(40, 2).estimate(at(80), 1, LIMIT), None);
        assert_eq!(steady(40, 3).estimate(at(120), 1, LIMIT), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_steady_queue_is_estimated_to_the_minute() {
        // 40 s an answer: 1 → 40 s, 2 → 80 s, 6 → 240 s, 7 → 280 s, each rounded up.
        let pace = steady(40, 20);
        let told = [1, 2, 6, 7]
            .map(|position| pace.estimate(at(800), position, LIMIT).unwrap().as_secs() / 60);
        assert_eq!(told, [1, 2, 4, 5]);
    }

    #[test]
    fn callers_served_at_once_do_not_make_the_pace_look_faster() {
        let mut pace = steady(40, 8);
        for n in 0..50 {
            pace.answered(at(321 + n), false);
        }
        assert_eq!(pace.estimate(at(371), 3, LIMIT), Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_queue_that_stands_still_is_not_promised_a_minute() {
        let pace = steady(40, 8);
        // 320 s of nothing weigh an eighth: (7 × 40 + 320) / 8 = 75 s.
        assert_eq!(pace.estimate(at(640), 1, LIMIT), Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_wait_beyond_the_maximum_is_not_told() {
        assert_eq!(steady(40, 8).estimate(at(320), 20, Duration::from_secs(600)), None);
    }

    #[test]
    fn a_quiet_night_is_no_part_of_the_pace() {
        let mut pace = steady(40, 8);
        pace.line_begins(at(30_000));
        pace.answered(at(30_040), true);
        assert_eq!(pace.estimate(at(30_040), 1, LIMIT), Some(Duration::from_secs(60)));
    }
}

//! Chance, out of a seed: the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The chance of one call.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// That of call `nth` of a run with `seed`.
    pub(super) fn new(seed: u64, nth: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(nth);
        Self(rng)
    }

    /// One of `0..below`; 0 if there is none.
    pub(super) fn below(&mut self, below: usize) -> usize {
        let below = u64::try_from(below).unwrap_or(u64::MAX).max(1);
        // Not quite even for a large `below`; nobody can tell.
        usize::try_from(self.0.next_u64() % below).unwrap_or_default()
    }

    /// Yes, so many times in a hundred.
    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Whole milliseconds in tenths of a second, `from..=to` of them.
    pub(super) fn tenths(&mut self, from: usize, to: usize) -> std::time::Duration {
        let tenths = from + self.below(to.saturating_sub(from) + 1);
        std::time::Duration::from_millis(100 * u64::try_from(tenths).unwrap_or_default())
    }
}

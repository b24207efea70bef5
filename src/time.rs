//! Monotonic time as every machine is told it.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since the process or the scenario began.
///
/// Stored with a call, it replays exactly. Where the calendar matters (opening hours, spoken dates) the wall clock,
/// a `jiff::Timestamp`, comes in beside it. Arithmetic saturates: 2^64 µs are 584,000 years.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mono(u64);

impl Mono {
    /// When the process or the scenario began.
    pub const ZERO: Self = Self(0);

    /// A moment, `us` microseconds after the beginning.
    #[must_use]
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// A moment, `ms` milliseconds after the beginning.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// Microseconds since the beginning.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; nothing if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Mono {
    fn add_assign(&mut self, by: Duration) {
        *self = *self + by;
    }
}

impl Sub for Mono {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// Seconds with milliseconds, as in `12.345s`.
impl fmt::Debug for Mono {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1_000_000, self.0 / 1_000 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backwards_or_over() {
        let noon = Mono::from_millis(43_200_000);
        assert_eq!(noon - (noon + Duration::from_secs(1)), Duration::ZERO);
        assert_eq!((noon + Duration::from_millis(1_500)) - noon, Duration::from_millis(1_500));
        assert_eq!(noon + Duration::MAX, Mono::from_micros(u64::MAX));
        assert_eq!(format!("{:?}", Mono::from_micros(12_345_678)), "12.345s");
    }
}

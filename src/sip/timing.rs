//! The three times that all SIP timers are made of (RFC 3261 17.1.1.1 and table 4).

use std::time::Duration;

/// Base times of the transaction timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Estimate of a round trip; 500 ms.
    pub t1: Duration,
    /// Longest pause between two repetitions; 4 s.
    pub t2: Duration,
    /// How long a message can stay in the network; 5 s.
    pub t4: Duration,
}

impl Timing {
    /// RFC 3261's own values.
    pub const RFC: Self = Self {
        t1: Duration::from_millis(500),
        t2: Duration::from_secs(4),
        t4: Duration::from_secs(5),
    };

    /// 64 × T1: timers B, F, H, J, L and M, and the patience of a 2xx that waits for its ACK.
    #[must_use]
    pub const fn patience(self) -> Duration {
        self.t1.saturating_mul(64)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::RFC
    }
}

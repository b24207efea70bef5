//! What the callers count and time.

use std::time::Duration;

/// Figures of one window.
#[derive(Default)]
pub(crate) struct Figures {
    /// Packets that the callers sent: 50 are one second of one call.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Packets towards the callers that never came, by their sequence numbers.
    pub(crate) lost: u64,
    /// Packets towards the server that it misses, as its RTCP reports say.
    pub(crate) missed: u64,
    /// Times between two packets of one call, all and those within 20 ± 5 ms.
    pub(crate) gaps: u64,
    pub(crate) even: u64,
    /// Packets that came while the callers themselves were behind: their times say nothing.
    pub(crate) unjudged: u64,
    /// From INVITE to 200.
    pub(crate) answers: Vec<Duration>,
    /// From a key's first packet to the next prompt's first.
    pub(crate) keys: Vec<Duration>,
    /// Keys after which no other prompt came within a second.
    pub(crate) unheard: u64,
    /// Set-ups that ended with BYE and its answer.
    pub(crate) done: u64,
    /// 503, and every other refusal.
    pub(crate) refused: u64,
    pub(crate) failed: u64,
    /// Requests sent again after half a second.
    pub(crate) repeated: u64,
}

impl Figures {
    /// Seconds that calls lasted, added up.
    pub(crate) fn call_seconds(&self) -> f64 {
        self.sent as f64 / 50.0
    }

    /// Share of even gaps, in percent.
    pub(crate) fn even_percent(&self) -> f64 {
        100.0 * self.even as f64 / self.gaps.max(1) as f64
    }
}

/// The time that `share` (0..=1) of `times` do not exceed, in milliseconds.
pub(crate) fn at_share(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).map_or(f64::NAN, |it| it.as_secs_f64() * 1e3)
}

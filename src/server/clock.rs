//! The process's clock: what the machines are told.

use std::time::{Duration, Instant};

use crate::time::Mono;

/// Counts from when the server began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// What `Mono::ZERO` stands for.
    pub(crate) const fn origin(self) -> Instant {
        self.0
    }

    pub(crate) fn now(self) -> Mono {
        let passed = self.0.elapsed();
        Mono::from_micros(u64::try_from(passed.as_micros()).unwrap_or(u64::MAX))
    }

    /// Sleeps until `deadline`; for ever without one. Dropping it does no harm.
    pub(crate) async fn sleep_until(self, deadline: Option<Mono>) {
        match deadline {
            Some(at) => {
                tokio::time::sleep_until((self.0 + Duration::from_micros(at.as_micros())).into())
                    .await
            }
            None => std::future::pending().await,
        }
    }
}

//! What the end-to-end tests share: the server as its operator starts it, and real SIP peers to call it with.
//!
//! Everything listens on loopback, on ports that were free a moment ago, in a folder of its own; whatever was started
//! ends with the value that stands for it. Waiting is always for an event, with a time after which the test fails and
//! shows what the peers said.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    reason = "a test whose peers fail must fail"
)]
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

pub mod baresip;
pub mod contexts;
pub mod hotline;
pub mod http;
pub mod ports;
pub mod process;
pub mod recorded;
pub mod sipp;
pub mod sound;
pub mod talker;

use std::time::{Duration, Instant};

/// How long anything is waited for on a machine that does other things, too.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` finds something; for what announces itself by no event, such as a file that grows.
#[track_caller]
pub fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

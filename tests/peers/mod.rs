//! What the end-to-end tests share: the server as its operator starts it, and real SIP peers to call it with.
//!
//! Everything listens on loopback, on ports that were free a moment ago, in a folder of its own; whatever was started
//! ends with the value that stands for it. Waiting is always for an event, with a time after which the test fails and
//! shows what the peers said.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test whose peers cannot be started must fail"
)]
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::allow_attributes,
    reason = "each test file uses its part"
)]

pub mod baresip;
pub mod hotline;
pub mod ports;
pub mod process;
pub mod sipp;
pub mod sound;

use std::time::Duration;

/// How long anything is waited for on a machine that does other things, too.
pub const PATIENCE: Duration = Duration::from_secs(30);

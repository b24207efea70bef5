//! SIP: the endpoint, sans-IO (RFC 3261 and what grew on it).
//!
//! Called by `server`. Stands on `time` and `secret` only.
//! Must not know: flows, what an SDP says, sockets, tasks and the clock (but for `transport`).
//! Way in: [`endpoint::Endpoint`], a machine; [`transport`] moves its bytes.
//! Always true: no bytes from outside make it panic; every table has a limit.
//! Read next: `message` (bytes and messages), `endpoint` (what is done with them), then `transaction` and `dialog`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod auth;
mod dialog;
pub mod endpoint;
pub mod message;
mod peer;
pub mod registrar;
mod route;
mod timing;
mod transaction;
#[expect(
    clippy::disallowed_types,
    reason = "the one part of this room with sockets, tasks and a clock"
)]
pub mod transport;

pub use peer::{ConnectionId, Peer, Transport};
pub use timing::Timing;

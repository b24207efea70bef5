//! SIP transactions: one request and what comes back for it (RFC 3261 17, RFC 6026).
//!
//! Four machines, each of them over bytes that somebody else has made; `key` says which message belongs to which.
//! Read them in this order: `server`, `client`, `invite_server`, `invite_client`, `key`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub(crate) mod client;
pub(crate) mod invite_client;
pub(crate) mod invite_server;
pub(crate) mod key;
pub(crate) mod server;

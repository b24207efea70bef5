//! Who is who: digest authentication, asked for and answered (RFC 2617, RFC 7616, RFC 8760).
//!
//! | file | what |
//! | --- | --- |
//! | `digest` | the hashes |
//! | `guard` | we ask: challenges, nonces and their counts, lock-outs |
//! | `answer` | we are asked: proofs for a 401 or 407, counted per nonce |
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub(crate) mod answer;
pub(crate) mod digest;
pub(crate) mod guard;

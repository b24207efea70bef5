//! OFFER AND ANSWER: which codec goes where, out of two session descriptions (RFC 3264, RFC 8866).
//!
//! Called by `server`, which carries the bodies between `sip` and here, and hands [`MediaDescription`] to `rtp`.
//! Must not know: SIP, RTP packets, sockets, randomness (the session's number is handed in).
//! Way in: [`Session`], our side of one call's description from the first offer to the last.
//! Always true: no bytes make it panic; an offer or answer that is refused changes nothing; an answer has the offer's
//! media lines in the offer's order; the version in `o=` grows by one whenever what we say changes, and only then.
//! A refused offer deserves 488, whatever the reason.
//! Read next: `session` (offer and answer), `remote` (what the peer wrote, oddities of phones included), `media`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod media;
mod remote;
mod session;

pub use media::{Codec, Direction, MediaDescription, TelephoneEvent};
pub use session::{Local, Session, Settings};

use thiserror::Error;

/// Why a description is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SdpError {
    /// It is no session description.
    #[error("the session description is malformed")]
    Malformed,
    /// It has more than 16 media lines or 1,000 lines.
    #[error("the session description is too long")]
    TooLong,
    /// Nothing in it is audio over RTP that is switched on.
    #[error("there is no audio over RTP")]
    NoAudio,
    /// Its audio is encrypted, which is not offered here.
    #[error("there is only encrypted audio")]
    Encrypted,
    /// Its audio has no IP address of one peer: none at all, a name, or a multicast group.
    #[error("there is no address to send audio to")]
    NoAddress,
    /// There is no codec that both know.
    #[error("there is no common codec")]
    NoCommonCodec,
    /// An answer came, and nothing was offered.
    #[error("nothing was offered that this could answer")]
    NotOffered,
}

//! MEDIA: RTP packets, keys, RTCP, jitter and latching, all pure; `transport` alone has sockets and threads.
//!
//! Called by `server` (one leg a party), `cli/phone` and the benches, all of them through [`transport::Media`].
//! Stands on `audio` (frames, tones, key detection).
//! Must not know: SIP, SDP, flows, what a key means, why a prompt is played.
//! Way in: [`transport::Media::start`], then [`transport::Media::open`] for each party.
//! Always true: no bytes from outside panic; a key is reported once; a leg's SSRC, sequence numbers and timestamps run on
//! through prompts, silence, keys and bridges; media is never sent to, nor taken from, a source that is not latched.
//! Read next: `packet`, `events` (keys), `latch` (whom to trust), `sequence` and `rtcp` (figures), `jitter` (recorded and
//! transcoded audio), then `transport`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub mod events;
mod jitter;
mod latch;
pub mod packet;
mod rtcp;
mod sequence;
#[expect(
    clippy::disallowed_methods,
    reason = "the one part of this room with sockets, threads and a clock"
)]
pub mod transport;

pub use sequence::Reception;

//! BYTES: codecs, recordings, tones, keys in the voice band, and how all of it is compared.
//!
//! Called by `rtp` (frames to send, frames heard), `server` (prompts, bridges, recordings), `cli` (`prompts check`,
//! `phone`) and the end-to-end tests, which ask [`compare`] what was heard.
//! Must not know: calls, flows, RTP, sockets, files, the clock. Files are read by the caller and handed in as bytes.
//! Way in: [`store::ClipStore`] holds the recordings, [`playlist::Cursor`] plays them frame by frame,
//! [`dtmf::Detector`] hears keys.
//! Always true: inside, sound is 8,000 samples a second; a clip has exactly as many samples as were recorded, so that
//! joined atoms have no seam of silence; playing copies bytes and allocates nothing; no bytes from outside can panic.
//! Read next: `codec` (what a frame is), `clip` (a recording, encoded once), `playlist` (what a caller hears),
//! `dtmf` (keys), `compare` (what was heard).
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub mod clip;
pub mod codec;
pub mod compare;
pub mod decode;
pub mod dtmf;
pub mod g711;
mod goertzel;
pub mod joins;
mod levels;
pub mod listener;
pub mod measure;
pub mod mix;
pub mod playlist;
pub mod plc;
pub mod recording;
mod resample;
pub mod store;
pub mod tone;

pub use clip::Clip;
pub use codec::Codec;
pub use levels::Levels;
pub use playlist::Playlist;
pub use store::ClipStore;

/// Samples a second of everything inside: the telephone's rate.
pub const RATE: u32 = 8_000;

/// Samples in a frame of 20 ms, the packet that every telephone takes.
pub const FRAME: usize = 160;

/// Samples in `ms` milliseconds.
#[must_use]
pub const fn samples_in(ms: u32) -> usize {
    ms as usize * (RATE as usize / 1_000)
}

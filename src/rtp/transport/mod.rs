//! THE PACER: sockets of all legs, and the threads that send a packet every 20 ms on each.
//!
//! Called by `server`, `cli/phone` and the benches. Tokio ends at [`Media`] and [`Leg`]: their methods never wait, and
//! events come back through the bounded channel that a leg was opened with.
//! Must not know: what a key means, why a prompt is played; it carries out.
//! Way in: [`Media::start`], [`Media::open`], then the methods of [`Leg`]; dropping a leg closes it.
//! Always true: a packet costs no allocation, no lock, no log line and cannot panic; a command is acted on at once, not
//! at the next 20 ms; a slow or absent listener of events delays nothing.
//! Read next: `api` (what can be asked and told), `media` (the handles), `pacer` (the thread), `leg` (one party, with
//! `sending`, `numbering`, `receiving`, `listen` and `reporting`),
//! `wheel` (who is due), `forward` (a bridge), `io` (the system calls), `ports`.

mod api;
mod command;
mod forward;
mod io;
mod keytone;
mod leg;
mod listen;
mod media;
mod numbering;
mod pacer;
mod ports;
mod receiving;
mod reporting;
mod rooms;
mod sending;
mod wheel;

pub use api::{
    Connection, Counts, Direction, FromLeg, Keys, LegEvent, LegId, LegSettings, MediaConfig,
    MediaError, Play, PlayId, Stopped, ThreadHealth,
};
pub use media::{Leg, Media};

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "peers with real sockets")]
mod tests;

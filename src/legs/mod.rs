//! THE LEGS OF ONE CALL: who is connected to whom.
//!
//! Called by `server` (live calls). Stands between four others and moves what they say to each other: the interpreter
//! (`call`), the dispatcher (`queue`), the SIP endpoint (`sip`, with `sdp` for what a session is) and the media engine.
//! Must not know: sockets, tasks, the clock, what a flow says, which agent should get which call.
//! Way in: [`Legs::new`], [`Legs::handle`] until [`Command::Done`].
//! Always true: at most one party talks to the caller, but in a conference; whoever was called is hung up, and the dispatcher hears of the
//! end of every offer and every talk exactly once; a caller whose agent is lost goes back to their old place.
//! Read next: `events` (what goes in and comes out), `machine` (who does what), `caller`, `party`,
//! `calling` (a party's life), `conference`, `session` (offers within a talk), `refer` (handing the caller on).
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod caller;
mod calling;
mod conference;
mod events;
mod machine;
mod party;
mod refer;
mod session;
#[cfg(test)]
mod tests;

pub use events::{Command, Destination, Event, Leg, MediaAddress, PartyId, Route, Sound};
pub use machine::{Legs, MAX_PARTIES};

//! `hotline`: an IVR and voice-menu server.
//!
//! Everything that decides is a pure state machine, events and the time in, commands out; everything else is an
//! adapter around one. ARCHITECTURE.md is the map; each room's `mod.rs` is its door.

// Words: what designers and operators wrote, parsed, checked, explained.
pub mod config;
pub mod editor;
pub mod flow;
pub mod speech;

// Decisions: machines without socket, clock, task or randomness of their own.
pub mod call;
pub mod legs;
pub mod queue;
pub mod sdp;
pub mod sim;
pub mod sip;

// Bytes.
pub mod audio;
pub mod rtp;

// The world.
pub mod desk;
pub mod lookup;
pub mod store;
pub mod telemetry;

// Where all meet.
pub mod cli;
pub mod server;

// What every room needs.
pub mod diagnostic;
pub mod secret;
pub mod time;
pub mod value;
pub mod yaml;

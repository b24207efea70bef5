//! THE INTERPRETER: walks one caller through one flow.
//!
//! Called by `server` (live calls), `sim` (scenarios, replay, random callers) and `cli/try_flow`.
//! Stands on `flow` (the checked program) and `speech` (words out of values).
//! Must not know: SIP, RTP, codecs, databases, files, tasks, the clock, where a command is carried out.
//! Way in: [`Machine::new`], [`Event::Arrived`], then [`Machine::handle`] until [`Command::End`].
//! Always true: one prompt at a time; every call ends; no key is lost and none counts twice; the log of a call, fed
//! again, gives the same commands; a secret leaves only inside [`Command::LookUp`] and [`Command::Verify`].
//! Read next: `events` (what goes in and comes out), `machine` (the steps), `collect` (keys), `journey` (what the caller
//! went through), `context` (what an agent sees), `lockout` (who may try a secret).
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

use std::time::Duration;

mod collect;
mod context;
mod dialable;
mod events;
mod follow_up;
mod journey;
mod keyed;
mod keys;
pub mod lockout;
mod machine;
mod setting;
#[cfg(test)]
mod tests;
mod trail;

pub use context::{Caller, Context, Field, FlowVersion, LookedUp, VERSION, Verified, Visit, Wait};
pub use dialable::dialable;
pub use events::{
    Agent, Answer, Check, Command, Conference, ConferenceEvent, Ending, Enqueue, Entry, Event,
    Play, Press, Question, QueueEvent, Recording, RecordingEvent, Row, Stuck, Ticket, Transfer,
    TransferEvent, Verdict, reveal,
};
pub use follow_up::{
    CallBack, History, Kept, KnownCase, MAX_TEXT, Notice, OpenCase, PastCall, Told,
};
pub use journey::{Passage, What};
pub use machine::{Machine, replay};
pub(crate) use machine::{On, Waiting};
pub use setting::{Calendars, Setting, Start};
pub use trail::Mark;

/// The most keys that are kept for later.
pub const MAX_KEYS: usize = 64;
/// The most actions on end without anything waited for.
pub const MAX_RUN: u32 = 1_000;
/// The most actions in one call.
pub const MAX_ACTIONS: u32 = 20_000;
/// The most questions on end that may go without any key.
pub const MAX_SILENCES: u32 = 12;
/// The most that is recorded in one call.
pub const MAX_RECORDED: Duration = Duration::from_secs(30 * 60);

//! THE DISPATCHER: decides which waiting caller rings at which agent, and when a wait is over.
//!
//! Called by `server` (one dispatcher for the whole process, fed by every call and every registration) and `sim`.
//! Stands on `time` alone.
//! Must not know: SIP, flows, prompts, databases, how a phone is rung or what an announcement sounds like.
//! Way in: [`Dispatcher::new`], then [`Dispatcher::handle`]; the shell sets its timer to [`Dispatcher::deadline`].
//! Always true: entered + returned = answered + abandoned + left + overflowed + full + no agents + still in line; an
//! agent holds at most one offer or talk, a caller at most one offer; nobody waits while an agent of their queue is
//! idle; every state that waits for something outside has a timer, so nobody stays reserved; all tables are bounded by
//! the configuration.
//! Read next: `events`, `dispatcher` (the machine), `agent` (an agent's states), `line` (one queue's callers and idle
//! agents), `pace` (the estimated wait), `journal` (what reports count), `field` (failures of others, each shown
//! impossible).
//!
//! ```text
//!              Enter        Offer           Answered         TalkEnded
//! caller    ────────► waiting ──► offered ──────────► talking ─────────► gone
//!                        ▲           │ time-out, refused,  │ TalkEnded { returns: true }
//!                        └───────────┴─ agent lost ────────┘ (old place, old arrival)
//! agent   away ─► idle ─► offered ─► talking ─► wrap-up ─► idle or away
//!                            └─► quiet (its phone is being silenced, or it just refused) ─► idle or away
//! ```
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod agent;
mod config;
mod dispatcher;
mod events;
#[cfg(test)]
mod field;
mod ids;
mod journal;
mod line;
mod pace;
mod timers;

pub use agent::AgentState;
pub use config::{
    AgentConfig, AgentRules, Announcements, QueueConfig, QueuesConfig, WhenUnstaffed,
};
pub use dispatcher::Dispatcher;
pub use events::{CancelReason, Command, Event, Outcome};
pub use ids::{AgentId, CallerId, OfferId, QueueName};
pub use journal::{Record, Totals, What};
pub use line::QueueView;

//! THE LANGUAGE: what designers write, read with spans and proven before a caller hears it.
//!
//! Called by `call` (walks a [`Program`]), `sim` (scenarios), `server` and `cli` (read, check, explain, draw).
//! Stands on `yaml`, `value`, `diagnostic`. Must not know: calls, SIP, audio, hotline.yaml, how prompts are stored;
//! what it needs of them comes in as a [`World`].
//! Way in: [`Program::read`], or [`Program::read_with`] for a flow that runs others; [`parse`] and [`check`] are its two
//! halves; [`expr::Expr::evaluate`] while a call runs.
//! Always true: all problems of a file come in one run; a [`Program`] has no error; no text panics; checks are linear in
//! steps, ways and names.
//! Read next: `model` (what a flow is), `parse`, `expr`, `graph` (who leads where), `sub` (a flow as others
//! see it that run it), `check` (one rule a file), `explain`, `picture`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod asked;
pub mod builtin;
mod check;
pub mod check_digit;

mod diff;
mod duration;
mod entry;
mod explain;
pub mod expr;
pub mod follow_up;
mod graph;
pub mod http;
pub mod model;
mod parse;
pub mod pattern;
mod picture;
mod program;
mod proof;
mod read;
mod reads;
pub mod reference;
mod settle;
mod sub;
mod voices;

pub use check::{
    CalendarFacts, ConnectorFacts, Facts, PromptFacts, Prompts, QueueFacts, Slot, World, allows,
    check,
};
pub(crate) use check::{keys_named, named_in_query, variable_types};
pub use diff::{About, Change, Version, diff};
pub(crate) use duration::read as length_of;
pub use explain::explain;
pub use graph::Way;
pub(crate) use http::names as named_in_text;
pub use parse::parse;
pub(crate) use parse::{is_exit_taken, is_kebab, is_snake};
pub use picture::{
    Cover, Covered, EndOfCall, Ends, Picture, Stepped, Traffic, Walked, covered_page,
};
pub(crate) use program::within;
pub use program::{Program, Proven};
pub use proof::{End, Longest, Proof, Row, Toll};
pub use read::{Alone, Shelf, Shelved};
pub(crate) use reads::reads;
pub use sub::{Coming, Lost, MAX_NESTED, Sub};

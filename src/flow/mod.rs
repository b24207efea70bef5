//! THE LANGUAGE: what designers write, read with spans and proven before a caller hears it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod duration;
pub mod expr;
pub mod model;
mod parse;

pub use parse::parse;

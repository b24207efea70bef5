//! LIVE HELP: what an editor shows while a flow, its words or its scenarios are being written.
//!
//! Called by `cli/lsp`. Stands on the tables of `flow` and `sim`, on `speech` and `yaml`. Must not know: the protocol,
//! lines and columns (places are [`Span`]s in bytes), files on a disk, the clock.
//! Way in: [`Workspace::set`] for each text, then [`Workspace::complete`], [`Workspace::hover`],
//! [`Workspace::definitions`], [`Workspace::references`], [`Workspace::rename`], [`Workspace::outline`]; [`fixes`] for a
//! finding.
//! Always true: what may stand where comes from the table that the parser reads from; a text that is no YAML while it is
//! typed keeps the names of the last one that was.
//! Read next: `files`, `names` (which names mean the same), `runs` (which flow runs which), `cursor` (what is being typed), `complete`, `hover`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod complete;
mod cursor;
mod files;
mod fixes;
mod hover;
#[cfg(test)]
mod lookups_tests;
mod names;
mod outline;
mod rename;
mod runs;
#[cfg(test)]
mod runs_tests;
#[cfg(test)]
mod tests;

pub use complete::{Suggestion, SuggestionKind};
pub use files::{File, FileKind, Workspace};
pub use fixes::{Fix, fixes};
pub use hover::Hover;
pub use names::{Occurrence, Symbol, SymbolKind};
pub use outline::Entry;
pub use rename::{Edit, Unnameable};

#[cfg(doc)]
use crate::diagnostic::Span;

//! What several kinds of action have in common: an entry keyed, a lookup asked.

use std::time::Duration;

use super::expr::Expr;
use super::model::{ActionKind, Name};
use crate::diagnostic::Spanned;
use crate::secret::Key;

/// How something is keyed, whatever it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// How many digits, the end key not counted.
    pub(super) length: Option<Spanned<(u8, u8)>>,
    /// Whether every value has as many, so that the last one ends it.
    pub(super) fixed: bool,
    /// The key that ends it.
    pub(super) ends_with: Option<Spanned<Key>>,
    /// How long between two digits.
    pub(super) between_digits: Option<Spanned<Duration>>,
}

/// Which lookup an action asks, and with what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The lookup.
    pub(super) lookup: &'a Spanned<Name>,
    /// A value for each of its `takes`.
    pub(super) with: &'a [(Spanned<Name>, Expr)],
}

impl ActionKind {
    /// How its value is keyed, where it takes one.
    pub(super) fn entry(&self) -> Option<Entry> {
        match self {
            Self::Ask(it) => Some(Entry {
                length: it.length,
                fixed: it.is_fixed(),
                ends_with: it.ends_with,
                between_digits: it.between_digits,
            }),
            Self::Verify(it) => Some(Entry {
                length: it.length,
                fixed: it.digits().0 == it.digits().1,
                ends_with: it.ends_with,
                between_digits: it.between_digits,
            }),
            Self::Play(_)
            | Self::Menu(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::If(_)
            | Self::Goto(_)
            | Self::Lookup(_)
            | Self::Hours(_)
            | Self::Language(_)
            | Self::Queue(_)
            | Self::Transfer(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Conference(_)
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Run(_)
            | Self::Return(_)
            | Self::Hangup(_) => None,
        }
    }

    /// Which lookup it asks, and with what.
    pub(super) fn asks(&self) -> Option<Asked<'_>> {
        match self {
            Self::Lookup(it) => Some(Asked { lookup: &it.lookup, with: &it.with }),
            Self::Verify(it) => Some(Asked { lookup: &it.against, with: &it.with }),
            Self::Play(_)
            | Self::Menu(_)
            | Self::Ask(_)
            | Self::Say(_)
            | Self::Set(_)
            | Self::If(_)
            | Self::Goto(_)
            | Self::Hours(_)
            | Self::Language(_)
            | Self::Queue(_)
            | Self::Transfer(_)
            | Self::Record(_)
            | Self::Survey(_)
            | Self::Conference(_)
            | Self::Case(_)
            | Self::Callback(_)
            | Self::Notify(_)
            | Self::Run(_)
            | Self::Return(_)
            | Self::Hangup(_) => None,
        }
    }
}

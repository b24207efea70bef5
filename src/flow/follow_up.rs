//! What a flow leaves for after the call: a case, a call back, a word to somebody else. Parts of `model`.

use std::time::Duration;

use super::expr::Expr;
use super::model::{Name, Target};
use crate::diagnostic::Spanned;

/// What is told under names of the designer's own.
pub type Told = Vec<(Spanned<Name>, Expr)>;

/// The most names that one action tells something under.
pub const MAX_TOLD: usize = 30;

/// A case that is opened: its number and deadline are read as `case.number` and `case.promised`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// One of `cases` of `hotline.yaml`.
    pub kind: Spanned<Name>,
    /// What about: a word of the designer's.
    pub about: Option<Spanned<Name>>,
    /// What whoever works on it should know. A bare name without a value is left out.
    pub with: Told,
    /// Where the call goes when it cannot be opened.
    pub failed: Option<Target>,
}

/// A promise to call back.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// The queue of `hotline.yaml` whose agents call.
    pub queue: Spanned<Name>,
    /// Whom: a phone or digits expression. A bare name without a value goes the way `no_number`.
    pub number: Expr,
    /// When at the latest, counted from now.
    pub within: Option<Spanned<Duration>>,
    /// Why, for the agent: a word of the designer's.
    pub because: Option<Spanned<Name>>,
    /// Where the call goes when the number is missing, or none that can be called.
    pub no_number: Option<Target>,
    /// Where the call goes when it cannot be kept.
    pub failed: Option<Target>,
}

/// A word to somebody else, for which the caller never waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    /// One of `notify` of `hotline.yaml`.
    pub to: Spanned<Name>,
    /// What they are told beside call, flow and caller. A bare name without a value is left out.
    pub with: Told,
}

/// When a call back is promised unless written.
pub const CALL_BACK_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

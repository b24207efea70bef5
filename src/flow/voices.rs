//! What a flow says of recordings, surveys and conferences: the actions in which callers are heard, not only their keys.

use std::time::Duration;

use super::expr::Expr;
use super::model::{Keying, Name, Target};
use crate::diagnostic::Spanned;
use crate::secret::Key;

/// A prompt, a tone, and then what the caller says is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What is said before the tone.
    pub prompt: Spanned<Name>,
    /// The variable that gets the recording.
    pub into: Spanned<Name>,
    /// How long it may be.
    pub at_most: Option<Spanned<Duration>>,
    /// So much silence ends it. 3 s unless written.
    pub silence: Option<Spanned<Duration>>,
    /// The key that ends it; any unless written.
    pub ends_with: Option<Spanned<Key>>,
    /// Whether a key skips the prompt before the tone.
    pub keys: Keying,
    /// What the caller may do with it before it is kept.
    pub review: Option<Review>,
    /// Where the call goes when nothing was said, or it was discarded.
    pub nothing: Option<Target>,
    /// Where the call goes when it cannot be kept.
    pub failed: Option<Target>,
}

/// What a caller may do with a recording before it is kept. Silence keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Names the keys.
    pub prompt: Spanned<Name>,
    /// Keeps it.
    pub keep: Option<Spanned<Key>>,
    /// Plays it, then asks again.
    pub hear: Option<Spanned<Key>>,
    /// Records another one in its place.
    pub again: Option<Spanned<Key>>,
    /// Throws it away.
    pub discard: Option<Spanned<Key>>,
}

impl Review {
    /// Its keys with their names in the flow, in the order of docs.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, Spanned<Key>)> {
        let all = [
            ("keep", self.keep),
            ("hear", self.hear),
            ("again", self.again),
            ("discard", self.discard),
        ];
        all.into_iter().filter_map(|(name, key)| Some((name, key?)))
    }
}

/// Questions of one key each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What it is called in figures: `after-call`.
    pub name: Spanned<Name>,
    /// What is asked, in this order.
    pub questions: Vec<Question>,
}

/// One question of a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is called in figures.
    pub name: Spanned<Name>,
    /// The variable that its answer is read as: `after_call.satisfaction`.
    pub variable: Name,
    /// The prompt that asks it.
    pub prompt: Spanned<Name>,
    /// The figures that answer it, the lowest and the highest. 1 to 5 unless written.
    pub keys: Spanned<(u8, u8)>,
}

/// Others brought into the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Conference {
    /// What it is called in figures and for those who join.
    pub room: Expr,
    /// Who is called: SIP URIs, numbers or agents, each as `transfer` takes it.
    pub with: Vec<Expr>,
    /// What the caller hears when somebody joins.
    pub announce: Option<Spanned<Name>>,
    /// The key by which the caller leaves.
    pub ends_with: Option<Spanned<Key>>,
    /// Why, for whoever answers.
    pub because: Option<Spanned<Name>>,
    /// How long each may ring. 30 s unless written.
    pub ring_for: Option<Spanned<Duration>>,
    /// Where the call goes when nobody could be brought in.
    pub failed: Option<Target>,
    /// Where the call goes when the others have left, or the caller has; it ends unless written.
    pub after: Option<Target>,
}

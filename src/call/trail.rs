//! What one event led a call through, action by action: what a journey is too coarse for, and coverage counts.

use crate::flow::model::Name;

/// One action that a call came to, or the way it left by. Steps and actions by their numbers in their flow: the call's
/// own, or one that is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// The action was begun: its `when` holds, if it has one.
    Did {
        /// The flow, if it is one that is run.
        run: Option<Name>,
        /// The step.
        step: usize,
        /// The action in it.
        action: usize,
    },
    /// The action sent the call to another step.
    Went {
        /// The flow, if it is one that is run.
        run: Option<Name>,
        /// The step.
        step: usize,
        /// The action in it.
        action: usize,
        /// The target's own name: each target was read from a place of its own, so that the pointer tells two ways apart
        /// that lead to the same step.
        to: Name,
    },
    /// A flow that was run came back.
    Returned {
        /// Which.
        run: Name,
    },
}

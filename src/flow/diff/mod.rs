//! Two versions of a flow in a caller's terms: what they hear and press differently, and how far a person is.
//!
//! `steps` finds which step of the new version is which of the old one, `facts` says what a step does in comparable
//! pieces, `whole` compares what stands around the steps. Linear in what is written, but for steps without a namesake, of
//! which at most [`steps::MOST`] are compared with each other.

mod facts;
mod steps;
#[cfg(test)]
mod tests;
mod whole;

use serde::Serialize;

use super::check::Prompts;
use super::model::{Flow, Name};
use super::proof::Proof;

/// One version of a flow with the words that it speaks.
#[derive(Clone, Copy)]
pub struct Version<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// The words of its time.
    pub prompts: &'a dyn Prompts,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The flow as a whole: languages, start, what it promises.
    Flow,
    /// A step is new, gone, or has another name.
    Step,
    /// A key leads elsewhere.
    Key,
    /// Something other than a key leads elsewhere.
    Branch,
    /// A prompt is spoken or not, or in another order.
    Prompt,
    /// The words of a prompt.
    Words,
    /// How long and how often a caller is waited for.
    Patience,
    /// Something else that an action says.
    Setting,
    /// What a flow may ask of databases.
    Lookup,
    /// What an agent sees first.
    Context,
    /// How far a person is.
    Person,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about.
    pub about: About,
    /// The step in the new version, or in the old one if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Name>,
    /// In a sentence.
    pub says: String,
}

/// Everything that differs for callers, agents and databases, in the order of [`About`] and then of the flow.
#[must_use]
pub fn diff(old: Version<'_>, new: Version<'_>) -> Vec<Change> {
    let matched = steps::matched(old.flow, new.flow);
    let mut changes = Vec::new();
    whole::flow(old.flow, new.flow, &matched, &mut changes);
    steps::compare(old.flow, new.flow, &matched, &mut changes);
    whole::words(old, new, &mut changes);
    whole::lookups(old.flow, new.flow, &mut changes);
    whole::context(old.flow, new.flow, &mut changes);
    let proofs = (Proof::of(old.flow, old.prompts), Proof::of(new.flow, new.prompts));
    whole::person(&proofs.0, &proofs.1, &matched, &mut changes);
    changes.sort_by_key(|it| it.about);
    changes
}

/// Adds a change.
fn add(changes: &mut Vec<Change>, about: About, step: Option<&Name>, says: String) {
    changes.push(Change { about, step: step.cloned(), says });
}

//! Which steps of a flow, and of the flows that it runs, the scenarios went through.

use std::collections::BTreeSet;

use crate::flow::Program;
use crate::flow::model::Name;

/// Which steps of a flow were reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    reached: BTreeSet<Name>,
}

impl Coverage {
    /// Takes the steps that one more call went through.
    pub fn add(&mut self, steps: impl IntoIterator<Item = Name>) {
        self.reached.extend(steps);
    }

    /// The steps that no call went through, in the order written.
    pub fn missing<'a>(&'a self, flow: &'a Program) -> impl Iterator<Item = &'a Name> {
        flow.step_names().iter().filter(|step| !self.reached.contains(*step))
    }

    /// How many of the flow's steps were reached, and how many it has.
    #[must_use]
    pub fn count(&self, flow: &Program) -> (usize, usize) {
        let all = flow.step_names().len();
        (all - self.missing(flow).count(), all)
    }

    /// The same in percent; a flow without steps is reached whole.
    #[must_use]
    pub fn percent(&self, flow: &Program) -> f64 {
        let (reached, all) = self.count(flow);
        #[expect(clippy::cast_precision_loss, reason = "a flow has at most some thousand steps")]
        if all == 0 { 100.0 } else { 100.0 * reached as f64 / all as f64 }
    }
}

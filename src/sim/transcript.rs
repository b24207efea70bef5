//! What was heard and done in a call, line by line, for people.

use std::fmt;
use std::sync::Arc;

use crate::flow::model::Name;
use crate::time::Mono;

/// What was heard and done in a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript(Vec<(Mono, Said)>);

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Step(Name),
    Heard(Option<Name>, Arc<str>),
    Stopped,
    Keys(String),
    Did(String),
}

impl Transcript {
    pub(super) fn add(&mut self, at: Mono, said: Said) {
        // Keys pressed one after the other are one line.
        if let (Some((_, Said::Keys(before))), Said::Keys(more)) = (self.0.last_mut(), &said) {
            before.push_str(more);
            return;
        }
        self.0.push((at, said));
    }
}

/// `  3.2s  keys     1`
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, said) in &self.0 {
            let seconds = at.as_micros() / 1_000_000;
            let tenths = at.as_micros() / 100_000 % 10;
            write!(f, "{seconds:>5}.{tenths}s  ")?;
            match said {
                Said::Step(step) => writeln!(f, "step     {step}")?,
                Said::Heard(Some(prompt), text) => writeln!(f, "  hears  {prompt}: {text}")?,
                Said::Heard(None, text) => writeln!(f, "  hears  {text}")?,
                Said::Stopped => writeln!(f, "  (stopped by a key)")?,
                Said::Keys(keys) => writeln!(f, "  keys   {keys}")?,
                Said::Did(what) => writeln!(f, "  {what}")?,
            }
        }
        Ok(())
    }
}

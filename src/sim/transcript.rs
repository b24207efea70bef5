//! What was heard and done in a call, line by line, for people.

use std::fmt;
use std::sync::Arc;

use crate::flow::model::Name;
use crate::time::Mono;

/// What was heard and done in a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    lines: Vec<(Mono, Said)>,
    difference: Option<Difference>,
    /// Nobody will read it.
    silent: bool,
}

/// Where a call went another way than it was told to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Difference {
    /// The line of the scenario.
    expected: String,
    /// Which line of the transcript came in its place; it is expected before that one.
    came: Option<usize>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Step(Name),
    Heard(Option<Name>, Arc<str>),
    Stopped,
    Keys(String),
    Did(String),
}

/// What came in place of what was expected.
pub(super) enum Came {
    /// The last time that these words were spoken.
    Words(Arc<str>),
    /// The last line.
    Last,
}

impl Transcript {
    /// One that stays empty.
    pub(super) fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, at: Mono, said: Said) {
        if self.silent {
            return;
        }
        // Keys pressed one after the other are one line.
        if let (Some((_, Said::Keys(before))), Said::Keys(more)) = (self.lines.last_mut(), &said) {
            before.push_str(more);
            return;
        }
        self.lines.push((at, said));
    }

    /// Marks what was `expected`, and what came in its place.
    pub(super) fn differ(&mut self, expected: String, came: Option<&Came>) {
        let came = came.and_then(|came| match came {
            Came::Words(words) => self
                .lines
                .iter()
                .rposition(|(_, it)| matches!(it, Said::Heard(_, it) if it == words)),
            Came::Last => self.lines.len().checked_sub(1),
        });
        self.difference = Some(Difference { expected, came });
    }
}

/// `    3.2s  keys     1`; before the line that came instead of the expected one, that one.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = |f: &mut fmt::Formatter<'_>| match &self.difference {
            Some(it) => writeln!(f, "-         {}", it.expected),
            None => Ok(()),
        };
        let came = self.difference.as_ref().and_then(|it| it.came);
        for (nth, (at, said)) in self.lines.iter().enumerate() {
            let is_other = came == Some(nth);
            if is_other {
                expected(f)?;
            }
            let seconds = at.as_micros() / 1_000_000;
            let tenths = at.as_micros() / 100_000 % 10;
            let mark = if is_other { '+' } else { ' ' };
            write!(f, "{mark}{seconds:>4}.{tenths}s  ")?;
            match said {
                Said::Step(step) => writeln!(f, "step     {step}")?,
                Said::Heard(Some(prompt), text) => writeln!(f, "  hears  {prompt}: {text}")?,
                Said::Heard(None, text) => writeln!(f, "  hears  {text}")?,
                Said::Stopped => writeln!(f, "  (stopped by a key)")?,
                Said::Keys(keys) => writeln!(f, "  keys   {keys}")?,
                Said::Did(what) => writeln!(f, "  {what}")?,
            }
        }
        if came.is_none() { expected(f) } else { Ok(()) }
    }
}

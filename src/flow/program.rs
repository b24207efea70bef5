//! A flow that was proven: the only kind that calls run on.

use std::ops::Deref;
use std::sync::Arc;

use super::check::{World, check, check_parts, foremost};
use super::model::Flow;
use super::parse;
use super::settle::settle;
use crate::diagnostic::{Diagnostic, FileId, Level};

/// A checked flow. Nothing in it names what does not exist, reads what is not set or leads nowhere.
#[derive(Debug, PartialEq)]
pub struct Program(Flow);

/// A program and its warnings and hints, or everything that is wrong.
pub type Proven = Result<(Arc<Program>, Vec<Diagnostic>), Vec<Diagnostic>>;

impl Program {
    /// Proves a flow that was read without an error.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn new(mut flow: Flow, world: &World<'_>) -> Proven {
        let found = check(&flow, world);
        if found.iter().any(|it| it.level == Level::Error) {
            return Err(found);
        }
        settle(&mut flow);
        Ok((Arc::new(Self(flow)), found))
    }

    /// Reads and proves a flow. A file that cannot be read whole is checked as far as it can be.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn read(file: FileId, text: &str, world: &World<'_>) -> Proven {
        let (flow, mut found) = parse(file, text);
        match flow {
            Some(flow) if found.is_empty() => Self::new(flow, world),
            Some(flow) => {
                found.extend(check_parts(&flow, world, &found));
                foremost(&mut found);
                Err(found)
            }
            None => Err(found),
        }
    }

    /// A flow that nobody proved: for tests of what a call does when the proof has a hole.
    #[cfg(test)]
    pub(crate) fn unproven(flow: Flow) -> Arc<Self> {
        Arc::new(Self(flow))
    }
}

impl Deref for Program {
    type Target = Flow;

    fn deref(&self) -> &Flow {
        &self.0
    }
}

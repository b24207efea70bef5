//! VIRTUAL TIME: calls that happen in a file.
//!
//! Called by `cli/test` (scenario files beside flows) and `cli/replay` (stored calls).
//! Stands on `call`, `flow` and `speech`. Must not know: files, the clock, how findings are shown.
//! Way in: [`Scenarios::parse`] for a `<flow>.test.yaml`, then [`run`] for each scenario; [`rerun`] for a stored call.
//! Always true: the same file gives the same result, in no time; every scenario ends; what went wrong names the line
//! that expected something else.
//! Read next: `scenario` (what may be written), `caller` (the virtual world around one call), `run` (the lines one by
//! one), `coverage`, `replay` (stored calls again).
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod caller;
mod cases;
mod coverage;
mod explore;
mod fields;
mod follow_up;
mod parse;
mod print;
mod random;
mod reference;
mod replay;
mod run;
mod scenario;
mod secrets;
#[cfg(test)]
mod tests;
mod traffic;
mod transcript;
mod voice;
mod watch;

pub use caller::{Lengths, length};
pub use coverage::{Branch, Coverage, Share, branch_name};
pub use explore::{Explored, explore, explored_file};
pub use fields::moment_of;
pub use random::{Figures, Kind, Random, Spread, random, reduce};
pub use reference::SCENARIOS;
#[cfg(test)]
pub(crate) use replay::made::Made;
pub use replay::{Other, Path, Recorded, Rerun, Reused, Stop, repeats, rerun};
pub use run::{Outcome, Stage, run};
pub use scenario::{Scenario, Scenarios};
pub use traffic::add_traffic;
pub use transcript::Transcript;
pub use watch::Fault;

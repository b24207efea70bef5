//! THE COMMAND LINE: one file per command, each with its arguments and a `run`.

pub mod stage;
pub mod test;
pub mod try_flow;

//! The room `cli`.

pub mod prompts;

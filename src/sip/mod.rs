//! The room `sip`.

pub mod message;

//! The room `sip`.

//! The room `lookup`.

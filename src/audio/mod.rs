//! The room `audio`.

//! The room `speech`.

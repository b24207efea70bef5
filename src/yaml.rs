//! The room `yaml`.

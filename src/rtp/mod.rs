//! The room `rtp`.

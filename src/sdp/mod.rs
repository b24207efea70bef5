//! The room `sdp`.

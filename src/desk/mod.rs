//! THE DESK: what agents, CRMs and operators reach by HTTP, and what we tell others by HTTP.
//!
//! Called by `server`, which gives it the store, the signing key and a listener.
//! Must not know: SIP, media, flows; the context is a JSON record that somebody else made.
//! Way in: [`router`] for what is asked of us; [`Webhooks`] for what we tell; [`ContextTokens`] for links to a context.
//! Always true: a context is served only for a token that we signed, that has not expired, and whose audience is still
//! the context's; each reading stands in the audit log; nothing here is cached by anybody; every body that was posted
//! to a webhook is signed, and kept until it arrived or was given up.
//! Read next: `token` (links), `http` (routes), `webhook` (outgoing), `key` (the signing key's file).

mod http;
mod key;
mod recordings;
mod token;
mod webhook;

pub use http::{Desk, router};
pub use key::signing_key;
pub use token::{Claims, ContextTokens, TokenError};
pub use webhook::{HookConfig, Poster, Retry, WebhookError, Webhooks, signature};

/// Makes ring the process's one TLS provider; for `main`, before anything speaks TLS. Calling it again does nothing.
pub fn install_tls_provider() {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

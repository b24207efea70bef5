//! THE DESK: what agents, CRMs and operators reach by HTTP, and what we tell others by HTTP.
//!
//! Called by `server`, which gives it the store, the signing key and a listener.
//! Must not know: SIP, media, flows; the context is a JSON record that somebody else made.
//! Way in: [`router`] for what is asked of us; [`Outbox`] for what we tell; [`ContextTokens`] for links to a context.
//! Always true: a context is served only for a token that we signed, that has not expired, and whose audience is still
//! the context's; each reading stands in the audit log; nothing here is cached by anybody; every body that is
//! told is kept until it arrived or was given up, and signed where it is posted.
//! Read next: `token` (links), `http` (routes), `outbox` (what we tell), `webhook` and `mail` (its ways), `key` (the signing key's file).

mod http;
mod key;
mod mail;
mod outbox;
mod recordings;
mod token;
mod webhook;

pub use http::{Desk, router};
pub use key::signing_key;
pub use mail::{Encryption, MailConfig, MailError};
pub use outbox::{Outbox, OutboxError, Poster, ReceiverConfig, Retry, WayConfig};
pub use token::{Claims, ContextTokens, TokenError};
pub use webhook::signature;

/// Makes ring the process's one TLS provider; for `main`, before anything speaks TLS. Calling it again does nothing.
pub fn install_tls_provider() {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

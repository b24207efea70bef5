//! A signed POST, tried once.
//!
//! The receiver checks `Hotline-Signature: t=<unix>,v1=<hex>`: HMAC-SHA256 with the shared secret over `<unix>.<body>`,
//! and refuses what is minutes old. `Hotline-Delivery` is the same each time a body is posted.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::Url;
use sha2::Sha256;

use super::outbox::Miss;
use crate::secret::Secret;
use crate::store::Undelivered;

/// Where bodies are posted, and what they are signed with.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) secret: Secret<Arc<str>>,
}

pub(super) async fn deliver(
    client: &reqwest::Client,
    target: &Target,
    it: &Undelivered,
) -> Result<(), Miss> {
    let signed_at = Timestamp::now().as_second();
    let response = client
        .post(target.url.clone())
        .header("content-type", "application/json")
        .header("hotline-delivery", it.id)
        .header("hotline-signature", signature(&target.secret, signed_at, &it.body))
        .body(it.body.clone())
        .send()
        .await
        // The error itself names the URL, in which some put a password.
        .map_err(|error| if error.is_timeout() { Miss::Late } else { Miss::Connection })?;
    if response.status().is_success() { Ok(()) } else { Err(Miss::Status(response.status())) }
}

/// The value of `Hotline-Signature` for `body`, signed at `unix` seconds.
#[must_use]
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104 2)")]
pub fn signature(secret: &Secret<Arc<str>>, unix: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length will do");
    mac.update(unix.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("t={unix},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_what_the_documentation_says() {
        // Made with Python's hmac and hashlib.
        insta::assert_snapshot!(
            signature(&Secret::new("whsec".into()), 1_764_000_000, r#"{"version":1}"#),
            @"t=1764000000,v1=a11ddb83a84ac55d1e9a037be5e38dbcbf047f63a179c5f9c65d8c40fa1f2acd"
        );
    }
}

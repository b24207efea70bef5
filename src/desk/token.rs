//! Tokens that fetch one context: `<claims>.<signature>`, both base64url without padding (RFC 4648 5).
//!
//! The claims are JSON; the signature is HMAC-SHA256 (RFC 2104) over their base64url form. The token itself is stored
//! nowhere: what is in the store (its id) does not give access.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::secret::Secret;

/// More than a token of ours ever has.
const LONGEST: usize = 1_024;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Which context, by the id it is stored under.
    pub id: Arc<str>,
    /// For whom: an agent, a CRM.
    #[serde(rename = "aud")]
    pub audience: Arc<str>,
    /// Until when, in whole Unix seconds.
    #[serde(rename = "exp")]
    expires: i64,
}

/// Why a token gives no access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not ours: malformed, or signed with another key.
    #[error("the token is not one of ours")]
    Foreign,
    /// It was ours, until then.
    #[error("the token has expired")]
    Expired(Claims),
}

/// Signs tokens and checks them. Knows no clock: the time comes with each question.
#[derive(Clone)]
pub struct ContextTokens {
    key: Secret<Arc<[u8]>>,
}

impl Claims {
    /// Claims that end at `expires`, rounded down to the second.
    #[must_use]
    pub fn new(id: &str, audience: &str, expires: Timestamp) -> Self {
        Self { id: id.into(), audience: audience.into(), expires: expires.as_second() }
    }
}

impl ContextTokens {
    /// Signs with `key`, of which 32 random bytes are enough.
    #[must_use]
    pub const fn new(key: Secret<Arc<[u8]>>) -> Self {
        Self { key }
    }

    /// The token for `claims`, of characters that need no escaping in a URL.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let claims =
            serde_json::json!({ "id": claims.id, "aud": claims.audience, "exp": claims.expires });
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&claims).finalize().into_bytes());
        format!("{claims}.{signature}")
    }

    /// What `token` says, if it is ours and still good at `now`. The signature is compared in constant time, and
    /// nothing of the claims is looked at before.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Foreign);
        }
        let (claims, signature) = token.split_once('.').ok_or(TokenError::Foreign)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Foreign)?;
        self.mac(claims).verify_slice(&signature).map_err(|_| TokenError::Foreign)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenError::Foreign)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| TokenError::Foreign)?;
        if now.as_second() < claims.expires { Ok(claims) } else { Err(TokenError::Expired(claims)) }
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104 2)")]
    fn mac(&self, claims: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.key.expose()).expect("any length will do");
        // The prefix keeps these signatures apart from whatever else may be signed with this key one day.
        mac.update(b"hotline context\n");
        mac.update(claims.as_bytes());
        mac
    }
}

impl fmt::Debug for ContextTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextTokens(***)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(key: &[u8]) -> ContextTokens {
        ContextTokens::new(Secret::new(key.into()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_token_is_good_until_its_second() {
        let tokens = tokens(b"a key");
        let claims = Claims::new("c-42", "crm", at(600));
        let token = tokens.sign(&claims);
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        );
        assert_eq!(tokens.verify(&token, at(599)), Ok(claims.clone()));
        assert_eq!(tokens.verify(&token, at(600)), Err(TokenError::Expired(claims)));
    }

    #[test]
    fn what_we_did_not_sign_is_foreign() {
        let ours = tokens(b"a key");
        let good = ours.sign(&Claims::new("c-42", "crm", at(600)));
        let (claims, signature) = good.split_once('.').unwrap();
        let raised = URL_SAFE_NO_PAD.encode(r#"{"id":"c-42","aud":"crm","exp":9999999999}"#);
        #[rustfmt::skip]
        let table = [
            String::new(),
            ".".into(),
            claims.into(),
            format!("{claims}."),
            format!("{raised}.{signature}"),
            format!("{good}A"),
            format!("{claims}.{}", &signature[..42]),
            tokens(b"another key").sign(&Claims::new("c-42", "crm", at(600))),
            format!("{claims}.{signature}.{signature}"),
            format!("{}.{signature}", "A".repeat(10_000)),
        ];
        for token in table {
            assert_eq!(ours.verify(&token, at(0)), Err(TokenError::Foreign), "{token}");
        }
    }

    #[test]
    fn the_form_of_a_token_stays_what_it_was() {
        // Made with Python's hmac, hashlib and base64: tokens in the field must survive an upgrade.
        let token = tokens(b"a key").sign(&Claims::new("c-42", "crm", at(600)));
        insta::assert_snapshot!(token, @"eyJpZCI6ImMtNDIiLCJhdWQiOiJjcm0iLCJleHAiOjE3NjQwMDA2MDB9.Jiv6R5ZvzJZjnNcOU_ycwppHpFFaRgPyZ0ZnPr5uqi0");
    }

    proptest! {
        #[test]
        fn any_text_is_foreign_and_harms_nobody(token in ".*") {
            prop_assert_eq!(tokens(b"a key").verify(&token, at(0)), Err(TokenError::Foreign));
        }

        #[test]
        fn any_flipped_bit_makes_a_token_foreign(place in 0..200_usize, bit in 0..7_u8) {
            let ours = tokens(b"a key");
            let mut bytes = ours.sign(&Claims::new("c-42", "crm", at(600))).into_bytes();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            let token = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(ours.verify(&token, at(0)), Err(TokenError::Foreign));
        }
    }
}

//! What an agent's phone is shown of a caller.

use serde_json::Value;

use super::baresip::Baresip;
use super::http;

/// What came with an INVITE.
#[derive(Debug)]
pub struct Shown {
    /// `User-to-User` (RFC 7433), decoded.
    pub short: Value,
    /// What `Call-Info` points at.
    pub url: String,
}

impl Shown {
    /// What `phone` is shown by the first INVITE after the first `upto` lines of its trace.
    #[track_caller]
    pub fn by(phone: &Baresip, upto: usize) -> Self {
        let uui = phone.wait_header_after(upto, "User-to-User: ").line;
        let hex = uui
            .trim()
            .strip_prefix("User-to-User: ")
            .unwrap()
            .strip_suffix(";encoding=hex")
            .unwrap();
        let info = phone.wait_header_after(upto, "Call-Info: ").line;
        let url = info
            .trim()
            .strip_prefix("Call-Info: <")
            .unwrap()
            .strip_suffix(">;purpose=info")
            .unwrap();
        Self {
            short: serde_json::from_slice(&hex::decode(hex).unwrap()).unwrap(),
            url: url.to_owned(),
        }
    }

    /// The whole record, fetched.
    #[track_caller]
    pub fn fetch(&self) -> Value {
        let (server, path) = http::split(&self.url);
        let answer = http::get(server, path);
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()
    }
}

//! User-to-User (RFC 7433): what one end tells the other beside the call.

use std::fmt;

use nom::Parser;

use super::grammar::{Parsed, print_token_or_quoted, token_or_quoted};
use super::params::with_params;
use super::{Params, Print};

/// One piece of information. `Debug` shows its length only: it tells who calls and why.
#[derive(Clone, PartialEq, Eq)]
pub struct UserToUser {
    /// The bytes that are meant: decoded where the encoding is `hex`, which is what none means too.
    pub data: Vec<u8>,
    /// encoding, purpose, content and others (RFC 7433 4.1).
    pub params: Params,
}

impl UserToUser {
    /// `data` in hexadecimal, for `purpose` where one is given (`isdn-uui` or a package of one's own).
    #[must_use]
    pub fn hex(data: impl Into<Vec<u8>>, purpose: Option<&str>) -> Self {
        let mut params = Params::new();
        if let Some(purpose) = purpose {
            params.set("purpose", purpose);
        }
        params.set("encoding", "hex");
        Self { data: data.into(), params }
    }

    /// What the information is for; nothing said means `isdn-uui`.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.params.get("purpose")
    }

    /// What kind of information it is.
    #[must_use]
    pub fn content(&self) -> Option<&str> {
        self.params.get("content")
    }

    /// How it is written on the wire; nothing said means `hex`.
    #[must_use]
    pub fn encoding(&self) -> Option<&str> {
        self.params.get("encoding")
    }
}

pub(super) fn user_to_user(input: &str) -> Parsed<'_, UserToUser> {
    let (rest, (written, params)) = with_params(token_or_quoted).parse(input)?;
    let data =
        if is_hex(&params) { hex::decode(&written).ok() } else { Some(written.into_bytes()) };
    data.map_or(Err(nom::Err::Error(())), |data| Ok((rest, UserToUser { data, params })))
}

fn is_hex(params: &Params) -> bool {
    params.get("encoding").is_none_or(|encoding| encoding.eq_ignore_ascii_case("hex"))
}

impl Print for UserToUser {
    fn print(&self, out: &mut Vec<u8>) {
        if is_hex(&self.params) {
            print_token_or_quoted(&hex::encode(&self.data), out);
        } else {
            print_token_or_quoted(&String::from_utf8_lossy(&self.data), out);
        }
        self.params.print(out);
    }
}

impl fmt::Debug for UserToUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes){:?}", self.data.len(), self.params)
    }
}

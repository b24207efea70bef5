//! Content-Type (RFC 3261 20.15).

use nom::Parser;
use nom::combinator::map;

use super::grammar::{Parsed, mark, token};
use super::params::with_params;
use super::{Params, Print};

/// `application/sdp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// `application`, in lower case.
    pub kind: String,
    /// `sdp`, in lower case.
    pub subtype: String,
    /// `charset`, `boundary` and others.
    pub params: Params,
}

impl MediaType {
    /// Whether it is `kind`/`subtype`, both in lower case.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }
}

pub(super) fn media_type(input: &str) -> Parsed<'_, MediaType> {
    let lower = || map(token, str::to_ascii_lowercase);
    map(with_params((lower(), mark('/'), lower())), |((kind, _, subtype), params)| MediaType {
        kind,
        subtype,
        params,
    })
    .parse(input)
}

impl Print for MediaType {
    fn print(&self, out: &mut Vec<u8>) {
        self.kind.print(out);
        out.push(b'/');
        self.subtype.print(out);
        self.params.print(out);
    }
}

//! Replaces (RFC 3891): the dialog that a new call takes the place of.

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::combinator::map;

use super::grammar::{self, Parsed};
use super::params::with_params;
use super::{Params, Print};

/// A dialog as its far end names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Its Call-ID.
    pub call_id: String,
    /// The tag of the side that receives this.
    pub to_tag: String,
    /// The tag of the other side.
    pub from_tag: String,
    /// Only while it is not answered.
    pub early_only: bool,
}

impl Replaces {
    /// Reads it from end to end, as it stands in the header or, unescaped, in the URI of a Refer-To.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        grammar::whole(replaces, text)
    }
}

pub(super) fn replaces(input: &str) -> Parsed<'_, Replaces> {
    let call_id = map(take_while1(|c| grammar::is_word(c) || c == '@'), str::to_owned);
    let (rest, (call_id, params)) = with_params(call_id).parse(input)?;
    let tag = |name| params.get(name).filter(|tag| !tag.is_empty()).map(str::to_owned);
    // RFC 3891 6.1: exactly one of each.
    let once =
        |name| params.iter().filter(|param| param.name.eq_ignore_ascii_case(name)).count() == 1;
    match (tag("to-tag"), tag("from-tag")) {
        (Some(to_tag), Some(from_tag)) if once("to-tag") && once("from-tag") => {
            Ok((rest, Replaces { call_id, to_tag, from_tag, early_only: params.has("early-only") }))
        }
        _ => Err(nom::Err::Error(())),
    }
}

impl Print for Replaces {
    fn print(&self, out: &mut Vec<u8>) {
        let mut params = Params::new();
        params.set("to-tag", self.to_tag.as_str());
        params.set("from-tag", self.from_tag.as_str());
        if self.early_only {
            params.set_flag("early-only");
        }
        self.call_id.print(out);
        params.print(out);
    }
}

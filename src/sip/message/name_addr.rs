//! From, To, Contact, Route and all that look like them: a name, a URI in angle brackets, parameters (RFC 3261 20.10).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_till1, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, map_res, opt, verify};
use nom::multi::separated_list1;
use nom::sequence::{delimited, terminated};

use super::grammar::{self, Parsed, space, space1};
use super::params::params;
use super::{Params, Print, Uri};

/// An address with its name and parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The name that people are shown.
    pub display: Option<String>,
    /// Who or where.
    pub uri: Uri,
    /// The header's parameters (tag, expires, q, …), not the URI's own.
    pub params: Params,
}

/// What a Contact header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings of this address (RFC 3261 10.2.2).
    Star,
    /// All that were given, in their order; none when there was no Contact.
    List(Vec<NameAddr>),
}

/// What Call-Info points at (RFC 3261 20.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// Usually an `http` URI.
    pub uri: Uri,
    /// `purpose` and others.
    pub params: Params,
}

impl NameAddr {
    /// Only the URI.
    #[must_use]
    pub fn new(uri: impl Into<Uri>) -> Self {
        Self { display: None, uri: uri.into(), params: Params::new() }
    }

    /// It with a name for people.
    #[must_use]
    pub fn with_display(mut self, display: impl Into<String>) -> Self {
        self.display = Some(display.into());
        self
    }

    /// It with a tag, as From and To have.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", tag);
        self
    }

    /// What tells the two ends of a dialog apart (RFC 3261 19.3).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// How much a contact is preferred, in thousandths, 0..=1,000; without `q` nothing is said (RFC 3261 20.10).
    #[must_use]
    pub fn q_thousandths(&self) -> Option<u16> {
        self.params.get("q").and_then(q_thousandths)
    }

    /// For how many seconds a contact wants to be bound. RFC 3261 20.10: one that cannot be read counts as an hour.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        let text = self.params.get("expires")?;
        Some(grammar::whole(grammar::seconds, text).unwrap_or(3_600))
    }
}

impl Contacts {
    /// Those of the list; none for `*`.
    #[must_use]
    pub fn list(&self) -> &[NameAddr] {
        match self {
            Self::Star => &[],
            Self::List(list) => list,
        }
    }
}

/// RFC 3261 25.1: qvalue, `0` to `1` with at most three digits behind the point.
fn q_thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = if matches!(whole, "0" | "1") { whole.parse().ok()? } else { return None };
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    Some(whole * 1_000 + part).filter(|thousandths| *thousandths <= 1_000)
}

/// A name-addr or a bare URI, then parameters.
pub(super) fn name_addr(input: &str) -> Parsed<'_, NameAddr> {
    map((alt((bracketed, bare)), space, params), |((display, uri), _, params)| NameAddr {
        display,
        uri,
        params,
    })
    .parse(input)
}

/// From or To: a tag, if any, has a value.
pub(super) fn party(input: &str) -> Parsed<'_, NameAddr> {
    verify(name_addr, |party: &NameAddr| party.params.get("tag").is_none_or(|tag| !tag.is_empty()))
        .parse(input)
}

/// Contact: a `q`, if any, is one.
fn contact(input: &str) -> Parsed<'_, NameAddr> {
    verify(name_addr, |it: &NameAddr| it.params.get("q").is_none_or(|q| q_thousandths(q).is_some()))
        .parse(input)
}

/// `*`, or a list.
pub(super) fn contacts(input: &str) -> Parsed<'_, Contacts> {
    alt((map(char('*'), |_| Contacts::Star), map(grammar::list(contact), Contacts::List)))
        .parse(input)
}

/// Route and Record-Route: angle brackets are a must.
pub(super) fn hop(input: &str) -> Parsed<'_, NameAddr> {
    map((bracketed, space, params), |((display, uri), _, params)| NameAddr { display, uri, params })
        .parse(input)
}

/// `<URI>;purpose=icon`.
pub(super) fn call_info(input: &str) -> Parsed<'_, CallInfo> {
    map((angle, space, params), |(uri, _, params)| CallInfo { uri, params }).parse(input)
}

fn bracketed(input: &str) -> Parsed<'_, (Option<String>, Uri)> {
    let (rest, display) = opt(terminated(display, space)).parse(input)?;
    map(angle, move |uri| (display.clone(), uri)).parse(rest)
}

/// `"any text"`, or tokens with white space between them.
fn display(input: &str) -> Parsed<'_, String> {
    // RFC 3261 25.1 has tokens here; phones in Asia and Europe put names in their own letters there bare.
    let word = take_while1(|c| grammar::is_token(c) || !c.is_ascii());
    let words = map(separated_list1(space1, word), |words: Vec<&str>| words.join(" "));
    alt((grammar::quoted, words)).parse(input)
}

fn angle(input: &str) -> Parsed<'_, Uri> {
    let inside = map_res(take_till1(|c| c == '>'), Uri::parse);
    delimited(char('<'), inside, char('>')).parse(input)
}

/// A URI without brackets: `;` begins the header's parameters, `,` the next value, and `?` may not occur (RFC 3261 20).
fn bare(input: &str) -> Parsed<'_, (Option<String>, Uri)> {
    let uri = take_till1(|c| matches!(c, ';' | ',' | ' ' | '\t' | '<' | '>' | '"'));
    let uri = map_res(
        uri,
        |uri: &str| if uri.contains('?') { Err(super::BadUri) } else { Uri::parse(uri) },
    );
    map(uri, |uri| (None, uri)).parse(input)
}

impl Print for NameAddr {
    fn print(&self, out: &mut Vec<u8>) {
        if let Some(display) = &self.display {
            grammar::print_quoted(display, out);
            out.push(b' ');
        }
        print_angle(&self.uri, out);
        self.params.print(out);
    }
}

impl Print for CallInfo {
    fn print(&self, out: &mut Vec<u8>) {
        print_angle(&self.uri, out);
        self.params.print(out);
    }
}

fn print_angle(uri: &Uri, out: &mut Vec<u8>) {
    out.push(b'<');
    uri.print(out);
    out.push(b'>');
}

//! Challenges and credentials (RFC 3261 20.7, 20.44; RFC 7616, RFC 8760).

use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::combinator::{map, verify};

use super::grammar::{Parsed, space1, token};
use super::params::fields;
use super::{Param, Params, Print, Value};

/// WWW-Authenticate or Proxy-Authenticate: who are you? Build one with [`Challenge::digest`] and [`Params::push`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `Digest`, in whatever case.
    pub scheme: String,
    /// realm, nonce, algorithm, qop, opaque, stale, domain, …
    pub fields: Params,
}

/// Authorization or Proxy-Authorization: the answer. `Debug` shows the scheme only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `Digest`, in whatever case.
    pub scheme: String,
    /// username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc, …
    pub fields: Params,
}

impl Challenge {
    /// `Digest` with `realm` and `nonce`.
    #[must_use]
    pub fn digest(realm: &str, nonce: &str) -> Self {
        let fields = [("realm", realm), ("nonce", nonce)].map(|(name, text)| quoted(name, text));
        Self { scheme: "Digest".to_owned(), fields: fields.into_iter().collect() }
    }

    /// Whether it is RFC 7616's.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// A field without its quotes.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field)
    }

    /// The ways of protection offered, `auth` or `auth-int`; none for RFC 2069's.
    pub fn qop(&self) -> impl Iterator<Item = &str> {
        self.get("qop").unwrap_or_default().split(',').map(str::trim).filter(|qop| !qop.is_empty())
    }

    /// Only the nonce was too old: the password need not be asked for again.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }
}

impl Credentials {
    /// `Digest` without a field yet.
    #[must_use]
    pub fn digest() -> Self {
        Self { scheme: "Digest".to_owned(), fields: Params::new() }
    }

    /// Whether they are RFC 7616's.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// A field without its quotes.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field)
    }

    /// How often this nonce was used: eight hexadecimal digits (RFC 7616 3.4).
    #[must_use]
    pub fn nonce_count(&self) -> Option<u32> {
        let digits = self.get("nc")?;
        let sound = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        sound.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

fn quoted(name: &str, text: &str) -> Param {
    Param { name: name.to_owned(), value: Some(Value::quoted(text)) }
}

pub(super) fn challenge(input: &str) -> Parsed<'_, Challenge> {
    map(scheme_and_fields, |(scheme, fields)| Challenge { scheme, fields }).parse(input)
}

pub(super) fn credentials(input: &str) -> Parsed<'_, Credentials> {
    map(scheme_and_fields, |(scheme, fields)| Credentials { scheme, fields }).parse(input)
}

fn scheme_and_fields(input: &str) -> Parsed<'_, (String, Params)> {
    let (rest, (scheme, _)) = (map(token, str::to_owned), space1).parse(input)?;
    let other = !scheme.eq_ignore_ascii_case("Digest");
    // RFC 9110 11.4: other schemes, such as Basic, may have one unnamed value; it is of no use to us.
    let unnamed = take_while1(|c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/' | '=')
    });
    let unnamed = verify(unnamed, |_: &str| other);
    let unnamed = map(unnamed, |text: &str| Params::from_iter([quoted("token68", text)]));
    let (rest, fields) = alt((fields, unnamed)).parse(rest)?;
    Ok((rest, (scheme, fields)))
}

impl Print for Challenge {
    fn print(&self, out: &mut Vec<u8>) {
        print(&self.scheme, &self.fields, out);
    }
}

impl Print for Credentials {
    fn print(&self, out: &mut Vec<u8>) {
        print(&self.scheme, &self.fields, out);
    }
}

fn print(scheme: &str, fields: &Params, out: &mut Vec<u8>) {
    scheme.print(out);
    out.push(b' ');
    fields.print_fields(out);
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ***", self.scheme)
    }
}

//! Parameters of headers: `;name`, `;name=value`, `;name="any text"` (RFC 3261 25.1: generic-param).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::combinator::{map, opt};
use nom::multi::many0;
use nom::sequence::preceded;

use super::Print;
use super::grammar::{self, Parsed, mark, quoted, space, token};

/// The parameters of one header value, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// As it was written; names compare without regard to case.
    pub name: String,
    /// What stands after `=`.
    pub value: Option<Value>,
}

/// The value of a parameter: the text without quotes, and whether it stands in quotes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    text: String,
    quoted: bool,
}

impl Value {
    /// Printed bare when `text` can stand so, in quotes otherwise.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let quoted = text.is_empty() || !text.chars().all(is_bare);
        Self { text, quoted }
    }

    /// Printed in quotes whatever it is, as digest wants for most of its fields.
    #[must_use]
    pub fn quoted(text: impl Into<String>) -> Self {
        Self { text: text.into(), quoted: true }
    }

    /// The text without quotes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Params {
    /// None at all.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of the first parameter called `name`; the empty text when it has none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|param| param.value.as_ref().map_or("", Value::text))
    }

    /// Whether there is a parameter called `name`, with a value or without.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Gives `name` the value `value`, in its place if it stands already.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.put(name, Some(Value::new(value)));
    }

    /// Sets `name` without a value.
    pub fn set_flag(&mut self, name: &str) {
        self.put(name, None);
    }

    /// Takes out every parameter called `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|param| !param.name.eq_ignore_ascii_case(name));
    }

    /// Adds one at the end. A name that is no token would not be read again: it is left out.
    pub fn push(&mut self, name: &str, value: Option<Value>) {
        if grammar::is_whole_token(name) {
            self.0.push(Param { name: name.to_owned(), value });
        }
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    fn put(&mut self, name: &str, value: Option<Value>) {
        match self.0.iter_mut().find(|param| param.name.eq_ignore_ascii_case(name)) {
            Some(param) => param.value = value,
            None => self.push(name, value),
        }
    }
}

impl FromIterator<Param> for Params {
    fn from_iter<I: IntoIterator<Item = Param>>(params: I) -> Self {
        Self(params.into_iter().filter(|param| grammar::is_whole_token(&param.name)).collect())
    }
}

/// `;a=b ; c`, or nothing.
pub(super) fn params(input: &str) -> Parsed<'_, Params> {
    map(many0(preceded(mark(';'), param)), Params).parse(input)
}

/// `name`, `name=value` or `name="any text"`.
pub(super) fn param(input: &str) -> Parsed<'_, Param> {
    let (rest, name) = token(input)?;
    let (rest, value) = opt(preceded(mark('='), value)).parse(rest)?;
    Ok((rest, Param { name: name.to_owned(), value }))
}

/// `a="b", c=d`: the fields of challenges and credentials.
pub(super) fn fields(input: &str) -> Parsed<'_, Params> {
    // After a comma another challenge may begin, whose scheme has no `=` after it: that comma is not ours.
    let more = many0(preceded(mark(','), field));
    map((field, more), |(first, more)| Params([vec![first], more].concat())).parse(input)
}

fn field(input: &str) -> Parsed<'_, Param> {
    let (rest, name) = token(input)?;
    let (rest, value) = preceded(mark('='), value).parse(rest)?;
    Ok((rest, Param { name: name.to_owned(), value: Some(value) }))
}

fn value(input: &str) -> Parsed<'_, Value> {
    let bare =
        map(take_while1(is_bare), |text: &str| Value { text: text.to_owned(), quoted: false });
    alt((map(quoted, |text| Value { text, quoted: true }), bare)).parse(input)
}

/// RFC 3261 wants a token or a host here. Phones also put addresses and URIs there bare, which harms nobody as long as
/// it does not end the parameter.
const fn is_bare(c: char) -> bool {
    grammar::is_token(c) || matches!(c, '[' | ']' | ':' | '/' | '@' | '?' | '&' | '$')
}

impl Print for Params {
    fn print(&self, out: &mut Vec<u8>) {
        for param in &self.0 {
            out.push(b';');
            param.print(out);
        }
    }
}

impl Params {
    /// Prints the fields of a challenge or of credentials.
    pub(super) fn print_fields(&self, out: &mut Vec<u8>) {
        self.0.print(out);
    }
}

impl Print for Param {
    fn print(&self, out: &mut Vec<u8>) {
        self.name.print(out);
        let Some(value) = &self.value else { return };
        out.push(b'=');
        if value.quoted { grammar::print_quoted(&value.text, out) } else { value.text.print(out) }
    }
}

/// White space at the end of what params follow, so that `token ;a=b` reads.
pub(super) fn with_params<'a, T>(
    mut item: impl Parser<&'a str, Output = T, Error = ()>,
) -> impl FnMut(&'a str) -> Parsed<'a, (T, Params)> {
    move |input| {
        let (rest, item) = item.parse(input)?;
        let (rest, _) = space(rest)?;
        let (rest, params) = params(rest)?;
        Ok((rest, (item, params)))
    }
}

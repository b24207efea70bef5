//! What all grammars share: tokens, quoted strings, white space, lists (RFC 3261 25.1).
//!
//! They read header values that the head splitter has unfolded already: a line end never occurs in them.

use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while_m_n, take_while1};
use nom::character::complete::char;
use nom::combinator::{all_consuming, map, verify};
use nom::multi::separated_list1;
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::Print;

/// What a grammar gives: the rest of the text, and the value. Why it failed is not kept: a peer gets a 400, no lesson.
pub(super) type Parsed<'a, T> = IResult<&'a str, T, ()>;

/// RFC 3261 25.1: token.
pub(super) const fn is_token(c: char) -> bool {
    (c as u32) < 128 && (TOKEN >> (c as u32)) & 1 == 1
}

/// Bit n is set where the ASCII character n may stand in a token: one shift asks the question that is asked most.
const TOKEN: u128 = {
    let mut bits = 0;
    let mut n = 0_u8;
    while n < 128 {
        if n.is_ascii_alphanumeric()
            || matches!(n, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
        {
            bits |= 1 << n;
        }
        n += 1;
    }
    bits
};

/// RFC 3261 25.1: word, of which Call-IDs are made.
pub(super) const fn is_word(c: char) -> bool {
    is_token(c)
        || matches!(c, '(' | ')' | '<' | '>' | ':' | '\\' | '"' | '/' | '[' | ']' | '?' | '{' | '}')
}

/// Whether `text` is a token from end to end.
pub(super) fn is_whole_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token)
}

pub(super) fn token(input: &str) -> Parsed<'_, &str> {
    take_while1(is_token).parse(input)
}

/// Spaces and tabs, any number of them.
pub(super) fn space(input: &str) -> Parsed<'_, &str> {
    take_while(|c| c == ' ' || c == '\t').parse(input)
}

/// At least one space or tab.
pub(super) fn space1(input: &str) -> Parsed<'_, &str> {
    take_while1(|c| c == ' ' || c == '\t').parse(input)
}

/// `c`, with white space on both sides.
pub(super) fn mark<'a>(c: char) -> impl Parser<&'a str, Output = char, Error = ()> {
    delimited(space, char(c), space)
}

/// 1..=10 or so decimal digits that fit into 32 bits, leading zeros allowed.
pub(super) fn number(input: &str) -> Parsed<'_, u32> {
    let (rest, digits) = take_while1(|c: char| c.is_ascii_digit()).parse(input)?;
    digits.parse().map_or(Err(nom::Err::Error(())), |number| Ok((rest, number)))
}

/// Seconds (RFC 3261 25.1: delta-seconds); more than 32 bits hold are as good as for ever (20.19: 2^32 - 1).
pub(super) fn seconds(input: &str) -> Parsed<'_, u32> {
    map(take_while1(|c: char| c.is_ascii_digit()), |digits: &str| {
        digits.parse().unwrap_or(u32::MAX)
    })
    .parse(input)
}

/// A port, 0..=65,535.
pub(super) fn port(input: &str) -> Parsed<'_, u16> {
    let digits = take_while_m_n(1, 5, |c: char| c.is_ascii_digit());
    let (rest, digits) =
        verify(digits, |digits: &str| digits.parse::<u16>().is_ok()).parse(input)?;
    Ok((rest, digits.parse().unwrap_or_default()))
}

/// A quoted string without its quotes and backslashes.
pub(super) fn quoted(input: &str) -> Parsed<'_, String> {
    let (inside, _) = char('"').parse(input)?;
    let mut text = String::new();
    let mut rest = inside;
    loop {
        let (after, plain) = take_while(|c| c != '"' && c != '\\').parse(rest)?;
        text.push_str(plain);
        let mut marks = after.chars();
        match marks.next() {
            Some('"') => return Ok((marks.as_str(), text)),
            // RFC 3261 25.1: a quoted pair is a backslash and one ASCII character but CR and LF.
            Some('\\') => match marks.next() {
                Some(c) if c.is_ascii() && c != '\r' && c != '\n' => text.push(c),
                _ => return Err(nom::Err::Error(())),
            },
            _ => return Err(nom::Err::Error(())),
        }
        rest = marks.as_str();
    }
}

/// Writes `text` as a quoted string. A line end cannot be quoted and becomes a space.
pub(super) fn print_quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\r' | b'\n' => out.push(b' '),
            // RFC 3261 25.1: qdtext has no control characters but the tab.
            0..=8 | 11..=31 | 127 => out.extend_from_slice(&[b'\\', byte]),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// One or more `item`, separated by commas.
pub(super) fn list<'a, T>(
    item: impl Parser<&'a str, Output = T, Error = ()>,
) -> impl Parser<&'a str, Output = Vec<T>, Error = ()> {
    separated_list1(mark(','), item)
}

/// What `parser` makes of all of `text`, white space around it aside.
pub(super) fn whole<'a, T>(
    parser: impl Parser<&'a str, Output = T, Error = ()>,
    text: &'a str,
) -> Option<T> {
    all_consuming(delimited(space, parser, space)).parse(text).ok().map(|(_, value)| value)
}

/// A token or a quoted string, for headers that allow either.
pub(super) fn token_or_quoted(input: &str) -> Parsed<'_, String> {
    alt((map(token, str::to_owned), quoted)).parse(input)
}

/// Prints a token as it is, everything else quoted.
pub(super) fn print_token_or_quoted(text: &str, out: &mut Vec<u8>) {
    if is_whole_token(text) { text.print(out) } else { print_quoted(text, out) }
}

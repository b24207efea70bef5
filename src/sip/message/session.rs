//! How long things last: Session-Expires (RFC 4028 4) and Retry-After (RFC 3261 20.33).

use nom::Parser;
use nom::combinator::{map, opt, verify};

use super::grammar::{Parsed, seconds, space};
use super::params::{params, with_params};
use super::{Params, Print};

/// How long a session lives without a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds.
    pub seconds: u32,
    /// Who refreshes; nothing said leaves it to the other side.
    pub refresher: Option<Refresher>,
}

/// The side that refreshes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The one that sent the request.
    Uac,
    /// The one that answers it.
    Uas,
}

/// When to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// Seconds.
    pub seconds: u32,
    /// `duration`: for how long it will work then.
    pub params: Params,
}

pub(super) fn session_expires(input: &str) -> Parsed<'_, SessionExpires> {
    let (rest, (seconds, params)) = with_params(seconds).parse(input)?;
    let refresher = match params.get("refresher") {
        None => None,
        Some(side) if side.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
        Some(side) if side.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
        Some(_) => return Err(nom::Err::Error(())),
    };
    Ok((rest, SessionExpires { seconds, refresher }))
}

/// `90`, with parameters that nobody uses.
pub(super) fn min_se(input: &str) -> Parsed<'_, u32> {
    map(with_params(seconds), |(seconds, _)| seconds).parse(input)
}

pub(super) fn retry_after(input: &str) -> Parsed<'_, RetryAfter> {
    // A number that no 32 bits hold says nothing: RFC 4475 3.1.2.5 calls it an error.
    let seconds = verify(seconds, |seconds| *seconds < u32::MAX);
    map((seconds, space, opt(comment), space, params), |(seconds, _, _, _, params)| RetryAfter {
        seconds,
        params,
    })
    .parse(input)
}

/// A comment in parentheses, which may hold others and quoted pairs (RFC 3261 25.1). It is for people and not kept.
fn comment(input: &str) -> Parsed<'_, ()> {
    let mut depth = 0_usize;
    let mut marks = input.char_indices();
    while let Some((at, mark)) = marks.next() {
        match mark {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '\\' if depth > 0 => _ = marks.next(),
            _ if depth > 0 => continue,
            _ => break,
        }
        if depth == 0 {
            return Ok((input.get(at + 1..).unwrap_or_default(), ()));
        }
    }
    Err(nom::Err::Error(()))
}

impl Print for SessionExpires {
    fn print(&self, out: &mut Vec<u8>) {
        self.seconds.print(out);
        match self.refresher {
            None => {}
            Some(Refresher::Uac) => ";refresher=uac".print(out),
            Some(Refresher::Uas) => ";refresher=uas".print(out),
        }
    }
}

impl Print for RetryAfter {
    fn print(&self, out: &mut Vec<u8>) {
        self.seconds.print(out);
        self.params.print(out);
    }
}

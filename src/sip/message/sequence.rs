//! CSeq and RAck: what is answered (RFC 3261 20.16, RFC 3262 7.2).

use nom::Parser;
use nom::combinator::{map, map_opt, verify};

use super::grammar::{Parsed, number, space1, token};
use super::{Method, Print};

/// The place of a request in its dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// Below 2^31 (RFC 3261 8.1.1.5).
    pub number: u32,
    /// The request's own method.
    pub method: Method,
}

/// The reliable provisional response that a PRACK has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// Its RSeq, 1..2^31.
    pub rseq: u32,
    /// The CSeq it answered.
    pub cseq: CSeq,
}

pub(super) fn cseq(input: &str) -> Parsed<'_, CSeq> {
    let number = verify(number, |number| *number < 1 << 31);
    map((number, space1, method), |(number, _, method)| CSeq { number, method }).parse(input)
}

pub(super) fn rack(input: &str) -> Parsed<'_, RAck> {
    map((rseq, space1, cseq), |(rseq, _, cseq)| RAck { rseq, cseq }).parse(input)
}

/// Max-Forwards, 0..=255.
pub(super) fn hops(input: &str) -> Parsed<'_, u8> {
    map_opt(number, |hops| u8::try_from(hops).ok()).parse(input)
}

pub(super) fn rseq(input: &str) -> Parsed<'_, u32> {
    verify(number, |number| (1..1 << 31).contains(number)).parse(input)
}

pub(super) fn method(input: &str) -> Parsed<'_, Method> {
    map_opt(token, Method::parse).parse(input)
}

impl Print for CSeq {
    fn print(&self, out: &mut Vec<u8>) {
        self.number.print(out);
        out.push(b' ');
        self.method.print(out);
    }
}

impl Print for RAck {
    fn print(&self, out: &mut Vec<u8>) {
        self.rseq.print(out);
        out.push(b' ');
        self.cseq.print(out);
    }
}

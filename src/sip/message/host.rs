//! Hosts: names, IPv4 addresses, IPv6 addresses in brackets (RFC 3261 25.1: host).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{map_opt, opt};
use nom::sequence::{delimited, preceded};

use super::Print;
use super::grammar::{self, Parsed, space};

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in lower case, as names compare without regard to case; made by [`Host::parse`] only.
    Name(String),
    /// `192.0.2.1`.
    V4(Ipv4Addr),
    /// `[2001:db8::1]`.
    V6(Ipv6Addr),
}

impl Host {
    /// The host that `text` names; an IPv6 address may stand with or without its brackets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(V6(address)) => Some(Self::V6(address)),
            _ => grammar::whole(host, text),
        }
    }

    /// The address, if it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(V4(*address)),
            Self::V6(address) => Some(V6(*address)),
        }
    }
}

use IpAddr::{V4, V6};

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            V4(address) => Self::V4(address),
            V6(address) => Self::V6(address),
        }
    }
}

pub(super) fn host(input: &str) -> Parsed<'_, Host> {
    if input.starts_with('[') {
        let inside = take_while1(|c: char| c.is_ascii_hexdigit() || c == ':' || c == '.');
        return map_opt(delimited(char('['), inside, char(']')), |text: &str| {
            text.parse().ok().map(Host::V6)
        })
        .parse(input);
    }
    // RFC 3261 has no underscore in host names; those who name machines do.
    let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    map_opt(name, name_or_v4).parse(input)
}

/// `host` and, behind a colon with white space around it, a port.
pub(super) fn host_port(input: &str) -> Parsed<'_, (Host, Option<u16>)> {
    let colon = delimited(space, char(':'), space);
    (host, opt(preceded(colon, grammar::port))).parse(input)
}

fn name_or_v4(text: &str) -> Option<Host> {
    let last = text.trim_end_matches('.').rsplit('.').next()?;
    // RFC 3261 25.1: the top label begins with a letter, so that what looks like an address is one.
    if last.starts_with(|c: char| c.is_ascii_digit()) && last.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().ok().map(Host::V4);
    }
    let sound = text.trim_end_matches('.').split('.').all(|label| !label.is_empty());
    (sound && !text.ends_with("..")).then(|| Host::Name(text.to_ascii_lowercase()))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl Print for Host {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Name(name) => name.print(out),
            Self::V4(_) | Self::V6(_) => self.to_string().print(out),
        }
    }
}

/// `:5060`, or nothing.
pub(super) fn print_port(port: Option<u16>, out: &mut Vec<u8>) {
    if let Some(port) = port {
        out.push(b':');
        port.print(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_an_address_is_one_or_nothing() {
        #[rustfmt::skip]
        let table = [
            ("Example.COM", Some("example.com")), ("a_b.local.", Some("a_b.local.")), ("3com", Some("3com")),
            ("192.0.2.1", Some("192.0.2.1")), ("[2001:DB8::1]", Some("[2001:db8::1]")), ("::1", Some("[::1]")),
            ("192.0.2", None), ("192.0.2.256", None), ("a..b", None), (".", None), ("", None), ("[::1", None),
            ("a b", None), ("a.com..", None), ("[192.0.2.1]", None),
        ];
        for (text, printed) in table {
            assert_eq!(
                Host::parse(text).map(|host| host.to_string()).as_deref(),
                printed,
                "{text}"
            );
        }
    }
}

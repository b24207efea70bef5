//! Via (RFC 3261 20.42, RFC 3581): where a request came from and where its responses go.

use std::net::IpAddr;

use nom::Parser;
use nom::combinator::{map, verify};

use super::grammar::{Parsed, mark, space, space1, token};
use super::host::{host_port, print_port};
use super::params::params;
use super::{Host, Params, Print};

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// How it was sent.
    pub transport: Transport,
    /// The sender's own idea of where it is: sent-by.
    pub host: Host,
    /// With `host`: sent-by. Without one it is the transport's default.
    pub port: Option<u16>,
    /// branch, received, rport, maddr, ttl and others, checked when they were parsed.
    pub params: Params,
    /// Protocol and version when they are not `SIP/2.0`.
    pub foreign: Option<Box<str>>,
}

/// The transport of a Via or of a URI's `transport` parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// RFC 3261 18.
    Udp,
    /// RFC 3261 18.
    Tcp,
    /// RFC 3261 26.2.1.
    Tls,
    /// RFC 7118.
    Ws,
    /// RFC 7118.
    Wss,
    /// RFC 4168.
    Sctp,
    /// Any other token, in upper case; made by [`Transport::parse`] only.
    Other(Box<str>),
}

impl Via {
    /// A hop as one adds it to one's own requests, asking for `rport`.
    #[must_use]
    pub fn new(transport: Transport, host: Host, port: Option<u16>, branch: &str) -> Self {
        let mut params = Params::new();
        params.set("branch", branch);
        params.set_flag("rport");
        Self { transport, host, port, params, foreign: None }
    }

    /// What names the transaction, together with sent-by and method (RFC 3261 17.2.3).
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// Where the next hop saw the request come from (RFC 3261 18.2.1).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        self.params.get("received").and_then(Host::parse)?.ip()
    }

    /// `None` without rport, `Some(None)` where it asks for one, else the port that was seen (RFC 3581 4).
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|port| port.parse().ok())
    }

    /// Where the response has to go instead, usually a multicast group.
    #[must_use]
    pub fn maddr(&self) -> Option<Host> {
        self.params.get("maddr").and_then(Host::parse)
    }

    /// Time to live of a multicast packet.
    #[must_use]
    pub fn ttl(&self) -> Option<u8> {
        self.params.get("ttl")?.parse().ok()
    }

    /// Notes the source of the request: `received` where it differs from sent-by or the sender asked for rport (RFC
    /// 3261 18.2.1, RFC 3581 4).
    pub fn note_source(&mut self, address: IpAddr, port: u16) {
        let asked = self.params.has("rport");
        if asked {
            self.params.set("rport", port.to_string());
        }
        if asked || self.host.ip() != Some(address) {
            // RFC 3261 25.1: an IPv6 address stands here without brackets.
            self.params.set("received", address.to_string());
        }
    }

    fn is_sound(&self) -> bool {
        let sound = |name, check: fn(&str) -> bool| self.params.get(name).is_none_or(check);
        sound("branch", |branch| !branch.is_empty())
            && sound("received", |address| {
                Host::parse(address).is_some_and(|host| host.ip().is_some())
            })
            && sound("rport", |port| port.is_empty() || port.parse::<u16>().is_ok())
            && sound("maddr", |host| Host::parse(host).is_some())
            && sound("ttl", |ttl| ttl.parse::<u8>().is_ok())
    }
}

pub(super) fn via(input: &str) -> Parsed<'_, Via> {
    verify(hop, Via::is_sound).parse(input)
}

fn hop(input: &str) -> Parsed<'_, Via> {
    let (rest, (protocol, _, version, _, transport, _)) =
        (token, mark('/'), token, mark('/'), map(token, Transport::read), space1).parse(input)?;
    let ours = protocol.eq_ignore_ascii_case("SIP") && version == "2.0";
    let foreign = (!ours).then(|| format!("{protocol}/{version}").into());
    let (rest, ((host, port), _, params)) = (host_port, space, params).parse(rest)?;
    Ok((rest, Via { transport, host, port, params, foreign }))
}

impl Transport {
    /// The transport called `token`, whatever its case; `None` when it is no token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        super::grammar::is_whole_token(text).then(|| Self::read(text))
    }

    fn read(token: &str) -> Self {
        let known = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss, Self::Sctp];
        let found =
            known.into_iter().find(|transport| transport.as_str().eq_ignore_ascii_case(token));
        found.unwrap_or_else(|| Self::Other(token.to_ascii_uppercase().into()))
    }

    /// As it stands in a Via.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Sctp => "SCTP",
            Self::Other(token) => token,
        }
    }

    /// Whether nothing is lost or comes twice on it, so that nothing is sent again (RFC 3261 17).
    #[must_use]
    pub const fn is_reliable(&self) -> bool {
        !matches!(self, Self::Udp)
    }
}

impl Print for Via {
    fn print(&self, out: &mut Vec<u8>) {
        self.foreign.as_deref().unwrap_or("SIP/2.0").print(out);
        out.push(b'/');
        self.transport.as_str().print(out);
        out.push(b' ');
        self.host.print(out);
        print_port(self.port, out);
        self.params.print(out);
    }
}

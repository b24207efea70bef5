//! Which address a URI means, as far as that can be told without asking anybody (RFC 3261 8.1.2, RFC 3263 4 for
//! addresses in numbers). Names are looked up by whoever places a call.

use std::net::{IpAddr, SocketAddr};

use super::message::{self, Request, Uri};
use super::peer::{Peer, Transport};

/// SIP's port where none is given (RFC 3261 19.1.2).
const PORT: u16 = 5060;

/// The address that `uri` names in numbers.
pub(crate) fn address_of(uri: &Uri) -> Option<SocketAddr> {
    let uri = uri.sip()?;
    let host = uri.maddr().unwrap_or_else(|| uri.host.clone());
    Some(SocketAddr::new(host.ip()?, uri.port.unwrap_or(PORT)))
}

/// The address that `request` is to be sent to, as its Route or its Request-URI says in numbers.
pub(crate) fn next_hop(request: &Request) -> Option<SocketAddr> {
    let routes = request.headers.routes().ok()?;
    address_of(routes.first().map_or(&request.uri, |route| &route.uri))
}

/// The transport that `uri` asks for; UDP where it does not say, nothing where it is one we have not.
pub(crate) fn transport_of(uri: &Uri) -> Option<Transport> {
    let uri = uri.sip()?;
    match uri.transport() {
        _ if uri.secure => None,
        None | Some(message::Transport::Udp) => Some(Transport::Udp),
        Some(message::Transport::Tcp) => Some(Transport::Tcp),
        Some(
            message::Transport::Tls
            | message::Transport::Ws
            | message::Transport::Wss
            | message::Transport::Sctp
            | message::Transport::Other(_),
        ) => None,
    }
}

/// Where a request within a dialog goes whose next hop is `next`, when the peer's last message came from `seen`.
///
/// What `next` says counts, except where we know better: a name that we cannot look up, an address that NAT hides
/// (theirs is private, what we see is not the same), or a stream that is open to that very host.
pub(crate) fn within_dialog(next: &Uri, seen: Peer) -> Peer {
    let (Some(named), Some(transport)) = (address_of(next), transport_of(next)) else {
        return seen;
    };
    let is_hidden =
        named.ip() != seen.remote.ip() && is_private(named.ip()) && !is_private(seen.remote.ip());
    let is_open =
        named.ip() == seen.remote.ip() && transport == seen.transport && seen.connection.is_some();
    if is_hidden || is_open || named.ip().is_unspecified() {
        return seen;
    }
    Peer { transport, local: seen.local, remote: named, connection: None }
}

/// Addresses that mean nothing outside of the network they are in (RFC 1918, 6598, 3927, 4193, 4291).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [one, two, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || (one == 100 && two & 0xc0 == 64)
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::peer::ConnectionId;

    fn seen(remote: &str) -> Peer {
        Peer::udp("192.0.2.1:5060".parse().unwrap(), remote.parse().unwrap())
    }

    #[test]
    fn the_named_address_counts_unless_nat_hides_it() {
        #[rustfmt::skip]
        let table = [
            ("sip:a@198.51.100.7:5070", "198.51.100.7:5060", "198.51.100.7:5070"),
            ("sip:a@198.51.100.8", "198.51.100.7:5060", "198.51.100.8:5060"),
            ("sip:a@192.168.1.20:5060", "198.51.100.7:40123", "198.51.100.7:40123"),
            ("sip:a@10.0.0.2", "10.0.0.1:5060", "10.0.0.2:5060"),
            ("sip:phone.example.org", "198.51.100.7:5060", "198.51.100.7:5060"),
            ("sip:a@0.0.0.0", "198.51.100.7:5060", "198.51.100.7:5060"),
            ("tel:+861860", "198.51.100.7:5060", "198.51.100.7:5060"),
        ];
        for (next, from, to) in table {
            assert_eq!(
                within_dialog(&Uri::parse(next).unwrap(), seen(from)).remote,
                to.parse().unwrap(),
                "{next}"
            );
        }
    }

    #[test]
    fn an_open_stream_to_the_host_is_used_whatever_its_port() {
        let mut peer = seen("198.51.100.7:40123");
        peer.transport = Transport::Tcp;
        peer.connection = Some(ConnectionId(3));
        let next = Uri::parse("sip:a@198.51.100.7:5060;transport=tcp").unwrap();
        assert_eq!(within_dialog(&next, peer), peer);
        let other = Uri::parse("sip:a@198.51.100.9:5060;transport=tcp").unwrap();
        assert_eq!(within_dialog(&other, peer).connection, None);
    }
}

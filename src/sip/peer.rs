//! Where a message came from, or is to go.

use std::net::SocketAddr;

/// How SIP messages travel (RFC 3261 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One message a datagram; lost ones are repeated by the transactions.
    Udp,
    /// A stream of messages, each as long as its Content-Length says.
    Tcp,
}

impl Transport {
    /// Whether the network below repeats what was lost, so that the transactions need not.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp => true,
        }
    }

    /// As a Via writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// One stream connection, numbered by `sip::transport`; numbers are never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// The two ends of a path. What came from a peer is answered to that same peer (RFC 3581 for UDP, the connection
/// for streams).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// How.
    pub transport: Transport,
    /// Our end: the socket's own address.
    pub local: SocketAddr,
    /// Their end, as the network shows it.
    pub remote: SocketAddr,
    /// The open stream, if there is one. Without it the transport uses an open stream to `remote`, or connects.
    pub connection: Option<ConnectionId>,
}

impl Peer {
    /// A path by datagrams.
    #[must_use]
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Udp, local, remote, connection: None }
    }

    /// A path by a stream that may still have to be opened.
    #[must_use]
    pub const fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Tcp, local, remote, connection: None }
    }
}

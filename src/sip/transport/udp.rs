//! Datagrams.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::Arrival;
use crate::sip::endpoint::Event;
use crate::sip::peer::Peer;

/// The largest datagram there is.
const LARGEST: usize = 65_536;

/// What we ask the kernel to hold for us while we are busy: about 4,000 INVITEs. It gives what it may.
const KERNEL_BUFFER: usize = 4 << 20;

/// Opens the socket, and a second handle on it for sending: tokio's own would first have to be told that it may, and
/// drop what is sent before. `SO_REUSEADDR` lets a new process take the port over from one that is ending.
pub(super) fn bind(at: SocketAddr) -> io::Result<(UdpSocket, std::net::UdpSocket)> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Less than asked for is no reason not to serve.
    _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
    _ = socket.set_send_buffer_size(KERNEL_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    let sender = socket.try_clone()?;
    Ok((UdpSocket::from_std(socket.into())?, sender.into()))
}

/// Our address on the way to `remote`, as the routing table has it: what a socket that is bound to all addresses has to
/// call itself. Nothing is sent.
#[must_use]
pub fn local_towards(remote: SocketAddr) -> Option<IpAddr> {
    let any = if remote.is_ipv4() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    let socket = std::net::UdpSocket::bind((any, 0)).ok()?;
    socket.connect(remote).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

/// Our addresses towards those whom we heard from lately: at most [`MOST_KNOWN`], then it begins anew.
#[derive(Default)]
struct Known(HashMap<IpAddr, IpAddr>);

const MOST_KNOWN: usize = 1_024;

impl Known {
    fn towards(&mut self, bound: SocketAddr, remote: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        let own = self
            .0
            .entry(remote.ip())
            .or_insert_with(|| local_towards(remote).unwrap_or(bound.ip()));
        SocketAddr::new(*own, bound.port())
    }
}

/// Reads until nobody listens any more. Errors of single datagrams (an ICMP for something that we sent) are no reason
/// to stop.
pub(super) async fn read(socket: UdpSocket, local: SocketAddr, arrivals: mpsc::Sender<Arrival>) {
    let mut buffer = vec![0; LARGEST];
    let mut known = Known::default();
    while !arrivals.is_closed() {
        let Ok((length, remote)) = socket.recv_from(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        // A copy of its own: messages are kept, and must not keep 64 KiB each.
        let bytes = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        let event =
            Event::Datagram { peer: Peer::udp(known.towards(local, remote), remote), bytes };
        if arrivals.send(Arrival::Event(Box::new(event))).await.is_err() {
            return;
        }
    }
}

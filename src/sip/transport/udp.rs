//! Datagrams.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

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

/// Opens the socket. `SO_REUSEADDR` lets a new process take the port over from one that is ending.
pub(super) fn bind(at: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Less than asked for is no reason not to serve.
    _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
    _ = socket.set_send_buffer_size(KERNEL_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    UdpSocket::from_std(socket.into())
}

/// Reads until nobody listens any more. Errors of single datagrams (an ICMP for something that we sent) are no reason
/// to stop.
pub(super) async fn read(
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    arrivals: mpsc::Sender<Arrival>,
) {
    let mut buffer = vec![0; LARGEST];
    while !arrivals.is_closed() {
        let Ok((length, remote)) = socket.recv_from(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        // A copy of its own: messages are kept, and must not keep 64 KiB each.
        let bytes = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        let event = Event::Datagram { peer: Peer::udp(local, remote), bytes };
        if arrivals.send(Arrival::Event(Box::new(event))).await.is_err() {
            return;
        }
    }
}

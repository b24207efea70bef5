//! The system calls of the media path, behind one small trait.

use std::io::ErrorKind;
use std::net::SocketAddr;

use mio::net::UdpSocket;

/// How datagrams come and go. `Direct` makes one system call a datagram; one that collects what a slot sends and hands
/// it over in `flush` (sendmmsg, io_uring) can take its place.
pub(super) trait RtpIo {
    /// The next datagram that waits at `socket`, cut at the end of `into`; `None` when none does.
    fn receive(&mut self, socket: &UdpSocket, into: &mut [u8]) -> Option<(usize, SocketAddr)>;

    /// Sends, or takes for sending; whether the system accepted it. A full buffer drops, as a network would.
    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> bool;

    /// Everything taken so far must leave now.
    fn flush(&mut self);
}

/// `recvfrom` and `sendto`.
#[derive(Debug)]
pub(super) struct Direct;

impl RtpIo for Direct {
    fn receive(&mut self, socket: &UdpSocket, into: &mut [u8]) -> Option<(usize, SocketAddr)> {
        // A second try for an error that the peer's host reported (ICMP): it has been taken off the socket with it.
        for _ in 0..2 {
            match socket.recv_from(into) {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> bool {
        socket.send_to(datagram, to).is_ok()
    }

    fn flush(&mut self) {}
}

//! The phone's line: where the other end is, which address of ours it can reach, and the endpoint on its sockets.

use std::net::{IpAddr, SocketAddr};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::PhoneError;
use crate::sip::endpoint::{Command, Config, Endpoint};
use crate::sip::message::{self, Uri};
use crate::sip::transport::{self, Handle, Settings};
use crate::sip::{Peer, Transport};

/// SIP's port where none is given (RFC 3261 19.1.2).
const PORT: u16 = 5060;
/// News and wishes that wait at most; a phone has one call.
const QUEUE: usize = 256;

/// Which transport `target` asks for.
pub(super) fn transport_of(target: &Uri) -> Result<Transport, PhoneError> {
    let uri = target.sip().ok_or(PhoneError::Scheme)?;
    match uri.transport() {
        _ if uri.secure => Err(PhoneError::Transport),
        None | Some(message::Transport::Udp) => Ok(Transport::Udp),
        Some(message::Transport::Tcp) => Ok(Transport::Tcp),
        Some(
            message::Transport::Tls
            | message::Transport::Ws
            | message::Transport::Wss
            | message::Transport::Sctp
            | message::Transport::Other(_),
        ) => Err(PhoneError::Transport),
    }
}

/// Where `target` is. A name is looked up as an address only: no SRV records.
pub(super) async fn find(target: &Uri) -> Result<SocketAddr, PhoneError> {
    let uri = target.sip().ok_or(PhoneError::Scheme)?;
    let host = uri.maddr().unwrap_or_else(|| uri.host.clone());
    let port = uri.port.unwrap_or(PORT);
    if let Some(ip) = host.ip() {
        return Ok(SocketAddr::new(ip, port));
    }
    let host = host.to_string();
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    let found = found.map_err(|error| PhoneError::Unknown(host.clone(), Some(error)))?;
    // Addresses of the older kind first: more servers listen there.
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(|it| it.is_ipv6());
    found.first().copied().ok_or(PhoneError::Unknown(host, None))
}

/// Our address on the way to `remote`, with any port. Nothing is sent.
pub(super) async fn local_towards(remote: SocketAddr) -> Result<SocketAddr, PhoneError> {
    if remote.ip().is_loopback() {
        return Ok(SocketAddr::new(remote.ip(), 0));
    }
    let any = if remote.is_ipv4() { IpAddr::from([0_u8; 4]) } else { IpAddr::from([0_u16; 8]) };
    let probe = tokio::net::UdpSocket::bind((any, 0)).await.map_err(PhoneError::System)?;
    probe.connect(remote).await.map_err(|_| PhoneError::NoWay(remote))?;
    Ok(SocketAddr::new(probe.local_addr().map_err(PhoneError::System)?.ip(), 0))
}

/// A running endpoint.
pub(super) struct Line {
    pub(super) handle: Handle,
    /// Everything that is not for the network.
    pub(super) news: mpsc::Receiver<Command>,
    pub(super) udp: Option<SocketAddr>,
    pub(super) tcp: Option<SocketAddr>,
    task: JoinHandle<()>,
}

impl Line {
    /// Opens the sockets at `local`: UDP always, TCP if the call is to use it.
    pub(super) fn open(
        local: SocketAddr,
        by: Transport,
        seed: [u8; 32],
        began: Instant,
    ) -> Result<Self, PhoneError> {
        let tcp = (by == Transport::Tcp).then_some(local);
        let settings = Settings { udp: Some(local), tcp, ..Settings::default() };
        let sockets =
            transport::Transport::bind(settings).map_err(|error| PhoneError::Bind(local, error))?;
        let (udp, tcp) = (sockets.udp(), sockets.tcp());
        let endpoint = Endpoint::new(Config::new(udp, tcp), ChaCha12Rng::from_seed(seed));
        let (handle, asks) = Handle::new(QUEUE);
        let (to, news) = mpsc::channel(QUEUE);
        let task = tokio::spawn(transport::run(endpoint, sockets, asks, began, move |command| {
            // Only a phone that has ended reads nothing.
            let _ = to.try_send(command);
        }));
        Ok(Self { handle, news, udp, tcp, task })
    }

    /// The path to `remote`.
    pub(super) fn peer(&self, by: Transport, remote: SocketAddr) -> Peer {
        match by {
            Transport::Udp => Peer::udp(self.udp.unwrap_or(remote), remote),
            Transport::Tcp => Peer::tcp(self.tcp.unwrap_or(remote), remote),
        }
    }

    /// Closes the sockets.
    pub(super) async fn close(self) {
        drop(self.handle);
        drop(self.news);
        // A panic there has been printed; there is nothing left to close.
        let _ = self.task.await;
    }
}

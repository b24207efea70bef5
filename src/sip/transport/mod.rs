//! SIP OVER SOCKETS: the only part of `sip` that touches tokio. It moves bytes and keeps one timer; it decides nothing.
//!
//! Called by `server`'s SIP task and by `cli/phone`.
//! Must not know: what a message says, but for where it ends.
//! Way in: [`Transport::bind`], then [`run`] around an [`Endpoint`](super::endpoint::Endpoint); or, by hand,
//! [`Transport::next`] for what came and [`Transport::send`] for what goes.
//! Always true: every queue is bounded and drops the newest when full; a slow peer holds up nobody else.
//! Read next: `udp`, `stream` (one connection), `run` (the loop).

mod run;
mod stream;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "endpoints run as tasks here")]
mod tests;
mod udp;

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::stream::Stream;
use super::endpoint::Event;
use super::peer::{self, ConnectionId, Peer};

pub use self::run::{Ask, Handle, run};
pub use self::udp::local_towards;

/// Where to listen, and how much to hold.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The UDP socket.
    pub udp: Option<SocketAddr>,
    /// The TCP listener.
    pub tcp: Option<SocketAddr>,
    /// Streams open at once, theirs and ours. Beyond it a new one is closed at once.
    pub connections: usize,
    /// A stream over which nothing came for so long is closed. Longer than phones' keep-alives, 120 s at most.
    pub idle: Duration,
    /// How long opening a stream may take.
    pub connect: Duration,
    /// Messages that wait to be written to one stream.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            udp: None,
            tcp: None,
            connections: 4_096,
            idle: Duration::from_secs(600),
            connect: Duration::from_secs(5),
            queue: 64,
        }
    }
}

/// What could not be done, for metrics.
#[derive(Debug, Default)]
pub struct Counts {
    /// Datagrams that the network did not take.
    pub unsent: AtomicU64,
    /// Messages for a stream whose queue was full.
    pub overflown: AtomicU64,
    /// Streams refused because there were too many.
    pub refused: AtomicU64,
}

/// The network did not take what was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the network did not take it")]
pub struct Unsent {
    /// To whom.
    pub to: Peer,
}

/// Our sockets.
#[derive(Debug)]
pub struct Transport {
    settings: Settings,
    udp: Option<UdpSocket>,
    /// Where they are really bound.
    udp_at: Option<SocketAddr>,
    tcp_at: Option<SocketAddr>,
    streams: HashMap<ConnectionId, Stream>,
    /// Streams by their far end: the last one to it.
    by_remote: HashMap<SocketAddr, ConnectionId>,
    connections: u64,
    /// What the readers bring. Bounded: a full one holds the readers up, and the kernel drops datagrams then.
    events: mpsc::Receiver<Arrival>,
    arrivals: mpsc::Sender<Arrival>,
    /// Readers and streams; they end with this.
    tasks: JoinSet<()>,
    counts: Arc<Counts>,
}

/// What a task has to say.
#[derive(Debug)]
enum Arrival {
    Event(Box<Event>),
    /// Somebody connected to us.
    Accepted(TcpStream, SocketAddr),
    /// A stream of ours is open at last.
    Connected {
        connection: ConnectionId,
        local: SocketAddr,
    },
    /// A stream is closed, or could not be opened.
    Closed {
        connection: ConnectionId,
        was_open: bool,
    },
}

/// Messages between the readers and the endpoint.
const ARRIVALS: usize = 1_024;

impl Transport {
    /// Opens the sockets and starts to listen, within a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub fn bind(settings: Settings) -> io::Result<Self> {
        let (arrivals, events) = mpsc::channel(ARRIVALS);
        let mut tasks = JoinSet::new();
        let mut udp = None;
        let mut udp_at = None;
        if let Some(at) = settings.udp {
            let (reader, sender) = udp::bind(at)?;
            let local = reader.local_addr()?;
            tasks.spawn(udp::read(reader, local, arrivals.clone()));
            udp_at = Some(local);
            udp = Some(sender);
        }
        let listener = settings.tcp.map(stream::listen).transpose()?;
        let tcp_at = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        if let Some(listener) = listener {
            tasks.spawn(stream::accept(listener, arrivals.clone()));
        }
        Ok(Self {
            udp_at,
            tcp_at,
            settings,
            udp,
            streams: HashMap::new(),
            by_remote: HashMap::new(),
            connections: 0,
            events,
            arrivals,
            tasks,
            counts: Arc::default(),
        })
    }

    /// Where the UDP socket is bound: with the port that the system chose, where 0 was asked for.
    #[must_use]
    pub const fn udp(&self) -> Option<SocketAddr> {
        self.udp_at
    }

    /// Where the TCP listener is bound.
    #[must_use]
    pub const fn tcp(&self) -> Option<SocketAddr> {
        self.tcp_at
    }

    /// What could not be done so far.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// The next thing that happens on the network. May be dropped at any `.await`.
    pub async fn next(&mut self) -> Event {
        loop {
            // `self.arrivals` keeps the channel open, so that there is always a next one.
            let Some(arrival) = self.events.recv().await else {
                return std::future::pending().await;
            };
            if let Some(event) = self.arrived(arrival) {
                return event;
            }
        }
    }

    fn arrived(&mut self, arrival: Arrival) -> Option<Event> {
        match arrival {
            Arrival::Event(event) => Some(*event),
            Arrival::Accepted(socket, remote) => self.accepted(socket, remote),
            Arrival::Connected { connection, local } => {
                let stream = self.streams.get(&connection)?;
                let mut peer = Peer::tcp(local, stream.remote());
                peer.connection = Some(connection);
                Some(Event::Opened { peer })
            }
            Arrival::Closed { connection, was_open } => self.closed(connection, was_open),
        }
    }

    fn accepted(&mut self, socket: TcpStream, remote: SocketAddr) -> Option<Event> {
        if self.streams.len() >= self.settings.connections {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let local = socket.local_addr().ok()?;
        let connection = self.number();
        let mut peer = Peer::tcp(local, remote);
        peer.connection = Some(connection);
        let stream = Stream::serve(
            socket,
            peer,
            connection,
            &self.settings,
            self.arrivals.clone(),
            &mut self.tasks,
        );
        self.streams.insert(connection, stream);
        self.by_remote.insert(remote, connection);
        Some(Event::Opened { peer })
    }

    fn closed(&mut self, connection: ConnectionId, was_open: bool) -> Option<Event> {
        let remote = self.streams.remove(&connection)?.remote();
        if self.by_remote.get(&remote) == Some(&connection) {
            self.by_remote.remove(&remote);
        }
        let mut peer = Peer::tcp(self.tcp_at.unwrap_or(remote), remote);
        if was_open {
            peer.connection = Some(connection);
            return Some(Event::Lost { peer });
        }
        Some(Event::Unreachable { to: peer })
    }

    const fn number(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections)
    }

    /// Sends `bytes` to `to`, over the stream that is open or a new one. Never waits.
    ///
    /// # Errors
    /// When the network did not take it: the endpoint is to be told [`Event::Unreachable`].
    pub fn send(&mut self, to: Peer, bytes: Bytes) -> Result<(), Unsent> {
        // Finished tasks are taken out here, so that they do not pile up.
        while self.tasks.try_join_next().is_some() {}
        match to.transport {
            peer::Transport::Udp => self.send_datagram(to, &bytes),
            peer::Transport::Tcp => self.send_on_stream(to, bytes),
        }
    }

    fn send_datagram(&self, to: Peer, bytes: &[u8]) -> Result<(), Unsent> {
        let sent = self.udp.as_ref().map(|socket| socket.send_to(bytes, to.remote));
        match sent {
            Some(Ok(_)) => return Ok(()),
            // A full send buffer is like a lost datagram: the transactions repeat what matters. And what somebody else's
            // unreachable port left in the socket says nothing of this peer.
            Some(Err(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused
                ) =>
            {
                self.counts.unsent.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Some(Err(_)) | None => {}
        }
        self.counts.unsent.fetch_add(1, Ordering::Relaxed);
        Err(Unsent { to })
    }

    fn send_on_stream(&mut self, to: Peer, bytes: Bytes) -> Result<(), Unsent> {
        let open = to.connection.filter(|connection| self.streams.contains_key(connection));
        let connection = match open.or_else(|| self.by_remote.get(&to.remote).copied()) {
            Some(connection) => connection,
            None if self.streams.len() >= self.settings.connections => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                return Err(Unsent { to });
            }
            None => self.connect(to),
        };
        let Some(stream) = self.streams.get(&connection) else { return Err(Unsent { to }) };
        if !stream.push(bytes) {
            self.counts.overflown.fetch_add(1, Ordering::Relaxed);
            return Err(Unsent { to });
        }
        Ok(())
    }

    fn connect(&mut self, to: Peer) -> ConnectionId {
        let connection = self.number();
        let stream =
            Stream::connect(to, connection, &self.settings, self.arrivals.clone(), &mut self.tasks);
        self.streams.insert(connection, stream);
        self.by_remote.insert(to.remote, connection);
        connection
    }
}

//! Streams: one task a connection, which reads messages and writes what is queued (RFC 3261 18.3, RFC 5626 3.5.1).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Arrival, Settings};
use crate::sip::endpoint::Event;
use crate::sip::message::{Framed, Framer};
use crate::sip::peer::{ConnectionId, Peer};

/// Our end of the task's queue. Dropping it ends the task.
#[derive(Debug)]
pub(super) struct Stream {
    remote: SocketAddr,
    queue: mpsc::Sender<Bytes>,
}

impl Stream {
    /// Serves a stream that is open.
    pub(super) fn serve(
        socket: TcpStream,
        peer: Peer,
        connection: ConnectionId,
        settings: &Settings,
        arrivals: mpsc::Sender<Arrival>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(settings.queue.max(1));
        let idle = settings.idle;
        tasks.spawn(async move {
            Task { peer, waiting, idle, arrivals: arrivals.clone() }.run(socket).await;
            _ = arrivals.send(Arrival::Closed { connection, was_open: true }).await;
        });
        Self { remote: peer.remote, queue }
    }

    /// Opens a stream to `to` and serves it. What is pushed meanwhile waits.
    pub(super) fn connect(
        to: Peer,
        connection: ConnectionId,
        settings: &Settings,
        arrivals: mpsc::Sender<Arrival>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(settings.queue.max(1));
        let (idle, patience) = (settings.idle, settings.connect);
        tasks.spawn(async move {
            let opened =
                timeout(patience, TcpStream::connect(to.remote)).await.ok().and_then(Result::ok);
            let opened =
                opened.and_then(|socket| socket.local_addr().ok().map(|local| (socket, local)));
            let Some((socket, local)) = opened else {
                _ = arrivals.send(Arrival::Closed { connection, was_open: false }).await;
                return;
            };
            if arrivals.send(Arrival::Connected { connection, local }).await.is_err() {
                return;
            }
            let mut peer = Peer::tcp(local, to.remote);
            peer.connection = Some(connection);
            Task { peer, waiting, idle, arrivals: arrivals.clone() }.run(socket).await;
            _ = arrivals.send(Arrival::Closed { connection, was_open: true }).await;
        });
        Self { remote: to.remote, queue }
    }

    pub(super) const fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Queues `bytes`; `false` where the queue is full or the stream is closing.
    pub(super) fn push(&self, bytes: Bytes) -> bool {
        self.queue.try_send(bytes).is_ok()
    }
}

/// One stream's task.
struct Task {
    peer: Peer,
    waiting: mpsc::Receiver<Bytes>,
    idle: Duration,
    arrivals: mpsc::Sender<Arrival>,
}

/// Read at once.
const CHUNK: usize = 16 * 1024;

/// How long one message may take to be written.
const LONGEST_WRITE: Duration = Duration::from_secs(10);

/// How long the endpoint has to answer what broke the stream.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Task {
    async fn run(mut self, mut socket: TcpStream) {
        _ = socket.set_nodelay(true);
        let mut framer = Framer::new();
        let mut chunk = vec![0; CHUNK];
        let mut until = Instant::now() + self.idle;
        loop {
            tokio::select! {
                bytes = self.waiting.recv() => {
                    let Some(bytes) = bytes else { return };
                    if write(&mut socket, &bytes).await.is_err() {
                        return;
                    }
                }
                read = socket.read(&mut chunk) => {
                    let length = read.unwrap_or(0);
                    if length == 0 {
                        return;
                    }
                    until = Instant::now() + self.idle;
                    framer.feed(chunk.get(..length).unwrap_or_default());
                    if self.deliver(&mut framer, &mut socket).await.is_err() {
                        return;
                    }
                    if framer.is_broken() {
                        return self.last_words(&mut socket).await;
                    }
                }
                () = sleep_until(until) => return,
            }
        }
    }

    /// Hands over what has been framed, and answers pings.
    async fn deliver(&self, framer: &mut Framer, socket: &mut TcpStream) -> io::Result<()> {
        while let Some(framed) = framer.next() {
            let message = match framed {
                Ok(Framed::Message(message)) => Ok(message),
                Ok(Framed::Pong) => continue,
                Ok(Framed::Ping) => {
                    write(socket, b"\r\n").await?;
                    continue;
                }
                Err(malformed) => Err(malformed),
            };
            let event = Box::new(Event::Message { peer: self.peer, message });
            self.arrivals
                .send(Arrival::Event(event))
                .await
                .map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(())
    }

    /// The stream cannot be read any further; the answer that says so is still written.
    async fn last_words(&mut self, socket: &mut TcpStream) {
        if let Ok(Some(bytes)) = timeout(LAST_WORDS, self.waiting.recv()).await {
            _ = write(socket, &bytes).await;
        }
        _ = socket.shutdown().await;
    }
}

/// A peer that does not read is not waited for.
async fn write(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    timeout(LONGEST_WRITE, socket.write_all(bytes))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Opens the listener.
pub(super) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}

/// Takes connections until nobody wants them any more. Running out of file descriptors passes: it waits a little.
pub(super) async fn accept(listener: TcpListener, arrivals: mpsc::Sender<Arrival>) {
    while !arrivals.is_closed() {
        match listener.accept().await {
            Ok((socket, remote)) => {
                if arrivals.send(Arrival::Accepted(socket, remote)).await.is_err() {
                    return;
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

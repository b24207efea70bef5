//! The floor: a program that on as many sockets sends and reads the same packets, and does nothing else.
//!
//! This bench starts itself again for it. Every millisecond it sends on the sockets of one slot and reads once on each:
//! two system calls a packet pair, no waiting for readiness, no table, no clock but the slot's.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotline::rtp::packet::Header;

use crate::system;

/// The argument that makes this bench the floor.
pub(crate) const ARGUMENT: &str = "--floor";
const SLOT: Duration = Duration::from_millis(1);
const SLOTS: usize = 20;

/// The floor as a process of its own. It ends with this value.
pub(crate) struct Floor {
    child: Child,
    /// Its sockets, in the order of the peers that it was given.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Floor {
    /// Starts it on `core`; it sends to `peers` at once.
    pub(crate) fn start(core: usize, peers: &[SocketAddr]) -> Self {
        let ports: Vec<String> = peers.iter().map(|it| it.port().to_string()).collect();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([ARGUMENT, &core.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{}", ports.join(" ")).unwrap();
        child.stdin = Some(input);
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, addresses: addresses(&line) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // Ended already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the started program does, until it is killed.
pub(crate) fn run(core: usize) {
    system::pin(core);
    system::raise_files();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let to = addresses(&line);
    let sockets: Vec<UdpSocket> = to
        .iter()
        .map(|_| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        })
        .collect();
    let ports: Vec<String> =
        sockets.iter().map(|it| it.local_addr().unwrap().port().to_string()).collect();
    println!("{}", ports.join(" "));
    let mut datagram = [0xd5; 172];
    let mut buffer = [0; 2_048];
    let begin = Instant::now();
    for slot in 0.. {
        let due = begin + SLOT * slot;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let [.., high, low] = (slot / SLOTS as u32).to_be_bytes();
        let sequence = u16::from_be_bytes([high, low]);
        for call in (slot as usize % SLOTS..sockets.len()).step_by(SLOTS) {
            let timestamp = u32::from(sequence) * 160;
            let header =
                Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: call as u32 };
            datagram[..12].copy_from_slice(&header.to_bytes());
            // What the other side does not take is lost, and counted there.
            let _ = sockets[call].send_to(&datagram, to[call]);
            let _ = sockets[call].recv_from(&mut buffer);
        }
    }
}

fn addresses(ports: &str) -> Vec<SocketAddr> {
    ports
        .split_whitespace()
        .map(|port| (Ipv4Addr::LOCALHOST, port.parse().unwrap()).into())
        .collect()
}

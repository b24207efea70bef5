//! Free ports on loopback.

use std::net::{TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use super::PATIENCE;
use super::process::Process;

/// A port that is free for UDP and TCP. Somebody may take it before it is used; then the test fails and says so.
pub fn free() -> u16 {
    for _ in 0..100 {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free for UDP and TCP at once")
}

/// A range of 200 ports for media, another one at each call: blocks are dealt out by process and count, and the first
/// whose ends are free is taken.
pub fn media_range() -> RangeInclusive<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 100).unwrap();
    for _ in 0..100 {
        let block = (first + 7 * NEXT.fetch_add(1, Ordering::Relaxed)) % 100;
        let (low, high) = (10_000 + 200 * block, 10_000 + 200 * block + 199);
        if [low, low + 1, high].iter().all(|port| UdpSocket::bind(("127.0.0.1", *port)).is_ok()) {
            return low..=high;
        }
    }
    panic!("no range of media ports is free")
}

/// Waits until somebody listens on `port`, UDP or TCP, as the kernel's tables say: trying to bind it could take it away
/// from `by`.
#[track_caller]
pub fn wait_taken(port: u16, by: &Process) {
    let mark = format!(":{port:04X} ");
    let is_taken = |table: &str| {
        let lines = std::fs::read_to_string(table).unwrap();
        lines
            .lines()
            .any(|line| line.split_once(": ").is_some_and(|(_, it)| it[..14].contains(&mark)))
    };
    let until = Instant::now() + PATIENCE;
    while !["/proc/net/udp", "/proc/net/tcp"].into_iter().any(is_taken) {
        assert!(Instant::now() < until, "nobody listens on {port}:\n{}", by.said());
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

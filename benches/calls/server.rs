//! The server as its operator starts it, on one core and in a folder of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};

use crate::{CALLERS, house, system};

/// A running server. It ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) sip: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts it on `core` and waits until it answers; it lets `calls` calls in at most.
    pub(crate) fn start(core: usize, calls: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        house::write(folder.path(), calls);
        let (sip, http) = (free_port(), free_port());
        let log = folder.path().join("log");
        // What a thread starts runs where the thread runs.
        system::pin(core);
        let child = Command::new(env!("CARGO_BIN_EXE_hotline"))
            .current_dir(folder.path())
            .args([
                "serve",
                "--sip",
                &format!("127.0.0.1:{sip}"),
                "--http",
                &format!("127.0.0.1:{http}"),
            ])
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn();
        system::pin(CALLERS);
        let mut child = child.unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines.map_while(Result::ok).any(|line| line == "ready");
        assert!(is_ready, "{}", std::fs::read_to_string(log).unwrap());
        Self { child, sip: ([127, 0, 0, 1], sip).into(), _folder: folder }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free for UDP and TCP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

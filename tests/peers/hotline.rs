//! The server, as its operator starts it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process::Process;
use super::{PATIENCE, ports};

/// A running server on ports and in a folder of its own.
pub struct Hotline {
    /// What was started.
    pub process: Process,
    /// Where it answers SIP, UDP and TCP.
    pub sip: SocketAddr,
    /// Where it answers HTTP.
    pub http: SocketAddr,
    /// Its data and configuration.
    pub folder: tempfile::TempDir,
}

impl Hotline {
    /// The demo, with nothing changed but its ports and its data folder.
    pub fn demo() -> Self {
        Self::with(|config| config)
    }

    /// The demo with its `hotline.yaml` changed by `change`.
    pub fn with(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = env!("CARGO_MANIFEST_DIR");
        let demo = fs::read_to_string(Path::new(home).join("hotline.yaml")).unwrap();
        let demo = demo
            .replace("flows/", &format!("{home}/flows/"))
            .replace("\nprompts: prompts", &format!("\nprompts: {home}/prompts"));
        let config = folder.path().join("hotline.yaml");
        fs::write(&config, change(demo)).unwrap();
        Self::start(folder)
    }

    /// Starts, or starts again after a crash, what stands in `folder`.
    pub fn start(folder: tempfile::TempDir) -> Self {
        let (sip, http) = (ports::free(), ports::free());
        let media = ports::media_range();
        let process = Process::start(
            "hotline",
            Command::new(env!("CARGO_BIN_EXE_hotline"))
                .current_dir(folder.path())
                .args(["serve", "--log", "debug"])
                .args([
                    "--sip",
                    &format!("127.0.0.1:{sip}"),
                    "--http",
                    &format!("127.0.0.1:{http}"),
                ])
                .args(["--rtp-ports", &format!("{}..{}", media.start(), media.end())]),
        );
        process.wait_for("ready", PATIENCE);
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self { process, sip: local(sip), http: local(http), folder }
    }

    /// The folder with its databases.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Asks it to end and waits until it has.
    #[track_caller]
    pub fn stop(mut self) {
        self.process.signal("TERM");
        let status = self.process.wait_end(PATIENCE + Duration::from_secs(10));
        assert!(status.success(), "it ended with {status}");
    }
}

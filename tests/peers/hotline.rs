//! The server, as its operator starts it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{Process, Said};
use super::recorded::{self, Recorded};
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
        Self::start(folder(change))
    }

    /// Starts, or starts again after a crash, what stands in `folder`.
    pub fn start(folder: tempfile::TempDir) -> Self {
        let (sip, http) = (local(ports::free()), local(ports::free()));
        let process =
            Process::start("hotline", serve(folder.path(), sip, http).args(["--log", "debug"]));
        process.wait_line("ready");
        Self { process, sip, http, folder }
    }

    /// The folder with its databases.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its configuration.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hotline.yaml")
    }

    /// Waits until a journey says this: `"step":"main"`.
    #[track_caller]
    pub fn wait_journey(&self, what: &str) -> Said {
        self.wait_journey_after(0, what)
    }

    /// Waits until a journey says this after the first `upto` lines of the log.
    #[track_caller]
    pub fn wait_journey_after(&self, upto: usize, what: &str) -> Said {
        self.process
            .wait_until(upto, what, |line| line.contains(" journey entry=") && line.contains(what))
    }

    /// Waits until a prompt has begun.
    #[track_caller]
    pub fn wait_prompt(&self, prompt: &str) -> Said {
        self.wait_journey(&format!(r#""prompt":"{prompt}""#))
    }

    /// Waits until a caller talks to an agent.
    #[track_caller]
    pub fn wait_connected(&self, upto: usize, agent: &str) -> Said {
        self.wait_journey_after(upto, &format!(r#""what":"connected","agent":{{"id":"{agent}""#))
    }

    /// Waits until a call has ended.
    #[track_caller]
    pub fn wait_call_end(&self) -> Said {
        self.process.wait_line(": call ended ")
    }

    /// Waits until an agent's state is `state` after the first `upto` lines of the log.
    #[track_caller]
    pub fn wait_agent(&self, upto: usize, agent: &str, state: &str) -> Said {
        let says = format!(r#"agent agent="{agent}" state="{state}""#);
        self.process.wait_after(upto, &says)
    }

    /// Asks it to end, waits until it has, and replays every call that it has stored: each must give the commands and
    /// the journey that it gave.
    #[track_caller]
    pub fn stop_and_replay(self) -> Vec<Recorded> {
        let (data, config) = (self.data(), self.config());
        let _folder = self.stop();
        let calls = recorded::read(&data);
        recorded::replay(&calls, &config);
        calls
    }

    /// Asks it to end and waits until it has; what it leaves behind stays as long as the folder.
    #[track_caller]
    pub fn stop(mut self) -> tempfile::TempDir {
        self.process.signal("TERM");
        let status = self.process.wait_end(PATIENCE + Duration::from_secs(10));
        assert!(status.success(), "it ended with {status}");
        self.folder
    }
}

/// A folder with the demo's `hotline.yaml` as `change` makes it; what it names stays where it is.
pub fn folder(change: impl FnOnce(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = env!("CARGO_MANIFEST_DIR");
    let demo = fs::read_to_string(Path::new(home).join("hotline.yaml")).unwrap();
    let demo = demo
        .replace("flows/", &format!("{home}/flows/"))
        .replace("\nprompts: prompts", &format!("\nprompts: {home}/prompts"));
    fs::write(folder.path().join("hotline.yaml"), change(demo)).unwrap();
    folder
}

/// `hotline serve` for the configuration in `folder`.
pub fn serve(folder: &Path, sip: SocketAddr, http: SocketAddr) -> Command {
    let media = ports::media_range();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    command
        .current_dir(folder)
        .args(["serve", "--sip", &sip.to_string(), "--http", &http.to_string()])
        .args(["--rtp-ports", &format!("{}..{}", media.start(), media.end())]);
    command
}

/// A port on loopback.
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

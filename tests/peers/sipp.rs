//! SIPp: scenarios written for one behaviour, played message by message.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::Process;

/// SIPp's own answering scenario: it takes one call and sends all RTP back.
pub struct Echo {
    /// What was started.
    pub sipp: Sipp,
    /// Where to call it.
    pub at: SocketAddr,
}

/// A scenario that runs.
pub struct Sipp {
    /// What was started.
    pub process: Process,
    /// Holds the scenario and its logs.
    pub folder: tempfile::TempDir,
}

impl Sipp {
    /// Plays the scenario `text` against `server`, from the port `port`, with more `args`.
    pub fn start(text: &str, server: SocketAddr, port: u16, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenario = folder.path().join("scenario.xml");
        fs::write(&scenario, text).unwrap();
        let process = Process::start(
            "sipp",
            Command::new("sipp")
                .current_dir(folder.path())
                .env("TERM", "dumb")
                .arg("-sf")
                .arg(&scenario)
                .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1", "-nostdin"])
                .args([
                    "-trace_msg",
                    "-message_file",
                    "messages.log",
                    "-trace_err",
                    "-error_file",
                    "errors.log",
                ])
                .args(args)
                .arg(server.to_string()),
        );
        Self { process, folder }
    }

    /// Plays the answering scenario `text` on `port`, with more `args`. Calls may come as soon as this returns.
    pub fn serve(text: &str, port: u16, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenario = folder.path().join("scenario.xml");
        fs::write(&scenario, text).unwrap();
        Self::answer(folder, port, &[&["-sf", scenario.to_str().unwrap()], args].concat())
    }

    /// Answers one call over UDP and sends its RTP back.
    pub fn echo() -> Echo {
        Self::echo_by(&[])
    }

    /// Answers one call, by another transport or in another way, and sends its RTP back.
    pub fn echo_by(args: &[&str]) -> Echo {
        let port = ports::free();
        let media = ports::media_range().start().to_string();
        let folder = tempfile::tempdir().unwrap();
        let echoes = ["-sn", "uas", "-rtp_echo", "-mi", "127.0.0.1", "-mp", &media];
        let sipp = Self::answer(folder, port, &[&echoes, args].concat());
        Echo { sipp, at: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    fn answer(folder: tempfile::TempDir, port: u16, args: &[&str]) -> Self {
        let process = Process::start(
            "sipp",
            Command::new("sipp")
                .current_dir(folder.path())
                .env("TERM", "dumb")
                .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1", "-nostdin"])
                .args([
                    "-trace_msg",
                    "-message_file",
                    "messages.log",
                    "-trace_err",
                    "-error_file",
                    "errors.log",
                ])
                .args(args),
        );
        ports::wait_taken(port, &process);
        Self { process, folder }
    }

    /// Every message sent and received so far.
    pub fn messages(&self) -> String {
        read(&self.folder.path().join("messages.log"))
    }

    /// What went wrong, in SIPp's words.
    pub fn errors(&self) -> String {
        read(&self.folder.path().join("errors.log"))
    }

    /// Waits until the scenario has been played to its end, as it was written.
    #[track_caller]
    pub fn wait_success(&mut self) {
        let status = self.process.wait_end(super::PATIENCE * 3);
        assert!(status.success(), "sipp: {status}\n{}\n{}", self.errors(), self.messages());
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

//! A program that was started for a test: its lines are kept, it ends with this value.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running program.
pub struct Process {
    name: &'static str,
    child: Child,
    lines: Arc<Lines>,
}

#[derive(Default)]
struct Lines {
    /// Everything it said, in order.
    said: Mutex<Vec<String>>,
    more: Condvar,
}

impl Process {
    /// Starts `command`; what it prints is kept line by line.
    pub fn start(name: &'static str, command: &mut Command) -> Self {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let lines = Arc::new(Lines::default());
        listen(child.stdout.take().unwrap(), &lines);
        listen(child.stderr.take().unwrap(), &lines);
        Self { name, child, lines }
    }

    /// The operating system's number of it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that contains `text` and returns it.
    #[track_caller]
    pub fn wait_for(&self, text: &str, patience: Duration) -> String {
        let until = Instant::now() + patience;
        let mut said = self.lines.said.lock().unwrap();
        let mut seen = 0;
        loop {
            if let Some(line) = said.iter().skip(seen).find(|line| line.contains(text)) {
                return line.clone();
            }
            seen = said.len();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(said); // the message needs it, and so does the end of this value
                panic!("{} never said `{text}`; it said:\n{}", self.name, self.said());
            }
            said = self.lines.more.wait_timeout(said, left).unwrap().0;
        }
    }

    /// Everything it said so far.
    pub fn said(&self) -> String {
        self.lines.said.lock().unwrap().join("\n")
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn wait_end(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "{} did not end; it said:\n{}", self.name, self.said());
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends it a signal by name: `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = match name {
            "TERM" => rustix::process::Signal::TERM,
            "HUP" => rustix::process::Signal::HUP,
            other => panic!("no test sends {other}"),
        };
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- {} said:\n{}", self.name, self.said());
        }
    }
}

fn listen(from: impl Read + Send + 'static, lines: &Arc<Lines>) {
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            lines.said.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            lines.more.notify_all();
        }
    });
}

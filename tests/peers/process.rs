//! A program that was started for a test: its lines are kept, it ends with this value.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// A running program.
pub struct Process {
    name: String,
    child: Child,
    lines: Arc<Lines>,
}

/// Something that a program said, and the place from which later lines count.
#[derive(Debug, Clone)]
pub struct Said {
    /// The line.
    pub line: String,
    /// Lines before and with it.
    pub upto: usize,
}

#[derive(Default)]
struct Lines {
    /// Everything it said, in order.
    said: Mutex<Vec<String>>,
    more: Condvar,
}

impl Process {
    /// Starts `command`; what it prints is kept line by line.
    pub fn start(name: impl Into<String>, command: &mut Command) -> Self {
        let name = name.into();
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let lines = Arc::new(Lines::default());
        listen(child.stdout.take().unwrap(), &lines);
        listen(child.stderr.take().unwrap(), &lines);
        Self { name, child, lines }
    }

    /// Waits up to `patience` for a line that contains `text`, said by now or later, and returns it.
    #[track_caller]
    pub fn wait_for(&self, text: &str, patience: Duration) -> String {
        self.wait_within(patience, 0, text, |line| line.contains(text)).line
    }

    /// Waits for a line that contains `text`, said by now or later.
    #[track_caller]
    pub fn wait_line(&self, text: &str) -> Said {
        self.wait_after(0, text)
    }

    /// Waits for a line that contains `text` and is not one of the first `upto`.
    #[track_caller]
    pub fn wait_after(&self, upto: usize, text: &str) -> Said {
        self.wait_until(upto, text, |line| line.contains(text))
    }

    /// Waits for a line after the first `upto` that is `meant`.
    #[track_caller]
    pub fn wait_until(&self, upto: usize, what: &str, meant: impl Fn(&str) -> bool) -> Said {
        self.wait_within(PATIENCE, upto, what, meant)
    }

    #[track_caller]
    fn wait_within(
        &self,
        patience: Duration,
        upto: usize,
        what: &str,
        meant: impl Fn(&str) -> bool,
    ) -> Said {
        let until = Instant::now() + patience;
        let mut said = self.lines.said.lock().unwrap();
        let mut seen = upto;
        loop {
            if let Some((at, line)) =
                said.iter().enumerate().skip(seen).find(|(_, line)| meant(line))
            {
                return Said { line: line.clone(), upto: at + 1 };
            }
            seen = seen.max(said.len());
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(said); // a panic under the lock would hide what was said
                panic!("{} never said `{what}`", self.name);
            }
            said = self.lines.more.wait_timeout(said, left).unwrap().0;
        }
    }

    /// How many lines it has said.
    pub fn upto(&self) -> usize {
        self.lines.said.lock().unwrap().len()
    }

    /// The lines that contain `text`.
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        let said = self.lines.said.lock().unwrap();
        said.iter().filter(|line| line.contains(text)).cloned().collect()
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
            assert!(Instant::now() < until, "{} did not end", self.name);
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

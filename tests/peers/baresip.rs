//! baresip: a softphone with an independent SIP stack, driven over its TCP control port, its sound in files.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use hotline::audio::compare;
use serde_json::{Value, json};

use super::process::{Process, Said};
use super::sound;
use super::{PATIENCE, ports, wait};

/// A softphone that says one tone and records what it hears.
pub struct Baresip {
    /// What was started. It prints every SIP message.
    pub process: Process,
    folder: tempfile::TempDir,
    control: TcpStream,
    events: Receiver<Value>,
    console: SocketAddr,
}

/// How a softphone is set up.
pub struct Phone<'a> {
    /// The user part of its address.
    pub user: &'a str,
    /// The server.
    pub server: SocketAddr,
    /// `udp` or `tcp`.
    pub transport: &'a str,
    /// With it, the phone registers.
    pub password: Option<&'a str>,
    /// Whether it answers by itself.
    pub answers: bool,
    /// What it says all the time, in Hz.
    pub tone: f64,
}

impl<'a> Phone<'a> {
    /// A caller with the number `user`, over UDP, who says 700 Hz.
    pub fn caller(user: &'a str, server: SocketAddr) -> Self {
        Self { user, server, transport: "udp", password: None, answers: false, tone: 700.0 }
    }

    /// An agent's phone that registers, answers by itself and says 1,000 Hz.
    pub fn agent(user: &'a str, password: &'a str, server: SocketAddr) -> Self {
        Self { password: Some(password), answers: true, tone: 1000.0, ..Self::caller(user, server) }
    }
}

impl Baresip {
    /// Starts a softphone; one with a password has registered when this returns.
    pub fn start(phone: &Phone<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let (sip, control, console) = (ports::free(), ports::free(), ports::free());
        let media = ports::media_range();
        sound::write_tone(&folder.path().join("tone.wav"), phone.tone, Duration::from_secs(120));
        let config = format!(
            "sip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\nrtp_ports {}-{}\ncall_max_calls 4\naudio_level no\n\
             audio_source aufile,{at}/tone.wav\naudio_player aufile,{at}/player.wav\naudio_alert aufile,{at}/alert.wav\n\
             snd_path {at}\nctrl_tcp_listen 127.0.0.1:{control}\ncons_listen 127.0.0.1:{console}\n\
             module_path /usr/lib/baresip/modules\nmodule cons.so\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\n\
             module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n",
            media.start(),
            media.end(),
        );
        fs::write(folder.path().join("config"), config).unwrap();
        fs::write(folder.path().join("contacts"), "").unwrap();
        let Phone { user, server, transport, .. } = phone;
        let registers = phone
            .password
            .map_or(";regint=0".to_owned(), |password| format!(";auth_pass={password};regint=60"));
        let answers = if phone.answers { ";answermode=auto" } else { "" };
        let account = format!("<sip:{user}@{server};transport={transport}>{registers}{answers}\n");
        fs::write(folder.path().join("accounts"), account).unwrap();
        let process = Process::start(
            "baresip",
            Command::new("baresip").arg("-s").arg("-f").arg(folder.path()),
        );
        process.wait_line("baresip is ready");
        let control = connect(SocketAddr::from(([127, 0, 0, 1], control)));
        let (told, events) = mpsc::channel();
        let mut from = control.try_clone().unwrap();
        thread::spawn(move || {
            while let Some(message) = netstring(&mut from) {
                // Its answers to commands quote what it prints, which is not always JSON; its events are.
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if told.send(message).is_err() {
                    return;
                }
            }
        });
        let console = SocketAddr::from(([127, 0, 0, 1], console));
        let phone_started = Self { process, folder, control, events, console };
        if phone.password.is_some() {
            phone_started.process.wait_line("200 OK (");
        }
        phone_started
    }

    /// Gives a command of baresip's menu: `dial`, `hangup`, `accept`, `hold`, `transfer`.
    pub fn command(&mut self, command: &str, params: &str) {
        let message = json!({ "command": command, "params": params, "token": command }).to_string();
        self.control.write_all(format!("{}:{message},", message.len()).as_bytes()).unwrap();
    }

    /// Calls `to`.
    pub fn dial(&mut self, to: &str) {
        self.command("dial", to);
    }

    /// Presses keys in the call, one after the other.
    pub fn press(&self, keys: &str) {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        for key in keys.chars() {
            let upto = self.process.upto();
            socket.send_to(key.to_string().as_bytes(), self.console).unwrap();
            self.process.wait_after(upto, &format!("send DTMF digit: '{key}'"));
            // A finger's pause: baresip sends a key until it is told that it was let go.
            thread::park_timeout(Duration::from_millis(250));
        }
    }

    /// Waits for an event such as `CALL_ESTABLISHED` and returns it.
    #[track_caller]
    pub fn wait_event(&self, kind: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) if event["type"] == kind => return event,
                Ok(event) => others.push(event["type"].to_string()),
                Err(_) => panic!(
                    "no {kind} came, only {}; baresip said:\n{}",
                    others.join(" "),
                    self.process.said()
                ),
            }
        }
    }

    /// Waits until a SIP message with a line that begins with `header` has come or gone, and returns that line.
    #[track_caller]
    pub fn wait_header(&self, header: &str) -> Said {
        self.wait_header_after(0, header)
    }

    /// The same, after the first `upto` lines that it said.
    #[track_caller]
    pub fn wait_header_after(&self, upto: usize, header: &str) -> Said {
        self.process.wait_until(upto, header, |line| line.starts_with(header))
    }

    /// Waits until the last 400 ms of what it heard are a tone of `hertz`.
    #[track_caller]
    pub fn wait_tone(&self, hertz: f64) {
        wait(&format!("{hertz} Hz"), || {
            let heard = self.heard();
            let last = &heard[heard.len().saturating_sub(3_200)..];
            (last.len() == 3_200 && sound::strength(last, hertz) > 0.1).then_some(())
        });
    }

    /// Waits until `expected` has been heard to its end.
    #[track_caller]
    pub fn wait_heard(&self, expected: &[i16]) {
        wait("a prompt is heard", || {
            let heard = self.heard();
            compare::find(&heard, expected).filter(compare::Found::is_heard).map(drop)
        });
    }

    /// What it has heard so far in its newest call, 8 kHz.
    pub fn heard(&self) -> Vec<i16> {
        let mut dumps: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        dumps.sort();
        dumps.last().map_or(Vec::new(), |newest| sound::read_growing(newest))
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(to) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < until, "baresip's control port: {error}"),
        }
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// One message in netstring framing (`<length>:<bytes>,`); none when the phone has ended.
fn netstring(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = 0_usize;
    let mut byte = [0_u8];
    loop {
        from.read_exact(&mut byte).ok()?;
        match byte[0] {
            b':' => break,
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            _ => {}
        }
    }
    let mut message = vec![0; length + 1];
    from.read_exact(&mut message).ok()?;
    message.pop();
    Some(message)
}

//! HTTP by hand, so that what is asked and answered is what stands on the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::PATIENCE;

/// What was answered, or asked.
#[derive(Debug)]
pub struct Message {
    /// `HTTP/1.1 200 OK` or `POST /hook HTTP/1.1`.
    pub first: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The value of a header, by its name in lower case.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map_or_else(|| panic!("no {name} in {self:?}"), |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn read(from: &TcpStream) -> Option<Self> {
        let mut from = BufReader::new(from);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let first = lines.remove(0);
        let header = |line: &String| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers: Vec<_> = lines.iter().map(header).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
        from.read_exact(&mut body).ok()?;
        Some(Self { first, headers, body })
    }
}

/// Asks `server` for `path`.
pub fn get(server: SocketAddr, path: &str) -> Message {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").unwrap();
    Message::read(&stream).unwrap()
}

/// The address and the path of a URL such as `http://127.0.0.1:8080/api`.
pub fn split(url: &str) -> (SocketAddr, &str) {
    let rest = url.strip_prefix("http://").unwrap();
    let at = rest.find('/').unwrap();
    (rest[..at].parse().unwrap(), &rest[at..])
}

/// Somebody who is told by POST, and answers with `statuses` in turn, the last of them for ever.
pub struct Hook {
    /// Where.
    pub address: SocketAddr,
    told: Receiver<Message>,
}

impl Hook {
    /// Listens on a free port.
    pub fn start(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for (turn, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let status = statuses[turn.min(statuses.len() - 1)];
                let Some(message) = Message::read(&stream) else { continue };
                let answer = format!(
                    "HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                // Whoever posted may have given up; then the test fails for want of the next message.
                let _ = (&stream).write_all(answer.as_bytes());
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Self { address, told }
    }

    /// The next message.
    #[track_caller]
    pub fn next(&self) -> Message {
        self.told.recv_timeout(PATIENCE).expect("nothing was posted")
    }
}

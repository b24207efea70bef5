//! SIP as the callers speak it: texts with holes, and the few fields of an answer that they need.
//!
//! Hand-written, so that the load costs little beside what it is put on.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::house::NUMBER;

/// One call's names.
pub(crate) struct Dialog<'a> {
    /// The server.
    pub(crate) to: SocketAddr,
    /// Our SIP socket.
    pub(crate) from: SocketAddr,
    /// Which caller, and which of their calls.
    pub(crate) caller: usize,
    pub(crate) call: u32,
    /// The tag and the contact that the server's answer brought; empty before.
    pub(crate) tag: &'a str,
    pub(crate) contact: &'a str,
}

impl Dialog<'_> {
    pub(crate) fn invite(&self, rtp: SocketAddr, into: &mut String) {
        let (ip, port) = (rtp.ip(), rtp.port());
        let mut sdp = String::with_capacity(256);
        let written = write!(
            sdp,
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n\
             a=rtcp-mux\r\na=sendrecv\r\n"
        );
        written.unwrap();
        self.request("INVITE", "1", into);
        write!(into, "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len())
            .unwrap();
    }

    pub(crate) fn ack(&self, into: &mut String) {
        self.request("ACK", "1", into);
        into.push_str("Content-Length: 0\r\n\r\n");
    }

    pub(crate) fn bye(&self, into: &mut String) {
        self.request("BYE", "2", into);
        into.push_str("Content-Length: 0\r\n\r\n");
    }

    fn request(&self, method: &str, sequence: &str, into: &mut String) {
        let Self { to, from, caller, call, tag, contact } = self;
        into.clear();
        match contact.is_empty() {
            true => write!(into, "{method} sip:{NUMBER}@{to} SIP/2.0\r\n").unwrap(),
            false => write!(into, "{method} {contact} SIP/2.0\r\n").unwrap(),
        }
        let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
        write!(
            into,
            "Via: SIP/2.0/UDP {from};branch=z9hG4bK{method}{caller}.{call};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{}@{from}>;tag=c{caller}.{call}\r\nTo: <sip:{NUMBER}@{to}>{tag}\r\n\
             Call-ID: {caller}.{call}@{from}\r\nCSeq: {sequence} {method}\r\nContact: <sip:caller@{from}>\r\n",
            13_800_000_000_u64 + *caller as u64
        )
        .unwrap();
    }
}

/// What came on the SIP socket.
pub(crate) enum Heard<'a> {
    Answer {
        caller: usize,
        call: u32,
        status: u16,
        is_invite: bool,
        tag: &'a str,
        contact: &'a str,
        /// The port for audio, where there is a body that names one.
        audio: Option<u16>,
    },
    /// The server hangs up: the answer that it wants.
    Bye { caller: usize, call: u32, answer: String },
}

/// Reads a message of the server's; `None` for what no caller waits for.
pub(crate) fn read(text: &str) -> Option<Heard<'_>> {
    let field = |name: &str| {
        let at = text.find(&format!("\r\n{name}: "))? + name.len() + 4;
        text[at..].split("\r\n").next()
    };
    let (caller, call) = field("Call-ID")?.split('@').next()?.split_once('.')?;
    let (caller, call) = (caller.parse().ok()?, call.parse().ok()?);
    if text.starts_with("BYE ") {
        let mut answer = "SIP/2.0 200 OK\r\n".to_owned();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            write!(answer, "{name}: {}\r\n", field(name)?).unwrap();
        }
        answer.push_str("Content-Length: 0\r\n\r\n");
        return Some(Heard::Bye { caller, call, answer });
    }
    let status = text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
    let audio = text.find("m=audio ").and_then(|at| text[at + 8..].split(' ').next()?.parse().ok());
    let contact =
        field("Contact").and_then(|it| it.split('<').nth(1)?.split('>').next()).unwrap_or("");
    let tag = field("To").and_then(|it| it.split(";tag=").nth(1)).unwrap_or("");
    Some(Heard::Answer {
        caller,
        call,
        status,
        is_invite: field("CSeq")?.ends_with("INVITE"),
        tag,
        contact,
        audio,
    })
}

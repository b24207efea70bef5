//! SIPp: scenarios written for one behaviour, played message by message.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;

use super::hotline::local;
use super::process::Process;
use super::talker::Talker;
use super::{PATIENCE, ports, wait};

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

    /// Waits until a message that contains `text` has come or gone.
    #[track_caller]
    pub fn wait_message(&self, text: &str) -> String {
        wait(text, || self.messages().lines().find(|line| line.contains(text)).map(str::to_owned))
    }

    /// Waits until the scenario has been played to its end, as it was written.
    #[track_caller]
    pub fn wait_success(&mut self) {
        let status = self.process.wait_end(PATIENCE);
        assert!(status.success(), "sipp: {status}\n{}\n{}", self.errors(), self.messages());
    }
}

/// A call whose signals are SIPp's and whose sound is a [`Talker`]'s.
pub struct Call {
    /// Its signals.
    pub sipp: Sipp,
    /// Where they come from.
    pub address: SocketAddr,
    /// Its sound.
    pub talker: Talker,
}

/// How a call is made.
pub struct Caller<'a> {
    /// The number that calls; none withholds it.
    pub from: Option<&'a str>,
    /// The number that is called.
    pub to: &'a str,
    /// Whether keys go as events (RFC 4733); otherwise only in the voice band.
    pub events: bool,
    /// Whether the INVITE has no offer, so that the server makes it in its 200 and the ACK has the answer.
    pub late_offer: bool,
    /// `u1` for UDP, `t1` for TCP.
    pub transport: &'a str,
    /// Keys that go by SIP INFO: so many at each [`Call::go`].
    pub info: &'a [&'a str],
}

impl<'a> Caller<'a> {
    /// A caller over UDP whose phone sends events and offers at once.
    pub const fn to(to: &'a str) -> Self {
        Self {
            from: Some("13912345678"),
            to,
            events: true,
            late_offer: false,
            transport: "u1",
            info: &[],
        }
    }

    /// Calls, and returns when the call is connected and sound comes.
    #[track_caller]
    pub fn call(&self, server: SocketAddr) -> Call {
        let call = self.dial(server);
        call.talker.remote();
        call
    }

    /// Calls.
    pub fn dial(&self, server: SocketAddr) -> Call {
        let talker = Talker::start();
        let address = local(ports::free());
        let args = ["-t", self.transport];
        let sipp = Sipp::start(&self.scenario(talker.port()), server, address.port(), &args);
        Call { sipp, address, talker }
    }

    /// INVITE, ACK, and when it is told to ([`Call::hang_up`]) BYE.
    fn scenario(&self, port: u16) -> String {
        let sdp = sdp(port, self.events);
        let (in_invite, in_ack) = if self.late_offer { ("", &sdp[..]) } else { (&sdp[..], "") };
        let transport = if self.transport == "t1" { "TCP" } else { "UDP" };
        let from = match self.from {
            Some(number) => format!("<sip:{number}@[local_ip]:[local_port]>"),
            None => "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(),
        };
        let to = format!("<sip:{}@[remote_ip]:[remote_port]>", self.to);
        let head = |method: &str, cseq: u8, uri: &str, more: &str| {
            format!(
                "{method} {uri} SIP/2.0\nVia: SIP/2.0/{transport} [local_ip]:[local_port];branch=[branch]\n\
                 From: {from};tag=[pid]sipp[call_number]\nTo: {to}{more}\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n\
                 Contact: <sip:sipp@[local_ip]:[local_port];transport={}>\nMax-Forwards: 70\n",
                transport.to_ascii_lowercase()
            )
        };
        let content = |sdp: &str| match sdp {
            "" => "Content-Length: 0\n\n".to_owned(),
            sdp => format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}"),
        };
        let target = to[1..to.len() - 1].to_owned();
        let invite = head("INVITE", 1, &target, "") + &content(in_invite);
        let ack = head("ACK", 1, "[next_url]", "[peer_tag_param]") + &content(in_ack);
        let (mut infos, mut cseq) = (String::new(), 2);
        for keys in self.info {
            let _ = writeln!(infos, r#"  <recv request="{GO}"/>"#);
            for key in keys.chars() {
                let info = head("INFO", cseq, "[next_url]", "[peer_tag_param]")
                    + &format!(
                        "Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal={key}\nDuration=100\n"
                    );
                let _ = writeln!(
                    infos,
                    "  <send retrans=\"500\"><![CDATA[{info}]]></send>\n  <recv response=\"200\"/>"
                );
                cseq += 1;
            }
        }
        let bye = head("BYE", cseq, "[next_url]", "[peer_tag_param]") + &content("");
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="call">
  <send retrans="500"><![CDATA[{invite}]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[{ack}]]></send>
{infos}  <recv request="{GO}"/>
  <send retrans="500"><![CDATA[{bye}]]></send>
  <recv response="200"/>
</scenario>
"#
        )
    }
}

/// The request by which a test tells SIPp to go on: SIP has none of this name.
const GO: &str = "GO";

impl Call {
    /// Has SIPp go on with its scenario.
    pub fn go(&self) {
        let messages = self.sipp.messages();
        let id = messages.lines().find_map(|line| line.strip_prefix("Call-ID: ")).unwrap();
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        // Each from a port of its own, so that none is taken for one that was sent again.
        let port = socket.local_addr().unwrap().port();
        let told = format!(
            "{GO} sip:sipp SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{port}\r\n\
             From: <sip:test>;tag={port}\r\nTo: <sip:sipp>\r\nCall-ID: {}\r\nCSeq: {port} {GO}\r\n\
             Content-Length: 0\r\n\r\n",
            id.trim()
        );
        socket.send_to(told.as_bytes(), self.address).unwrap();
    }

    /// Has SIPp hang up and waits until the call is over in good order.
    #[track_caller]
    pub fn hang_up(mut self) {
        self.go();
        self.sipp.wait_success();
    }
}

/// Calls that are refused: an INVITE with the payload types `formats` to `to`, and the final answer's message.
#[track_caller]
pub fn refused(server: SocketAddr, to: &str, formats: &str, status: u16) -> String {
    let scenario = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="refused">
  <send retrans="500"><![CDATA[INVITE sip:{to}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:13912345678@[local_ip]:[local_port]>;tag=[pid]sipp[call_number]
To: <sip:{to}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=test 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 9 RTP/AVP {formats}
]]></send>
  <recv response="100" optional="true"/>
  <recv response="{status}"/>
  <send><![CDATA[ACK sip:{to}@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
</scenario>
"#
    );
    let mut sipp = Sipp::start(&scenario, server, ports::free(), &[]);
    sipp.wait_success();
    sipp.messages()
}

/// An offer or answer with A-law, and events where they are wanted.
fn sdp(port: u16, events: bool) -> String {
    let (more, lines) = if events {
        (" 101", "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n")
    } else {
        ("", "")
    };
    format!(
        "v=0\no=test 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 8{more}\n\
         a=rtpmap:8 PCMA/8000\n{lines}a=ptime:20\na=sendrecv\n"
    )
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

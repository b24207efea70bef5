//! What must not be taken in, and does no harm to those who are being served.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod peers;

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;

use peers::hotline::{Hotline, folder, local, serve};
use peers::process::Process;
use peers::sipp::{Caller, refused};
use peers::talker::Talker;
use peers::{PATIENCE, http, ports, sound, wait};

#[test]
fn an_unknown_number_gets_404_and_no_common_codec_488() {
    let hotline = Hotline::demo();
    refused(hotline.sip, "4999", "0 8", 404);
    refused(hotline.sip, "4001", "18", 488); // G.729
    let figures = http::get(hotline.http, "/metrics");
    let figures = String::from_utf8(figures.body).unwrap();
    assert!(figures.contains(r#"hotline_refused_total{why="unknown_number"} 1"#), "{figures}");
    hotline.stop_and_replay();
}

#[test]
fn junk_on_any_port_is_dropped_and_a_running_call_goes_on() {
    let hotline = Hotline::demo();
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("welcome");
    let rtp = call.talker.remote();
    let port = |up: u16| local(rtp.port() + up);
    for junk in junk() {
        for to in [hotline.sip, rtp, port(1)] {
            let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
            socket.send_to(&junk[..junk.len().min(60_000)], to).unwrap();
        }
        for to in [hotline.sip, hotline.http] {
            pour(to, &junk);
        }
    }
    hotline.wait_prompt("main-menu");
    call.talker.press("1");
    hotline.wait_prompt("enter-order-number");
    assert_unbroken(&call.talker);
    sound::assert_heard(&call.talker.heard(), [&sound::prompt("zh-CN", "welcome", &[])]);
    assert_eq!(http::get(hotline.http, "/healthz").status(), 200);
    call.hang_up();
    let calls = hotline.stop_and_replay();
    assert_eq!(calls.len(), 1, "junk made calls: {calls:#?}");
}

/// Nothing that anybody should send: no message, a broken one, one without end, RTP of somebody else.
fn junk() -> Vec<Vec<u8>> {
    let invite =
        b"INVITE sip:4001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKjunk\r\n";
    let rtp = [&[0x80, 8, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9][..], &[0x55; 160]].concat();
    let event = [&[0x80, 0xe5, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9][..], &[2, 10, 3, 32]].concat();
    vec![
        vec![0],
        vec![0xff; 1_400],
        b"\r\n\r\n".to_vec(),
        invite.to_vec(),
        [&invite[..], b"Content-Length: 99999999999999999999\r\n\r\n"].concat(),
        [&invite[..], &b"X: ".repeat(20_000), b"\r\n\r\n"].concat(),
        b"BYE sip:x SIP/2.0\r\nCall-ID: \r\nCSeq: -1 BYE\r\n\r\n".to_vec(),
        b"GET /api/contexts/%ff%00../../etc/passwd HTTP/9.9\r\nHost:\r\n\r\n".to_vec(),
        b"A".repeat(1_000_000),
        rtp,
        event,
    ]
}

/// Sends bytes over TCP to somebody who may close the connection at any of them.
fn pour(to: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
}

/// Every packet of one stream came, each 20 ms of sound after the one before.
#[track_caller]
fn assert_unbroken(talker: &Talker) {
    let packets = talker.packets();
    for pair in packets.windows(2) {
        let [one, two] = pair else { unreachable!() };
        assert_eq!(two.header.ssrc, one.header.ssrc);
        assert_eq!(two.header.sequence, one.header.sequence.wrapping_add(1), "a packet is missing");
        let passed = two.header.timestamp.wrapping_sub(one.header.timestamp);
        // A key's answer leaves at once: the clock is then between two packets.
        assert!(passed <= 320, "{passed} samples between two packets");
    }
}

#[test]
fn a_database_that_fails_sends_the_caller_down_failed() {
    for (what, spoil) in [("garbage", spoil as fn(&Path)), ("nothing", remove)] {
        let hotline = Hotline::demo();
        spoil(&hotline.data());
        let call = Caller::to("4001").call(hotline.sip);
        hotline.wait_prompt("welcome");
        call.talker.press("1");
        hotline.wait_journey(r#""step":"system-down""#);
        hotline.wait_prompt("system-down");
        hotline.process.wait_line("a lookup failed connector=\"shop\" reason=");
        call.hang_up();
        let calls = hotline.stop_and_replay();
        let [call] = &calls[..] else { panic!("{calls:#?}") };
        let answered = call.all("looked_up");
        assert_eq!(answered.first().unwrap()["outcome"], "failed", "{what}");
        assert!(answered.first().unwrap()["took_ms"].as_u64().unwrap() <= 2_500, "{answered:?}");
    }
}

fn spoil(data: &Path) {
    remove(data);
    fs::write(data.join("shop.db"), "this is no database, ".repeat(1_000)).unwrap();
}

fn remove(data: &Path) {
    for file in ["shop.db", "shop.db-wal", "shop.db-shm"] {
        let _ = fs::remove_file(data.join(file)); // the last two may not be there
    }
    assert!(!data.join("shop.db").exists());
}

#[test]
fn a_broken_flow_is_not_served() {
    let folder = with_own_flows();
    let broken = change_shop(&folder, |flow| {
        flow.replace("otherwise: agent-unasked", "otherwise: agent-unaskt")
    });
    let (status, said) = refuses(folder.path(), &[]);
    assert_eq!(status, Some(1), "{said}");
    let line = 1 + broken.lines().position(|line| line.contains("agent-unaskt")).unwrap();
    assert!(said.contains("error[HL0203]"), "{said}");
    assert!(said.contains(&format!("shop.yaml:{line}:")), "{said}");
    assert!(said.contains("did you mean `agent-unasked`?"), "{said}");
    assert!(said.contains("not serving"), "{said}");
}

#[test]
fn demo_passwords_are_not_served_beyond_loopback() {
    let folder = folder(|config| config);
    let (status, said) = refuses(folder.path(), &["--sip", "0.0.0.0:5060"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("error[HL0904]"), "{said}");
    assert!(!said.contains("demo-800"), "a password is shown: {said}");
}

/// `serve` with more `args`, which must end by itself.
fn refuses(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = serve(folder, local(ports::free()), local(ports::free()));
    if args.contains(&"--sip") {
        // The last one given counts for nobody: a flag may be given once.
        command = std::process::Command::new(command.get_program());
        command.current_dir(folder).arg("serve");
    }
    let mut process = Process::start("hotline", command.args(args));
    let status = process.wait_end(PATIENCE);
    let said =
        wait("its last words", || Some(process.said()).filter(|it| it.contains("not serving")));
    (status.code(), said)
}

#[test]
fn a_reload_takes_good_flows_for_new_calls_and_refuses_broken_ones() {
    let folder = with_own_flows();
    let hotline = Hotline::start(folder);
    let old = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("main-menu");

    change_shop(&hotline.folder, |flow| flow.replace("start: welcome", "start: wellcome"));
    hotline.process.signal("HUP");
    hotline.process.wait_line("not reloaded, the old flows go on");
    hotline.process.wait_line("did you mean `welcome`?");

    let good = |flow: String| {
        flow.replace("start: wellcome", "start: welcome")
            .replace("keys: { 1: order-status, 2: returns,", "keys: { 1: returns, 2: order-status,")
    };
    change_shop(&hotline.folder, good);
    hotline.process.signal("HUP");
    let upto = hotline.process.wait_line(" reloaded ").upto;
    let new = Caller::to("4001").call(hotline.sip);
    hotline.wait_journey_after(upto, r#""prompt":"welcome""#);
    old.talker.press("1");
    hotline.wait_journey_after(upto, r#""key":"1","step":"order-status""#);
    new.talker.press("1");
    hotline.wait_journey_after(upto, r#""key":"1","step":"returns""#);
    old.hang_up();
    new.hang_up();
    let calls = hotline.stop_and_replay();
    let [old, new] = &calls[..] else { panic!("{calls:#?}") };
    assert_ne!(old.call.flow_version, new.call.flow_version);
}

/// The demo with flows of its own to change.
fn with_own_flows() -> tempfile::TempDir {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let folder = folder(|config| config.replace(&format!("4001: {}/", home.display()), "4001: "));
    fs::create_dir(folder.path().join("shared")).unwrap();
    for file in ["shop.yaml", "shared/leave-message.yaml"] {
        fs::copy(home.join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn change_shop(folder: &tempfile::TempDir, change: impl FnOnce(String) -> String) -> String {
    let path = folder.path().join("shop.yaml");
    let before = fs::read_to_string(&path).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "nothing was changed");
    fs::write(path, &after).unwrap();
    after
}

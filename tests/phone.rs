//! `hotline phone` against another SIP stack: SIPp, which answers and sends back all RTP that it gets.

mod peers;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use peers::process::Process;
use peers::sipp::Sipp;
use peers::{PATIENCE, ports, sound};

/// The keys of these tests: nothing that is printed otherwise has them in a row.
const KEYS: &str = "7,93946571#";

/// Calls `whom` with more `args`.
fn phone(whom: &str, args: &[&str]) -> Process {
    Process::start(
        "hotline phone",
        Command::new(env!("CARGO_BIN_EXE_hotline")).args(["phone", "--no-sound", whom]).args(args),
    )
}

#[track_caller]
fn check_no_keys(phone: &Process, count: usize) {
    let said = phone.said();
    assert!(!said.contains("93946571"), "the keys are in:\n{said}");
    assert_eq!(said.lines().filter(|line| line.ends_with("  key ·")).count(), count, "{said}");
}

#[test]
fn a_call_is_made_heard_recorded_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (said, heard) = (at("said.wav"), at("heard.wav"));
    sound::write_tone(Path::new(&said), 1_000.0, Duration::from_secs(2));
    let mut echo = Sipp::echo();
    let whom = format!("sip:4001@{}", echo.at);
    let mut phone = phone(&whom, &["--play", &said, "--record", &heard, "--for", "3s"]);
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    echo.sipp.wait_success();
    for line in [
        "ringing",
        "answered by sip:127.0.0.1",
        "PCMU",
        "sound comes from 127.0.0.1:",
        "ended by us",
        "lost 0",
    ] {
        phone.wait_for(line, Duration::ZERO);
    }
    let recorded = sound::read_growing(Path::new(&heard));
    // Three seconds, a few packets more or less on a busy machine.
    assert!((20_000..=25_000).contains(&recorded.len()), "{} samples", recorded.len());
    let strength = sound::strength(&recorded[2_000..14_000], 1_000.0);
    assert!((strength - 0.305).abs() < 0.05, "1 kHz is {strength} strong, and was 0.305");
    let after = sound::strength(&recorded[18_000..20_000], 1_000.0);
    assert!(after < 0.01, "1 kHz is still {after} strong after its end");
}

#[test]
fn keys_arrive_as_tones_where_there_are_no_events_and_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard.wav");
    let mut echo = Sipp::echo();
    let whom = format!("sip:4001@{}", echo.at);
    let mut phone =
        phone(&whom, &["--digits", KEYS, "--record", heard.to_str().unwrap(), "--for", "6s"]);
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    echo.sipp.wait_success();
    check_no_keys(&phone, 10);
    let recorded = sound::read_growing(&heard);
    // The first key is a 7, 852 and 1,209 Hz (ITU-T Q.23), and then there are two seconds of nothing.
    let loudest = |hertz| {
        recorded[..4_000]
            .windows(400)
            .step_by(100)
            .map(|it| sound::strength(it, hertz))
            .fold(0.0, f64::max)
    };
    assert!(
        loudest(852.0) > 0.1 && loudest(1_209.0) > 0.1,
        "{} {}",
        loudest(852.0),
        loudest(1_209.0)
    );
    assert!(loudest(697.0) < 0.05, "697 Hz is {} strong", loudest(697.0));
    let pause = &recorded[6_000..14_000];
    assert!(pause.iter().all(|it| it.abs() < 100), "something is heard in the pause");
}

#[test]
fn keys_go_by_info_when_they_are_asked_to() {
    let port = ports::free();
    let mut answer = Sipp::serve(ANSWERS_INFO, port, &[]);
    let mut phone = phone(
        &format!("sip:4001@127.0.0.1:{port}"),
        &["--digits", "5", "--digits-by", "info", "--for", "1s"],
    );
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    answer.wait_success();
    check_no_keys(&phone, 1);
    let messages = answer.messages();
    assert!(
        messages.contains("application/dtmf-relay") && messages.contains("Signal=5"),
        "{messages}"
    );
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let mut echo = Sipp::echo();
    let whom = format!("sip:4001@{}", echo.at);
    let mut phone = phone(&whom, &["--late-offer", "--for", "500ms"]);
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    echo.sipp.wait_success();
    phone.wait_for("sound comes from", Duration::ZERO);
}

#[test]
fn a_call_over_tcp_is_a_call() {
    let mut echo = Sipp::echo_by(&["-t", "t1"]);
    let whom = format!("sip:4001@{};transport=tcp", echo.at);
    let mut phone = phone(&whom, &["--for", "500ms"]);
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    phone.wait_for("over TCP", Duration::ZERO);
    phone.wait_for("answered by", Duration::ZERO);
    // SIPp counts its call as failed when the stream closes after the BYE; what was said is what matters.
    echo.sipp.process.wait_end(PATIENCE);
    assert!(echo.sipp.messages().contains("BYE sip:127.0.0.1"), "{}", echo.sipp.messages());
}

#[test]
fn a_refused_call_says_why_and_fails() {
    let port = ports::free();
    let mut busy = Sipp::serve(BUSY, port, &[]);
    let mut phone = phone(&format!("sip:4001@127.0.0.1:{port}"), &[]);
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(1));
    busy.wait_success();
    phone.wait_for("not answered: 486 Busy Here", Duration::ZERO);
}

#[test]
fn ctrl_c_hangs_up_before_it_ends() {
    let mut echo = Sipp::echo();
    let mut phone = phone(&format!("sip:4001@{}", echo.at), &[]);
    phone.wait_for("answered by", PATIENCE);
    phone.signal("TERM");
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    // Its scenario ends well only with our BYE.
    echo.sipp.wait_success();
    phone.wait_for("ended by us", Duration::ZERO);
}

#[test]
fn a_waiting_phone_answers_and_shows_what_came_along() {
    let mut phone = Process::start(
        "hotline phone",
        Command::new(env!("CARGO_BIN_EXE_hotline")).args(["phone", "--no-sound", "--wait"]),
    );
    let waits = phone.wait_for("waiting for a call at ", PATIENCE);
    let at = waits.rsplit(' ').next().unwrap().parse().unwrap();
    let context = hex::encode(
        r#"{"v":1,"from":"13800000001","why":"order_not_found","path":["welcome","main"]}"#,
    );
    let scenario = CALLS.replace("CONTEXT", &context);
    let mut caller = Sipp::start(&scenario, at, ports::free(), &[]);
    caller.wait_success();
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(0));
    for line in [
        "call from 13800000001, Zhang San",
        "why  order_not_found",
        "path  welcome, main",
        "more at  http://127.0.0.1:8080/api/contexts/abc",
        "answered by us: PCMA",
        "ended by them",
    ] {
        phone.wait_for(line, Duration::ZERO);
    }
}

#[test]
fn two_phones_talk_and_keys_cross_as_events() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (said, heard) = (at("said.wav"), at("heard.wav"));
    sound::write_tone(Path::new(&said), 1_000.0, Duration::from_secs(1));
    let mut waiting = Process::start(
        "the waiting phone",
        Command::new(env!("CARGO_BIN_EXE_hotline")).args([
            "phone",
            "--no-sound",
            "--wait",
            "--record",
            &heard,
        ]),
    );
    let line = waiting.wait_for("waiting for a call at ", PATIENCE);
    let whom = format!("sip:8001@{}", line.rsplit(' ').next().unwrap());
    let mut calling = phone(&whom, &["--digits", KEYS, "--play", &said, "--for", "6s"]);
    assert_eq!(calling.wait_end(PATIENCE).code(), Some(0));
    assert_eq!(waiting.wait_end(PATIENCE).code(), Some(0));
    check_no_keys(&calling, 10);
    calling.wait_for("PCMA, keys as events (RFC 4733)", Duration::ZERO);
    waiting.wait_for("ended by them", Duration::ZERO);
    let told = waiting.said();
    assert_eq!(told.matches("they pressed a key ·").count(), 10, "{told}");
    let recorded = sound::read_growing(Path::new(&heard));
    let loudest = recorded.chunks(800).map(|it| sound::strength(it, 1_000.0)).fold(0.0, f64::max);
    assert!((loudest - 0.305).abs() < 0.05, "1 kHz is {loudest} strong, and was 0.305");
}

#[test]
fn a_registered_phone_proves_its_password_and_takes_its_registration_back() {
    let port = ports::free();
    let mut registrar = Sipp::serve(REGISTRAR, port, &[]);
    let whom = format!("sip:8001@127.0.0.1:{port}");
    let mut phone = Process::start(
        "hotline phone",
        Command::new(env!("CARGO_BIN_EXE_hotline"))
            .env("HOTLINE_PHONE_PASSWORD", "demo-8001")
            .args(["phone", "--no-sound", "--register", "--wait", &whom]),
    );
    phone.wait_for("registered 8001 for 120 s", PATIENCE);
    phone.wait_for("waiting for a call at ", PATIENCE);
    phone.signal("TERM");
    // Nobody had called.
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(1));
    registrar.wait_success();
    let messages = registrar.messages();
    assert!(messages.contains("username=\"8001\""), "{messages}");
    assert!(messages.contains("Expires: 0") || messages.contains("expires=0"), "{messages}");
    assert!(!messages.contains("demo-8001") && !phone.said().contains("demo-8001"));
}

#[test]
fn a_refused_registration_ends_it() {
    let port = ports::free();
    let mut registrar = Sipp::serve(REFUSES, port, &[]);
    let whom = format!("sip:8001@127.0.0.1:{port}");
    let mut phone =
        Process::start(
            "hotline phone",
            Command::new(env!("CARGO_BIN_EXE_hotline"))
                .env("HOTLINE_PHONE_PASSWORD", "wrong")
                .args(["phone", "--no-sound", "--register", "--wait", &whom]),
        );
    assert_eq!(phone.wait_end(PATIENCE).code(), Some(1));
    registrar.wait_success();
    phone.wait_for("not registered: 403 Forbidden", Duration::ZERO);
}

#[test]
fn a_wrong_command_is_told_apart_from_a_failed_call() {
    for args in [
        &["tel:4001"][..],
        &["sip:4001@127.0.0.1", "--digits", "12x"],
        &["sip:4001@127.0.0.1", "--play", "/nowhere"],
    ] {
        let mut phone = phone(args[0], &args[1..]);
        assert_eq!(phone.wait_end(PATIENCE).code(), Some(2), "{args:?}: {}", phone.said());
    }
    assert!(fs::metadata("/nowhere").is_err());
}

/// Answers, takes one INFO, and waits for BYE.
const ANSWERS_INFO: &str = r#"<?xml version="1.0"?>
<scenario name="takes a key by INFO">
  <recv request="INVITE" crlf="true"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    c=IN IP4 127.0.0.1
    t=0 0
    m=audio 9 RTP/AVP 8

  ]]></send>
  <recv request="ACK"/>
  <recv request="INFO"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
  <recv request="BYE"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
</scenario>
"#;

/// Asks for a proof, registers, and takes the registration back.
const REGISTRAR: &str = r#"<?xml version="1.0"?>
<scenario name="registers">
  <recv request="REGISTER"/>
  <send><![CDATA[

    SIP/2.0 401 Unauthorized
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    WWW-Authenticate: Digest realm="hotline", nonce="abc", algorithm=MD5, qop="auth"
    Content-Length: 0

  ]]></send>
  <recv request="REGISTER"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    [last_Contact:]
    Expires: 120
    Content-Length: 0

  ]]></send>
  <recv request="REGISTER"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
</scenario>
"#;

const REFUSES: &str = r#"<?xml version="1.0"?>
<scenario name="refuses to register">
  <recv request="REGISTER"/>
  <send><![CDATA[

    SIP/2.0 403 Forbidden
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
</scenario>
"#;

const BUSY: &str = r#"<?xml version="1.0"?>
<scenario name="is busy">
  <recv request="INVITE"/>
  <send><![CDATA[

    SIP/2.0 486 Busy Here
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag01[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
"#;

/// Calls with a context, as a server hands a caller over, and hangs up.
const CALLS: &str = r#"<?xml version="1.0"?>
<scenario name="hands a caller over">
  <send retrans="500"><![CDATA[

    INVITE sip:8001@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: "Zhang San" <sip:13800000001@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]
    To: <sip:8001@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:[local_ip]:[local_port]>
    Max-Forwards: 70
    User-to-User: CONTEXT;encoding=hex
    Call-Info: <http://127.0.0.1:8080/api/contexts/abc>;purpose=info
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    c=IN IP4 127.0.0.1
    t=0 0
    m=audio 9 RTP/AVP 8 0 101
    a=rtpmap:101 telephone-event/8000

  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[

    ACK [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: "Zhang San" <sip:13800000001@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]
    [last_To:]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <pause milliseconds="200"/>
  <send retrans="500"><![CDATA[

    BYE [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: "Zhang San" <sip:13800000001@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]
    [last_To:]
    Call-ID: [call_id]
    CSeq: 2 BYE
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"#;

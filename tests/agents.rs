//! Agents' phones that ring out, refuse or die, and callers who wait for them: each keeps their place.
#![expect(clippy::indexing_slicing, reason = "a test that cannot go on must fail")]

mod peers;

use std::net::SocketAddr;

use peers::baresip::{Baresip, Phone};
use peers::hotline::Hotline;
use peers::ports;
use peers::recorded::Recorded;
use peers::sipp::{Call, Caller, Sipp};

/// The demo with shorter times: 3 s of ringing, 1 s of wrap-up.
fn hurried() -> Hotline {
    Hotline::with(hurry)
}

fn hurry(config: String) -> String {
    config.replace("offer_for: 20s", "offer_for: 3s").replace("wrap_up: 15s", "wrap_up: 1s")
}

/// A caller who keys 0 and waits.
#[track_caller]
fn waits(hotline: &Hotline, from: &str) -> Call {
    let upto = hotline.process.upto();
    let call = Caller { from: Some(from), ..Caller::to("4001") }.call(hotline.sip);
    hotline.wait_journey_after(upto, r#""prompt":"welcome""#);
    call.talker.press("0");
    hotline.wait_journey_after(upto, r#""what":"queued""#);
    call
}

/// What became of the offers of a call: `offered 8001`, `withdrawn`, `connected 8002`.
fn offers(call: &Recorded) -> Vec<String> {
    let of = |what: &str| ["offered", "withdrawn", "connected"].contains(&what);
    let entries = call.journey.iter().filter(|it| it["what"].as_str().is_some_and(of));
    let words = |it: &serde_json::Value| {
        let agent = it["agent"]["id"].as_str().unwrap_or_default();
        format!("{} {agent}", it["what"].as_str().unwrap_or_default()).trim().to_owned()
    };
    entries.map(words).collect()
}

#[test]
fn a_phone_that_rings_out_leaves_the_caller_to_the_next() {
    let hotline = hurried();
    let _li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let wang = Baresip::start(&Phone::agent("8002", "demo-8002", hotline.sip));
    hotline.wait_agent(0, "8002", "ready");
    let call = waits(&hotline, "13912345678");
    hotline.wait_connected(0, "8002");
    wang.wait_event("CALL_ESTABLISHED");
    call.hang_up();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(offers(call), ["offered 8001", "withdrawn", "offered 8002", "connected 8002"]);
}

#[test]
fn a_phone_that_is_busy_leaves_the_caller_to_the_next() {
    let hotline = Hotline::demo();
    let mut li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let _wang = Baresip::start(&Phone::agent("8002", "demo-8002", hotline.sip));
    hotline.wait_agent(0, "8002", "ready");
    let call = waits(&hotline, "13912345678");
    li.wait_event("CALL_INCOMING");
    li.command("hangup", ""); // 486
    hotline.wait_connected(0, "8002");
    call.hang_up();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(offers(call), ["offered 8001", "withdrawn", "offered 8002", "connected 8002"]);
}

/// A phone at a fixed address that declines everything.
const DECLINES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="declines">
  <recv request="INVITE"/>
  <send><![CDATA[SIP/2.0 603 Decline
[last_Via:]
[last_From:]
[last_To:];tag=[pid]decline
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <recv request="ACK"/>
</scenario>
"#;

#[test]
fn a_phone_at_a_fixed_address_that_declines_leaves_the_caller_to_the_next() {
    let port = ports::free();
    let mut declines = Sipp::serve(DECLINES, port, &[]);
    let fixed = move |config: String| {
        let agents = "agents:\n  8003: { name: 赵敏, work_number: \"1003\", queues: [service], sip: \"sip:8003@127.0.0.1:PORT\" }";
        config.replace("agents:", &agents.replace("PORT", &port.to_string()))
    };
    let hotline = Hotline::with(fixed);
    let _wang = Baresip::start(&Phone::agent("8002", "demo-8002", hotline.sip));
    hotline.wait_agent(0, "8002", "ready");
    let call = waits(&hotline, "13912345678");
    hotline.wait_connected(0, "8002");
    declines.wait_success();
    call.hang_up();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(offers(call), ["offered 8003", "withdrawn", "offered 8002", "connected 8002"]);
}

#[test]
fn when_a_phone_dies_in_the_talk_the_caller_goes_back_to_the_head_of_the_queue() {
    let hotline = Hotline::demo();
    // Over TCP a dead phone is found out at the first try to reach it, over UDP after 32 s (RFC 3261 17.1.1.2, timer B).
    let mut li = Baresip::start(&Phone {
        transport: "tcp",
        ..Phone::agent("8001", "demo-8001", hotline.sip)
    });
    hotline.wait_agent(0, "8001", "ready");
    let first = waits(&hotline, "13900000011");
    hotline.wait_connected(0, "8001");
    let second = waits(&hotline, "13900000012");
    li.process.kill();
    hotline.process.wait_line("no sound comes any more");
    let upto = hotline.process.wait_line("what: Returned").upto;
    let mut wang =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8002", "demo-8002", hotline.sip) });
    hotline.wait_agent(upto, "8002", "offered");
    wang.wait_event("CALL_INCOMING");
    wang.command("accept", "");
    hotline.wait_connected(upto, "8002");
    first.hang_up();
    second.hang_up();
    let calls = hotline.stop_and_replay();
    let [first, second] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(
        offers(first),
        ["offered 8001", "connected 8001", "withdrawn", "offered 8002", "connected 8002"]
    );
    assert_eq!(offers(second), [""; 0], "they came later");
}

#[test]
fn callers_are_served_in_turn_and_told_where_they_stand() {
    let hotline = hurried();
    let mut li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let one = waits(&hotline, "13900000011");
    li.wait_event("CALL_INCOMING");
    li.command("accept", "");
    hotline.wait_connected(0, "8001");
    let two = waits(&hotline, "13900000012");
    hotline.wait_prompt("queue-next");
    let three = waits(&hotline, "13900000013");
    hotline.wait_prompt("queue-position");
    let upto = hotline.process.upto();
    one.hang_up();
    hotline.wait_agent(upto, "8001", "wrap_up");
    hotline.wait_agent(upto, "8001", "offered");
    li.wait_event("CALL_INCOMING");
    li.command("accept", "");
    let upto = hotline.wait_connected(upto, "8001").upto;
    two.hang_up();
    hotline.wait_agent(upto, "8001", "offered");
    three.hang_up();
    let calls = hotline.stop_and_replay();
    let [_, two, three] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(offers(two), ["offered 8001", "connected 8001"]);
    assert_eq!(offers(three), ["offered 8001"], "only after the second had been served");
    assert_eq!(three.all("position").first().map(|it| it["ahead"].clone()), Some(1.into()));
}

#[test]
fn a_caller_may_leave_the_queue_by_a_key() {
    let hotline = Hotline::demo();
    let li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let call = waits(&hotline, "13912345678");
    li.wait_event("CALL_INCOMING");
    call.talker.press("#");
    li.wait_event("CALL_CLOSED");
    let upto = hotline.wait_journey(r#""outcome":"left""#).upto;
    hotline.wait_journey_after(upto, r#""prompt":"main-menu""#);
    call.hang_up();
    hotline.stop_and_replay();
}

/// Registers as 8001 with `password`, until `answers` have come to it.
fn registers(server: SocketAddr, password: &str, answers: &[u16]) {
    let request = |cseq: usize, more: &str| {
        format!(
            "  <send retrans=\"500\"><![CDATA[REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n\
             Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\nFrom: <sip:8001@hotline>;tag=[pid]r[call_number]\n\
             To: <sip:8001@hotline>\nCall-ID: [call_id]\nCSeq: {cseq} REGISTER\n\
             Contact: <sip:8001@[local_ip]:[local_port]>\nMax-Forwards: 70\nExpires: 60\n{more}Content-Length: 0\n\n]]></send>\n"
        )
    };
    let proof = format!("[authentication username=8001 password={password}]\n");
    let mut scenario = request(1, "") + "  <recv response=\"401\" auth=\"true\"/>\n";
    for (turn, answer) in answers.iter().enumerate() {
        let asks_again = if *answer == 401 { " auth=\"true\"" } else { "" };
        scenario += &request(turn + 2, &proof);
        scenario += &format!("  <recv response=\"{answer}\"{asks_again}/>\n");
    }
    let scenario = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"registers\">\n{scenario}</scenario>\n"
    );
    Sipp::start(&scenario, server, ports::free(), &[]).wait_success();
}

#[test]
fn a_wrong_password_is_refused_then_locked_out_and_stands_nowhere() {
    let config = |config: String| config.replace("demo-8001", "right-password-4711");
    let hotline = Hotline::with(config);
    registers(hotline.sip, "right-password-4711", &[200]);
    registers(hotline.sip, "wrong-password-0815", WRONG);
    hotline.process.wait_line("locked_out=true");
    // Now the right one does not help either.
    registers(hotline.sip, "right-password-4711", &[403]);
    let folder = {
        let said = hotline.process.said();
        assert!(!said.contains("right-password") && !said.contains("wrong-password"), "{said}");
        hotline.stop()
    };
    for file in std::fs::read_dir(folder.path().join("data")).into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let held = bytes.windows(14).any(|it| it == b"right-password" || it == b"wrong-password");
        assert!(!held, "{} has a password in it", file.path().display());
    }
}

/// What comes to one who does not know the password.
const WRONG: &[u16] = &[401, 401, 401, 401, 401, 403];

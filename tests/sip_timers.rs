//! Session timers (RFC 4028) with a peer that we did not write: the refresh comes, the call and its sound go on.

mod peers;

use peers::hotline::Hotline;
use peers::ports;
use peers::sipp::Sipp;
use peers::talker::Talker;

/// Calls, checks what the 200 says of the session, takes two refreshes by `refresh`, and hangs up.
fn scenario(media: u16, allow: &str, refresh: &str) -> String {
    let head = |method: &str, cseq: u8, uri: &str, to: &str| {
        format!(
            "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\n\
             From: <sip:13912345678@[local_ip]:[local_port]>;tag=[pid]sipp[call_number]\n\
             To: <sip:4001@[remote_ip]:[remote_port]>{to}\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n\
             Contact: <sip:sipp@[local_ip]:[local_port]>\nMax-Forwards: 70\n"
        )
    };
    let sdp = format!(
        "v=0\no=test 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {media} RTP/AVP 8\n\
         a=rtpmap:8 PCMA/8000\na=ptime:20\n"
    );
    let body = format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}");
    let invite = head("INVITE", 1, "sip:4001@[remote_ip]:[remote_port]", "")
        + &format!("Supported: timer\nAllow: {allow}\nSession-Expires: 90\nMin-SE: 2\n{body}");
    let ack = head("ACK", 1, "[next_url]", "[peer_tag_param]") + "Content-Length: 0\n\n";
    let bye = head("BYE", 2, "[next_url]", "[peer_tag_param]") + "Content-Length: 0\n\n";
    let (answer, acknowledged) = match refresh {
        "INVITE" => (body, "  <recv request=\"ACK\"/>\n"),
        _ => ("Content-Length: 0\n\n".to_owned(), ""),
    };
    let refreshed = format!(
        r#"  <recv request="{refresh}">
    <action><ereg regexp="4;refresher=uac" search_in="hdr" header="Session-Expires:" check_it="true" assign_to="1"/></action>
  </recv>
  <send><![CDATA[SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:sipp@[local_ip]:[local_port]>
Require: timer
Session-Expires: 4;refresher=uac
{answer}]]></send>
{acknowledged}"#
    );
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="session timer">
  <send retrans="500"><![CDATA[{invite}]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true">
    <action><ereg regexp="4;refresher=uas" search_in="hdr" header="Session-Expires:" check_it="true" assign_to="1"/></action>
  </recv>
  <send><![CDATA[{ack}]]></send>
{refreshed}{refreshed}  <send retrans="500"><![CDATA[{bye}]]></send>
  <recv response="200"/>
  <Reference variables="1"/>
</scenario>
"#
    )
}

/// The server keeps sessions of 4 s, and takes as little as 2 s.
fn short_sessions() -> Hotline {
    Hotline::with(|config| {
        config
            .replace("session_expires: 30m", "session_expires: 4s")
            .replace("min_se: 90s", "min_se: 2s")
    })
}

#[test]
fn a_call_is_refreshed_by_update_or_invite_and_its_sound_goes_on() {
    for (allow, refresh) in [("INVITE, ACK, BYE", "INVITE"), ("INVITE, ACK, BYE, UPDATE", "UPDATE")]
    {
        let hotline = short_sessions();
        let talker = Talker::start();
        let scenario = scenario(talker.port(), allow, refresh);
        let mut sipp = Sipp::start(&scenario, hotline.sip, ports::free(), &[]);
        sipp.wait_success();
        let packets = talker.packets();
        let unbroken = packets.windows(2).all(|pair| {
            pair[1].header.sequence == pair[0].header.sequence.wrapping_add(1)
                && pair[1].header.timestamp == pair[0].header.timestamp.wrapping_add(160)
        });
        assert!(packets.len() > 150 && unbroken, "{} packets by {refresh}", packets.len());
        assert_eq!(hotline.stop_and_replay().len(), 1);
    }
}

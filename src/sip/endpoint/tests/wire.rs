//! One endpoint and messages written by hand: what RFC 3261 8.2 and its neighbours want answered to whom.

use super::*;
use crate::sip::message::Challenge;

/// A request outside of any dialog: `method`, its branch, and more header lines (each ending in a line end).
pub(super) fn request(method: &str, branch: &str, more: &str) -> String {
    format!(
        "{method} sip:4001@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch={branch};rport\n\
         Max-Forwards: 70\nFrom: <sip:a@example.org>;tag=t1\nTo: <sip:4001@example.org>\nCall-ID: c1@example.org\n\
         CSeq: 1 {method}\nContact: <sip:a@192.0.2.2:5060>\n{more}\n"
    )
}

pub(super) const COOKIE: &str = "z9hG4bK-1";

/// The same within the dialog whose To tag `response` gave.
pub(super) fn within(
    response: &Message,
    method: &str,
    number: u32,
    branch: &str,
    more: &str,
) -> String {
    let tag = response.headers().to().unwrap().tag().unwrap().to_owned();
    let body = more.split_once("\n\n").map_or("", |(_, body)| body).len();
    let (more, body) = if body > 0 {
        let (head, text) = more.split_once("\n\n").unwrap();
        (format!("{head}\nContent-Length: {body}\n"), text.to_owned())
    } else {
        (more.to_owned(), String::new())
    };
    format!(
        "{method} sip:4001@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch={branch};rport\n\
         Max-Forwards: 70\nFrom: <sip:a@example.org>;tag=t1\nTo: <sip:4001@example.org>;tag={tag}\n\
         Call-ID: c1@example.org\nCSeq: {number} {method}\nContact: <sip:a@192.0.2.2:5060>\n{more}\n{body}"
    )
}

pub(super) fn text(message: &Message, name: &str) -> String {
    message.headers().text(name).unwrap_or_default().into_owned()
}

pub(super) fn answer() -> Wish {
    Wish::Answer { sdp: Bytes::from_static(b"v=0 answer"), headers: Vec::new() }
}

/// A call that is up: the wire, the leg, our 200.
fn up() -> (Wire, LegId, Message) {
    let mut wire = Wire::new(|_| {});
    wire.say(
        request("INVITE", COOKIE, "Content-Type: application/sdp\nContent-Length: 9\n\nv=0 offer")
            .trim_end(),
    );
    let leg = wire.heard[0].0;
    let ok = wire.wish(leg, answer()).remove(0);
    wire.say(&within(&ok, "ACK", 1, "z9hG4bK-ack", ""));
    assert_eq!(wire.news(), ["incoming v=0 offer", "acknowledged -"]);
    (wire, leg, ok)
}

#[test]
fn what_no_call_needs_to_hear_of_is_answered_at_once() {
    #[rustfmt::skip]
    let table = [
        ("OPTIONS", "", 200, "Allow"),
        ("OPTIONS", "Require: 100rel, replaces\n", 420, "Unsupported"),
        ("INVITE", "Require: 100rel\n", 420, "Unsupported"),
        ("MESSAGE", "", 405, "Allow"),
        ("SUBSCRIBE", "", 405, "Allow"),
        ("PUBLISH", "", 405, "Allow"),
        ("PRACK", "", 405, "Allow"),
        ("FROB", "", 501, "Allow"),
        ("BYE", "", 481, "Server"),
        ("INFO", "", 481, "Server"),
        ("UPDATE", "", 481, "Server"),
        ("NOTIFY", "", 481, "Server"),
        ("CANCEL", "", 481, "Server"),
        ("REFER", "Refer-To: <sip:b@c>\n", 403, "Server"),
        ("INVITE", "Content-Type: text/plain\n\nhello", 415, "Accept"),
        ("INVITE", "Replaces: x@y;to-tag=1;from-tag=2\n", 481, "Server"),
        ("INVITE", "Content-Length: x\n", 400, "Server"),
    ];
    for (method, more, status, header) in table {
        let mut wire = Wire::new(|_| {});
        let text = request(method, COOKIE, more);
        let first = wire.say(&text);
        assert_eq!(first.iter().map(status_of).collect::<Vec<_>>(), [status], "{method} {more}");
        assert!(first[0].headers().has(header), "{method} {more}");
        assert!(first[0].headers().to().unwrap().tag().is_some());
        assert_eq!(first[0].headers().top_via().unwrap().rport(), Some(Some(5060)));
        // The same request, the same answer (RFC 3261 8.2.7); nothing is remembered of it.
        assert_eq!(wire.say(&text), first, "{method} {more}");
        assert_eq!((wire.end.load(), wire.news().len()), (Load::default(), 0));
    }
}

#[test]
fn supported_names_nothing_that_is_not_done() {
    let mut wire = Wire::new(|_| {});
    let ok = wire.say(&request("OPTIONS", COOKIE, "")).remove(0);
    assert_eq!(text(&ok, "Supported"), "replaces, norefersub, timer, uui");
    assert_eq!(text(&ok, "Allow"), ALLOW);
}

#[test]
fn other_versions_and_schemes_are_refused_and_junk_is_counted() {
    let mut wire = Wire::new(|_| {});
    let old = request("INVITE", COOKIE, "").replace("SIP/2.0\nVia", "SIP/7.0\nVia");
    assert_eq!(wire.statuses(&old), [505]);
    let unknown = request("INVITE", COOKIE, "").replacen("sip:4001@192.0.2.1", "nobody:4001", 1);
    assert_eq!(wire.statuses(&unknown), [416]);
    for junk in ["", "\n\n", "\0\0\0\0", "hello", "SIP/2.0 200 OK\n\n"] {
        assert_eq!(wire.statuses(junk), [0; 0], "{junk:?}");
    }
    let counters = *wire.end.counters();
    assert_eq!((counters.malformed, counters.junk, counters.keep_alives), (1, 2, 3));
}

#[test]
fn a_request_that_took_two_ways_is_taken_once() {
    let mut wire = Wire::new(|_| {});
    assert_eq!(wire.statuses(&request("INVITE", "z9hG4bK-1", "")), [0; 0]);
    assert_eq!(wire.statuses(&request("INVITE", "z9hG4bK-2", "")), [482]);
    assert_eq!(wire.statuses(&request("INVITE", "z9hG4bK-1", "")), [100]); // the first way again
    assert_eq!(wire.news(), ["incoming -"]);
}

#[test]
fn a_peer_of_rfc_2543_is_understood() {
    let mut wire = Wire::new(|_| {});
    wire.say(&request("INVITE", "1", ""));
    let leg = wire.heard[0].0;
    assert_eq!(wire.statuses(&request("INVITE", "1", "")), [100]);
    let busy = wire.wish(leg, Wish::Reject { status: 486, headers: Vec::new() }).remove(0);
    wire.say(&within(&busy, "ACK", 1, "1", ""));
    assert_eq!(wire.run(3_000).len(), 0); // acknowledged: not repeated
    assert_eq!(wire.end.counters().stray_acks, 0);
}

#[test]
fn answers_go_where_the_request_came_from_or_says() {
    let from = |via: &str| {
        let mut wire = Wire::new(|_| {});
        let bytes =
            request("OPTIONS", COOKIE, "").replace("192.0.2.2:5060;branch=z9hG4bK-1;rport", via);
        let peer = Peer::udp(address(0), SocketAddr::from(([198, 51, 100, 9], 40_123)));
        wire.happen(Event::Datagram { peer, bytes: Bytes::from(bytes.replace('\n', "\r\n")) });
        let (to, message) = &wire.sent[0];
        let via = message.headers().top_via().unwrap();
        (to.remote.to_string(), via.received().map(|it| it.to_string()), via.rport())
    };
    let received = Some("198.51.100.9".to_owned());
    let rport = "10.0.0.5:5070;branch=z9hG4bK-1;rport";
    assert_eq!(
        from(rport),
        ("198.51.100.9:40123".to_owned(), received.clone(), Some(Some(40_123)))
    );
    let old = "10.0.0.5:5070;branch=z9hG4bK-1";
    assert_eq!(from(old), ("198.51.100.9:5070".to_owned(), received, None));
}

#[test]
fn the_order_of_requests_in_a_dialog_is_kept() {
    let (mut wire, _, ok) = up();
    let key = "Content-Type: application/dtmf\n\n5";
    assert_eq!(wire.statuses(&within(&ok, "INFO", 7, "z9hG4bK-7", key)), [200]);
    assert_eq!(wire.statuses(&within(&ok, "INFO", 6, "z9hG4bK-6", key)), [500]);
    assert_eq!(wire.statuses(&within(&ok, "INFO", 7, "z9hG4bK-7", key)), [200]); // again: the same answer, no new key
    assert_eq!(wire.news(), ["key 5 250"]);
    assert_eq!(
        wire.statuses(&within(&ok, "INFO", 8, "z9hG4bK-8", "Content-Type: text/plain\n\nx")),
        [415]
    );
    assert_eq!(wire.statuses(&within(&ok, "INFO", 9, "z9hG4bK-9", "")), [200]);
}

#[test]
fn a_dialog_is_named_by_all_three_of_its_parts() {
    let (mut wire, _, ok) = up();
    let bye = within(&ok, "BYE", 2, "z9hG4bK-b", "");
    assert_eq!(wire.statuses(&bye.replace("c1@example.org", "c2@example.org")), [481]);
    assert_eq!(wire.statuses(&bye.replace("tag=t1", "tag=t2")), [481]);
    assert_eq!(wire.news(), [""; 0]);
    assert_eq!(wire.statuses(&bye), [200]);
    assert_eq!(wire.news(), ["ended Them -", "gone"]);
    assert_eq!(wire.statuses(&bye), [200]); // again
    assert_eq!(wire.statuses(&within(&ok, "BYE", 3, "z9hG4bK-c", "")), [481]);
}

#[test]
fn a_second_offer_before_the_first_is_answered_waits() {
    let (mut wire, leg, ok) = up();
    let offer = "Content-Type: application/sdp\n\nv=0 hold";
    assert_eq!(wire.statuses(&within(&ok, "INVITE", 2, "z9hG4bK-2", offer)), [0; 0]);
    let again = wire.say(&within(&ok, "UPDATE", 3, "z9hG4bK-3", offer));
    assert_eq!(status_of(&again[0]), 500);
    assert!(again[0].headers().retry_after().unwrap().unwrap().seconds <= 10);
    let held = wire.wish(leg, Wish::AnswerOffer { sdp: Bytes::from_static(b"v=0 held") });
    assert_eq!(held.iter().map(status_of).collect::<Vec<_>>(), [200]);
    // Until the ACK comes the answer is repeated; another re-INVITE has to wait for it.
    assert_eq!(wire.run(600).iter().map(status_of).collect::<Vec<_>>(), [200]);
    assert_eq!(wire.statuses(&within(&ok, "INVITE", 4, "z9hG4bK-4", offer)), [491]);
    wire.say(&within(&ok, "ACK", 2, "z9hG4bK-a2", ""));
    assert_eq!(wire.news(), ["offered v=0 hold", "acknowledged -"]);
    wire.say(&within(&ok, "ACK", 4, "z9hG4bK-4", ""));
    assert_eq!(wire.run(600).len(), 0);
}

#[test]
fn offers_that_cross_get_491() {
    let (mut wire, leg, ok) = up();
    let sent =
        wire.wish(leg, Wish::Offer { sdp: Bytes::from_static(b"v=0 ours"), by: OfferBy::Update });
    assert_eq!(name_of(&sent[0]), "INVITE"); // their Allow does not name UPDATE
    let offer = "Content-Type: application/sdp\n\nv=0 theirs";
    assert_eq!(wire.statuses(&within(&ok, "INVITE", 2, "z9hG4bK-2", offer)), [491]);
    assert_eq!(wire.statuses(&within(&ok, "UPDATE", 3, "z9hG4bK-3", offer)), [491]);
}

#[test]
fn a_reinvite_that_rings_at_the_other_end_is_given_up_with_the_call() {
    let (mut wire, leg, _) = up();
    let offer = Wish::Offer { sdp: Bytes::from_static(b"v=0 ours"), by: OfferBy::Invite };
    let invite = wire.wish(leg, offer).remove(0);
    wire.say(&fork(&invite, "180 Ringing", "t1", 2));
    let bye = wire.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() }).remove(0);
    wire.say(&fork(&bye, "200 OK", "t1", 2));
    assert_eq!(wire.news(), ["ended Us -", "gone"]);
    wire.run(40_000);
    assert_eq!(wire.end.load(), Load::default());
}

#[test]
fn an_update_while_it_rings_waits_and_one_without_an_offer_says_where_they_are() {
    let mut wire = Wire::new(|_| {});
    wire.say(&request("INVITE", COOKIE, ""));
    let leg = wire.heard[0].0;
    let ringing =
        wire.wish(leg, Wish::Progress { status: 180, sdp: None, headers: Vec::new() }).remove(0);
    let offer = "Content-Type: application/sdp\n\nv=0 new";
    assert_eq!(wire.statuses(&within(&ringing, "UPDATE", 2, "z9hG4bK-2", offer)), [500]);
    let moved = within(&ringing, "UPDATE", 3, "z9hG4bK-3", "")
        .replace("a@192.0.2.2:5060", "a@192.0.2.7:5080");
    assert_eq!(wire.statuses(&moved), [200]);
    let ok = wire.wish(leg, answer()).remove(0);
    wire.say(&within(&ok, "ACK", 1, "z9hG4bK-a", "Content-Type: application/sdp\n\nv=0 x"));
    wire.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() });
    let (to, bye) = &wire.sent[0];
    let Message::Request(bye) = bye else { panic!() };
    assert_eq!(uri_text(bye), "sip:a@192.0.2.7:5080");
    assert_eq!(to.remote.to_string(), "192.0.2.7:5080");
}

#[test]
fn a_route_set_is_kept_in_order_and_a_strict_router_gets_its_due() {
    let route = |more: &str| {
        let mut wire = Wire::new(|_| {});
        wire.say(&request("INVITE", COOKIE, more));
        let leg = wire.heard[0].0;
        let ok = wire.wish(leg, answer()).remove(0);
        assert_eq!(ok.headers().record_routes().unwrap().len(), 2);
        wire.say(&within(&ok, "ACK", 1, "z9hG4bK-a", "Content-Type: application/sdp\n\nv=0 x"));
        wire.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() });
        let (to, Message::Request(bye)) = &wire.sent[0] else { panic!() };
        (uri_text(bye), text(&Message::Request(bye.clone()), "Route"), to.remote.to_string())
    };
    assert_eq!(
        route("Record-Route: <sip:192.0.2.11;lr>, <sip:192.0.2.12;lr>\n"),
        (
            "sip:a@192.0.2.2:5060".to_owned(),
            "<sip:192.0.2.11;lr>, <sip:192.0.2.12;lr>".to_owned(),
            "192.0.2.11:5060".to_owned()
        )
    );
    assert_eq!(
        route("Record-Route: <sip:192.0.2.11>\nRecord-Route: <sip:192.0.2.12;lr>\n"),
        (
            "sip:192.0.2.11".to_owned(),
            "<sip:192.0.2.12;lr>, <sip:a@192.0.2.2:5060>".to_owned(),
            "192.0.2.11:5060".to_owned()
        )
    );
}

#[test]
fn a_full_table_refuses_calls_and_still_lets_them_end() {
    let mut wire = Wire::new(|config| config.limits.legs = 1);
    let call = |n: u32| {
        request("INVITE", &format!("z9hG4bK-{n}"), "")
            .replace("c1@", &format!("c{n}@"))
            .replace("tag=t1", &format!("tag=t{n}"))
    };
    wire.say(&call(1));
    let refused = wire.say(&call(2));
    assert_eq!(status_of(&refused[0]), 503);
    assert_eq!(text(&refused[0], "Retry-After"), "5");
    let leg = wire.heard[0].0;
    wire.wish(leg, Wish::Reject { status: 404, headers: Vec::new() });
    assert_eq!(wire.statuses(&call(3)), [0; 0]);
    assert_eq!(wire.end.counters().overload, 1);
}

#[test]
fn a_flood_of_calls_that_nobody_acknowledges_is_held_within_the_limits_and_forgotten() {
    let limit = 1 << 20;
    let mut wire = Wire::new(|config| config.limits.memory = limit);
    for n in 0..5_000 {
        let branch = format!("z9hG4bK-{n}");
        wire.say(
            &request("INVITE", &branch, "")
                .replace("c1@", &format!("c{n}@"))
                .replace("tag=t1", &format!("tag=t{n}")),
        );
        if let Some((leg, _)) = wire.heard.last().cloned() {
            wire.wish(leg, Wish::Reject { status: 404, headers: Vec::new() });
        }
        wire.heard.clear();
    }
    let load = wire.end.load();
    assert!((100..1_000).contains(&load.server_transactions), "{load:?}");
    assert_eq!(wire.end.counters().overload, 5_000 - load.server_transactions as u64);
    wire.run(33_000);
    assert_eq!(wire.end.load(), Load::default());
    assert_eq!(wire.end.deadline(), None);
}

/// A REGISTER of 8001 with a proof for `challenge`.
fn register(
    number: u32,
    contact: &str,
    password: &str,
    challenge: &Challenge,
    count: u32,
) -> String {
    use crate::sip::auth::digest::{Algorithm, Exchange};
    let exchange = Exchange {
        algorithm: Algorithm::Md5,
        user: "8001",
        realm: "hotline",
        nonce: challenge.get("nonce").unwrap(),
        method: "REGISTER",
        uri: "sip:hotline",
        counted: Some((count, "abc")),
    };
    let response = exchange.response(&Secret::new(password.to_owned()));
    format!(
        "REGISTER sip:hotline SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-r{number}{count};rport\n\
         From: <sip:8001@hotline>;tag=t1\nTo: <sip:8001@hotline>\nCall-ID: r1\nCSeq: {number} REGISTER\n{contact}\
         Authorization: Digest username=\"8001\", realm=\"hotline\", nonce=\"{}\", uri=\"sip:hotline\", \
         response=\"{response}\", algorithm=MD5, cnonce=\"abc\", qop=auth, nc={count:08x}\n\n",
        exchange.nonce
    )
}

fn challenge(wire: &mut Wire) -> Challenge {
    let asked = wire.say(&request("REGISTER", "z9hG4bK-first", ""));
    assert_eq!(asked.iter().map(status_of).collect::<Vec<_>>(), [401]);
    let challenges = asked[0].headers().www_authenticate().unwrap();
    challenges[0].clone()
}

#[test]
fn no_debug_output_shows_a_proof_a_key_or_a_context() {
    let mut wire = Wire::new(|_| {});
    wire.say(&request("INVITE", COOKIE, "User-to-User: 5ec7e7\nSubject: 5ec7e7\n"));
    let bytes = Bytes::from_static(b"5ec7e7");
    let peer = Peer::udp(address(0), address(1));
    let wish = Wish::Info { content_type: String::new(), body: Secret::new(bytes.clone()) };
    let events = [
        Event::Datagram { peer, bytes: bytes.clone() },
        Event::Wish { leg: wire.heard[0].0, wish },
    ];
    let shown = format!("{:?} {:?} {events:?}", wire.heard, Command::Send { to: peer, bytes });
    assert!(!shown.contains("5ec7e7"), "{shown}");
    let key = crate::secret::Key::from_symbol('7').unwrap();
    let shown = format!("{:?}", LegEvent::Key { key, duration: Duration::ZERO });
    assert!(!shown.contains('7'), "{shown}");
}

#[test]
fn a_challenge_offers_what_it_is_told_to_offer() {
    #[rustfmt::skip]
    let table = [
        (DigestOffer::Md5, &["MD5"][..]), (DigestOffer::Both, &["SHA-256", "MD5"]), (DigestOffer::Sha256, &["SHA-256"]),
    ];
    for (offer, expected) in table {
        let mut wire = Wire::new(|config| config.digest.offer = offer);
        let asked = wire.say(&request("REGISTER", COOKIE, "")).remove(0);
        let challenges = asked.headers().www_authenticate().unwrap();
        let algorithms: Vec<_> = challenges.iter().map(|it| it.get("algorithm").unwrap()).collect();
        assert_eq!(algorithms, expected);
    }
}

#[test]
fn a_registration_follows_the_rules_of_the_registrar() {
    let mut wire = Wire::new(|config| config.registrar.bindings = 2);
    let asked = challenge(&mut wire);
    let mut count = 0;
    let mut say = |wire: &mut Wire, number: u32, contact: &str| {
        count += 1;
        let said = wire.say(&register(number, contact, "korn", &asked, count)).remove(0);
        (status_of(&said), said.headers().contacts().unwrap().list().len(), said)
    };
    #[rustfmt::skip]
    let table = [
        (1, "", 200, 0),
        (2, "Contact: <sip:8001@192.0.2.2:5060>;expires=20\n", 423, 0),
        (3, "Contact: <sip:8001@192.0.2.2:5060>\nExpires: 600\n", 200, 1),
        (3, "Contact: <sip:8001@192.0.2.2:5060>\nExpires: 600\n", 500, 0),                       // overtaken
        (4, "Contact: <sip:8001@192.0.2.3:5060>;q=0.5\n", 200, 2),
        (5, "Contact: <sip:8001@192.0.2.4:5060>\n", 503, 0),                                    // one too many
        (6, "Contact: <sip:8001@192.0.2.2:5060>;expires=0\n", 200, 1),
        (7, "Contact: *\nExpires: 60\n", 400, 0),
        (8, "Contact: *\nExpires: 0\n", 200, 0),
    ];
    for (number, contact, status, contacts) in table {
        let (its_status, its_contacts, said) = say(&mut wire, number, contact);
        assert_eq!((its_status, its_contacts), (status, contacts), "{number} {contact}");
        if status == 423 {
            assert_eq!(text(&said, "Min-Expires"), "30");
        }
        wire.run(32_100); // the transactions are forgotten, so that the numbers alone decide
    }
    assert!(wire.end.bindings("8001").is_empty());
}

#[test]
fn a_phone_behind_nat_is_reached_where_it_registered_from() {
    let mut wire = Wire::new(|_| {});
    let asked = challenge(&mut wire);
    assert_eq!(
        wire.statuses(&register(1, "Contact: <sip:8001@10.0.0.9:5060>\n", "korn", &asked, 1)),
        [200]
    );
    let binding = &wire.end.bindings("8001")[0];
    assert_eq!(
        (binding.peer.remote, binding.contact.clone()),
        (address(1), uri("sip:8001@10.0.0.9:5060"))
    );
}

#[test]
fn a_wrong_password_is_asked_again_then_locked_out_and_a_replay_is_stale() {
    let mut wire = Wire::new(|config| config.digest.failures = 2);
    let asked = challenge(&mut wire);
    assert_eq!(wire.statuses(&register(1, "", "korn", &asked, 1)), [200]);
    wire.run(40_000);
    let stale = wire.say(&register(1, "", "korn", &asked, 1)).remove(0);
    assert_eq!(status_of(&stale), 401);
    assert!(stale.headers().www_authenticate().unwrap()[0].is_stale());
    assert_eq!(wire.statuses(&register(2, "", "wrong", &asked, 2)), [401]);
    assert_eq!(wire.statuses(&register(2, "", "wrong", &asked, 2)), [401]); // again: not judged again
    assert_eq!(wire.statuses(&register(3, "", "wrong", &asked, 3)), [401]);
    assert_eq!(wire.statuses(&register(4, "", "korn", &asked, 4)), [403]);
    let failures: Vec<_> = wire
        .told
        .iter()
        .filter_map(|it| match it {
            Command::AuthenticationFailed { user, failures, locked_out, .. } => {
                Some((user.as_str(), *failures, *locked_out))
            }
            Command::Send { .. }
            | Command::Leg { .. }
            | Command::Registrar(_)
            | Command::Registration { .. } => None,
        })
        .collect();
    assert_eq!(failures, [("8001", 1, false), ("8001", 2, true)]);
}

#[test]
fn nobody_registers_for_somebody_else() {
    let mut wire = Wire::new(|_| {});
    let asked = challenge(&mut wire);
    let other = register(1, "Contact: <sip:x@192.0.2.2>\n", "korn", &asked, 1)
        .replace("To: <sip:8001@", "To: <sip:8002@");
    assert_eq!(wire.statuses(&other), [403]);
    assert!(wire.end.bindings("8002").is_empty());
}

/// Calls out, gives the INVITE and what two forks answer to it.
fn fork(invite: &Message, status: &str, tag: &str, host: u8) -> String {
    let line = |name: &str| format!("{name}: {}\n", text(invite, name));
    format!(
        "SIP/2.0 {status}\n{}{}To: <sip:4001@192.0.2.2:5060>;tag={tag}\n{}{}Contact: <sip:f@192.0.2.{host}>\n\
         Content-Type: application/sdp\nContent-Length: 5\n\nv=0 {tag}",
        line("Via"),
        line("From"),
        line("Call-ID"),
        line("CSeq")
    )
}

#[test]
fn of_two_forks_that_answer_the_second_is_acknowledged_and_hung_up() {
    let mut wire = Wire::new(|_| {});
    let leg = LegId::outgoing(1);
    let call = OutgoingCall {
        target: uri("sip:4001@192.0.2.2:5060"),
        to: None,
        from: uri("sip:a@example.org"),
        from_display: Some("Ann \"A\"".to_owned()),
        peer: None,
        routes: Vec::new(),
        credentials: None,
        headers: vec![
            ("User-to-User".to_owned(), "00ff;encoding=hex".to_owned()),
            ("X-Evil".to_owned(), "a\r\nVia: b".to_owned()),
        ],
        sdp: Some(Bytes::from_static(b"v=0 offer")),
        ring_for: Duration::from_secs(60),
        max_forwards: 69,
    };
    let invite = wire.wish(leg, Wish::Call(Box::new(call))).remove(0);
    assert_eq!(text(&invite, "User-to-User"), "00ff;encoding=hex");
    assert_eq!(
        (text(&invite, "Max-Forwards"), text(&invite, "X-Evil")),
        ("69".to_owned(), String::new())
    );
    let names =
        |wire: &mut Wire, text: &str| wire.say(text).iter().map(name_of).collect::<Vec<_>>();
    assert_eq!(names(&mut wire, &fork(&invite, "180 Ringing", "a", 3)), [""; 0]);
    assert_eq!(names(&mut wire, &fork(&invite, "183 Session Progress", "b", 4)), [""; 0]);
    assert_eq!(names(&mut wire, &fork(&invite, "200 OK", "a", 3)), ["ACK"]);
    assert_eq!(names(&mut wire, &fork(&invite, "200 OK", "b", 4)), ["ACK", "BYE"]);
    let (to, _) = &wire.sent[1];
    assert_eq!(to.remote.to_string(), "192.0.2.4:5060");
    assert_eq!(names(&mut wire, &fork(&invite, "200 OK", "a", 3)), ["ACK"]); // the first ACK was lost
    assert_eq!(names(&mut wire, &fork(&invite, "200 OK", "b", 4)), ["ACK"]); // nobody is hung up twice
    assert_eq!(wire.news(), ["progress 180 v=0 a", "progress 183 v=0 b", "answered v=0 a"]);
    // Even after the call is over, somebody who answers late is told that nobody is there.
    wire.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() });
    assert_eq!(names(&mut wire, &fork(&invite, "200 OK", "c", 5)), ["ACK", "BYE"]);
    wire.run(100_000);
    assert_eq!(wire.news(), ["ended Us -", "gone"]);
    assert_eq!(wire.end.load(), Load::default());
}

#[test]
fn answers_to_nothing_that_was_asked_are_counted_only() {
    let (mut wire, leg, _) = up();
    let body = Secret::new(Bytes::from_static(b"Signal=1"));
    let info = wire
        .wish(leg, Wish::Info { content_type: "application/dtmf-relay".to_owned(), body })
        .remove(0);
    let answer = fork(&info, "481 Gone", "t1", 2);
    let via = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\n";
    for stray in [
        answer.replace("z9hG4bK", "z9hG4bKother"),
        answer.replace(" INFO\n", " BYE\n"),
        answer.replace("From:", &format!("{via}From:")),
    ] {
        assert_eq!(wire.statuses(&stray), [0; 0]);
    }
    assert_eq!((wire.end.counters().stray_responses, wire.news().len()), (3, 0));
    wire.say(&answer);
    assert_eq!(wire.news(), ["ended Vanished -"]);
}

#[test]
fn a_redirection_says_where_to_instead() {
    let mut world = World::new(2, 1, FINE);
    world.call(0, 1, |_| {});
    world.run(10);
    let leg = world.last_incoming(1);
    let contact = ("Contact".to_owned(), "<sip:b@192.0.2.9>;q=0.3, <sip:c@192.0.2.9>".to_owned());
    world.wish(1, leg, Wish::Reject { status: 302, headers: vec![contact] });
    world.run(10);
    let LegEvent::Failed(failure) = &world.heard[0][0].1 else { panic!() };
    assert_eq!(failure.contacts, [uri("sip:c@192.0.2.9"), uri("sip:b@192.0.2.9")]);
}

#[test]
fn a_lost_stream_fails_what_waits_for_it() {
    let mut wire = Wire::new(|_| {});
    let peer = Peer { connection: Some(ConnectionId(1)), ..Peer::tcp(address(0), address(1)) };
    wire.happen(Event::Opened { peer });
    let call = OutgoingCall {
        target: uri("sip:8001@10.0.0.9:5060;transport=tcp"),
        to: None,
        from: uri("sip:a@example.org"),
        from_display: None,
        peer: Some(peer),
        routes: Vec::new(),
        credentials: None,
        headers: Vec::new(),
        sdp: None,
        ring_for: Duration::from_secs(60),
        max_forwards: 70,
    };
    wire.wish(LegId::outgoing(1), Wish::Call(Box::new(call.clone())));
    assert_eq!(wire.sent[0].0, peer);
    wire.happen(Event::Lost { peer });
    assert_eq!(wire.news(), ["failed Unreachable 408", "gone"]);
    // The stream is not used again: a new one is opened to where the phone says it is.
    wire.wish(LegId::outgoing(2), Wish::Call(Box::new(call)));
    assert_eq!(
        (wire.sent[0].0.connection, wire.sent[0].0.remote.to_string()),
        (None, "10.0.0.9:5060".to_owned())
    );
}

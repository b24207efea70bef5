//! RFC 4028: how long a session lives, who refreshes it, and what becomes of it when nobody does.

use super::wire::{COOKIE, answer, request, text, within};
use super::*;

/// An INVITE with an offer and `more` header lines.
fn invite(more: &str) -> String {
    let body = "Content-Type: application/sdp\nContent-Length: 9\n\nv=0 offer";
    request("INVITE", COOKIE, &format!("{more}{body}")).trim_end().to_owned()
}

/// A call of theirs that is up: our 200 beside it.
fn called(more: &str) -> (Wire, LegId, Message) {
    let mut wire = Wire::new(|_| {});
    wire.say(&invite(more));
    let leg = wire.heard[0].0;
    let ok = wire.wish(leg, answer()).remove(0);
    wire.say(&within(&ok, "ACK", 1, "z9hG4bK-ack", ""));
    wire.news();
    (wire, leg, ok)
}

/// A call of ours: the INVITE as it was sent.
fn calling() -> (Wire, Message) {
    let mut wire = Wire::new(|_| {});
    let call = OutgoingCall {
        target: uri("sip:4001@192.0.2.2:5060"),
        to: None,
        from: uri("sip:13800000001@example.org"),
        from_display: None,
        peer: None,
        routes: Vec::new(),
        credentials: None,
        headers: Vec::new(),
        sdp: Some(Bytes::from_static(b"v=0 offer")),
        ring_for: Duration::from_secs(60),
        max_forwards: 70,
    };
    let invite = wire.wish(LegId::outgoing(1), Wish::Call(Box::new(call))).remove(0);
    (wire, invite)
}

/// The response to a request of ours, with more header lines and a body.
fn reply(to: &Message, status: &str, more: &str, body: &str) -> String {
    let line = |name: &str| format!("{name}: {}\n", text(to, name));
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\n" };
    format!(
        "SIP/2.0 {status}\n{}{}To: <sip:4001@192.0.2.2:5060>;tag=theirs\n{}{}\
         Contact: <sip:f@192.0.2.2>\n{more}{kind}Content-Length: {}\n\n{body}",
        line("Via"),
        line("From"),
        line("Call-ID"),
        line("CSeq"),
        body.len()
    )
}

fn names(messages: &[Message]) -> Vec<String> {
    messages.iter().map(name_of).collect()
}

/// RFC 4028 9 and its table 2; a peer that asks for less than we accept.
#[test]
fn the_called_side_agrees_on_the_interval_and_on_who_refreshes() {
    #[rustfmt::skip]
    let table = [
        ("", "", ""),
        ("Session-Expires: 600\n", "600;refresher=uas", ""),
        ("Session-Expires: 600;refresher=uac\n", "600;refresher=uas", ""),
        ("Session-Expires: 60\n", "60;refresher=uas", ""), // no 422 for those who do not know it
        ("Supported: timer\n", "1800;refresher=uas", "timer"),
        ("Supported: timer\nSession-Expires: 600\n", "600;refresher=uas", "timer"),
        ("Supported: timer\nSession-Expires: 600;refresher=uac\n", "600;refresher=uac", "timer"),
        ("Supported: timer\nSession-Expires: 600;refresher=uas\n", "600;refresher=uas", "timer"),
        ("k: 100rel, timer\nx: 7200\n", "1800;refresher=uas", "timer"),
        ("Require: timer\nSession-Expires: 7200\nMin-SE: 3600\n", "3600;refresher=uas", "timer"),
    ];
    for (asked, agreed, required) in table {
        let (_, _, ok) = called(asked);
        let said = (text(&ok, "Session-Expires"), text(&ok, "Require"));
        assert_eq!(said, (agreed.to_owned(), required.to_owned()), "{asked}");
    }
}

#[test]
fn an_interval_that_is_too_short_gets_422_at_the_beginning_and_later() {
    let mut wire = Wire::new(|_| {});
    let refused = wire.say(&invite("Supported: timer\nSession-Expires: 89\n"));
    assert_eq!((names(&refused), text(&refused[0], "Min-SE")), (vec!["422".into()], "90".into()));
    assert_eq!((wire.end.load(), wire.news().len()), (Load::default(), 0));

    let (mut wire, _, ok) = called("Supported: timer\nSession-Expires: 90;refresher=uac\n");
    let short = "Supported: timer\nSession-Expires: 30\n";
    let refused = wire.say(&within(&ok, "UPDATE", 2, "z9hG4bK-2", short));
    assert_eq!((names(&refused), text(&refused[0], "Min-SE")), (vec!["422".into()], "90".into()));
    let offer = format!("{short}Content-Type: application/sdp\n\nv=0 offer");
    assert_eq!(wire.statuses(&within(&ok, "INVITE", 3, "z9hG4bK-3", &offer)), [422]);
    assert_eq!(wire.news(), [""; 0]);
}

/// Refreshed after 45 s of 90; taken for dead 30 s before the end.
#[test]
fn we_refresh_by_update_after_half_the_interval() {
    let asked = "Supported: timer\nAllow: INVITE, UPDATE\nSession-Expires: 90;refresher=uas\n";
    let (mut wire, _, _) = called(asked);
    for _ in 0..3 {
        assert_eq!(names(&wire.run(44_999)), [""; 0]);
        let update = wire.run(1).remove(0);
        assert_eq!(name_of(&update), "UPDATE");
        assert_eq!(text(&update, "Session-Expires"), "90;refresher=uac");
        assert!(update.body().is_empty() && update.headers().has("Contact"));
        let agreed = "Session-Expires: 90;refresher=uac\nRequire: timer\n";
        wire.say(&reply(&update, "200 OK", agreed, ""));
    }
    assert_eq!(wire.news(), [""; 0], "no call hears of it");
}

#[test]
fn we_refresh_by_an_invite_that_repeats_our_last_sdp_where_update_is_not_allowed() {
    let (mut wire, leg, _) = called("Supported: timer\nSession-Expires: 90;refresher=uas\n");
    let again = wire.run(45_000).remove(0);
    assert_eq!((name_of(&again), &again.body()[..]), ("INVITE".into(), &b"v=0 answer"[..]));
    let ack = wire.say(&reply(&again, "200 OK", "", "v=0 offer"));
    assert_eq!(names(&ack), ["ACK"]);
    assert_eq!(wire.news(), [""; 0]);
    // They said nothing of an interval: ours goes on. UPDATE refused with 405 is followed by an INVITE as well.
    assert_eq!(names(&wire.run(45_000)), ["INVITE"]);
    wire.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() });

    let asked = "Supported: timer\nAllow: UPDATE\nSession-Expires: 90;refresher=uas\n";
    let (mut wire, ..) = called(asked);
    let update = wire.run(45_000).remove(0);
    wire.say(&reply(&update, "405 Method Not Allowed", "", ""));
    assert_eq!(names(&wire.run(0)), ["INVITE"]);
}

/// RFC 4028 10: no answer, 408 and 481 end the call; other refusals are tried again until it is too late.
#[test]
fn a_refresh_that_fails_ends_the_call() {
    let asked = "Supported: timer\nAllow: UPDATE\nSession-Expires: 90;refresher=uas\n";
    for status in ["408 Request Timeout", "481 Call Does Not Exist"] {
        let (mut wire, ..) = called(asked);
        let update = wire.run(45_000).remove(0);
        assert_eq!(names(&wire.say(&reply(&update, status, "", ""))), ["BYE"]);
        assert_eq!(wire.news(), ["ended Vanished -"]);
    }
    let (mut wire, ..) = called(asked);
    let sent = names(&wire.run(60_000));
    assert!(sent.iter().take(sent.len() - 1).all(|name| name == "UPDATE"), "{sent:?}");
    assert_eq!(sent.last().unwrap(), "BYE");

    let (mut wire, ..) = called(asked);
    let update = wire.run(45_000).remove(0);
    wire.say(&reply(&update, "500 Server Internal Error", "Retry-After: 3\n", ""));
    assert_eq!(names(&wire.run(2_999)), [""; 0]);
    let update = wire.run(1).remove(0);
    wire.say(&reply(&update, "200 OK", "Session-Expires: 90;refresher=uac\n", ""));
    wire.run(44_000);
    assert_eq!(wire.news(), [""; 0]);
}

#[test]
fn a_peer_that_does_not_refresh_is_taken_for_dead() {
    // 90 s: a third before the end. 1800 s: 32 s before it.
    for (seconds, alive_ms) in [(90, 60_000), (1_800, 1_768_000)] {
        let asked = format!("Supported: timer\nSession-Expires: {seconds};refresher=uac\n");
        let (mut wire, _, ok) = called(&asked);
        wire.run(alive_ms - 1);
        // Any re-INVITE or UPDATE of theirs puts it off.
        let update = within(&ok, "UPDATE", 2, "z9hG4bK-2", &asked);
        let refreshed = wire.say(&update).remove(0);
        assert_eq!(text(&refreshed, "Session-Expires"), format!("{seconds};refresher=uac"));
        assert_eq!(names(&wire.run(alive_ms - 1)), [""; 0]);
        assert_eq!(names(&wire.run(1)), ["BYE"]);
        assert_eq!(wire.news(), ["ended Vanished -"]);
    }
}

#[test]
fn an_offer_that_changes_nothing_is_answered_as_before_and_no_call_hears_of_it() {
    let timer = "Supported: timer\nSession-Expires: 90;refresher=uac\n";
    let (mut wire, leg, ok) = called(timer);
    let same = format!("{timer}Content-Type: application/sdp\n\nv=0 offer");
    for (number, method) in [(2, "INVITE"), (3, "UPDATE"), (4, "INVITE")] {
        let branch = format!("z9hG4bK-{number}");
        let again = wire.say(&within(&ok, method, number, &branch, &same)).remove(0);
        assert_eq!((status_of(&again), &again.body()[..]), (200, &b"v=0 answer"[..]));
        assert_eq!(text(&again, "Session-Expires"), "90;refresher=uac");
        if method == "INVITE" {
            wire.say(&within(&ok, "ACK", number, &format!("{branch}a"), ""));
        }
    }
    assert_eq!(wire.news(), [""; 0]);
    // After a change the old offer is a change as well.
    let hold = "Content-Type: application/sdp\n\nv=0 hold";
    wire.say(&within(&ok, "UPDATE", 5, "z9hG4bK-5", hold));
    wire.wish(leg, Wish::AnswerOffer { sdp: Bytes::from_static(b"v=0 held") });
    wire.say(&within(&ok, "UPDATE", 6, "z9hG4bK-6", &same));
    assert_eq!(wire.news(), ["offered v=0 hold", "offered v=0 offer"]);
}

/// RFC 4028's Figure 1, from where we stand: 422, a longer interval, refreshes by whom the 200 names.
#[test]
fn a_call_of_ours_asks_for_longer_after_422_and_refreshes_when_it_has_to() {
    let (mut wire, invite) = calling();
    assert_eq!(text(&invite, "Session-Expires"), "1800");
    assert!(text(&invite, "Supported").contains("timer") && !invite.headers().has("Min-SE"));
    let sent = wire.say(&reply(&invite, "422 Session Interval Too Small", "Min-SE: 3600\n", ""));
    assert_eq!(names(&sent), ["ACK", "INVITE"]);
    let invite = &sent[1];
    let said = |name| text(invite, name);
    assert_eq!((said("Session-Expires"), said("Min-SE")), ("3600".into(), "3600".into()));
    assert_eq!(said("CSeq"), "2 INVITE");
    assert_eq!(&invite.body()[..], b"v=0 offer");
    let agreed = "Session-Expires: 3600;refresher=uac\nAllow: UPDATE\nRequire: timer\n";
    wire.say(&reply(invite, "200 OK", agreed, "v=0 answer"));
    assert_eq!(wire.news(), ["answered v=0 answer"]);
    let update = wire.run(1_800_000).remove(0);
    assert_eq!((name_of(&update), text(&update, "Min-SE")), ("UPDATE".into(), "3600".into()));
}

#[test]
fn a_422_that_asks_for_nothing_new_refuses_the_call() {
    for least in ["", "Min-SE: 90\n", "Min-SE: 100000\n"] {
        let (mut wire, invite) = calling();
        let sent = wire.say(&reply(&invite, "422 Session Interval Too Small", least, ""));
        assert_eq!(names(&sent), ["ACK"]);
        assert_eq!(wire.news(), ["failed Refused 422", "gone"], "{least}");
    }
}

/// What the 200 to our INVITE says decides (RFC 4028 7.2).
#[test]
fn the_calling_side_takes_what_the_200_says() {
    #[rustfmt::skip]
    let table = [
        ("", &[][..]),
        ("Session-Expires: 90;refresher=uac\n", &["INVITE"][..]),
        ("Session-Expires: 90\n", &["INVITE"][..]),
        ("Session-Expires: 90;refresher=uas\n", &[][..]), // they do; 15 s later they are taken for dead
        ("Session-Expires: 1;refresher=uac\n", &["INVITE"][..]), // nobody has us refresh every half second
    ];
    for (said, sent) in table {
        let (mut wire, invite) = calling();
        wire.say(&reply(&invite, "200 OK", said, "v=0 answer"));
        assert_eq!(names(&wire.run(44_999)), [""; 0], "{said}");
        assert_eq!(names(&wire.run(1)), sent, "{said}");
    }
}

#[test]
fn two_ends_keep_a_call_alive_for_hours_and_neither_call_hears_of_it() {
    let mut world = World::new(2, 1, FINE);
    let (out, _) = world.connected();
    let before = world.sent;
    world.run(4 * 3_600_000);
    assert_eq!((world.news(0), world.news(1)), (Vec::<String>::new(), Vec::new()));
    assert_eq!(world.sent - before, 2 * 15, "an UPDATE and its 200 every quarter of an hour");
    world.wish(0, out, Wish::HangUp { reason: None, headers: Vec::new() });
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn when_the_network_is_cut_both_ends_of_a_call_end_by_themselves() {
    let mut world = World::new(2, 1, FINE);
    world.connected();
    world.weather.lost = 100;
    world.run(1_800_000 + 64_000);
    assert_eq!(world.news(0), ["ended Vanished -", "gone"]);
    assert_eq!(world.news(1), ["ended Vanished -", "gone"]);
    world.expect_empty();
}

//! Two endpoints, a kind network: what each side's call is told.

use super::*;

fn sdp(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn answer(text: &'static str) -> Wish {
    Wish::Answer { sdp: sdp(text), headers: Vec::new() }
}

fn hang_up() -> Wish {
    Wish::HangUp { reason: None, headers: Vec::new() }
}

#[test]
fn a_call_rings_is_answered_and_hung_up_by_the_caller() {
    let mut world = World::new(2, 1, FINE);
    let out = world.call(0, 1, |_| {});
    world.run(10);
    assert_eq!(
        world.heard[1].iter().map(|(_, it)| short(it)).collect::<Vec<_>>(),
        ["incoming v=0 offer"]
    );
    let leg = world.last_incoming(1);
    world.wish(1, leg, Wish::Progress { status: 180, sdp: None, headers: Vec::new() });
    world.run(2_000);
    world.wish(1, leg, answer("v=0 answer"));
    world.run(10);
    assert_eq!(world.news(0), ["progress 180 -", "answered v=0 answer"]);
    assert_eq!(world.news(1), ["incoming v=0 offer", "acknowledged -"]);
    world.wish(
        0,
        out,
        Wish::HangUp { reason: Some("Q.850;cause=16".to_owned()), headers: Vec::new() },
    );
    world.run(10);
    assert_eq!(world.news(0), ["ended Us -", "gone"]);
    assert_eq!(world.news(1), ["ended Them Q.850;cause=16", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn the_called_side_hangs_up_and_a_late_wish_is_counted_only() {
    let mut world = World::new(2, 1, FINE);
    let (_, leg) = world.connected();
    world.wish(1, leg, hang_up());
    world.run(10);
    assert_eq!(world.news(1), ["ended Us -", "gone"]);
    assert_eq!(world.news(0), ["ended Them -", "gone"]);
    world.wish(1, leg, hang_up());
    assert_eq!(world.ends[1].counters().idle_wishes, 1);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn an_offer_may_come_late_from_either_side() {
    let mut world = World::new(2, 1, FINE);
    let out = world.call(0, 1, |call| call.sdp = None);
    world.run(10);
    let leg = world.last_incoming(1);
    world.wish(1, leg, answer("v=0 late offer"));
    world.run(10);
    assert_eq!(world.news(0), ["answered v=0 late offer (offer)"]);
    world.wish(0, out, Wish::Acknowledge { sdp: sdp("v=0 late answer") });
    world.run(10);
    assert_eq!(world.news(1), ["incoming -", "acknowledged v=0 late answer"]);
    world.wish(1, leg, hang_up());
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn a_late_offer_that_nobody_answers_ends_the_call() {
    let mut world = World::new(2, 1, FINE);
    world.call(0, 1, |call| call.sdp = None);
    world.run(10);
    let leg = world.last_incoming(1);
    world.wish(1, leg, answer("v=0 late offer"));
    world.run(100_000);
    // The called side has waited for its ACK since 1 ms before the caller began to wait for its call.
    assert_eq!(world.news(0), ["answered v=0 late offer (offer)", "ended Them -", "gone"]);
    assert_eq!(world.news(1), ["incoming -", "ended NoAck -", "gone"]);
    world.expect_empty();
}

#[test]
fn a_refusal_carries_its_status_and_retry_after() {
    let mut world = World::new(2, 1, FINE);
    world.call(0, 1, |_| {});
    world.run(10);
    let leg = world.last_incoming(1);
    let headers = vec![("Retry-After".to_owned(), "30".to_owned())];
    world.wish(1, leg, Wish::Reject { status: 486, headers });
    world.run(10);
    let (_, event) = world.heard[0][0].clone();
    let LegEvent::Failed(failure) = event else { panic!("{event:?}") };
    assert_eq!((failure.status, failure.why), (486, FailedBy::Refused));
    assert_eq!(failure.retry_after, Some(Duration::from_secs(30)));
    assert_eq!(world.news(1), ["incoming v=0 offer", "failed Us 486", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn the_caller_gives_up_and_both_sides_know() {
    let mut world = World::new(2, 1, FINE);
    let out = world.call(0, 1, |_| {});
    world.run(10);
    let leg = world.last_incoming(1);
    world.wish(1, leg, Wish::Progress { status: 180, sdp: None, headers: Vec::new() });
    world.run(3_000);
    world.wish(0, out, hang_up());
    world.run(10);
    assert_eq!(world.news(0), ["progress 180 -", "failed Cancelled 487", "gone"]);
    assert_eq!(world.news(1), ["incoming v=0 offer", "failed Cancelled 487", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn a_call_cancelled_before_anything_came_back_is_cancelled_as_soon_as_it_may() {
    let mut world = World::new(2, 1, FINE);
    let out = world.call(0, 1, |_| {});
    world.wish(0, out, hang_up());
    world.run(300); // 100 goes out after 200 ms, CANCEL follows it
    assert_eq!(world.news(0), ["failed Cancelled 487", "gone"]);
    assert_eq!(world.news(1), ["incoming v=0 offer", "failed Cancelled 487", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let mut world = World::new(2, 1, FINE);
    let out = world.call(0, 1, |_| {});
    world.run(10);
    let leg = world.last_incoming(1);
    world.wish(1, leg, Wish::Progress { status: 180, sdp: None, headers: Vec::new() });
    world.run(10);
    world.wish(0, out, hang_up());
    world.wish(1, leg, answer("v=0 answer"));
    world.run(10);
    assert_eq!(world.news(0), ["progress 180 -", "failed Cancelled 487", "gone"]);
    assert_eq!(world.news(1), ["incoming v=0 offer", "acknowledged -", "ended Them -", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn a_phone_that_rings_for_too_long_is_cancelled() {
    let mut world = World::new(2, 1, FINE);
    world.call(0, 1, |call| call.ring_for = Duration::from_secs(20));
    world.run(10);
    let leg = world.last_incoming(1);
    world.wish(1, leg, Wish::Progress { status: 180, sdp: None, headers: Vec::new() });
    world.run(20_100);
    assert_eq!(world.news(0), ["progress 180 -", "failed RangOut 408", "gone"]);
    assert_eq!(world.news(1), ["incoming v=0 offer", "failed Cancelled 487", "gone"]);
    world.run(40_000);
    world.expect_empty();
}

#[test]
fn nobody_there_is_told_after_timer_b() {
    let mut world = World::new(1, 1, FINE);
    world.call(0, 6, |_| {});
    world.run(31_999);
    assert_eq!(world.news(0), [""; 0]);
    world.run(1);
    assert_eq!(world.news(0), ["failed Unreachable 408", "gone"]);
    assert_eq!(world.sent, 7);
    world.expect_empty();
}

#[test]
fn a_call_that_cannot_be_placed_fails_at_once() {
    let mut world = World::new(1, 1, FINE);
    world.call(0, 0, |call| call.target = uri("sip:4001@phone.example.org"));
    assert_eq!(world.news(0), ["failed Impossible 404", "gone"]);
    world.call(0, 0, |call| call.max_forwards = 0);
    assert_eq!(world.news(0), ["failed Impossible 483", "gone"]);
    world.expect_empty();
}

#[test]
fn either_side_offers_anew_by_either_method() {
    for by in [OfferBy::Invite, OfferBy::Update] {
        let mut world = World::new(2, 1, FINE);
        let (out, leg) = world.connected();
        for (from, from_leg, to, to_leg) in [(0, out, 1, leg), (1, leg, 0, out)] {
            world.wish(from, from_leg, Wish::Offer { sdp: sdp("v=0 hold"), by });
            world.run(10);
            assert_eq!(world.news(to), ["offered v=0 hold"]);
            world.wish(to, to_leg, Wish::AnswerOffer { sdp: sdp("v=0 held") });
            world.run(10);
            assert_eq!(world.news(from), ["offer answered v=0 held"]);
            world.wish(from, from_leg, Wish::Offer { sdp: sdp("v=0 video"), by });
            world.run(10);
            world.wish(to, to_leg, Wish::RejectOffer { status: 488 });
            world.run(10);
            assert_eq!(world.news(from), ["offer refused 488"]);
            world.forget();
        }
        world.run(40_000);
        assert_eq!(world.ends[0].load().legs, 1);
    }
}

#[test]
fn offers_that_cross_are_both_made_in_the_end() {
    for by in [OfferBy::Invite, OfferBy::Update] {
        let mut world = World::new(2, 3, FINE);
        let (out, leg) = world.connected();
        world.wish(0, out, Wish::Offer { sdp: sdp("v=0 a"), by });
        world.wish(1, leg, Wish::Offer { sdp: sdp("v=0 b"), by });
        let mut answered = Vec::new();
        for _ in 0..600 {
            world.run(10);
            for (end, leg) in [(0, out), (1, leg)] {
                for news in world.news(end) {
                    if news.starts_with("offered") {
                        world.wish(end, leg, Wish::AnswerOffer { sdp: sdp("v=0 c") });
                    } else if news != "acknowledged -" {
                        answered.push((end, news));
                    }
                }
            }
        }
        answered.sort();
        let both = [0, 1].map(|end| (end, "offer answered v=0 c".to_owned()));
        assert_eq!(answered, both, "{by:?}");
    }
}

#[test]
fn an_offer_that_the_call_forgets_is_refused_for_it() {
    let mut world = World::new(2, 1, FINE);
    let (out, _) = world.connected();
    world.wish(0, out, Wish::Offer { sdp: sdp("v=0 hold"), by: OfferBy::Invite });
    world.run(33_000);
    assert_eq!(world.news(1), ["offered v=0 hold", "offer withdrawn"]);
    assert_eq!(world.news(0), ["offer refused 488"]);
}

#[test]
fn keys_come_by_info() {
    let mut world = World::new(2, 1, FINE);
    let (out, _) = world.connected();
    let body = Secret::new(Bytes::from_static(b"Signal=#\r\nDuration=120\r\n"));
    world.wish(0, out, Wish::Info { content_type: "application/dtmf-relay".to_owned(), body });
    world.run(10);
    assert_eq!(world.news(1), ["key # 120"]);
}

#[test]
fn a_transfer_is_asked_for_followed_and_decided() {
    let mut world = World::new(2, 1, FINE);
    let (out, leg) = world.connected();
    let target = Box::new(uri(
        "sip:8002@192.0.2.9?User-to-User=00ff&Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2",
    ));
    world.wish(
        0,
        out,
        Wish::Refer {
            target,
            referred_by: Some("<sip:8001@hotline>".to_owned()),
            headers: Vec::new(),
        },
    );
    world.run(10);
    let LegEvent::Refer(refer) = &world.heard[1][0].1 else { panic!() };
    assert_eq!(refer.replaces.as_deref(), Some("a@b;to-tag=1;from-tag=2"));
    assert_eq!(refer.headers, [("User-to-User".to_owned(), "00ff".to_owned())]);
    assert_eq!(refer.referred_by.as_deref(), Some("<sip:8001@hotline>"));
    world.wish(1, leg, Wish::AnswerRefer { status: 202 });
    world.run(10);
    world.wish(1, leg, Wish::NotifyRefer { status: 180 });
    world.run(10);
    world.wish(1, leg, Wish::NotifyRefer { status: 200 });
    world.run(10);
    let mut told = world.news(0);
    told.dedup();
    let expected = [
        "refer progress 202 false",
        "refer progress 100 false",
        "refer progress 180 false",
        "refer progress 200 true",
    ];
    assert_eq!(told, expected);
    // It is over: nothing more is told, and another one may be asked for.
    world.wish(1, leg, Wish::NotifyRefer { status: 200 });
    assert_eq!(world.ends[1].counters().idle_wishes, 1);
    world.wish(
        0,
        out,
        Wish::Refer {
            target: Box::new(uri("sip:8003@192.0.2.9")),
            referred_by: None,
            headers: Vec::new(),
        },
    );
    world.run(10);
    world.wish(1, leg, Wish::AnswerRefer { status: 603 });
    world.run(10);
    assert_eq!(world.news(0), ["refer progress 603 true"]);
}

#[test]
fn a_transfer_that_nobody_wants_to_follow_is_not_told_about() {
    let mut world = World::new(2, 1, FINE);
    let (out, leg) = world.connected();
    let headers = vec![("Refer-Sub".to_owned(), "false".to_owned())];
    world.wish(
        0,
        out,
        Wish::Refer { target: Box::new(uri("sip:8002@192.0.2.9")), referred_by: None, headers },
    );
    world.run(10);
    world.wish(1, leg, Wish::AnswerRefer { status: 202 });
    world.run(10);
    assert_eq!(world.news(0), ["refer progress 202 true"]);
    world.wish(1, leg, Wish::NotifyRefer { status: 200 });
    assert_eq!(world.ends[1].counters().idle_wishes, 1);
}

#[test]
fn whoever_is_challenged_proves_who_they_are_and_calls_again() {
    let mut world = World::new(2, 1, FINE);
    let login = |password: &str| {
        Some(Login { user: "8001".to_owned(), password: Secret::new(password.to_owned()) })
    };
    world.call(0, 1, |call| call.credentials = login("korn"));
    world.run(10);
    let first = world.last_incoming(1);
    world.wish(1, first, Wish::Challenge);
    world.run(10);
    assert_eq!(
        world.heard[1].iter().map(|(_, it)| short(it)).collect::<Vec<_>>()[1..3],
        ["failed Us 401", "gone"]
    );
    let LegEvent::Incoming(call) = &world.heard[1].last().unwrap().1 else { panic!() };
    assert_eq!(call.authenticated.as_deref(), Some("8001"));
    let second = world.last_incoming(1);
    world.wish(1, second, answer("v=0 answer"));
    world.run(10);
    assert_eq!(world.news(0), ["answered v=0 answer"]);

    world.forget();
    world.call(0, 1, |call| call.credentials = login("wrong"));
    world.run(10);
    let first = world.last_incoming(1);
    world.wish(1, first, Wish::Challenge);
    world.run(10);
    assert_eq!(world.news(0), ["failed Refused 401", "gone"]);
    assert!(
        world.told[1]
            .iter()
            .all(|it| matches!(it, Command::AuthenticationFailed { user, .. } if user == "8001"))
    );
}

#[test]
fn a_phone_registers_is_called_where_it_is_and_leaves() {
    let mut world = World::new(2, 1, FINE);
    let registration = Registration {
        registrar: uri(&format!("sip:{}", address(1))),
        aor: uri("sip:8001@hotline"),
        contact_user: "8001".to_owned(),
        peer: None,
        credentials: Some(Login {
            user: "8001".to_owned(),
            password: Secret::new("korn".to_owned()),
        }),
        expires: Duration::from_secs(60),
    };
    world.happen(0, Event::Register { id: 7, registration: Box::new(registration) });
    world.run(100);
    assert!(matches!(
        world.told[0][..],
        [Command::Registration { id: 7, event: RegistrationEvent::Registered { expires } }] if expires.as_secs() == 60
    ));
    assert!(matches!(
        &world.told[1][..],
        [Command::Registrar(RegistrarEvent::Registered { is_new: true, .. })]
    ));
    let binding = world.ends[1].bindings("8001")[0].clone();
    assert_eq!(binding.peer.remote, address(0));
    // It refreshes itself for as long as it likes, with one nonce and then another.
    world.run(600_000);
    assert_eq!(world.ends[1].bindings("8001").len(), 1);
    assert!(world.told[1].iter().skip(1).all(|it| {
        matches!(it, Command::Registrar(RegistrarEvent::Registered { is_new: false, .. }))
    }));
    world.call(1, 0, |call| {
        call.target = binding.contact.clone();
        call.peer = Some(binding.peer);
    });
    world.run(10);
    assert_eq!(world.news(0), ["incoming v=0 offer"]);
    world.forget();
    world.happen(0, Event::Unregister { id: 7 });
    world.run(100);
    assert!(world.ends[1].bindings("8001").is_empty());
    assert!(matches!(
        world.told[0][..],
        [Command::Registration { id: 7, event: RegistrationEvent::Gone }]
    ));
    assert!(matches!(
        &world.told[1][..],
        [Command::Registrar(RegistrarEvent::Unregistered { .. })]
    ));
}

#[test]
fn a_phone_that_does_not_come_back_is_forgotten() {
    let mut world = World::new(2, 1, FINE);
    let registration = Registration {
        registrar: uri(&format!("sip:{}", address(1))),
        aor: uri("sip:8001@hotline"),
        contact_user: "8001".to_owned(),
        peer: None,
        credentials: Some(Login {
            user: "8001".to_owned(),
            password: Secret::new("korn".to_owned()),
        }),
        expires: Duration::from_secs(60),
    };
    world.happen(0, Event::Register { id: 7, registration: Box::new(registration) });
    world.run(100);
    world.forget();
    world.weather.lost = 100;
    world.run(60_000);
    assert!(
        matches!(&world.told[1][..], [Command::Registrar(RegistrarEvent::Expired { user, .. })] if user == "8001")
    );
    assert!(world.ends[1].bindings("8001").is_empty());
}

#[test]
fn a_call_whose_other_end_is_dead_ends_when_something_is_asked_of_it() {
    let mut world = World::new(2, 1, FINE);
    let (out, _) = world.connected();
    world.weather.lost = 100;
    world.wish(0, out, Wish::Offer { sdp: sdp("v=0 a"), by: OfferBy::Update });
    world.run(100_000);
    assert_eq!(world.news(0), ["offer refused 408", "ended Vanished -", "gone"]);
    assert_eq!(world.ends[0].load().legs, 0);
}

#[test]
fn an_answer_that_nobody_acknowledges_is_repeated_and_then_hung_up() {
    let mut world = World::new(2, 1, FINE);
    world.call(0, 1, |_| {});
    world.run(10);
    let leg = world.last_incoming(1);
    world.weather.lost = 100;
    let before = world.sent;
    world.wish(1, leg, answer("v=0 answer"));
    world.run(31_900);
    // 200 at 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5 s; the caller repeats its INVITE six times.
    assert_eq!(world.sent - before, 11 + 6);
    assert_eq!(world.news(1), ["incoming v=0 offer"]);
    world.run(200);
    assert_eq!(world.news(1), ["ended NoAck -"]);
    world.run(40_000);
    assert_eq!(world.news(1), ["gone"]);
    world.expect_empty();
}

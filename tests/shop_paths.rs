//! The shop's main path over every kind of line: TCP, a late offer, keys in the voice band, keys by SIP INFO, keys whose
//! end packets are lost. Each key counts once, whichever way it comes.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on must fail")]

mod peers;

use hotline::audio::compare;
use peers::baresip::{Baresip, Phone};
use peers::hotline::Hotline;
use peers::sipp::{Call, Caller};
use peers::sound;

/// Keys 1 and an order number, hears of the order, keys 0: `press` presses keys.
#[track_caller]
fn asks_for_an_order(hotline: &Hotline, press: impl Fn(&str)) {
    hotline.wait_prompt("main-menu");
    press("1");
    hotline.wait_prompt("enter-order-number");
    press("20260001#");
    hotline.wait_prompt("order-total");
    press("0");
    hotline.wait_journey(r#""step":"agent""#);
}

/// Each key of [`asks_for_an_order`] counted once, and the caller heard the answer.
#[track_caller]
fn heard_of_it(hotline: Hotline, heard: &[i16]) {
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.keys(), 11, "{:#?}", call.journey);
    assert_eq!(call.each("chose", "key"), ["1", "0"]);
    let keyed: Vec<_> = call.all("keyed").iter().map(|it| it["value"]["digits"].clone()).collect();
    assert_eq!(keyed, ["20260001"]);
    let words = sound::recording("zh-CN/order-shipped.1");
    let found = compare::find(heard, &words);
    assert!(found.is_some_and(|it| it.is_heard()), "{found:?}");
}

#[track_caller]
fn over_sipp(caller: &Caller<'_>, press: impl Fn(&Call, &str)) {
    let hotline = Hotline::demo();
    let call = caller.call(hotline.sip);
    asks_for_an_order(&hotline, |keys| press(&call, keys));
    let heard = call.talker.heard();
    call.hang_up();
    heard_of_it(hotline, &heard);
}

#[test]
fn over_tcp_a_caller_reaches_an_agent() {
    let hotline = Hotline::demo();
    let agent = Baresip::start(&Phone {
        transport: "tcp",
        ..Phone::agent("8001", "demo-8001", hotline.sip)
    });
    hotline.wait_agent(0, "8001", "ready");
    let mut caller =
        Baresip::start(&Phone { transport: "tcp", ..Phone::caller("13912345678", hotline.sip) });
    caller.dial("4001");
    asks_for_an_order(&hotline, |keys| caller.press(keys));
    hotline.wait_connected(0, "8001");
    agent.wait_tone(700.0);
    caller.wait_tone(1_000.0);
    assert!(agent.process.said().contains("Via: SIP/2.0/TCP"), "the agent is called over TCP, too");
    caller.command("hangup", "");
    hotline.wait_agent(0, "8001", "wrap_up");
    hotline.wait_call_end();
    heard_of_it(hotline, &caller.heard());
}

#[test]
fn with_a_late_offer() {
    over_sipp(&Caller { late_offer: true, ..Caller::to("4001") }, |call, keys| {
        call.talker.press(keys)
    });
}

#[test]
fn with_keys_in_the_voice_band() {
    over_sipp(&Caller { events: false, ..Caller::to("4001") }, |call, keys| {
        call.talker.press_in_band(keys)
    });
}

#[test]
fn with_keys_whose_end_packets_are_all_lost() {
    over_sipp(&Caller::to("4001"), |call, keys| call.talker.press_without_ends(keys));
}

#[test]
fn with_keys_by_sip_info() {
    let info = &["1", "20260001#", "0"];
    over_sipp(&Caller { info, ..Caller::to("4001") }, |call, _| call.go());
}

//! A call on real SIP through each of the demo's other hotlines; the shop and the operator have files of their own.

mod peers;

use peers::baresip::{Baresip, Phone};
use peers::contexts::Shown;
use peers::hotline::Hotline;
use peers::sipp::Caller;
use peers::sound;

#[test]
fn an_account_is_renewed_by_a_card_once() {
    let hotline = Hotline::demo();
    let call = Caller { from: Some("13700000002"), ..Caller::to("4002") }.call(hotline.sip);
    hotline.wait_prompt("education-menu");
    call.talker.press("1");
    hotline.wait_prompt("enter-account");
    call.talker.press("20260022#");
    hotline.wait_prompt("account-expired");
    hotline.wait_prompt("renew-menu");
    call.talker.press("1");
    hotline.wait_prompt("enter-study-card");
    call.talker.press("400200000018#");
    let asked = hotline.wait_prompt("enter-study-code");
    call.talker.press("111222#");
    hotline.wait_prompt("renewed");
    hotline.wait_journey_after(asked.upto, r#""prompt":"operator-anything-else""#);
    let heard = call.talker.heard();
    call.hang_up();

    // The same card again, in another call: its code is right, and it is used up.
    let call = Caller { from: Some("13700000002"), ..Caller::to("4002") }.call(hotline.sip);
    hotline.wait_journey_after(asked.upto, r#""prompt":"education-menu""#);
    call.talker.press("120260022#");
    hotline.wait_journey_after(asked.upto, r#""prompt":"renew-menu""#);
    call.talker.press("1400200000018#111222#");
    hotline.wait_prompt("study-card-refused");
    call.hang_up();

    let calls = hotline.stop_and_replay();
    assert_eq!(calls.len(), 2);
    sound::assert_heard(&heard, [&sound::recording("zh-CN/education-welcome")]);
}

#[test]
fn a_problem_becomes_a_ticket_whose_state_the_next_call_hears() {
    let hotline = Hotline::demo();
    let call = Caller { from: Some("13600000001"), ..Caller::to("4003") }.call(hotline.sip);
    hotline.wait_prompt("game-menu");
    call.talker.press("1");
    hotline.wait_prompt("game-problem");
    call.talker.press("3");
    hotline.process.wait_line("recording begins");
    call.talker.say(&sound::recording("zh-CN/game-welcome"));
    call.talker.wait_said();
    call.talker.press("#");
    hotline.wait_prompt("review-recording");
    call.talker.press("1");
    let told = hotline.wait_prompt("ticket-opened");
    call.hang_up();

    let call = Caller { from: Some("13600000002"), ..Caller::to("4003") }.call(hotline.sip);
    hotline.wait_journey_after(told.upto, r#""prompt":"game-menu""#);
    // The number of the first case of a store.
    call.talker.press("21000017#");
    hotline.wait_prompt("ticket-open");
    call.hang_up();
    let calls = hotline.stop_and_replay();
    assert_eq!(calls[0].each("case", "outcome"), ["opened"]);
}

#[test]
fn who_insulted_somebody_is_kept_out() {
    let hotline = Hotline::demo();
    let call = Caller { from: Some("13600000009"), ..Caller::to("4003") }.call(hotline.sip);
    hotline.wait_prompt("game-blocked");
    hotline.wait_call_end();
    drop(call);
    hotline.stop_and_replay();
}

#[test]
fn an_alarm_shows_the_agent_at_once_who_needs_help_where() {
    let hotline = Hotline::demo();
    let li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let call = Caller { from: Some("13500000001"), ..Caller::to("4009") }.call(hotline.sip);
    let shown = Shown::by(&li, 0);
    assert_eq!(shown.short["why"], "alarm");
    let context = shown.fetch();
    let person = &context["lookups"]["person"]["found"];
    assert_eq!(person["name"], "陈桂英");
    assert_eq!(person["conditions"], "高血压，青霉素过敏");
    call.hang_up();
    hotline.wait_call_end();
    hotline.stop_and_replay();
}

#[test]
fn an_answer_is_for_whoever_asked() {
    let hotline = Hotline::demo();
    let call = Caller { from: Some("13700000001"), ..Caller::to("4012") }.call(hotline.sip);
    hotline.wait_prompt("is-it-convenient");
    call.talker.press("1");
    hotline.wait_prompt("enter-pin");
    call.talker.press("123456#");
    hotline.wait_prompt("answer-renewal");
    hotline.wait_prompt("is-it-answered");
    hotline.process.wait_line("is-it-answered");
    call.talker.press("1");
    hotline.wait_prompt("rate-service");
    call.talker.press("5");
    hotline.wait_prompt("thank-you");
    hotline.wait_call_end();
    let calls = hotline.stop_and_replay();
    assert_eq!(calls[0].each("verified", "outcome"), ["right"]);
    assert_eq!(calls[0].each("surveyed", "question"), ["satisfaction"]);
}

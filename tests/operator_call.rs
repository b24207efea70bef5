//! The operator's hotline: who calls from a known line hears its balance at once; who withholds their number keys it.

mod peers;

use hotline::value::Value;
use peers::hotline::Hotline;
use peers::sipp::Caller;
use peers::sound;
use rust_decimal::Decimal;

#[test]
fn a_line_hears_its_balance_and_what_is_left_of_the_month() {
    let hotline = Hotline::demo();
    let call = Caller { from: Some("13900000001"), ..Caller::to("1860") }.call(hotline.sip);
    hotline.wait_prompt("operator-menu");
    call.talker.press("1");
    hotline.wait_prompt("operator-anything-else");
    let heard = call.talker.heard();
    call.hang_up();

    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    let texts = call.each("heard", "text");
    assert!(texts.contains(&"您的话费余额是五十六元三角。".to_owned()), "{texts:#?}");
    assert!(texts.contains(&"本月还剩通话一百二十分钟，流量三点五个G。".to_owned()), "{texts:#?}");
    let values = [
        ("line.balance", Value::Money(5_630)),
        ("line.minutes", Value::Number(Decimal::from(120))),
        ("line.data", Value::Number(Decimal::new(35, 1))),
    ];
    let said =
        ["line-balance", "line-allowance"].map(|prompt| sound::prompt("zh-CN", prompt, &values));
    sound::assert_heard(&heard, said.each_ref().map(Vec::as_slice));
}

#[test]
fn a_caller_who_withholds_their_number_keys_it_and_its_code() {
    let hotline = Hotline::demo();
    let call = Caller { from: None, ..Caller::to("1860") }.call(hotline.sip);
    hotline.wait_prompt("operator-menu");
    call.talker.press("1");
    hotline.wait_prompt("enter-phone-number");
    call.talker.press("13900000001#");
    hotline.wait_prompt("enter-pin");
    call.talker.press("123456#");
    hotline.wait_prompt("line-balance");
    call.hang_up();

    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(&*call.call.from, "", "nobody is told a withheld number");
    assert_eq!(call.each("verified", "outcome"), ["right"]);
    let texts = call.each("heard", "text");
    assert!(texts.contains(&"您的话费余额是五十六元三角。".to_owned()), "{texts:#?}");
}

//! The whole path: a caller dials the shop, keys an order number, hears the answer, and reaches an agent who already
//! knows; the agent hands them on to a colleague, who knows as much.

mod peers;

use hotline::value::Value;
use jiff::civil::Date;
use peers::baresip::{Baresip, Phone};
use peers::contexts::Shown;
use peers::hotline::Hotline;
use peers::sound;

#[test]
fn a_caller_hears_of_their_order_and_reaches_an_agent_who_already_knows() {
    let today = jiff::ZonedDateTime::now().date();
    let hotline = Hotline::demo();
    let mut li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let mut caller = Baresip::start(&Phone::caller("13912345678", hotline.sip));

    // The prompts, from the first word on, and the answer out of the database.
    caller.dial("4001");
    hotline.wait_prompt("main-menu");
    caller.wait_heard(&sound::prompt("zh-CN", "main-menu", &[]));
    caller.press("1");
    hotline.wait_prompt("enter-order-number");
    caller.press("20260001#");
    hotline.wait_prompt("anything-else");
    caller.press("0");
    hotline.wait_journey(r#""what":"queued""#);

    // The agent's phone rings, and shows who calls and why.
    let shown = Shown::by(&li, 0);
    assert_eq!(shown.short["from"], "13912345678");
    assert_eq!(shown.short["why"], "caller_asked");
    assert_eq!(shown.short["fields"]["订单号"], "20260001");
    let context = shown.fetch();
    assert_eq!(context["caller"]["number"], "13912345678");
    assert_eq!(context["called"], "4001");
    assert_eq!(context["reason"], "caller_asked");
    assert_eq!(context["answers"]["order_number"], "20260001");
    let order = &context["lookups"]["order"]["found"];
    assert_eq!((&order["status"], &order["carrier"]), (&"shipped".into(), &"顺丰".into()));
    let path: Vec<&str> =
        context["path"].as_array().unwrap().iter().filter_map(|it| it["step"].as_str()).collect();
    assert_eq!(
        path,
        [
            "welcome",
            "main",
            "order-status",
            "ask-order",
            "tell-order",
            "anything-else",
            "agent",
            "wait"
        ]
    );
    let music = sound::recording("tones/hold-melody");
    caller.wait_heard(&music[..16_000]);

    // They talk.
    li.command("accept", "");
    hotline.wait_connected(0, "8001");
    li.wait_tone(700.0);
    caller.wait_tone(1_000.0);

    // The agent hands the caller on, with all that is known.
    let wang =
        Baresip::start(&Phone { tone: 1_300.0, ..Phone::agent("8002", "demo-8002", hotline.sip) });
    hotline.wait_agent(0, "8002", "ready");
    li.command("transfer", &format!("sip:8002@{}", hotline.sip));
    let again = Shown::by(&wang, 0);
    assert_eq!(again.short["fields"], shown.short["fields"]);
    assert_ne!(again.url, shown.url, "each audience has a token of its own");
    assert_eq!(again.fetch()["answers"], context["answers"]);
    wang.wait_tone(700.0);
    caller.wait_tone(1_300.0);
    hotline.wait_agent(0, "8001", "wrap_up");

    caller.command("hangup", "");
    wang.wait_event("CALL_CLOSED");
    hotline.process.wait_line(r#"call ended outcome="caller_left""#);
    let heard = caller.heard();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.keys(), 11, "1, the number, the end key and 0: each once");
    let (eta, total) = (order["eta"].as_str().unwrap().parse::<Date>().unwrap(), 12_935);
    assert_eq!(eta, today.saturating_add(jiff::Span::new().days(2)));
    let values = [
        ("order.carrier", Value::Text("顺丰".into())),
        ("order.eta", Value::Date(eta)),
        ("order.total", Value::Money(total)),
    ];
    let texts = call.each("heard", "text");
    assert!(texts.iter().any(|it| it == "订单金额是一百二十九元三角五分。"), "{texts:#?}");
    let said = ["welcome", "main-menu", "order-shipped", "order-total"];
    let said = said.map(|prompt| sound::prompt("zh-CN", prompt, &values));
    sound::assert_heard(&heard, said.each_ref().map(Vec::as_slice));
}

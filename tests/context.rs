//! The caller's record on its way to others: posted to a webhook, fetched by a token, each reading written down.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod peers;

use hmac::{Hmac, KeyInit as _, Mac as _};
use hotline::store::Store;
use peers::baresip::{Baresip, Phone};
use peers::contexts::Shown;
use peers::hotline::Hotline;
use peers::http::{self, Hook, Message};
use peers::recorded::block_on;
use peers::sipp::Caller;
use sha2::Sha256;

const SECRET: &str = "a secret of two";

#[test]
fn a_webhook_receives_the_signed_record_and_again_after_an_error() {
    let hook = Hook::start(&[500, 200]);
    let url = format!("http://{}/records", hook.address);
    let hotline = Hotline::with(|config| {
        config.replace(
            "  # webhook: {",
            &format!("  webhook: {{ url: \"{url}\", secret: \"{SECRET}\" }}\n  # was: {{"),
        )
    });
    let _li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("welcome");
    call.talker.press("0");
    let (first, again) = (hook.next(), hook.next());
    for message in [&first, &again] {
        assert_eq!(message.first, "POST /records HTTP/1.1");
        assert_signed(message);
    }
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("hotline-delivery"), again.header("hotline-delivery"));
    let body = again.json();
    assert_eq!((&body["event"], &body["audience"]), (&"context.handed_on".into(), &"8001".into()));
    assert_eq!(body["context"]["reason"], "caller_asked");
    assert_eq!(body["context"]["caller"]["number"], "13912345678");
    call.hang_up();
    hotline.stop_and_replay();
}

/// `Hotline-Signature: t=<unix>,v1=<hex>` over `<unix>.<body>`, checked as its receiver would.
#[track_caller]
fn assert_signed(message: &Message) {
    let (time, signature) = message.header("hotline-signature").split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(&message.body);
    mac.verify_slice(&hex::decode(signature).unwrap()).unwrap();
    let age = jiff::Timestamp::now().as_second() - time.parse::<i64>().unwrap();
    assert!((0..120).contains(&age), "signed {age} s ago");
}

#[test]
fn a_token_opens_one_record_for_a_time_and_each_reading_is_written_down() {
    let hotline = Hotline::with(|config| config.replace("expires: 1h", "expires: 6s"));
    let li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("welcome");
    call.talker.press("0");
    let shown = Shown::by(&li, 0);
    let record = shown.fetch();

    let (server, path) = http::split(&shown.url);
    let (claims, signature) = path.rsplit_once('.').unwrap();
    let last = if signature.starts_with('A') { 'B' } else { 'A' };
    let foreign = format!("{claims}.{last}{}", signature.get(1..).unwrap());
    assert_eq!(http::get(server, &foreign).status(), 401);
    assert_eq!(http::get(server, "/api/contexts/nobody").status(), 401);
    let refused = peers::wait("the token expires", || {
        Some(http::get(server, path).status()).filter(|status| *status != 200)
    });
    assert_eq!(refused, 410);
    call.hang_up();
    let call = record["call"].as_str().unwrap();
    let folder = hotline.stop();
    let read = block_on(async {
        let store = Store::open(&folder.path().join("data")).await.unwrap();
        let lines = store.audit(call, 100).await.unwrap();
        store.close().await.unwrap();
        lines
    });
    let first = read.last().unwrap();
    assert_eq!((&*first.who, &*first.what), ("8001", "context.read"), "{read:#?}");
}

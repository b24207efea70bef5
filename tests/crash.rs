//! kill -9 in the middle of calls: what callers went through stands in the store, and the next start serves on.

mod peers;

use peers::hotline::Hotline;
use peers::sipp::Caller;
use peers::{http, recorded, wait};
use serde_json::Value;

#[test]
fn a_killed_server_loses_no_journey_older_than_a_second() {
    let hotline = Hotline::demo();
    let calls = ["13900000011", "13900000012"].map(|from| {
        let upto = hotline.process.upto();
        let call = Caller { from: Some(from), ..Caller::to("4001") }.call(hotline.sip);
        hotline.wait_journey_after(upto, r#""prompt":"welcome""#);
        call.talker.press("1");
        hotline.wait_journey_after(upto, r#""prompt":"enter-order-number""#);
        call.talker.press("20260002#");
        hotline.wait_journey_after(upto, r#""what":"keyed""#);
        call
    });
    // A second passes, as the callers hear it.
    let upto = hotline.process.upto();
    let before = calls[1].talker.packets().len();
    wait("a second of sound", || (calls[1].talker.packets().len() >= before + 60).then_some(()));

    let Hotline { mut process, folder, .. } = hotline;
    process.kill();
    let said = process.said();
    let noted = said.lines().take(upto).filter_map(|line| line.split_once(" journey entry="));
    let noted: Vec<(&str, Value)> =
        noted.map(|(call, entry)| (call, serde_json::from_str(entry).unwrap())).collect();
    assert!(noted.len() > 15, "{noted:#?}");
    let stored = recorded::read(&folder.path().join("data"));
    assert_eq!(stored.len(), 2);
    for call in &stored {
        let of_this =
            noted.iter().filter(|(name, _)| name.contains(&format!("call={}}}", call.call.id)));
        for (at, (_, entry)) in of_this.enumerate() {
            assert_eq!(call.journey.get(at), Some(entry), "place {at} of {:#?}", call.journey);
        }
        assert_eq!(call.call.outcome, None, "nobody saw it end");
    }

    // The next start reads the same store and takes calls.
    let hotline = Hotline::start(folder);
    assert_eq!(http::get(hotline.http, "/healthz").status(), 200);
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("welcome");
    call.hang_up();
    let folder = hotline.stop();
    let stored = recorded::read(&folder.path().join("data"));
    let [.., last] = &stored[..] else { panic!("nothing is stored") };
    assert_eq!((stored.len(), last.outcome()), (3, "caller_left"));
}

//! Beyond its limits the server refuses new calls, and those that run do not notice.

mod peers;

use peers::hotline::Hotline;
use peers::sipp::{Caller, refused};

#[test]
fn beyond_the_limit_new_calls_get_503_and_the_others_play_on() {
    let hotline = Hotline::with(|config| config.replace("calls: 2000,", "calls: 2,"));
    let one = Caller::to("4001").call(hotline.sip);
    let two = Caller::to("1860").call(hotline.sip);
    for _ in 0..20 {
        let messages = refused(hotline.sip, "4001", "0 8", 503);
        assert!(messages.contains("Retry-After: 5"), "{messages}");
    }
    hotline.wait_prompt("main-menu");
    for call in [&one, &two] {
        let packets = call.talker.packets();
        let unbroken = packets.windows(2).all(|pair| {
            pair[1].header.sequence == pair[0].header.sequence.wrapping_add(1)
                && pair[1].header.timestamp == pair[0].header.timestamp.wrapping_add(160)
        });
        assert!(packets.len() > 100 && unbroken, "{} packets", packets.len());
    }
    // As soon as there is room, calls are taken again.
    one.hang_up();
    hotline.wait_call_end();
    let three = Caller::to("4001").call(hotline.sip);
    three.hang_up();
    two.hang_up();
    let calls = hotline.stop_and_replay();
    assert_eq!(calls.len(), 3, "what was refused is no call");
}

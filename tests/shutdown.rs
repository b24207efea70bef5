//! TERM: no new calls, the running one ends in its own time, and the process says that all went well.

mod peers;

use peers::PATIENCE;
use peers::hotline::Hotline;
use peers::recorded;
use peers::sipp::{Caller, refused};

#[test]
fn a_server_that_is_told_to_end_lets_the_running_call_end_first() {
    let mut hotline = Hotline::demo();
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("welcome");
    hotline.process.signal("TERM");
    let upto = hotline.process.wait_line("ending: no new calls").upto;
    let messages = refused(hotline.sip, "4001", "0 8", 503);
    assert!(messages.contains("Retry-After: "), "{messages}");
    // The running call is served as before.
    call.talker.press("1");
    hotline.wait_journey_after(upto, r#""prompt":"enter-order-number""#);
    call.hang_up();
    let status = hotline.process.wait_end(PATIENCE);
    assert!(status.success(), "{status}");
    let calls = recorded::read(&hotline.data());
    recorded::replay(&calls, &hotline.config());
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.outcome(), "caller_left");
}

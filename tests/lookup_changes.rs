//! A call whose flow changes rows of a database: a row that is there, one that is not, and what follows where the flow
//! says nothing of that.

mod peers;

use std::fs;

use peers::hotline::{Hotline, folder};
use peers::sipp::Caller;

/// Suspends lines, one after the other: by a lookup whose `not_found` is written, then by the same without.
const FLOW: &str = r##"
flow: changes
languages: [zh-CN]
start: main
lookups:
  suspend:
    sql: operator
    query: update lines set state = 'suspended' where number = :number
    takes: { number: digits }
    changes: yes
context:
  - { label: { zh-CN: 号码 }, value: line }
steps:
  main:
    - ask: enter-order-number
      into: line
      as: digits
      length: 11
      ends_with: "#"
      otherwise: agent
    - lookup: suspend
      with: { number: line }
      not_found: nobody
      failed: agent
      unknown: agent
    - play: please-wait
    - goto: unanswered
  nobody:
    - play: order-not-found
    - goto: unanswered
  unanswered:
    - lookup: suspend
      with: { number: line }
      failed: agent
      unknown: agent
    - play: system-down
    - goto: main
  agent:
    - queue: service
      because: caller_asked
      max_wait: 10m
      otherwise: bye
  bye:
    - hangup: goodbye
"##;

#[test]
fn a_change_that_touches_no_row_goes_the_way_that_is_written_and_else_on() {
    let shop = format!("{}/flows/shop.yaml", env!("CARGO_MANIFEST_DIR"));
    let folder = folder(|config| config.replace(&format!("4001: {shop}"), "4001: changes.yaml"));
    fs::write(folder.path().join("changes.yaml"), FLOW).unwrap();
    let hotline = Hotline::start(folder);
    let call = Caller::to("4001").call(hotline.sip);
    let mut upto = hotline.wait_prompt("enter-order-number").upto;
    for (line, outcome, then) in
        [("13900000001", "found", "please-wait"), ("13900009999", "not_found", "order-not-found")]
    {
        call.talker.press(&format!("{line}#"));
        for prompt in [then, "system-down"] {
            let says = format!(
                r#""lookup":"suspend","with":{{"number":{{"digits":"{line}"}}}},"outcome":"{outcome}""#
            );
            upto = hotline.wait_journey_after(upto, &says).upto;
            upto = hotline.wait_journey_after(upto, &format!(r#""prompt":"{prompt}""#)).upto;
        }
        upto = hotline.wait_journey_after(upto, r#""prompt":"enter-order-number""#).upto;
    }
    call.hang_up();
    hotline.wait_call_end();
    hotline.stop_and_replay();
}

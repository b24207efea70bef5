//! Secrets: asked for, compared outside, told to nobody.

use super::*;

const FLOW: &str = r##"
lookups:
  pin:
    sql: operator
    query: select pin_hash as hash from lines where number = :number
    takes: { number: phone }
    gives: { hash: secret }
    within: 2s
context:
  - { label: { en-US: Sure }, value: caller.verified }
steps:
  main:
    - verify: enter
      against: pin
      with: { number: caller.number }
      account: caller.number
      length: 4
      ends_with: "#"
      tries: 3
      locked: locked
      failed: down
      otherwise: agent
    - play: notice
      when: caller.verified
    - menu: menu
      keys: { 1: main, 2: agent }
      otherwise: agent
  locked:
    - play: welcome
    - goto: agent
  down:
    - play: system-down
    - goto: agent
  agent:
    - queue: service
      otherwise: bye
  bye:
    - hangup: bye
"##;

const VERIFY: &str = "stop; verify pin(number=13800000001) of 13800000001";

fn verified(call: &Call) -> Option<(String, String)> {
    let verified = call.machine.context(call.now).caller.verified?;
    Some((verified.account.to_string(), verified.how.to_string()))
}

#[test]
fn the_right_secret_goes_on_and_the_agent_sees_whose_it_was() {
    #[rustfmt::skip]
    let call = play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4719#",    VERIFY),
        (1_100, "right",         "notice"),
        (2_000, "heard",         "menu"),
        (3_000, "key 2",         "stop; queue service 0; music"),
    ]);
    assert_eq!(verified(&call), Some(("13800000001".to_owned(), "pin".to_owned())));
    assert_eq!(call.machine.context(call.now).fields[0].value, "yes");
}

#[test]
fn a_wrong_secret_counts_as_a_try_like_silence_and_too_few_digits() {
    #[rustfmt::skip]
    let call = play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4711#",    VERIFY),
        (1_100, "wrong",         "wrong"),
        (2_000, "heard",         "enter"),
        (3_000, "heard",         ""),
        (8_000, "tick",          "nothing"),
        (9_000, "heard",         "enter"),
        (9_500, "keys 47#",      "stop; queue service 0; music"), // the third
    ]);
    assert_eq!(verified(&call), None);
}

#[test]
fn nobody_is_asked_more_often_than_the_flow_says_however_often_it_is_wrong() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4711#",    VERIFY),
        (1_100, "wrong",         "wrong"),
        (1_200, "keys 4712#",    VERIFY),
        (1_300, "wrong",         "wrong"),
        (1_400, "keys 4713#",    VERIFY),
        (1_500, "wrong",         "queue service 0; music"),
    ]);
}

#[test]
fn what_is_locked_or_cannot_be_compared_has_a_way_of_its_own() {
    for (verdict, heard) in [("locked", "welcome"), ("unverified", "system down")] {
        #[rustfmt::skip]
        let call = play(FLOW, &[
            (    0, "connects",      "enter"),
            (1_000, "keys 4711#",    VERIFY),
            (1_100, verdict,         heard),
        ]);
        assert_eq!(verified(&call), None);
    }
}

#[test]
fn a_verdict_that_never_comes_is_guarded_here_too_and_a_late_one_changes_nothing() {
    #[rustfmt::skip]
    let call = play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4711#",    VERIFY),
        (3_499, "tick",          ""),
        (3_500, "tick",          "system down"), // two seconds and a half
        (3_600, "right",         ""),
    ]);
    assert_eq!(verified(&call), None);
}

#[test]
fn keys_behind_a_right_secret_count_and_those_behind_a_wrong_one_are_dropped() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4719#2",   VERIFY),
        (1_100, "right",         "queue service 0; music"),
    ]);
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4711#2",   VERIFY),
        (1_100, "wrong",         "wrong"),
        (2_000, "heard",         "enter"),
    ]);
}

#[test]
fn whoever_is_asked_again_has_shown_nothing_yet() {
    #[rustfmt::skip]
    let call = play(FLOW, &[
        (    0, "connects",      "enter"),
        (1_000, "keys 4719#1",   VERIFY),
        (1_100, "right",         "enter"), // the key behind it leads back
        (2_000, "hangs-up",      "end CallerLeft"),
    ]);
    assert_eq!(verified(&call), None);
}

#[test]
fn no_figure_of_the_secret_is_in_anything_that_is_kept_or_shown() {
    let mut call = Call::new(&setting(FLOW));
    let mut seen = call.handle(0, Event::Arrived);
    for (ms, words) in
        [(0, "connects"), (1_000, "keys 4711#"), (1_100, "wrong"), (1_200, "keys 4719#")]
    {
        seen += &call.hear(ms, words);
    }
    let keyed = call.commands.iter().filter_map(|command| match command {
        Command::Verify(it) => Some(it.secret.expose().to_string()),
        _ => None,
    });
    assert_eq!(keyed.collect::<Vec<_>>(), ["4711", "4719"], "they leave in the command");
    seen += &serde_json::to_string(&call.log).unwrap();
    seen += &format!("{:?}{:?}", call.commands, call.machine.context(call.now));
    for passage in call.notes() {
        seen += &serde_json::to_string(passage).unwrap();
    }
    for part in ["4719", "4711", "4,7,1"] {
        assert!(!seen.contains(part), "{part} in {seen}");
    }
    let revealed = call.log.iter().filter_map(|entry| match entry {
        Entry::Revealed { symbol, .. } => Some(*symbol),
        Entry::Happened { .. } | Entry::Misfit { .. } => None,
    });
    assert_eq!(revealed.collect::<String>(), "##", "of a secret its end key is told");
}

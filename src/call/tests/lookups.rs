//! Lookups: answered, not found, failed, too late.

use super::*;

const FLOW: &str = "
lookups:
  order:
    sql: shop
    query: select status from orders where number = :number
    takes: { number: digits }
    gives: { status: [paid, shipped], carrier: text? }
    within: 2s
steps:
  main:
    - ask: enter
      into: number
      as: digits
      length: 2
      otherwise: agent
    - lookup: order
      with: { number: number }
      not_found: main
      failed: down
      meanwhile: please-wait
    - play: answer
      when: order.status == shipped
    - play: notice
      when: known(order.carrier)
    - menu: menu
      keys: { 1: main }
      otherwise: agent
  down:
    - play: system-down
    - goto: agent
  agent:
    - hangup: bye
";

#[test]
fn an_answer_is_spoken_at_once() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (1_200, "found status=shipped", "status shipped"),
        (3_000, "heard",                "menu"),
    ]);
}

#[test]
fn a_slow_answer_waits_for_the_end_of_the_words_meanwhile() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (1_999, "tick",                 ""),
        (2_000, "tick",                 "please wait"),
        (2_500, "found status=shipped", ""),
        (3_500, "heard",                "status shipped"),
    ]);
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (2_000, "tick",                 "please wait"),
        (2_500, "heard",                ""),
        (2_600, "found status=paid carrier=x", "notice"),
    ]);
}

#[test]
fn an_answer_that_never_comes_is_guarded_here_too() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (2_000, "tick",                 "please wait"),
        (2_900, "heard",                ""),
        (3_499, "tick",                 ""),
        (3_500, "tick",                 "system down"), // two seconds and a half
        (3_600, "found status=shipped", ""),            // too late, and nobody minds
        (4_000, "heard",                "bye"),
    ]);
}

#[test]
fn a_late_answer_is_not_taken_for_that_to_a_newer_question() {
    let flow = FLOW.replace("failed: down", "failed: main");
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (2_000, "tick",                 "please wait"),
        (2_500, "heard",                ""),
        (3_500, "tick",                 "enter"),
        (3_600, "keys 43",              "stop; ask order(number=43)"),
        (3_700, "late",                 ""),
        (3_800, "found status=shipped", "status shipped"),
    ]);
}

#[test]
fn what_is_not_found_or_fails_has_a_way_of_its_own() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (1_100, "found status=shipped", "status shipped"),
        (2_000, "heard",                "menu"),
        (2_100, "key 1",                "stop; enter"),
        (2_200, "keys 43",              "stop; ask order(number=43)"),
        (2_300, "not-found",            "enter"),
        (2_400, "keys 44",              "stop; ask order(number=44)"),
        (2_500, "fails",                "system down"),
    ]);
}

#[test]
fn a_row_without_a_column_that_it_must_have_is_a_failure() {
    #[rustfmt::skip]
    play(FLOW, &[
        (    0, "connects",        "enter"),
        (1_000, "keys 42",         "stop; ask order(number=42)"),
        (1_100, "found carrier=x", "system down"),
    ]);
}

#[test]
fn keys_during_a_lookup_count_after_it() {
    #[rustfmt::skip]
    let call = play(FLOW, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (1_100, "keys 171",             ""),
        (1_200, "found status=shipped", "ask order(number=71)"), // answer and menu are skipped, as the keys say
        (2_200, "tick",                 "please wait"),
        (2_300, "key 1",                "stop"),                 // it need not be heard out
        (2_400, "found status=shipped", "enter"),
    ]);
    assert_eq!(call.keyed(), ["42", "71"]);
}

#[test]
fn an_old_answer_is_forgotten_before_a_new_question() {
    let flow = FLOW.replace("not_found: main", "not_found: old").replace(
        "  agent:",
        "  old:\n    - play: confirm\n      when: known(order.status)\n    - goto: agent\n  agent:",
    );
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects",             "enter"),
        (1_000, "keys 42",              "stop; ask order(number=42)"),
        (1_100, "found status=shipped", "status shipped"),
        (2_000, "heard",                "menu"),
        (2_100, "keys 143",             "stop; enter; stop; ask order(number=43)"),
        (2_300, "not-found",            "bye"),
    ]);
}

const CHANGE: &str = "
lookups:
  suspend:
    sql: operator
    query: update lines set state = 'suspended', done = :once where number = :number returning state
    takes: { number: phone }
    gives: { state: text }
    within: 2s
    changes: yes
steps:
  main:
    - lookup: suspend
      with: { number: caller.number }
      not_found: agent
      failed: down
      unknown: unsure
    - play: notice
    - goto: main
  unsure:
    - play: again
    - goto: agent
  down:
    - play: system-down
    - goto: agent
  agent:
    - hangup: bye
";

#[test]
fn a_change_has_a_key_of_its_own_and_its_unknown_outcome_a_way_of_its_own() {
    #[rustfmt::skip]
    play(CHANGE, &[
        (    0, "connects",             "ask suspend(number=13800000001, once=c1/1)"),
        (  100, "found state=suspended", "notice"),
        (1_000, "heard",                "ask suspend(number=13800000001, once=c1/3)"),
        (3_499, "tick",                 ""),
        (3_500, "tick",                 "again"), // nobody knows, and it is not tried again
    ]);
    for (words, heard) in [("fails", "system down"), ("not-found", "bye"), ("times-out", "again")] {
        #[rustfmt::skip]
        play(CHANGE, &[
            (    0, "connects",         "ask suspend(number=13800000001, once=c1/1)"),
            (  100, words,              heard),
        ]);
    }
}

#[test]
fn a_change_that_touched_no_row_is_answered_where_that_is_written_and_else_goes_on() {
    let silent = CHANGE.replace(" returning state", "").replace("    gives: { state: text }\n", "");
    let unwritten = silent.replace("      not_found: agent\n", "");
    for (flow, heard) in [(&silent, "bye"), (&unwritten, "notice")] {
        #[rustfmt::skip]
        let call = play(flow, &[
            (    0, "connects",         "ask suspend(number=13800000001, once=c1/1)"),
            (  100, "not-found",        heard),
        ]);
        assert_eq!(call.machine.context(call.now).lookups["suspend"].outcome, "not_found");
    }
    // What has columns to give, or asks a system, cannot go on without them.
    let stuck = CHANGE.replace("      not_found: agent\n", "");
    #[rustfmt::skip]
    play(&stuck, &[
        (    0, "connects",             "ask suspend(number=13800000001, once=c1/1)"),
        (  100, "not-found",            "sorry"),
    ]);
}

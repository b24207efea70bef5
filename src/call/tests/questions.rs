//! Menus and entries: timers, tries, values.

use super::*;

const MENU: &str = "
defaults: { no_input_after: 4s, tries: 3 }
steps:
  main:
    - menu: menu
      keys: { 1: one, 0: agent }
      otherwise: agent
  one:
    - hangup: bye
  agent:
    - play: confirm
    - hangup: bye
";

#[test]
fn silence_counts_from_the_end_of_the_prompt() {
    #[rustfmt::skip]
    let call = play(MENU, &[
        (     0, "connects", "menu"),
        (30_000, "tick",     ""),        // still spoken
        (31_000, "heard",    ""),
        (34_999, "tick",     ""),
        (35_000, "tick",     "nothing"),
        (36_000, "heard",    "menu"),
        (37_000, "heard",    ""),
        (41_000, "tick",     "nothing"),
        (42_000, "heard",    "menu"),
        (43_000, "heard",    ""),
        (47_000, "tick",     "confirm"), // the third time it goes otherwise
    ]);
    assert_eq!(call.machine.deadline(), Some(Mono::from_millis(647_000)));
}

#[test]
fn silence_and_wrong_keys_are_counted_together() {
    #[rustfmt::skip]
    play(MENU, &[
        (     0, "connects", "menu"),
        (   500, "key 7",    "stop; wrong"),
        ( 1_000, "heard",    "menu"),
        ( 2_000, "heard",    ""),
        ( 6_000, "tick",     "nothing"),
        ( 6_500, "key 8",    "stop; confirm"), // a key during the excuse is an answer
    ]);
}

#[test]
fn a_menu_acts_at_the_first_key_and_waits_for_no_timer() {
    #[rustfmt::skip]
    play(MENU, &[
        (    0, "connects", "menu"),
        (1_000, "heard",    ""),
        (1_500, "key 1",    "bye"),
    ]);
}

/// One entry as `spec` says.
fn entry(spec: &str) -> String {
    format!(
        "
defaults: {{ no_input_after: 5s, between_digits: 3s, tries: 2 }}
steps:
  main:
    - ask: enter
      into: number
      {spec}
      otherwise: agent
    - say: number
    - hangup: bye
  agent:
    - hangup:
"
    )
}

#[test]
fn an_entry_of_fixed_length_is_accepted_at_its_last_key() {
    #[rustfmt::skip]
    play(&entry("as: digits\n      length: 4"), &[
        (    0, "connects",  "enter"),
        (1_000, "heard",     ""),
        (2_000, "keys 2026", "two zero two six"),
    ]);
}

#[test]
fn an_entry_of_any_length_is_accepted_after_a_pause_or_by_its_end_key() {
    let spec = "as: digits\n      length: 2..8\n      ends_with: \"#\"";
    #[rustfmt::skip]
    play(&entry(spec), &[
        (    0, "connects", "enter"),
        (1_000, "heard",    ""),
        (2_000, "keys 20",  ""),
        (4_000, "key 2",    ""),
        (6_999, "tick",     ""),
        (7_000, "tick",     "two zero two"),
    ]);
    #[rustfmt::skip]
    play(&entry(spec), &[
        (    0, "connects", "enter"),
        (  500, "keys 202#", "stop; two zero two"),
    ]);
    #[rustfmt::skip]
    play(&entry(spec), &[
        (    0, "connects",    "enter"),
        (  500, "keys 2#",     "stop; wrong"), // too short
        (1_000, "heard",       "enter"),
        (2_000, "heard",       ""),
        (2_500, "key 2",       ""),
        (5_500, "tick",        "hang up; end Completed"),
    ]);
}

#[test]
fn the_timer_between_digits_runs_after_a_barge_in() {
    #[rustfmt::skip]
    play(&entry("as: digits\n      length: 2..8"), &[
        (    0, "connects", "enter"),
        (  500, "key 2",    "stop"),
        (3_499, "tick",     ""),
        (3_500, "tick",     "wrong"),
    ]);
}

#[test]
fn money_dates_times_and_phone_numbers_are_keyed_as_people_key_them() {
    #[rustfmt::skip]
    let table = [
        ("as: money\n      ends_with: \"#\"", "keys 12*50#",      "12.50"),
        ("as: number\n      ends_with: \"#\"", "keys 7#",         "7"),
        ("as: date",                         "keys 20261124",    "2026-11-24"),
        ("as: date\n      ends_with: \"#\"", "keys 1126#",       "2026-11-26"),
        ("as: time",                         "keys 1504",        "15:04:00"),
        ("as: phone\n      length: 11",      "keys 13800000001", "13800000001"),
        ("as: secret\n      length: 4",      "keys 4711",        "****"),
    ];
    for (spec, keys, expected) in table {
        let flow = entry(spec).replace("    - say: number\n", "");
        let call = play(&flow, &[(0, "connects", "enter"), (500, keys, "stop; bye")]);
        assert_eq!(call.keyed(), [expected], "{spec}");
    }
}

#[test]
fn what_cannot_be_a_date_is_asked_again() {
    #[rustfmt::skip]
    play(&entry("as: date"), &[
        (    0, "connects",      "enter"),
        (  500, "keys 20261131", "stop; wrong"),
        (1_000, "heard",         "enter"),
    ]);
}

#[test]
fn prompts_of_its_own_replace_the_usual_excuses() {
    let flow = MENU.replace(
        "      otherwise: agent\n",
        "      otherwise: agent\n      no_input: again\n      no_match: notice\n      tries: 5\n      no_input_after: 1s\n",
    );
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects", "menu"),
        (1_000, "heard",    ""),
        (2_000, "tick",     "again"),
        (2_500, "key 5",    "stop; notice"),
    ]);
}

#[test]
fn conditions_values_and_languages_lead_on() {
    let flow = "
steps:
  main:
    - set: { tries_left: 2, vip: caller.number == \"13800000001\" }
    - if: vip
      then: vip
      else: main
  vip:
    - play: notice
      when: tries_left == 1
    - set: { tries_left: tries_left - 1 }
    - if: tries_left > 0
      then: vip
    - language: zh-CN
    - say: tries_left
    - hours: shop
      closed: main
    - hangup: bye
";
    #[rustfmt::skip]
    let call = play(flow, &[
        (    0, "connects", "notice"),
        (1_000, "heard",    "零"),
        (2_000, "heard",    "bye"),
        (3_000, "heard",    "hang up; end Completed"),
    ]);
    assert_eq!(&**call.machine.language(), "zh-CN");
    assert!(call.notes().any(|it| matches!(it, What::Hours { open: true, .. })));
}

#[test]
fn a_closed_calendar_leads_elsewhere_by_the_calls_own_clock() {
    let flow = "
steps:
  main:
    - play: welcome
    - hours: shop
      closed: closed
    - hangup: bye
  closed:
    - hangup: notice
";
    let five_hours = 5 * 3_600_000;
    #[rustfmt::skip]
    play(flow, &[(0, "connects", "welcome"), (five_hours - 1, "heard", "bye")]);
    #[rustfmt::skip]
    play(flow, &[(0, "connects", "welcome"), (five_hours, "tick", "stop; notice")]); // 20:00
}

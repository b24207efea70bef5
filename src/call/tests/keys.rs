//! Type-ahead and barge-in: no key is lost, none counts twice.

use proptest::prelude::*;

use super::*;

/// A prompt, then a menu of two keys, then an entry of three.
fn flow(welcome: &str, menu: &str, ask: &str) -> String {
    format!(
        "
steps:
  main:
    - play: welcome
      {welcome}
    - menu: menu
      keys: {{ 1: number, 2: agent }}
      otherwise: agent
      {menu}
  number:
    - ask: enter
      into: number
      as: digits
      length: 3
      otherwise: agent
      {ask}
    - play: said
    - goto: main
  agent:
    - hangup: bye
"
    )
}

#[test]
fn the_first_key_after_the_answer_counts() {
    #[rustfmt::skip]
    play(&flow("", "", ""), &[
        (    0, "connects", "welcome"),
        (    1, "key 2",    "stop; bye"),
        (2_000, "heard",    "hang up; end Completed"),
    ]);
}

#[test]
fn keys_before_the_answer_count_too() {
    #[rustfmt::skip]
    play(&flow("", "", ""), &[
        (  0, "key 1",    ""),
        (100, "connects", "enter"),
    ]);
}

#[test]
fn a_prompt_meets_keys_as_its_step_says() {
    // The table of `ask`: keys before the prompt, keys while it is spoken.
    let is = |interrupt: &str, type_ahead: &str| {
        flow(
            "interrupt: no",
            &format!("interrupt: {interrupt}\n      type_ahead: {type_ahead}"),
            "",
        )
    };
    #[rustfmt::skip]
    play(&is("yes", "yes"), &[
        (    0, "connects", "welcome"),
        (  500, "key 1",    ""),           // kept: the welcome is heard out
        (1_000, "heard",    "enter"),      // counts, and the menu is not even begun
    ]);
    #[rustfmt::skip]
    play(&is("yes", "no"), &[
        (    0, "connects", "welcome"),
        (  500, "key 1",    ""),
        (1_000, "heard",    "menu"),       // dropped
        (1_500, "key 1",    "stop; enter"),
    ]);
    #[rustfmt::skip]
    play(&is("no", "yes"), &[
        (    0, "connects", "welcome"),
        (  500, "key 1",    ""),
        (1_000, "heard",    "menu"),
        (2_000, "heard",    "enter"),      // the early key, after the menu was heard out
    ]);
    #[rustfmt::skip]
    play(&is("no", "yes"), &[
        (    0, "connects", "welcome"),
        (1_000, "heard",    "menu"),
        (1_500, "key 1",    ""),
        (2_000, "heard",    "enter"),      // the key while it was spoken
    ]);
    #[rustfmt::skip]
    play(&is("no", "no"), &[
        (    0, "connects", "welcome"),
        (  500, "key 1",    ""),
        (1_000, "heard",    "menu"),
        (1_500, "key 1",    ""),
        (2_000, "heard",    ""),           // both dropped: the menu listens
        (2_500, "key 1",    "enter"),
    ]);
}

#[test]
fn the_star_does_not_stop_what_may_not_be_stopped() {
    #[rustfmt::skip]
    play(&flow("interrupt: no", "", ""), &[
        (    0, "connects", "welcome"),
        (  500, "key *",    ""),
        (1_000, "heard",    "wrong"), // it was a key for the menu all the same
    ]);
}

#[test]
fn a_setting_does_not_leak_to_the_next_question() {
    #[rustfmt::skip]
    play(&flow("", "interrupt: no\n      type_ahead: no", ""), &[
        (    0, "connects",  "welcome"),
        (1_000, "heard",     "menu"),
        (2_000, "heard",     ""),
        (2_100, "keys 1",    "enter"),
        (2_200, "key 7",     "stop"),           // the entry may be stopped and keeps keys
        (2_300, "keys 89",   "you said seven eight nine"),
    ]);
}

#[test]
fn the_key_that_stops_a_prompt_and_those_behind_it_all_count() {
    #[rustfmt::skip]
    play(&flow("", "", ""), &[
        (    0, "connects",  "welcome"),
        (  100, "keys 1456", "stop; enter; stop; you said four five six"),
        (3_000, "heard",     "welcome"),
        (3_100, "keys 1111", "stop; enter; stop; you said one one one"),
    ]);
}

#[test]
fn keys_typed_ahead_of_everything_lead_all_the_way() {
    let call = play(
        &flow("interrupt: no", "", ""),
        &[
            (0, "connects", "welcome"),
            (100, "keys 1789", ""),
            (1_000, "heard", "you said seven eight nine"),
        ],
    );
    assert_eq!(call.keyed(), ["789"]);
}

#[test]
fn an_entry_that_does_not_fit_takes_the_keys_behind_it_along() {
    #[rustfmt::skip]
    play(&flow("interrupt: no", "", ""), &[
        (    0, "connects",  "welcome"),
        (  100, "keys 7222", ""),
        (1_000, "heard",     "wrong"), // four wrong keys at once are one wrong entry, heard by the caller
        (2_000, "heard",     "menu"),
        (2_100, "key 1",     "stop; enter"),
    ]);
}

#[test]
fn an_end_key_after_a_full_entry_belongs_to_it() {
    let ends = "length: 3\n      ends_with: \"#\"";
    let flow = flow("", "", "").replace("length: 3", ends);
    #[rustfmt::skip]
    let call = play(&flow, &[
        (    0, "connects",  "welcome"),
        (  100, "keys 1",    "stop; enter"),
        (  200, "keys 456",  "stop; you said four five six"),
        (  700, "key #",     ""),                      // out of habit: the answer is not stopped by it
        (2_000, "heard",     "welcome"),
        (2_100, "keys 1456", "stop; enter; stop; you said four five six"),
        (8_000, "key #",     "stop; wrong"),           // much later it is a key like others
    ]);
    let stoppable = call.commands.iter().filter_map(|command| match command {
        Command::Play(it) => Some(it.interrupt),
        _ => None,
    });
    // Media that stopped the answer by itself would leave silence: no `Stop` comes, and nothing else to be spoken.
    assert_eq!(stoppable.collect::<Vec<_>>(), [true, true, false, true, true, false, true]);
    // Typed ahead it belongs to it as well.
    let flow = flow.replace("- play: welcome\n", "- play: welcome\n      interrupt: no\n");
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects",  "welcome"),
        (  100, "keys 1456#",  ""),
        (1_000, "heard",     "you said four five six"),
    ]);
}

#[test]
fn more_keys_than_can_be_kept_are_dropped_from_the_end() {
    let many = format!("keys 1{}", "4".repeat(200));
    #[rustfmt::skip]
    play(&flow("interrupt: no", "", ""), &[
        (    0, "connects", "welcome"),
        (  100, &many,      ""),
        (1_000, "heard",    "welcome"), // 1 and 444 in good order, the answer skipped, the next welcome is not
    ]);
}

#[test]
fn a_prompt_that_ended_as_it_was_stopped_does_not_end_the_next_one() {
    let plays = "
steps:
  main:
    - play: welcome
    - play: notice
      interrupt: no
    - menu: menu
      keys: { 1: bye }
      interrupt: no
      otherwise: bye
  bye:
    - hangup: bye
";
    #[rustfmt::skip]
    play(plays, &[
        (    0, "connects",     "welcome"),
        (1_000, "key 1",        "stop; notice"),
        (1_001, "heard-before", ""),
        (2_000, "heard",        "menu"),
        (2_001, "heard-before", ""),
        (9_000, "tick",         ""),          // still spoken: nobody is taken for silent
        (9_500, "heard",        "bye"),
        (9_501, "heard-before", ""),
        (9_900, "heard",        "hang up; end Completed"),
    ]);
}

/// An endless round of everything that a key can meet, in which every figure fits everywhere.
const ROUND: &str = "
lookups:
  order:
    sql: shop
    query: select status from orders
    takes: {}
    gives: { status: text }
steps:
  main:
    - ask: enter
      into: number
      as: digits
      length: 1
      tries: 100
      otherwise: main
    - play: notice
      interrupt: no
    - lookup: order
      not_found: second
      failed: second
      meanwhile: please-wait
    - goto: second
  second:
    - play: welcome
    - ask: again
      into: number
      as: digits
      length: 1
      interrupt: no
      tries: 100
      otherwise: main
    - queue: service
      keys: { 0: third, 1: third, 2: third, 3: third, 4: third, 5: third }
      max_wait: 2s
      otherwise: third
  third:
    - ask: again
      into: number
      as: digits
      length: 2
      between_digits: 10m
      tries: 100
      otherwise: main
    - goto: main
";

proptest! {
    #[test]
    fn no_key_is_lost_and_none_counts_twice(
        happenings in proptest::collection::vec((0..12_u8, 0..2_500_u64), 1..120),
    ) {
        let mut call = Call::new(&setting(ROUND));
        call.handle(0, Event::Arrived);
        call.handle(0, Event::Answered);
        let (mut now, mut pressed) = (0, String::new());
        for (what, later) in happenings {
            now += later;
            while let Some(due) = call.machine.deadline()
                && due.as_micros() / 1_000 < now
            {
                call.handle(due.as_micros() / 1_000 + 1, Event::Tick);
            }
            match what {
                0..=5 if pressed.len() < 60 => {
                    let symbol = char::from(b'0' + what);
                    pressed.push(symbol);
                    call.hear(now, &format!("key {symbol}"));
                }
                0..=7 => { call.hear(now, "heard"); }
                8 => { call.hear(now, "found status=x"); }
                9 => { call.hear(now, "not-found"); }
                10 => { call.hear(now, "tick"); }
                _ => { call.hear(now, "position 3"); }
            }
        }
        let used: String = call
            .notes()
            .filter_map(|what| match what {
                What::Keyed { value, .. } => Some(value.to_string()),
                What::Chose { key, .. } => Some(key.symbol().to_string()),
                _ => None,
            })
            .collect();
        prop_assert!(pressed.starts_with(&used), "pressed {pressed}, used {used}");
    }
}

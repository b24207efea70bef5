//! What an `ask` wants of a value beyond being one: ranges, patterns, check digits, and its read-back.

use super::*;

/// One entry with `fields`, between a question and a prompt that says it.
fn entry(fields: &str) -> String {
    format!(
        "
defaults: {{ no_input_after: 4s, tries: 3 }}
steps:
  main:
    - ask: enter
      into: number
{fields}      otherwise: agent
    - play: said
    - hangup: bye
  agent:
    - hangup: bye
"
    )
}

/// What comes of `keys`: the value, or nothing.
#[track_caller]
fn keyed(fields: &str, keys: &str) -> Option<String> {
    let keys = format!("keys {keys}");
    let mut call = Call::new(&setting(&entry(fields)));
    for (ms, words) in
        [(0, "arrives"), (0, "connects"), (1_000, "heard"), (2_000, &keys), (9_000, "tick")]
    {
        call.hear(ms, words);
    }
    let again = super::super::replay(Arc::clone(&call.machine.setting), start(), &call.log);
    assert_eq!(format!("{again:?}"), format!("{:?}", call.commands), "{fields} {keys}");
    call.keyed().pop()
}

#[test]
fn a_value_lies_between_its_bounds_or_is_asked_for_again() {
    #[rustfmt::skip]
    let table = [
        ("      as: money\n      between: 10..500\n",               "12*50", Some("12.50")),
        ("      as: money\n      between: 10..500\n",               "10",    Some("10.00")),
        ("      as: money\n      between: 10..500\n",               "9*99",  None),
        ("      as: money\n      between: 10..500\n",               "500*01", None),
        ("      as: number\n      between: 1..3 * 4\n",             "12",    Some("12")),
        ("      as: number\n      between: 1..3 * 4\n",             "13",    None),
        ("      as: date\n      length: 4\n      between: today..today + 14d\n", "1208", Some("2026-12-08")),
        ("      as: date\n      length: 4\n      between: today..today + 14d\n", "1209", None),
        ("      as: date\n      length: 4\n      between: today..today + 14d\n", "1123", None),
        ("      as: time\n      between: now..18:00\n",             "1530",  Some("15:30:00")),
        ("      as: time\n      between: now..18:00\n",             "1459",  None),
        ("      as: duration\n      between: 5m..2h\n",             "2*00",  Some("2h")),
        ("      as: duration\n      between: 5m..2h\n",             "4",     None),
        ("      as: datetime\n      between: '\"2026-11-24 15:00\"..\"2026-12-24 15:00\"'\n", "202611250900", Some("2026-11-25T09:00:00")),
        ("      as: datetime\n      between: '\"2026-11-24 15:00\"..\"2026-12-24 15:00\"'\n", "202612250900", None),
    ];
    for (fields, keys, expected) in table {
        assert_eq!(keyed(fields, keys).as_deref(), expected, "{fields}{keys}");
    }
}

#[test]
fn a_number_follows_its_pattern_which_also_tells_its_length() {
    let fields = "      as: phone\n      matches: [1xxxxxxxxxx, 400xxxxxxx]\n";
    #[rustfmt::skip]
    let table = [("13800000001", Some("13800000001")), ("4001234567", Some("4001234567")), ("5001234567", None), ("138", None)];
    for (keys, expected) in table {
        assert_eq!(keyed(fields, keys).as_deref(), expected, "{keys}");
    }
    // One length for all: the last figure ends it, and nobody waits.
    let fixed = entry("      as: digits\n      matches: \"[13]x\"\n");
    #[rustfmt::skip]
    play(&fixed, &[
        (    0, "connects", "enter"),
        (1_000, "heard",    ""),
        (2_000, "keys 27",  "wrong"),
        (3_000, "heard",    "enter"),
        (4_000, "heard",    ""),
        (5_000, "keys 37",  "you said three seven"),
    ]);
}

#[test]
fn a_wrong_check_digit_is_noticed_before_anybody_is_asked() {
    #[rustfmt::skip]
    let table = [
        ("      as: digits\n      check: luhn\n",     "79927398713",        Some("79927398713")),
        ("      as: digits\n      check: luhn\n",     "79927398710",        None),
        ("      as: digits\n      check: mod11_2\n",  "11010519491231002*", Some("11010519491231002*")),
        ("      as: digits\n      check: mod11_2\n",  "110105194912310020", None),
        ("      as: digits\n      check: mod11_2\n",  "1101051949123100*2", None),
        ("      as: digits\n      check: luhn\n",     "7992739871*",        None),
        // Whether a secret's check fits is all that the log tells of it, and `keyed` plays the log again.
        ("      as: secret\n      check: luhn\n",     "4111111111111111",   Some("****************")),
        ("      as: secret\n      check: luhn\n",     "4111111111111112",   None),
        ("      as: secret\n      check: mod97\n",    "79444",              Some("*****")),
        ("      as: secret\n      check: mod97\n",    "79445",              None),
        ("      as: secret\n      check: mod11_2\n",  "11010519491231002*", Some("******************")),
        ("      as: secret\n      check: mod11_2\n",  "11010519491231003*", None),
        ("      as: secret\n      check: mod11_2\n",  "1101051949123*002",  None),
    ];
    for (fields, keys, expected) in table {
        let fields = format!("{fields}      ends_with: \"#\"\n");
        assert_eq!(keyed(&fields, &format!("{keys}#")).as_deref(), expected, "{fields}{keys}");
    }
}

#[test]
fn the_log_tells_that_a_secrets_check_failed_and_nothing_of_the_secret() {
    let flow = entry("      as: secret\n      check: mod11_2\n      length: 18\n");
    #[rustfmt::skip]
    let call = play(&flow.replace("    - play: said\n", ""), &[
        (    0, "connects", "enter"),
        (1_000, "heard",    ""),
        (2_000, "keys 110105194912310030", "wrong"),
        (3_000, "heard",    "enter"),
        (4_000, "heard",    ""),
        (5_000, "keys 11010519491231002*", "bye"),
    ]);
    let told: Vec<&Entry> =
        call.log.iter().filter(|it| !matches!(it, Entry::Happened { .. })).collect();
    assert_eq!(told, [&Entry::Misfit { nth: 17 }]);
    let stored = serde_json::to_string(&call.log).unwrap();
    let read: Vec<Entry> = serde_json::from_str(&stored).unwrap();
    let again = super::super::replay(Arc::clone(&call.machine.setting), start(), &read);
    assert_eq!(format!("{again:?}"), format!("{:?}", call.commands));
}

#[test]
fn choices_and_yes_or_no_end_at_their_one_key() {
    #[rustfmt::skip]
    let table = [
        ("      as: \"yes/no\"\n",              "1",  Some("yes")),
        ("      as: \"yes/no\"\n",              "2",  Some("no")),
        ("      as: \"yes/no\"\n",              "3",  None),
        ("      as: [paid, shipped]\n",         "2",  Some("shipped")),
        ("      as: [paid, shipped]\n",         "3",  None),
        ("      as: [a, b, c, d, e, f, g, h, i, j]\n", "10", Some("j")),
    ];
    for (fields, keys, expected) in table {
        let mut call = Call::new(&setting(&entry(fields).replace("    - play: said\n", "")));
        for (ms, words) in [(0, "arrives"), (0, "connects"), (1_000, "heard")] {
            call.hear(ms, words);
        }
        let heard = call.hear(2_000, &format!("keys {keys}"));
        assert_eq!(call.keyed().pop().as_deref(), expected, "{fields}{keys}");
        assert_eq!(
            heard,
            if expected.is_some() { "bye" } else { "wrong" },
            "at once: {fields}{keys}"
        );
    }
}

const READ_BACK: &str = "      as: money\n      ends_with: \"#\"\n      confirm: said\n";

#[test]
fn a_value_is_read_back_and_taken_by_its_key() {
    let flow = entry(READ_BACK).replace("    - play: said\n", "");
    #[rustfmt::skip]
    let call = play(&flow, &[
        (    0, "connects",   "enter"),
        (1_000, "heard",      ""),
        (2_000, "keys 12*50#", "you said twelve yuan and fifty fen"),
        (5_000, "heard",      ""),
        (6_000, "key 1",      "bye"),
    ]);
    assert_eq!(call.keyed(), ["12.50"]);
}

#[test]
fn the_other_key_asks_again_and_is_no_try() {
    let flow = entry(READ_BACK).replace("    - play: said\n", "").replace("tries: 3", "tries: 1");
    #[rustfmt::skip]
    let call = play(&flow, &[
        (     0, "connects", "enter"),
        ( 1_000, "heard",    ""),
        ( 2_000, "keys 1#",  "you said one yuan"),
        ( 5_000, "key 2",    "stop; enter"),
        ( 6_000, "heard",    ""),
        ( 7_000, "keys 2#",  "you said two yuan"),
        ( 9_000, "heard",    ""),
        (10_000, "key 2",    "enter"),
        (11_000, "heard",    ""),
        (12_000, "keys 3#",  "you said three yuan"),
        (14_000, "key 1",    "stop; bye"),
    ]);
    assert_eq!(call.keyed(), ["3.00"]);
    let corrected = call.notes().filter(|it| matches!(it, What::Corrected { .. })).count();
    assert_eq!(corrected, 2);
}

#[test]
fn nothing_typed_ahead_answers_a_read_back() {
    let flow = entry(READ_BACK).replace("    - play: said\n", "");
    // Typed before the question was even spoken.
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "arrives",   ""),
        (  100, "keys 12#1", ""),
        (1_000, "connects",  "you said twelve yuan"),
        (4_000, "heard",     ""),
        (8_000, "tick",      "nothing"),
    ]);
    // The key behind the entry's last one, as fast as fingers are; and every one that follows without a pause.
    #[rustfmt::skip]
    let call = play(&flow, &[
        (    0, "connects",  "enter"),
        (1_000, "heard",     ""),
        (2_000, "keys 12#",  "you said twelve yuan"),
        (2_200, "key 1",     ""),
        (2_600, "key 1",     ""),
        (3_050, "key 1",     ""),
        (3_549, "key 1",     ""),
        (4_049, "key 1",     "stop; bye"),
    ]);
    assert_eq!(call.keyed(), ["12.00"]);
}

#[test]
fn an_end_key_behind_a_full_entry_does_not_answer_its_read_back() {
    let flow = entry(
        "      as: money\n      length: 2\n      ends_with: \"#\"\n      confirm: said\n      confirm_keys: { yes: \"#\", no: \"*\" }\n",
    );
    #[rustfmt::skip]
    play(&flow.replace("    - play: said\n", ""), &[
        (    0, "connects", "enter"),
        (1_000, "heard",    ""),
        (2_000, "keys 12",  "you said twelve yuan"),
        (2_900, "key #",    ""),          // belongs to the entry
        (3_900, "key #",    "stop; bye"),
    ]);
}

#[test]
fn silence_and_strange_keys_at_a_read_back_are_tries() {
    let flow = entry(READ_BACK).replace("    - play: said\n", "");
    #[rustfmt::skip]
    let call = play(&flow, &[
        (     0, "connects", "enter"),
        ( 1_000, "heard",    ""),
        ( 2_000, "keys 12#", "you said twelve yuan"),
        ( 5_000, "heard",    ""),
        ( 9_000, "tick",     "nothing"),
        (10_000, "heard",    "you said twelve yuan"),
        (12_000, "key 7",    "stop; wrong"),
        (13_000, "heard",    "you said twelve yuan"),
        (15_000, "heard",    ""),
        (19_000, "tick",     "bye"),  // the third
    ]);
    assert_eq!(call.keyed(), <[String; 0]>::default());
}

#[test]
fn a_secret_is_confirmed_without_being_spoken() {
    let flow = entry("      as: secret\n      length: 4\n      confirm: confirm\n");
    #[rustfmt::skip]
    let call = play(&flow.replace("    - play: said\n", ""), &[
        (    0, "connects",  "enter"),
        (1_000, "heard",     ""),
        (2_000, "keys 4711", "confirm"),
        (3_000, "heard",     ""),
        (4_000, "key 1",     "bye"),
    ]);
    assert_eq!(call.keyed(), ["****"]);
    assert!(!format!("{:?}", call.log).contains("4711"));
}

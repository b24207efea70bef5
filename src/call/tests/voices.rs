//! Recordings, surveys and conferences.

use super::*;
use crate::call::{Ending, MAX_RECORDED};

const RECORD: &str = "
context:
  - { label: { en-US: Message }, value: message }
steps:
  main:
    - record: enter
      into: message
      at_most: 20s
      silence: 2s
      ends_with: \"#\"
      review: confirm
      keys: { keep: 1, hear: 2, again: 3, discard: \"*\" }
      nothing: nothing
      failed: failed
    - say: message
    - hangup: bye
  nothing:
    - hangup: notice
  failed:
    - hangup: system-down
";

/// `RECORD` without its review.
fn plain() -> String {
    let review =
        "      review: confirm\n      keys: { keep: 1, hear: 2, again: 3, discard: \"*\" }\n";
    assert!(RECORD.contains(review));
    RECORD.replace(review, "")
}

#[test]
fn a_caller_speaks_after_the_tone_until_the_end_key_and_the_recording_is_kept() {
    #[rustfmt::skip]
    let call = play(&plain(), &[
        (     0, "connects",  "enter"),
        ( 2_000, "heard",     "tone"),
        ( 2_100, "key 1",     ""),                       // too early to end anything
        ( 2_200, "heard",     "record c1-3 20s 2s"),
        ( 9_000, "key 5",     ""),                       // not the end key
        ( 9_200, "key #",     "end recording"),
        ( 9_300, "key #",     ""),                       // impatient
        ( 9_400, "stored",    "(recording)"),
        (12_000, "heard",     "bye"),
        (13_000, "heard",     "hang up; end Completed"),
    ]);
    assert_eq!(call.keyed(), ["c1-3"]);
    let context = call.machine.context(call.now);
    assert_eq!(context.fields[0].value, "c1-3");
    assert_eq!(context.answers["message"], "c1-3");
    let recorded =
        serde_json::to_string(call.notes().find(|it| matches!(it, What::Recorded { .. })).unwrap());
    assert_eq!(
        recorded.unwrap(),
        r#"{"what":"recorded","name":"message","recording":"c1-3","took_ms":7000,"outcome":"key"}"#
    );
}

#[test]
fn silence_and_the_longest_length_end_a_recording() {
    #[rustfmt::skip]
    let tables: [&[(u64, &str, &str)]; 2] = [
        &[
            ( 9_000, "silent",         "end recording"),
            ( 9_100, "stored",         "(recording)"),
        ],
        &[
            (22_199, "tick",           ""),
            (22_200, "tick",           "end recording"),
            (22_300, "silent",         ""),              // in the same moment
            (22_400, "stored",         "(recording)"),
        ],
    ];
    for table in tables {
        let begin = [
            (0, "connects", "enter"),
            (2_000, "key 7", "stop; tone"),
            (2_200, "heard", "record c1-3 20s 2s"),
        ];
        let lines = [begin.as_slice(), table].concat();
        play(&plain(), &lines);
    }
}

#[test]
fn nothing_said_and_a_full_disk_have_ways_of_their_own() {
    #[rustfmt::skip]
    let tables: [&[(u64, &str, &str)]; 4] = [
        &[
            ( 9_000, "silent",         "end recording"),
            ( 9_100, "stored-nothing", "notice"),
        ],
        &[
            ( 9_000, "key #",          "end recording"),
            ( 9_100, "not-stored",     "system down"),
        ],
        &[( 4_000, "not-stored",       "end recording; system down")],
        &[
            ( 9_000, "key #",          "end recording"), // and nobody answers
            (13_999, "tick",           ""),
            (14_000, "tick",           "system down"),
        ],
    ];
    for table in tables {
        let begin = [
            (0, "connects", "enter"),
            (2_000, "heard", "tone"),
            (2_200, "heard", "record c1-3 20s 2s"),
        ];
        play(&plain(), &[begin.as_slice(), table].concat());
    }
}

#[test]
fn a_recording_is_heard_made_again_and_discarded_by_keys() {
    #[rustfmt::skip]
    play(RECORD, &[
        (     0, "connects",       "enter"),
        ( 2_000, "heard",          "tone"),
        ( 2_200, "heard",          "record c1-3 20s 2s"),
        ( 9_000, "key #",          "end recording"),
        ( 9_100, "stored",         "confirm"),
        (10_000, "key 2",          "stop; (recording)"),
        (12_000, "key 3",          "stop; discard c1-3; enter"),   // said while it is heard
        (13_000, "heard",          "tone"),
        (13_200, "heard",          "record c1-8 20s 2s"),
        (15_000, "silent",         "end recording"),
        (15_100, "stored",         "confirm"),
        (16_000, "heard",          ""),
        (17_000, "key 9",          "wrong"),
        (18_000, "heard",          "confirm"),
        (19_000, "key *",          "stop; discard c1-8; notice"),
    ]);
}

#[test]
fn silence_and_confusion_in_a_review_keep_what_was_said() {
    #[rustfmt::skip]
    let tables: [&[(u64, &str, &str)]; 3] = [
        &[
            (10_000, "heard",      ""),
            (15_000, "tick",       "nothing"),
            (16_000, "heard",      "confirm"),
            (17_000, "heard",      ""),
            (22_000, "tick",       "(recording)"),
        ],
        &[
            (10_000, "key 9",      "stop; wrong"),
            (10_500, "key 0",      "stop; (recording)"),
        ],
        &[(10_000, "key 1",        "stop; (recording)")],
    ];
    for table in tables {
        #[rustfmt::skip]
        let begin = [
            (    0, "connects",    "enter"),
            (2_000, "heard",       "tone"),
            (2_200, "heard",       "record c1-3 20s 2s"),
            (9_000, "key #",       "end recording"),
            (9_100, "stored",      "confirm"),
        ];
        let call = play(RECORD, &[begin.as_slice(), table].concat());
        assert_eq!(call.keyed(), ["c1-3"]);
    }
}

#[test]
fn who_hangs_up_while_speaking_has_left_a_message() {
    #[rustfmt::skip]
    let call = play(&plain(), &[
        (     0, "connects",  "enter"),
        ( 2_000, "heard",     "tone"),
        ( 2_200, "heard",     "record c1-3 20s 2s"),
        ( 8_200, "hangs-up",  "end recording; end CallerLeft"),
    ]);
    let left = call.notes().any(
        |it| matches!(it, What::Recorded { took, outcome: "hung_up", .. } if took.as_secs() == 6),
    );
    assert!(left);
}

#[test]
fn a_call_records_so_much_and_no_more() {
    let flow = plain()
        .replace("at_most: 20s", "at_most: 30m")
        .replace("    - say: message\n    - hangup: bye", "    - goto: main");
    let whole = u64::try_from(MAX_RECORDED.as_millis()).unwrap();
    #[rustfmt::skip]
    play(&flow, &[
        (             0, "connects",  "enter"),
        (         1_000, "heard",     "tone"),
        (         1_000, "heard",     "record c1-3 1800s 2s"),
        (whole -  9_000, "key #",     "end recording"),
        (whole -  9_000, "stored",    "enter"),
        (whole -  8_000, "heard",     "tone"),
        (whole -  8_000, "heard",     "record c1-6 10s 2s"),
        (whole +  2_000, "tick",      "end recording"),
        (whole +  2_000, "stored",    "system down"),
    ]);
}

const SURVEY: &str = "
context:
  - { label: { en-US: Satisfaction }, value: after_call.satisfaction }
steps:
  main:
    - survey: after-call
      questions: { satisfaction: enter, solved: { prompt: confirm, keys: 1..2 } }
      keys: 1..5
    - play: welcome
      when: known(after_call.satisfaction) and after_call.satisfaction < 3
    - hangup: bye
";

#[test]
fn a_survey_takes_a_key_for_each_question() {
    #[rustfmt::skip]
    let call = play(SURVEY, &[
        (     0, "connects",  "enter"),
        ( 1_000, "key 2",     "stop; confirm"),
        ( 2_000, "heard",     ""),
        ( 3_000, "key 1",     "welcome"),
        ( 4_000, "heard",     "bye"),
    ]);
    let answers: Vec<_> = call
        .notes()
        .filter_map(|it| match it {
            What::Surveyed { survey, question, answer } => {
                Some(format!("{survey} {question} {answer}"))
            }
            _ => None,
        })
        .collect();
    assert_eq!(answers, ["after-call satisfaction 2", "after-call solved 1"]);
    let context = call.machine.context(call.now);
    assert_eq!(context.answers["after_call.satisfaction"], "2");
    assert_eq!(context.fields[0].value, "2");
}

#[test]
fn keys_pressed_early_answer_a_survey_and_it_is_not_spoken() {
    play(SURVEY, &[(0, "key 5", ""), (0, "key 2", ""), (1_000, "connects", "bye")]);
}

#[test]
fn who_does_not_answer_twice_is_asked_no_more() {
    #[rustfmt::skip]
    play(SURVEY, &[
        (     0, "connects",  "enter"),
        ( 1_000, "heard",     ""),
        ( 6_000, "tick",      "nothing"),
        ( 7_000, "heard",     "enter"),
        ( 8_000, "heard",     ""),
        (13_000, "tick",      "bye"),
    ]);
    #[rustfmt::skip]
    play(SURVEY, &[
        (     0, "connects",  "enter"),
        ( 1_000, "key 4",     "stop; confirm"),
        ( 2_000, "key 3",     "stop; wrong"),        // one to two, and the keys behind it are gone
        ( 3_000, "key *",     "stop; bye"),
    ]);
}

const CONFERENCE: &str = "
steps:
  main:
    - conference: emergency
      with: [\"120\", caller.number]
      announce: notice
      ends_with: \"*\"
      ring_for: 20s
      failed: failed
      after: after
  failed:
    - hangup: system-down
  after:
    - hangup: bye
";

#[test]
fn others_join_and_leave_and_the_last_one_ends_it() {
    #[rustfmt::skip]
    let call = play(CONFERENCE, &[
        (     0, "connects",            "conference emergency with 120 13800000001; ringing"),
        ( 3_000, "joins 120",           "stop; notice"),
        ( 4_000, "joins 13800000001",   ""),          // one announcement at a time
        ( 5_000, "heard",               ""),
        (60_000, "leaves 120",          ""),
        (70_000, "key 1",               ""),          // for the others to hear
        (90_000, "leaves 13800000001",  "part; stop; bye"),
    ]);
    let took = call.notes().any(
        |it| matches!(it, What::Conferred { took, outcome: "alone", .. } if took.as_secs() == 90),
    );
    assert!(took);
}

#[test]
fn nobody_to_be_had_is_a_way_of_its_own() {
    #[rustfmt::skip]
    let tables: [&[(u64, &str, &str)]; 3] = [
        &[
            ( 3_000, "refuses 120",          ""),
            ( 4_000, "refuses 13800000001",  "part; stop; system down"),
        ],
        &[( 3_000, "conference-fails",       "part; stop; system down")],
        &[
            (24_999, "tick",                 ""),
            (25_000, "tick",                 "part; stop; system down"),
        ],
    ];
    for table in tables {
        let begin = [(0, "connects", "conference emergency with 120 13800000001; ringing")];
        play(CONFERENCE, &[begin.as_slice(), table].concat());
    }
}

#[test]
fn one_who_leaves_early_is_not_the_end_while_others_are_called() {
    #[rustfmt::skip]
    play(CONFERENCE, &[
        (     0, "connects",             "conference emergency with 120 13800000001; ringing"),
        ( 3_000, "joins 120",            "stop; notice"),
        ( 4_000, "leaves 120",           "ringing"),
        ( 9_000, "joins 13800000001",    "stop; notice"),
        (10_000, "heard",                ""),
        (11_000, "key *",                "part; stop; bye"),
        (12_000, "joins 120",            "part"),     // too late
    ]);
}

#[test]
fn a_caller_who_hangs_up_lets_the_others_go() {
    #[rustfmt::skip]
    let call = play(CONFERENCE, &[
        (     0, "connects",      "conference emergency with 120 13800000001; ringing"),
        ( 3_000, "joins 120",     "stop; notice"),
        ( 4_000, "hangs-up",      "part; end CallerLeft"),
    ]);
    assert!(call.notes().any(|it| matches!(it, What::Ended { ending: Ending::CallerLeft })));
}

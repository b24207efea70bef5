//! What a call leaves for after it: cases, calls back, words to others; and what calls before left.

use super::super::{Context, History, KnownCase, PastCall};
use super::*;

const CASE: &str = "
steps:
  main:
    - case: complaint
      about: late
      with: { from: caller.number, name: caller.name, twice: 2 * 3 }
      failed: down
    - play: case
    - queue: service
      otherwise: bye
  down:
    - play: system-down
    - goto: bye
  bye:
    - hangup: bye
";

const OPENS: &str = "open complaint Some(\"late\") {\"from\": \"13800000001\", \"twice\": \"6\"} \
                     until 2026-11-27T07:00:00Z";

#[test]
fn a_case_is_opened_and_its_number_and_deadline_are_said() {
    #[rustfmt::skip]
    let call = play(CASE, &[
        (    0, "connects",       OPENS),
        (  200, "opened 1000017", "case one zero zero zero, zero one seven until November twenty-seventh at three p.m."),
        (  300, "opened 1000025", ""), // one answer a case
        (5_000, "heard",          "queue service 0; music"),
    ]);
    let context = call.machine.context(call.now);
    let case = context.open_cases.first().unwrap();
    assert_eq!(
        (&*case.number, &*case.kind, case.about.as_deref()),
        ("1000017", "complaint", Some("late"))
    );
    assert_eq!(case.opened, "2026-11-24T07:00:00.2Z".parse().unwrap());
    assert_eq!(case.promised, "2026-11-27T07:00:00Z".parse().unwrap());
}

#[test]
fn a_case_that_is_not_opened_goes_its_own_way_and_so_does_one_that_takes_too_long() {
    #[rustfmt::skip]
    play(CASE, &[
        (    0, "connects", OPENS),
        (  200, "not-kept", "system down"),
        (3_000, "heard",    "bye"),
    ]);
    #[rustfmt::skip]
    play(CASE, &[
        (    0, "connects",       OPENS),
        (4_999, "tick",           ""),
        (5_000, "tick",           "system down"),
        (5_100, "opened 1000017", ""), // kept all the same: nobody is lost
    ]);
}

#[test]
fn keys_and_hanging_up_meanwhile_are_taken() {
    let flow =
        CASE.replace("play: case", "menu: menu\n      keys: { 1: down }\n      otherwise: bye");
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects",       OPENS),
        (  100, "key 1",          ""),
        (  200, "opened 1000017", "system down"), // typed ahead
    ]);
    #[rustfmt::skip]
    play(CASE, &[
        (    0, "connects",       OPENS),
        (  100, "hangs-up",       "end CallerLeft"),
        (  200, "opened 1000017", ""),
    ]);
}

#[test]
fn a_second_case_that_fails_is_not_taken_for_the_first() {
    let flow = "
steps:
  main:
    - case: complaint
      failed: down
    - case: complaint
      failed: down
    - hangup: bye
  down:
    - play: case
    - hangup: bye
";
    #[rustfmt::skip]
    play(flow, &[
        (    0, "connects",            "open complaint None {} until 2026-11-27T07:00:00Z"),
        (  100, "opened 1000017",      "open complaint None {} until 2026-11-27T07:00:00.1Z"),
        (  150, "kept-before 1000017", ""),
        (  200, "not-kept",            "sorry"), // the checker refuses such a flow (HL0414)
    ]);
}

#[test]
fn a_kind_that_nobody_knows_is_the_last_resort() {
    #[rustfmt::skip]
    play(&CASE.replace("case: complaint", "case: complain"), &[
        (    0, "connects", "sorry"),
        (1_000, "heard",    "last resort: there is no `complain`; end LastResort"),
    ]);
}

const CALLBACK: &str = "
steps:
  main:
    - callback: service
      number: caller.number
      within: 2h
      because: busy
      no_number: ask
      failed: down
    - hangup: bye
  ask:
    - ask: enter
      into: number
      as: phone
      ends_with: \"#\"
      otherwise: down
    - callback: service
      number: number
      no_number: down
      failed: down
    - hangup: bye
  down:
    - hangup: system-down
";

#[test]
fn a_call_back_is_promised_to_a_number_that_can_be_called() {
    #[rustfmt::skip]
    let call = play(CALLBACK, &[
        (    0, "connects", "call back 13800000001 for service until 2026-11-24T09:00:00Z"),
        (  100, "promised", "bye"),
    ]);
    let context = call.commands.iter().find_map(|it| match it {
        Command::CallBack(it) => Some(Arc::clone(&it.context)),
        _ => None,
    });
    assert_eq!(context.unwrap().reason.as_deref(), Some("busy"));
    #[rustfmt::skip]
    play(CALLBACK, &[
        (    0, "connects", "call back 13800000001 for service until 2026-11-24T09:00:00Z"),
        (  100, "not-kept", "system down"),
    ]);
}

#[test]
fn a_number_that_is_withheld_or_cannot_be_called_goes_its_own_way() {
    for number in [None, Some("anonymous"), Some("8001"), Some("00000000000")] {
        let setting = setting(CALLBACK);
        let mut call = Call::new(&setting);
        let start = Start { caller_number: number.map(Into::into), ..start() };
        call.machine = Machine::new(setting, start);
        call.handle(0, Event::Arrived);
        assert_eq!(call.handle(0, Event::Answered), "enter", "{number:?}");
        assert_eq!(call.hear(1_000, "keys 12#"), "stop; system down", "{number:?}");
        let outcomes: Vec<_> = call
            .notes()
            .filter_map(|what| match what {
                What::Callback { outcome, .. } => Some(*outcome),
                _ => None,
            })
            .collect();
        assert_eq!(outcomes, ["no_number", "no_number"]);
    }
}

#[test]
fn somebody_is_told_and_nothing_waits_for_it() {
    let flow = "
steps:
  main:
    - notify: crm
      with: { from: caller.number, name: caller.name }
    - notify: duty
    - hangup: bye
";
    #[rustfmt::skip]
    play(flow, &[
        (    0, "connects", "tell crm {\"from\": \"13800000001\"}; tell duty {}; bye"),
    ]);
}

#[test]
fn a_text_that_is_told_is_cut_at_its_bound() {
    let long = "长".repeat(crate::call::MAX_TEXT + 5);
    let flow = format!(
        "
steps:
  main:
    - notify: crm
      with: {{ text: \"'{long}'\" }}
    - hangup: bye
"
    );
    let call = play(&flow, &[]);
    let mut call = call;
    let told = call.handle(0, Event::Answered);
    assert_eq!(told.chars().filter(|it| *it == '长').count(), crate::call::MAX_TEXT);
}

#[test]
fn what_is_recalled_stands_in_the_record_behind_this_calls_own_cases() {
    let moment = |text: &str| text.parse().unwrap();
    let history = History {
        open_cases: vec![KnownCase {
            number: "1000009".into(),
            kind: "question".into(),
            about: None,
            opened: moment("2026-11-23T07:00:00Z"),
            promised: moment("2026-11-24T07:00:00Z"),
        }],
        last_calls: vec![PastCall {
            call: "c0".into(),
            started: moment("2026-11-23T06:58:00Z"),
            called: "4001".into(),
            flow: "test".into(),
            outcome: Some("completed".into()),
        }],
    };
    let mut call = Call::new(&setting(CASE));
    call.handle(0, Event::Arrived);
    assert_eq!(call.handle(1, Event::Recalled(Arc::new(history))), "");
    call.hear(1, "connects");
    call.hear(200, "opened 1000017");
    call.hear(5_000, "heard");
    let waits = call.commands.iter().find_map(|it| match it {
        Command::Enqueue(it) => Some(Context::clone(&it.context)),
        _ => None,
    });
    let context = waits.unwrap();
    let cases: Vec<_> = context.open_cases.iter().map(|it| &*it.number).collect();
    assert_eq!(cases, ["1000017", "1000009"]);
    assert_eq!(&*context.last_calls[0].call, "c0");
    let again = super::super::replay(Arc::clone(&call.machine.setting), start(), &call.log);
    assert_eq!(format!("{again:?}"), format!("{:?}", call.commands));
}

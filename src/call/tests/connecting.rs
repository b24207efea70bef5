//! Queues and transfers.

use super::*;

const QUEUE: &str = "
context:
  - { label: { en-US: Number }, value: number }
  - { label: { en-US: Unset }, value: order_number }
steps:
  main:
    - ask: enter
      into: number
      as: digits
      length: 2
      otherwise: agent
    - goto: agent
  agent:
    - queue: service
      priority: if number == \"99\" then 5 else 1
      because: asked_for_a_person
      keys: { 1: message, \"#\": main }
      max_wait: 60s
      no_agents: nobody
      waited: nobody
      otherwise: message
      after: survey
  message:
    - hangup: notice
  nobody:
    - hangup: bye
  survey:
    - menu: confirm
      keys: { 1: nobody }
      otherwise: nobody
";

#[test]
fn a_reason_given_on_the_way_reaches_the_agent() {
    const TWO_WAYS: &str = "
steps:
  main:
    - menu: confirm
      keys: { 1: asked, 2: own }
      otherwise: unasked
  asked:
    - goto: agent
      because: caller_asked
  unasked:
    - goto: agent
      because: nothing_chosen
  own:
    - queue: service
      because: of_its_own
      keys: { \"#\": main }
      otherwise: bye
  agent:
    - queue: service
      keys: { \"#\": main }
      otherwise: bye
  bye:
    - hangup: bye
";
    #[rustfmt::skip]
    let call = play(TWO_WAYS, &[
        (     0, "connects", "confirm"),
        ( 1_000, "key 1",    "stop; queue service 0; music"),
        ( 2_000, "key #",    "leave; stop; confirm"),
    ]);
    assert_eq!(call.machine.context(call.now).reason.as_deref(), Some("caller_asked"));
    #[rustfmt::skip]
    let call = play(TWO_WAYS, &[
        (     0, "connects", "confirm"),
        ( 1_000, "key 1",    "stop; queue service 0; music"),
        ( 2_000, "key #",    "leave; stop; confirm"),
        ( 3_000, "key 2",    "stop; queue service 0; music"),
    ]);
    assert_eq!(call.machine.context(call.now).reason.as_deref(), Some("of_its_own"));
}

#[test]
fn a_caller_waits_with_music_hears_the_place_and_talks() {
    #[rustfmt::skip]
    let call = play(QUEUE, &[
        (     0, "connects",        "enter"),
        ( 1_000, "keys 99",         "stop; queue service 5; music"),
        ( 2_000, "position 2 61",   "ahead two minutes two"),
        ( 3_000, "position 1",      ""),               // the next one will be newer
        ( 5_000, "heard",           "music"),
        (30_000, "position 0",      "next"),
        (32_000, "heard",           "music"),
        (33_000, "offered",         ""),
        (35_000, "agent",           "stop"),
        (40_000, "key 1",           ""),               // for the agent to hear
        (95_000, "agent-left",      "confirm"),        // the key of the talk is not the survey's
        (96_000, "key 1",           "stop; bye"),
        (97_000, "heard",           "hang up; end Completed"),
    ]);
    let context = call.machine.context(call.now);
    assert_eq!(
        (context.waits[0].took_ms, context.waits[0].outcome.as_str()),
        (34_000, "connected")
    );
}

#[test]
fn the_agent_gets_the_record_with_the_offer() {
    let call =
        play(QUEUE, &[(0, "connects", "enter"), (900, "keys 12", "stop; queue service 1; music")]);
    let context = call.commands.iter().find_map(|command| match command {
        Command::Enqueue(it) => Some(Arc::clone(&it.context)),
        _ => None,
    });
    let mut json = serde_json::to_value(&*context.unwrap()).unwrap();
    json["flow"]["version"] = "…".into();
    let lines: Vec<String> =
        json.as_object().unwrap().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    version: 1
    call: "c1"
    started: "2026-11-24T07:00:00Z"
    flow: {"name":"test","version":"…"}
    language: "en-US"
    caller: {"number":"13800000001"}
    called: "4001"
    reason: "asked_for_a_person"
    fields: [{"label":{"en-US":"Number"},"value":"12"}]
    path: [{"step":"main","at_ms":0},{"step":"agent","at_ms":900}]
    answers: {"number":"12"}
    lookups: {}
    waits: [{"queue":"service","took_ms":0,"outcome":"waiting"}]
    "#);
}

#[test]
fn a_key_leads_out_of_the_queue_and_others_mean_nothing() {
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        ( 2_000, "keys 579",   ""),
        ( 3_000, "position 4", "ahead four"),
        ( 3_500, "key 8",      ""),                          // the place is heard out
        ( 4_000, "key 1",      "leave; stop; notice"),       // and left at once
    ]);
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        ( 4_000, "keys #34",   "leave; stop; enter; stop; queue service 1; music"),
    ]);
}

#[test]
fn an_agent_who_answers_a_caller_who_left_is_let_go() {
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects", "enter"),
        ( 1_000, "keys 12",  "stop; queue service 1; music"),
        ( 3_000, "offered",  ""),
        ( 4_000, "key 1",    "leave; stop; notice"),
        ( 4_001, "agent",    "leave"),
        ( 4_002, "full",     ""),
        ( 6_000, "heard",    "hang up; end Completed"),
        ( 6_001, "agent",    ""),
    ]);
}

#[test]
fn every_end_of_a_wait_has_a_way_on() {
    for (what, expected) in [
        ("no-agents", "stop; bye"),
        ("waited", "stop; bye"),
        ("full", "stop; notice"),
        ("queue-fails", "stop; notice"),
    ] {
        #[rustfmt::skip]
        play(QUEUE, &[
            (    0, "connects", "enter"),
            (1_000, "keys 12",  "stop; queue service 1; music"),
            (2_000, what,       expected),
        ]);
    }
}

#[test]
fn the_longest_wait_is_kept_here_but_a_ringing_phone_is_let_ring() {
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        (60_999, "tick",       ""),
        (61_000, "tick",       "leave; stop; bye"),
    ]);
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        (55_000, "offered",    ""),
        (61_000, "tick",       ""),
        (70_000, "withdrawn",  "leave; stop; bye"),
    ]);
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        (55_000, "offered",    ""),
        (91_000, "tick",       "leave; stop; bye"), // nobody said what became of it
    ]);
}

#[test]
fn a_caller_whose_agent_is_lost_waits_again() {
    #[rustfmt::skip]
    play(QUEUE, &[
        (     0, "connects",   "enter"),
        ( 1_000, "keys 12",    "stop; queue service 1; music"),
        ( 5_000, "agent",      "stop"),
        (20_000, "withdrawn",  "music"),
        (21_000, "position 0", "next"),
        (22_000, "agent",      "stop"),
        (30_000, "hangs-up",   "leave; end CallerLeft"),
    ]);
}

/// A transfer that says everything.
const TRANSFER: &str = "
steps:
  main:
    - transfer: \"sip:help@example.com\"
      kind: bridge
      because: out_of_hours
      ring_for: 10s
      busy: busy
      no_answer: late
      otherwise: failed
      after: after
  busy:
    - hangup: confirm
  late:
    - hangup: notice
  failed:
    - hangup: bye
  after:
    - hangup: again
";

#[test]
fn a_bridge_joins_two_and_every_failure_brings_the_caller_back() {
    #[rustfmt::skip]
    play(TRANSFER, &[
        (     0, "connects",   "call sip:help@example.com Bridge"),
        ( 1_000, "rings",      "ringing"),
        ( 4_000, "joined",     "stop"),
        (90_000, "other-left", "again"),
    ]);
    for (what, expected) in [
        ("busy", "stop; confirm"),
        ("no-answer", "stop; notice"),
        ("declined", "stop; bye"),
        ("transfer-fails", "stop; bye"),
    ] {
        #[rustfmt::skip]
        play(TRANSFER, &[(0, "connects", "call sip:help@example.com Bridge"), (4_000, what, expected)]);
    }
}

#[test]
fn a_transfer_that_nobody_reports_on_is_given_up() {
    #[rustfmt::skip]
    play(TRANSFER, &[
        (     0, "connects", "call sip:help@example.com Bridge"),
        (14_999, "tick",     ""),
        (15_000, "tick",     "cancel; stop; notice"),
        (15_001, "joined",   "cancel"),
    ]);
}

#[test]
fn a_blind_transfer_ends_the_call_here_only_when_it_is_taken() {
    let flow = TRANSFER.replace("kind: bridge", "kind: blind");
    #[rustfmt::skip]
    play(&flow, &[
        (    0, "connects", "call sip:help@example.com Blind"),
        (1_000, "rings",    ""),
        (2_000, "joined",   "hang up; end Transferred"),
    ]);
    play(
        &flow,
        &[(0, "connects", "call sip:help@example.com Blind"), (2_000, "busy", "stop; confirm")],
    );
}

#[test]
fn a_caller_who_hangs_up_takes_the_other_leg_along() {
    #[rustfmt::skip]
    play(TRANSFER, &[
        (    0, "connects", "call sip:help@example.com Bridge"),
        (1_000, "hangs-up", "cancel; end CallerLeft"),
    ]);
    #[rustfmt::skip]
    play(TRANSFER, &[
        (    0, "connects",   "call sip:help@example.com Bridge"),
        (1_000, "joined",     "stop"),
        (2_000, "hangs-up",   "cancel; end CallerLeft"),
        (2_001, "other-left", ""),
    ]);
}

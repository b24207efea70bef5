//! The log of a call: it replays exactly, and it tells no secret.

use proptest::prelude::*;

use super::*;

/// Everything that a flow can do, with a secret in the middle.
const FLOW: &str = "
lookups:
  order:
    sql: shop
    query: select status, pin from orders where number = :number and pin = :pin
    takes: { number: digits, pin: secret }
    gives: { status: [paid, shipped], pin: secret? }
    within: 2s
context:
  - { label: { en-US: Number }, value: number }
  - { label: { en-US: Pin }, value: pin }
steps:
  main:
    - play: welcome
    - menu: menu
      keys: { 1: number, 2: pin, 3: agent, 4: outside, 5: message, 6: survey, 7: others }
      otherwise: agent
  number:
    - ask: enter
      into: number
      as: digits
      length: 2..4
      ends_with: \"#\"
      otherwise: agent
    - play: said
    - goto: main
  pin:
    - ask: confirm
      into: pin
      as: secret
      length: 4..6
      ends_with: \"#\"
      tries: 2
      otherwise: agent
    - set: { number: \"12\", kept: pin }
    - lookup: order
      with: { number: number, pin: kept }
      not_found: main
      failed: agent
      meanwhile: please-wait
    - play: answer
    - goto: main
  agent:
    - queue: service
      keys: { 1: main }
      no_agents: main
      max_wait: 20s
      otherwise: bye
      after: main
  outside:
    - transfer: \"110\"
      busy: main
      otherwise: bye
  message:
    - record: enter
      into: message
      at_most: 20s
      ends_with: \"#\"
      review: confirm
      nothing: main
      failed: agent
    - say: message
    - goto: main
  survey:
    - survey: after-call
      questions: { one: enter, two: confirm }
    - goto: main
  others:
    - conference: emergency
      with: [\"120\", caller.number]
      announce: notice
      ends_with: \"*\"
      failed: agent
      after: main
  bye:
    - hangup: bye
";

/// Log, journey, context and everything else that may be seen of a call.
fn seen(call: &Call) -> String {
    let log = serde_json::to_string(&call.log).unwrap();
    let notes: Vec<String> = call
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::Note(passage) => Some(serde_json::to_string(passage).unwrap()),
            _ => None,
        })
        .collect();
    let context = call.machine.context(call.now);
    let uui = context.to_uui("token", 4_000);
    let uui = String::from_utf8(hex::decode(uui).unwrap()).unwrap();
    let context = serde_json::to_string(&context).unwrap();
    format!("{log}\n{}\n{context}\n{uui}\n{:?}", notes.join("\n"), call.commands)
}

#[test]
fn a_pin_is_nowhere_to_be_found_but_in_the_question() {
    for lines in [
        // Keyed when asked; keyed while the prompt before was spoken; keyed ahead of everything.
        [(0, "connects"), (100, "key 2"), (200, "keys 4719#"), (900, "found status=paid")],
        [(0, "connects"), (100, "keys 24719#"), (200, "heard"), (900, "fails")],
        [(0, "connects"), (100, "key 2"), (200, "keys 4719"), (4_000, "tick")],
        // A wrong one; one that nobody took before the caller hung up.
        [(0, "connects"), (100, "key 2"), (200, "keys 4719*#"), (300, "heard")],
        [(0, "connects"), (100, "key 2"), (200, "keys 4719"), (300, "hangs-up")],
    ] {
        let mut call = Call::new(&setting(FLOW));
        call.handle(0, Event::Arrived);
        for (ms, words) in lines {
            call.hear(ms, words);
        }
        let seen = seen(&call);
        for part in ["4719", "4,7,1,9"] {
            assert!(!seen.contains(part), "{lines:?}: {part} in {seen}");
        }
        let revealed: String = call
            .log
            .iter()
            .filter_map(|entry| match entry {
                Entry::Revealed { symbol, .. } => Some(*symbol),
                Entry::Happened { .. } | Entry::Misfit { .. } => None,
            })
            .collect();
        assert!(["2", "2#", "2#*"].contains(&revealed.as_str()), "{lines:?}: {revealed}");
        let question = call.commands.iter().find_map(|command| match command {
            Command::LookUp(it) => Some(it.with[1].1.clone()),
            _ => None,
        });
        if let Some(Value::Secret(pin)) = question {
            assert_eq!(&**pin.expose(), "4719");
        }
    }
}

#[test]
fn a_stored_call_reads_as_what_happened() {
    let mut call = Call::new(&setting(FLOW));
    call.handle(0, Event::Arrived);
    for (ms, words) in [(10, "connects"), (100, "key 2"), (200, "keys 471#"), (300, "hangs-up")] {
        call.hear(ms, words);
    }
    let lines: Vec<String> =
        call.log.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r##"
    {"happened":{"at":0,"event":"arrived"}}
    {"happened":{"at":10000,"event":"answered"}}
    {"happened":{"at":100000,"event":{"key":null}}}
    {"revealed":{"nth":0,"symbol":"2"}}
    {"happened":{"at":200000,"event":{"key":null}}}
    {"happened":{"at":200000,"event":{"key":null}}}
    {"happened":{"at":200000,"event":{"key":null}}}
    {"happened":{"at":200000,"event":{"key":null}}}
    {"revealed":{"nth":4,"symbol":"#"}}
    {"happened":{"at":300000,"event":"hung_up"}}
    "##);
}

/// Anything at all, told of whatever was begun last or of something long over.
fn happening() -> impl Strategy<Value = (u64, String)> {
    let keys = "[0-9#*]{1,6}".prop_map(|keys| format!("keys {keys}"));
    let likely = prop::sample::select(vec![
        "heard", "heard", "heard", "tick", "key 1", "key 2", "key 3", "key 4", "key #",
    ]);
    let other = prop::sample::select(vec![
        "connects",
        "arrives",
        "found status=shipped",
        "found status=paid pin=12",
        "found pin=1",
        "not-found",
        "fails",
        "position 2 90",
        "position 0",
        "offered",
        "withdrawn",
        "agent",
        "agent-left",
        "no-agents",
        "full",
        "waited",
        "queue-fails",
        "rings",
        "joined",
        "busy",
        "no-answer",
        "declined",
        "transfer-fails",
        "other-left",
        "silent",
        "stored",
        "stored-nothing",
        "not-stored",
        "joins 120",
        "joins 13800000001",
        "leaves 120",
        "refuses 120",
        "conference-fails",
    ]);
    let what = prop_oneof![
        3 => keys,
        4 => likely.prop_map(str::to_owned),
        3 => other.prop_map(str::to_owned),
        1 => prop::sample::select(vec!["hangs-up", "tick"]).prop_map(str::to_owned),
    ];
    (0..8_000_u64, what)
}

proptest! {
    #[test]
    fn any_call_replays_exactly_and_keeps_its_rules(
        happenings in proptest::collection::vec(happening(), 1..80),
    ) {
        let mut call = Call::new(&setting(FLOW));
        call.handle(0, Event::Arrived);
        call.handle(0, Event::Answered);
        let mut now = 0;
        for (later, words) in &happenings {
            now += later;
            call.hear(now, words);
        }
        // It goes to its end by time alone, however long that takes.
        let mut turns = 0;
        while let Some(due) = call.machine.deadline() {
            now = now.max(due.as_micros() / 1_000);
            call.handle(now, Event::Tick);
            turns += 1;
            prop_assert!(turns < 1_000, "it goes round for ever");
        }
        if !call.machine.is_over() {
            call.handle(now, Event::HungUp); // out of a talk, which has no limit
        }
        let ends = call.commands.iter().filter(|it| matches!(it, Command::End(_))).count();
        prop_assert_eq!(ends, 1);
        prop_assert!(matches!(call.commands.last(), Some(Command::End(_))));
        // One prompt at a time.
        let mut speaking = None;
        for command in &call.commands {
            match command {
                Command::Play(it) => {
                    prop_assert_eq!(speaking.replace(it.ticket), None, "two prompts at once");
                }
                Command::Stop => speaking = None,
                Command::Store(Entry::Happened { event: Event::Played(ticket), .. })
                    if speaking == Some(*ticket) =>
                {
                    speaking = None;
                }
                _ => {}
            }
        }
        // Stored, read again and fed again it gives the same.
        let log = serde_json::to_string(&call.log).unwrap();
        let log: Vec<Entry> = serde_json::from_str(&log).unwrap();
        let again = super::super::replay(Arc::clone(&call.machine.setting), start(), &log);
        for (first, second) in call.commands.iter().zip(&again) {
            prop_assert_eq!(masked(first), masked(second));
        }
        prop_assert_eq!(call.commands.len(), again.len());
    }
}

/// A command as text, secrets as their length.
fn masked(command: &Command) -> String {
    match command {
        Command::LookUp(it) => {
            let with: Vec<String> =
                it.with.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{:?} {} {with:?} {:?}", it.ticket, it.lookup, it.within)
        }
        other => format!("{other:?}"),
    }
}

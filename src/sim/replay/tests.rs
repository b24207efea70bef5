//! Calls that were made up, on their own flow and on edited ones.

use proptest::prelude::*;

use super::made::Made;
use super::*;
use crate::diagnostic::Sources;
use crate::flow::Program;
use crate::speech::{Catalogue, Catalogues};

const FLOW: &str = "
flow: shop
languages: [en-US]
start: main
lookups:
  order:
    sql: shop
    query: select status from orders where number = :number
    takes: { number: digits }
    gives: { status: text }
steps:
  main:
    - menu: menu
      keys: { 1: order, 0: agent }
      otherwise: agent
  order:
    - ask: enter
      into: number
      as: digits
      length: 4
      otherwise: agent
    - lookup: order
      with: { number: number }
      not_found: order
      failed: agent
    - play: status
    - hangup: bye
  agent:
    - queue: service
      no_agents: closed
      otherwise: closed
  closed:
    - hangup: bye
";

const PROMPTS: &str = "
language: en-US
prompts: { menu: Press 1., enter: Enter it., status: It is ready., bye: Goodbye., no-input: Nothing., no-match: Wrong. }
";

fn stage(flow: &str) -> Stage {
    let mut sources = Sources::default();
    let file = sources.add("shop.yaml", flow);
    let (flow, found) = crate::flow::parse(file, flow);
    assert!(found.is_empty(), "{found:#?}");
    let words = sources.add("catalog.yaml", PROMPTS);
    let (catalogue, found) = Catalogue::parse(words, PROMPTS);
    assert!(found.is_empty(), "{found:#?}");
    Stage {
        flow: Program::unproven(flow.unwrap()),
        catalogues: Arc::new(Catalogues::from([("en-US".into(), catalogue.unwrap())])),
        calendars: Arc::new(
            indexmap::IndexMap::<Arc<str>, crate::config::calendar::Calendar>::new(),
        ),
        lengths: Arc::new(|_| Some(Duration::from_secs(2))),
    }
}

/// A call in which the caller presses `keys`, each so many milliseconds after the one before, and then is silent until
/// the flow ends it or they hang up.
fn call(keys: &[(u64, char)], answers: &[Answer], leaves_after: Option<u64>) -> Recorded {
    let mut answers = answers.iter().cycle();
    let made = Made {
        stage: &stage(FLOW),
        id: "1",
        keys,
        leaves_after,
        answers: &mut |_| answers.next().unwrap().clone(),
        queue: QueueEvent::NoAgents,
        prompts_last: 2_350,
    };
    made.call()
}

fn found() -> Answer {
    Answer::Found(Arc::new(
        [("status".into(), crate::value::Value::Text("paid".into()))].into_iter().collect(),
    ))
}

/// A call that asks for its order and hears of it.
fn order() -> Recorded {
    call(&[(4_000, '1'), (4_000, '1'), (300, '2'), (300, '3'), (300, '4')], &[found()], None)
}

/// What becomes of `recorded` when the flow is edited.
fn edited(recorded: &Recorded, from: &str, to: &str) -> String {
    assert!(FLOW.contains(from), "{from}");
    let rerun = rerun(&stage(&FLOW.replace(from, to)), recorded);
    let other = rerun.other.map(|it| {
        let name = |step: Option<Name>| step.map_or_else(|| "-".to_owned(), |it| it.to_string());
        format!("{}: {} -> {}", name(it.after), name(it.then), name(it.now))
    });
    let contained = (rerun.then.is_contained(), rerun.now.is_contained());
    let stop = rerun.stop.map(|it| it.to_string());
    format!("{other:?} {contained:?} {stop:?}").replace("Some", "")
}

#[test]
fn an_edit_shows_where_a_caller_would_have_come_out() {
    for (from, to, expected) in [
        ("length: 4", "length: 4", "None ((true), (true)) None"),
        (
            "1: order",
            "2: order, 1: agent",
            "(\"main: order -> agent\") ((true), (false)) (\"nobody knows how long queue `service` would take\")",
        ),
        ("failed: agent", "failed: closed", "None ((true), (true)) None"),
        (
            "length: 4",
            "length: 6",
            "None ((true), None) (\"it asks for keys when the caller pressed none\")",
        ),
        (
            "- play: status",
            "- play: status\n    - lookup: order\n      with: { number: number }\n      not_found: closed\n      failed: closed",
            "None ((true), None) (\"lookup `order` was not asked then, or not so often\")",
        ),
        (
            "gives: { status: text }",
            "gives: { status: text, eta: date }",
            "None ((true), None) (\"lookup `order` did not give then what it gives now\")",
        ),
        (
            "    - play: status\n    - hangup: bye",
            "    - goto: closed",
            "(\"order: - -> closed\") ((true), (true)) None",
        ),
    ] {
        assert_eq!(edited(&order(), from, to), expected, "{to}");
    }
}

#[test]
fn answers_are_told_apart_by_what_was_asked_with() {
    let row = |status: &str| {
        let status = crate::value::Value::Text(status.into());
        Answer::Found(Arc::new([("status".into(), status)].into_iter().collect()))
    };
    // Not found, asked again with another number, found.
    let keys: Vec<_> = "11111222".chars().chain(['2']).map(|key| (600, key)).collect();
    let recorded = call(&keys, &[Answer::NotFound, row("paid")], None);
    let asked = recorded.journey.iter().filter(|it| word(it, "what") == "looked_up");
    let asked: Vec<_> = asked.map(|it| it["with"]["number"]["digits"].as_str().unwrap()).collect();
    assert_eq!(asked, ["1111", "2222"]);
    let path = |from: &str, to: &str| rerun(&stage(&FLOW.replace(from, to)), &recorded);
    let same = path("length: 4", "length: 4");
    assert_eq!((same.other, same.stop, same.reused), (None, None, vec![]));
    // A flow that asks with what was not asked with then: by order, which is said.
    let other = path("with: { number: number }", "with: { number: called.number }");
    assert_eq!(other.reused.len(), 2, "{:?}", other.reused);
    assert_eq!(*other.reused[0].lookup, *"order");
    assert_eq!(other.reused[0].step.as_deref(), Some("order"));
}

#[test]
fn a_longer_prompt_before_a_step_moves_what_is_done_in_it() {
    let edit = (
        "  order:\n    - ask",
        "  order:\n    - play: [bye, bye, bye, bye]\n      interrupt: false\n      type_ahead: false\n    - ask",
    );
    let late = edited(&order(), edit.0, edit.1);
    assert!(late.starts_with("None"), "the keys of the number belong to its step: {late}");
}

#[test]
fn a_call_that_was_cut_off_is_not_said_to_have_gone_elsewhere() {
    let mut recorded = order();
    let asked = recorded.journey.iter().position(|it| word(it, "what") == "keyed").unwrap();
    recorded.journey.truncate(asked);
    recorded.commands = None;
    let edited =
        edited(&recorded, "    - play: status\n", "    - play: status\n    - goto: closed\n");
    assert_eq!(
        edited,
        "None (None, None) (\"lookup `order` was not asked then, or not so often\")"
    );
}

#[test]
fn other_commands_than_then_are_seen() {
    let mut recorded = order();
    assert_eq!(repeats(stage(FLOW).setting(), &recorded), Some(true));
    assert_eq!(
        repeats(stage(&FLOW.replace("1: order", "2: order")).setting(), &recorded),
        Some(false)
    );
    recorded.commands = None;
    assert_eq!(repeats(stage(FLOW).setting(), &recorded), None);
}

/// How long before a key: anything, or so that keys often come in the very moment in which something ends.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![50..9_000_u64, (1..60_u64).prop_map(|it| it * 50)]
}

proptest! {
    #[test]
    fn any_call_fed_again_gives_the_same_commands(
        keys in proptest::collection::vec((gap(), prop::sample::select(vec!['0', '1', '2', '9', '#'])), 0..12),
        finds in proptest::collection::vec(any::<bool>(), 1..4),
        leaves in proptest::option::of(100..20_000_u64),
    ) {
        let answers: Vec<Answer> =
            finds.into_iter().map(|it| if it { found() } else { Answer::NotFound }).collect();
        let recorded = call(&keys, &answers, leaves);
        let stage = stage(FLOW);
        prop_assert_eq!(repeats(stage.setting(), &recorded), Some(true));
        // What the caller would do again is told or stopped at, never gone through without end.
        let again = rerun(&stage, &recorded);
        prop_assert!(again.stop.is_some() || again.now.ending.is_some());
        // Nothing was edited: it goes the same way to the same end.
        prop_assert_eq!((&again.other, &again.stop, &again.now.ending), (&None, &None, &again.then.ending));
        prop_assert_eq!(again.now, again.then);
        prop_assert!(again.reused.is_empty());
    }
}

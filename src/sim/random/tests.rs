//! Planted mistakes: each is found by a bounded number of callers, reduced, and shown by what is printed.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::*;
use crate::config::calendar::Calendar;
use crate::diagnostic::{Sources, text::render};
use crate::flow::Program;
use crate::sim::{Scenarios, run};
use crate::speech::{Catalogue, Catalogues};

const PROMPTS: &str = "
language: en-US
prompts:
  menu: Press 1 to go on, or 0 for a person.
  sure: Press 1 to pay, 2 to stop.
  enter: Enter your number.
  told: It is {order.eta}.
  done: Done.
  bye: Goodbye.
  no-input: I hear nothing.
  no-match: That is wrong.
  apology: We are sorry.
";

/// A flow with the given lookups and steps, whoever proved it.
fn stage(lookups: &str, steps: &str) -> Stage {
    let text =
        format!("flow: small\nlanguages: [en-US]\nstart: main\n{lookups}\nsteps:\n{steps}\n");
    let mut sources = Sources::default();
    let (flow, found) = crate::flow::parse(sources.add("small.yaml", text.as_str()), &text);
    assert!(found.is_empty(), "{}", render(&found, &sources, false));
    let catalogue = Catalogue::parse(sources.add("catalog.yaml", PROMPTS), PROMPTS).0.unwrap();
    let calendars =
        IndexMap::from([(Arc::from("office"), Calendar::always(jiff::tz::TimeZone::UTC))]);
    Stage {
        flow: Program::unproven(flow.unwrap()),
        catalogues: Arc::new(Catalogues::from([("en-US".into(), catalogue)])),
        calendars: Arc::new(calendars),
        lengths: Arc::new(|_| Some(Duration::from_secs(2))),
    }
}

/// How many callers find what is planted, at most.
const CALLERS: u64 = 2_000;

/// The first mistake that callers find, as a scenario of the fewest lines, which shows it when it is run.
#[track_caller]
fn found(stage: &Stage) -> (Fault, String) {
    let call = (0..CALLERS).map(|nth| random(stage, 7, nth)).find(|it| it.fault.is_some());
    let call = call.expect("nobody finds it");
    let fault = call.fault.unwrap();
    let shortest = reduce(stage, &call.scenario, &fault);
    assert!(shortest.talk.len() <= call.scenario.talk.len());
    let text = format!("scenarios:\n{}", shortest.yaml());
    let mut sources = Sources::default();
    let file = sources.add("small.test.yaml", text.as_str());
    let (scenarios, wrong) = Scenarios::parse(file, &text, &stage.flow);
    assert!(wrong.is_empty(), "{}", render(&wrong, &sources, false));
    let outcome = run(stage, &scenarios.unwrap().scenarios[0]);
    let failure = outcome.failure.expect("the scenario shows it");
    assert_eq!((failure.code, failure.says), ("HL0811", fault.to_string()), "{text}");
    (fault, text)
}

const ORDER: &str = "lookups:
  order:
    sql: shop
    query: select eta from orders where number = :number
    takes: { number: digits }
    gives: { eta: date? }";
const PAY: &str = "lookups:
  pay:
    sql: shop
    query: update orders set paid = 1 where number = :number returning 1 as done
    takes: { number: digits }
    gives: { done: yes/no }
    changes: yes";
const PIN: &str = "lookups:
  pin:
    sql: shop
    query: select pin_hash as hash from lines where number = :number
    takes: { number: digits }
    gives: { hash: secret }";
const BYE: &str = "
  bye:
    - hangup: bye";

#[test]
fn a_sound_flow_has_no_fault_whoever_calls() {
    let steps = format!(
        "
  main:
    - menu: menu
      keys: {{ 1: ask, 0: agent }}
      otherwise: agent
  ask:
    - ask: enter
      into: number
      as: digits
      length: 4..8
      ends_with: \"#\"
      otherwise: agent
    - lookup: order
      with: {{ number: number }}
      not_found: agent
      failed: agent
    - play: told
      when: known(order.eta)
    - goto: agent
  agent:
    - queue: service
      because: asked
      keys: {{ \"*\": main }}
      max_wait: 10m
      otherwise: bye{BYE}"
    );
    let stage = stage(ORDER, &steps);
    for nth in 0..CALLERS {
        let call = random(&stage, 3, nth);
        assert_eq!(call.fault, None, "{}", call.scenario.yaml());
    }
}

#[test]
fn planted_mistakes_are_found_reduced_and_shown() {
    let ask_pin = "
    - ask: enter
      into: pin
      as: secret
      length: 6
      otherwise: bye";
    #[rustfmt::skip]
    let table: &[(&str, String, &str)] = &[
        // field.md 2.43: nobody logged in is not handled.
        ("", format!("
  main:
    - queue: service
      max_wait: 5m
      waited: bye{BYE}"), "the flow cannot go on: step `main` does not say where to go on `"),
        // 2.43, 2.44: music without end.
        ("", format!("
  main:
    - queue: service
      otherwise: bye{BYE}"), "the caller waits more than half an hour in `service`"),
        // 2.26: a lookup's answer that has no way.
        (ORDER, format!("
  main:
    - lookup: order
      with: {{ number: \"1\" }}
      not_found: bye
    - goto: bye{BYE}"), "the flow cannot go on: step `main` does not say where to go on `failed`"),
        // 2.31: a value that may be missing.
        (ORDER, format!("
  main:
    - lookup: order
      with: {{ number: \"1\" }}
      not_found: bye
      failed: bye
    - play: told
    - goto: bye{BYE}"), "the flow cannot go on: the prompt `told` cannot be spoken"),
        // 2.7: round and round.
        ("", "
  main:
    - play: done
    - goto: main".to_owned(), "more than 100 steps without anybody doing anything, at `main`"),
        // 2.9, 2.8: the silent caller is asked for ever.
        ("", format!("
  main:
    - menu: menu
      keys: {{ 1: bye }}
      otherwise: main{BYE}"), "the flow cannot go on: no key in 12 questions on end"),
        // 2.20: barge-in off, keys in the prompt lost.
        ("", format!("
  main:
    - menu: menu
      keys: {{ 1: bye, 0: bye }}
      interrupt: no
      type_ahead: no
      otherwise: bye{BYE}"), "a key pressed while `menu` is spoken is lost, and the caller counts as silent"),
        // 2.22: a stale key confirms a payment.
        (PAY, format!("
  main:
    - menu: menu
      keys: {{ 1: sure }}
      otherwise: bye
  sure:
    - menu: sure
      keys: {{ 1: pay, 2: bye }}
      otherwise: bye
  pay:
    - lookup: pay
      with: {{ number: \"1\" }}
      not_found: bye
      failed: bye
      unknown: bye
    - goto: bye{BYE}"), "`pay` changes something because of a key pressed before `sure` was heard"),
        // 2.29: the order is placed twice.
        (PAY, format!("
  main:
    - lookup: pay
      with: {{ number: \"1\" }}
      not_found: bye
      failed: again
      unknown: bye
    - goto: bye
  again:
    - play: done
    - goto: main{BYE}"), "`pay` changes the same thing twice, and the caller did nothing in between"),
        // 2.38, within one call: guessing.
        ("", format!("
  main:{ask_pin}
    - goto: main{BYE}"), "`pin` may be tried more than 10 times in one call"),
        // 2.38, where nothing locks: guessing again.
        (PIN, format!("
  main:
    - verify: enter
      against: pin
      with: {{ number: \"1\" }}
      account: \"1\"
      length: 6
      locks_after: 50
      locked: bye
      failed: bye
      otherwise: again
    - goto: bye
  again:
    - menu: menu
      keys: {{ 1: main }}
      otherwise: bye{BYE}"), "`pin` may be tried more than 10 times in one call"),
        // A change of which nobody knows whether it was made.
        (PAY, format!("
  main:
    - lookup: pay
      with: {{ number: \"1\" }}
      not_found: bye
      failed: bye
    - goto: bye{BYE}"), "the flow cannot go on: step `main` does not say where to go on `unknown`"),
        // A call back that cannot be kept.
        ("", format!("
  main:
    - callback: service
      number: \"13800000001\"
    - goto: bye{BYE}"), "the flow cannot go on: step `main` does not say where to go on `failed`"),
        // 2.48: a withheld number.
        (ORDER, format!("
  main:
    - set: {{ number: caller.number }}
    - goto: bye{BYE}"), "the flow cannot go on: an expression in step `main` has no value"),
    ];
    let mut missed = String::new();
    for (lookups, steps, expected) in table {
        let (fault, text) = found(&stage(lookups, steps));
        if !fault.to_string().starts_with(expected) {
            missed += &format!("{expected}\n  instead: {fault}\n{text}\n");
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn the_shortest_conversation_is_short() {
    let steps = format!(
        "
  main:
    - menu: menu
      keys: {{ 1: bye, 0: agent }}
      otherwise: bye
  agent:
    - queue: service
      max_wait: 5m
      waited: bye{BYE}"
    );
    let (_, text) = found(&stage("", &steps));
    let lines = text.lines().filter(|it| it.trim_start().starts_with("- ")).count();
    assert!(lines <= 2, "{text}");
}

#[test]
fn the_same_seed_gives_the_same_calls() {
    let stage = stage(
        "",
        &format!(
            "\n  main:\n    - menu: menu\n      keys: {{ 1: main }}\n      otherwise: bye{BYE}"
        ),
    );
    let calls =
        |seed| (0..50).map(|nth| random(&stage, seed, nth).scenario.yaml()).collect::<Vec<_>>();
    assert_eq!(calls(1), calls(1));
    let tails = |seed| {
        calls(seed).iter().map(|it| it.split_once(':').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_ne!(tails(1), tails(2));
}

//! What is explored is reached, passes, and says why not.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::*;
use crate::config::calendar::Calendar;
use crate::config::{CaseKind, Times};
use crate::diagnostic::{Sources, text::render};
use crate::flow::Program;
use crate::sim::{Scenarios, run};
use crate::speech::{Catalogue, Catalogues};

const FLOW: &str = "
flow: shop
languages: [en-US]
start: main
lookups:
  order:
    sql: shop
    query: select status, total, eta from orders where number = :number
    takes: { number: digits }
    gives: { status: [paid, shipped], total: money, eta: date? }
steps:
  main:
    - hours: office
      closed: bye
    - menu: menu
      keys: { 1: order, 2: outside, 0: agent }
      otherwise: agent
  order:
    - ask: enter
      into: number
      as: digits
      length: 4
      otherwise: agent
    - lookup: order
      with: { number: number }
      not_found: agent
      failed: agent
    - play: told
      when: order.status == shipped and known(order.eta)
    - if: order.total > 1000
      then: agent
    - if: number == \"9\"
      then: main
    - goto: bye
  outside:
    - transfer: \"110\"
      busy: bye
      no_answer: bye
      otherwise: bye
      after: main
  agent:
    - queue: service
      keys: { \"#\": main }
      no_agents: bye
      full: bye
      max_wait: 10m
      waited: bye
      otherwise: bye
      after: bye
  bye:
    - hangup: bye
";
const PROMPTS: &str = "
language: en-US
prompts: { menu: Press 1., enter: Enter it., told: It is there., bye: Goodbye., no-input: Nothing., no-match: Wrong. }
";

/// The flow, and what a search for its branches comes to.
fn explored(flow: &str) -> (Stage, Explored, String) {
    let mut sources = Sources::default();
    let flow = crate::flow::parse(sources.add("shop.yaml", flow), flow).0.unwrap();
    let catalogue = Catalogue::parse(sources.add("catalog.yaml", PROMPTS), PROMPTS).0.unwrap();
    let office = Calendar::always(jiff::tz::TimeZone::UTC);
    let kind = CaseKind { promise: Duration::from_secs(3 * 24 * 60 * 60), calendar: None };
    let times = Times {
        calendars: IndexMap::from([(Arc::from("office"), office)]),
        cases: IndexMap::from([(Arc::from("complaint"), kind)]),
    };
    let stage = Stage {
        flow: Program::unproven(flow),
        catalogues: Arc::new(Catalogues::from([("en-US".into(), catalogue)])),
        calendars: Arc::new(times),
        lengths: Arc::new(|_| Some(Duration::from_secs(2))),
    };
    let explored = explore(&stage);
    let text = explored_file(&stage.flow, &explored);
    (stage, explored, text)
}

/// The branches that are not reached, with the reasons.
fn missed(stage: &Stage, explored: &Explored) -> Vec<String> {
    let unreached = explored.unreached.iter();
    unreached.map(|(it, why)| format!("{} ({why})", branch_name(&stage.flow, it))).collect()
}

/// Each scenario passes, and together they go what was said.
#[track_caller]
fn pass(stage: &Stage, explored: &Explored, text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("shop.test.yaml", text);
    let (scenarios, found) = Scenarios::parse(file, text, &stage.flow);
    assert!(found.is_empty(), "{}", render(&found, &sources, false));
    let mut coverage = crate::sim::Coverage::new(&stage.flow);
    for scenario in scenarios.unwrap().scenarios {
        let outcome = run(stage, &scenario);
        let failure = outcome.failure.map(|it| render(&[it], &sources, false));
        assert_eq!(failure, None, "{text}");
        coverage.add(&outcome.marks);
    }
    assert_eq!(coverage.branches_share().reached, explored.reached, "{text}");
}

#[test]
fn every_branch_is_reached_or_said_why_not_and_every_scenario_passes() {
    let (stage, explored, text) = explored(FLOW);
    assert_eq!(
        missed(&stage, &explored),
        ["order: then → main (`number == \"9\"` was never true in the worlds tried)"],
        "{text}"
    );
    assert_eq!(explored.reached + 1, explored.all);
    pass(&stage, &explored, &text);
}

/// A secret, a change that may be lost on its way, and what is left for after the call.
const LINE: &str = "
flow: line
languages: [en-US]
start: main
lookups:
  pin:
    sql: shop
    query: select pin_hash as hash from lines where number = :number
    takes: { number: phone }
    gives: { hash: secret }
  block:
    sql: shop
    query: update lines set blocked = 1 where number = :number returning 1 as done
    takes: { number: phone }
    gives: { done: yes/no }
    changes: yes
steps:
  main:
    - if: known(caller.number)
      else: call
    - verify: enter
      against: pin
      with: { number: caller.number }
      account: caller.number
      length: 6
      ends_with: \"#\"
      locks_after: 5
      locked: bye
      failed: call
      otherwise: complain
    - play: told
    - lookup: block
      with: { number: caller.number }
      not_found: bye
      failed: call
      unknown: complain
    - goto: bye
  complain:
    - case: complaint
      failed: bye
    - say: case.number
    - goto: bye
  call:
    - callback: service
      number: caller.number
      no_number: bye
      failed: complain
    - goto: bye
  bye:
    - hangup: bye
";

#[test]
fn secrets_right_wrong_locked_and_what_cannot_be_kept_are_explored() {
    let (stage, explored, text) = explored(LINE);
    assert_eq!(missed(&stage, &explored), Vec::<String>::new(), "{text}");
    pass(&stage, &explored, &text);
    for line in ["wrong_before: { \"13800000001\": 5 }", "slow: { block: 3s }", "case]"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_change_that_touches_no_row_is_explored_like_any_other_answer() {
    let silent =
        LINE.replace(" returning 1 as done", "").replace("    gives: { done: yes/no }\n", "");
    let (stage, explored, text) = explored(&silent);
    assert_eq!(missed(&stage, &explored), Vec::<String>::new(), "{text}");
    assert!(text.contains("block: []"), "{text}");
    pass(&stage, &explored, &text);
}

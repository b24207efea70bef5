//! What is explored is reached, passes, and says why not.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::*;
use crate::config::calendar::Calendar;
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

#[test]
fn every_branch_is_reached_or_said_why_not_and_every_scenario_passes() {
    let mut sources = Sources::default();
    let flow = crate::flow::parse(sources.add("shop.yaml", FLOW), FLOW).0.unwrap();
    let catalogue = Catalogue::parse(sources.add("catalog.yaml", PROMPTS), PROMPTS).0.unwrap();
    let office = Calendar::always(jiff::tz::TimeZone::UTC);
    let stage = Stage {
        flow: Program::unproven(flow),
        catalogues: Arc::new(Catalogues::from([("en-US".into(), catalogue)])),
        calendars: Arc::new(IndexMap::from([(Arc::from("office"), office)])),
        lengths: Arc::new(|_| Some(Duration::from_secs(2))),
    };
    let explored = explore(&stage);
    let text = explored_file(&stage.flow, &explored);
    let missed: Vec<String> = explored
        .unreached
        .iter()
        .map(|(it, why)| format!("{} ({why})", branch_name(&stage.flow, it)))
        .collect();
    assert_eq!(
        missed,
        ["order: then → main (`number == \"9\"` was never true in the worlds tried)"],
        "{text}"
    );
    assert_eq!(explored.reached + 1, explored.all);
    let file = sources.add("shop.test.yaml", text.as_str());
    let (scenarios, found) = Scenarios::parse(file, &text, &stage.flow);
    assert!(found.is_empty(), "{}", render(&found, &sources, false));
    let mut coverage = crate::sim::Coverage::new(&stage.flow);
    for scenario in scenarios.unwrap().scenarios {
        let outcome = run(&stage, &scenario);
        let failure = outcome.failure.map(|it| render(&[it], &sources, false));
        assert_eq!(failure, None, "{text}");
        coverage.add(&outcome.marks);
    }
    assert_eq!(coverage.branches_share().reached, explored.reached, "{text}");
}

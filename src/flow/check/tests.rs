//! What the checks find beyond one page each: paths that join, rings with counters, files that are half broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use super::{Facts, PromptFacts, Prompts, Slot, World};
use crate::diagnostic::text::render;
use crate::diagnostic::{FileId, Sources, Span, Spanned};
use crate::flow::expr::ExprKind;
use crate::flow::model::ActionKind;
use crate::flow::{Program, Proven};
use crate::value::{Type, Value};

/// Every prompt exists and names keys 1 and 0, but `number`; one called `says-<name>` says that variable.
struct Words;

impl Prompts for Words {
    fn prompt(&self, _: &str, name: &str) -> Option<PromptFacts<'_>> {
        let path = name.strip_prefix("says-").map(|it| it.replace('-', "."));
        let slots = path.map(|it| Slot {
            path: Spanned::new(it.into(), Span::default()),
            kind: None,
            unit: None,
        });
        Some(PromptFacts {
            text: if name == "number" {
                "The number, please."
            } else {
                "For more press 1, for an agent press 0."
            },
            span: Span::default(),
            length: Duration::from_secs(4),
            slots: slots.into_iter().collect(),
        })
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn is_recorded(&self, _: &str, _: &str) -> bool {
        true
    }

    fn units(&self, _: &str) -> Vec<&str> {
        vec!["minutes"]
    }

    fn readable_as(&self, from: &Type, wanted: &Type) -> bool {
        from == wanted
    }
}

fn prove(text: &str) -> Proven {
    let world = World {
        prompts: &Words,
        calendars: BTreeSet::from(["shop".into()]),
        queues: BTreeMap::from([("service".into(), true)]),
        cases: BTreeSet::from(["complaint".into(), "question".into()]),
        notify: BTreeSet::from(["crm".into()]),
        connectors: BTreeSet::from(["shop".into()]),
        transfers: Vec::new(),
        facts: Facts::default(),
    };
    Program::read(FileId::default(), text, &world)
}

/// A flow of `steps` with a lookup `order` and steps `agent` and `bye`.
fn flow(steps: &str) -> String {
    format!(
        "flow: shop\nlanguages: [en-US]\nstart: main\nlookups:\n  order:\n    sql: shop\n    \
         query: select 1 where number = :number\n    takes: {{ number: digits }}\n    \
         gives: {{ status: [paid, shipped], total: money, eta: date? }}\nsteps:\n{steps}\n  agent:\n    \
         - queue: service\n      max_wait: 10m\n      otherwise: bye\n  bye:\n    - hangup: goodbye\n"
    )
}

/// `code line`, for each finding but unused lookups.
#[track_caller]
pub(super) fn finds(steps: &str, expected: &[&str]) {
    let text = flow(steps);
    let (Ok((_, found)) | Err(found)) = prove(&text);
    let first = flow("").lines().take_while(|line| *line != "steps:").count() + 1;
    let shown: Vec<_> = found
        .iter()
        .filter(|it| it.code != "HL0212")
        .map(|it| {
            let line = text[..it.span.start as usize].lines().count() - first;
            format!("{} {line}", it.code)
        })
        .collect();
    let mut sources = Sources::default();
    sources.add("shop.yaml", text.as_str());
    assert_eq!(shown, expected, "{}", render(&found, &sources, false));
}

const LOOK_UP: &str = "  main:
    - ask: number
      into: number
      as: digits
      length: 8
      otherwise: agent
    - lookup: order
      with: { number: number }
      not_found: agent
      failed: agent
";

#[test]
fn what_a_lookup_gives_is_set_behind_it_and_may_be_missing() {
    let with = |rest: &str| format!("{LOOK_UP}{rest}    - goto: agent");
    finds(&with("    - say: order.total\n"), &[]);
    finds(&with("    - say: order.eta\n"), &["HL0414 11"]);
    finds(&with("    - say: order.eta\n      when: known(order.eta)\n"), &[]);
    finds(&with("    - play: says-order-eta\n"), &["HL0414 11"]);
    finds(
        &with("    - play: says-order-eta\n      when: known(order.eta) and order.eta > today\n"),
        &[],
    );
    finds(&with("    - goto: bye\n      when: not known(order.eta)\n    - say: order.eta\n"), &[]);
    finds(
        &with(
            "    - goto: bye\n      when: not known(order.eta) or order.eta < today\n    - say: order.eta\n",
        ),
        &[],
    );
    finds(&with("    - say: if known(order.eta) then order.eta else today\n"), &[]);
    finds(&with("    - say: if known(order.eta) then today else order.eta\n"), &["HL0414 11"]);
}

#[test]
fn what_is_set_on_one_path_only_is_perhaps_unset_where_paths_join() {
    let steps = "  main:
    - if: known(caller.number)
      then: first
      else: second
  first:
    - set: { a: 1, b: 2 }
    - goto: both
  second:
    - set: { b: 3 }
    - goto: both
  both:
    - say: b
    - say: a
    - goto: agent";
    finds(steps, &["HL0414 13"]);
    finds(&steps.replace("{ b: 3 }", "{ b: 3, a: 4 }"), &[]);
}

#[test]
fn a_lookup_that_finds_nothing_forgets_what_it_found_before() {
    let steps = format!(
        "{LOOK_UP}    - goto: again
  again:
    - lookup: order
      with: {{ number: number }}
      not_found: later
      failed: agent
    - say: order.total
    - goto: later
  later:
    - say: order.total
    - goto: agent"
    );
    finds(&steps, &["HL0414 20"]);
}

#[test]
fn rings_are_told_apart_by_what_stops_them() {
    let ring = |stop: &str| {
        format!(
            "  main:
    - play: a
    - goto: agent
      when: known(caller.name)
    - goto: next
  next:
{stop}    - goto: main"
        )
    };
    let ask = "    - ask: a\n      into: a\n      as: digits\n      length: 1\n      otherwise: ";
    let nothing_stops_it = ring("");
    let only_a_silent_caller_stays =
        ring("    - menu: m\n      keys: { 1: agent, 0: agent }\n      otherwise: main\n");
    let every_round_needs_an_answer = ring(&format!("{ask}agent\n"));
    let silence_needs_none = ring(&format!("{ask}main\n"));
    finds(&nothing_stops_it, &["HL0402 7"]);
    finds(&only_a_silent_caller_stays, &["HL0406 9", "HL0405 10"]);
    finds(&every_round_needs_an_answer, &["HL0213 8"]);
    finds(&silence_needs_none, &["HL0213 8", "HL0406 11"]);
}

#[test]
fn a_counter_ends_a_ring_and_a_count_that_nobody_asks_for_does_not() {
    let counted = |exit: &str| {
        format!(
            "  main:
    - set: {{ rounds: 0 }}
    - goto: again
  again:
    - play: a
    - set: {{ rounds: rounds + 1 }}
{exit}    - goto: again"
        )
    };
    finds(&counted("    - goto: agent\n      when: rounds > 3\n"), &[]);
    finds(&counted("    - if: rounds > 3\n      then: agent\n"), &[]);
    finds(
        &counted("    - goto: agent\n      when: known(caller.number)\n"),
        &["HL0213 2", "HL0402 9"],
    );
}

#[test]
fn an_action_with_an_error_in_it_is_not_said_to_lack_a_field() {
    finds(
        "  main:
    - menu: main-menu
      keys: { 1: agent, 0: agent }
      otherwse: agent
  more:
    - menu: main-menu
      keys: { 1: agent, 0: agent }",
        &["HL0105 4", "HL0404 6"],
    );
}

#[test]
fn what_is_written_out_takes_the_type_of_its_variable() {
    let steps = format!(
        "{LOOK_UP}    - set: {{ due: order.total }}
    - set: {{ due: 0 }}
    - set: {{ due: if known(order.eta) then order.total else 5 }}
    - say: due
    - goto: agent"
    );
    let (program, _) = prove(&flow(&steps)).unwrap();
    let values: Vec<_> = program.steps["main"]
        .actions
        .iter()
        .filter_map(|it| {
            if let ActionKind::Set(sets) = &it.kind { Some(&sets[0].value.kind) } else { None }
        })
        .collect();
    assert_eq!(values[1], &ExprKind::Literal(Value::Money(0)));
    let ExprKind::If(_, _, no) = values[2] else { panic!("no if") };
    assert_eq!(no.kind, ExprKind::Literal(Value::Money(500)));
}

#[test]
fn a_ring_of_ten_thousand_steps_is_found_without_deep_stacks() {
    let mut steps = String::from("  main:\n    - goto: s0");
    for at in 0..10_000 {
        write!(steps, "\n  s{at}:\n    - goto: s{}", (at + 1) % 10_000).unwrap();
    }
    let Err(found) = prove(&flow(&steps)) else { panic!("it goes round") };
    let rings: Vec<_> = found.iter().filter(|it| it.code == "HL0402").collect();
    assert_eq!(rings.len(), 1);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn any_ways_between_steps_are_checked(ways in proptest::collection::vec((0_usize..12, 0_usize..12, 0_u8..5), 1..12)) {
        let mut steps = String::from("  main:\n    - goto: s0");
        for (at, (to, other, kind)) in ways.iter().enumerate() {
            let action = match kind {
                0 => format!("goto: s{to}"),
                1 => format!("if: known(n)\n      then: s{to}\n      else: s{other}"),
                2 => format!("menu: m\n      keys: {{ 1: s{to}, 0: s{other} }}\n      otherwise: s{to}"),
                3 => format!("set: {{ n: n + 1 }}\n    - goto: s{to}\n      when: n > {other}\n    - goto: agent"),
                _ => format!("set: {{ n: {to} }}\n    - goto: s{other}"),
            };
            write!(steps, "\n  s{at}:\n    - {action}").unwrap();
        }
        let text = flow(&steps);
        let (Ok((_, found)) | Err(found)) = prove(&text);
        // Every finding points into the text.
        for it in found {
            proptest::prop_assert!(it.span.end as usize <= text.len() && it.span.start <= it.span.end);
        }
    }
}

#[test]
fn the_calendar_of_an_announcement_must_be_there() {
    finds("  main:\n    - play: a\n      on: shop\n    - goto: agent", &[]);
    finds("  main:\n    - play: a\n      on: shpo\n    - goto: agent", &["HL0207 3"]);
}

#[test]
fn a_cases_number_is_set_behind_it_and_not_where_it_failed() {
    let case = "    - case: complaint\n      failed: down\n";
    let steps = |main: &str, down: &str| {
        format!("  main:\n{main}    - goto: agent\n  down:\n{down}    - goto: agent")
    };
    let says = "    - say: case.number\n    - say: case.promised\n";
    finds(&steps(&format!("{case}{says}"), ""), &[]);
    finds(&steps(&format!("    - say: case.number\n{case}"), ""), &["HL0414 2"]);
    finds(&steps(case, says), &["HL0414 6", "HL0414 7"]);
    // A second case that fails is not the first.
    finds(&steps(&format!("{case}{case}"), says), &["HL0414 8", "HL0414 9"]);
    let known = "    - say: case.number\n      when: known(case.number)\n";
    finds(&steps(case, known), &[]);
}

#[test]
fn what_is_told_may_be_missing_only_where_a_bare_name_stands() {
    let notify = |with: &str| {
        format!("{LOOK_UP}    - notify: crm\n      with: {{ value: {with} }}\n    - goto: agent")
    };
    finds(&notify("caller.number"), &[]);
    finds(&notify("order.eta"), &[]);
    finds(&notify("order.eta + 1d"), &["HL0414 12"]);
    finds(&notify("oder.eta"), &["HL0205 12"]);
}

#[test]
fn a_call_back_takes_a_number_that_may_be_withheld_and_nothing_else() {
    let callback = |number: &str| {
        format!(
            "{LOOK_UP}    - callback: service\n      number: {number}\n      no_number: agent\n      \
             failed: agent\n    - goto: agent"
        )
    };
    finds(&callback("caller.number"), &[]);
    finds(&callback("number"), &[]);
    finds(&callback("order.total"), &["HL0305 12"]);
    finds(&callback("caller.name"), &["HL0305 12"]);
    finds(&callback("13800000001"), &["HL0305 12"]);
    finds(&callback("number").replace("service", "servise"), &["HL0206 11"]);
}

//! Edits of the shop's flow as designers make them, and how they read.

use std::time::Duration;

use super::{Change, Version, diff};
use crate::diagnostic::{FileId, Span};
use crate::flow::model::Flow;
use crate::flow::{PromptFacts, Prompts, parse};
use crate::value::Type;

/// The same words for every prompt but one, a quarter of a second a word.
struct Words(&'static str);

impl Prompts for Words {
    fn prompt(&self, _: &str, name: &str) -> Option<PromptFacts<'_>> {
        let text = if name == "main-menu" { self.0 } else { "Some words, as ever." };
        let length = Duration::from_millis(250 * text.split(' ').count() as u64);
        Some(PromptFacts { text, span: Span::default(), length, slots: Vec::new() })
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

const SHOP: &str = include_str!("../../../flows/shop.yaml");
const MENU: Words =
    Words("For an order press 1, to return it press 2, for English press 9, for an agent press 0.");

fn read(text: &str) -> Flow {
    let (flow, found) = parse(FileId::default(), text);
    assert_eq!(found, []);
    flow.unwrap()
}

/// What differs when `edits` are made in the shop's flow, each of which must be possible.
#[track_caller]
fn edited(edits: &[(&str, &str)]) -> String {
    let mut text = SHOP.to_owned();
    for (old, new) in edits {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let (old, new) = (read(SHOP), read(&text));
    told(&diff(Version { flow: &old, prompts: &MENU }, Version { flow: &new, prompts: &MENU }))
}

fn told(changes: &[Change]) -> String {
    changes.iter().map(|it| format!("{:?}: {}\n", it.about, it.says)).collect()
}

#[test]
fn a_flow_is_the_same_as_itself_whatever_its_comments() {
    assert_eq!(
        edited(&[("# The 400 hotline", "# Our hotline"), ("start: welcome", "start:  welcome")]),
        ""
    );
}

#[test]
fn keys_that_change_places_have_moved() {
    insta::assert_snapshot!(edited(&[("{ 1: order-status, 2: returns,", "{ 1: returns, 2: order-status,")]), @"
    Key: main: `order-status` is on key 2, no longer on key 1
    Key: main: `returns` is on key 1, no longer on key 2
    ");
}

#[test]
fn a_key_and_a_branch_that_are_gone_are_missed() {
    insta::assert_snapshot!(edited(&[(", 9: other-language", ""), ("      closed: out-of-hours", "      closed: goodbye")]), @"
    Key: main: `other-language` is no longer on key 9
    Branch: welcome: calendar `shop` when it is closed leads to `goodbye`, no longer to `out-of-hours`
    ");
}

#[test]
fn a_step_under_a_new_name_is_the_same_step() {
    insta::assert_snapshot!(edited(&[("order-status", "where-is-it")]), @"Step: the step `order-status` is called `where-is-it` now");
}

#[test]
fn patience_and_queues_are_told_with_what_they_do_to_the_way_to_a_person() {
    insta::assert_snapshot!(edited(&[("no_input_after: 5s", "no_input_after: 8s"), ("max_wait: 10m", "max_wait: 3m")]), @"
    Patience: unless written, a key is waited for 8.0 s, no longer 5.0 s
    Patience: wait: the queue is waited in for at most 180.0 s, no longer 600.0 s
    Person: from the beginning a caller without a right key comes to a person after 43.2 s, no longer a person after 34.2 s
    Person: from `main` a caller without a right key comes to a person after 42.2 s, no longer a person after 33.2 s
    Person: from `order-status` a caller without a right key comes to a person after 31.0 s, no longer a person after 22.0 s
    Person: from `ask-order` a caller without a right key comes to a person after 314.5 s, no longer a person after 287.5 s
    Person: from `invoice` a caller without a right key comes to a person after 31.0 s, no longer a person after 22.0 s
    Person: from `personal-invoice` a caller without a right key comes to a person after 105.5 s, no longer a person after 96.5 s
    Person: from `anything-else` a caller without a right key comes to a goodbye after 19.0 s, no longer a goodbye after 13.0 s
    ");
}

#[test]
fn a_new_lookup_and_a_longer_one_are_told() {
    insta::assert_snapshot!(edited(&[
        ("    takes: { phone: phone }\n    gives: { number: digits }\n", "    takes: { phone: phone }\n    gives: { number: digits }\n    within: 4s\n  refund:\n    sql: shop\n    query: select 1\n    gives: { sum: money }\n"),
        ("total, return_by from", "total, null as return_by from"),
    ]), @"
    Lookup: lookup `own_order` may take 4.0 s, no longer 2.0 s
    Lookup: lookup `order` is the query “select status, carrier, eta, total, null as return_by from order_status where number = :number”, no longer “select status, carrier, eta, total, return_by from order_status where number = :number”
    Lookup: the lookup `refund` is new, and asks `shop`
    ");
}

#[test]
fn a_lookup_that_asks_another_way_is_told() {
    insta::assert_snapshot!(edited(&[(
        "    sql: shop\n    query: select number from order_status where phone = :phone order by placed desc limit 1\n    takes: { phone: phone }\n    gives: { number: digits }\n",
        "    http: crm\n    post: /orders/search?lang=zh\n    send: { phone: \"{phone}\", limit: 1 }\n    found_when: /orders/0\n    changes: no\n    takes: { phone: phone }\n    gives: { number: { from: /orders/0/number, is: digits } }\n",
    )]), @r#"
    Lookup: lookup `own_order` asks `crm`, no longer `shop`
    Lookup: lookup `own_order` is the query “post /orders/search?lang=zh with {"phone":{phone},"limit":1}”, found when /orders/0, taking /orders/0/number, no longer “select number from order_status where phone = :phone order by placed desc limit 1”
    "#);
}

#[test]
fn a_step_more_before_the_queue_makes_the_way_longer() {
    insta::assert_snapshot!(edited(&[
        ("0: agent }", "0: survey }"),
        ("  goodbye:\n", "  survey:\n    - menu: anything-else\n      keys: { 1: agent }\n      otherwise: goodbye\n  goodbye:\n"),
    ]), @"
    Step: the step `survey` is new
    Key: main: key 0 leads to `survey`, no longer to `agent`
    Key: order-status: key 0 leads to `survey`, no longer to `agent`
    Key: invoice: key 0 leads to `survey`, no longer to `agent`
    Key: anything-else: key 0 leads to `survey`, no longer to `agent`
    Person: from the beginning a person is usually 7.7 s and 2 keys away, no longer 6.7 s and 1 key away
    Person: from `main` a person is usually 6.7 s and 2 keys away, no longer 5.7 s and 1 key away
    Person: from `order-status` a person is usually 3.0 s and 2 keys away, no longer 2.0 s and 1 key away
    Person: from `ask-order` a person is usually 9.5 s and 11 keys away, no longer 8.5 s and 10 keys away
    Person: from `invoice` a person is usually 3.0 s and 1 key away, no longer 2.0 s and 1 key away
    Person: from `personal-invoice` a person is usually 9.5 s and 11 keys away, no longer 8.5 s and 10 keys away
    Person: from `anything-else` a person is usually 3.0 s and 2 keys away, no longer 2.0 s and 1 key away
    ");
}

#[test]
fn words_that_change_are_quoted() {
    let flow = read(SHOP);
    let new = Words(
        "For an agent press 0, for an order press 1, to return it press 2, for English press 9.",
    );
    insta::assert_snapshot!(told(&diff(Version { flow: &flow, prompts: &MENU }, Version { flow: &flow, prompts: &new })), @"
    Words: `main-menu` (zh-CN) says “For an agent press 0, for an order press 1, to return it press 2, for English press 9.”, no longer “For an order press 1, to return it press 2, for English press 9, for an agent press 0.”
    Words: `main-menu` (en-US) says “For an agent press 0, for an order press 1, to return it press 2, for English press 9.”, no longer “For an order press 1, to return it press 2, for English press 9, for an agent press 0.”
    Person: from the beginning a person is usually 3.1 s and 1 key away, no longer 6.7 s and 1 key away
    Person: from `main` a person is usually 2.1 s and 1 key away, no longer 5.7 s and 1 key away
    ");
}

#[test]
fn what_is_new_in_one_direction_is_gone_in_the_other() {
    let (old, new) = (read(SHOP), read(&SHOP.replace("2: returns, ", "")));
    let version = |flow| Version { flow, prompts: &MENU };
    let (there, back) = (diff(version(&old), version(&new)), diff(version(&new), version(&old)));
    assert_eq!(there.len(), back.len());
    assert!(there.iter().any(|it| it.says == "main: `returns` is no longer on key 2"));
    assert!(back.iter().any(|it| it.says == "main: key 2 leads to `returns` now"));
}

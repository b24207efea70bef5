//! Whole files in, a flow or findings out.

use proptest::prelude::*;

use super::parse;
use crate::diagnostic::{Sources, text::render};
use crate::flow::model::{ActionKind, Flow, Pick};

fn read(text: &str) -> (Option<Flow>, String) {
    let mut sources = Sources::default();
    let file = sources.add("shop.yaml", text);
    let (flow, found) = parse(file, text);
    (flow, render(&found, &sources, false))
}

const SHOP: &str = r##"
flow: shop
title: { zh-CN: 商城客服热线, en-US: Shop hotline }
languages: [zh-CN, en-US]
start: welcome
defaults: { no_input_after: 6s, between_digits: 2500ms, tries: 2, within: 1s }
lookups:
  order:
    sql: shop
    query: select status, carrier, eta, total from orders where number = :number
    takes: { number: digits }
    gives: { status: [paid, shipped], carrier: text?, eta: "date?", total: money, size: "[s, l]?" }
context:
  - { label: { zh-CN: 订单号, en-US: Order }, value: order_number }
  - { label: Caller, value: caller.number }
steps:
  welcome:
    - hours: shop
      closed: bye
    - play: [welcome, news]
      interrupt: no
    - goto: main
  main:
    - menu: main-menu
      keys: { 1: order-status, 9: english, 0: agent, "*": main, "#": bye }
      tries: 3
      no_input: hello
      otherwise: agent
  english:
    - language: en-US
    - goto: main
  order-status:
    - ask: enter-order-number
      into: order_number
      as: digits
      length: 8..12
      ends_with: "#"
      between_digits: 4s
      type_ahead: no
      otherwise: agent
    - lookup: order
      with: { number: order_number }
      not_found: main
      failed: agent
      meanwhile: one-moment
    - say: order.total
      when: order.status == shipped
    - say: order_number
      as: digits
    - set: { asked: 1, big: order.total > 100 }
    - if: big
      then: agent
      else: bye
  agent:
    - queue: service
      priority: if asked == 1 then 5 else 1
      because: order_not_found
      keys: { 1: bye }
      max_wait: 10m
      otherwise: outside
  outside:
    - transfer: "+864008001234"
      kind: blind
      ring_for: 20s
      busy: bye
      no_answer: bye
      otherwise: bye
      after: bye
  bye:
    - hangup: goodbye
"##;

#[test]
fn every_action_is_read_with_all_its_fields() {
    let (flow, found) = read(SHOP);
    assert_eq!(found, "");
    let flow = flow.unwrap();
    assert_eq!((&*flow.name.value, &*flow.start.value, flow.steps.len()), ("shop", "welcome", 7));
    assert_eq!((flow.version.len(), flow.defaults.tries), (16, 2));
    let gives: Vec<_> = flow.lookups["order"].gives.iter().collect();
    let shown: Vec<_> = gives
        .iter()
        .map(|(name, it)| {
            format!("{name}: {}{}", it.kind.value, if it.optional { "?" } else { "" })
        })
        .collect();
    assert_eq!(
        shown.join("; "),
        "status: [paid, shipped]; carrier: text?; eta: date?; total: money; size: [s, l]?"
    );
    assert_eq!(flow.lookups["order"].within.as_millis(), 1_000);
    assert_eq!(flow.context[1].label["en-US"], "Caller");
    insta::assert_debug_snapshot!(
        flow.steps.values().map(|step| step.actions.iter().map(|it| kind(&it.kind)).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        @r#"
    [
        "hours play goto",
        "menu",
        "language goto",
        "ask lookup say say set if",
        "queue",
        "transfer",
        "hangup",
    ]
    "#
    );
    let ActionKind::Menu(menu) = &flow.steps["main"].actions[0].kind else { panic!("no menu") };
    let keys: String = menu.branches.iter().map(|(key, _)| key.value.symbol()).collect();
    assert_eq!((keys.as_str(), menu.patience.tries.map(|it| it.value)), ("190*#", Some(3)));
    let ActionKind::Transfer(transfer) = &flow.steps["outside"].actions[0].kind else {
        panic!("no transfer")
    };
    assert_eq!(transfer.to.to_string(), "\"+864008001234\"");
}

fn kind(it: &ActionKind) -> &'static str {
    match it {
        ActionKind::Play(_) => "play",
        ActionKind::Menu(_) => "menu",
        ActionKind::Ask(_) => "ask",
        ActionKind::Verify(_) => "verify",
        ActionKind::Say(_) => "say",
        ActionKind::Set(_) => "set",
        ActionKind::If(_) => "if",
        ActionKind::Goto(_) => "goto",
        ActionKind::Lookup(_) => "lookup",
        ActionKind::Hours(_) => "hours",
        ActionKind::Language(_) => "language",
        ActionKind::Queue(_) => "queue",
        ActionKind::Transfer(_) => "transfer",
        ActionKind::Case(_) => "case",
        ActionKind::Callback(_) => "callback",
        ActionKind::Notify(_) => "notify",
        ActionKind::Record(_) => "record",
        ActionKind::Survey(_) => "survey",
        ActionKind::Conference(_) => "conference",
        ActionKind::Run(_) => "run",
        ActionKind::Return(_) => "return",
        ActionKind::Hangup(_) => "hangup",
    }
}

#[test]
fn the_same_text_is_the_same_version_and_no_other_text_is() {
    let version = |text: &str| read(text).0.unwrap().version;
    assert_eq!(version(SHOP), version(SHOP));
    assert_ne!(version(SHOP), version(&SHOP.replace("6s", "7s")));
    // SHA-256 of "a: 1\n", from sha256sum.
    assert_eq!(&*super::version("a: 1\n"), "37b128c59f1f5097");
}

#[test]
fn all_problems_of_a_file_come_in_one_run() {
    let (flow, found) = read(
        r#"flow: My Shop
languages: []
titel: x
defaults: { tries: many, no_input_after: 5 }
lookups:
  my-order: { sql: shop, query: select 1, gives: { a: numbr, b: [x, x] } }
  bare:
steps:
  Main Menu:
    - menu: main-menu
      keys: { 1: a, 12: b, "x": c }
      otherwse: agent
    - play: []
    - play: welcome
      goto: a
    - hangup
    - aks: number
    - wait: 5s
  empty: []
  text: play
  asks:
    - ask: number
      into: Order-Number
      length: 12-8
    - set: 5
    - set: { yes: 1 }
    - if: a = b
      then: x
    - if: a
    - queue: [a]
      max_wait: soon
    - transfer: somewhere else
      kind: warm
    - play:
    - goto: { a: b }
"#,
    );
    assert!(flow.is_some());
    insta::assert_snapshot!(found, @r##"
    error[HL0106]: a flow has no `start`
     --> shop.yaml:1:1
      |
    1 | flow: My Shop
      | ^
      |
      = help: add `start: Main Menu`

    error[HL0201]: `My Shop` is no name for a flow
     --> shop.yaml:1:7
      |
    1 | flow: My Shop
      |       ^^^^^^^
      |
      = help: write `my-shop`

    error[HL0110]: a flow speaks at least one language
     --> shop.yaml:2:12
      |
    2 | languages: []
      |            ^
      |
      = help: write `languages: [zh-CN, en-US]`

    error[HL0105]: a flow has no field `titel`
     --> shop.yaml:3:1
      |
    3 | titel: x
      | ^^^^^
      |
      = help: did you mean `title`?

    error[HL0108]: `many` is no whole number from 0 to 255
     --> shop.yaml:4:20
      |
    4 | defaults: { tries: many, no_input_after: 5 }
      |                    ^^^^
      |
      = help: write `3`

    error[HL0108]: `5` is no length of time
     --> shop.yaml:4:42
      |
    4 | defaults: { tries: many, no_input_after: 5 }
      |                                          ^
      |
      = help: write `5s`, `500ms` or `1m30s`

    error[HL0201]: `my-order` is no name for a lookup
     --> shop.yaml:6:3
      |
    6 |   my-order: { sql: shop, query: select 1, gives: { a: numbr, b: [x, x] } }
      |   ^^^^^^^^
      |
      = help: write `my_order`

    error[HL0310]: no type is called `numbr`
     --> shop.yaml:6:55
      |
    6 |   my-order: { sql: shop, query: select 1, gives: { a: numbr, b: [x, x] } }
      |                                                       ^^^^^
      |
      = help: did you mean `number`?

    error[HL0108]: `x` stands twice in this choice
     --> shop.yaml:6:65
      |
    6 |   my-order: { sql: shop, query: select 1, gives: { a: numbr, b: [x, x] } }
      |                                                                 ^
      |
      = help: write each word once: `[paid, packed, shipped]`

    error[HL0107]: a lookup is a map of fields, and this is nothing
     --> shop.yaml:7:3
      |
    7 |   bare:
      |   ^^^^
      |
      = help: its fields are sql, query, takes, gives, within, changes, http

    error[HL0201]: `Main Menu` is no name for a step
     --> shop.yaml:9:3
      |
    9 |   Main Menu:
      |   ^^^^^^^^^
      |
      = help: write `main-menu`

    error[HL0108]: `12` is no key of a telephone
      --> shop.yaml:11:21
       |
    11 |       keys: { 1: a, 12: b, "x": c }
       |                     ^^
       |
       = help: write one of 0 to 9, "*", "#"

    error[HL0108]: `x` is no key of a telephone
      --> shop.yaml:11:28
       |
    11 |       keys: { 1: a, 12: b, "x": c }
       |                            ^^^
       |
       = help: write one of 0 to 9, "*", "#"

    error[HL0105]: menu has no field `otherwse`
      --> shop.yaml:12:7
       |
    12 |       otherwse: agent
       |       ^^^^^^^^
       |
       = help: did you mean `otherwise`?

    error[HL0110]: `play` names no prompt
      --> shop.yaml:13:13
       |
    13 |     - play: []
       |             ^
       |
       = help: write `play: welcome`

    error[HL0109]: one action cannot both `play` and `goto`
      --> shop.yaml:15:7
       |
    15 |       goto: a
       |       ^^^^
       |
      ::: shop.yaml:14:7
       |
    14 |     - play: welcome
       |       ---- begun here
       |
       = help: begin a new action: `- goto: …`

    error[HL0107]: an action is a map, and this is a text
      --> shop.yaml:16:7
       |
    16 |     - hangup
       |       ^^^^^^
       |
       = help: write `hangup:`

    error[HL0109]: no action is called `aks`
      --> shop.yaml:17:7
       |
    17 |     - aks: number
       |       ^^^
       |
       = help: did you mean `ask`?

    error[HL0109]: no action is called `wait`
      --> shop.yaml:18:7
       |
    18 |     - wait: 5s
       |       ^^^^
       |
       = help: an action is one of play, menu, ask, verify, say, set, if, goto, lookup, hours, language, queue, transfer, case, callback, notify, record, survey, conference, run, return, hangup

    error[HL0110]: the step `empty` does nothing
      --> shop.yaml:19:3
       |
    19 |   empty: []
       |   ^^^^^
       |
       = help: give it an action: `- play: welcome`

    error[HL0107]: a step is a list of actions, and this is a text
      --> shop.yaml:20:9
       |
    20 |   text: play
       |         ^^^^
       |
       = help: begin each action with `- `

    error[HL0106]: ask has no `as`
      --> shop.yaml:22:7
       |
    22 |     - ask: number
       |       ^^^
       |
       = help: add `as: digits`

    error[HL0201]: `Order-Number` is no name for a variable
      --> shop.yaml:23:13
       |
    23 |       into: Order-Number
       |             ^^^^^^^^^^^^
       |
       = help: write `order_number`

    error[HL0108]: `12-8` is no number of digits
      --> shop.yaml:24:15
       |
    24 |       length: 12-8
       |               ^^^^
       |
       = help: write `6` or `8..12`

    error[HL0107]: `set` is a map of variables, and this is a text
      --> shop.yaml:25:12
       |
    25 |     - set: 5
       |            ^
       |
       = help: write `set: { tries_left: 3 }`

    error[HL0201]: `yes` is no name for a variable
      --> shop.yaml:26:14
       |
    26 |     - set: { yes: 1 }
       |              ^^^
       |
       = help: write lower-case words joined by `_`, at most 64 letters: `order_number`

    error[HL0301]: `=` means nothing here
      --> shop.yaml:27:13
       |
    27 |     - if: a = b
       |             ^
       |
       = help: write `==` to compare

    error[HL0106]: `if` leads nowhere
      --> shop.yaml:29:7
       |
    29 |     - if: a
       |       ^^
       |
       = help: add `then: a-step` or `else: a-step`

    error[HL0107]: a queue belongs here, not a list
      --> shop.yaml:30:14
       |
    30 |     - queue: [a]
       |              ^

    error[HL0108]: `soon` is no length of time
      --> shop.yaml:31:17
       |
    31 |       max_wait: soon
       |                 ^^^^
       |
       = help: write `5s`, `500ms` or `1m30s`

    error[HL0301]: `else` does not fit here
      --> shop.yaml:32:27
       |
    32 |     - transfer: somewhere else
       |                           ^^^^
       |
       = help: it belongs to an `if` that is missing

    error[HL0108]: no transfer is called `warm`
      --> shop.yaml:33:13
       |
    33 |       kind: warm
       |             ^^^^
       |
       = help: write `bridge` or `blind`

    error[HL0110]: nothing is written here, where a prompt belongs
      --> shop.yaml:34:11
       |
    34 |     - play:
       |           ^

    error[HL0107]: a step belongs here, not a map
      --> shop.yaml:35:13
       |
    35 |     - goto: { a: b }
       |             ^
    "##);
}

#[test]
fn what_is_no_map_is_no_flow() {
    for text in ["", "- a", "5", "a: [", "\u{feff}"] {
        let (flow, found) = read(text);
        assert_eq!(flow, None, "{text}");
        assert!(found.contains("error[HL01"), "{text}: {found}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_damaged_flow_is_read_or_refused_but_never_panics(
        cut in 0..SHOP.len(), length in 0_usize..40, instead in "[ -~\n\u{4e00}]{0,12}"
    ) {
        let edge = |mut at: usize| {
            while !SHOP.is_char_boundary(at) { at += 1; }
            at
        };
        let (start, end) = (edge(cut), edge((cut + length).min(SHOP.len())));
        let text = format!("{}{instead}{}", &SHOP[..start], &SHOP[end..]);
        let (flow, found) = read(&text);
        prop_assert!(flow.is_some() || !found.is_empty());
    }
}

#[test]
fn a_play_says_which_prompt_how_often_how_loud_and_when() {
    let play = |fields: &str| {
        let text = format!(
            "flow: a\nlanguages: [en-US]\nstart: main\nsteps:\n  main:\n    - play: [one, two]\n      {fields}\n    - hangup: bye\n"
        );
        let (flow, found) = read(&text);
        match (flow.unwrap().steps[0].actions[0].kind.clone(), found) {
            (ActionKind::Play(play), found) if found.is_empty() => Ok(play),
            (_, found) => Err(found.lines().next().unwrap_or_default().to_owned()),
        }
    };
    let all = ["pick: rotate", "repeat: 3", "volume: -20 dB", "on: fair"].join("\n      ");
    let whole = play(&all).unwrap();
    assert_eq!(whole.pick.map(|it| it.value), Some(Pick::Rotate));
    assert_eq!(whole.repeat.map(|it| it.value), Some(3));
    assert_eq!((whole.volume_db, whole.on.map(|it| it.value)), (-20, Some("fair".into())));
    for (text, db) in [("+6dB", 6), ("0dB", 0), ("-3dB", -3)] {
        assert_eq!(play(&format!("volume: {text}")).unwrap().volume_db, db);
    }
    #[rustfmt::skip]
    let table = [
        ("volume: 7dB",   "error[HL0108]: `7dB` is no volume from -20dB to +6dB"),
        ("volume: -21dB", "error[HL0108]: `-21dB` is no volume from -20dB to +6dB"),
        ("volume: -6",    "error[HL0108]: `-6` is no volume from -20dB to +6dB"),
        ("volume: -6.5dB","error[HL0108]: `-6.5dB` is no volume from -20dB to +6dB"),
        ("repeat: 1",     "error[HL0108]: `1` is no number of times from 2 to 10"),
        ("repeat: 11",    "error[HL0108]: `11` is no number of times from 2 to 10"),
        ("pick: any",     "error[HL0108]: nothing is picked by `any`"),
    ];
    for (fields, expected) in table {
        assert_eq!(play(fields).unwrap_err(), expected);
    }
}

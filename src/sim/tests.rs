//! Scenario files: what may be written, what is found, what passes.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::*;
use crate::config::calendar::Calendar;
use crate::config::{CaseKind, Times};
use crate::diagnostic::{Sources, text::render};
use crate::flow::Program;
use crate::speech::{Catalogue, Catalogues};

const FLOW: &str = "
flow: shop
languages: [en-US]
start: main
lookups:
  order:
    sql: shop
    query: select status, eta from orders where number = :number
    takes: { number: digits }
    gives: { status: [paid, shipped], eta: date? }
context:
  - { label: { zh-CN: 订单号, en-US: Order }, value: number }
steps:
  main:
    - hours: office
      closed: closed
    - menu: menu
      keys: { 1: order, 0: agent, 2: outside }
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
      meanwhile: wait
    - play: status
    - goto: main
  agent:
    - queue: service
      because: asked
      no_agents: closed
      otherwise: closed
  outside:
    - transfer: \"110\"
      busy: closed
      otherwise: closed
  closed:
    - hangup: bye
  unused:
    - hangup: bye
";

const PROMPTS: &str = "
language: en-US
prompts:
  menu: Press 1.
  enter: Enter it.
  wait: One moment.
  status: It is {order.status}.
  bye: Goodbye.
  no-input: I hear nothing.
  no-match: That is wrong.
  queue-position: Ahead of you, {queue.ahead}.
words:
  shipped: on its way
  paid: paid
";

/// A flow, its words and a file of scenarios: one line for each, findings as people read them.
fn play_all(flow: &str, scenarios: &str) -> (String, Coverage, Stage) {
    let mut sources = Sources::default();
    let file = sources.add("shop.yaml", flow);
    let flow = crate::flow::parse(file, flow).0.unwrap();
    let catalogue = Catalogue::parse(sources.add("catalog.yaml", PROMPTS), PROMPTS).0.unwrap();
    let calendars =
        IndexMap::from([(Arc::from("office"), Calendar::always(jiff::tz::TimeZone::UTC))]);
    let kind = CaseKind { promise: Duration::from_secs(3 * 24 * 60 * 60), calendar: None };
    let calendars = Times { calendars, cases: IndexMap::from([(Arc::from("complaint"), kind)]) };
    let stage = Stage {
        flow: Program::unproven(flow),
        catalogues: Arc::new(Catalogues::from([("en-US".into(), catalogue)])),
        calendars: Arc::new(calendars),
        // Each recording is two seconds long; values are estimated.
        lengths: Arc::new(|clip| (!clip.contains("atoms")).then_some(Duration::from_secs(2))),
    };
    let file = sources.add("shop.test.yaml", scenarios);
    let (scenarios, found) = Scenarios::parse(file, scenarios, &stage.flow);
    let mut shown = render(&found, &sources, false);
    let mut coverage = Coverage::new(&stage.flow);
    for scenario in scenarios.iter().flat_map(|it| &it.scenarios) {
        let outcome = run(&stage, scenario);
        coverage.add(&outcome.marks);
        match outcome.failure {
            None => shown += &format!("{}: passed\n", scenario.name.value),
            Some(failure) => {
                shown += &render(&[failure], &sources, false);
                shown += &outcome.transcript.to_string();
            }
        }
    }
    (shown, coverage, stage)
}

const HEAD: &str =
    "answers: { order: [{ number: \"1234\", status: shipped, eta: 2026-11-26 }] }\nscenarios:\n";

/// Scenarios that must all pass.
#[track_caller]
fn passes(scenarios: &str) {
    let (shown, ..) = play_all(FLOW, &format!("{HEAD}{scenarios}"));
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
}

#[test]
fn conversations_read_as_they_happen() {
    passes(
        "
  an order:
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"1234\", hears: status, says: on its way, hears: menu]
  typed ahead, so that nothing is spoken:
    talk: [keys: \"11234\", hears_later: status, hangs_up, ends: caller_left]
  not found is asked again:
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"9999\", hears: enter]
  a prompt takes as long as its recording, and silence is heard after it:
    talk: [hears: menu, waits: 1900ms, hears_nothing: 0s, hears_out, hears_nothing: 4900ms, waits: 200ms, hears: no-input]
  silence and wrong keys:
    talk: [hears_out: menu, keys: \"9\", hears: [no-match, menu, no-input, menu]]
  an answer that takes long:
    slow: { order: 1500ms }
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"1234\", hears: [wait, status]]
  an answer that never comes:
    slow: { order: 1m }
    agents: none
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"1234\", hears: [wait, bye], ends: completed]
  failing, then not:
    agents: busy
    talk: [fails: order, hears: menu, keys: \"1\", hears: enter, keys: \"1234\", reaches: agent, agent_sees: { Order: \"1234\", 订单号: \"1234\", number: \"1234\", reason: asked }]
  working again:
    talk: [fails: order, works: order, hears: menu, keys: \"1\", hears: enter, keys: \"1234\", hears: status]
  an agent is free:
    agents: lin
    caller: \"13800000001\"
    talk: [hears: menu, keys: \"0\", waits: 4s, agent_sees: { caller: \"13800000001\", language: en-US }, agent_leaves, ends: agent_left]
  all are busy:
    agents: busy
    talk: [hears: menu, keys: \"0\", place: 3, hears: queue-position, rings: lin, rings_out, rings: wang, answers: wang, hangs_up, ends: caller_left]
  nobody is there:
    agents: none
    talk: [hears: menu, keys: \"0\", hears: bye, ends: completed]
  somebody outside answers:
    talk: [hears: menu, keys: \"2\", waits: 4s, other_leaves, ends: other_left]
  somebody outside is busy:
    outside: busy
    talk: [hears: menu, keys: \"2\", hears: bye]
  somebody outside does not answer:
    outside: no_answer
    talk: [hears: menu, keys: \"2\", waits: 25s, hears_nothing: 0s, hears: bye]
  closed:
    calendars: { office: closed }
    talk: [hears: bye, ends: completed]
",
    );
}

#[test]
fn what_went_another_way_is_shown_with_the_call_until_then() {
    let (shown, ..) = play_all(
        FLOW,
        &format!(
            "{HEAD}  an order:\n    talk:\n      - hears: menu\n      - keys: \"1\"\n      - hears: enter\n      - keys: \"1234\"\n      - hears: statu\n"
        ),
    );
    insta::assert_snapshot!(shown, @"
    error[HL0810]: the caller hears `status` here, not `statu`: It is on its way.
     --> shop.test.yaml:9:16
      |
    9 |       - hears: statu
      |                ^^^^^
      |
      = help: did you mean `status`?

        0.0s  step     main
        0.0s    calendar office: open
        0.0s    hears  menu: Press 1.
        0.2s    keys   1
        0.2s    (stopped by a key)
        0.2s  step     order
        0.2s    hears  enter: Enter it.
        0.4s    keys   1
        0.4s    (stopped by a key)
        0.6s    keys   234
        1.0s    lookup order(number=1234): found
    -         hears: statu
    +   1.1s    hears  status: It is on its way.
    ");
}

#[test]
fn every_expectation_can_fail() {
    for (talk, says) in [
        ("hears: enter", "the caller hears `menu` here, not `enter`"),
        ("hears_later: status", "`status` is not spoken"),
        ("hears: menu, says: 2", "what is said does not contain `2`"),
        ("hears_nothing: 1s", "the caller hears something: Press 1."),
        ("reaches: outside", "step `outside` is not reached; the call is in `agent`"),
        ("ends: completed", "the call did not end within ten minutes"),
        ("hangs_up, ends: completed", "the call ended otherwise: caller_left"),
        (
            "hangs_up, hears: menu, hears: menu",
            "`menu` is not spoken: the call ended (caller_left)",
        ),
        ("agent_sees: { Order: \"1\" }", "the agent sees no `Order`"),
        (
            "keys: \"1\", keys: \"1234\", waits: 1s, agent_sees: { Order: \"1\" }",
            "the agent sees `1234` as Order, not `1`",
        ),
        ("hears: menu, hangs_up, answers: lin", "the caller does not wait in a queue here"),
        ("other_leaves", "there is no transfer and no conference here"),
        ("recorded", "nothing is kept of what the caller said"),
        ("hears_out", "nothing was heard before this line"),
        ("says: x", "nothing was heard before this line"),
        ("opens_case: complaint", "the call opens no case here"),
        ("asks_callback", "the call asks for no call back here"),
        ("notifies: crm", "the call tells nobody else here"),
    ] {
        // Whoever is silent ends in the queue, and waits there.
        let text = format!("{HEAD}  one:\n    agents: busy\n    talk: [{talk}]\n");
        let (shown, ..) = play_all(FLOW, &text);
        assert!(shown.contains(says), "{talk}: {shown}");
        assert!(shown.starts_with("error[HL0810]"), "{talk}: {shown}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_shown_in_one_run() {
    let (shown, ..) = play_all(
        FLOW,
        "
calr: \"1\"
language: zh-CN
fails: oder
at: yesterday
answers:
  order:
    - { number: \"1x\", status: lost, size: 3 }
scenarios:
  one:
    slow: { order: fast }
    outside: sleeps
    talk:
      - heers: menu
      - keys: \"1x\"
      - { hears: menu, keys: \"1\" }
      - reaches: mian
      - ends: happily
      - place: many
      - [1]
  two: {}
",
    );
    insta::assert_snapshot!(shown, @r#"
    error[HL0801]: the field `calr` does not exist
     --> shop.test.yaml:2:1
      |
    2 | calr: "1"
      | ^^^^
      |
      = help: did you mean `caller`?

    error[HL0801]: the language `zh-CN` does not exist
     --> shop.test.yaml:3:11
      |
    3 | language: zh-CN
      |           ^^^^^
      |
      = help: it may be one of en-US

    error[HL0801]: the lookup `oder` does not exist
     --> shop.test.yaml:4:8
      |
    4 | fails: oder
      |        ^^^^
      |
      = help: did you mean `order`?

    error[HL0802]: `yesterday` is not a moment such as `2026-11-24T15:00+08:00`
     --> shop.test.yaml:5:5
      |
    5 | at: yesterday
      |     ^^^^^^^^^

    error[HL0802]: `1x` does not fit `number`: it is not digits
     --> shop.test.yaml:8:17
      |
    8 |     - { number: "1x", status: lost, size: 3 }
      |                 ^^^^

    error[HL0802]: `lost` does not fit `status`: it is not one of the words of its choice
     --> shop.test.yaml:8:31
      |
    8 |     - { number: "1x", status: lost, size: 3 }
      |                               ^^^^

    error[HL0801]: the column `size` does not exist
     --> shop.test.yaml:8:37
      |
    8 |     - { number: "1x", status: lost, size: 3 }
      |                                     ^^^^
      |
      = help: it may be one of number, status, eta

    error[HL0802]: `fast` is not a length of time such as `10s`
      --> shop.test.yaml:11:20
       |
    11 |     slow: { order: fast }
       |                    ^^^^

    error[HL0801]: the answer `sleeps` does not exist
      --> shop.test.yaml:12:14
       |
    12 |     outside: sleeps
       |              ^^^^^^
       |
       = help: it may be one of answers, busy, no_answer, declines, fails

    error[HL0801]: the line `heers` does not exist
      --> shop.test.yaml:14:9
       |
    14 |       - heers: menu
       |         ^^^^^
       |
       = help: did you mean `hears`?

    error[HL0802]: `1x` is not keys such as "12#" (quoted: a leading zero counts)
      --> shop.test.yaml:15:15
       |
    15 |       - keys: "1x"
       |               ^^^^

    error[HL0802]: a line says one thing
      --> shop.test.yaml:16:24
       |
    16 |       - { hears: menu, keys: "1" }
       |                        ^^^^
       |
       = help: begin a new line with `- `

    error[HL0801]: the step `mian` does not exist
      --> shop.test.yaml:17:18
       |
    17 |       - reaches: mian
       |                  ^^^^
       |
       = help: did you mean `main`?

    error[HL0801]: the ending `happily` does not exist
      --> shop.test.yaml:18:15
       |
    18 |       - ends: happily
       |               ^^^^^^^
       |
       = help: it may be one of completed, caller_left, agent_left, other_left, transferred, last_resort, not_answered

    error[HL0802]: `many` is not a whole number
      --> shop.test.yaml:19:16
       |
    19 |       - place: many
       |                ^^^^

    error[HL0802]: a line is such as `hears: welcome`, and this is a list
      --> shop.test.yaml:20:9
       |
    20 |       - [1]
       |         ^

    error[HL0802]: nothing happens in this scenario
      --> shop.test.yaml:21:3
       |
    21 |   two: {}
       |   ^^^
       |
       = help: add `talk:` with lines such as `- hears: welcome`
    "#);
}

const VOICES: &str = "
flow: voices
languages: [en-US]
start: main
steps:
  main:
    - record: enter
      into: message
      at_most: 20s
      review: menu
      keys: { keep: 1, hear: 2, discard: 3 }
      nothing: nothing
      failed: others
    - survey: after-call
      questions: { rate: wait, solved: menu }
    - hangup: bye
  nothing:
    - hangup: wait
  others:
    - conference: emergency
      with: [\"120\", \"8001\"]
      failed: nothing
      after: nothing
";

#[test]
fn what_a_caller_says_is_recorded_and_others_join_them() {
    let scenarios = "
scenarios:
  a message is heard and kept:
    talk:
      - hears: enter
      - talks: 12s
      - hears: menu
      - keys: \"2\"
      - hears_out: say
      - says: (recording)
      - hears: menu
      - keys: \"1\"
      - recorded
      - hears: wait
      - keys: \"4\"
      - hears: menu
      - keys: \"5\"
      - hears: bye
      - ends: completed
  a message is thrown away:
    talk: [hears: enter, talks: 12s, hears: menu, keys: \"3\", recorded: nothing, hears: wait]
  nobody speaks:
    talk: [hears: enter, silent, recorded: nothing, hears: wait]
  somebody speaks for too long and hangs up:
    talk: [hears: enter, talks: 30s, hears: menu, hangs_up, recorded, ends: caller_left]
  the disk is full and others help:
    disk: full
    talk: [hears: enter, talks: 2s, waits: 8s, other_leaves, other_leaves, hears: wait]
  nobody else is there:
    disk: full
    outside: busy
    talk: [hears: enter, talks: 2s, hears: wait]
";
    let (shown, ..) = play_all(VOICES, scenarios);
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
}

#[test]
fn coverage_names_the_steps_that_nobody_reached() {
    let (_, coverage, stage) = play_all(
        FLOW,
        &format!("{HEAD}  one:\n    talk: [hears: menu, keys: \"0\", ends: completed]\n"),
    );
    let missing: Vec<&str> = coverage.missing_steps(&stage.flow).map(|it| &**it).collect();
    assert_eq!(missing, ["order", "outside", "unused"]);
    let share = coverage.steps_share();
    assert_eq!((share, share.percent()), (Share { reached: 3, all: 6 }, 50.0));
    // Two ways of one action to the same step are two branches.
    let missing = coverage.missing().map(|(_, it)| branch_name(&stage.flow, it));
    assert_eq!(
        missing.collect::<Vec<_>>(),
        [
            "main: closed → closed",
            "main: key 1 → order",
            "main: key 2 → outside",
            "main: otherwise → agent",
            "order: otherwise → agent",
            "order: not_found → order",
            "order: failed → agent",
            "order: goto → main",
            "agent: otherwise → closed",
            "outside: busy → closed",
            "outside: otherwise → closed",
        ]
    );
    assert_eq!(coverage.keys_share(), Share { reached: 1, all: 3 });
}

#[test]
fn a_scenario_told_for_many_cases_has_one_for_each() {
    passes(
        "
  each state has its words:
    cases:
      shipped: { number: \"1234\", status: shipped, words: on its way }
      paid: { number: \"5678\", status: paid, words: paid }
    answers: { order: [{ number: \"{number}\", status: {status} }] }
    talk: [keys: \"1{number}\", hears_later: status, says: {words}, agent_sees: { Order: {number} }]
  a list names each by its cells:
    cases: [{ key: \"1\", prompt: enter }, { key: \"0\", prompt: bye }]
    talk: [hears: menu, keys: {key}, hears: {prompt}]
",
    );
    let text = format!(
        "{HEAD}  one:\n    cases: [{{ key: \"1\", prompt: enter }}]\n    talk: [hears: menu, keys: {{key}}, hears: {{prompt}}]\n"
    );
    assert_eq!(play_all(FLOW, &text).0, "one: 1, enter: passed\n");
}

#[test]
fn what_is_wrong_with_cases_is_said_once() {
    let (shown, ..) = play_all(
        FLOW,
        &format!(
            "{HEAD}  one:\n    cases:\n      a: {{ key: \"1\", never: x }}\n      b: {{ key: \"2\" }}\n    talk: [keys: \"{{kay}}{{key}}\"]\n  two:\n    cases: []\n    talk: [hangs_up]\n"
        ),
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn what_is_printed_reads_back_as_the_same() {
    let text = format!(
        "{HEAD}  \"a name: with more\":
    caller: \"0123\"
    at: 2026-12-31T23:59:59.5+08:00
    calendars: {{ office: closed }}
    agents: lin
    outside: busy
    fails: order
    slow: {{ order: 1500ms }}
    answers: {{ order: [{{ number: \"0001\", status: paid, eta: 2026-11-26 }}] }}
    talk: [hears: [menu, enter], hears_later: wait, says: \"it's: {{x}}, #1\", hears_out, hears_nothing: 5s, keys: \"1*#\", waits: 1m30s, reaches: order, place: 3, place: {{ ahead: 3, wait: 2m }}, rings: lin, rings_out, answers: \"8001\", agent_leaves, other_leaves, fails: order, works: order, agent_sees: {{ Order: \"01\" }}, hangs_up, ends: caller_left]\n"
    );
    let mut sources = Sources::default();
    let flow =
        Program::unproven(crate::flow::parse(sources.add("shop.yaml", FLOW), FLOW).0.unwrap());
    let mut read = |text: &str| {
        let file = sources.add("shop.test.yaml", text);
        let (scenarios, found) = Scenarios::parse(file, text, &flow);
        assert!(found.is_empty(), "{text}\n{}", render(&found, &sources, false));
        scenarios.unwrap().scenarios.remove(0)
    };
    let first = read(&text);
    let printed = first.yaml();
    let again = read(&format!("scenarios:\n{printed}"));
    let lines = |it: &Scenario| it.talk.iter().map(|it| it.what.yaml()).collect::<Vec<_>>();
    assert_eq!((again.yaml(), lines(&again)), (printed, lines(&first)));
    assert_eq!(again.name.value, first.name.value);
}

#[test]
fn the_same_file_gives_the_same_result() {
    let text = format!("{HEAD}  one:\n    talk: [hears: menu, keys: \"1\", hears: status]\n");
    assert_eq!(play_all(FLOW, &text).0, play_all(FLOW, &text).0);
}

#[test]
fn the_pages_of_its_codes_show_what_they_say() {
    let pages = [
        ("HL0803", include_str!("../../docs/errors/HL0803.md")),
        ("HL0804", include_str!("../../docs/errors/HL0804.md")),
        ("HL0805", include_str!("../../docs/errors/HL0805.md")),
        ("HL0801", include_str!("../../docs/errors/HL0801.md")),
        ("HL0802", include_str!("../../docs/errors/HL0802.md")),
        ("HL0810", include_str!("../../docs/errors/HL0810.md")),
        ("HL0811", include_str!("../../docs/errors/HL0811.md")),
    ];
    let block = |page: &str, kind: &str| {
        let (_, rest) = page.split_once(&format!("```yaml {kind}\n")).unwrap();
        format!("{}\n", rest.split_once("\n```").unwrap().0)
    };
    for (code, page) in pages {
        // Most stand beside the flow of HL0810.
        let own = if page.contains("```yaml flow") { page } else { pages[5].1 };
        let flow = block(own, "flow").replace("main-menu", "menu").replace("goodbye", "bye");
        let shown = |kind: &str| {
            let scenarios = block(page, kind);
            let scenarios = scenarios.replace("main-menu", "menu").replace(": goodbye", ": bye");
            play_all(&flow, &scenarios).0
        };
        assert!(shown("wrong").starts_with(&format!("error[{code}]")), "{}", shown("wrong"));
        assert!(shown("right").lines().all(|it| it.ends_with(": passed")), "{}", shown("right"));
    }
}

proptest::proptest! {
    #[test]
    fn any_file_gives_scenarios_or_findings(text in "[ -~\n\u{4e00}-\u{4e20}]{0,200}") {
        let mut sources = Sources::default();
        let flow = crate::flow::parse(sources.add("shop.yaml", FLOW), FLOW).0.unwrap();
        let flow = Program::unproven(flow);
        let (scenarios, found) = Scenarios::parse(sources.add("a", text.as_str()), &text, &flow);
        proptest::prop_assert_eq!(scenarios.is_some(), found.is_empty());
        let _ = render(&found, &sources, false);
    }
}

#[test]
fn an_announcement_takes_turns_and_its_calendar_is_a_branch() {
    let flow = "flow: shop\nlanguages: [en-US]\nstart: main\nsteps:\n  main:\n    - play: wait\n      on: office\n    - play: [menu, enter]\n      pick: rotate\n    - hangup: bye\n";
    let scenarios = "scenarios:\n  first:\n    calendars: { office: closed }\n    talk:\n      - hears: [menu, bye]\n  second:\n    calls_before: 1\n    calendars: { office: closed }\n    talk:\n      - hears: [enter, bye]\n";
    let (shown, coverage, stage) = play_all(flow, scenarios);
    assert_eq!(shown, "first: passed\nsecond: passed\n");
    let missing: Vec<_> = coverage.missing().map(|(_, it)| branch_name(&stage.flow, it)).collect();
    assert_eq!(missing, ["main: on office"]);
    let open = "scenarios:\n  open:\n    talk:\n      - hears: [wait, menu, bye]\n";
    let (shown, coverage, _) = play_all(flow, open);
    assert_eq!((shown.as_str(), coverage.missing().count()), ("open: passed\n", 0));
}

/// A complaint that becomes a case, a call back that is asked for, and somebody who is told.
const LATER: &str = "flow: later
languages: [en-US]
start: main
steps:
  main:
    - menu: menu
      keys: { 1: complain, 2: call }
      otherwise: bye
  complain:
    - ask: enter
      into: number
      as: digits
      length: 4
      otherwise: bye
    - case: complaint
      about: late
      with: { order: number, from: caller.number, name: caller.name }
      failed: bye
    - notify: crm
      with: { case: case.number }
    - say: case.number
    - say: case.promised
    - goto: bye
  call:
    - callback: service
      number: caller.number
      within: 2h
      because: asked
      no_number: complain
      failed: bye
    - play: wait
    - goto: bye
  bye:
    - hangup: bye
";

#[test]
fn what_a_call_leaves_for_after_it_is_expected_by_name() {
    let (shown, ..) = play_all(
        LATER,
        "
caller: \"13800000001\"
scenarios:
  a case:
    talk:
      - hears: menu
      - keys: \"1\"
      - hears: enter
      - keys: \"1234\"
      - opens_case: { kind: complaint, about: late, order: \"1234\", from: \"13800000001\" }
      - notifies: { to: crm, case: \"1000001\" }
      - hears: say
      - says: one zero zero zero, zero zero one
      - hears: say
      - says: November twenty-seventh
      - hears: bye
  a case that cannot be opened:
    fails: case
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"1234\", hears: bye]
  failing in the middle of a call:
    talk: [hears: menu, keys: \"1\", fails: [case, notify], hears: enter, keys: \"1234\", hears: bye]
  a word that does not arrive is nothing to the caller:
    fails: notify
    talk: [hears: menu, keys: \"1\", hears: enter, keys: \"1234\", opens_case: complaint, hears: [say, say, bye]]
  a call back:
    talk: [hears: menu, keys: \"2\", asks_callback: { queue: service, number: \"13800000001\", because: asked }, hears: [wait, bye]]
  a call back that is not kept:
    fails: callback
    talk: [hears: menu, keys: \"2\", hears: bye]
  a number that is withheld:
    caller: withheld
    talk: [hears: menu, keys: \"2\", reaches: complain]
  a number that is none:
    caller: \"8001\"
    talk: [hears: menu, keys: \"2\", reaches: complain]
",
    );
    assert_eq!(shown.lines().filter(|line| line.ends_with(": passed")).count(), 8, "{shown}");
    for (talk, says) in [
        ("keys: \"2\", asks_callback: { number: \"1\" }", "`number` is `13800000001`, not `1`"),
        ("keys: \"11234\", opens_case: { name: x }", "nothing is told as `name`"),
        ("keys: \"11234\", opens_case: question", "`kind` is `complaint`, not `question`"),
        ("keys: \"11234\", notifies: duty", "`to` is `crm`, not `duty`"),
        ("keys: \"11234\", opens_case, opens_case", "the call opens no case here"),
        ("fails: cases", "the lookup `cases` does not exist"),
    ] {
        let text = format!("caller: \"13800000001\"\nscenarios: {{ one: {{ talk: [{talk}] }} }}\n");
        let (shown, ..) = play_all(LATER, &text);
        assert!(shown.contains(says), "{talk}: {shown}");
    }
}

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
    within: 2s
steps:
  main:
    - verify: enter
      against: pin
      with: { number: caller.number }
      account: caller.number
      length: 4
      locks_after: 5
      locked: locked
      failed: down
      otherwise: agent
    - play: wait
    - hangup: bye
  locked:
    - hangup: bye
  down:
    - hangup: bye
  agent:
    - queue: service
      otherwise: closed
  closed:
    - hangup: bye
";

#[test]
fn secrets_and_lock_outs_are_those_of_the_world() {
    let scenarios = "
caller: \"13900000001\"
answers: { pin: [{ number: \"13900000001\", hash: \"4719\" }] }
scenarios:
  the right one:
    talk: [hears: enter, keys: \"4719\", hears: wait]
  a wrong one, then the right one:
    talk: [hears: enter, keys: \"4711\", hears: [no-match, enter], keys: \"4719\", hears: wait]
  an account that does not exist sounds the same:
    caller: \"13900000009\"
    talk: [hears: enter, keys: \"4719\", hears: [no-match, enter]]
  three wrong ones:
    talk: [hears: enter, keys: \"4711\", hears: [no-match, enter], keys: \"4711\", hears: [no-match, enter], keys: \"4711\", reaches: agent]
  calling again gives no new tries:
    wrong_before: { \"13900000001\": 4 }
    talk: [hears: enter, keys: \"4711\", reaches: locked, ends: completed]
  while locked not even the right one helps:
    wrong_before: { \"13900000001\": 5 }
    talk: [hears: enter, keys: \"4719\", reaches: locked, ends: completed]
  the last try may be the right one:
    wrong_before: { \"13900000001\": 4 }
    talk: [hears: enter, keys: \"4719\", hears: wait]
  nothing can be compared:
    fails: pin
    talk: [hears: enter, keys: \"4719\", reaches: down]
  nothing is compared in time:
    slow: { pin: 3s }
    talk: [hears: enter, keys: \"4719\", waits: 1900ms, hears_nothing: 0s, reaches: down]
";
    let (shown, ..) = play_all(LINE, scenarios);
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
}

#[test]
fn a_scenario_has_secrets_as_they_are_and_shows_them_to_nobody() {
    let hashed = "
caller: \"13900000001\"
answers: { pin: [{ number: \"13900000001\", hash: \"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$AAAA\" }] }
scenarios:
  one: { talk: [hears: enter] }
";
    let (shown, ..) = play_all(LINE, hashed);
    assert!(shown.contains("compared with what is keyed, not hashed"), "{shown}");
    let wrong = "
caller: \"13900000001\"
answers: { pin: [{ number: \"13900000001\", hash: \"4719\" }] }
scenarios:
  one: { talk: [hears: enter, keys: \"4711\", hears: [no-match, enter], ends: completed, hears: bye] }
";
    let (shown, ..) = play_all(LINE, wrong);
    let line = "verify pin(number=13900000001) for 13900000001: wrong";
    assert!(shown.contains(line) && !shown.contains("4719"), "{shown}");
}

const CHANGE: &str = "
flow: small
languages: [en-US]
start: main
lookups:
  block:
    sql: shop
    query: update lines set blocked = 1 where number = :number
    takes: { number: phone }
    changes: yes
steps:
  main:
    - lookup: block
      with: { number: caller.number }
      not_found: nobody
      failed: agent
      unknown: agent
    - goto: agent
  nobody:
    - goto: closed
  agent:
    - queue: service
      otherwise: closed
  closed:
    - hangup: bye
";

#[test]
fn a_change_without_columns_touches_what_its_table_says_and_without_a_table_what_it_is_asked_for() {
    let scenarios = "
caller: \"13900000001\"
scenarios:
  nothing is said of it:
    talk: [reaches: agent]
  it touches no row:
    answers: { block: [] }
    talk: [reaches: nobody]
  it touches the row of this line:
    answers: { block: [{ number: \"13900000001\" }] }
    talk: [reaches: agent]
  it touches the row of another line:
    answers: { block: [{ number: \"13900000002\" }] }
    talk: [reaches: nobody]
";
    let (shown, ..) = play_all(CHANGE, scenarios);
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
    // Where no way is written, the call goes on.
    let unwritten = CHANGE.replace("      not_found: nobody\n", "");
    let scenarios = scenarios.replace("reaches: nobody", "reaches: agent");
    let (shown, ..) = play_all(&unwritten, &scenarios);
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
}

#[test]
fn a_secret_that_a_lookup_told_stands_nowhere_else() {
    let flow = "
flow: small
languages: [en-US]
start: main
lookups:
  pin:
    sql: shop
    query: select code, note from lines where number = :number
    takes: { number: phone }
    gives: { code: secret, note: text }
steps:
  main:
    - lookup: pin
      with: { number: caller.number }
      not_found: closed
      failed: closed
    - if: pin.note == \"none\"
      then: closed
    - say: pin.note
    - goto: closed
  closed:
    - hangup: bye
";
    let told = |note: &str| {
        let world = format!(
            "caller: \"13900000001\"\nanswers: {{ pin: [{{ code: \"4719\", note: \"{note}\" }}] }}\n"
        );
        let scenario = "scenarios:\n  one:\n    talk: [all_is_well]\n";
        play_all(flow, &format!("{world}{scenario}")).0
    };
    // The same figures in another number, or nothing at all, are no leak.
    for silent in ["none", "order 2547190", "47 19"] {
        let shown = told(silent);
        assert!(shown.ends_with(": passed\n") || shown.trim_end().ends_with(": passed"), "{shown}");
    }
    for leak in ["4719", "your code is 4719."] {
        let shown = told(leak);
        assert!(shown.contains("a secret stands in"), "{shown}");
        assert!(!shown.contains(": passed"), "{shown}");
    }
}

#[test]
fn what_a_caller_keyed_for_all_to_read_is_no_secret_when_a_lookup_tells_it() {
    let flow = "
flow: small
languages: [en-US]
start: main
lookups:
  pin:
    sql: shop
    query: select code from lines where number = :number
    takes: { number: digits }
    gives: { code: secret }
steps:
  main:
    - ask: enter
      into: number
      as: digits
      length: 4
      otherwise: closed
    - lookup: pin
      with: { number: number }
      not_found: closed
      failed: closed
    - goto: agent
  agent:
    - queue: service
      max_wait: 1m
      otherwise: closed
  closed:
    - hangup: bye
";
    let scenarios = "
answers: { pin: [{ code: \"4719\" }] }
scenarios:
  the same figures:
    talk: [hears: enter, keys: \"4719\", all_is_well]
  others:
    talk: [hears: enter, keys: \"4718\", all_is_well]
";
    let (shown, ..) = play_all(flow, scenarios);
    assert!(shown.lines().all(|line| line.ends_with(": passed")) && !shown.is_empty(), "{shown}");
}

//! Ways whose length anybody can add up, and loops that end or do not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{End, Proof, Toll};
use crate::diagnostic::{FileId, Sources, Span};
use crate::flow::{Program, PromptFacts, Prompts, Shelf, Shelved, World, parse};
use crate::value::Type;

/// Every prompt takes ten seconds and names key 1 after two of them, key 0 at its end; `no-input` and `no-match` take one.
struct Words;

impl Prompts for Words {
    fn prompt(&self, _: &str, name: &str) -> Option<PromptFacts<'_>> {
        let text = "press 1, and for an agent do press 0.   "; // 40 letters: key 1 is named by the 7th
        let seconds = if name.starts_with("no-") { 1 } else { 10 };
        Some(PromptFacts {
            text,
            span: Span::default(),
            length: Duration::from_secs(seconds),
            slots: Vec::new(),
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

/// The proof of `steps` beside `agent`, a queue, and `bye`.
#[track_caller]
fn prove(steps: &str) -> Proof {
    let text = format!(
        "flow: shop\nlanguages: [en-US]\nstart: main\n\
         defaults: {{ no_input_after: 5s, between_digits: 3s, tries: 2, within: 2s }}\nlookups:\n  order:\n    \
         sql: shop\n    query: select 1 where number = :number\n    takes: {{ number: digits }}\n    \
         gives: {{ total: money }}\nsteps:\n{steps}\n  agent:\n    - queue: service\n      otherwise: bye\n  bye:\n    \
         - hangup: goodbye\n"
    );
    let (flow, found) = parse(FileId::default(), &text);
    assert_eq!(found, []);
    Proof::of(&flow.unwrap(), &Words)
}

fn toll(ms: u64, keys: u32) -> Toll {
    Toll { time: Duration::from_millis(ms), keys }
}

const MENU: &str = "    - menu: m\n      keys: { 1: bye, 0: agent }\n      otherwise: agent\n";

#[test]
fn a_menu_costs_its_words_its_silence_and_its_excuse_as_often_as_it_is_tried() {
    let proof = prove(&format!("  main:\n{MENU}"));
    let row = &proof.rows[1];
    // Usual: key 0 is named by the 37th of 40 letters. Worst: twice 10 s and 5 s, once 1 s between.
    assert_eq!((row.usual, row.worst), (Some(toll(9_000, 1)), Some(toll(31_000, 2))));
    assert_eq!(proof.rows[0].worst, Some(toll(31_000, 2)));
    assert_eq!(proof.ends.map(|(_, count)| count), [1, 1, 0, 0]);
}

#[test]
fn a_prompt_that_no_key_stops_is_heard_to_its_end() {
    let proof = prove(&format!("  main:\n{MENU}      interrupt: no\n"));
    assert_eq!(proof.rows[1].usual, Some(toll(10_000, 1)));
}

#[test]
fn a_caller_who_presses_nothing_right_may_come_to_a_goodbye_only() {
    let proof = prove(&format!("  main:\n{}", MENU.replace("otherwise: agent", "otherwise: bye")));
    let row = &proof.rows[1];
    assert_eq!((row.worst, row.otherwise), (None, Some((End::Goodbye, toll(31_000, 2)))));
}

const ASK: &str = "    - ask: a
      into: number
      as: digits
      length: 8
      ends_with: '#'
      otherwise: agent
    - lookup: order
      with: { number: number }
      not_found: missed
      failed: agent
    - goto: bye
";

/// One answer at its latest: 2 × (10 s + 5 s + 8 × 3 s) + 1 s, then the lookup's 2 s and the half second it is granted.
const ANSWER: u64 = 2 * 39_000 + 1_000 + 2_500;

#[test]
fn a_counter_lets_an_answer_be_wrong_as_often_as_it_says() {
    let steps = format!(
        "  main:\n    - set: {{ misses: 0 }}\n    - goto: ask\n  ask:\n{ASK}  missed:\n    \
         - set: {{ misses: misses + 1 }}\n    - if: misses >= 3\n      then: agent\n    - play: p\n    - goto: ask\n"
    );
    let proof = prove(&steps);
    let worst = proof.rows[1].worst.unwrap();
    assert_eq!(worst, toll(3 * ANSWER + 2 * 10_000, 3 * 2 * 9));
    assert_eq!((proof.loops.len(), proof.endless.len()), (0, 0));
    // The way is told with all its rounds.
    let longest = proof.longest.unwrap();
    assert_eq!(longest.toll, worst);
    insta::assert_snapshot!(longest.path.join("\n"), @"
    ask: `a` until an answer, 79.0 s
    ask: lookup `order` not found, 2.5 s
    missed: plays `p`, 10.0 s
    ask: `a` until an answer, 79.0 s
    ask: lookup `order` not found, 2.5 s
    missed: plays `p`, 10.0 s
    ask: `a` until an answer, 79.0 s
    ask: lookup `order` failed, 2.5 s
    agent: queue `service`
    ");
}

#[test]
fn a_loop_that_the_caller_keeps_up_has_no_bound_and_is_not_gone_round() {
    let proof =
        prove(&format!("  main:\n    - goto: ask\n  ask:\n{ASK}  missed:\n    - goto: ask\n"));
    assert_eq!(proof.loops, ["ask (not found) → missed → ask"]);
    assert_eq!(proof.endless, Vec::<String>::new());
    assert_eq!(
        proof.rows[1].worst.map(|it| it.time),
        Some(Duration::from_millis(2 * 39_000 + 1_000))
    );
}

#[test]
fn counters_end_loops_and_look_alikes_do_not() {
    #[rustfmt::skip]
    let table = [
        // what `main` sets, what the loop sets, on what it ends, whether it ends
        ("rounds: 0",    "rounds: rounds + 1",                      "rounds >= 3",                          true),
        ("rounds: 0",    "rounds: 1 + rounds",                      "3 < rounds",                           true),
        ("rounds: 0",    "rounds: rounds + 1",                      "rounds == 3",                          true),
        ("rounds: 0",    "rounds: rounds + 2",                      "rounds == 3",                          false),
        ("rounds: 0",    "rounds: rounds + 1",                      "rounds < 0",                           false),
        ("rounds: 3",    "rounds: rounds - 1",                      "rounds <= 0",                          true),
        ("rounds: 3",    "rounds: rounds - 1",                      "rounds > 3",                           false),
        ("rounds: 0",    "rounds: 0, rounds: rounds + 1",           "rounds >= 3",                          false),
        ("rounds: 0",    "rounds: rounds + 1",                      "rounds >= 3 or known(caller.name)",    true),
        ("rounds: 0",    "rounds: rounds + 1",                      "rounds >= 3 and known(caller.name)",   false),
        ("rounds: 0",    "rounds: if known(caller.name) then 0 else rounds + 1", "rounds >= 3",             false),
        ("once: no",     "once: yes",                               "once",                                 true),
        ("once: no",     "once: no",                                "once",                                 false),
        ("rounds: 0",    "rounds: rounds + 1",                      "if rounds > 2 then yes else no",       true),
    ];
    for (first, each, ends, bounded) in table {
        let each = each
            .split(", ")
            .fold(String::new(), |all, it| all + &format!("    - set: {{ {it} }}\n"));
        let steps = format!(
            "  main:\n    - set: {{ {first} }}\n    - goto: again\n  again:\n    - play: p\n{each}    \
             - if: {ends}\n      then: agent\n    - goto: again\n"
        );
        let proof = prove(&steps);
        assert_eq!(proof.endless.is_empty(), bounded, "{each}{ends}: {:?}", proof.endless);
        // Of a loop that never ends no figure is given.
        assert_eq!(proof.rows[0].worst.is_some(), bounded, "{each}{ends}");
    }
}

#[test]
fn the_usual_way_has_no_mishap_if_one_without_exists() {
    let proof = prove(&format!("  main:\n{ASK}  missed:\n    - goto: agent\n"));
    // Only where nothing is found is there a person: 10 s and nine keys of half a second.
    assert_eq!(proof.rows[1].usual, Some(toll(14_500, 9)));
    let well = ASK.replace("goto: bye", "play: p\n    - goto: agent");
    let proof = prove(&format!("  main:\n{well}  missed:\n    - goto: agent\n"));
    assert_eq!(proof.rows[1].usual, Some(toll(24_500, 9)));
}

#[test]
fn more_values_than_can_be_followed_prove_nothing_and_take_no_time() {
    let proof = prove(
        "  main:\n    - set: { a: 0, b: 0, c: 0 }\n    - goto: again\n  again:\n    - set: { a: a + 0.0001 }\n    \
         - if: a > 1000000\n      then: agent\n    - goto: again\n",
    );
    assert_eq!(proof.endless, ["again → again"]);
}

#[test]
fn each_kind_of_question_costs_what_the_interpreter_grants_it() {
    let verify = "verify: v
      against: order
      with: { number: caller.number }
      account: caller.number
      length: 6
      ends_with: '#'
      locked: agent
      failed: agent
      otherwise: agent";
    let record = "record: r\n      into: message\n      at_most: 30s\n      nothing: agent\n      failed: agent";
    let review = format!("{record}\n      review: again");
    let callback = "callback: service\n      number: caller.number\n      no_number: agent\n      failed: agent";
    #[rustfmt::skip]
    let table = [
        // what stands before the agent, usually: ms and keys, without a right key: ms and keys
        // Twice 10 s, 5 s, six keys of 3 s and the lookup's 2.5 s, with 1 s between.
        (verify,                                      (13_500, 7), (72_000, 14)),
        // The prompt, the tone, 30 s, and 5 s until it is stored.
        (record,                                      (10_500, 0), (45_500, 0)),
        // The same, and twice 10 s and 5 s with 1 s between.
        (&review,                                     (20_500, 1), (76_500, 2)),
        ("survey: s\n      questions: { again: q }", (10_000, 1), (31_000, 2)),
        ("case: complaint\n      failed: agent",     (0, 0),      (5_000, 0)),
        (callback,                                    (0, 0),      (5_000, 0)),
        ("notify: crm",                               (0, 0),      (0, 0)),
        ("play: [p, q]",                              (20_000, 0), (20_000, 0)),
        ("play: [p, q]\n      pick: rotate\n      repeat: 3", (30_000, 0), (30_000, 0)),
        // It may be closed.
        ("play: p\n      on: shop-hours",             (0, 0),      (10_000, 0)),
    ];
    for (action, usual, worst) in table {
        let proof = prove(&format!("  main:\n    - {action}\n    - goto: agent\n"));
        let row = &proof.rows[0];
        assert_eq!(row.usual, Some(toll(usual.0, usual.1)), "{action}");
        assert_eq!(row.worst, Some(toll(worst.0, worst.1)), "{action}");
    }
}

#[test]
fn only_a_right_secret_goes_on_behind_a_verify() {
    let steps = "  main:
    - verify: v
      against: order
      with: { number: caller.number }
      account: caller.number
      length: 6
      ends_with: '#'
      locked: bye
      failed: bye
      otherwise: bye
    - goto: agent\n";
    let row = &prove(steps).rows[0];
    assert_eq!((row.usual, row.worst), (Some(toll(13_500, 7)), None));
}

/// The flow `inner`, for one that runs it.
struct Inner(FileId, String);

impl Shelf for Inner {
    fn take(&mut self, _: &str, _: FileId) -> Shelved {
        Shelved::Text(self.0, self.1.as_str().into())
    }

    fn names(&self, _: FileId) -> Vec<String> {
        vec!["inner".to_owned()]
    }
}

fn inner(steps: &str) -> String {
    format!(
        "flow: inner\nlanguages: [en-US]\nstart: main\ndefaults: {{ no_input_after: 5s, tries: 2 }}\n\
         exits: [refused]\nsteps:\n{steps}"
    )
}

/// The proof of `main` beside `agent` and `bye`, where `inner` has these steps.
#[track_caller]
fn prove_running(main: &str, inner: &str) -> Proof {
    let world = World {
        prompts: &Words,
        calendars: BTreeSet::new(),
        queues: BTreeMap::from([("service".into(), true)]),
        connectors: BTreeSet::new(),
        transfers: Vec::new(),
        cases: BTreeSet::new(),
        notify: BTreeSet::new(),
        facts: crate::flow::Facts::default(),
    };
    let text = format!(
        "flow: outer\nlanguages: [en-US]\nstart: main\nsteps:\n  main:\n{main}  agent:\n    - queue: service\n      \
         otherwise: bye\n  bye:\n    - hangup: goodbye\n"
    );
    let mut sources = Sources::default();
    let mut add = |name, text: &str| sources.add(name, text);
    let (outer, steps) = (add("outer.yaml", &text), self::inner(inner));
    let mut shelf = Inner(add("inner.yaml", &steps), steps);
    let (program, _) = Program::read_with(outer, &text, &world, &mut shelf).unwrap();
    Proof::of(&program, &Words)
}

const INNER: &str = "  main:
    - menu: m
      keys: { 1: fine, 0: agent }
      otherwise: refused
  fine:
    - play: p
    - return:
  refused:
    - return: refused
  agent:
    - queue: service
      otherwise: refused\n";

#[test]
fn a_run_costs_what_its_flow_does_and_is_left_without_a_key_only_where_that_is() {
    let main = "    - run: inner\n      refused: bye\n    - goto: agent\n";
    let proof = prove_running(main, INNER);
    let row = &proof.rows[0];
    // Usually key 0 in it; without a right key it is refused after its menu.
    assert_eq!(row.usual, Some(toll(9_000, 1)));
    assert_eq!((row.worst, row.otherwise), (None, Some((End::Goodbye, toll(31_000, 2)))));
    // Both agents, one goodbye; what goes back from there goes on here.
    assert_eq!(proof.ends.map(|(_, count)| count), [2, 1, 0, 0]);
    let proof = prove_running(&main.replace("bye", "agent"), INNER);
    assert_eq!(proof.rows[0].worst, Some(toll(31_000, 2)));
    insta::assert_snapshot!(proof.longest.unwrap().path.join("\n"), @"
    main: flow `inner`, refused, 31.0 s
    agent: queue `service`
    ");
}

#[test]
fn a_person_inside_a_run_is_a_person() {
    let proof = prove_running(
        "    - run: inner\n      refused: bye\n    - goto: bye\n",
        &INNER.replace("otherwise: refused\n  fine", "otherwise: agent\n  fine"),
    );
    assert_eq!(proof.rows[0].worst, Some(toll(31_000, 2)));
    insta::assert_snapshot!(proof.longest.unwrap().path.join("\n"), @"main: flow `inner` to a person in it, 31.0 s");
}

#[test]
fn a_flow_that_others_run_ends_by_going_back() {
    let (flow, found) = parse(FileId::default(), &inner(INNER));
    assert_eq!(found, []);
    let proof = Proof::of(&flow.unwrap(), &Words);
    assert_eq!(proof.rows[0].otherwise, Some((End::Back, toll(31_000, 2))));
    assert_eq!(proof.ends.map(|(_, count)| count), [1, 0, 0, 2]);
}

#[test]
fn a_loop_inside_a_run_is_told_with_its_flow() {
    let steps = INNER.replace("- play: p\n", "- goto: main\n      when: known(caller.number)\n");
    let proof = prove_running("    - run: inner\n      refused: bye\n    - goto: agent\n", &steps);
    assert_eq!(proof.loops, ["inner: main (key 1) → fine → main"]);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    /// A call that is walked at random, by whatever keys and answers, for as many moves as the proof has states, has
    /// never cost more than the proof says.
    #[test]
    fn no_walk_without_a_right_key_costs_more_than_the_worst(
        ways in proptest::collection::vec((0_usize..8, 0_usize..8, 0_u8..5), 1..8),
        choices in proptest::collection::vec(0_usize..8, 60),
    ) {
        let last = ways.len();
        let mut steps = String::from("  main:\n    - set: { n: 0 }\n    - goto: s0\n");
        for (at, (to, other, kind)) in ways.iter().enumerate() {
            let (to, other) = (to % last, other % last);
            steps += &match kind {
                0 => format!("  s{at}:\n    - play: p\n    - goto: s{to}\n"),
                1 => format!("  s{at}:\n    - if: known(caller.name)\n      then: s{to}\n      else: s{other}\n"),
                2 => format!("  s{at}:\n    - menu: m\n      keys: {{ 1: s{to}, 0: agent }}\n      otherwise: s{other}\n"),
                3 => format!("  s{at}:\n    - set: {{ n: n + 1 }}\n    - if: n > 2\n      then: agent\n    - goto: s{to}\n"),
                _ => format!("  s{at}:\n    - goto: agent\n"),
            };
        }
        let text = format!("flow: shop\nlanguages: [en-US]\nstart: main\nsteps:\n{steps}  agent:\n    - queue: service\n      otherwise: bye\n  bye:\n    - hangup: goodbye\n");
        let (flow, _) = parse(FileId::default(), &text);
        let flow = flow.unwrap();
        let proof = Proof::of(&flow, &Words);
        let points = super::Points::new(&flow, &Words);
        // Walk: `n` decides the counted conditions, the choices all else.
        let (mut at, mut n, mut cost) = (points.start.unwrap(), 0, Toll::default());
        for choice in choices {
            let point = &points.all[at];
            if point.action.kind.end() == Some(End::Person) {
                let worst = proof.rows[0].worst;
                // What never ends is left out of the figures, and said.
                proptest::prop_assert!(!proof.endless.is_empty() || Some(cost) <= worst, "{cost:?} {worst:?}\n{text}");
                break;
            }
            if matches!(point.action.kind, crate::flow::model::ActionKind::Set(_)) && at != points.start.unwrap() {
                n += 1;
            }
            let counted = matches!(&point.action.kind, crate::flow::model::ActionKind::If(it) if it.otherwise.is_none());
            let open: Vec<_> = point.moves.iter().filter(|it| it.worst.is_some()).collect();
            let open: Vec<_> = if counted {
                let wanted = if n > 2 { super::By::Way(super::Way::Then) } else { super::By::On };
                open.into_iter().filter(|it| it.by == wanted).collect()
            } else {
                open
            };
            if open.is_empty() {
                break;
            }
            let it = open[choice % open.len()];
            cost = cost.and(it.worst.unwrap());
            at = it.to;
        }
    }
}

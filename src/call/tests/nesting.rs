//! Flows that run others: what each knows, how the call comes back, and what is told of it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::diagnostic::{FileId, Span};
use crate::flow::{PromptFacts, Prompts, Shelf, Shelved, World};
use crate::value::Type;

/// Prompts as the checks are told them: all exist, and none says a value.
struct Anything;

impl Prompts for Anything {
    fn prompt(&self, _: &str, _: &str) -> Option<PromptFacts<'_>> {
        let (text, length) = ("Press 1 or 0.", Duration::from_secs(2));
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

/// Flows by their names.
struct Flows(Vec<(&'static str, FileId, Arc<str>)>);

impl Shelf for Flows {
    fn take(&mut self, name: &str, _: FileId) -> Shelved {
        let flow = self.0.iter().find(|(known, ..)| *known == name);
        flow.map_or(Shelved::Missing, |(_, file, text)| Shelved::Text(*file, Arc::clone(text)))
    }

    fn names(&self, _: FileId) -> Vec<String> {
        Vec::new()
    }
}

/// The first of `flows` and those that it runs, proven.
fn nested(flows: &[(&'static str, &str)]) -> Arc<Setting> {
    let mut sources = Sources::default();
    let flows: Vec<_> = flows
        .iter()
        .map(|(name, text)| {
            let head = format!("flow: {name}\nlanguages: [en-US, zh-CN]\nstart: main\n");
            let text: Arc<str> = format!("{head}{text}").into();
            (*name, sources.add(format!("{name}.yaml"), Arc::clone(&text)), text)
        })
        .collect();
    let world = World {
        prompts: &Anything,
        calendars: BTreeSet::from(["shop".into()]),
        queues: BTreeMap::from([("service".into(), true)]),
        connectors: BTreeSet::from(["shop".into()]),
        transfers: Vec::new(),
        cases: BTreeSet::new(),
        notify: BTreeSet::new(),
        facts: crate::flow::Facts::default(),
    };
    let (_, file, text) = flows[0].clone();
    match Program::read_with(file, &text, &world, &mut Flows(flows)) {
        Ok((program, _)) => with_words(program),
        Err(found) => panic!("{}", render(&found, &sources, false)),
    }
}

/// Asks for a number, looks it up, gives what is known of it.
const IDENTIFY: &str = "
takes: { welcome: yes/no }
gives: { level: number, code: secret }
exits: [refused, down]
lookups:
  order:
    sql: shop
    query: select level from t where code = :code
    takes: { code: secret }
    gives: { level: number }
context:
  - { label: Tries, value: tries }
steps:
  main:
    - set: { tries: 1 }
    - play: notice
      when: welcome
    - goto: ask
  ask:
    - ask: enter
      into: code
      as: secret
      length: 4
      tries: 2
      otherwise: no
    - lookup: order
      with: { code: code }
      not_found: again
      failed: down
    - set: { level: order.level }
    - goto: back
  back:
    - return:
      when: known(level)
    - return: down
  again:
    - set: { tries: tries + 1 }
    - if: tries > 2
      then: no
    - goto: ask
  no:
    - menu: menu
      keys: { 1: ask, 0: waits }
      otherwise: refused
  waits:
    - queue: service
      keys: { 1: refused }
      max_wait: 5m
      otherwise: refused
  refused:
    - return: refused
  down:
    - return: down
";

const SHOP: &str = "
lookups:
  order:
    sql: shop
    query: select a from t where code = :code and level = :level
    takes: { code: secret, level: number }
    gives: { a: text }
context:
  - { label: Round, value: round }
  - { label: Level, value: identify.level }
  - { label: Tries, value: tries }
steps:
  main:
    - set: { round: 1, tries: 7, welcome: no }
    - goto: who
  who:
    - run: identify
      with: { welcome: round == 1 }
      refused: refused
      otherwise: agent
    - say: identify.level
    - lookup: order
      with: { code: identify.code, level: identify.level }
      not_found: next
      failed: next
    - goto: next
  next:
    - set: { round: round + 1 }
    - goto: who
      when: round < 3 and not welcome
    - goto: agent
  refused:
    - hangup: bye
  agent:
    - queue: service
      max_wait: 5m
      otherwise: refused
";

fn shop() -> Arc<Setting> {
    nested(&[("shop", SHOP), ("identify", IDENTIFY)])
}

fn path(call: &Call) -> Vec<&str> {
    call.notes()
        .filter_map(|what| match what {
            What::Step { step } => Some(&**step),
            _ => None,
        })
        .collect()
}

#[test]
fn a_flow_is_given_what_it_takes_and_its_results_are_read_behind_the_run() {
    #[rustfmt::skip]
    let call = play_with(&shop(), &[
        (    0, "connects",      "notice"),
        (1_000, "heard",         "enter"),
        (2_000, "keys 1234",     "stop; ask identify/order(code=****)"),
        (2_100, "found level=3", "three"),
        (3_000, "heard",         "ask order(code=****, level=3)"),
        // The second time it is told another input, and what it gave before is gone until it comes back.
        (3_100, "fails",         "enter"),
        (4_000, "keys 9999",     "stop; ask identify/order(code=****)"),
        (4_100, "fails",         "queue service 0; music"),
    ]);
    assert_eq!(
        path(&call),
        [
            "main",
            "who",
            "identify/main",
            "identify/ask",
            "identify/back",
            "next",
            "who",
            "identify/main",
            "identify/ask",
            "identify/down",
            "agent",
        ]
    );
    let back: Vec<_> = call
        .notes()
        .filter_map(|what| match what {
            What::Returned { flow, exit } => Some((&**flow, exit.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(back, [("identify", None), ("identify", Some("down"))]);
    let context = call.machine.context(call.now);
    let fields: Vec<_> = context.fields.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(fields, ["2", "7"], "the level is not known after the exit");
    assert_eq!(context.flow.name, "shop".into());
    assert_eq!(context.answers["identify/code"], "****");
    assert_eq!(context.lookups["identify/order"].outcome, "failed");
}

#[test]
fn the_secret_that_a_flow_gives_leaves_whole_into_a_lookup_and_nowhere_else() {
    let mut call = Call::new(&shop());
    for (ms, words) in [(0, "arrives"), (0, "connects"), (1, "heard"), (2, "keys 4711")] {
        call.hear(ms, words);
    }
    call.hear(3, "found level=1");
    call.hear(4, "heard");
    let asked: Vec<_> = call
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::LookUp(it) => Some((&*it.lookup, &it.with[0].1)),
            _ => None,
        })
        .collect();
    let secret = Value::Secret(crate::secret::Secret::new("4711".into()));
    assert_eq!(asked, [("identify/order", &secret), ("order", &secret)]);
    assert!(!format!("{:?}", call.commands).contains("4711"));
}

#[test]
fn an_agent_sees_what_each_flow_under_way_shows_the_calls_own_first() {
    #[rustfmt::skip]
    let call = play_with(&shop(), &[
        (    0, "connects",  "notice"),
        (  100, "key 7",     "stop"),          // kept: it is the first figure of the code
        (  200, "keys 777",  "ask identify/order(code=****)"),
        (  300, "not-found", "enter"),
        (  400, "keys 7777", "stop; ask identify/order(code=****)"),
        (  500, "not-found", "menu"),
        (  600, "key 0",     "stop; queue service 0; music"),
        (9_000, "agent",     "stop"),
    ]);
    let context = call.machine.context(call.now);
    let fields: Vec<_> = context.fields.iter().map(|it| it.value.as_str()).collect();
    // Round and tries of the shop, which does not see the other's, then the tries of `identify`.
    assert_eq!(fields, ["1", "7", "3"]);
}

#[test]
fn keys_and_silences_are_the_calls_and_a_key_leads_out_of_a_queue_in_a_flow_that_is_run() {
    #[rustfmt::skip]
    let call = play_with(&shop(), &[
        (     0, "connects",  "notice"),
        (   100, "heard",     "enter"),
        (   200, "heard",     ""),
        ( 5_200, "tick",      "nothing"),
        ( 5_300, "heard",     "enter"),
        ( 5_400, "heard",     ""),
        (10_400, "tick",      "menu"),
        (10_500, "keys 01",   "stop; queue service 0; music; leave; stop; bye"),
        (11_000, "heard",     "hang up; end Completed"),
    ]);
    assert_eq!(
        path(&call)[2..],
        [
            "identify/main",
            "identify/ask",
            "identify/no",
            "identify/waits",
            "identify/refused",
            "refused"
        ]
    );
}

#[test]
fn flows_run_eight_deep_and_each_comes_back_to_its_own_place() {
    let deep = |next: &str| {
        format!("steps:\n  main:\n    - run: {next}\n    - play: notice\n    - return:\n")
    };
    let names = ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8"];
    let mut texts: Vec<String> = names.iter().skip(1).map(|next| deep(next)).collect();
    texts.push("steps:\n  main:\n    - play: welcome\n    - return:\n".to_owned());
    let shop = "steps:\n  main:\n    - run: f1\n    - queue: service\n      max_wait: 5m\n      otherwise: over\n  over:\n    - hangup: bye\n";
    let mut flows = vec![("shop", shop)];
    flows.extend(names.into_iter().zip(texts.iter().map(String::as_str)));
    let mut lines = vec![(0, "connects", "welcome")];
    lines.extend([(1, "heard", "notice"); 7]);
    lines.push((2, "heard", "queue service 0; music"));
    let call = play_with(&nested(&flows), &lines);
    assert_eq!(path(&call).last(), Some(&"f8/main"));
}

#[test]
fn a_return_in_a_flow_that_was_dialled_and_a_run_of_nothing_lead_to_the_last_resort() {
    let step = |action: &str| format!("steps:\n  main:\n    - {action}\n");
    for (action, because) in [
        ("return:", "step `main` does not say where to go on `return`"),
        ("run: identify", "there is no `identify`"),
    ] {
        #[rustfmt::skip]
        play(&step(action), &[
            (0, "connects", "sorry"),
            (1, "heard",    &format!("last resort: {because}; end LastResort")),
        ]);
    }
}

const FEEDBACK: &str = "
gives: { message: recording }
exits: [silent]
steps:
  main:
    - record: enter
      into: message
      at_most: 2m
      nothing: silent
      failed: silent
    - survey: after-call
      questions: { rate: confirm }
      keys: 1..5
    - return:
  silent:
    - return: silent
";

#[test]
fn what_a_flow_that_is_run_records_and_asks_in_a_survey_has_its_name_in_front() {
    let shop = "
steps:
  main:
    - run: feed-back
      silent: bye
    - goto: bye
  bye:
    - hangup: bye
";
    #[rustfmt::skip]
    let call = play_with(&nested(&[("shop", shop), ("feed-back", FEEDBACK)]), &[
        (     0, "connects",  "enter"),
        ( 2_000, "heard",     "tone"),
        ( 2_200, "heard",     "record c1-3 120s 3s"),
        ( 9_200, "key #",     "end recording"),
        ( 9_400, "stored",    "confirm"),
        (11_000, "key 4",     "stop; bye"),
    ]);
    let told: Vec<_> = call
        .notes()
        .filter_map(|what| match what {
            What::Recorded { name, .. } | What::Keyed { name, .. } => Some(name.to_string()),
            What::Surveyed { survey, question, .. } => Some(format!("{survey} {question}")),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["feed-back/message", "feed-back/message", "feed-back/after-call rate"]);
    let answers: Vec<_> = call.machine.context(call.now).answers.into_iter().collect();
    let expected = [("feed-back/message", "c1-3"), ("feed-back/after_call.rate", "4")];
    assert_eq!(answers, expected.map(|(name, value)| (name.into(), value.to_owned())));
}

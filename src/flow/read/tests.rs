//! Flows that run others: what is found in which file, and what the flow that runs them knows of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::diagnostic::text::render;
use crate::diagnostic::{Sources, Span, Spanned};
use crate::flow::{Program, PromptFacts, Prompts, Slot};
use crate::value::Type;

/// Every prompt exists and names keys 1 and 0; one called `says-<name>` says that variable.
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

/// Texts by their names, all in one folder.
#[derive(Default)]
struct Folder {
    sources: Sources,
    files: BTreeMap<String, (FileId, Arc<str>)>,
}

impl Folder {
    /// `name` and text of each; a text is what stands below `flow` and `languages`.
    fn new(files: &[(&str, &str)]) -> Self {
        let mut folder = Self::default();
        for (name, text) in files {
            let text: Arc<str> =
                format!("flow: {name}\nlanguages: [en-US]\nstart: main\n{text}").into();
            let file = folder.sources.add(format!("{name}.yaml"), Arc::clone(&text));
            folder.files.insert((*name).to_owned(), (file, text));
        }
        folder
    }

    fn prove(&mut self, name: &str) -> crate::flow::Proven {
        let world = World {
            prompts: &Words,
            calendars: BTreeSet::new(),
            queues: BTreeMap::from([("service".into(), true)]),
            connectors: BTreeSet::from(["shop".into()]),
            transfers: Vec::new(),
            cases: BTreeSet::new(),
            notify: BTreeSet::new(),
            facts: crate::flow::Facts::default(),
        };
        let (file, text) = self.files[name].clone();
        Program::read_with(file, &text, &world, self)
    }

    /// `code file line`, for each finding; lines count from the first below `start`.
    fn shown(&self, found: &[Diagnostic]) -> Vec<String> {
        let place = |it: &Diagnostic| {
            let name = &self.sources.get(it.span.file).unwrap().name;
            let (line, _) = self.sources.place(it.span).unwrap();
            format!("{} {} {}", it.code, name.trim_end_matches(".yaml"), line as isize - 3)
        };
        found.iter().map(place).collect()
    }
}

impl Shelf for Folder {
    fn take(&mut self, name: &str, _: FileId) -> Shelved {
        match self.files.get(name) {
            Some((file, text)) => Shelved::Text(*file, Arc::clone(text)),
            None => Shelved::Missing,
        }
    }

    fn names(&self, _: FileId) -> Vec<String> {
        self.files.keys().cloned().collect()
    }
}

/// A flow `shop` whose steps stand before these.
const REST: &str = "
  agent:
    - queue: service
      max_wait: 10m
      otherwise: bye
  bye:
    - hangup: goodbye
";

/// What is found in `shop`, whose first step is `main`, and in the flow `ask` that it runs.
#[track_caller]
fn finds(main: &str, sub: &str, expected: &[&str]) {
    let shop = format!("steps:\n  main:\n{main}{REST}");
    let mut folder = Folder::new(&[("shop", &shop), ("ask", sub)]);
    let (Ok((_, found)) | Err(found)) = folder.prove("shop");
    let shown = folder.shown(&found);
    assert_eq!(shown, expected, "{}", render(&found, &folder.sources, false));
}

/// Takes a number, gives a level, and has an exit for those who give up.
const ASK: &str = "takes: { number: digits }
gives: { level: number }
exits: [refused]
steps:
  main:
    - ask: number
      into: code
      as: digits
      length: 4
      otherwise: no
    - set: { level: 1 }
    - return:
      when: code == number
    - goto: main
  no:
    - return: refused
";

#[test]
fn what_a_flow_gives_is_set_behind_its_run_and_on_none_of_its_exits() {
    let run = "    - run: ask\n      with: { number: \"'12'\" }\n      refused: refused\n";
    let rest = "    - say: ask.level\n    - goto: agent\n  refused:\n    - goto: agent\n";
    finds(&format!("{run}{rest}"), ASK, &[]);
    finds(
        &format!("{run}    - goto: agent\n  refused:\n    - say: ask.level\n    - goto: agent\n"),
        ASK,
        &["HL0414 shop 8"],
    );
    // A prompt says it, and a name that it does not give is unknown.
    finds(&format!("{run}    - play: says-ask-level\n{}", &rest[21..]), ASK, &[]);
    finds(&format!("{run}    - say: ask.levl\n{}", &rest[21..]), ASK, &["HL0205 shop 6"]);
    // It keeps its type.
    finds(
        &format!("{run}    - if: ask.level == \"x\"\n      then: bye\n{}", &rest[21..]),
        ASK,
        &["HL0302 shop 6"],
    );
}

#[test]
fn a_run_hands_over_what_the_flow_takes_and_answers_each_of_its_exits() {
    let rest = "    - goto: agent\n";
    let run = |fields: &str| format!("    - run: ask\n{fields}{rest}");
    let good = "      with: { number: caller.number }\n      refused: bye\n";
    finds(&run(&good.replace("caller.number", "called.number")), ASK, &["HL0218 shop 4"]);
    finds(&run(&good.replace("caller.number", "\"'1'\"")), ASK, &[]);
    finds(&run(&good.replace("{ number: caller.number }", "{}")), ASK, &["HL0217 shop 3"]);
    finds(
        &run(&good.replace("caller.number", "\"'1'\"").replace(" }", ", pin: 1 }")),
        ASK,
        &["HL0217 shop 4"],
    );
    let with = "      with: { number: \"'1'\" }\n";
    finds(&run(with), ASK, &["HL0420 shop 3"]);
    finds(&run(&format!("{with}      otherwise: bye\n")), ASK, &[]);
    finds(&run(&format!("{with}      refsed: bye\n")), ASK, &["HL0420 shop 3", "HL0219 shop 5"]);
    finds(&run(&format!("{with}      refused: by\n")), ASK, &["HL0203 shop 5"]);
    finds(
        &run(&format!("{with}      refused: bye\n      otherwise: bye\n")),
        ASK,
        &["HL0423 shop 6"],
    );
}

#[test]
fn a_fault_of_a_flow_that_is_run_stands_in_its_own_file() {
    let main =
        "    - run: ask\n      with: { number: \"'1'\" }\n      refused: bye\n    - goto: agent\n";
    let without_level = ASK.replace("    - set: { level: 1 }\n", "");
    finds(main, &without_level, &["HL0421 ask 11"]);
    finds(main, &without_level.replace("level: number", "level: number?"), &[]);
    finds(
        main,
        &ASK.replace("return: refused", "return: refsed"),
        &["HL0423 ask 3", "HL0219 ask 16"],
    );
    finds(main, &ASK.replace("level: 1", "level: yes"), &["HL0309 ask 11"]);
    finds(main, &ASK.replace("exits: [refused]", "exits: [when, refused]"), &["HL0201 ask 3"]);
    // A flow that cannot be read whole is still known by what it takes and gives.
    let broken = ASK.replace("as: digits", "as: digts");
    finds(
        &main.replace("refused", "refsed"),
        &broken,
        &["HL0310 ask 8", "HL0420 shop 3", "HL0219 shop 5"],
    );
}

#[test]
fn a_flow_that_is_not_there_is_said_once_and_its_results_are_not_said_to_be_unset() {
    let main = "    - run: asc\n      refused: bye\n    - say: asc.level\n    - play: says-asc-level\n    \
                - goto: agent\n";
    finds(main, ASK, &["HL0216 shop 3"]);
    let renamed = "    - run: ask\n";
    let shop = format!("steps:\n  main:\n{renamed}{REST}");
    let mut folder = Folder::new(&[("shop", &shop), ("other", "steps:\n  main:\n    - return:\n")]);
    let other = folder.files["other"].clone();
    folder.files.insert("ask".to_owned(), other);
    let Err(found) = folder.prove("shop") else { panic!("its file says another name") };
    assert_eq!(
        folder.shown(&found),
        ["HL0216 other -2", "HL0401 shop 3", "HL0211 shop 5", "HL0211 shop 9"]
    );
}

#[test]
fn rules_about_paths_see_through_a_run() {
    let holds = "steps:\n  main:\n    - menu: m\n      keys: { 1: back, 0: back }\n      otherwise: over\n  \
                 back:\n    - return:\n  over:\n    - hangup: goodbye\n";
    let ring = "    - run: ask\n    - goto: main\n";
    let person = "    - if: known(caller.number)\n      then: agent\n";
    // A caller who says nothing is not sent round for ever where the flow waits for a key ...
    finds(&format!("{person}{ring}"), holds, &[]);
    // ... is where it goes on after silence ...
    finds(
        &format!("{person}{ring}"),
        &holds.replace("otherwise: over", "otherwise: back"),
        &["HL0211 ask 8", "HL0406 shop 6"],
    );
    // ... and at once where it asks nobody.
    finds(&format!("{person}{ring}"), "steps:\n  main:\n    - return:\n", &["HL0402 shop 6"]);
    // An exit that is taken in silence closes a ring of its own.
    let gives_up = format!("exits: [gone]\n{}", holds.replace("hangup: goodbye", "return: gone"));
    finds(
        &format!("{person}    - run: ask\n      gone: main\n    - goto: agent\n"),
        &gives_up,
        &["HL0406 shop 6"],
    );
    // Who never comes back needs nothing behind the run.
    let never = "steps:\n  main:\n    - queue: service\n      max_wait: 5m\n      otherwise: bye\n  bye:\n    - hangup: goodbye\n";
    let alone = "steps:\n  main:\n    - run: ask\n";
    for (behind, expected) in [("", vec![]), ("    - hangup: goodbye\n", vec!["HL0425 shop 4"])] {
        let shop = format!("{alone}{behind}");
        let mut folder = Folder::new(&[("shop", &shop), ("ask", never)]);
        let (Ok((_, found)) | Err(found)) = folder.prove("shop");
        assert_eq!(folder.shown(&found), expected);
    }
    // And who comes back does.
    finds("    - run: ask\n", holds, &["HL0401 shop 3", "HL0211 shop 5", "HL0211 shop 9"]);
}

#[test]
fn flows_that_run_each_other_are_shown_in_their_order() {
    let run = |name: &str| format!("steps:\n  main:\n    - run: {name}\n    - return:\n");
    let (one, two, three) = (run("two"), run("three"), run("two"));
    let mut folder = Folder::new(&[("one", &one), ("two", &two), ("three", &three)]);
    let Err(found) = folder.prove("one") else { panic!("a circle") };
    assert_eq!(folder.shown(&found), ["HL0422 three 3"]);
    assert_eq!(found[0].says, "these flows run each other for ever: two → three → two");
    let itself = run("one");
    let mut folder = Folder::new(&[("one", &itself)]);
    let Err(found) = folder.prove("one") else { panic!("a circle") };
    assert_eq!(found[0].says, "these flows run each other for ever: one → one");
}

#[test]
fn eight_flows_may_run_one_inside_the_other_and_no_more() {
    let names: Vec<String> = (0..=10).map(|at| format!("f{at}")).collect();
    let texts: Vec<String> = (1..=10)
        .map(|at| format!("steps:\n  main:\n    - run: f{at}\n    - return:\n"))
        .chain(["steps:\n  main:\n    - return:\n".to_owned()])
        .collect();
    let files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let mut folder = Folder::new(&files);
    let (program, found) = folder.prove("f2").unwrap();
    assert_eq!((program.runs().count(), found.len()), (8, 0));
    let Err(found) = folder.prove("f1") else { panic!("too deep") };
    assert_eq!(folder.shown(&found), ["HL0422 f9 3"]);
    // A flow that was read already and runs too many itself is seen, too.
    let twice = "steps:\n  main:\n    - run: f3\n    - run: f2\n    - return:\n";
    let mut files = files.clone();
    files.push(("twice", twice));
    let mut folder = Folder::new(&files);
    let Err(found) = folder.prove("twice") else { panic!("too deep") };
    let codes: Vec<_> = found.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["HL0422"], "{}", render(&found, &folder.sources, false));
}

#[test]
fn a_version_changes_with_every_flow_that_is_run() {
    let run = |name: &str| format!("steps:\n  main:\n    - run: {name}\n    - return:\n");
    let version = |last: &str| {
        let (one, two) = (run("two"), run("three"));
        let mut folder = Folder::new(&[("one", &one), ("two", &two), ("three", last)]);
        folder.prove("one").unwrap().0.version.clone()
    };
    let last = "steps:\n  main:\n    - return:\n";
    assert_eq!(version(last), version(last));
    assert_ne!(version(last), version(&last.replace("return:", "return: # edited")));
}

#[test]
fn a_call_finds_its_language_in_every_flow() {
    let sub = "steps:\n  main:\n    - return:\n";
    let shop = format!("steps:\n  main:\n    - run: ask\n    - goto: agent\n{REST}");
    let languages = |folder: &mut Folder, name: &str, languages: &str| {
        let (file, text) = folder.files[name].clone();
        let text: Arc<str> = text.replace("[en-US]", languages).into();
        // The edited text stands behind the first one, under the same id for this test alone.
        folder.files.insert(name.to_owned(), (file, text));
    };
    let mut folder = Folder::new(&[("shop", &shop), ("ask", sub)]);
    languages(&mut folder, "shop", "[en-US, zh-CN]");
    let Err(found) = folder.prove("shop") else { panic!("`ask` does not speak zh-CN") };
    assert_eq!(found[0].says, "`ask` does not speak zh-CN, and a call may come in it");
    let changes = sub.replace("main:\n", "main:\n    - language: zh-CN\n");
    let mut folder = Folder::new(&[("shop", &shop), ("ask", &changes)]);
    languages(&mut folder, "ask", "[en-US, zh-CN]");
    let Err(found) = folder.prove("shop") else { panic!("`shop` does not speak zh-CN") };
    assert_eq!(found[0].says, "`ask` goes on in zh-CN, which this flow does not speak");
}

#[test]
fn a_program_names_the_steps_and_lookups_of_every_flow_that_it_runs() {
    let shop = format!("steps:\n  main:\n    - run: ask\n    - goto: agent\n{REST}");
    let ask = "lookups:\n  line: { sql: shop, query: select a from t, gives: { a: text } }\nsteps:\n  main:\n    - lookup: line\n      \
               not_found: on\n      failed: on\n    - goto: on\n  on:\n    - run: deep\n    - return:\n";
    let deep = "steps:\n  main:\n    - return:\n";
    let mut folder = Folder::new(&[("shop", &shop), ("ask", ask), ("deep", deep)]);
    let (program, _) = folder.prove("shop").unwrap();
    let steps: Vec<&str> = program.step_names().iter().map(|it| &**it).collect();
    assert_eq!(steps, ["main", "agent", "bye", "ask/main", "ask/on", "deep/main"]);
    assert_eq!(
        program.all_lookups().map(|(name, _)| name).collect::<Vec<_>>(),
        ["ask/line".into()]
    );
    assert!(program.lookup("ask/line").is_some());
    assert!(program.lookup("line").is_none() && program.lookup("deep/line").is_none());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn any_flows_that_run_each_other_are_checked(ways in proptest::collection::vec((0_usize..6, 0_usize..6, 0_u8..4), 6)) {
        let texts: Vec<String> = ways
            .iter()
            .map(|(to, other, kind)| {
                let actions = match kind {
                    0 => format!("    - run: f{to}\n    - run: f{other}\n    - return:\n"),
                    1 => "    - return:\n".to_owned(),
                    2 => format!("    - run: f{to}\n      when: known(caller.number)\n    - return: out\n"),
                    _ => "    - hangup: goodbye\n".to_owned(),
                };
                format!("exits: [out]\nsteps:\n  main:\n{actions}")
            })
            .collect();
        let names = ["f0", "f1", "f2", "f3", "f4", "f5"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let mut folder = Folder::new(&files);
        let (Ok((_, found)) | Err(found)) = folder.prove("f0");
        for it in found {
            let source = folder.sources.get(it.span.file).unwrap();
            proptest::prop_assert!(it.span.start <= it.span.end && it.span.end as usize <= source.text.len());
        }
    }
}

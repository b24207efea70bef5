//! Two flows as they are being written, of which one runs the other.

use super::tests::at;
use super::*;

const CALLER: &str = r#"flow: front
languages: [en-US]
start: main
steps:
  main:
    - run: identify
      with: { number: "'1'" }
      refused: agent
      otherwise: agent
    - play: level
      when: identify.level == high
    - goto: agent
  agent:
    - queue: service
      otherwise: main
"#;

const RUN: &str = r#"flow: identify
languages: [en-US]
takes: { number: digits, pin: digits }
gives: { level: [low, high], tries: number? }
exits: [refused, locked]
start: ask
steps:
  ask:
    - set: { level: if number == pin then high else low }
    - return:
      when: level == high
    - return: refused
"#;

const WORDS: &str = "language: en-US\nprompts:\n  level: You are {identify.level}.\n";
const SCENARIOS: &str = "scenarios:\n  a call:\n    talk:\n      - reaches: identify/ask\n";
const RUN_PATH: &str = "flows/shared/identify.yaml";

fn house() -> Workspace {
    let mut it = Workspace::default();
    it.set("flows/front.yaml", FileKind::Flow, CALLER);
    it.set(RUN_PATH, FileKind::Flow, RUN);
    it.set("flows/front.test.yaml", FileKind::Scenarios, SCENARIOS);
    it.set("prompts/en-US/catalog.yaml", FileKind::Catalogue, WORDS);
    it
}

/// What may be written at `|` in the flow that runs the other, its step `main` being `lines`.
#[track_caller]
fn completed(lines: &str) -> Vec<Suggestion> {
    let (head, rest) = CALLER.split_once("  main:\n").unwrap();
    let (_, tail) = rest.split_once("  agent:\n").unwrap();
    let text = format!("{head}  main:\n{lines}  agent:\n{tail}");
    let cursor = text.find('|').unwrap();
    let mut it = house();
    it.hover("flows/front.yaml", 0);
    it.set("flows/front.yaml", FileKind::Flow, &text.replacen('|', "", 1));
    it.complete("flows/front.yaml", cursor)
}

#[test]
fn a_run_is_completed_from_the_file_of_the_flow_that_is_run() {
    #[rustfmt::skip]
    let table: [(&str, &[&str], &[&str]); 10] = [
        ("    - run: |\n",                                              &["identify"],            &["front", "main"]),
        ("    - run: id|\n      otherwise: agent\n",                    &["identify"],            &["front"]),
        ("    - run: identify\n      |\n",                              &["refused", "locked", "with", "otherwise", "when"], &["keys", "main"]),
        ("    - run: identify\n      refused: agent\n      lo|\n",      &["locked", "with"],      &["refused"]),
        ("    - run: identify\n      with: { |\n",                      &["number", "pin"],       &["level", "locked"]),
        ("    - run: identify\n      with: { pin: \"'1'\", |\n",        &["number"],              &["pin"]),
        ("    - run: identify\n      with:\n        |\n",               &["number", "pin"],       &["refused"]),
        ("    - run: identify\n      refused: |\n",                     &["agent", "main"],       &["ask", "identify"]),
        ("    - run: identify\n    - play: level\n      when: |\n",     &["identify.level", "identify.tries", "today"], &["level", "number"]),
        ("    - run: identify\n    - play: level\n      when: identify.level == |\n", &["high", "low"], &[]),
    ];
    for (lines, wanted, not) in table {
        let offered = completed(lines);
        let has = |label: &&&str| offered.iter().any(|it| it.label == **label);
        assert!(wanted.iter().all(|it| has(&it)), "{lines}: {offered:#?}");
        assert!(!not.iter().any(|it| has(&it)), "{lines}: {offered:#?}");
    }
    let input = completed("    - run: identify\n      with: { |\n");
    assert!(input.iter().any(|it| it.insert == "number: " && it.detail == "digits"), "{input:?}");
}

#[test]
fn a_return_is_completed_with_the_flows_own_exits() {
    let mut it = house();
    let text = RUN.replace("return: refused", "return: ");
    it.set(RUN_PATH, FileKind::Flow, &text);
    let all = it.complete(RUN_PATH, text.trim_end().len() + 1);
    let labels: Vec<_> = all.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["refused", "locked"]);
}

#[test]
fn a_scenario_may_reach_the_steps_of_a_flow_that_is_run() {
    let mut it = house();
    let at = SCENARIOS.find("identify/ask").unwrap();
    let all = it.complete("flows/front.test.yaml", at);
    assert!(all.iter().any(|it| it.label == "identify/ask"), "{all:?}");
    assert!(all.iter().any(|it| it.label == "agent"), "{all:?}");
}

#[test]
fn no_flow_is_offered_that_would_run_this_one_again() {
    let mut it = house();
    let text = RUN.replace("- return: refused", "- run: ");
    it.set(RUN_PATH, FileKind::Flow, &text);
    it.set("flows/shared/other.yaml", FileKind::Flow, &RUN.replace("identify", "other"));
    let circle = RUN
        .replace("- return: refused", "- run: identify")
        .replace("flow: identify", "flow: circle");
    it.set("flows/shared/circle.yaml", FileKind::Flow, &circle);
    let all = it.complete(RUN_PATH, text.trim_end().len() + 1);
    let labels: Vec<_> = all.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["other"]);
}

#[test]
fn a_flow_that_is_run_is_explained() {
    #[rustfmt::skip]
    let table: [(&str, &[&str]); 5] = [
        ("run: iden",      &["flow `identify`", "takes `number`: digits", "gives `tries`: number, may be missing", "exit `locked`"]),
        ("with: { num",    &["the flow `identify` takes `number`: digits"]),
        ("      refu",     &["exit `refused` of the flow `identify`"]),
        ("when: iden",     &["flow `identify`"]),
        ("when: identify.lev", &["the flow `identify` gives `level`: [low, high]"]),
    ];
    for (after, wanted) in table {
        let mut it = house();
        let says = it.hover("flows/front.yaml", CALLER.find(after).unwrap() + after.len());
        let says = says.map(|it| it.says).unwrap_or_default();
        assert!(wanted.iter().all(|it| says.contains(it)), "{after}: {says}");
    }
}

#[test]
fn names_lead_into_the_file_of_the_flow_that_is_run_and_back() {
    #[rustfmt::skip]
    let table: [(&str, &str, &[&str], &[&str]); 9] = [
        ("flows/front.yaml", "run: iden",          &["identify.yaml:1:identify"],
            &["front.yaml:6:identify", "front.yaml:11:identify", "identify.yaml:1:identify", "front.test.yaml:4:identify", "catalog.yaml:3:identify"]),
        ("flows/front.yaml", "with: { num",        &["identify.yaml:3:number"],
            &["front.yaml:7:number", "identify.yaml:3:number", "identify.yaml:9:number"]),
        ("flows/front.yaml", "      refu",         &["identify.yaml:5:refused"],
            &["front.yaml:8:refused", "identify.yaml:5:refused", "identify.yaml:12:refused"]),
        ("flows/front.yaml", "when: identify.lev", &["identify.yaml:4:level"],
            &["front.yaml:11:level", "identify.yaml:4:level", "identify.yaml:9:level", "identify.yaml:11:level", "catalog.yaml:3:level"]),
        ("prompts/en-US/catalog.yaml", "{identify.lev", &["identify.yaml:4:level"],
            &["front.yaml:11:level", "identify.yaml:4:level", "identify.yaml:9:level", "identify.yaml:11:level", "catalog.yaml:3:level"]),
        ("flows/front.test.yaml", "identify/a",    &["identify.yaml:8:ask"],
            &["identify.yaml:6:ask", "identify.yaml:8:ask", "front.test.yaml:4:ask"]),
        ("flows/front.test.yaml", "reaches: id",   &["identify.yaml:1:identify"],
            &["front.yaml:6:identify", "front.yaml:11:identify", "identify.yaml:1:identify", "front.test.yaml:4:identify", "catalog.yaml:3:identify"]),
        (RUN_PATH,           "flow: iden",         &["identify.yaml:1:identify"],
            &["front.yaml:6:identify", "front.yaml:11:identify", "identify.yaml:1:identify", "front.test.yaml:4:identify", "catalog.yaml:3:identify"]),
        (RUN_PATH,           "return: refu",       &["identify.yaml:5:refused"],
            &["front.yaml:8:refused", "identify.yaml:5:refused", "identify.yaml:12:refused"]),
    ];
    for (path, after, gives, uses) in table {
        let mut it = house();
        let offset = it.file(path).unwrap().text.find(after).unwrap() + after.len();
        let spans = it.definitions(path, offset);
        assert_eq!(at(&it, &spans), gives, "{path}: {after}");
        let spans = it.references(path, offset);
        assert_eq!(at(&it, &spans), uses, "{path}: {after}");
    }
}

#[test]
fn a_name_of_a_flow_that_is_run_changes_in_all_files() {
    #[rustfmt::skip]
    let table = [
        ("flows/front.yaml", "with: { num",    "who",    Ok(["front.yaml:with: { who", "identify.yaml:takes: { who", "identify.yaml:if who =="].as_slice())),
        (RUN_PATH,           "takes: { num",   "who",    Ok(["front.yaml:with: { who", "identify.yaml:takes: { who", "identify.yaml:if who =="].as_slice())),
        (RUN_PATH,           "return: refu",   "not-him", Ok(["front.yaml:      not-him: agent", "identify.yaml:exits: [not-him, locked]", "identify.yaml:return: not-him"].as_slice())),
        ("prompts/en-US/catalog.yaml", "{identify.lev", "rank", Ok(["front.yaml:identify.rank == high", "identify.yaml:gives: { rank:", "catalog.yaml:{identify.rank}"].as_slice())),
        (RUN_PATH,           "return: refu",   "locked", Err("`locked` exists already")),
        (RUN_PATH,           "return: refu",   "with",   Err("`with` exists already")),
        (RUN_PATH,           "return: refu",   "No",     Err("write lower-case words joined by `_`")),
        ("flows/front.yaml", "run: iden",      "check",  Err("a flow is called what its file is: rename the file, then its `flow` and each `run` of it")),
    ];
    for (path, after, new, wanted) in table {
        let mut it = house();
        let offset = it.file(path).unwrap().text.find(after).unwrap() + after.len();
        let mut edits = match it.rename(path, offset, new) {
            Ok(edits) => edits,
            Err(why) => {
                assert_eq!(wanted, Err(why.to_string().as_str()), "{after}");
                continue;
            }
        };
        edits.sort_by_key(|it| std::cmp::Reverse(it.span));
        let mut texts: Vec<String> = it.files().map(|it| it.text.to_string()).collect();
        for edit in edits {
            texts[edit.span.file.0 as usize]
                .replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        for wanted in wanted.unwrap() {
            let (file, line) = wanted.split_once(':').unwrap();
            let found = it.files().position(|it| it.path.ends_with(file)).unwrap();
            assert!(texts[found].contains(line), "{after}: {wanted}: {}", texts[found]);
        }
    }
    // A flow that uses the name and cannot be read just now keeps it.
    let mut it = house();
    it.set(
        "flows/front.yaml",
        FileKind::Flow,
        "steps:\n  a:\n    - run: identify\n      with: {\n",
    );
    let refused = it.rename(RUN_PATH, RUN.find("takes: { num").unwrap() + 12, "who");
    assert_eq!(refused, Err(Unnameable::Unreadable("flows/front.yaml".to_owned())));
}

#[test]
fn who_runs_a_flow_is_known_through_others() {
    let mut it = house();
    let middle = "flow: middle\nsteps:\n  a:\n    - run: front\n";
    it.set("flows/middle.yaml", FileKind::Flow, middle);
    assert_eq!(it.run_in(RUN_PATH), ["flows/front.yaml", "flows/middle.yaml"]);
    assert_eq!(it.run_in("flows/middle.yaml"), [""; 0]);
    assert_eq!(it.run_in("prompts/en-US/catalog.yaml"), [""; 0]);
    // One beside the flow hides one in `shared/`.
    it.set("flows/identify.yaml", FileKind::Flow, RUN);
    assert_eq!(it.run_in(RUN_PATH), [""; 0]);
    assert_eq!(it.run_in("flows/identify.yaml"), ["flows/front.yaml", "flows/middle.yaml"]);
}

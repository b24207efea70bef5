//! The mistakes that designers make are found, each at its line, and sound flows are left alone.
//!
//! `tests/mistakes/wrong/` has small flows with one mistake each: the first line names its code, `# <- here` the line that
//! must be reported. `tests/mistakes/sound/` has flows in which nothing may be warned of. All stand in the world of
//! `tests/mistakes/hotline.yaml`.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hotline::diagnostic::text::render;
use hotline::diagnostic::{Diagnostic, Level, Span};
use hotline::server::house::{self, Ground, Overrides};

/// The mistakes that callers suffer most from, as counted in the field, and the files that hold each.
#[rustfmt::skip]
const FIELD: &[(u8, &[&str])] = &[
    (1, &["step-missing-key", "step-missing-otherwise", "step-missing-then", "step-missing-else", "step-missing-closed", "step-missing-not-found", "step-missing-failed", "step-missing-start", "step-missing-waited", "step-missing-busy", "step-missing-queue-key", "step-missing-after", "step-missing-after-recording", "step-missing-locked", "step-missing-case", "sub-flow-missing"]),
    (2, &["queue-missing", "queue-missing-after-menu", "callback-queue-missing", "case-of-no-kind", "told-to-nobody", "transfer-not-allowed", "transfer-to-strange-host"]),
    (3, &["prompt-missing-play", "prompt-missing-menu", "prompt-missing-no-input", "prompt-missing-no-match", "prompt-missing-goodbye", "prompt-missing-one-of-several", "prompt-missing-meanwhile", "prompt-missing-recording"]),
    (4, &["language-not-spoken", "not-in-english", "not-in-chinese", "switch-to-missing-words"]),
    (6, &["step-unused", "steps-unused-behind-each-other", "behind-goto", "behind-hangup"]),
    (7, &["endless-loop"]),
    (8, &["menu-without-otherwise", "ask-without-otherwise", "verify-without-otherwise", "silence-in-a-circle", "silence-between-two"]),
    (9, &["menu-without-otherwise", "ask-without-otherwise", "verify-without-otherwise"]),
    (10, &["no-tries", "nine-tries", "tries-of-all"]),
    (11, &["spoken-key-missing", "spoken-star-missing", "spoken-answer-missing", "read-back-key-missing"]),
    (12, &["key-unspoken", "key-unspoken-in-english", "answer-unspoken", "read-back-key-unspoken"]),
    (13, &["key-twice", "key-twice-in-queue", "key-named-twice"]),
    (14, &["key-of-two-digits"]),
    (15, &["menu-key-in-a-number"]),
    (16, &["zero-ends-it", "star-ends-money", "star-ends-identity", "letter-ends-it", "end-key-unspoken", "pound-means-nothing", "star-instead-of-pound"]),
    (17, &["length-backwards", "length-of-nothing", "range-needs-more-digits", "pattern-never-reached", "fewer-digits-than-said", "more-digits-than-said"]),
    (18, &["wait-after-last-digit", "hasty-digits", "hasty-digits-of-all"]),
    (19, &["silence-too-soon", "silence-too-soon-everywhere", "silence-too-soon-behind-a-prompt"]),
    (23, &["long-prompt", "late-key", "six-choices"]),
    (24, &["key-before-purpose", "key-before-purpose-in-chinese"]),
    (25, &["no-person", "menu-without-person"]),
    (26, &["verify-without-locked", "verify-without-failed", "lookup-without-failed", "lookup-without-not-found", "change-without-unknown"]),
    (27, &["silence-too-long", "lookup-too-long"]),
    (28, &["silent-lookup", "silent-lookup-by-default"]),
    (30, &["digits-pasted-into-sql", "digits-quoted-in-sql", "other-name-in-sql"]),
    (31, &["unset-on-a-path", "column-perhaps-missing", "prompt-says-missing", "number-withheld", "lookup-not-carried-out"]),
    (32, &["digits-by-size", "text-by-size"]),
    (33, &["money-as-number", "amount-keyed-as-number"]),
    (34, &["order-number-as-number", "phone-as-number", "day-as-digits", "text-spoken", "total-as-a-day", "prompt-reads-total-as-day"]),
    (36, &["pin-spoken", "pin-in-a-prompt", "pin-on-screen", "pin-compared", "pin-as-digits", "password-by-name", "verify-against-text", "hash-fetched"]),
    (37, &["balance-to-anybody", "pin-only-sometimes"]),
    (39, &["test-number-left", "caller-number-trusted", "caller-number-kept"]),
    (40, &["never-open", "old-holidays", "hours-overlap"]),
    (42, &["closed-to-nobody", "key-to-nobody"]),
    (43, &["queue-without-exits"]),
    (44, &["endless-queue", "queue-without-exits", "queue-without-one-exit", "waits-for-hours", "shorter-wait"]),
    (45, &["queues-in-a-circle", "waited-in-a-circle"]),
    (46, &["announced-without-pause"]),
    (50, &["transfer-without-failure", "transfer-without-any-branch", "rings-once"]),
    (51, &["no-reason"]),
    (52, &["recording-without-length", "recording-of-hours", "recording-without-nothing", "recording-without-failed", "recording-cut-at-a-breath"]),
    (53, &["cut-off", "cut-off-when-closed"]),
    (54, &["answer"]),
    (55, &["sub-flow-missing", "sub-flow-without-its-value", "sub-flow-value-of-another-kind", "sub-flow-exit-missing", "sub-flow-exit-ignored"]),
    (56, &["word-missing", "always-yes", "compared-with-itself", "never-when", "condition-decided", "same-condition-again", "decided-on-the-way", "falls-off", "if-without-default", "hours-without-more"]),
    (58, &["test-number-left", "test-order-left", "loopback"]),
];

/// Those of the list that no flow can hold alone, and the test that holds them.
const ELSEWHERE: &[(u8, &str)] =
    &[(5, "a_recording_that_nobody_could_hear_is_found_before_a_caller_misses_it")];

/// Those of the list that a static check must find; the others belong to scenarios and random callers.
const STATIC: &[u8] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 25, 26, 27, 28, 30,
    31, 32, 33, 34, 36, 37, 39, 40, 42, 44, 45, 46, 50, 51, 52, 53, 54, 55, 56, 58,
];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes").join(path)
}

/// The flows of a folder, in order.
fn flows(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root(folder)).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "yaml"));
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_stem().and_then(|it| it.to_str()).expect("a name")
}

/// The world that the flows stand in.
fn world() -> Ground {
    Ground::read(&root("hotline.yaml"), &Overrides::default())
        .map_err(|it| render(&it.found, &it.sources, false))
        .expect("a sound world")
}

/// What is found in one flow, and how people read it.
fn check(world: &mut Ground, path: &Path) -> (Vec<Diagnostic>, String) {
    world.found.clear();
    world.read_flow(path);
    let found = std::mem::take(&mut world.found);
    let shown = render(&found, &world.sources, false);
    (found, shown)
}

/// The line of the flow that a finding points at: itself, or where the flow speaks the words that it points at.
fn line(world: &Ground, path: &Path, found: &Diagnostic) -> Option<usize> {
    let inside = |span: &Span| {
        world.sources.get(span.file).is_some_and(|it| *it.name == *path.to_string_lossy())
    };
    let mut spans = std::iter::once(&found.span).chain(found.notes.iter().map(|(span, _)| span));
    Some(world.sources.place(*spans.find(|span| inside(span))?)?.0)
}

#[test]
fn each_mistake_is_found_at_its_line_and_nothing_else_is() {
    let mut world = world();
    let flows = flows("wrong");
    assert!(flows.len() >= 120, "only {} mistakes", flows.len());
    let mut table = String::new();
    for path in &flows {
        let text = fs::read_to_string(path).expect("readable");
        let first = text.lines().next().unwrap_or_default();
        let code = first.strip_prefix("# ").and_then(|it| it.split_once(": ")).expect("a code").0;
        let marked = text.lines().position(|it| it.ends_with("# <- here")).expect("a mark") + 1;
        let (found, shown) = check(&mut world, path);
        let mut got: Vec<_> = found.iter().map(|it| (it.code, line(&world, path, it))).collect();
        got.dedup(); // the words of a prompt are wrong in each language
        if got != [(code, Some(marked))] {
            let got: Vec<_> = got
                .iter()
                .map(|(code, line)| {
                    line.map_or(format!("{code} elsewhere"), |it| format!("{code} {it}"))
                })
                .collect();
            let got = if got.is_empty() { "nothing".to_owned() } else { got.join(", ") };
            writeln!(table, "{:<34} {code} {marked:<4} {got}\n{shown}", name(path)).unwrap();
        }
    }
    assert!(table.is_empty(), "\n{:<34} {:<11} found\n{table}", "flow", "mistake");
}

#[test]
fn not_one_warning_appears_on_a_sound_flow() {
    let mut world = world();
    let flows = flows("sound");
    assert!(flows.len() >= 30, "only {} sound flows", flows.len());
    let mut table = String::new();
    for path in &flows {
        let (found, shown) = check(&mut world, path);
        if found.iter().any(|it| it.level > Level::Hint) {
            writeln!(table, "{}\n{shown}", name(path)).unwrap();
        }
    }
    assert!(table.is_empty(), "{table}");
}

#[test]
fn every_static_mistake_of_the_field_has_a_flow() {
    let flows = flows("wrong");
    // 001-name: the number only keeps them in order.
    let names: BTreeSet<_> =
        flows.iter().filter_map(|path| name(path).split_once('-')).map(|it| it.1).collect();
    let held = |number: &u8| {
        FIELD.iter().any(|(it, files)| it == number && !files.is_empty())
            || ELSEWHERE.iter().any(|(it, _)| it == number)
    };
    let missing: Vec<_> = STATIC.iter().filter(|it| !held(it)).collect();
    let gone: Vec<_> =
        FIELD.iter().flat_map(|it| it.1).filter(|it| !names.contains(**it)).collect();
    assert_eq!((missing, gone), (vec![], vec![]), "without a flow, and flows that are not there");
}

#[test]
fn a_recording_that_nobody_could_hear_is_found_before_a_caller_misses_it() {
    let broken = house::load(&root("recordings/hotline.yaml"), &Overrides::default()).unwrap_err();
    let shown = render(&broken.found, &broken.sources, false);
    for recording in ["zh-CN/empty", "zh-CN/no-samples", "en-US/a-picture", "en-US/half-a-flac"] {
        let says = |it: &Diagnostic| it.code == "HL0591" && it.says.contains(recording);
        assert!(broken.found.iter().any(says), "{recording}\n{shown}");
    }
    assert_eq!(broken.found.len(), 4, "{shown}");
}

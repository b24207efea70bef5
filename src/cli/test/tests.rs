//! The command as a whole, on files in a folder.

use std::path::Path;

use super::*;

#[derive(clap::Parser)]
struct Command {
    #[command(flatten)]
    args: TestArgs,
}

fn args(args: &[&str]) -> TestArgs {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/hotline.yaml");
    let fixed = ["test", "--config", config];
    <Command as clap::Parser>::parse_from(fixed.into_iter().chain(args.iter().copied())).args
}

/// Runs the command with the crate's own configuration.
fn test(arguments: &[&str]) -> (String, ExitCode) {
    let mut out = Vec::new();
    let code = run(&args(arguments), |_| None, false, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), code)
}

const FLOW: &str = "flow: small
languages: [en-US]
start: main
steps:
  main:
    - menu: main-menu
      keys: { 1: bye, 2: bye, 0: agent }
      otherwise: bye
  agent:
    - queue: service
      because: asked
      max_wait: 5m
      otherwise: bye
  bye:
    - hangup: goodbye
";

/// The flow and its scenarios in a folder of their own.
fn folder(scenarios: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.yaml"), FLOW).unwrap();
    fs::write(folder.path().join("small.test.yaml"), scenarios).unwrap();
    folder
}

fn inside(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn the_demo_flows_pass_their_scenarios_and_are_covered() {
    let flows = concat!(env!("CARGO_MANIFEST_DIR"), "/flows");
    let (out, code) = test(&[flows, "--coverage", "95"]);
    assert_eq!(code, ExitCode::SUCCESS, "{out}");
    assert!(out.ends_with(" passed, 0 failed\n"), "{out}");
}

const CASES: &str = "scenarios:
  a key leads to the goodbye:
    cases:
      one: { key: \"1\", then: goodbye }
      two: { key: \"2\", then: goodbye }
      three: { key: \"3\", then: goodbye }
    talk:
      - hears: main-menu
      - keys: \"{key}\"
      - hears: \"{then}\"
";

#[test]
fn each_case_is_named_and_a_failed_one_shows_what_came_instead() {
    let folder = folder(CASES);
    let (out, code) = test(&[&inside(&folder, "")]);
    assert_eq!(code, ExitCode::FAILURE);
    let out = out.replace(&*folder.path().to_string_lossy(), "");
    insta::assert_snapshot!(out);
    let (out, code) = test(&[&inside(&folder, ""), "--filter", "one", "--filter", ": two"]);
    assert!(code == ExitCode::SUCCESS && out.contains("\n2 passed, 0 failed"), "{out}");
}

#[test]
fn too_few_branches_are_a_failure() {
    let folder = folder(&CASES.replace("      three: { key: \"3\", then: goodbye }\n", ""));
    let path = inside(&folder, "small.yaml");
    assert_eq!(test(&[&path]).1, ExitCode::SUCCESS);
    assert_eq!(test(&[&path, "--coverage", "66"]).1, ExitCode::SUCCESS);
    assert_eq!(test(&[&path, "--branches", "50"]).1, ExitCode::FAILURE);
}

#[test]
fn build_servers_get_junit_and_browsers_one_page() {
    let folder = folder(CASES);
    let (junit, html) = (inside(&folder, "junit.xml"), inside(&folder, "page.html"));
    test(&[&inside(&folder, "small.yaml"), "--junit", &junit, "--html", &html]);
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("tests=\"3\"") && junit.contains("failures=\"1\""), "{junit}");
    assert!(junit.contains("a key leads to the goodbye: three"), "{junit}");
    assert!(junit.contains("-         hears: goodbye"), "{junit}");
    let page = fs::read_to_string(html).unwrap();
    assert!(page.contains("class=\"step ends gone\" data-step=\"bye\""), "{page}");
    assert!(page.contains("class=\"step person never\" data-step=\"agent\""), "{page}");
    assert!(page.contains("<li class=\"failed\">a key leads to the goodbye: three"), "{page}");
    for outside in ["http://", "https://", "src=", "@import"] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(outside), "the page needs {outside}");
    }
}

#[test]
fn many_threads_and_many_times_give_the_same() {
    let folder = folder(&CASES.replace("three", "again").replace("\"3\"", "\"1\""));
    let path = inside(&folder, "small.yaml");
    let (one, code) = test(&[&path, "--jobs", "1", "--transcript"]);
    assert_eq!(code, ExitCode::SUCCESS, "{one}");
    assert_eq!(test(&[&path, "--jobs", "4", "--transcript"]).0, one);
    let (out, code) = test(&[&path, "--repeat", "3"]);
    assert!(code == ExitCode::SUCCESS && out.contains("  9 calls of "), "{out}");
}

#[test]
fn a_changed_file_is_noticed() {
    let folder = folder(CASES);
    let args = args(&[&inside(&folder, "")]);
    let seen = watch::Seen::of(&args);
    assert_eq!(watch::Seen::of(&args), seen);
    let later = std::time::SystemTime::now() + Duration::from_secs(60);
    let path = folder.path().join("small.test.yaml");
    fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert_ne!(watch::Seen::of(&args), seen);
    seen.wait(&args);
    fs::write(folder.path().join("new.yaml"), FLOW).unwrap();
    assert!(Path::new(&inside(&folder, "new.yaml")).exists() && watch::Seen::of(&args) != seen);
}

#[test]
fn the_steps_of_a_flow_that_is_run_are_explored_and_called_as_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let outer = "flow: outer
languages: [en-US]
start: main
steps:
  main:
    - run: inner
      refused: refused
    - goto: bye
  refused:
    - queue: service
      because: asked
      max_wait: 5m
      otherwise: bye
  bye:
    - hangup: goodbye
";
    let inner = "flow: inner
languages: [en-US]
exits: [refused]
start: main
steps:
  main:
    - menu: main-menu
      keys: { 1: back, 2: back, 9: back, 0: refuse }
      otherwise: refuse
  refuse:
    - return: refused
  back:
    - return:
";
    fs::write(folder.path().join("outer.yaml"), outer).unwrap();
    fs::write(folder.path().join("inner.yaml"), inner).unwrap();
    let path = inside(&folder, "outer.yaml");
    let (out, code) = test(&[&path, "--explore"]);
    assert_eq!(code, ExitCode::SUCCESS, "{out}");
    assert!(out.contains("inner/main: key 1 → back"), "{out}");
    assert!(!out.contains("did not come to this step"), "{out}");
    let (out, code) = test(&[&path, "--callers", "200", "--seed", "7"]);
    assert_eq!(code, ExitCode::SUCCESS, "{out}");
}

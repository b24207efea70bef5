//! The house style is true: each rule names who watches it, each finding named exists, lengths are those that the checker
//! reckons with, and what is shown as good wording is.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotline::diagnostic::FileId;
use hotline::speech::Catalogue;

fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path)
}

fn page() -> String {
    fs::read_to_string(docs("design-flows/house-style.md")).expect("readable")
}

fn catalogue(language: &str, prompts: &str) -> Catalogue {
    let indented = prompts.lines().fold(String::new(), |text, line| text + "  " + line + "\n");
    let text = format!("language: {language}\nprompts:\n{indented}");
    let (catalogue, found) = Catalogue::parse(FileId::default(), &text);
    assert!(found.is_empty(), "{text}{found:?}");
    catalogue.expect("a catalogue")
}

/// How long the longest prompt takes to say.
fn length(catalogue: &Catalogue) -> Duration {
    catalogue.prompts().map(|it| it.length).max().expect("a prompt")
}

#[test]
fn each_rule_names_who_watches_it() {
    let page = page();
    let rules: Vec<_> = page.lines().filter(|it| it.starts_with("- ")).collect();
    assert!(rules.len() > 30, "only {} rules", rules.len());
    for rule in rules {
        let watcher = rule.rsplit_once('(').and_then(|it| it.1.strip_suffix(')')).expect(rule);
        let known = watcher == "style" || watcher == "`hotline prompts check`";
        assert!(known || watcher.split(", ").all(|it| it.starts_with("HL")), "{rule}");
    }
}

#[test]
fn each_finding_named_has_a_page() {
    let page = page();
    let codes = page.match_indices("HL").map(|(at, _)| &page[at..at + 6]);
    let mut count = 0;
    for code in codes.filter(|it| it[2..].bytes().all(|it| it.is_ascii_digit())) {
        assert!(docs(&format!("errors/{code}.md")).is_file(), "{code} does not exist");
        count += 1;
    }
    assert!(count > 20, "only {count} findings");
}

#[test]
fn the_lengths_in_characters_are_those_in_seconds() {
    let page = page();
    let rows: Vec<_> = page.lines().filter(|it| it.contains(" s | ")).collect();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let cells: Vec<_> = row.split(" | ").collect();
        let number = |cell: &str| -> usize { cell.trim_end_matches(" s").parse().expect(row) };
        let limit = Duration::from_secs(number(cells[1]).try_into().expect("small"));
        for (language, letter, count) in
            [("zh-CN", "字", number(cells[2])), ("en-US", "a", number(cells[3]))]
        {
            let takes =
                |count| length(&catalogue(language, &format!("it: {}", letter.repeat(count))));
            assert!(takes(count) <= limit, "{row}: {count} of {language} take {:?}", takes(count));
            assert!(takes(count + 1) > limit, "{row}: more of {language} fit in");
        }
    }
}

#[test]
fn what_is_shown_as_good_is_said_in_both_languages_and_is_short() {
    let page = page();
    let blocks = |language: &str| -> String {
        let fence = format!("```yaml good {language}\n");
        let blocks = page.split(&fence).skip(1).filter_map(|it| Some(it.split_once("```")?.0));
        blocks.collect()
    };
    let [chinese, english] = ["zh-CN", "en-US"].map(|it| catalogue(it, &blocks(it)));
    assert!(chinese.prompts().len() >= 7);
    for prompt in chinese.prompts() {
        let name = &*prompt.name.value;
        let other = english.prompt(name).expect(name);
        let values = |it: &hotline::speech::Prompt| it.placeholders().count();
        assert_eq!(values(prompt), values(other), "{name}");
    }
    for it in [&chinese, &english] {
        assert!(length(it) <= Duration::from_secs(10), "{:?} of {}", length(it), it.lang());
    }
}

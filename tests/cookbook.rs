//! The cookbook for designers: every recipe's flow has no finding, every scenario beside it passes, and each page shows
//! its flow as it is. `HOTLINE_WRITE=1 cargo test --test cookbook` writes the flows into the pages again.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotline::diagnostic::text::render;
use hotline::server::house::{Ground, Overrides};

fn cookbook(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/design-flows/cookbook").join(path)
}

/// The names of the recipes: what stands in `folder` and ends in `.end`.
fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(cookbook(folder)).expect("a folder");
    let names = entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter_map(|it| it.strip_suffix(end).map(str::to_owned)).collect()
}

fn recipes() -> BTreeSet<String> {
    let mut recipes = names("flows", ".yaml");
    recipes.retain(|it| !it.ends_with(".test"));
    assert!(recipes.len() >= 15, "only {} recipes", recipes.len());
    recipes
}

#[test]
fn not_one_finding_appears_on_a_recipe() {
    let world = || {
        Ground::read(&cookbook("hotline.yaml"), &Overrides::default())
            .map_err(|it| render(&it.found, &it.sources, false))
            .expect("a sound world")
    };
    let mut wrong = String::new();
    for recipe in recipes() {
        let mut world = world();
        world.read_flow(&cookbook(&format!("flows/{recipe}.yaml")));
        wrong += &render(&world.found, &world.sources, false);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_recipe_has_a_page_a_number_and_calls_that_pass() {
    let recipes = recipes();
    let mut pages = names("", ".md");
    assert!(pages.remove("README"));
    assert_eq!(pages, recipes);
    assert_eq!(names("flows", ".test.yaml"), recipes);
    let (index, config) = ["README.md", "hotline.yaml"]
        .map(|it| fs::read_to_string(cookbook(it)).expect("readable"))
        .into();
    for recipe in &recipes {
        assert!(index.contains(&format!("({recipe}.md)")), "{recipe} is not in the index");
        assert!(config.contains(&format!("flows/{recipe}.yaml")), "{recipe} has no number");
    }
    play(&["--coverage", "55"]);
}

#[test]
fn no_random_caller_comes_to_harm_in_a_recipe() {
    play(&["--callers", "200", "--seed", "7"]);
}

/// Plays all recipes with the command that designers use.
#[track_caller]
fn play(more: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let ran = command.current_dir(cookbook("")).args(["test", "flows"]).args(more).output();
    let ran = ran.expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_page_shows_its_flow_as_it_is() {
    let mut drifted = Vec::new();
    for recipe in recipes() {
        let path = cookbook(&format!("{recipe}.md"));
        let page = fs::read_to_string(&path).expect("readable");
        let mut parts = page.split("```yaml file=");
        let mut right = parts.next().expect("a beginning").to_owned();
        let mut shown = BTreeSet::new();
        for part in parts {
            let (file, rest) = part.split_once('\n').expect("a block's first line");
            let (_, after) = rest.split_once("```").expect("a block's end");
            let flow = fs::read_to_string(cookbook(file)).expect("readable");
            right += &format!("```yaml file={file}\n{flow}```{after}");
            shown.insert(file.to_owned());
        }
        assert!(shown.contains(&format!("flows/{recipe}.yaml")), "{recipe} shows {shown:?}");
        assert!(page.contains("**Problem.**") && page.contains("\n## Variations\n"), "{recipe}");
        if right != page {
            if std::env::var_os("HOTLINE_WRITE").is_some() {
                fs::write(&path, right).expect("written");
            }
            drifted.push(recipe);
        }
    }
    assert!(drifted.is_empty(), "not as their flows are: {drifted:?}");
}

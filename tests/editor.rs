//! An editor at work: Neovim's own client talks to `hotline lsp` about the demo's flows.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|it| it.expect("an entry")) {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "sql") {
            fs::copy(&path, copied).expect("copied");
        }
    }
}

/// The demo's house.
fn house() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let house = tempfile::tempdir().expect("a folder");
    for folder in ["flows", "prompts"] {
        copy(&root.join(folder), &house.path().join(folder));
    }
    fs::copy(root.join("hotline.yaml"), house.path().join("hotline.yaml")).expect("copied");
    house
}

/// What came of one scenario of editor.lua.
#[track_caller]
fn played(scenario: &str, house: &Path) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = house.join("result.json");
    let script = root.join("tests/editor.lua");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-c"])
        .arg(format!("luafile {}", script.display()))
        .env("HOTLINE", env!("CARGO_BIN_EXE_hotline"))
        .env("HOUSE", house)
        .env("SCENARIO", scenario)
        .env("RESULT", &result)
        .env_remove("HOTLINE_CONFIG")
        .output()
        .expect("neovim, which tests/run installs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = fs::read_to_string(&result).expect(&said);
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found.get("error"), None, "{found:#}\n{said}");
    assert!(output.status.success(), "{said}");
    found
}

fn texts(found: &Value, key: &str) -> Vec<String> {
    let list = found.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

#[test]
fn neovim_finds_mistakes_completes_explains_and_renames() {
    let house = house();
    let found = played("one_flow", house.path());
    assert_eq!(found["mistake"]["code"], "HL0203", "{found:#}");
    assert_eq!(found["fix"], "write `ask-order`");
    assert_eq!(found["fixed"], "    - { when: 'called.number == \"热线\"', goto: ask-order }");
    assert!(texts(&found, "prompts").contains(&"main-menu".to_owned()), "{found:#}");
    let hover = found["hover"].as_str().unwrap_or_default();
    assert!(hover.contains("**zh-CN**") && hover.contains("**en-US**"), "{hover}");
    let defined = found["definition"].as_array().expect("places");
    let in_catalogues =
        |it: &Value| it["uri"].as_str().is_some_and(|it| it.ends_with("/catalog.yaml"));
    assert!(defined.len() == 2 && defined.iter().all(in_catalogues), "{defined:?}");
    assert!(found["references"].as_u64().expect("a number") > 2);
    assert!(texts(&found, "outline").contains(&"welcome".to_owned()));

    let flow = fs::read_to_string(house.path().join("flows/shop.yaml")).expect("readable");
    assert!(flow.contains("\n  ask-for-order:\n") && !flow.contains("ask-order"), "{flow}");
}

const FRONT: &str = "flow: front\nlanguages: [zh-CN, en-US]\nstart: main\nsteps:\n  main:\n    - run: identify\n      with: \
                     { number: \"'20260001'\" }\n      refused: agent\n    - goto: agent\n  agent:\n    - queue: service\n      \
                     otherwise: bye\n  bye:\n    - hangup: goodbye\n";

const IDENTIFY: &str = "flow: identify\nlanguages: [zh-CN, en-US]\ntakes: { number: digits }\nexits: [refused]\nstart: ask\n\
                        steps:\n  ask:\n    - ask: enter-order-number\n      into: order_number\n      as: digits\n      \
                        length: 8\n      ends_with: \"#\"\n      otherwise: no\n    - return:\n      when: order_number == \
                        number\n    - goto: no\n  no:\n    - return: refused\n";

#[test]
fn neovim_sees_a_flow_that_is_run_as_it_is_being_typed() {
    let house = house();
    let flow = |name: &str| house.path().join("flows").join(name);
    fs::write(flow("front.yaml"), FRONT).expect("written");
    fs::write(flow("shared/identify.yaml"), IDENTIFY).expect("written");
    let found = played("two_flows", house.path());
    let flows = texts(&found, "flows");
    assert!(
        flows.iter().any(|it| it == "identify") && !flows.contains(&"front".to_owned()),
        "{flows:?}"
    );
    assert_eq!(texts(&found, "inputs"), ["number"]);
    assert!(texts(&found, "exits").contains(&"refused".to_owned()), "{found:#}");
    let hover = found["hover"].as_str().unwrap_or_default();
    assert!(
        hover.contains("takes `number`: digits") && hover.contains("exit `refused`"),
        "{hover}"
    );
    let defined = &found["definition"][0];
    let uri = defined["uri"].as_str().unwrap_or_default();
    assert!(uri.ends_with("/flows/shared/identify.yaml") && defined["line"] == 0, "{defined}");
    assert_eq!(found["references"], 3);
    assert_eq!(found["saved"], IDENTIFY.trim_end(), "the editor had not saved it");
    let front = fs::read_to_string(flow("front.yaml")).expect("readable");
    assert_eq!(front, FRONT.replace("refused", "turned-away"));
    let run = fs::read_to_string(flow("shared/identify.yaml")).expect("readable");
    assert_eq!(run, IDENTIFY.replace("refused", "turned-away"));
}

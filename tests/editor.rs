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

#[test]
fn neovim_finds_mistakes_completes_explains_and_renames() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let house = tempfile::tempdir().expect("a folder");
    for folder in ["flows", "prompts"] {
        copy(&root.join(folder), &house.path().join(folder));
    }
    fs::copy(root.join("hotline.yaml"), house.path().join("hotline.yaml")).expect("copied");
    let result = house.path().join("result.json");
    let script = root.join("tests/editor.lua");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-c"])
        .arg(format!("luafile {}", script.display()))
        .env("HOTLINE", env!("CARGO_BIN_EXE_hotline"))
        .env("HOUSE", house.path())
        .env("RESULT", &result)
        .env_remove("HOTLINE_CONFIG")
        .output()
        .expect("neovim, which tests/run installs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = fs::read_to_string(&result).expect(&said);
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found.get("error"), None, "{found:#}\n{said}");

    let texts = |key: &str| -> Vec<String> {
        let list = found.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|it| it.as_str().map(str::to_owned)).collect()
    };
    assert_eq!(found["mistake"]["code"], "HL0203", "{found:#}");
    assert_eq!(found["fix"], "write `ask-order`");
    assert_eq!(found["fixed"], "    - { when: 'called.number == \"热线\"', goto: ask-order }");
    assert!(texts("prompts").contains(&"main-menu".to_owned()), "{found:#}");
    let hover = found["hover"].as_str().unwrap_or_default();
    assert!(hover.contains("**zh-CN**") && hover.contains("**en-US**"), "{hover}");
    let defined = found["definition"].as_array().expect("places");
    let in_catalogues =
        |it: &Value| it["uri"].as_str().is_some_and(|it| it.ends_with("/catalog.yaml"));
    assert!(defined.len() == 2 && defined.iter().all(in_catalogues), "{defined:?}");
    assert!(found["references"].as_u64().expect("a number") > 2);
    assert!(texts("outline").contains(&"welcome".to_owned()));

    let flow = fs::read_to_string(house.path().join("flows/shop.yaml")).expect("readable");
    assert!(flow.contains("\n  ask-for-order:\n") && !flow.contains("ask-order"), "{flow}");
    assert!(output.status.success(), "{said}");
}

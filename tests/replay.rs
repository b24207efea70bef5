//! `hotline replay`: a call over SIP, again on its own flow and on edited ones.

mod peers;

use std::fs;
use std::path::Path;
use std::process::Command;

use peers::baresip::{Baresip, Phone};
use peers::hotline::Hotline;

/// How the command ends in `folder`, what it prints, and what it complains of.
#[expect(clippy::expect_used, reason = "a test without its command must fail")]
fn replay(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let output = command.current_dir(folder).arg("replay").args(args).output();
    let output = output.expect("the command starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_call_repeats_on_its_own_flow_and_goes_elsewhere_on_an_edited_one() {
    let hotline = Hotline::demo();
    let mut caller = Baresip::start(&Phone::caller("13912345678", hotline.sip));
    caller.dial("4001");
    hotline.wait_prompt("main-menu");
    caller.press("1");
    hotline.wait_prompt("enter-order-number");
    caller.press("20260001#");
    hotline.wait_prompt("anything-else");
    caller.command("hangup", "");
    hotline.wait_call_end();
    let folder = hotline.stop();
    let folder = folder.path();

    let (code, shown, complaint) = replay(folder, &["--last", "5"]);
    assert_eq!(code, Some(0), "{shown}{complaint}");
    assert!(shown.contains("1 call. On their own flow: 1 same, 0 different"), "{shown}");

    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/flows/shop.yaml");
    let (_, same, _) = replay(folder, &["--flow-file", demo]);
    assert!(same.contains("0 elsewhere, 0 known only in part"), "{same}");
    assert!(same.contains("1 then, 1 now, of 1 where both are known"), "{same}");

    // Key 1 leads to a person.
    let text = fs::read_to_string(demo).unwrap();
    let keys = "keys: { 1: order-status, 2: returns, 3: invoice, 9: other-language, 0: agent }";
    assert!(text.contains(keys));
    let now = "keys: { 1: agent, 2: returns, 3: invoice, 9: other-language, 0: order-status }";
    let edited = text.replace(keys, now);
    fs::create_dir(folder.join("shared")).unwrap();
    let shared = "shared/leave-message.yaml";
    fs::copy(Path::new(demo).with_file_name(shared), folder.join(shared)).unwrap();
    fs::write(folder.join("edited.yaml"), edited).unwrap();
    let args = ["--flow", "shop", "--flow-file", "edited.yaml", "--html", "page.html", "--json"];
    let (code, shown, complaint) = replay(folder, &args);
    assert_eq!(code, Some(0), "{shown}{complaint}");
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let elsewhere = &json["calls"][0]["edited"]["elsewhere"];
    assert_eq!(
        *elsewhere,
        serde_json::json!({ "after": "main", "then": "order-status", "now": "agent" }),
        "{json:#}"
    );
    assert_eq!(json["contained"], serde_json::json!({ "then": 1, "now": 0, "known": 1 }));
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("after main: agent instead of order-status"), "{page}");
    // Both journeys, what lookups were asked with, and nothing from outside.
    for part in ["<b>Then</b>", "<b>Now</b>", "lookup order (number = 20260001): found"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for outside in ["src=", "href=", "@import", "url(", " onclick="] {
        assert!(!page.contains(outside), "{outside}");
    }

    let (code, _, complaint) = replay(folder, &["--day", "2001-01-01"]);
    assert_eq!(code, Some(2), "{complaint}");
    let (code, _, complaint) = replay(folder, &["no-such-call"]);
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("there is no call `no-such-call`"), "{complaint}");
}

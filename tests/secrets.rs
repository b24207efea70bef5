//! What a caller keys as a secret reaches the system that it is for, and nothing else: no log, journey, context, store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod peers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use peers::baresip::{Baresip, Phone};
use peers::contexts::Shown;
use peers::hotline::{Hotline, folder};
use peers::sipp::Caller;

const PIN: &str = "73914682";
const ORDER: &str = "20260001";

/// Asks for an order number, which everybody may see, and for a PIN, which nobody may.
const FLOW: &str = r##"
flow: pins
languages: [zh-CN]
start: main
lookups:
  account:
    sql: shop
    query: select total from order_status where number = :number and :pin = '73914682'
    takes: { number: digits, pin: secret }
    gives: { total: money }
context:
  - { label: { zh-CN: 订单号 }, value: order_number }
steps:
  main:
    - ask: enter-order-number
      into: order_number
      as: digits
      length: 8
      otherwise: agent
    - ask: enter-phone-number
      into: pin
      as: secret
      length: 8
      ends_with: "#"
      otherwise: agent
    - lookup: account
      with: { number: order_number, pin: pin }
      not_found: agent
      failed: agent
    - say: account.total
    - goto: agent
  agent:
    - queue: service
      because: caller_asked
      max_wait: 10m
      otherwise: bye
  bye:
    - hangup: goodbye
"##;

#[test]
fn a_pin_is_found_nowhere_after_the_call() {
    let flow = format!("{}/flows/shop.yaml", env!("CARGO_MANIFEST_DIR"));
    let folder = folder(|config| config.replace(&format!("4001: {flow}"), "4001: pins.yaml"));
    fs::write(folder.path().join("pins.yaml"), FLOW).unwrap();
    let hotline = Hotline::start(folder);
    let li = Baresip::start(&Phone::agent("8001", "demo-8001", hotline.sip));
    hotline.wait_agent(0, "8001", "ready");
    let call = Caller::to("4001").call(hotline.sip);
    hotline.wait_prompt("enter-order-number");
    call.talker.press(ORDER);
    hotline.wait_prompt("enter-phone-number");
    call.talker.press(&format!("{PIN}#"));
    hotline.wait_journey(r#""outcome":"found""#);
    let shown = Shown::by(&li, 0);
    let context = shown.fetch().to_string();
    hotline.wait_connected(0, "8001");
    call.hang_up();
    let (said, data) = (hotline.process.said(), hotline.data());
    // The store as it is while the server runs, and as it leaves it.
    let mut seen = files(&data);
    let calls = {
        let config = hotline.config();
        let _folder = hotline.stop();
        seen.extend(files(&data));
        let calls = peers::recorded::read(&data);
        peers::recorded::replay(&calls, &config);
        calls
    };
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.keys(), ORDER.len() + PIN.len() + 1, "secret or not, each key is an event");
    let journey = serde_json::to_string(&call.journey).unwrap();
    let texts = [
        ("log", said),
        ("context", context),
        ("UUI", shown.short.to_string()),
        ("journey", journey),
    ];
    for (what, text) in &texts {
        assert!(!text.contains(PIN), "the {what} has the PIN: {text}");
        assert!(
            text.contains(ORDER) || *what == "UUI",
            "the {what} has the order number: the search finds things"
        );
    }
    assert!(
        seen.iter().any(|(path, bytes)| path.ends_with("hotline.db-wal") && has(bytes, ORDER)),
        "it was searched"
    );
    for (path, bytes) in &seen {
        assert!(!has(bytes, PIN), "{} has the PIN", path.display());
    }
    // Nor as single keys: of the secret only its end key is told.
    let revealed = call.events.iter().filter_map(|it| it.payload["revealed"]["symbol"].as_str());
    assert_eq!(revealed.collect::<String>(), format!("{ORDER}#"));
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let ours =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("hotline.db");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(ours).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

/// Where a secret is taken out of its wrapping, and how often. A new place is a decision: it belongs here with its reason.
const EXPOSED: &[(&str, usize)] = &[
    ("call/machine/speak.rs", 1),   // its length, for stars
    ("config/connector.rs", 1),     // can it be a header
    ("config/mod.rs", 1),           // is it one of the demo's
    ("desk/mail.rs", 1),            // logs in at the mail server
    ("desk/token.rs", 1),           // keys the signature
    ("desk/webhook.rs", 1),         // keys the signature
    ("lookup/convert.rs", 1),       // bound to the query: what it is for
    ("lookup/http.rs", 3),          // headers, token, password: to whom they are for
    ("lookup/json.rs", 1),          // sent in a body: what it is for
    ("lookup/pin.rs", 3),           // hashed and compared
    ("server/mod.rs", 1),           // handed to the endpoint, wrapped again
    ("sim/caller.rs", 1),           // a made-up caller keys it
    ("sim/secrets.rs", 1),          // a made-up caller keys it
    ("sip/auth/digest.rs", 1),      // hashed
    ("sip/endpoint/session.rs", 1), // onto the wire
    ("sip/message/uri.rs", 1),      // onto the wire
    ("value.rs", 1),                // its length, for stars
];

#[test]
fn secrets_are_exposed_where_they_must_be_and_nowhere_else() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    count(&source, &source, &mut found);
    let allowed: BTreeMap<String, usize> =
        EXPOSED.iter().map(|(path, times)| ((*path).to_owned(), *times)).collect();
    assert_eq!(found, allowed);
}

/// Calls of `expose()` below `folder`, tests left out.
fn count(source: &Path, folder: &Path, found: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(source).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.ends_with("tests") && !name.ends_with("torture") {
                count(source, &path, found);
            }
            continue;
        }
        if path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap();
        let times = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| line.matches(".expose()").count());
        let times: usize = times.sum();
        if times > 0 && !name.ends_with("tests.rs") {
            found.insert(name, times);
        }
    }
}

//! A call whose flow asks another system over HTTP: what is there, what is not, what fails, what is slow; a change that is
//! made once; a system that dies and comes back; and what the log may say of all that.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

mod peers;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use peers::hotline::{Hotline, folder};
use peers::http;
use peers::process::Said;
use peers::sipp::{Call, Caller};
use tempfile::TempDir;

const PIN: &str = "739146";
const TOKEN: &str = "demo-crm-8642";

/// Asks for orders, one after the other; who is told of one may have it paid back.
const FLOW: &str = r##"
flow: over-http
languages: [zh-CN]
start: main
lookups:
  order:
    http: crm
    get: /orders/{number}?lang=zh-CN
    takes: { number: digits }
    gives:
      status: { from: /order/status, is: [paid, shipped] }
      total: { from: /order/total, is: money }
    within: 1s
  refund:
    http: crm
    post: /orders/{number}/refunds
    send: { sum: "{sum}", pin: "{pin}", note: "by phone, {number}", source: hotline }
    takes: { number: digits, sum: money, pin: secret }
    changes: yes
    within: 1s
context:
  - { label: { zh-CN: 订单号 }, value: order_number }
steps:
  main:
    - ask: enter-order-number
      into: order_number
      as: digits
      length: 8
      ends_with: "#"
      otherwise: agent
    - lookup: order
      with: { number: order_number }
      not_found: not-there
      failed: down
    - play: order-total
    - ask: enter-pin
      into: pin
      as: secret
      length: 6
      ends_with: "#"
      otherwise: agent
    - lookup: refund
      with: { number: order_number, sum: order.total, pin: pin }
      not_found: not-there
      failed: down
      unknown: nobody-knows
    - goto: main
  not-there:
    - play: order-not-found
    - goto: main
  down:
    - play: system-down
    - goto: main
  nobody-knows:
    - play: please-wait
    - goto: main
  agent:
    - queue: service
      because: caller_asked
      max_wait: 10m
      otherwise: bye
  bye:
    - hangup: goodbye
"##;

/// The system that is asked.
#[derive(Clone, Default)]
struct Crm {
    /// Answers 500 to everything.
    is_broken: Arc<AtomicBool>,
    /// What was asked, in order.
    seen: Arc<Mutex<Vec<String>>>,
    /// What was to be changed: its headers and its body.
    changes: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Crm {
    /// Answers on a free port until the test ends.
    fn start() -> (Self, SocketAddr) {
        let crm = Self::default();
        let (tell, told) = mpsc::channel();
        let app = Router::new()
            .route("/api/orders/{number}", get(order))
            .route("/api/orders/{number}/refunds", post(refund))
            .route("/api/lines/{number}", get(line))
            .route("/api/healthz", get(health))
            .with_state(crm.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        (crm, told.recv().unwrap())
    }

    fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn json(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body).into_response()
}

async fn order(State(crm): State<Crm>, Path(number): Path<String>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    crm.seen.lock().unwrap().push(number.clone());
    match &*number {
        _ if crm.is_broken.load(Ordering::Relaxed) => json(500, "{}".into()),
        "20260002" => json(404, r#"{"error":"no such order"}"#.into()),
        "20260003" => json(500, r#"{"error":"down"}"#.into()),
        "20260004" => std::future::pending().await,
        "20260006" => json(200, r#"{"order":{"status":"lost","total":1}}"#.into()),
        _ => json(200, r#"{"order":{"status":"shipped","total":318.45}}"#.into()),
    }
}

async fn refund(
    State(crm): State<Crm>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    crm.changes.lock().unwrap().push((headers, body));
    if number == "20260005" { std::future::pending().await } else { json(201, String::new()) }
}

/// What `verify` compares with: the hash of the demo's PIN, 123456.
async fn line(Path(number): Path<String>) -> Response {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA";
    match &*number {
        "13900000001" => json(200, format!(r#"{{"pin":{{"hash":"{hash}"}}}}"#)),
        _ => json(404, "{}".into()),
    }
}

async fn health(State(crm): State<Crm>) -> StatusCode {
    if crm.is_broken.load(Ordering::Relaxed) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

/// The demo whose number 4001 leads to `flow`, and whose `crm` is at `at`.
fn with(flow: &str, at: SocketAddr) -> TempDir {
    let shop = format!("{}/flows/shop.yaml", env!("CARGO_MANIFEST_DIR"));
    let crm = format!(
        "connectors:\n  crm: {{ http: \"http://{at}/api/\", bearer: {TOKEN}, health: /healthz }}\n"
    );
    let folder = folder(|config| {
        config
            .replace(&format!("4001: {shop}"), "4001: over-http.yaml")
            .replace("\nconnectors:\n", &format!("\n{crm}"))
    });
    fs::write(folder.path().join("over-http.yaml"), flow).unwrap();
    folder
}

/// Keys an order number, which stops whatever is spoken, and waits for what becomes of it, after the first `upto` lines of
/// the log.
#[track_caller]
fn ask(hotline: &Hotline, call: &Call, upto: usize, number: &str, outcome: &str) -> usize {
    call.talker.press(&format!("{number}#"));
    looked_up(hotline, upto, "order", &format!(r#""outcome":"{outcome}""#)).upto
}

/// Waits for what becomes of a lookup.
#[track_caller]
fn looked_up(hotline: &Hotline, upto: usize, lookup: &str, outcome: &str) -> Said {
    let lookup = format!(r#""lookup":"{lookup}""#);
    let is_meant = |line: &str| line.contains(&lookup) && line.contains(outcome);
    hotline.process.wait_until(upto, outcome, is_meant)
}

#[test]
fn what_is_there_what_is_not_what_fails_and_what_is_slow_each_goes_its_way() {
    let (crm, at) = Crm::start();
    let hotline = Hotline::start(with(FLOW, at));
    let call = Caller::to("4001").call(hotline.sip);
    let mut upto = hotline.wait_prompt("enter-order-number").upto;
    for (number, outcome, then) in [
        ("20260002", "not_found", "order-not-found"),
        ("20260003", "failed", "system-down"),
        ("20260006", "failed", "system-down"),
        ("20260004", "timed_out", "system-down"),
        ("20260001", "found", "order-total"),
    ] {
        upto = ask(&hotline, &call, upto, number, outcome);
        upto = hotline.wait_journey_after(upto, &format!(r#""prompt":"{then}""#)).upto;
    }
    call.hang_up();
    hotline.wait_call_end();
    assert_eq!(crm.asked(), 5, "no answer was asked for twice");
    let log = hotline.process.said();
    assert!(log.contains("the system answered with status 500"), "{log}");
    assert!(log.contains(r#"column="status""#), "{log}");
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    let found = &call.all("looked_up")[4]["found"];
    assert_eq!(found["total"]["money"], 31_845, "{found}");
}

#[test]
fn a_change_is_sent_once_with_its_key_and_its_secret_stays_between_the_two() {
    let (crm, at) = Crm::start();
    let hotline = Hotline::start(with(FLOW, at));
    let call = Caller::to("4001").call(hotline.sip);
    let pin = format!("{PIN}#");
    let mut upto = hotline.wait_prompt("enter-order-number").upto;
    for (number, outcome) in [("20260001", "found"), ("20260005", "unknown")] {
        upto = ask(&hotline, &call, upto, number, "found");
        upto = hotline.wait_journey_after(upto, r#""prompt":"enter-pin""#).upto;
        call.talker.press(&pin); // not before it is asked for: only then is it known to be a secret
        let outcome = format!(r#""outcome":"{outcome}""#);
        upto = looked_up(&hotline, upto, "refund", &outcome).upto;
    }
    hotline.wait_journey_after(upto, r#""prompt":"enter-order-number""#);
    call.hang_up();
    hotline.wait_call_end();
    let (log, data, config) = (hotline.process.said(), hotline.data(), hotline.config());
    let _folder = hotline.stop();
    let calls = peers::recorded::read(&data);
    peers::recorded::replay(&calls, &config);
    let [stored] = &calls[..] else { panic!("{calls:#?}") };

    let changes = crm.changes.lock().unwrap().clone();
    let [first, second] = &changes[..] else { panic!("each was sent once: {changes:?}") };
    let body: serde_json::Value = serde_json::from_str(&first.1).unwrap();
    let sent = serde_json::json!({
        "sum": 318.45, "pin": PIN, "note": "by phone, 20260001", "source": "hotline",
    });
    assert_eq!(body, sent);
    assert!(first.1.contains(r#""sum":318.45,"#), "{}", first.1);
    let key =
        |change: &(HeaderMap, String)| change.0["idempotency-key"].to_str().unwrap().to_owned();
    let call_id = &stored.call.id;
    assert!(key(first).starts_with(&format!("{call_id}/")), "{} {call_id}", key(first));
    assert_ne!(key(first), key(second), "each change has a key of its own");
    for secret in [PIN, TOKEN] {
        assert!(!log.contains(secret), "the log has {secret}");
        let journey = serde_json::to_string(&stored.journey).unwrap();
        assert!(!journey.contains(secret), "the journey has {secret}");
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            let Ok(bytes) = fs::read(&path) else { continue }; // the folder of recordings
            let has = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
            assert!(!has, "{} has {secret}", path.display());
        }
    }
}

#[test]
fn a_dead_system_is_left_alone_and_asked_again_when_it_is_back() {
    let (crm, at) = Crm::start();
    crm.is_broken.store(true, Ordering::Relaxed);
    let hotline = Hotline::start(with(FLOW, at));
    let call = Caller::to("4001").call(hotline.sip);
    let mut upto = hotline.wait_prompt("enter-order-number").upto;
    for _ in 0..6 {
        upto = ask(&hotline, &call, upto, "20260001", "failed");
    }
    assert_eq!(crm.asked(), 5, "the sixth was not sent");
    hotline.process.wait_line("is left alone");
    let figure = |name: &str| {
        let figures = String::from_utf8(http::get(hotline.http, "/metrics").body).unwrap();
        let line = figures.lines().find(|it| it.starts_with(name)).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no {name} in {figures}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(figure("hotline_connector_breaker{connector=\"crm\"}"), "2");
    assert_eq!(figure("hotline_connector_opened_total{connector=\"crm\"}"), "1");
    assert_eq!(figure("hotline_lookups_total{connector=\"crm\",outcome=\"left_alone\"}"), "1");
    crm.is_broken.store(false, Ordering::Relaxed);
    // Each further try is an event that is waited for; after the pause of 5 s one of them is let through.
    let mut outcome = "failed".to_owned();
    for _ in 0..20 {
        call.talker.press("20260001#");
        let said = looked_up(&hotline, upto, "order", r#""outcome":"#);
        upto = said.upto;
        outcome = said.line;
        if outcome.contains(r#""outcome":"found""#) {
            break;
        }
    }
    assert!(outcome.contains(r#""outcome":"found""#), "{outcome}");
    assert_eq!(crm.asked(), 6, "one probe, and it was right");
    assert_eq!(figure("hotline_connector_breaker{connector=\"crm\"}"), "0");
    hotline.process.wait_line("a system answers again");
    // Another address is another system: that needs a restart, and the log says so.
    let config = fs::read_to_string(hotline.config()).unwrap();
    fs::write(hotline.config(), config.replace("/api/", "/api/v2/")).unwrap();
    hotline.process.signal("HUP");
    hotline.process.wait_line("not reloaded: queues and connectors are made at the start only");
    call.hang_up();
    hotline.wait_call_end();
    hotline.stop_and_replay();
}

fn check(folder: &TempDir, args: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let output = command.current_dir(folder.path()).arg("check").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn an_online_check_asks_each_system_whether_it_is_well() {
    let (crm, at) = Crm::start();
    let folder = with(FLOW, at);
    let (good, out, told) = check(&folder, &["over-http.yaml", "--online"]);
    assert!(good, "{out}{told}");
    let health = format!("connector `crm`: http://{at}/api/healthz ");
    assert!(told.contains(&format!("{health}answered 200 in ")), "{told}");
    crm.is_broken.store(true, Ordering::Relaxed);
    let (good, out, told) = check(&folder, &["over-http.yaml", "--online"]);
    assert!(!good && out.contains("error[HL0791]"), "{out}{told}");
    assert!(out.contains(&format!("{health}answered 503")), "{out}");
    // Nobody listens there.
    let dead = SocketAddr::from(([127, 0, 0, 1], peers::ports::free()));
    let folder = with(FLOW, dead);
    let (good, out, _) = check(&folder, &["over-http.yaml", "--online"]);
    let says = format!("http://{dead}/api/healthz did not answer: it cannot be reached");
    assert!(!good && out.contains(&says), "{out}");
    // Without --online nobody is asked.
    assert!(check(&folder, &["over-http.yaml"]).0);
}

/// Compares a PIN with what the system keeps of it.
const PINS: &str = r##"
flow: over-http
languages: [zh-CN]
start: main
lookups:
  pin:
    http: crm
    get: /lines/{number}
    takes: { number: digits }
    gives: { hash: { from: /pin/hash, is: secret } }
steps:
  main:
    - verify: enter-pin
      against: pin
      with: { number: "'13900000001'" }
      account: "'13900000001'"
      length: 6
      ends_with: "#"
      locked: agent
      failed: agent
      otherwise: agent
    - hangup: goodbye
  agent:
    - queue: service
      because: caller_asked
      max_wait: 10m
      otherwise: bye
  bye:
    - hangup: goodbye
"##;

#[test]
fn a_pin_is_compared_with_what_a_system_keeps_of_it() {
    let (_crm, at) = Crm::start();
    let folder = with(PINS, at);
    let tried = |keys: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
        command.current_dir(folder.path()).args(["try", "over-http.yaml"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let right = tried("123456#\n");
    assert!(right.contains("- verify pin for 13900000001: right"), "{right}");
    let wrong = tried("654321#\n");
    assert!(wrong.contains("- verify pin for 13900000001: wrong"), "{wrong}");
    assert!(!right.contains("argon2") && !right.contains("123456"), "{right}");
}

#[test]
fn a_scenario_has_tables_for_what_is_asked_over_http() {
    let (crm, at) = Crm::start();
    let folder = with(FLOW, at);
    let scenarios = r##"
answers:
  order: [ { number: "20260001", status: paid, total: 56.30 } ]
  refund: [ { number: "20260001", pin: "739146" } ]
scenarios:
  what is paid back is paid back once:
    talk:
      - hears: enter-order-number
      - keys: "20260001#"
      - hears: order-total
      - says: 五十六元三角
      - hears: enter-pin
      - keys: "739146#"
      - hears: enter-order-number
      - hangs_up:
  nobody knows whether it was:
    slow: { refund: 3s }
    talk:
      - hears: enter-order-number
      - keys: "20260001#"
      - hears: [order-total, enter-pin]
      - keys: "739146#"
      - hears: please-wait
      - hangs_up:
  an order that is not there:
    talk:
      - hears: enter-order-number
      - keys: "20260002#"
      - hears: order-not-found
      - hangs_up:
"##;
    fs::write(folder.path().join("over-http.test.yaml"), scenarios).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let output = command.current_dir(folder.path()).args(["test", "over-http.yaml"]).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(crm.asked(), 0, "nobody is asked in a scenario");
}

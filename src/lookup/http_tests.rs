//! Lookups at a real HTTP server on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method as Asked, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::secret::Secret;
use crate::value::Type;

const SOON: Duration = Duration::from_secs(5);

/// What the system was asked.
#[derive(Debug, Clone)]
struct Seen {
    method: String,
    target: String,
    headers: HeaderMap,
    body: String,
}

/// What it does with the next question.
#[derive(Debug, Clone)]
enum Act {
    Json(u16, &'static str),
    Html,
    Redirect,
    /// This many bytes of JSON, without a length.
    Long(usize),
    /// Never answers.
    Hangs,
}

#[derive(Clone, Default)]
struct Crm {
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Crm {
    /// A system that does `acts` in turn, then answers `{}`.
    async fn start(acts: impl IntoIterator<Item = Act>) -> (Self, SocketAddr) {
        let crm =
            Self { acts: Arc::new(Mutex::new(acts.into_iter().collect())), ..Self::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(crm.clone());
        tokio::spawn(axum::serve(listener, app).into_future());
        (crm, at)
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(
    State(crm): State<Crm>,
    method: Asked,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    crm.seen.lock().unwrap().push(Seen {
        method: method.to_string(),
        target: uri.to_string(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let act = crm.acts.lock().unwrap().pop_front().unwrap_or(Act::Json(200, "{}"));
    let json = [("content-type", "application/json; charset=utf-8")];
    match act {
        Act::Json(status, body) => {
            (StatusCode::from_u16(status).unwrap(), json, body).into_response()
        }
        Act::Html => ([("content-type", "text/html")], "{\"status\":\"paid\"}").into_response(),
        Act::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Act::Long(bytes) => {
            (json, format!("{{\"status\":\"{}\"}}", "x".repeat(bytes))).into_response()
        }
        Act::Hangs => std::future::pending().await,
    }
}

fn config(at: SocketAddr) -> HttpConfig {
    HttpConfig {
        name: "crm".into(),
        address: format!("http://{at}/api").into(),
        headers: vec![("X-Api-Key".into(), Secret::new("k-4711".into()))],
        login: Some(Login::Basic("hotline".into(), Secret::new("p-4711".into()))),
        connections: 2,
        health: Some("/healthz".into()),
    }
}

async fn open(at: SocketAddr) -> Lookups {
    Lookups::open([config(at)]).await.unwrap()
}

fn raw(text: &str) -> Part {
    Part::Raw(text.into())
}

fn column(name: &str, kind: Type) -> Column {
    Column { name: name.into(), kind, optional: false }
}

/// `GET /orders/{number}`, which gives a status.
fn order() -> Request {
    Request {
        method: Method::Get,
        path: vec![raw("/orders/"), Part::Value("number".into())],
        query: vec![raw("lang=zh")],
        send: None,
        gives: vec![(column("status", Type::Text), "/status".into())],
        found_when: None,
        changes: false,
    }
}

/// `POST /topups`, which changes something and gives nothing.
fn top_up() -> Request {
    let send = vec![
        raw("{\"sum\":"),
        Part::Value("sum".into()),
        raw(",\"pin\":"),
        Part::Value("pin".into()),
        raw("}"),
    ];
    Request {
        method: Method::Post,
        path: vec![raw("/topups")],
        query: vec![],
        send: Some(send),
        gives: vec![],
        changes: true,
        ..order()
    }
}

fn number(text: &str) -> Vec<(Arc<str>, Value)> {
    vec![("number".into(), Value::Text(text.into()))]
}

fn sum_and_pin() -> Vec<(Arc<str>, Value)> {
    let secret = Value::Secret(Secret::new("864213".into()));
    vec![
        ("sum".into(), Value::Money(5_000)),
        ("pin".into(), secret),
        ("once".into(), Value::Text("20261124T150000-a1b2c3-1/7".into())),
    ]
}

async fn ask(lookups: &Lookups, request: Request, params: &[(Arc<str>, Value)]) -> Outcome {
    lookups.run("crm", &Query::Http(request), params, SOON).await
}

fn found(status: &str) -> Outcome {
    Outcome::Found(vec![("status".into(), Value::Text(status.into()))])
}

#[tokio::test]
async fn a_question_and_a_change_look_on_the_wire_as_the_flow_says() {
    let (crm, at) = Crm::start([Act::Json(200, r#"{"status":"paid"}"#), Act::Json(201, "")]).await;
    let lookups = open(at).await;
    assert_eq!(ask(&lookups, order(), &number("2026/1?x=#")).await, found("paid"));
    assert_eq!(ask(&lookups, top_up(), &sum_and_pin()).await, Outcome::Found(vec![]));
    let [asked, changed] = &crm.seen()[..] else { panic!("{:?}", crm.seen()) };
    assert_eq!((&*asked.method, &*asked.target), ("GET", "/api/orders/2026%2F1%3Fx%3D%23?lang=zh"));
    assert_eq!((&*changed.method, &*changed.target), ("POST", "/api/topups"));
    assert_eq!((&*asked.body, &*changed.body), ("", r#"{"sum":50.00,"pin":"864213"}"#));
    let header = |seen: &Seen, name: &str| {
        seen.headers.get(name).map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    for (name, of_asked, of_changed) in [
        ("authorization", "Basic aG90bGluZTpwLTQ3MTE=", "Basic aG90bGluZTpwLTQ3MTE="),
        ("x-api-key", "k-4711", "k-4711"),
        ("accept", "application/json", "application/json"),
        ("content-type", "", "application/json"),
        ("idempotency-key", "", "20261124T150000-a1b2c3-1/7"),
    ] {
        let got = (header(asked, name), header(changed, name));
        assert_eq!(got, (of_asked.to_owned(), of_changed.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn each_answer_that_is_none_has_its_name() {
    use Failure as F;
    #[rustfmt::skip]
    let table = [
        (Act::Json(404, "{}"),                    Outcome::NotFound),
        (Act::Json(410, "gone"),                  Outcome::NotFound),
        (Act::Json(401, "{}"),                    Outcome::Failed(F::Status(401))),
        (Act::Json(500, "{}"),                    Outcome::Failed(F::Status(500))),
        (Act::Redirect,                           Outcome::Failed(F::Status(302))),
        (Act::Html,                               Outcome::Failed(F::NotJson)),
        (Act::Json(200, "{\"status\":"),          Outcome::Failed(F::NotJson)),
        (Act::Json(204, ""),                      Outcome::Failed(F::NotJson)),
        (Act::Json(200, "{}"),                    Outcome::Failed(F::Answer)),
        (Act::Json(200, r#"{"status":[1]}"#),     Outcome::Failed(F::Answer)),
        (Act::Long(256 * 1_024),                  Outcome::Failed(F::TooLarge)),
        (Act::Json(200, r#"{"status":"paid"}"#),  found("paid")),
    ];
    let (crm, at) = Crm::start(table.iter().map(|it| it.0.clone())).await;
    let lookups = open(at).await;
    for (act, expected) in &table {
        assert_eq!(ask(&lookups, order(), &number("1")).await, *expected, "{act:?}");
    }
    assert_eq!(crm.seen().len(), table.len(), "nothing was asked twice, nobody was followed");
    for (params, expected) in [
        (number(""), Outcome::Failed(F::Value)),
        (number(".."), Outcome::Failed(F::Value)),
        (vec![], Outcome::Failed(F::NoParameter)),
    ] {
        assert_eq!(ask(&lookups, order(), &params).await, expected, "{params:?}");
    }
    let statement = Query::prepare("select 1", &[], vec![], false).unwrap();
    let outcome = lookups.run("crm", &statement, &[], SOON).await;
    assert_eq!(outcome, Outcome::Failed(F::NoConnector));
    assert_eq!(crm.seen().len(), table.len());
}

#[tokio::test]
async fn a_change_that_may_have_been_made_is_unknown_and_never_sent_again() {
    use Failure as F;
    let within = Duration::from_millis(200);
    #[rustfmt::skip]
    let table = [
        (Act::Json(500, "{}"), Outcome::Unknown(F::Status(500))),
        (Act::Redirect,        Outcome::Unknown(F::Status(302))),
        (Act::Hangs,           Outcome::Unknown(F::Late)),
        (Act::Json(422, "{}"), Outcome::Failed(F::Status(422))),
        (Act::Json(404, "{}"), Outcome::NotFound),
    ];
    let (crm, at) = Crm::start(table.iter().map(|it| it.0.clone())).await;
    let lookups = open(at).await;
    for (act, expected) in &table {
        let query = Query::Http(top_up());
        let outcome = lookups.run("crm", &query, &sum_and_pin(), within).await;
        assert_eq!(outcome, *expected, "{act:?}");
    }
    assert_eq!(crm.seen().len(), table.len());
    let without_key = &sum_and_pin()[..2];
    assert_eq!(ask(&lookups, top_up(), without_key).await, Outcome::Failed(F::NoParameter));
    assert_eq!(crm.seen().len(), table.len(), "nothing is sent without its key");
}

/// Takes each connection, reads what comes, and closes it without a word; after `silent` of them it answers.
async fn closes(silent: usize) -> (SocketAddr, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4_096];
            let _ = stream.read(&mut bytes).await;
            *counted.lock().unwrap() += 1;
            if turn >= silent {
                let body = r#"{"status":"paid"}"#;
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        }
    });
    (at, count)
}

#[tokio::test]
async fn a_lost_connection_is_tried_once_more_when_nothing_is_changed() {
    let (at, count) = closes(1).await;
    assert_eq!(ask(&open(at).await, order(), &number("1")).await, found("paid"));
    assert_eq!(*count.lock().unwrap(), 2);
    let (at, count) = closes(2).await;
    let outcome = ask(&open(at).await, order(), &number("1")).await;
    assert_eq!(outcome, Outcome::Failed(Failure::Lost));
    assert_eq!(*count.lock().unwrap(), 2);
    let (at, count) = closes(9).await;
    let outcome = ask(&open(at).await, top_up(), &sum_and_pin()).await;
    assert_eq!(outcome, Outcome::Unknown(Failure::Lost));
    assert_eq!(*count.lock().unwrap(), 1);
}

/// An address at which nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_change_that_was_never_sent_has_failed_and_is_not_unknown() {
    let lookups = open(nobody().await).await;
    let outcome = ask(&lookups, top_up(), &sum_and_pin()).await;
    assert_eq!(outcome, Outcome::Failed(Failure::Unreachable));
}

#[tokio::test]
async fn a_dead_system_costs_the_sixth_caller_nothing() {
    let (crm, at) = Crm::start(std::iter::repeat_n(Act::Hangs, 5)).await;
    let lookups = open(at).await;
    let within = Duration::from_millis(50);
    let query = Query::Http(order());
    for _ in 0..5 {
        assert_eq!(lookups.run("crm", &query, &number("1"), within).await, Outcome::TimedOut);
    }
    let left_alone = Outcome::Failed(Failure::LeftAlone);
    for _ in 0..20 {
        assert_eq!(ask(&lookups, order(), &number("1")).await, left_alone);
        assert_eq!(ask(&lookups, top_up(), &sum_and_pin()).await, left_alone);
    }
    assert_eq!(crm.seen().len(), 5);
}

#[tokio::test]
async fn those_who_wait_for_a_place_end_in_their_time_and_what_was_not_sent_has_failed() {
    let (crm, at) = Crm::start(std::iter::repeat_n(Act::Hangs, 2)).await;
    let lookups = open(at).await;
    let (long, short) = (Duration::from_millis(400), Duration::from_millis(100));
    let (order, top_up) = (Query::Http(order()), Query::Http(top_up()));
    let (number, sum) = (number("1"), sum_and_pin());
    let outcomes = tokio::join!(
        lookups.run("crm", &order, &number, long),
        lookups.run("crm", &order, &number, long),
        lookups.run("crm", &order, &number, short),
        lookups.run("crm", &top_up, &sum, short),
    );
    let busy = Outcome::Failed(Failure::Busy);
    assert_eq!(outcomes, (Outcome::TimedOut, Outcome::TimedOut, Outcome::TimedOut, busy));
    assert_eq!(crm.seen().len(), 2);
}

#[tokio::test]
async fn no_more_wait_than_have_a_chance() {
    let (_crm, at) = Crm::start(std::iter::repeat_n(Act::Hangs, 40)).await;
    let lookups = open(at).await;
    let query = Query::Http(order());
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (lookups, query) = (lookups.clone(), query.clone());
        asked.spawn(async move {
            lookups.run("crm", &query, &number("1"), Duration::from_millis(200)).await
        });
    }
    let mut busy = 0;
    while let Some(outcome) = asked.join_next().await {
        busy += usize::from(outcome.unwrap() == Outcome::Failed(Failure::Busy));
    }
    assert_eq!(busy, 40 - 2 * 17);
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_the_place_and_the_breaker_as_they_were() {
    let (_crm, at) = Crm::start(std::iter::repeat_n(Act::Hangs, 8)).await;
    let lookups = open(at).await;
    let query = Query::Http(order());
    for _ in 0..8 {
        let number = number("1");
        let asked = lookups.run("crm", &query, &number, SOON);
        assert!(tokio::time::timeout(Duration::from_millis(20), asked).await.is_err());
    }
    assert_eq!(ask(&lookups, order(), &number("1")).await, Outcome::Failed(Failure::Answer));
}

#[tokio::test]
async fn a_health_address_says_what_it_answered() {
    let (_crm, at) = Crm::start([Act::Json(200, "ok"), Act::Json(503, "")]).await;
    let lookups = open(at).await;
    let asked = async |lookups: &Lookups| {
        let [(_, Some(health))] = &lookups.health().await[..] else { panic!() };
        (health.is_well(), health.answer.as_ref().map(|it| it.0).map_err(|it| *it))
    };
    assert_eq!(asked(&lookups).await, (true, Ok(200)));
    assert_eq!(asked(&lookups).await, (false, Ok(503)));
    let dead = open(nobody().await).await;
    assert_eq!(asked(&dead).await, (false, Err(Failure::Unreachable)));
    let silent = HttpConfig { health: None, ..config(at) };
    let silent = Lookups::open([silent]).await.unwrap();
    assert_eq!(silent.health().await, [("crm".into(), None)]);
}

#[tokio::test]
async fn the_log_names_connector_and_reason_and_never_a_value() {
    #[rustfmt::skip]
    let acts = [
        Act::Json(200, r#"{"status":["4711"]}"#), Act::Json(500, "4711"), Act::Html, Act::Redirect,
    ];
    let (_crm, at) = Crm::start(acts).await;
    let heard = super::tests::Heard::default();
    let writer = heard.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let lookups = open(at).await;
    for _ in 0..4 {
        ask(&lookups, order(), &number("8642")).await;
    }
    ask(&lookups, top_up(), &sum_and_pin()).await;
    let dead = open(nobody().await).await;
    ask(&dead, order(), &number("8642")).await;
    ask(&dead, top_up(), &sum_and_pin()).await;
    let log = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<_> = log.lines().filter(|it| it.contains("hotline::lookup")).collect();
    for secret in ["4711", "8642", "aG90bGluZTpwLTQ3MTE="] {
        assert!(ours.iter().all(|it| !it.contains(secret)), "{secret}: {ours:#?}");
    }
    let says = |text: &str| ours.iter().any(|it| it.contains(text));
    assert!(
        says("connector=\"crm\"") && says("status 500") && says("column=\"status\""),
        "{ours:#?}"
    );
    // Nor do the libraries below, even where all of their words are wanted.
    for secret in ["k-4711", "p-4711", "864213", "aG90bGluZTpwLTQ3MTE="] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

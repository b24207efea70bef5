//! Lookups on real database files.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::value::Type;

const SHOP: &str = "
    create table orders (number text primary key, status text, carrier text, eta text, total real, parts integer);
    insert into orders values ('20260001', 'shipped', '顺丰', '2026-11-26', 318.45, 2);
    insert into orders values ('20260002', 'paid', null, null, 56.30, 1);
    insert into orders values ('00000007', 'vanished', null, null, 1, 1);
    create table lines (phone text primary key, balance numeric, minutes integer, closes text, blocked integer);
    insert into lines values ('13900000001', 56.30, 7200, '23:00', 0);
";

fn config(directory: &Path, script: &str) -> SqliteConfig {
    let sql = directory.join("shop.sql");
    std::fs::write(&sql, script).unwrap();
    SqliteConfig {
        name: "shop".into(),
        file: directory.join("new/shop.db"),
        create: vec![sql],
        connections: 2,
    }
}

async fn shop() -> (TempDir, Lookups) {
    let directory = tempfile::tempdir().unwrap();
    let lookups = Lookups::open(vec![config(directory.path(), SHOP)]).await.unwrap();
    (directory, lookups)
}

fn column(name: &str, kind: Type) -> Column {
    Column { name: name.into(), kind, optional: false }
}

fn maybe(name: &str, kind: Type) -> Column {
    Column { optional: true, ..column(name, kind) }
}

fn query(text: &str, takes: &[&str], gives: Vec<Column>) -> Query {
    Query::prepare(text, &takes.iter().map(|it| (*it).into()).collect::<Vec<_>>(), gives, false)
        .unwrap()
}

fn change(text: &str, takes: &[&str]) -> Query {
    Query::prepare(text, &takes.iter().map(|it| (*it).into()).collect::<Vec<_>>(), Vec::new(), true)
        .unwrap()
}

fn given(name: &str, kind: &Type, text: &str) -> (Arc<str>, Value) {
    (name.into(), kind.read(text).unwrap())
}

const SOON: Duration = Duration::from_secs(5);

/// `name: value, …`, or what became of it.
fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Found(columns) => columns
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>()
            .join(", "),
        Outcome::NotFound | Outcome::Failed(_) | Outcome::TimedOut | Outcome::Unknown(_) => {
            format!("{outcome:?}")
        }
    }
}

fn order() -> Query {
    let status = Type::Choice(["paid".into(), "shipped".into()].into());
    query(
        "select status, carrier, eta, total from orders where number = :number",
        &["number"],
        vec![
            column("status", status),
            maybe("carrier", Type::Text),
            maybe("eta", Type::Date),
            column("total", Type::Money),
        ],
    )
}

#[tokio::test]
async fn an_order_is_found_with_its_declared_types() {
    let (_directory, lookups) = shop().await;
    #[rustfmt::skip]
    let table = [
        ("20260001", "status: shipped, carrier: 顺丰, eta: 2026-11-26, total: 318.45"),
        ("20260002", "status: paid, total: 56.30"), // what is null and may be is left out
        ("00000007", "Failed(Answer)"),             // a status that the lookup does not know
        ("99999999", "NotFound"),
    ];
    for (number, wanted) in table {
        let params = [given("number", &Type::Digits, number)];
        assert_eq!(shown(&lookups.run("shop", &order(), &params, SOON).await), wanted, "{number}");
    }
}

#[tokio::test]
async fn what_callers_key_is_bound_and_never_pasted() {
    let (_directory, lookups) = shop().await;
    for number in ["' or 1=1 --", "20260001' --", "\"; drop table orders; --", "%"] {
        let params = [given("number", &Type::Text, number)];
        assert_eq!(
            lookups.run("shop", &order(), &params, SOON).await,
            Outcome::NotFound,
            "{number}"
        );
    }
    let params = [given("number", &Type::Secret, "20260001")];
    assert!(matches!(lookups.run("shop", &order(), &params, SOON).await, Outcome::Found(_)));
}

#[tokio::test]
async fn every_type_goes_to_the_database_and_comes_back() {
    let (_directory, lookups) = shop().await;
    #[rustfmt::skip]
    let table = [
        (Type::Text,     "顺丰",             "text"),
        (Type::Digits,   "00120#",           "text"),
        (Type::Phone,    "+8613800000001",   "text"),
        (Type::Secret,   "4711",             "text"),
        (Type::Number,   "3",                "integer"),
        (Type::Number,   "3.5",              "real"),
        (Type::Percent,  "3.5%",             "real"),
        (Type::Percent,  "100%",             "integer"),
        (Type::Money,    "56.30",            "real"),
        (Type::Money,    "56.00",            "integer"),
        (Type::Money,    "-0.05",            "real"),
        (Type::Date,     "2026-11-26",       "text"),
        (Type::Time,     "15:04:00",         "text"),
        (Type::DateTime, "2026-11-24 15:00", "text"),
        (Type::Duration, "2h 5m",            "integer"),
        (Type::Duration, "1.5s",             "real"),
        (Type::YesNo,    "yes",              "integer"),
    ];
    for (kind, text, stored_as) in table {
        let gives = vec![column("it", kind.clone()), column("kind", Type::Text)];
        let echo = query("select :it as it, typeof(:it) as kind", &["it"], gives);
        let param = given("it", &kind, text);
        let wanted =
            Outcome::Found(vec![param.clone(), ("kind".into(), Value::Text(stored_as.into()))]);
        assert_eq!(lookups.run("shop", &echo, &[param], SOON).await, wanted, "{kind} {text}");
    }
    // Sums are compared as numbers, not as texts ("100" < "20").
    let rich = query(
        "select 1 as yes from lines where balance > :sum",
        &["sum"],
        vec![column("yes", Type::YesNo)],
    );
    for (sum, wanted) in
        [("9", "yes: yes"), ("56.29", "yes: yes"), ("56.30", "NotFound"), ("100", "NotFound")]
    {
        assert_eq!(
            shown(&lookups.run("shop", &rich, &[given("sum", &Type::Money, sum)], SOON).await),
            wanted
        );
    }
    let minutes = query(
        "select minutes, blocked from lines",
        &[],
        vec![column("minutes", Type::Duration), column("blocked", Type::YesNo)],
    );
    assert_eq!(shown(&lookups.run("shop", &minutes, &[], SOON).await), "minutes: 2h, blocked: no");
}

#[tokio::test]
async fn a_lookup_changes_something_only_when_it_says_so() {
    let (_directory, lookups) = shop().await;
    let text = "update lines set balance = balance - :sum where phone = :phone";
    let takes = ["sum", "phone"];
    let params = [given("sum", &Type::Money, "6.30"), given("phone", &Type::Phone, "13900000001")];
    let sneaky = query(text, &takes, Vec::new());
    assert_eq!(
        lookups.run("shop", &sneaky, &params, SOON).await,
        Outcome::Failed(Failure::Refused)
    );
    assert_eq!(lookups.check_query("shop", &sneaky).await, Err(CheckError::Changes));
    let honest = change(text, &takes);
    assert_eq!(lookups.check_query("shop", &honest).await, Ok(()));
    assert_eq!(lookups.run("shop", &honest, &params, SOON).await, Outcome::Found(vec![]));
    let nobody = [params[0].clone(), given("phone", &Type::Phone, "10086")];
    assert_eq!(lookups.run("shop", &honest, &nobody, SOON).await, Outcome::NotFound);
    let balance = query("select balance from lines", &[], vec![column("balance", Type::Money)]);
    assert_eq!(shown(&lookups.run("shop", &balance, &[], SOON).await), "balance: 50.00");
    let returning = Query::prepare(
        "update lines set balance = balance + 1 returning balance",
        &[],
        vec![column("balance", Type::Money)],
        true,
    );
    assert_eq!(shown(&lookups.run("shop", &returning.unwrap(), &[], SOON).await), "balance: 51.00");
}

/// Counts to some billions: minutes of work.
const ENDLESS: &str =
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1e12)";

#[tokio::test]
async fn a_query_that_takes_too_long_is_interrupted_and_starves_nobody() {
    let (_directory, lookups) = shop().await;
    let endless = query(
        &format!("{ENDLESS} select max(i) as it from n"),
        &[],
        vec![column("it", Type::Number)],
    );
    let within = Duration::from_millis(100);
    let began = Instant::now();
    // Four at two connections: the last two do not even get their turn.
    let four = tokio::join!(
        lookups.run("shop", &endless, &[], within),
        lookups.run("shop", &endless, &[], within),
        lookups.run("shop", &endless, &[], within),
        lookups.run("shop", &endless, &[], within),
    );
    assert_eq!(<[_; 4]>::from(four), [const { Outcome::TimedOut }; 4]);
    assert!(began.elapsed() < within + Duration::from_secs(2), "took {:?}", began.elapsed());
    for _ in 0..4 {
        let params = [given("number", &Type::Digits, "20260002")];
        let outcome = lookups.run("shop", &order(), &params, SOON).await;
        assert_eq!(shown(&outcome), "status: paid, total: 56.30");
    }
}

#[tokio::test]
async fn a_change_that_takes_too_long_is_undone() {
    let (_directory, lookups) = shop().await;
    let slow = change(&format!("update lines set balance = ({ENDLESS} select max(i) from n)"), &[]);
    assert_eq!(lookups.run("shop", &slow, &[], Duration::from_millis(50)).await, Outcome::TimedOut);
    let balance = query("select balance from lines", &[], vec![column("balance", Type::Money)]);
    assert_eq!(shown(&lookups.run("shop", &balance, &[], SOON).await), "balance: 56.30");
    // The one connection that may write is free again.
    let quick = change("update lines set blocked = 1", &[]);
    assert_eq!(lookups.run("shop", &quick, &[], SOON).await, Outcome::Found(vec![]));
}

#[tokio::test]
async fn a_change_waits_for_another_writer_within_its_time() {
    use sqlx::{ConnectOptions, Connection};
    let (directory, lookups) = shop().await;
    let file = directory.path().join("new/shop.db");
    let mut other =
        sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let held = other.begin_with("begin immediate").await.unwrap();
    let quick = change("update lines set blocked = 1", &[]);
    assert_eq!(
        lookups.run("shop", &quick, &[], Duration::from_millis(150)).await,
        Outcome::TimedOut
    );
    let (outcome, released) = tokio::join!(lookups.run("shop", &quick, &[], SOON), held.rollback());
    released.unwrap();
    assert_eq!(outcome, Outcome::Found(vec![]));
}

#[tokio::test]
async fn each_failure_has_its_name() {
    let (directory, lookups) = shop().await;
    let one = || query("select 1 as it", &[], vec![column("it", Type::Number)]);
    let no_table = query("select it from nothing", &[], vec![column("it", Type::Number)]);
    let null = query("select null as it", &[], vec![column("it", Type::Number)]);
    let blob = query("select x'00' as it", &[], vec![column("it", Type::Text)]);
    let other_name = query("select 1 as that", &[], vec![column("it", Type::Number)]);
    let takes = query("select :n as it", &["n"], vec![column("it", Type::Number)]);
    let twice = change("insert into orders (number) values ('20260001')", &[]);
    #[rustfmt::skip]
    let table = [
        ("nobody", one(),      Failure::NoConnector),
        ("shop",   no_table,   Failure::Refused),
        ("shop",   null,       Failure::Answer),
        ("shop",   blob,       Failure::Answer),
        ("shop",   other_name, Failure::Answer),
        ("shop",   takes,      Failure::NoParameter),
        ("shop",   twice,      Failure::Refused),
    ];
    for (connector, query, wanted) in table {
        assert_eq!(
            lookups.run(connector, &query, &[], SOON).await,
            Outcome::Failed(wanted),
            "{query:?}"
        );
    }
    let missing = SqliteConfig {
        name: "missing".into(),
        file: directory.path().join("missing.db"),
        create: Vec::new(),
        connections: 1,
    };
    let letter = SqliteConfig {
        name: "letter".into(),
        file: directory.path().join("shop.sql"),
        ..missing.clone()
    };
    let lookups = Lookups::open(vec![missing, letter]).await.unwrap();
    for connector in ["missing", "letter"] {
        let outcome =
            lookups.run(connector, &order(), &[given("number", &Type::Digits, "1")], SOON).await;
        assert_eq!(outcome, Outcome::Failed(Failure::Unreachable), "{connector}");
    }
}

#[tokio::test]
async fn queries_are_checked_without_being_run() {
    let (_directory, lookups) = shop().await;
    let check = async |text: &str, name: &str| {
        let found = query(text, &[], vec![column(name, Type::Number)]);
        lookups.check_query("shop", &found).await
    };
    assert_eq!(check("select total from orders", "total").await, Ok(()));
    assert_eq!(
        check("select total from orders", "sum").await,
        Err(CheckError::NoColumn("sum".into()))
    );
    let Err(CheckError::Refused(words)) = check("select totl from orders", "totl").await else {
        panic!()
    };
    insta::assert_snapshot!(words, @"no such column: totl");
    assert_eq!(lookups.check_query("nobody", &order()).await, Err(CheckError::NoConnector));
}

#[tokio::test]
async fn a_database_is_made_once_and_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let broken = config(
        directory.path(),
        "create table orders (number text); insert into nothing values (1);",
    );
    assert!(matches!(Lookups::open(vec![broken.clone()]).await, Err(OpenError::Create(..))));
    assert_eq!(std::fs::read_dir(directory.path().join("new")).unwrap().count(), 0);
    let good = config(directory.path(), SHOP);
    let lookups = Lookups::open(vec![good.clone()]).await.unwrap();
    lookups.run("shop", &change("delete from orders", &[]), &[], SOON).await;
    let again = Lookups::open(vec![good]).await.unwrap();
    let params = [given("number", &Type::Digits, "20260001")];
    assert_eq!(again.run("shop", &order(), &params, SOON).await, Outcome::NotFound);
    let mut unreadable = broken;
    unreadable.create = vec![directory.path().join("nothing.sql")];
    unreadable.file = directory.path().join("other.db");
    assert!(matches!(Lookups::open(vec![unreadable]).await, Err(OpenError::File(..))));
}

/// Collects what is logged.
#[derive(Clone, Default)]
pub(super) struct Heard(pub(super) Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_connector_and_reason_and_never_a_value() {
    let (_directory, lookups) = shop().await;
    let heard = Heard::default();
    let writer = heard.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    // SQLite's own words for this are `bad JSON path: '4711'`.
    let leaky =
        query("select json_extract('{}', :pin) as it", &["pin"], vec![column("it", Type::Text)]);
    let outcome = lookups.run("shop", &leaky, &[given("pin", &Type::Secret, "4711")], SOON).await;
    assert_eq!(outcome, Outcome::Failed(Failure::Refused));
    let heard = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    assert!(heard.contains("the database refused the query") && heard.contains("shop"), "{heard}");
    assert!(!heard.contains("4711"), "{heard}");
}

//! Cases: what callers wait for an answer to.
//!
//! A case is committed before its number is told to anybody: these wait for the database, in a task of their own.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::read::moment;
use super::{Error, Store};

/// A case to be opened.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// The call's id. With `ticket` it names the case: opened twice, it is one.
    pub call: Arc<str>,
    /// Which of the call's cases.
    pub ticket: u32,
    /// Its kind, as hotline.yaml has it.
    pub kind: Arc<str>,
    /// What about, in a word of the designer's.
    pub about: Option<Arc<str>>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// The caller's number, unless withheld.
    pub caller: Option<Arc<str>>,
    /// The number they dialled.
    pub dialled: Arc<str>,
    /// The language they speak.
    pub language: Arc<str>,
    /// What the flow told, by name, secrets masked.
    pub fields: Value,
    /// When it is opened.
    pub opened_at: Timestamp,
    /// Until when an answer is promised.
    pub promised_at: Timestamp,
}

/// A case as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredCase {
    /// What callers are told: figures, the last of them a check digit.
    pub number: Arc<str>,
    /// Its kind, as hotline.yaml has it.
    pub kind: Arc<str>,
    /// What about, in a word of the designer's.
    pub about: Option<Arc<str>>,
    /// The call's id.
    pub call: Arc<str>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// The caller's number, unless withheld.
    pub caller: Option<Arc<str>>,
    /// The number they dialled.
    pub dialled: Arc<str>,
    /// The language they speak.
    pub language: Arc<str>,
    /// What the flow told, by name.
    pub fields: Value,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when an answer is promised.
    pub promised_at: Timestamp,
    /// When it was closed; `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

/// Which cases; the default is the hundred open ones that are due first.
#[derive(Debug, Clone)]
pub struct CaseFilter {
    /// Open ones, or closed ones.
    pub open: bool,
    /// Of this kind.
    pub kind: Option<Arc<str>>,
    /// Of this caller.
    pub caller: Option<Arc<str>>,
    /// Promised before then.
    pub due_before: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

impl Default for CaseFilter {
    fn default() -> Self {
        Self { open: true, kind: None, caller: None, due_before: None, limit: 100 }
    }
}

/// The first number has seven figures, so that none is ever shorter than callers are used to.
const FIRST: i64 = 100_000;

impl Store {
    /// Opens a case and tells its number; the same number when it is opened already.
    ///
    /// # Errors
    /// [`Error::Database`]: nothing is opened then.
    pub async fn open_case(&self, case: &NewCase) -> Result<Arc<str>, Error> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let opened = sqlx::query(
            "insert into cases (call, ticket, kind, about, flow, caller, dialled, language, fields, opened_at, promised_at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (call, ticket) do nothing returning id",
        )
        .bind(&*case.call)
        .bind(case.ticket)
        .bind(&*case.kind)
        .bind(case.about.as_deref())
        .bind(&*case.flow)
        .bind(case.caller.as_deref())
        .bind(&*case.dialled)
        .bind(&*case.language)
        .bind(case.fields.to_string())
        .bind(case.opened_at.as_microsecond())
        .bind(case.promised_at.as_microsecond())
        .fetch_optional(&mut *transaction)
        .await?;
        let number: Arc<str> = if let Some(row) = opened {
            let id: i64 = row.try_get("id")?;
            let number = number(id);
            sqlx::query("update cases set number = ? where id = ?")
                .bind(&*number)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            number
        } else {
            let row = sqlx::query("select number from cases where call = ? and ticket = ?")
                .bind(&*case.call)
                .bind(case.ticket)
                .fetch_one(&mut *transaction)
                .await?;
            row.try_get::<&str, _>("number")?.into()
        };
        transaction.commit().await?;
        Ok(number)
    }

    /// The case with this number.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn case(&self, number: &str) -> Result<Option<StoredCase>, Error> {
        let row = sqlx::query("select * from cases where number = ?")
            .bind(number)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(case).transpose()
    }

    /// The cases that `filter` lets through: open ones by their deadline, closed ones with the last one first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<StoredCase>, Error> {
        let of_state = if filter.open {
            "select * from cases where closed_at is null and number is not null
             and (?1 is null or kind = ?1) and (?2 is null or caller = ?2) and (?3 is null or promised_at < ?3)
             order by promised_at, id limit ?4"
        } else {
            "select * from cases where closed_at is not null
             and (?1 is null or kind = ?1) and (?2 is null or caller = ?2) and (?3 is null or promised_at < ?3)
             order by closed_at desc, id desc limit ?4"
        };
        let rows = sqlx::query(of_state)
            .bind(filter.kind.as_deref())
            .bind(filter.caller.as_deref())
            .bind(filter.due_before.map(Timestamp::as_microsecond))
            .bind(filter.limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(case).collect()
    }

    /// The open cases of a caller's number, the newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn open_cases_of(&self, caller: &str, limit: u32) -> Result<Vec<StoredCase>, Error> {
        let rows = sqlx::query(
            "select * from cases where closed_at is null and number is not null and caller = ?
             order by opened_at desc, id desc limit ?",
        )
        .bind(caller)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(case).collect()
    }

    /// Closes a case; whether there is one. Closing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn close_case(&self, number: &str, at: Timestamp) -> Result<bool, Error> {
        let closed =
            sqlx::query("update cases set closed_at = coalesce(closed_at, ?) where number = ?")
                .bind(at.as_microsecond())
                .bind(number)
                .execute(&self.pool)
                .await?;
        Ok(closed.rows_affected() > 0)
    }
}

fn case(row: &SqliteRow) -> Result<StoredCase, Error> {
    let text = |name| row.try_get::<&str, _>(name).map(Arc::from);
    let perhaps = |name| row.try_get::<Option<&str>, _>(name).map(|it| it.map(Arc::from));
    let fields = serde_json::from_str(row.try_get("fields")?);
    let closed: Option<i64> = row.try_get("closed_at")?;
    Ok(StoredCase {
        number: text("number")?,
        kind: text("kind")?,
        about: perhaps("about")?,
        call: text("call")?,
        flow: text("flow")?,
        caller: perhaps("caller")?,
        dialled: text("dialled")?,
        language: text("language")?,
        fields: fields.map_err(|_| Error::Content("cases.fields"))?,
        opened_at: moment(row.try_get("opened_at")?, "cases.opened_at")?,
        promised_at: moment(row.try_get("promised_at")?, "cases.promised_at")?,
        closed_at: closed.map(|it| moment(it, "cases.closed_at")).transpose()?,
    })
}

/// What callers are told of the `id`th case: its figures and a check digit (Luhn, ISO/IEC 7812-1 annex B), so that one
/// wrong or two swapped figures make no other case's number.
fn number(id: i64) -> Arc<str> {
    let figures = FIRST.saturating_add(id).to_string();
    // From the right, every second figure counts twice, beginning with the one beside the check digit.
    let sum: u32 = figures
        .bytes()
        .rev()
        .zip([true, false].into_iter().cycle())
        .map(|(figure, twice)| {
            let figure = u32::from(figure - b'0') << u32::from(twice);
            figure / 10 + figure % 10
        })
        .sum();
    format!("{figures}{}", (10 - sum % 10) % 10).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn new(call: &str, ticket: u32) -> NewCase {
        NewCase {
            call: call.into(),
            ticket,
            kind: "complaint".into(),
            about: Some("late".into()),
            flow: "shop".into(),
            caller: Some("13800000001".into()),
            dialled: "4001".into(),
            language: "zh-CN".into(),
            fields: json!({ "order": "20260001" }),
            opened_at: "2026-11-24T07:00:00Z".parse().unwrap(),
            promised_at: "2026-11-27T07:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_number_ends_in_a_check_digit_that_finds_wrong_and_swapped_figures() {
        // ISO/IEC 7812-1's own example is 7992739871 with the digit 3.
        assert_eq!(&*number(7_992_739_871 - FIRST), "79927398713");
        assert_eq!(&*number(1), "1000017");
        let numbers: BTreeSet<_> = (1..=20_000).map(number).collect();
        assert_eq!(numbers.len(), 20_000);
        assert!(numbers.iter().all(|it| it.len() == 7));
        for number in numbers.iter().step_by(501) {
            for at in 0..7 {
                let mut figures = number.as_bytes().to_vec();
                figures[at] = b'0' + (figures[at] - b'0' + 3) % 10;
                assert!(!numbers.contains(std::str::from_utf8(&figures).unwrap()), "{number}");
            }
        }
    }

    #[tokio::test]
    async fn a_case_is_opened_once_however_often_it_is_asked_for_also_after_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let first = store.open_case(&new("c1", 1)).await.unwrap();
        assert_eq!(store.open_case(&new("c1", 1)).await.unwrap(), first);
        // The process dies: nothing is closed.
        drop(store);
        let store = Store::open(directory.path()).await.unwrap();
        assert_eq!(store.open_case(&new("c1", 1)).await.unwrap(), first);
        let second = store.open_case(&new("c1", 2)).await.unwrap();
        let other = store.open_case(&new("c2", 1)).await.unwrap();
        assert_eq!(BTreeSet::from([&first, &second, &other]).len(), 3);
        let case = store.case(&first).await.unwrap().unwrap();
        assert_eq!(
            (&*case.call, &*case.kind, case.about.as_deref()),
            ("c1", "complaint", Some("late"))
        );
        assert_eq!(case.fields, json!({ "order": "20260001" }));
        assert_eq!(store.case("1000018").await.unwrap(), None);
    }

    #[tokio::test]
    async fn many_calls_at_once_get_numbers_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let mut opening = tokio::task::JoinSet::new();
        for nth in 0..200 {
            let store = store.clone();
            // Each is asked for twice.
            opening.spawn(async move { store.open_case(&new(&format!("c{}", nth / 2), 1)).await });
        }
        let mut numbers = BTreeSet::new();
        while let Some(number) = opening.join_next().await {
            numbers.insert(number.unwrap().unwrap());
        }
        assert_eq!(numbers.len(), 100);
    }

    #[tokio::test]
    async fn open_cases_are_listed_by_deadline_closed_ones_leave_and_no_number_comes_again() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let late = store.open_case(&new("c1", 1)).await.unwrap();
        let mut soon = new("c2", 1);
        soon.promised_at = "2026-11-25T07:00:00Z".parse().unwrap();
        soon.kind = "question".into();
        soon.caller = None;
        let soon = store.open_case(&soon).await.unwrap();
        let numbers = async |filter: CaseFilter| {
            let cases = store.cases(&filter).await.unwrap();
            cases.into_iter().map(|it| it.number.to_string()).collect::<Vec<_>>().join(" ")
        };
        let all = CaseFilter::default;
        assert_eq!(numbers(all()).await, format!("{soon} {late}"));
        let due = "2026-11-26T07:00:00Z".parse().ok();
        assert_eq!(numbers(CaseFilter { due_before: due, ..all() }).await, *soon);
        let kind = Some("complaint".into());
        assert_eq!(numbers(CaseFilter { kind, ..all() }).await, *late);
        let of_caller = store.open_cases_of("13800000001", 9).await.unwrap();
        assert_eq!(of_caller.len(), 1);
        let at = "2026-11-25T06:00:00Z".parse().unwrap();
        assert!(store.close_case(&soon, at).await.unwrap());
        assert!(store.close_case(&soon, "2027-01-01T00:00:00Z".parse().unwrap()).await.unwrap());
        assert!(!store.close_case("1000018", at).await.unwrap());
        assert_eq!(store.case(&soon).await.unwrap().unwrap().closed_at, Some(at));
        assert_eq!(numbers(all()).await, *late);
        assert_eq!(numbers(CaseFilter { open: false, ..all() }).await, *soon);
        store.forget_before("2026-11-26T00:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(store.case(&soon).await.unwrap(), None);
        assert_ne!(store.open_case(&new("c3", 1)).await.unwrap(), soon);
    }
}

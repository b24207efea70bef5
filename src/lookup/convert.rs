//! Values to SQLite and back.
//!
//! | type | bound as | read from |
//! | --- | --- | --- |
//! | text, digits, choice, phone, secret | text | text, integer, real |
//! | number, money (major unit), percent | integer if whole, else real: SQLite compares texts as texts | integer, real, text |
//! | date, time, datetime | text as SQLite's own functions write it | text |
//! | duration | seconds | integer, real (seconds), text (`2h 5m`) |
//! | yes/no | 1, 0 | integer, text |

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sqlx::query::Query as SqlQuery;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Row, TypeInfo, ValueRef};

use super::Failure;
use super::query::Column;
use crate::value::{Type, Value};

type Bound<'q> = SqlQuery<'q, Sqlite, SqliteArguments>;

/// Binds `value` as the next parameter. The one place where a secret is exposed to a database.
pub(super) fn bind<'q>(query: Bound<'q>, value: &Value) -> Bound<'q> {
    match value {
        Value::Text(it)
        | Value::Digits(it)
        | Value::Choice(it)
        | Value::Phone(it)
        | Value::Recording(it) => query.bind(it.to_string()),
        Value::Secret(it) => query.bind(it.expose().to_string()),
        Value::Number(it) | Value::Percent(it) => number(query, *it),
        Value::Money(minor) => number(query, Decimal::new(*minor, 2)),
        Value::Date(it) => query.bind(it.to_string()),
        Value::Time(it) => query.bind(it.to_string()),
        Value::DateTime(it) => query.bind(it.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        Value::Duration(it) if it.subsec_nanos() == 0 => {
            query.bind(i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
        }
        Value::Duration(it) => query.bind(it.as_secs_f64()),
        Value::YesNo(it) => query.bind(i64::from(*it)),
    }
}

fn number<'q>(query: Bound<'q>, number: Decimal) -> Bound<'q> {
    match number.normalize() {
        whole if whole.scale() == 0 && whole.to_i64().is_some() => query.bind(whole.to_i64()),
        other => query.bind(other.to_f64()),
    }
}

/// Reads one column of `row`; `None` if it is null and may be.
pub(super) fn read(row: &SqliteRow, column: &Column) -> Result<Option<Value>, Failure> {
    let name = &*column.name;
    let raw = row.try_get_raw(name).map_err(|_| Failure::Answer)?;
    if raw.is_null() {
        return if column.optional { Ok(None) } else { Err(Failure::Answer) };
    }
    let kind = raw.type_info();
    let text = match kind.name() {
        "INTEGER" | "REAL" if column.kind == Type::Duration => {
            let seconds: f64 = row.try_get_unchecked(name).map_err(|_| Failure::Answer)?;
            return Duration::try_from_secs_f64(seconds)
                .map(|length| Some(Value::Duration(length)))
                .map_err(|_| Failure::Answer);
        }
        "INTEGER" => row.try_get_unchecked::<i64, _>(name).map(|it| it.to_string()),
        "REAL" => row.try_get_unchecked::<f64, _>(name).map(|it| it.to_string()),
        "TEXT" => row.try_get_unchecked::<String, _>(name),
        _ => return Err(Failure::Answer), // a blob has no words
    };
    let text = text.map_err(|_| Failure::Answer)?;
    column.kind.read(&text).map(Some).map_err(|_| Failure::Answer)
}

//! Values to JSON and back, and to the words of a URL.
//!
//! | type | is sent as | read from |
//! | --- | --- | --- |
//! | text, digits, choice, phone, secret | text | text, number |
//! | number, percent, money (major unit, `56.30`) | number, all its digits | number, text |
//! | date, time, datetime | text, ISO 8601 | text |
//! | duration | number of seconds | number (seconds), text (`2h 5m`) |
//! | yes/no | true, false | true, false, 1, 0, text |
//!
//! In a URL stands the same without quotes.

use std::borrow::Cow;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Failure;
use crate::value::{Type, Value};

/// The words of `value`. The one place where a secret is exposed to a system over HTTP.
pub(super) fn words(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(it)
        | Value::Digits(it)
        | Value::Choice(it)
        | Value::Phone(it)
        | Value::Recording(it) => Cow::Borrowed(it),
        Value::Secret(it) => Cow::Borrowed(it.expose()),
        Value::YesNo(it) => Cow::Borrowed(if *it { "true" } else { "false" }),
        Value::Duration(it) => Cow::Owned(seconds(*it).normalize().to_string()),
        Value::Percent(it) => Cow::Owned(it.normalize().to_string()),
        Value::Number(_) | Value::Money(_) | Value::Date(_) | Value::Time(_) => {
            Cow::Owned(value.to_string())
        }
        Value::DateTime(it) => Cow::Owned(it.to_string()),
    }
}

/// `value` as JSON writes it. A decimal's own digits, which no float could lose.
pub(super) fn json(value: &Value) -> String {
    let words = words(value);
    match value {
        Value::Number(_)
        | Value::Percent(_)
        | Value::Money(_)
        | Value::Duration(_)
        | Value::YesNo(_) => words.into_owned(),
        Value::Text(_)
        | Value::Digits(_)
        | Value::Choice(_)
        | Value::Phone(_)
        | Value::Recording(_)
        | Value::Secret(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_) => Json::from(&*words).to_string(),
    }
}

/// The words of `value` within a JSON text.
pub(super) fn inside(value: &Value) -> String {
    let quoted = Json::from(&*words(value)).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

fn seconds(length: Duration) -> Decimal {
    let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    Decimal::new(micros, 6)
}

/// Reads what stands at one place of an answer.
///
/// # Errors
/// [`Failure::Answer`] if it is not of this type.
pub(super) fn read(answer: &Json, kind: &Type) -> Result<Value, Failure> {
    let text = match answer {
        Json::String(text) => Cow::Borrowed(&**text),
        Json::Number(number) => {
            if *kind == Type::Duration {
                let length = number.as_f64().map(Duration::try_from_secs_f64);
                return length.and_then(Result::ok).map(Value::Duration).ok_or(Failure::Answer);
            }
            Cow::Owned(number.to_string())
        }
        Json::Bool(it) if *kind == Type::YesNo => return Ok(Value::YesNo(*it)),
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => {
            return Err(Failure::Answer);
        }
    };
    kind.read(&text).map_err(|_| Failure::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sent_as_its_type_and_read_back() {
        let choice = Type::Choice(["paid".into(), "shipped".into()].into());
        #[rustfmt::skip]
        let table = [
            (Type::Text,     "顺丰 \"1\"",        r#""顺丰 \"1\"""#,         "顺丰 \"1\""),
            (Type::Digits,   "00120#",           r#""00120#""#,            "00120#"),
            (Type::Phone,    "+8613800000001",   r#""+8613800000001""#,    "+8613800000001"),
            (Type::Secret,   "4711",             r#""4711""#,              "4711"),
            (Type::Number,   "3.50",             "3.5",                    "3.5"),
            (Type::Number,   "-12345678901234567890.5", "-12345678901234567890.5", "-12345678901234567890.5"),
            (Type::Money,    "56.3",             "56.30",                  "56.30"),
            (Type::Money,    "-0.05",            "-0.05",                  "-0.05"),
            (Type::Percent,  "3.50%",            "3.5",                    "3.5"),
            (Type::Date,     "2026-11-26",       r#""2026-11-26""#,        "2026-11-26"),
            (Type::Time,     "15:04",            r#""15:04:00""#,          "15:04:00"),
            (Type::DateTime, "2026-11-24 15:00", r#""2026-11-24T15:00:00""#, "2026-11-24T15:00:00"),
            (Type::Duration, "2h 5m",            "7500",                   "7500"),
            (Type::Duration, "1500ms",           "1.5",                    "1.5"),
            (Type::YesNo,    "yes",              "true",                   "true"),
            (choice,         "paid",             r#""paid""#,              "paid"),
        ];
        for (kind, text, sent, in_url) in table {
            let value = kind.read(text).unwrap();
            assert_eq!((&*json(&value), &*words(&value)), (sent, in_url), "{kind} {text}");
            if !in_url.contains("567890.5") {
                let back = read(&serde_json::from_str(sent).unwrap(), &kind);
                assert_eq!(back, Ok(value), "{kind} {text}");
            }
        }
    }

    #[test]
    fn what_is_not_of_the_declared_type_is_a_failure() {
        let choice = Type::Choice(["paid".into(), "shipped".into()].into());
        #[rustfmt::skip]
        let table = [
            ("20260001",       Type::Digits,   Some("20260001")),
            ("1.5",            Type::Digits,   None),
            ("318.45",         Type::Money,    Some("318.45")),
            ("318.455",        Type::Money,    None),
            ("1e400",          Type::Number,   None),
            (r#""318.45""#,    Type::Money,    Some("318.45")),
            (r#""much""#,      Type::Money,    None),
            (r#""lost""#,      choice.clone(), None),
            ("1",              Type::YesNo,    Some("yes")),
            ("2",              Type::YesNo,    None),
            ("false",          Type::YesNo,    Some("no")),
            ("true",           Type::Text,     None),
            ("-1",             Type::Duration, None),
            ("90",             Type::Duration, Some("1m 30s")),
            (r#""2026-02-30""#, Type::Date,    None),
            ("20261126",       Type::Date,     Some("2026-11-26")), // ISO 8601's basic form, whatever it stands in
            ("[]",             Type::Text,     None),
            ("{}",             choice,         None),
            ("null",           Type::Text,     None),
        ];
        for (answer, kind, expected) in table {
            let Ok(json) = serde_json::from_str(answer) else {
                assert_eq!(expected, None, "{answer}");
                continue;
            };
            let value = read(&json, &kind).ok().map(|it| it.to_string());
            assert_eq!(value.as_deref(), expected, "{kind} {answer}");
        }
    }
}

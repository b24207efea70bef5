//! Values that flows speak of: what callers key, what lookups answer, what is said and compared.
//!
//! Every room shares them. Money is whole minor units and numbers are decimals, never floats: 56.30 yuan stay 56.30.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// What kind of value a name stands for, as a flow writes it: `digits`, `money`, `[paid, packed]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// Any words; spoken only where the catalogue has them recorded.
    Text,
    /// Keys or figures that are read one by one: an order number. Leading zeros count.
    Digits,
    /// A decimal number.
    Number,
    /// An amount in the flow's currency, in whole minor units (fen, cents).
    Money,
    /// So many hundredths: an interest rate, a discount.
    Percent,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time of day.
    DateTime,
    /// A length of time.
    Duration,
    /// Yes or no.
    YesNo,
    /// One of some words; each may have recorded words of its own.
    Choice(Arc<[Arc<str>]>),
    /// A telephone number.
    Phone,
    /// Keys that nobody may see: a PIN, a card number.
    Secret,
    /// What a caller said: played again, handed on by its id, never read out.
    Recording,
}

/// A value of one [`Type`].
///
/// Serialises with its type's name; a secret becomes as many `*` as it has characters, so that a stored call replays
/// with the same lengths and outcomes and tells nobody the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Words.
    Text(Arc<str>),
    /// Keys or figures.
    Digits(Arc<str>),
    /// A decimal number.
    Number(Decimal),
    /// Minor units of the flow's currency.
    Money(i64),
    /// Hundredths: 3.5 is 3.5 %, 0.035 of the whole.
    Percent(Decimal),
    /// A day.
    Date(civil::Date),
    /// A time of day.
    Time(civil::Time),
    /// A day and a time of day.
    DateTime(civil::DateTime),
    /// A length of time, whole microseconds.
    #[serde(with = "micros")]
    Duration(Duration),
    /// Yes or no.
    YesNo(bool),
    /// One of a choice's words.
    Choice(Arc<str>),
    /// A telephone number as dialled: `13800000001`, `+8613800000001`.
    Phone(Arc<str>),
    /// Nobody may see it.
    #[serde(with = "masked")]
    Secret(Secret<Arc<str>>),
    /// What a caller said, by the id under which it is kept.
    Recording(Arc<str>),
}

/// Why a text is not a value of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not {0}")]
pub struct Unreadable(&'static str);

/// What a designer may write as a type, with an example each, in the order of docs.
pub const TYPE_NAMES: [&str; 13] = [
    "text",
    "digits",
    "number",
    "money",
    "percent",
    "date",
    "time",
    "datetime",
    "duration",
    "yes/no",
    "phone",
    "secret",
    "recording",
];

impl Type {
    /// The type called `name`; a choice has no name, it is written as a list.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "digits" => Self::Digits,
            "number" => Self::Number,
            "money" => Self::Money,
            "percent" => Self::Percent,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" => Self::DateTime,
            "duration" => Self::Duration,
            "yes/no" => Self::YesNo,
            "phone" => Self::Phone,
            "secret" => Self::Secret,
            "recording" => Self::Recording,
            _ => return None,
        })
    }

    /// Reads a text as a value of this type: a database column, a cell of a scenario, keys of a caller.
    ///
    /// Money and numbers are decimals in the major unit (`56.30`), percentages hundredths (`3.5`, `3.5%`), dates and times ISO 8601, durations jiff's friendly
    /// or ISO form (`2h 5m`, `PT2H`), yes/no one of `yes no true false 1 0`.
    ///
    /// # Errors
    /// [`Unreadable`] if the text is not such a value; it does not repeat the text, which may be a secret.
    pub fn read(&self, text: &str) -> Result<Value, Unreadable> {
        let text = text.trim();
        match self {
            Self::Text => Ok(Value::Text(text.into())),
            Self::Digits => digits(text).map(Value::Digits).ok_or(Unreadable("digits")),
            Self::Number => Decimal::from_str_exact(text)
                .map(|number| Value::Number(number.normalize()))
                .map_err(|_| Unreadable("a decimal number")),
            Self::Money => money(text).map(Value::Money).ok_or(Unreadable("an amount of money")),
            Self::Percent => percent(text).map(Value::Percent).ok_or(Unreadable("a percentage")),
            Self::Date => {
                date(text).map(Value::Date).ok_or(Unreadable("a date such as 2026-11-24"))
            }
            Self::Time => {
                text.parse().map(Value::Time).map_err(|_| Unreadable("a time such as 15:00"))
            }
            Self::DateTime => {
                text.parse().map(Value::DateTime).map_err(|_| Unreadable("a date and time"))
            }
            Self::Duration => text
                .parse::<jiff::SignedDuration>()
                .ok()
                .and_then(|length| Duration::try_from(length).ok())
                .map(Value::Duration)
                .ok_or(Unreadable("a length of time such as 2h 5m")),
            Self::YesNo => match text {
                "yes" | "true" | "1" => Ok(Value::YesNo(true)),
                "no" | "false" | "0" => Ok(Value::YesNo(false)),
                _ => Err(Unreadable("yes or no")),
            },
            Self::Choice(words) => words
                .iter()
                .find(|word| ***word == *text)
                .map(|word| Value::Choice(Arc::clone(word)))
                .ok_or(Unreadable("one of the words of its choice")),
            Self::Phone => phone(text).map(Value::Phone).ok_or(Unreadable("a telephone number")),
            Self::Secret => Ok(Value::Secret(Secret::new(text.into()))),
            Self::Recording => {
                recording(text).map(Value::Recording).ok_or(Unreadable("the id of a recording"))
            }
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Digits => "digits",
            Self::Number => "number",
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Duration => "duration",
            Self::YesNo => "yes/no",
            Self::Phone => "phone",
            Self::Secret => "secret",
            Self::Recording => "recording",
            Self::Choice(words) => {
                return write!(
                    f,
                    "[{}]",
                    words.iter().map(|word| &**word).collect::<Vec<_>>().join(", ")
                );
            }
        })
    }
}

/// For screens, journeys and logs: `56.30`, `2026-11-26`, `yes`; a secret is as many `*` as it has characters.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(it)
            | Self::Digits(it)
            | Self::Choice(it)
            | Self::Phone(it)
            | Self::Recording(it) => f.write_str(it),
            Self::Number(it) => it.fmt(f),
            Self::Money(minor) => {
                let sign = if *minor < 0 { "-" } else { "" };
                write!(f, "{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
            }
            Self::Percent(it) => write!(f, "{}%", it.normalize()),
            Self::Date(it) => it.fmt(f),
            Self::Time(it) => it.fmt(f),
            Self::DateTime(it) => it.fmt(f),
            Self::Duration(it) => {
                let length =
                    jiff::SignedDuration::try_from(*it).unwrap_or(jiff::SignedDuration::MAX);
                write!(f, "{length:#}")
            }
            Self::YesNo(it) => f.write_str(if *it { "yes" } else { "no" }),
            Self::Secret(it) => f.write_str(&stars(it)),
        }
    }
}

fn stars(secret: &Secret<Arc<str>>) -> String {
    "*".repeat(secret.expose().chars().count())
}

fn digits(text: &str) -> Option<Arc<str>> {
    let fits = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'#'));
    fits.then(|| text.into())
}

fn phone(text: &str) -> Option<Arc<str>> {
    let number = text.strip_prefix('+').unwrap_or(text);
    let fits = (2..=32).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'#'));
    fits.then(|| text.into())
}

/// The id of a recording becomes the name of a file: letters, figures and hyphens, nothing else.
fn recording(text: &str) -> Option<Arc<str>> {
    let fits = (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| text.into())
}

/// A day alone, or the day of a date and time: databases often keep both in one column.
fn date(text: &str) -> Option<civil::Date> {
    text.parse().ok().or_else(|| text.parse::<civil::DateTime>().ok().map(civil::DateTime::date))
}

/// Hundredths, with or without the sign: databases keep 3.5, people write 3.5%.
fn percent(text: &str) -> Option<Decimal> {
    let hundredths = text.strip_suffix('%').map_or(text, str::trim_end);
    Decimal::from_str_exact(hundredths).ok().map(|it| it.normalize())
}

/// Whole minor units; a third decimal is an error, not a rounding, unless it came out of a float's noise.
fn money(text: &str) -> Option<i64> {
    let amount = Decimal::from_str_exact(text).ok()?.checked_mul(Decimal::ONE_HUNDRED)?;
    let whole = amount.round();
    ((amount - whole).abs() < Decimal::new(1, 6)).then(|| whole.to_i64()).flatten()
}

mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(length.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}

mod masked {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::secret::Secret;

    pub(super) fn serialize<S: Serializer>(
        secret: &Secret<Arc<str>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::stars(secret))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Secret<Arc<str>>, D::Error> {
        String::deserialize(from).map(|text| Secret::new(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_its_type_and_shown_again() {
        let choice = Type::Choice(["paid".into(), "shipped".into()].into());
        #[rustfmt::skip]
        let table = [
            (Type::Text,     "顺丰",             Some("顺丰")),
            (Type::Digits,   "00120#",           Some("00120#")),
            (Type::Digits,   "12a",              None),
            (Type::Number,   "3.50",             Some("3.5")),
            (Type::Number,   "many",             None),
            (Type::Money,    "56.30",            Some("56.30")),
            (Type::Money,    "-0.05",            Some("-0.05")),
            (Type::Money,    "56.299999999",     Some("56.30")),
            (Type::Money,    "56.305",           None),
            (Type::Percent,  "3.50",             Some("3.5%")),
            (Type::Percent,  "-3.5 %",           Some("-3.5%")),
            (Type::Percent,  "%",                None),
            (Type::Percent,  "3.5%%",            None),
            (Type::Date,     "2026-11-26",       Some("2026-11-26")),
            (Type::Date,     "2026-11-26 10:00", Some("2026-11-26")),
            (Type::Date,     "2026-02-30",       None),
            (Type::Time,     "15:04",            Some("15:04:00")),
            (Type::DateTime, "2026-11-24 15:00", Some("2026-11-24T15:00:00")),
            (Type::Duration, "2h 5m",            Some("2h 5m")),
            (Type::YesNo,    "1",                Some("yes")),
            (choice.clone(), "shipped",          Some("shipped")),
            (choice,         "lost",             None),
            (Type::Phone,    "+8613800000001",   Some("+8613800000001")),
            (Type::Phone,    "anonymous",        None),
            (Type::Secret,   "4711",             Some("****")),
            (Type::Recording, "20261124T150000-a1b2c3-1-4", Some("20261124T150000-a1b2c3-1-4")),
            (Type::Recording, "../etc/passwd",   None),
        ];
        for (kind, text, expected) in table {
            let shown = kind.read(text).ok().map(|value| value.to_string());
            assert_eq!(shown.as_deref(), expected, "{kind} {text}");
        }
    }

    #[test]
    fn a_stored_secret_keeps_its_length_and_nothing_else() {
        let secret = Type::Secret.read("4711").unwrap();
        let stored = serde_json::to_string(&secret).unwrap();
        assert_eq!(stored, r#"{"secret":"****"}"#);
        assert_eq!(serde_json::from_str::<Value>(&stored).unwrap().to_string(), "****");
    }

    #[test]
    fn every_type_name_is_a_type() {
        for name in TYPE_NAMES {
            assert_eq!(Type::from_name(name).unwrap().to_string(), name);
        }
    }
}

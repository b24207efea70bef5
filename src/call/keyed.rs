//! Keys as values: `12*50` is twelve yuan fifty, `1124` the 24th of November, `830` half past eight.

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;

use super::collect::Strokes;
use crate::flow::check_digit::CheckDigit;
use crate::secret::Secret;
use crate::value::{Type, Value};

/// The value of `kind` that `strokes` mean on the day `today`; nothing if they mean none.
///
/// | kind | keys |
/// | --- | --- |
/// | digits | figures, kept as they are |
/// | number, money, percent | figures, `*` before the decimals: `12*50` |
/// | date | `YYYYMMDD`, or `MMDD` for the nearest such day, past or to come |
/// | time | `HHMM`, `HMM`, or the hour alone, in 24 hours |
/// | datetime | `YYYYMMDDHHMM` |
/// | duration | minutes, or hours `*` minutes |
/// | yes/no | `1` yes, `2` no |
/// | choice | which of its words, from 1 |
/// | phone | figures; a leading `00` stays as it is |
/// | secret | figures, which nobody sees |
///
/// Where `check` says so, the last of digits and of a secret may be `*`.
pub(super) fn read(
    kind: &Type,
    strokes: &Strokes,
    check: Option<CheckDigit>,
    today: Date,
) -> Option<Value> {
    // A hidden key is one of a stored secret, and only what can be part of one is hidden: any figure stands for it.
    let keys: String = strokes.iter().map(|it| it.key().map_or('0', |key| key.symbol())).collect();
    let may_end = check.is_some_and(CheckDigit::takes_star);
    let figures = keys.strip_suffix('*').filter(|_| may_end).unwrap_or(&keys);
    let is_figures = figures.bytes().all(|key| key.is_ascii_digit());
    match kind {
        Type::Digits => is_figures.then(|| Value::Digits(keys.as_str().into())),
        Type::Secret => is_figures.then(|| Value::Secret(Secret::new(keys.as_str().into()))),
        Type::Number => Some(Value::Number(decimal(&keys)?.normalize())),
        Type::Percent => Some(Value::Percent(decimal(&keys)?.normalize())),
        Type::Money => kind.read(&decimal(&keys)?.to_string()).ok(),
        Type::Date => date(&keys, today).map(Value::Date),
        Type::Time => time(&keys).map(Value::Time),
        Type::DateTime => {
            let (day, hour) = keys.split_at_checked(8)?;
            let (day, hour) = (date(day, today)?, time(hour)?);
            Some(Value::DateTime(DateTime::from_parts(day, hour)))
        }
        Type::Duration => {
            let (hours, minutes) = keys.split_once('*').unwrap_or(("0", &keys));
            let minutes =
                hours.parse::<u32>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)?;
            Some(Value::Duration(std::time::Duration::from_secs(u64::from(minutes) * 60)))
        }
        Type::YesNo => match keys.as_str() {
            "1" => Some(Value::YesNo(true)),
            "2" => Some(Value::YesNo(false)),
            _ => None,
        },
        Type::Choice(words) => {
            let nth = keys.parse::<usize>().ok()?.checked_sub(1)?;
            words.get(nth).map(|word| Value::Choice(word.clone()))
        }
        Type::Phone if is_figures => kind.read(&keys).ok(),
        Type::Phone | Type::Text | Type::Recording => None,
    }
}

/// Figures with at most one `*`, which is the decimal point; figures on both sides of it.
fn decimal(keys: &str) -> Option<Decimal> {
    let fits = !keys.starts_with('*') && !keys.ends_with('*') && keys.matches('*').count() <= 1;
    fits.then(|| Decimal::from_str_exact(&keys.replace('*', ".")).ok()).flatten()
}

fn date(keys: &str, today: Date) -> Option<Date> {
    if keys.bytes().any(|key| !key.is_ascii_digit()) {
        return None;
    }
    let figures = |at: std::ops::Range<usize>| keys.get(at)?.parse::<i16>().ok();
    let day = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    match keys.len() {
        8 => day(figures(0..4)?, figures(4..6)?, figures(6..8)?),
        4 => {
            let (month, in_month) = (figures(0..2)?, figures(2..4)?);
            (today.year().saturating_sub(1)..=today.year().saturating_add(1))
                .filter_map(|year| day(year, month, in_month))
                .min_by_key(|it| today.duration_until(*it).unsigned_abs())
        }
        _ => None,
    }
}

fn time(keys: &str) -> Option<Time> {
    if keys.bytes().any(|key| !key.is_ascii_digit()) {
        return None;
    }
    let (hour, minute) = match keys.len() {
        1 | 2 => (keys, "0"),
        3 | 4 => keys.split_at_checked(keys.len() - 2)?,
        _ => return None,
    };
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::super::events::Press;
    use super::super::keys::Stroke;
    use super::*;
    use crate::secret::Key;

    #[test]
    fn keys_are_read_as_what_was_asked_for() {
        let choice = Type::Choice(["paid".into(), "shipped".into()].into());
        #[rustfmt::skip]
        let table = [
            (Type::Digits,   "00120",        Some("00120")),
            (Type::Digits,   "12*",          None),
            (Type::Number,   "12",           Some("12")),
            (Type::Number,   "12*5",         Some("12.5")),
            (Type::Percent,  "3*50",         Some("3.5%")),
            (Type::Percent,  "100",          Some("100%")),
            (Type::Money,    "12*50",        Some("12.50")),
            (Type::Money,    "12*5",         Some("12.50")),
            (Type::Money,    "100",          Some("100.00")),
            (Type::Money,    "12*505",       None),
            (Type::Money,    "1*2*3",        None),
            (Type::Money,    "*50",          None),
            (Type::Money,    "12*",          None),
            (Type::Money,    "12A",          None),
            (Type::Date,     "20261124",     Some("2026-11-24")),
            (Type::Date,     "1124",         Some("2026-11-24")),
            (Type::Date,     "0105",         Some("2027-01-05")), // today is 24 November 2026
            (Type::Date,     "0801",         Some("2026-08-01")),
            (Type::Date,     "0229",         None),
            (Type::Date,     "20280229",     Some("2028-02-29")),
            (Type::Date,     "20260231",     None),
            (Type::Date,     "11*4",         None),
            (Type::Date,     "112",          None),
            (Type::Time,     "1504",         Some("15:04:00")),
            (Type::Time,     "830",          Some("08:30:00")),
            (Type::Time,     "8",            Some("08:00:00")),
            (Type::Time,     "2460",         None),
            (Type::DateTime, "202611241504", Some("2026-11-24T15:04:00")),
            (Type::Duration, "90",           Some("1h 30m")),
            (Type::Duration, "1*30",         Some("1h 30m")),
            (Type::YesNo,    "1",            Some("yes")),
            (Type::YesNo,    "2",            Some("no")),
            (Type::YesNo,    "3",            None),
            (choice.clone(), "2",            Some("shipped")),
            (choice.clone(), "0",            None),
            (choice,         "3",            None),
            (Type::Phone,    "13800000001",  Some("13800000001")),
            (Type::Phone,    "1",            None),
            (Type::Phone,    "138#",         None),
            (Type::Secret,   "4711",         Some("****")),
            (Type::Secret,   "47*1",         None),
            (Type::Text,     "1",            None),
        ];
        let today = jiff::civil::date(2026, 11, 24);
        for (kind, keys, expected) in table {
            let strokes = keys
                .chars()
                .map(|key| Stroke { nth: 0, press: Press::from(Key::from_symbol(key).unwrap()) })
                .collect();
            let shown = read(&kind, &strokes, None, today).map(|value| value.to_string());
            assert_eq!(shown.as_deref(), expected, "{kind} {keys}");
        }
    }
}

//! Date (RFC 3261 20.17): `Tue, 24 Nov 2026 23:29:00 GMT`, and no other zone.

use jiff::civil::{DateTime, Weekday};
use nom::Parser;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::alpha1;
use nom::combinator::{map, map_opt};

use super::grammar::Parsed;

pub(super) fn date(input: &str) -> Parsed<'_, DateTime> {
    let day = map_opt(alpha1, |name| WEEKDAYS.iter().position(|known| *known == name));
    let month = map_opt(alpha1, |name| MONTHS.iter().position(|known| *known == name));
    let month = map(month, |index| i8::try_from(index + 1).unwrap_or_default());
    let date = (digits(2), tag(" "), month, tag(" "), digits(4));
    let time = (digits(2), tag(":"), digits(2), tag(":"), digits(2));
    let (rest, (weekday, _, (day, _, month, _, year), _, (hour, _, minute, _, second), _)) =
        (day, tag(", "), date, tag(" "), time, tag(" GMT")).parse(input)?;
    let small = |number: i16| i8::try_from(number).unwrap_or(-1);
    // A leap second is the last one of its minute.
    let date = DateTime::new(
        year,
        month,
        small(day),
        small(hour),
        small(minute),
        small(second).min(59),
        0,
    );
    match date {
        Ok(date) if second <= 60 && weekday_of(date) == weekday => Ok((rest, date)),
        _ => Err(nom::Err::Error(())),
    }
}

fn digits<'a>(count: usize) -> impl Parser<&'a str, Output = i16, Error = ()> {
    map_opt(take_while_m_n(count, count, |c: char| c.is_ascii_digit()), |digits: &str| {
        digits.parse().ok()
    })
}

fn weekday_of(date: DateTime) -> usize {
    usize::try_from(date.weekday().since(Weekday::Monday)).unwrap_or_default()
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

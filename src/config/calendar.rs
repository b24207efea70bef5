//! Calendars: when somebody is there. Weekly hours, holidays and days with hours of their own, in one time zone.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, digit1, space0};
use nom::combinator::{all_consuming, map_opt, opt, value};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// When somebody is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The zone its times are read in.
    pub zone: TimeZone,
    /// Open on ordinary days, by weekday from Monday; several spans a day.
    week: [Vec<Hours>; 7],
    /// Open on days of the month, by day from the first; they go before the weekday.
    month: BTreeMap<i8, Vec<Hours>>,
    /// Days that are unlike their weekday: holidays (no hours) and working weekends.
    days: BTreeMap<Date, Vec<Hours>>,
}

/// From one time of a day to another; over midnight where `to` is not later than `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The first minute open.
    pub from: Time,
    /// The first minute closed again; midnight means the end of the day.
    pub to: Time,
}

impl Hours {
    const ALL_DAY: Self = Self { from: Time::midnight(), to: Time::midnight() };

    /// Whether `time` on the day that these hours belong to is within them.
    fn covers(self, time: Time) -> bool {
        time >= self.from && (self.to <= self.from || time < self.to)
    }

    /// Whether `time` on the day after is still within them.
    fn reaches(self, time: Time) -> bool {
        self.to <= self.from && time < self.to
    }
}

impl Calendar {
    /// Round the clock, every day.
    #[must_use]
    pub fn always(zone: TimeZone) -> Self {
        let week = std::array::from_fn(|_| vec![Hours::ALL_DAY]);
        Self { zone, week, month: BTreeMap::new(), days: BTreeMap::new() }
    }

    fn never(zone: TimeZone) -> Self {
        let (week, month, days) = Default::default();
        Self { zone, week, month, days }
    }

    /// Whether somebody is there at `at`. A day's hours that reach over midnight count for the morning after.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let here = self.zone.to_datetime(at);
        let (date, time) = (here.date(), here.time());
        let today = self.hours(date).iter().any(|hours| hours.covers(time));
        let since_yesterday = date
            .checked_sub(1.day())
            .is_ok_and(|before| self.hours(before).iter().any(|hours| hours.reaches(time)));
        today || since_yesterday
    }

    /// Whether somebody is there at some time of `date`.
    #[must_use]
    pub fn opens_on(&self, date: Date) -> bool {
        !self.hours(date).is_empty()
    }

    /// Whether it never opens at all: no day of any kind has hours.
    #[must_use]
    pub fn never_opens(&self) -> bool {
        self.week.iter().chain(self.month.values()).chain(self.days.values()).all(Vec::is_empty)
    }

    /// Whether two of its hours on one day lie over each other: one of them was written for nothing.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        let days = self.week.iter().chain(self.month.values()).chain(self.days.values());
        days.into_iter().any(|hours| {
            let meet = |a: &Hours, b: &Hours| a.covers(b.from) || b.covers(a.from);
            hours.iter().enumerate().any(|(at, a)| hours.iter().skip(at + 1).any(|b| meet(a, b)))
        })
    }

    /// The last day that is unlike its weekday: a holiday, or one with hours of its own.
    #[must_use]
    pub fn last_special_day(&self) -> Option<Date> {
        self.days.keys().next_back().copied()
    }

    fn hours_mut(&mut self, day: Day) -> &mut Vec<Hours> {
        match day {
            Day::OfWeek(day) => {
                let [mon, tue, wed, thu, fri, sat, sun] = &mut self.week;
                match day {
                    Weekday::Monday => mon,
                    Weekday::Tuesday => tue,
                    Weekday::Wednesday => wed,
                    Weekday::Thursday => thu,
                    Weekday::Friday => fri,
                    Weekday::Saturday => sat,
                    Weekday::Sunday => sun,
                }
            }
            Day::OfMonth(day) => self.month.entry(day).or_default(),
        }
    }

    fn hours(&self, date: Date) -> &[Hours] {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let unlike = self.days.get(&date).or_else(|| self.month.get(&date.day()));
        unlike.or_else(|| self.week.get(weekday)).map_or(&[], Vec::as_slice)
    }
}

/// As `hotline.yaml` writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    zone: String,
    open: Open,
    #[serde(default)]
    holidays: Vec<Date>,
    #[serde(default)]
    days: BTreeMap<Date, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Open {
    Always(String),
    Week(BTreeMap<String, String>),
}

impl<'de> Deserialize<'de> for Calendar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(from)?;
        let zone = TimeZone::get(&written.zone)
            .map_err(|_| D::Error::custom("the zone must be a name such as Asia/Shanghai"))?;
        let mut calendar = match written.open {
            Open::Always(word) if word == "always" => Self::always(zone),
            Open::Always(_) => {
                return Err(D::Error::custom(
                    "open must be `always` or a map such as mon-fri: 08:30-23:00",
                ));
            }
            Open::Week(week) => {
                let mut calendar = Self::never(zone);
                for (days, hours) in week {
                    let hours = spans(&hours).map_err(D::Error::custom)?;
                    for day in Day::read(&days).map_err(D::Error::custom)? {
                        calendar.hours_mut(day).extend_from_slice(&hours);
                    }
                }
                calendar
            }
        };
        for (day, hours) in written.days {
            calendar.days.insert(day, spans(&hours).map_err(D::Error::custom)?);
        }
        calendar.days.extend(written.holidays.into_iter().map(|day| (day, Vec::new())));
        Ok(calendar)
    }
}

/// A day that hours are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    OfWeek(Weekday),
    OfMonth(i8),
}

impl Day {
    /// `mon`, `mon-fri`, `daily`, `day 1`, `day 1-3`.
    fn read(text: &str) -> Result<Vec<Self>, &'static str> {
        const SAYS: &str = "days are written mon-fri, sat, daily or day 1-3 (of the month)";
        if text == "daily" {
            return Ok(Weekday::Monday.cycle_forward().take(7).map(Self::OfWeek).collect());
        }
        if let Some(days) = text.strip_prefix("day ") {
            let (first, last) = range(day_of_month, days).ok_or(SAYS)?;
            return if first <= last {
                Ok((first..=last).map(Self::OfMonth).collect())
            } else {
                Err(SAYS)
            };
        }
        let (first, last) = range(weekday, text).ok_or(SAYS)?;
        let count = usize::from(first.until(last).unsigned_abs()) + 1;
        Ok(first.cycle_forward().take(count).map(Self::OfWeek).collect())
    }
}

/// One, or two joined by a hyphen.
fn range<'a, T: Copy, P>(one: P, text: &'a str) -> Option<(T, T)>
where
    P: Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>> + Clone,
{
    let both = (one.clone(), opt(preceded(char('-'), one)));
    let (_, (first, last)) = all_consuming(both).parse(text).ok()?;
    Some((first, last.unwrap_or(first)))
}

fn day_of_month(input: &str) -> IResult<&str, i8> {
    map_opt(digit1, |it: &str| it.parse().ok().filter(|it| (1..=31).contains(it))).parse(input)
}

fn weekday(input: &str) -> IResult<&str, Weekday> {
    alt((
        value(Weekday::Monday, tag("mon")),
        value(Weekday::Tuesday, tag("tue")),
        value(Weekday::Wednesday, tag("wed")),
        value(Weekday::Thursday, tag("thu")),
        value(Weekday::Friday, tag("fri")),
        value(Weekday::Saturday, tag("sat")),
        value(Weekday::Sunday, tag("sun")),
    ))
    .parse(input)
}

/// `08:30-12:00, 13:00-23:00`, `closed`.
fn spans(text: &str) -> Result<Vec<Hours>, &'static str> {
    if text == "closed" {
        return Ok(Vec::new());
    }
    let number = |input| -> IResult<&str, i8> {
        map_opt(digit1, |digits: &str| digits.parse::<i8>().ok()).parse(input)
    };
    // 24:00 is the midnight that ends a day.
    let time = |input| {
        map_opt(separated_pair(number, char(':'), number), |(hour, minute)| match (hour, minute) {
            (24, 0) => Some(Time::midnight()),
            (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
        })
        .parse(input)
    };
    text.split(',')
        .map(|part| {
            all_consuming(separated_pair(time, (space0, char('-'), space0), time))
                .parse(part.trim())
                .map(|(_, (from, to))| Hours { from, to })
                .map_err(|_: nom::Err<nom::error::Error<&str>>| "hours are written 08:30-23:00, several with commas, or closed")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(text: &str) -> Calendar {
        serde_yaml::from_str(text).unwrap()
    }

    #[track_caller]
    fn check(calendar: &Calendar, table: &[(&str, bool)]) {
        for (at, open) in table {
            assert_eq!(calendar.is_open(at.parse().unwrap()), *open, "{at}");
        }
    }

    #[test]
    fn a_shop_is_open_in_its_hours_but_not_on_holidays() {
        let shop = calendar(
            "zone: Asia/Shanghai\nopen: { mon-fri: '08:30-12:00, 13:00-23:00', sat: 09:00-24:00 }\nholidays: [2026-10-01]\ndays: { 2026-10-10: '10:00-11:00' }\n",
        );
        #[rustfmt::skip]
        check(&shop, &[
            ("2026-11-24T08:29:59+08:00", false),
            ("2026-11-24T08:30:00+08:00", true),
            ("2026-11-24T12:00:00+08:00", false),
            ("2026-11-24T22:59:59+08:00", true),
            ("2026-11-24T23:00:00+08:00", false),
            ("2026-11-28T23:59:00+08:00", true),  // Saturday
            ("2026-11-29T00:00:00+08:00", false), // Sunday
            ("2026-10-01T10:00:00+08:00", false), // National Day, a Thursday
            ("2026-10-10T10:30:00+08:00", true),  // a Saturday with hours of its own
            ("2026-10-10T12:00:00+08:00", false),
        ]);
    }

    #[test]
    fn hours_over_midnight_belong_to_the_evening_before() {
        let night = calendar("zone: Asia/Shanghai\nopen: { fri-sat: 22:00-06:00 }\n");
        #[rustfmt::skip]
        check(&night, &[
            ("2026-11-27T21:59:00+08:00", false),
            ("2026-11-27T23:00:00+08:00", true),
            ("2026-11-28T05:59:00+08:00", true),
            ("2026-11-28T06:00:00+08:00", false),
            ("2026-11-29T05:00:00+08:00", true),
            ("2026-11-30T05:00:00+08:00", false),
        ]);
    }

    #[test]
    fn a_day_of_the_month_goes_before_the_weekday_and_a_date_before_both() {
        let first_days = calendar(
            "zone: Asia/Shanghai\nopen: { day 1-3: 00:00-24:00, day 15: closed, sun: 10:00-11:00 }\nholidays: [2026-10-01]\n",
        );
        #[rustfmt::skip]
        check(&first_days, &[
            ("2026-11-01T09:00:00+08:00", true),  // the first, a Sunday
            ("2026-11-03T23:59:59+08:00", true),
            ("2026-11-04T00:00:00+08:00", false),
            ("2026-11-08T10:30:00+08:00", true),  // a Sunday like others
            ("2026-11-15T10:30:00+08:00", false), // a Sunday, and the fifteenth
            ("2026-10-01T09:00:00+08:00", false), // a holiday
        ]);
    }

    #[test]
    fn the_clocks_going_forward_does_not_move_the_hours() {
        // 8 March 2026, New York: 02:00 becomes 03:00.
        let shop = calendar("zone: America/New_York\nopen: { daily: 09:00-17:00 }\n");
        check(
            &shop,
            &[
                ("2026-03-07T14:30:00Z", true),
                ("2026-03-08T13:30:00Z", true),
                ("2026-03-08T21:30:00Z", false),
            ],
        );
    }

    #[test]
    fn round_the_clock_means_every_minute() {
        let always = calendar("zone: Asia/Shanghai\nopen: always\n");
        check(&always, &[("2026-11-24T16:00:00Z", true), ("2026-11-24T15:59:59Z", true)]);
        assert!(!always.never_opens());
        assert!(calendar("zone: Asia/Shanghai\nopen: {}\n").never_opens());
    }

    #[test]
    fn hours_over_each_other_and_the_last_special_day_are_found() {
        for (open, overlaps) in [
            ("always", false),
            ("{ daily: '08:00-12:00, 12:00-18:00' }", false),
            ("{ daily: '08:00-12:00, 11:59-18:00' }", true),
            ("{ daily: 08:00-18:00, sat: 10:00-12:00 }", true),
            ("{ fri: '22:00-06:00, 08:00-12:00' }", false),
            ("{ fri: '22:00-06:00, 23:00-24:00' }", true),
        ] {
            let it = calendar(&format!("zone: Asia/Shanghai\nopen: {open}\n"));
            assert_eq!((it.overlaps(), it.last_special_day()), (overlaps, None), "{open}");
        }
        let it = calendar(
            "zone: UTC\nopen: always\nholidays: [2026-10-01]\ndays: { 2026-10-10: closed }\n",
        );
        assert_eq!(it.last_special_day(), Some("2026-10-10".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_read_says_how_it_is_written() {
        for (text, says) in [
            ("zone: Mars/Olympus\nopen: always\n", "Asia/Shanghai"),
            ("zone: UTC\nopen: sometimes\n", "always"),
            ("zone: UTC\nopen: { mon-foo: 08:00-09:00 }\n", "mon-fri"),
            ("zone: UTC\nopen: { day 0-3: 08:00-09:00 }\n", "day 1-3"),
            ("zone: UTC\nopen: { day 5-3: 08:00-09:00 }\n", "day 1-3"),
            ("zone: UTC\nopen: { mon: 25:00-26:00 }\n", "08:30-23:00"),
        ] {
            let error = serde_yaml::from_str::<Calendar>(text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}

//! Kinds of cases, and until when each is answered: so long, or so many days on which a calendar opens.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, SpanRelativeTo, Timestamp, ToSpan};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_yaml::Spanned as Written;

use super::Config;
use super::calendar::Calendar;

/// One kind of case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseKind {
    /// How long it takes at most until the caller gets an answer.
    #[serde(deserialize_with = "days_and_hours")]
    pub promise: Duration,
    /// Whole days of it are counted only where this calendar opens.
    #[serde(default)]
    pub calendar: Option<Written<Arc<str>>>,
}

/// A length of time as people promise it: `24h`, `3d`, `3d 2h`. A day is 24 hours.
fn days_and_hours<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let wrong = || D::Error::custom("a promise is written 24h or 3d");
    let span: jiff::Span = String::deserialize(from)?.parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}

/// The longest promise: nobody waits for what is promised for later.
pub const LONGEST_PROMISE: Duration = Duration::from_secs(90 * DAY);
const DAY: u64 = 24 * 60 * 60;
/// The most days that are looked at: a calendar that opens one day a week still keeps the longest promise.
const MAX_DAYS: u32 = 7 * 90 + 31;

/// Everything of the configuration that is about time: when somebody is there, until when a case is answered.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// When somebody is there.
    pub calendars: IndexMap<Arc<str>, Calendar>,
    /// Kinds of cases.
    pub cases: IndexMap<Arc<str>, CaseKind>,
}

impl Config {
    /// Its calendars and kinds of cases.
    #[must_use]
    pub fn times(&self) -> Times {
        Times { calendars: self.calendars.clone(), cases: self.cases.clone() }
    }
}

impl Times {
    /// Until when a case of `kind` that is opened at `opened` is answered; `None` if there is no such kind.
    #[must_use]
    pub fn promised(&self, kind: &str, opened: Timestamp) -> Option<Timestamp> {
        let kind = self.cases.get(kind)?;
        let calendar = kind.calendar.as_ref().and_then(|it| self.calendars.get(&it.value));
        let (begun, rest) = match calendar {
            Some(calendar) => {
                let days = kind.promise.as_secs() / DAY;
                let whole = Duration::from_secs(days * DAY);
                (after_open_days(calendar, opened, days), kind.promise.saturating_sub(whole))
            }
            None => (opened, kind.promise),
        };
        let rest = SignedDuration::try_from(rest).ok()?;
        Some(begun.saturating_add(rest).unwrap_or(begun))
    }
}

/// The same time of day, `days` days later, of which only those count on which the calendar opens.
fn after_open_days(calendar: &Calendar, from: Timestamp, mut days: u64) -> Timestamp {
    let here = calendar.zone.to_datetime(from);
    let mut date = here.date();
    for _ in 0..MAX_DAYS {
        if days == 0 {
            break;
        }
        let Ok(next) = date.checked_add(1.day()) else { break };
        date = next;
        days -= u64::from(calendar.opens_on(date));
    }
    // A time that the clock leaps over is the one behind the leap.
    date.to_datetime(here.time())
        .to_zoned_datetime(calendar.zone.clone())
        .map_or(from, |it| it.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Times {
        let calendars = "office: { zone: Asia/Shanghai, open: { mon-fri: 09:00-18:00 }, holidays: [2026-11-27] }\n\
                         never: { zone: Asia/Shanghai, open: {} }\n\
                         berlin: { zone: Europe/Berlin, open: always }";
        let cases = "question: { promise: 24h }\ncomplaint: { promise: 3d }\n\
                     repair: { promise: 3d 2h, calendar: office }\nlost: { promise: 1d, calendar: never }\n\
                     morning: { promise: 1d, calendar: berlin }";
        Times {
            calendars: serde_yaml::from_str(calendars).unwrap(),
            cases: serde_yaml::from_str(cases).unwrap(),
        }
    }

    #[test]
    fn a_promise_is_a_length_of_time_or_days_on_which_somebody_is_there() {
        #[rustfmt::skip]
        let table = [
            // domain.md: 24 h for questions, 3 days for complaints
            ("question",  "2026-11-24T15:00+08:00", Some("2026-11-25T15:00+08:00")),
            ("complaint", "2026-11-24T15:00+08:00", Some("2026-11-27T15:00+08:00")),
            // Wednesday, Thursday; Friday is a holiday; Monday
            ("repair",    "2026-11-24T15:00+08:00", Some("2026-11-30T17:00+08:00")),
            // Saturday: Monday, Tuesday, Wednesday
            ("repair",    "2026-11-28T15:00+08:00", Some("2026-12-02T17:00+08:00")),
            // The clock leaps from 2 to 3 on this day.
            ("morning",   "2026-03-28T02:30+01:00", Some("2026-03-29T03:30+02:00")),
            ("complain",  "2026-11-24T15:00+08:00", None),
        ];
        for (kind, opened, expected) in table {
            let moment = |text: &str| text.parse::<Timestamp>().unwrap();
            assert_eq!(times().promised(kind, moment(opened)), expected.map(moment), "{kind}");
        }
    }

    #[test]
    fn a_promise_is_written_as_people_say_it() {
        let promise = |text: &str| {
            let kind = serde_yaml::from_str::<CaseKind>(&format!("{{ promise: {text} }}"));
            kind.ok().map(|it| it.promise.as_secs())
        };
        let (hour, day) = (3_600, 86_400);
        #[rustfmt::skip]
        let table = [
            ("24h", Some(day)), ("3d", Some(3 * day)), ("3d 2h", Some(3 * day + 2 * hour)), ("1w", Some(7 * day)),
            ("3", None), ("1mo", None), ("-3d", None), ("soon", None), ("[3d]", None),
        ];
        for (text, expected) in table {
            assert_eq!(promise(text), expected, "{text}");
        }
    }

    #[test]
    fn a_calendar_that_never_opens_ends_the_counting() {
        let opened = "2026-11-24T07:00Z".parse().unwrap();
        let promised = times().promised("lost", opened).unwrap();
        assert!(promised > opened, "{promised}");
    }
}

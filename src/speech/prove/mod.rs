//! The readers proven: values drawn by chance are said, and the words are heard again by somebody who never saw the
//! readers.
//!
//! Who hears them (`zh`, `en`) is written the other way round, from what people are taught to say: a grammar takes words
//! and gives the value, and takes only what people say. So whatever reader says comes back as the value it was, or the
//! words are wrong, or there are two ways to say it and the reader took the one that nobody uses. What is heard without
//! a recording would be silence: every piece must be among those recorded.
//!
//! | by chance | and rather than evenly |
//! | --- | --- |
//! | whole numbers below 10^13, of both signs | around powers of ten, zeros in between, many 1 and 2 |
//! | decimals, amounts, percentages | 0, 1, 2, 100, one place and many |
//! | days, times, lengths of time | leap days, first and last ones, midnight, noon, minutes below ten, nothing |
//! | telephone and order numbers | mobile, 400, area codes, abroad, all lengths, many 1 and 0 |

mod draw;
mod en;
mod zh;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use jiff::civil;

use self::draw::Draw;
use super::catalogue::{Catalogue, Reading};
use super::say::{Nearby, Tongue};
use super::utterance::{Piece, Utterance};
use crate::value::Value;

/// The day on which everything is said.
const TODAY: civil::Date = civil::date(2026, 11, 24);

/// One way in which values are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Reader {
    Number,
    Decimal,
    /// 还有两位
    Counted,
    /// 第二位
    Ordinal,
    Unit,
    Money,
    Percent,
    Digits,
    Phone,
    Date,
    Time,
    DateTime,
    Duration,
}

const READERS: [Reader; 13] = [
    Reader::Number,
    Reader::Decimal,
    Reader::Counted,
    Reader::Ordinal,
    Reader::Unit,
    Reader::Money,
    Reader::Percent,
    Reader::Digits,
    Reader::Phone,
    Reader::Date,
    Reader::Time,
    Reader::DateTime,
    Reader::Duration,
];

/// How many ways of saying values there are; they take turns.
pub const WAYS: u64 = READERS.len() as u64;

/// A value that was not said as people say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which of the values drawn it was, from 0.
    pub nth: u64,
    /// How it was to be said.
    pub reader: String,
    /// The value.
    pub value: String,
    /// What was said.
    pub words: String,
    /// What is wrong with that.
    pub why: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nth, reader, value, words, why } = self;
        write!(f, "{reader} {value} (value {nth}) is said \u{201c}{words}\u{201d}: {why}")
    }
}

/// Says values of one language that are drawn by chance, and hears them again.
#[derive(Debug)]
pub struct Prover<'a> {
    catalogue: &'a Catalogue,
    recorded: HashSet<Arc<str>>,
    units: Vec<&'a str>,
    draw: Draw,
    nth: u64,
}

impl<'a> Prover<'a> {
    /// Begins with `seed`: the same values for every language. `recorded` are the recordings that there are.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, recorded: HashSet<Arc<str>>, seed: u64) -> Self {
        let units = catalogue.units().collect();
        Self { catalogue, recorded, units, draw: Draw::new(seed), nth: 0 }
    }

    /// Draws the next value, says it and hears it.
    ///
    /// # Errors
    /// [`Mismatch`] if what is heard is another value, nothing that people say, or partly silent.
    pub fn prove_next(&mut self) -> Result<(), Box<Mismatch>> {
        let nth = self.nth;
        self.nth += 1;
        let reader = usize::try_from(nth % WAYS).ok().and_then(|at| READERS.get(at).copied());
        let reader = reader.unwrap_or(Reader::Number);
        let value = self.draw.value(reader);
        // Turns are counted, not drawn: a language with more units gets the same values.
        let of = usize::try_from(nth / WAYS).unwrap_or_default() % self.units.len().max(1);
        let unit = self.units.get(of).copied().filter(|_| reader == Reader::Unit);
        let wrong = |words: &str, why: String| {
            let of = unit.map_or_else(String::new, |it| format!(" in {it}"));
            Box::new(Mismatch {
                nth,
                reader: format!("{reader:?}{of}"),
                value: value.to_string(),
                words: words.to_owned(),
                why,
            })
        };
        let said = self.say(reader, &value, unit).map_err(|why| wrong("", why))?;
        self.all_recorded(&said).map_err(|why| wrong(&said.text, why))?;
        let heard = match self.catalogue.tongue {
            Tongue::Mandarin => zh::hear(reader, self.words_of(unit), &said.text),
            Tongue::English => en::hear(reader, self.words_of(unit), &said.text),
        };
        let meant = meant(&value);
        match heard {
            Some(heard) if heard == meant => Ok(()),
            Some(heard) => {
                Err(wrong(&said.text, format!("that is {heard}, and {meant} was meant")))
            }
            None => Err(wrong(&said.text, "nobody says it like that".to_owned())),
        }
    }

    fn say(&self, reader: Reader, value: &Value, unit: Option<&str>) -> Result<Utterance, String> {
        let nearby = match reader {
            Reader::Counted => Nearby { before: Some('有'), after: Some('位') },
            Reader::Ordinal => Nearby { before: Some('第'), after: Some('位') },
            Reader::Number
            | Reader::Decimal
            | Reader::Unit
            | Reader::Money
            | Reader::Percent
            | Reader::Digits
            | Reader::Phone
            | Reader::Date
            | Reader::Time
            | Reader::DateTime
            | Reader::Duration => Nearby::default(),
        };
        let mut said = Utterance::default();
        let reading = Reading { kind: None, unit };
        self.catalogue
            .say_into(value, reading, TODAY, nearby, &mut said)
            .map_err(|error| error.to_string())?;
        Ok(said)
    }

    /// Whether everything of it can be heard.
    fn all_recorded(&self, said: &Utterance) -> Result<(), String> {
        if let Some(words) = said.unrecorded.first() {
            return Err(format!("nobody recorded `{words}`"));
        }
        for piece in &said.pieces {
            if let Piece::Clip(clip) = piece
                && !self.recorded.contains(clip)
            {
                return Err(format!("{clip} is not recorded"));
            }
        }
        if said.pieces.is_empty() { Err("nothing is said".to_owned()) } else { Ok(()) }
    }

    /// The words behind one and behind more of a unit.
    fn words_of(&self, unit: Option<&str>) -> Option<(&str, &str)> {
        let name = unit?;
        let Some(unit) = self.catalogue.units.get(name) else {
            return Some(match (self.catalogue.tongue, name) {
                (Tongue::Mandarin, "days") => ("天", "天"),
                (Tongue::Mandarin, "hours") => ("小时", "小时"),
                (Tongue::Mandarin, "minutes") => ("分钟", "分钟"),
                (Tongue::Mandarin, _) => ("秒", "秒"),
                (Tongue::English, "days") => ("day", "days"),
                (Tongue::English, "hours") => ("hour", "hours"),
                (Tongue::English, "minutes") => ("minute", "minutes"),
                (Tongue::English, _) => ("second", "seconds"),
            });
        };
        let many = unit.many.text.value.as_str();
        let one = unit.few[0].as_ref().map_or(many, |it| it.text.value.as_str());
        Some((one, many))
    }
}

/// What a listener writes down who understood everything. Seconds of a time and this year's number are not said.
fn meant(value: &Value) -> String {
    let day = |day: civil::Date| {
        let year = if day.year() == TODAY.year() { String::new() } else { day.year().to_string() };
        format!("{year}-{}-{}", day.month(), day.day())
    };
    let time = |time: civil::Time| format!("{}:{}", time.hour(), time.minute());
    match value {
        Value::Number(it) | Value::Percent(it) => it.normalize().to_string(),
        Value::Money(minor) => minor.to_string(),
        Value::Date(it) => day(*it),
        Value::Time(it) => time(*it),
        Value::DateTime(it) => format!("{} {}", day(it.date()), time(it.time())),
        Value::Duration(it) => ((it.as_millis() + 500) / 1_000).to_string(),
        Value::Text(it)
        | Value::Digits(it)
        | Value::Choice(it)
        | Value::Phone(it)
        | Value::Recording(it) => it.to_string(),
        Value::YesNo(it) => it.to_string(),
        Value::Secret(_) => String::new(),
    }
}

/// Whether symbols stand in groups that can be written down: up to five together; more in groups of three and four, the
/// longer ones first; a telephone number as its kind is said.
fn well_grouped(reader: Reader, groups: &[String]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(String::len).collect();
    let all: usize = sizes.iter().sum();
    let number = groups.concat();
    let evenly = if all <= 5 {
        sizes.len() == 1
    } else {
        sizes.iter().all(|size| (3..=4).contains(size)) && sizes.is_sorted_by(|a, b| a >= b)
    };
    if reader != Reader::Phone {
        return evenly;
    }
    match (number.get(..3).unwrap_or(&number), all) {
        ("+86", 14) if number.starts_with("+861") => sizes == [3, 3, 4, 4],
        (prefix, 12) if prefix.starts_with("+1") => sizes == [2, 3, 3, 4],
        (prefix, _) if prefix.starts_with('+') => evenly,
        (_, 10) => sizes == [3, 3, 4],
        // Peking and the other great cities have area codes of three figures, everybody else has four.
        ("010", 11) => sizes == [3, 4, 4],
        (prefix, 11) if prefix.starts_with("02") => sizes == [3, 4, 4],
        (prefix, 11) if prefix.starts_with('1') => sizes == [3, 4, 4],
        (prefix, 11) if prefix.starts_with('0') => sizes == [4, 3, 4],
        _ => evenly,
    }
}

#[cfg(test)]
mod tests;

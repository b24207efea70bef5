//! Values by chance, where readers go wrong rather than evenly.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use rust_decimal::Decimal;

use super::Reader;
use crate::value::Value;

/// The chance of one run, out of a seed: the same values on every machine.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A value that `reader` says.
    pub(super) fn value(&mut self, reader: Reader) -> Value {
        match reader {
            Reader::Number => Value::Number(self.signed(0)),
            Reader::Counted | Reader::Ordinal => Value::Number(Decimal::from(self.whole())),
            Reader::Decimal => {
                let places = 1 + self.below(6);
                Value::Number(self.signed(places))
            }
            Reader::Unit => {
                let places = self.pick(&[0, 0, 0, 1, 1, 2]);
                Value::Number(self.signed(places))
            }
            Reader::Percent => {
                let places = self.pick(&[0, 0, 1, 1, 2, 3]);
                Value::Percent(self.signed(places))
            }
            Reader::Money => Value::Money(self.money()),
            Reader::Digits => Value::Digits(self.digits().into()),
            Reader::Phone => Value::Phone(self.phone().into()),
            Reader::Date => Value::Date(self.date()),
            Reader::Time => Value::Time(self.time()),
            Reader::DateTime => Value::DateTime(DateTime::from_parts(self.date(), self.time())),
            Reader::Duration => Value::Duration(self.duration()),
        }
    }

    fn below(&mut self, below: u64) -> u64 {
        self.0.next_u64() % below.max(1)
    }

    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len() as u64);
        usize::try_from(at).ok().and_then(|at| from.get(at).copied()).unwrap_or_default()
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// 0..10^13.
    fn whole(&mut self) -> u64 {
        match self.below(8) {
            0 => self.below(210),
            1 => self.below(100_000),
            2 => {
                let power = self.power();
                (power + self.below(12)).saturating_sub(self.below(12))
            }
            // One figure, some zeros, another one: 20002, 1000100.
            3 => {
                let (large, small) = (self.power(), self.power());
                large * (1 + self.below(9)) % 10_000_000_000_000 + small.min(large) % 1_000_000
            }
            4 => self.below(1_000_000_000_000),
            _ => {
                let count = 1 + self.below(13);
                (0..count).fold(0, |number, _| {
                    number * 10 + self.pick(&[0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9])
                })
            }
        }
    }

    fn power(&mut self) -> u64 {
        let exponent = u32::try_from(self.below(13)).unwrap_or_default();
        10_u64.pow(exponent)
    }

    /// A number with so many places behind the point, perhaps below zero.
    fn signed(&mut self, places: u64) -> Decimal {
        let scale = u32::try_from(places).unwrap_or_default();
        let unit = 10_u64.pow(scale);
        let whole = if self.once_in(3) {
            self.pick(&[0, 1, 2, 10, 12, 20, 22, 99, 100, 102, 110, 200])
        } else {
            self.whole()
        };
        let behind = match self.below(3) {
            0 => self.pick(&[0, 1, 2, 5, 10, 20, 50]) % unit,
            _ => self.below(unit),
        };
        let sign = if self.once_in(4) { -1 } else { 1 };
        let number = i128::from(whole) * i128::from(unit) + i128::from(behind);
        Decimal::try_from_i128_with_scale(sign * number, scale).unwrap_or_default().normalize()
    }

    /// Minor units, of both signs.
    fn money(&mut self) -> i64 {
        let major = if self.once_in(3) { self.below(3) } else { self.whole() };
        let minor = match self.below(3) {
            0 => self.pick(&[0, 0, 1, 2, 5, 9, 10, 20, 22, 50, 99]),
            _ => self.below(100),
        };
        let amount = i64::try_from(major * 100 + minor).unwrap_or_default();
        if self.once_in(5) { -amount } else { amount }
    }

    /// So many keys, 0 and 1 more often than others.
    fn figures(&mut self, count: u64) -> String {
        (0..count)
            .map(|_| self.pick(&['0', '0', '1', '1', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
            .collect()
    }

    fn digits(&mut self) -> String {
        let count = 1 + self.below(18);
        let mut keys = self.figures(count);
        if self.once_in(8) {
            keys.push(self.pick(&['*', '#']));
        }
        if self.once_in(8) {
            keys.insert(0, self.pick(&['*', '#']));
        }
        keys
    }

    fn phone(&mut self) -> String {
        let (head, rest) = match self.below(9) {
            0..=2 => ("1", 10),
            3 => ("400", 7),
            4 => (self.pick(&["010", "020", "021", "027"]), 8),
            5 => (self.pick(&["0755", "0512", "0311"]), 7 + self.below(2)),
            6 => (self.pick(&["+861", "+86", "+44"]), 10),
            7 => ("+1", 10),
            _ => ("", 3 + self.below(13)),
        };
        format!("{head}{}", self.figures(rest))
    }

    fn date(&mut self) -> Date {
        let year = match self.below(4) {
            0 => 2026,
            1 => {
                self.pick(&[2000, 2001, 2010, 2024, 2027, 2028, 2100, 1900, 1905, 1999, 1000, 1100])
            }
            2 => 1900 + self.below(200),
            _ => 1 + self.below(9_999),
        };
        let year = i16::try_from(year).unwrap_or(2026);
        let month = i8::try_from(1 + self.below(12)).unwrap_or(1);
        let first = Date::new(year, month, 1).unwrap_or_default();
        let leap = Date::new(year, 2, 29);
        let last = first.days_in_month();
        match (self.below(6), leap) {
            (0, Ok(leap)) => leap,
            (1, _) => Date::new(year, month, last).unwrap_or(first),
            (2, _) => first,
            _ => {
                let days = self.below(u64::try_from(last).unwrap_or(28));
                let day = i8::try_from(1 + days).unwrap_or(1);
                Date::new(year, month, day).unwrap_or(first)
            }
        }
    }

    fn time(&mut self) -> Time {
        let hour = if self.once_in(3) {
            self.pick(&[0, 1, 2, 4, 5, 7, 8, 11, 12, 13, 14, 17, 18, 23])
        } else {
            self.below(24)
        };
        let minute = if self.once_in(2) {
            self.pick(&[0, 0, 1, 2, 9, 10, 12, 20, 29, 30, 31, 59])
        } else {
            self.below(60)
        };
        let small = |it: u64| i8::try_from(it).unwrap_or_default();
        let second = small(self.below(60));
        Time::new(small(hour), small(minute), second, 0).unwrap_or_default()
    }

    fn duration(&mut self) -> Duration {
        let days = match self.below(6) {
            0..=2 => 0,
            3 => self.below(10),
            4 => self.below(400),
            _ => self.below(1_000_000),
        };
        let mut part = |below: u64| {
            if self.once_in(2) {
                self.pick(&[0, 0, 0, 1, 2, 10, 12, 20, 22])
            } else {
                self.below(below)
            }
        };
        let (hours, minutes, seconds) = (part(24), part(60), part(60));
        let millis = if self.once_in(4) { self.pick(&[499, 500, 999]) } else { 0 };
        let whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
        Duration::from_millis(whole * 1_000 + millis)
    }
}

//! What every tongue needs before it speaks: numbers, amounts and times in parts, digits in groups.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{MAX_DIGITS, Phrase, TOO_LARGE};
use crate::speech::catalogue::Unspeakable;

/// Silence between two groups of digits, in milliseconds: enough to write the first one down.
const GROUP_PAUSE_MS: u16 = 180;

/// A decimal number in parts.
pub(super) struct Figures {
    pub(super) negative: bool,
    /// Below 10^15.
    pub(super) whole: u64,
    /// The digits behind the point, without zeros at the end.
    pub(super) fraction: String,
}

impl Figures {
    pub(super) fn of(number: Decimal) -> Result<Self, Unspeakable> {
        let number = number.normalize();
        let whole = number.trunc().abs().to_u64().filter(|whole| *whole < TOO_LARGE);
        let text = number.to_string();
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        Ok(Self {
            negative: number.is_sign_negative() && !number.is_zero(),
            whole: whole.ok_or(Unspeakable::TooLarge)?,
            fraction: fraction.to_owned(),
        })
    }

    /// The digits behind the point, as numbers.
    pub(super) fn fraction_digits(&self) -> impl Iterator<Item = u64> {
        self.fraction.bytes().filter(u8::is_ascii_digit).map(|byte| u64::from(byte - b'0'))
    }
}

/// An amount in parts.
pub(super) struct Amount {
    pub(super) negative: bool,
    /// Whole units, below 10^15.
    pub(super) major: u64,
    /// Hundredths, 0..=99.
    pub(super) minor: u64,
}

impl Amount {
    pub(super) fn of(minor: i64) -> Result<Self, Unspeakable> {
        let (negative, all) = (minor < 0, minor.unsigned_abs());
        let major =
            Some(all / 100).filter(|major| *major < TOO_LARGE).ok_or(Unspeakable::TooLarge)?;
        Ok(Self { negative, major, minor: all % 100 })
    }
}

/// Days, hours, minutes, seconds; half a second and more counts as one.
pub(super) fn clock(length: Duration) -> [u64; 4] {
    let seconds = length.as_secs().saturating_add(u64::from(length.subsec_millis() >= 500));
    [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60]
}

/// Says symbols one by one, in `groups` of so many; what lies beyond the groups is one more.
pub(super) fn spell(
    text: &str,
    groups: &[usize],
    phrase: &mut Phrase,
    symbol: impl Fn(char, &mut Phrase),
) -> Result<(), Unspeakable> {
    if text.len() > MAX_DIGITS {
        return Err(Unspeakable::TooLarge);
    }
    let mut rest = text.chars().peekable();
    for size in groups.iter().copied().chain([MAX_DIGITS]) {
        if rest.peek().is_none() {
            break;
        }
        if !phrase.0.is_empty() {
            phrase.pause(GROUP_PAUSE_MS);
        }
        rest.by_ref().take(size).for_each(|it| symbol(it, phrase));
    }
    Ok(())
}

/// Groups for figures that mean nothing by their place: up to five together, more in equal groups of three and four,
/// the longer ones first.
pub(super) fn even_groups(count: usize) -> Vec<usize> {
    let groups = if count <= 5 { 1 } else { count.div_ceil(4) };
    (0..groups).map(|at| count / groups + usize::from(at < count % groups)).collect()
}

/// Groups in which people say a telephone number: 138 0000 0001, 400 820 8820, 010 6552 9988, +86 138 0000 0001.
pub(super) fn phone_groups(number: &str) -> Vec<usize> {
    if let Some(abroad) = number.strip_prefix('+') {
        return match abroad.len() {
            13 if abroad.starts_with("861") => vec![3, 3, 4, 4],
            11 if abroad.starts_with('1') => vec![2, 3, 3, 4],
            count => even_groups(count + 1),
        };
    }
    match number.len() {
        10 => vec![3, 3, 4],
        11 if number.starts_with('1') || number.starts_with("010") || number.starts_with("02") => {
            vec![3, 4, 4]
        }
        11 if number.starts_with('0') => vec![4, 3, 4],
        count => even_groups(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_fall_into_groups_that_can_be_written_down() {
        #[rustfmt::skip]
        let table: [(usize, &[usize]); 8] = [
            (0, &[0]), (4, &[4]), (5, &[5]), (6, &[3, 3]), (8, &[4, 4]), (9, &[3, 3, 3]), (10, &[4, 3, 3]), (13, &[4, 3, 3, 3]),
        ];
        for (count, expected) in table {
            assert_eq!(even_groups(count), expected, "{count}");
        }
    }

    #[test]
    fn telephone_numbers_fall_into_the_groups_that_people_use() {
        #[rustfmt::skip]
        let table: [(&str, &[usize]); 9] = [
            ("13800000001",    &[3, 4, 4]),
            ("+8613800000001", &[3, 3, 4, 4]),
            ("4008208820",     &[3, 3, 4]),
            ("01065529988",    &[3, 4, 4]),
            ("07551234567",    &[4, 3, 4]),
            ("01148147361",    &[4, 3, 4]), // no area but 010 and 02x has a code of three figures
            ("075512345678",   &[4, 4, 4]),
            ("+12125550123",   &[2, 3, 3, 4]),
            ("1860",           &[4]),
        ];
        for (number, expected) in table {
            assert_eq!(phone_groups(number), expected, "{number}");
        }
    }
}

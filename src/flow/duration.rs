//! Lengths of time as designers write them: `500ms`, `5s`, `1m30s`, `2h`, `14d`.

use std::fmt::Write;
use std::time::Duration;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::digit1;
use nom::combinator::{map_opt, map_res, value};
use nom::multi::fold_many1;
use nom::{IResult, combinator::verify};

/// Milliseconds of each unit, the longest first. `ms` stands before `m`, of which it would else be taken for a part.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1_000)];

/// Reads the whole of `text` as a length of time.
pub(crate) fn read(text: &str) -> Option<Duration> {
    length(text).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, length)| length)
}

/// One or more figures with units, the longer unit first: `1m30s`, never `30s1m`.
pub(super) fn length(input: &str) -> IResult<&str, Duration> {
    let sum = fold_many1(
        part,
        || Some((0_u64, u64::MAX)),
        |sum, (count, unit)| {
            let (total, last) = sum?;
            let total = total.checked_add(count.checked_mul(unit)?)?;
            (unit < last).then_some((total, unit))
        },
    );
    map_opt(sum, |sum| sum.map(|(total, _)| Duration::from_millis(total))).parse(input)
}

fn part(input: &str) -> IResult<&str, (u64, u64)> {
    let [d, h, ms, m, s] = UNITS.map(|(name, length)| value(length, tag(name)));
    let count = map_res(verify(digit1, |figures: &str| figures.len() <= 12), str::parse);
    (count, alt((d, h, ms, m, s))).parse(input)
}

/// Prints a length so that [`read`] gives it back, to the millisecond: `1m30s`; nothing is `0s`.
pub(super) fn print(length: Duration) -> String {
    let mut rest = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    let [d, h, ms, m, s] = UNITS;
    for (name, unit) in [d, h, m, s, ms] {
        if rest >= unit {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "{}{name}", rest / unit);
            rest %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_figures_with_units_from_long_to_short() {
        #[rustfmt::skip]
        let table = [
            ("5s",      Some(5_000)),
            ("500ms",   Some(500)),
            ("1m30s",   Some(90_000)),
            ("1m500ms", Some(60_500)),
            ("2h",      Some(7_200_000)),
            ("14d",     Some(1_209_600_000)),
            ("0s",      Some(0)),
            ("30s1m",   None),
            ("5s5s",    None),
            ("5",       None),
            ("s",       None),
            ("-5s",     None),
            ("1.5s",    None),
            ("5 s",     None),
            ("999999999999d", None),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_printed_length_reads_as_itself(ms in 0..=u64::from(u32::MAX)) {
            let length = Duration::from_millis(ms);
            proptest::prop_assert_eq!(read(&print(length)), Some(length));
        }
    }
}

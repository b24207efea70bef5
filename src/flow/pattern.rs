//! Number patterns as designers write them: `1xxxxxxxxxx`, `400 xxx xxxx`, `[2-9]xxxxxxx`.
//!
//! Read once, with the flow; holding a number against one costs a step a figure.

use nom::Parser;
use nom::branch::alt;
use nom::character::complete::{char, one_of, satisfy, space0};
use nom::combinator::{all_consuming, map, map_opt, opt};
use nom::multi::fold_many1;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Finish, IResult};
use smallvec::SmallVec;

/// A pattern of figures, one place after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(SmallVec<[Figures; 16]>);

/// The figures that one place takes: a bit each.
type Figures = u16;

/// Any figure.
const ANY: Figures = 0x3ff;
/// The most places of a pattern: as many as a telephone number has figures.
const MAX_PLACES: usize = 32;

impl Pattern {
    /// Reads the whole of `text`. `x` is any figure, `[2-9]` or `[13-5]` one of these; spaces between places mean nothing.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let places = fold_many1(
            terminated(place, space0),
            || Some(SmallVec::new()),
            |places: Option<SmallVec<[Figures; 16]>>, place| {
                let mut places = places.filter(|it| it.len() < MAX_PLACES)?;
                places.push(place);
                Some(places)
            },
        );
        let whole = map_opt(all_consuming(preceded(space0, places)), |it| it.map(Self));
        let mut whole = whole;
        whole.parse(text).finish().ok().map(|(_, pattern)| pattern)
    }

    /// How many figures it takes: at least 1, at most 32.
    #[must_use]
    pub fn figures(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }

    /// Such a number, with the figures of `like` where they may stand, else the least that may.
    #[must_use]
    pub fn nearest(&self, like: &str) -> String {
        let mut like = like.bytes();
        let figure = |figures: &Figures| {
            let may = |byte: &u8| byte.is_ascii_digit() && figures >> (byte - b'0') & 1 == 1;
            let found = like.next().filter(may).or_else(|| (b'0'..=b'9').find(may));
            found.map_or('0', char::from)
        };
        self.0.iter().map(figure).collect()
    }

    /// Whether `number` is such a number, from its first figure to its last.
    #[must_use]
    pub fn fits(&self, number: &str) -> bool {
        number.len() == self.0.len()
            && number
                .bytes()
                .zip(&self.0)
                .all(|(byte, figures)| byte.is_ascii_digit() && figures >> (byte - b'0') & 1 == 1)
    }
}

fn place(input: &str) -> IResult<&str, Figures> {
    alt((
        map(one_of("xX"), |_| ANY),
        map(figure, |it| 1 << it),
        delimited(char('['), set, char(']')),
    ))
    .parse(input)
}

/// `2-9`, `135`, `13-5`.
fn set(input: &str) -> IResult<&str, Figures> {
    let range = map_opt((figure, opt(preceded(char('-'), figure))), |(first, last)| {
        let last = last.unwrap_or(first);
        (first <= last).then(|| (first..=last).fold(0, |set, it| set | 1 << it))
    });
    fold_many1(range, || 0, |set, it: Figures| set | it).parse(input)
}

fn figure(input: &str) -> IResult<&str, u32> {
    map_opt(satisfy(|it| it.is_ascii_digit()), |it| it.to_digit(10)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_its_pattern_from_end_to_end() {
        #[rustfmt::skip]
        let table = [
            ("1xxxxxxxxxx",      "13800000001", true),
            ("1xxxxxxxxxx",      "1380000000",  false),
            ("1xxxxxxxxxx",      "138000000011", false),
            ("1xxxxxxxxxx",      "23800000001", false),
            ("1[3-9]xxxxxxxxx",  "12800000001", false),
            ("1[3-9]xxxxxxxxx",  "19800000001", true),
            ("400 xxx xxxx",     "4008001234",  true),
            ("400xxxxxxx",       "4018001234",  false),
            ("[13-5]x",          "30",          true),
            ("[13-5]x",          "20",          false),
            ("[13-5]x",          "50",          true),
            ("X",                "*",           false),
            ("x",                "٣",           false),
        ];
        for (pattern, number, expected) in table {
            assert_eq!(
                Pattern::read(pattern).unwrap().fits(number),
                expected,
                "{pattern} {number}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let long = "x".repeat(33);
        for text in ["", " ", "1x*", "[", "[]", "[9-2]", "[2-", "1-2", "[a]", "1xy", "一", &long] {
            assert_eq!(Pattern::read(text), None, "{text}");
        }
        assert_eq!(Pattern::read(&"x".repeat(32)).unwrap().figures(), 32);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_pattern_or_none_and_its_own_numbers_fit(text in "[0-9x\\[\\]\\- ]{0,40}", any in "\\PC{0,20}", number in "[0-9]{0,34}") {
            let _ = Pattern::read(&any);
            if let Some(pattern) = Pattern::read(&text) {
                proptest::prop_assert!((1..=32).contains(&pattern.figures()));
                let fits = pattern.fits(&number);
                proptest::prop_assert!(!fits || number.len() == usize::from(pattern.figures()));
            }
            // A number is a pattern that takes itself alone.
            if let Some(own) = Pattern::read(&number) {
                proptest::prop_assert!(own.fits(&number));
            }
        }
    }
}

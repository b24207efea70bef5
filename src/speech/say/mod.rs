//! Values as words: which recordings say a number, an amount, a day, in the way people say them.

mod en;
mod figures;
mod zh;

use jiff::civil;
use rust_decimal::Decimal;

use self::figures::Figures;
use super::catalogue::Unspeakable;
use crate::value::{Type, Value};

/// How values are said; several languages may share one tongue (`en-US`, `en-GB`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    /// 普通话.
    Mandarin,
    /// American in its details: no `and` in numbers, months before days.
    English,
}

impl Tongue {
    /// The tongue of a BCP 47 tag, by its first part.
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next() {
            Some("zh") => Some(Self::Mandarin),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    /// The units that lengths of time are said in: every catalogue of the tongue has them without saying so.
    pub(super) const fn units(self) -> &'static [&'static str] {
        match self {
            Self::Mandarin | Self::English => &["days", "hours", "minutes", "seconds"],
        }
    }

    /// What stands between two words of a value.
    pub(super) const fn glue(self) -> &'static str {
        match self {
            Self::Mandarin => "",
            Self::English => " ",
        }
    }

    /// What stands for the voice of a caller.
    pub(super) const fn recording_sign(self) -> &'static str {
        match self {
            Self::Mandarin => "（录音）",
            Self::English => "(recording)",
        }
    }

    /// What stands for the pause between two groups of digits.
    pub(super) const fn group_sign(self) -> &'static str {
        match self {
            Self::Mandarin => " ",
            Self::English => ",",
        }
    }
}

/// A recorded piece and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// The name of its recording below `atoms/`.
    pub(super) id: String,
    /// What it says.
    pub(super) words: String,
}

/// A step of saying a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bit {
    /// Play it.
    Atom(Atom),
    /// Play the catalogue's words of the unit that is counted.
    Unit(Form),
    /// Be silent for so many milliseconds.
    Pause(u16),
}

/// Which of a unit's words are said. In Mandarin the number is part of the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// 一个G, `gigabyte`
    One,
    /// 两个G
    Two,
    /// 个G, `gigabytes`
    Many,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// One of the tongue's own units.
    Known(&'static str),
    /// A unit of the catalogue.
    Own,
}

/// The characters of a prompt beside a value: Mandarin counts 两位 but numbers 第二位.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Nearby {
    pub(super) before: Option<char>,
    pub(super) after: Option<char>,
}

/// 10^15: from here on numbers are not said.
const TOO_LARGE: u64 = 1_000_000_000_000_000;
/// Nobody follows more digits than these.
const MAX_DIGITS: usize = 64;

/// What is being said, bit by bit.
#[derive(Debug, Default)]
struct Phrase(Vec<Bit>);

impl Phrase {
    fn atom(&mut self, id: impl Into<String>, words: impl Into<String>) {
        self.0.push(Bit::Atom(Atom { id: id.into(), words: words.into() }));
    }

    fn unit(&mut self, form: Form) {
        self.0.push(Bit::Unit(form));
    }

    fn pause(&mut self, ms: u16) {
        self.0.push(Bit::Pause(ms));
    }

    fn into_atoms(self) -> Vec<Atom> {
        self.0
            .into_iter()
            .filter_map(|bit| match bit {
                Bit::Atom(atom) => Some(atom),
                Bit::Unit(_) | Bit::Pause(_) => None,
            })
            .collect()
    }
}

/// Every atom that `tongue` has, each once.
pub(super) fn atoms(tongue: Tongue) -> Vec<Atom> {
    match tongue {
        Tongue::Mandarin => zh::atoms(),
        Tongue::English => en::atoms(),
    }
}

/// Says a value in atoms. Texts and choices are words of the catalogue: nothing is said of them here.
pub(super) fn say(
    tongue: Tongue,
    value: &Value,
    today: civil::Date,
    nearby: Nearby,
) -> Result<Vec<Bit>, Unspeakable> {
    let mut phrase = Phrase::default();
    match tongue {
        Tongue::Mandarin => zh::say(value, today, nearby, &mut phrase)?,
        Tongue::English => en::say(value, today, &mut phrase)?,
    }
    Ok(phrase.0)
}

/// Says how many of `unit` there are: 两个G, `three point five gigabytes`.
pub(super) fn count(
    tongue: Tongue,
    number: Decimal,
    unit: Counted,
) -> Result<Vec<Bit>, Unspeakable> {
    let (figures, mut phrase) = (Figures::of(number)?, Phrase::default());
    match tongue {
        Tongue::Mandarin => zh::count(&figures, unit, &mut phrase),
        Tongue::English => en::count(&figures, unit, &mut phrase),
    }
    Ok(phrase.0)
}

/// Whether a value of type `from` can be read as `wanted`: for checks before any call. A text can be read as anything,
/// and may still fail when it comes.
#[must_use]
pub fn readable_as(from: &Type, wanted: &Type) -> bool {
    use Type as T;
    match (from, wanted) {
        (T::Secret, _) | (_, T::Secret) => false,
        (T::Recording, wanted) => *wanted == T::Recording,
        (_, T::Recording) => false,
        (T::Choice(_), T::Choice(_)) | (T::Text | T::Choice(_), _) => true,
        (T::Digits, T::Number | T::Phone | T::Text) => true,
        (T::Phone, T::Digits | T::Text) => true,
        (T::Number, T::Digits | T::Money | T::Percent) | (T::Money | T::Percent, T::Number) => true,
        (T::DateTime, T::Date | T::Time) => true,
        (from, wanted) => from == wanted,
    }
}

/// `value` as a value of type `kind`.
pub(super) fn read_as(value: &Value, kind: Option<&Type>) -> Result<Value, Unspeakable> {
    use {Type as T, Value as V};
    let Some(kind) = kind else {
        return if matches!(value, V::Secret(_)) {
            Err(Unspeakable::Secret)
        } else {
            Ok(value.clone())
        };
    };
    let read = match (value, kind) {
        (V::Secret(_), _) | (_, T::Secret) => return Err(Unspeakable::Secret),
        (V::Text(_) | V::Choice(_), T::Recording) => None,
        (V::Text(it) | V::Choice(it), _) => kind.read(it).ok(),
        (V::Digits(it), T::Digits | T::Number | T::Phone | T::Text) => kind.read(it).ok(),
        (V::Phone(it), T::Digits) => kind.read(it.trim_start_matches('+')).ok(),
        (V::Phone(it), T::Phone | T::Text) => kind.read(it).ok(),
        (V::Number(it), T::Digits) => (it.is_integer() && !it.is_sign_negative())
            .then(|| V::Digits(it.trunc().normalize().to_string().into())),
        (V::Number(it), T::Money) => kind.read(&it.to_string()).ok(),
        (V::Number(it), T::Percent) => Some(V::Percent(*it)),
        (V::Percent(it), T::Number) => Some(V::Number(*it)),
        (V::Money(minor), T::Number) => Some(V::Number(Decimal::new(*minor, 2).normalize())),
        (V::DateTime(it), T::Date) => Some(V::Date(it.date())),
        (V::DateTime(it), T::Time) => Some(V::Time(it.time())),
        (V::Number(_), T::Number)
        | (V::Money(_), T::Money)
        | (V::Percent(_), T::Percent)
        | (V::Date(_), T::Date)
        | (V::Time(_), T::Time)
        | (V::DateTime(_), T::DateTime)
        | (V::Duration(_), T::Duration)
        | (V::YesNo(_), T::YesNo)
        | (V::Recording(_), T::Recording) => Some(value.clone()),
        (
            V::Digits(_)
            | V::Phone(_)
            | V::Number(_)
            | V::Money(_)
            | V::Percent(_)
            | V::Date(_)
            | V::Time(_)
            | V::DateTime(_)
            | V::Duration(_)
            | V::YesNo(_)
            | V::Recording(_),
            _,
        ) => None,
    };
    read.ok_or_else(|| Unspeakable::Unfit(kind.clone()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The words of some bits, as a caption shows them.
    pub(super) fn words(tongue: Tongue, bits: &[Bit]) -> String {
        let mut text = String::new();
        for (at, bit) in bits.iter().enumerate() {
            match bit {
                Bit::Atom(atom) => {
                    text.push_str(if at > 0 { tongue.glue() } else { "" });
                    text.push_str(&atom.words);
                }
                Bit::Unit(form) => text.push_str(&format!("<{form:?}>")),
                Bit::Pause(_) => text.push_str(tongue.group_sign()),
            }
        }
        text
    }

    /// Reads each text as `kind`, says it on 24 November 2026, and compares.
    #[track_caller]
    pub(super) fn check(tongue: Tongue, kind: &Type, table: &[(&str, &str)]) {
        for (text, expected) in table {
            let value = kind.read(text).unwrap();
            let said = say(tongue, &value, civil::date(2026, 11, 24), Nearby::default()).unwrap();
            assert_eq!(words(tongue, &said), *expected, "{kind} {text}");
        }
    }

    #[test]
    fn what_is_too_large_is_refused_and_not_misread() {
        #[rustfmt::skip]
        let table = [
            (Type::Number, "999999999999999", true), (Type::Number, "1000000000000000", false), (Type::Number, "-1000000000000000", false),
            (Type::Money, "90000000000000.01", true),
        ];
        for tongue in [Tongue::Mandarin, Tongue::English] {
            for (kind, text, fits) in &table {
                let value = kind.read(text).unwrap();
                let said = say(tongue, &value, civil::date(2026, 11, 24), Nearby::default());
                assert_eq!(said.is_ok(), *fits, "{kind} {text}");
            }
            let digits = Value::Digits("1".repeat(65).into());
            let said = say(tongue, &digits, civil::date(2026, 11, 24), Nearby::default());
            assert_eq!(said, Err(Unspeakable::TooLarge));
        }
    }

    #[test]
    fn values_are_read_as_other_types_where_that_makes_sense() {
        #[rustfmt::skip]
        let table = [
            (Type::Number,   "20",               Type::Digits, Some("20")),
            (Type::Number,   "-20",              Type::Digits, None),
            (Type::Number,   "2.5",              Type::Digits, None),
            (Type::Number,   "56.3",             Type::Money,  Some("56.30")),
            (Type::Number,   "56.305",           Type::Money,  None),
            (Type::Money,    "56.30",            Type::Number, Some("56.3")),
            (Type::Number,   "3.50",             Type::Percent, Some("3.5%")),
            (Type::Percent,  "3.5",              Type::Number, Some("3.5")),
            (Type::Text,     "3.5 %",            Type::Percent, Some("3.5%")),
            (Type::Digits,   "007",              Type::Number, Some("7")),
            (Type::Digits,   "1#",               Type::Number, None),
            (Type::Digits,   "13800000001",      Type::Phone,  Some("13800000001")),
            (Type::Phone,    "+8613800000001",   Type::Digits, Some("8613800000001")),
            (Type::Text,     "2026-11-24",       Type::Date,   Some("2026-11-24")),
            (Type::Text,     "soon",             Type::Date,   None),
            (Type::DateTime, "2026-11-24 15:00", Type::Date,   Some("2026-11-24")),
            (Type::DateTime, "2026-11-24 15:00", Type::Time,   Some("15:00:00")),
            (Type::Date,     "2026-11-24",       Type::Money,  None),
            (Type::Secret,   "4711",             Type::Digits, None),
            (Type::Digits,   "4711",             Type::Secret, None),
        ];
        for (from, text, wanted, expected) in table {
            let read = read_as(&from.read(text).unwrap(), Some(&wanted));
            assert_eq!(
                read.as_ref().ok().map(ToString::to_string).as_deref(),
                expected,
                "{from} {text} as {wanted}"
            );
            assert!(expected.is_none() || readable_as(&from, &wanted), "{from} as {wanted}");
        }
    }

    #[test]
    fn the_check_before_a_call_refuses_what_the_call_would_refuse() {
        let samples = [
            (Type::Text, "5"),
            (Type::Digits, "55"),
            (Type::Number, "5"),
            (Type::Money, "5"),
            (Type::Percent, "5"),
            (Type::Date, "2026-11-24"),
            (Type::Time, "15:00"),
            (Type::DateTime, "2026-11-24 15:00"),
            (Type::Duration, "5m"),
            (Type::YesNo, "yes"),
            (Type::Phone, "10086"),
            (Type::Secret, "4711"),
        ];
        for (from, text) in &samples {
            for (wanted, _) in &samples {
                let read = read_as(&from.read(text).unwrap(), Some(wanted));
                assert!(read.is_err() || readable_as(from, wanted), "{from} as {wanted}");
                let always = readable_as(from, wanted) && *from != Type::Text;
                assert!(read.is_ok() || !always, "{from} as {wanted}");
            }
        }
    }

    #[test]
    fn no_two_atoms_share_a_recording() {
        for tongue in [Tongue::Mandarin, Tongue::English] {
            let all = atoms(tongue);
            let ids: std::collections::BTreeSet<&str> =
                all.iter().map(|atom| atom.id.as_str()).collect();
            assert_eq!(ids.len(), all.len());
            assert!(all.iter().all(|atom| !atom.words.is_empty()));
        }
    }
}

//! English: two hundred two, fifty-six yuan and thirty fen, November twenty-fourth at three p.m.
//!
//! In digits read one by one 0 is `zero`, never `oh`: on a narrow line `oh` is taken for `four` or for the letter, and many
//! callers of an English menu speak English as their second language. Times and years keep `oh` (three oh five),
//! where it cannot be taken for anything else.

use jiff::civil;

use super::figures::{Amount, Figures, clock, even_groups, phone_groups, spell};
use super::{Atom, Counted, Form, Phrase};
use crate::speech::catalogue::Unspeakable;
use crate::value::Value;

#[rustfmt::skip]
const ONES: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];
#[rustfmt::skip]
const DAYS: [&str; 31] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth",
    "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
];

/// Atoms whose words do not follow from their number.
#[rustfmt::skip]
const FIXED: [(&str, &str); 30] = [
    ("star", "star"), ("pound", "pound"), ("plus", "plus"), ("oh", "oh"),
    ("hundred", "hundred"), ("thousand", "thousand"), ("million", "million"), ("billion", "billion"), ("trillion", "trillion"),
    ("point", "point"), ("minus", "minus"), ("and", "and"), ("yuan", "yuan"), ("fen", "fen"), ("percent", "percent"),
    ("at", "at"), ("am", "a.m."), ("pm", "p.m."), ("noon", "noon"), ("midnight", "midnight"),
    ("day", "day"), ("days", "days"), ("hour", "hour"), ("hours", "hours"), ("minute", "minute"), ("minutes", "minutes"),
    ("second", "second"), ("seconds", "seconds"),
    ("yes", "yes"), ("no", "no"),
];

/// The units of lengths of time, of one and of more.
const UNITS: [(&str, &str); 4] =
    [("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")];

pub(super) fn atoms() -> Vec<Atom> {
    let mut all = Phrase::default();
    (0..100).for_each(|n| small(n, &mut all));
    (1..10).for_each(|n| hundreds(n, &mut all));
    (1..=12).for_each(|n| month(n, &mut all));
    (1..=31).for_each(|n| day(n, &mut all));
    FIXED.iter().for_each(|(id, _)| fixed(id, &mut all));
    all.into_atoms()
}

pub(super) fn say(value: &Value, today: civil::Date, out: &mut Phrase) -> Result<(), Unspeakable> {
    match value {
        Value::Number(it) => number(&Figures::of(*it)?, out),
        Value::Digits(it) => spell(it, &even_groups(it.len()), out, symbol)?,
        Value::Phone(it) => spell(it, &phone_groups(it), out, symbol)?,
        Value::Money(it) => money(&Amount::of(*it)?, out),
        Value::Percent(it) => {
            number(&Figures::of(*it)?, out);
            fixed("percent", out);
        }
        Value::Date(it) => date(*it, today, out),
        Value::Time(it) => time(*it, out),
        Value::DateTime(it) => {
            date(it.date(), today, out);
            fixed("at", out);
            time(it.time(), out);
        }
        Value::Duration(it) => duration(clock(*it), out),
        Value::YesNo(it) => fixed(if *it { "yes" } else { "no" }, out),
        Value::Secret(_) => return Err(Unspeakable::Secret),
        // Words of the catalogue, and what callers said themselves.
        Value::Text(_) | Value::Choice(_) | Value::Recording(_) => {}
    }
    Ok(())
}

/// two hundred two, minus fifteen, three point one four
fn number(figures: &Figures, out: &mut Phrase) {
    if figures.negative {
        fixed("minus", out);
    }
    whole(figures.whole, out);
    if !figures.fraction.is_empty() {
        fixed("point", out);
        figures.fraction_digits().for_each(|digit| small(digit, out));
    }
}

/// three point five gigabytes, one minute; one less than nothing is singular too: minus one degree.
pub(super) fn count(figures: &Figures, unit: Counted, out: &mut Phrase) {
    number(figures, out);
    let single = figures.whole == 1 && figures.fraction.is_empty();
    match unit {
        Counted::Known(many) => {
            let one = UNITS.iter().find(|(_, it)| *it == many).map(|(one, _)| *one);
            fixed(one.filter(|_| single).unwrap_or(many), out);
        }
        Counted::Own => out.unit(if single { Form::One } else { Form::Many }),
    }
}

/// `n` < 10^15.
fn whole(n: u64, out: &mut Phrase) {
    if n == 0 {
        return small(0, out);
    }
    let units = [
        (1_000_000_000_000, "trillion"),
        (1_000_000_000, "billion"),
        (1_000_000, "million"),
        (1_000, "thousand"),
        (1, ""),
    ];
    for (unit, id) in units {
        let group = n / unit % 1_000;
        if group >= 100 {
            hundreds(group / 100, out);
        }
        if !group.is_multiple_of(100) {
            small(group % 100, out);
        }
        if group > 0 {
            fixed(id, out);
        }
    }
}

/// One of the symbols that callers key, read alone.
fn symbol(it: char, out: &mut Phrase) {
    match it {
        '*' => fixed("star", out),
        '#' => fixed("pound", out),
        '+' => fixed("plus", out),
        _ => small(u64::from(it.to_digit(10).unwrap_or(0)), out),
    }
}

/// fifty-six yuan and thirty fen; five fen; zero yuan
fn money(amount: &Amount, out: &mut Phrase) {
    if amount.negative {
        fixed("minus", out);
    }
    if amount.major > 0 || amount.minor == 0 {
        whole(amount.major, out);
        fixed("yuan", out);
    }
    if amount.minor > 0 {
        if amount.major > 0 {
            fixed("and", out);
        }
        small(amount.minor, out);
        fixed("fen", out);
    }
}

/// November twenty-fourth; with the year where it is not today's: January first twenty twenty-seven
fn date(date: civil::Date, today: civil::Date, out: &mut Phrase) {
    month(date.month().unsigned_abs(), out);
    day(date.day().unsigned_abs(), out);
    if date.year() != today.year() {
        year(date.year().unsigned_abs().into(), out);
    }
}

/// nineteen ninety, nineteen oh five, nineteen hundred, two thousand five, twenty twenty-seven
fn year(n: u64, out: &mut Phrase) {
    let (century, rest) = (n / 100, n % 100);
    if century < 10 || (century.is_multiple_of(10) && rest < 10) {
        return whole(n, out);
    }
    small(century, out);
    match rest {
        0 => fixed("hundred", out),
        1..10 => {
            fixed("oh", out);
            small(rest, out);
        }
        _ => small(rest, out),
    }
}

/// three p.m., three oh five p.m., noon, midnight. Seconds are not said.
fn time(time: civil::Time, out: &mut Phrase) {
    let (hour, minute) =
        (u64::from(time.hour().unsigned_abs()), u64::from(time.minute().unsigned_abs()));
    match (hour, minute) {
        (0, 0) => return fixed("midnight", out),
        (12, 0) => return fixed("noon", out),
        _ => {}
    }
    small((hour + 11) % 12 + 1, out);
    if (1..10).contains(&minute) {
        fixed("oh", out);
    }
    if minute > 0 {
        small(minute, out);
    }
    fixed(if hour < 12 { "am" } else { "pm" }, out);
}

/// two hours five minutes; nothing at all is zero seconds
fn duration(parts: [u64; 4], out: &mut Phrase) {
    let nothing = parts.iter().all(|part| *part == 0);
    for (part, (one, many)) in parts.into_iter().zip(UNITS) {
        if part > 0 || (nothing && one == "second") {
            whole(part, out);
            fixed(if part == 1 { one } else { many }, out);
        }
    }
}

/// 0..=99
fn small(n: u64, out: &mut Phrase) {
    let name = |table: &[&'static str], n: u64| {
        usize::try_from(n).ok().and_then(|at| table.get(at).copied()).unwrap_or_default()
    };
    let words = match (n / 10, n % 10) {
        (0 | 1, _) => name(&ONES, n).to_owned(),
        (tens, 0) => name(&TENS, tens).to_owned(),
        (tens, ones) => format!("{}-{}", name(&TENS, tens), name(&ONES, ones)),
    };
    out.atom(n.to_string(), words);
}

fn hundreds(n: u64, out: &mut Phrase) {
    let ones = usize::try_from(n).ok().and_then(|at| ONES.get(at).copied()).unwrap_or_default();
    out.atom(format!("{n}00"), format!("{ones} hundred"));
}

fn month(n: u8, out: &mut Phrase) {
    let words = MONTHS.get(usize::from(n).saturating_sub(1)).copied().unwrap_or_default();
    out.atom(format!("month-{n}"), words);
}

fn day(n: u8, out: &mut Phrase) {
    let words = DAYS.get(usize::from(n).saturating_sub(1)).copied().unwrap_or_default();
    out.atom(format!("day-{n}"), words);
}

/// An atom of the table; nothing for the empty name.
fn fixed(id: &str, out: &mut Phrase) {
    if let Some((id, words)) = FIXED.iter().find(|(known, _)| *known == id) {
        out.atom(*id, *words);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tongue;
    use super::super::tests::{check, words};
    use super::*;
    use crate::value::Type;

    fn english(kind: Type, table: &[(&str, &str)]) {
        check(Tongue::English, &kind, table);
    }

    #[test]
    fn numbers_are_said_without_and() {
        #[rustfmt::skip]
        english(Type::Number, &[
            ("0", "zero"), ("2", "two"), ("10", "ten"), ("13", "thirteen"), ("20", "twenty"), ("42", "forty-two"), ("100", "one hundred"),
            ("115", "one hundred fifteen"), ("202", "two hundred two"), ("1000", "one thousand"), ("1001", "one thousand one"),
            ("12000", "twelve thousand"), ("200000", "two hundred thousand"), ("1080", "one thousand eighty"),
            ("1000000", "one million"), ("2000005", "two million five"), ("1000000000000", "one trillion"),
            ("123456789", "one hundred twenty-three million four hundred fifty-six thousand seven hundred eighty-nine"),
            ("-15", "minus fifteen"), ("3.5", "three point five"), ("0.05", "zero point zero five"), ("2.0", "two"),
        ]);
    }

    #[test]
    fn figures_are_read_one_by_one_with_zero() {
        #[rustfmt::skip]
        english(Type::Digits, &[
            ("20260001", "two zero two six, zero zero zero one"), ("7", "seven"), ("*1#", "star one pound"),
        ]);
        #[rustfmt::skip]
        english(Type::Phone, &[
            ("13800000001", "one three eight, zero zero zero zero, zero zero zero one"),
            ("+12125550123", "plus one, two one two, five five five, zero one two three"),
        ]);
    }

    #[test]
    fn amounts_are_read_in_yuan_and_fen() {
        #[rustfmt::skip]
        english(Type::Money, &[
            ("56.30", "fifty-six yuan and thirty fen"), ("56.05", "fifty-six yuan and five fen"), ("56", "fifty-six yuan"),
            ("0.30", "thirty fen"), ("0", "zero yuan"), ("-8.50", "minus eight yuan and fifty fen"), ("1", "one yuan"),
            ("1234.56", "one thousand two hundred thirty-four yuan and fifty-six fen"),
        ]);
    }

    #[test]
    fn days_carry_their_year_only_when_it_is_another() {
        #[rustfmt::skip]
        english(Type::Date, &[
            ("2026-11-24", "November twenty-fourth"), ("2026-01-01", "January first"), ("2026-08-31", "August thirty-first"),
            ("2027-01-01", "January first twenty twenty-seven"), ("2000-05-12", "May twelfth two thousand"),
            ("2005-05-12", "May twelfth two thousand five"), ("2010-05-12", "May twelfth twenty ten"),
            ("1905-05-12", "May twelfth nineteen oh five"), ("1900-05-12", "May twelfth nineteen hundred"),
            ("1999-05-12", "May twelfth nineteen ninety-nine"),
        ]);
    }

    #[test]
    fn times_and_lengths_are_said_as_people_say_them() {
        #[rustfmt::skip]
        english(Type::Time, &[
            ("15:00", "three p.m."), ("15:05", "three oh five p.m."), ("15:15", "three fifteen p.m."), ("08:30", "eight thirty a.m."),
            ("00:00", "midnight"), ("12:00", "noon"), ("00:30", "twelve thirty a.m."), ("12:30", "twelve thirty p.m."), ("23:59:59", "eleven fifty-nine p.m."),
        ]);
        english(Type::DateTime, &[("2026-11-24 15:00", "November twenty-fourth at three p.m.")]);
        #[rustfmt::skip]
        english(Type::Duration, &[
            ("2h 5m", "two hours five minutes"), ("1h 1m 1s", "one hour one minute one second"), ("0s", "zero seconds"), ("48h", "two days"),
        ]);
        english(Type::YesNo, &[("yes", "yes"), ("no", "no")]);
    }

    /// Reads a numeral back the slow way: each word's value, multiplied up by the units that follow.
    fn heard(numeral: &str) -> u64 {
        let (mut total, mut group) = (0_u64, 0_u64);
        for word in numeral.split([' ', '-']) {
            let scale = ["thousand", "million", "billion", "trillion"]
                .iter()
                .position(|unit| *unit == word);
            if let Some(power) = scale {
                total += group * 1_000_u64.pow(power as u32 + 1);
                group = 0;
            } else if word == "hundred" {
                group *= 100;
            } else if let Some(tens) = TENS.iter().position(|known| *known == word) {
                group += 10 * tens as u64;
            } else {
                group += ONES.iter().position(|known| *known == word).unwrap() as u64;
            }
        }
        total + group
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_heard_as_they_were_meant(n in 0_u64..super::super::TOO_LARGE, shift in 0_u32..15) {
            for n in [n, n / 10_u64.pow(shift), n / 10_u64.pow(shift) * 10_u64.pow(shift)] {
                let mut out = Phrase::default();
                whole(n, &mut out);
                let numeral = words(Tongue::English, &out.0);
                proptest::prop_assert_eq!(heard(&numeral), n, "{}", numeral);
            }
        }
    }
}

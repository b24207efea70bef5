//! English: two hundred two, fifty-six yuan and thirty fen, November twenty-fourth at three p.m.
//!
//! In digits read one by one 0 is `zero`, never `oh`: on a narrow line `oh` is taken for `four` or for the letter, and many
//! callers of an English menu speak English as their second language. Times and years keep `oh` (three oh five),
//! where it cannot be taken for anything else.

use jiff::civil;

use super::figures::{Amount, Figures, clock, even_groups, phone_groups, spell};
use super::{Atom, Phrase};
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
const FIXED: [(&str, &str); 29] = [
    ("star", "star"), ("pound", "pound"), ("plus", "plus"), ("oh", "oh"),
    ("hundred", "hundred"), ("thousand", "thousand"), ("million", "million"), ("billion", "billion"), ("trillion", "trillion"),
    ("point", "point"), ("minus", "minus"), ("and", "and"), ("yuan", "yuan"), ("fen", "fen"),
    ("at", "at"), ("am", "a.m."), ("pm", "p.m."), ("noon", "noon"), ("midnight", "midnight"),
    ("day", "day"), ("days", "days"), ("hour", "hour"), ("hours", "hours"), ("minute", "minute"), ("minutes", "minutes"),
    ("second", "second"), ("seconds", "seconds"),
    ("yes", "yes"), ("no", "no"),
];

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
        Value::Text(_) | Value::Choice(_) => {} // words of the catalogue
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
        if group % 100 > 0 {
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
    let units = [("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")];
    let nothing = parts.iter().all(|part| *part == 0);
    for (part, (one, many)) in parts.into_iter().zip(units) {
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

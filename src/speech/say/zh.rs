//! Mandarin: 两百零二, 五十六元三角, 十一月二十四日下午三点.
//!
//! 两 counts (两百, 两万, 两元, 两点), 二 is the figure (二十, 一百零二, 第二). In digits read one by one 1 is 幺, which
//! cannot be taken for 七. 零 is said once for any gap in a number, and before 分 where 角 is missing.

use jiff::civil;

use super::figures::{Amount, Figures, clock, even_groups, phone_groups, spell};
use super::{Atom, Nearby, Phrase};
use crate::speech::catalogue::Unspeakable;
use crate::value::Value;

const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// Atoms whose words do not follow from their number.
#[rustfmt::skip]
const FIXED: [(&str, &str); 26] = [
    ("liang", "两"), ("yao", "幺"), ("star", "星号"), ("pound", "井号"), ("plus", "加"),
    ("10000", "万"), ("100000000", "亿"), ("point", "点"), ("minus", "负"),
    ("yuan", "元"), ("jiao", "角"), ("fen", "分"),
    ("year", "年"),
    ("before-dawn", "凌晨"), ("early", "早上"), ("forenoon", "上午"), ("noon", "中午"), ("afternoon", "下午"), ("evening", "晚上"),
    ("half", "半"),
    ("days", "天"), ("hours", "小时"), ("minutes", "分钟"), ("seconds", "秒"),
    ("yes", "是"), ("no", "否"),
];

pub(super) fn atoms() -> Vec<Atom> {
    let mut all = Phrase::default();
    (0..100).for_each(|n| small(n, &mut all));
    (10..20).for_each(|n| full_ten(n, &mut all));
    (1..10).for_each(|n| hundreds(n, &mut all));
    (1..10).for_each(|n| thousands(n, &mut all));
    (1..=12).for_each(|n| month(n, &mut all));
    (1..=31).for_each(|n| day(n, &mut all));
    (0..=12).for_each(|n| hour(n, &mut all));
    FIXED.iter().for_each(|(id, _)| fixed(id, &mut all));
    all.into_atoms()
}

pub(super) fn say(
    value: &Value,
    today: civil::Date,
    nearby: Nearby,
    out: &mut Phrase,
) -> Result<(), Unspeakable> {
    match value {
        Value::Number(it) => number(&Figures::of(*it)?, nearby, out),
        Value::Digits(it) => spell(it, &even_groups(it.len()), out, symbol)?,
        Value::Phone(it) => spell(it, &phone_groups(it), out, symbol)?,
        Value::Money(it) => money(&Amount::of(*it)?, out),
        Value::Date(it) => date(*it, today, out),
        Value::Time(it) => time(*it, out),
        Value::DateTime(it) => {
            date(it.date(), today, out);
            time(it.time(), out);
        }
        Value::Duration(it) => duration(clock(*it), out),
        Value::YesNo(it) => fixed(if *it { "yes" } else { "no" }, out),
        Value::Secret(_) => return Err(Unspeakable::Secret),
        Value::Text(_) | Value::Choice(_) => {} // words of the catalogue
    }
    Ok(())
}

/// 两百零二, 负十五, 三点一四. Exactly 2 is 两 before a measure word: 还有两位, but 第二位, 二月.
fn number(figures: &Figures, nearby: Nearby, out: &mut Phrase) {
    if figures.negative {
        fixed("minus", out);
    }
    let measured =
        figures.fraction.is_empty() && nearby.before != Some('第') && is_measure(nearby.after);
    if measured {
        count(figures.whole, out)
    } else {
        whole(figures.whole, false, out)
    }
    if !figures.fraction.is_empty() {
        fixed("point", out);
        figures.fraction_digits().for_each(|digit| small(digit, out));
    }
}

/// Whether a number before this character counts things; 号, 月, 楼 and their like only number them.
fn is_measure(after: Option<char>) -> bool {
    after.is_some_and(|it| {
        ('\u{4e00}'..='\u{9fff}').contains(&it) && !"号月日年楼层级期是和到的".contains(it)
    })
}

/// How many: as [`whole`], but 两 for exactly 2.
fn count(n: u64, out: &mut Phrase) {
    if n == 2 { fixed("liang", out) } else { whole(n, false, out) }
}

/// `n` < 10^15. `inside` a larger number 10 is 一十 (一百一十, 十万零一十), otherwise 十.
fn whole(n: u64, inside: bool, out: &mut Phrase) {
    let (unit, id) = match n {
        YI.. => (YI, "100000000"),
        WAN.. => (WAN, "10000"),
        _ => return group(n, inside, out),
    };
    let (head, rest) = (n / unit, n % unit);
    if head == 2 {
        fixed("liang", out)
    } else {
        whole(head, inside, out)
    }
    fixed(id, out);
    if rest > 0 {
        if rest < unit / 10 {
            small(0, out);
        }
        whole(rest, true, out);
    }
}

/// `n` < 10,000: 两千零五, 一百一十五.
fn group(n: u64, inside: bool, out: &mut Phrase) {
    let (thousand, hundred, rest) = (n / 1_000, n / 100 % 10, n % 100);
    if thousand > 0 {
        thousands(thousand, out);
    }
    if hundred > 0 {
        hundreds(hundred, out);
    }
    if rest == 0 && n > 0 {
        return;
    }
    if (hundred > 0 && rest < 10) || (thousand > 0 && hundred == 0) {
        small(0, out);
    }
    if (10..20).contains(&rest) && (inside || n >= 100) {
        full_ten(rest, out)
    } else {
        small(rest, out)
    }
}

/// One of the symbols that callers key, read alone.
fn symbol(it: char, out: &mut Phrase) {
    match it {
        '1' => fixed("yao", out),
        '*' => fixed("star", out),
        '#' => fixed("pound", out),
        '+' => fixed("plus", out),
        _ => small(u64::from(it.to_digit(10).unwrap_or(0)), out),
    }
}

/// 五十六元三角, 五元零五分, 三角二分, 零元.
fn money(amount: &Amount, out: &mut Phrase) {
    let (jiao, fen) = (amount.minor / 10, amount.minor % 10);
    if amount.negative {
        fixed("minus", out);
    }
    if amount.major > 0 || amount.minor == 0 {
        count(amount.major, out);
        fixed("yuan", out);
    }
    // 两 counts where it comes first (两角); behind 元 people say the figure (两元二角).
    let first = amount.major == 0;
    if jiao > 0 {
        if first {
            count(jiao, out)
        } else {
            small(jiao, out)
        }
        fixed("jiao", out);
    }
    if fen > 0 {
        if jiao == 0 && !first {
            small(0, out);
        }
        if first && jiao == 0 {
            count(fen, out)
        } else {
            small(fen, out)
        }
        fixed("fen", out);
    }
}

/// 十一月二十四日; 二零二七年一月一日 where the year is not today's.
fn date(date: civil::Date, today: civil::Date, out: &mut Phrase) {
    if date.year() != today.year() {
        for digit in date.year().unsigned_abs().to_string().bytes() {
            small(u64::from(digit.saturating_sub(b'0')), out);
        }
        fixed("year", out);
    }
    month(date.month().unsigned_abs(), out);
    day(date.day().unsigned_abs(), out);
}

/// 下午三点, 下午三点零五分, 晚上八点半. Seconds are not said.
fn time(time: civil::Time, out: &mut Phrase) {
    let (of_day, minute) = (time.hour().unsigned_abs(), time.minute().unsigned_abs());
    let part = match of_day {
        0..5 => "before-dawn",
        5..8 => "early",
        8..12 => "forenoon",
        12 => "noon",
        13..18 => "afternoon",
        _ => "evening",
    };
    fixed(part, out);
    hour(if of_day > 12 { of_day - 12 } else { of_day }, out);
    match minute {
        0 => {}
        30 => fixed("half", out),
        _ => {
            if minute < 10 {
                small(0, out);
            }
            small(u64::from(minute), out);
            fixed("fen", out);
        }
    }
}

/// 两小时五分钟; nothing at all is 零秒.
fn duration(parts: [u64; 4], out: &mut Phrase) {
    let units = ["days", "hours", "minutes", "seconds"];
    let nothing = parts.iter().all(|part| *part == 0);
    for (part, unit) in parts.into_iter().zip(units) {
        if part > 0 || (nothing && unit == "seconds") {
            count(part, out);
            fixed(unit, out);
        }
    }
}

/// 0..=99 as it is said alone.
fn small(n: u64, out: &mut Phrase) {
    out.atom(n.to_string(), below_hundred(n));
}

/// 一十 to 一十九: 10..=19 behind a hundred.
fn full_ten(n: u64, out: &mut Phrase) {
    out.atom(format!("full-{n}"), format!("一{}", below_hundred(n)));
}

fn hundreds(n: u64, out: &mut Phrase) {
    out.atom(format!("{n}00"), format!("{}百", counted(n)));
}

fn thousands(n: u64, out: &mut Phrase) {
    out.atom(format!("{n}000"), format!("{}千", counted(n)));
}

fn month(n: u8, out: &mut Phrase) {
    out.atom(format!("month-{n}"), format!("{}月", below_hundred(n.into())));
}

fn day(n: u8, out: &mut Phrase) {
    out.atom(format!("day-{n}"), format!("{}日", below_hundred(n.into())));
}

fn hour(n: u8, out: &mut Phrase) {
    out.atom(format!("hour-{n}"), format!("{}点", counted(n.into())));
}

/// An atom of the table.
fn fixed(id: &str, out: &mut Phrase) {
    if let Some((id, words)) = FIXED.iter().find(|(known, _)| *known == id) {
        out.atom(*id, *words);
    }
}

fn counted(n: u64) -> String {
    if n == 2 { "两".to_owned() } else { below_hundred(n) }
}

fn below_hundred(n: u64) -> String {
    let figure =
        |n: u64| usize::try_from(n).ok().and_then(|at| "零一二三四五六七八九".chars().nth(at));
    let (tens, ones) = (n / 10 % 10, n % 10);
    let mut words = String::new();
    if tens > 1 {
        words.extend(figure(tens));
    }
    if tens > 0 {
        words.push('十');
    }
    if ones > 0 || tens == 0 {
        words.extend(figure(ones));
    }
    words
}

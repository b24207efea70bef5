//! Mandarin: 两百零二, 五十六元三角, 十一月二十四日下午三点.
//!
//! 两 counts (两百, 两万, 两元, 两点), 二 is the figure (二十, 一百零二, 第二). In digits read one by one 1 is 幺, which
//! cannot be taken for 七. 零 is said once for any gap in a number, and before 分 where 角 is missing. 一 alone before a
//! unit changes its tone (yì yuán, yí wàn): it has a recording for each.
//!
//! Of a unit of the catalogue 一个G and 两个G are one recording each, so that nobody has to say which tone 一 takes.
//!
//! A syllable spoken alone sounds cut off, so a number below 100 and the unit behind it are one recording (五十六元,
//! 三角, 五分钟) wherever there is one.

use jiff::civil;

use super::figures::{Amount, Figures, clock, even_groups, phone_groups, spell};
use super::{Atom, Bit, Counted, Form, Nearby, Phrase};
use crate::speech::catalogue::Unspeakable;
use crate::value::Value;

const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// Atoms whose words do not follow from their number.
#[rustfmt::skip]
const FIXED: [(&str, &str); 30] = [
    ("liang", "两"), ("one-falling", "一"), ("one-rising", "一"), ("yao", "幺"), ("star", "星号"), ("pound", "井号"), ("plus", "加"),
    ("10000", "万"), ("100000000", "亿"), ("point", "点"), ("minus", "负"),
    ("yuan", "元"), ("jiao", "角"), ("fen", "分"), ("percent", "百分之"), ("percent-100", "百分之百"),
    ("year", "年"),
    ("before-dawn", "凌晨"), ("early", "早上"), ("forenoon", "上午"), ("noon", "中午"), ("afternoon", "下午"), ("evening", "晚上"),
    ("half", "半"),
    ("days", "天"), ("hours", "小时"), ("minutes", "分钟"), ("seconds", "秒"),
    ("yes", "是"), ("no", "否"),
];

/// Units that have a recording with each number from 1 up to this one.
const MELTED: [(&str, u64); 6] =
    [("yuan", 99), ("jiao", 9), ("fen", 59), ("days", 9), ("hours", 23), ("minutes", 59)];

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
    for (unit, most) in MELTED {
        (1..=most).for_each(|n| counted_in(n, unit, &mut all));
    }
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
        Value::Percent(it) => percent(&Figures::of(*it)?, out),
        Value::Date(it) => date(*it, today, out),
        Value::Time(it) => time(*it, out),
        Value::DateTime(it) => {
            date(it.date(), today, out);
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

/// 两百零二, 负十五, 三点一四. Exactly 2 is 两 before a measure word: 还有两位, but 第二位, 二月.
fn number(figures: &Figures, nearby: Nearby, out: &mut Phrase) {
    if figures.negative {
        fixed("minus", out);
    }
    let measured =
        figures.fraction.is_empty() && nearby.before != Some('第') && is_measure(nearby.after);
    match (figures.whole, nearby.after) {
        (1, Some('位' | '个' | '次' | '件')) if measured => fixed("one-rising", out),
        (1, Some('分' | '天' | '元' | '秒' | '小' | '条')) if measured => {
            fixed("one-falling", out)
        }
        (2, _) if measured => fixed("liang", out),
        (n, _) => whole(n, false, out),
    }
    fraction(figures, out);
}

fn fraction(figures: &Figures, out: &mut Phrase) {
    if !figures.fraction.is_empty() {
        fixed("point", out);
        figures.fraction_digits().for_each(|digit| small(digit, out));
    }
}

/// 百分之三点五, 负百分之二, 百分之百.
fn percent(figures: &Figures, out: &mut Phrase) {
    if figures.negative {
        fixed("minus", out);
    }
    if figures.whole == 100 && figures.fraction.is_empty() {
        return fixed("percent-100", out);
    }
    fixed("percent", out);
    whole(figures.whole, false, out);
    fraction(figures, out);
}

/// 两个G, 二十分钟, 三点五公里. Behind a decimal the figure stays one: 二点五公里.
pub(super) fn count(figures: &Figures, unit: Counted, out: &mut Phrase) {
    if figures.negative {
        fixed("minus", out);
    }
    match (unit, figures.whole) {
        (Counted::Known(unit), n) if figures.fraction.is_empty() => counted_in(n, unit, out),
        (Counted::Own, 1) if figures.fraction.is_empty() => out.unit(Form::One),
        (Counted::Own, 2) if figures.fraction.is_empty() => out.unit(Form::Two),
        (unit, n) => {
            whole(n, false, out);
            fraction(figures, out);
            match unit {
                Counted::Known(unit) => fixed(unit, out),
                Counted::Own => out.unit(Form::Many),
            }
        }
    }
}

/// Whether a number before this character counts things; 号, 月, 楼 and their like only number them.
fn is_measure(after: Option<char>) -> bool {
    after.is_some_and(|it| {
        ('\u{4e00}'..='\u{9fff}').contains(&it) && !"号月日年楼层级期是和到的".contains(it)
    })
}

/// So many of a unit, which is in one of the first three tones: 两元, 一百零二元, 二十分钟.
fn counted_in(n: u64, unit: &str, out: &mut Phrase) {
    match n {
        1 => fixed("one-falling", out),
        2 => fixed("liang", out),
        _ => whole(n, false, out),
    }
    melt(n % 100, unit, out);
}

/// Puts `unit` behind the number that ends in `rest`: into its last atom if there is a recording of both.
fn melt(rest: u64, unit: &str, out: &mut Phrase) {
    let most = MELTED.iter().find(|(known, _)| *known == unit).map_or(0, |(_, most)| *most);
    let words = FIXED.iter().find(|(known, _)| *known == unit).map_or("", |(_, words)| words);
    // 二元 and 一十五元 behind a hundred have none.
    let melts =
        |id: &str| id == rest.to_string() && rest != 2 || matches!(id, "liang" | "one-falling");
    match out.0.last_mut() {
        Some(Bit::Atom(last)) if (1..=most).contains(&rest) && melts(&last.id) => {
            last.id = format!("{unit}-{rest}");
            last.words.push_str(words);
        }
        _ => fixed(unit, out),
    }
}

/// `n` < 10^15. `inside` a larger number 10 is 一十 (一百一十, 十万零一十), otherwise 十.
fn whole(n: u64, inside: bool, out: &mut Phrase) {
    let (unit, id) = match n {
        YI.. => (YI, "100000000"),
        WAN.. => (WAN, "10000"),
        _ => return group(n, inside, out),
    };
    let (head, rest) = (n / unit, n % unit);
    match head {
        1 => fixed("one-rising", out),
        2 => fixed("liang", out),
        _ => whole(head, inside, out),
    }
    fixed(id, out);
    if rest > 0 {
        // 一万亿零两千万: without 零 people hear the start of 一万亿两千亿.
        if rest < unit / 10 || head.is_multiple_of(WAN) {
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
        counted_in(amount.major, "yuan", out);
    }
    // 两 counts where it comes first (两角); behind 元 people say the figure (两元二角).
    let first = amount.major == 0;
    if jiao > 0 {
        figure_of(jiao, first, "jiao", out);
    }
    if fen > 0 {
        if jiao == 0 && !first {
            small(0, out);
        }
        figure_of(fen, first && jiao == 0, "fen", out);
    }
}

fn figure_of(n: u64, first: bool, unit: &str, out: &mut Phrase) {
    if first {
        return counted_in(n, unit, out);
    }
    small(n, out);
    melt(n, unit, out);
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
            melt(u64::from(minute), "fen", out);
        }
    }
}

/// 两小时五分钟; nothing at all is 零秒.
fn duration(parts: [u64; 4], out: &mut Phrase) {
    let units = ["days", "hours", "minutes", "seconds"];
    let nothing = parts.iter().all(|part| *part == 0);
    for (part, unit) in parts.into_iter().zip(units) {
        if part > 0 || (nothing && unit == "seconds") {
            counted_in(part, unit, out);
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

#[cfg(test)]
mod tests {
    use super::super::tests::{check, words};
    use super::super::{Nearby, Tongue, say};
    use super::*;
    use crate::value::Type;

    fn mandarin(kind: Type, table: &[(&str, &str)]) {
        check(Tongue::Mandarin, &kind, table);
    }

    #[test]
    fn numbers_are_counted_in_wan_and_yi_with_one_zero_for_a_gap() {
        #[rustfmt::skip]
        mandarin(Type::Number, &[
            ("0", "零"), ("1", "一"), ("2", "二"), ("10", "十"), ("12", "十二"), ("15", "十五"), ("20", "二十"), ("22", "二十二"),
            ("99", "九十九"), ("100", "一百"), ("101", "一百零一"), ("110", "一百一十"), ("115", "一百一十五"), ("120", "一百二十"),
            ("200", "两百"), ("202", "两百零二"), ("222", "两百二十二"), ("999", "九百九十九"),
            ("1000", "一千"), ("1001", "一千零一"), ("1010", "一千零一十"), ("1011", "一千零一十一"), ("1080", "一千零八十"),
            ("1100", "一千一百"), ("1101", "一千一百零一"), ("2000", "两千"), ("2002", "两千零二"), ("2020", "两千零二十"),
            ("2200", "两千两百"), ("2222", "两千两百二十二"), ("9999", "九千九百九十九"),
            ("10000", "一万"), ("10001", "一万零一"), ("10010", "一万零一十"), ("10100", "一万零一百"), ("11000", "一万一千"),
            ("12000", "一万两千"), ("20000", "两万"), ("20002", "两万零二"), ("22000", "两万两千"), ("100000", "十万"), ("120000", "十二万"),
            ("100015", "十万零一十五"), ("102000", "十万两千"), ("150000", "十五万"), ("200000", "二十万"),
            ("222222", "二十二万两千两百二十二"), ("1000000", "一百万"), ("1001000", "一百万一千"), ("1000100", "一百万零一百"),
            ("1100000", "一百一十万"), ("1150000", "一百一十五万"), ("10000000", "一千万"), ("10010000", "一千零一万"),
            ("20000000", "两千万"), ("100000000", "一亿"), ("100000001", "一亿零一"), ("100010000", "一亿零一万"),
            ("100100000", "一亿零一十万"), ("100005000", "一亿零五千"), ("110000000", "一亿一千万"), ("120000005", "一亿两千万零五"),
            ("200000000", "两亿"), ("1000000000", "十亿"), ("1020000000", "十亿两千万"), ("123456789", "一亿两千三百四十五万六千七百八十九"),
            ("1000000000000", "一万亿"), ("1000000000005", "一万亿零五"), ("1000020000000", "一万亿零两千万"), ("1000120000000", "一万零一亿两千万"), ("1000100000000", "一万零一亿"),
            ("12000000000000", "十二万亿"), ("999999999999999", "九百九十九万九千九百九十九亿九千九百九十九万九千九百九十九"),
            ("-15", "负十五"), ("3.5", "三点五"), ("0.5", "零点五"), ("-0.05", "负零点零五"), ("3.14", "三点一四"), ("200.22", "两百点二二"),
            ("2.0", "二"), ("10.10", "十点一"),
        ]);
    }

    #[test]
    fn order_numbers_are_read_figure_by_figure_in_groups() {
        #[rustfmt::skip]
        mandarin(Type::Digits, &[
            ("20260001", "二零二六 零零零幺"), ("7", "七"), ("10086", "幺零零八六"), ("123456", "幺二三 四五六"),
            ("*1#", "星号幺井号"), ("123456789", "幺二三 四五六 七八九"),
        ]);
    }

    #[test]
    fn telephone_numbers_are_read_in_the_groups_people_use() {
        #[rustfmt::skip]
        mandarin(Type::Phone, &[
            ("13800000001", "幺三八 零零零零 零零零幺"), ("4008208820", "四零零 八二零 八八二零"), ("1860", "幺八六零"),
            ("+8613800000001", "加八六 幺三八 零零零零 零零零幺"), ("01065529988", "零幺零 六五五二 九九八八"),
        ]);
    }

    #[test]
    fn amounts_are_read_in_yuan_jiao_and_fen() {
        #[rustfmt::skip]
        mandarin(Type::Money, &[
            ("56.30", "五十六元三角"), ("56.35", "五十六元三角五分"), ("56.05", "五十六元零五分"), ("56", "五十六元"),
            ("0", "零元"), ("0.30", "三角"), ("0.05", "五分"), ("0.35", "三角五分"), ("0.20", "两角"), ("0.02", "两分"), ("0.22", "两角二分"),
            ("1", "一元"), ("2", "两元"), ("2.20", "两元二角"), ("2.02", "两元零二分"), ("10", "十元"), ("12.50", "十二元五角"), ("22", "二十二元"),
            ("200", "两百元"), ("202", "两百零二元"), ("1000.05", "一千元零五分"), ("12345.67", "一万两千三百四十五元六角七分"),
            ("-8.50", "负八元五角"),
        ]);
    }

    #[test]
    fn days_carry_their_year_only_when_it_is_another() {
        #[rustfmt::skip]
        mandarin(Type::Date, &[
            ("2026-11-24", "十一月二十四日"), ("2026-01-01", "一月一日"), ("2026-02-10", "二月十日"), ("2026-12-31", "十二月三十一日"),
            ("2027-01-01", "二零二七年一月一日"), ("1999-10-20", "一九九九年十月二十日"), ("2010-05-02", "二零一零年五月二日"),
        ]);
    }

    #[test]
    fn times_name_their_part_of_the_day() {
        #[rustfmt::skip]
        mandarin(Type::Time, &[
            ("00:00", "凌晨零点"), ("00:05", "凌晨零点零五分"), ("02:00", "凌晨两点"), ("04:59", "凌晨四点五十九分"), ("05:00", "早上五点"),
            ("07:30", "早上七点半"), ("08:30", "上午八点半"), ("11:59", "上午十一点五十九分"), ("12:00", "中午十二点"), ("12:10", "中午十二点十分"),
            ("13:00", "下午一点"), ("14:20", "下午两点二十分"), ("15:00", "下午三点"), ("15:05", "下午三点零五分"), ("15:15", "下午三点十五分"),
            ("18:00", "晚上六点"), ("23:00:59", "晚上十一点"),
        ]);
        mandarin(Type::DateTime, &[("2026-11-24 15:00", "十一月二十四日下午三点")]);
    }

    #[test]
    fn lengths_of_time_are_counted() {
        #[rustfmt::skip]
        mandarin(Type::Duration, &[
            ("2h 5m", "两小时五分钟"), ("2h", "两小时"), ("2m", "两分钟"), ("12m", "十二分钟"), ("22s", "二十二秒"), ("0s", "零秒"), ("90s", "一分钟三十秒"),
            ("1m 2s", "一分钟两秒"), ("50h", "两天两小时"), ("600ms", "一秒"), ("400ms", "零秒"), ("59m 59s 700ms", "一小时"),
        ]);
        mandarin(Type::YesNo, &[("yes", "是"), ("no", "否")]);
    }

    #[test]
    fn two_is_liang_before_what_it_counts() {
        #[rustfmt::skip]
        let table = [
            ("2", "有", "位", "两"), ("2", "第", "位", "二"), ("2", "在", "月", "二"), ("2", "有", "。", "二"), ("2", "有", "G", "二"),
            ("12", "有", "位", "十二"), ("200", "有", "位", "两百"), ("2.5", "有", "分", "二点五"), ("1", "有", "位", "一"), ("0", "有", "位", "零"),
        ];
        for (number, before, after, expected) in table {
            let value = Type::Number.read(number).unwrap();
            let nearby = Nearby { before: before.chars().next(), after: after.chars().next() };
            let said = say(Tongue::Mandarin, &value, civil::date(2026, 11, 24), nearby).unwrap();
            assert_eq!(words(Tongue::Mandarin, &said), expected, "{before}{number}{after}");
        }
    }

    #[test]
    fn one_before_a_unit_changes_its_tone() {
        #[rustfmt::skip]
        let table = [(Type::Money, "1", "yuan-1"), (Type::Number, "10000", "one-rising"), (Type::Number, "1", "1")];
        for (kind, text, expected) in table {
            let value = kind.read(text).unwrap();
            let said = say(Tongue::Mandarin, &value, civil::date(2026, 11, 24), Nearby::default());
            let Some(Bit::Atom(first)) = said.unwrap().into_iter().next() else { panic!("{text}") };
            assert_eq!(first.id, expected, "{kind} {text}");
        }
    }

    /// Reads a numeral back the slow way, knowing only what each character means: a figure waits for its unit, 万 and
    /// 亿 multiply all that came before since the last larger one.
    fn heard(numeral: &str) -> u64 {
        let (mut total, mut section, mut figure) = (0_u64, 0_u64, None::<u64>);
        for it in numeral.chars() {
            match it {
                '十' | '百' | '千' => {
                    let unit = [('十', 10), ('百', 100), ('千', 1_000)];
                    let unit = unit.iter().find(|(name, _)| *name == it).unwrap().1;
                    section += figure.take().unwrap_or(1) * unit;
                }
                '万' => section = (section + figure.take().unwrap_or(0)) * 10_000,
                '亿' => {
                    total += (section + figure.take().unwrap_or(0)) * 100_000_000;
                    section = 0;
                }
                '两' => figure = Some(2),
                _ => {
                    figure =
                        Some("零一二三四五六七八九".chars().position(|known| known == it).unwrap()
                            as u64)
                }
            }
        }
        total + section + figure.unwrap_or(0)
    }

    #[test]
    fn the_oracle_itself_hears_well() {
        #[rustfmt::skip]
        let table = [
            ("两百零二", 202), ("一万两千", 12_000), ("十万零一十五", 100_015), ("一万亿零五", 1_000_000_000_005),
            ("一亿零一十万", 100_100_000), ("九百九十九万九千九百九十九亿", 999_999_900_000_000),
        ];
        for (numeral, expected) in table {
            assert_eq!(heard(numeral), expected, "{numeral}");
        }
    }

    fn spoken(n: u64) -> String {
        let mut out = Phrase::default();
        whole(n, false, &mut out);
        words(Tongue::Mandarin, &out.0)
    }

    #[test]
    fn every_number_below_a_hundred_thousand_is_heard_as_it_was_meant() {
        for n in 0..100_000 {
            let numeral = spoken(n);
            assert_eq!(heard(&numeral), n, "{numeral}");
            assert!(!numeral.contains("零零") && (n == 0 || !numeral.ends_with('零')), "{numeral}");
        }
    }

    proptest::proptest! {
        #[test]
        fn large_numbers_are_heard_as_they_were_meant(n in 0_u64..super::super::TOO_LARGE, zeros in 0_u32..14) {
            // Gaps are where readers go wrong: blank out a stretch of digits.
            let gap = 10_u64.pow(zeros);
            for n in [n, n / gap * gap, n % gap, n / (gap * 10) * (gap * 10) + n % gap.min(1_000)] {
                let numeral = spoken(n);
                proptest::prop_assert_eq!(heard(&numeral), n, "{}", numeral);
                proptest::prop_assert!(!numeral.contains("零零"), "{}", numeral);
                proptest::prop_assert!(n == 0 || !numeral.ends_with('零'), "{}", numeral);
            }
        }
    }
}

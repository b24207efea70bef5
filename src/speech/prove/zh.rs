//! Mandarin heard: 一万零二百 is nothing that anybody says, 一万零两百 is 10200.
//!
//! ```text
//! numeral  = 零 / [ large 亿 ] [ multiple 万 ] [ section ]        ; 零 as taught in school, see `taught`
//! section  = [ few 千 ] [ few 百 ] [ [ figure ] 十 ] [ figure ]   ; 十 alone only where the numeral begins
//! few      = 两 / 一 / 三 … 九                                    ; 两百, 两千, but 二十
//! multiple = 两 / section                                        ; 两万, but 十二万
//! ```

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, consumed, map, map_opt, opt, recognize, value, verify};
use nom::error::{Error, ErrorKind};
use nom::multi::{many1, separated_list1};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{Reader, well_grouped};

type Heard<'a, T> = IResult<&'a str, T>;

/// What somebody understands who hears `words`; nothing if nobody says it so. `unit` are the words of what is counted.
pub(super) fn hear(reader: Reader, unit: Option<(&str, &str)>, words: &str) -> Option<String> {
    let whole = |heard: Heard<'_, String>| heard.ok().map(|(_, heard)| heard);
    match reader {
        Reader::Number | Reader::Decimal => whole(all_consuming(signed(plain)).parse(words)),
        Reader::Counted => whole(all_consuming(map(counted, |it| it.to_string())).parse(words)),
        Reader::Ordinal => whole(all_consuming(map(numeral, |it| it.to_string())).parse(words)),
        Reader::Unit => {
            let (_, many) = unit?;
            whole(all_consuming(terminated(signed(measured), tag(many))).parse(words))
        }
        Reader::Money => whole(all_consuming(money).parse(words)),
        Reader::Percent => whole(all_consuming(signed(percent)).parse(words)),
        Reader::Digits | Reader::Phone => {
            let (_, groups) =
                all_consuming(separated_list1(char(' '), many1(symbol))).parse(words).ok()?;
            let groups: Vec<String> = groups.into_iter().map(|it| it.concat()).collect();
            well_grouped(reader, &groups).then(|| groups.concat())
        }
        Reader::Date => whole(all_consuming(date).parse(words)),
        Reader::Time => whole(all_consuming(time).parse(words)),
        Reader::DateTime => {
            let both = map((date, time), |(date, time)| format!("{date} {time}"));
            whole(all_consuming(both).parse(words))
        }
        Reader::Duration => whole(all_consuming(duration).parse(words)),
    }
}

fn wrong<T>(input: &str) -> Heard<'_, T> {
    Err(nom::Err::Error(Error::new(input, ErrorKind::Verify)))
}

/// 零 to 九.
fn digit(input: &str) -> Heard<'_, u64> {
    map_opt(anychar, |it| {
        Some(match it {
            '零' => 0,
            '一' => 1,
            '二' => 2,
            '三' => 3,
            '四' => 4,
            '五' => 5,
            '六' => 6,
            '七' => 7,
            '八' => 8,
            '九' => 9,
            _ => return None,
        })
    })
    .parse(input)
}

/// 一 to 九.
fn figure(input: &str) -> Heard<'_, u64> {
    verify(digit, |it| *it > 0).parse(input)
}

/// How many hundreds, thousands, or parts of a yuan that come first: 两, not 二.
fn few(input: &str) -> Heard<'_, u64> {
    alt((value(2, char('两')), verify(figure, |it| *it != 2))).parse(input)
}

/// Behind a place that is passed over.
fn perhaps_zero(input: &str) -> Heard<'_, bool> {
    map(opt(char('零')), |it| it.is_some()).parse(input)
}

/// 1 to 9,999; `opens` where no word of the numeral stands before it.
fn section<'a>(opens: bool, input: &'a str) -> Heard<'a, u64> {
    let (rest, thousands) = opt((perhaps_zero, terminated(few, char('千')))).parse(input)?;
    let (rest, hundreds) = opt((perhaps_zero, terminated(few, char('百')))).parse(rest)?;
    let begins = opens && thousands.is_none() && hundreds.is_none();
    let ten = |input: &'a str| -> Heard<'a, (bool, u64)> {
        if begins {
            let many = verify(figure, |it| *it > 1);
            let tens = map(terminated(opt(many), char('十')), |it| it.unwrap_or(1));
            map(tens, |it| (false, it)).parse(input)
        } else {
            (perhaps_zero, terminated(figure, char('十'))).parse(input)
        }
    };
    let (rest, tens) = opt(ten).parse(rest)?;
    let (rest, ones) = opt((perhaps_zero, figure)).parse(rest)?;
    let of = |part: Option<(bool, u64)>, unit: u64| part.map_or(0, |(_, it)| it * unit);
    let all = of(thousands, 1_000) + of(hundreds, 100) + of(tens, 10) + of(ones, 1);
    if all == 0 { wrong(input) } else { Ok((rest, all)) }
}

/// How many 万, or 亿 where `low` hears it: exactly two are 两.
fn multiple<'a>(
    opens: bool,
    input: &'a str,
    low: impl Fn(bool, &'a str) -> Heard<'a, u64>,
) -> Heard<'a, u64> {
    alt((
        verify(|input| low(opens, input), |it| *it != 2),
        preceded(perhaps_zero, value(2, char('两'))),
    ))
    .parse(input)
}

/// What stands before or behind 亿.
fn below_yi(opens: bool, input: &str) -> Heard<'_, u64> {
    let wan = terminated(|input| multiple(opens, input, section), char('万'));
    let (rest, wan) = opt(wan).parse(input)?;
    let (rest, ones) = opt(|input| section(opens && wan.is_none(), input)).parse(rest)?;
    let all = wan.unwrap_or(0) * 10_000 + ones.unwrap_or(0);
    if all == 0 { wrong(input) } else { Ok((rest, all)) }
}

fn above_zero(input: &str) -> Heard<'_, u64> {
    let yi = terminated(|input| multiple(true, input, below_yi), char('亿'));
    let (rest, yi) = opt(yi).parse(input)?;
    let (rest, low) = opt(|input| below_yi(yi.is_none(), input)).parse(rest)?;
    let all = yi.unwrap_or(0) * 100_000_000 + low.unwrap_or(0);
    if all == 0 { wrong(input) } else { Ok((rest, all)) }
}

/// A whole number as it is said alone.
fn numeral(input: &str) -> Heard<'_, u64> {
    let as_taught =
        verify(consumed(above_zero), |(words, number)| skeleton(words) == taught(*number));
    alt((map(as_taught, |(_, number)| number), value(0, char('零')))).parse(input)
}

/// Its figures alone, in order.
fn skeleton(words: &str) -> String {
    let begins = words.starts_with('十').then_some('一');
    let figures = words.chars().filter(|it| !matches!(it, '十' | '百' | '千' | '万' | '亿'));
    begins.into_iter().chain(figures.map(|it| if it == '两' { '二' } else { it })).collect()
}

/// The figures that a child is taught to read: four by four; zeros that end a group are not read, any other run of them
/// is read as one 零.
fn taught(number: u64) -> String {
    let all = number.to_string();
    let (mut words, mut gap) = (String::new(), false);
    for group in all.as_bytes().rchunks(4).rev() {
        let ends = group.iter().rposition(|it| *it != b'0').map_or(0, |last| last + 1);
        gap |= ends == 0;
        for it in group.iter().take(ends) {
            if *it == b'0' {
                gap = true;
                continue;
            }
            if gap && !words.is_empty() {
                words.push('零');
            }
            words.extend("零一二三四五六七八九".chars().nth(usize::from(it - b'0')));
            gap = false;
        }
    }
    words
}

/// So many of something: exactly two are 两.
fn counted(input: &str) -> Heard<'_, u64> {
    alt((verify(numeral, |it| *it != 2), value(2, char('两')))).parse(input)
}

/// 三点一四; no zero ends it.
fn with_fraction(input: &str) -> Heard<'_, String> {
    let behind = verify(recognize(many1(digit)), |it: &str| !it.ends_with('零'));
    let (rest, (whole, behind)) = (terminated(numeral, char('点')), behind).parse(input)?;
    let places: String = behind.chars().filter_map(position).collect();
    Ok((rest, format!("{whole}.{places}")))
}

fn position(figure: char) -> Option<char> {
    let at = "零一二三四五六七八九".chars().position(|it| it == figure)?;
    char::from_digit(u32::try_from(at).ok()?, 10)
}

fn plain(input: &str) -> Heard<'_, String> {
    alt((with_fraction, map(numeral, |it| it.to_string()))).parse(input)
}

fn measured(input: &str) -> Heard<'_, String> {
    alt((with_fraction, map(counted, |it| it.to_string()))).parse(input)
}

/// 负 before what is not nothing.
fn signed<'a>(
    inner: impl Fn(&'a str) -> Heard<'a, String>,
) -> impl Fn(&'a str) -> Heard<'a, String> {
    move |input| {
        let (rest, negative) = opt(char('负')).parse(input)?;
        let (rest, number) = inner(rest)?;
        match negative {
            Some(_) if number == "0" => wrong(input),
            Some(_) => Ok((rest, format!("-{number}"))),
            None => Ok((rest, number)),
        }
    }
}

/// 百分之三点五; the whole is 百分之百.
fn percent(input: &str) -> Heard<'_, String> {
    alt((
        map(tag("百分之百"), |_| "100".to_owned()),
        preceded(tag("百分之"), verify(plain, |it: &str| it != "100")),
    ))
    .parse(input)
}

/// In fen: 五十六元三角, 五元零五分, 三角二分, 零元.
fn money(input: &str) -> Heard<'_, String> {
    let (rest, negative) = opt(char('负')).parse(input)?;
    let (rest, yuan) = opt(terminated(counted, char('元'))).parse(rest)?;
    let first = yuan.is_none();
    let (rest, jiao) = if first {
        opt(terminated(few, char('角'))).parse(rest)?
    } else {
        opt(terminated(figure, char('角'))).parse(rest)?
    };
    let (rest, fen) = match (first, jiao) {
        (true, None) => opt(terminated(few, char('分'))).parse(rest)?,
        (false, None) => opt(preceded(char('零'), terminated(figure, char('分')))).parse(rest)?,
        (_, Some(_)) => opt(terminated(figure, char('分'))).parse(rest)?,
    };
    let parts = jiao.is_some() || fen.is_some();
    let all = yuan.unwrap_or(0) * 100 + jiao.unwrap_or(0) * 10 + fen.unwrap_or(0);
    let said = match yuan {
        None => parts,
        Some(0) => !parts && negative.is_none(),
        Some(_) => true,
    };
    let sign = if negative.is_some() { "-" } else { "" };
    if said { Ok((rest, format!("{sign}{all}"))) } else { wrong(input) }
}

/// One key, said alone.
fn symbol(input: &str) -> Heard<'_, String> {
    alt((
        value("1", char('幺')),
        value("*", tag("星号")),
        value("#", tag("井号")),
        value("+", char('加')),
        value("0", char('零')),
        value("2", char('二')),
        value("3", char('三')),
        value("4", char('四')),
        value("5", char('五')),
        value("6", char('六')),
        value("7", char('七')),
        value("8", char('八')),
        value("9", char('九')),
    ))
    .map(str::to_owned)
    .parse(input)
}

/// 十一月二十四日, with the year figure by figure where it is another.
fn date(input: &str) -> Heard<'_, String> {
    let year = terminated(recognize(many1(digit)), char('年'));
    let (rest, year) = opt(year).parse(input)?;
    let month = verify(terminated(numeral, char('月')), |it| (1..=12).contains(it));
    let day = verify(terminated(numeral, char('日')), |it| (1..=31).contains(it));
    let (rest, (month, day)) = (month, day).parse(rest)?;
    let year: String = year.unwrap_or_default().chars().filter_map(position).collect();
    Ok((rest, format!("{year}-{month}-{day}")))
}

/// 下午三点, 上午八点半, 凌晨零点零五分.
fn time(input: &str) -> Heard<'_, String> {
    let part = alt((
        value((0, 0..5), tag("凌晨")),
        value((0, 5..8), tag("早上")),
        value((0, 8..12), tag("上午")),
        value((0, 12..13), tag("中午")),
        value((12, 13..18), tag("下午")),
        value((12, 18..24), tag("晚上")),
    ));
    let minute = alt((
        value(30, char('半')),
        terminated(preceded(char('零'), figure), char('分')),
        terminated(verify(numeral, |it| (10..60).contains(it) && *it != 30), char('分')),
    ));
    let (rest, ((later, hours), hour, minute)) =
        (part, terminated(counted, char('点')), opt(minute)).parse(input)?;
    let hour = hour + later;
    if !hours.contains(&hour) || hour - later > 12 {
        return wrong(input);
    }
    Ok((rest, format!("{hour}:{}", minute.unwrap_or(0))))
}

/// In seconds: 两小时五分钟; nothing is 零秒.
fn duration(input: &str) -> Heard<'_, String> {
    let part = |unit: &'static str, below: u64| {
        opt(verify(terminated(counted, tag(unit)), move |it| (1..below).contains(it)))
    };
    let parts = (part("天", u64::MAX), part("小时", 24), part("分钟", 60), part("秒", 60));
    let all = map(parts, |(days, hours, minutes, seconds)| {
        let of = |part: Option<u64>, unit| part.unwrap_or(0) * unit;
        of(days, 86_400) + of(hours, 3_600) + of(minutes, 60) + of(seconds, 1)
    });
    alt((value(0, tag("零秒")), verify(all, |it| *it > 0))).map(|it| it.to_string()).parse(input)
}

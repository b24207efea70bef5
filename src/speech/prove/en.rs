//! English heard: one hundred and two is not how this voice counts, one hundred two is 102.
//!
//! ```text
//! numeral = "zero" / group scale *( group scale ) [ group ]     ; scales from the largest down, none empty
//! group   = [ one " hundred" ] [ below-hundred ]
//! year    = century century-part / numeral                      ; nineteen oh five, two thousand five
//! ```

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{all_consuming, map, map_opt, not, opt, value, verify};
use nom::error::{Error, ErrorKind};
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{Reader, well_grouped};

type Heard<'a, T> = IResult<&'a str, T>;

/// What somebody understands who hears `words`; nothing if nobody says it so. `unit` are the words of what is counted,
/// of one and of more.
pub(super) fn hear(reader: Reader, unit: Option<(&str, &str)>, words: &str) -> Option<String> {
    let whole = |heard: Heard<'_, String>| heard.ok().map(|(_, heard)| heard);
    match reader {
        Reader::Number | Reader::Decimal => whole(all_consuming(number).parse(words)),
        Reader::Counted | Reader::Ordinal => {
            whole(all_consuming(map(numeral, |it| it.to_string())).parse(words))
        }
        Reader::Unit => {
            let (one, many) = unit?;
            let (behind, heard) = number(words).ok()?;
            let single = heard == "1" || heard == "-1";
            (behind == format!(" {}", if single { one } else { many })).then_some(heard)
        }
        Reader::Money => whole(all_consuming(money).parse(words)),
        Reader::Percent => whole(all_consuming(terminated(number, tag(" percent"))).parse(words)),
        Reader::Digits | Reader::Phone => {
            let group = separated_list1(char(' '), symbol);
            let (_, groups) = all_consuming(separated_list1(tag(", "), group)).parse(words).ok()?;
            let groups: Vec<String> = groups.into_iter().map(|it| it.concat()).collect();
            well_grouped(reader, &groups).then(|| groups.concat())
        }
        Reader::Date => whole(all_consuming(date).parse(words)),
        Reader::Time => whole(all_consuming(time).parse(words)),
        Reader::DateTime => {
            let both =
                map((terminated(date, tag(" at ")), time), |(date, time)| format!("{date} {time}"));
            whole(all_consuming(both).parse(words))
        }
        Reader::Duration => whole(all_consuming(duration).parse(words)),
    }
}

fn wrong<T>(input: &str) -> Heard<'_, T> {
    Err(nom::Err::Error(Error::new(input, ErrorKind::Verify)))
}

/// A word of this table, counted from `first`.
fn one_of_words<'a>(
    first: u64,
    words: &'static [&'static str],
) -> impl Fn(&'a str) -> Heard<'a, u64> {
    move |input| {
        map_opt(take_while1(|it: char| it.is_alphabetic()), |word: &str| {
            let at = words.iter().position(|it| *it == word)?;
            Some(u64::try_from(at).ok()? + first)
        })
        .parse(input)
    }
}

/// 1 to 9.
fn ones(input: &str) -> Heard<'_, u64> {
    one_of_words(1, &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])(
        input,
    )
}

/// 10 to 19.
#[rustfmt::skip]
fn teens(input: &str) -> Heard<'_, u64> {
    one_of_words(10, &[
        "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ])(input)
}

/// 20, 30, to 90.
fn tens(input: &str) -> Heard<'_, u64> {
    let words = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    one_of_words(2, words)(input).map(|(rest, it)| (rest, it * 10))
}

/// 1 to 99.
fn below_hundred(input: &str) -> Heard<'_, u64> {
    alt((
        map((tens, preceded(char('-'), ones)), |(tens, ones)| tens + ones),
        terminated(tens, not(char('-'))),
        teens,
        ones,
    ))
    .parse(input)
}

/// 1 to 999.
fn group(input: &str) -> Heard<'_, u64> {
    let hundreds = terminated(ones, tag(" hundred"));
    let both = (hundreds, opt(preceded(char(' '), below_hundred)));
    alt((map(both, |(hundreds, rest)| hundreds * 100 + rest.unwrap_or(0)), below_hundred))
        .parse(input)
}

/// A whole number.
fn numeral(input: &str) -> Heard<'_, u64> {
    if let Ok((rest, _)) = tag::<_, _, Error<&str>>("zero")(input) {
        return Ok((rest, 0));
    }
    let (mut all, mut scale, mut rest) = (0, u64::MAX, input);
    loop {
        let next = |input| {
            let input = if all > 0 { char(' ').parse(input)?.0 } else { input };
            let (behind, group) = group(input)?;
            let scaled = preceded(
                char(' '),
                alt((
                    value(1_000_000_000_000_u64, tag("trillion")),
                    value(1_000_000_000, tag("billion")),
                    value(1_000_000, tag("million")),
                    value(1_000, tag("thousand")),
                )),
            );
            let (behind, unit) = opt(scaled).parse(behind)?;
            Ok::<_, nom::Err<Error<&str>>>((behind, (group, unit.unwrap_or(1))))
        };
        match next(rest) {
            Ok((behind, (group, unit))) if unit < scale => {
                all += group * unit;
                (scale, rest) = (unit, behind);
            }
            // What comes next belongs to somebody else: `thirty` of nine thirty.
            Ok(_) | Err(_) if all > 0 => return Ok((rest, all)),
            Ok(_) | Err(_) => return wrong(input),
        }
        if scale == 1 {
            return Ok((rest, all));
        }
    }
}

/// minus three point one four; no zero ends it, and nothing has no sign.
fn number(input: &str) -> Heard<'_, String> {
    let (rest, negative) = opt(tag("minus ")).parse(input)?;
    let (rest, whole) = numeral(rest)?;
    let places = preceded(tag(" point "), separated_list1(char(' '), digit));
    let (rest, places) = opt(places).parse(rest)?;
    let places = places.map(|it| it.concat());
    if places.as_ref().is_some_and(|it| it.ends_with('0')) {
        return wrong(input);
    }
    let number = places.map_or_else(|| whole.to_string(), |places| format!("{whole}.{places}"));
    match negative {
        Some(_) if number == "0" => wrong(input),
        Some(_) => Ok((rest, format!("-{number}"))),
        None => Ok((rest, number)),
    }
}

/// zero to nine
fn digit(input: &str) -> Heard<'_, String> {
    alt((map(ones, |it| it.to_string()), map(tag("zero"), |_| "0".to_owned()))).parse(input)
}

/// One key, said alone.
fn symbol(input: &str) -> Heard<'_, String> {
    alt((
        digit,
        value("*".to_owned(), tag("star")),
        value("#".to_owned(), tag("pound")),
        value("+".to_owned(), tag("plus")),
    ))
    .parse(input)
}

/// In fen: fifty-six yuan and thirty fen, five fen, zero yuan.
fn money(input: &str) -> Heard<'_, String> {
    let (rest, negative) = opt(tag("minus ")).parse(input)?;
    let fen = terminated(below_hundred, tag(" fen"));
    let yuan = terminated(numeral, tag(" yuan"));
    let fen_behind = preceded(tag(" and "), terminated(below_hundred, tag(" fen")));
    let (rest, all) = alt((
        verify(
            map((yuan, opt(fen_behind)), |(yuan, fen)| (yuan * 100 + fen.unwrap_or(0), yuan, fen)),
            |it| it.1 > 0 || (it.2.is_none() && negative.is_none()),
        )
        .map(|it| it.0),
        fen,
    ))
    .parse(rest)?;
    let sign = if negative.is_some() { "-" } else { "" };
    Ok((rest, format!("{sign}{all}")))
}

/// November twenty-fourth, with the year where it is another.
fn date(input: &str) -> Heard<'_, String> {
    #[rustfmt::skip]
    let month = one_of_words(1, &[
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]);
    let day = verify(ordinal, |it| (1..=31).contains(it));
    let (rest, (month, day)) = (month, preceded(char(' '), day)).parse(input)?;
    let (rest, year) = opt(preceded(char(' '), year)).parse(rest)?;
    let year = year.map_or_else(String::new, |it| it.to_string());
    Ok((rest, format!("{year}-{month}-{day}")))
}

/// first, twelfth, twentieth, twenty-first
fn ordinal(input: &str) -> Heard<'_, u64> {
    #[rustfmt::skip]
    let plain = one_of_words(1, &[
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
        "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
        "twentieth",
    ]);
    let joined = |input| {
        let ones = verify(&plain, |it| *it < 10);
        map((tens, preceded(char('-'), ones)), |(tens, ones)| tens + ones).parse(input)
    };
    alt((joined, value(30, tag("thirtieth")), &plain)).parse(input)
}

/// nineteen ninety-nine, nineteen oh five, nineteen hundred, twenty ten; two thousand five
fn year(input: &str) -> Heard<'_, u64> {
    let century = || verify(below_hundred, |it| *it >= 10);
    // The years behind a thousand are counted: two thousand five, and nobody says twenty hundred.
    let odd = || verify(below_hundred, |it| *it > 10 && !it.is_multiple_of(10));
    let behind = verify(below_hundred, |it| *it >= 10);
    let counted = |it: &u64| *it < 1_000 || ((it / 100).is_multiple_of(10) && it % 100 < 10);
    alt((
        map(terminated(odd(), tag(" hundred")), |it| it * 100),
        map((odd(), preceded(tag(" oh "), ones)), |(century, year)| century * 100 + year),
        map((century(), preceded(char(' '), behind)), |(century, year)| century * 100 + year),
        verify(numeral, counted),
    ))
    .parse(input)
}

/// three oh five p.m., noon, midnight
fn time(input: &str) -> Heard<'_, String> {
    let hour = verify(below_hundred, |it| (1..=12).contains(it));
    let minute = preceded(
        char(' '),
        alt((preceded(tag("oh "), ones), verify(below_hundred, |it| (10..60).contains(it)))),
    );
    let half = preceded(char(' '), alt((value(0, tag("a.m.")), value(12, tag("p.m.")))));
    let by_clock = map((hour, opt(minute), half), |(hour, minute, half)| {
        (hour % 12 + half, minute.unwrap_or(0))
    });
    alt((
        value((0, 0), tag("midnight")),
        value((12, 0), tag("noon")),
        verify(by_clock, |it| !matches!(it, (0 | 12, 0))),
    ))
    .map(|(hour, minute)| format!("{hour}:{minute}"))
    .parse(input)
}

/// In seconds: two hours five minutes; nothing is zero seconds.
fn duration(input: &str) -> Heard<'_, String> {
    let (mut rest, mut all, mut first) = (input, 0, true);
    let units =
        [("day", 86_400, u64::MAX), ("hour", 3_600, 24), ("minute", 60, 60), ("second", 1, 60)];
    if let Ok((rest, _)) = tag::<_, _, Error<&str>>("zero seconds")(input) {
        return Ok((rest, "0".to_owned()));
    }
    for (unit, seconds, below) in units {
        let part = |input| {
            let input = if first { input } else { char(' ').parse(input)?.0 };
            let (behind, count) = numeral(input)?;
            let (behind, _) = (char(' '), tag(unit)).parse(behind)?;
            let behind = if count == 1 { behind } else { char('s').parse(behind)?.0 };
            // `minute` is no part of `minutes`.
            let (behind, _) = not(char('s')).parse(behind)?;
            Ok::<_, nom::Err<Error<&str>>>((behind, count))
        };
        if let Ok((behind, count)) = part(rest)
            && (1..below).contains(&count)
        {
            (rest, all, first) = (behind, all + count * seconds, false);
        }
    }
    if all == 0 { wrong(input) } else { Ok((rest, all.to_string())) }
}

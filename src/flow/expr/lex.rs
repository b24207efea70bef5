//! The words of an expression and where each begins and ends.

use std::time::Duration;

use jiff::civil;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, digit1, multispace0, none_of, one_of, satisfy};
use nom::combinator::{cut, map, map_res, not, opt, recognize, success, value};
use nom::multi::{fold_many0, many0_count};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use rust_decimal::Decimal;

use super::Operator;
use crate::flow::duration;

/// One word, figure or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Number(Decimal),
    /// `3.5%`
    Percent(Decimal),
    Text(String),
    Duration(Duration),
    Date(civil::Date),
    Time(civil::Time),
    /// A name or a keyword: `order.status`, `then`.
    Word(&'a str),
    Sign(Operator),
    Open,
    Close,
}

/// A token, its first byte and the first byte behind it.
pub(super) type Placed<'a> = (Token<'a>, usize, usize);

/// Why a text is no sequence of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strange {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) says: String,
    pub(super) help: Option<&'static str>,
}

/// Splits `text` into its tokens; of more than `most` into one more than that.
pub(super) fn tokens(text: &str, most: usize) -> Result<Vec<Placed<'_>>, Strange> {
    let mut tokens = Vec::new();
    let mut rest = skip_space(text);
    while !rest.is_empty() && tokens.len() <= most {
        let start = text.len() - rest.len();
        match token(rest) {
            Ok((behind, token)) => {
                tokens.push((token, start, text.len() - behind.len()));
                rest = skip_space(behind);
            }
            Err(_) => return Err(strange(rest, start)),
        }
    }
    Ok(tokens)
}

fn skip_space(text: &str) -> &str {
    multispace0::<_, nom::error::Error<&str>>(text).map_or(text, |(rest, _)| rest)
}

fn token(input: &str) -> IResult<&str, Token<'_>> {
    alt((
        map(date, Token::Date),
        map(time, Token::Time),
        map(alone(duration::length), Token::Duration),
        map(alone(terminated(number, char('%'))), Token::Percent),
        map(alone(number), Token::Number),
        map(quoted, Token::Text),
        map(word, Token::Word),
        map(sign, Token::Sign),
        value(Token::Open, char('(')),
        value(Token::Close, char(')')),
    ))
    .parse(input)
}

/// A figure that no letter follows: `5x` is not 5.
fn alone<'a, T>(
    parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
) -> impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>> {
    terminated(parser, not(satisfy(goes_on)))
}

fn goes_on(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn number(input: &str) -> IResult<&str, Decimal> {
    map_res(recognize((digit1, opt((char('.'), digit1)))), Decimal::from_str_exact).parse(input)
}

fn figures<'a>(
    count: usize,
) -> impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>> {
    take_while_m_n(count, count, |letter: char| letter.is_ascii_digit())
}

/// `2026-11-24`
fn date(input: &str) -> IResult<&str, civil::Date> {
    let written = recognize((figures(4), char('-'), figures(2), char('-'), figures(2)));
    // Once it looks like a date it is one: 2026-02-30 is no subtraction.
    let (rest, written) = alone(written).parse(input)?;
    cut(map_res(success(written), str::parse)).parse(rest)
}

/// `18:00`, `18:00:30`
fn time(input: &str) -> IResult<&str, civil::Time> {
    let fraction = opt((char('.'), digit1));
    let seconds = opt((char(':'), figures(2), fraction));
    map_res(alone(recognize((figures(2), char(':'), figures(2), seconds))), str::parse).parse(input)
}

/// `"…"` or `'…'`; a backslash keeps the next quote or backslash, `\n` ends a line.
fn quoted(input: &str) -> IResult<&str, String> {
    let (_, quote) = one_of("\"'").parse(input)?;
    let escaped = preceded(
        char('\\'),
        alt((value('\n', char('n')), value('\t', char('t')), one_of("\\\"'"))),
    );
    let plain = move |input| -> IResult<&str, char> {
        if quote == '"' { none_of("\"\\").parse(input) } else { none_of("'\\").parse(input) }
    };
    let body = fold_many0(alt((escaped, plain)), String::new, |mut text, letter| {
        text.push(letter);
        text
    });
    delimited(char(quote), body, char(quote)).parse(input)
}

/// Letters, figures and `_`, joined by dots: `order.status`, `已付款`.
fn word(input: &str) -> IResult<&str, &str> {
    let part = || {
        (satisfy(|letter| letter.is_alphabetic() || letter == '_'), many0_count(satisfy(goes_on)))
    };
    recognize((part(), many0_count((char('.'), part())))).parse(input)
}

fn sign(input: &str) -> IResult<&str, Operator> {
    alt((
        value(Operator::Equal, tag("==")),
        value(Operator::NotEqual, tag("!=")),
        value(Operator::LessOrEqual, tag("<=")),
        value(Operator::GreaterOrEqual, tag(">=")),
        value(Operator::Less, char('<')),
        value(Operator::Greater, char('>')),
        value(Operator::Add, char('+')),
        value(Operator::Subtract, char('-')),
        value(Operator::Multiply, char('*')),
        value(Operator::Divide, char('/')),
    ))
    .parse(input)
}

/// What to say about a text that begins with no token.
fn strange(rest: &str, start: usize) -> Strange {
    let first = rest.chars().next().unwrap_or(' ');
    let at = |length: usize, says: String, help: Option<&'static str>| Strange {
        start,
        end: start + length,
        says,
        help,
    };
    if matches!(first, '"' | '\'') {
        let says = "this quoted text never ends, or has a `\\` before a letter".to_owned();
        let help = "close it with the same quote; inside it write `\\\\` for a backslash";
        return at(rest.len(), says, Some(help));
    }
    if first.is_ascii_digit() {
        let length = rest
            .find(|letter: char| !goes_on(letter) && !matches!(letter, '.' | ':' | '-'))
            .unwrap_or(rest.len());
        let written = rest.get(..length).unwrap_or(rest);
        let says = format!("`{written}` is no number, date, time or length of time");
        let help = "write 12.50, 3.5%, 2026-11-24, 18:00, 1m30s, or put a text in quotes";
        return at(length, says, Some(help));
    }
    let help = match first {
        '=' => Some("write `==` to compare"),
        '&' => Some("write `and`"),
        '|' => Some("write `or`"),
        '!' => Some("write `not`"),
        '{' | '}' => Some("braces stand only in prompts: write the bare name"),
        '“' | '”' | '‘' | '’' | '「' | '」' => Some("texts stand in plain quotes: \"…\""),
        '（' | '）' => Some("write plain parentheses: ( )"),
        _ => None,
    };
    at(first.len_utf8(), format!("`{first}` means nothing here"), help)
}

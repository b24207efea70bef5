//! Expressions out of text: precedence climbing over tokens.
//!
//! From loose to tight: `if`, `or`, `and`, `not`, comparisons (of which one cannot follow another), `+ -`, `* /`, `-a`.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::lex::{Placed, Token, tokens};
use super::{Expr, ExprKind, Operator};
use crate::diagnostic::{Diagnostic, Span};
use crate::value::Value;
use crate::yaml::{Kind, Node, Scalar};

/// The most values and operators an expression may have, so that its tree is never deeper.
pub(super) const MAX_PARTS: usize = 200;
/// The most words, figures and signs: beside each part a parenthesis or a word of `if`.
const MAX_TOKENS: usize = 3 * MAX_PARTS;
/// The most parentheses, conditions and signs that may be open at once.
const MAX_DEPTH: usize = 24;

impl Expr {
    /// Reads `text`, which stands at `at`.
    ///
    /// # Errors
    /// HL0301 at the first word that does not fit.
    pub fn parse(text: &str, at: Span) -> Result<Self, Diagnostic> {
        parse(text, |start, end| at.part(start, end))
    }

    /// Reads a scalar of a flow.
    ///
    /// # Errors
    /// HL0301 at the first word that does not fit; at the whole scalar where its text is not the source's own.
    pub fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let Kind::Scalar(scalar) = &node.kind else {
            let says = format!("an expression must be a text, not {}", node.what());
            let help = "write it on one line: `order.status == shipped`".to_owned();
            return Err(Diagnostic::error("HL0107", node.span, says).help(help));
        };
        parse(&scalar.text, |start, end| place(node, scalar, start, end))
    }

    /// Reads a scalar with two expressions: `10..500`, `today..today + 14d`.
    ///
    /// # Errors
    /// HL0107 if it is no text, HL0108 without exactly one `..`, HL0301 at the first word that does not fit.
    pub(crate) fn range_from_node(node: &Node) -> Result<(Self, Self), Diagnostic> {
        let help = "write the least and the most: `10..500`, `today..today + 14d`".to_owned();
        let Kind::Scalar(scalar) = &node.kind else {
            let says = format!("a range must be a text, not {}", node.what());
            return Err(Diagnostic::error("HL0107", node.span, says).help(help));
        };
        let text = scalar.text.as_str();
        let mut dots = outside_quotes(text, "..");
        let (Some(at), None) = (dots.next(), dots.next()) else {
            let says = "a range has one `..` between two values".to_owned();
            return Err(Diagnostic::error("HL0108", node.span, says).help(help));
        };
        let behind = at + "..".len();
        let part = |from: usize, to: usize| {
            let part = text.get(from..to).unwrap_or_default();
            parse(part, |start, end| place(node, scalar, from + start, from + end))
        };
        Ok((part(0, at)?, part(behind, text.len())?))
    }
}

/// Where bytes `start..end` of a scalar's text stand in the source.
fn place(node: &Node, scalar: &Scalar, start: usize, end: usize) -> Span {
    let length = (node.span.end - node.span.start) as usize;
    let quote = usize::from(!scalar.plain);
    if length == scalar.text.len() + 2 * quote {
        node.span.part(start + quote, end + quote)
    } else {
        // Escapes or folded lines: places in the text are not places in the source.
        node.span
    }
}

/// Where `sign` stands in `text`, but inside of quoted texts; one behind the other, never overlapping.
fn outside_quotes<'a>(text: &'a str, sign: &'a str) -> impl Iterator<Item = usize> {
    let (mut quote, mut escaped, mut behind) = (None, false, 0);
    text.char_indices().filter_map(move |(at, letter)| {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if at >= behind && text.get(at..).is_some_and(|it| it.starts_with(sign)) => {
                behind = at + sign.len();
                return Some(at);
            }
            None => {}
        }
        None
    })
}

fn parse(text: &str, place: impl Fn(usize, usize) -> Span) -> Result<Expr, Diagnostic> {
    let wrong = |start, end, says: &str, help: Option<&str>| {
        Diagnostic::error("HL0301", place(start, end), says).help(help.map(str::to_owned))
    };
    let tokens =
        tokens(text, MAX_TOKENS).map_err(|it| wrong(it.start, it.end, &it.says, it.help))?;
    if tokens.len() > MAX_TOKENS {
        let help = "work out parts of it with `set` first";
        return Err(wrong(0, text.len(), "this expression is too long", Some(help)));
    }
    let Some((_, start, _)) = tokens.first() else {
        let help = "write what to work out: `order.status == shipped`";
        return Err(wrong(0, text.len(), "nothing is written here", Some(help)));
    };
    let reader = Reader {
        last: (*start, *start),
        tokens: tokens.into_iter().peekable(),
        text,
        place: &place,
        depth: 0,
        parts: 0,
    };
    reader.whole()
}

struct Reader<'a, P> {
    tokens: Peekable<IntoIter<Placed<'a>>>,
    text: &'a str,
    /// Where the token before this one stands.
    last: (usize, usize),
    place: &'a P,
    depth: usize,
    parts: usize,
}

/// A part with the bytes it was read from.
struct Part {
    expr: Expr,
    start: usize,
    end: usize,
}

type Read<T> = Result<T, Diagnostic>;

impl<'a, P: Fn(usize, usize) -> Span> Reader<'a, P> {
    fn whole(mut self) -> Read<Expr> {
        let part = self.expression(0)?;
        match self.tokens.next() {
            None => Ok(part.expr),
            Some((token, start, end)) => {
                let help = match token {
                    Token::Close => "it closes no parenthesis: remove it",
                    Token::Open => "only `known(name)` is called like this",
                    Token::Word("then" | "else") => "it belongs to an `if` that is missing",
                    Token::Number(_)
                    | Token::Percent(_)
                    | Token::Text(_)
                    | Token::Duration(_)
                    | Token::Date(_)
                    | Token::Time(_)
                    | Token::Word(_)
                    | Token::Sign(_) => {
                        "between two values stands one of `and or == != < <= > >= + - * /`"
                    }
                };
                let written = self.text.get(start..end).unwrap_or_default();
                Err(self.wrong((start, end), &format!("`{written}` does not fit here"), help))
            }
        }
    }

    /// An expression whose operators all bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Read<Part> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let help = "work out parts of it with `set` first";
            return Err(self.wrong(self.last, "this is nested too deeply", help));
        }
        let mut left = self.operand()?;
        while let Some((operator, place)) = self.operator() {
            let binds = operator.binds();
            if binds < least {
                break;
            }
            self.advance();
            let right = self.expression(binds + 1)?;
            if let Some((next, place)) = self.operator()
                && operator.compares()
                && next.compares()
            {
                let help = "compare two values at a time: `a < b and b < c`";
                return Err(self.wrong(place, "one comparison cannot follow another", help));
            }
            self.count(place)?;
            let (start, end) = (left.start, right.end);
            let kind = ExprKind::Binary(operator, Box::new(left.expr), Box::new(right.expr));
            left = self.part(kind, start, end);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Read<Part> {
        let Some((token, start, end)) = self.advance() else { return Err(self.missing()) };
        self.count((start, end))?;
        let literal = |value| Ok(ExprKind::Literal(value));
        let kind = match token {
            Token::Number(number) => literal(Value::Number(number)),
            Token::Percent(hundredths) => literal(Value::Percent(hundredths)),
            Token::Text(text) => literal(Value::Text(text.into())),
            Token::Duration(length) => literal(Value::Duration(length)),
            Token::Date(date) => literal(Value::Date(date)),
            Token::Time(time) => literal(Value::Time(time)),
            Token::Word("yes") => literal(Value::YesNo(true)),
            Token::Word("no") => literal(Value::YesNo(false)),
            Token::Word("if") => return self.fork(start, end),
            Token::Word("not") => {
                let operand = self.expression(BINDS_NOT)?;
                return Ok(self.part(ExprKind::Not(Box::new(operand.expr)), start, operand.end));
            }
            Token::Word("known") => return self.known(start, end),
            Token::Word("and" | "or" | "then" | "else") => Err(()),
            Token::Word(name) => Ok(ExprKind::Name(name.into())),
            Token::Sign(Operator::Subtract) => {
                let operand = self.expression(BINDS_NEGATE)?;
                return Ok(self.part(ExprKind::Negate(Box::new(operand.expr)), start, operand.end));
            }
            Token::Sign(_) | Token::Close => Err(()),
            Token::Open => {
                let inner = self.expression(0)?;
                let (_, end) = self.close((start, end))?;
                return Ok(Part {
                    start,
                    end,
                    expr: Expr { span: (self.place)(start, end), ..inner.expr },
                });
            }
        };
        match kind {
            Ok(kind) => Ok(self.part(kind, start, end)),
            Err(()) => {
                let written = self.text.get(start..end).unwrap_or_default();
                let help = "a value belongs here: a name, a number, a text in quotes, yes or no";
                Err(self.wrong(
                    (start, end),
                    &format!("a value is missing before `{written}`"),
                    help,
                ))
            }
        }
    }

    /// What follows `if`.
    fn fork(&mut self, start: usize, end: usize) -> Read<Part> {
        let condition = self.expression(0)?;
        self.keyword("then", (start, end))?;
        let yes = self.expression(0)?;
        self.keyword("else", (start, end))?;
        let no = self.expression(0)?;
        let kind = ExprKind::If(Box::new(condition.expr), Box::new(yes.expr), Box::new(no.expr));
        Ok(self.part(kind, start, no.end))
    }

    /// What follows `known`.
    fn known(&mut self, start: usize, end: usize) -> Read<Part> {
        let help = "write `known(order.eta)`";
        let Some((Token::Open, open, _)) = self.advance() else {
            return Err(self.wrong((start, end), "`known` asks for a name in parentheses", help));
        };
        match self.advance() {
            Some((Token::Word(name), ..)) if !is_keyword(name) => {
                let (_, end) = self.close((open, open + 1))?;
                Ok(self.part(ExprKind::Known(name.into()), start, end))
            }
            _ => Err(self.wrong((start, end), "`known` asks for a name in parentheses", help)),
        }
    }

    fn keyword(&mut self, word: &str, opening: (usize, usize)) -> Read<()> {
        match self.tokens.next_if(|(token, ..)| *token == Token::Word(word)) {
            Some((_, start, end)) => {
                self.last = (start, end);
                Ok(())
            }
            None => Err(self.wrong(
                opening,
                &format!("this `if` has no `{word}`"),
                "write `if a then b else c`",
            )),
        }
    }

    fn close(&mut self, open: (usize, usize)) -> Read<(usize, usize)> {
        match self.tokens.next_if(|(token, ..)| *token == Token::Close) {
            Some((_, start, end)) => {
                self.last = (start, end);
                Ok((start, end))
            }
            None => Err(self.wrong(open, "this parenthesis is never closed", "add a `)`")),
        }
    }

    /// The operator that stands next, if one does.
    fn operator(&mut self) -> Option<(Operator, (usize, usize))> {
        let (token, start, end) = self.tokens.peek()?;
        let operator = match token {
            Token::Sign(operator) => *operator,
            Token::Word("and") => Operator::And,
            Token::Word("or") => Operator::Or,
            Token::Word(_)
            | Token::Number(_)
            | Token::Percent(_)
            | Token::Text(_)
            | Token::Duration(_)
            | Token::Date(_)
            | Token::Time(_)
            | Token::Open
            | Token::Close => return None,
        };
        Some((operator, (*start, *end)))
    }

    fn advance(&mut self) -> Option<Placed<'a>> {
        let token = self.tokens.next()?;
        self.last = (token.1, token.2);
        Some(token)
    }

    fn count(&mut self, place: (usize, usize)) -> Read<()> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            let help = "work out parts of it with `set` first";
            return Err(self.wrong(place, "this expression is too long", help));
        }
        Ok(())
    }

    fn missing(&self) -> Diagnostic {
        let (start, end) = self.last;
        let written = self.text.get(start..end).unwrap_or_default();
        let help = "a value belongs there: a name, a number, a text in quotes, yes or no";
        self.wrong(self.last, &format!("a value is missing after `{written}`"), help)
    }

    fn part(&self, kind: ExprKind, start: usize, end: usize) -> Part {
        Part { expr: Expr { kind, span: (self.place)(start, end) }, start, end }
    }

    fn wrong(&self, (start, end): (usize, usize), says: &str, help: &str) -> Diagnostic {
        Diagnostic::error("HL0301", (self.place)(start, end), says).help(help.to_owned())
    }
}

/// How tightly `not` binds what follows it.
pub(super) const BINDS_NOT: u8 = 3;
/// How tightly `-` binds the one value that follows it.
pub(super) const BINDS_NEGATE: u8 = 7;

impl Operator {
    /// How tightly it binds; a higher one takes its operands first.
    pub(super) const fn binds(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide => 6,
        }
    }

    /// Whether it compares its operands.
    #[must_use]
    pub const fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }
}

/// Whether `word` cannot be a name because the language needs it.
pub(crate) fn is_keyword(word: &str) -> bool {
    matches!(word, "if" | "then" | "else" | "and" | "or" | "not" | "yes" | "no" | "known")
}

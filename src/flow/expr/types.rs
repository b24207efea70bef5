//! Which values fit together, and what comes out of them.
//!
//! | operands | with | give |
//! | --- | --- | --- |
//! | yes/no | `and or not` | yes/no |
//! | two of one kind: number, money, percent, date, time, datetime, duration | `== != < <= > >=` | yes/no |
//! | text, digits, phone, choice among each other; yes/no with yes/no | `== !=` | yes/no |
//! | number, money, percent, duration with their own kind | `+ -` | the same |
//! | date or datetime with a duration | `+ -` | the same; a date moves by whole days |
//! | money or duration with a number | `* /` | the same; a number may also stand before `*` |
//! | number with number | `+ - * /` | number |
//! | number, money, duration with a percentage, either first | `*` | that part of it |
//! | percentage by a number | `/` | the same |
//!
//! What is written out fits itself to its neighbour: `order.total > 100` compares money, `caller.number == "110"` a
//! telephone number, and a bare word or quoted text beside a choice is one of its words.

use super::{Expr, ExprKind, Operator};
use crate::diagnostic::{Span, nearest};
use crate::flow::model::Name;
use crate::value::{Type, Value};

/// What a name stands for, and whether it may be missing.
pub type Scope<'a> = dyn Fn(&str) -> Option<(Type, bool)> + 'a;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A name that the scope does not have.
    Unknown(Name, Span),
    /// Values that do not fit.
    Misfit {
        /// Its code: HL0302 to HL0306 or HL0603.
        code: &'static str,
        /// The smallest place that shows it.
        span: Span,
        /// What is wrong.
        says: String,
        /// What to write instead.
        help: Option<String>,
    },
}

impl Expr {
    /// What comes out of it. `None` comes with at least one fault.
    pub fn check(&self, scope: &Scope<'_>, found: &mut Vec<Fault>) -> Option<Type> {
        Checker { scope, found }.infer(self)
    }

    /// Gives what is written out the type that it stands for, `wanted` or that of the other way of its `if`, so that
    /// `if known(order.total) then order.total else 0` is money both ways.
    pub(crate) fn settle(&mut self, scope: &Scope<'_>, wanted: Option<&Type>) {
        if let Some(value) = self.written_out() {
            if let Some(fitted) = wanted.and_then(|wanted| fit(&value, wanted)) {
                self.kind = ExprKind::Literal(fitted);
            }
            return;
        }
        let own = self.check(scope, &mut Vec::new());
        match &mut self.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Known(_) => {}
            ExprKind::Not(operand) | ExprKind::Negate(operand) => operand.settle(scope, None),
            ExprKind::Binary(_, left, right) => {
                left.settle(scope, None);
                right.settle(scope, None);
            }
            ExprKind::If(condition, yes, no) => {
                condition.settle(scope, None);
                yes.settle(scope, wanted.or(own.as_ref()));
                no.settle(scope, wanted.or(own.as_ref()));
            }
        }
    }

    /// Its value if it is written out, not worked out: `5`, `-5`, `"a"`, `yes`.
    pub(crate) fn written_out(&self) -> Option<Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Negate(operand) => match &operand.kind {
                ExprKind::Literal(Value::Number(number)) => Some(Value::Number(-*number)),
                ExprKind::Literal(Value::Percent(it)) => Some(Value::Percent(-*it)),
                ExprKind::Literal(_)
                | ExprKind::Name(_)
                | ExprKind::Not(_)
                | ExprKind::Negate(_)
                | ExprKind::Binary(..)
                | ExprKind::If(..)
                | ExprKind::Known(_) => None,
            },
            ExprKind::Name(_)
            | ExprKind::Not(_)
            | ExprKind::Binary(..)
            | ExprKind::If(..)
            | ExprKind::Known(_) => None,
        }
    }
}

/// A value written out, as the type of its neighbour. `None` if it is no such value.
pub(crate) fn fit(value: &Value, kind: &Type) -> Option<Value> {
    match (value, kind) {
        (Value::Number(number), Type::Percent) => Some(Value::Percent(*number)),
        (Value::Number(number), Type::Money) => kind.read(&number.to_string()).ok(),
        (
            Value::Text(text),
            Type::Choice(_)
            | Type::Digits
            | Type::Phone
            | Type::Date
            | Type::Time
            | Type::DateTime
            | Type::Duration
            | Type::Money
            | Type::Percent
            | Type::Number,
        ) => kind.read(text).ok(),
        (value, kind) => (type_of(value) == *kind).then(|| value.clone()),
    }
}

/// The type of a value; a choice's other words are not known any more.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Text(_) => Type::Text,
        Value::Digits(_) => Type::Digits,
        Value::Number(_) => Type::Number,
        Value::Money(_) => Type::Money,
        Value::Percent(_) => Type::Percent,
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::DateTime(_) => Type::DateTime,
        Value::Duration(_) => Type::Duration,
        Value::YesNo(_) => Type::YesNo,
        Value::Choice(word) => Type::Choice([word.clone()].into()),
        Value::Phone(_) => Type::Phone,
        Value::Secret(_) => Type::Secret,
        Value::Recording(_) => Type::Recording,
    }
}

/// Whether values of this type are compared as texts.
pub(super) const fn is_text(kind: &Type) -> bool {
    matches!(kind, Type::Text | Type::Digits | Type::Phone | Type::Choice(_))
}

/// Whether values of this type have an order.
pub(crate) const fn is_ordered(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Number
            | Type::Money
            | Type::Percent
            | Type::Date
            | Type::Time
            | Type::DateTime
            | Type::Duration
    )
}

struct Checker<'a> {
    scope: &'a Scope<'a>,
    found: &'a mut Vec<Fault>,
}

impl Checker<'_> {
    fn infer(&mut self, expr: &Expr) -> Option<Type> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(type_of(value)),
            ExprKind::Name(name) => self.named(name, expr.span),
            ExprKind::Known(name) => self.named(name, expr.span).map(|_| Type::YesNo),
            ExprKind::Not(operand) => {
                self.yes_or_no(operand, "not");
                Some(Type::YesNo)
            }
            ExprKind::Negate(operand) => self.negated(operand),
            ExprKind::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
                let word = operator.to_string();
                self.yes_or_no(left, &word);
                self.yes_or_no(right, &word);
                Some(Type::YesNo)
            }
            ExprKind::Binary(operator, left, right) if operator.compares() => {
                self.compared(*operator, left, right, expr.span);
                Some(Type::YesNo)
            }
            ExprKind::Binary(operator, left, right) => {
                self.computed(*operator, left, right, expr.span)
            }
            ExprKind::If(condition, yes, no) => {
                self.yes_or_no(condition, "if");
                self.either(yes, no)
            }
        }
    }

    fn named(&mut self, name: &Name, span: Span) -> Option<Type> {
        let kind = (self.scope)(name).map(|(kind, _)| kind);
        if kind.is_none() {
            self.found.push(Fault::Unknown(name.clone(), span));
        }
        kind
    }

    fn yes_or_no(&mut self, operand: &Expr, word: &str) {
        if let Some(kind) = self.infer(operand)
            && kind != Type::YesNo
        {
            let says = format!("`{word}` needs yes or no, and this is {}", called(&kind));
            self.misfit("HL0302", operand.span, says, "compare it with something".to_owned());
        }
    }

    fn negated(&mut self, operand: &Expr) -> Option<Type> {
        let kind = self.infer(operand)?;
        if matches!(kind, Type::Number | Type::Money | Type::Percent) {
            return Some(kind);
        }
        let says =
            format!("`-` needs a number, money or a percentage, and this is {}", called(&kind));
        self.misfit("HL0302", operand.span, says, "remove the `-`".to_owned());
        None
    }

    /// The types of two operands, of which one that is written out fits itself to the other.
    fn both(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Option<(Type, Type)> {
        let (left_type, right_type) = match (self.bare(left), self.bare(right)) {
            (Some(word), None) => {
                let kind = self.infer(right)?;
                (self.word(word, left.span, &kind)?, kind)
            }
            (None, Some(word)) => {
                let kind = self.infer(left)?;
                let word = self.word(word, right.span, &kind)?;
                (kind, word)
            }
            (Some(_), Some(_)) | (None, None) => {
                let kinds = (self.infer(left), self.infer(right));
                (kinds.0?, kinds.1?)
            }
        };
        if left_type == right_type {
            return Some((left_type, right_type));
        }
        if let Some(value) = right.written_out() {
            let fitted = self.fitted(operator, &value, right.span, &left_type)?;
            return Some((left_type, fitted));
        }
        if let Some(value) = left.written_out() {
            let fitted = self.fitted(operator, &value, left.span, &right_type)?;
            return Some((fitted, right_type));
        }
        Some((left_type, right_type))
    }

    /// A single word that is no variable, so perhaps a word of a choice.
    fn bare<'a>(&self, expr: &'a Expr) -> Option<&'a Name> {
        match &expr.kind {
            ExprKind::Name(name) if !name.contains('.') && (self.scope)(name).is_none() => {
                Some(name)
            }
            ExprKind::Name(_)
            | ExprKind::Literal(_)
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::If(..)
            | ExprKind::Known(_) => None,
        }
    }

    /// The type of a bare word beside a value of type `kind`.
    fn word(&mut self, word: &Name, span: Span, kind: &Type) -> Option<Type> {
        match kind {
            Type::Choice(words) => self.of_choice(word, span, words).then(|| kind.clone()),
            Type::Text => {
                let says = format!("`{word}` is not a variable, and texts stand in quotes");
                self.misfit("HL0302", span, says, format!("write `\"{word}\"`"));
                None
            }
            Type::Digits
            | Type::Number
            | Type::Money
            | Type::Percent
            | Type::Date
            | Type::Time
            | Type::DateTime
            | Type::Duration
            | Type::YesNo
            | Type::Phone
            | Type::Secret
            | Type::Recording => {
                self.found.push(Fault::Unknown(word.clone(), span));
                None
            }
        }
    }

    fn of_choice(&mut self, word: &str, span: Span, words: &[std::sync::Arc<str>]) -> bool {
        if words.iter().any(|known| **known == *word) {
            return true;
        }
        let known = words.iter().map(|it| &**it);
        let help = nearest(word, known.clone()).map_or_else(
            || format!("its words are {}", known.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let says = format!("`{word}` is none of the words that it is compared with");
        self.misfit("HL0303", span, says, help);
        false
    }

    /// The type that a value written out takes beside one of type `kind`; its own if it does not fit and need not.
    fn fitted(
        &mut self,
        operator: Operator,
        value: &Value,
        span: Span,
        kind: &Type,
    ) -> Option<Type> {
        if fit(value, kind).is_some() {
            return Some(kind.clone());
        }
        if !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Some(type_of(value));
        }
        match (value, kind) {
            (Value::Text(text), Type::Choice(words)) => {
                self.of_choice(text, span, words);
                None
            }
            (
                Value::Text(_),
                Type::Digits | Type::Phone | Type::Date | Type::Time | Type::DateTime,
            ) => {
                let says = format!("this is no {kind}, so the two can never be equal");
                self.misfit("HL0302", span, says, format!("write {}", example(kind)));
                None
            }
            (Value::Number(number), Type::Digits | Type::Phone | Type::Text) => {
                let says = format!("{} cannot be compared with a number", called(kind));
                self.misfit("HL0302", span, says, format!("put it in quotes: `\"{number}\"`"));
                None
            }
            (Value::Number(_), Type::Money) => {
                let says = "money has two decimals at most".to_owned();
                self.misfit("HL0302", span, says, "write 12.50".to_owned());
                None
            }
            (Value::YesNo(it), Type::Choice(words)) => {
                self.of_choice(if *it { "yes" } else { "no" }, span, words).then(|| kind.clone())
            }
            (value, _) => Some(type_of(value)),
        }
    }

    fn compared(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) {
        let Some((left_type, right_type)) = self.both(operator, left, right) else { return };
        if self.secret(&left_type, left.span) || self.secret(&right_type, right.span) {
            return;
        }
        let by_size = !matches!(operator, Operator::Equal | Operator::NotEqual);
        let texts = is_text(&left_type) && is_text(&right_type);
        if by_size && (is_text(&left_type) || is_text(&right_type)) {
            let says = format!(
                "{} has no size: `{operator}` does not compare it",
                called(if is_text(&left_type) { &left_type } else { &right_type })
            );
            let help = "compare it with `==` or `!=`; what is to be compared by size must be a number, \
                        money, date, time or duration where it is asked for or looked up";
            self.misfit("HL0304", span, says, help.to_owned());
        } else if by_size && left_type == right_type && !is_ordered(&left_type) {
            let says = format!("`{operator}` does not compare {}", called(&left_type));
            self.misfit("HL0302", span, says, "compare it with `==` or `!=`".to_owned());
        } else if left_type != right_type && !texts {
            let says =
                format!("{} cannot be compared with {}", called(&left_type), called(&right_type));
            self.misfit("HL0302", span, says, bridge(&left_type, &right_type));
        }
    }

    fn computed(
        &mut self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Option<Type> {
        use Type::{Date, DateTime, Duration, Money, Number, Percent};
        // Beside `*` and `/` a number stays a number: money times money means nothing.
        let scales = matches!(operator, Operator::Multiply | Operator::Divide);
        let (left_type, right_type) = if scales {
            let kinds = (self.infer(left), self.infer(right));
            (kinds.0?, kinds.1?)
        } else {
            self.both(operator, left, right)?
        };
        if self.secret(&left_type, left.span) || self.secret(&right_type, right.span) {
            return None;
        }
        match (operator, &left_type, &right_type) {
            (Operator::Add | Operator::Subtract, Number, Number)
            | (Operator::Add | Operator::Subtract, Money, Money)
            | (Operator::Add | Operator::Subtract, Percent, Percent)
            | (Operator::Add | Operator::Subtract, Duration, Duration)
            | (Operator::Add | Operator::Subtract, Date | DateTime, Duration)
            | (Operator::Divide, Percent, Number)
            | (Operator::Multiply, Number | Money | Duration, Percent)
            | (Operator::Multiply | Operator::Divide, Number | Money | Duration, Number) => {
                Some(left_type)
            }
            (Operator::Multiply, Number, Money | Duration)
            | (Operator::Multiply, Percent, Number | Money | Duration) => Some(right_type),
            _ => {
                let says = format!(
                    "`{operator}` cannot take {} and {}",
                    called(&left_type),
                    called(&right_type)
                );
                self.misfit("HL0302", span, says, remedy(operator, &left_type, &right_type));
                None
            }
        }
    }

    /// The one type of both ways of an `if`.
    fn either(&mut self, yes: &Expr, no: &Expr) -> Option<Type> {
        let kinds = (self.infer(yes), self.infer(no));
        let (yes_type, no_type) = (kinds.0?, kinds.1?);
        if yes_type == no_type {
            return Some(yes_type);
        }
        if no.written_out().is_some_and(|value| fit(&value, &yes_type).is_some()) {
            return Some(yes_type);
        }
        if yes.written_out().is_some_and(|value| fit(&value, &no_type).is_some()) {
            return Some(no_type);
        }
        let says =
            format!("`then` gives {} and `else` gives {}", called(&yes_type), called(&no_type));
        self.misfit("HL0302", no.span, says, "let both give the same kind of value".to_owned());
        None
    }

    fn secret(&mut self, kind: &Type, span: Span) -> bool {
        let secret = *kind == Type::Secret;
        if secret {
            let says = "a secret cannot be compared or computed with".to_owned();
            let help = "hand it to a lookup, and let the database compare it".to_owned();
            self.misfit("HL0603", span, says, help);
        }
        secret
    }

    fn misfit(&mut self, code: &'static str, span: Span, says: String, help: String) {
        self.found.push(Fault::Misfit { code, span, says, help: Some(help) });
    }
}

/// A type in a sentence: `a number`, `money`, `one of paid, packed`.
pub(crate) fn called(kind: &Type) -> String {
    match kind {
        Type::Text => "a text".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Date => "a date".to_owned(),
        Type::Time => "a time".to_owned(),
        Type::DateTime => "a date with a time".to_owned(),
        Type::Duration => "a length of time".to_owned(),
        Type::YesNo => "yes or no".to_owned(),
        Type::Choice(words) => {
            format!("one of {}", words.iter().map(|word| &**word).collect::<Vec<_>>().join(", "))
        }
        Type::Phone => "a telephone number".to_owned(),
        Type::Secret => "a secret".to_owned(),
        Type::Recording => "a recording".to_owned(),
        Type::Digits => "digits".to_owned(),
        Type::Money => "money".to_owned(),
        Type::Percent => "a percentage".to_owned(),
    }
}

/// How a value of a type is written out.
pub(crate) const fn example(kind: &Type) -> &'static str {
    match kind {
        Type::Text => "`\"some words\"`",
        Type::Digits => "`\"20260001\"`",
        Type::Number => "`12`",
        Type::Percent => "`3.5%`",
        Type::Money => "`12.50`",
        Type::Date => "`2026-11-24`",
        Type::Time => "`18:00`",
        Type::DateTime => "`\"2026-11-24 18:00\"`",
        Type::Duration => "`1m30s`",
        Type::YesNo => "`yes` or `no`",
        Type::Choice(_) => "one of its words",
        Type::Phone => "`\"13800000001\"`",
        Type::Secret => "nothing: a secret is only ever keyed",
        Type::Recording => "nothing: a recording is only ever spoken",
    }
}

/// What to do about two types that cannot be compared.
fn bridge(left: &Type, right: &Type) -> String {
    match (left, right) {
        (Type::Number, Type::Money) | (Type::Money, Type::Number) => {
            "let the lookup give both as money, or compare the money with an amount such as `12.50`"
                .to_owned()
        }
        (Type::Date, Type::DateTime) | (Type::DateTime, Type::Date) => {
            "let the lookup give both as `date`".to_owned()
        }
        (Type::YesNo, _) | (_, Type::YesNo) => {
            "what is yes or no needs no comparison: write it alone, or `not` before it".to_owned()
        }
        (left, _) => format!("compare {} with {}", called(left), example(left)),
    }
}

/// What to do about two types that an operator does not take.
fn remedy(operator: Operator, left: &Type, right: &Type) -> String {
    let help = match (operator, left, right) {
        (_, Type::Text, _) | (_, _, Type::Text) => "texts are joined by a prompt, not here",
        (_, Type::Digits | Type::Phone, _) | (_, _, Type::Digits | Type::Phone) => {
            "figures that are counted with must be `number` where they are asked for or looked up"
        }
        (Operator::Subtract, Type::Date, Type::Date) => {
            "compare the two, or take days from one: `today - 14d`"
        }
        (_, Type::Date | Type::DateTime, _) => "a date takes a length of time: `today + 14d`",
        (_, Type::Percent, _) | (_, _, Type::Percent) => {
            "a percentage is added to one, divided by a number, and `*` takes that part of a number, \
             of money or of a length of time: `order.total * 3.5%`"
        }
        (Operator::Multiply | Operator::Divide, Type::Money, Type::Money) => {
            "money is multiplied and divided by a number"
        }
        (_, Type::Money, _) | (_, _, Type::Money) => {
            "money is added to money, and multiplied by a number"
        }
        _ => "both must be numbers, money or lengths of time",
    };
    help.to_owned()
}

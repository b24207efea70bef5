//! What comes out of an expression.
//!
//! Total: any expression over any values ends with a value or an [`EvalError`], even one that [`Expr::check`] refuses.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::types::{fit, is_text, type_of};
use super::{Expr, ExprKind, Operator};
use crate::flow::model::Name;
use crate::value::Value;

/// Why nothing comes out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A variable has no value. A checked flow only reads what is set.
    #[error("`{0}` is not set")]
    Unset(Name),
    /// `a / 0`.
    #[error("division by zero")]
    DivisionByZero,
    /// A value too large or too small for its type.
    #[error("the result is out of range")]
    OutOfRange,
    /// Values that do not fit each other. A checked flow has none.
    #[error("the values do not fit each other")]
    Misfit,
}

type Evaluated = Result<Value, EvalError>;
type Variables<'a> = dyn Fn(&str) -> Option<Value> + 'a;

impl Expr {
    /// Works it out with `variables`, by full name (`order.status`); a name without a value is `None`.
    ///
    /// # Errors
    /// [`EvalError`]; the parts that `and`, `or` and `if` skip are never worked out.
    pub fn evaluate(&self, variables: &Variables<'_>) -> Evaluated {
        match &self.kind {
            ExprKind::Literal(value) => Ok(value.clone()),
            ExprKind::Name(name) => variables(name).ok_or_else(|| EvalError::Unset(name.clone())),
            ExprKind::Known(name) => Ok(Value::YesNo(variables(name).is_some())),
            ExprKind::Not(operand) => operand.truth(variables).map(|it| Value::YesNo(!it)),
            ExprKind::Negate(operand) => negate(&operand.evaluate(variables)?),
            ExprKind::Binary(Operator::And, left, right) => {
                Ok(Value::YesNo(left.truth(variables)? && right.truth(variables)?))
            }
            ExprKind::Binary(Operator::Or, left, right) => {
                Ok(Value::YesNo(left.truth(variables)? || right.truth(variables)?))
            }
            ExprKind::Binary(operator, left, right) => {
                let (left, right) = operands(*operator, left, right, variables)?;
                if operator.compares() {
                    compare(*operator, &left, &right).map(Value::YesNo)
                } else {
                    compute(*operator, &left, &right)
                }
            }
            ExprKind::If(condition, yes, no) => {
                if condition.truth(variables)? { yes } else { no }.evaluate(variables)
            }
        }
    }

    fn truth(&self, variables: &Variables<'_>) -> Result<bool, EvalError> {
        match self.evaluate(variables)? {
            Value::YesNo(it) => Ok(it),
            Value::Text(_)
            | Value::Digits(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Percent(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::Choice(_)
            | Value::Phone(_)
            | Value::Secret(_)
            | Value::Recording(_) => Err(EvalError::Misfit),
        }
    }
}

/// Both operands, of which one that is written out is fitted to the other, as `check` promised.
fn operands(
    operator: Operator,
    left: &Expr,
    right: &Expr,
    variables: &Variables<'_>,
) -> Result<(Value, Value), EvalError> {
    let (left_value, right_value) = match (left.evaluate(variables), right.evaluate(variables)) {
        // A name without a value beside a choice is one of its words.
        (Err(EvalError::Unset(word)), Ok(Value::Choice(it))) if left.is_bare_word() => {
            (Value::Choice(word), Value::Choice(it))
        }
        (Ok(Value::Choice(it)), Err(EvalError::Unset(word))) if right.is_bare_word() => {
            (Value::Choice(it), Value::Choice(word))
        }
        (left, right) => (left?, right?),
    };
    if matches!(operator, Operator::Multiply | Operator::Divide) {
        return Ok((left_value, right_value));
    }
    let fitted = |expr: &Expr, value: &Value, other: &Value| {
        // A choice's value does not tell the other words: they are compared as texts.
        let fits = expr.written_out().is_some() && !matches!(other, Value::Choice(_));
        if fits { fit(value, &type_of(other)) } else { None }
    };
    if let Some(fitted) = fitted(right, &right_value, &left_value) {
        return Ok((left_value, fitted));
    }
    if let Some(fitted) = fitted(left, &left_value, &right_value) {
        return Ok((fitted, right_value));
    }
    Ok((left_value, right_value))
}

impl Expr {
    fn is_bare_word(&self) -> bool {
        matches!(&self.kind, ExprKind::Name(name) if !name.contains('.'))
    }
}

/// Which of two values of one ordered type is greater.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Money(a), Value::Money(b)) => a.cmp(b),
        (Value::Percent(a), Value::Percent(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ => return None,
    })
}

fn compare(operator: Operator, left: &Value, right: &Value) -> Result<bool, EvalError> {
    let order = match order(left, right) {
        Some(order) => order,
        None => {
            let equal = match (text(left), text(right)) {
                (Some(a), Some(b)) => a == b,
                (None, None) => match (left, right) {
                    (Value::YesNo(a), Value::YesNo(b)) => a == b,
                    _ => return Err(EvalError::Misfit),
                },
                // `order.gift == yes` where yes is a word of a choice.
                (Some(word), None) => *word == *yes_or_no(right)?,
                (None, Some(word)) => *word == *yes_or_no(left)?,
            };
            return if operator == Operator::Equal {
                Ok(equal)
            } else if operator == Operator::NotEqual {
                Ok(!equal)
            } else {
                Err(EvalError::Misfit)
            };
        }
    };
    match operator {
        Operator::Equal => Ok(order == Ordering::Equal),
        Operator::NotEqual => Ok(order != Ordering::Equal),
        Operator::Less => Ok(order == Ordering::Less),
        Operator::LessOrEqual => Ok(order != Ordering::Greater),
        Operator::Greater => Ok(order == Ordering::Greater),
        Operator::GreaterOrEqual => Ok(order != Ordering::Less),
        Operator::Or
        | Operator::And
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide => Err(EvalError::Misfit),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(it) | Value::Digits(it) | Value::Choice(it) | Value::Phone(it) => {
            debug_assert!(is_text(&type_of(value)));
            Some(it)
        }
        Value::Number(_)
        | Value::Money(_)
        | Value::Percent(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::YesNo(_)
        | Value::Secret(_)
        | Value::Recording(_) => None,
    }
}

fn yes_or_no(value: &Value) -> Result<&'static str, EvalError> {
    let Value::YesNo(it) = value else { return Err(EvalError::Misfit) };
    Ok(if *it { "yes" } else { "no" })
}

fn negate(value: &Value) -> Evaluated {
    if let Value::Number(number) = value {
        Ok(Value::Number(-*number))
    } else if let Value::Percent(hundredths) = value {
        Ok(Value::Percent(-*hundredths))
    } else if let Value::Money(minor) = value {
        minor.checked_neg().map(Value::Money).ok_or(EvalError::OutOfRange)
    } else {
        Err(EvalError::Misfit)
    }
}

fn compute(operator: Operator, left: &Value, right: &Value) -> Evaluated {
    use Operator::{Add, Divide, Multiply, Subtract};
    let value = match (operator, left, right) {
        (Add, Value::Number(a), Value::Number(b)) => a.checked_add(*b).map(Value::Number),
        (Subtract, Value::Number(a), Value::Number(b)) => a.checked_sub(*b).map(Value::Number),
        (Multiply, Value::Number(a), Value::Number(b)) => a.checked_mul(*b).map(Value::Number),
        (Divide, _, Value::Number(b)) if b.is_zero() => return Err(EvalError::DivisionByZero),
        (Divide, Value::Number(a), Value::Number(b)) => a.checked_div(*b).map(Value::Number),
        (Add, Value::Money(a), Value::Money(b)) => a.checked_add(*b).map(Value::Money),
        (Subtract, Value::Money(a), Value::Money(b)) => a.checked_sub(*b).map(Value::Money),
        (Multiply, Value::Money(a), Value::Number(b))
        | (Multiply, Value::Number(b), Value::Money(a)) => {
            Decimal::from(*a).checked_mul(*b).and_then(minor).map(Value::Money)
        }
        (Divide, Value::Money(a), Value::Number(b)) => {
            Decimal::from(*a).checked_div(*b).and_then(minor).map(Value::Money)
        }
        (Add, Value::Percent(a), Value::Percent(b)) => a.checked_add(*b).map(Value::Percent),
        (Subtract, Value::Percent(a), Value::Percent(b)) => a.checked_sub(*b).map(Value::Percent),
        (Divide, Value::Percent(a), Value::Number(b)) => a.checked_div(*b).map(Value::Percent),
        (Multiply, whole, Value::Percent(part)) | (Multiply, Value::Percent(part), whole) => {
            let part = part.checked_div(Decimal::ONE_HUNDRED).ok_or(EvalError::OutOfRange)?;
            return compute(Multiply, whole, &Value::Number(part.normalize()));
        }
        (Add, Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
        (Subtract, Value::Duration(a), Value::Duration(b)) => {
            a.checked_sub(*b).map(Value::Duration)
        }
        (Multiply, Value::Duration(a), Value::Number(b))
        | (Multiply, Value::Number(b), Value::Duration(a)) => {
            micros(*a).and_then(|a| a.checked_mul(*b)).and_then(length).map(Value::Duration)
        }
        (Divide, Value::Duration(a), Value::Number(b)) => {
            micros(*a).and_then(|a| a.checked_div(*b)).and_then(length).map(Value::Duration)
        }
        (Add | Subtract, Value::Date(date), Value::Duration(by)) => {
            let days = i64::try_from(by.as_secs() / 86_400).map_err(|_| EvalError::OutOfRange)?;
            let span = ToSpan::days(0).try_days(if operator == Add { days } else { -days });
            span.and_then(|span| date.checked_add(span)).ok().map(Value::Date)
        }
        (Add | Subtract, Value::DateTime(at), Value::Duration(by)) => {
            let by = SignedDuration::try_from(*by).map_err(|_| EvalError::OutOfRange)?;
            let moved = if operator == Add { at.checked_add(by) } else { at.checked_sub(by) };
            moved.ok().map(Value::DateTime)
        }
        _ => return Err(EvalError::Misfit),
    };
    value.ok_or(EvalError::OutOfRange)
}

/// Whole minor units, rounded half away from zero as tills do.
fn minor(amount: Decimal) -> Option<i64> {
    amount.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero).to_i64()
}

fn micros(length: Duration) -> Option<Decimal> {
    u64::try_from(length.as_micros()).ok().map(Decimal::from)
}

fn length(micros: Decimal) -> Option<Duration> {
    micros.round().to_u64().map(Duration::from_micros)
}

//! Expressions back into text, with the fewest parentheses that keep their meaning.

use std::fmt::{self, Write};

use super::parse::{BINDS_NEGATE, BINDS_NOT};
use super::{Expr, ExprKind, Operator};
use crate::flow::duration;
use crate::value::Value;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, 0, f)
    }
}

/// Prints `expr` where an operator around it binds as tightly as `around`.
fn print(expr: &Expr, around: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let binds = match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Known(_) => u8::MAX,
        ExprKind::Not(_) => BINDS_NOT,
        ExprKind::Negate(_) => BINDS_NEGATE,
        ExprKind::Binary(operator, ..) => operator.binds(),
        ExprKind::If(..) => 0,
    };
    if binds < around {
        f.write_char('(')?;
        bare(expr, f)?;
        return f.write_char(')');
    }
    bare(expr, f)
}

fn bare(expr: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &expr.kind {
        ExprKind::Literal(value) => literal(value, f),
        ExprKind::Name(name) => f.write_str(name),
        ExprKind::Known(name) => write!(f, "known({name})"),
        ExprKind::Not(operand) => {
            f.write_str("not ")?;
            print(operand, BINDS_NOT, f)
        }
        ExprKind::Negate(operand) => {
            f.write_char('-')?;
            print(operand, BINDS_NEGATE, f)
        }
        ExprKind::Binary(operator, left, right) => {
            // Comparisons do not chain, the others group to the left.
            let left_binds = operator.binds() + u8::from(operator.compares());
            print(left, left_binds, f)?;
            write!(f, " {operator} ")?;
            print(right, operator.binds() + 1, f)
        }
        ExprKind::If(condition, yes, no) => {
            f.write_str("if ")?;
            print(condition, 1, f)?;
            f.write_str(" then ")?;
            print(yes, 1, f)?;
            f.write_str(" else ")?;
            print(no, 0, f)
        }
    }
}

fn literal(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Text(text) | Value::Digits(text) | Value::Choice(text) | Value::Phone(text) => {
            f.write_char('"')?;
            for letter in text.chars() {
                match letter {
                    '"' | '\\' => write!(f, "\\{letter}")?,
                    '\n' => f.write_str("\\n")?,
                    other => f.write_char(other)?,
                }
            }
            f.write_char('"')
        }
        Value::Duration(length) => f.write_str(&duration::print(*length)),
        Value::Number(_)
        | Value::Money(_)
        | Value::Percent(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::YesNo(_)
        | Value::Secret(_)
        | Value::Recording(_) => write!(f, "{value}"),
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        })
    }
}

//! EXPRESSIONS: the small typed language of `when`, `if`, `set`, `priority` and `with`.
//!
//! Called by `flow` (read and prove) and by the interpreter (work out). Must not know: steps, prompts, calls.
//! Way in: [`Expr::from_node`], [`Expr::check`], [`Expr::evaluate`].
//! Always true: an expression has at most 200 parts; what is printed reads back as the same; evaluation never panics.
//! Read next: `lex` and `parse` (text to tree), `types` (what fits), `eval` (what comes out), `print`.

mod eval;
mod lex;
pub(crate) mod parse;
mod print;
mod types;

pub use eval::EvalError;
pub(crate) use eval::order;
pub use types::{Fault, Scope};
pub(crate) use types::{called, fit, is_ordered};

use crate::diagnostic::Span;
use crate::flow::model::Name;
use crate::value::Value;

/// An expression and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it was written.
    pub span: Span,
}

/// What an [`Expr`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A value as it stands: `5`, `"顺丰"`, `yes`, `2h`.
    Literal(Value),
    /// A variable (`order_number`, `order.status`, `caller.number`), or a word of the choice it is compared with.
    Name(Name),
    /// `not a`.
    Not(Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `a + b`, `a == b`, `a and b`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `if a then b else c`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `known(order.eta)`: whether an optional or perhaps unset variable has a value.
    Known(Name),
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Expr {
    /// Calls `visit` for each name in it, with `true` where it is only asked whether it is known.
    ///
    /// Words of a choice look like names: the scope tells them apart.
    pub fn names<'a>(&'a self, visit: &mut impl FnMut(&'a Name, Span, bool)) {
        match &self.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Name(name) => visit(name, self.span, false),
            ExprKind::Known(name) => visit(name, self.span, true),
            ExprKind::Not(operand) | ExprKind::Negate(operand) => operand.names(visit),
            ExprKind::Binary(_, left, right) => {
                left.names(visit);
                right.names(visit);
            }
            ExprKind::If(condition, yes, no) => {
                condition.names(visit);
                yes.names(visit);
                no.names(visit);
            }
        }
    }
}

impl Expr {
    /// Calls `visit` for this expression and each one inside, from left to right.
    pub(crate) fn parts<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Known(_) => {}
            ExprKind::Not(operand) | ExprKind::Negate(operand) => operand.parts(visit),
            ExprKind::Binary(_, left, right) => {
                left.parts(visit);
                right.parts(visit);
            }
            ExprKind::If(condition, yes, no) => {
                condition.parts(visit);
                yes.parts(visit);
                no.parts(visit);
            }
        }
    }
}

#[cfg(test)]
mod tests;

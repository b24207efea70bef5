//! HL0313 impossible-between: no value lies in the range, HL0314 unordered: values of this type have no range, and HL0315
//! unkeyable-range: none of its values can be keyed.

use std::cmp::Ordering;

use jiff::civil;
use rust_decimal::Decimal;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{Expr, called, fit, is_ordered, order};
use crate::flow::model::{ActionKind, Ask, Between};
use crate::value::{Type, Value};

/// Points at `between`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        let Some(between) = &ask.tests.between else { continue };
        let kind = &ask.kind.value;
        if !is_ordered(kind) {
            let says = format!("{} has no least and no most", called(kind));
            let help = "ask for number, money, date, time, datetime or duration; figures that follow \
                        a plan have `matches`";
            found.push(Diagnostic::error("HL0314", between.span, says).help(help.to_owned()));
            continue;
        }
        let ends = (known(&between.least, kind), known(&between.most, kind));
        if let (Some(least), Some(most)) = &ends
            && order(least, most) == Some(Ordering::Greater)
        {
            let says = format!("nothing is at least {least} and at most {most}");
            let help = if *kind == Type::Time {
                "a range ends before midnight: ask about each day's part by itself"
            } else {
                "write the smaller one first"
            };
            found.push(Diagnostic::error("HL0313", between.span, says).help(help.to_owned()));
            continue;
        }
        let wrong = unkeyable(ask, between, ends);
        found.extend(wrong);
    }
}

/// What a bound comes out as on any day: nothing where it depends on the call.
fn known(bound: &Expr, kind: &Type) -> Option<Value> {
    // Two bounds made of `today` keep their order whatever day it is.
    let any_day = |name: &str| (name == "today").then(|| Value::Date(civil::date(2026, 6, 15)));
    fit(&bound.evaluate(&any_day).ok()?, kind)
}

/// No key says less than nothing, and the smallest value of the range may need more keys than are taken.
fn unkeyable(
    ask: &Ask,
    between: &Between,
    (least, most): (Option<Value>, Option<Value>),
) -> Option<Diagnostic> {
    if let Some(most) = amount(most?).filter(Decimal::is_sign_negative) {
        let says = format!("nothing below zero can be keyed, and this ends at {most}");
        let help = "ask for the amount, and take it away with `set`".to_owned();
        return Some(Diagnostic::error("HL0315", between.span, says).help(help));
    }
    let least = amount(least?)?.ceil().max(Decimal::ZERO);
    let (needs, takes) = (least.to_string().len(), ask.digits().1);
    (needs > usize::from(takes)).then(|| {
        let says = format!("{least} needs {needs} keys, and at most {takes} are taken");
        let help = format!("write `length: 1..{needs}` or more");
        let wrong = Diagnostic::error("HL0315", between.span, says).help(help);
        ask.length.into_iter().fold(wrong, |wrong, it| wrong.note(it.span, "taken here"))
    })
}

/// A number, or an amount in yuan.
fn amount(value: Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(number.normalize()),
        Value::Money(minor) => Some(Decimal::new(minor, 2).normalize()),
        Value::Percent(hundredths) => Some(hundredths),
        Value::Text(_)
        | Value::Digits(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::YesNo(_)
        | Value::Choice(_)
        | Value::Phone(_)
        | Value::Secret(_)
        | Value::Recording(_) => None,
    }
}

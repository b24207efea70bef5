//! HL0325 decided-before: a condition whose outcome every path to it has decided already.
//!
//! Conditions that sent the call elsewhere hold, or do not hold, behind themselves until something in them changes. What
//! holds is carried from step to step; where paths join, what holds on all of them remains.

use std::collections::{HashMap, VecDeque};

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::expr::{Expr, ExprKind, Operator, order};
use crate::flow::model::{Action, ActionKind, Name};
use crate::value::{Type, Value};

/// So much is remembered at once; what is older is not judged.
const MOST: usize = 32;

/// Points at the condition, and shows the one that decided.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let flow = study.flow;
    let mut entries: HashMap<usize, Facts> = HashMap::new();
    let Some(start) = flow.steps.get_index_of(&flow.start.value) else { return };
    entries.insert(start, Facts::default());
    let mut next = VecDeque::from([start]);
    while let Some(at) = next.pop_front() {
        let Some(facts) = entries.get(&at).cloned() else { continue };
        for (to, left) in walk(study, at, facts, &mut |_, _, _| {}) {
            let known = entries.get_mut(&to);
            let changed = known.is_none_or(|known| known.keep(&left));
            if changed {
                entries.entry(to).or_insert(left);
                next.push_back(to);
            }
        }
    }
    for at in 0..flow.steps.len() {
        let Some(facts) = entries.remove(&at) else { continue };
        walk(study, at, facts, &mut |condition, outcome, by| {
            let says = format!(
                "this is always {} here: it was decided before",
                if outcome { "yes" } else { "no" }
            );
            let help = "take the condition out, or ask something else".to_owned();
            found.push(
                Diagnostic::warning("HL0325", condition.span, says)
                    .note(by, "decided here")
                    .help(help),
            );
        });
    }
}

/// Goes through one step: tells each condition that is decided, and gives what holds at each step that it leads to.
fn walk<'a>(
    study: &Study<'a>,
    at: usize,
    mut facts: Facts<'a>,
    tell: &mut impl FnMut(&Expr, bool, Span),
) -> Vec<(usize, Facts<'a>)> {
    let mut out = Vec::new();
    let Some((_, step)) = study.flow.steps.get_index(at) else { return out };
    for action in &step.actions {
        // A guard that is always so does no harm where nothing lies behind its other outcome.
        let mut judge = |facts: &Facts<'_>, condition: &Expr, harmless: bool| {
            if let Some((outcome, by)) = facts.decide(study, condition)
                && !(outcome && harmless)
            {
                tell(condition, outcome, by);
            }
        };
        let mut inside = facts.clone();
        if let Some(when) = &action.when {
            judge(&facts, when, !action.kind.always_leaves() || asks_if_known(when));
            inside.assume(study, when, true);
        }
        let mut leave = |target: &Name, facts: Facts<'a>| {
            out.extend(study.flow.steps.get_index_of(target).map(|to| (to, facts)));
        };
        if let ActionKind::If(fork) = &action.kind {
            judge(&inside, &fork.condition, asks_if_known(&fork.condition));
            for (target, outcome) in [(&fork.then, true), (&fork.otherwise, false)] {
                let mut facts = inside.clone();
                facts.assume(study, &fork.condition, outcome);
                match target {
                    Some(target) => leave(&target.value, facts),
                    None => inside = facts,
                }
            }
        } else {
            inside.change(action);
            for (_, target) in action.kind.ways() {
                leave(&target.value, inside.clone());
            }
        }
        match (&action.when, action.kind.always_leaves()) {
            (None, true) => return out,
            (None, false) => facts = inside,
            (Some(when), true) => facts.assume(study, when, false),
            (Some(_), false) => {
                facts.keep(&inside);
            }
        }
    }
    out
}

/// A part of a condition that is no `and`, `or` or `not`, what came out of it, and where.
#[derive(Debug, Clone)]
struct Fact<'a> {
    part: &'a Expr,
    outcome: bool,
    by: Span,
}

impl Fact<'_> {
    fn is_same(&self, other: &Self) -> bool {
        self.outcome == other.outcome && is_same(self.part, other.part)
    }
}

/// What holds at one place.
#[derive(Debug, Clone, Default)]
struct Facts<'a>(Vec<Fact<'a>>);

impl<'a> Facts<'a> {
    /// Keeps what `other` has, too, and says whether that is less than before.
    fn keep(&mut self, other: &Self) -> bool {
        let before = self.0.len();
        self.0.retain(|it| other.0.iter().any(|other| it.is_same(other)));
        self.0.len() < before
    }

    fn assume(&mut self, study: &Study<'_>, condition: &'a Expr, outcome: bool) {
        match &condition.kind {
            ExprKind::Not(operand) => self.assume(study, operand, !outcome),
            ExprKind::Binary(Operator::And, left, right) if outcome => {
                self.assume(study, left, true);
                self.assume(study, right, true);
            }
            ExprKind::Binary(Operator::Or, left, right) if !outcome => {
                self.assume(study, left, false);
                self.assume(study, right, false);
            }
            // Of two, nobody knows which.
            ExprKind::Binary(Operator::And | Operator::Or, ..) | ExprKind::Literal(_) => {}
            ExprKind::Name(_)
            | ExprKind::Known(_)
            | ExprKind::Negate(_)
            | ExprKind::If(..)
            | ExprKind::Binary(..) => {
                let known = self.decide(study, condition).is_some();
                if !known && !reads_the_clock(condition) && self.0.len() < MOST {
                    self.0.push(Fact { part: condition, outcome, by: condition.span });
                }
            }
        }
    }

    /// What comes out of `condition`, and where that was decided.
    fn decide(&self, study: &Study<'_>, condition: &Expr) -> Option<(bool, Span)> {
        match &condition.kind {
            ExprKind::Not(operand) => {
                self.decide(study, operand).map(|(outcome, by)| (!outcome, by))
            }
            ExprKind::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
                // One operand that is no decides an `and`, one that is yes an `or`.
                let alone = *operator == Operator::Or;
                match (self.decide(study, left), self.decide(study, right)) {
                    (Some((outcome, by)), _) | (_, Some((outcome, by))) if outcome == alone => {
                        Some((outcome, by))
                    }
                    (_, Some((outcome, by))) if outcome == alone => Some((outcome, by)),
                    (Some(_), Some((outcome, by))) => Some((outcome, by)),
                    (Some(_) | None, None) | (None, Some(_)) => None,
                }
            }
            ExprKind::Literal(_)
            | ExprKind::Name(_)
            | ExprKind::Known(_)
            | ExprKind::Negate(_)
            | ExprKind::If(..)
            | ExprKind::Binary(..) => self.0.iter().find_map(|fact| {
                let outcome = if is_same(fact.part, condition) {
                    fact.outcome
                } else {
                    Comparison::of(study, fact.part)?
                        .or_not(fact.outcome)?
                        .decides(&Comparison::of(study, condition)?)?
                };
                Some((outcome, fact.by))
            }),
        }
    }

    /// Forgets what an action may change.
    fn change(&mut self, action: &Action) {
        let mut forget = |changed: &dyn Fn(&str) -> bool| {
            self.0.retain(|fact| {
                let mut reads = false;
                fact.part.names(&mut |name, _, _| reads |= changed(name));
                !reads
            });
        };
        if let ActionKind::Ask(ask) = &action.kind {
            forget(&|name| *name == *ask.into.value);
        } else if let ActionKind::Set(sets) = &action.kind {
            forget(&|name| sets.iter().any(|it| *it.name.value == *name));
        } else if let ActionKind::Lookup(it) = &action.kind {
            forget(&|name| {
                name.split_once('.').is_some_and(|(lookup, _)| *lookup == *it.lookup.value)
            });
        } else if !matches!(
            action.kind,
            ActionKind::Play(_)
                | ActionKind::Say(_)
                | ActionKind::Menu(_)
                | ActionKind::Goto(_)
                | ActionKind::Hours(_)
                | ActionKind::Hangup(_)
        ) {
            // Whatever else an action does, nothing is concluded from what was so before it.
            forget(&|_| true);
        }
    }
}

/// Whether two expressions say the same, wherever they stand.
fn is_same(a: &Expr, b: &Expr) -> bool {
    match (&a.kind, &b.kind) {
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a == b,
        (ExprKind::Name(a), ExprKind::Name(b)) | (ExprKind::Known(a), ExprKind::Known(b)) => a == b,
        (ExprKind::Not(a), ExprKind::Not(b)) | (ExprKind::Negate(a), ExprKind::Negate(b)) => {
            is_same(a, b)
        }
        (ExprKind::Binary(o, a, b), ExprKind::Binary(p, c, d)) => {
            o == p && is_same(a, c) && is_same(b, d)
        }
        (ExprKind::If(a, b, c), ExprKind::If(d, e, f)) => {
            is_same(a, d) && is_same(b, e) && is_same(c, f)
        }
        (
            ExprKind::Literal(_)
            | ExprKind::Name(_)
            | ExprKind::Known(_)
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::If(..),
            _,
        ) => false,
    }
}

/// Whether it asks whether something is there: careful designers ask it again.
fn asks_if_known(expr: &Expr) -> bool {
    let mut asks = false;
    expr.names(&mut |_, _, known| asks |= known);
    asks
}

/// Time goes on: what was so before may be otherwise now.
fn reads_the_clock(expr: &Expr) -> bool {
    let mut reads = false;
    expr.names(&mut |name, _, _| reads |= matches!(&**name, "now" | "today"));
    reads
}

/// A name held against what is written out.
struct Comparison<'e> {
    name: &'e str,
    operator: Operator,
    with: Written<'e>,
}

enum Written<'e> {
    /// One of a choice's words.
    Word(&'e str),
    Value(Value),
}

impl<'e> Comparison<'e> {
    fn of(study: &Study<'_>, expr: &'e Expr) -> Option<Self> {
        let ExprKind::Binary(operator, left, right) = &expr.kind else { return None };
        let ExprKind::Name(name) = &left.kind else { return None };
        let (kind, _) = study.look_up(name)?;
        let word = if let ExprKind::Name(word) = &right.kind { Some(word) } else { None };
        let word = word.filter(|it| matches!(kind, Type::Choice(_)) && !it.contains('.'));
        let with = match word {
            Some(word) => Written::Word(word),
            None => Written::Value(right.written_out()?),
        };
        operator.compares().then_some(Self { name, operator: *operator, with })
    }

    /// This comparison, or the one that says what is so when this one is not.
    fn or_not(self, outcome: bool) -> Option<Self> {
        use Operator as O;
        if outcome {
            return Some(self);
        }
        let operator = match self.operator {
            O::Equal => O::NotEqual,
            O::NotEqual => O::Equal,
            O::Less => O::GreaterOrEqual,
            O::LessOrEqual => O::Greater,
            O::Greater => O::LessOrEqual,
            O::GreaterOrEqual => O::Less,
            O::Or | O::And | O::Add | O::Subtract | O::Multiply | O::Divide => return None,
        };
        Some(Self { operator, ..self })
    }

    /// What comes out of `other` where this one is so.
    fn decides(&self, other: &Self) -> Option<bool> {
        use Operator as O;
        if self.name != other.name {
            return None;
        }
        let order = match (&self.with, &other.with) {
            (Written::Word(a), Written::Word(b)) => return self.decides_equality(other, a == b),
            (Written::Value(a), Written::Value(b)) => match order(a, b) {
                Some(order) => order,
                None => return self.decides_equality(other, a == b),
            },
            (Written::Word(_), Written::Value(_)) | (Written::Value(_), Written::Word(_)) => {
                return None;
            }
        };
        // Below, `order` is how what this one is held against compares with what the other is held against.
        let (less, same) = (order.is_lt(), order.is_eq());
        match (self.operator, other.operator) {
            (O::Equal, O::Less) => Some(less),
            (O::Equal, O::LessOrEqual) => Some(less || same),
            (O::Equal, O::Greater) => Some(!less && !same),
            (O::Equal, O::GreaterOrEqual) => Some(!less),
            (O::Equal | O::NotEqual, O::Equal | O::NotEqual) => self.decides_equality(other, same),
            (O::Less, O::Less | O::LessOrEqual | O::NotEqual) if less || same => Some(true),
            (O::Less, O::Greater | O::GreaterOrEqual | O::Equal) if less || same => Some(false),
            (O::LessOrEqual, O::Less | O::NotEqual) if less => Some(true),
            (O::LessOrEqual, O::LessOrEqual) if less || same => Some(true),
            (O::LessOrEqual, O::GreaterOrEqual | O::Equal) if less => Some(false),
            (O::LessOrEqual, O::Greater) if less || same => Some(false),
            (O::Greater, O::Greater | O::GreaterOrEqual | O::NotEqual) if !less => Some(true),
            (O::Greater, O::Less | O::LessOrEqual | O::Equal) if !less => Some(false),
            (O::GreaterOrEqual, O::Greater | O::NotEqual) if !less && !same => Some(true),
            (O::GreaterOrEqual, O::GreaterOrEqual) if !less => Some(true),
            (O::GreaterOrEqual, O::LessOrEqual | O::Equal) if !less && !same => Some(false),
            (O::GreaterOrEqual, O::Less) if !less => Some(false),
            _ => None,
        }
    }

    /// The same where only equality counts.
    fn decides_equality(&self, other: &Self, same: bool) -> Option<bool> {
        match (self.operator, other.operator) {
            (Operator::Equal, Operator::Equal) => Some(same),
            (Operator::Equal, Operator::NotEqual) => Some(!same),
            (Operator::NotEqual, Operator::Equal) if same => Some(false),
            (Operator::NotEqual, Operator::NotEqual) if same => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::finds;

    const LOOK_UP: &str = "  main:\n    - lookup: order\n      with: { number: \"'1'\" }\n      \
                           not_found: agent\n      failed: agent\n";

    #[track_caller]
    fn check(rest: &str, expected: &[&str]) {
        finds(&format!("{LOOK_UP}{rest}"), expected);
    }

    #[test]
    fn what_has_led_elsewhere_is_not_so_behind_it() {
        check(
            "    - goto: bye\n      when: order.total < 100\n    - goto: agent\n      when: \
             order.total < 50\n    - goto: bye",
            &["HL0325 9"],
        );
        check(
            "    - goto: bye\n      when: order.total < 50\n    - goto: agent\n      when: \
             order.total < 100\n    - goto: bye",
            &[],
        );
        check(
            "    - if: order.status == paid\n      then: bye\n    - play: says-order-total\n      \
             when: order.status == paid\n    - goto: agent",
            &["HL0325 9"],
        );
    }

    #[test]
    fn what_sent_the_call_to_a_step_is_so_there_if_every_way_says_so() {
        let rest = "    - if: order.status == paid\n      then: paid\n      else: agent\n  paid:\n    \
                    - goto: agent\n      when: order.status == shipped\n    - goto: bye";
        check(rest, &["HL0325 11"]);
        let also = rest.replace("  paid:", "  other:\n    - goto: paid\n  paid:");
        check(&also.replace("else: agent", "else: other"), &[]);
    }

    #[test]
    fn what_changes_is_asked_anew_and_the_clock_goes_on() {
        check(
            "    - goto: bye\n      when: order.total < 100\n    - lookup: order\n      with: { number: \
             \"'2'\" }\n      not_found: agent\n      failed: agent\n    - goto: agent\n      when: \
             order.total < 50\n    - goto: bye",
            &[],
        );
        check(
            "    - goto: bye\n      when: now < 08:00\n    - goto: agent\n      when: now < 08:00\n    \
             - goto: bye",
            &[],
        );
    }

    #[test]
    fn a_guard_that_is_always_so_and_hides_nothing_is_no_fault() {
        check(
            "    - goto: bye\n      when: order.total < 100\n    - say: order.total\n      when: \
             order.total >= 100\n    - goto: bye",
            &[],
        );
    }

    #[test]
    fn two_things_said_on_one_condition_are_no_fault() {
        check(
            "    - play: a\n      when: order.status == paid\n    - play: b\n      when: order.status \
             == paid\n    - goto: bye",
            &[],
        );
    }
}

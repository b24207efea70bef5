//! HL0414 perhaps-unset: on some path a value is read or spoken that nothing has set before; HL0421 result-unset: or a
//! flow comes back without a value that it `gives`.
//!
//! Definite assignment: for each step the names that are set on every path to it, as bits, until nothing changes any
//! more. A step is walked again only when a name is lost to it, so at most once for each name and way in.

use std::collections::{HashMap, HashSet, VecDeque};

use smallvec::SmallVec;

use super::study::{self, Study};
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::builtin::{self, builtin};
use crate::flow::expr::{Expr, ExprKind, Operator};
use crate::flow::follow_up::Told;
use crate::flow::model::{Action, ActionKind, Run, Step};

/// Points at each such reading once. Columns that may be missing (`eta: date?`) count as unset until `known(…)`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let tracker = Tracker::new(study);
    let Some(start) = study.flow.steps.get_index_of(&study.flow.start.value) else { return };
    let mut entries: Vec<Option<Bits>> = vec![None; study.flow.steps.len()];
    let mut next = VecDeque::from([start]);
    let mut waits: HashSet<usize> = HashSet::from([start]);
    if let Some(entry) = entries.get_mut(start) {
        *entry = Some(tracker.beginning());
    }
    while let Some(at) = next.pop_front() {
        waits.remove(&at);
        let Some((step, entry)) = step_and_entry(study, &entries, at) else { continue };
        let mut walk = Walk::new(&tracker, entry, false);
        walk.step(step);
        for (to, bits) in walk.out {
            let Some(entry) = entries.get_mut(to) else { continue };
            let changed = match entry {
                Some(known) => known.keep(&bits),
                None => {
                    *entry = Some(bits);
                    true
                }
            };
            if changed && waits.insert(to) {
                next.push_back(to);
            }
        }
    }
    let mut seen = HashSet::new();
    for at in 0..entries.len() {
        let Some((step, entry)) = step_and_entry(study, &entries, at) else { continue };
        let mut walk = Walk::new(&tracker, entry, true);
        walk.step(step);
        for unset in walk.unset {
            if seen.insert((unset.span, unset.name)) {
                found.push(report(study, &unset));
            }
        }
    }
}

fn step_and_entry<'a>(
    study: &Study<'a>,
    entries: &[Option<Bits>],
    at: usize,
) -> Option<(&'a Step, Bits)> {
    let (_, step) = study.flow.steps.get_index(at)?;
    Some((step, entries.get(at)?.clone()?))
}

fn report(study: &Study<'_>, unset: &Unset<'_>) -> Diagnostic {
    let name = unset.name;
    if let Place::Result = unset.place {
        let says =
            format!("on some path to this `return` nothing has set `{name}`, which the flow gives");
        let help = format!(
            "set it on every path before it, return by an exit, or write `{name}: …?` under `gives`"
        );
        return Diagnostic::error("HL0421", unset.span, says).help(help);
    }
    let optional = study.look_up(name).is_some_and(|(_, optional)| optional);
    let slot = if let Place::Prompt(slot) = unset.place { Some(slot) } else { None };
    let says = match (slot, optional) {
        (None, true) => format!("`{name}` may be missing here"),
        (None, false) => format!("on some path nothing has set `{name}` here"),
        (Some(_), true) => format!("this says {{{name}}}, which may be missing here"),
        (Some(_), false) => format!("this says {{{name}}}, which on some path nothing has set"),
    };
    let help = if optional || slot.is_some() {
        format!("add `when: known({name})`, and say something else when it is not")
    } else if let Some((lookup, _)) =
        name.split_once('.').filter(|_| builtin(study.flow, name).is_none())
    {
        let run = study.flow.runs.get(lookup);
        let action =
            run.map_or_else(|| format!("lookup: {lookup}"), |it| format!("run: {}", it.name.value));
        format!("carry out `{action}` on every path before it, or ask `known({name})` first")
    } else {
        format!("set it on every path before it, or ask `known({name})` first")
    };
    let wrong = Diagnostic::error("HL0414", unset.span, says).help(help);
    match slot {
        Some(slot) => wrong.note(slot, "said here"),
        None => wrong,
    }
}

/// What an opened case gives.
const CASE: [&str; 2] = ["case.number", "case.promised"];

/// Which names are set, a bit each. Most flows have fewer than 128.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bits(SmallVec<[u64; 2]>);

impl Bits {
    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn set(&mut self, at: usize, to: bool) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word = (*word & !(1 << (at % 64))) | (u64::from(to) << (at % 64));
        }
    }

    /// Keeps what `other` has too, and says whether that is less than before.
    fn keep(&mut self, other: &Self) -> bool {
        let mut less = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            less |= *word & !other != 0;
            *word &= other;
        }
        less
    }
}

/// The names that are not always set.
struct Tracker<'s, 'a> {
    study: &'s Study<'a>,
    numbers: HashMap<String, usize>,
}

impl<'s, 'a> Tracker<'s, 'a> {
    fn new(study: &'s Study<'a>) -> Self {
        let variables = study.variables.keys().map(|it| (*it).to_owned());
        let columns = study.columns().map(|(of, column, _)| format!("{of}.{column}"));
        let optional = builtin::NAMES
            .into_iter()
            .filter(|name| builtin(study.flow, name).is_some_and(|(_, optional)| optional))
            .map(str::to_owned);
        let names = variables.chain(columns).chain(optional);
        let mut numbers = HashMap::new();
        for name in names {
            let next = numbers.len();
            numbers.entry(name).or_insert(next);
        }
        Self { study, numbers }
    }

    fn nothing(&self) -> Bits {
        Bits(SmallVec::from_elem(0, self.numbers.len().div_ceil(64)))
    }

    /// What is set when a call begins the flow: what it takes.
    fn beginning(&self) -> Bits {
        let mut bits = self.nothing();
        let takes = self.study.flow.takes.keys();
        takes.filter_map(|name| self.number(name)).for_each(|at| bits.set(at, true));
        bits
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }
}

/// Whether the prompt named at `span` reads back what an `ask` has just taken, which is set by then.
fn reads_back(action: &Action, span: Span) -> bool {
    let ActionKind::Ask(ask) = &action.kind else { return false };
    ask.confirm.as_ref().is_some_and(|it| it.prompt.span == span)
}

/// A name read or spoken where it may not be set.
struct Unset<'a> {
    name: &'a str,
    span: Span,
    place: Place,
}

/// Where a name is needed.
#[derive(Clone, Copy)]
enum Place {
    Expression,
    /// Here in a prompt.
    Prompt(Span),
    /// Behind the `run` of another flow.
    Result,
}

/// One way through a step.
struct Walk<'w, 's, 'a> {
    tracker: &'w Tracker<'s, 'a>,
    bits: Bits,
    /// Whether to look at what is read, or only at where the call goes.
    looks: bool,
    unset: Vec<Unset<'w>>,
    /// Steps that it leads to, with what is set then.
    out: Vec<(usize, Bits)>,
}

impl<'w, 's> Walk<'w, 's, 'w> {
    const fn new(tracker: &'w Tracker<'s, 'w>, bits: Bits, looks: bool) -> Self {
        Self { tracker, bits, looks, unset: Vec::new(), out: Vec::new() }
    }

    fn step(&mut self, step: &'w Step) {
        for action in &step.actions {
            let skipped = action.when.as_ref().map(|when| {
                self.read(when, &mut Vec::new());
                let mut skipped = self.bits.clone();
                self.assume(&mut skipped, when, false);
                let mut bits = std::mem::replace(&mut self.bits, self.tracker.nothing());
                self.assume(&mut bits, when, true);
                self.bits = bits;
                skipped
            });
            self.action(action);
            match (skipped, action.kind.always_leaves()) {
                (Some(skipped), true) => self.bits = skipped,
                (Some(skipped), false) => {
                    self.bits.keep(&skipped);
                }
                (None, true) => return,
                (None, false) => {}
            }
        }
    }

    fn action(&mut self, action: &'w Action) {
        if self.looks {
            for spoken in study::spoken(action).iter().filter(|it| !reads_back(action, it.span)) {
                self.speak(spoken.name, spoken.span);
            }
        }
        match &action.kind {
            ActionKind::Say(say) => self.read(&say.value, &mut Vec::new()),
            ActionKind::Set(sets) => {
                for it in sets {
                    self.read(&it.value, &mut Vec::new());
                    self.mark(&it.name.value, true);
                }
            }
            ActionKind::If(fork) => {
                self.read(&fork.condition, &mut Vec::new());
                for (target, outcome) in [(&fork.then, true), (&fork.otherwise, false)] {
                    let mut bits = self.bits.clone();
                    self.assume(&mut bits, &fork.condition, outcome);
                    match target {
                        Some(target) => self.leave(&target.value, bits),
                        None => self.bits = bits,
                    }
                }
                return;
            }
            ActionKind::Lookup(it) => {
                it.with.iter().for_each(|(_, value)| self.read(value, &mut Vec::new()));
                // Whatever it answers, an earlier answer is gone.
                let lookup = self.tracker.study.flow.lookups.get(&it.lookup.value);
                let columns = || lookup.into_iter().flat_map(|it| &it.gives);
                let full = |column: &str| format!("{}.{column}", it.lookup.value);
                columns().for_each(|(column, _)| self.mark(&full(column), false));
                self.leave_by(action);
                for (column, given) in columns() {
                    self.mark(&full(column), !given.optional);
                }
                return;
            }
            ActionKind::Ask(ask) => {
                if let Some(it) = &ask.tests.between {
                    self.read(&it.least, &mut Vec::new());
                    self.read(&it.most, &mut Vec::new());
                }
                self.leave_by(action);
                self.mark(&ask.into.value, true);
                if let Some(confirm) = ask.confirm.as_ref().filter(|_| self.looks) {
                    self.speak(&confirm.prompt.value, confirm.prompt.span);
                }
                return;
            }
            ActionKind::Verify(it) => {
                it.with.iter().for_each(|(_, value)| self.read(value, &mut Vec::new()));
                self.read(&it.account, &mut Vec::new());
            }
            ActionKind::Queue(queue) => {
                queue.priority.iter().for_each(|it| self.read(it, &mut Vec::new()));
                self.mark("queue.waited", true);
            }
            ActionKind::Transfer(transfer) => self.read(&transfer.to, &mut Vec::new()),
            ActionKind::Case(case) => {
                self.told(&case.with);
                // Whatever comes of it, the case before is no longer the one spoken of.
                CASE.iter().for_each(|name| self.mark(name, false));
                self.leave_by(action);
                CASE.iter().for_each(|name| self.mark(name, true));
                return;
            }
            // A bare name without a value goes the way `no_number`.
            ActionKind::Callback(it) => self.read_part(&it.number),
            ActionKind::Notify(it) => self.told(&it.with),
            ActionKind::Run(run) => return self.run(run, action),
            ActionKind::Return(None) if self.looks => {
                for (name, given) in &self.tracker.study.flow.gives {
                    let set = self.tracker.number(name).is_none_or(|at| self.bits.has(at));
                    if !set && !given.optional {
                        let (span, place) = (action.span, Place::Result);
                        self.unset.push(Unset { name, span, place });
                    }
                }
            }
            ActionKind::Record(record) => {
                self.leave_by(action);
                self.mark(&record.into.value, true);
                return;
            }
            ActionKind::Survey(survey) => {
                survey.questions.iter().for_each(|it| self.mark(&it.variable, false));
            }
            ActionKind::Conference(it) => {
                self.read(&it.room, &mut Vec::new());
                it.with.iter().for_each(|it| self.read(it, &mut Vec::new()));
            }
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Goto(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
        }
        self.leave_by(action);
    }

    /// A bare name without a value is left out of what is told.
    fn told(&mut self, with: &'w Told) {
        with.iter().for_each(|(_, value)| self.read_part(value));
    }

    /// Reads an expression that need not have a value where it is a bare name.
    fn read_part(&mut self, expr: &'w Expr) {
        if !matches!(expr.kind, ExprKind::Name(_)) {
            self.read(expr, &mut Vec::new());
        }
    }

    /// Results of before are gone, and behind the run there are new ones; on its exits there are none.
    fn run(&mut self, run: &'w Run, action: &'w Action) {
        run.with.iter().for_each(|(_, value)| self.read(value, &mut Vec::new()));
        let prefix = run.prefix();
        let gives = || run.sub.iter().flat_map(|sub| &sub.gives);
        let full = |name: &str| format!("{prefix}.{name}");
        gives().for_each(|(name, _)| self.mark(&full(name), false));
        self.leave_by(action);
        gives().for_each(|(name, given)| self.mark(&full(name), !given.optional));
    }

    fn leave_by(&mut self, action: &'w Action) {
        if self.looks {
            return;
        }
        for (_, target) in action.kind.ways() {
            self.leave(&target.value, self.bits.clone());
        }
    }

    fn leave(&mut self, target: &str, bits: Bits) {
        if !self.looks
            && let Some(to) = self.tracker.study.flow.steps.get_index_of(target)
        {
            self.out.push((to, bits));
        }
    }

    fn mark(&mut self, name: &str, set: bool) {
        if let Some(at) = self.tracker.number(name) {
            self.bits.set(at, set);
        }
    }

    fn speak(&mut self, prompt: &str, span: Span) {
        for (_, facts) in self.tracker.study.prompt(prompt) {
            for slot in facts.iter().flat_map(|it| &it.slots) {
                let path = &slot.path;
                if self.tracker.number(&path.value).is_some_and(|at| !self.bits.has(at)) {
                    self.unset.push(Unset {
                        name: &path.value,
                        span,
                        place: Place::Prompt(path.span),
                    });
                }
            }
        }
    }

    /// Looks at what `expr` reads; `known` are the names that hold because it got this far.
    fn read(&mut self, expr: &'w Expr, known: &mut Vec<usize>) {
        match &expr.kind {
            _ if !self.looks => {}
            ExprKind::Literal(_) | ExprKind::Known(_) => {}
            ExprKind::Name(name) => {
                if let Some(at) = self.tracker.number(name)
                    && !self.bits.has(at)
                    && !known.contains(&at)
                {
                    self.unset.push(Unset { name, span: expr.span, place: Place::Expression });
                }
            }
            ExprKind::Not(operand) | ExprKind::Negate(operand) => self.read(operand, known),
            ExprKind::Binary(operator, left, right) => {
                self.read(left, known);
                let before = known.len();
                match operator {
                    Operator::And => self.holds(left, true, known),
                    Operator::Or => self.holds(left, false, known),
                    Operator::Equal
                    | Operator::NotEqual
                    | Operator::Less
                    | Operator::LessOrEqual
                    | Operator::Greater
                    | Operator::GreaterOrEqual
                    | Operator::Add
                    | Operator::Subtract
                    | Operator::Multiply
                    | Operator::Divide => {}
                }
                self.read(right, known);
                known.truncate(before);
            }
            ExprKind::If(condition, yes, no) => {
                self.read(condition, known);
                let before = known.len();
                for (branch, outcome) in [(yes, true), (no, false)] {
                    self.holds(condition, outcome, known);
                    self.read(branch, known);
                    known.truncate(before);
                }
            }
        }
    }

    /// Adds the names that are set when `condition` comes out as `outcome`.
    fn holds(&self, condition: &Expr, outcome: bool, known: &mut Vec<usize>) {
        match &condition.kind {
            ExprKind::Known(name) if outcome => known.extend(self.tracker.number(name)),
            ExprKind::Not(operand) => self.holds(operand, !outcome, known),
            ExprKind::Binary(Operator::And, left, right) if outcome => {
                self.holds(left, true, known);
                self.holds(right, true, known);
            }
            ExprKind::Binary(Operator::Or, left, right) if !outcome => {
                self.holds(left, false, known);
                self.holds(right, false, known);
            }
            ExprKind::Known(_)
            | ExprKind::Literal(_)
            | ExprKind::Name(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::If(..) => {}
        }
    }

    fn assume(&self, bits: &mut Bits, condition: &Expr, outcome: bool) {
        let mut known = Vec::new();
        self.holds(condition, outcome, &mut known);
        known.into_iter().for_each(|at| bits.set(at, true));
    }
}

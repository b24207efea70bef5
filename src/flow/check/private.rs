//! HL0613 told-to-anybody: an amount found by a telephone number that the caller keys is spoken although nothing has shown
//! whose call it is; HL0614 caller-number-trusted: the same, found by the caller's number, which can be forged.
//!
//! A telephone number is known to everybody, an order's number only to whom it was given: only the first is judged. A
//! `verify`, or a lookup that takes a secret, shows whose call it is.

use std::collections::{HashMap, HashSet};

use super::study::{Study, spoken};
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::model::{Action, ActionKind, LookUp};
use crate::value::Type;

/// Points at the lookup, once each, where both it and the amount can be come to by anybody.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let origins = origins(study);
    let mut asked: HashMap<&str, (Span, Origin)> = HashMap::new();
    let mut told: HashMap<&str, Span> = HashMap::new();
    for action in open_to_anybody(study) {
        if let ActionKind::Lookup(it) = &action.kind
            && let Some(origin) = by_number(study, &origins, it)
        {
            let (_, known) = asked.entry(&it.lookup.value).or_insert((it.lookup.span, origin));
            *known = (*known).max(origin);
        }
        for lookup in amounts(study, action) {
            told.entry(lookup).or_insert(action.span);
        }
    }
    let mut asked: Vec<_> = asked.into_iter().collect();
    asked.sort_unstable_by_key(|(_, (span, _))| *span);
    for (lookup, (span, origin)) in asked {
        let Some(at) = told.get(lookup) else { continue };
        let (code, says) = match origin {
            Origin::Keyed => ("HL0613", "whoever keys this number is told the amount"),
            Origin::Caller => ("HL0614", "whoever calls with this number is told the amount"),
        };
        let help = "ask for a PIN before it, or let the caller's line vouch for the number and say so \
                    with `allow`";
        found.push(Diagnostic::hint(code, span, says).note(*at, "told here").help(help.to_owned()));
    }
}

/// Where a telephone number came from; the worse one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Caller,
    Keyed,
}

/// The variables that are a number keyed, or the caller's.
fn origins<'a>(study: &Study<'a>) -> HashMap<&'a str, Origin> {
    let mut origins: HashMap<&str, Origin> = HashMap::from([("caller.number", Origin::Caller)]);
    for (_, _, action) in study.actions() {
        if let ActionKind::Ask(ask) = &action.kind
            && ask.kind.value != Type::Secret
        {
            origins.insert(&ask.into.value, Origin::Keyed);
        }
        if let ActionKind::Set(sets) = &action.kind {
            for it in sets {
                if matches!(&it.value.kind, ExprKind::Name(name) if &**name == "caller.number") {
                    origins.entry(&it.name.value).or_insert(Origin::Caller);
                }
            }
        }
    }
    origins
}

/// Where the numbers come from by which alone a lookup finds what it finds.
fn by_number(study: &Study<'_>, origins: &HashMap<&str, Origin>, it: &LookUp) -> Option<Origin> {
    let lookup = study.flow.lookups.get(&it.lookup.value)?;
    if lookup.takes.is_empty() || lookup.takes.values().any(|kind| kind.value != Type::Phone) {
        return None;
    }
    let of = |value: &Expr| {
        let ExprKind::Name(name) = &value.kind else { return None };
        origins.get(&**name).copied()
    };
    it.with.iter().map(|(_, value)| of(value)).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// The lookups of which an action speaks an amount.
fn amounts<'a>(study: &Study<'a>, action: &'a Action) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    if let ActionKind::Say(say) = &action.kind {
        say.value.names(&mut |name, _, known| names.extend((!known).then_some(&**name)));
    }
    let mut lookups = HashSet::new();
    let spoken = spoken(action);
    let slots = spoken.iter().flat_map(|it| study.prompt(it.name)).filter_map(|it| it.1.as_ref());
    let slots: Vec<String> =
        slots.flat_map(|it| &it.slots).map(|it| it.path.value.to_string()).collect();
    let names = names.into_iter().map(str::to_owned).chain(slots);
    for name in names {
        if study.look_up(&name).is_some_and(|(kind, _)| kind == Type::Money)
            && let Some((lookup, _)) = name.split_once('.')
            && let Some((lookup, _)) = study.flow.lookups.get_key_value(lookup)
        {
            lookups.insert(&**lookup);
        }
    }
    lookups.into_iter().collect()
}

/// The actions that a caller comes to without having shown who they are.
fn open_to_anybody<'a>(study: &Study<'a>) -> Vec<&'a Action> {
    let flow = study.flow;
    let mut open = Vec::new();
    let mut seen = vec![false; flow.steps.len()];
    let mut next: Vec<usize> = flow.steps.get_index_of(&flow.start.value).into_iter().collect();
    while let Some(at) = next.pop() {
        let Some((_, step)) = flow.steps.get_index(at) else { continue };
        if seen.get_mut(at).is_none_or(|seen| std::mem::replace(seen, true)) {
            continue;
        }
        for action in &step.actions {
            if action.when.as_ref().is_some_and(asks_who) {
                continue;
            }
            open.push(action);
            if matches!(&action.kind, ActionKind::If(fork) if asks_who(&fork.condition)) {
                break; // Which way is whose is not worked out: better no hint than a wrong one.
            }
            let ways = action.kind.ways();
            next.extend(ways.iter().filter_map(|(_, to)| flow.steps.get_index_of(&to.value)));
            if action.ends_its_step() || (action.when.is_none() && shows_who(study, action)) {
                break;
            }
        }
    }
    open
}

/// Whether a condition asks whether the caller has shown who they are.
fn asks_who(condition: &Expr) -> bool {
    let mut asks = false;
    condition.names(&mut |name, _, _| asks |= &**name == "caller.verified");
    asks
}

/// Whether a call that goes on behind this action is known to be its account's owner's.
fn shows_who(study: &Study<'_>, action: &Action) -> bool {
    // A flow that is run may have asked for a PIN itself.
    if matches!(action.kind, ActionKind::Verify(_) | ActionKind::Run(_)) {
        return true;
    }
    let ActionKind::Lookup(it) = &action.kind else { return false };
    let lookup = study.flow.lookups.get(&it.lookup.value);
    lookup.is_some_and(|it| it.takes.values().any(|kind| kind.value == Type::Secret))
}

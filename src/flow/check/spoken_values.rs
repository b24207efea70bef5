//! Which values are spoken as what they were declared: for rules about the reader that a name asks for.

use std::collections::{HashMap, HashSet};

use super::study::{Role, Study};
use crate::diagnostic::{Span, Spanned};
use crate::flow::expr::ExprKind;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// A value keyed or looked up, and spoken without being read as another type.
pub(super) struct SpokenValue<'a> {
    /// Its name: `order.total`.
    pub(super) name: &'a str,
    /// What it was declared as.
    pub(super) kind: &'a Type,
    /// Where.
    pub(super) declared: Span,
    /// The first place that speaks it.
    pub(super) spoken: Span,
}

/// Each of them once, in the order spoken.
pub(super) fn spoken_as_they_are<'s>(study: &'s Study<'_>) -> Vec<SpokenValue<'s>> {
    let said = study.worked_out.iter().filter_map(|it| match (&it.expr.kind, it.role) {
        (ExprKind::Name(name), Role::Say(None)) => Some((&**name, it.expr.span)),
        _ => None,
    });
    let in_prompts = study.texts().flat_map(|(spoken, _, facts)| {
        let slots = facts.slots.iter().filter(|slot| slot.kind.is_none());
        slots.map(|slot| (&*slot.path.value, spoken.span))
    });
    let asked = study.actions().filter_map(|(_, _, action)| {
        let ActionKind::Ask(ask) = &action.kind else { return None };
        Some((&*ask.into.value, &ask.kind))
    });
    let mut declared: HashMap<&str, &Spanned<Type>> = HashMap::new();
    asked.for_each(|(name, kind)| {
        declared.entry(name).or_insert(kind);
    });
    let column = |name: &str| {
        let (lookup, column) = name.split_once('.')?;
        Some(&study.flow.lookups.get(lookup)?.gives.get(column)?.kind)
    };
    let mut seen = HashSet::new();
    said.chain(in_prompts)
        .filter(|(name, _)| seen.insert(*name))
        .filter_map(|(name, spoken)| {
            let kind = declared.get(name).copied().or_else(|| column(name))?;
            Some(SpokenValue { name, kind: &kind.value, declared: kind.span, spoken })
        })
        .collect()
}

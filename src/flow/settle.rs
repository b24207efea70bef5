//! What is written out gets its type: `set: { total: 0 }` is money where `total` is money.
//!
//! Done once, when a flow is proven, so that working out an expression needs no types.

use std::collections::HashMap;

use super::builtin::builtin;
use super::check::variable_types;
use super::expr::Expr;
use super::model::{ActionKind, Flow};
use crate::value::Type;

/// Settles every expression of a flow without errors.
pub(super) fn settle(flow: &mut Flow) {
    let kinds = variable_types(flow);
    let mut steps = std::mem::take(&mut flow.steps);
    let mut context = std::mem::take(&mut flow.context);
    let settle = |expr: &mut Expr, wanted: Option<&Type>| {
        expr.settle(&|name| look_up(flow, &kinds, name), wanted);
    };
    for field in &mut context {
        settle(&mut field.value, None);
    }
    for action in steps.values_mut().flat_map(|step| &mut step.actions) {
        if let Some(when) = &mut action.when {
            settle(when, None);
        }
        match &mut action.kind {
            ActionKind::Say(say) => settle(&mut say.value, None),
            ActionKind::Set(sets) => {
                for it in sets {
                    settle(&mut it.value, kinds.get(&*it.name.value));
                }
            }
            ActionKind::If(fork) => settle(&mut fork.condition, None),
            ActionKind::Lookup(it) => {
                let takes = flow.lookups.get(&it.lookup.value).map(|lookup| &lookup.takes);
                for (name, value) in &mut it.with {
                    let wanted = takes.and_then(|it| it.get(&name.value)).map(|it| &it.value);
                    settle(value, wanted);
                }
            }
            ActionKind::Verify(it) => {
                let takes = flow.lookups.get(&it.against.value).map(|lookup| &lookup.takes);
                for (name, value) in &mut it.with {
                    let wanted = takes.and_then(|it| it.get(&name.value)).map(|it| &it.value);
                    settle(value, wanted);
                }
                settle(&mut it.account, None);
            }
            ActionKind::Queue(queue) => {
                queue.priority.iter_mut().for_each(|it| settle(it, None));
            }
            ActionKind::Transfer(transfer) => settle(&mut transfer.to, None),
            ActionKind::Case(it) => it.with.iter_mut().for_each(|(_, it)| settle(it, None)),
            ActionKind::Callback(it) => settle(&mut it.number, Some(&Type::Phone)),
            ActionKind::Notify(it) => it.with.iter_mut().for_each(|(_, it)| settle(it, None)),
            ActionKind::Run(run) => {
                let takes = run.sub.as_ref().ok().map(|sub| &sub.takes);
                for (name, value) in &mut run.with {
                    let wanted = takes.and_then(|it| it.get(&name.value)).map(|it| &it.value);
                    settle(value, wanted);
                }
            }
            ActionKind::Conference(it) => {
                settle(&mut it.room, None);
                it.with.iter_mut().for_each(|it| settle(it, None));
            }
            ActionKind::Ask(ask) => {
                if let Some(it) = &mut ask.tests.between {
                    settle(&mut it.least, Some(&ask.kind.value));
                    settle(&mut it.most, Some(&ask.kind.value));
                }
            }
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Goto(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
        }
    }
    (flow.steps, flow.context) = (steps, context);
}

fn look_up(flow: &Flow, kinds: &HashMap<String, Type>, name: &str) -> Option<(Type, bool)> {
    if let Some(kind) = kinds.get(name) {
        return Some((kind.clone(), false));
    }
    flow.column(name).map_or_else(
        || builtin(flow, name),
        |given| Some((given.kind.value.clone(), given.optional)),
    )
}

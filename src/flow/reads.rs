//! What a step reads that something before it must have set: for whoever comes to it by another way than calls do.

use super::check::{expressions_of, spoken, variable_types};
use super::model::{Action, ActionKind, Flow, Name, Step};
use crate::speech::Catalogue;

/// The names that `step` reads or speaks, each once, in order; not what it sets itself before, nor what it asks `known`
/// about. `words` are the prompts of the language that is spoken.
pub(crate) fn reads(flow: &Flow, step: &Step, words: Option<&Catalogue>) -> Vec<Name> {
    let types = variable_types(flow);
    let is_variable = |name: &str| types.contains_key(name) || flow.column(name).is_some();
    let (mut read, mut set): (Vec<Name>, Vec<Name>) = (Vec::new(), Vec::new());
    for action in &step.actions {
        let (mut names, mut known) = (Vec::new(), Vec::new());
        expressions_of(action, &mut |expr, _| {
            expr.names(&mut |name, _, is_asked| {
                if is_asked { &mut known } else { &mut names }.push(name.clone());
            });
        });
        for prompt in spoken(action) {
            let prompt = words.and_then(|it| it.prompt(prompt.name));
            let places = prompt.into_iter().flat_map(|it| it.placeholders());
            names.extend(places.map(|it| it.path.value.clone()));
        }
        // What is read back was just keyed.
        if let ActionKind::Ask(ask) = &action.kind {
            names.retain(|it| *it != ask.into.value);
        }
        let is_set = |name: &Name| {
            let of = name.split_once('.').map_or("", |(of, _)| of);
            set.iter().any(|it| it == name || **it == *of)
        };
        for name in names {
            let counts = is_variable(&name) && !known.contains(&name) && !is_set(&name);
            if counts && !read.contains(&name) {
                read.push(name);
            }
        }
        set.extend(sets(action));
    }
    read
}

/// What is set behind an action; of a lookup and of a flow that is run, the name before the dot.
fn sets(action: &Action) -> Vec<Name> {
    match &action.kind {
        ActionKind::Ask(it) => vec![it.into.value.clone()],
        ActionKind::Record(it) => vec![it.into.value.clone()],
        ActionKind::Set(sets) => sets.iter().map(|it| it.name.value.clone()).collect(),
        ActionKind::Lookup(it) => vec![it.lookup.value.clone()],
        ActionKind::Run(it) => vec![it.prefix()],
        ActionKind::Survey(it) => it.questions.iter().map(|it| it.variable.clone()).collect(),
        ActionKind::Play(_)
        | ActionKind::Menu(_)
        | ActionKind::Verify(_)
        | ActionKind::Say(_)
        | ActionKind::If(_)
        | ActionKind::Goto(_)
        | ActionKind::Hours(_)
        | ActionKind::Language(_)
        | ActionKind::Queue(_)
        | ActionKind::Transfer(_)
        | ActionKind::Case(_)
        | ActionKind::Callback(_)
        | ActionKind::Notify(_)
        | ActionKind::Conference(_)
        | ActionKind::Return(_)
        | ActionKind::Hangup(_) => Vec::new(),
    }
}

//! Flows that are run by others: what they take and give and how they come back, and the actions `run` and `return`.

use indexmap::IndexMap;

use super::actions::{KINDS, target, with};
use super::fields::Fields;
use super::named;
use super::values::{given, kebab, kind, own_word, reference, snake};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::flow::model::{ActionKind, Given, Name, Run, Target};
use crate::flow::reference;
use crate::flow::sub::Lost;
use crate::value::Type;
use crate::yaml::{Kind, Node};

type Found = Vec<Diagnostic>;

/// Names and types of what a lookup or a flow needs.
pub(super) fn takes(fields: &Fields<'_>, found: &mut Found) -> IndexMap<Name, Spanned<Type>> {
    let mut takes = IndexMap::new();
    if let Some((key, node)) = fields.entry("takes") {
        for (name, node) in named(node, key.span, "takes", found).unwrap_or_default() {
            let (name, kind) = (snake(name, "a value", found), kind(node, found));
            takes.extend(name.zip(kind).map(|(name, kind)| (name.value, kind)));
        }
    }
    takes
}

/// Names and types of what a lookup answers or a flow leaves behind.
pub(super) fn gives(fields: &Fields<'_>, found: &mut Found) -> IndexMap<Name, Given> {
    let mut gives = IndexMap::new();
    if let Some((key, node)) = fields.entry("gives") {
        for (name, node) in named(node, key.span, "gives", found).unwrap_or_default() {
            let (name, given) = (snake(name, "a column", found), given(node, found));
            gives.extend(name.zip(given).map(|(name, given)| (name.value, given)));
        }
    }
    gives
}

/// Ways back other than behind the `run`.
pub(super) fn exits(fields: &Fields<'_>, found: &mut Found) -> Vec<Spanned<Name>> {
    let Some(node) = fields.get("exits") else { return Vec::new() };
    let items = if let Kind::List(items) = &node.kind {
        items.as_slice()
    } else {
        std::slice::from_ref(node)
    };
    let mut exits: Vec<Spanned<Name>> = Vec::new();
    for item in items {
        let Some(exit) = own_word(item, "an exit", found) else { continue };
        let name = &*exit.value;
        if let Some(first) = exits.iter().find(|it| it.value == exit.value) {
            let says = format!("the exit `{name}` is written twice here");
            found.push(
                Diagnostic::error("HL0103", exit.span, says).note(first.span, "first written here"),
            );
        } else if is_exit_taken(name) {
            let says =
                format!("`{name}` is no name for an exit: beside `run` it means something already");
            found.push(Diagnostic::error("HL0201", exit.span, says));
        } else {
            exits.push(exit);
        }
    }
    exits
}

/// Whether no exit can be called like this, because beside `run` it means something else.
pub(crate) fn is_exit_taken(name: &str) -> bool {
    let fields = reference::action("run").into_iter().flat_map(reference::Action::fields);
    fields.chain(&reference::COMMON).any(|it| it.name == name) || KINDS.contains(&name)
}

/// `run: identify`: each further field is one of its exits.
pub(super) fn run(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<ActionKind> {
    let sound = found.len();
    let flow = kebab(value, "a flow", found).filter(|_| found.len() == sound);
    let values = fields.get("with").map(|node| with(node, found)).unwrap_or_default();
    let otherwise = target(fields, "otherwise", found);
    let others = fields.entries().iter().filter(|(key, _)| {
        let name = key.text().unwrap_or_default();
        !is_exit_taken(name)
    });
    let exits: Vec<(Spanned<Name>, Target)> = others
        .filter_map(|(exit, step)| {
            Some((reference(exit, "an exit", found)?, reference(step, "a step", found)?))
        })
        .collect();
    let sub = Err(Lost::Unsought);
    Some(ActionKind::Run(Run { flow: flow?, with: values, exits, otherwise, sub }))
}

/// `return:` behind the `run`, or `return: refused`.
pub(super) fn back(value: &Node, found: &mut Found) -> Option<ActionKind> {
    Some(ActionKind::Return(match &value.kind {
        Kind::Null => None,
        Kind::Scalar(_) | Kind::List(_) | Kind::Map(_) => Some(reference(value, "an exit", found)?),
    }))
}

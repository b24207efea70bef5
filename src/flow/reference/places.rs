//! What stands where in one file: its tree beside the table.

use super::{Action, Field, Shape, others};
use crate::yaml::{Kind, Node};

/// A key or a value of a file and what it is there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where it stands; its text.
    pub node: &'a Node,
    /// What it is.
    pub what: What,
    /// The map that it is a key of, none if it is a value.
    pub beside: &'a [(Node, Node)],
    /// The lookup that a column, a parameter or a cell is of.
    pub lookup: Option<&'a str>,
}

/// What a key or a value is.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// A value, or a key that is a name.
    Value(Shape),
    /// The key that says what an action does; `None` if no action is called so.
    Action(Option<&'static Action>, &'static [Action]),
    /// A field; `None` if no field is called so.
    Field(Option<&'static Field>, Of),
}

/// What a field belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// A map with known fields.
    Fields(&'static [Field]),
    /// An action, and what every action may have.
    Action(&'static Action, &'static [Field]),
}

impl Of {
    /// What may stand there, in the order of the docs.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        let (own, beside) = match self {
            Self::Fields(fields) => (None, fields),
            Self::Action(action, beside) => (Some(action), beside),
        };
        own.into_iter().flat_map(Action::fields).chain(beside)
    }
}

/// Everything that stands in a tree of the form `shape`, in the order written.
#[must_use]
pub fn places(tree: &Node, shape: Shape) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    walk(tree, shape, None, &mut found);
    found
}

/// As deep as the tree, which `yaml` bounds.
fn walk<'a>(node: &'a Node, shape: Shape, lookup: Option<&'a str>, found: &mut Vec<Place<'a>>) {
    let value = |shape| Place { node, what: What::Value(shape), beside: &[], lookup };
    match (shape, &node.kind) {
        (Shape::Optional(inner), _) => walk(node, *inner, lookup, found),
        (Shape::List(inner) | Shape::OneOrMore(inner), Kind::List(items)) => {
            items.iter().for_each(|item| walk(item, *inner, lookup, found));
        }
        (Shape::OneOrMore(inner), _) => walk(node, *inner, lookup, found),
        // A list that has only just been begun.
        (Shape::List(inner), Kind::Scalar(_)) => walk(node, *inner, lookup, found),
        (Shape::Map(name, inner), Kind::Map(entries)) => {
            for (key, value) in entries {
                let what = What::Value(*name);
                found.push(Place { node: key, what, beside: entries, lookup });
                let begins = matches!(name, Shape::NewLookup | Shape::Lookup);
                let of = if begins { key.text() } else { lookup };
                walk(value, *inner, of, found);
            }
        }
        // A map that has only just been begun has one key and no colon.
        (Shape::Map(name, _), Kind::Scalar(_)) => found.push(value(*name)),
        (Shape::Fields(fields), Kind::Map(entries)) => {
            for (key, value) in entries {
                field(key, value, entries, Of::Fields(fields), lookup, found);
            }
        }
        (Shape::Fields(fields), Kind::Scalar(_)) => {
            let what = What::Field(None, Of::Fields(fields));
            found.push(Place { node, what, beside: &[], lookup });
        }
        (Shape::Action(actions, beside), Kind::Map(entries)) => {
            action(entries, actions, beside, lookup, found);
        }
        (Shape::Action(actions, _), Kind::Scalar(_)) => {
            let known = actions.iter().find(|it| node.text() == Some(it.name));
            found.push(Place { node, what: What::Action(known, actions), beside: &[], lookup });
        }
        (Shape::Either(_, map), Kind::Map(_)) => walk(node, *map, lookup, found),
        (Shape::Either(one, _), _) => walk(node, *one, lookup, found),
        (Shape::Texts | Shape::Type | Shape::Given | Shape::Json, Kind::Map(_) | Kind::List(_)) => {
        }
        (_, Kind::Scalar(_) | Kind::Null) => found.push(value(shape)),
        (_, Kind::List(_) | Kind::Map(_)) => {} // not what belongs there: the parser says so
    }
}

fn field<'a>(
    key: &'a Node,
    value: &'a Node,
    beside: &'a [(Node, Node)],
    of: Of,
    lookup: Option<&'a str>,
    found: &mut Vec<Place<'a>>,
) {
    let known = of.fields().find(|it| key.text() == Some(it.name));
    // Beside `run` stand the exits of the flow that is run.
    if let (None, Of::Action(action, _)) = (known, of)
        && let Some((name, shape)) = others(action)
    {
        found.push(Place { node: key, what: What::Value(name), beside, lookup });
        return walk(value, shape, lookup, found);
    }
    found.push(Place { node: key, what: What::Field(known, of), beside, lookup });
    if let Some(field) = known {
        walk(value, field.shape, lookup, found);
    }
}

fn action<'a>(
    entries: &'a [(Node, Node)],
    actions: &'static [Action],
    beside: &'static [Field],
    lookup: Option<&'a str>,
    found: &mut Vec<Place<'a>>,
) {
    let named = |key: &Node| actions.iter().find(|it| key.text() == Some(it.name));
    let Some((at, known)) =
        entries.iter().enumerate().find_map(|(at, (key, _))| Some((at, named(key)?)))
    else {
        if let Some((key, _)) = entries.first() {
            let alone = beside.iter().find(|it| key.text() == Some(it.name));
            let what = match alone {
                Some(field) => What::Field(Some(field), Of::Fields(beside)),
                None => What::Action(None, actions),
            };
            found.push(Place { node: key, what, beside: entries, lookup });
        }
        return;
    };
    // `with` is about the lookup that stands behind the action's name, or in a field of it.
    let behind = entries.get(at).filter(|_| matches!(known.value, Shape::Lookup));
    let in_field = || {
        let asked = known.fields().find(|it| matches!(it.shape, Shape::Lookup))?;
        entries.iter().find(|(key, _)| key.text() == Some(asked.name))
    };
    let about = behind.or_else(in_field).and_then(|(_, value)| value.text()).or(lookup);
    for (index, (key, value)) in entries.iter().enumerate() {
        if index == at {
            let what = What::Action(Some(known), actions);
            found.push(Place { node: key, what, beside: entries, lookup });
            walk(value, known.value, lookup, found);
        } else {
            field(key, value, entries, Of::Action(known, beside), about, found);
        }
    }
}

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
    /// Whose a column, a parameter, an input, an exit or a cell is.
    pub owner: Option<Owner<'a>>,
}

/// What has names of its own that others write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A lookup.
    Lookup(&'a str),
    /// A flow that is run.
    Flow(&'a str),
}

impl<'a> Owner<'a> {
    /// What it is called where it is used.
    #[must_use]
    pub const fn name(self) -> &'a str {
        match self {
            Self::Lookup(name) | Self::Flow(name) => name,
        }
    }
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
fn walk<'a>(node: &'a Node, shape: Shape, owner: Option<Owner<'a>>, found: &mut Vec<Place<'a>>) {
    let value = |shape| Place { node, what: What::Value(shape), beside: &[], owner };
    match (shape, &node.kind) {
        (Shape::Optional(inner), _) => walk(node, *inner, owner, found),
        (Shape::List(inner) | Shape::OneOrMore(inner), Kind::List(items)) => {
            items.iter().for_each(|item| walk(item, *inner, owner, found));
        }
        (Shape::OneOrMore(inner), _) => walk(node, *inner, owner, found),
        // A list that has only just been begun.
        (Shape::List(inner), Kind::Scalar(_)) => walk(node, *inner, owner, found),
        (Shape::Map(name, inner), Kind::Map(entries)) => {
            for (key, value) in entries {
                let what = What::Value(*name);
                found.push(Place { node: key, what, beside: entries, owner });
                let begins = matches!(name, Shape::NewLookup | Shape::Lookup);
                let of = if begins { key.text().map(Owner::Lookup) } else { owner };
                walk(value, *inner, of, found);
            }
        }
        // A map that has only just been begun has one key and no colon.
        (Shape::Map(name, _), Kind::Scalar(_)) => found.push(value(*name)),
        (Shape::Fields(fields), Kind::Map(entries)) => {
            for (key, value) in entries {
                field(key, value, entries, Of::Fields(fields), owner, found);
            }
        }
        (Shape::Fields(fields), Kind::Scalar(_)) => {
            let what = What::Field(None, Of::Fields(fields));
            found.push(Place { node, what, beside: &[], owner });
        }
        (Shape::Action(actions, beside), Kind::Map(entries)) => {
            action(entries, actions, beside, owner, found);
        }
        (Shape::Action(actions, _), Kind::Scalar(_)) => {
            let known = actions.iter().find(|it| node.text() == Some(it.name));
            found.push(Place { node, what: What::Action(known, actions), beside: &[], owner });
        }
        (Shape::Either(_, map), Kind::Map(_)) => walk(node, *map, owner, found),
        (Shape::Either(one, _), _) => walk(node, *one, owner, found),
        (Shape::Json, Kind::List(items)) => {
            items.iter().for_each(|item| walk(item, shape, owner, found));
        }
        (Shape::Json, Kind::Map(entries)) => {
            entries.iter().for_each(|(_, value)| walk(value, shape, owner, found));
        }
        (Shape::Texts | Shape::Type | Shape::Given, Kind::Map(_) | Kind::List(_)) => {}
        (_, Kind::Scalar(_) | Kind::Null) => found.push(value(shape)),
        (_, Kind::List(_) | Kind::Map(_)) => {} // not what belongs there: the parser says so
    }
}

fn field<'a>(
    key: &'a Node,
    value: &'a Node,
    beside: &'a [(Node, Node)],
    of: Of,
    owner: Option<Owner<'a>>,
    found: &mut Vec<Place<'a>>,
) {
    let known = of.fields().find(|it| key.text() == Some(it.name));
    // Beside `run` stand the exits of the flow that is run.
    if let (None, Of::Action(action, _)) = (known, of)
        && let Some((name, shape)) = others(action)
    {
        found.push(Place { node: key, what: What::Value(name), beside, owner });
        return walk(value, shape, owner, found);
    }
    found.push(Place { node: key, what: What::Field(known, of), beside, owner });
    if let Some(field) = known {
        walk(value, field.shape, owner, found);
    }
}

fn action<'a>(
    entries: &'a [(Node, Node)],
    actions: &'static [Action],
    beside: &'static [Field],
    owner: Option<Owner<'a>>,
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
            found.push(Place { node: key, what, beside: entries, owner });
        }
        return;
    };
    // `with` is about the lookup or the flow that stands behind the action's name, or the lookup in a field of it.
    let behind = entries.get(at).and_then(|(_, value)| value.text());
    let in_field = || {
        let asked = known.fields().find(|it| matches!(it.shape, Shape::Lookup))?;
        entries.iter().find(|(key, _)| key.text() == Some(asked.name))?.1.text()
    };
    let about = if matches!(known.value, Shape::Flow) {
        behind.map(Owner::Flow)
    } else if matches!(known.value, Shape::Lookup) {
        behind.map(Owner::Lookup)
    } else {
        in_field().map(Owner::Lookup)
    };
    let about = about.or(owner);
    for (index, (key, value)) in entries.iter().enumerate() {
        if index == at {
            let what = What::Action(Some(known), actions);
            found.push(Place { node: key, what, beside: entries, owner });
            walk(value, known.value, owner, found);
        } else {
            field(key, value, entries, Of::Action(known, beside), about, found);
        }
    }
}

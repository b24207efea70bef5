//! THE TABLE OF THE LANGUAGE: every action and field with its shape, what holds where it is not written, and one line
//! about it.
//!
//! Read by `parse` (which names exist), `schema` and `markdown` (what editors and designers are shown) and by the room
//! `editor` (what may stand at a place, and which names mean the same thing). Must not know: what an action does.
//! Way in: [`ACTIONS`], [`FLOW`]; [`places`] for what stands where in one file.
//! Always true: `parse` knows an action or a field exactly if it stands here, and reads each of them (tests below).

mod actions;
mod markdown;
mod places;
mod schema;
mod shape;

pub(super) use actions::NAMES;
use actions::others;
pub use actions::{ACTIONS, COMMON, CONFIRM_KEYS, action};
pub use markdown::markdown;
pub use places::{Of, Owner, Place, What, places};
pub use schema::{schema, with_places};
pub use shape::Shape;

/// One thing that a step can do.
#[derive(Debug)]
pub struct Action {
    /// Its first key: `play`.
    pub name: &'static str,
    /// What stands behind it.
    pub value: Shape,
    /// What it does, in one sentence.
    pub says: &'static str,
    /// What may stand beside it, in the order of the docs, without what every action may have; groups are shared by several.
    pub fields: &'static [&'static [Field]],
    /// Fields of which at least one must be written.
    pub one_of: &'static [&'static str],
}

impl Action {
    /// What may stand beside it, without what every action may have.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().copied().flatten()
    }
}

/// A field of a map.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What stands behind it.
    pub shape: Shape,
    /// What holds where it is not written; [`MUST`] where that is an error.
    pub unless: &'static str,
    /// What it says, in a few words.
    pub says: &'static str,
}

impl Field {
    /// Whether a map without it is wrong whatever else it says.
    #[must_use]
    pub fn must(&self) -> bool {
        self.unless == MUST
    }
}

/// What stands in [`Field::unless`] of a field that must be written.
pub const MUST: &str = "must be there";

const fn field(
    name: &'static str,
    shape: Shape,
    unless: &'static str,
    says: &'static str,
) -> Field {
    Field { name, shape, unless, says }
}

/// The names of a table, for the parser.
pub(super) const fn names<const N: usize>(fields: &[Field; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        #[expect(clippy::indexing_slicing, reason = "worked out while compiling: at < N")]
        {
            names[at] = fields[at].name;
        }
        at += 1;
    }
    names
}

/// One action of a step.
const STEP: Shape = Shape::Action(ACTIONS, &COMMON);

/// A flow.
#[rustfmt::skip]
pub const FLOW: [Field; 13] = [
    field("flow", Shape::FlowName, MUST, "its name, in logs, figures and the context"),
    field("title", Shape::Texts, "none", "what people call it"),
    field("languages", Shape::OneOrMore(&Shape::Language), MUST, "the languages it speaks, each a folder of prompts; a call begins in the first"),
    field("start", Shape::Step, MUST, "the step that a call begins with"),
    field("max_time_to_person", Shape::Duration, "none", "how long a caller who presses no right key may be kept from a person"),
    field("defaults", Shape::Fields(&DEFAULTS), "5 s, 3 s, 3, 2 s", "what actions fall back on"),
    field("lookups", Shape::Map(&Shape::NewLookup, &Shape::Action(LOOKUPS, &[])), "none", "what it may ask of databases and other systems"),
    field("takes", Shape::Map(&Shape::Variable, &Shape::Type), "none", "variables that a flow that runs it sets before it begins"),
    field("gives", Shape::Map(&Shape::Variable, &Shape::Given), "none", "variables of it that are read behind the `run`; `number?` may be missing"),
    field("exits", Shape::OneOrMore(&Shape::Exit), "none", "ways back other than behind the `run`"),
    field("context", Shape::List(&Shape::Fields(&CONTEXT)), "none", "what an agent sees first, in this order"),
    field("allow", Shape::Allow, "none", "findings that are meant to be so, anywhere in the flow"),
    field("steps", Shape::Map(&Shape::NewStep, &Shape::List(&STEP)), MUST, "its steps"),
];

/// What actions fall back on.
#[rustfmt::skip]
pub const DEFAULTS: [Field; 4] = [
    field("no_input_after", Shape::Duration, "5s", "how long a caller may be silent after a question"),
    field("between_digits", Shape::Duration, "3s", "how long between two digits"),
    field("tries", Shape::Count, "3", "how often something is asked in all, silence and wrong keys together"),
    field("within", Shape::Duration, "2s", "how long a lookup may take"),
];

/// The ways to ask, told by their first key.
#[rustfmt::skip]
pub const LOOKUPS: &[Action] = &[
    Action {
        name: "sql", value: Shape::Connector, one_of: &[],
        says: "asks a database: a connector of hotline.yaml with `sqlite`",
        fields: &[&SQL],
    },
    Action {
        name: "http", value: Shape::Connector, one_of: &["get", "post", "put", "patch", "delete"],
        says: "asks a system over HTTP: a connector of hotline.yaml with `http`",
        fields: &[&HTTP],
    },
];

/// A lookup of a database, beside `sql`.
#[rustfmt::skip]
pub const SQL: [Field; 5] = [
    field("query", Shape::Query, MUST, "one SQL statement; values come in as `:name`, never into the text"),
    field("takes", TAKES, "none", "name and type of each `:name`"),
    field("gives", Shape::Map(&Shape::NewColumn, &Shape::Given), "none", "name and type of each column of the first row; `date?` may be null"),
    field("within", Shape::Duration, "`defaults`", "how long it may take"),
    field("changes", Shape::YesNo, "no", "it may write; without it the connection can only read"),
];

/// A lookup over HTTP, beside `http`.
#[rustfmt::skip]
pub const HTTP: [Field; 11] = [
    field("get", Shape::Path, "one of the five", "reads: a path below the connector's address; values come in as `{name}`, encoded"),
    field("post", Shape::Path, "one of the five", "the same with POST"),
    field("put", Shape::Path, "one of the five", "the same with PUT"),
    field("patch", Shape::Path, "one of the five", "the same with PATCH"),
    field("delete", Shape::Path, "one of the five", "the same with DELETE"),
    field("send", Shape::Json, "no body", "the JSON that goes with `post`, `put` or `patch`; a text that is only `\"{name}\"` becomes that value"),
    field("takes", TAKES, "none", "name and type of each `{name}`"),
    field("gives", Shape::Map(&Shape::NewColumn, &Shape::Either(&Shape::Given, &Shape::Fields(&FROM))), "none", "name and type of each field of the JSON that is answered; `date?` may be missing or null"),
    field("found_when", Shape::Either(&Shape::Text, &Shape::Fields(&FOUND_WHEN)), "always; 404 and 410 are `not_found`", "a place in the answer where nothing, null or false means `not_found`"),
    field("within", Shape::Duration, "`defaults`", "how long it may take"),
    field("changes", Shape::YesNo, "no with `get`; must be there else", "it changes something: sent once with an `Idempotency-Key`, and its lost answer is `unknown`"),
];

const TAKES: Shape = Shape::Map(&Shape::NewParameter, &Shape::Type);

/// A value that stands deeper in the answer.
#[rustfmt::skip]
pub const FROM: [Field; 2] = [
    field("from", Shape::Text, MUST, "a field's name, or its way from the top (RFC 6901): `/order/total`, `/orders/0/eta`"),
    field("is", Shape::Given, MUST, "its type"),
];

/// What an answer that found something says where.
#[rustfmt::skip]
pub const FOUND_WHEN: [Field; 2] = [
    field("from", Shape::Text, MUST, "a field's name, or its way from the top"),
    field("is", Shape::Text, MUST, "what stands there when something was found; anything else is `not_found`"),
];

/// A line of what an agent sees first.
#[rustfmt::skip]
pub const CONTEXT: [Field; 2] = [
    field("label", Shape::Texts, MUST, "what stands before the value"),
    field("value", Shape::Expression, MUST, "what it shows; the line is left out while that is not set"),
];

#[cfg(test)]
mod tests;

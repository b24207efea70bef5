//! The table as a JSON Schema, which editors with YAML support complete and explain from (draft 2020-12).
//!
//! A schema knows shapes, not names: that a step exists, or that an expression is sound, only `hotline check` and
//! `hotline lsp` know. YAML's own types come first in an editor, so a name may look like a number and `yes` like a
//! truth value.

use serde_json::{Map, Value, json};

use super::{Action, Field, Shape, others};
use crate::value::TYPE_NAMES;

/// The schema of a file whose top map has `fields`; `title` is what such a file is called.
#[must_use]
pub fn schema(title: &str, fields: &[Field]) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), title.into());
    if let Value::Object(map) = of_fields(fields) {
        schema.extend(map);
    }
    Value::Object(schema)
}

/// The schema in which each text may also be the place of a cell, `{column}`, or the name of something in a flow that is
/// run, `identify/ask`: for scenarios, which are played for each row and see a call from outside.
#[must_use]
pub fn with_places(schema: Value) -> Value {
    const PLACE: &str = r"^\{[a-z][a-z0-9_]*\}$";
    const WITHIN: &str = r"^\s*[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+([-_][a-z0-9]+)*\s*$";
    match schema {
        Value::Object(map) if map.contains_key("enum") => {
            json!({ "anyOf": [Value::Object(map), { "type": "string", "pattern": PLACE }] })
        }
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| {
                let wider = value.as_str().filter(|_| key == "pattern");
                let wider = wider.map(|pattern| format!("(?:{pattern})|{PLACE}|{WITHIN}").into());
                (key, wider.unwrap_or_else(|| with_places(value)))
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.into_iter().map(with_places).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema,
    }
}

fn of_fields(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(property).collect();
    let required: Vec<_> = fields.iter().filter(|it| it.must()).map(|it| it.name).collect();
    json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn property(field: &Field) -> (String, Value) {
    let unless = match field.must() {
        true => field.unless.to_owned(),
        false => format!("unless written: {}", field.unless),
    };
    let description = format!("{} ({unless})", field.says);
    (field.name.to_owned(), described(of(field.shape), &description))
}

fn described(mut schema: Value, description: &str) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), description.into());
    }
    schema
}

/// One action: its own key, its fields, and nothing else.
fn of_action(action: &Action, beside: &'static [Field]) -> Value {
    let own = (action.name.to_owned(), described(of(action.value), action.says));
    let fields = action.fields().chain(beside);
    let properties: Map<_, _> = std::iter::once(own).chain(fields.map(property)).collect();
    let must = action.fields().filter(|it| it.must()).map(|it| it.name);
    let required: Vec<_> = std::iter::once(action.name).chain(must).collect();
    let rest = others(action).map_or(Value::Bool(false), |(_, value)| of(value));
    let mut schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": rest,
    });
    if let (false, Value::Object(map)) = (action.one_of.is_empty(), &mut schema) {
        let one = action.one_of.iter().map(|it| json!({ "required": [it] })).collect();
        map.insert("anyOf".to_owned(), Value::Array(one));
    }
    schema
}

/// What a shape is. A pattern binds texts only: `8` may stand where `"8"` may.
fn of(shape: Shape) -> Value {
    let name = |pattern: &str| json!({ "type": ["string", "integer"], "pattern": pattern });
    let kebab = r"^\s*[a-z0-9]+(-[a-z0-9]+)*\s*$";
    let snake = r"^[a-z][a-z0-9_]*$";
    match shape {
        Shape::Text
        | Shape::Path
        | Shape::Query
        | Shape::Address
        | Shape::Expression
        | Shape::Cell => {
            json!({ "type": ["string", "number", "boolean"] })
        }
        Shape::Texts => json!({ "anyOf": [
            { "type": ["string", "number"] },
            { "type": "object", "additionalProperties": { "type": ["string", "number"] } },
        ] }),
        Shape::FlowName | Shape::Flow | Shape::Step | Shape::NewStep => name(kebab),
        Shape::Reason | Shape::Exit => name(r"^\s*[a-z0-9]+([-_][a-z0-9]+)*\s*$"),
        Shape::Lookup | Shape::NewLookup | Shape::Parameter | Shape::Input => name(snake),
        Shape::NewParameter | Shape::NewColumn | Shape::Variable | Shape::OwnName => name(snake),
        Shape::Language => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$" })
        }
        Shape::Prompt
        | Shape::Queue
        | Shape::Calendar
        | Shape::Connector
        | Shape::CaseKind
        | Shape::Receiver
        | Shape::Unit => {
            json!({ "type": ["string", "integer"], "minLength": 1 })
        }
        Shape::Type => of_type(""),
        Shape::Given => of_type(r"\s*\??"),
        Shape::Duration => json!({
            "type": "string", "pattern": r"^\s*([0-9]{1,12}d)?([0-9]{1,12}h)?([0-9]{1,12}m)?([0-9]{1,12}s)?([0-9]{1,12}ms)?\s*$",
            "minLength": 2, "examples": ["5s", "500ms", "1m30s"],
        }),
        Shape::YesNo => json!({ "enum": [true, false, "yes", "no", "true", "false"] }),
        Shape::Count => {
            json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 255, "pattern": "^[0-9]{1,3}$" })
        }
        Shape::Number(least, most) => {
            json!({ "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^[0-9]{1,3}$" })
        }
        Shape::Volume => json!({
            "type": "string", "pattern": r"^\s*[+-]?[0-9]{1,2}\s*dB\s*$", "examples": ["-6dB", "+3dB"],
        }),
        Shape::Digits => json!({
            "type": ["integer", "string"], "minimum": 0, "maximum": 255,
            "pattern": r"^[0-9]{1,3}(\s*\.\.\s*[0-9]{1,3})?$", "examples": ["8", "8..12"],
        }),
        Shape::Range => json!({
            "type": "string", "pattern": r"\S\s*\.\.\s*\S", "examples": ["10..500", "today..today + 14d"],
        }),
        Shape::Pattern => json!({
            "type": ["integer", "string"], "minimum": 0,
            "pattern": r"^\s*(([0-9xX]|\[([0-9](-[0-9])?)+\])\s*){1,32}$", "examples": ["1xxxxxxxxxx", "[2-9]xxxxxxx"],
        }),
        Shape::Key => {
            json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 9, "pattern": "^[0-9A-Da-d*#]$" })
        }
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Optional(inner) => json!({ "anyOf": [{ "type": "null" }, of(*inner)] }),
        Shape::Json => json!({}),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::List(inner) => json!({ "type": "array", "items": of(*inner), "minItems": 1 }),
        Shape::OneOrMore(inner) => json!({ "anyOf": [
            of(*inner), { "type": "array", "items": of(*inner), "minItems": 1 },
        ] }),
        Shape::Map(name, value) => json!({
            "type": "object", "additionalProperties": of(*value), "propertyNames": of_key(of(*name)),
        }),
        Shape::Either(one, other) => json!({ "anyOf": [of(*one), of(*other)] }),
        Shape::Allow => json!({
            "type": "object", "propertyNames": { "pattern": "^HL[0-9]{4}$" },
            "additionalProperties": { "type": "string", "minLength": 1 },
        }),
        Shape::Fields(fields) => of_fields(fields),
        Shape::Action(actions, beside) => {
            let alone =
                actions.iter().filter(|it| matches!(it.value, Shape::Nothing | Shape::Optional(_)));
            let alone: Vec<_> = alone.map(|it| it.name).collect();
            let mut kinds: Vec<_> = actions.iter().map(|it| of_action(it, beside)).collect();
            // An `allow` that stands alone holds for the whole step.
            for field in beside.iter().filter(|it| matches!(it.shape, Shape::Allow)) {
                let properties: Map<_, _> = [property(field)].into_iter().collect();
                kinds.push(json!({
                    "type": "object", "properties": properties, "required": [field.name],
                    "additionalProperties": false,
                }));
            }
            if !alone.is_empty() {
                kinds.push(json!({ "enum": alone }));
            }
            json!({ "anyOf": kinds })
        }
    }
}

/// Keys of a JSON object are always texts.
fn of_key(mut schema: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert("type".to_owned(), "string".into());
    }
    schema
}

fn of_type(mark: &str) -> Value {
    let names = TYPE_NAMES.join("|");
    json!({ "anyOf": [
        { "type": "string", "pattern": format!(r"^\s*({names}|\[[^\[\]]+\]){mark}\s*$"), "examples": TYPE_NAMES },
        { "type": "array", "items": { "type": ["string", "number", "boolean"] }, "minItems": 1, "uniqueItems": true },
    ] })
}

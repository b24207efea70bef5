//! Lookups over HTTP.

use indexmap::IndexMap;

use super::fields::Fields;
use super::values::{given, snake, word};
use super::{Found, named};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::flow::http::{FoundWhen, Method, Part, Path, Pointer, Request, path, places};
use crate::flow::model::{Given, Name};
use crate::flow::reference;
use crate::yaml::{Kind, Node};

const FROM: [&str; reference::FROM.len()] = reference::names(&reference::FROM);
const FOUND_WHEN: [&str; reference::FOUND_WHEN.len()] = reference::names(&reference::FOUND_WHEN);

/// What a lookup at `at` asks, and what it gives.
pub(super) fn request(
    fields: &Fields<'_>,
    at: Span,
    found: &mut Found,
) -> (Option<Request>, IndexMap<Name, Given>) {
    let asked = method(fields, at, found);
    let asked = asked.and_then(|(method, node)| Some((method, path_of(node, found)?)));
    let send = fields.get("send").map(|node| {
        let mut parts = Vec::new();
        json(node, &mut parts, found);
        Spanned::new(joined(parts), node.span)
    });
    let (gives, from) = gives(fields, found);
    let found_when = fields.get("found_when").and_then(|node| found_when(node, found));
    let says_changes = fields.get("changes").map(|it| it.span);
    let request =
        asked.map(|(method, path)| Request { method, path, send, from, found_when, says_changes });
    (request, gives)
}

/// Exactly one of the methods, with what stands behind it.
fn method<'a>(
    fields: &Fields<'a>,
    at: Span,
    found: &mut Found,
) -> Option<(Spanned<Method>, &'a Node)> {
    let mut first: Option<(Spanned<Method>, &Node)> = None;
    for method in Method::ALL {
        let Some((key, node)) = fields.entry(method.name()) else { continue };
        match &first {
            None => first = Some((Spanned::new(method, key.span), node)),
            Some((other, _)) => {
                let (other, span) = (other.value.name(), other.span);
                let says = format!("one lookup cannot both `{other}` and `{}`", method.name());
                let help = "ask once; write a lookup of its own for the other".to_owned();
                found.push(
                    Diagnostic::error("HL0711", key.span, says).note(span, "the first").help(help),
                );
            }
        }
    }
    if first.is_none() {
        let help = "add `get: /orders/{number}`, or `post`, `put`, `patch` or `delete`".to_owned();
        let says = "this lookup does not say what it asks for";
        found.push(Diagnostic::error("HL0711", at, says).help(help));
    }
    first
}

fn path_of(node: &Node, found: &mut Found) -> Option<Spanned<Path>> {
    let text = word(node, "a path", found)?;
    match path(text) {
        Ok(path) => Some(Spanned::new(path, node.span)),
        Err(wrong) => {
            let help = "write `/orders/{number}`, which goes below the connector's address";
            let wrong = Diagnostic::error("HL0711", node.span, wrong.to_string());
            found.push(wrong.help(help.to_owned()));
            None
        }
    }
}

/// Types as elsewhere, or `{ from: /order/total, is: money }`.
fn gives(
    fields: &Fields<'_>,
    found: &mut Found,
) -> (IndexMap<Name, Given>, IndexMap<Name, Pointer>) {
    let (mut gives, mut from) = (IndexMap::new(), IndexMap::new());
    let Some((key, node)) = fields.entry("gives") else { return (gives, from) };
    for (name, node) in named(node, key.span, "gives", found).unwrap_or_default() {
        let Some(name) = snake(name, "a column", found) else { continue };
        let (given, at) = if matches!(node.kind, Kind::Map(_)) {
            let what = "a value of the answer";
            let Some(fields) = Fields::open(node, what, name.span, &[&FROM], found) else {
                continue;
            };
            let at = fields.need("from", "/order/total", found);
            let is = fields.need("is", "money", found);
            let at = at.map_or_else(|| Pointer::read(&name.value), |it| pointer(it, found));
            (is.and_then(|it| given(it, found)), at)
        } else {
            (given(node, found), Pointer::read(&name.value))
        };
        if let (Some(given), Some(at)) = (given, at) {
            gives.insert(name.value.clone(), given);
            from.insert(name.value, at);
        }
    }
    (gives, from)
}

/// `/order`, or `{ from: /code, is: 0 }`.
fn found_when(node: &Node, found: &mut Found) -> Option<FoundWhen> {
    if !matches!(node.kind, Kind::Map(_)) {
        return Some(FoundWhen { from: pointer(node, found)?, is: None });
    }
    let fields = Fields::open(node, "`found_when`", node.span, &[&FOUND_WHEN], found)?;
    let from = fields.need("from", "/code", found);
    let is = fields.need("is", "0", found);
    let is = is.and_then(|it| word(it, "a value", found));
    Some(FoundWhen { from: pointer(from?, found)?, is: Some(is?.into()) })
}

fn pointer(node: &Node, found: &mut Found) -> Option<Pointer> {
    let text = word(node, "a place in the answer", found)?;
    let pointer = Pointer::read(text);
    if pointer.is_none() {
        let says = format!("`{text}` is no place in an answer");
        let help = "write a field's name, or its way from the top: `/order/total`".to_owned();
        found.push(Diagnostic::error("HL0711", node.span, says).help(help));
    }
    pointer
}

/// The JSON of a node, in parts. As deep as the tree, which `yaml` bounds.
fn json(node: &Node, parts: &mut Vec<Part>, found: &mut Found) {
    let raw = |parts: &mut Vec<Part>, text: &str| parts.push(Part::Raw(text.into()));
    match &node.kind {
        Kind::Null if node.span.start == node.span.end => found.push(nothing(node.span)),
        Kind::Null => raw(parts, "null"),
        Kind::Scalar(scalar) if scalar.plain && is_json(&scalar.text) => raw(parts, &scalar.text),
        Kind::Scalar(scalar) if scalar.plain && scalar.text == "yes" => raw(parts, "true"),
        Kind::Scalar(scalar) if scalar.plain && scalar.text == "no" => raw(parts, "false"),
        Kind::Scalar(scalar) => match text(&scalar.text) {
            Some(text) => parts.extend(text),
            None => {
                let says = "this is no text with places for values";
                let help = "write a place as `{number}`, and a brace of the text twice: `{{`";
                found.push(Diagnostic::error("HL0711", node.span, says).help(help.to_owned()));
            }
        },
        Kind::List(items) => {
            raw(parts, "[");
            for (at, item) in items.iter().enumerate() {
                raw(parts, if at == 0 { "" } else { "," });
                json(item, parts, found);
            }
            raw(parts, "]");
        }
        Kind::Map(entries) => {
            raw(parts, "{");
            for (at, (key, value)) in entries.iter().enumerate() {
                // `{number}` without quotes is a map to YAML, with nothing behind `number`.
                if value.kind == Kind::Null && value.span.start == value.span.end {
                    found.push(nothing(key.span));
                    continue;
                }
                let name = quoted(key.text().unwrap_or_default());
                raw(parts, &format!("{}{name}:", if at == 0 { "" } else { "," }));
                json(value, parts, found);
            }
            raw(parts, "}");
        }
    }
}

fn nothing(span: Span) -> Diagnostic {
    let help = "a place for a value stands in quotes: `\"{number}\"`; nothing is written `null`";
    Diagnostic::error("HL0110", span, "nothing is written here, where a value belongs")
        .help(help.to_owned())
}

/// Whether it is a number or a truth value as JSON writes them.
fn is_json(text: &str) -> bool {
    let value = serde_json::from_str::<serde_json::Value>(text);
    value.is_ok_and(|it| it.is_number() || it.is_boolean())
}

/// A JSON text with places, or the one value that it is.
fn text(text: &str) -> Option<Vec<Part>> {
    let pieces = places(text).ok()?;
    if let [Ok(only)] = &pieces[..]
        && !only.as_text
    {
        return Some(vec![Part::Value(only.name.clone())]);
    }
    let mut parts = vec![Part::Raw("\"".into())];
    for piece in pieces {
        parts.push(match piece {
            Ok(place) => Part::Words(place.name),
            Err(raw) => {
                let quoted = quoted(&raw);
                Part::Raw(quoted.get(1..quoted.len() - 1).unwrap_or_default().into())
            }
        });
    }
    parts.push(Part::Raw("\"".into()));
    Some(parts)
}

/// A text as JSON writes it, in its quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Neighbouring texts become one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    let mut raw = String::new();
    for part in parts {
        if let Part::Raw(text) = &part {
            raw.push_str(text);
            continue;
        }
        if !raw.is_empty() {
            joined.push(Part::Raw(std::mem::take(&mut raw).into()));
        }
        joined.push(part);
    }
    if !raw.is_empty() {
        joined.push(Part::Raw(raw.into()));
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;
    use crate::yaml;

    fn sent(text: &str) -> (String, Vec<&'static str>) {
        let tree = yaml::parse(FileId::default(), text).0.unwrap();
        let (mut parts, mut found) = (Vec::new(), Vec::new());
        json(tree.get("send").unwrap(), &mut parts, &mut found);
        let each = joined(parts).into_iter().map(|it| match it {
            Part::Raw(text) => text.to_string(),
            Part::Value(name) => format!("<{name}>"),
            Part::Words(name) => format!("<words {name}>"),
        });
        (each.collect(), found.iter().map(|it| it.code).collect())
    }

    #[test]
    fn a_body_is_json_with_places() {
        #[rustfmt::skip]
        let table = [
            (r#"send: { sum: "{sum}" }"#,                     r#"{"sum":<sum>}"#),
            (r#"send: { sum: "{sum: text}" }"#,               r#"{"sum":"<words sum>"}"#),
            (r#"send: { note: "by phone, {n}" }"#,            r#"{"note":"by phone, <words n>"}"#),
            (r#"send: { a: 1, b: -2.50, c: true, d: no }"#,   r#"{"a":1,"b":-2.50,"c":true,"d":false}"#),
            (r#"send: { a: "1", b: 'yes', c: 007, d: ~ }"#,   r#"{"a":"1","b":"yes","c":"007","d":null}"#),
            (r#"send: [{ "a b": "x\"y" }, [], {}]"#,          r#"[{"a b":"x\"y"},[],{}]"#),
            (r#"send: "{pin}""#,                              "<pin>"),
            (r#"send: { a: "{{x}}" }"#,                       r#"{"a":"{x}"}"#),
        ];
        for (text, expected) in table {
            assert_eq!(sent(text), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_place_without_quotes_is_said_to_be_none() {
        assert_eq!(sent("send: { sum: {sum} }").1, ["HL0110"]);
        assert_eq!(sent("send: { sum: }").1, ["HL0110"]);
        assert_eq!(sent(r#"send: { sum: "{sum" }"#).1, ["HL0711"]);
    }
}

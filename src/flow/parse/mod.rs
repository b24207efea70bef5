//! A flow out of its text: every problem of the file in one run, each at its smallest place.
//!
//! `fields` are maps with known keys, `values` single values, `actions` what steps do.

mod actions;
mod allow;
mod ask;
mod fields;
mod follow_up;
mod http;
mod play;
mod runs;
mod values;
mod verify;
mod voices;

use std::sync::Arc;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use self::fields::Fields;
pub(crate) use self::runs::is_exit_taken;
use self::values::{
    expression, kebab, language, length_of_time, place, reference, small, snake, texts, word,
    yes_no,
};
pub(crate) use self::values::{is_kebab, is_snake};
use super::model::{Action, Allow, Asks, ContextField, Defaults, Flow, Lang, Lookup, Name, Step};
use super::reference;
use crate::diagnostic::{Diagnostic, FileId, Span, Spanned};
use crate::yaml::{self, Kind, Node};

type Found = Vec<Diagnostic>;

// The fields of each map stand in `flow/reference/`, and nowhere else.
const FIELDS: [&str; reference::FLOW.len()] = reference::names(&reference::FLOW);
const DEFAULTS: [&str; reference::DEFAULTS.len()] = reference::names(&reference::DEFAULTS);
const SQL: [&str; reference::SQL.len()] = reference::names(&reference::SQL);
const HTTP: [&str; reference::HTTP.len()] = reference::names(&reference::HTTP);
const CONTEXT: [&str; reference::CONTEXT.len()] = reference::names(&reference::CONTEXT);

/// Reads a flow.
///
/// With an error among the findings the flow is what could be made out, good for further checks and never for callers.
/// `None` if the text is not a YAML map at all.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Option<Flow>, Vec<Diagnostic>) {
    let (tree, mut found) = yaml::parse(file, text);
    let flow = tree.and_then(|tree| flow(file, text, &tree, &mut found));
    (flow, found)
}

/// The first 16 hex digits of the text's SHA-256.
fn version(text: &str) -> Arc<str> {
    let hash = Sha256::digest(text.as_bytes());
    hex::encode(hash.get(..8).unwrap_or_default()).into()
}

fn flow(file: FileId, text: &str, tree: &Node, found: &mut Found) -> Option<Flow> {
    let top = Span::new(file, 0, 0);
    let fields = Fields::open(tree, "a flow", top, &[&FIELDS], found)?;
    let nameless = || Spanned::new(Name::from("flow"), top);
    let name = fields.need("flow", "shop", found).and_then(|node| kebab(node, "a flow", found));
    let languages = languages(&fields, found);
    let mut allows = Vec::new();
    if let Some((key, node)) = fields.entry("allow") {
        allows = allow::allow(node, key.span, None, found);
    }
    let steps = fields.need("steps", "{ main: [ … ] }", found);
    let steps = steps.map(|node| steps_of(node, &mut allows, found)).unwrap_or_default();
    let first = steps.values().next().map(|step| step.name.clone());
    let example = first.as_ref().map_or("main", |it| &*it.value).to_owned();
    let start = fields.need("start", &example, found);
    let start = start.and_then(|node| reference(node, "a step", found));
    Some(Flow {
        name: name.unwrap_or_else(nameless),
        file,
        version: version(text),
        title: fields.get("title").map(|it| texts(it, &languages, found)).unwrap_or_default(),
        start: start.or(first).unwrap_or_else(nameless),
        max_time_to_person: fields
            .get("max_time_to_person")
            .and_then(|node| length_of_time(node, found)),
        defaults: fields.get("defaults").map(|it| defaults(it, found)).unwrap_or_default(),
        lookups: lookups(&fields, found),
        takes: runs::takes(&fields, found),
        gives: runs::gives(&fields, found),
        exits: runs::exits(&fields, found),
        context: context(&fields, &languages, found),
        languages,
        steps,
        runs: IndexMap::new(),
        allows,
    })
}

fn languages(fields: &Fields<'_>, found: &mut Found) -> Vec<Spanned<Lang>> {
    let Some(node) = fields.need("languages", "[zh-CN, en-US]", found) else { return Vec::new() };
    match &node.kind {
        Kind::List(items) if !items.is_empty() => {
            items.iter().filter_map(|item| language(item, found)).collect()
        }
        Kind::Scalar(_) => language(node, found).into_iter().collect(),
        Kind::List(_) | Kind::Null | Kind::Map(_) => {
            let says = "a flow speaks at least one language".to_owned();
            let help = "write `languages: [zh-CN, en-US]`".to_owned();
            found.push(Diagnostic::error("HL0110", node.span, says).help(help));
            Vec::new()
        }
    }
}

fn defaults(node: &Node, found: &mut Found) -> Defaults {
    let mut defaults = Defaults::default();
    let Some(fields) = Fields::open(node, "`defaults`", node.span, &[&DEFAULTS], found) else {
        return defaults;
    };
    let mut length = |name: &str| {
        fields.get(name).and_then(|node| length_of_time(node, found)).map(|it| it.value)
    };
    defaults.no_input_after = length("no_input_after").unwrap_or(defaults.no_input_after);
    defaults.between_digits = length("between_digits").unwrap_or(defaults.between_digits);
    defaults.within = length("within").unwrap_or(defaults.within);
    let tries = fields.get("tries").and_then(|node| small(node, "a number of tries", found));
    defaults.tries = tries.map_or(defaults.tries, |it| it.value);
    defaults
}

fn lookups(fields: &Fields<'_>, found: &mut Found) -> IndexMap<Name, Lookup> {
    let within = fields.get("defaults").and_then(|node| node.get("within"));
    // What is wrong with it was said with the other defaults.
    let within = within.and_then(|node| length_of_time(node, &mut Vec::new()));
    let within = within.map_or(Defaults::default().within, |it| it.value);
    let Some((key, node)) = fields.entry("lookups") else { return IndexMap::new() };
    let Some(entries) = named(node, key.span, "lookups", found) else { return IndexMap::new() };
    let read = entries.iter().filter_map(|(name, node)| {
        let name = snake(name, "a lookup", found)?;
        Some((name.value.clone(), lookup(name, node, within, found)?))
    });
    read.collect()
}

fn lookup(
    name: Spanned<Name>,
    node: &Node,
    within: std::time::Duration,
    found: &mut Found,
) -> Option<Lookup> {
    let over_http = node.get("http").is_some();
    let (kind, own): (_, &[&str]) = if over_http { ("http", &HTTP) } else { ("sql", &SQL) };
    if let Some((second, _)) = node.entries().iter().find(|(key, _)| key.text() == Some("sql"))
        && over_http
    {
        let says = "one lookup cannot ask both a database and a system over HTTP";
        let help = "keep `sql` or `http`, and write a lookup of its own for the other".to_owned();
        found.push(Diagnostic::error("HL0109", second.span, says).help(help));
    }
    let fields =
        Fields::open(node, "a lookup", name.span, &[&[kind], own, &["sql", "http"]], found)?;
    if fields.get("sql").or(fields.get("http")).is_none() {
        let says = "a lookup has neither `sql` nor `http`";
        let help = "add `sql: shop`, a database of hotline.yaml, or `http: crm`, a system there";
        found.push(Diagnostic::error("HL0106", name.span, says).help(help.to_owned()));
    }
    let connector = fields.get(kind).and_then(|node| reference(node, "a connector", found));
    let takes = runs::takes(&fields, found);
    let (asks, gives) = if over_http {
        let (request, gives) = http::request(&fields, name.span, found);
        (request.map(|it| Asks::Http(Box::new(it))), gives)
    } else {
        let query = fields.need("query", "select … where number = :number", found);
        let query = query.and_then(|node| {
            Some(Spanned::new(word(node, "a query", found)?.to_owned(), node.span))
        });
        (query.map(Asks::Sql), runs::gives(&fields, found))
    };
    let own = fields.get("within").and_then(|node| length_of_time(node, found));
    Some(Lookup {
        connector: connector?,
        asks: asks?,
        takes,
        gives,
        within: own.map_or(within, |it| it.value),
        changes: fields.get("changes").and_then(|node| yes_no(node, found)).unwrap_or(false),
        name,
    })
}

/// The entries of a map whose keys are names.
fn named<'a>(
    node: &'a Node,
    key: Span,
    what: &str,
    found: &mut Found,
) -> Option<&'a [(Node, Node)]> {
    if let Kind::Map(entries) = &node.kind {
        return Some(entries);
    }
    let says = format!("`{what}` is a map of names, and this is {}", node.what());
    found.push(Diagnostic::error("HL0107", place(node, key), says));
    None
}

fn context(
    fields: &Fields<'_>,
    languages: &[Spanned<Lang>],
    found: &mut Found,
) -> Vec<ContextField> {
    let Some((key, node)) = fields.entry("context") else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        let says = format!("`context` is a list, and this is {}", node.what());
        let help = "write `- { label: { en-US: Order }, value: order_number }`".to_owned();
        found.push(Diagnostic::error("HL0107", place(node, key.span), says).help(help));
        return Vec::new();
    };
    let read = items.iter().filter_map(|item| {
        let what = "a line of the context";
        let fields = Fields::open(item, what, item.span, &[&CONTEXT], found)?;
        let label = fields.need("label", "{ en-US: Order }", found);
        let label = label.map(|it| texts(it, languages, found)).unwrap_or_default();
        let value = fields.need("value", "order_number", found);
        let value = value.and_then(|node| expression(node, found))?;
        Some(ContextField { label, value, span: item.span })
    });
    read.collect()
}

fn steps_of(node: &Node, allows: &mut Vec<Allow>, found: &mut Found) -> IndexMap<Name, Step> {
    let entries = match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => entries,
        Kind::Map(_) | Kind::Null => {
            let help =
                "write `steps: { main: [ { play: welcome }, { hangup: goodbye } ] }`".to_owned();
            let says = "a flow has at least one step".to_owned();
            found.push(Diagnostic::error("HL0110", node.span, says).help(help));
            return IndexMap::new();
        }
        Kind::Scalar(_) | Kind::List(_) => {
            let says = format!("`steps` is a map of steps, and this is {}", node.what());
            found.push(Diagnostic::error("HL0107", node.span, says));
            return IndexMap::new();
        }
    };
    let mut steps = IndexMap::with_capacity(entries.len());
    for (key, node) in entries {
        let Some(name) = kebab(key, "a step", found) else { continue };
        let actions = match &node.kind {
            Kind::List(items) if !items.is_empty() => {
                actions_of(allow::extent(key.span, node), items, allows, found)
            }
            Kind::List(_) | Kind::Null => {
                let says = format!("the step `{}` does nothing", name.value);
                let help = "give it an action: `- play: welcome`".to_owned();
                found.push(Diagnostic::error("HL0110", name.span, says).help(help));
                Vec::new()
            }
            Kind::Map(_) | Kind::Scalar(_) => {
                let says = format!("a step is a list of actions, and this is {}", node.what());
                let help = "begin each action with `- `".to_owned();
                found.push(Diagnostic::error("HL0107", place(node, name.span), says).help(help));
                Vec::new()
            }
        };
        steps.insert(name.value.clone(), Step { name, actions });
    }
    steps
}

/// The actions of a step that was written at `whole`. An `allow` that stands alone holds for the whole step.
fn actions_of(
    whole: Span,
    items: &[Node],
    allows: &mut Vec<Allow>,
    found: &mut Found,
) -> Vec<Action> {
    let mut actions = Vec::with_capacity(items.len());
    for item in items {
        let written = item.entries().iter().find(|(key, _)| key.text() == Some("allow"));
        let alone = item.entries().len() == 1;
        if let Some((key, codes)) = written {
            let scope = if alone { whole } else { allow::extent(item.span, item) };
            allows.extend(allow::allow(codes, key.span, Some(scope), found));
        }
        if written.is_none() || !alone {
            actions.extend(actions::action(item, found));
        }
    }
    actions
}

#[cfg(test)]
mod tests;

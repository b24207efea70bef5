//! Which names mean the same thing: in a flow, its scenarios, the catalogues and hotline.yaml.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::files::{File, FileKind, Workspace};
use crate::diagnostic::{FileId, Span};
use crate::flow::expr::Expr;
use crate::flow::reference::{Place, Shape, What};
use crate::yaml::{Kind, Node};

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SymbolKind {
    /// A step of a flow.
    Step,
    /// A prompt of the catalogues.
    Prompt,
    /// A variable of a flow.
    Variable,
    /// A lookup of a flow.
    Lookup,
    /// A column of a lookup, `order.total`.
    Column,
    /// What a lookup takes, `order.number`.
    Parameter,
    /// A queue of hotline.yaml.
    Queue,
    /// A calendar of hotline.yaml.
    Calendar,
    /// A connector of hotline.yaml.
    Connector,
    /// A kind of case of hotline.yaml.
    CaseKind,
    /// Somebody under `notify` of hotline.yaml.
    Receiver,
}

/// A name and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// What it is of.
    pub kind: SymbolKind,
    /// The flow in which it means this; `None` where it does everywhere, or where a prompt may be spoken by any flow.
    pub flow: Option<FileId>,
    /// The name, a column's with its lookup.
    pub name: Arc<str>,
}

/// A place where a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// What it means.
    pub symbol: Symbol,
    /// Where it stands, without quotes; of a column its own part alone.
    pub span: Span,
    /// Whether the thing gets its name, or a variable its value, here.
    pub gives: bool,
    /// The prompt of a catalogue in which it stands as a placeholder.
    prompt: Option<Arc<str>>,
}

impl Workspace {
    /// Every name of a file.
    pub(super) fn names(&self, file: &File) -> Vec<Occurrence> {
        let mut all = Vec::new();
        match file.kind {
            FileKind::Flow | FileKind::Scenarios => {
                let flow = self.flow_of(file).map(|it| it.id);
                file.places().iter().for_each(|place| named(file, place, flow, &mut all));
            }
            FileKind::Catalogue => catalogue(file, &mut all),
            FileKind::Config => config(file, &mut all),
        }
        all
    }

    /// The name at a byte of a file; at its end it is still meant.
    pub(super) fn name_at(&self, file: &File, offset: usize) -> Option<Occurrence> {
        let at =
            |it: &Occurrence| (it.span.start as usize..=it.span.end as usize).contains(&offset);
        let all = self.names(file).into_iter().filter(at);
        all.min_by_key(|it| it.span.end - it.span.start)
    }

    /// Every place where one of `symbols` is meant.
    pub(super) fn everywhere(&self, symbols: &[Symbol]) -> Vec<Occurrence> {
        let mut all: Vec<Occurrence> = Vec::new();
        let spoken: Vec<_> = symbols
            .iter()
            .map(|it| {
                it.flow.and_then(|id| self.get(id)).map(|it| self.spoken(it)).unwrap_or_default()
            })
            .collect();
        for occurrence in self.files().flat_map(|file| self.names(file)) {
            let here = symbols.iter().zip(&spoken).any(|(symbol, spoken)| {
                let same =
                    occurrence.symbol.kind == symbol.kind && occurrence.symbol.name == symbol.name;
                same && match &occurrence.prompt {
                    Some(prompt) => spoken.contains(&**prompt),
                    None => occurrence.symbol.flow == symbol.flow,
                }
            });
            if here {
                all.push(occurrence);
            }
        }
        all
    }

    /// What a name means. A placeholder means what it does in each flow that speaks its prompt.
    pub(super) fn meant(&self, occurrence: &Occurrence) -> Vec<Symbol> {
        let Some(prompt) = &occurrence.prompt else { return vec![occurrence.symbol.clone()] };
        let flows = self.files().filter(|it| it.kind == FileKind::Flow);
        let speaks = flows.filter(|it| self.spoken(it).contains(&**prompt));
        speaks.map(|it| Symbol { flow: Some(it.id), ..occurrence.symbol.clone() }).collect()
    }

    /// The prompts that a flow names.
    pub(super) fn spoken(&self, flow: &File) -> BTreeSet<Arc<str>> {
        let names = self.names(flow).into_iter();
        names.filter(|it| it.symbol.kind == SymbolKind::Prompt).map(|it| it.symbol.name).collect()
    }
}

/// The names at one place of a flow or a scenario file.
fn named(file: &File, place: &Place<'_>, flow: Option<FileId>, all: &mut Vec<Occurrence>) {
    let (What::Value(shape), Some(text)) = (place.what, place.node.text()) else { return };
    let text = text.trim();
    let lookup = place.lookup.unwrap_or_default();
    let mut add = |kind, scoped: bool, gives, name: &str| {
        let symbol = Symbol { kind, flow: flow.filter(|_| scoped), name: name.into() };
        let span = file.unquoted(place.node.span);
        if !text.is_empty() && span.start < span.end {
            all.push(Occurrence { symbol, span, gives, prompt: None });
        }
    };
    match shape {
        Shape::Step => add(SymbolKind::Step, true, false, text),
        Shape::NewStep => add(SymbolKind::Step, true, true, text),
        Shape::Prompt => add(SymbolKind::Prompt, false, false, text),
        Shape::Lookup => add(SymbolKind::Lookup, true, false, text),
        Shape::NewLookup => add(SymbolKind::Lookup, true, true, text),
        Shape::Variable => add(SymbolKind::Variable, true, true, text),
        Shape::NewColumn => add(SymbolKind::Column, true, true, &format!("{lookup}.{text}")),
        Shape::NewParameter => add(SymbolKind::Parameter, true, true, &format!("{lookup}.{text}")),
        Shape::Parameter => add(SymbolKind::Parameter, true, false, &format!("{lookup}.{text}")),
        // A cell may be of both kinds; a column is what most are.
        Shape::Cell => add(SymbolKind::Column, true, false, &format!("{lookup}.{text}")),
        Shape::Queue => add(SymbolKind::Queue, false, false, text),
        Shape::Calendar => add(SymbolKind::Calendar, false, false, text),
        Shape::Connector => add(SymbolKind::Connector, false, false, text),
        Shape::CaseKind => add(SymbolKind::CaseKind, false, false, text),
        Shape::Receiver => add(SymbolKind::Receiver, false, false, text),
        Shape::Expression | Shape::Address => {
            if let Ok(expr) = Expr::from_node(place.node) {
                worked_out(file, &expr, flow, all);
            }
        }
        // `10..500`, `today..today + 14d`
        Shape::Range => {
            let span = file.unquoted(place.node.span);
            if let Some((least, most)) = text.split_once("..") {
                let second = least.len() + 2;
                for (part, from) in [(least, 0), (most, second)] {
                    if let Ok(expr) = Expr::parse(part, span.part(from, from + part.len())) {
                        worked_out(file, &expr, flow, all);
                    }
                }
            }
        }
        Shape::Text
        | Shape::Texts
        | Shape::FlowName
        | Shape::Flow
        | Shape::Exit
        | Shape::Language
        | Shape::OwnName
        | Shape::Reason
        | Shape::Type
        | Shape::Unit
        | Shape::Given
        | Shape::Duration
        | Shape::YesNo
        | Shape::Count
        | Shape::Number(..)
        | Shape::Volume
        | Shape::Digits
        | Shape::Key
        | Shape::Word(_)
        | Shape::Optional(_)
        | Shape::List(_)
        | Shape::OneOrMore(_)
        | Shape::Either(..)
        | Shape::Map(..)
        | Shape::Fields(_)
        | Shape::Action(..)
        | Shape::Allow
        | Shape::Pattern
        | Shape::Json
        | Shape::Nothing => {}
    }
}

/// The names in an expression.
fn worked_out(file: &File, expr: &Expr, flow: Option<FileId>, all: &mut Vec<Occurrence>) {
    let text = file.good().map(|it| &*it.text).unwrap_or_default();
    expr.names(&mut |name, span, _| {
        // `known(order.eta)` and folded texts are wider than the name.
        let written = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        if let Some(at) = written.find(&**name) {
            path(name, span.part(at, at + name.len()), flow, None, all);
        }
    });
}

/// `order_number`, or `order.total`, which is two names.
fn path(
    name: &str,
    span: Span,
    flow: Option<FileId>,
    prompt: Option<&Arc<str>>,
    all: &mut Vec<Occurrence>,
) {
    let mut add = |kind, name: &str, span| {
        let symbol = Symbol { kind, flow, name: name.into() };
        all.push(Occurrence { symbol, span, gives: false, prompt: prompt.cloned() });
    };
    match name.split_once('.') {
        Some((lookup, column)) => {
            add(SymbolKind::Lookup, lookup, span.part(0, lookup.len()));
            let start = lookup.len() + 1;
            add(SymbolKind::Column, name, span.part(start, start + column.len()));
        }
        None => add(SymbolKind::Variable, name, span),
    }
}

fn catalogue(file: &File, all: &mut Vec<Occurrence>) {
    let Some(catalogue) = file.good().and_then(|it| it.catalogue(file.id)) else { return };
    for prompt in catalogue.prompts() {
        let name = &prompt.name.value;
        let symbol = Symbol { kind: SymbolKind::Prompt, flow: None, name: Arc::clone(name) };
        let span = file.unquoted(prompt.name.span);
        all.push(Occurrence { symbol, span, gives: true, prompt: None });
        for place in prompt.placeholders() {
            path(&place.path.value, place.path.span, None, Some(name), all);
        }
    }
}

/// What hotline.yaml gives names to.
fn config(file: &File, all: &mut Vec<Occurrence>) {
    let Some(good) = file.good() else { return };
    for (section, kind) in [
        ("queues", SymbolKind::Queue),
        ("calendars", SymbolKind::Calendar),
        ("connectors", SymbolKind::Connector),
        ("cases", SymbolKind::CaseKind),
        ("notify", SymbolKind::Receiver),
    ] {
        let entries = good.tree.get(section).map(Node::entries).unwrap_or_default();
        for (key, _) in entries.iter().filter(|(key, _)| matches!(key.kind, Kind::Scalar(_))) {
            let name = key.text().unwrap_or_default().into();
            let symbol = Symbol { kind, flow: None, name };
            let span = file.unquoted(key.span);
            all.push(Occurrence { symbol, span, gives: true, prompt: None });
        }
    }
}

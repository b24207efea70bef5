//! Which names mean the same thing: in a flow, its scenarios, the catalogues and hotline.yaml.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::files::{File, FileKind, Workspace};
use crate::diagnostic::{FileId, Span};
use crate::flow::expr::Expr;
use crate::flow::reference::{Owner, Place, Shape, What};
use crate::flow::{named_in_query, named_in_text};
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
    /// A flow that others run.
    Flow,
    /// A way back out of a flow that is run.
    Exit,
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
    /// The flow in which it means this, or which it is; `None` where it means this everywhere, or where a prompt may be
    /// spoken by any flow.
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
                let flow = self.flow_of(file);
                let meaning = flow.map(|it| Meaning::of(self, it));
                let mut named = Named { workspace: self, file, flow, meaning, all: &mut all };
                file.places().iter().for_each(|place| named.take(place));
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
        let speakers = self.speakers();
        let here = |it: &Occurrence| match &it.prompt {
            Some(prompt) => speakers.iter().any(|(spoken, meaning)| {
                spoken.contains(prompt) && symbols.contains(&meaning.symbol(&it.symbol))
            }),
            None => symbols.contains(&it.symbol),
        };
        self.files().flat_map(|file| self.names(file)).filter(here).collect()
    }

    /// The prompts of every flow, and what names mean in it.
    fn speakers(&self) -> Vec<(BTreeSet<Arc<str>>, Meaning)> {
        let flows = self.files().filter(|it| it.kind == FileKind::Flow);
        flows.map(|it| (self.spoken(it), Meaning::of(self, it))).collect()
    }

    /// What a name means. A placeholder means what it does in each flow that speaks its prompt.
    pub(super) fn meant(&self, occurrence: &Occurrence) -> Vec<Symbol> {
        let Some(prompt) = &occurrence.prompt else { return vec![occurrence.symbol.clone()] };
        let speaks = self.speakers().into_iter().filter(|(spoken, _)| spoken.contains(prompt));
        let mut all: Vec<Symbol> = Vec::new();
        for symbol in speaks.map(|(_, meaning)| meaning.symbol(&occurrence.symbol)) {
            // What one flow gives may be read in several that run it.
            if !all.contains(&symbol) {
                all.push(symbol);
            }
        }
        all
    }

    /// The prompts that a flow names.
    pub(super) fn spoken(&self, flow: &File) -> BTreeSet<Arc<str>> {
        let names = self.names(flow).into_iter();
        names.filter(|it| it.symbol.kind == SymbolKind::Prompt).map(|it| it.symbol.name).collect()
    }
}

/// What names with a dot mean in one flow: columns of its lookups, or what a flow that it runs gives.
struct Meaning {
    flow: FileId,
    /// The flows that it runs, by what stands before the dot.
    runs: Vec<(String, Symbol)>,
}

impl Meaning {
    fn of(workspace: &Workspace, flow: &File) -> Self {
        let runs = workspace.runs(flow).into_iter();
        let runs = runs.map(|it| (it.called().replace('-', "_"), it.symbol()));
        Self { flow: flow.id, runs: runs.collect() }
    }

    /// A lookup, a column or a variable as this flow means it.
    fn symbol(&self, read: &Symbol) -> Symbol {
        let (of, given) = match read.name.split_once('.') {
            Some((of, given)) => (of, Some(given)),
            None => (&*read.name, None),
        };
        let run = self.runs.iter().find(|(prefix, _)| prefix == of).map(|(_, run)| run);
        match (read.kind, run, given) {
            (SymbolKind::Column, Some(run), Some(given)) => {
                Symbol { kind: SymbolKind::Variable, name: given.into(), ..run.clone() }
            }
            (SymbolKind::Lookup, Some(run), None) => run.clone(),
            _ => Symbol { flow: Some(self.flow), ..read.clone() },
        }
    }
}

/// Collects the names of one flow or scenario file.
struct Named<'a> {
    workspace: &'a Workspace,
    file: &'a File,
    /// The flow that it is, or stands beside.
    flow: Option<&'a File>,
    meaning: Option<Meaning>,
    all: &'a mut Vec<Occurrence>,
}

impl Named<'_> {
    fn push(
        &mut self,
        kind: SymbolKind,
        flow: Option<FileId>,
        name: &str,
        span: Span,
        gives: bool,
    ) {
        if !name.is_empty() && span.start < span.end {
            let symbol = Symbol { kind, flow, name: name.into() };
            self.all.push(Occurrence { symbol, span, gives, prompt: None });
        }
    }

    /// A flow that this one runs; one that is not there is nobody's.
    fn run(&self, name: &str) -> Option<&File> {
        self.flow.and_then(|it| self.workspace.run_by(it, name))
    }

    /// `ask`, or `identify/ask` of a flow that is run, in scenarios: whose it is, and what is left of the text.
    fn within<'t>(&mut self, text: &'t str, span: Span) -> (Option<FileId>, &'t str, Span) {
        let Some((run, rest)) = text.split_once('/') else {
            return (self.flow.map(|it| it.id), text, span);
        };
        let Some(symbol) = self.run(run).map(File::symbol) else { return (None, rest, span) };
        let end = span.end as usize - span.start as usize;
        self.push(symbol.kind, symbol.flow, &symbol.name, span.part(0, run.len()), false);
        (symbol.flow, rest, span.part((run.len() + 1).min(end), end))
    }

    /// The names at one place.
    fn take(&mut self, place: &Place<'_>) {
        use SymbolKind as K;
        let (What::Value(shape), Some(text)) = (place.what, place.node.text()) else { return };
        let text = text.trim();
        let span = self.file.unquoted(place.node.span);
        let own = self.flow.map(|it| it.id);
        match shape {
            Shape::Step => {
                let (flow, name, span) = self.within(text, span);
                self.push(K::Step, flow, name, span, false);
            }
            Shape::NewStep => self.push(K::Step, own, text, span, true),
            Shape::Prompt => self.push(K::Prompt, None, text, span, false),
            Shape::Lookup => {
                let (flow, name, span) = self.within(text, span);
                self.push(K::Lookup, flow, name, span, false);
            }
            Shape::NewLookup => self.push(K::Lookup, own, text, span, true),
            Shape::Variable => self.push(K::Variable, own, text, span, true),
            Shape::NewColumn => self.of_lookup(K::Column, place, text, span, true),
            Shape::NewParameter => self.of_lookup(K::Parameter, place, text, span, true),
            Shape::Parameter => self.of_lookup(K::Parameter, place, text, span, false),
            Shape::Cell => self.of_lookup(self.cell(place, text), place, text, span, false),
            Shape::Path | Shape::Json => self.places_of(named_in_text, place, span),
            Shape::Query => self.places_of(named_in_query, place, span),
            Shape::FlowName => {
                let symbol = self.file.symbol();
                self.push(symbol.kind, symbol.flow, &symbol.name, span, true);
            }
            Shape::Flow => {
                let flow = self.run(text).map(|it| it.id);
                self.push(K::Flow, flow, text, span, false);
            }
            Shape::Input => {
                if let Some(flow) = self.owning_run(place) {
                    self.push(K::Variable, Some(flow), text, span, false);
                }
            }
            // Beside `run` it is one of the flow that is run; under `exits` it gets its name, behind `return` it is used.
            Shape::Exit if place.owner.is_some() => {
                if let Some(flow) = self.owning_run(place) {
                    self.push(K::Exit, Some(flow), text, span, false);
                }
            }
            Shape::Exit => {
                let gives = self.file.gives_exit(place.node.span);
                self.push(K::Exit, own, text, span, gives);
            }
            Shape::Queue => self.push(K::Queue, None, text, span, false),
            Shape::Calendar => self.push(K::Calendar, None, text, span, false),
            Shape::Connector => self.push(K::Connector, None, text, span, false),
            Shape::CaseKind => self.push(K::CaseKind, None, text, span, false),
            Shape::Receiver => self.push(K::Receiver, None, text, span, false),
            Shape::Expression | Shape::Address => {
                if let Ok(expr) = Expr::from_node(place.node) {
                    self.worked_out(&expr);
                }
            }
            // `10..500`, `today..today + 14d`
            Shape::Range => {
                if let Some((least, most)) = text.split_once("..") {
                    let second = least.len() + 2;
                    for (part, from) in [(least, 0), (most, second)] {
                        if let Ok(expr) = Expr::parse(part, span.part(from, from + part.len())) {
                            self.worked_out(&expr);
                        }
                    }
                }
            }
            Shape::Text
            | Shape::Texts
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
            | Shape::Nothing => {}
        }
    }

    /// A column, a parameter or a cell of a lookup; scenarios name those of flows that are run `identify/account`.
    fn of_lookup(
        &mut self,
        kind: SymbolKind,
        place: &Place<'_>,
        text: &str,
        span: Span,
        gives: bool,
    ) {
        let lookup = place.owner.map(Owner::name).unwrap_or_default();
        let (flow, lookup) = match lookup.split_once('/') {
            Some((run, lookup)) => (self.run(run).map(|it| it.id), lookup),
            None => (self.flow.map(|it| it.id), lookup),
        };
        if !text.is_empty() {
            self.push(kind, flow, &format!("{lookup}.{text}"), span, gives);
        }
    }

    /// Where a lookup's values go in; looked for in what is written, whatever quotes and folds are around it.
    fn places_of(&mut self, find: fn(&str) -> Vec<(usize, &str)>, place: &Place<'_>, span: Span) {
        let text = self.file.good().map(|it| &*it.text);
        let text = text.and_then(|it| it.get(span.start as usize..span.end as usize));
        for (at, name) in text.map(find).unwrap_or_default() {
            let span = span.part(at, at + name.len());
            self.of_lookup(SymbolKind::Parameter, place, name, span, false);
        }
    }

    /// What a cell of a scenario's table is of. It may be both; a column is what most are.
    fn cell(&self, place: &Place<'_>, name: &str) -> SymbolKind {
        let lookup = place.owner.map(Owner::name).unwrap_or_default();
        let (flow, lookup) = match lookup.split_once('/') {
            Some((run, lookup)) => (self.run(run), lookup),
            None => (self.flow, lookup),
        };
        let lookup = flow.and_then(|it| it.lookup(lookup));
        let has = |section| lookup.and_then(|it| it.get(section)?.get(name)).is_some();
        let takes = has("takes") && !has("gives");
        if takes { SymbolKind::Parameter } else { SymbolKind::Column }
    }

    /// The flow that is run where an input or an exit of it stands.
    fn owning_run(&self, place: &Place<'_>) -> Option<FileId> {
        self.run(place.owner?.name()).map(|it| it.id)
    }

    /// The names in an expression.
    fn worked_out(&mut self, expr: &Expr) {
        let text = self.file.good().map(|it| &*it.text).unwrap_or_default();
        expr.names(&mut |name, span, _| {
            // `known(order.eta)` and folded texts are wider than the name.
            let written = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            if let Some(at) = written.find(&**name) {
                path(name, span.part(at, at + name.len()), self.meaning.as_ref(), None, self.all);
            }
        });
    }
}

/// `order_number`, or `order.total`, which is two names.
fn path(
    name: &str,
    span: Span,
    meaning: Option<&Meaning>,
    prompt: Option<&Arc<str>>,
    all: &mut Vec<Occurrence>,
) {
    let mut add = |kind, name: &str, span| {
        let read = Symbol { kind, flow: None, name: name.into() };
        let symbol = meaning.map(|it| it.symbol(&read)).unwrap_or(read);
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

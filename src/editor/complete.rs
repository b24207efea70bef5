//! What may be written where the cursor is.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::{Spot, spot};
use super::files::{File, FileKind, Workspace};
use super::hover;
use super::names::SymbolKind;
use crate::diagnostic::Span;
use crate::flow::builtin;
use crate::flow::keys_named;
use crate::flow::reference::{self, Action, Field, Shape, What};
use crate::speech::Catalogue;
use crate::value::{TYPE_NAMES, Type};
use crate::yaml::Node;

/// The most suggestions for one place.
const MAX_SUGGESTIONS: usize = 1_000;

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What is shown and searched.
    pub label: String,
    /// What it is.
    pub kind: SuggestionKind,
    /// Beside it, in a few words.
    pub detail: String,
    /// Below it, in Markdown.
    pub says: String,
    /// What is written instead of what is typed.
    pub insert: String,
    /// The same with places to fill in, as editors write them (`${1:…}`), if they can.
    pub snippet: Option<String>,
    /// What is typed already.
    pub replaces: Span,
}

/// What a [`Suggestion`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionKind {
    /// An action or a word of the language.
    Word,
    /// A field.
    Field,
    /// A name: of a step, a lookup, a variable.
    Name(SymbolKind),
    /// A value written out.
    Value,
}

/// Collects suggestions for one spot.
struct Collected<'a> {
    spot: &'a Spot,
    all: Vec<Suggestion>,
}

impl Collected<'_> {
    fn add(&mut self, label: &str, kind: SuggestionKind, detail: &str, says: String) {
        let suggestion = Suggestion {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            says,
            insert: label.to_owned(),
            snippet: None,
            replaces: self.spot.typed,
        };
        if self.all.len() < MAX_SUGGESTIONS {
            self.all.push(suggestion);
        }
    }

    /// A key, with its colon unless one is there.
    fn key(&mut self, label: &str, kind: SuggestionKind, detail: &str, says: String) {
        self.add(label, kind, detail, says);
        if let (false, Some(it)) = (self.spot.has_colon, self.all.last_mut()) {
            it.insert = format!("{label}: ");
        }
    }
}

impl Workspace {
    /// What may be written at byte `offset` of the file at `path`.
    pub fn complete(&mut self, path: &str, offset: usize) -> Vec<Suggestion> {
        self.read();
        let Some(file) = self.file(path) else { return Vec::new() };
        if file.kind == FileKind::Catalogue {
            return self.placeholders(file, offset);
        }
        let Some(spot) = spot(file, offset) else { return Vec::new() };
        let mut found = Collected { spot: &spot, all: Vec::new() };
        match spot.what {
            What::Action(_, actions) => actions.iter().for_each(|it| action(it, &mut found)),
            What::Field(_, of) => {
                let is_there = |it: &Field| spot.beside.iter().any(|(key, _)| key == it.name);
                for field in of.fields().filter(|it| !is_there(it)) {
                    found.key(
                        field.name,
                        SuggestionKind::Field,
                        &field.shape.called(),
                        hover::of_field(field),
                    );
                }
            }
            What::Value(shape) => self.values(file, shape, &mut found),
        }
        found.all
    }

    fn values(&self, file: &File, shape: Shape, found: &mut Collected<'_>) {
        let flow = self.flow_of(file);
        let value = |found: &mut Collected<'_>, words: &[&str], detail: &str| {
            words.iter().for_each(|it| found.add(it, SuggestionKind::Value, detail, String::new()));
        };
        match shape {
            Shape::Step => {
                self.all_names(flow, SymbolKind::Step, found);
                if file.kind == FileKind::Scenarios {
                    self.steps_within(flow, found);
                }
            }
            Shape::Flow => self.flows(flow, found),
            Shape::Input => self.inputs(flow, found),
            Shape::Exit => self.exits(flow, found),
            Shape::Prompt => self.all_names(None, SymbolKind::Prompt, found),
            Shape::Queue => self.all_names(None, SymbolKind::Queue, found),
            Shape::Calendar => self.all_names(None, SymbolKind::Calendar, found),
            Shape::Connector => self.all_names(None, SymbolKind::Connector, found),
            Shape::CaseKind => self.all_names(None, SymbolKind::CaseKind, found),
            Shape::Receiver => self.all_names(None, SymbolKind::Receiver, found),
            Shape::Lookup => self.all_names(flow, SymbolKind::Lookup, found),
            Shape::Variable => self.all_names(flow, SymbolKind::Variable, found),
            Shape::Parameter => self.of_lookup(flow, &[SymbolKind::Parameter], found),
            Shape::Path | Shape::Json | Shape::Query => self.places_of(flow, shape, found),
            Shape::Cell => {
                self.of_lookup(flow, &[SymbolKind::Parameter, SymbolKind::Column], found)
            }
            Shape::Expression | Shape::Range | Shape::Address => self.expression(flow, found),
            Shape::Type | Shape::Given => value(found, &TYPE_NAMES, "type"),
            Shape::Unit => {
                let units: BTreeSet<&str> = self.catalogues().flat_map(|it| it.units()).collect();
                value(found, &units.into_iter().collect::<Vec<_>>(), "unit");
            }
            Shape::YesNo => value(found, &["yes", "no"], ""),
            Shape::Word(words) => value(found, words, ""),
            Shape::Duration => value(found, &["5s", "30s", "1m30s", "10m"], "length of time"),
            Shape::Count => value(found, &["1", "2", "3"], "number"),
            Shape::Number(..) => value(found, &["2", "3"], "number"),
            Shape::Volume => value(found, &["-6dB", "-3dB", "+3dB"], "volume"),
            Shape::Digits => value(found, &["4", "8", "8..12"], "number of digits"),
            Shape::Key => self.keys(found),
            Shape::Language => {
                let languages = flow.and_then(File::flow).map(|it| it.0.languages.as_slice());
                let own: Vec<&str> =
                    languages.unwrap_or_default().iter().map(|it| &*it.value).collect();
                let served: Vec<&str> = self.catalogues().map(|it| &**it.lang()).collect();
                value(found, if own.is_empty() { &served } else { &own }, "language");
            }
            Shape::Optional(inner) | Shape::OneOrMore(inner) | Shape::List(inner) => {
                self.values(file, *inner, found);
            }
            Shape::Either(one, _) => self.values(file, *one, found),
            Shape::Text
            | Shape::Texts
            | Shape::FlowName
            | Shape::NewStep
            | Shape::NewLookup
            | Shape::NewParameter
            | Shape::NewColumn
            | Shape::OwnName
            | Shape::Reason
            | Shape::Map(..)
            | Shape::Fields(_)
            | Shape::Action(..)
            | Shape::Allow
            | Shape::Pattern
            | Shape::Nothing => {}
        }
    }

    /// Every name of one kind, of a flow or of all files.
    fn all_names(&self, flow: Option<&File>, kind: SymbolKind, found: &mut Collected<'_>) {
        let scoped = !matches!(
            kind,
            SymbolKind::Prompt
                | SymbolKind::Queue
                | SymbolKind::Calendar
                | SymbolKind::CaseKind
                | SymbolKind::Receiver
                | SymbolKind::Connector
        );
        let files = self.files().filter(|it| !scoped || flow.is_some_and(|flow| flow.id == it.id));
        let given =
            files.flat_map(|file| self.names(file)).filter(|it| it.gives && it.symbol.kind == kind);
        let names: BTreeMap<_, _> = given.map(|it| (it.symbol.name.clone(), it.symbol)).collect();
        for (name, symbol) in names {
            let says = self.about(&symbol).unwrap_or_default();
            found.add(&name, SuggestionKind::Name(kind), kind.called(), says);
        }
    }

    /// The flows that this one may run.
    fn flows(&self, flow: Option<&File>, found: &mut Collected<'_>) {
        for it in flow.into_iter().flat_map(|it| self.runnable(it)) {
            let says = self.about(&it.symbol()).unwrap_or_default();
            let kind = SuggestionKind::Name(SymbolKind::Flow);
            found.add(it.called(), kind, SymbolKind::Flow.called(), says);
        }
    }

    /// The flow that is run where an input or an exit is typed.
    fn run_at(&self, flow: Option<&File>, spot: &Spot) -> Option<&File> {
        self.run_by(flow?, spot.run.as_deref()?.trim())
    }

    /// What the flow that is run takes, as keys.
    fn inputs(&self, flow: Option<&File>, found: &mut Collected<'_>) {
        let Some((run, _)) = self.run_at(flow, found.spot).and_then(File::flow) else { return };
        for (name, kind) in &run.takes {
            if !found.spot.has_beside(name) {
                let of = SuggestionKind::Name(SymbolKind::Variable);
                let says = format!("the flow `{}` takes it", run.name.value);
                found.key(name, of, &kind.value.to_string(), says);
            }
        }
    }

    /// Beside a `run` the exits of the flow that is run, and fields; behind a `return` the flow's own.
    fn exits(&self, flow: Option<&File>, found: &mut Collected<'_>) {
        let exit = SuggestionKind::Name(SymbolKind::Exit);
        if found.spot.run.is_none() {
            let is_return = found.spot.around.iter().any(|(key, _)| key == "return");
            let own = flow.filter(|_| is_return).and_then(File::flow);
            for it in own.map(|(flow, _)| flow.exits.as_slice()).unwrap_or_default() {
                found.add(&it.value, exit, SymbolKind::Exit.called(), String::new());
            }
            return;
        }
        if let Some((run, _)) = self.run_at(flow, found.spot).and_then(File::flow) {
            for it in run.exits.iter().filter(|it| !found.spot.has_beside(&it.value)) {
                let says = format!("a way back out of the flow `{}`", run.name.value);
                found.key(&it.value, exit, SymbolKind::Exit.called(), says);
            }
        }
        let fields = reference::action("run").into_iter().flat_map(Action::fields);
        for field in fields.chain(&reference::COMMON) {
            if !found.spot.has_beside(field.name) {
                let detail = field.shape.called();
                found.key(field.name, SuggestionKind::Field, &detail, hover::of_field(field));
            }
        }
    }

    /// `identify/ask`: the steps of the flows that a scenario's flow runs.
    fn steps_within(&self, flow: Option<&File>, found: &mut Collected<'_>) {
        let runs = flow.into_iter().flat_map(|it| self.runs(it));
        for (run, (flow, _)) in runs.filter_map(|it| Some((it.called(), it.flow()?))) {
            for step in flow.steps.keys() {
                let kind = SuggestionKind::Name(SymbolKind::Step);
                found.add(&format!("{run}/{step}"), kind, "step", String::new());
            }
        }
    }

    /// What a lookup takes or gives, as keys.
    fn of_lookup(&self, flow: Option<&File>, kinds: &[SymbolKind], found: &mut Collected<'_>) {
        let (Some(flow), Some(lookup)) = (flow, found.spot.lookup.clone()) else { return };
        for it in
            self.names(flow).into_iter().filter(|it| it.gives && kinds.contains(&it.symbol.kind))
        {
            let own = it.symbol.name.split_once('.').filter(|(of, _)| *of == lookup);
            let Some((_, name)) = own.filter(|(_, it)| !found.spot.has_beside(it)) else {
                continue;
            };
            let says = self.about(&it.symbol).unwrap_or_default();
            let kind = SuggestionKind::Name(it.symbol.kind);
            found.key(name, kind, it.symbol.kind.called(), says);
        }
    }

    /// Behind `{` of a path or a text, or `:` of a query: what the lookup takes.
    fn places_of(&self, flow: Option<&File>, shape: Shape, found: &mut Collected<'_>) {
        let before = found.spot.before.trim_end();
        let within = |mark: char| before.strip_suffix(mark);
        let begun = if matches!(shape, Shape::Query) {
            within(':').is_some_and(|it| !it.ends_with(':'))
        } else {
            // `{` without quotes begins a map of the JSON.
            within('{').is_some_and(|it| {
                let odd = |quote| it.matches(quote).count() % 2 == 1;
                let is_inside = |it: char| !it.is_whitespace() && !",[{:".contains(it);
                odd('"') || odd('\'') || it.ends_with(is_inside)
            })
        };
        let lookup = found.spot.lookup.as_deref().filter(|_| begun);
        let Some(lookup) = flow.zip(lookup).and_then(|(flow, it)| flow.lookup(it)) else { return };
        let changes = lookup.get("changes").and_then(Node::text) == Some("yes");
        for (name, kind) in lookup.get("takes").map(Node::entries).unwrap_or_default() {
            let of = SuggestionKind::Name(SymbolKind::Parameter);
            let detail = kind.text().unwrap_or(SymbolKind::Parameter.called());
            found.add(name.text().unwrap_or_default(), of, detail, String::new());
        }
        if matches!(shape, Shape::Query) && changes {
            let says = "a key of this call and step, the same when it is tried again".to_owned();
            found.add("once", SuggestionKind::Word, "idempotency key", says);
        }
    }

    /// Names that can be read, and the words of a choice that is compared with.
    fn expression(&self, flow: Option<&File>, found: &mut Collected<'_>) {
        for (name, kind) in self.readable(flow) {
            let detail = kind.map(|it| it.to_string()).unwrap_or_default();
            let of = if name.contains('.') { SymbolKind::Column } else { SymbolKind::Variable };
            found.add(&name, SuggestionKind::Name(of), &detail, String::new());
        }
        let before = found.spot.before.trim_end().trim_end_matches(['=', '!']).trim_end();
        let left = before.rsplit([' ', '(', '"', '\'']).next().unwrap_or_default().to_owned();
        let readable = self.readable(flow).into_iter();
        let kind = readable.filter_map(|(name, kind)| kind.filter(|_| name == left)).next();
        if let Some(Type::Choice(words)) = kind {
            for word in words.iter() {
                found.add(word, SuggestionKind::Value, &format!("of `{left}`"), String::new());
            }
        }
        for word in ["known(", "not", "and", "or", "if", "then", "else", "yes", "no"] {
            found.add(word, SuggestionKind::Word, "", String::new());
        }
    }

    /// Everything that an expression of a flow may read, with its type.
    fn readable(&self, flow: Option<&File>) -> Vec<(String, Option<Type>)> {
        let runs = flow.into_iter().flat_map(|it| self.runs(it));
        let runs: Vec<_> = runs.filter_map(|it| Some((it.called(), &it.flow()?.0))).collect();
        let Some((flow, types)) = flow.and_then(File::flow) else {
            return builtin::NAMES.iter().map(|it| ((*it).to_owned(), None)).collect();
        };
        let mut variables: Vec<_> =
            types.iter().map(|(name, kind)| (name.clone(), Some(kind.clone()))).collect();
        variables.sort_by(|left, right| left.0.cmp(&right.0));
        let columns = flow.lookups.iter().flat_map(|(lookup, it)| {
            let given = it.gives.iter();
            given.map(move |(name, given)| {
                (format!("{lookup}.{name}"), Some(given.kind.value.clone()))
            })
        });
        let results = runs.into_iter().flat_map(|(run, it)| {
            let prefix = run.replace('-', "_");
            let given = it.gives.iter();
            given.map(move |(name, given)| {
                (format!("{prefix}.{name}"), Some(given.kind.value.clone()))
            })
        });
        let columns = columns.chain(results);
        let builtins = builtin::NAMES.iter();
        let builtins =
            builtins.map(|it| ((*it).to_owned(), builtin::builtin(flow, it).map(|(kind, _)| kind)));
        variables.into_iter().chain(columns).chain(builtins).collect()
    }

    /// The keys that the menu's words name and that lead nowhere yet, then the others.
    fn keys(&self, found: &mut Collected<'_>) {
        let spot = found.spot;
        let prompts = spot.around.iter().filter(|(key, _)| key == "menu").map(|(_, prompt)| prompt);
        let mut spoken = BTreeMap::new();
        for prompt in prompts {
            for catalogue in self.catalogues() {
                let text =
                    catalogue.prompt(prompt).map(|it| it.text.value.as_str()).unwrap_or_default();
                for (key, _) in keys_named(text) {
                    spoken.entry(key.symbol()).or_insert_with(|| format!("`{prompt}`: {text}"));
                }
            }
        }
        let is_free = |symbol: char| !spot.beside.iter().any(|(key, _)| *key == symbol.to_string());
        let named: Vec<char> = spoken.keys().copied().filter(|it| is_free(*it)).collect();
        let others = "1234567890*#".chars().filter(|it| is_free(*it) && !spoken.contains_key(it));
        for symbol in named.into_iter().chain(others) {
            let label =
                if symbol.is_ascii_digit() { symbol.to_string() } else { format!("\"{symbol}\"") };
            let says = spoken.get(&symbol).cloned().unwrap_or_default();
            let detail = if says.is_empty() { "key" } else { "key that the words name" };
            found.key(&label, SuggestionKind::Value, detail, says);
        }
    }

    /// Names for a placeholder of a prompt: those that the flows speaking it can read.
    fn placeholders(&self, file: &File, offset: usize) -> Vec<Suggestion> {
        let text = &*file.text;
        let line_start = text.get(..offset).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
        let written = text.get(line_start..offset).unwrap_or_default();
        let Some(open) =
            written.rfind('{').filter(|at| !written.get(*at..).is_some_and(|it| it.contains('}')))
        else {
            return Vec::new();
        };
        let start = line_start + open + 1;
        let inside = written.get(open + 1..).unwrap_or_default();
        if let Some((value, unit)) = inside.split_once(" in ") {
            return units(file, start + value.len() + 4, offset, unit.trim_start().len());
        }
        let typed = Span::new(file.id, start, offset);
        let prompt = written.trim_start().split(':').next().unwrap_or_default();
        let flows: Vec<_> = self.files().filter(|it| it.kind == FileKind::Flow).collect();
        let speaking: Vec<_> =
            flows.iter().copied().filter(|it| self.spoken(it).contains(prompt)).collect();
        let flows = if speaking.is_empty() { flows } else { speaking };
        let mut all = BTreeMap::new();
        for (name, kind) in flows.into_iter().flat_map(|it| self.readable(Some(it))) {
            all.entry(name).or_insert(kind);
        }
        let suggestion = |(name, kind): (String, Option<Type>)| Suggestion {
            insert: name.clone(),
            label: name,
            kind: SuggestionKind::Name(SymbolKind::Variable),
            detail: kind.map(|it| it.to_string()).unwrap_or_default(),
            says: String::new(),
            snippet: None,
            replaces: typed,
        };
        all.into_iter().filter(|(_, kind)| *kind != Some(Type::Secret)).map(suggestion).collect()
    }
}

/// The units of a catalogue, for `{line.data in …}` of which `typed` bytes before `offset` are there.
fn units(file: &File, from: usize, offset: usize, typed: usize) -> Vec<Suggestion> {
    let catalogue = file.good().and_then(|it| it.catalogue(file.id));
    let names: BTreeSet<&str> = catalogue.into_iter().flat_map(Catalogue::units).collect();
    let suggestion = |name: &str| Suggestion {
        label: name.to_owned(),
        kind: SuggestionKind::Value,
        detail: "unit".to_owned(),
        says: String::new(),
        insert: name.to_owned(),
        snippet: None,
        replaces: Span::new(file.id, offset.saturating_sub(typed).max(from), offset),
    };
    names.into_iter().map(suggestion).collect()
}

/// An action, with the fields that must be there as places to fill in.
fn action(it: &'static Action, found: &mut Collected<'_>) {
    found.key(it.name, SuggestionKind::Word, &it.value.called(), hover::of_action(it));
    let Some(suggestion) = found.all.last_mut() else { return };
    if matches!(it.value, Shape::Nothing) {
        it.name.clone_into(&mut suggestion.insert);
        return;
    }
    if found.spot.has_colon {
        return;
    }
    let mut snippet = format!("{}: ${{1:{}}}", it.name, example(it.value));
    let must = it.fields().filter(|it| it.must());
    for (at, field) in must.enumerate() {
        snippet.push_str(&format!("\n  {}: ${{{}:{}}}", field.name, at + 2, example(field.shape)));
    }
    suggestion.snippet = Some(snippet);
}

/// What stands for a value until it is written; `}` would end it.
fn example(shape: Shape) -> String {
    if matches!(shape, Shape::Map(..)) {
        return "{ \\}".to_owned();
    }
    shape.called().split([',', '`']).next().unwrap_or_default().replace(' ', "-")
}

//! A scenario file out of its text, checked against the flow it is for: every problem in one run.

use indexmap::IndexMap;

use super::cases::expand;
use super::fields::{Found, count, ending, keys, length, moment, names, pairs, text, unknown};
use super::follow_up::{Leaving, expected, keeper, unknown_failing};
use super::scenario::{Agents, Cells, Line, Outside, Scenario, Scenarios, What, World};
use crate::diagnostic::{Diagnostic, FileId, Span, Spanned};
use crate::flow::Program;
use crate::flow::model::Name;
use crate::value::Type;
use crate::yaml::{self, Kind, Node};

/// More than any flow allows.
const MOST_WRONG: u32 = 1_000;

pub(super) const WORLD: [&str; 14] = [
    "caller",
    "caller_name",
    "called",
    "calls_before",
    "language",
    "at",
    "answers",
    "fails",
    "wrong_before",
    "slow",
    "calendars",
    "agents",
    "outside",
    "disk",
];
pub(super) const LINES: [&str; 26] = [
    "hears",
    "hears_later",
    "says",
    "hears_out",
    "hears_nothing",
    "keys",
    "waits",
    "hangs_up",
    "reaches",
    "place",
    "rings",
    "rings_out",
    "answers",
    "agent_leaves",
    "other_leaves",
    "talks",
    "silent",
    "recorded",
    "fails",
    "works",
    "opens_case",
    "asks_callback",
    "notifies",
    "agent_sees",
    "ends",
    "all_is_well",
];

impl Scenarios {
    /// Reads a scenario file for `flow`. `None` comes with at least one error.
    #[must_use]
    pub fn parse(file: FileId, text: &str, flow: &Program) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, mut found) = yaml::parse(file, text);
        let read = tree.map(|tree| scenarios(&tree, Span::new(file, 0, 0), flow, &mut found));
        (read.filter(|_| found.is_empty()), found)
    }
}

fn scenarios(tree: &Node, top: Span, flow: &Program, found: &mut Found) -> Scenarios {
    let mut world = World::ordinary();
    let mut list = Vec::new();
    let Kind::Map(entries) = &tree.kind else {
        let says = format!("a scenario file is a map, and this is {}", tree.what());
        found.push(Diagnostic::error("HL0802", top, says).help("write `scenarios:`".to_owned()));
        return Scenarios { scenarios: list };
    };
    for (key, value) in entries {
        if key.text() != Some("scenarios") && !world.take(key, value, flow, found) {
            let known = WORLD.into_iter().chain(["scenarios"]).collect::<Vec<_>>();
            unknown("the field", key, known, found);
        }
    }
    match tree.get("scenarios") {
        Some(Node { kind: Kind::Map(scenarios), .. }) => {
            for (name, body) in scenarios {
                let Some(cases) = expand(body, found) else {
                    list.push(scenario(name, body, &world, flow, found));
                    continue;
                };
                for case in cases {
                    let mut told = scenario(name, &case.body, &world, flow, found);
                    told.name.value = format!("{}: {}", told.name.value, case.name);
                    told.case = Some(case.span);
                    list.push(told);
                }
            }
        }
        Some(_) | None => {
            let says = "the file has no `scenarios`";
            let help = "add `scenarios:` and below it a name, then what happens".to_owned();
            found.push(Diagnostic::error("HL0802", top, says).help(help));
        }
    }
    Scenarios { scenarios: list }
}

fn scenario(name: &Node, body: &Node, file: &World, flow: &Program, found: &mut Found) -> Scenario {
    let mut world = file.clone();
    let mut talk = Vec::new();
    for (key, value) in body.entries() {
        if key.text() == Some("talk") {
            for item in value.items() {
                talk.extend(line(item, flow, found));
            }
        } else if !world.take(key, value, flow, found) {
            let known = WORLD.into_iter().chain(["talk", "cases"]).collect::<Vec<_>>();
            unknown("the field", key, known, found);
        }
    }
    if body.get("talk").is_none_or(|it| it.items().is_empty()) {
        let says = "nothing happens in this scenario";
        let help = "add `talk:` with lines such as `- hears: welcome`".to_owned();
        found.push(Diagnostic::error("HL0802", name.span, says).help(help));
    }
    let name = Spanned::new(name.text().unwrap_or_default().to_owned(), name.span);
    Scenario { name, world, talk, case: None }
}

impl World {
    /// A Tuesday afternoon on which everything works and nobody is there.
    pub(super) fn ordinary() -> Self {
        let afternoon = jiff::tz::offset(8).to_time_zone();
        Self {
            caller: None,
            caller_name: None,
            called: "4001".into(),
            calls_before: 0,
            language: None,
            at: jiff::civil::date(2026, 11, 24)
                .at(15, 0, 0, 0)
                .to_zoned_datetime(afternoon.clone())
                .unwrap_or_else(|_| jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(afternoon)),
            answers: IndexMap::new(),
            fails: Vec::new(),
            wrong_before: IndexMap::new(),
            slow: IndexMap::new(),
            calendars: IndexMap::new(),
            agents: Agents::None,
            outside: Outside::Answers,
            disk_full: false,
        }
    }

    /// Takes one field; whether it is one.
    fn take(&mut self, key: &Node, value: &Node, flow: &Program, found: &mut Found) -> bool {
        let at = key.span;
        match key.text().unwrap_or_default() {
            "caller" => {
                self.caller = text(value, at, "a number, or `withheld`", found)
                    .filter(|it| &**it != "withheld");
            }
            "caller_name" => self.caller_name = text(value, at, "a name", found),
            "called" => {
                if let Some(called) = text(value, at, "a number", found) {
                    self.called = called;
                }
            }
            "calls_before" => {
                if let Some(calls) = count(value, at, found) {
                    self.calls_before = calls.into();
                }
            }
            "language" => {
                self.language = text(value, at, "a language", found);
                let known = || flow.languages.iter().map(|it| &*it.value);
                if self.language.as_ref().is_some_and(|it| !known().any(|known| known == &**it)) {
                    unknown("the language", value, known().collect::<Vec<_>>(), found);
                }
            }
            "at" => {
                if let Some(moment) = moment(value, at, found) {
                    self.at = moment;
                }
            }
            "answers" => {
                for (name, rows) in value.entries() {
                    if let Some(lookup) = lookup(name, flow, found) {
                        self.answers.insert(lookup.clone(), table(rows, &lookup, flow, found));
                    }
                }
            }
            "fails" => self.fails = failing(value, at, flow, found),
            "wrong_before" => {
                for (account, tries) in value.entries() {
                    let tries = count(tries, account.span, found);
                    if let (Some(account), Some(tries)) = (account.text(), tries) {
                        self.wrong_before.insert(account.into(), tries.min(MOST_WRONG));
                    }
                }
            }
            "slow" => {
                for (name, takes) in value.entries() {
                    if let (Some(lookup), Some(takes)) =
                        (lookup(name, flow, found), length(takes, name.span, found))
                    {
                        self.slow.insert(lookup, takes);
                    }
                }
            }
            "calendars" => {
                for (name, is) in value.entries() {
                    if let Some(is) = text(is, name.span, "`open`, `closed` or a calendar", found) {
                        self.calendars.insert(name.text().unwrap_or_default().into(), is);
                    }
                }
            }
            "agents" => {
                if let Some(who) =
                    text(value, at, "`none`, `full`, `busy`, `fails` or an agent", found)
                {
                    self.agents = match &*who {
                        "none" => Agents::None,
                        "full" => Agents::Full,
                        "busy" => Agents::Busy,
                        "fails" => Agents::Fails,
                        _ => Agents::Free(who),
                    };
                }
            }
            "outside" => {
                const KNOWN: [(&str, Outside); 5] = [
                    ("answers", Outside::Answers),
                    ("busy", Outside::Busy),
                    ("no_answer", Outside::NoAnswer),
                    ("declines", Outside::Declines),
                    ("fails", Outside::Fails),
                ];
                match KNOWN.iter().find(|(name, _)| value.text() == Some(name)) {
                    Some((_, outside)) => self.outside = *outside,
                    None => unknown("the answer", value, KNOWN.map(|(name, _)| name), found),
                }
            }
            "disk" => match value.text() {
                Some("full") => self.disk_full = true,
                Some("works") => self.disk_full = false,
                Some(_) | None => unknown("the disk", value, ["full", "works"], found),
            },
            _ => return false,
        }
        true
    }
}

fn lookup(name: &Node, flow: &Program, found: &mut Found) -> Option<Name> {
    let text = name.text().unwrap_or_default();
    if flow.lookup(text).is_none() {
        let known: Vec<Name> = flow.all_lookups().map(|(name, _)| name).collect();
        unknown("the lookup", name, known.iter().map(|it| &**it), found);
        return None;
    }
    Some(text.into())
}

/// Lookups, and what else can fail.
fn failing(node: &Node, at: Span, flow: &Program, found: &mut Found) -> Vec<Name> {
    let mut one = |name: &Node| {
        let text = name.text().unwrap_or_default();
        let known = flow.lookup(text).map(|_| text.into()).or_else(|| keeper(name));
        if known.is_none() {
            let lookups: Vec<Name> = flow.all_lookups().map(|(name, _)| name).collect();
            unknown_failing(name, lookups.iter().map(|it| &**it), found);
        }
        known
    };
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(one).collect(),
        Kind::Scalar(_) => one(node).into_iter().collect(),
        Kind::Null | Kind::Map(_) => names(node, at, "a lookup", found),
    }
}

/// The rows of one lookup's table; each cell is readable as what the lookup says it is.
fn table(rows: &Node, name: &Name, flow: &Program, found: &mut Found) -> Vec<Cells> {
    let Some(lookup) = flow.lookup(name) else { return Vec::new() };
    let mut table = Vec::new();
    for row in rows.items() {
        let mut cells = Cells::new();
        for (column, value) in row.entries() {
            let column_name = column.text().unwrap_or_default();
            let kinds = lookup.takes.get(column_name).map(|it| &it.value);
            let kinds: Vec<_> = kinds
                .into_iter()
                .chain(lookup.gives.get(column_name).map(|it| &it.kind.value))
                .collect();
            if kinds.is_empty() {
                let known: Vec<&str> =
                    lookup.takes.keys().chain(lookup.gives.keys()).map(|it| &**it).collect();
                unknown("the column", column, known, found);
            }
            if value.kind == Kind::Null {
                continue; // a column without a value
            }
            let Some(cell) = text(value, column.span, "a value", found) else { continue };
            if kinds.contains(&&Type::Secret) && cell.starts_with('$') {
                let says = format!("`{column_name}` is compared with what is keyed, not hashed");
                let help = "write the secret itself: it is made up".to_owned();
                found.push(Diagnostic::error("HL0802", value.span, says).help(help));
            }
            for kind in kinds {
                if let Err(error) = kind.read(&cell) {
                    let says = format!("`{cell}` does not fit `{column_name}`: {error}");
                    found.push(Diagnostic::error("HL0802", value.span, says));
                }
            }
            cells.insert(column_name.into(), Spanned::new((*cell).to_owned(), value.span));
        }
        // What is asked for need not be told again.
        let lacks = |it: &&Name| {
            lookup.gives.get(*it).is_some_and(|given| !given.optional)
                && !lookup.takes.contains_key(*it)
        };
        for name in lookup.gives.keys().filter(lacks).filter(|it| !cells.contains_key(*it)) {
            let says = format!("this row has no `{name}`, which is never missing");
            let span = row.entries().first().map_or(row.span, |(key, _)| key.span);
            found.push(Diagnostic::error("HL0802", span, says));
        }
        table.push(cells);
    }
    table
}

/// `- hears: welcome`, or `- hangs_up`. A list of prompts is as many lines.
fn line(node: &Node, flow: &Program, found: &mut Found) -> Vec<Line> {
    let nothing = Node { kind: Kind::Null, span: node.span };
    let (key, value) = match &node.kind {
        Kind::Scalar(_) => (node, &nothing),
        Kind::Map(entries) => match entries.as_slice() {
            [(key, value)] => (key, value),
            entries => {
                let span = entries.get(1).map_or(node.span, |(key, _)| key.span);
                let says = "a line says one thing";
                let help = "begin a new line with `- `".to_owned();
                found.push(Diagnostic::error("HL0802", span, says).help(help));
                return Vec::new();
            }
        },
        Kind::Null | Kind::List(_) => {
            let says = format!("a line is such as `hears: welcome`, and this is {}", node.what());
            found.push(Diagnostic::error("HL0802", node.span, says));
            return Vec::new();
        }
    };
    let at = key.span;
    let what = match key.text().unwrap_or_default() {
        "hears" => names(value, at, "a prompt", found).into_iter().map(What::Hears).collect(),
        "hears_later" => only(text(value, at, "a prompt", found).map(What::HearsLater)),
        "says" => only(text(value, at, "a text", found).map(|it| What::Says((*it).to_owned()))),
        "hears_out" if value.kind == Kind::Null => vec![What::HearsOut],
        "hears_out" => names(value, at, "a prompt", found)
            .into_iter()
            .flat_map(|prompt| [What::Hears(prompt), What::HearsOut])
            .collect(),
        "hears_nothing" => only(length(value, at, found).map(What::HearsNothing)),
        "keys" => only(keys(value, at, found).map(What::Keys)),
        "waits" => only(length(value, at, found).map(What::Waits)),
        "hangs_up" => vec![What::HangsUp],
        "reaches" => only(step(value, at, flow, found).map(What::Reaches)),
        "place" => only(place(value, at, found)),
        "rings" => only(text(value, at, "an agent", found).map(What::Rings)),
        "rings_out" => vec![What::RingsOut],
        "answers" => only(text(value, at, "an agent", found).map(What::Answers)),
        "agent_leaves" => vec![What::AgentLeaves],
        "other_leaves" => vec![What::OtherLeaves],
        "talks" => only(length(value, at, found).map(What::Talks)),
        "silent" => vec![What::Silent],
        "recorded" => match value.text() {
            None | Some("yes") => vec![What::Recorded(true)],
            Some("nothing") => vec![What::Recorded(false)],
            Some(_) => {
                unknown("the recording", value, ["yes", "nothing"], found);
                Vec::new()
            }
        },
        "fails" => vec![What::Fails(failing(value, at, flow, found))],
        "works" => vec![What::Works(failing(value, at, flow, found))],
        "agent_sees" => vec![What::AgentSees(pairs(value, at, found))],
        "all_is_well" => vec![What::AllIsWell],
        "ends" => only(ending(value, at, found).map(What::Ends)),
        name => match Leaving::of_line(name) {
            Some(leaving) => {
                only(expected(leaving, value, at, found).map(|it| What::Leaves(leaving, it)))
            }
            None => {
                unknown("the line", key, LINES, found);
                Vec::new()
            }
        },
    };
    let span = if value.span.start < value.span.end { value.span } else { at };
    what.into_iter().map(|what| Line { what, span }).collect()
}

fn only(what: Option<What>) -> Vec<What> {
    what.into_iter().collect()
}

fn step(node: &Node, at: Span, flow: &Program, found: &mut Found) -> Option<Name> {
    let name = text(node, at, "a step", found)?;
    let known = flow.step_names();
    if !known.contains(&name) {
        unknown("the step", node, known.iter().map(|it| &**it), found);
        return None;
    }
    Some(name)
}

/// `3`, or `{ ahead: 3, wait: 2m }`
fn place(node: &Node, at: Span, found: &mut Found) -> Option<What> {
    let ahead = node.get("ahead").unwrap_or(node);
    let ahead = count(ahead, at, found)?;
    let wait = node.get("wait").and_then(|it| length(it, at, found));
    Some(What::Place { ahead, wait })
}

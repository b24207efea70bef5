//! Files of about 1 MiB that nobody writes by mistake: each aims at one way in which a reader or a check might need more
//! time or memory than the file deserves. Used by `tests/hostile_files.rs` (memory) and `benches/flow.rs` (time).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use hotline::diagnostic::{FileId, Span, Spanned};
use hotline::flow::{Facts, Program, PromptFacts, Prompts, Slot, World};
use hotline::sim::Scenarios;
use hotline::speech::Catalogue;
use hotline::value::Type;

/// How large each of them is, about.
pub(crate) const SIZE: usize = 1 << 20;

/// What it is read as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum As {
    Flow,
    Catalogue,
    Scenarios,
}

/// One of them: what it aims at, what it is read as, its text.
pub(crate) type Hostile = (&'static str, As, String);

/// All of them.
pub(crate) fn all() -> Vec<Hostile> {
    let mut all = vec![
        ("one scalar", As::Flow, format!("flow: {}", "a".repeat(SIZE))),
        ("one quoted scalar", As::Flow, format!("flow: \"{}\"", "\\u4e00".repeat(SIZE / 6))),
        ("deep lists", As::Flow, "[".repeat(SIZE)),
        ("deep maps", As::Flow, "{a: ".repeat(SIZE / 4)),
        ("deep blocks", As::Flow, fill(|at| format!("{}a:\n", " ".repeat(at.min(900))))),
        ("an alias bomb", As::Flow, bomb()),
        ("an anchor in itself", As::Flow, "flow: &a [*a, *a]\n".repeat(SIZE / 18)),
        ("the same key", As::Flow, "flow: a\n".repeat(SIZE / 8)),
        ("keys that are no texts", As::Flow, fill(|at| format!("[{at}]: {{ a: b }}\n"))),
        ("tabs", As::Flow, format!("flow: a\n{}", "\tsteps: b\n".repeat(SIZE / 10))),
        ("documents", As::Flow, "--- a\n".repeat(SIZE / 6)),
        ("fields that nobody knows", As::Flow, fill(|at| format!("field-{at}: a\n"))),
        ("actions that nobody knows", As::Flow, steps(|at| format!("    - plaay: a{at}\n"))),
        ("steps that are not there", As::Flow, steps(|at| format!("    - goto: sstep-{at}\n"))),
        ("steps in one ring", As::Flow, steps(|at| format!("    - goto: step-{}\n", at + 1))),
        ("prompts in one action", As::Flow, step(&fill(|at| format!("p{at},")), "play: [", "]")),
        (
            "keys in one menu",
            As::Flow,
            step(&fill(|at| format!("{at}: main,")), "menu: m\n      keys: {", "}"),
        ),
        ("a long sum", As::Flow, step(&"1 + ".repeat(SIZE / 4), "say: ", "1")),
        ("a deep expression", As::Flow, step(&"(".repeat(SIZE), "say: '", "1'")),
        ("words that are no expression", As::Flow, step(&"if ".repeat(SIZE / 3), "say: ", "")),
        ("names in a chain", As::Flow, chain()),
        ("every way from every step", As::Flow, ways()),
        ("variables on many paths", As::Flow, paths()),
        ("columns", As::Flow, columns()),
        ("prompts", As::Catalogue, catalogue(|at| format!("  prompt-{at}: text\n"))),
        (
            "places in one prompt",
            As::Catalogue,
            format!("language: en-US\nprompts:\n  a: \"{}\"\n", "{a.b}".repeat(SIZE / 5)),
        ),
        (
            "places that do not end",
            As::Catalogue,
            catalogue(|at| format!("  prompt-{at}: \"{{a {{b\"\n")),
        ),
        ("the same prompt", As::Catalogue, catalogue(|_| "  prompt: text\n".to_owned())),
        (
            "scenarios",
            As::Scenarios,
            scenarios(|at| format!("  s{at}: {{ talk: [ hears: hello ] }}\n")),
        ),
        (
            "lines that nobody knows",
            As::Scenarios,
            scenarios(|at| format!("  s{at}: {{ talk: [ hear: hello ] }}\n")),
        ),
        (
            "rows of answers",
            As::Scenarios,
            format!("answers:\n  order:\n{}", fill(|at| format!("    - {{ number: \"{at}\" }}\n"))),
        ),
    ];
    for as_what in [As::Flow, As::Catalogue, As::Scenarios] {
        all.push(("noise", as_what, noise()));
    }
    all
}

/// Reads one and checks it as far as it goes; gives how many findings there are.
pub(crate) fn read((_, as_what, text): &Hostile) -> usize {
    let world = World {
        prompts: &Words,
        calendars: BTreeSet::new(),
        queues: BTreeMap::from([("service".into(), true)]),
        cases: BTreeSet::new(),
        notify: BTreeSet::new(),
        connectors: BTreeSet::from(["shop".into()]),
        transfers: Vec::new(),
        facts: Facts::default(),
    };
    match as_what {
        As::Flow => match Program::read(FileId::default(), text, &world) {
            Ok((_, found)) | Err(found) => found.len(),
        },
        As::Catalogue => Catalogue::parse(FileId::default(), text).1.len(),
        As::Scenarios => {
            let flow = steps_of("    - set: { a: 1 }\n    - hangup: bye\n");
            let Ok((flow, _)) = Program::read(FileId::default(), &flow, &world) else {
                unreachable!("a sound flow")
            };
            Scenarios::parse(FileId::default(), text, &flow).1.len()
        }
    }
}

/// Every prompt exists and speaks one value.
struct Words;

impl Prompts for Words {
    fn prompt(&self, _: &str, _: &str) -> Option<PromptFacts<'_>> {
        let slots =
            vec![Slot { path: Spanned::new("a".into(), Span::default()), kind: None, unit: None }];
        let text = "For more press 1.";
        Some(PromptFacts { text, span: Span::default(), length: Duration::from_secs(4), slots })
    }

    fn names(&self) -> Vec<&str> {
        vec!["welcome"]
    }

    fn is_recorded(&self, _: &str, _: &str) -> bool {
        true
    }

    fn units(&self, _: &str) -> Vec<&str> {
        vec!["minutes"]
    }

    fn readable_as(&self, _: &Type, _: &Type) -> bool {
        true
    }
}

const HEAD: &str = "flow: hostile\nlanguages: [en-US]\nstart: main\n";

/// Lines until it is large enough.
fn fill(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0.. {
        text += &line(at);
        if text.len() >= SIZE {
            break;
        }
    }
    text
}

fn steps_of(actions: &str) -> String {
    format!("{HEAD}steps:\n  main:\n{actions}")
}

/// As many steps as fit, with these actions each.
fn steps(actions: impl Fn(usize) -> String) -> String {
    format!(
        "{HEAD}steps:\n  main:\n    - goto: step-0\n{}",
        fill(|at| format!("  step-{at}:\n{}", actions(at)))
    )
}

/// One step with one long action.
fn step(inner: &str, before: &str, behind: &str) -> String {
    steps_of(&format!("    - {before}{inner}{behind}\n    - hangup: bye\n"))
}

fn bomb() -> String {
    let mut text = "a0: &a0 [a, a, a, a, a, a, a, a, a]\n".to_owned();
    for at in 1..20 {
        let before = format!("*a{}", at - 1);
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "a{at}: &a{at} [{}]", [before.as_str(); 9].join(", "));
    }
    text
}

/// Each variable gets its type from the next.
fn chain() -> String {
    steps(|at| format!("    - set: {{ v{at}: v{} + 1 }}\n    - goto: step-{}\n", at + 1, at + 1))
}

/// Menus whose twelve keys lead all over.
fn ways() -> String {
    steps(|at| {
        let keys: Vec<String> =
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\"*\"", "\"#\""]
                .iter()
                .enumerate()
                .map(|(nth, key)| {
                    format!("{key}: step-{}", at.wrapping_mul(31).wrapping_add(nth * 977) % 4_000)
                })
                .collect();
        format!(
            "    - menu: m\n      keys: {{ {} }}\n      otherwise: step-{}\n",
            keys.join(", "),
            at / 2
        )
    })
}

/// Many variables, each set on some paths and read on others.
fn paths() -> String {
    steps(|at| {
        let (a, b) = (at % 500, (at * 7) % 500);
        format!(
            "    - set: {{ v{a}: 1 }}\n    - if: v{b} > 2\n      then: step-{}\n    - goto: step-{}\n",
            at / 3,
            at + 1
        )
    })
}

fn columns() -> String {
    let columns = fill(|at| format!("c{at}: text,"));
    format!(
        "{HEAD}lookups:\n  a:\n    sql: shop\n    query: select 1\n    gives: {{ {columns} }}\nsteps:\n  main:\n    - hangup: bye\n"
    )
}

fn catalogue(line: impl Fn(usize) -> String) -> String {
    format!("language: en-US\nprompts:\n{}", fill(line))
}

fn scenarios(line: impl Fn(usize) -> String) -> String {
    format!("scenarios:\n{}", fill(line))
}

/// Signs that mean something to YAML, in an order without sense, always the same.
fn noise() -> String {
    const SIGNS: [&str; 20] = [
        "a", "flow", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "&a ", "*a", "\"", "'",
        "|\n", "#", "? ", "!t ", "一",
    ];
    let mut state = 7_u32;
    let mut text = HEAD.to_owned();
    while text.len() < SIZE {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text += SIGNS.get((state >> 24) as usize % SIGNS.len()).copied().unwrap_or_default();
    }
    text
}

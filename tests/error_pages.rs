//! Every finding has a page in docs/errors/, and what the page shows is so.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hotline::diagnostic::text::render;
use hotline::diagnostic::{Diagnostic, FileId, Sources, Span, Spanned};
use hotline::flow::{
    CalendarFacts, ConnectorFacts, Facts, Program, PromptFacts, Prompts, QueueFacts, Shelf,
    Shelved, Slot, World, explain,
};
use hotline::value::Type;
use hotline::yaml::{self, Node};

/// Codes of catalogues, scenarios and hotline.yaml, which no flow can show; their rooms test their pages.
const ELSEWHERE: [&str; 7] = ["HL0120", "HL0424", "HL055", "HL059", "HL079", "HL08", "HL09"];

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("readable")
}

/// The codes that stand in quotes in the source.
fn codes_of_source(directory: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            codes_of_source(&path, codes);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = read(&path);
            let quoted = text.split('"').skip(1).step_by(1);
            let is_code = |it: &&str| {
                it.len() == 6
                    && it.starts_with("HL")
                    && it.bytes().skip(2).all(|it| it.is_ascii_digit())
            };
            codes.extend(quoted.filter(is_code).map(str::to_owned));
        }
    }
}

fn codes_of_pages() -> BTreeSet<String> {
    std::fs::read_dir(root("docs/errors"))
        .expect("docs/errors")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "README")
        .collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut source = BTreeSet::new();
    codes_of_source(&root("src"), &mut source);
    let pages = codes_of_pages();
    let without_page: Vec<_> = source.difference(&pages).collect();
    let without_code: Vec<_> = pages.difference(&source).collect();
    let embedded = pages.iter().filter(|it| explain(it).is_none()).collect::<Vec<_>>();
    assert_eq!((without_page, without_code, embedded), (vec![], vec![], vec![]));
    assert!(explain("HL0203").unwrap().starts_with("# HL0203"));
    assert_eq!(explain("HL9999"), None);
}

#[test]
fn the_wrong_flow_of_each_page_gives_its_code_and_the_right_one_gives_nothing() {
    let mut failures = String::new();
    for code in codes_of_pages() {
        if ELSEWHERE.iter().any(|family| code.starts_with(family)) {
            continue;
        }
        let page = read(&root("docs/errors").join(format!("{code}.md")));
        let words = block(&page, "words").unwrap_or_default();
        let shop = Shop::new(&words);
        let mut judge = |kind: &str, expected: &[&str]| {
            let text = block(&page, kind).expect("a wrong and a right flow");
            let mut sources = Sources::default();
            let file = sources.add(format!("{code}-{kind}.yaml"), text.as_str());
            let mut beside = Beside::new(&page, &mut sources);
            beside.0.push(("shop".to_owned(), file, text.as_str().into()));
            let found = shop.check(file, &text, &mut beside);
            let codes: BTreeSet<_> = found.iter().map(|it| it.code).collect();
            if codes.iter().ne(expected) {
                failures +=
                    &format!("{code} {kind}: {codes:?}\n{}", render(&found, &sources, false));
            }
        };
        judge("wrong", &[code.as_str()]);
        judge("right", &[]);
    }
    assert!(failures.is_empty(), "{failures}");
}

/// The fenced block that begins with `` ```yaml <kind> ``.
fn block(page: &str, kind: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("```yaml {kind}\n"))?;
    rest.split_once("\n```").map(|(body, _)| format!("{body}\n"))
}

/// The flows of a page that others run, and the one that is checked.
struct Beside(Vec<(String, FileId, Arc<str>)>);

impl Beside {
    /// The blocks that begin with `` ```yaml sub <name> ``.
    fn new(page: &str, sources: &mut Sources) -> Self {
        let blocks = page.split("```yaml sub ").skip(1).map(|rest| {
            let (name, rest) = rest.split_once('\n').expect("a name");
            let text: Arc<str> = rest.split("```").next().expect("a flow").into();
            (name.to_owned(), sources.add(format!("{name}.yaml"), Arc::clone(&text)), text)
        });
        Self(blocks.collect())
    }
}

impl Shelf for Beside {
    fn take(&mut self, name: &str, _: FileId) -> Shelved {
        let flow = self.0.iter().find(|(known, ..)| known == name);
        flow.map_or(Shelved::Missing, |(_, file, text)| Shelved::Text(*file, Arc::clone(text)))
    }

    fn names(&self, _: FileId) -> Vec<String> {
        self.0.iter().map(|(name, ..)| name.clone()).collect()
    }
}

/// The world of docs/errors/README.md, with the words of one page.
struct Shop {
    world: Node,
    /// The words of each prompt in each language.
    prompts: BTreeMap<(String, String), String>,
}

impl Shop {
    fn new(words: &str) -> Self {
        let readme = read(&root("docs/errors/README.md"));
        let tree = |text: &str| yaml::parse(FileId::default(), text).0;
        let world = tree(&block(&readme, "world").expect("a world")).expect("YAML");
        let own = tree(words);
        let common = world.get("prompts").expect("prompts").entries();
        let mut prompts = BTreeMap::new();
        for (name, texts) in common.iter().chain(own.iter().flat_map(|it| it.entries())) {
            for (lang, text) in texts.entries() {
                let key = (lang.text().unwrap().to_owned(), name.text().unwrap().to_owned());
                prompts.insert(key, text.text().unwrap().to_owned());
            }
        }
        Self { world, prompts }
    }

    fn check(&self, file: FileId, text: &str, beside: &mut Beside) -> Vec<Diagnostic> {
        let names = |field: &str| {
            let items = self.world.get(field).expect("a field").items();
            items.iter().map(|it| it.text().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let named = |field: &str| {
            let entries = self.world.get(field).expect("a field").entries();
            entries.iter().map(|(name, it)| (Arc::from(name.text().unwrap()), it.text().unwrap()))
        };
        let queues = self.world.get("queues").expect("queues").entries();
        let world = World {
            prompts: self,
            calendars: named("calendars").map(|(name, _)| name).collect(),
            queues: queues
                .iter()
                .map(|(name, served)| (name.text().unwrap().into(), served.text() == Some("yes")))
                .collect(),
            cases: names("cases").into_iter().map(Arc::from).collect(),
            notify: names("notify").into_iter().map(Arc::from).collect(),
            connectors: named("connectors").map(|(name, _)| name).collect(),
            transfers: names("transfers"),
            facts: Facts {
                connectors: named("connectors").map(|(name, it)| (name, connector(it))).collect(),
                today: self.world.get("today").and_then(Node::text).map(|it| it.parse().unwrap()),
                calendars: named("calendars").map(|(name, it)| (name, calendar(it))).collect(),
                queues: named("announced")
                    .map(|(name, it)| {
                        let seconds = |text: &str| Duration::from_secs(text.parse().unwrap());
                        let (announce_every, max_wait) = it.split_once(" of ").unwrap();
                        let facts = QueueFacts {
                            announce_every: seconds(announce_every),
                            max_wait: seconds(max_wait),
                        };
                        (name, facts)
                    })
                    .collect(),
            },
        };
        match Program::read_with(file, text, &world, beside) {
            Ok((_, found)) | Err(found) => found,
        }
    }
}

/// A connector as README.md tells it.
fn connector(text: &str) -> ConnectorFacts {
    match text {
        "sqlite" => ConnectorFacts::Sql,
        text => ConnectorFacts::Http { in_the_clear: text == "http" },
    }
}

/// A calendar as README.md tells it: `open`, `never`, `doubled`, or the day of its last holiday.
fn calendar(text: &str) -> CalendarFacts {
    CalendarFacts {
        never_opens: text == "never",
        overlaps: text == "doubled",
        last_special_day: text.parse().ok(),
    }
}

impl Prompts for Shop {
    fn prompt(&self, lang: &str, name: &str) -> Option<PromptFacts<'_>> {
        let text = self.prompts.get(&(lang.to_owned(), name.to_owned()))?;
        let slots = text.split('{').skip(1).map(|it| Slot {
            path: Spanned::new(it.split('}').next().unwrap_or_default().into(), Span::default()),
            kind: None,
            unit: None,
        });
        // About 15 letters a second.
        let length = Duration::from_millis(text.chars().count() as u64 * 66);
        Some(PromptFacts { text, span: Span::default(), length, slots: slots.collect() })
    }

    fn names(&self) -> Vec<&str> {
        self.prompts.keys().map(|(_, name)| name.as_str()).collect()
    }

    fn is_recorded(&self, _: &str, word: &str) -> bool {
        let recorded = self.world.get("recorded").expect("recorded").items();
        recorded.iter().any(|it| it.text() == Some(word))
    }

    fn units(&self, _: &str) -> Vec<&str> {
        let units = self.world.get("units").expect("units").items();
        units.iter().filter_map(Node::text).collect()
    }

    fn readable_as(&self, from: &Type, wanted: &Type) -> bool {
        from == wanted || (*from == Type::Number && *wanted == Type::Digits)
    }
}

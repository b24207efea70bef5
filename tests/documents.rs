//! What the documents say is so: their flows check, and no field, setting, figure or finding is missing in them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hotline::call::Context;
use hotline::config::{self, Connector};
use hotline::desk::signature;
use hotline::diagnostic::text::render;
use hotline::diagnostic::{Diagnostic, FileId};
use hotline::secret::Secret;
use hotline::server::house::{Ground, Overrides};
use hotline::speech::Catalogue;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).expect("readable")
}

/// The fenced blocks that begin with `` ```yaml <kind> ``.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```yaml {kind}\n");
    page.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

/// What is found in a flow beside this repository's hotline.yaml and prompts, and how people read it.
fn check(flow: &str) -> (Vec<Diagnostic>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.yaml");
    fs::write(&path, flow).unwrap();
    fs::create_dir(folder.path().join("shared")).unwrap();
    for sub in blocks(&read("docs/flows.md"), "sub identify") {
        fs::write(folder.path().join("shared/identify.yaml"), sub).unwrap();
    }
    let mut ground = Ground::read(&root("hotline.yaml"), &Overrides::default()).expect("sound");
    // What no demo can bring along: somebody else's system.
    let crm =
        Connector { http: Some("https://crm.example.com/api".into()), ..Connector::default() };
    ground.config.connectors.insert("crm".into(), crm);
    ground.read_flow(&path);
    let shown = render(&ground.found, &ground.sources, false);
    (ground.found, shown)
}

#[test]
fn every_flow_in_the_reference_passes_its_check() {
    let page = read("docs/flows.md");
    let whole = blocks(&page, "flow").into_iter().map(str::to_owned);
    let frame = blocks(&page, "frame").concat();
    let within_it = blocks(&page, "steps").into_iter().map(|steps| format!("{frame}{steps}"));
    let flows: Vec<String> = whole.chain(within_it).collect();
    assert!(flows.len() > 10, "only {} flows", flows.len());
    // An example shows one thing, and needs not all that its frame has.
    let unused = |it: &Diagnostic| matches!(it.code, "HL0211" | "HL0212" | "HL0213");
    let wrong = flows.iter().map(|flow| check(flow));
    let wrong: String =
        wrong.filter(|it| !it.0.iter().all(unused)).map(|(_, shown)| shown).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// The names that a help lists: `its fields are a, b`, `beside `x` may stand a, b`, `an action is one of a, b`.
fn listed(found: &[Diagnostic], code: &str) -> Vec<String> {
    let openings = ["its fields are ", " may stand ", "an action is one of "];
    let help = |it: &Diagnostic| {
        let help = it.help.as_deref()?;
        let names = openings.iter().find_map(|opening| help.split_once(opening))?.1;
        Some(names.split(", ").map(str::to_owned).collect::<Vec<_>>())
    };
    found.iter().filter(|it| it.code == code).filter_map(help).next().unwrap_or_default()
}

#[test]
fn the_catalogue_the_record_and_the_signature_that_are_shown_are_ours() {
    for catalogue in blocks(&read("docs/prompts.md"), "catalogue") {
        let (catalogue, found) = Catalogue::parse(FileId::default(), catalogue);
        assert!(catalogue.is_some() && found.is_empty(), "{found:?}");
    }
    let page = read("docs/integrating.md");
    let record = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let record: Context = serde_json::from_str(record.expect("a record")).expect("of our form");
    assert_eq!(record.version, hotline::call::VERSION);
    let body = r#"{"version":1}"#;
    let signed = signature(&Secret::new("whsec".into()), 1_764_000_000, body);
    assert!(page.contains(&signed) && page.contains(body), "{signed}");
}

#[test]
fn every_field_that_a_flow_may_have_stands_in_the_reference() {
    const STRANGE: &str = "qqqqqqqqqqqq";
    let (found, _) = check(&format!("steps: {{ main: [ {{ {STRANGE}: x }} ] }}\n"));
    let actions = listed(&found, "HL0109");
    assert_eq!(actions.len(), 22, "{actions:?}");
    let mut names = BTreeSet::from_iter(actions.iter().cloned());
    let places = [
        format!("{STRANGE}: x\n"),
        format!("defaults: {{ {STRANGE}: x }}\n"),
        format!("lookups: {{ order: {{ {STRANGE}: x }} }}\n"),
        format!("lookups: {{ order: {{ http: x, {STRANGE}: x }} }}\n"),
        format!(
            "lookups: {{ order: {{ http: x, get: /x, gives: {{ a: {{ {STRANGE}: x }} }} }} }}\n"
        ),
        format!("context: [ {{ {STRANGE}: x }} ]\n"),
    ];
    // Beside `run` stand the exits of the flow that is run, whatever they are called.
    names.extend(["with", "otherwise"].map(str::to_owned));
    let actions = actions
        .iter()
        .filter(|action| *action != "run")
        .map(|action| format!("steps: {{ main: [ {{ {action}: x, {STRANGE}: x }} ] }}\n"));
    for place in places.into_iter().chain(actions) {
        let (found, shown) = check(&place);
        let fields = listed(&found, "HL0105");
        assert!(!fields.is_empty(), "{place}{shown}");
        names.extend(fields);
    }
    let page = read("docs/flows.md");
    let missing: Vec<_> = names.iter().filter(|it| !page.contains(&format!("`{it}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The fields that `hotline.yaml` may have at `path`, as its refusal of another one lists them.
fn settings(path: &[&str]) -> Vec<String> {
    let inner =
        path.iter().rev().fold("qqqq: 1".to_owned(), |inner, it| format!("{it}: {{ {inner} }}"));
    let (_, found) = config::read(FileId::default(), &format!("{{ {inner} }}"), |_| {});
    let listed = found.first().and_then(|it| it.says.split_once("unknown field `qqqq`, expected "));
    // A single value, or names that the operator gives.
    let Some((_, names)) = listed else { return Vec::new() };
    let names =
        names.trim_start_matches("one of ").split([',', ' ']).map(|it| it.trim_matches('`'));
    names.filter(|it| !it.is_empty() && *it != "or").map(str::to_owned).collect()
}

#[test]
fn every_setting_stands_in_the_operators_page_and_in_the_demos_file() {
    let mut names = BTreeSet::new();
    for top in settings(&[]) {
        for second in settings(&[&top]) {
            names.extend(settings(&[&top, &second]));
            names.insert(second);
        }
        // Maps of things that have names of the operator's own.
        names.extend(settings(&[&top, "one"]));
        names.insert(top);
    }
    for known in ["listen", "offer_for", "work_number", "url", "holidays", "sqlite", "retry_after"]
    {
        assert!(names.contains(known), "{known} is not among {names:?}");
    }
    let (page, file) = (read("docs/operating.md"), read("hotline.yaml"));
    let missing: Vec<_> = names
        .iter()
        .filter(|it| !page.contains(&format!("{it}`")) || !file.contains(&format!("{it}:")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Everything in the sources that begins with `prefix`, as far as it is a name.
fn named_in_sources(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            named_in_sources(&path, prefix, names);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("readable");
            let quoted = format!("\"{prefix}");
            let rest = text.split(&quoted).skip(1);
            let name = rest.filter_map(|it| {
                let name = it.split_once('"')?.0;
                let fits = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
                fits.then(|| format!("{prefix}{name}"))
            });
            names.extend(name);
        }
    }
}

#[test]
fn every_figure_and_every_environment_variable_stands_in_the_operators_page() {
    let page = read("docs/operating.md");
    let mut names = BTreeSet::new();
    named_in_sources(&root("src"), "hotline_", &mut names);
    named_in_sources(&root("src"), "HOTLINE_", &mut names);
    assert!(names.contains("hotline_calls_total") && names.contains("HOTLINE_CONFIG"));
    let missing: Vec<_> = names.iter().filter(|it| !page.contains(it.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_index_of_findings_has_every_page_with_its_title() {
    let index = read("docs/errors/README.md");
    for entry in fs::read_dir(root("docs/errors")).expect("a folder") {
        let page = fs::read_to_string(entry.expect("an entry").path()).expect("readable");
        let first = page.lines().next().unwrap_or_default();
        let Some((code, title)) = first.trim_start_matches("# ").split_once(": ") else { continue };
        let line = format!("| [{code}]({code}.md) | {title} |");
        assert!(index.contains(&line), "{line}");
    }
}

#[test]
fn every_link_between_the_documents_leads_to_a_file() {
    let mut pages =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "prompts/README.md"]
            .map(root)
            .to_vec();
    pages_below(&root("docs"), &mut pages);
    assert!(pages.iter().any(|it| it.ends_with("docs/design-flows/cookbook/README.md")));
    let mut broken = String::new();
    for page in pages {
        let text = fs::read_to_string(&page).expect("readable");
        // What stands in a block is no link.
        let text: String = text.split("```").step_by(2).collect();
        let links = text.split("](").skip(1).filter_map(|it| Some(it.split_once(')')?.0));
        for link in links.filter(|it| !it.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let to =
                if file.is_empty() { page.clone() } else { page.with_file_name("").join(file) };
            let found = match fs::read_to_string(&to) {
                Ok(text) if !heading.is_empty() => headings(&text).contains(heading),
                _ => to.exists(),
            };
            if !found {
                broken += &format!("{} links to {link}\n", page.display());
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// Every page in a folder and those below it.
fn pages_below(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages_below(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
}

/// What links to a page's headings are called, as code hosts make it: `## How calls end` is `how-calls-end`.
fn headings(page: &str) -> BTreeSet<String> {
    let lines = page.lines().filter(|it| it.starts_with('#'));
    let name = |line: &str| -> String {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect()
    };
    lines.map(name).collect()
}

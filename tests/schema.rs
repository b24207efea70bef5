//! The schema that editors get accepts what designers write and refuses what the parser refuses; the reference page is
//! the table of the language.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use hotline::flow::reference::{ACTIONS, FLOW, markdown, schema, with_places};
use hotline::sim::SCENARIOS;
use jsonschema::Validator;
use serde_json::Value;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn validator() -> Validator {
    let schema = schema("A call flow of hotline", &FLOW);
    jsonschema::draft202012::meta::validate(&schema).expect("a schema of draft 2020-12");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// A flow as an editor sees it: through a YAML reader that is not ours.
fn read(text: &str) -> Value {
    serde_yaml::from_str(text).expect(text)
}

fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```yaml {kind}\n");
    page.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

#[track_caller]
fn accepts(validator: &Validator, name: &str, text: &str) {
    let flow = read(text);
    let wrong: Vec<_> =
        validator.iter_errors(&flow).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{text}");
}

#[test]
fn every_flow_and_every_example_is_accepted() {
    let validator = validator();
    let mut flows = 0;
    for entry in fs::read_dir(root("flows")).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_file() && name.ends_with(".yaml") && !name.ends_with(".test.yaml") {
            accepts(&validator, &name, &fs::read_to_string(&path).unwrap());
            flows += 1;
        }
    }
    let page = fs::read_to_string(root("docs/flows.md")).unwrap();
    let frame = blocks(&page, "frame").concat();
    for whole in blocks(&page, "flow") {
        accepts(&validator, "docs/flows.md", whole);
    }
    for steps in blocks(&page, "steps") {
        accepts(&validator, "docs/flows.md", &format!("{frame}{steps}"));
        flows += 1;
    }
    assert!(flows > 10, "only {flows} flows");
}

#[test]
fn scenario_files_have_a_schema_too() {
    let schema = with_places(schema("Scenarios for a call flow of hotline", &SCENARIOS));
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let mut files = 0;
    for entry in fs::read_dir(root("flows")).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.to_string_lossy().ends_with(".test.yaml") {
            accepts(&validator, &path.to_string_lossy(), &fs::read_to_string(&path).unwrap());
            files += 1;
        }
    }
    assert!(files > 1, "{files}");
    let talk = |line: &str| read(&format!("scenarios: {{ a: {{ talk: [ {line} ] }} }}"));
    assert!(validator.is_valid(&talk("hangs_up, { place: { ahead: 1 } }, { place: 3 }")));
    for wrong in
        ["hears", "{ haers: a }", "{ hears: a, keys: b }", "{ waits: long }", "{ ends: well }"]
    {
        assert!(!validator.is_valid(&talk(wrong)), "{wrong}");
    }
}

#[test]
fn what_the_parser_refuses_is_refused() {
    let validator = validator();
    let flow = |action: &str| {
        format!("flow: a\nlanguages: en-US\nstart: a\nsteps:\n  a:\n    - {action}\n")
    };
    assert!(validator.is_valid(&read(&flow("play: welcome"))));
    #[rustfmt::skip]
    let wrong = [
        "paly: welcome",
        "{ play: welcome, interupt: no }",
        "{ play: welcome, interrupt: perhaps }",
        "{ play: welcome, hangup: goodbye }",
        "play: []",
        "{ play: welcome, when: [a] }",
        "{ menu: main-menu, otherwise: a }",
        "{ menu: main-menu, keys: { 10: a }, otherwise: a }",
        "{ menu: main-menu, keys: { 1: a } }",
        "{ menu: main-menu, keys: { 1: Not_A_Step }, otherwise: a }",
        "{ ask: p, into: Order-Number, as: digits, otherwise: a }",
        "{ ask: p, into: order_number, as: digit, otherwise: a }",
        "{ ask: p, into: order_number, as: digits, length: 8..1000, otherwise: a }",
        "{ ask: p, into: order_number, as: digits, ends_with: hash, otherwise: a }",
        "{ ask: p, into: order_number, as: digits, no_input_after: 5, otherwise: a }",
        "{ ask: p, into: order_number, as: digits, no_input_after: 5 seconds, otherwise: a }",
        "{ ask: p, into: amount, as: money, between: 10, otherwise: a }",
        "{ ask: p, into: number, as: digits, matches: 12y, otherwise: a }",
        "{ ask: p, into: number, as: digits, check: luhm, otherwise: a }",
        "{ ask: p, into: number, as: digits, confirm: p, confirm_keys: { ja: 1 }, otherwise: a }",
        "{ if: x }",
        "{ queue: service, max_wait: ten, otherwise: a }",
        "{ transfer: '110', kind: warm, otherwise: a }",
        "hangup: [a, b]",
        "set: [a]",
        "goto: { a: b }",
    ];
    let passed: Vec<_> = wrong.iter().filter(|it| validator.is_valid(&read(&flow(it)))).collect();
    assert_eq!(passed, Vec::<&&str>::new());
    let lookup = |it: &str| {
        format!(
            "flow: a\nlanguages: en-US\nstart: a\nlookups: {{ a: {it} }}\nsteps: {{ a: [ hangup ] }}\n"
        )
    };
    assert!(
        validator.is_valid(&read(&lookup(
            "{ http: crm, get: /a, gives: { b: { from: /c, is: date? } } }"
        )))
    );
    for wrong in [
        "{ query: select 1 }",
        "{ sql: shop }",
        "{ http: crm }",
        "{ http: crm, query: select 1 }",
        "{ sql: shop, query: select 1, gives: { a: { from: /a, is: date } } }",
        "{ http: crm, get: /a, gives: { b: { from: /c } } }",
        "{ http: crm, get: /a, found_when: { from: /c } }",
        "{ http: crm, get: /a, changes: perhaps }",
    ] {
        assert!(!validator.is_valid(&read(&lookup(wrong))), "{wrong}");
    }
    for top in ["flow: a", "{}", "[]", "flow: a\nlanguages: en-US\nstart: a\nsteps: { a: [] }\n"] {
        assert!(!validator.is_valid(&read(top)), "{top}");
    }
}

/// An editor shows what stands in the table, so nothing may be without words.
#[test]
fn every_action_and_field_is_explained() {
    fn explained(at: &str, schema: &Value, missing: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                for (name, field) in
                    map.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    if field.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
                        missing.push(format!("{at}/{name}"));
                    }
                }
                map.iter().for_each(|(name, it)| explained(&format!("{at}/{name}"), it, missing));
            }
            Value::Array(list) => list.iter().for_each(|it| explained(at, it, missing)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let (schema, mut missing) = (schema("A call flow of hotline", &FLOW), Vec::new());
    explained("", &schema, &mut missing);
    assert_eq!(missing, Vec::<String>::new());
    let text = schema.to_string();
    let unknown: Vec<_> =
        ACTIONS.iter().filter(|it| !text.contains(it.says)).map(|it| it.name).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

/// `HOTLINE_WRITE=1 cargo test --test schema` writes the page anew.
#[test]
fn the_reference_page_is_the_table_of_the_language() {
    let path = root("docs/design-flows/reference.md");
    if std::env::var_os("HOTLINE_WRITE").is_some() {
        fs::write(&path, markdown()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap();
    assert!(
        page == markdown(),
        "write it anew: hotline schema --markdown > docs/design-flows/reference.md"
    );
}

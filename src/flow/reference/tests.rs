//! The parser and the table know the same.

use std::collections::BTreeSet;

use super::*;
use crate::diagnostic::{Diagnostic, FileId};
use crate::flow::parse;
use crate::yaml;

/// Something that a shape can never be.
fn misfit(shape: Shape) -> &'static str {
    if matches!(shape, Shape::Json) {
        return "'{x'"; // a place that is not closed
    }
    let is_map = matches!(
        shape,
        Shape::Map(..) | Shape::Fields(_) | Shape::Action(..) | Shape::Texts | Shape::Allow
    );
    if is_map { "[[x]]" } else { "{ q: { q: [] } }" }
}

fn found(text: &str) -> Vec<Diagnostic> {
    parse(FileId::default(), text).1
}

/// A field that the table has and the parser does not read would be ignored without a word.
#[test]
fn the_parser_reads_every_field_of_the_table() {
    let silent = |text: &str, at: &str| {
        let start = text.rfind(at).unwrap() as u32;
        !found(text).iter().any(|it| it.span.end > start && it.code != "HL0106")
    };
    let mut unread = Vec::new();
    let mut judge = |what: &str, shape: Shape, text: &dyn Fn(&str) -> String| {
        let wrong = misfit(shape);
        if silent(&text(wrong), wrong) {
            unread.push(what.to_owned());
        }
    };
    for action in ACTIONS {
        let name = action.name;
        judge(name, action.value, &|it| format!("steps:\n  a:\n    - {name}: {it}\n"));
        for field in action.fields().chain(&COMMON) {
            let field_name = field.name;
            judge(&format!("{name}.{field_name}"), field.shape, &|it| {
                let others = action.fields().filter(|it| it.must() && it.name != field_name);
                let others: String = others.map(|it| format!("      {}: x\n", it.name)).collect();
                format!("steps:\n  a:\n    - {name}: x\n{others}      {field_name}: {it}\n")
            });
        }
    }
    for field in &FLOW {
        judge(field.name, field.shape, &|it| format!("{}: {it}\n", field.name));
    }
    for field in &DEFAULTS {
        judge(field.name, field.shape, &|it| format!("defaults:\n  {}: {it}\n", field.name));
    }
    for kind in LOOKUPS {
        for field in kind.fields() {
            let beside = match (kind.name, field.name) {
                ("http", "get" | "post" | "put" | "patch" | "delete") => "",
                ("http", _) => "    get: /x\n",
                _ => "",
            };
            let others = kind.fields().filter(|it| it.must() && it.name != field.name);
            let others: String = others.map(|it| format!("    {}: x\n", it.name)).collect();
            let (name, field_name) = (kind.name, field.name);
            let text = |it: &str| {
                format!("lookups:\n  a:\n    {name}: x\n{others}{beside}    {field_name}: {it}\n")
            };
            judge(&format!("{name}.{field_name}"), field.shape, &text);
        }
    }
    for field in &CONTEXT {
        judge(field.name, field.shape, &|it| format!("context:\n  - {}: {it}\n", field.name));
    }
    assert_eq!(unread, Vec::<String>::new());
}

#[test]
fn what_must_be_there_is_missed_by_the_checker_and_nothing_else_is() {
    let missed = |text: &str| -> BTreeSet<String> {
        let lacks = |it: &Diagnostic| Some(it.says.split_once(" has no `")?.1.replace('`', ""));
        found(text).iter().filter(|it| it.code == "HL0106").filter_map(lacks).collect()
    };
    // These are missed by rules of `check`, which say what callers would suffer.
    let by_rule = ["otherwise", "failed", "locked", "nothing", "at_most", "no_number"];
    for action in ACTIONS {
        let text = format!(
            "flow: a\nlanguages: [x]\nstart: a\nsteps: {{ a: [ {{ {}: x }} ] }}\n",
            action.name
        );
        let must = action.fields().filter(|it| it.must() && !by_rule.contains(&it.name));
        assert_eq!(missed(&text), must.map(|it| it.name.to_owned()).collect(), "{}", action.name);
    }
    let must = |fields: &[Field]| -> BTreeSet<String> {
        fields.iter().filter(|it| it.must()).map(|it| it.name.to_owned()).collect()
    };
    assert_eq!(missed("{}"), must(&FLOW));
    let rest = "flow: a\nlanguages: [x]\nstart: a\nsteps: { a: [ hangup: x ] }\n";
    for kind in LOOKUPS {
        let must = kind.fields().filter(|it| it.must()).map(|it| it.name.to_owned());
        let text = format!("{rest}lookups: {{ a: {{ {}: x }} }}\n", kind.name);
        assert_eq!(missed(&text), must.collect(), "{}", kind.name);
    }
    assert_eq!(missed(&format!("{rest}context: [ {{}} ]\n")), must(&CONTEXT));
    assert_eq!(missed(&format!("{rest}defaults: {{}}\n")), must(&DEFAULTS));
}

#[test]
fn names_are_unique_and_no_action_has_a_field_called_like_an_action() {
    let mut names = BTreeSet::new();
    for action in ACTIONS {
        assert!(names.insert(action.name), "{}", action.name);
        let mut fields = BTreeSet::new();
        for field in action.fields().chain(&COMMON) {
            assert!(fields.insert(field.name), "{}.{}", action.name, field.name);
            assert!(super::action(field.name).is_none(), "{}.{}", action.name, field.name);
        }
        assert!(action.one_of.iter().all(|it| fields.contains(it)), "{}", action.name);
    }
}

#[test]
fn places_say_what_stands_where() {
    let text = "start: main\nlookups:\n  order:\n    sql: shop\n    gives: { total: money }\nsteps:\n  main:\n    - play: [a, b]\n      \
                when: x > 1\n    - lookup: order\n      with: { number: y }\n      faild: main\n    - pla: c\n    - goto\n";
    let tree = yaml::parse(FileId::default(), text).0.unwrap();
    let shown: Vec<_> = places(&tree, Shape::Fields(&FLOW))
        .iter()
        .map(|it| {
            let what = match it.what {
                What::Value(shape) => shape.called(),
                What::Action(known, _) => format!("action {}", known.is_some()),
                What::Field(known, _) => format!("field {}", known.is_some()),
            };
            let of = it.owner.map(|it| format!(" of {}", it.name())).unwrap_or_default();
            format!("{}: {what}{of}", it.node.text().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

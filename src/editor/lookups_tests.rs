//! Where a lookup's values go in: paths, bodies and queries as they are being written.

use super::tests::at;
use super::*;

const FLOW: &str = r#"flow: shop
languages: [en-US]
start: main
lookups:
  order:
    http: shop
    post: "/orders/{number}?line={line}"
    send: { whose: "{number}", note: ["line { line: text }, {{no}}"], plain: "no-{line}" }
    takes: { number: digits, line: digits }
    gives: { status: text, number: digits? }
    changes: yes
  stock:
    sql: shop
    query: >
      select count from stock -- :no
      where item = :item and kind <> ':item'
        and :once <> 'x' or id = :item
    takes: { item: digits }
    gives: { count: number }
    changes: yes
steps:
  main:
    - lookup: order
      with: { number: "'1'", line: "'2'" }
      failed: main
    - lookup: stock
      with: { item: "'1'" }
      failed: main
"#;

const SCENARIOS: &str = "answers:\n  order:\n    - { number: \"1\", line: \"2\", status: paid }\n  stock:\n    - { item: \"1\", \
                         count: 5 }\n";

fn house() -> Workspace {
    let mut it = Workspace::default();
    it.set("flows/shop.yaml", FileKind::Flow, FLOW);
    it.set("flows/shop.test.yaml", FileKind::Scenarios, SCENARIOS);
    it
}

#[test]
fn values_that_a_lookup_takes_are_found_wherever_they_go_in() {
    let line = ["shop.yaml:7:line", "shop.yaml:8:line", "shop.yaml:8:line", "shop.yaml:9:line"];
    let line = [&line[..], &["shop.yaml:24:line", "shop.test.yaml:3:line"]].concat();
    let item = ["shop.yaml:16:item", "shop.yaml:17:item", "shop.yaml:18:item", "shop.yaml:27:item"];
    let item = [&item[..], &["shop.test.yaml:5:item"]].concat();
    #[rustfmt::skip]
    let table = [
        ("flows/shop.yaml",      "line={li",     "shop.yaml:9:line",  &line),
        ("flows/shop.yaml",      "\"line { li",    "shop.yaml:9:line",  &line),
        ("flows/shop.yaml",      "no-{li",        "shop.yaml:9:line",  &line),
        ("flows/shop.test.yaml", "\"1\", li",     "shop.yaml:9:line",  &line),
        ("flows/shop.yaml",      "item = :it",    "shop.yaml:18:item", &item),
        ("flows/shop.yaml",      "id = :item",    "shop.yaml:18:item", &item),
        ("flows/shop.test.yaml", "{ it",          "shop.yaml:18:item", &item),
    ];
    for (path, after, gives, uses) in table {
        let mut it = house();
        let offset = it.file(path).unwrap().text.find(after).unwrap() + after.len();
        let spans = it.definitions(path, offset);
        assert_eq!(at(&it, &spans), [gives], "{after}");
        let spans = it.references(path, offset);
        assert_eq!(at(&it, &spans), *uses, "{after}");
        assert!(it.hover(path, offset).is_some_and(|it| it.says.contains("takes `")), "{after}");
    }
    // A cell that may be of both kinds is of the column.
    let mut it = house();
    let spans = it.definitions("flows/shop.test.yaml", SCENARIOS.find("number").unwrap());
    assert_eq!(at(&it, &spans), ["shop.yaml:10:number"]);
    // What stands in a text of the query, in a comment or between two braces is nobody's.
    for after in ["':it", "-- :n", "{{n"] {
        let offset = FLOW.find(after).unwrap() + after.len();
        assert_eq!(it.references("flows/shop.yaml", offset), [], "{after}");
    }
}

#[test]
fn a_value_that_a_lookup_takes_gets_another_name_everywhere() {
    #[rustfmt::skip]
    let table = [
        ("with: { item",  "goods", Ok([FLOW.replace(":item and", ":goods and").replace("id = :item", "id = :goods").replace("{ item:", "{ goods:"),
            SCENARIOS.replace("{ item:", "{ goods:")])),
        ("line={li",     "row",   Ok([FLOW.replace("{line", "{row").replace("{ line:", "{ row:").replace(", line:", ", row:"),
            SCENARIOS.replace("line:", "row:")])),
        ("line={li",     "number", Err("`order.number` exists already")),
        ("id = :it",      "once",   Err("`stock.once` exists already")),
        ("id = :it",      "The-item", Err("write lower-case words joined by `_`")),
        (":on",           "twice",  Err("no step, prompt, lookup, column or variable stands here")),
    ];
    for (after, new, wanted) in table {
        let mut it = house();
        let renamed = it.rename("flows/shop.yaml", FLOW.find(after).unwrap() + after.len(), new);
        let renamed = renamed.map(|mut edits| {
            edits.sort_by_key(|it| std::cmp::Reverse(it.span));
            let mut texts = [FLOW.to_owned(), SCENARIOS.to_owned()];
            for edit in edits {
                texts[edit.span.file.0 as usize]
                    .replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            texts
        });
        assert_eq!(renamed.map_err(|it| it.to_string()), wanted.map_err(str::to_owned), "{after}");
    }
}

#[test]
fn what_a_lookup_takes_is_offered_where_it_may_go_in() {
    let head = "flow: a\nlanguages: en-US\nstart: a\nlookups:\n  order:\n";
    let tail = "    takes: { number: digits, line: digits }\n    changes: yes\nsteps:\n  a:\n    - hangup: goodbye\n";
    let both: &[&str] = &["number", "line"];
    let of_query: &[&str] = &["number", "line", "once"];
    #[rustfmt::skip]
    let table = [
        ("    http: shop\n    get: /orders/{|}\n",                   both),
        ("    http: shop\n    get: /orders/{|\n",                    both),
        ("    http: shop\n    get: \"/orders/{nu|}\"\n",             both),
        ("    http: shop\n    get: /orders/|\n",                     &[]),
        ("    http: shop\n    post: /o\n    send: { a: \"{|}\" }\n", both),
        ("    http: shop\n    post: /o\n    send: { a: \"{|\n",      both),
        ("    http: shop\n    post: /o\n    send:\n      a: [\"to {li|}\"]\n", both),
        ("    http: shop\n    post: /o\n    send:\n      a: no-{|}\n", both),
        ("    http: shop\n    post: /o\n    send: { |\n",            &[]),
        ("    http: shop\n    post: /o\n    send: \"|\"\n",          &[]),
        ("    sql: shop\n    query: select a from b where c = :|\n", of_query),
        ("    sql: shop\n    query: select a from b where c = :nu| and d = 1\n", of_query),
        ("    sql: shop\n    query: |\n      select a from b\n      where c = :@\n", of_query),
        ("    sql: shop\n    query: select a::|\n",                  &[]),
        ("    sql: shop\n    query: select |\n",                     &[]),
    ];
    for (lines, wanted) in table {
        let text = format!("{head}{lines}{tail}");
        let mark = if text.contains('@') { '@' } else { '|' };
        let cursor = text.find(mark).unwrap();
        let mut it = house();
        it.set("flows/a.yaml", FileKind::Flow, &format!("{head}    http: shop\n{tail}"));
        it.hover("flows/a.yaml", 0);
        it.set("flows/a.yaml", FileKind::Flow, &text.replacen(mark, "", 1));
        let offered = it.complete("flows/a.yaml", cursor);
        let labels: Vec<_> = offered.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels, wanted, "{lines}");
    }
}

#[test]
fn units_are_those_of_the_catalogue() {
    #[rustfmt::skip]
    let table = [
        ("You have {data in |} left.",           true,  0),
        ("You have {data in gig|} left.",        true,  3),
        ("You have {data as number in  me|",     true,  2),
        ("{data in gigabytes} and {other in |}", true,  0),
        ("You have {data in gigabytes} in |",    false, 0),
        ("You have {da|",                        false, 2),
    ];
    for (text, wanted, typed) in table {
        let units = "units:\n  gigabytes: { one: gigabyte, many: gigabytes }\n";
        let words = |text: &str| format!("language: en-US\n{units}prompts:\n  left: \"{text}\"\n");
        let mut it = house();
        let path = "prompts/en-US/catalog.yaml";
        it.set(path, FileKind::Catalogue, &words("None left."));
        it.hover(path, 0);
        let text = words(text);
        let cursor = text.find('|').unwrap();
        it.set(path, FileKind::Catalogue, &text.replacen('|', "", 1));
        let offered = it.complete(path, cursor);
        let unit = offered.iter().find(|it| it.label == "gigabytes");
        assert_eq!(unit.is_some(), wanted, "{text}: {offered:?}");
        if let Some(unit) = unit {
            assert_eq!(
                (unit.replaces.start as usize, unit.replaces.end as usize),
                (cursor - typed, cursor),
                "{text}"
            );
            assert!(offered.iter().all(|it| it.detail == "unit"), "{text}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_around_a_value_is_answered(
        cut in 0..FLOW.len(), length in 0_usize..20, instead in "[{}:\"'|>\n \u{8ba2}a/-]{0,8}", offset in 0_usize..900
    ) {
        let end = (cut + length).min(FLOW.len());
        let text = format!("{}{instead}{}", &FLOW[..cut], &FLOW[end..]);
        let mut at = offset.min(text.len());
        while !text.is_char_boundary(at) { at += 1; }
        let mut it = house();
        it.set("flows/shop.yaml", FileKind::Flow, &text);
        it.complete("flows/shop.yaml", at);
        it.hover("flows/shop.yaml", at);
        it.references("flows/shop.yaml", at);
        if let Ok(edits) = it.rename("flows/shop.yaml", at, "other") {
            for edit in edits {
                let text = &it.get(edit.span.file).unwrap().text;
                proptest::prop_assert!(text.get(edit.span.start as usize..edit.span.end as usize).is_some());
            }
        }
    }
}

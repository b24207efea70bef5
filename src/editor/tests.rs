//! A small house as it is being written.

use super::*;

const FLOW: &str = r#"flow: shop
languages: [zh-CN, en-US]
start: main
lookups:
  order:
    sql: shop
    query: select status, total from orders where number = :number
    takes: { number: digits }
    gives: { status: [paid, shipped], total: money }
steps:
  main:
    - menu: main-menu     # 主菜单
      keys: { 1: order-status, 0: agent }
      otherwise: agent
  order-status:
    - ask: enter-number
      into: order_number
      as: digits
      otherwise: agent
    - lookup: order
      with: { number: order_number }
      not_found: agent
      failed: agent
    - play: shipped
      when: order.status == shipped and known(order.total)
    - goto: main
  agent:
    - queue: service
      otherwise: main
"#;

const WORDS: &str = "language: zh-CN\nprompts:\n  main-menu: 查订单请按一，退货请按二，人工请按零。\n  \
                     enter-number: 请输入订单号。\n  shipped: 订单{order_number}已发货，共{order.total}。\n";

const SCENARIOS: &str = "answers:\n  order:\n    - { number: \"1\", status: shipped, total: 5 }\nscenarios:\n  a call:\n    \
                         talk:\n      - hears: main-menu\n      - reaches: order-status\n      - fails: order\n";

const CONFIG: &str = "queues:\n  service: { max: 10 }\ncalendars:\n  office: {}\nconnectors:\n  shop: { sqlite: a }\n";

fn house() -> Workspace {
    let mut it = Workspace::default();
    it.set("flows/shop.yaml", FileKind::Flow, FLOW);
    it.set("flows/shop.test.yaml", FileKind::Scenarios, SCENARIOS);
    it.set("prompts/zh-CN/catalog.yaml", FileKind::Catalogue, WORDS);
    it.set("hotline.yaml", FileKind::Config, CONFIG);
    it
}

/// The shop with `lines` instead of its step `order-status`; `|` is the cursor. What may be written there.
#[track_caller]
fn completed(lines: &str) -> Vec<String> {
    let (head, tail) = FLOW.split_once("  order-status:\n").unwrap();
    let (_, tail) = tail.split_once("  agent:\n").unwrap();
    let text = format!("{head}{lines}  agent:\n{tail}");
    let cursor = text.find('|').unwrap();
    let mut it = house();
    // What was sound before it was typed on.
    it.hover("flows/shop.yaml", 0);
    it.set("flows/shop.yaml", FileKind::Flow, &text.replacen('|', "", 1));
    it.complete("flows/shop.yaml", cursor).into_iter().map(|it| it.label).collect()
}

#[track_caller]
fn offers(lines: &str, wanted: &[&str], not: &[&str]) {
    let all = completed(lines);
    let missing: Vec<_> = wanted.iter().filter(|it| !all.iter().any(|all| all == *it)).collect();
    let wrong: Vec<_> = not.iter().filter(|it| all.iter().any(|all| all == *it)).collect();
    assert!(
        missing.is_empty() && wrong.is_empty(),
        "{lines}: missing {missing:?}, wrong {wrong:?}: {all:?}"
    );
}

#[test]
fn what_may_stand_at_the_cursor_is_offered() {
    let step = "  order-status:\n";
    #[rustfmt::skip]
    let table: [(&str, &[&str], &[&str]); 18] = [
        ("    - |\n",                                  &["play", "menu", "hangup"],       &["interrupt", "main"]),
        ("    - pl|\n    - goto: main\n",              &["play"],                         &["main"]),
        ("    - goto: |\n",                            &["main", "agent"],                &["main-menu", "play"]),
        ("    - play: |\n",                            &["main-menu", "shipped"],         &["main", "service"]),
        ("    - play: [shipped, |]\n",                 &["main-menu"],                    &["main"]),
        ("    - play: shipped\n      |\n",             &["interrupt", "when"],            &["keys", "play"]),
        ("    - play: shipped\n      int|\n    - goto: main\n", &["interrupt"],           &["keys"]),
        ("    - play: shipped\n      interrupt: |\n",  &["yes", "no"],                    &["main"]),
        ("    - menu: main-menu\n      keys: { 1: main, |\n", &["2", "0", "\"#\""],       &["1"]),
        ("    - menu: main-menu\n      keys: { 1: |",  &["main"],                         &["main-menu"]),
        ("    - menu: main-menu\n      keys:\n        2: |\n", &["agent"],                &[]),
        ("    - queue: |\n",                           &["service"],                      &["office"]),
        ("    - hours: |\n",                           &["office"],                       &["service"]),
        ("    - lookup: |\n",                          &["order"],                        &["main"]),
        ("    - lookup: order\n      with: { |\n",     &["number"],                       &["status"]),
        ("    - play: shipped\n      when: order.status == |\n", &["order.total", "shipped", "known("], &["secret"]),
        ("    - ask: enter-number\n      as: |\n",     &["digits", "secret"],             &["main"]),
        ("    - transfer: \"110\"\n      kind: b|\n",  &["bridge", "blind"],              &[]),
    ];
    for (lines, wanted, not) in table {
        offers(&format!("{step}{lines}"), wanted, not);
    }
    // Whatever is broken elsewhere.
    offers(
        "  broken:\n    - play: [a\n  order-status:\n    - goto: |\n  more:\n    - : {\n",
        &["main"],
        &[],
    );
}

#[test]
fn a_lookup_is_completed_by_how_it_asks() {
    let head = "flow: a\nlanguages: en-US\nstart: a\nlookups:\n  order:\n";
    let tail = "steps:\n  a:\n    - hangup: goodbye\n";
    #[rustfmt::skip]
    let table: [(&str, &[&str], &[&str]); 6] = [
        ("    |\n",                                       &["sql", "http"],            &["get", "query"]),
        ("    sql: |\n",                                  &["shop"],                   &["order"]),
        ("    sql: shop\n    |\n",                        &["query", "gives"],         &["get", "send"]),
        ("    http: shop\n    |\n",                       &["get", "send", "found_when"], &["query"]),
        ("    http: shop\n    gives:\n      total: { |\n", &["from", "is"],             &["query"]),
        ("    http: shop\n    gives:\n      total: { is: |\n", &["money", "date"],      &["shop"]),
    ];
    for (lines, wanted, not) in table {
        let text = format!("{head}{lines}{tail}");
        let cursor = text.find('|').unwrap();
        let mut it = house();
        it.set("flows/a.yaml", FileKind::Flow, &text.replacen('|', "", 1));
        let offered = it.complete("flows/a.yaml", cursor);
        let has = |label: &&&str| offered.iter().any(|it| it.label == **label);
        assert!(wanted.iter().all(|it| has(&it)), "{lines}: {offered:?}");
        assert!(!not.iter().any(|it| has(&it)), "{lines}: {offered:?}");
    }
}

#[test]
fn keys_that_the_words_name_come_first() {
    let all = completed(
        "  order-status:\n    - menu: main-menu\n      keys: { |\n      otherwise: main\n",
    );
    assert_eq!(all.iter().take(3).map(String::as_str).collect::<Vec<_>>(), ["0", "1", "2"]);
}

#[test]
fn placeholders_and_scenarios_are_completed_too() {
    let mut it = house();
    let words = WORDS.replace("{order.total}", "{order.");
    it.set("prompts/zh-CN/catalog.yaml", FileKind::Catalogue, &words);
    let at = words.find("{order.。").unwrap() + "{order.".len();
    let all = it.complete("prompts/zh-CN/catalog.yaml", at);
    assert!(all.iter().any(|it| it.label == "order.total" && it.detail == "money"), "{all:?}");
    let typed = "scenarios:\n  a call:\n    talk:\n      - hears: main-menu\n      - reaches: ";
    it.set("flows/shop.test.yaml", FileKind::Scenarios, typed);
    let all = it.complete("flows/shop.test.yaml", typed.len());
    assert!(all.iter().any(|it| it.label == "order-status"), "{all:?}");
}

/// What stands at the places given, each as `file:text`.
pub(super) fn at(it: &Workspace, spans: &[crate::diagnostic::Span]) -> Vec<String> {
    let shown = spans.iter().map(|span| {
        let file = it.get(span.file).unwrap();
        let name = file.path.rsplit('/').next().unwrap();
        let line = file.text[..span.start as usize].lines().count();
        format!("{name}:{line}:{}", &file.text[span.start as usize..span.end as usize])
    });
    shown.collect()
}

#[track_caller]
fn used(path: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let mut it = house();
    let text = it.file(path).unwrap().text.to_string();
    let offset = text.find(after).unwrap() + after.len();
    let (gives, uses) = (it.definitions(path, offset), it.references(path, offset));
    (at(&it, &gives), at(&it, &uses))
}

#[test]
fn names_are_found_in_flows_words_scenarios_and_settings() {
    let (gives, uses) = used("flows/shop.yaml", "goto: ma");
    assert_eq!(gives, ["shop.yaml:11:main"]);
    assert_eq!(
        uses,
        ["shop.yaml:3:main", "shop.yaml:11:main", "shop.yaml:26:main", "shop.yaml:29:main"]
    );
    let (gives, uses) = used("flows/shop.test.yaml", "reaches: order");
    assert_eq!(gives, ["shop.yaml:15:order-status"]);
    assert_eq!(uses.len(), 3, "{uses:?}");
    let (gives, uses) = used("prompts/zh-CN/catalog.yaml", "{order_num");
    assert_eq!(gives, ["shop.yaml:17:order_number"]);
    assert_eq!(
        uses,
        ["shop.yaml:17:order_number", "shop.yaml:21:order_number", "catalog.yaml:5:order_number"]
    );
    let (gives, uses) = used("flows/shop.yaml", "known(order.to");
    assert_eq!(gives, ["shop.yaml:9:total"]);
    assert_eq!(
        uses,
        [
            "shop.yaml:9:total",
            "shop.yaml:25:total",
            "shop.test.yaml:3:total",
            "catalog.yaml:5:total"
        ]
    );
    let (gives, uses) = used("flows/shop.yaml", "play: ship");
    assert_eq!((gives.as_slice(), uses.len()), (&["catalog.yaml:5:shipped".to_owned()][..], 2));
    assert_eq!(used("flows/shop.yaml", "queue: ser").0, ["hotline.yaml:2:service"]);
    assert_eq!(used("flows/shop.yaml", "sql: sh").0, ["hotline.yaml:6:shop"]);
}

/// The files after a renaming.
fn renamed(path: &str, after: &str, new: &str) -> Result<Vec<String>, Unnameable> {
    let mut it = house();
    let text = it.file(path).unwrap().text.to_string();
    let mut edits = it.rename(path, text.find(after).unwrap() + after.len(), new)?;
    edits.sort_by_key(|it| std::cmp::Reverse(it.span));
    let mut texts: Vec<String> = it.files().map(|it| it.text.to_string()).collect();
    for edit in edits {
        texts[edit.span.file.0 as usize]
            .replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    Ok(texts)
}

#[test]
fn a_new_name_is_written_wherever_the_old_one_is_meant() {
    let texts = renamed("flows/shop.yaml", "goto: ma", "home").unwrap();
    assert_eq!(
        texts[0],
        FLOW.replace("start: main", "start: home")
            .replace("  main:", "  home:")
            .replace("goto: main", "goto: home")
            .replace("otherwise: main\n", "otherwise: home\n")
    );
    let texts = renamed("prompts/zh-CN/catalog.yaml", "{order.", "sum").unwrap();
    assert!(
        texts[0].contains("status: [paid, shipped], sum: money")
            && texts[0].contains("known(order.sum)")
    );
    assert!(texts[1].contains("sum: 5") && texts[2].contains("{order.sum}"), "{texts:?}");
    let texts = renamed("flows/shop.yaml", "lookup: or", "parcel").unwrap();
    assert!(
        texts[0].contains("  parcel:\n")
            && texts[0].contains("when: parcel.status == shipped and known(parcel.total)")
    );
    assert!(
        texts[1].contains("  parcel:\n")
            && texts[1].contains("fails: parcel")
            && texts[2].contains("{parcel.total}")
    );
    let texts = renamed("flows/shop.test.yaml", "hears: main", "top-menu").unwrap();
    assert!(texts.iter().take(3).all(|it| it.contains("top-menu") && !it.contains("main-menu")));
}

#[test]
fn a_name_that_cannot_be_given_is_refused() {
    #[rustfmt::skip]
    let table = [
        ("goto: ma",   "agent",     "`agent` exists already"),
        ("goto: ma",   "Not A Step", "write lower-case words joined by `-`"),
        ("into: order", "order-no", "write lower-case words joined by `_`"),
        ("queue: ser", "sales",     "a queue gets its name in hotline.yaml, and other places there use it"),
        ("flow: sh",   "b",         "a flow is called what its file is: rename the file, then its `flow` and each `run` of it"),
        ("status == shi", "sent",   "no step, prompt, lookup, column or variable stands here"),
    ];
    for (after, new, why) in table {
        let refused = renamed("flows/shop.yaml", after, new).map_err(|it| it.to_string());
        assert_eq!(refused.as_ref().err().map(String::as_str), Some(why), "{after}: {refused:?}");
    }
    let mut it = house();
    it.set("flows/shop.test.yaml", FileKind::Scenarios, "a: [");
    let refused = it.rename("flows/shop.yaml", FLOW.find("goto: main").unwrap() + 7, "home");
    assert_eq!(refused, Err(Unnameable::Unreadable("flows/shop.test.yaml".to_owned())));
}

#[test]
fn what_is_under_the_pointer_is_explained() {
    let told = |path: &str, after: &str| {
        let mut it = house();
        let offset = it.file(path).unwrap().text.find(after).unwrap() + after.len();
        it.hover(path, offset).map(|it| it.says).unwrap_or_default()
    };
    #[rustfmt::skip]
    let table = [
        ("play: ship",       "- **zh-CN** 订单{order_number}已发货"),
        ("goto: ma",         "- menu: main-menu     # 主菜单"),
        ("into: order",      "variable `order_number`: digits"),
        ("when: order.stat", "column `order.status`: [paid, shipped]"),
        ("with: { num",      "`order` takes `number`: digits"),
        ("lookup: ord",      "query: select status"),
        ("    - men",        "speaks a prompt and goes where the first key leads"),
        ("      otherw",     "must be there"),
        ("queue: serv",      "service: { max: 10 }"),
        ("as: dig",          "type"),
    ];
    for (after, wanted) in table {
        let says = told("flows/shop.yaml", after);
        assert!(says.contains(wanted), "{after}: {says}");
    }
}

#[test]
fn an_outline_has_what_a_file_gives_names_to() {
    let names =
        |path: &str| house().outline(path).into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names("flows/shop.yaml"), ["order", "main", "order-status", "agent"]);
    assert_eq!(names("flows/shop.test.yaml"), ["a call"]);
    assert_eq!(names("prompts/zh-CN/catalog.yaml"), ["main-menu", "enter-number", "shipped"]);
}

#[test]
fn the_help_of_a_finding_can_be_done() {
    let fixed = |text: &str| {
        let (flow, mut found) = crate::flow::parse(crate::diagnostic::FileId::default(), text);
        let said = "no step is called `mian`";
        if let Some(at) = text.find("mian") {
            let span = crate::diagnostic::Span::new(flow.unwrap().file, at, at + 4);
            found.push(
                crate::diagnostic::Diagnostic::error("HL0203", span, said)
                    .help("did you mean `main`?".to_owned()),
            );
        }
        let fix = found.iter().flat_map(|it| fixes(it, text)).next().unwrap();
        let mut text = text.to_owned();
        text.replace_range(
            fix.edit.span.start as usize..fix.edit.span.end as usize,
            &fix.edit.text,
        );
        text
    };
    let frame = "flow: a\nlanguages: en-US\nstart: main\nsteps:\n  main:\n";
    #[rustfmt::skip]
    let table = [
        ("    - paly: hello\n",                         "    - play: hello\n"),
        ("    - goto: mian\n",                          "    - goto: main\n"),
        ("    - play: a\n      interrupt: nein\n",      "    - play: a\n      interrupt: yes\n"),
        ("    - hours: shop\n    - goto: main\n",       "    - hours: shop\n      closed: a-step\n    - goto: main\n"),
    ];
    for (wrong, right) in table {
        let fixed = fixed(&format!("{frame}{wrong}"));
        assert_eq!(fixed, format!("{frame}{right}"));
    }
}

proptest::proptest! {
    #[test]
    fn any_text_at_any_place_is_answered(
        cut in 0..FLOW.len(), length in 0_usize..30, instead in "[ -~\n\u{4e00}{}:|-]{0,10}", offset in 0_usize..1_000
    ) {
        let edge = |mut at: usize, text: &str| { while !text.is_char_boundary(at) { at += 1; } at };
        let (start, end) = (edge(cut, FLOW), edge((cut + length).min(FLOW.len()), FLOW));
        let text = format!("{}{instead}{}", &FLOW[..start], &FLOW[end..]);
        let mut it = house();
        it.set("flows/shop.yaml", FileKind::Flow, &text);
        let at = edge(offset.min(text.len()), &text);
        it.complete("flows/shop.yaml", at);
        it.hover("flows/shop.yaml", at);
        it.definitions("flows/shop.yaml", at);
        let _ = it.rename("flows/shop.yaml", at, "other");
        it.outline("flows/shop.yaml");
    }
}

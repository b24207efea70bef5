//! Catalogues read, and what is wrong with them told.

use super::*;
use crate::diagnostic::{Sources, text::render};

fn read(text: &str) -> (Option<Catalogue>, String) {
    let mut sources = Sources::default();
    let file = sources.add("catalog.yaml", text);
    let (catalogue, found) = Catalogue::parse(file, text);
    (catalogue, render(&found, &sources, false))
}

#[test]
fn prompts_and_words_are_read_in_their_order() {
    let (catalogue, found) = read(
        "language: zh-CN\nprompts:\n  hello: 您好。\n  total: { text: \"{order.total}，谢谢\", note: slowly }\nwords:\n  顺丰: 顺丰速运\n",
    );
    assert_eq!(found, "");
    let catalogue = catalogue.unwrap();
    let names: Vec<_> = catalogue.prompts().map(|prompt| &*prompt.name.value).collect();
    assert_eq!((&**catalogue.lang(), names.as_slice()), ("zh-CN", ["hello", "total"].as_slice()));
    assert_eq!(catalogue.word("顺丰").unwrap().text.value, "顺丰速运");
    assert_eq!(&*catalogue.word("顺丰").unwrap().clip, "zh-CN/words/_987a_4e30");
}

#[test]
fn a_placeholder_is_pointed_at_inside_plain_and_quoted_texts() {
    for text in
        ["  p: 共{a.b as money}元", "  p: \"共{a.b as money}元\"", "  p: '共{a.b as money}元'"]
    {
        let text = format!("language: zh-CN\nprompts:\n{text}\n");
        let (catalogue, _) = read(&text);
        let catalogue = catalogue.unwrap();
        let place = catalogue.prompt("p").unwrap().placeholders().next().unwrap().clone();
        let at = |span: crate::diagnostic::Span| &text[span.start as usize..span.end as usize];
        let kind = place.kind.unwrap();
        assert_eq!(
            (at(place.path.span), at(kind.span), at(place.span)),
            ("a.b", "money", "{a.b as money}")
        );
    }
}

#[test]
fn a_unit_is_recorded_in_each_form_that_its_language_has() {
    let recorded = |text: &str| {
        let (catalogue, found) = read(text);
        assert_eq!(found, "");
        let catalogue = catalogue.unwrap();
        let clips = catalogue.clips().into_iter();
        clips
            .filter(|it| it.clip.contains("/units/"))
            .map(|it| format!("{} {}", it.clip, it.text))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        recorded("language: zh-CN\nprompts: { p: 好 }\nunits: { data: 个G }\n"),
        ["zh-CN/units/data.one 一个G", "zh-CN/units/data.two 两个G", "zh-CN/units/data 个G"]
    );
    let english = "language: en-US\nprompts: { p: Yes }\nunits:\n  sheep: sheep\n  \
                   data: { one: gigabyte, many: gigabytes, note: not too fast }\n";
    assert_eq!(
        recorded(english),
        ["en-US/units/sheep sheep", "en-US/units/data.one gigabyte", "en-US/units/data gigabytes"]
    );
}

#[test]
fn a_wrong_unit_is_told_what_to_write() {
    let (catalogue, found) = read(
        "language: en-US\nprompts:\n  left: \"{data in gigabyte} left, {x in minuts}.\"\n  \
         fine: \"{data in gigabytes}, {days in days}, {x as number in pieces}.\"\nunits:\n  gigabytes: { many: gigabytes, on: gigabyte }\n  \
         Pieces: pieces\n  pieces: { one: piece }\n  points: { one: \"{x}\", many: points }\n",
    );
    let catalogue = catalogue.unwrap();
    assert_eq!(catalogue.prompts().map(|it| &*it.name.value).collect::<Vec<_>>(), ["fine"]);
    insta::assert_snapshot!(found, @r#"
    error[HL0557]: this language has no unit called `gigabyte`
     --> catalog.yaml:3:19
      |
    3 |   left: "{data in gigabyte} left, {x in minuts}."
      |                   ^^^^^^^^
      |
      = help: did you mean `gigabytes`?

    error[HL0557]: this language has no unit called `minuts`
     --> catalog.yaml:3:41
      |
    3 |   left: "{data in gigabyte} left, {x in minuts}."
      |                                         ^^^^^^
      |
      = help: did you mean `minutes`?

    error[HL0551]: `on` means nothing here
     --> catalog.yaml:6:33
      |
    6 |   gigabytes: { many: gigabytes, on: gigabyte }
      |                                 ^^
      |
      = help: did you mean `one`?

    error[HL0553]: `Pieces` cannot be the name of a unit, because its recording is called so
     --> catalog.yaml:7:3
      |
    7 |   Pieces: pieces
      |   ^^^^^^
      |
      = help: use a-z, 0-9 and `-`, at most 60 characters

    error[HL0554]: `pieces` wants the words of a unit, not a map
     --> catalog.yaml:8:3
      |
    8 |   pieces: { one: piece }
      |   ^^^^^^
      |
      = help: write `{ one: gigabyte, many: gigabytes }`

    error[HL0555]: a word has no places for values
     --> catalog.yaml:9:18
      |
    9 |   points: { one: "{x}", many: points }
      |                  ^^^^^
    "#);
}

#[test]
fn a_text_that_begins_with_a_brace_is_told_to_take_quotes() {
    let (catalogue, found) =
        read("language: zh-CN\nprompts:\n  total: {order.total}元\n  good: 好\n");
    assert!(catalogue.is_none());
    insta::assert_snapshot!(found, @"
    error[HL0101]: while parsing a block mapping, did not find expected key
     --> catalog.yaml:3:23
      |
    3 |   total: {order.total}元
      |                       ^^
      |
      = help: put the text in quotes when it begins with a brace
    ");
}

#[test]
fn a_catalogue_with_bad_prompts_keeps_the_good_ones() {
    let (catalogue, found) = read(
        "language: zh-CN\nprompt: {}\nprompts:\n  Hello: 您好\n  braces: 共{order.total\n  path: 共{1st}\n  kind: 共{total as mony}\n  \
         pin: 密码{pin as secret}\n  none: \"。\"\n  nothing:\n  map: {text: 好, notes: x}\n  good: 好\nwords: { a: \"{b}\" }\n",
    );
    let names: Vec<_> = catalogue.unwrap().prompts().map(|it| it.name.value.to_string()).collect();
    assert_eq!(names, ["map", "good"]);
    insta::assert_snapshot!(found, @r#"
    error[HL0551]: `prompt` means nothing here
     --> catalog.yaml:2:1
      |
    2 | prompt: {}
      | ^^^^^^
      |
      = help: did you mean `prompts`?

    error[HL0553]: `Hello` cannot be the name of a prompt, because its recording is called so
     --> catalog.yaml:4:3
      |
    4 |   Hello: 您好
      |   ^^^^^
      |
      = help: use a-z, 0-9 and `-`, at most 60 characters

    error[HL0555]: this brace has no partner
     --> catalog.yaml:5:12
      |
    5 |   braces: 共{order.total
      |             ^
      |
      = help: a value's place is written `{order.eta}`

    error[HL0555]: `{1st}` does not name a variable
     --> catalog.yaml:6:10
      |
    6 |   path: 共{1st}
      |           ^^^^^
      |
      = help: write a variable of the flow, such as `{order.eta}` or `{order_number as digits}`

    error[HL0556]: `mony` is not a type that a value can be read as
     --> catalog.yaml:7:20
      |
    7 |   kind: 共{total as mony}
      |                     ^^^^
      |
      = help: did you mean `money`?

    error[HL0556]: a secret is never spoken
     --> catalog.yaml:8:18
      |
    8 |   pin: 密码{pin as secret}
      |                    ^^^^^^

    error[HL0554]: this prompt has no words
     --> catalog.yaml:9:9
      |
    9 |   none: "。"
      |         ^^^^

    error[HL0554]: `nothing` wants a text to speak, not nothing
      --> catalog.yaml:10:3
       |
    10 |   nothing:
       |   ^^^^^^^

    error[HL0551]: `notes` means nothing here
      --> catalog.yaml:11:18
       |
    11 |   map: {text: 好, notes: x}
       |                   ^^^^^
       |
       = help: did you mean `note`?

    error[HL0555]: a word has no places for values
      --> catalog.yaml:13:13
       |
    13 | words: { a: "{b}" }
       |             ^^^^^
    "#);
}

#[test]
fn a_catalogue_says_which_language_it_is() {
    for text in [
        "prompts: { a: b }\n",
        "language: tlh\nprompts: { a: b }\n",
        "- a\n",
        "language: zh-CN\n",
        "language: zh-CN\nprompts: x\n",
    ] {
        let (_, found) = read(text);
        assert!(found.contains("HL0550") || found.contains("HL0552"), "{text}: {found}");
    }
}

#[test]
fn the_wrong_catalogue_of_each_page_gives_its_code_and_the_right_one_nothing() {
    let pages = [
        ("HL0550", include_str!("../../../docs/errors/HL0550.md")),
        ("HL0551", include_str!("../../../docs/errors/HL0551.md")),
        ("HL0552", include_str!("../../../docs/errors/HL0552.md")),
        ("HL0553", include_str!("../../../docs/errors/HL0553.md")),
        ("HL0554", include_str!("../../../docs/errors/HL0554.md")),
        ("HL0555", include_str!("../../../docs/errors/HL0555.md")),
        ("HL0556", include_str!("../../../docs/errors/HL0556.md")),
        ("HL0557", include_str!("../../../docs/errors/HL0557.md")),
    ];
    let block = |page: &'static str, kind: &str| {
        let (_, rest) = page.split_once(&format!("```yaml {kind}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    for (code, page) in pages {
        let codes = |kind| -> Vec<&str> {
            let (_, found) = Catalogue::parse(FileId::default(), block(page, kind));
            found.iter().map(|it| it.code).collect()
        };
        assert_eq!((codes("wrong"), codes("right")), (vec![code], vec![]), "{code}");
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
    }
}

#[test]
fn two_words_never_share_a_file() {
    #[rustfmt::skip]
    let table = [
        ("paid", "paid"), ("顺丰", "_987a_4e30"), ("DHL", "_0044_0048_004c"), ("a_b", "a_005fb"), ("𠮷", "__020bb7"), ("a b", "a_0020b"), ("../x", "_002e_002e_002fx"),
    ];
    for (word, expected) in table {
        assert_eq!(file_name(word), expected, "{word}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_gives_a_catalogue_or_a_finding(body in "[a-z{}. :。，一\"\n]{0,60}") {
        let (catalogue, found) = read(&format!("language: zh-CN\nprompts:\n  p: {body}\n"));
        proptest::prop_assert!(catalogue.is_some_and(|it| it.prompt("p").is_some()) || !found.is_empty());
    }

    #[test]
    fn any_prompt_text_keeps_its_words(text in "[a-z{}. ，一]{1,40}") {
        let (catalogue, _) = read(&format!("language: zh-CN\nprompts:\n  p: \"{text}\"\n"));
        if let Some(prompt) = catalogue.as_ref().and_then(|it| it.prompt("p")) {
            let joined: String = prompt.parts.iter().map(|part| match part {
                Part::Fixed { text, .. } | Part::Mark { text, .. } => text.clone(),
                Part::Value(place) => format!("{{{}}}", place.path.value),
            }).collect();
            let bare = |text: &str| text.replace(' ', "");
            proptest::prop_assert_eq!(bare(&joined), bare(&text));
        }
    }
}

//! `catalog.yaml` read into a [`Catalogue`], every problem in one run.
//!
//! ```yaml
//! language: zh-CN
//! prompts:
//!   welcome: 您好，欢迎致电商城客服热线。
//!   order-shipped: { text: "您的订单已由{order.carrier}发出。", note: said slowly }
//! words: { 顺丰: 顺丰速运 }
//! units: { gigabytes: 个G }          # in English { one: gigabyte, many: gigabytes }
//! ```

use std::sync::Arc;

use indexmap::IndexMap;

use super::catalogue::{Catalogue, Part, Prompt, Unit, Word};
use super::say::Tongue;
use super::template::{self, Scalar};
use crate::diagnostic::{Diagnostic, FileId, Spanned, nearest};
use crate::yaml::{self, Kind, Node};

/// The most characters a prompt may have: two minutes of speech.
const MAX_PROMPT_CHARS: usize = 1_000;
/// The most characters a name or word may have: it becomes part of a file's name.
const MAX_NAME_CHARS: usize = 60;

impl Catalogue {
    /// Reads a `catalog.yaml`. `None` comes with at least one error; a prompt that has an error is left out.
    #[must_use]
    pub fn parse(file: FileId, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let (root, mut found) = yaml::parse(file, text);
        found.iter_mut().for_each(|it| explain_brace(it, text));
        let catalogue =
            root.and_then(|root| Reader { text, found: &mut found }.catalogue(&root, file));
        (catalogue, found)
    }
}

struct Reader<'a> {
    text: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn catalogue(&mut self, root: &Node, file: FileId) -> Option<Catalogue> {
        let Kind::Map(_) = root.kind else {
            let says = format!(
                "a catalogue is a map with `language`, `prompts`, `words` and `units`, not {}",
                root.what()
            );
            self.found.push(Diagnostic::error("HL0550", root.span, says));
            return None;
        };
        self.known_keys(root, &["language", "prompts", "words", "units"]);
        let language = self.language(root);
        let lang = language.as_ref().map_or("", |(lang, _)| &*lang.value);
        let tongue = language.as_ref().map_or(Tongue::English, |(_, tongue)| *tongue);
        // Those whose words are wrong too: a prompt that is said with one is not wrong for that.
        let own = root.get("units").into_iter().flat_map(Node::entries);
        let units: Vec<&str> =
            own.filter_map(|(name, _)| name.text()).chain(tongue.units().iter().copied()).collect();
        let prompts =
            self.section(root, "prompts", |this, key, value| this.prompt(lang, &units, key, value));
        let units =
            self.section(root, "units", |this, key, value| this.unit(lang, tongue, key, value));
        let words = self.section(root, "words", |this, key, value| this.word(lang, key, value));
        if root.get("prompts").is_none() {
            let says = "a catalogue without `prompts` says nothing";
            self.found.push(Diagnostic::error("HL0550", root.span, says));
        }
        let (lang, tongue) = language?;
        Some(Catalogue { lang, tongue, file, prompts, words, units })
    }

    fn language(&mut self, root: &Node) -> Option<(Spanned<Arc<str>>, Tongue)> {
        let Some(node) = root.get("language") else {
            let says = "the catalogue does not say which language it is";
            let help = "write `language: zh-CN` or `language: en-US` at its top".to_owned();
            self.found.push(Diagnostic::error("HL0550", root.span, says).help(help));
            return None;
        };
        let tag = node.text().unwrap_or_default();
        let Some(tongue) = Tongue::from_tag(tag) else {
            let says = format!("numbers and dates cannot be said in `{tag}`");
            let help = "the languages are zh-CN and en-US".to_owned();
            self.found.push(Diagnostic::error("HL0552", node.span, says).help(help));
            return None;
        };
        Some((Spanned::new(tag.into(), node.span), tongue))
    }

    /// Reads each entry of a map below the root; entries with errors are left out.
    fn section<T>(
        &mut self,
        root: &Node,
        name: &str,
        mut read: impl FnMut(&mut Self, &Node, &Node) -> Option<T>,
    ) -> IndexMap<Arc<str>, T> {
        let Some(node) = root.get(name) else { return IndexMap::new() };
        if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
            let says = format!("`{name}` is a map from names to texts, not {}", node.what());
            self.found.push(Diagnostic::error("HL0550", node.span, says));
        }
        let read =
            |(key, value): &(Node, Node)| Some((key.text()?.into(), read(self, key, value)?));
        node.entries().iter().filter_map(read).collect()
    }

    /// `units` are the names of those that it may be said with.
    fn prompt(&mut self, lang: &str, units: &[&str], key: &Node, value: &Node) -> Option<Prompt> {
        let name = self.name(key, "a prompt")?;
        let node = self.spoken(key, value)?;
        let text = self.scalar(node)?;
        let before = self.found.len();
        let parts = template::parts(&text, &format!("{lang}/{name}"), units, self.found);
        let length = template::length(&parts);
        let sound = self.found.len() == before;
        if sound && !parts.iter().any(speaks) {
            self.found.push(Diagnostic::error("HL0554", node.span, "this prompt has no words"));
            return None;
        }
        (sound && is_file_name(name)).then(|| Prompt {
            name: Spanned::new(name.into(), key.span),
            text: Spanned::new(text.text.to_owned(), node.span),
            parts,
            length,
        })
    }

    /// The name of `what`, which becomes that of a file. One that cannot is reported and given back all the same.
    fn name<'n>(&mut self, key: &'n Node, what: &str) -> Option<&'n str> {
        let name = key.text()?;
        if !is_file_name(name) {
            let says = format!(
                "`{name}` cannot be the name of {what}, because its recording is called so"
            );
            let help = format!("use a-z, 0-9 and `-`, at most {MAX_NAME_CHARS} characters");
            self.found.push(Diagnostic::error("HL0553", key.span, says).help(help));
        }
        Some(name)
    }

    /// `gigabytes: 个G`, `gigabytes: { one: gigabyte, many: gigabytes }`.
    fn unit(&mut self, lang: &str, tongue: Tongue, key: &Node, value: &Node) -> Option<Unit> {
        let name = self.name(key, "a unit")?;
        let (one, many) = match (&value.kind, value.get("many"), tongue) {
            (Kind::Scalar(_), ..) => (None, value),
            (Kind::Map(_), Some(many), Tongue::English) => {
                self.known_keys(value, &["one", "many", "note"]);
                (value.get("one"), many)
            }
            (Kind::Map(_), Some(many), Tongue::Mandarin) => {
                self.known_keys(value, &["many", "note"]);
                (None, many)
            }
            (Kind::Null | Kind::List(_) | Kind::Map(_), ..) => {
                let says = format!("`{name}` wants the words of a unit, not {}", value.what());
                let help = match tongue {
                    Tongue::Mandarin => "write what stands behind a number: `gigabytes: 个G`",
                    Tongue::English => "write `{ one: gigabyte, many: gigabytes }`",
                };
                self.found.push(Diagnostic::error("HL0554", key.span, says).help(help.to_owned()));
                return None;
            }
        };
        let word = |text: Spanned<String>, form: &str| Word {
            text,
            clip: format!("{lang}/units/{name}{form}").into(),
        };
        let many = self.plain(many)?;
        let [one, two] = match (tongue, one) {
            (Tongue::English, None) => [None, None],
            (Tongue::English, Some(one)) => [Some(self.plain(one)?), None],
            (Tongue::Mandarin, _) => ["一", "两"]
                .map(|number| Some(Spanned::new(format!("{number}{}", many.value), many.span))),
        };
        is_file_name(name).then(|| Unit {
            name: Spanned::new(name.into(), key.span),
            few: [one.map(|it| word(it, ".one")), two.map(|it| word(it, ".two"))],
            many: word(many, ""),
        })
    }

    /// A text without places for values.
    fn plain(&mut self, node: &Node) -> Option<Spanned<String>> {
        let text = self.scalar(node)?;
        if text.text.contains(['{', '}']) {
            let says = "a word has no places for values";
            self.found.push(Diagnostic::error("HL0555", node.span, says));
            return None;
        }
        Some(Spanned::new(text.text.to_owned(), node.span))
    }

    fn word(&mut self, lang: &str, key: &Node, value: &Node) -> Option<Word> {
        let word = key.text()?;
        let node = self.spoken(key, value)?;
        let text = self.plain(node)?;
        if word.chars().count() > MAX_NAME_CHARS {
            let says = format!("this word has more than {MAX_NAME_CHARS} characters");
            self.found.push(Diagnostic::error("HL0553", key.span, says));
            return None;
        }
        let clip = format!("{lang}/words/{}", file_name(word)).into();
        Some(Word { text, clip })
    }

    /// The scalar that holds what is spoken: the value itself, or its `text`.
    fn spoken<'n>(&mut self, key: &Node, value: &'n Node) -> Option<&'n Node> {
        match &value.kind {
            Kind::Scalar(_) => Some(value),
            Kind::Map(_) if value.get("text").is_some() => {
                self.known_keys(value, &["text", "note"]);
                value.get("text")
            }
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                let says = format!(
                    "`{}` wants a text to speak, not {}",
                    key.text().unwrap_or_default(),
                    value.what()
                );
                let help = matches!(value.kind, Kind::Map(_)).then(|| QUOTES.to_owned());
                self.found.push(Diagnostic::error("HL0554", key.span, says).help(help));
                None
            }
        }
    }

    fn scalar<'n>(&mut self, node: &'n Node) -> Option<Scalar<'n>> {
        let text = node.text()?;
        if text.trim().is_empty() || text.chars().count() > MAX_PROMPT_CHARS {
            let says = format!("a text to be spoken has 1 to {MAX_PROMPT_CHARS} characters");
            self.found.push(Diagnostic::error("HL0554", node.span, says));
            return None;
        }
        let written = self.text.get(node.span.start as usize..node.span.end as usize);
        let offset = written.and_then(|written| written.find(text));
        Some(Scalar { text: text.trim_end(), span: node.span, offset })
    }

    fn known_keys(&mut self, map: &Node, known: &[&str]) {
        for (key, _) in map.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let help = nearest(name, known.iter().copied()).map_or_else(
                    || format!("the keys here are {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let says = format!("`{name}` means nothing here");
                self.found.push(Diagnostic::error("HL0551", key.span, says).help(help));
            }
        }
    }
}

const QUOTES: &str = "put the text in quotes when it begins with a brace";

/// A text that begins with a placeholder is a map to YAML, which complains at its end or on the next line.
fn explain_brace(it: &mut Diagnostic, text: &str) {
    let before = text.get(..it.span.end as usize).unwrap_or_default();
    let braced = |line: &str| {
        line.split_once(": {").is_some_and(|(_, rest)| !rest.trim_end().ends_with('}'))
    };
    if it.code == "HL0101" && it.help.is_none() && before.lines().rev().take(2).any(braced) {
        it.help = Some(QUOTES.to_owned());
    }
}

fn speaks(part: &Part) -> bool {
    match part {
        Part::Fixed { text, .. } => text.chars().any(char::is_alphanumeric),
        Part::Value(_) => true,
        Part::Mark { .. } => false,
    }
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_CHARS
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A file name in ASCII for any word: letters, digits and `-` stay, everything else is `_` and four hexadecimal digits,
/// or `__` and six. Two words never share one.
fn file_name(word: &str) -> String {
    let mut name = String::with_capacity(word.len());
    for it in word.chars() {
        let code = u32::from(it);
        match it {
            'a'..='z' | '0'..='9' | '-' => name.push(it),
            _ if code <= 0xFFFF => name.push_str(&format!("_{code:04x}")),
            _ => name.push_str(&format!("__{code:06x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            (&**catalogue.lang(), names.as_slice()),
            ("zh-CN", ["hello", "total"].as_slice())
        );
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
            [
                "en-US/units/sheep sheep",
                "en-US/units/data.one gigabyte",
                "en-US/units/data gigabytes"
            ]
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
        let names: Vec<_> =
            catalogue.unwrap().prompts().map(|it| it.name.value.to_string()).collect();
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
            ("HL0550", include_str!("../../docs/errors/HL0550.md")),
            ("HL0551", include_str!("../../docs/errors/HL0551.md")),
            ("HL0552", include_str!("../../docs/errors/HL0552.md")),
            ("HL0553", include_str!("../../docs/errors/HL0553.md")),
            ("HL0554", include_str!("../../docs/errors/HL0554.md")),
            ("HL0555", include_str!("../../docs/errors/HL0555.md")),
            ("HL0556", include_str!("../../docs/errors/HL0556.md")),
            ("HL0557", include_str!("../../docs/errors/HL0557.md")),
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
}

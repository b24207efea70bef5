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
mod tests;

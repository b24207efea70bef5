//! The prompts and words of one language, and how they become utterances.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::civil;

use super::say::{self, Nearby, Tongue};
use super::template;
use super::utterance::{Piece, Utterance};
use crate::diagnostic::{FileId, Span, Spanned};
use crate::value::{Type, Value};

/// A language by its BCP 47 tag: `zh-CN`, `en-US`.
pub type Lang = Arc<str>;

/// The catalogue of each language that is served.
pub type Catalogues = IndexMap<Lang, Catalogue>;

/// The prompts and words of one language: what `prompts/<lang>/catalog.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    pub(super) lang: Spanned<Lang>,
    pub(super) tongue: Tongue,
    pub(super) file: FileId,
    pub(super) prompts: IndexMap<Arc<str>, Prompt>,
    pub(super) words: IndexMap<Arc<str>, Word>,
    pub(super) units: IndexMap<Arc<str>, Unit>,
}

/// A sentence or two, perhaps with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What flows call it; also the name of its recording.
    pub name: Spanned<Arc<str>>,
    /// As written, with its placeholders.
    pub text: Spanned<String>,
    /// The same in parts, in order.
    pub parts: Vec<Part>,
    /// How long it takes to say, estimated from its text; a value counts 1.5 s.
    pub length: Duration,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words that are always the same.
    Fixed {
        /// The words.
        text: String,
        /// Their recording.
        clip: Arc<str>,
        /// Where they stand.
        span: Span,
    },
    /// Signs between words and a value: a moment of silence, not recorded.
    Mark {
        /// The signs.
        text: String,
        /// How long, in milliseconds.
        pause_ms: u16,
    },
    /// A value's place.
    Value(Placeholder),
}

/// A value's place in a prompt: `{order.eta}`, `{order_number as digits}`, `{line.data in gigabytes}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The variable.
    pub path: Spanned<Arc<str>>,
    /// Read as this type instead of its own.
    pub kind: Option<Spanned<Type>>,
    /// What it counts: said behind the number.
    pub unit: Option<Spanned<Arc<str>>>,
    /// The whole placeholder, with its braces.
    pub span: Span,
}

/// A word that values may be: one of a choice, a carrier's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What is said.
    pub text: Spanned<String>,
    /// Its recording.
    pub clip: Arc<str>,
}

/// What a number counts, in the words of one language: 个G, `gigabyte` and `gigabytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What flows call it; the same in every language.
    pub name: Spanned<Arc<str>>,
    /// Its words behind exactly one and behind exactly two, where they are others than behind any other number.
    /// In Mandarin the number is part of them (一个G, 两个G), because its tone or word changes.
    pub(super) few: [Option<Word>; 2],
    /// Its words behind any other number.
    pub(super) many: Word,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading<'a> {
    /// As this type instead of its own.
    pub kind: Option<&'a Type>,
    /// As so many of this unit.
    pub unit: Option<&'a str>,
}

/// A recording that the catalogue needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its name below `prompts/`, without the extension.
    pub clip: Arc<str>,
    /// What it says.
    pub text: String,
    /// What it is for.
    pub kind: RecordingKind,
    /// How long it should take to say, estimated from its text.
    pub length: Duration,
}

/// What a recording is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingKind {
    /// A prompt, or a fixed part of one.
    Prompt,
    /// A word of `words:`, or of a unit.
    Word,
    /// A piece that numbers, dates and amounts are built from.
    Atom,
}

/// Why something cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unspeakable {
    /// A placeholder's variable is not set.
    #[error("`{0}` has no value")]
    Unset(Arc<str>),
    /// The value is a secret.
    #[error("a secret is never spoken")]
    Secret,
    /// The value cannot be read as the type asked for.
    #[error("the value cannot be read as {0}")]
    Unfit(Type),
    /// A unit is asked for that the language does not have.
    #[error("no unit is called `{0}`")]
    NoUnit(Arc<str>),
    /// A unit is asked for with a value that counts nothing.
    #[error("only a number has a unit")]
    Uncounted,
    /// A number of 10^15 or more, or more than 64 digits.
    #[error("the value is too large to be spoken")]
    TooLarge,
}

impl Catalogue {
    /// Its language.
    #[must_use]
    pub const fn lang(&self) -> &Lang {
        &self.lang.value
    }

    /// The file it was read from.
    #[must_use]
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Where it says which language it is: a place for findings about the catalogue as a whole.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.lang.span
    }

    /// The prompt called `name`.
    #[must_use]
    pub fn prompt(&self, name: &str) -> Option<&Prompt> {
        self.prompts.get(name)
    }

    /// Its prompts, in the order written.
    pub fn prompts(&self) -> impl ExactSizeIterator<Item = &Prompt> {
        self.prompts.values()
    }

    /// The recorded words for `word`, which a text or choice value is.
    #[must_use]
    pub fn word(&self, word: &str) -> Option<&Word> {
        self.words.get(word)
    }

    /// The names of the units that values may be said with, its own and those of its language.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        self.units.keys().map(|it| &**it).chain(self.tongue.units().iter().copied())
    }

    /// Every recording that it needs, each once: prompts, words, units, atoms, in this order.
    #[must_use]
    pub fn clips(&self) -> Vec<Recording> {
        let prompts =
            self.prompts.values().flat_map(|prompt| &prompt.parts).filter_map(|part| match part {
                Part::Fixed { text, clip, .. } => {
                    Some((Arc::clone(clip), text.clone(), RecordingKind::Prompt))
                }
                Part::Mark { .. } | Part::Value(_) => None,
            });
        let units = self.units.values().flat_map(|unit| {
            let few = unit.few.iter().flatten();
            few.chain([&unit.many])
        });
        let words = self
            .words
            .values()
            .chain(units)
            .map(|word| (Arc::clone(&word.clip), word.text.value.clone(), RecordingKind::Word));
        let atoms = say::atoms(self.tongue)
            .into_iter()
            .map(|atom| (self.atom_clip(&atom.id), atom.words, RecordingKind::Atom));
        prompts
            .chain(words)
            .chain(atoms)
            .map(|(clip, text, kind)| Recording {
                length: template::words_length(&text),
                clip,
                text,
                kind,
            })
            .collect()
    }

    /// Says `prompt` with the values that its placeholders name; `today` decides whether a date's year is worth saying.
    ///
    /// # Errors
    /// [`Unspeakable`] if a value is unset, secret, too large or not what the placeholder wants.
    pub fn speak(
        &self,
        prompt: &Prompt,
        today: civil::Date,
        values: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Utterance, Unspeakable> {
        let mut said = Utterance::default();
        for (at, part) in prompt.parts.iter().enumerate() {
            match part {
                Part::Fixed { text, clip, .. } => said.clip(Arc::clone(clip), text),
                Part::Mark { text, pause_ms } => said.pause(*pause_ms, text),
                Part::Value(place) => {
                    let value = values(&place.path.value)
                        .ok_or_else(|| Unspeakable::Unset(Arc::clone(&place.path.value)))?;
                    let nearby = Nearby {
                        before: said.text.chars().next_back(),
                        after: prompt.parts.get(at + 1).and_then(Part::first_char),
                    };
                    let reading = Reading {
                        kind: place.kind.as_ref().map(|kind| &kind.value),
                        unit: place.unit.as_ref().map(|unit| &*unit.value),
                    };
                    self.say_into(&value, reading, today, nearby, &mut said)?;
                }
            }
        }
        Ok(said)
    }

    /// Says `value` alone, as `reading` wants it.
    ///
    /// # Errors
    /// [`Unspeakable`] if the value is secret, too large or not readable so.
    pub fn say(
        &self,
        value: &Value,
        reading: Reading<'_>,
        today: civil::Date,
    ) -> Result<Utterance, Unspeakable> {
        let mut said = Utterance::default();
        self.say_into(value, reading, today, Nearby::default(), &mut said)?;
        Ok(said)
    }

    /// Appends what is said of `value`, with what stands beside it in a prompt.
    pub(super) fn say_into(
        &self,
        value: &Value,
        reading: Reading<'_>,
        today: civil::Date,
        nearby: Nearby,
        said: &mut Utterance,
    ) -> Result<(), Unspeakable> {
        let value = say::read_as(value, reading.kind)?;
        if let Some(name) = reading.unit {
            return self.count(&value, name, said);
        }
        if let Value::Text(word) | Value::Choice(word) = &value {
            match self.words.get(word) {
                Some(recorded) => said.clip(Arc::clone(&recorded.clip), &recorded.text.value),
                None => said.silent_words(word),
            }
            return Ok(());
        }
        if let Value::Recording(id) = &value {
            said.text.push_str(self.tongue.recording_sign());
            said.pieces.push(Piece::Recording(Arc::clone(id)));
            return Ok(());
        }
        let spoken = say::say(self.tongue, &value, today, nearby)?;
        self.join(spoken, None, said);
        Ok(())
    }

    /// Says how many of the unit called `name` there are.
    fn count(&self, value: &Value, name: &str, said: &mut Utterance) -> Result<(), Unspeakable> {
        let Value::Number(number) = value else { return Err(Unspeakable::Uncounted) };
        let own = self.units.get(name);
        let builtin = || self.tongue.units().iter().copied().find(|it| *it == name);
        let unit = match own {
            Some(_) => say::Counted::Own,
            None => say::Counted::Known(builtin().ok_or_else(|| Unspeakable::NoUnit(name.into()))?),
        };
        self.join(say::count(self.tongue, *number, unit)?, own, said);
        Ok(())
    }

    /// Appends what is said of a value; `unit` is the one whose words are among it.
    fn join(&self, spoken: Vec<say::Bit>, unit: Option<&Unit>, said: &mut Utterance) {
        let glue = self.tongue.glue();
        let mut first = true;
        for bit in spoken {
            if !matches!(bit, say::Bit::Pause(_)) && !std::mem::take(&mut first) {
                said.text.push_str(glue);
            }
            match bit {
                say::Bit::Atom(atom) => said.clip(self.atom_clip(&atom.id), &atom.words),
                say::Bit::Unit(form) => {
                    if let Some(word) = unit.map(|it| it.word(form)) {
                        said.clip(Arc::clone(&word.clip), &word.text.value);
                    }
                }
                say::Bit::Pause(ms) => said.pause(ms, self.tongue.group_sign()),
            }
        }
    }

    fn atom_clip(&self, id: &str) -> Arc<str> {
        format!("{}/atoms/{id}", self.lang.value).into()
    }
}

impl Unit {
    fn word(&self, form: say::Form) -> &Word {
        let [one, two] = &self.few;
        let few = match form {
            say::Form::One => one,
            say::Form::Two => two,
            say::Form::Many => &None,
        };
        few.as_ref().unwrap_or(&self.many)
    }
}

impl Prompt {
    /// The places for values in it, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(place) => Some(place),
            Part::Fixed { .. } | Part::Mark { .. } => None,
        })
    }
}

impl Part {
    fn first_char(&self) -> Option<char> {
        match self {
            Self::Fixed { text, .. } | Self::Mark { text, .. } => text.chars().next(),
            Self::Value(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use super::*;
    use crate::diagnostic::{Sources, text::render};

    const TODAY: civil::Date = civil::date(2026, 11, 24);

    fn catalogue(text: &str) -> Catalogue {
        let mut sources = Sources::default();
        let file = sources.add("catalog.yaml", text);
        let (catalogue, found) = Catalogue::parse(file, text);
        assert_eq!(render(&found, &sources, false), "");
        catalogue.unwrap()
    }

    fn shipped(path: &str) -> Option<Value> {
        Some(match path {
            "order.carrier" => Value::Text("顺丰".into()),
            "order.eta" => Value::Date(civil::date(2026, 11, 26)),
            "order.total" => Value::Money(12_905),
            "order.number" => Value::Digits("20260001".into()),
            "pin" => Type::Secret.read("4711").unwrap(),
            _ => return None,
        })
    }

    /// An utterance as its recordings: `a b.1 (150) c`.
    fn played(said: &Utterance) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Clip(clip) => clip.to_string(),
            Piece::Pause(ms) => format!("({ms})"),
            Piece::Recording(id) => format!("<{id}>"),
        };
        said.pieces.iter().map(piece).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_prompt_becomes_its_fixed_parts_and_the_atoms_of_its_values() {
        let it = catalogue(
            "language: zh-CN\nprompts:\n  shipped: 您的订单已由{order.carrier}发出，预计{order.eta}送达。\n  \
             total: 金额：{order.total}，谢谢。\n  plain: 再见。\nwords: { 顺丰: 顺丰速运 }\n",
        );
        #[rustfmt::skip]
        let table = [
            ("shipped", "您的订单已由顺丰速运发出，预计十一月二十六日送达。",
             "zh-CN/shipped.1 zh-CN/words/_987a_4e30 zh-CN/shipped.2 zh-CN/atoms/month-11 zh-CN/atoms/day-26 zh-CN/shipped.3"),
            ("total", "金额：一百二十九元零五分，谢谢。",
             "zh-CN/total.1 (150) zh-CN/atoms/100 zh-CN/atoms/yuan-29 zh-CN/atoms/0 zh-CN/atoms/fen-5 (150) zh-CN/total.2"),
            ("plain", "再见。", "zh-CN/plain"),
        ];
        for (name, text, pieces) in table {
            let said = it.speak(it.prompt(name).unwrap(), TODAY, &shipped).unwrap();
            assert_eq!((said.text.as_str(), played(&said).as_str()), (text, pieces));
            assert_eq!(said.unrecorded, []);
        }
    }

    #[test]
    fn a_number_is_said_with_its_unit_and_percentages_without() {
        let prompts = "left: \"{it in data}, {it as percent}\"";
        let mandarin = catalogue(&format!(
            "language: zh-CN\nprompts: {{ {prompts} }}\nunits: {{ data: 个G }}\n"
        ));
        let english = catalogue(&format!(
            "language: en-US\nprompts: {{ {prompts} }}\nunits: {{ data: {{ one: gigabyte, many: gigabytes }} }}\n"
        ));
        #[rustfmt::skip]
        let table = [
            ("0",    "零个G, 百分之零",             "zero gigabytes, zero percent"),
            ("1",    "一个G, 百分之一",             "one gigabyte, one percent"),
            ("2",    "两个G, 百分之二",             "two gigabytes, two percent"),
            ("12",   "十二个G, 百分之十二",         "twelve gigabytes, twelve percent"),
            ("100",  "一百个G, 百分之百",           "one hundred gigabytes, one hundred percent"),
            ("102",  "一百零二个G, 百分之一百零二", "one hundred two gigabytes, one hundred two percent"),
            ("2.50", "二点五个G, 百分之二点五",     "two point five gigabytes, two point five percent"),
            ("-1",   "负一个G, 负百分之一",         "minus one gigabyte, minus one percent"),
        ];
        for (number, in_mandarin, in_english) in table {
            for (catalogue, expected) in [(&mandarin, in_mandarin), (&english, in_english)] {
                let values = |_: &str| Type::Number.read(number).ok();
                let said = catalogue.speak(catalogue.prompt("left").unwrap(), TODAY, &values);
                assert_eq!(said.unwrap().text, expected, "{number}");
            }
        }
        let two = mandarin.say(
            &Value::Number(2.into()),
            Reading { kind: None, unit: Some("data") },
            TODAY,
        );
        assert_eq!(played(&two.unwrap()), "zh-CN/units/data.two");
        let minutes = Reading { kind: None, unit: Some("minutes") };
        let built_in = mandarin.say(&Value::Number(2.into()), minutes, TODAY);
        assert_eq!(played(&built_in.unwrap()), "zh-CN/atoms/minutes-2");
        for (value, unit, wrong) in [
            (Value::Money(5), "data", Unspeakable::Uncounted),
            (Value::Number(5.into()), "miles", Unspeakable::NoUnit("miles".into())),
        ] {
            let reading = Reading { kind: None, unit: Some(unit) };
            assert_eq!(english.say(&value, reading, TODAY), Err(wrong));
        }
    }

    #[test]
    fn english_keeps_its_spaces() {
        let it = catalogue(
            "language: en-US\nprompts:\n  shipped: Shipped by {order.carrier} for {order.eta}.\n\
             words: { 顺丰: S F Express }\n",
        );
        let said = it.speak(it.prompt("shipped").unwrap(), TODAY, &shipped).unwrap();
        assert_eq!(said.text, "Shipped by S F Express for November twenty-sixth.");
        insta::assert_snapshot!(played(&said), @"en-US/shipped.1 en-US/words/_987a_4e30 en-US/shipped.2 en-US/atoms/month-11 en-US/atoms/day-26 (300)");
    }

    #[test]
    fn a_time_at_the_end_of_a_sentence_has_one_full_stop() {
        let it = catalogue(
            "language: en-US\nprompts:\n  opens: We open at {time}.\n  late: \"{time}, on time.\"\n",
        );
        let nine = |_: &str| Some(Type::Time.read("09:30").unwrap());
        let said = |name| it.speak(it.prompt(name).unwrap(), TODAY, &nine).unwrap().text;
        assert_eq!(said("opens"), "We open at nine thirty a.m.");
        assert_eq!(said("late"), "nine thirty a.m., on time.");
    }

    #[test]
    fn a_word_without_a_recording_is_shown_and_reported_but_not_heard() {
        let it = catalogue("language: zh-CN\nprompts:\n  shipped: 由{order.carrier}发出。\n");
        let said = it.speak(it.prompt("shipped").unwrap(), TODAY, &shipped).unwrap();
        assert_eq!(
            (said.text.as_str(), played(&said).as_str()),
            ("由顺丰发出。", "zh-CN/shipped.1 zh-CN/shipped.2")
        );
        assert_eq!(said.unrecorded, ["顺丰".into()]);
    }

    #[test]
    fn what_cannot_be_said_is_an_error_that_names_no_value() {
        let it = catalogue(
            "language: zh-CN\nprompts:\n  unset: 共{order.weight}克。\n  secret: 密码{pin}。\n  \
             hidden: 密码{pin as digits}。\n  unfit: 由{order.carrier as money}发出。\n  \
             spelled: 单号{order.number as number}。\n",
        );
        #[rustfmt::skip]
        let table = [
            ("unset",   Err("`order.weight` has no value")),
            ("secret",  Err("a secret is never spoken")),
            ("hidden",  Err("a secret is never spoken")),
            ("unfit",   Err("the value cannot be read as money")),
            ("spelled", Ok("单号两千零二十六万零一。")),
        ];
        for (name, expected) in table {
            let said = it.speak(it.prompt(name).unwrap(), TODAY, &shipped);
            let said = said.map(|said| said.text).map_err(|error| error.to_string());
            assert_eq!(said.as_deref().map_err(String::as_str), expected, "{name}");
        }
        let secret = Type::Secret.read("4711").unwrap();
        assert_eq!(it.say(&secret, Reading::default(), TODAY), Err(Unspeakable::Secret));
    }

    #[test]
    fn every_name_of_a_recording_is_there_once_and_can_be_a_file() {
        let it = catalogue(
            "language: zh-CN\nprompts:\n  a: 甲\n  a-1: 乙{x}丙{y}丁\nwords: { 顺丰: 顺丰, DHL: D H L, paid: 已付款 }\n",
        );
        let clips = it.clips();
        let names: std::collections::BTreeSet<_> = clips.iter().map(|it| &*it.clip).collect();
        assert_eq!(names.len(), clips.len());
        let fits = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_./".contains(&byte)
        };
        for name in names {
            assert!(
                name.strip_prefix("zh-CN/").is_some_and(|name| name.bytes().all(fits)),
                "{name}"
            );
        }
        assert!(clips.iter().any(|it| &*it.clip == "zh-CN/a-1.3" && it.text == "丁"));
    }

    fn any_value() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        prop_oneof![
            (any::<i64>(), 0_u32..6).prop_map(|(it, scale)| {
                Value::Number(rust_decimal::Decimal::new(it % 1_000_000_000_000_000, scale))
            }),
            (-2_000_000_i64..2_000_000_000).prop_map(Value::Money),
            "[0-9*#]{1,40}".prop_map(|it| Value::Digits(it.into())),
            "\\+?[0-9]{2,20}".prop_map(|it| Value::Phone(it.into())),
            (-2_000_i16..4_000, 1_i8..=12, 1_i8..=28)
                .prop_map(|(year, month, day)| Value::Date(civil::date(year, month, day))),
            (0_i8..24, 0_i8..60)
                .prop_map(|(hour, minute)| { Value::DateTime(TODAY.at(hour, minute, 0, 0)) }),
            any::<u32>().prop_map(|ms| Value::Duration(Duration::from_millis(ms.into()))),
            any::<bool>().prop_map(Value::YesNo),
        ]
    }

    type Texts = HashMap<Arc<str>, String>;

    /// Both tongues, with the text of each recording.
    static BOTH: LazyLock<[(Catalogue, Texts); 2]> = LazyLock::new(|| {
        ["zh-CN", "en-US"].map(|lang| {
            let it = catalogue(&format!("language: {lang}\nprompts: {{ p: a }}\n"));
            let texts = it.clips().into_iter().map(|it| (it.clip, it.text)).collect();
            (it, texts)
        })
    });

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(4_000))]
        /// What is heard, put together from the texts of the recordings list, is what is shown.
        #[test]
        fn captions_and_recordings_say_the_same(value in any_value()) {
            for (it, texts) in BOTH.iter() {
                let said = it.say(&value, Reading::default(), TODAY).unwrap();
                let heard: String = said.pieces.iter().map(|piece| match piece {
                    Piece::Clip(clip) => texts.get(clip).unwrap().as_str(),
                    Piece::Pause(_) | Piece::Recording(_) => "",
                }).collect();
                let bare = |text: &str| text.replace([' ', ','], "");
                proptest::prop_assert_eq!(bare(&heard), bare(&said.text));
                proptest::prop_assert!(!said.text.is_empty());
            }
        }
    }
}

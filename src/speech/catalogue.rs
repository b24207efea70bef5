//! The prompts and words of one language, and how they become utterances.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::civil;

use super::say::{self, Nearby, Tongue};
use super::utterance::Utterance;
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

/// A value's place in a prompt: `{order.eta}`, `{order_number as digits}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The variable.
    pub path: Spanned<Arc<str>>,
    /// Read as this type instead of its own.
    pub kind: Option<Spanned<Type>>,
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

/// A recording that the catalogue needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its name below `prompts/`, without the extension.
    pub clip: Arc<str>,
    /// What it says.
    pub text: String,
    /// What it is for.
    pub kind: RecordingKind,
}

/// What a recording is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingKind {
    /// A prompt, or a fixed part of one.
    Prompt,
    /// A word of `words:`.
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

    /// Every recording that it needs, each once: prompts, words, atoms, in this order.
    #[must_use]
    pub fn clips(&self) -> Vec<Recording> {
        let prompts =
            self.prompts.values().flat_map(|prompt| &prompt.parts).filter_map(|part| match part {
                Part::Fixed { text, clip, .. } => {
                    Some((Arc::clone(clip), text.clone(), RecordingKind::Prompt))
                }
                Part::Mark { .. } | Part::Value(_) => None,
            });
        let words = self
            .words
            .values()
            .map(|word| (Arc::clone(&word.clip), word.text.value.clone(), RecordingKind::Word));
        let atoms = say::atoms(self.tongue)
            .into_iter()
            .map(|atom| (self.atom_clip(&atom.id), atom.words, RecordingKind::Atom));
        prompts
            .chain(words)
            .chain(atoms)
            .map(|(clip, text, kind)| Recording { clip, text, kind })
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
                    let kind = place.kind.as_ref().map(|kind| &kind.value);
                    self.say_into(&value, kind, today, nearby, &mut said)?;
                }
            }
        }
        Ok(said)
    }

    /// Says `value` alone, read as `kind` where that is given.
    ///
    /// # Errors
    /// [`Unspeakable`] if the value is secret, too large or not readable as `kind`.
    pub fn say(
        &self,
        value: &Value,
        kind: Option<&Type>,
        today: civil::Date,
    ) -> Result<Utterance, Unspeakable> {
        let mut said = Utterance::default();
        self.say_into(value, kind, today, Nearby::default(), &mut said)?;
        Ok(said)
    }

    fn say_into(
        &self,
        value: &Value,
        kind: Option<&Type>,
        today: civil::Date,
        nearby: Nearby,
        said: &mut Utterance,
    ) -> Result<(), Unspeakable> {
        let value = say::read_as(value, kind)?;
        if let Value::Text(word) | Value::Choice(word) = &value {
            match self.words.get(word) {
                Some(recorded) => said.clip(Arc::clone(&recorded.clip), &recorded.text.value),
                None => said.silent_words(word),
            }
            return Ok(());
        }
        let spoken = say::say(self.tongue, &value, today, nearby)?;
        let glue = self.tongue.glue();
        let mut first = true;
        for bit in spoken {
            match bit {
                say::Bit::Atom(atom) => {
                    if !std::mem::take(&mut first) {
                        said.text.push_str(glue);
                    }
                    said.clip(self.atom_clip(&atom.id), &atom.words);
                }
                say::Bit::Pause(ms) => said.pause(ms, self.tongue.group_sign()),
            }
        }
        Ok(())
    }

    fn atom_clip(&self, id: &str) -> Arc<str> {
        format!("{}/atoms/{id}", self.lang.value).into()
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

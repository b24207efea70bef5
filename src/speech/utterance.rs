//! What is said at one go: words for the eye, recordings for the ear.

use std::sync::Arc;

/// One thing said, in both forms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Utterance {
    /// For captions, transcripts and `try`: 您的订单已由顺丰发出. Never empty unless there was nothing to say.
    pub text: String,
    /// What is played, in this order.
    pub pieces: Vec<Piece>,
    /// Words that stand in `text` but have no recording in this language, so that the caller does not hear them.
    /// Worth a log line: somebody should record them.
    pub unrecorded: Vec<Arc<str>>,
}

/// A part of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A recording by its name below `prompts/`, without the extension: `zh-CN/order-shipped.1`, `zh-CN/atoms/200`.
    Clip(Arc<str>),
    /// Silence, in milliseconds.
    Pause(u16),
    /// What a caller said, by its id.
    Recording(Arc<str>),
}

impl Utterance {
    /// The tone before a caller is recorded; it has no words.
    #[must_use]
    pub fn beep() -> Self {
        Self { pieces: vec![Piece::Clip(super::BEEP.into())], ..Self::default() }
    }

    /// Appends a recording and its words.
    pub(super) fn clip(&mut self, clip: Arc<str>, words: &str) {
        self.text.push_str(words);
        self.pieces.push(Piece::Clip(clip));
    }

    /// Appends silence, and the sign that stands for it.
    pub(super) fn pause(&mut self, ms: u16, sign: &str) {
        // Behind "nine thirty a.m." a sentence's own full stop is already there.
        let stop = if self.text.ends_with('.') { sign.strip_prefix('.') } else { None };
        self.text.push_str(stop.unwrap_or(sign));
        if ms > 0 {
            self.pieces.push(Piece::Pause(ms));
        }
    }

    /// Appends words that nobody recorded.
    pub(super) fn silent_words(&mut self, words: &Arc<str>) {
        self.text.push_str(words);
        self.unrecorded.push(Arc::clone(words));
    }

    /// Appends another utterance.
    pub fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.pieces.extend(other.pieces);
        self.unrecorded.extend(other.unrecorded);
    }
}

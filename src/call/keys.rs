//! The keys of one call: pressed, kept until something asks for them, used or dropped, each exactly once.

use std::collections::VecDeque;

use super::MAX_KEYS;
use super::events::Press;
use crate::secret::Key;
use crate::time::Mono;

/// One key pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stroke {
    /// Which key of the call, counted from 0.
    pub(super) nth: u32,
    /// What it is, unless it stays hidden.
    pub(super) press: Press,
}

impl Stroke {
    /// What it is, unless it stays hidden.
    pub(super) const fn key(self) -> Option<Key> {
        self.press.key()
    }
}

/// The buffer between the caller's fingers and the questions, at most [`MAX_KEYS`] long.
#[derive(Debug, Default)]
pub(super) struct Keys {
    waiting: VecDeque<Stroke>,
    pressed: u32,
    used: u32,
    dropped: u32,
    /// An entry was accepted by its length: its end key, should it come before this moment, belongs to it.
    tail: Option<(Key, Mono)>,
}

impl Keys {
    /// Numbers a key. If it is the end key of an entry that was accepted without it, `true`: nobody else may have it.
    pub(super) fn number(&mut self, now: Mono, press: Press) -> (Stroke, bool) {
        let stroke = Stroke { nth: self.pressed, press };
        self.pressed = self.pressed.saturating_add(1);
        let is_tail =
            self.tail.take().is_some_and(|(key, until)| now <= until && press.key() == Some(key));
        if is_tail {
            self.used += 1;
        }
        (stroke, is_tail)
    }

    /// Keeps a key for later. One that is too many is dropped, so that the entry typed first stays whole.
    pub(super) fn keep(&mut self, stroke: Stroke) {
        if self.waiting.len() < MAX_KEYS {
            self.waiting.push_back(stroke);
        } else {
            self.dropped += 1;
        }
    }

    /// Drops a key that nothing can be done with.
    pub(super) fn drop_one(&mut self, _: Stroke) {
        self.dropped += 1;
    }

    /// Drops all that wait.
    pub(super) fn flush(&mut self) {
        self.dropped += u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        self.waiting.clear();
    }

    /// The next key, for use.
    pub(super) fn take(&mut self) -> Option<Stroke> {
        let stroke = self.waiting.pop_front()?;
        self.used += 1;
        Some(stroke)
    }

    /// Whether any key waits.
    pub(super) fn any(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// An entry was accepted by its length. Its end key is given back if it waits already, else awaited until `until`.
    pub(super) fn expect_tail(&mut self, key: Key, until: Mono) -> Option<Stroke> {
        if self.waiting.front().is_some_and(|next| next.key() == Some(key)) {
            return self.take();
        }
        if self.waiting.is_empty() {
            self.tail = Some((key, until));
        }
        None
    }

    /// Whether the next key may be the end key of an entry that was accepted without it.
    pub(super) const fn expects_tail(&self) -> bool {
        self.tail.is_some()
    }

    /// Every key pressed was used, dropped or waits.
    pub(super) fn add_up(&self) -> bool {
        let waiting = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        self.pressed == self.used + self.dropped + waiting
    }
}

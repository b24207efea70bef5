//! What becomes of a value keyed: it passes its tests or does not, is read back, and is taken or asked for again.
//!
//! Nothing typed ahead answers a read-back: keys that waited are dropped before it, and so are those that follow the
//! entry's last key without a pause, which were pressed before anything of the value could be heard.

use std::cmp::Ordering;
use std::time::Duration;

use super::super::collect::Strokes;
use super::super::events::{Command, Entry, Stuck};
use super::super::journey::What;
use super::walk::Next;
use super::{Machine, State, reveal_one};
use crate::flow::expr::{fit, order};
use crate::flow::model::{Ask, Between, Confirm};
use crate::secret::Key;
use crate::time::Mono;
use crate::value::{Type, Value};

/// A value being read back.
pub(super) struct ReadBack {
    value: Value,
    /// A key before this moment still belongs to what was typed, and moves it on.
    typing_until: Mono,
}

/// Keys that follow each other faster than this are one piece of typing.
const TYPING: Duration = Duration::from_millis(500);

impl ReadBack {
    /// Whether a key at `now` was pressed before the value could be heard.
    pub(super) fn is_typed_ahead(&mut self, now: Mono) -> bool {
        let is_typed = now < self.typing_until;
        if is_typed {
            self.typing_until = now + TYPING;
        }
        is_typed
    }

    pub(super) const fn value(&self) -> &Value {
        &self.value
    }
}

impl Machine {
    /// Whether what was keyed passes what the flow wants of it.
    pub(super) fn passes(
        &self,
        now: Mono,
        ask: &Ask,
        value: &Value,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Result<bool, Stuck> {
        if let Some(between) = &ask.tests.between
            && !self.lies_between(now, between, value, &ask.kind.value)?
        {
            return Ok(false);
        }
        let number = if let Value::Digits(it) | Value::Phone(it) = value { &**it } else { "" };
        let patterns = &ask.tests.matches;
        if !patterns.is_empty() && !patterns.iter().any(|it| it.value.fits(number)) {
            return Ok(false);
        }
        Ok(passes_check(ask, strokes, out))
    }

    fn lies_between(
        &self,
        now: Mono,
        between: &Between,
        value: &Value,
        kind: &Type,
    ) -> Result<bool, Stuck> {
        let bound = |expr| {
            let bound = self.value(now, expr)?;
            let fitted = fit(&bound, kind).unwrap_or(bound);
            order(value, &fitted).ok_or_else(|| Stuck::NoValue { step: self.step_name() })
        };
        let (to_least, to_most) = (bound(&between.least)?, bound(&between.most)?);
        Ok(to_least != Ordering::Less && to_most != Ordering::Greater)
    }

    /// Takes a value that passed, or reads it back first.
    pub(super) fn accept(
        &mut self,
        now: Mono,
        ask: &Ask,
        value: Value,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        if ask.confirm.is_none() {
            return Ok(self.take(now, ask, value, out));
        }
        self.keys.flush();
        if let State::Asking(it) = &mut self.state {
            it.reading_back = Some(Box::new(ReadBack { value, typing_until: now + TYPING }));
        }
        self.pose_anew(now, out)
    }

    fn take(&mut self, now: Mono, ask: &Ask, value: Value, out: &mut Vec<Command>) -> Next {
        let name = ask.into.value.clone();
        self.values.set(&name, value.clone());
        let name = self.outside(&name);
        self.note(now, What::Keyed { name, value }, out);
        Next::On
    }

    /// The key behind a read-back. None for one that means nothing there.
    pub(super) fn confirmed(
        &mut self,
        now: Mono,
        ask: &Ask,
        confirm: &Confirm,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Option<Result<Next, Stuck>> {
        let stroke = strokes.first()?;
        let is = |key: Key| stroke.key() == Some(key);
        let takes = is(confirm.yes.value);
        if !takes && !is(confirm.no.value) {
            return None;
        }
        reveal_one(*stroke, out);
        let State::Asking(it) = &mut self.state else { return None };
        let read_back = it.reading_back.take()?;
        if takes {
            return Some(Ok(self.take(now, ask, read_back.value, out)));
        }
        self.note(now, What::Corrected { prompt: confirm.prompt.value.clone() }, out);
        Some(self.ask_once_more(now, out))
    }
}

/// Whether the check digit fits. Of a stored secret only this is known, so it is stored.
fn passes_check(ask: &Ask, strokes: &Strokes, out: &mut Vec<Command>) -> bool {
    let (Some(check), Some(last)) = (ask.tests.check, strokes.last()) else { return true };
    let keys: Option<String> = strokes.iter().map(|it| it.key().map(Key::symbol)).collect();
    let passes = keys.map_or(!last.press.completed_misfit(), |it| check.value.passes(&it));
    if !passes && ask.kind.value == Type::Secret {
        out.push(Command::Store(Entry::Misfit { nth: last.nth }));
    }
    passes
}

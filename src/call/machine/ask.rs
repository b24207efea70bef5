//! `menu` and `ask`: speak, listen, try again, give up.
//!
//! | interrupt | type_ahead | keys before the prompt | keys while it is spoken |
//! | --- | --- | --- | --- |
//! | yes | yes | count; the prompt is not even begun | stop it and count |
//! | yes | no | dropped | stop it and count |
//! | no | yes | count once it was heard | count once it was heard |
//! | no | no | dropped | dropped |
//!
//! What does not fit and silence are counted together; after the last try the call goes `otherwise`. An entry that does
//! not fit takes the keys behind it along: they were meant for a place where the caller is not.

use std::sync::Arc;

use super::super::MAX_SILENCES;
use super::super::collect::{self, Collect, Outcome, Shape, Strokes};
use super::super::events::{Command, Stuck, Ticket};
use super::super::journey::What;
use super::super::keyed;
use super::super::keys::Stroke;
use super::super::setting::Setting;
use super::walk::Next;
use super::{LONGEST_PROMPT, Machine, Speaking, State, reveal_one};
use crate::flow::model::{ActionKind, Ask, Defaults, Keying, Menu, Name, Patience};
use crate::time::Mono;
use crate::value::Type;

/// A question under way.
pub(super) struct Asking {
    /// How often it went wrong.
    tries: u8,
    speaking: Option<(Speaking, Saying)>,
    collect: Collect,
    keys: Keying,
}

/// What of a question is spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saying {
    /// That nothing was keyed, or nothing that fits. The question follows.
    Excuse,
    Question,
}

/// What an action asks, whichever kind it is.
struct Question<'a> {
    prompt: &'a Name,
    keys: Keying,
    patience: &'a Patience,
    shape: Shape,
}

impl Asking {
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.speaking.map_or_else(|| self.collect.deadline(), |(it, _)| Some(it.until))
    }

    pub(super) fn speaks(&self, ticket: Ticket) -> bool {
        self.speaking.is_some_and(|(it, _)| it.ticket == ticket)
    }
}

impl<'a> Question<'a> {
    fn of_menu(menu: &'a Menu, defaults: &Defaults) -> Self {
        let no_input_after =
            menu.patience.no_input_after.map_or(defaults.no_input_after, |it| it.value);
        let between_digits = defaults.between_digits;
        let shape = Shape { min: 1, max: 1, ends_with: None, no_input_after, between_digits };
        Self { prompt: &menu.prompt.value, keys: menu.keys, patience: &menu.patience, shape }
    }

    fn of_ask(ask: &'a Ask, defaults: &Defaults) -> Self {
        let (min, max) = ask.length.map_or_else(|| keyed::length(&ask.kind.value), |it| it.value);
        let shape = Shape {
            min,
            max: max.max(1),
            ends_with: ask.ends_with.map(|it| it.value),
            no_input_after: ask
                .patience
                .no_input_after
                .map_or(defaults.no_input_after, |it| it.value),
            between_digits: ask.between_digits.map_or(defaults.between_digits, |it| it.value),
        };
        Self { prompt: &ask.prompt.value, keys: ask.keys, patience: &ask.patience, shape }
    }
}

impl Machine {
    /// Begins the question of the current action.
    pub(super) fn ask(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(question) = self.question(&setting) else { return Ok(Next::On) };
        let skip = self.keys_skip(question.keys);
        self.state = State::Asking(Asking {
            tries: 0,
            speaking: None,
            collect: Collect::new(question.shape),
            keys: question.keys,
        });
        if skip { self.question_heard(now, out) } else { self.pose(now, &question, out) }
    }

    /// Speaks the question itself.
    fn pose(
        &mut self,
        now: Mono,
        question: &Question<'_>,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let ticket = self.speak(now, question.prompt, question.keys.interrupt, out)?;
        self.speaks_now(now, ticket, Saying::Question);
        Ok(Next::Wait)
    }

    fn speaks_now(&mut self, now: Mono, ticket: Ticket, what: Saying) {
        if let State::Asking(it) = &mut self.state {
            it.speaking = Some((Speaking { ticket, until: now + LONGEST_PROMPT }, what));
        }
    }

    /// What was spoken has been heard, or there was nothing to speak.
    pub(super) fn question_heard(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Asking(it) = &mut self.state else { return Ok(Next::Wait) };
        if let Some((_, Saying::Excuse)) = it.speaking.take()
            && let Some(question) = self.question(&setting)
        {
            return self.pose(now, &question, out);
        }
        if let State::Asking(it) = &mut self.state {
            it.collect.handle(now, collect::Event::Heard);
        }
        self.feed(now, out)
    }

    pub(super) fn key_for_question(&mut self, now: Mono, stroke: Stroke, out: &mut Vec<Command>) {
        let State::Asking(it) = &mut self.state else { return };
        if it.speaking.is_some() && !it.keys.interrupt {
            return if it.keys.type_ahead {
                self.keys.keep(stroke);
            } else {
                self.keys.drop_one(stroke);
            };
        }
        self.keys.keep(stroke);
        if it.speaking.take().is_some() {
            self.interrupted(now, out);
        }
        let next = self.feed(now, out);
        self.proceed(now, next, out);
    }

    pub(super) fn question_tick(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Asking(it) = &mut self.state else { return Ok(Next::Wait) };
        if it.speaking.is_some() {
            out.push(Command::Stop);
            return self.question_heard(now, out);
        }
        match it.collect.handle(now, collect::Event::Tick) {
            Some(outcome) => self.conclude(now, outcome, out),
            None => Ok(Next::Wait),
        }
    }

    /// Gives the question the keys that wait, until it has enough.
    fn feed(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        while let State::Asking(it) = &mut self.state
            && let Some(stroke) = self.keys.take()
        {
            if let Some(outcome) = it.collect.handle(now, collect::Event::Key(stroke)) {
                return self.conclude(now, outcome, out);
            }
        }
        Ok(Next::Wait)
    }

    fn conclude(
        &mut self,
        now: Mono,
        outcome: Outcome,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        match outcome {
            Outcome::Silence => self.silence(now, out),
            Outcome::Wrong { end } => {
                end.into_iter().for_each(|it| reveal_one(it, out));
                self.wrong(now, out)
            }
            Outcome::Keyed { strokes, end, full } => {
                match self.current(&setting).map(|it| &it.kind) {
                    Some(ActionKind::Menu(it)) => self.chosen(now, it, &strokes, out),
                    Some(ActionKind::Ask(it)) => {
                        end.into_iter().for_each(|it| reveal_one(it, out));
                        let between = self.question(&setting).map(|it| it.shape.between_digits);
                        if let (true, Some(end), Some(between)) = (full, it.ends_with, between)
                            && let Some(tail) = self.keys.expect_tail(end.value, now + between)
                        {
                            reveal_one(tail, out);
                        }
                        self.entered(now, it, &strokes, out)
                    }
                    Some(_) | None => Ok(Next::On), // `ask` alone begins this state
                }
            }
        }
    }

    /// One key of a menu.
    fn chosen(
        &mut self,
        now: Mono,
        menu: &Menu,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let branch = strokes.first().and_then(|stroke| {
            let key = stroke.key()?;
            let (_, target) = menu.branches.iter().find(|(it, _)| it.value == key)?;
            Some((*stroke, key, target))
        });
        let Some((stroke, key, target)) = branch else { return self.wrong(now, out) };
        reveal_one(stroke, out);
        let step = self.outside(&target.value);
        self.note(now, What::Chose { key, step }, out);
        self.go(&target.value)
    }

    /// A whole entry. Of a secret the log learns nothing but what cannot be part of it.
    fn entered(
        &mut self,
        now: Mono,
        ask: &Ask,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let kind = &ask.kind.value;
        for stroke in strokes {
            let is_figure = stroke.key().is_some_and(|key| key.symbol().is_ascii_digit());
            if *kind != Type::Secret || !is_figure {
                reveal_one(*stroke, out);
            }
        }
        let Some(value) = keyed::read(kind, strokes, self.wall(now).date()) else {
            return self.wrong(now, out);
        };
        let name = ask.into.value.clone();
        self.values.set(&name, value.clone());
        let name = self.outside(&name);
        self.note(now, What::Keyed { name, value }, out);
        Ok(Next::On)
    }

    fn silence(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        self.silences += 1;
        if self.silences > MAX_SILENCES {
            return Err(Stuck::Silent);
        }
        self.again(now, "no-input", out)
    }

    fn wrong(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        self.keys.flush();
        self.again(now, "no-match", out)
    }

    /// Counts a try; then `otherwise`, or an excuse and the question again.
    fn again(&mut self, now: Mono, excuse: &str, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(question) = self.question(&setting) else { return Ok(Next::On) };
        let State::Asking(it) = &mut self.state else { return Ok(Next::Wait) };
        it.tries = it.tries.saturating_add(1);
        it.collect = Collect::new(question.shape);
        let tries = it.tries;
        let prompt = question.prompt.clone();
        let silent = excuse == "no-input";
        let what =
            if silent { What::Silence { prompt, tries } } else { What::Wrong { prompt, tries } };
        self.note(now, what, out);
        let patience = question.patience;
        if tries >= patience.tries.map_or(setting.flow.defaults.tries, |it| it.value) {
            return self.branch("otherwise", &[&patience.otherwise]);
        }
        let written = if silent { &patience.no_input } else { &patience.no_match };
        let excuse = written.as_ref().map_or_else(|| excuse.into(), |it| it.value.clone());
        if self.can_speak(&excuse) {
            let ticket = self.speak(now, &excuse, question.keys.interrupt, out)?;
            self.speaks_now(now, ticket, Saying::Excuse);
            return Ok(Next::Wait);
        }
        self.pose(now, &question, out)
    }

    fn question<'a>(&self, setting: &'a Setting) -> Option<Question<'a>> {
        let defaults = &setting.flow.defaults;
        match &self.current(setting)?.kind {
            ActionKind::Menu(menu) => Some(Question::of_menu(menu, defaults)),
            ActionKind::Ask(ask) => Some(Question::of_ask(ask, defaults)),
            ActionKind::Play(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => None,
        }
    }
}

//! `menu`, `ask` and the question of `verify`: speak, listen, try again, give up.
//!
//! | interrupt | type_ahead | keys before the prompt | keys while it is spoken |
//! | --- | --- | --- | --- |
//! | yes | yes | count; the prompt is not even begun | stop it and count |
//! | yes | no | dropped | stop it and count |
//! | no | yes | count once it was heard | count once it was heard |
//! | no | no | dropped | dropped |
//!
//! "Before the prompt" is also while the words are spoken that silence or a wrong key gets, before it is asked again.
//!
//! What does not fit and silence are counted together; after the last try the call goes `otherwise`. An entry that does
//! not fit takes the keys behind it along: they were meant for a place where the caller is not.

use std::sync::Arc;
use std::time::Duration;

use super::super::MAX_SILENCES;
use super::super::collect::{self, Collect, Outcome, Shape, Strokes};
use super::super::events::{Command, Stuck, Ticket};
use super::super::journey::What;
use super::super::keyed;
use super::super::keys::Stroke;
use super::super::setting::Setting;
use super::confirm::ReadBack;
use super::walk::Next;
use super::{LONGEST_PROMPT, Machine, Speaking, State, reveal_one};
use crate::flow::check_digit::CheckDigit;
use crate::flow::model::{
    ActionKind, Ask, Confirm, Defaults, Keying, Menu, Name, Patience, Verify,
};
use crate::secret::Key;
use crate::time::Mono;
use crate::value::{Type, Value};

/// A question under way.
pub(super) struct Asking {
    /// How often it went wrong.
    pub(super) tries: u8,
    speaking: Option<(Speaking, Saying)>,
    collect: Collect,
    keys: Keying,
    /// Set while a value keyed is read back: then that is the question.
    pub(super) reading_back: Option<Box<ReadBack>>,
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
    fn new(question: &Question<'_>) -> Self {
        let collect = Collect::new(question.shape);
        Self { tries: 0, speaking: None, collect, keys: question.keys, reading_back: None }
    }

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
        let ends_with = ask.ends_with.map(|it| it.value);
        let between_digits = ask.between_digits.map(|it| it.value);
        let shape = shape(ask.digits(), ends_with, between_digits, &ask.patience, defaults);
        Self { prompt: &ask.prompt.value, keys: ask.keys, patience: &ask.patience, shape }
    }

    /// The read-back of what was asked: one key answers it.
    fn of_confirm(ask: &'a Ask, confirm: &'a Confirm, defaults: &Defaults) -> Self {
        let asked = Self::of_ask(ask, defaults);
        let shape = Shape { min: 1, max: 1, ends_with: None, ..asked.shape };
        Self { prompt: &confirm.prompt.value, shape, ..asked }
    }

    fn of_verify(it: &'a Verify, defaults: &Defaults) -> Self {
        let ends_with = it.ends_with.map(|it| it.value);
        let between_digits = it.between_digits.map(|it| it.value);
        let shape = shape(it.digits(), ends_with, between_digits, &it.patience, defaults);
        Self { prompt: &it.prompt.value, keys: it.keys, patience: &it.patience, shape }
    }
}

fn shape(
    (min, max): (u8, u8),
    ends_with: Option<Key>,
    between_digits: Option<Duration>,
    patience: &Patience,
    defaults: &Defaults,
) -> Shape {
    Shape {
        min,
        max: max.max(1),
        ends_with,
        no_input_after: patience.no_input_after.map_or(defaults.no_input_after, |it| it.value),
        between_digits: between_digits.unwrap_or(defaults.between_digits),
    }
}

impl Machine {
    /// Begins the question of the current action.
    pub(super) fn ask(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        self.begin(now, 0, out)
    }

    /// Asks again what was read back and was not meant. That is no try: the caller did nothing wrong.
    pub(super) fn ask_once_more(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Asking(it) = &self.state else { return Ok(Next::Wait) };
        self.begin(now, it.tries, out)
    }

    fn begin(&mut self, now: Mono, tries: u8, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(question) = self.question(&setting) else { return Ok(Next::On) };
        let skip = self.keys_skip(question.keys);
        self.state = State::Asking(Asking { tries, ..Asking::new(&question) });
        if skip { self.question_heard(now, out) } else { self.pose(now, &question, out) }
    }

    /// Speaks what is the question now, with nothing keyed yet.
    pub(super) fn pose_anew(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(question) = self.question(&setting) else { return Ok(Next::On) };
        if let State::Asking(it) = &mut self.state {
            it.collect = Collect::new(question.shape);
        }
        self.pose(now, &question, out)
    }

    /// Speaks the question itself.
    fn pose(
        &mut self,
        now: Mono,
        question: &Question<'_>,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let ticket = match self.read_back() {
            // Keys pressed before anything was heard must not silence it, so the media may not decide.
            Some((name, value)) => {
                self.speak_with(now, question.prompt, (&name, &value), false, out)?
            }
            None => self.speak(now, question.prompt, question.keys.interrupt, out)?,
        };
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
        if it.reading_back.as_mut().is_some_and(|it| it.is_typed_ahead(now)) {
            return self.keys.drop_one(stroke);
        }
        // What is pressed while "sorry" is spoken is before the question is asked again.
        if matches!(it.speaking, Some((_, Saying::Excuse))) && !it.keys.type_ahead {
            return self.keys.drop_one(stroke);
        }
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
                    Some(ActionKind::Ask(it)) if self.read_back().is_some() => {
                        let confirm = it.confirm.as_ref();
                        confirm
                            .and_then(|confirm| self.confirmed(now, it, confirm, &strokes, out))
                            .unwrap_or_else(|| self.wrong(now, out))
                    }
                    Some(ActionKind::Ask(it)) => {
                        self.ended(now, &setting, end, full, out);
                        self.entered(now, it, &strokes, out)
                    }
                    Some(ActionKind::Verify(it)) => {
                        self.ended(now, &setting, end, full, out);
                        self.check(now, it, &strokes, out)
                    }
                    Some(_) | None => Ok(Next::On), // `ask` alone begins this state
                }
            }
        }
    }

    /// The key that ended an entry is told, and awaited where the entry was accepted without it.
    fn ended(
        &mut self,
        now: Mono,
        setting: &Setting,
        end: Option<Stroke>,
        full: bool,
        out: &mut Vec<Command>,
    ) {
        end.into_iter().for_each(|it| reveal_one(it, out));
        let shape = self.question(setting).map(|it| it.shape);
        if let (true, Some(shape)) = (full, shape)
            && let Some(key) = shape.ends_with
            && let Some(tail) = self.keys.expect_tail(key, now + shape.between_digits)
        {
            reveal_one(tail, out);
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

    /// A whole entry.
    fn entered(
        &mut self,
        now: Mono,
        ask: &Ask,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let kind = &ask.kind.value;
        let check = ask.tests.check.map(|it| it.value);
        // Where `*` may end a value it is as much a part of it as a figure.
        let star = check.is_some_and(CheckDigit::takes_star);
        for (nth, stroke) in (1..).zip(strokes) {
            let is_part = stroke.key().map(Key::symbol).is_some_and(|symbol| {
                symbol.is_ascii_digit() || (star && symbol == '*' && nth == strokes.len())
            });
            if *kind != Type::Secret || !is_part {
                reveal_one(*stroke, out);
            }
        }
        let Some(value) = keyed::read(kind, strokes, check, self.wall(now).date()) else {
            return self.wrong(now, out);
        };
        if self.passes(now, ask, &value, strokes, out)? {
            self.accept(now, ask, value, out)
        } else {
            self.wrong(now, out)
        }
    }

    /// What was keyed, as `kind`. Of a secret the log learns nothing but what cannot be part of it.
    pub(super) fn read(
        &self,
        now: Mono,
        kind: &Type,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Option<Value> {
        for stroke in strokes {
            let is_figure = stroke.key().is_some_and(|key| key.symbol().is_ascii_digit());
            if *kind != Type::Secret || !is_figure {
                reveal_one(*stroke, out);
            }
        }
        keyed::read(kind, strokes, None, self.wall(now).date())
    }

    /// Goes back to the question whose `tries` were used up by what was just keyed.
    pub(super) fn ask_again(
        &mut self,
        now: Mono,
        tries: u8,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(question) = self.question(&setting) else { return Ok(Next::On) };
        self.state = State::Asking(Asking { tries, ..Asking::new(&question) });
        self.wrong(now, out)
    }

    fn silence(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        self.silences += 1;
        if self.silences > MAX_SILENCES {
            return Err(Stuck::Silent);
        }
        self.again(now, "no-input", out)
    }

    pub(super) fn wrong(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
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

    /// The variable whose value is read back, and that value.
    fn read_back(&self) -> Option<(Name, Value)> {
        let State::Asking(it) = &self.state else { return None };
        let value = it.reading_back.as_ref()?.value().clone();
        let Some(ActionKind::Ask(ask)) = self.current(&self.setting).map(|it| &it.kind) else {
            return None; // only an `ask` reads back
        };
        Some((ask.into.value.clone(), value))
    }

    fn question<'a>(&self, setting: &'a Setting) -> Option<Question<'a>> {
        let defaults = &setting.flow.defaults;
        match &self.current(setting)?.kind {
            ActionKind::Menu(menu) => Some(Question::of_menu(menu, defaults)),
            ActionKind::Ask(ask) => Some(match (&ask.confirm, self.read_back()) {
                (Some(confirm), Some(_)) => Question::of_confirm(ask, confirm, defaults),
                (Some(_) | None, _) => Question::of_ask(ask, defaults),
            }),
            ActionKind::Verify(it) => Some(Question::of_verify(it, defaults)),
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
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_)
            | ActionKind::Conference(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => None,
        }
    }
}

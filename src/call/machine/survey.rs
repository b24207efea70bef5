//! `survey`: one question after the other, a key each. Who does not answer one is asked no more.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::super::events::{Command, Stuck, Ticket};
use super::super::journey::What;
use super::super::keys::Stroke;
use super::choose::Choosing;
use super::walk::Next;
use super::{Machine, State, reveal_one};
use crate::flow::model::{ActionKind, Survey};
use crate::time::Mono;
use crate::value::Value;

/// A survey under way.
pub(super) struct Surveying {
    /// Which question, from 0.
    nth: usize,
    choosing: Choosing,
}

impl Surveying {
    /// Which question is asked, from 0.
    pub(super) const fn nth(&self) -> usize {
        self.nth
    }

    pub(super) const fn deadline(&self) -> Option<Mono> {
        Some(self.choosing.deadline())
    }

    pub(super) fn speaks(&self, ticket: Ticket) -> bool {
        self.choosing.speaks(ticket)
    }
}

impl Machine {
    pub(super) fn survey(
        &mut self,
        now: Mono,
        it: &Survey,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        // Answers of before must not be taken for this one's.
        it.questions.iter().for_each(|it| self.values.unset(&it.variable));
        self.survey_from(now, it, 0, out)
    }

    fn survey_from(
        &mut self,
        now: Mono,
        it: &Survey,
        nth: usize,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let Some(question) = it.questions.get(nth) else { return Ok(Next::On) };
        let choosing = self.choose(now, &question.prompt.value, out)?;
        self.state = State::Surveying(Surveying { nth, choosing });
        match self.keys.take() {
            Some(stroke) => self.survey_answered(now, stroke, out), // at most as often as keys wait
            None => Ok(Next::Wait),
        }
    }

    pub(super) fn key_for_survey(&mut self, now: Mono, stroke: Stroke, out: &mut Vec<Command>) {
        self.keys.keep(stroke);
        let next = match self.keys.take() {
            Some(stroke) => self.survey_answered(now, stroke, out),
            None => Ok(Next::Wait),
        };
        self.proceed(now, next, out);
    }

    fn survey_answered(
        &mut self,
        now: Mono,
        stroke: Stroke,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        self.surveying(|machine, it, survey, nth| {
            machine.choice_keyed(now, it, out);
            let Some(question) = survey.questions.get(nth) else { return Ok(Next::On) };
            let (low, high) = question.keys.value;
            let figure = stroke.key().and_then(|key| key.symbol().to_digit(10));
            let answer =
                figure.and_then(|it| u8::try_from(it).ok()).filter(|it| (low..=high).contains(it));
            let Some(answer) = answer else {
                let gave_up = machine.choice_wrong(now, it, out)?;
                return Ok(if gave_up { Next::On } else { Next::Wait });
            };
            reveal_one(stroke, out);
            let value = Value::Number(Decimal::from(answer));
            machine.values.set(&question.variable, value);
            let (name, question) =
                (machine.outside(&survey.name.value), question.name.value.clone());
            let what = What::Surveyed { survey: name, question, answer };
            machine.note(now, what, out);
            machine.survey_from(now, survey, nth + 1, out)
        })
    }

    pub(super) fn survey_heard(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        self.surveying(|machine, it, _, _| {
            machine.choice_heard(now, it, out)?;
            Ok(Next::Wait)
        })
    }

    pub(super) fn survey_tick(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        self.surveying(|machine, it, _, _| {
            let gave_up = machine.choice_tick(now, it, out)?;
            Ok(if gave_up { Next::On } else { Next::Wait })
        })
    }

    /// Does `what` with the survey under way, which goes on afterwards unless something else has begun.
    fn surveying(
        &mut self,
        what: impl FnOnce(&mut Self, &mut Choosing, &Survey, usize) -> Result<Next, Stuck>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Survey(survey)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::On); // `survey` alone begins this state
        };
        let State::Surveying(it) = &self.state else { return Ok(Next::Wait) };
        let (nth, mut choosing) = (it.nth, it.choosing.clone());
        let next = what(self, &mut choosing, survey, nth)?;
        if let State::Surveying(it) = &mut self.state
            && it.nth == nth
        {
            it.choosing = choosing;
        }
        Ok(next)
    }
}

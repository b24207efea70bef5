//! Running actions one after the other until one waits, a step leads elsewhere, or the call ends.

use std::sync::Arc;
use std::time::Duration;

use super::super::events::{Answer, Command, Ending, Question, Row, Stuck, Ticket};
use super::super::journey::What;
use super::super::trail::Mark;
use super::super::{MAX_ACTIONS, MAX_RUN};
use super::pick::pick;
use super::{At, LONGEST_PROMPT, Machine, Playing, Speaking, State};
use crate::flow::model::{
    Action, ActionKind, Fork, Hours, Keying, Lang, LookUp, Lookup, Name, Play, Say, Target,
};
use crate::speech::Reading;
use crate::time::Mono;
use crate::value::Value;

/// What an action leads to.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// The next action of the step.
    On,
    /// The first action of the step with this number.
    Go(usize),
    /// Something was begun that has to end first.
    Wait,
}

/// A lookup under way.
pub(super) struct LookingUp {
    pub(super) ticket: Ticket,
    /// What was asked, for the journey.
    with: Arc<Row>,
    since: Mono,
    until: Mono,
    /// When the caller is told that it takes a moment.
    meanwhile: Option<Mono>,
    /// Set while they are; the answer waits for its end, so that no word is cut.
    pub(super) speaking: Option<Speaking>,
    pub(super) answer: Option<Answer>,
}

/// How long a lookup may take before the caller is told that it takes a moment.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the machine waits for an answer beyond `within`, which its connector guards already.
pub(super) const GRACE: Duration = Duration::from_millis(500);
const APOLOGY: &str = "apology";

impl LookingUp {
    pub(super) fn deadline(&self) -> Option<Mono> {
        match (self.speaking, &self.answer) {
            (Some(speaking), Some(_)) => Some(speaking.until),
            (Some(speaking), None) => Some(speaking.until.min(self.until)),
            (None, _) => Some(self.meanwhile.map_or(self.until, |due| due.min(self.until))),
        }
    }
}

impl Machine {
    /// Goes where an action leads, and on from there until something is waited for.
    pub(super) fn proceed(
        &mut self,
        now: Mono,
        mut next: Result<Next, Stuck>,
        out: &mut Vec<Command>,
    ) {
        loop {
            // Another one after a `run` or `return`.
            let setting = Arc::clone(&self.setting);
            match next {
                Ok(Next::Wait) => return,
                Ok(Next::On) => {}
                Ok(Next::Go(step)) => {
                    self.at = At { step, next: 0 };
                    if setting.flow.steps.get_index(step).is_some() {
                        self.note(now, What::Step { step: self.step_name() }, out);
                    }
                }
                Err(because) => return self.stuck(now, because, out),
            }
            let Some((_, step)) = setting.flow.steps.get_index(self.at.step) else {
                return self.stuck(now, Stuck::TooLong, out); // `go` gives only numbers of steps
            };
            let action = step.actions.get(self.at.next);
            self.at.next += 1;
            self.run += 1;
            self.actions += 1;
            next = match action {
                None => Err(Stuck::StepEnds { step: self.step_name() }),
                Some(_) if self.run > MAX_RUN => Err(Stuck::GoesInCircles),
                Some(_) if self.actions > MAX_ACTIONS => Err(Stuck::TooLong),
                Some(action) => self.perform(now, action, out),
            };
        }
    }

    fn perform(
        &mut self,
        now: Mono,
        action: &Action,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        if let Some(when) = &action.when
            && !self.truth(now, when)?
        {
            return Ok(Next::On);
        }
        if let ActionKind::Play(Play { on: Some(calendar), .. }) = &action.kind
            && !self.is_open(now, &calendar.value, out)?
        {
            return Ok(Next::On);
        }
        let (run, At { step, next }) = (self.run_name(), self.at);
        self.trail.push(Mark::Did { run, step, action: next.saturating_sub(1) });
        match &action.kind {
            ActionKind::Play(it) => self.play(now, it, out),
            ActionKind::Say(it) => self.say(now, it, out),
            ActionKind::Menu(_) | ActionKind::Ask(_) => self.ask(now, out),
            ActionKind::Verify(_) => {
                // Whatever the caller has shown before is not what is asked now.
                self.verified = None;
                self.ask(now, out)
            }
            ActionKind::Set(assignments) => {
                for it in assignments {
                    let value = self.value(now, &it.value)?;
                    self.values.set(&it.name.value, value);
                }
                Ok(Next::On)
            }
            ActionKind::If(it) => self.fork(now, it),
            ActionKind::Goto(it) => {
                if let Some(because) = &it.because {
                    self.note(now, What::Reason { because: because.value.clone() }, out);
                }
                self.go(&it.to.value)
            }
            ActionKind::Lookup(it) => self.look_up(now, it, out),
            ActionKind::Hours(it) => self.hours(now, it, out),
            ActionKind::Language(it) => self.speak_language(now, &it.value, out),
            ActionKind::Queue(it) => self.enqueue(now, it, out),
            ActionKind::Transfer(it) => self.transfer(now, it, out),
            ActionKind::Case(it) => self.open_case(now, it, out),
            ActionKind::Callback(it) => self.call_back(now, it, out),
            ActionKind::Notify(it) => self.notify(now, it, out),
            ActionKind::Record(it) => self.record(now, it, out),
            ActionKind::Survey(it) => self.survey(now, it, out),
            ActionKind::Conference(it) => self.conference(now, it, out),
            ActionKind::Run(it) => self.run_flow(now, it),
            ActionKind::Return(exit) => self.come_back(now, exit.as_ref(), out),
            ActionKind::Hangup(prompt) => {
                // A goodbye that cannot be spoken is still a goodbye.
                let spoken = prompt.as_ref().map(|it| self.speak(now, &it.value, false, out));
                if let Some(Ok(ticket)) = spoken {
                    self.state = State::Goodbye(Speaking { ticket, until: now + LONGEST_PROMPT });
                } else {
                    self.hang_up(now, Ending::Completed, out);
                }
                Ok(Next::Wait)
            }
        }
    }

    /// The step called `name`, which is the name of the way's own target: [`Mark::Went`] tells ways apart by it.
    pub(super) fn go(&mut self, name: &Name) -> Result<Next, Stuck> {
        if let Some(action) = self.at.next.checked_sub(1) {
            let (run, to) = (self.run_name(), name.clone());
            self.trail.push(Mark::Went { run, step: self.at.step, action, to });
        }
        self.step_called(name)
    }

    pub(super) fn step_called(&self, name: &Name) -> Result<Next, Stuck> {
        let step = self.setting.flow.steps.get_index_of(name);
        step.map(Next::Go).ok_or_else(|| Stuck::Unknown { name: name.clone() })
    }

    /// The first of `targets` that the flow wrote, for what happened: `on`.
    pub(super) fn branch(&mut self, on: &str, targets: &[&Option<Target>]) -> Result<Next, Stuck> {
        match targets.iter().find_map(|target| target.as_ref()) {
            Some(target) => self.go(&target.value),
            None => Err(Stuck::NoWayOn { step: self.step_name(), on: on.into() }),
        }
    }

    /// The step under way, as journeys name it.
    pub(super) fn step_name(&self) -> Name {
        let step = self.setting.flow.steps.get_index(self.at.step);
        step.map_or_else(|| "".into(), |(name, _)| self.outside(name))
    }

    fn play(&mut self, now: Mono, it: &Play, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        if self.keys_skip(it.keys) {
            return Ok(Next::On);
        }
        let picked = it.pick.map(|how| {
            let picked = pick(how.value, it.prompts.len(), &self.start, self.picks);
            self.picks = self.picks.saturating_add(1);
            picked
        });
        self.play_from(now, it, picked, 0, out)
    }

    /// Speaks the prompt that comes after `heard` others; all of them, or the one `picked`, as often as wanted.
    fn play_from(
        &mut self,
        now: Mono,
        it: &Play,
        picked: Option<usize>,
        heard: usize,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let prompts = match picked {
            Some(at) => it.prompts.get(at..=at).unwrap_or_default(),
            None => &it.prompts,
        };
        let rounds = it.repeat.map_or(1, |it| usize::from(it.value));
        let next = heard.checked_rem(prompts.len()).and_then(|at| prompts.get(at));
        let Some(prompt) = next.filter(|_| heard < prompts.len() * rounds) else {
            return Ok(Next::On);
        };
        let ticket = self.speak_at(now, &prompt.value, it.volume_db, it.keys.interrupt, out)?;
        let speaking = Speaking { ticket, until: now + LONGEST_PROMPT };
        self.state = State::Playing(Playing { speaking, picked, heard: heard + 1, keys: it.keys });
        Ok(Next::Wait)
    }

    /// One prompt of `play`, or the value of `say`, was heard.
    pub(super) fn play_on(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Playing(playing) = &self.state else { return Ok(Next::Wait) };
        match self.current(&setting).map(|action| &action.kind) {
            Some(ActionKind::Play(it)) => {
                let (picked, heard) = (playing.picked, playing.heard);
                self.play_from(now, it, picked, heard, out)
            }
            Some(_) | None => Ok(Next::On),
        }
    }

    fn say(&mut self, now: Mono, it: &Say, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        if self.keys_skip(it.keys) {
            return Ok(Next::On);
        }
        let value = self.value(now, &it.value)?;
        let reading = Reading {
            kind: it.kind.as_ref().map(|it| &it.value),
            unit: it.unit.as_ref().map(|it| &*it.value),
        };
        let ticket = self.speak_value(now, &value, reading, it.keys.interrupt, out)?;
        let speaking = Speaking { ticket, until: now + LONGEST_PROMPT };
        self.state = State::Playing(Playing { speaking, picked: None, heard: 0, keys: it.keys });
        Ok(Next::Wait)
    }

    /// Whether something that a key would stop need not begin, because a key waits already.
    pub(super) fn keys_skip(&mut self, keys: Keying) -> bool {
        if !keys.type_ahead {
            self.keys.flush();
        }
        keys.interrupt && self.keys.any()
    }

    fn fork(&mut self, now: Mono, it: &Fork) -> Result<Next, Stuck> {
        let target = if self.truth(now, &it.condition)? { &it.then } else { &it.otherwise };
        target.as_ref().map_or(Ok(Next::On), |target| self.go(&target.value))
    }

    fn hours(&mut self, now: Mono, it: &Hours, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let open = self.is_open(now, &it.calendar.value, out)?;
        if open { Ok(Next::On) } else { self.branch("closed", &[&it.closed]) }
    }

    /// Whether a calendar is open at `now`; what it said is part of the journey.
    fn is_open(
        &mut self,
        now: Mono,
        calendar: &Name,
        out: &mut Vec<Command>,
    ) -> Result<bool, Stuck> {
        let open = self
            .setting
            .calendars
            .is_open(calendar, self.wall(now).timestamp())
            .ok_or_else(|| Stuck::Unknown { name: calendar.clone() })?;
        self.note(now, What::Hours { calendar: calendar.clone(), open }, out);
        Ok(open)
    }

    fn speak_language(
        &mut self,
        now: Mono,
        language: &Lang,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        if !self.setting.catalogues.contains_key(language) {
            return Err(Stuck::Unknown { name: language.clone() });
        }
        self.language = language.clone();
        self.note(now, What::Language { language: language.clone() }, out);
        Ok(Next::On)
    }

    fn look_up(&mut self, now: Mono, it: &LookUp, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let name = &it.lookup.value;
        let unknown = || Stuck::Unknown { name: name.clone() };
        let lookup = self.setting.flow.lookups.get(name).ok_or_else(unknown)?;
        let (within, changes) = (lookup.within, lookup.changes);
        let mut with = Vec::with_capacity(it.with.len());
        for (taken, value) in &it.with {
            with.push((taken.value.clone(), self.value(now, value)?));
        }
        // An answer of before must not be taken for this one's.
        self.values.forget(name);
        let ticket = self.ticket();
        let asked = Arc::new(with.iter().cloned().collect());
        if changes {
            // The same for a question that is asked twice, and for no other: the system can tell.
            let once = format!("{}/{}", self.start.call, ticket.0);
            with.push((Question::ONCE.into(), Value::Text(once.into())));
        }
        let lookup = self.outside(name);
        out.push(Command::LookUp(Question { ticket, lookup, with, within }));
        self.state = State::LookingUp(LookingUp {
            ticket,
            with: asked,
            since: now,
            until: now + within + GRACE,
            meanwhile: it.meanwhile.as_ref().map(|_| now + PATIENCE),
            speaking: None,
            answer: None,
        });
        Ok(Next::Wait)
    }

    pub(super) fn lookup_tick(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::LookingUp(it) = &mut self.state else { return Ok(Next::Wait) };
        if it.answer.is_none() && it.until <= now {
            it.answer = Some(Answer::TimedOut);
        }
        if it.speaking.is_some_and(|speaking| speaking.until <= now) {
            it.speaking = None;
            out.push(Command::Stop);
        }
        if it.answer.is_some() {
            return self.settle(now, out);
        }
        if it.meanwhile.take_if(|due| *due <= now).is_some()
            && let Some(Action { kind: ActionKind::Lookup(lookup), .. }) = self.current(&setting)
            && let Some(prompt) = &lookup.meanwhile
            && let Ok(ticket) = self.speak(now, &prompt.value, true, out)
            && let State::LookingUp(it) = &mut self.state
        {
            it.speaking = Some(Speaking { ticket, until: now + LONGEST_PROMPT });
        }
        Ok(Next::Wait)
    }

    /// Goes on with a lookup's answer, if it is there and nothing is being spoken.
    pub(super) fn settle(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::LookingUp(it) = &mut self.state else { return Ok(Next::Wait) };
        if it.speaking.is_some() {
            return Ok(Next::Wait);
        }
        let (took, with) = (now - it.since, Arc::clone(&it.with));
        let Some(answer) = it.answer.take() else { return Ok(Next::Wait) };
        let Some(Action { kind: ActionKind::Lookup(it), .. }) = self.current(&setting) else {
            return Ok(Next::Wait); // `look_up` alone begins this state
        };
        let lookup = it.lookup.value.clone();
        let asked = setting.flow.lookups.get(&lookup);
        let changes = asked.is_some_and(|it| it.changes);
        let must_find = asked.is_none_or(|it| it.must_find());
        let answer = match answer {
            Answer::Found(row) if !is_whole(setting.flow.lookups.get(&lookup), &row) => {
                Answer::Failed
            }
            Answer::Found(_)
            | Answer::NotFound
            | Answer::Failed
            | Answer::TimedOut
            | Answer::Unknown => answer,
        };
        let (outcome, found) = match &answer {
            Answer::Found(row) => ("found", Some(Arc::clone(row))),
            Answer::NotFound => ("not_found", None),
            Answer::Failed => ("failed", None),
            Answer::TimedOut => ("timed_out", None),
            Answer::Unknown => ("unknown", None),
        };
        let name = self.outside(&lookup);
        self.note(now, What::LookedUp { lookup: name, with, outcome, took, found }, out);
        match answer {
            Answer::Found(row) => {
                self.values.found(lookup, row);
                Ok(Next::On)
            }
            // It touched no row, and its designer sees no difference.
            Answer::NotFound if !must_find && it.not_found.is_none() => Ok(Next::On),
            Answer::NotFound => self.branch("not_found", &[&it.not_found]),
            Answer::TimedOut | Answer::Unknown if changes => self.branch("unknown", &[&it.unknown]),
            Answer::Failed | Answer::TimedOut | Answer::Unknown => {
                self.branch("failed", &[&it.failed])
            }
        }
    }

    /// Nothing in the flow fits: an apology, then whoever the shell has for such calls.
    fn stuck(&mut self, now: Mono, because: Stuck, out: &mut Vec<Command>) {
        self.note(now, What::Stuck { because: because.clone() }, out);
        let spoken = self.speak(now, &APOLOGY.into(), false, out);
        let ticket = spoken.as_ref().copied().unwrap_or(Ticket(0));
        self.state = State::Sorry(Speaking { ticket, until: now + LONGEST_PROMPT }, because);
        if spoken.is_err() {
            self.last_resort(now, out);
        }
    }

    pub(super) fn last_resort(&mut self, now: Mono, out: &mut Vec<Command>) {
        if let State::Sorry(_, because) = &self.state {
            out.push(Command::LastResort(because.clone()));
            self.end(now, Ending::LastResort, out);
        }
    }

    pub(super) fn hang_up(&mut self, now: Mono, ending: Ending, out: &mut Vec<Command>) {
        out.push(Command::HangUp(ending));
        self.end(now, ending, out);
    }

    pub(super) fn end(&mut self, now: Mono, ending: Ending, out: &mut Vec<Command>) {
        // `handle` lets nothing through in this state, so `End` comes out exactly once.
        debug_assert!(!matches!(self.state, State::Over));
        self.note(now, What::Ended { ending }, out);
        self.state = State::Over;
        out.push(Command::End(ending));
    }
}

/// Whether a row has every column that must not be missing.
fn is_whole(lookup: Option<&Lookup>, row: &Row) -> bool {
    lookup.is_some_and(|it| {
        it.gives.iter().all(|(name, given)| given.optional || row.contains_key(name))
    })
}

/// A whole number as far as it fits: a priority.
pub(super) fn small(value: &Value) -> u8 {
    use rust_decimal::prelude::ToPrimitive;
    match value {
        Value::Number(number) => {
            number.round().to_i64().unwrap_or(0).clamp(0, 255).try_into().unwrap_or(0)
        }
        Value::Text(_)
        | Value::Digits(_)
        | Value::Money(_)
        | Value::Percent(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::YesNo(_)
        | Value::Choice(_)
        | Value::Phone(_)
        | Value::Secret(_)
        | Value::Recording(_) => 0,
    }
}

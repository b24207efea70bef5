//! What a designer who walks a flow may see and do, and no caller: where the call waits, going to a step, setting the
//! clock, walking a flow that only others run. Nothing of it happens in a call that is served.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, ZonedDateTime};

use super::super::events::Command;
use super::super::setting::{Setting, Start};
use super::record::Doing;
use super::speak::Own;
use super::walk::Next;
use super::{At, Machine, State};
use crate::flow::model::{Action, ActionKind, Flow, Keying, Lang, Name, Run};
use crate::flow::{Program, reads, within};
use crate::time::Mono;
use crate::value::Value;

/// What a call waits for, and where.
pub(crate) struct Waiting {
    setting: Arc<Setting>,
    at: At,
    /// The flow under way, if it is one that is run.
    pub(crate) run: Option<Name>,
    /// In which language the caller is spoken to.
    pub(crate) language: Lang,
    pub(crate) on: On,
    /// Another one each time that the caller is asked something.
    pub(crate) nth: (u32, u8),
}

/// What may end the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// The end of a prompt, or a key.
    Prompt(Keying),
    /// The end of the last words: keys mean nothing.
    LastWords,
    /// The keys of a `menu`, an `ask` or a `verify`.
    Question,
    /// One of the two keys behind a value that is read back.
    ReadBack,
    /// A key for the question of a survey with this number.
    Survey(usize),
    /// The prompt before a recording.
    RecordPrompt,
    /// The caller speaks.
    Recording,
    /// A key for what is to be done with a recording.
    Review,
    /// A key that leads out of the queue, or an agent.
    Queue,
    /// The end of the talk with an agent.
    Talk,
    /// The others of a conference.
    Conference,
    /// The world: a lookup, a transfer, the store.
    World,
}

impl On {
    /// Whether it is the caller who is asked.
    pub(crate) const fn is_question(self) -> bool {
        match self {
            Self::Question
            | Self::ReadBack
            | Self::Survey(_)
            | Self::RecordPrompt
            | Self::Recording
            | Self::Review
            | Self::Queue => true,
            Self::Prompt(_) | Self::LastWords | Self::Talk | Self::Conference | Self::World => {
                false
            }
        }
    }
}

impl Waiting {
    /// The flow under way.
    pub(crate) fn flow(&self) -> &Flow {
        &self.setting.flow
    }

    /// The action that waits.
    pub(crate) fn action(&self) -> Option<&Action> {
        let (_, step) = self.setting.flow.steps.get_index(self.at.step)?;
        step.actions.get(self.at.next.checked_sub(1)?)
    }

    /// The step that waits, as journeys name it.
    pub(crate) fn step_name(&self) -> Name {
        let step = self.setting.flow.steps.get_index(self.at.step);
        step.map_or_else(
            || "".into(),
            |(step, _)| self.run.as_ref().map_or_else(|| step.clone(), |run| within(run, step)),
        )
    }

    /// The words of a prompt as the catalogue has them, values' places and all.
    pub(crate) fn words(&self, prompt: &str) -> Option<&str> {
        let prompt = self.setting.catalogues.get(&self.language)?.prompt(prompt)?;
        Some(&prompt.text.value)
    }
}

impl Machine {
    /// A call of a flow that only others run, with what it takes. Where it comes back the call ends.
    pub(crate) fn alone(
        setting: Arc<Setting>,
        start: Start,
        inputs: IndexMap<Name, Value>,
    ) -> Self {
        let mut machine = Self::new(setting, start);
        machine.values.own = Own::of(inputs);
        machine.is_alone = true;
        machine
    }

    /// What the call waits for; nothing before it began and after it ended.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        let keys = |it: Keying| On::Prompt(it);
        let on = match &self.state {
            State::New | State::Ringing { .. } | State::Over => return None,
            State::Playing(it) => keys(it.keys),
            State::Goodbye(_) | State::Sorry(..) => On::LastWords,
            State::Asking(it) if it.reading_back.is_some() => On::ReadBack,
            State::Asking(_) => On::Question,
            State::Surveying(it) => On::Survey(it.nth()),
            State::Recording(it) => match it.doing() {
                Doing::Asking => On::RecordPrompt,
                Doing::Speaking => On::Recording,
                Doing::Reviewing => On::Review,
                Doing::Storing => On::World,
            },
            State::Queued(_) => On::Queue,
            State::Talking { .. } => On::Talk,
            State::Conferring(_) => On::Conference,
            State::Verifying(_)
            | State::LookingUp(_)
            | State::Keeping(_)
            | State::Transferring { .. }
            | State::Away { .. } => On::World,
        };
        let part = match on {
            On::ReadBack | On::Review => 1,
            On::Recording => 2,
            On::Survey(nth) => u8::try_from(nth).unwrap_or(u8::MAX),
            On::Prompt(_)
            | On::LastWords
            | On::Question
            | On::RecordPrompt
            | On::Queue
            | On::Talk
            | On::Conference
            | On::World => 0,
        };
        Some(Waiting {
            setting: Arc::clone(&self.setting),
            at: self.at,
            run: self.run_name(),
            language: self.language.clone(),
            on,
            nth: (self.actions, part),
        })
    }

    /// Leaves whatever is under way and goes to the step `name`, which [`Program::step_names`] has: into the flow that it
    /// belongs to, with what that one takes as far as its values are known. What the step reads although nothing has set
    /// it; `None` if there is no such step.
    pub(crate) fn jump(
        &mut self,
        now: Mono,
        name: &str,
        out: &mut Vec<Command>,
    ) -> Option<Vec<Name>> {
        let (run, step) = name.split_once('/').map_or((None, name), |(run, it)| (Some(run), it));
        let home = Arc::clone(&self.outermost().flow);
        let path = run.map_or_else(|| Some(Vec::new()), |run| path(&home, run))?;
        let index = home.flow(run.map(Name::from).as_ref())?.steps.get_index_of(step)?;
        self.leave_all(now, out);
        self.keys.flush();
        if self.run_name().as_deref() != run {
            while let Some(frame) = self.frames.pop() {
                self.resume(frame);
            }
            for at in path {
                self.at = at;
                let setting = Arc::clone(&self.setting);
                let Some(ActionKind::Run(it)) = self.current(&setting).map(|it| &it.kind) else {
                    return None; // `path` gives only runs
                };
                let value = |expr| self.value(now, expr).ok();
                let inputs = it.with.iter();
                let inputs = inputs.filter_map(|(name, it)| Some((name.value.clone(), value(it)?)));
                let inputs = inputs.collect();
                self.enter(it, inputs).ok()?; // `path` gives only flows that were found
            }
        }
        let unset = self.unset(index);
        self.run = 0;
        self.proceed(now, Ok(Next::Go(index)), out);
        Some(unset)
    }

    /// Ends what is under way as far as others have a part in it.
    fn leave_all(&mut self, now: Mono, out: &mut Vec<Command>) {
        match &self.state {
            State::Queued(it) => {
                let visit = it.ticket;
                self.wait_over(now, "left", out);
                out.extend([Command::LeaveQueue(visit), Command::Stop]);
            }
            State::Talking { visit } => out.push(Command::LeaveQueue(*visit)),
            State::Transferring { transfer, .. } | State::Away { transfer } => {
                out.push(Command::CancelTransfer(*transfer));
            }
            State::Recording(_) => {
                out.push(Command::Stop);
                self.recording_left(now, out);
            }
            State::Conferring(it) => {
                let conference = it.ticket;
                self.conferred(now, "left", out);
                out.extend([Command::LeaveConference(conference), Command::Stop]);
            }
            State::Playing(_)
            | State::Asking(_)
            | State::LookingUp(_)
            | State::Surveying(_)
            | State::Goodbye(_)
            | State::Sorry(..) => out.push(Command::Stop),
            State::New
            | State::Ringing { .. }
            | State::Verifying(_)
            | State::Keeping(_)
            | State::Over => {}
        }
    }

    /// What a step of the flow under way reads although nothing has set it, each name once.
    fn unset(&self, step: usize) -> Vec<Name> {
        let flow = &self.setting.flow;
        let words = self.setting.catalogues.get(&self.language);
        let step = flow.steps.get_index(step);
        let read = step.map(|(_, it)| reads(flow, it, words)).unwrap_or_default();
        read.into_iter().filter(|name| self.kept(&self.values.own, name).is_none()).collect()
    }

    /// The calendar's time at `now`, in the zone in which dates are spoken.
    pub(crate) fn clock(&self, now: Mono) -> ZonedDateTime {
        self.wall(now)
    }

    /// Lets it be `wall` at `now`: hours, greetings and dates go by that from here on.
    pub(crate) fn set_clock(&mut self, now: Mono, wall: &ZonedDateTime) {
        let passed = SignedDuration::try_from(now.since(self.start.at));
        self.start.wall = wall.saturating_sub(passed.unwrap_or(SignedDuration::ZERO));
    }
}

/// The `run` actions that lead from `flow` to the flow called `name`, the nearest way.
fn path(flow: &Program, name: &str) -> Option<Vec<At>> {
    let runs = || {
        flow.steps.values().enumerate().flat_map(|(step, it)| {
            it.actions.iter().enumerate().filter_map(move |(action, it)| {
                let ActionKind::Run(Run { sub: Ok(sub), .. }) = &it.kind else { return None };
                Some((At { step, next: action + 1 }, sub.program.as_deref()?))
            })
        })
    };
    let direct = runs().find(|(_, program)| *program.name.value == *name);
    direct.map(|(at, _)| vec![at]).or_else(|| {
        runs().find_map(|(at, program)| {
            let behind = path(program, name)?;
            Some(std::iter::once(at).chain(behind).collect())
        })
    })
}

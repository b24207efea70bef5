//! `run` and `return`: flows that are run by others, each with variables of its own.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::events::{Command, Ending, Stuck};
use super::super::journey::What;
use super::super::setting::Setting;
use super::super::trail::Mark;
use super::speak::Own;
use super::walk::Next;
use super::{At, Machine};
use crate::diagnostic::Spanned;
use crate::flow::model::{Action, ActionKind, Name, Run, Texts};
use crate::flow::{MAX_NESTED, within};
use crate::time::Mono;
use crate::value::Value;

/// A flow that waits for the one that it runs.
pub(super) struct Frame {
    setting: Arc<Setting>,
    /// Behind the `run`.
    at: At,
    own: Own,
}

impl Frame {
    /// Where it waits and what it knows, as text.
    pub(super) fn known(&self) -> String {
        format!("{}.{} {}", self.at.step, self.at.next, self.own.known())
    }
}

impl Machine {
    /// Begins another flow with what it takes.
    pub(super) fn run_flow(&mut self, now: Mono, it: &Run) -> Result<Next, Stuck> {
        let mut inputs = IndexMap::with_capacity(it.with.len());
        for (name, value) in &it.with {
            inputs.insert(name.value.clone(), self.value(now, value)?);
        }
        self.enter(it, inputs)
    }

    /// The same with values that are known already.
    pub(super) fn enter(&mut self, it: &Run, inputs: IndexMap<Name, Value>) -> Result<Next, Stuck> {
        let unknown = || Stuck::Unknown { name: it.flow.value.clone() };
        let program = it.sub.as_ref().ok().and_then(|sub| sub.program.clone());
        let flow = program.ok_or_else(unknown)?;
        debug_assert!(self.frames.len() < MAX_NESTED, "HL0422 keeps flows from nesting deeper");
        if self.frames.len() >= MAX_NESTED {
            return Err(Stuck::TooLong);
        }
        // Results of before must not be taken for this one's.
        self.values.forget(&it.prefix());
        let Setting { catalogues, calendars, .. } = &*self.setting;
        let (catalogues, calendars) = (Arc::clone(catalogues), Arc::clone(calendars));
        let setting = Arc::new(Setting { flow, catalogues, calendars });
        self.frames.push(Frame {
            setting: std::mem::replace(&mut self.setting, setting),
            at: self.at,
            own: std::mem::replace(&mut self.values.own, Own::of(inputs)),
        });
        let start = self.setting.flow.start.value.clone();
        self.step_called(&start)
    }

    /// Goes back to the flow that runs this one: on behind the `run`, or by an exit.
    pub(super) fn come_back(
        &mut self,
        now: Mono,
        exit: Option<&Spanned<Name>>,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let Some(frame) = self.frames.pop() else {
            if self.is_alone {
                let (flow, by) = (self.setting.flow.name.value.clone(), exit.map(|it| &it.value));
                self.note(now, What::Returned { flow, exit: by.cloned() }, out);
                self.hang_up(now, Ending::Completed, out);
                return Ok(Next::Wait);
            }
            return Err(Stuck::NoWayOn { step: self.step_name(), on: "return".into() });
        };
        let (inner, results) = self.resume(frame);
        let flow = inner.flow.name.value.clone();
        self.trail.push(Mark::Returned { run: flow.clone() });
        let by = exit.map(|it| it.value.clone());
        self.note(now, What::Returned { flow, exit: by }, out);
        let setting = Arc::clone(&self.setting);
        let Some(Action { kind: ActionKind::Run(run), .. }) = self.current(&setting) else {
            return Ok(Next::On); // `run_flow` alone makes frames
        };
        match exit {
            None => {
                let row = results.some(inner.flow.gives.keys());
                self.values.found(run.prefix(), Arc::new(row));
                Ok(Next::On)
            }
            Some(exit) => match run.way(&exit.value) {
                Some(target) => self.go(&target.value),
                None => {
                    let on = exit.value.clone();
                    Err(Stuck::NoWayOn { step: self.step_name(), on })
                }
            },
        }
    }

    /// Goes back to a flow that waits; what was under way, and what it knew.
    pub(super) fn resume(&mut self, frame: Frame) -> (Arc<Setting>, Own) {
        self.at = frame.at;
        let inner = std::mem::replace(&mut self.setting, frame.setting);
        (inner, std::mem::replace(&mut self.values.own, frame.own))
    }

    /// The flow under way, if it is one that is run.
    pub(super) fn run_name(&self) -> Option<Name> {
        (!self.frames.is_empty()).then(|| self.setting.flow.name.value.clone())
    }

    /// What a name of the flow under way is called in journeys and questions: `identify/ask`.
    pub(super) fn outside(&self, name: &Name) -> Name {
        if self.frames.is_empty() {
            return name.clone();
        }
        within(&self.setting.flow.name.value, name)
    }

    /// What the call began with.
    pub(super) fn outermost(&self) -> &Setting {
        self.frames.first().map_or(&self.setting, |frame| &frame.setting)
    }

    /// What the designer wants an agent to see: what the call's own flow shows, then those that are run.
    pub(super) fn shown(&self, now: Mono) -> Vec<(Texts, String)> {
        let waiting = self.frames.iter().map(|frame| (&frame.setting, &frame.own));
        let all = waiting.chain(std::iter::once((&self.setting, &self.values.own)));
        let lines =
            all.flat_map(|(setting, own)| setting.flow.context.iter().map(move |it| (it, own)));
        let shown = lines.filter_map(|(field, own)| {
            let value = self.show(now, own, &field.value)?;
            Some((field.label.clone(), value))
        });
        shown.collect()
    }
}

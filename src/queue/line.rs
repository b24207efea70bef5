//! One queue: the callers in their order, and the agents who are idle for it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::config::QueueConfig;
use super::ids::{AgentAt, CallerId};
use super::journal::Totals;
use super::pace::Pace;
use crate::time::Mono;

/// No queue is longer, whatever hotline.yaml says.
const MAX_LENGTH: usize = 10_000;

/// A caller's place: higher priority first, then earlier arrival; `turn` keeps apart those of one microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub(super) priority: Reverse<u8>,
    pub(super) arrived: Mono,
    pub(super) turn: u64,
}

/// What a wallboard shows of one queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct QueueView {
    /// Callers for whom nobody rings.
    pub waiting: usize,
    /// Callers for whom an agent rings.
    pub offered: usize,
    /// How long the first of those in line has been here.
    pub longest_wait: Option<Duration>,
    /// Agents logged in.
    pub staffed: usize,
    /// Agents free for a call.
    pub idle: usize,
    /// All visits since the process began.
    pub totals: Totals,
}

pub(super) struct Line {
    pub(super) config: QueueConfig,
    /// Everybody in line, ringing or not: positions are counted here, so a missed offer does not make them jump.
    all: BTreeMap<Place, CallerId>,
    /// Those for whom nobody rings.
    waiting: BTreeMap<Place, CallerId>,
    /// Longest idle first.
    idle: BTreeSet<(Mono, AgentAt)>,
    /// Agents of this queue who are logged in.
    pub(super) staffed: usize,
    pub(super) pace: Pace,
    pub(super) totals: Totals,
}

impl Line {
    pub(super) fn new(config: QueueConfig) -> Self {
        Self {
            config,
            all: BTreeMap::new(),
            waiting: BTreeMap::new(),
            idle: BTreeSet::new(),
            staffed: 0,
            pace: Pace::default(),
            totals: Totals::default(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= self.config.max_length.min(MAX_LENGTH)
    }

    pub(super) fn join(&mut self, now: Mono, place: Place, caller: CallerId) {
        if self.all.is_empty() {
            self.pace.line_begins(now);
        }
        self.all.insert(place, caller);
        self.waiting.insert(place, caller);
    }

    pub(super) fn leave(&mut self, place: &Place) {
        self.all.remove(place);
        self.waiting.remove(place);
    }

    /// An agent rings for the caller at `place`: they stay in line, but nobody else is offered them.
    pub(super) fn reserve(&mut self, place: &Place) {
        self.waiting.remove(place);
    }

    pub(super) fn release(&mut self, place: Place, caller: CallerId) {
        debug_assert_eq!(self.all.get(&place), Some(&caller));
        self.waiting.insert(place, caller);
    }

    pub(super) fn first_waiting(&self) -> Option<(Place, CallerId)> {
        self.waiting.first_key_value().map(|(place, caller)| (*place, *caller))
    }

    /// 1 for the caller who is next. Asked for announcements only: costs the length of this one queue, and nothing for
    /// the last in line, which everybody is at entry.
    pub(super) fn position(&self, place: &Place) -> usize {
        match self.all.last_key_value() {
            Some((last, _)) if last == place => self.all.len(),
            Some(_) | None => self.all.range(..place).count() + 1,
        }
    }

    pub(super) fn add_idle(&mut self, since: Mono, agent: AgentAt) {
        self.idle.insert((since, agent));
    }

    pub(super) fn remove_idle(&mut self, since: Mono, agent: AgentAt) {
        self.idle.remove(&(since, agent));
    }

    pub(super) fn longest_idle(&self) -> Option<AgentAt> {
        self.idle.first().map(|(_, agent)| *agent)
    }

    pub(super) fn view(&self, now: Mono) -> QueueView {
        QueueView {
            waiting: self.waiting.len(),
            offered: self.all.len() - self.waiting.len(),
            longest_wait: self.all.first_key_value().map(|(place, _)| now - place.arrived),
            staffed: self.staffed,
            idle: self.idle.len(),
            totals: self.totals,
        }
    }

    #[cfg(test)]
    pub(super) fn in_line(&self) -> Vec<(Place, CallerId, bool)> {
        self.all
            .iter()
            .map(|(place, caller)| (*place, *caller, self.waiting.contains_key(place)))
            .collect()
    }

    #[cfg(test)]
    pub(super) fn idle_agents(&self) -> &BTreeSet<(Mono, AgentAt)> {
        &self.idle
    }
}

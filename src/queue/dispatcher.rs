//! The machine: one for all queues and all agents, so that an offer has one owner.
//!
//! A decision costs O(log n) in the callers or idle agents of one queue, times the queues of the one agent concerned.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::agent::{Agent, AgentState, State};
use super::config::{AgentRules, Announcements, QueuesConfig, WhenUnstaffed};
use super::events::{CancelReason, Command, Event, Outcome};
use super::ids::{AgentAt, AgentId, CallerId, OfferId, QueueAt, QueueName, Table};
use super::journal::{Record, What};
use super::line::{Line, Place, QueueView};
use super::timers::{Timer, Timers};
use crate::time::Mono;

#[cfg(test)]
mod simulation;

/// See the door of this room.
pub struct Dispatcher {
    lines: Table<QueueAt, Line>,
    queue_names: BTreeMap<QueueName, QueueAt>,
    agents: Table<AgentAt, Agent>,
    agent_names: BTreeMap<AgentId, AgentAt>,
    /// Those in line (at most the queues' lengths) and those talking (at most one an agent).
    callers: BTreeMap<CallerId, Caller>,
    /// At most one an agent: that of [`State::offer`].
    offers: BTreeMap<OfferId, AgentAt>,
    timers: Timers,
    rules: AgentRules,
    next_offer: u64,
    next_turn: u64,
}

struct Caller {
    queue: QueueAt,
    /// Kept while they talk, for the case that they return.
    place: Place,
    /// When this visit began.
    since: Mono,
    state: CallerState,
    /// They did not find an idle agent.
    had_to_wait: bool,
    told: Option<Told>,
    wait_due: Option<Mono>,
    announce_due: Option<Mono>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CallerState {
    Waiting,
    Offered(AgentAt),
    Talking(AgentAt),
}

#[derive(Clone, Copy)]
struct Told {
    at: Mono,
    position: usize,
    estimated_wait: Option<Duration>,
}

impl Told {
    fn says_the_same(self, other: Self) -> bool {
        (self.position, self.estimated_wait) == (other.position, other.estimated_wait)
    }
}

/// How long a silenced phone may take to confirm it before it is rung again.
const CLEARING: Duration = Duration::from_secs(1);
const SHORTEST_OFFER: Duration = Duration::from_secs(1);
const SHORTEST_ANNOUNCEMENT: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// All queues empty, all agents offline but those with a fixed address.
    #[must_use]
    pub fn new(config: QueuesConfig) -> Self {
        let mut queue_names = BTreeMap::new();
        let mut lines = Vec::new();
        for queue in config.queues {
            queue_names.entry(queue.name.clone()).or_insert_with(|| {
                lines.push(Line::new(queue));
                QueueAt::from(lines.len() - 1)
            });
        }
        let mut agent_names = BTreeMap::new();
        let mut agents = Vec::new();
        for agent in config.agents {
            agent_names.entry(agent.id.clone()).or_insert_with(|| {
                let mut queues: Vec<_> =
                    agent.queues.iter().filter_map(|name| queue_names.get(name).copied()).collect();
                queues.sort_unstable();
                queues.dedup();
                agents.push(Agent {
                    id: agent.id,
                    queues,
                    registered: agent.fixed,
                    paused: false,
                    missed: 0,
                    idle_since: Mono::ZERO,
                    state: State::Away { until: None },
                    due: None,
                    told: AgentState::Offline,
                });
                AgentAt::from(agents.len() - 1)
            });
        }
        let mut it = Self {
            lines: Table::new(lines),
            queue_names,
            agents: Table::new(agents),
            agent_names,
            callers: BTreeMap::new(),
            offers: BTreeMap::new(),
            timers: Timers::default(),
            rules: config.rules,
            next_offer: 1,
            next_turn: 0,
        };
        for at in it.agents.positions().filter(|at| it.agents[*at].registered).collect::<Vec<_>>() {
            it.staff(at, 1);
            it.set_agent(at, State::Idle, &mut Vec::new());
        }
        it
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        match event {
            Event::Enter { caller, queue, priority } => {
                self.enter(now, caller, &queue, priority, out)
            }
            Event::Leave(caller) => self.leave(now, caller, What::Left, out),
            Event::HungUp(caller) => self.hung_up(now, caller, out),
            Event::Registered(id) => self.for_agent(&id, |it, at| it.registered(now, at, out)),
            Event::Unregistered(id) => self.for_agent(&id, |it, at| it.unregistered(now, at, out)),
            Event::Ready(id) => self.for_agent(&id, |it, at| it.ready(now, at, out)),
            Event::NotReady(id) => self.for_agent(&id, |it, at| it.not_ready(at, out)),
            Event::Answered(offer) => self.answered(now, offer, out),
            Event::Refused(offer) => self.refused(now, offer, out),
            Event::Cleared(offer) => self.cleared(now, offer, out),
            Event::TalkEnded { offer, returns } => self.talk_ended(now, offer, returns, out),
            Event::Tick => self.tick(now, out),
        }
    }

    /// When the next [`Event::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.timers.first()
    }

    /// What a wallboard shows of one queue.
    #[must_use]
    pub fn queue(&self, now: Mono, name: &QueueName) -> Option<QueueView> {
        self.queue_names.get(name).map(|at| self.lines[*at].view(now))
    }

    /// What others see of one agent.
    #[must_use]
    pub fn agent(&self, id: &AgentId) -> Option<AgentState> {
        self.agent_names.get(id).map(|at| self.agents[*at].shown())
    }

    fn for_agent(&mut self, id: &AgentId, event: impl FnOnce(&mut Self, AgentAt)) {
        if let Some(at) = self.agent_names.get(id).copied() {
            event(self, at);
        }
    }

    // Callers.

    fn enter(
        &mut self,
        now: Mono,
        id: CallerId,
        name: &QueueName,
        priority: u8,
        out: &mut Vec<Command>,
    ) {
        match self.callers.get(&id).map(|caller| caller.state) {
            Some(CallerState::Waiting | CallerState::Offered(_)) => return, // one queue at a time
            Some(CallerState::Talking(agent)) => self.end_talk(now, id, agent, out),
            None => {}
        }
        let Some(queue) = self.queue_names.get(name).copied() else {
            return out.push(Command::Outcome { caller: id, outcome: Outcome::NoSuchQueue });
        };
        self.note(now, queue, id, What::Entered, out);
        let line = &mut self.lines[queue];
        if line.staffed == 0 && line.config.when_unstaffed != WhenUnstaffed::Wait {
            return self.turn_away(now, queue, id, Outcome::NoAgents, out);
        }
        if line.is_full() && line.longest_idle().is_none() {
            return self.turn_away(now, queue, id, Outcome::Full, out);
        }
        let place = Place { priority: Reverse(priority), arrived: now, turn: self.next_turn };
        self.next_turn += 1;
        self.join(now, id, queue, place, out);
    }

    /// Puts a caller into line, new or returned, and rings for them if somebody is idle.
    fn join(
        &mut self,
        now: Mono,
        id: CallerId,
        queue: QueueAt,
        place: Place,
        out: &mut Vec<Command>,
    ) {
        self.lines[queue].join(now, place, id);
        let state = CallerState::Waiting;
        let caller = Caller {
            queue,
            place,
            since: now,
            state,
            had_to_wait: false,
            told: None,
            wait_due: None,
            announce_due: None,
        };
        self.callers.insert(id, caller);
        self.wait(now, id, out);
    }

    /// The caller waits, at first or again: they are offered to the longest idle agent, or their timers run.
    fn wait(&mut self, now: Mono, id: CallerId, out: &mut Vec<Command>) {
        let Some(caller) = self.callers.get(&id) else { return };
        if let Some(agent) = self.lines[caller.queue].longest_idle() {
            return self.offer(now, id, agent, out);
        }
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let line = &self.lines[caller.queue];
        let config = &line.config;
        caller.had_to_wait = true;
        let until = caller.since + config.max_wait;
        if line.staffed == 0 && config.when_unstaffed == WhenUnstaffed::SendAway {
            return self.give_up(now, id, Outcome::NoAgents, out);
        }
        if until <= now {
            return self.give_up(now, id, Outcome::Overflowed, out);
        }
        self.timers.set(Timer::Wait(id), &mut caller.wait_due, Some(until));
        match (config.announcements, caller.told) {
            (None, _) => {}
            (Some(_), None) => self.announce(now, id, out),
            (Some(when), Some(told)) => {
                let due = told.at + when.every.max(SHORTEST_ANNOUNCEMENT);
                self.timers.set(Timer::Announce(id), &mut caller.announce_due, Some(due.max(now)));
            }
        }
    }

    /// Tells the caller what is new, or the same again when that is due, and sets the time of the next look.
    fn announce(&mut self, now: Mono, id: CallerId, out: &mut Vec<Command>) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let line = &self.lines[caller.queue];
        let Some(Announcements { every, unchanged_every }) = line.config.announcements else {
            return;
        };
        let position = line.position(&caller.place);
        let estimated_wait = line.pace.estimate(now, position, line.config.max_wait);
        let every = every.max(SHORTEST_ANNOUNCEMENT);
        let unchanged_every = unchanged_every.max(every);
        let news = Told { at: now, position, estimated_wait };
        let told = match caller.told {
            Some(told) if told.says_the_same(news) && now < told.at + unchanged_every => told,
            Some(_) | None => {
                out.push(Command::Announce { caller: id, position, estimated_wait });
                news
            }
        };
        caller.told = Some(told);
        let next = (now + every).min(told.at + unchanged_every);
        self.timers.set(Timer::Announce(id), &mut caller.announce_due, Some(next));
    }

    /// A caller who waits has waited enough. One who is being offered has no timer: `wait` looks if the offer fails.
    fn give_up(&mut self, now: Mono, id: CallerId, outcome: Outcome, out: &mut Vec<Command>) {
        let Some(caller) = self.callers.get(&id) else { return };
        debug_assert_eq!(caller.state, CallerState::Waiting);
        let queue = caller.queue;
        self.forget(id);
        self.turn_away(now, queue, id, outcome, out);
    }

    fn turn_away(
        &mut self,
        now: Mono,
        queue: QueueAt,
        id: CallerId,
        outcome: Outcome,
        out: &mut Vec<Command>,
    ) {
        let what = match outcome {
            Outcome::Overflowed => What::Overflowed,
            Outcome::Full => What::Full,
            Outcome::NoAgents | Outcome::NoSuchQueue => What::NoAgents,
        };
        self.note(now, queue, id, what, out);
        out.push(Command::Outcome { caller: id, outcome });
    }

    /// A caller goes who is in line; a phone that rings for them falls silent.
    fn leave(&mut self, now: Mono, id: CallerId, what: What, out: &mut Vec<Command>) {
        let Some(caller) = self.callers.get(&id) else { return };
        let (queue, state) = (caller.queue, caller.state);
        match state {
            CallerState::Talking(_) => return, // a key pressed in a talk is for the agent to hear
            CallerState::Waiting => self.forget(id),
            CallerState::Offered(agent) => {
                self.forget(id);
                self.silence(now, agent, CancelReason::CallerGone, out);
            }
        }
        self.note(now, queue, id, what, out);
    }

    fn hung_up(&mut self, now: Mono, id: CallerId, out: &mut Vec<Command>) {
        match self.callers.get(&id).map(|caller| caller.state) {
            Some(CallerState::Talking(agent)) => self.end_talk(now, id, agent, out),
            Some(CallerState::Waiting | CallerState::Offered(_)) => {
                self.leave(now, id, What::Abandoned, out)
            }
            None => {}
        }
    }

    /// Removes the caller from their line, the timers and the table.
    fn forget(&mut self, id: CallerId) {
        if let Some(mut caller) = self.callers.remove(&id) {
            self.lines[caller.queue].leave(&caller.place);
            self.timers.set(Timer::Wait(id), &mut caller.wait_due, None);
            self.timers.set(Timer::Announce(id), &mut caller.announce_due, None);
        }
    }

    // Offers.

    fn offer(&mut self, now: Mono, id: CallerId, at: AgentAt, out: &mut Vec<Command>) {
        debug_assert_eq!(self.agents[at].state, State::Idle);
        let Some(caller) = self.callers.get_mut(&id) else { return };
        debug_assert_eq!(caller.state, CallerState::Waiting);
        caller.state = CallerState::Offered(at);
        self.timers.set(Timer::Wait(id), &mut caller.wait_due, None);
        self.timers.set(Timer::Announce(id), &mut caller.announce_due, None);
        let queue = caller.queue;
        let line = &mut self.lines[queue];
        line.reserve(&caller.place);
        let until = now + line.config.offer_for.max(SHORTEST_OFFER);
        let name = line.config.name.clone();
        let offer = OfferId(self.next_offer);
        self.next_offer += 1;
        self.set_agent(at, State::Offered { offer, caller: id, queue, until }, out);
        out.push(Command::Offer {
            offer,
            caller: id,
            agent: self.agents[at].id.clone(),
            queue: name,
        });
    }

    fn answered(&mut self, now: Mono, offer: OfferId, out: &mut Vec<Command>) {
        let Some(at) = self.offers.get(&offer).copied() else {
            return out.push(Command::CancelOffer { offer, reason: CancelReason::TooLate });
        };
        match self.agents[at].state {
            State::Offered { caller: id, queue, .. } => {
                let Some(caller) = self.callers.get_mut(&id) else { return };
                caller.state = CallerState::Talking(at);
                let (had_to_wait, waited) = (caller.had_to_wait, now - caller.since);
                let line = &mut self.lines[queue];
                line.leave(&caller.place);
                line.pace.answered(now, had_to_wait);
                let agent = self.agents[at].id.clone();
                self.set_agent(at, State::Talking { offer, caller: id, queue }, out);
                self.note(now, queue, id, What::Answered { agent: agent.clone(), waited }, out);
                out.push(Command::Connect { offer, caller: id, agent });
            }
            // Answer and cancellation crossed on the wire.
            State::Quiet { .. } => {
                out.push(Command::CancelOffer { offer, reason: CancelReason::TooLate })
            }
            State::Talking { .. } => {} // told twice
            State::Away { .. } | State::Idle | State::WrapUp { .. } => {
                debug_assert!(false, "an offer without a phone")
            }
        }
    }

    fn refused(&mut self, now: Mono, offer: OfferId, out: &mut Vec<Command>) {
        let Some(at) = self.offers.get(&offer).copied() else { return };
        match self.agents[at].state {
            State::Offered { caller, .. } => {
                self.missed(now, at);
                let until = now + self.rules.after_refusal.max(SHORTEST_OFFER);
                self.set_agent(at, State::Quiet { offer: None, until }, out);
                self.release(now, caller, out);
            }
            State::Quiet { .. } => self.cleared(now, offer, out), // refused while it was being cancelled: silent too
            State::Talking { .. } => {} // an answer is final; its end is `TalkEnded`
            State::Away { .. } | State::Idle | State::WrapUp { .. } => {
                debug_assert!(false, "an offer without a phone")
            }
        }
    }

    fn cleared(&mut self, now: Mono, offer: OfferId, out: &mut Vec<Command>) {
        let Some(at) = self.offers.get(&offer).copied() else { return };
        match self.agents[at].state {
            State::Quiet { .. } => self.settle(now, at, out),
            State::Offered { .. } | State::Talking { .. } => {} // nothing was cancelled
            State::Away { .. } | State::Idle | State::WrapUp { .. } => {
                debug_assert!(false, "an offer without a phone")
            }
        }
    }

    /// Stops the phone that rings at `at`. The caller is the business of whoever asks for it.
    fn silence(&mut self, now: Mono, at: AgentAt, reason: CancelReason, out: &mut Vec<Command>) {
        let State::Offered { offer, .. } = self.agents[at].state else { return };
        out.push(Command::CancelOffer { offer, reason });
        self.set_agent(at, State::Quiet { offer: Some(offer), until: now + CLEARING }, out);
    }

    /// The offer failed and the caller waits again, at the place that they never lost.
    fn release(&mut self, now: Mono, id: CallerId, out: &mut Vec<Command>) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        caller.state = CallerState::Waiting;
        self.lines[caller.queue].release(caller.place, id);
        self.wait(now, id, out);
    }

    fn missed(&mut self, now: Mono, at: AgentAt) {
        let agent = &mut self.agents[at];
        agent.missed += 1;
        agent.idle_since = now; // behind all who are idle
        if agent.missed >= self.rules.missed_limit.get() {
            agent.paused = true;
        }
    }

    fn talk_ended(&mut self, now: Mono, offer: OfferId, returns: bool, out: &mut Vec<Command>) {
        let Some(at) = self.offers.get(&offer).copied() else { return };
        let State::Talking { caller: id, queue, .. } = self.agents[at].state else { return };
        let place = self.callers.get(&id).map(|caller| caller.place);
        let (true, Some(place)) = (returns, place) else { return self.end_talk(now, id, at, out) };
        // A phone that fails whenever it answers counts as missing its offers: it must not get the same caller for ever.
        self.forget(id);
        self.missed(now, at);
        let until = now + self.rules.after_refusal.max(SHORTEST_OFFER);
        self.set_agent(at, State::Quiet { offer: None, until }, out);
        self.note(now, queue, id, What::Returned, out);
        self.join(now, id, queue, place, out);
    }

    /// The talk is over: the caller is forgotten, the agent has work to do after it.
    fn end_talk(&mut self, now: Mono, id: CallerId, at: AgentAt, out: &mut Vec<Command>) {
        let State::Talking { queue, .. } = self.agents[at].state else { return };
        self.forget(id);
        let wrap_up = self.lines[queue].config.wrap_up;
        let agent = &mut self.agents[at];
        agent.missed = 0;
        agent.idle_since = now + wrap_up;
        if wrap_up.is_zero() || !agent.registered {
            self.settle(now, at, out);
        } else {
            self.set_agent(at, State::WrapUp { until: now + wrap_up }, out);
        }
    }

    // Agents.

    fn registered(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        if !self.agents[at].registered {
            self.agents[at].registered = true;
            self.agents[at].idle_since = now;
            self.staff(at, 1);
        }
        self.ready(now, at, out);
    }

    fn unregistered(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        if !self.agents[at].registered {
            return;
        }
        self.agents[at].registered = false;
        self.staff(at, -1);
        match self.agents[at].state {
            State::Offered { caller, .. } => {
                self.silence(now, at, CancelReason::AgentGone, out);
                self.release(now, caller, out);
            }
            State::Away { .. } | State::Idle | State::WrapUp { .. } => {
                self.set_agent(at, State::Away { until: None }, out);
            }
            State::Quiet { .. } | State::Talking { .. } => {} // `settle` finds it out
        }
        self.send_away_unstaffed(now, at, out);
    }

    /// Callers of queues whose last agent has just gone, where the queue says that they shall not wait for nobody.
    fn send_away_unstaffed(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        for queue in self.agents[at].queues.clone() {
            let line = &self.lines[queue];
            if line.staffed > 0 || line.config.when_unstaffed != WhenUnstaffed::SendAway {
                continue;
            }
            while let Some((_, id)) = self.lines[queue].first_waiting() {
                self.give_up(now, id, Outcome::NoAgents, out);
            }
        }
    }

    fn ready(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        let agent = &mut self.agents[at];
        agent.missed = 0;
        if std::mem::take(&mut agent.paused) {
            agent.idle_since = now;
        }
        match agent.state {
            State::Away { .. } => self.settle(now, at, out),
            State::WrapUp { .. } => {
                self.agents[at].idle_since = now;
                self.settle(now, at, out);
            }
            State::Idle | State::Offered { .. } | State::Quiet { .. } | State::Talking { .. } => {}
        }
    }

    fn not_ready(&mut self, at: AgentAt, out: &mut Vec<Command>) {
        self.agents[at].paused = true;
        self.agents[at].missed = 0; // a rest after missed offers ends by itself, one's own wish does not
        match self.agents[at].state {
            State::Idle | State::Away { .. } => {
                self.set_agent(at, State::Away { until: None }, out)
            }
            // What rings may still be answered, what was said may still be written down.
            State::Offered { .. }
            | State::Quiet { .. }
            | State::Talking { .. }
            | State::WrapUp { .. } => {}
        }
    }

    /// The agent has nothing to do with any caller: they are idle, and served at once, or away.
    fn settle(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        let agent = &self.agents[at];
        if !agent.is_available() {
            let rests = agent.registered && agent.missed >= self.rules.missed_limit.get();
            let until = if rests { self.rules.missed_rest.map(|rest| now + rest) } else { None };
            return self.set_agent(at, State::Away { until }, out);
        }
        self.set_agent(at, State::Idle, out);
        let heads =
            self.agents[at].queues.iter().filter_map(|queue| self.lines[*queue].first_waiting());
        if let Some((_, caller)) = heads.min() {
            self.offer(now, caller, at, out);
        }
    }

    /// The only place where an agent's state changes: idle sets, offers and the timer follow from it.
    fn set_agent(&mut self, at: AgentAt, state: State, out: &mut Vec<Command>) {
        let agent = &mut self.agents[at];
        if agent.state == State::Idle {
            for queue in &agent.queues {
                self.lines[*queue].remove_idle(agent.idle_since, at);
            }
        }
        if let Some(offer) = agent.state.offer() {
            self.offers.remove(&offer);
        }
        agent.state = state;
        if let Some(offer) = state.offer() {
            self.offers.insert(offer, at);
        }
        if state == State::Idle {
            for queue in &agent.queues {
                self.lines[*queue].add_idle(agent.idle_since, at);
            }
        }
        self.timers.set(Timer::Agent(at), &mut agent.due, state.until());
        let shown = agent.shown();
        if std::mem::replace(&mut agent.told, shown) != shown {
            out.push(Command::AgentIs { agent: agent.id.clone(), state: shown });
        }
    }

    fn staff(&mut self, at: AgentAt, by: isize) {
        for queue in &self.agents[at].queues {
            let line = &mut self.lines[*queue];
            line.staffed = line.staffed.saturating_add_signed(by);
        }
    }

    // Time.

    /// Ends, because whatever a timer starts is due later than `now`.
    fn tick(&mut self, now: Mono, out: &mut Vec<Command>) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Agent(at) => self.agent_due(now, at, out),
                Timer::Wait(caller) => self.give_up(now, caller, Outcome::Overflowed, out),
                Timer::Announce(caller) => self.announce(now, caller, out),
            }
        }
    }

    fn agent_due(&mut self, now: Mono, at: AgentAt, out: &mut Vec<Command>) {
        match self.agents[at].state {
            State::Offered { caller, .. } => {
                self.missed(now, at);
                self.silence(now, at, CancelReason::Missed, out);
                self.release(now, caller, out);
            }
            State::Quiet { .. } | State::WrapUp { .. } => self.settle(now, at, out),
            State::Away { .. } => self.ready(now, at, out),
            State::Idle | State::Talking { .. } => {
                debug_assert!(false, "a timer for what has no end")
            }
        }
    }

    fn note(
        &mut self,
        now: Mono,
        queue: QueueAt,
        caller: CallerId,
        what: What,
        out: &mut Vec<Command>,
    ) {
        let line = &mut self.lines[queue];
        line.totals.count(&what);
        out.push(Command::Note(Record { at: now, queue: line.config.name.clone(), caller, what }));
    }
}

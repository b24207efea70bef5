//! `queue` and `transfer`: the caller and somebody else.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use super::super::events::{
    Command, Ending, Enqueue, QueueEvent, Stuck, Ticket, Transfer as Transferred, TransferEvent,
};
use super::super::journey::What;
use super::walk::{Next, small};
use super::{LONGEST_PROMPT, Machine, Speaking, State, reveal_one};
use crate::diagnostic::Spanned;
use crate::flow::model::{Action, ActionKind, Name, Queue, Target, Transfer, TransferKind};
use crate::speech::{Piece, Utterance};
use crate::time::Mono;
use crate::value::Value;

/// A wait for an agent.
pub(super) struct Queued {
    pub(super) ticket: Ticket,
    queue: Name,
    since: Mono,
    /// When the wait has lasted long enough.
    until: Mono,
    /// An agent's phone rings: the end of the wait can wait for it.
    offered: bool,
    /// An announcement.
    pub(super) speaking: Option<Speaking>,
}

/// The longest wait where the flow names none.
const MAX_WAIT: Duration = Duration::from_secs(3_600);
/// How much longer it may last while an agent's phone rings.
const OFFER: Duration = Duration::from_secs(30);
/// How long a transfer may ring where the flow does not say.
pub(super) const RING_FOR: Duration = Duration::from_secs(30);
const BETWEEN_SENTENCES_MS: u16 = 300;
/// How long the machine waits for a transfer's outcome beyond that.
pub(super) const GRACE: Duration = Duration::from_secs(5);

impl Queued {
    pub(super) fn deadline(&self) -> Option<Mono> {
        let until = if self.offered { self.until + OFFER } else { self.until };
        Some(self.speaking.map_or(until, |speaking| speaking.until.min(until)))
    }
}

impl Machine {
    pub(super) fn enqueue(
        &mut self,
        now: Mono,
        it: &Queue,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        // A caller whose priority cannot be worked out waits like others.
        let priority = it.priority.as_ref().and_then(|it| self.value(now, it).ok());
        let priority = priority.as_ref().map_or(0, small);
        let queue = it.queue.value.clone();
        let because = self.reason(it.because.as_ref());
        self.note(now, What::Queued { queue: queue.clone(), priority, because }, out);
        let ticket = self.ticket();
        let context = Arc::new(self.context(now));
        out.push(Command::Enqueue(Enqueue { ticket, queue: queue.clone(), priority, context }));
        out.push(Command::PlayMusic);
        let until = now + it.max_wait.map_or(MAX_WAIT, |it| it.value);
        let (offered, speaking) = (false, None);
        self.state = State::Queued(Queued { ticket, queue, since: now, until, offered, speaking });
        self.keys_in_queue(now, out)
    }

    /// Why the caller is passed on: the action's own reason, else that of the last `goto` which gave one.
    pub(super) fn reason(&self, written: Option<&Spanned<Name>>) -> Option<Name> {
        written.map(|it| it.value.clone()).or_else(|| self.record.reason().cloned())
    }

    /// A key that leads out of the queue does; any other means nothing here.
    pub(super) fn keys_in_queue(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        while let Some(stroke) = self.keys.take() {
            let Some(ActionKind::Queue(it)) = self.current(&setting).map(|it| &it.kind) else {
                return Ok(Next::Wait); // `enqueue` alone begins this state
            };
            let branch = |key| it.branches.iter().find(|(live, _)| live.value == key);
            if let Some(key) = stroke.key()
                && let Some((_, target)) = branch(key)
            {
                reveal_one(stroke, out);
                let step = self.outside(&target.value);
                self.note(now, What::Chose { key, step }, out);
                return self.leave(now, "left", &[&Some(target.clone())], out);
            }
        }
        Ok(Next::Wait)
    }

    pub(super) fn while_queued(
        &mut self,
        now: Mono,
        event: QueueEvent,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Queued(queued) = &mut self.state else { return Ok(Next::Wait) };
        let Some(Action { kind: ActionKind::Queue(it), .. }) = setting
            .flow
            .steps
            .get_index(self.at.step)
            .and_then(|(_, step)| step.actions.get(self.at.next.checked_sub(1)?))
        else {
            return Ok(Next::Wait); // `enqueue` alone begins this state
        };
        match event {
            QueueEvent::Position { ahead, wait } => self.announce(now, ahead, wait, out),
            QueueEvent::Offered(agent) => {
                queued.offered = true;
                self.note(now, What::Offered { agent }, out);
            }
            QueueEvent::Withdrawn => {
                queued.offered = false;
                let enough = queued.until <= now;
                self.note(now, What::Withdrawn, out);
                if enough {
                    return self.leave(now, "waited", &[&it.waited, &it.otherwise], out);
                }
            }
            QueueEvent::Connected(agent) => {
                let visit = queued.ticket;
                out.push(Command::Stop);
                self.wait_over(now, "connected", out);
                self.note(now, What::Connected { agent }, out);
                self.state = State::Talking { visit };
            }
            QueueEvent::NoAgents => {
                return self.turned_away(now, "no_agents", &[&it.no_agents, &it.otherwise], out);
            }
            QueueEvent::Full => {
                return self.turned_away(now, "full", &[&it.full, &it.otherwise], out);
            }
            QueueEvent::Waited => {
                return self.turned_away(now, "waited", &[&it.waited, &it.otherwise], out);
            }
            QueueEvent::Failed => {
                return self.turned_away(now, "failed", &[&it.otherwise, &it.no_agents], out);
            }
            QueueEvent::AgentLeft => {} // they never talked
        }
        Ok(Next::Wait)
    }

    pub(super) fn queue_tick(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Queued(queued) = &mut self.state else { return Ok(Next::Wait) };
        if queued.speaking.take_if(|it| it.until <= now).is_some() {
            out.push(Command::PlayMusic);
        }
        let is_over = queued.deadline().is_some_and(|due| due <= now);
        match self.current(&setting).map(|it| &it.kind) {
            Some(ActionKind::Queue(it)) if is_over => {
                self.leave(now, "waited", &[&it.waited, &it.otherwise], out)
            }
            Some(_) | None => Ok(Next::Wait),
        }
    }

    /// The caller goes elsewhere: first the queue learns it.
    fn leave(
        &mut self,
        now: Mono,
        outcome: &'static str,
        targets: &[&Option<Target>],
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        if let State::Queued(it) = &self.state {
            out.push(Command::LeaveQueue(it.ticket));
        }
        self.turned_away(now, outcome, targets, out)
    }

    /// The caller is out of the queue.
    fn turned_away(
        &mut self,
        now: Mono,
        outcome: &'static str,
        targets: &[&Option<Target>],
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        out.push(Command::Stop);
        self.wait_over(now, outcome, out);
        self.branch(outcome, targets)
    }

    pub(super) fn wait_over(&mut self, now: Mono, outcome: &'static str, out: &mut Vec<Command>) {
        if let State::Queued(it) = &self.state {
            let (queue, took) = (it.queue.clone(), now - it.since);
            self.values.waited(took);
            self.note(now, What::Waited { queue, took, outcome }, out);
        }
    }

    /// Tells the caller where they stand. They keep their place, and their keys stay live.
    fn announce(&mut self, now: Mono, ahead: u32, wait: Option<Duration>, out: &mut Vec<Command>) {
        let busy = matches!(&self.state, State::Queued(it) if it.speaking.is_some());
        self.note(now, What::Position { ahead }, out);
        if busy {
            return; // the next one will be newer
        }
        // "About a minute" at least: nobody believes in less.
        let minutes = wait.map(|it| it.as_secs().div_ceil(60).max(1));
        let values = |name: &str| match name {
            "queue.ahead" => Some(Value::Number(Decimal::from(ahead))),
            "queue.position" => Some(Value::Number(Decimal::from(ahead.saturating_add(1)))),
            "queue.minutes" => minutes.map(|it| Value::Number(Decimal::from(it))),
            _ => None,
        };
        let place: Name = if ahead == 0 { "queue-next" } else { "queue-position" }.into();
        let mut said = Utterance::default();
        let parts = [Some(place.clone()), minutes.map(|_| Name::from("queue-wait"))];
        for part in parts.into_iter().flatten() {
            if let Ok(words) = self.words(now, &part, &values) {
                if !said.pieces.is_empty() {
                    said.text.push(' ');
                    said.pieces.push(Piece::Pause(BETWEEN_SENTENCES_MS));
                }
                said.append(words);
            }
        }
        if said.pieces.is_empty() {
            return; // the catalogue has no words for it: the music goes on
        }
        let ticket = self.utter(now, Some(place), said, false, out);
        if let State::Queued(it) = &mut self.state {
            it.speaking = Some(Speaking { ticket, until: now + LONGEST_PROMPT });
        }
    }

    pub(super) fn while_talking(
        &mut self,
        now: Mono,
        event: QueueEvent,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Talking { visit } = self.state else { return Ok(Next::Wait) };
        let Some(ActionKind::Queue(it)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::Wait); // `enqueue` alone leads to this state
        };
        match event {
            QueueEvent::AgentLeft => {
                self.note(now, What::AgentLeft, out);
                if let Some(after) = &it.after {
                    return self.go(&after.value);
                }
                self.hang_up(now, Ending::AgentLeft, out);
            }
            QueueEvent::Withdrawn => {
                // The agent's leg was lost: the caller waits again, at the old place.
                self.note(now, What::Withdrawn, out);
                out.push(Command::PlayMusic);
                let until = now + it.max_wait.map_or(MAX_WAIT, |it| it.value);
                let queue = it.queue.value.clone();
                let (offered, speaking) = (false, None);
                self.state = State::Queued(Queued {
                    ticket: visit,
                    queue,
                    since: now,
                    until,
                    offered,
                    speaking,
                });
            }
            // A second agent, or news for one who waits no more.
            QueueEvent::Connected(_)
            | QueueEvent::Position { .. }
            | QueueEvent::Offered(_)
            | QueueEvent::NoAgents
            | QueueEvent::Full
            | QueueEvent::Waited
            | QueueEvent::Failed => {}
        }
        Ok(Next::Wait)
    }

    pub(super) fn transfer(
        &mut self,
        now: Mono,
        it: &Transfer,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let to = match self.value(now, &it.to)? {
            Value::Text(to) | Value::Digits(to) | Value::Phone(to) | Value::Choice(to) => to,
            Value::Number(_)
            | Value::Money(_)
            | Value::Percent(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::YesNo(_)
            | Value::Secret(_)
            | Value::Recording(_) => return Err(Stuck::NoValue { step: self.step_name() }),
        };
        let because = self.reason(it.because.as_ref());
        self.note(now, What::Transferring { to: Arc::clone(&to), because }, out);
        let transfer = self.ticket();
        let ring_for = it.ring_for.map_or(RING_FOR, |it| it.value);
        let context = Arc::new(self.context(now));
        out.push(Command::Transfer(Transferred {
            ticket: transfer,
            to,
            kind: it.kind,
            ring_for,
            context,
        }));
        self.state = State::Transferring { transfer, until: now + ring_for + GRACE };
        Ok(Next::Wait)
    }

    pub(super) fn while_transferring(
        &mut self,
        now: Mono,
        event: TransferEvent,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Transferring { transfer, until } = self.state else { return Ok(Next::Wait) };
        let Some(ActionKind::Transfer(it)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::Wait); // `transfer` alone begins this state
        };
        self.note(now, What::Transfer { event }, out);
        let (on, targets) = match event {
            TransferEvent::Ringing => {
                if it.kind == TransferKind::Bridge {
                    out.push(Command::PlayRinging);
                }
                return Ok(Next::Wait);
            }
            TransferEvent::Connected => {
                if it.kind == TransferKind::Blind {
                    self.hang_up(now, Ending::Transferred, out);
                } else {
                    out.push(Command::Stop);
                    self.keys.flush(); // pressed while it rang: for nobody
                    self.state = State::Away { transfer };
                }
                return Ok(Next::Wait);
            }
            TransferEvent::Busy => ("busy", [&it.busy, &it.otherwise]),
            TransferEvent::NoAnswer => {
                if until <= now {
                    out.push(Command::CancelTransfer(transfer));
                }
                ("no_answer", [&it.no_answer, &it.otherwise])
            }
            TransferEvent::Declined | TransferEvent::Failed | TransferEvent::OtherLeft => {
                ("otherwise", [&it.otherwise, &None])
            }
        };
        out.push(Command::Stop);
        self.branch(on, &targets)
    }

    pub(super) fn while_away(
        &mut self,
        now: Mono,
        event: TransferEvent,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Transfer(it)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::Wait); // `transfer` alone leads to this state
        };
        match event {
            TransferEvent::OtherLeft | TransferEvent::Failed => {
                self.note(now, What::Transfer { event }, out);
                if let Some(after) = &it.after {
                    return self.go(&after.value);
                }
                self.hang_up(now, Ending::OtherLeft, out);
            }
            TransferEvent::Ringing
            | TransferEvent::Connected
            | TransferEvent::Busy
            | TransferEvent::NoAnswer
            | TransferEvent::Declined => {} // news of what is over
        }
        Ok(Next::Wait)
    }
}

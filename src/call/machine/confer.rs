//! `conference`: the caller and several others, who all hear each other.

use std::sync::Arc;
use std::time::Duration;

use super::super::events::{Command, Conference as Called, ConferenceEvent, Ending, Stuck, Ticket};
use super::super::journey::What;
use super::super::keys::Stroke;
use super::connect::{GRACE, RING_FOR};
use super::walk::Next;
use super::{LONGEST_PROMPT, Machine, Speaking, State, reveal_one};
use crate::flow::expr::Expr;
use crate::flow::model::{ActionKind, Conference, Name};
use crate::time::Mono;
use crate::value::Value;

/// A conference under way.
pub(super) struct Conferring {
    pub(super) ticket: Ticket,
    room: Name,
    since: Mono,
    /// How many are in it beside the caller, and how many are still called.
    present: u32,
    called: u32,
    /// When nobody is waited for any more, while nobody is there.
    until: Option<Mono>,
    ring_for: Duration,
    /// An announcement.
    speaking: Option<Speaking>,
}

impl Conferring {
    pub(super) fn deadline(&self) -> Option<Mono> {
        [self.until, self.speaking.map(|it| it.until)].into_iter().flatten().min()
    }

    pub(super) fn speaks(&self, ticket: Ticket) -> bool {
        self.speaking.is_some_and(|it| it.ticket == ticket)
    }

    /// The announcement was heard.
    pub(super) const fn heard(&mut self) {
        self.speaking = None;
    }
}

impl Machine {
    pub(super) fn conference(
        &mut self,
        now: Mono,
        it: &Conference,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let room: Name = self.words_of(now, &it.room).unwrap_or_else(|| "conference".into());
        // Whom nobody knows cannot be called; the others can.
        let with: Vec<Arc<str>> = it.with.iter().filter_map(|it| self.words_of(now, it)).collect();
        let because = self.reason(it.because.as_ref());
        self.note(now, What::Conferring { room: room.clone(), with: with.clone(), because }, out);
        let ticket = self.ticket();
        let ring_for = it.ring_for.map_or(RING_FOR, |it| it.value);
        let called = u32::try_from(with.len()).unwrap_or(u32::MAX);
        self.state = State::Conferring(Conferring {
            ticket,
            room: room.clone(),
            since: now,
            present: 0,
            called,
            until: Some(now + ring_for + GRACE),
            ring_for,
            speaking: None,
        });
        if with.is_empty() {
            self.conferred(now, "failed", out);
            return self.branch("failed", &[&it.failed]);
        }
        let context = Arc::new(self.context(now));
        out.push(Command::Conference(Called { ticket, room, with, ring_for, context }));
        out.push(Command::PlayRinging);
        self.keys.flush(); // pressed before anybody was there: for nobody
        Ok(Next::Wait)
    }

    /// An address or a name.
    fn words_of(&self, now: Mono, expr: &Expr) -> Option<Arc<str>> {
        match self.value(now, expr).ok()? {
            Value::Text(it) | Value::Digits(it) | Value::Phone(it) | Value::Choice(it) => Some(it),
            Value::Number(_)
            | Value::Money(_)
            | Value::Percent(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::YesNo(_)
            | Value::Secret(_)
            | Value::Recording(_) => None,
        }
    }

    pub(super) fn key_for_conference(&mut self, now: Mono, stroke: Stroke, out: &mut Vec<Command>) {
        let setting = Arc::clone(&self.setting);
        self.keys.drop_one(stroke);
        let Some(ActionKind::Conference(it)) = self.current(&setting).map(|it| &it.kind) else {
            return; // `conference` alone begins this state
        };
        let leaves = it.ends_with.is_some_and(|key| stroke.key() == Some(key.value));
        if leaves && let State::Conferring(conferring) = &self.state {
            let conference = conferring.ticket;
            reveal_one(stroke, out);
            out.push(Command::LeaveConference(conference));
            let next = self.conference_over(now, "left", Ending::Completed, it, out);
            self.proceed(now, next, out);
        }
    }

    pub(super) fn conference_event(
        &mut self,
        now: Mono,
        conference: Ticket,
        event: ConferenceEvent,
        out: &mut Vec<Command>,
    ) {
        let setting = Arc::clone(&self.setting);
        let ours = matches!(&self.state, State::Conferring(it) if it.ticket == conference);
        let current = self.current(&setting).map(|it| &it.kind);
        let (true, Some(ActionKind::Conference(it))) = (ours, current) else {
            if matches!(event, ConferenceEvent::Joined(_)) {
                out.push(Command::LeaveConference(conference)); // answered after it was given up
            }
            return;
        };
        self.note(now, What::Conference { event: event.clone() }, out);
        let next = match event {
            ConferenceEvent::Joined(_) => self.somebody_joined(now, it, out),
            ConferenceEvent::Left(_) => {
                self.counted(|it| it.present = it.present.saturating_sub(1));
                self.who_is_left(now, it, out)
            }
            ConferenceEvent::Refused(_) => {
                self.counted(|it| it.called = it.called.saturating_sub(1));
                self.who_is_left(now, it, out)
            }
            ConferenceEvent::Failed => {
                self.counted(|it| (it.present, it.called) = (0, 0));
                self.who_is_left(now, it, out)
            }
        };
        self.proceed(now, next, out);
    }

    fn counted(&mut self, change: impl FnOnce(&mut Conferring)) {
        if let State::Conferring(it) = &mut self.state {
            change(it);
        }
    }

    fn somebody_joined(
        &mut self,
        now: Mono,
        it: &Conference,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Conferring(conferring) = &mut self.state else { return Ok(Next::Wait) };
        if conferring.present == 0 {
            out.push(Command::Stop); // the ringing
        }
        conferring.present += 1;
        conferring.called = conferring.called.saturating_sub(1);
        conferring.until = None;
        let is_busy = conferring.speaking.is_some();
        // What cannot be said is not worth the talk.
        if let Some(prompt) = it.announce.as_ref().filter(|_| !is_busy)
            && let Ok(ticket) = self.speak(now, &prompt.value, false, out)
        {
            let speaking = Speaking { ticket, until: now + LONGEST_PROMPT };
            self.counted(|it| it.speaking = Some(speaking));
        }
        Ok(Next::Wait)
    }

    /// Goes on when nobody is there and nobody is called any more.
    fn who_is_left(
        &mut self,
        now: Mono,
        it: &Conference,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Conferring(conferring) = &mut self.state else { return Ok(Next::Wait) };
        if conferring.present > 0 {
            return Ok(Next::Wait);
        }
        let joined = conferring.until.is_none();
        if conferring.called > 0 {
            if joined {
                // The others are still called, and nobody is there: as at the beginning.
                conferring.until = Some(now + conferring.ring_for + GRACE);
                conferring.speaking = None;
                out.push(Command::PlayRinging);
            }
            return Ok(Next::Wait);
        }
        out.push(Command::LeaveConference(conferring.ticket));
        if joined {
            return self.conference_over(now, "alone", Ending::OtherLeft, it, out);
        }
        out.push(Command::Stop);
        self.conferred(now, "failed", out);
        self.branch("failed", &[&it.failed])
    }

    pub(super) fn conference_tick(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Conferring(conferring) = &mut self.state else { return Ok(Next::Wait) };
        if conferring.speaking.take_if(|it| it.until <= now).is_some() {
            out.push(Command::Stop);
        }
        if conferring.until.is_none_or(|until| now < until) {
            return Ok(Next::Wait);
        }
        conferring.called = 0;
        match self.current(&setting).map(|it| &it.kind) {
            Some(ActionKind::Conference(it)) => self.who_is_left(now, it, out),
            Some(_) | None => Ok(Next::On), // `conference` alone begins this state
        }
    }

    fn conference_over(
        &mut self,
        now: Mono,
        outcome: &'static str,
        ending: Ending,
        it: &Conference,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        out.push(Command::Stop);
        self.conferred(now, outcome, out);
        if let Some(after) = &it.after {
            return self.go(&after.value);
        }
        self.hang_up(now, ending, out);
        Ok(Next::Wait)
    }

    pub(super) fn conferred(&mut self, now: Mono, outcome: &'static str, out: &mut Vec<Command>) {
        if let State::Conferring(it) = &self.state {
            let (room, took) = (it.room.clone(), now - it.since);
            self.note(now, What::Conferred { room, took, outcome }, out);
        }
    }
}

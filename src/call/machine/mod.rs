//! The machine: where a call stands in its flow, and what an event does to it there.
//!
//! ```text
//!  New ─► Ringing ─► walk ◄──────────────────────────────────────────────┐
//!                     │ an action that waits                             │ heard, keyed, answered, timed out
//!                     ├─► Playing   Asking ◄─► Verifying   LookingUp   Keeping   Transferring   Queued
//!                     │                                                               │            │
//!                     │                                                             Away        Talking ─► walk (`after`) or Over
//!                     ├─► Goodbye ─► Over
//!                     └─► Sorry (nothing in the flow fits) ─► LastResort, Over
//! ```
//! `walk` runs actions until one waits; `ask` is questions, `confirm` what becomes of their answers, `verify` secrets,
//! `connect` queues and transfers, `follow_up` what is left for after the call, `nest` flows that are run by others,
//! `speak` words and values, `tour` what only designers may do.

mod ask;
mod choose;
mod confer;
mod confirm;
mod connect;
mod follow_up;
mod nest;
mod pick;
mod record;
mod speak;
mod survey;
mod tour;
mod verify;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, ZonedDateTime};

use self::ask::Asking;
use self::confer::Conferring;
use self::connect::Queued;
use self::follow_up::Keeping;
use self::nest::Frame;
use self::record::Recording;
use self::speak::Values;
use self::survey::Surveying;
pub(crate) use self::tour::{On, Waiting};
use self::verify::Verifying;
use self::walk::{LookingUp, Next};
use super::context::{Context, Record, Verified};
use super::events::{
    Answer, Command, Ending, Entry, Event, Press, QueueEvent, Stuck, Ticket, TransferEvent,
    Verdict, reveal,
};
use super::follow_up::Kept;
use super::journey::{Passage, What};
use super::keys::{Keys, Stroke};
use super::setting::{Setting, Start};
use super::trail::Mark;
use crate::flow::model::{Action, Keying, Lang, Name};
use crate::time::Mono;
use crate::value::Value;

/// How long a call may take to be connected once it was answered.
const ANSWERING: Duration = Duration::from_secs(60);
/// Longer than any prompt: if nobody says that one was heard, it was.
const LONGEST_PROMPT: Duration = Duration::from_secs(600);

/// One call. See the door of this room.
pub struct Machine {
    /// That of the flow under way: of the call's own, or of the one that is run.
    pub(super) setting: Arc<Setting>,
    start: Start,
    state: State,
    at: At,
    /// The flows that wait for the one under way, the call's own first. At most `flow::MAX_NESTED`.
    frames: Vec<Frame>,
    language: Lang,
    values: Values,
    keys: Keys,
    record: Record,
    /// It is a flow that only others run, walked by a designer: coming back ends the call.
    is_alone: bool,
    /// Who the caller has shown to be.
    verified: Option<Verified>,
    /// The last ticket given out.
    tickets: u32,
    /// Actions since something was waited for, and in all.
    run: u32,
    actions: u32,
    /// Questions on end that went without any key.
    silences: u32,
    /// How many announcements were picked out of several.
    picks: u32,
    /// How much of the caller was recorded.
    recorded: Duration,
    /// What the last event led through, at most [`super::MAX_RUN`] actions.
    trail: Vec<Mark>,
}

/// A place in the flow: a step by its number, and the action after the current one.
#[derive(Clone, Copy)]
struct At {
    step: usize,
    next: usize,
}

enum State {
    New,
    Ringing { until: Mono },
    Playing(Playing),
    Asking(Asking),
    Verifying(Verifying),
    LookingUp(LookingUp),
    Queued(Queued),
    Talking { visit: Ticket },
    Transferring { transfer: Ticket, until: Mono },
    Away { transfer: Ticket },
    Keeping(Keeping),
    Recording(Recording),
    Surveying(Surveying),
    Conferring(Conferring),
    Goodbye(Speaking),
    Sorry(Speaking, Stuck),
    Over,
}

/// A prompt on its way to the caller's ear.
#[derive(Clone, Copy)]
struct Speaking {
    ticket: Ticket,
    until: Mono,
}

/// `play` and `say`.
#[derive(Clone, Copy)]
struct Playing {
    speaking: Speaking,
    /// The one prompt of `play` that is heard, where one is picked.
    picked: Option<usize>,
    /// How many prompts of `play` were begun.
    heard: usize,
    keys: Keying,
}

impl Machine {
    /// A call that has come in. [`Event::Arrived`] makes it begin.
    #[must_use]
    pub fn new(setting: Arc<Setting>, start: Start) -> Self {
        let speaks = |lang: &Lang| setting.flow.languages.iter().any(|it| it.value == *lang);
        let first = || setting.flow.languages.first().map(|it| Lang::clone(&it.value));
        let language =
            start.language.clone().filter(speaks).or_else(first).unwrap_or_else(|| "".into());
        Self {
            values: Values::new(&start),
            record: Record::default(),
            verified: None,
            state: State::New,
            at: At { step: 0, next: 0 },
            frames: Vec::new(),
            is_alone: false,
            language,
            keys: Keys::default(),
            tickets: 0,
            run: 0,
            actions: 0,
            silences: 0,
            picks: 0,
            recorded: Duration::ZERO,
            trail: Vec::new(),
            setting,
            start,
        }
    }

    /// Takes one event at `now` and appends what has to be done to `out`.
    pub fn handle(&mut self, now: Mono, event: Event, out: &mut Vec<Command>) {
        self.trail.clear();
        let idle = matches!(event, Event::Tick) && self.deadline().is_none_or(|due| now < due);
        if idle || matches!(self.state, State::Over) {
            return;
        }
        out.push(Command::Store(Entry::Happened { at: now, event: event.clone() }));
        self.run = 0;
        match event {
            Event::Arrived => self.arrived(now, out),
            Event::Answered => self.answered(now, out),
            Event::Key(press) => self.key(now, press, out),
            Event::Played(ticket) => self.played(now, ticket, out),
            Event::LookedUp { lookup, answer } => self.looked_up(now, lookup, answer, out),
            Event::Verified { check, verdict } => self.verified(now, check, verdict, out),
            Event::Queue { visit, event } => self.queue_event(now, visit, event, out),
            Event::Transfer { transfer, event } => self.transfer_event(now, transfer, event, out),
            Event::Kept { ticket, kept } => self.keeping_over(now, ticket, kept, out),
            Event::Recalled(history) => self.record.recall(history),
            Event::Recording { recording, event } => {
                self.recording_event(now, recording, event, out);
            }
            Event::Conference { conference, event } => {
                self.conference_event(now, conference, event, out);
            }
            Event::HungUp => self.hung_up(now, out),
            Event::Tick => self.tick(now, out),
        }
        debug_assert!(self.keys.add_up(), "a key was lost or counted twice");
    }

    /// When the next [`Event::Tick`] is due. Only a talk has no limit.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Ringing { until } | State::Transferring { until, .. } => Some(*until),
            State::Playing(Playing { speaking, .. })
            | State::Goodbye(speaking)
            | State::Sorry(speaking, _) => Some(speaking.until),
            State::Asking(it) => it.deadline(),
            State::Verifying(it) => Some(it.until),
            State::LookingUp(it) => it.deadline(),
            State::Queued(it) => it.deadline(),
            State::Keeping(it) => Some(it.until),
            State::Recording(it) => it.deadline(),
            State::Surveying(it) => it.deadline(),
            State::Conferring(it) => it.deadline(),
            State::New | State::Talking { .. } | State::Away { .. } | State::Over => None,
        }
    }

    /// What an agent sees of the call at `now`.
    #[must_use]
    pub fn context(&self, now: Mono) -> Context {
        let fields = self.shown(now);
        let verified = self.verified.clone();
        let flow = &self.outermost().flow;
        self.record.context(flow, &self.start, &self.language, verified, fields, now)
    }

    /// Which actions the last event led through, and which ways the call went: for coverage.
    #[must_use]
    pub fn trail(&self) -> &[Mark] {
        &self.trail
    }

    /// Whether every key pressed was used, dropped or waits.
    #[must_use]
    pub fn keys_add_up(&self) -> bool {
        self.keys.add_up()
    }

    /// Whether [`Command::End`] has come out.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// What was keyed and set in the flow under way, in that order; a secret prints as stars.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.values.own.variables()
    }

    /// Each word and value is spoken in this language now.
    #[must_use]
    pub const fn language(&self) -> &Lang {
        &self.language
    }

    fn arrived(&mut self, now: Mono, out: &mut Vec<Command>) {
        if matches!(self.state, State::New) {
            self.state = State::Ringing { until: now + ANSWERING };
            out.push(Command::Answer);
        }
    }

    fn answered(&mut self, now: Mono, out: &mut Vec<Command>) {
        if matches!(self.state, State::New | State::Ringing { .. }) {
            let start = self.setting.flow.start.value.clone();
            let next = self.go(&start);
            self.proceed(now, next, out);
        }
    }

    fn key(&mut self, now: Mono, press: Press, out: &mut Vec<Command>) {
        self.silences = 0;
        let (stroke, is_tail) = self.keys.number(now, press);
        if is_tail {
            return reveal_one(stroke, out);
        }
        match &mut self.state {
            State::New
            | State::Ringing { .. }
            | State::Verifying(_)
            | State::Keeping(_)
            | State::Transferring { .. } => {
                self.keys.keep(stroke);
            }
            State::Playing(playing) => {
                if playing.keys.interrupt {
                    self.keys.keep(stroke);
                    self.interrupted(now, out);
                    self.proceed(now, Ok(Next::On), out);
                } else if playing.keys.type_ahead {
                    self.keys.keep(stroke);
                } else {
                    self.keys.drop_one(stroke);
                }
            }
            State::Asking(_) => self.key_for_question(now, stroke, out),
            State::LookingUp(it) => {
                self.keys.keep(stroke);
                if it.speaking.take().is_some() {
                    self.interrupted(now, out);
                    let next = self.settle(now, out);
                    self.proceed(now, next, out);
                }
            }
            State::Queued(_) => {
                self.keys.keep(stroke);
                let next = self.keys_in_queue(now, out);
                self.proceed(now, next, out);
            }
            State::Recording(_) => self.key_for_recording(now, stroke, out),
            State::Surveying(_) => self.key_for_survey(now, stroke, out),
            State::Conferring(_) => self.key_for_conference(now, stroke, out),
            // Heard by whom they talk to, or too late to mean anything.
            State::Talking { .. } | State::Away { .. } | State::Goodbye(_) | State::Sorry(..) => {
                self.keys.drop_one(stroke);
            }
            State::Over => {} // `handle` lets nothing through
        }
    }

    fn played(&mut self, now: Mono, ticket: Ticket, out: &mut Vec<Command>) {
        match &mut self.state {
            State::Playing(playing) if playing.speaking.ticket == ticket => {
                let next = self.play_on(now, out);
                self.proceed(now, next, out);
            }
            State::Asking(it) if it.speaks(ticket) => {
                let next = self.question_heard(now, out);
                self.proceed(now, next, out);
            }
            State::LookingUp(it) if it.speaking.is_some_and(|it| it.ticket == ticket) => {
                it.speaking = None;
                let next = self.settle(now, out);
                self.proceed(now, next, out);
            }
            State::Queued(it) if it.speaking.is_some_and(|it| it.ticket == ticket) => {
                it.speaking = None;
                out.push(Command::PlayMusic);
            }
            State::Recording(it) if it.speaks(ticket) => {
                let next = self.recording_heard(now, out);
                self.proceed(now, next, out);
            }
            State::Surveying(it) if it.speaks(ticket) => {
                let next = self.survey_heard(now, out);
                self.proceed(now, next, out);
            }
            State::Conferring(it) if it.speaks(ticket) => it.heard(),
            State::Goodbye(it) if it.ticket == ticket => {
                self.hang_up(now, Ending::Completed, out);
            }
            State::Sorry(it, _) if it.ticket == ticket => self.last_resort(now, out),
            // Stopped in the moment in which it ended.
            State::New
            | State::Ringing { .. }
            | State::Playing(_)
            | State::Asking(_)
            | State::Verifying(_)
            | State::LookingUp(_)
            | State::Queued(_)
            | State::Talking { .. }
            | State::Transferring { .. }
            | State::Away { .. }
            | State::Keeping(_)
            | State::Recording(_)
            | State::Surveying(_)
            | State::Conferring(_)
            | State::Goodbye(_)
            | State::Sorry(..)
            | State::Over => {}
        }
    }

    fn looked_up(&mut self, now: Mono, lookup: Ticket, answer: Answer, out: &mut Vec<Command>) {
        if let State::LookingUp(it) = &mut self.state
            && it.ticket == lookup
            && it.answer.is_none()
        {
            it.answer = Some(answer);
            let next = self.settle(now, out);
            self.proceed(now, next, out);
        } // else it timed out and the flow went on without
    }

    fn verified(&mut self, now: Mono, check: Ticket, verdict: Verdict, out: &mut Vec<Command>) {
        if matches!(&self.state, State::Verifying(it) if it.ticket == check) {
            let next = self.judged(now, verdict, out);
            self.proceed(now, next, out);
        } // else it timed out and the flow went on without
    }

    fn queue_event(&mut self, now: Mono, visit: Ticket, event: QueueEvent, out: &mut Vec<Command>) {
        let next = match &self.state {
            State::Queued(it) if it.ticket == visit => self.while_queued(now, event, out),
            State::Talking { visit: ours } if *ours == visit => self.while_talking(now, event, out),
            State::New
            | State::Ringing { .. }
            | State::Playing(_)
            | State::Asking(_)
            | State::Verifying(_)
            | State::LookingUp(_)
            | State::Queued(_)
            | State::Talking { .. }
            | State::Transferring { .. }
            | State::Away { .. }
            | State::Keeping(_)
            | State::Recording(_)
            | State::Surveying(_)
            | State::Conferring(_)
            | State::Goodbye(_)
            | State::Sorry(..)
            | State::Over => {
                if matches!(event, QueueEvent::Connected(_)) {
                    out.push(Command::LeaveQueue(visit)); // an agent answered while the caller left
                }
                return;
            }
        };
        self.proceed(now, next, out);
    }

    fn transfer_event(
        &mut self,
        now: Mono,
        transfer: Ticket,
        event: TransferEvent,
        out: &mut Vec<Command>,
    ) {
        let next = match &self.state {
            State::Transferring { transfer: ours, .. } if *ours == transfer => {
                self.while_transferring(now, event, out)
            }
            State::Away { transfer: ours } if *ours == transfer => self.while_away(now, event, out),
            State::New
            | State::Ringing { .. }
            | State::Playing(_)
            | State::Asking(_)
            | State::Verifying(_)
            | State::LookingUp(_)
            | State::Queued(_)
            | State::Talking { .. }
            | State::Transferring { .. }
            | State::Away { .. }
            | State::Keeping(_)
            | State::Recording(_)
            | State::Surveying(_)
            | State::Conferring(_)
            | State::Goodbye(_)
            | State::Sorry(..)
            | State::Over => {
                if event == TransferEvent::Connected {
                    out.push(Command::CancelTransfer(transfer)); // answered after it was given up
                }
                return;
            }
        };
        self.proceed(now, next, out);
    }

    fn hung_up(&mut self, now: Mono, out: &mut Vec<Command>) {
        match &self.state {
            State::Queued(it) => {
                let visit = it.ticket;
                self.wait_over(now, "hung_up", out);
                out.push(Command::LeaveQueue(visit));
            }
            State::Talking { visit } => out.push(Command::LeaveQueue(*visit)),
            State::Transferring { transfer, .. } | State::Away { transfer } => {
                out.push(Command::CancelTransfer(*transfer));
            }
            State::Recording(_) => self.recording_left(now, out),
            State::Conferring(it) => {
                let conference = it.ticket;
                self.conferred(now, "hung_up", out);
                out.push(Command::LeaveConference(conference));
            }
            State::New
            | State::Ringing { .. }
            | State::Playing(_)
            | State::Asking(_)
            | State::Verifying(_)
            | State::LookingUp(_)
            | State::Keeping(_)
            | State::Surveying(_)
            | State::Goodbye(_)
            | State::Sorry(..)
            | State::Over => {}
        }
        self.end(now, Ending::CallerLeft, out);
    }

    /// The deadline of the current state has come: `handle` lets no other tick through.
    fn tick(&mut self, now: Mono, out: &mut Vec<Command>) {
        let next = match &mut self.state {
            State::Ringing { .. } => return self.hang_up(now, Ending::NotAnswered, out),
            State::Playing(Playing { speaking, .. })
            | State::Goodbye(speaking)
            | State::Sorry(speaking, _) => {
                let ticket = speaking.ticket;
                out.push(Command::Stop);
                return self.played(now, ticket, out);
            }
            State::Asking(_) => self.question_tick(now, out),
            State::Verifying(_) => self.judged(now, Verdict::TimedOut, out),
            State::LookingUp(_) => self.lookup_tick(now, out),
            State::Queued(_) => self.queue_tick(now, out),
            State::Recording(_) => self.recording_tick(now, out),
            State::Surveying(_) => self.survey_tick(now, out),
            State::Conferring(_) => self.conference_tick(now, out),
            State::Transferring { .. } => {
                self.while_transferring(now, TransferEvent::NoAnswer, out)
            }
            State::Keeping(_) => self.settle_keeping(now, &Kept::Failed, out),
            State::New | State::Talking { .. } | State::Away { .. } | State::Over => return,
        };
        self.proceed(now, next, out);
    }

    /// A key stopped what is spoken.
    fn interrupted(&mut self, now: Mono, out: &mut Vec<Command>) {
        out.push(Command::Stop);
        self.note(now, What::Interrupted, out);
    }

    fn note(&mut self, now: Mono, what: What, out: &mut Vec<Command>) {
        let passage = Passage { at: now, what };
        self.record.take(&passage);
        out.push(Command::Note(passage));
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets = self.tickets.saturating_add(1);
        Ticket(self.tickets)
    }

    /// The calendar's time at `now`.
    fn wall(&self, now: Mono) -> ZonedDateTime {
        let passed = SignedDuration::try_from(now - self.start.at).unwrap_or(SignedDuration::ZERO);
        self.start.wall.saturating_add(passed)
    }

    /// The action that is being waited for.
    fn current<'a>(&self, setting: &'a Setting) -> Option<&'a Action> {
        let (_, step) = setting.flow.steps.get_index(self.at.step)?;
        step.actions.get(self.at.next.checked_sub(1)?)
    }
}

/// Tells the log what a key was, now that it has been used for something that anybody may know.
fn reveal_one(stroke: Stroke, out: &mut Vec<Command>) {
    if let Some(key) = stroke.key() {
        out.push(Command::Store(Entry::Revealed { nth: stroke.nth, symbol: key.symbol() }));
    }
}

/// Feeds a stored call to `setting`: what came out then, if flow and words are the same, with secrets as stars.
#[must_use]
pub fn replay(setting: Arc<Setting>, start: Start, log: &[Entry]) -> Vec<Command> {
    let mut machine = Machine::new(setting, start);
    let mut out = Vec::new();
    for (at, event) in reveal(log) {
        machine.handle(at, event, &mut out);
    }
    out
}

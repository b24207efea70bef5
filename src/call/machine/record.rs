//! `record`: a prompt, a tone, the caller, and what they do with it.
//!
//! ```text
//!  Asking ─► Tone ─► Running ─► Storing ─► (no review) kept
//!    ▲        key, silence, length │
//!    │                             ├─► nothing was said: `nothing`
//!    └── again ── Reviewing ◄──────┘   it cannot be kept: `failed`
//!                  │  ▲
//!             hear ▼  │
//!                 Hearing
//! ```
//! Silence and confusion in a review keep what was said, and so does hanging up at any moment: only a key discards it.

use std::sync::Arc;
use std::time::Duration;

use super::super::events::{Command, Recording as Recorded, RecordingEvent, Stuck, Ticket};
use super::super::journey::What;
use super::super::keys::Stroke;
use super::super::{MAX_RECORDED, MAX_SILENCES};
use super::choose::Choosing;
use super::walk::Next;
use super::{LONGEST_PROMPT, Machine, Speaking, State, reveal_one};
use crate::flow::model::{ActionKind, Record, Review};
use crate::speech::{Reading, Utterance};
use crate::time::Mono;
use crate::value::Value;

/// How long a recording may be where the flow does not say.
const AT_MOST: Duration = Duration::from_secs(120);
/// How long a caller may be silent in one where the flow does not say.
const SILENCE: Duration = Duration::from_secs(3);
/// How long the machine waits until it is told that a recording is kept.
const STORING: Duration = Duration::from_secs(5);

/// A recording under way.
pub(super) struct Recording {
    phase: Phase,
    /// The id of the one made last.
    id: Arc<str>,
}

enum Phase {
    /// The prompt is spoken.
    Asking(Speaking),
    /// The tone sounds.
    Tone(Speaking),
    /// The caller speaks.
    Running { ticket: Ticket, since: Mono, until: Mono },
    /// It was ended, and whether it is kept is not known yet.
    Storing { ticket: Ticket, took: Duration, how: &'static str, until: Mono },
    /// The caller is asked what to do with it.
    Reviewing(Choosing),
    /// The caller hears it.
    Hearing(Speaking),
}

/// What the caller has to do with it now.
pub(super) enum Doing {
    Asking,
    Speaking,
    Reviewing,
    Storing,
}

impl Recording {
    pub(super) const fn doing(&self) -> Doing {
        match &self.phase {
            Phase::Asking(_) => Doing::Asking,
            Phase::Running { .. } => Doing::Speaking,
            Phase::Reviewing(_) => Doing::Reviewing,
            // The tone goes by, and what is heard again leads back to the review: nobody is asked.
            Phase::Tone(_) | Phase::Storing { .. } | Phase::Hearing(_) => Doing::Storing,
        }
    }

    pub(super) const fn deadline(&self) -> Option<Mono> {
        Some(match &self.phase {
            Phase::Asking(it) | Phase::Tone(it) | Phase::Hearing(it) => it.until,
            Phase::Running { until, .. } | Phase::Storing { until, .. } => *until,
            Phase::Reviewing(it) => it.deadline(),
        })
    }

    pub(super) fn speaks(&self, ticket: Ticket) -> bool {
        match &self.phase {
            Phase::Asking(it) | Phase::Tone(it) | Phase::Hearing(it) => it.ticket == ticket,
            Phase::Reviewing(it) => it.speaks(ticket),
            Phase::Running { .. } | Phase::Storing { .. } => false,
        }
    }
}

impl Machine {
    pub(super) fn record(
        &mut self,
        now: Mono,
        it: &Record,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        if self.recorded >= MAX_RECORDED {
            let what = self.recorded_as(it, &"".into(), Duration::ZERO, "failed");
            self.note(now, what, out);
            return self.branch("failed", &[&it.failed]);
        }
        let skip = self.keys_skip(it.keys);
        // They were meant for a question; here each would end what has not begun.
        self.keys.flush();
        if skip {
            return self.tone(now, out);
        }
        let ticket = self.speak(now, &it.prompt.value, it.keys.interrupt, out)?;
        self.phase(Phase::Asking(Speaking { ticket, until: now + LONGEST_PROMPT }));
        Ok(Next::Wait)
    }

    fn tone(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let ticket = self.utter(now, None, Utterance::beep(), false, out);
        self.phase(Phase::Tone(Speaking { ticket, until: now + LONGEST_PROMPT }));
        Ok(Next::Wait)
    }

    fn phase(&mut self, phase: Phase) {
        if let State::Recording(it) = &mut self.state {
            it.phase = phase;
        } else {
            self.state = State::Recording(Recording { phase, id: "".into() });
        }
    }

    /// The prompt, the tone, the review or the recording itself was heard.
    pub(super) fn recording_heard(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Recording(recording) = &self.state else { return Ok(Next::Wait) };
        match &recording.phase {
            Phase::Asking(_) => self.tone(now, out),
            Phase::Tone(_) => self.run_recording(now, out),
            Phase::Hearing(_) => self.review(now, out),
            Phase::Reviewing(_) => self.reviewing(|machine, it, _, _| {
                machine.choice_heard(now, it, out)?;
                Ok(Next::Wait)
            }),
            Phase::Running { .. } | Phase::Storing { .. } => Ok(Next::Wait),
        }
    }

    fn run_recording(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Record(it)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::On); // `record` alone begins this state
        };
        let ticket = self.ticket();
        let id: Arc<str> = format!("{}-{}", self.start.call, ticket.0).into();
        let left = MAX_RECORDED.saturating_sub(self.recorded);
        let at_most = it.at_most.map_or(AT_MOST, |it| it.value).min(left);
        let silence = it.silence.map_or(SILENCE, |it| it.value);
        out.push(Command::Record(Recorded { ticket, id: Arc::clone(&id), at_most, silence }));
        let phase = Phase::Running { ticket, since: now, until: now + at_most };
        self.state = State::Recording(Recording { phase, id });
        Ok(Next::Wait)
    }

    pub(super) fn key_for_recording(&mut self, now: Mono, stroke: Stroke, out: &mut Vec<Command>) {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Record(it)) = self.current(&setting).map(|it| &it.kind) else {
            return self.keys.drop_one(stroke); // `record` alone begins this state
        };
        let State::Recording(recording) = &self.state else { return };
        let next = match &recording.phase {
            Phase::Asking(_) => {
                self.keys.drop_one(stroke);
                if !it.keys.interrupt {
                    return;
                }
                self.interrupted(now, out);
                self.tone(now, out)
            }
            Phase::Running { .. } => {
                let ends = it.ends_with.is_none_or(|end| stroke.key() == Some(end.value));
                self.keys.drop_one(stroke);
                if !ends {
                    return;
                }
                if it.ends_with.is_some() {
                    reveal_one(stroke, out);
                }
                self.end_recording(now, "key", out);
                Ok(Next::Wait)
            }
            Phase::Hearing(_) => {
                self.keys.keep(stroke);
                self.interrupted(now, out);
                self.review(now, out)
            }
            Phase::Reviewing(_) => {
                self.keys.keep(stroke);
                self.review_key(now, out)
            }
            // Too early or too late to mean anything.
            Phase::Tone(_) | Phase::Storing { .. } => return self.keys.drop_one(stroke),
        };
        self.proceed(now, next, out);
    }

    /// Ends what the caller says; whether it is kept is told by an event.
    fn end_recording(&mut self, now: Mono, how: &'static str, out: &mut Vec<Command>) {
        let State::Recording(it) = &mut self.state else { return };
        if let Phase::Running { ticket, since, .. } = it.phase {
            let took = now - since;
            it.phase = Phase::Storing { ticket, took, how, until: now + STORING };
            self.recorded = self.recorded.saturating_add(took);
            out.push(Command::StopRecording(ticket));
        }
    }

    pub(super) fn recording_event(
        &mut self,
        now: Mono,
        recording: Ticket,
        event: RecordingEvent,
        out: &mut Vec<Command>,
    ) {
        let State::Recording(it) = &self.state else { return }; // it is over
        match (&it.phase, event) {
            (Phase::Running { ticket, .. }, RecordingEvent::Silent) if *ticket == recording => {
                self.end_recording(now, "silence", out);
            }
            (
                Phase::Running { ticket, .. },
                RecordingEvent::Failed | RecordingEvent::Stored { .. },
            ) if *ticket == recording => {
                // It ended before anybody wanted it to: the disk is full.
                self.end_recording(now, "failed", out);
                let next = self.stored(now, RecordingEvent::Failed, out);
                self.proceed(now, next, out);
            }
            (
                Phase::Storing { ticket, .. },
                RecordingEvent::Failed | RecordingEvent::Stored { .. },
            ) if *ticket == recording => {
                let next = self.stored(now, event, out);
                self.proceed(now, next, out);
            }
            // News of one that is over.
            (
                Phase::Asking(_)
                | Phase::Tone(_)
                | Phase::Running { .. }
                | Phase::Storing { .. }
                | Phase::Reviewing(_)
                | Phase::Hearing(_),
                RecordingEvent::Silent | RecordingEvent::Stored { .. } | RecordingEvent::Failed,
            ) => {}
        }
    }

    fn stored(
        &mut self,
        now: Mono,
        event: RecordingEvent,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Record(it)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::On); // `record` alone begins this state
        };
        let State::Recording(Recording { phase: Phase::Storing { took, how, .. }, id }) =
            &self.state
        else {
            return Ok(Next::Wait);
        };
        let (took, how, id) = (*took, *how, Arc::clone(id));
        match event {
            RecordingEvent::Stored { heard: true } => {
                self.silences = 0;
                let what = self.recorded_as(it, &id, took, how);
                self.note(now, what, out);
                if it.review.is_some() { self.review(now, out) } else { self.keep(now, it, out) }
            }
            RecordingEvent::Stored { heard: false } => {
                let what = self.recorded_as(it, &id, took, "nothing");
                self.note(now, what, out);
                self.silences += 1;
                if self.silences > MAX_SILENCES {
                    return Err(Stuck::Silent);
                }
                self.branch("nothing", &[&it.nothing])
            }
            RecordingEvent::Silent | RecordingEvent::Failed => {
                let what = self.recorded_as(it, &id, took, "failed");
                self.note(now, what, out);
                self.branch("failed", &[&it.failed])
            }
        }
    }

    /// Asks what is to be done with it.
    fn review(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Record(Record { review: Some(review), .. })) =
            self.current(&setting).map(|it| &it.kind)
        else {
            return Ok(Next::On); // only a recording with a review comes here
        };
        let choosing = self.choose(now, &review.prompt.value, out)?;
        self.phase(Phase::Reviewing(choosing));
        self.review_key(now, out)
    }

    /// The key that waits, if one does.
    fn review_key(&mut self, now: Mono, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        let Some(stroke) = self.keys.take() else { return Ok(Next::Wait) };
        self.reviewing(|machine, it, record, review| {
            machine.choice_keyed(now, it, out);
            let deed = review.keys().find(|(_, key)| stroke.key() == Some(key.value));
            let Some((deed, _)) = deed else {
                let gave_up = machine.choice_wrong(now, it, out)?;
                return if gave_up { machine.keep(now, record, out) } else { Ok(Next::Wait) };
            };
            reveal_one(stroke, out);
            machine.review_deed(now, deed, record, out)
        })
    }

    fn review_deed(
        &mut self,
        now: Mono,
        deed: &'static str,
        record: &Record,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Recording(it) = &self.state else { return Ok(Next::Wait) };
        let id = Arc::clone(&it.id);
        self.note(now, What::Reviewed { recording: Arc::clone(&id), deed }, out);
        match deed {
            "hear" => {
                let ticket =
                    self.speak_value(now, &Value::Recording(id), Reading::default(), true, out)?;
                self.phase(Phase::Hearing(Speaking { ticket, until: now + LONGEST_PROMPT }));
                Ok(Next::Wait)
            }
            "again" => {
                out.push(Command::DiscardRecording(id));
                self.record(now, record, out)
            }
            "discard" => {
                out.push(Command::DiscardRecording(id));
                self.branch("nothing", &[&record.nothing])
            }
            _ => self.keep(now, record, out),
        }
    }

    fn keep(&mut self, now: Mono, record: &Record, out: &mut Vec<Command>) -> Result<Next, Stuck> {
        if let State::Recording(it) = &self.state {
            let (name, value) = (record.into.value.clone(), Value::Recording(Arc::clone(&it.id)));
            self.values.set(&name, value.clone());
            let name = self.outside(&name);
            self.note(now, What::Keyed { name, value }, out);
        }
        Ok(Next::On)
    }

    pub(super) fn recording_tick(
        &mut self,
        now: Mono,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let State::Recording(it) = &self.state else { return Ok(Next::Wait) };
        match &it.phase {
            Phase::Asking(_) | Phase::Tone(_) | Phase::Hearing(_) => {
                out.push(Command::Stop);
                self.recording_heard(now, out)
            }
            Phase::Running { .. } => {
                self.end_recording(now, "full", out);
                Ok(Next::Wait)
            }
            Phase::Storing { .. } => self.stored(now, RecordingEvent::Failed, out),
            Phase::Reviewing(_) => self.reviewing(|machine, it, record, _| {
                if machine.choice_tick(now, it, out)? {
                    machine.keep(now, record, out)
                } else {
                    Ok(Next::Wait)
                }
            }),
        }
    }

    /// The caller hangs up: what was said until now is kept.
    pub(super) fn recording_left(&mut self, now: Mono, out: &mut Vec<Command>) {
        self.end_recording(now, "hung_up", out);
        let setting = Arc::clone(&self.setting);
        if let Some(ActionKind::Record(it)) = self.current(&setting).map(|it| &it.kind)
            && let State::Recording(Recording { phase: Phase::Storing { took, how, .. }, id }) =
                &self.state
        {
            let what = self.recorded_as(it, id, *took, how);
            self.note(now, what, out);
        }
    }

    /// Does `what` with the review under way, which goes on afterwards unless something else has begun.
    fn reviewing(
        &mut self,
        what: impl FnOnce(&mut Self, &mut Choosing, &Record, &Review) -> Result<Next, Stuck>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let Some(ActionKind::Record(record)) = self.current(&setting).map(|it| &it.kind) else {
            return Ok(Next::On); // `record` alone begins this state
        };
        let (State::Recording(Recording { phase: Phase::Reviewing(choosing), .. }), Some(review)) =
            (&self.state, &record.review)
        else {
            return Ok(Next::Wait);
        };
        let mut choosing = choosing.clone();
        let next = what(self, &mut choosing, record, review)?;
        if let State::Recording(Recording { phase: Phase::Reviewing(it), .. }) = &mut self.state {
            *it = choosing;
        }
        Ok(next)
    }

    fn recorded_as(
        &self,
        it: &Record,
        id: &Arc<str>,
        took: Duration,
        outcome: &'static str,
    ) -> What {
        let name = self.outside(&it.into.value);
        What::Recorded { name, recording: Arc::clone(id), took, outcome }
    }
}

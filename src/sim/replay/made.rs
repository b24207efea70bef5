//! Calls that are made up, as the store would have them: for tests of those who look back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::super::run::Stage;
use super::Recorded;
use crate::call::{Answer, Command, Event, Machine, Question, QueueEvent, Setting, Start, Ticket};
use crate::time::Mono;

/// What becomes of a call that is made up.
pub(crate) struct Made<'a> {
    /// The flow and its words.
    pub(crate) stage: &'a Stage,
    /// The call's id.
    pub(crate) id: &'a str,
    /// Keys, each so many milliseconds after the one before.
    pub(crate) keys: &'a [(u64, char)],
    /// When the caller hangs up, so many milliseconds after the last key.
    pub(crate) leaves_after: Option<u64>,
    /// What lookups answer.
    pub(crate) answers: &'a mut dyn FnMut(&Question) -> Answer,
    /// What a queue does 40 ms after the caller came.
    pub(crate) queue: QueueEvent,
    /// How long every prompt lasts, in milliseconds.
    pub(crate) prompts_last: u64,
}

impl Stage {
    /// What a call on it is run with.
    pub(crate) fn setting(&self) -> Arc<Setting> {
        Arc::new(Setting {
            flow: Arc::clone(&self.flow),
            catalogues: Arc::clone(&self.catalogues),
            calendars: Arc::clone(&self.calendars),
        })
    }
}

impl Made<'_> {
    /// Plays it to its end: the caller is silent behind their last key until the flow ends it or they hang up.
    pub(crate) fn call(self) -> Recorded {
        let start = Start {
            call: self.id.into(),
            caller_number: None,
            caller_name: None,
            called: "4001".into(),
            language: None,
            turn: 0,
            at: Mono::from_millis(5_000),
            wall: "2026-03-01T09:00:00+08:00[Asia/Shanghai]".parse().unwrap(),
        };
        let mut machine = Machine::new(self.stage.setting(), start.clone());
        let mut agenda = BTreeMap::new();
        let mut number = 0;
        let mut later = |agenda: &mut BTreeMap<(Mono, u32), Event>, at: Mono, event: Event| {
            number += 1;
            agenda.insert((at, number), event);
        };
        let mut now = start.at;
        later(&mut agenda, now, Event::Arrived);
        later(&mut agenda, now, Event::Answered);
        let mut at = now;
        for (gap, key) in self.keys {
            at += Duration::from_millis(*gap);
            let key = crate::secret::Key::from_symbol(*key).unwrap();
            later(&mut agenda, at, Event::Key(key.into()));
        }
        if let Some(gap) = self.leaves_after {
            later(&mut agenda, at + Duration::from_millis(gap), Event::HungUp);
        }
        let talks = matches!(self.queue, QueueEvent::Connected(_));
        let queue = |visit: Ticket, event| Event::Queue { visit, event };
        let (mut log, mut journey, mut digest) = (Vec::new(), Vec::new(), Sha256::new());
        while !machine.is_over() {
            let said = agenda.first_key_value().map(|(key, _)| key.0);
            let next = [said, machine.deadline()].into_iter().flatten().min().unwrap();
            now = now.max(next);
            let event =
                if said == Some(next) { agenda.pop_first().unwrap().1 } else { Event::Tick };
            let mut out = Vec::new();
            machine.handle(now, event, &mut out);
            for command in out {
                digest.update(format!("{command:?}\n"));
                match command {
                    Command::Store(entry) => log.push(entry),
                    Command::Note(passage) => journey.push(serde_json::to_value(passage).unwrap()),
                    Command::Play(play) => {
                        let until = now + Duration::from_millis(self.prompts_last);
                        later(&mut agenda, until, Event::Played(play.ticket));
                    }
                    Command::Stop => agenda.retain(|_, it| !matches!(it, Event::Played(_))),
                    Command::LookUp(asked) => {
                        let answer = (self.answers)(&asked);
                        let event = Event::LookedUp { lookup: asked.ticket, answer };
                        later(&mut agenda, now + Duration::from_millis(150), event);
                    }
                    Command::Enqueue(wish) => {
                        let event = queue(wish.ticket, self.queue.clone());
                        later(&mut agenda, now + Duration::from_millis(40), event);
                        if talks {
                            let event = queue(wish.ticket, QueueEvent::AgentLeft);
                            later(&mut agenda, now + Duration::from_secs(90), event);
                        }
                    }
                    Command::LeaveQueue(_) => {
                        agenda.retain(|_, it| !matches!(it, Event::Queue { .. }));
                    }
                    Command::Answer
                    | Command::PlayMusic
                    | Command::PlayRinging
                    | Command::Verify(_)
                    | Command::Transfer(_)
                    | Command::CancelTransfer(_)
                    | Command::OpenCase(_)
                    | Command::CallBack(_)
                    | Command::Notify(_)
                    | Command::Record(_)
                    | Command::StopRecording(_)
                    | Command::DiscardRecording(_)
                    | Command::Conference(_)
                    | Command::LeaveConference(_)
                    | Command::HangUp(_)
                    | Command::LastResort(_)
                    | Command::End(_) => {}
                }
            }
        }
        let log = serde_json::from_str(&serde_json::to_string(&log).unwrap()).unwrap();
        Recorded { start, log, journey, commands: Some(hex::encode(digest.finalize())) }
    }
}

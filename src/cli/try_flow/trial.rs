//! One call and what a terminal shows of it, whatever its clock.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Connectors, Sound};
use crate::call::{
    Agent, Command, ConferenceEvent, Context, Ending, Event, Kept, Machine, Passage, QueueEvent,
    RecordingEvent, Setting, Start, Ticket, Told, TransferEvent, What,
};
use crate::secret::Key;
use crate::sim;
use crate::time::Mono;

/// One call in a terminal.
pub(super) struct Trial<'a> {
    machine: Machine,
    connectors: &'a mut dyn Connectors,
    sound: &'a mut dyn Sound,
    /// What follows from what was done, in order.
    ready: VecDeque<Event>,
    speaking: Option<(Ticket, Mono)>,
    visit: Option<Ticket>,
    talks: bool,
    cases: u32,
    /// A recording that is made: nobody listens here, so the caller is taken to speak.
    recording: Option<Ticket>,
    /// Nothing was said into it.
    speechless: bool,
    conference: Option<(Ticket, Arc<str>)>,
    ended: Option<Ending>,
    /// How a line of the terminal ends.
    pub(super) line_end: &'static str,
}

/// What a person at the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Press(Key),
    /// An agent answers, or leaves the talk.
    Agent,
    /// No agent is logged in.
    Nobody,
    /// The queue is full.
    Full,
    /// The prompt is over.
    Skip,
    HangUp,
    /// Show what is known; nothing happens.
    Look,
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        setting: Arc<Setting>,
        start: Start,
        connectors: &'a mut dyn Connectors,
        sound: &'a mut dyn Sound,
    ) -> Self {
        Self {
            machine: Machine::new(setting, start),
            connectors,
            sound,
            ready: VecDeque::from([Event::Arrived]),
            speaking: None,
            visit: None,
            talks: false,
            cases: 0,
            recording: None,
            speechless: false,
            conference: None,
            ended: None,
            line_end: "\n",
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// When the prompt will have been heard.
    pub(super) fn heard_at(&self) -> Option<Mono> {
        self.speaking.map(|(_, until)| until)
    }

    /// When something happens by itself.
    pub(super) fn due(&self) -> Option<Mono> {
        [self.heard_at(), self.machine.deadline()].into_iter().flatten().min()
    }

    /// Does at `now` what is due by itself, and all that follows from it.
    pub(super) fn pass(&mut self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        if let Some((ticket, until)) = self.speaking
            && until <= now
        {
            self.speaking = None;
            self.ready.push_back(Event::Played(ticket));
        }
        self.ready.push_back(Event::Tick);
        self.follow(now, out)
    }

    /// Does at `now` what a person wants, and all that follows from it.
    pub(super) fn does(&mut self, now: Mono, deed: Deed, out: &mut impl Write) -> io::Result<()> {
        let queue = |visit: Option<Ticket>, event| visit.map(|visit| Event::Queue { visit, event });
        let silent = |recording| Event::Recording { recording, event: RecordingEvent::Silent };
        let event = match deed {
            Deed::Skip if self.recording.is_some() => self.recording.map(silent),
            Deed::Nobody if self.recording.is_some() => {
                self.speechless = true;
                self.recording.map(silent)
            }
            Deed::Agent if self.conference.is_some() => {
                let joined = |(conference, who): &(Ticket, Arc<str>), left| {
                    let who = Arc::clone(who);
                    let event = if left {
                        ConferenceEvent::Left(who)
                    } else {
                        ConferenceEvent::Joined(who)
                    };
                    Event::Conference { conference: *conference, event }
                };
                let left = std::mem::replace(&mut self.talks, true);
                self.conference.as_ref().map(|it| joined(it, left))
            }
            Deed::Nobody if self.conference.is_some() => self.conference.as_ref().map(|it| {
                let event = ConferenceEvent::Failed;
                Event::Conference { conference: it.0, event }
            }),
            Deed::Press(key) => Some(Event::Key(key.into())),
            Deed::Agent if self.talks => queue(self.visit, QueueEvent::AgentLeft),
            Deed::Agent => {
                let agent = Agent { id: "you".into(), name: None, work_number: None };
                queue(self.visit, QueueEvent::Connected(agent))
            }
            Deed::Nobody => queue(self.visit, QueueEvent::NoAgents),
            Deed::Full => queue(self.visit, QueueEvent::Full),
            Deed::Skip => self.speaking.take().map(|(ticket, _)| {
                self.sound.stop();
                Event::Played(ticket)
            }),
            Deed::HangUp => Some(Event::HungUp),
            Deed::Look => {
                self.look(now, out)?;
                None
            }
        };
        self.ready.extend(event);
        self.follow(now, out)
    }

    /// The variables, and what an agent would see now.
    fn look(&self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        let shown: Vec<_> =
            self.machine.variables().map(|(name, value)| format!("    {name} = {value}")).collect();
        self.say(if shown.is_empty() { "- no variable is set" } else { "- variables" }, out)?;
        for line in shown.iter().chain(&record(&self.machine.context(now))) {
            self.say(line, out)?;
        }
        Ok(())
    }

    fn follow(&mut self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        let mut commands = Vec::new();
        // Ends: the machine waits for something after at most some thousand actions.
        while let Some(event) = self.ready.pop_front() {
            self.machine.handle(now, event, &mut commands);
            for command in commands.drain(..) {
                self.carry_out(now, command, out)?;
            }
        }
        out.flush()
    }

    fn say(&self, text: &str, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{text}{}", self.line_end)
    }

    fn told(&self, with: &Told, out: &mut impl Write) -> io::Result<()> {
        with.iter().try_for_each(|(name, value)| self.say(&format!("    {name}: {value}"), out))
    }

    fn carry_out(&mut self, now: Mono, command: Command, out: &mut impl Write) -> io::Result<()> {
        match command {
            Command::Store(_) => Ok(()),
            Command::Note(passage) => {
                self.talks |= matches!(passage.what, What::Connected { .. });
                match shown(&passage) {
                    Some(text) => self.say(&text, out),
                    None => Ok(()),
                }
            }
            Command::Answer => {
                self.ready.push_back(Event::Answered);
                Ok(())
            }
            Command::Play(it) => {
                let length = self.sound.play(&it);
                let length = length.unwrap_or_else(|| sim::length(&it.utterance, &|_| None));
                self.speaking = Some((it.ticket, now + length.max(Duration::from_millis(300))));
                let tone = it.utterance.text.is_empty();
                let text = if tone { "(tone)" } else { it.utterance.text.as_str() };
                self.say(&format!("  {text}"), out)
            }
            Command::PlayMusic => {
                self.sound.music();
                self.say("  ♪", out)
            }
            Command::PlayRinging => {
                self.sound.ringing();
                self.say("  (it rings)", out)
            }
            Command::Stop => {
                self.speaking = None;
                self.sound.stop();
                Ok(())
            }
            Command::LookUp(it) => {
                let answer = self.connectors.ask(&it);
                self.ready.push_back(Event::LookedUp { lookup: it.ticket, answer });
                Ok(())
            }
            Command::Verify(it) => {
                let verdict = self.connectors.verify(&it);
                self.ready.push_back(Event::Verified { check: it.ticket, verdict });
                Ok(())
            }
            Command::Enqueue(it) => {
                self.visit = Some(it.ticket);
                self.talks = false;
                for line in record(&it.context) {
                    self.say(&line, out)?;
                }
                Ok(())
            }
            Command::LeaveQueue(_) => {
                self.visit = None;
                Ok(())
            }
            Command::Transfer(it) => {
                // Nobody is called from here.
                let event = TransferEvent::NoAnswer;
                self.ready.push_back(Event::Transfer { transfer: it.ticket, event });
                Ok(())
            }
            Command::CancelTransfer(_) => Ok(()),
            Command::OpenCase(it) => {
                self.cases = self.cases.saturating_add(1);
                let number = 1_000_000_u32.saturating_add(self.cases).to_string().into();
                let kept = Kept::Case { number };
                self.ready.push_back(Event::Kept { ticket: it.ticket, kept });
                self.told(&it.with, out)
            }
            Command::CallBack(it) => {
                self.ready.push_back(Event::Kept { ticket: it.ticket, kept: Kept::Callback });
                Ok(())
            }
            Command::Notify(it) => self.told(&it.with, out),
            Command::Record(it) => {
                self.recording = Some(it.ticket);
                self.speechless = false;
                self.say("  (is recorded: Enter falls silent, `n` says nothing)", out)
            }
            Command::StopRecording(recording) => {
                self.recording = None;
                let event = RecordingEvent::Stored { heard: !self.speechless };
                self.ready.push_back(Event::Recording { recording, event });
                Ok(())
            }
            Command::DiscardRecording(_) => Ok(()),
            Command::Conference(it) => {
                // Nobody is called from here: `a` joins and leaves for all of them.
                self.talks = false;
                let who = it.with.first().map_or_else(|| "you".into(), Arc::clone);
                self.conference = Some((it.ticket, who));
                for who in it.with.iter().skip(1) {
                    let event = ConferenceEvent::Refused(Arc::clone(who));
                    self.ready.push_back(Event::Conference { conference: it.ticket, event });
                }
                Ok(())
            }
            Command::LeaveConference(_) => {
                self.conference = None;
                Ok(())
            }
            Command::HangUp(_) => self.say("- the call is hung up", out),
            Command::LastResort(_) => self.say("- the last resort takes the call", out),
            Command::End(ending) => {
                self.sound.stop();
                self.ended = Some(ending);
                Ok(())
            }
        }
    }
}

/// What is shown of a passage; prompts show themselves.
fn shown(passage: &Passage) -> Option<String> {
    Some(match &passage.what {
        What::Step { step } => format!("- step {step}"),
        What::Heard { .. } | What::Position { .. } | What::Withdrawn => return None,
        What::Interrupted => "  (stopped)".to_owned(),
        What::Chose { key, step } => format!("- key {} leads to {step}", key.symbol()),
        What::Keyed { name, value } => format!("- keyed {name} = {value}"),
        What::Corrected { .. } => "- that was not what was meant".to_owned(),
        What::Silence { tries, .. } => format!("- silence: try {tries}"),
        What::Wrong { tries, .. } => format!("- that does not fit: try {tries}"),
        What::LookedUp { lookup, outcome, took: _, found } => {
            let mut text = format!("- lookup {lookup}: {outcome}");
            for (name, value) in found.iter().flat_map(|row| row.iter()) {
                // Writing into a `String` cannot fail.
                let _ = write!(text, ", {name} = {value}");
            }
            text
        }
        What::Verified { lookup, account, outcome, took: _ } => {
            format!("- verify {lookup} for {account}: {outcome}")
        }
        What::Hours { calendar, open } => {
            format!("- calendar {calendar} is {}", if *open { "open" } else { "closed" })
        }
        What::Language { language } => format!("- language {language}"),
        What::Reason { because } => format!("- because {because}"),
        What::Queued { queue, priority, .. } => {
            format!("- waits in queue {queue}, priority {priority}")
        }
        What::Offered { agent } => format!("- agent {} rings", agent.id),
        What::Waited { took, outcome, .. } => {
            format!("- the wait is over after {} s: {outcome}", took.as_secs())
        }
        What::Connected { agent } => format!("- talks to agent {}", agent.id),
        What::AgentLeft => "- the agent hung up".to_owned(),
        What::Transferring { to, .. } => {
            format!("- transfer to {to} (nobody is called, this is a try)")
        }
        What::Transfer { event } => format!("- transfer: {}", outcome(event)),
        What::Case { kind, number: Some(number), promised: Some(promised), .. } => {
            format!(
                "- case {kind} {number}, answer promised by {} (not kept, this is a try)",
                promised.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M")
            )
        }
        What::Case { kind, .. } => format!("- case {kind}: failed"),
        What::Callback { queue, number: Some(number), outcome } => {
            format!(
                "- call back of {number} by queue {queue}: {outcome} (nobody does, this is a try)"
            )
        }
        What::Callback { queue, outcome, .. } => format!("- call back by queue {queue}: {outcome}"),
        What::Notified { to } => format!("- {to} is told (not really, this is a try)"),
        What::Recorded { took, outcome, .. } => {
            format!("- recorded {:.1} s: {outcome}", took.as_secs_f64())
        }
        What::Reviewed { deed, .. } => format!("- review: {deed}"),
        What::Surveyed { survey, question, answer } => format!("- {survey}: {question} = {answer}"),
        What::Conferring { room, with, .. } => {
            format!(
                "- conference {room} with {} (nobody is called, this is a try)",
                with.join(", ")
            )
        }
        What::Conference { event } => match event {
            ConferenceEvent::Joined(who) => format!("- {who} joins"),
            ConferenceEvent::Left(who) => format!("- {who} leaves"),
            ConferenceEvent::Refused(who) => format!("- {who} is not to be had"),
            ConferenceEvent::Failed => "- nobody is to be had".to_owned(),
        },
        What::Conferred { took, outcome, .. } => {
            format!("- the conference is over after {} s: {outcome}", took.as_secs())
        }
        What::Returned { flow, exit: None } => format!("- back from {flow}"),
        What::Returned { flow, exit: Some(exit) } => format!("- back from {flow} by {exit}"),
        What::Stuck { because } => format!("- the flow cannot go on: {because}"),
        What::Ended { ending } => format!("- ended: {}", ended(*ending)),
    })
}

const fn ended(how: Ending) -> &'static str {
    match how {
        Ending::Completed => "the flow said goodbye",
        Ending::CallerLeft => "the caller hung up",
        Ending::AgentLeft => "the agent hung up",
        Ending::OtherLeft => "the other side hung up",
        Ending::Transferred => "the caller was sent elsewhere",
        Ending::LastResort => "the caller is left to the last resort of hotline.yaml",
        Ending::NotAnswered => "it was never answered",
    }
}

const fn outcome(event: &TransferEvent) -> &'static str {
    match event {
        TransferEvent::Ringing => "it rings there",
        TransferEvent::Connected => "connected",
        TransferEvent::Busy => "busy",
        TransferEvent::NoAnswer => "nobody answers",
        TransferEvent::Declined => "declined",
        TransferEvent::Failed => "failed",
        TransferEvent::OtherLeft => "the other side hung up",
    }
}

/// What an agent would see first.
fn record(context: &Context) -> Vec<String> {
    let mut lines = vec!["- an agent would see".to_owned()];
    if let Some(reason) = &context.reason {
        lines.push(format!("    reason: {reason}"));
    }
    for field in &context.fields {
        let label = field.label.get(&context.language).or_else(|| field.label.values().next());
        lines.push(format!("    {}: {}", label.map_or("", |it| it), field.value));
    }
    let path: Vec<&str> = context.path.iter().map(|visit| &*visit.step).collect();
    lines.push(format!("    path: {}", path.join(" > ")));
    lines
}

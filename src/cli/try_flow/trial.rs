//! One call and what a terminal shows of it, whatever its clock.
//!
//! The interpreter is pure: the same events give the same call. So a step back is a new machine that is fed what went
//! into the old one up to there. What connectors answered since then is remembered and not asked for again.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::command::{Clock, Line, help};
use super::hints::hints;
use super::past::{Asked, Came, Fed, Given, Memory, Past, World};
use super::shown::{record, shown};
use super::{Connectors, Sound};
use crate::call::{
    Agent, Command, ConferenceEvent, Event, Kept, Machine, Play, QueueEvent, RecordingEvent,
    Setting, Start, Ticket, Told, TransferEvent, What,
};
use crate::diagnostic::nearest;
use crate::flow::model::Name;
use crate::secret::Key;
use crate::sim;
use crate::time::Mono;
use crate::value::Value;

/// What a call is made of, so that it can be begun again.
pub(super) struct Beginning {
    pub(super) setting: Arc<Setting>,
    pub(super) start: Start,
    /// Of a flow that only others run: what it takes.
    pub(super) inputs: Option<IndexMap<Name, Value>>,
}

impl Beginning {
    fn machine(&self) -> Machine {
        let (setting, start) = (Arc::clone(&self.setting), self.start.clone());
        match &self.inputs {
            Some(inputs) => Machine::alone(setting, start, inputs.clone()),
            None => Machine::new(setting, start),
        }
    }
}

/// One call in a terminal.
pub(super) struct Trial<'a> {
    beginning: Beginning,
    machine: Machine,
    connectors: &'a mut dyn Connectors,
    sound: &'a mut dyn Sound,
    /// What follows from what was done, in order.
    ready: VecDeque<Event>,
    world: World,
    past: Past,
    memory: Memory,
    /// Show what may be keyed whenever the caller is asked something.
    pub(super) hints: bool,
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
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        beginning: Beginning,
        connectors: &'a mut dyn Connectors,
        sound: &'a mut dyn Sound,
    ) -> Self {
        Self {
            machine: beginning.machine(),
            beginning,
            connectors,
            sound,
            ready: VecDeque::from([Event::Arrived]),
            world: World::default(),
            past: Past::default(),
            memory: Memory::default(),
            hints: false,
            line_end: "\n",
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.world.ended
    }

    /// Whether what the caller says is recorded now.
    pub(super) const fn records(&self) -> bool {
        self.world.recording.is_some()
    }

    /// When the prompt will have been heard.
    pub(super) fn heard_at(&self) -> Option<Mono> {
        self.world.speaking.as_ref().map(|(_, until)| *until)
    }

    /// When something happens by itself.
    pub(super) fn due(&self) -> Option<Mono> {
        [self.heard_at(), self.machine.deadline()].into_iter().flatten().min()
    }

    /// Every step that it can be sent to.
    pub(super) fn steps(&self) -> &[Name] {
        self.beginning.setting.flow.step_names()
    }

    /// Does at `now` what is due by itself, and all that follows from it.
    pub(super) fn pass(&mut self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        if let Some((play, until)) = &self.world.speaking
            && *until <= now
        {
            self.ready.push_back(Event::Played(play.ticket));
            self.world.speaking = None;
        }
        if self.machine.deadline().is_some_and(|due| due <= now) {
            self.ready.push_back(Event::Tick);
        }
        self.follow(now, out)
    }

    /// Lets a while pass from `now` on, with all that is due in it; the moment after it.
    pub(super) fn wait(
        &mut self,
        now: Mono,
        length: Duration,
        out: &mut impl Write,
    ) -> io::Result<Mono> {
        let until = now + length;
        while let Some(due) = self.due().filter(|due| *due <= until) {
            self.pass(due.max(now), out)?;
        }
        Ok(until)
    }

    /// Does at `now` what a person wants, and all that follows from it.
    pub(super) fn does(&mut self, now: Mono, deed: Deed, out: &mut impl Write) -> io::Result<()> {
        let queue = |visit: Option<Ticket>, event| visit.map(|visit| Event::Queue { visit, event });
        let silent = |recording| Event::Recording { recording, event: RecordingEvent::Silent };
        let world = &mut self.world;
        let event = match deed {
            Deed::Skip if world.recording.is_some() => world.recording.map(silent),
            Deed::Nobody if world.recording.is_some() => {
                world.speechless = true;
                world.recording.map(silent)
            }
            Deed::Agent if world.conference.is_some() => {
                let joined = |(conference, who): &(Ticket, Arc<str>), left| {
                    let who = Arc::clone(who);
                    let event = if left {
                        ConferenceEvent::Left(who)
                    } else {
                        ConferenceEvent::Joined(who)
                    };
                    Event::Conference { conference: *conference, event }
                };
                let left = std::mem::replace(&mut world.talks, true);
                world.conference.as_ref().map(|it| joined(it, left))
            }
            Deed::Nobody if world.conference.is_some() => world.conference.as_ref().map(|it| {
                let event = ConferenceEvent::Failed;
                Event::Conference { conference: it.0, event }
            }),
            Deed::Press(key) => Some(Event::Key(key.into())),
            Deed::Agent if world.talks => queue(world.visit, QueueEvent::AgentLeft),
            Deed::Agent => {
                let agent = Agent { id: "you".into(), name: None, work_number: None };
                queue(world.visit, QueueEvent::Connected(agent))
            }
            Deed::Nobody => queue(world.visit, QueueEvent::NoAgents),
            Deed::Full => queue(world.visit, QueueEvent::Full),
            Deed::Skip => world.speaking.take().map(|(play, _)| {
                self.sound.stop();
                Event::Played(play.ticket)
            }),
            Deed::HangUp => Some(Event::HungUp),
        };
        self.ready.extend(event);
        self.follow(now, out)
    }

    /// Does what neither the caller nor the world does, at `now`.
    pub(super) fn obey(&mut self, now: Mono, line: Line, out: &mut impl Write) -> io::Result<()> {
        match line {
            Line::Look => self.look(now, out),
            Line::Keys => self.show_hints(out),
            Line::Jump(step) => self.jump(now, &step, out),
            Line::Clock(to) => self.clock(now, &to, out),
            Line::Help => help().iter().try_for_each(|line| self.say(line, out)),
            Line::Unknown(meant) => {
                let meant = meant.map(|it| format!(" Did you mean `{it}`?")).unwrap_or_default();
                self.say(&format!("? That means nothing here.{meant} `help` says what does."), out)
            }
            // Whoever keeps the clock does these.
            Line::Silence | Line::Wait(_) | Line::Does(_) | Line::Back(_) => Ok(()),
        }
    }

    /// Shows the variables, and what an agent would see now.
    fn look(&self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        let shown: Vec<_> =
            self.machine.variables().map(|(name, value)| format!("    {name} = {value}")).collect();
        self.say(if shown.is_empty() { "- no variable is set" } else { "- variables" }, out)?;
        for line in shown.iter().chain(&record(&self.machine.context(now))) {
            self.say(line, out)?;
        }
        out.flush()
    }

    /// Shows what may be keyed now, and what else ends the wait.
    pub(super) fn show_hints(&self, out: &mut impl Write) -> io::Result<()> {
        for line in hints(self.machine.waiting().as_ref()) {
            self.say(&line, out)?;
        }
        out.flush()
    }

    /// Goes back to where the caller was asked something, `count` questions ago: the moment at which that was.
    pub(super) fn back(&mut self, count: usize, out: &mut impl Write) -> io::Result<Option<Mono>> {
        let here = self.machine.waiting().map(|it| it.nth);
        let Some((point, undone)) = self.past.back(here, count) else {
            self.say("- no question was asked before", out)?;
            return Ok(None);
        };
        self.ready.clear();
        self.sound.stop();
        self.world = point.world;
        self.machine = self.beginning.machine();
        for (at, fed) in self.past.log() {
            match fed {
                Fed::Event(event) => self.machine.handle(*at, event.clone(), &mut Vec::new()),
                Fed::Jump(step) => {
                    // Said when it was new.
                    let _ = self.machine.jump(*at, step, &mut Vec::new());
                }
                Fed::Clock(wall) => self.machine.set_clock(*at, wall),
            }
        }
        self.say(&format!("- back in step {}", point.step), out)?;
        let flow = &self.beginning.setting.flow;
        let changes = |lookup: &str| flow.lookup(lookup).is_some_and(|it| it.changes);
        for given in undone.iter().filter(|it| changes(it.asked.lookup())) {
            self.say(
                &format!("- what lookup {} changed stays changed", given.asked.lookup()),
                out,
            )?;
        }
        if !undone.is_empty() {
            self.say(
                "- what connectors answered since then is kept: with the same values they are not asked again",
                out,
            )?;
        }
        self.memory.remember(undone);
        if let Some((play, _)) = &self.world.speaking {
            self.sound.play(play);
            let text = said(play);
            self.say(&text, out)?;
        }
        if self.hints {
            self.show_hints(out)?;
        }
        out.flush()?;
        Ok(Some(point.at))
    }

    /// Leaves what is under way and goes to a step; without a name shows which there are.
    fn jump(&mut self, now: Mono, name: &str, out: &mut impl Write) -> io::Result<()> {
        let steps = self.steps();
        if name.is_empty() {
            return self.say(&format!("- steps: {}", steps.join(", ")), out);
        }
        // A step of the flow under way may be called as it is there.
        let run = self.machine.waiting().and_then(|it| it.run);
        let inside = run.map(|run| Name::from(format!("{run}/{name}")));
        let known = |name: &str| steps.iter().find(|it| ***it == *name).cloned();
        let Some(step) = known(name).or_else(|| known(&inside?)) else {
            let near = nearest(name, steps.iter().map(|it| &**it));
            let near = near.map_or_else(
                || "`jump` alone lists them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return self.say(&format!("? no step is called `{name}`: {near}"), out);
        };
        if self.is_over() {
            return self.say("? the call is over: go `back` first", out);
        }
        self.say(&format!("- jump to {step}"), out)?;
        let mut commands = Vec::new();
        let unset = self.machine.jump(now, &step, &mut commands).unwrap_or_default();
        if !unset.is_empty() {
            self.say(&format!("- it reads what nothing has set: {}", unset.join(", ")), out)?;
        }
        self.past.feed(now, Fed::Jump(step));
        self.ready.clear();
        self.carry_out_all(now, commands, out)?;
        self.follow(now, out)
    }

    /// Sets the clock; without a time shows it.
    fn clock(&mut self, now: Mono, to: &Clock, out: &mut impl Write) -> io::Result<()> {
        let clock = self.machine.clock(now);
        let wall = match to {
            Clock::Show => clock,
            Clock::Later(length) => clock.saturating_add(*length),
            Clock::Moment(moment) => moment.with_time_zone(clock.time_zone().clone()),
            Clock::At(date, time) => {
                let (date, time) = (date.unwrap_or(clock.date()), time.unwrap_or(clock.time()));
                match date.to_datetime(time).to_zoned_datetime(clock.time_zone().clone()) {
                    Ok(wall) => wall,
                    Err(_) => return self.say("? there is no such moment", out),
                }
            }
        };
        if !matches!(to, Clock::Show) {
            self.machine.set_clock(now, &wall);
            self.past.feed(now, Fed::Clock(wall.clone()));
        }
        self.say(&format!("- the clock says {}", wall.strftime("%Y-%m-%d %H:%M:%S, %A")), out)?;
        out.flush()
    }

    fn follow(&mut self, now: Mono, out: &mut impl Write) -> io::Result<()> {
        // Ends: the machine waits for something after at most some thousand actions.
        while let Some(event) = self.ready.pop_front() {
            self.past.feed(now, Fed::Event(event.clone()));
            let mut commands = Vec::new();
            self.machine.handle(now, event, &mut commands);
            self.carry_out_all(now, commands, out)?;
        }
        let waiting = self.machine.waiting();
        if let Some(it) = waiting.filter(|it| it.on.is_question())
            && self.past.asked(now, &it, &self.world)
            && self.hints
        {
            self.show_hints(out)?;
        }
        out.flush()
    }

    fn say(&self, text: &str, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{text}{}", self.line_end)
    }

    fn told(&self, with: &Told, out: &mut impl Write) -> io::Result<()> {
        with.iter().try_for_each(|(name, value)| self.say(&format!("    {name}: {value}"), out))
    }

    fn carry_out_all(
        &mut self,
        now: Mono,
        commands: Vec<Command>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        commands.into_iter().try_for_each(|command| self.carry_out(now, command, out))
    }

    fn carry_out(&mut self, now: Mono, command: Command, out: &mut impl Write) -> io::Result<()> {
        match command {
            Command::Store(_) => Ok(()),
            Command::Note(passage) => {
                self.world.talks |= matches!(passage.what, What::Connected { .. });
                match shown(&passage) {
                    Some(text) => self.say(&text, out)?,
                    None => return Ok(()),
                }
                self.results(&passage.what, out)
            }
            Command::Answer => {
                self.ready.push_back(Event::Answered);
                Ok(())
            }
            Command::Play(it) => {
                let length = self.sound.play(&it);
                let length = length.unwrap_or_else(|| sim::length(&it.utterance, &|_| None));
                let text = said(&it);
                self.world.speaking = Some((it, now + length.max(Duration::from_millis(300))));
                self.say(&text, out)
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
                self.world.speaking = None;
                self.sound.stop();
                Ok(())
            }
            Command::LookUp(mut it) => {
                let asked = Asked::lookup_of(&it);
                let known = self.memory.answer(&asked);
                if known.is_some() {
                    self.say(&format!("- lookup {} is not asked again", it.lookup), out)?;
                }
                let answer = known.unwrap_or_else(|| {
                    self.memory.tell_apart(&mut it);
                    self.connectors.ask(&it)
                });
                self.past.given(Given { asked, came: Came::Answer(answer.clone()) });
                self.ready.push_back(Event::LookedUp { lookup: it.ticket, answer });
                Ok(())
            }
            Command::Verify(it) => {
                let asked = Asked::secret_of(&it);
                let known = self.memory.verdict(&asked);
                if known.is_some() {
                    self.say(&format!("- lookup {} is not asked again", it.lookup), out)?;
                }
                let verdict = known.unwrap_or_else(|| self.connectors.verify(&it));
                self.past.given(Given { asked, came: Came::Verdict(verdict) });
                self.ready.push_back(Event::Verified { check: it.ticket, verdict });
                Ok(())
            }
            Command::Enqueue(it) => {
                self.world.visit = Some(it.ticket);
                self.world.talks = false;
                record(&it.context).iter().try_for_each(|line| self.say(line, out))
            }
            Command::LeaveQueue(_) => {
                self.world.visit = None;
                self.world.talks = false;
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
                self.world.cases = self.world.cases.saturating_add(1);
                let number = 1_000_000_u32.saturating_add(self.world.cases).to_string().into();
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
                self.world.recording = Some(it.ticket);
                self.world.speechless = false;
                self.say("  (is recorded: Enter falls silent, `n` says nothing)", out)
            }
            Command::StopRecording(recording) => {
                self.world.recording = None;
                let event = RecordingEvent::Stored { heard: !self.world.speechless };
                self.ready.push_back(Event::Recording { recording, event });
                Ok(())
            }
            Command::DiscardRecording(_) => Ok(()),
            Command::Conference(it) => {
                // Nobody is called from here: `a` joins and leaves for all of them.
                self.world.talks = false;
                let who = it.with.first().map_or_else(|| "you".into(), Arc::clone);
                self.world.conference = Some((it.ticket, who));
                for who in it.with.iter().skip(1) {
                    let event = ConferenceEvent::Refused(Arc::clone(who));
                    self.ready.push_back(Event::Conference { conference: it.ticket, event });
                }
                Ok(())
            }
            Command::LeaveConference(_) => {
                self.world.conference = None;
                Ok(())
            }
            Command::HangUp(_) => self.say("- the call is hung up", out),
            Command::LastResort(_) => self.say("- the last resort takes the call", out),
            Command::End(_) => {
                self.sound.stop();
                self.world.speaking = None;
                self.world.ended = true;
                Ok(())
            }
        }
    }

    /// What a flow that is walked alone gives to whoever would run it.
    fn results(&self, what: &What, out: &mut impl Write) -> io::Result<()> {
        let flow = &self.beginning.setting.flow;
        if let What::Returned { flow: came_back, exit: None } = what
            && self.beginning.inputs.is_some()
            && *came_back == flow.name.value
        {
            for (name, value) in self.machine.variables().filter(|it| flow.gives.contains_key(it.0))
            {
                self.say(&format!("    gives {name} = {value}"), out)?;
            }
        }
        Ok(())
    }
}

/// A prompt as it is shown.
fn said(play: &Play) -> String {
    let text = play.utterance.text.as_str();
    format!("  {}", if text.is_empty() { "(tone)" } else { text })
}

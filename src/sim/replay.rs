//! Stored calls again: on their own flow, which must give the same commands, and on an edited one, to see where their
//! callers would have come out.
//!
//! On another flow prompts last longer or shorter and steps come earlier or later. So the caller is taken to do everything
//! as long after a step began as then; prompts that were heard to their end last as long as then; lookups give what they
//! gave, in the order in which they were asked; a queue does what it did. What nobody knows ends the rerun, and is said.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::caller::length;
use super::run::Stage;
use crate::call::{
    Answer, Command, ConferenceEvent, Ending, Entry, Event, Kept, Machine, Play, Question,
    QueueEvent, RecordingEvent, Row, Setting, Start, TransferEvent, Verdict, What, replay, reveal,
};
use crate::flow::model::Name;
use crate::time::Mono;

#[cfg(test)]
pub(crate) mod made;
#[cfg(test)]
mod tests;

/// How long the store takes for a case or a call back.
const KEPT_AFTER: Duration = Duration::from_millis(100);
/// The most happenings of one call.
const MAX_TURNS: u32 = 200_000;

/// A call as the store has it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// How it came in.
    pub start: Start,
    /// What went into its machine.
    pub log: Vec<Entry>,
    /// What its caller went through.
    pub journey: Vec<Value>,
    /// The hash of its commands, in hex; none if the call was cut off.
    pub commands: Option<String>,
}

/// Where a call went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    /// Its steps, in order.
    pub steps: Vec<Name>,
    /// Whether it came to a queue or was transferred.
    pub to_person: bool,
    /// How it ended, in the store's word; none if it was not seen to its end.
    pub ending: Option<Arc<str>>,
}

impl Path {
    /// Whether it ended without a person, or `None` if that is not known.
    #[must_use]
    pub fn is_contained(&self) -> Option<bool> {
        (self.to_person || self.ending.is_some()).then_some(!self.to_person)
    }
}

/// Where a call would have gone elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The last step that both went through; none if they began elsewhere.
    pub after: Option<Name>,
    /// Where the call went from there; none if nowhere.
    pub then: Option<Name>,
    /// Where it would go; none if nowhere.
    pub now: Option<Name>,
}

/// Why a rerun ended before its call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The flow asks a connector what was not asked then, or more often.
    #[error("lookup `{0}` was not asked then, or not so often")]
    Lookup(Name),
    /// The flow wants a column that the stored answer does not have.
    #[error("lookup `{0}` did not give then what it gives now")]
    Column(Name),
    /// The caller comes to a queue that then did nothing for them.
    #[error("nobody knows how long queue `{0}` would take")]
    Queue(Name),
    /// The caller is transferred, and was not then.
    #[error("nobody knows whether `{0}` would answer")]
    Transfer(Arc<str>),
    /// The caller is recorded, and was not then.
    #[error("nobody knows what they would say")]
    Recording,
    /// The flow uses keys whose symbols were never stored, because they were part of a secret or led nowhere.
    #[error("it uses keys that were not stored")]
    HiddenKey,
    /// The flow waits for keys, and the caller was not asked for any then.
    #[error("it asks for keys when the caller pressed none")]
    Unasked,
    /// The stored journey or log cannot be followed.
    #[error("what was stored does not tell more")]
    Record,
}

/// What came of a stored call on a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// Where it went.
    pub then: Path,
    /// Where it would go.
    pub now: Path,
    /// Where the two part.
    pub other: Option<Other>,
    /// Why it is not known how it would go on.
    pub stop: Option<Stop>,
    /// What was answered as then although it is asked with other values.
    pub reused: Vec<Reused>,
    /// What the caller would go through, as a stored journey.
    pub journey: Vec<Value>,
}

/// A lookup's answer of then that was given to another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reused {
    /// Which lookup.
    pub lookup: Name,
    /// In which step it is asked now.
    pub step: Option<Name>,
}

/// Whether a call, fed again to the flow that it ran, gives the same commands; `None` if its commands were not stored.
#[must_use]
pub fn repeats(setting: Arc<Setting>, recorded: &Recorded) -> Option<bool> {
    let stored = recorded.commands.as_ref()?;
    let mut digest = Sha256::new();
    for command in replay(setting, recorded.start.clone(), &recorded.log) {
        digest.update(format!("{command:?}\n"));
    }
    Some(*stored == hex::encode(digest.finalize()))
}

/// Lets the caller of a stored call do on the flow of `stage` what they did then.
#[must_use]
pub fn rerun(stage: &Stage, recorded: &Recorded) -> Rerun {
    let then = path(&recorded.journey);
    let mut world = Again::new(stage, recorded);
    world.run();
    let Again { now, stop, reused, journey, .. } = world;
    Rerun { other: parting(&then, &now, stop.is_some()), then, now, stop, reused, journey }
}

/// Where `then` and `now` part. Less is no other way where a rerun stopped, or where a call was not stored to its end.
fn parting(then: &Path, now: &Path, stopped: bool) -> Option<Other> {
    let common = then.steps.iter().zip(&now.steps).take_while(|(one, other)| one == other).count();
    let (one, other) = (then.steps.get(common), now.steps.get(common));
    let is_unknown = (one.is_none() && then.ending.is_none()) || (other.is_none() && stopped);
    if is_unknown || (one.is_none() && other.is_none()) {
        return None;
    }
    let after = common.checked_sub(1).and_then(|last| then.steps.get(last));
    Some(Other { after: after.cloned(), then: one.cloned(), now: other.cloned() })
}

pub(super) fn word<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn took(entry: &Value) -> Duration {
    Duration::from_millis(entry.get("took_ms").and_then(Value::as_u64).unwrap_or(0))
}

fn moment(entry: &Value) -> Option<Mono> {
    entry.get("at").and_then(Value::as_u64).map(Mono::from_micros)
}

/// Where a call went, by its journey.
fn path(journey: &[Value]) -> Path {
    let mut path = Path::default();
    for entry in journey {
        match word(entry, "what") {
            "step" => path.steps.push(word(entry, "step").into()),
            "queued" | "transferring" | "conferring" => path.to_person = true,
            "ended" => path.ending = Some(word(entry, "ending").into()),
            _ => {}
        }
    }
    path
}

/// Something that the caller did of their own.
struct Doing {
    event: Event,
    /// The step in which they did it, which visit of it that was, and how long after it began.
    step: Option<Come>,
    after: Duration,
    /// How long after what they did before.
    gap: Duration,
    /// Something else had happened before in that very moment.
    behind: bool,
}

/// A step, and how often the call had come to it by then: a caller does other things when asked again.
type Come = (Name, u32);

/// How long a prompt was heard.
#[derive(Clone, Copy)]
enum Heard {
    /// To its end.
    Whole(Duration),
    /// It was ended before its end, so that it lasts longer than this.
    Longer(Duration),
}

/// An answer of a connector, and what it was asked with, if that was stored.
struct Answered {
    reply: Reply<Answer>,
    with: Option<Value>,
}

/// What the world did from a moment on: an answer of a connector, or all that a queue did for one visit.
struct Reply<T> {
    after: Duration,
    what: T,
}

/// A visit to a queue or a transfer, and what happened in it.
struct Stay<T> {
    to: Name,
    begun: Mono,
    replies: Vec<Reply<T>>,
}

/// One call again, and the world as it was.
struct Again<'a> {
    stage: &'a Stage,
    machine: Machine,
    clock: Mono,
    doings: VecDeque<Doing>,
    /// When the caller did the last thing.
    did: Mono,
    lookups: BTreeMap<Name, Vec<Answered>>,
    /// What came of secrets, by the lookup that they were compared against.
    verdicts: BTreeMap<Name, VecDeque<Reply<Verdict>>>,
    /// What came of cases by kind, and of calls back by queue.
    cases: BTreeMap<Name, VecDeque<Kept>>,
    callbacks: BTreeMap<Name, VecDeque<Kept>>,
    visits: Vec<Stay<QueueEvent>>,
    transfers: Vec<Stay<TransferEvent>>,
    conferences: Vec<Stay<ConferenceEvent>>,
    /// How long each recording was and what came of it, and those of the one that is made now.
    recordings: VecDeque<(Duration, RecordingEvent)>,
    recording: RecordingEvent,
    /// How long each prompt was heard, by its words, in order.
    heard: BTreeMap<String, VecDeque<Heard>>,
    /// What the world will say, in order.
    agenda: BTreeMap<(Mono, u32), Event>,
    turns: u32,
    entered: (Option<Come>, Mono),
    visits_of: BTreeMap<Name, u32>,
    /// How often the caller may still be silent or wrong: as often as then.
    silences: usize,
    wrongs: usize,
    /// Whether a key without its symbol went in.
    hidden: bool,
    now: Path,
    stop: Option<Stop>,
    reused: Vec<Reused>,
    journey: Vec<Value>,
}

impl<'a> Again<'a> {
    fn new(stage: &'a Stage, recorded: &Recorded) -> Self {
        let setting = Setting {
            flow: Arc::clone(&stage.flow),
            catalogues: Arc::clone(&stage.catalogues),
            calendars: Arc::clone(&stage.calendars),
        };
        let start = recorded.start.clone();
        let clock = start.at;
        let count =
            |what: &str| recorded.journey.iter().filter(|it| word(it, "what") == what).count();
        let mut again = Self {
            stage,
            machine: Machine::new(Arc::new(setting), start),
            clock,
            doings: VecDeque::new(),
            did: clock,
            lookups: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            cases: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            visits: stays(&recorded.journey, "queued", "queue"),
            transfers: stays(&recorded.journey, "transferring", "to"),
            conferences: stays(&recorded.journey, "conferring", "room"),
            recordings: recorded.journey.iter().filter_map(recording).collect(),
            recording: RecordingEvent::Failed,
            heard: BTreeMap::new(),
            agenda: BTreeMap::new(),
            turns: 0,
            entered: (None, clock),
            visits_of: BTreeMap::new(),
            silences: count("silence"),
            wrongs: count("wrong"),
            hidden: false,
            now: Path::default(),
            stop: None,
            reused: Vec::new(),
            journey: Vec::new(),
        };
        again.learn(recorded);
        again
    }

    /// Takes apart what was stored: who did what, and when.
    fn learn(&mut self, recorded: &Recorded) {
        let events = reveal(&recorded.log);
        self.learn_world(recorded, &events);
        self.learn_prompts(&recorded.journey, &events);
        let mut steps = recorded.journey.iter().filter(|it| word(it, "what") == "step").peekable();
        let mut step: (Option<Come>, Mono) = (None, recorded.start.at);
        let mut visits: BTreeMap<Name, u32> = BTreeMap::new();
        let mut last = recorded.start.at;
        // When the world last did something.
        let mut world = None;
        for (at, event) in events {
            // A step that begins at this very moment began because of this event.
            while let Some(entry) = steps.next_if(|it| moment(it).is_some_and(|it| it < at)) {
                let come = come(&mut visits, word(entry, "step").into());
                step = (Some(come), moment(entry).unwrap_or(last));
            }
            match event {
                Event::Arrived | Event::Answered | Event::Key(_) | Event::HungUp => {
                    let (after, gap) = (at.since(step.1), at.since(last));
                    let (step, behind) = (step.0.clone(), world == Some(at));
                    self.doings.push_back(Doing { event, step, after, gap, behind });
                    last = at;
                    continue;
                }
                Event::Queue { event, .. } => reply(&mut self.visits, at, event),
                Event::Transfer { event, .. } => reply(&mut self.transfers, at, event),
                Event::Conference { event, .. } => reply(&mut self.conferences, at, event),
                Event::Played(_)
                | Event::LookedUp { .. }
                | Event::Recording { .. }
                | Event::Verified { .. }
                // What was kept is told by the journey; what was recalled decides nothing.
                | Event::Kept { .. }
                | Event::Recalled(_)
                | Event::Tick => {}
            }
            world = Some(at);
        }
    }

    /// What connectors answered, and how long prompts lasted.
    fn learn_world(&mut self, recorded: &Recorded, events: &[(Mono, Event)]) {
        for entry in &recorded.journey {
            let Some(at) = moment(entry) else { continue };
            match word(entry, "what") {
                "looked_up" => {
                    let given = events.iter().find_map(|(when, event)| {
                        let Event::LookedUp { answer, .. } = event else { return None };
                        (*when == at).then(|| answer.clone())
                    });
                    // Without an answer the machine went on by itself; so it does again.
                    let what = given.unwrap_or(Answer::TimedOut);
                    let lookup = self.lookups.entry(word(entry, "lookup").into()).or_default();
                    let (reply, with) =
                        (Reply { after: took(entry), what }, entry.get("with").cloned());
                    lookup.push(Answered { reply, with });
                }
                "verified" => {
                    let outcome = entry.get("outcome").cloned().unwrap_or_default();
                    let Ok(what) = serde_json::from_value(outcome) else { continue };
                    let verdicts = self.verdicts.entry(word(entry, "lookup").into()).or_default();
                    verdicts.push_back(Reply { after: took(entry), what });
                }
                "case" => {
                    let number = entry.get("number").and_then(Value::as_str);
                    let kept = number.map_or(Kept::Failed, |it| Kept::Case { number: it.into() });
                    self.cases.entry(word(entry, "kind").into()).or_default().push_back(kept);
                }
                "callback" if word(entry, "outcome") != "no_number" => {
                    let is_kept = word(entry, "outcome") == "kept";
                    let kept = if is_kept { Kept::Callback } else { Kept::Failed };
                    self.callbacks.entry(word(entry, "queue").into()).or_default().push_back(kept);
                }
                _ => {}
            }
        }
    }

    /// How long each prompt was heard. One that was ended by something else must not end before that again.
    fn learn_prompts(&mut self, journey: &[Value], events: &[(Mono, Event)]) {
        for (nth, entry) in journey.iter().enumerate().filter(|(_, it)| word(it, "what") == "heard")
        {
            let Some(began) = moment(entry) else { continue };
            let later = || journey.iter().skip(nth + 1);
            let next = later().find(|it| word(it, "what") == "heard").and_then(moment);
            // A key that stopped it; else whatever came last before the next one.
            let stopped = later()
                .find(|it| matches!(word(it, "what"), "heard" | "interrupted"))
                .filter(|it| word(it, "what") == "interrupted")
                .and_then(moment);
            let in_it = |at: Mono| at > began && next.is_none_or(|next| at <= next);
            let behind = || events.iter().filter(|(at, _)| in_it(*at));
            let whole = behind().find(|(_, it)| matches!(it, Event::Played(_)));
            let last = || behind().rfind(|(_, it)| !idle(it)).map(|(at, _)| *at);
            let lasted = match (stopped, whole) {
                (None, Some((at, _))) => Heard::Whole(at.since(began)),
                (stopped, _) => match stopped.or_else(last) {
                    Some(at) => Heard::Longer(at.since(began)),
                    None => continue, // the log ends in it
                },
            };
            self.heard.entry(word(entry, "text").to_owned()).or_default().push_back(lasted);
        }
    }

    /// How long a prompt lasts now: as long as then, if it was heard then.
    fn lasts(&mut self, play: &Play) -> Duration {
        let as_recorded = || length(&play.utterance, &*self.stage.lengths);
        let Some(times) = self.heard.get_mut(&*play.utterance.text) else { return as_recorded() };
        // More often than then: as long as the last time.
        let lasted = if times.len() > 1 { times.pop_front() } else { times.front().copied() };
        match lasted {
            Some(Heard::Whole(length)) => length,
            Some(Heard::Longer(least)) => as_recorded().max(least + Duration::from_millis(1)),
            None => as_recorded(),
        }
    }

    fn run(&mut self) {
        while self.stop.is_none() && !self.machine.is_over() {
            self.turns += 1;
            if self.turns > MAX_TURNS || !self.turn() {
                self.stop.get_or_insert(Stop::Record);
            }
        }
    }

    /// Lets the next thing happen; `false` if there is none.
    fn turn(&mut self) -> bool {
        let said = self.agenda.first_key_value().map(|(key, _)| key.0);
        let due = self.machine.deadline();
        let does = self.doings.front().map(|doing| self.when(doing));
        let Some(next) = [said, due, does].into_iter().flatten().min() else { return false };
        self.clock = self.clock.max(next);
        // In one moment the caller comes before the world, unless it was the other way round then.
        let behind = self.doings.front().is_some_and(|it| it.behind);
        let world = [said, due].into_iter().flatten().min().is_some_and(|it| it <= next);
        if does.is_some_and(|it| it <= next) && !(behind && world) {
            if let Some(doing) = self.doings.pop_front() {
                self.did = self.clock;
                self.hidden |= matches!(doing.event, Event::Key(press) if press.key().is_none());
                self.happens(doing.event);
            }
        } else if said.is_some_and(|it| it <= next) {
            if let Some((_, event)) = self.agenda.pop_first() {
                self.happens(event);
            }
        } else {
            self.happens(Event::Tick);
        }
        true
    }

    /// When the caller does it: as long after its step began as then, or after what they did before.
    fn when(&self, doing: &Doing) -> Mono {
        let at = if doing.step == self.entered.0 {
            self.entered.1 + doing.after
        } else {
            // Their step may still come by itself: then it is done there.
            let settled = self.agenda.last_key_value().map_or(self.clock, |(key, _)| key.0);
            settled.max(self.did + doing.gap)
        };
        at.max(self.clock)
    }

    fn happens(&mut self, event: Event) {
        let mut out = Vec::new();
        self.machine.handle(self.clock, event, &mut out);
        for command in out {
            self.carry_out(command);
        }
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.turns += 1;
        self.agenda.insert((self.clock + after, self.turns), event);
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Note(passage) => {
                if self.stop.is_none() {
                    self.journey.extend(serde_json::to_value(&passage));
                }
                self.note(passage.what);
            }
            Command::Play(play) => {
                let lasts = self.lasts(&play);
                self.later(lasts, Event::Played(play.ticket));
            }
            Command::Stop => self.agenda.retain(|_, it| !matches!(it, Event::Played(_))),
            Command::LookUp(question) => {
                let Some(Reply { after, what }) = self.answer(&question) else {
                    // Who hung up before the answer, or in its very moment, does so again.
                    let hangs_up = self.doings.front().filter(|it| it.event == Event::HungUp);
                    if hangs_up.is_some_and(|it| self.when(it) <= self.clock + question.within) {
                        return;
                    }
                    self.stop.get_or_insert(Stop::Lookup(question.lookup));
                    return;
                };
                if self.lacks(&question.lookup, &what) {
                    self.stop.get_or_insert(Stop::Column(question.lookup));
                    return;
                }
                self.later(after, Event::LookedUp { lookup: question.ticket, answer: what });
            }
            Command::Verify(check) => {
                let verdicts = self.verdicts.get_mut(&check.lookup);
                let Some(Reply { after, what }) = verdicts.and_then(VecDeque::pop_front) else {
                    self.stop.get_or_insert(Stop::Lookup(check.lookup));
                    return;
                };
                self.later(after, Event::Verified { check: check.ticket, verdict: what });
            }
            Command::Enqueue(wish) => {
                let Some(replies) = take(&mut self.visits, &wish.queue) else {
                    self.stop.get_or_insert(Stop::Queue(wish.queue));
                    return;
                };
                for Reply { after, what: event } in replies {
                    self.later(after, Event::Queue { visit: wish.ticket, event });
                }
            }
            Command::Transfer(wish) => {
                let Some(replies) = take(&mut self.transfers, &wish.to) else {
                    self.stop.get_or_insert(Stop::Transfer(wish.to));
                    return;
                };
                for Reply { after, what: event } in replies {
                    self.later(after, Event::Transfer { transfer: wish.ticket, event });
                }
            }
            // What was not asked for then is kept: the store hardly ever fails, and nothing else hangs on it.
            Command::OpenCase(it) => {
                let kept = self.cases.get_mut(&it.kind).and_then(VecDeque::pop_front);
                let kept = kept.unwrap_or_else(|| Kept::Case { number: "0000000".into() });
                self.later(KEPT_AFTER, Event::Kept { ticket: it.ticket, kept });
            }
            Command::CallBack(it) => {
                let kept = self.callbacks.get_mut(&it.queue).and_then(VecDeque::pop_front);
                let kept = kept.unwrap_or(Kept::Callback);
                self.later(KEPT_AFTER, Event::Kept { ticket: it.ticket, kept });
            }
            Command::Conference(wish) => {
                let Some(replies) = take(&mut self.conferences, &wish.room) else {
                    self.stop.get_or_insert(Stop::Transfer(wish.room));
                    return;
                };
                for Reply { after, what: event } in replies {
                    self.later(after, Event::Conference { conference: wish.ticket, event });
                }
            }
            Command::LeaveConference(ticket) => self.agenda.retain(
                |_, it| !matches!(it, Event::Conference { conference, .. } if *conference == ticket),
            ),
            Command::Record(wish) => {
                let Some((took, event)) = self.recordings.pop_front() else {
                    self.stop.get_or_insert(Stop::Recording);
                    return;
                };
                self.recording = event;
                let event = RecordingEvent::Silent;
                self.later(took, Event::Recording { recording: wish.ticket, event });
            }
            Command::StopRecording(recording) => {
                self.agenda.retain(|_, it| !matches!(it, Event::Recording { .. }));
                let event = self.recording;
                self.later(Duration::ZERO, Event::Recording { recording, event });
            }
            Command::LeaveQueue(ticket) => self
                .agenda
                .retain(|_, it| !matches!(it, Event::Queue { visit, .. } if *visit == ticket)),
            Command::CancelTransfer(ticket) => self.agenda.retain(
                |_, it| !matches!(it, Event::Transfer { transfer, .. } if *transfer == ticket),
            ),
            Command::Store(_)
            | Command::Answer
            | Command::DiscardRecording(_)
            | Command::PlayMusic
            | Command::PlayRinging
            | Command::Notify(_)
            | Command::HangUp(_)
            | Command::LastResort(_)
            | Command::End(_) => {}
        }
    }

    /// The answer to the same question as then; else the next one of that lookup, which is noted.
    fn answer(&mut self, question: &Question) -> Option<Reply<Answer>> {
        let asked = question.with.iter().filter(|(name, _)| **name != *Question::ONCE);
        let asked: Row = asked.cloned().collect();
        let asked = serde_json::to_value(&asked).ok();
        let answers = self.lookups.get_mut(&question.lookup).filter(|it| !it.is_empty())?;
        let same = answers.iter().position(|it| it.with.is_some() && it.with == asked);
        let answered = answers.remove(same.unwrap_or_default());
        // What was asked with nothing, or was stored by an older version, has no values to compare.
        if same.is_none() && answered.with.is_some() {
            let (lookup, step) = (question.lookup.clone(), self.now.steps.last().cloned());
            self.reused.push(Reused { lookup, step });
        }
        Some(answered.reply)
    }

    /// Whether the flow needs a column of the answer that is not there.
    fn lacks(&self, lookup: &Name, answer: &Answer) -> bool {
        let (Answer::Found(row), Some(asked)) = (answer, self.stage.flow.lookup(lookup)) else {
            return false;
        };
        asked.gives.iter().any(|(name, given)| !given.optional && !row.contains_key(name))
    }

    fn note(&mut self, what: What) {
        if self.stop.is_some() {
            return;
        }
        match what {
            What::Step { step } => {
                let come = come(&mut self.visits_of, Name::clone(&step));
                self.entered = (Some(come), self.clock);
                self.now.steps.push(step);
            }
            What::Queued { .. } | What::Transferring { .. } | What::Conferring { .. } => {
                self.now.to_person = true;
            }
            What::Silence { .. } => match self.silences.checked_sub(1) {
                Some(left) => self.silences = left,
                None => self.stop = Some(Stop::Unasked),
            },
            What::Wrong { .. } => match self.wrongs.checked_sub(1) {
                Some(left) => self.wrongs = left,
                // A key that led nowhere then has no symbol; what it would do now is not known.
                None if self.hidden => self.stop = Some(Stop::HiddenKey),
                None => {}
            },
            What::Ended { ending } => self.now.ending = Some(named(ending)),
            What::Heard { .. }
            | What::Interrupted
            | What::Chose { .. }
            | What::Keyed { .. }
            | What::Corrected { .. }
            | What::LookedUp { .. }
            | What::Verified { .. }
            | What::Hours { .. }
            | What::Language { .. }
            | What::Reason { .. }
            | What::Position { .. }
            | What::Offered { .. }
            | What::Withdrawn
            | What::Waited { .. }
            | What::Connected { .. }
            | What::AgentLeft
            | What::Transfer { .. }
            | What::Case { .. }
            | What::Callback { .. }
            | What::Notified { .. }
            | What::Recorded { .. }
            | What::Reviewed { .. }
            | What::Surveyed { .. }
            | What::Conference { .. }
            | What::Conferred { .. }
            | What::Returned { .. }
            | What::Stuck { .. } => {}
        }
    }
}

/// Counts one more visit of `step`.
fn come(visits: &mut BTreeMap<Name, u32>, step: Name) -> Come {
    let count = visits.entry(step.clone()).or_default();
    *count += 1;
    (step, *count)
}

/// How long a recording was, and what came of it.
fn recording(entry: &Value) -> Option<(Duration, RecordingEvent)> {
    let took = entry
        .get("took_ms")
        .and_then(Value::as_u64)
        .filter(|_| word(entry, "what") == "recorded")?;
    let event = match word(entry, "outcome") {
        "failed" => RecordingEvent::Failed,
        outcome => RecordingEvent::Stored { heard: outcome != "nothing" },
    };
    Some((Duration::from_millis(took), event))
}

/// The visits or transfers of a journey, nothing having happened in them yet.
fn stays<T>(journey: &[Value], what: &str, to: &str) -> Vec<Stay<T>> {
    let those = journey.iter().filter(|it| word(it, "what") == what);
    let stay = |it: &Value| {
        Some(Stay { to: word(it, to).into(), begun: moment(it)?, replies: Vec::new() })
    };
    those.filter_map(stay).collect()
}

/// Adds what happened at `at` to the visit or transfer that had begun last.
fn reply<T>(stays: &mut [Stay<T>], at: Mono, what: T) {
    if let Some(stay) = stays.iter_mut().rfind(|it| it.begun <= at) {
        stay.replies.push(Reply { after: at.since(stay.begun), what });
    }
}

/// What happened in the first visit or transfer to `to`, once.
fn take<T>(stays: &mut Vec<Stay<T>>, to: &str) -> Option<Vec<Reply<T>>> {
    let at = stays.iter().position(|it| *it.to == *to)?;
    Some(stays.remove(at).replies)
}

/// Whether it says nothing about a prompt that is spoken.
fn idle(event: &Event) -> bool {
    matches!(event, Event::Tick | Event::Queue { .. } | Event::Kept { .. } | Event::Recalled(_))
}

/// The store's word for it.
fn named(ending: Ending) -> Arc<str> {
    serde_json::to_value(ending).ok().and_then(|it| it.as_str().map(Arc::from)).unwrap_or_default()
}

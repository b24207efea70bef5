//! One call and the world around it: prompts take their time, lookups answer, phones ring.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::explore::Consulted;
use super::fields::ending_name;
use super::follow_up::Left;
use super::run::Stage;
use super::scenario::{Agents, Cells, Outside, World};
use super::secrets::Guard;
use super::transcript::{Said, Transcript};
use super::voice::Voice;
use super::watch::{Fault, Watch};
use crate::call::{
    Agent, Answer, Calendars, Check, Command, Conference, ConferenceEvent, Context, Ending, Event,
    Kept, Machine, Mark, Question, QueueEvent, Row, Setting, Start, Ticket, TransferEvent, What,
};
use crate::flow::model::{Action, Name, Target};
use crate::flow::{Program, Way};
use crate::secret::Key;
use crate::speech::{Piece, Utterance};
use crate::time::Mono;
use crate::value::Value;

/// How long recordings are, by the names of clips; what is unknown is estimated from its words.
pub type Lengths = dyn Fn(&str) -> Option<Duration> + Send + Sync;

/// How long a lookup takes where the scenario does not say.
const LOOKUP: Duration = Duration::from_millis(100);
/// How long a phone rings before it is answered.
const RINGING: Duration = Duration::from_secs(3);
/// How long one spoken character of Chinese, or letter of another language, takes.
const SYLLABLE: Duration = Duration::from_millis(230);
const LETTER: Duration = Duration::from_millis(65);
/// The most happenings of one scenario.
const MAX_TURNS: u32 = 200_000;

/// Something spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) ticket: Ticket,
    pub(super) prompt: Option<Name>,
    pub(super) text: Arc<str>,
    /// When it has been heard to its end.
    pub(super) until: Mono,
    /// How many steps the call had entered.
    pub(super) steps: usize,
}

/// One call and the world around it.
pub(super) struct Caller<'a> {
    pub(super) stage: &'a Stage,
    pub(super) world: World,
    machine: Machine,
    pub(super) guard: Guard,
    pub(super) now: Mono,
    /// What the world will say, in order.
    agenda: BTreeMap<(Mono, u32), Event>,
    turns: u32,
    pub(super) speaking: Option<Spoken>,
    /// Begun, and not yet asked for by a line.
    pub(super) heard: VecDeque<Spoken>,
    pub(super) steps: Vec<Name>,
    pub(super) visit: Option<Ticket>,
    pub(super) transfer: Option<Ticket>,
    /// What the call left for after it, and no line asked for yet.
    pub(super) left: VecDeque<Left>,
    cases: u32,
    /// A conference and who is in it beside the caller.
    pub(super) conference: Option<(Ticket, Vec<Arc<str>>)>,
    pub(super) voice: Voice,
    pub(super) ended: Option<Ending>,
    /// Every action that the call came to and every way that it went.
    pub(super) marks: Vec<Mark>,
    /// What no flow may do.
    pub(super) watch: Watch,
    /// Whether an agent, or somebody outside, talks to the caller.
    pub(super) talking: bool,
    /// When something found was told, and when an agent talked, for the first time.
    pub(super) answered: Option<Mono>,
    pub(super) connected: Option<Mono>,
    found: bool,
    /// What of the world the call has asked for.
    pub(super) consulted: Vec<Consulted>,
    pub(super) transcript: Transcript,
}

/// An action of a flow, by the numbers of its step and of itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The flow, if it is one that is run.
    pub(super) run: Option<Name>,
    pub(super) step: usize,
    pub(super) action: usize,
}

impl Place {
    /// The action itself.
    pub(super) fn action<'p>(&self, program: &'p Program) -> Option<&'p Action> {
        let flow = program.flow(self.run.as_ref())?;
        flow.steps.get_index(self.step)?.1.actions.get(self.action)
    }
}

/// The scenario's calendars before those of the configuration.
struct Overridden {
    own: BTreeMap<Name, Name>,
    others: Arc<dyn Calendars>,
}

impl Calendars for Overridden {
    fn promised(&self, kind: &str, opened: Timestamp) -> Option<Timestamp> {
        self.others.promised(kind, opened)
    }

    fn is_open(&self, calendar: &str, when: Timestamp) -> Option<bool> {
        match self.own.get(calendar).map(|it| &**it) {
            Some("open") => Some(true),
            Some("closed") => Some(false),
            Some(other) => self.others.is_open(other, when),
            None => self.others.is_open(calendar, when),
        }
    }
}

impl<'a> Caller<'a> {
    /// A call that has just been connected.
    pub(super) fn new(stage: &'a Stage, world: &World) -> Self {
        let own = world.calendars.iter().map(|(name, is)| (name.clone(), is.clone())).collect();
        let setting = Setting {
            flow: Arc::clone(&stage.flow),
            catalogues: Arc::clone(&stage.catalogues),
            calendars: Arc::new(Overridden { own, others: Arc::clone(&stage.calendars) }),
        };
        let start = Start {
            call: "scenario".into(),
            caller_number: world.caller.clone(),
            caller_name: world.caller_name.clone(),
            called: Arc::clone(&world.called),
            language: world.language.clone(),
            turn: world.calls_before,
            at: Mono::ZERO,
            wall: world.at.clone(),
        };
        let mut it = Self {
            stage,
            world: world.clone(),
            machine: Machine::new(Arc::new(setting), start),
            guard: Guard::default(),
            now: Mono::ZERO,
            agenda: BTreeMap::new(),
            turns: 0,
            speaking: None,
            heard: VecDeque::new(),
            steps: Vec::new(),
            visit: None,
            transfer: None,
            left: VecDeque::new(),
            cases: 0,
            conference: None,
            voice: Voice::default(),
            ended: None,
            marks: Vec::new(),
            watch: Watch::new(&stage.flow),
            talking: false,
            answered: None,
            connected: None,
            found: false,
            consulted: Vec::new(),
            transcript: Transcript::default(),
        };
        it.happens(Event::Arrived);
        it
    }

    /// What an agent sees now.
    pub(super) fn context(&self) -> Context {
        self.machine.context(self.now)
    }

    /// The one thing that happens next, if anything does before `limit`.
    pub(super) fn turn(&mut self, limit: Mono) -> bool {
        if self.ended.is_some() || self.turns >= MAX_TURNS {
            return false;
        }
        let said = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let heard = self.speaking.as_ref().map(|it| it.until);
        let due = self.machine.deadline();
        let silent = self.voice.due();
        let Some(next) =
            [said, heard, silent, due].into_iter().flatten().min().filter(|it| *it <= limit)
        else {
            self.now = self.now.max(limit);
            return false;
        };
        self.turns += 1;
        self.now = self.now.max(next);
        let event = if said == Some(next)
            && let Some((_, event)) = self.agenda.pop_first()
        {
            event
        } else if heard == Some(next)
            && let Some(spoken) = self.speaking.take()
        {
            Event::Played(spoken.ticket)
        } else if silent == Some(next)
            && let Some(event) = self.voice.falls_silent()
        {
            event
        } else {
            Event::Tick
        };
        self.happens(event);
        true
    }

    /// When something happens next if the caller does nothing.
    pub(super) fn next(&self) -> Option<Mono> {
        let said = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let heard = self.speaking.as_ref().map(|it| it.until);
        [said, heard, self.machine.deadline()].into_iter().flatten().min()
    }

    /// The action that the call is at.
    pub(super) fn place(&self) -> Option<Place> {
        let did = self.marks.iter().rev().find_map(|mark| match mark {
            Mark::Did { run, step, action } => {
                Some(Place { run: run.clone(), step: *step, action: *action })
            }
            Mark::Went { .. } | Mark::Returned { .. } => None,
        });
        did.filter(|_| self.ended.is_none())
    }

    /// What the call knows: its language, and every variable.
    pub(super) fn known(&self) -> String {
        format!("{} {}", self.machine.language(), self.machine.known())
    }

    /// Whether all agents are busy, so that nothing happens in the queue by itself.
    pub(super) fn waits_for_nobody(&self) -> bool {
        self.visit.is_some() && self.world.agents == Agents::Busy
    }

    /// Whether a secret is being compared.
    pub(super) fn is_verifying(&self) -> bool {
        self.agenda.values().any(|it| matches!(it, Event::Verified { .. }))
    }

    /// The flow that it walks.
    pub(super) fn flow(&self) -> &'a Program {
        &self.stage.flow
    }

    /// The questions that keys answered in the last event, in order.
    fn chosen(&self) -> Vec<Place> {
        let by_key = |mark: &Mark| {
            let Mark::Went { run, step, action, to } = mark else { return None };
            let place = Place { run: run.clone(), step: *step, action: *action };
            let ways = place.action(&self.stage.flow)?.kind.ways();
            let is_key = |(way, target): &(Way, &Target)| {
                matches!(way, Way::Key(_)) && Arc::ptr_eq(&target.value, to)
            };
            ways.iter().any(is_key).then_some(place)
        };
        self.machine.trail().iter().filter_map(by_key).collect()
    }

    /// Lets `length` pass.
    pub(super) fn pass(&mut self, length: Duration) {
        let until = self.now + length;
        while self.turn(until) {}
    }

    /// The caller speaks.
    pub(super) fn talks(&mut self, length: Duration) {
        self.did(format!("talks for {} s", length.as_secs_f64()));
        self.voice.speaks(self.now + length);
        self.pass(length);
    }

    pub(super) fn press(&mut self, key: Key) {
        self.transcript.add(self.now, Said::Keys(key.symbol().to_string()));
        self.happens(Event::Key(key.into()));
    }

    /// Tells the machine, and does what it wants.
    pub(super) fn happens(&mut self, event: Event) {
        let mut out = Vec::new();
        match &event {
            Event::Key(press) => self.watch.key(press.key()),
            Event::Queue { event, .. } => self.watch.queue(event),
            Event::Transfer { event, .. } => self.watch.transfer(*event),
            Event::Arrived
            | Event::Answered
            | Event::Played(_)
            | Event::Verified { .. }
            | Event::Kept { .. }
            | Event::Recalled(_)
            | Event::HungUp
            | Event::Tick => {}
            Event::LookedUp { answer: Answer::Found(row), .. } => {
                let secrets = row.iter().filter(|(_, it)| matches!(it, Value::Secret(_)));
                secrets.for_each(|(_, it)| self.watch.told(plain(it)));
            }
            Event::LookedUp { .. } => {}
            Event::Recording { .. } | Event::Conference { .. } => self.watch.somebody(),
        }
        self.machine.handle(self.now, event, &mut out);
        self.marks.extend_from_slice(self.machine.trail());
        let mut chosen = self.chosen();
        for command in out {
            self.watch.sees(&command, &self.stage.flow, &mut chosen);
            self.carry_out(command);
        }
        if !self.machine.keys_add_up() {
            self.watch.found(Fault::KeyMiscounted);
        }
    }

    fn did(&mut self, what: impl Into<String>) {
        self.transcript.add(self.now, Said::Did(what.into()));
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.turns += 1;
        self.agenda.insert((self.now + after, self.turns), event);
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Store(_) => {}
            Command::Note(passage) => match passage.what {
                What::Step { step } => {
                    self.transcript.add(self.now, Said::Step(step.clone()));
                    self.steps.push(step);
                }
                What::Interrupted => self.transcript.add(self.now, Said::Stopped),
                What::Hours { calendar, open } => {
                    self.consulted.push(Consulted::Calendar(calendar.clone()));
                    self.did(format!(
                        "calendar {calendar}: {}",
                        if open { "open" } else { "closed" }
                    ));
                }
                What::Connected { agent } => {
                    self.talking = true;
                    self.connected.get_or_insert(self.now);
                    self.did(format!("talks to agent {}", agent.id));
                }
                What::Withdrawn => self.talking = false,
                What::AgentLeft => {
                    (self.talking, self.visit) = (false, None);
                }
                What::Transfer { event } => {
                    self.talking = event == TransferEvent::Connected;
                    if !matches!(event, TransferEvent::Connected | TransferEvent::Ringing) {
                        self.transfer = None;
                    }
                }
                What::LookedUp { found, .. } => self.found |= found.is_some(),
                What::Offered { agent } => self.did(format!("agent {} rings", agent.id)),
                What::Transferring { to, .. } => self.did(format!("transfer to {to}")),
                What::Waited { outcome, .. } if outcome != "connected" => self.visit = None,
                What::Stuck { because } => self.did(format!("the flow cannot go on: {because}")),
                What::Recorded { took, outcome, .. } => {
                    self.did(format!("recorded {:.1} s: {outcome}", took.as_secs_f64()));
                }
                What::Reviewed { deed, .. } => self.did(format!("review: {deed}")),
                What::Surveyed { survey, question, answer } => {
                    self.did(format!("{survey}: {question} = {answer}"));
                }
                What::Conferring { room, with, .. } => {
                    self.did(format!("conference {room} with {}", with.join(", ")));
                }
                What::Conference { event } => self.did(match event {
                    ConferenceEvent::Joined(who) => format!("{who} joins"),
                    ConferenceEvent::Left(who) => format!("{who} leaves"),
                    ConferenceEvent::Refused(who) => format!("{who} is not to be had"),
                    ConferenceEvent::Failed => "the conference failed".to_owned(),
                }),
                What::Conferred { .. } => self.conference = None,
                What::Heard { .. }
                | What::Chose { .. }
                | What::Keyed { .. }
                | What::Corrected { .. }
                | What::Silence { .. }
                | What::Wrong { .. }
                | What::Verified { .. }
                | What::Language { .. }
                | What::Reason { .. }
                | What::Queued { .. }
                | What::Position { .. }
                | What::Waited { .. }
                | What::Case { .. }
                | What::Callback { .. }
                | What::Notified { .. }
                | What::Returned { .. }
                | What::Ended { .. } => {}
            },
            Command::Answer => self.later(Duration::ZERO, Event::Answered),
            Command::Play(it) => {
                if self.speaking.is_some() {
                    let prompt = it.prompt.clone().unwrap_or_else(|| "say".into());
                    self.watch.found(Fault::TwoAtOnce { prompt });
                }
                if self.found {
                    self.answered.get_or_insert(self.now);
                }
                let text: Arc<str> = it.utterance.text.as_str().into();
                let lengths = |id: &str| self.voice.length(id).or_else(|| (self.stage.lengths)(id));
                let until = self.now + length(&it.utterance, &lengths);
                let spoken = Spoken {
                    ticket: it.ticket,
                    prompt: it.prompt,
                    text,
                    until,
                    steps: self.steps.len(),
                };
                // A tone has no words, and no line of a scenario waits for it.
                if !spoken.text.is_empty() {
                    let said = Said::Heard(spoken.prompt.clone(), Arc::clone(&spoken.text));
                    self.transcript.add(self.now, said);
                    self.heard.push_back(spoken.clone());
                }
                self.speaking = Some(spoken);
            }
            Command::PlayMusic | Command::PlayRinging => self.speaking = None,
            Command::Stop => self.speaking = None,
            Command::LookUp(it) => self.look_up(&it),
            Command::Verify(it) => self.verify(&it),
            Command::Enqueue(it) => {
                self.consulted.push(Consulted::Agents);
                self.visit = Some(it.ticket);
                self.did(format!("waits in queue {}", it.queue));
                let event = |event| Event::Queue { visit: it.ticket, event };
                match self.world.agents.clone() {
                    Agents::None => self.later(Duration::ZERO, event(QueueEvent::NoAgents)),
                    Agents::Full => self.later(Duration::ZERO, event(QueueEvent::Full)),
                    Agents::Busy => {}
                    Agents::Fails => self.later(Duration::ZERO, event(QueueEvent::Failed)),
                    Agents::Free(id) => {
                        let agent = Agent { id, name: None, work_number: None };
                        self.later(Duration::ZERO, event(QueueEvent::Offered(agent.clone())));
                        self.later(RINGING, event(QueueEvent::Connected(agent)));
                    }
                }
            }
            // An old visit's agent who answers too late is let go, and the new visit goes on.
            Command::LeaveQueue(it) => self.visit = self.visit.filter(|ours| *ours != it),
            Command::Transfer(it) => {
                self.consulted.push(Consulted::Outside);
                self.transfer = Some(it.ticket);
                let event = |event| Event::Transfer { transfer: it.ticket, event };
                match self.world.outside {
                    Outside::Answers => {
                        self.later(Duration::ZERO, event(TransferEvent::Ringing));
                        self.later(RINGING, event(TransferEvent::Connected));
                    }
                    Outside::Busy => self.later(LOOKUP, event(TransferEvent::Busy)),
                    Outside::NoAnswer => {
                        self.later(Duration::ZERO, event(TransferEvent::Ringing));
                        self.later(it.ring_for, event(TransferEvent::NoAnswer));
                    }
                    Outside::Declines => self.later(LOOKUP, event(TransferEvent::Declined)),
                    Outside::Fails => self.later(LOOKUP, event(TransferEvent::Failed)),
                }
            }
            Command::CancelTransfer(it) => self.transfer = self.transfer.filter(|ours| *ours != it),
            Command::OpenCase(it) => {
                self.consulted.push(Consulted::Keeper("case"));
                self.cases = self.cases.saturating_add(1);
                let kept = self.world.case(self.cases);
                self.leave(Left::case(&it), "case");
                self.later(LOOKUP, Event::Kept { ticket: it.ticket, kept });
            }
            Command::CallBack(it) => {
                self.consulted.push(Consulted::Keeper("callback"));
                let works = self.world.works("callback");
                let kept = if works { Kept::Callback } else { Kept::Failed };
                self.leave(Left::callback(&it), "callback");
                self.later(LOOKUP, Event::Kept { ticket: it.ticket, kept });
            }
            Command::Notify(it) => self.leave(Left::notice(&it), "notify"),
            Command::Record(it) => self.voice.begin(self.now, it),
            Command::StopRecording(recording) => {
                self.consulted.push(Consulted::Disk);
                let event = self.voice.end(self.now, self.world.disk_full);
                self.later(Duration::ZERO, Event::Recording { recording, event });
            }
            Command::DiscardRecording(id) => self.voice.discard(&id),
            Command::Conference(it) => self.confer(it),
            Command::LeaveConference(_) => {
                self.conference = None;
                self.agenda.retain(|_, it| !matches!(it, Event::Conference { .. }));
            }
            Command::HangUp(_) => self.did("the call is hung up"),
            Command::LastResort(because) => self.did(format!("last resort: {because}")),
            Command::End(ending) => {
                self.did(format!("ended: {}", ending_name(ending)));
                self.ended = Some(ending);
            }
        }
    }

    /// Notes what the call left; what cannot be kept is not there for a line to ask for.
    fn leave(&mut self, left: Left, keeper: &str) {
        let works = self.world.works(keeper);
        self.did(left.line(works));
        if works {
            self.left.push_back(left);
        }
    }

    /// Everybody who is called takes it as a transfer is taken.
    fn confer(&mut self, it: Conference) {
        self.consulted.push(Consulted::Outside);
        for who in &it.with {
            let refused = ConferenceEvent::Refused(Arc::clone(who));
            let (after, event) = match self.world.outside {
                Outside::Answers => (RINGING, ConferenceEvent::Joined(Arc::clone(who))),
                Outside::NoAnswer => (it.ring_for, refused),
                Outside::Busy | Outside::Declines | Outside::Fails => (LOOKUP, refused),
            };
            self.later(after, Event::Conference { conference: it.ticket, event });
        }
        let others = if self.world.outside == Outside::Answers { it.with } else { Vec::new() };
        self.conference = Some((it.ticket, others));
    }

    /// Answers a lookup from the scenario's tables, in its time or too late.
    fn look_up(&mut self, it: &Question) {
        self.consulted.push(Consulted::Lookup(it.lookup.clone()));
        let takes = self.takes(&it.lookup);
        let answer = if takes > it.within {
            Answer::TimedOut
        } else if self.world.fails.contains(&it.lookup) {
            Answer::Failed
        } else {
            self.find(it)
        };
        let shown = shown(&it.with);
        let what = match &answer {
            Answer::Found(_) => "found",
            Answer::NotFound => "not found",
            Answer::Failed => "failed",
            Answer::TimedOut => "timed out",
            Answer::Unknown => "unknown",
        };
        self.did(format!("lookup {}({shown}): {what}", it.lookup));
        let answered = Event::LookedUp { lookup: it.ticket, answer };
        self.later(takes.min(it.within), answered);
    }

    /// Compares a secret as the scenario's world would.
    fn verify(&mut self, it: &Check) {
        self.consulted.push(Consulted::Secret {
            lookup: it.lookup.clone(),
            account: Arc::clone(&it.account),
            locks_after: it.locks_after,
        });
        let verdict = self.judge(it);
        let (shown, account, name) = (shown(&it.with), &it.account, verdict.name());
        self.did(format!(
            "verify {}({shown}) for {account}: {}",
            it.lookup,
            name.replace('_', " ")
        ));
        let takes = self.takes(&it.lookup).min(it.within);
        self.later(takes, Event::Verified { check: it.ticket, verdict });
    }

    /// How long a lookup takes.
    pub(super) fn takes(&self, lookup: &Name) -> Duration {
        self.world.slow.get(lookup).copied().unwrap_or(LOOKUP)
    }

    /// The first row of a lookup's table that fits what it is asked with.
    pub(super) fn row(&self, lookup: &Name, with: &[(Name, Value)]) -> Option<&Cells> {
        let asked = |row: &&Cells| {
            with.iter()
                .all(|(name, value)| row.get(name).is_none_or(|cell| cell.value == plain(value)))
        };
        self.world.answers.get(lookup)?.iter().find(asked)
    }

    fn find(&self, it: &Question) -> Answer {
        let Some(lookup) = self.stage.flow.lookup(&it.lookup) else { return Answer::Failed };
        let Some(row) = self.row(&it.lookup, &it.with) else {
            // What gives no columns needs no row to be carried out; a table says that it touches only what stands in it.
            let done = lookup.gives.is_empty() && !self.world.answers.contains_key(&it.lookup);
            return if done { Answer::Found(Arc::default()) } else { Answer::NotFound };
        };
        let columns = lookup.gives.iter().filter_map(|(name, given)| {
            // A column that is asked for is what was asked; the cells were read once already when the file was.
            let asked = || it.with.iter().find(|(asked, _)| asked == name);
            let cell = row.get(name).map(|cell| cell.value.clone());
            let cell = cell.or_else(|| asked().map(|(_, value)| plain(value)))?;
            Some((name.clone(), given.kind.value.read(&cell).ok()?))
        });
        Answer::Found(Arc::new(columns.collect::<Row>()))
    }
}

/// What a lookup is asked with.
fn shown(with: &[(Name, Value)]) -> String {
    let mut shown = String::new();
    for (name, value) in with {
        // Writing into a `String` cannot fail.
        let _ = write!(shown, "{}{name}={value}", if shown.is_empty() { "" } else { ", " });
    }
    shown
}

/// As a cell is written; a scenario's secrets are made up.
fn plain(value: &Value) -> String {
    match value {
        Value::Secret(secret) => (**secret.expose()).to_owned(),
        other @ (Value::Text(_)
        | Value::Digits(_)
        | Value::Number(_)
        | Value::Money(_)
        | Value::Percent(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::YesNo(_)
        | Value::Choice(_)
        | Value::Phone(_)
        | Value::Recording(_)) => other.to_string(),
    }
}

/// How long something takes to say.
#[must_use]
pub fn length(utterance: &Utterance, lengths: &dyn Fn(&str) -> Option<Duration>) -> Duration {
    let pieces = utterance.pieces.iter().map(|piece| match piece {
        Piece::Clip(id) | Piece::Recording(id) => lengths(id),
        Piece::Pause(ms) => Some(Duration::from_millis(u64::from(*ms))),
    });
    pieces.sum::<Option<Duration>>().unwrap_or_else(|| {
        let spoken = utterance
            .text
            .chars()
            .map(|letter| if letter.is_ascii() || letter < '\u{2e80}' { LETTER } else { SYLLABLE });
        spoken.sum()
    })
}

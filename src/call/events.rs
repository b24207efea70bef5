//! What can happen to a call, what has to be done about it, and what of it is stored.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::context::Context;
use super::follow_up::{CallBack, History, Kept, Notice, OpenCase};
use super::journey::Passage;
use crate::flow::model::{Name, TransferKind};
use crate::secret::{Key, Secret};
use crate::speech::Utterance;
use crate::time::Mono;
use crate::value::Value;

/// Number of something begun: a prompt, a lookup, a visit to a queue, a transfer. Counts from 1 within a call and is
/// never reused, so that whatever comes too late is recognised and does no harm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub u32);

/// What can happen to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It has come in and rings. The first event of every call.
    Arrived,
    /// It is connected: the caller hears what is played.
    Answered,
    /// The caller pressed a key, at its first packet.
    Key(Press),
    /// A prompt was heard to its end. Not for one that [`Command::Stop`] ended.
    Played(Ticket),
    /// A connector answered, or did not.
    LookedUp {
        /// That of [`Command::LookUp`].
        lookup: Ticket,
        /// What came of it.
        answer: Answer,
    },
    /// A secret was compared, or could not be.
    Verified {
        /// That of [`Command::Verify`].
        check: Ticket,
        /// What came of it.
        verdict: Verdict,
    },
    /// Something happened to the caller in a queue.
    Queue {
        /// That of [`Command::Enqueue`].
        visit: Ticket,
        /// What.
        event: QueueEvent,
    },
    /// Something happened to a transfer.
    Transfer {
        /// That of [`Command::Transfer`].
        transfer: Ticket,
        /// What.
        event: TransferEvent,
    },
    /// A case or a call back was kept, or was not.
    Kept {
        /// That of [`Command::OpenCase`] or [`Command::CallBack`].
        ticket: Ticket,
        /// What came of it.
        kept: Kept,
    },
    /// What is known of the caller's number from before; decides nothing, agents see it.
    Recalled(Arc<History>),
    /// Something happened to a recording.
    Recording {
        /// That of [`Command::Record`].
        recording: Ticket,
        /// What.
        event: RecordingEvent,
    },
    /// Something happened to a conference.
    Conference {
        /// That of [`Command::Conference`].
        conference: Ticket,
        /// What.
        event: ConferenceEvent,
    },
    /// The caller hung up, or their connection is lost.
    HungUp,
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// A key as the machine is told it. Stored without its symbol, always: any key may be part of a PIN. What it was is
/// stored by [`Entry::Revealed`] once the key has been used for something that anybody may know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Press {
    key: Option<Key>,
    completed_misfit: bool,
}

impl Press {
    /// A key of a stored call that was never revealed.
    const HIDDEN: Self = Self { key: None, completed_misfit: false };

    /// The key, unless this call is a stored one in which it was never revealed.
    #[must_use]
    pub const fn key(self) -> Option<Key> {
        self.key
    }

    /// Whether this is the last key of a stored secret whose check digit did not fit ([`Entry::Misfit`]).
    #[must_use]
    pub const fn completed_misfit(self) -> bool {
        self.completed_misfit
    }
}

impl From<Key> for Press {
    fn from(key: Key) -> Self {
        Self { key: Some(key), completed_misfit: false }
    }
}

impl fmt::Debug for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("·")
    }
}

impl Serialize for Press {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_none()
    }
}

impl<'de> Deserialize<'de> for Press {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <()>::deserialize(from).map(|()| Self::HIDDEN)
    }
}

/// The columns of a lookup's answer, in the order of its `gives`; what is missing has no value.
pub type Row = IndexMap<Name, Value>;

/// What came of a lookup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// One row, each column of the type that the flow says it `gives`.
    Found(Arc<Row>),
    /// There is no such row.
    NotFound,
    /// The connector cannot answer.
    Failed,
    /// It did not answer in time.
    TimedOut,
    /// A change was sent to it, and nobody knows what became of it.
    Unknown,
}

/// What came of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is the account's.
    Right,
    /// It is not, or there is no such account: nobody can tell which.
    Wrong,
    /// The account or the caller's number is locked, perhaps by this try; right or wrong, nobody is told.
    Locked,
    /// It could not be compared.
    Failed,
    /// It was not compared in time.
    TimedOut,
}

impl Verdict {
    /// Its name in journeys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Locked => "locked",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }
}

/// Who takes a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Agent {
    /// Their name in the configuration.
    pub id: Arc<str>,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// The number they introduce themselves with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_number: Option<Arc<str>>,
}

/// What can happen to a caller in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueEvent {
    /// The caller is to be told where they stand. The machine speaks it; the queue decides when.
    Position {
        /// How many are served before them.
        ahead: u32,
        /// How long it will take, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait: Option<Duration>,
    },
    /// An agent's phone rings for them.
    Offered(Agent),
    /// It does so no more: the caller waits on in their old place. Also when an agent's leg was lost in the talk.
    Withdrawn,
    /// They talk.
    Connected(Agent),
    /// The agent hung up.
    AgentLeft,
    /// No agent is logged in.
    NoAgents,
    /// As many wait as may wait.
    Full,
    /// The queue's own limit of waiting came.
    Waited,
    /// There is no such queue, or it cannot be reached.
    Failed,
}

/// What can happen to a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferEvent {
    /// The other side's phone rings.
    Ringing,
    /// They talk (bridge), or the caller is theirs (blind).
    Connected,
    /// 486.
    Busy,
    /// Nobody answered while it might ring.
    NoAnswer,
    /// 603, or the target is not on the allow-list.
    Declined,
    /// Anything else.
    Failed,
    /// The other side hung up.
    OtherLeft,
}

/// What can happen to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingEvent {
    /// The caller has been silent for as long as they may be.
    Silent,
    /// It was ended and is kept; of one in which nobody spoke nothing is.
    Stored {
        /// Whether anybody spoke.
        heard: bool,
    },
    /// It cannot be kept: the disk is full.
    Failed,
}

/// What can happen to a conference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConferenceEvent {
    /// Somebody who was called is in it, by what they were called by.
    Joined(Arc<str>),
    /// They hung up.
    Left(Arc<str>),
    /// They are not to be had: busy, no answer, not on the allow-list.
    Refused(Arc<str>),
    /// It cannot be held at all.
    Failed,
}

/// What has to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Write to the call's log. Comes before everything else that its event causes.
    Store(Entry),
    /// Write to the call's journey: derived from the log, for those who look on.
    Note(Passage),
    /// Take the call (200).
    Answer,
    /// Speak; ends music and ringing. There is never a second prompt before the first was [`Event::Played`] or stopped.
    Play(Play),
    /// Music while waiting, round and round until stopped or spoken over.
    PlayMusic,
    /// The ringing tone of a phone far away, until stopped or spoken over, or the other side sends sound of its own.
    PlayRinging,
    /// Silence: ends the prompt, the music or the ringing.
    Stop,
    /// Ask a connector; answered by [`Event::LookedUp`].
    LookUp(Question),
    /// Compare a secret; answered by [`Event::Verified`].
    Verify(Box<Check>),
    /// Put the caller into a queue; answered by [`Event::Queue`].
    Enqueue(Enqueue),
    /// Take them out again, whatever was reached: an agent who just answered is let go.
    LeaveQueue(Ticket),
    /// Connect the caller with somebody outside; answered by [`Event::Transfer`].
    Transfer(Transfer),
    /// Give it up, whatever was reached.
    CancelTransfer(Ticket),
    /// Open a case; answered by [`Event::Kept`].
    OpenCase(OpenCase),
    /// Promise to call back; answered by [`Event::Kept`].
    CallBack(CallBack),
    /// Tell somebody else; nothing waits for it.
    Notify(Notice),
    /// Keep what the caller says from now on; answered by [`Event::Recording`].
    Record(Recording),
    /// End it, and keep what was said; answered by [`RecordingEvent::Stored`] or [`RecordingEvent::Failed`].
    StopRecording(Ticket),
    /// Throw one away that was kept, by its id.
    DiscardRecording(Arc<str>),
    /// Bring others into the call; answered by [`Event::Conference`].
    Conference(Conference),
    /// Part the caller from them, whoever was reached: all of them are let go.
    LeaveConference(Ticket),
    /// End the caller's leg.
    HangUp(Ending),
    /// The flow cannot go on. The caller has heard the apology: give them to a person, a voicemail or a goodbye.
    LastResort(Stuck),
    /// Nothing more will come out. Comes exactly once.
    End(Ending),
}

/// A prompt or a value to be spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// What [`Event::Played`] says when it was heard.
    pub ticket: Ticket,
    /// The catalogue's name for it; none for a value spoken alone.
    pub prompt: Option<Name>,
    /// The words and their recordings.
    pub utterance: Arc<Utterance>,
    /// Louder or quieter than recorded, -20..=6 dB.
    pub volume_db: i8,
    /// Whether the next key stops it. `Stop` comes all the same: this is for media that would be silent even sooner.
    pub interrupt: bool,
}

/// A question to a connector.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What [`Event::LookedUp`] says.
    pub ticket: Ticket,
    /// Which of the flow's lookups.
    pub lookup: Name,
    /// A value for each of its `takes`; of a lookup that changes something also `once`, its idempotency key: the call's id
    /// and the ticket. Here and in [`Check`] a secret leaves the machine, and nowhere else.
    pub with: Vec<(Name, Value)>,
    /// How long it may take. The machine waits half a second more and then goes on without.
    pub within: Duration,
}

impl Question {
    /// The name in `with` of the idempotency key; no lookup takes anything of this name itself.
    pub const ONCE: &'static str = "once";
}

/// A secret to be compared with that of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What [`Event::Verified`] says.
    pub ticket: Ticket,
    /// Which of the flow's lookups gives the secret's hash.
    pub lookup: Name,
    /// A value for each of its `takes`.
    pub with: Vec<(Name, Value)>,
    /// What was keyed.
    pub secret: Secret<Arc<str>>,
    /// Whose it should be.
    pub account: Arc<str>,
    /// Who tries: their number, or the call where it is withheld.
    pub number: Option<Arc<str>>,
    /// How many wrong ones lock the account.
    pub locks_after: u8,
    /// For how long.
    pub locked_for: Duration,
    /// How long it may take. The machine waits half a second more and then goes on without.
    pub within: Duration,
}

/// A caller for a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Enqueue {
    /// What [`Event::Queue`] says.
    pub ticket: Ticket,
    /// A queue of the configuration.
    pub queue: Name,
    /// Higher goes first.
    pub priority: u8,
    /// What the agent sees before they answer.
    pub context: Arc<Context>,
}

/// A caller for somebody outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// What [`Event::Transfer`] says.
    pub ticket: Ticket,
    /// A SIP URI or a number; whether it is allowed is for the shell to say.
    pub to: Arc<str>,
    /// Joined here, or sent there.
    pub kind: TransferKind,
    /// How long it may ring. The machine waits five seconds more and then goes on without.
    pub ring_for: Duration,
    /// What goes with it.
    pub context: Arc<Context>,
}

/// Something that the caller is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// What [`Event::Recording`] says.
    pub ticket: Ticket,
    /// The name that it is kept under: letters, figures and hyphens; no other recording ever has it.
    pub id: Arc<str>,
    /// How long it may be. The machine ends it then.
    pub at_most: Duration,
    /// After so much silence [`RecordingEvent::Silent`] is wanted.
    pub silence: Duration,
}

/// Others for the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Conference {
    /// What [`Event::Conference`] says.
    pub ticket: Ticket,
    /// Its name.
    pub room: Name,
    /// Who is called: SIP URIs or numbers; whether they are allowed is for the shell to say.
    pub with: Vec<Arc<str>>,
    /// How long each may ring.
    pub ring_for: Duration,
    /// What goes with it.
    pub context: Arc<Context>,
}

/// How a call ended, for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The flow said goodbye.
    Completed,
    /// The caller hung up.
    CallerLeft,
    /// The agent hung up first.
    AgentLeft,
    /// Somebody outside hung up first.
    OtherLeft,
    /// The caller was sent elsewhere.
    Transferred,
    /// The flow could not go on.
    LastResort,
    /// It was never connected.
    NotAnswered,
}

/// Why a flow cannot go on. Each is a fault of the flow or of the installation, never of the caller, but `Silent`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Stuck {
    /// More than [`super::MAX_RUN`] actions without anything waited for.
    #[error("more than {max} actions without the caller", max = super::MAX_RUN)]
    GoesInCircles,
    /// More than [`super::MAX_ACTIONS`] actions in all.
    #[error("more than {max} actions in one call", max = super::MAX_ACTIONS)]
    TooLong,
    /// Nobody pressed a key in [`super::MAX_SILENCES`] questions on end.
    #[error("no key in {max} questions on end", max = super::MAX_SILENCES)]
    Silent,
    /// The flow says nothing about what happened here.
    #[error("step `{step}` does not say where to go on `{on}`")]
    NoWayOn {
        /// Where.
        step: Name,
        /// What had to be answered: `closed`, `not_found`, `otherwise`, …
        on: Arc<str>,
    },
    /// A step is over and does not say where to go.
    #[error("step `{step}` ends without a way on")]
    StepEnds {
        /// Which.
        step: Name,
    },
    /// A name that means nothing.
    #[error("there is no `{name}`")]
    Unknown {
        /// Of a step, lookup, calendar or language.
        name: Name,
    },
    /// An expression without a value.
    #[error("an expression in step `{step}` has no value")]
    NoValue {
        /// Where.
        step: Name,
    },
    /// A prompt that cannot be spoken: not in the catalogue, or a value in it is not set.
    #[error("the prompt `{prompt}` cannot be spoken")]
    Speechless {
        /// Which; the type's name for a value spoken alone.
        prompt: Name,
    },
}

/// One line of a call's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Something happened.
    Happened {
        /// When.
        at: Mono,
        /// What.
        event: Event,
    },
    /// A key pressed before has been used for something that anybody may know.
    Revealed {
        /// Which key of the call, counted from 0.
        nth: u32,
        /// What stands on it.
        symbol: char,
    },
    /// The secret that a key completed did not pass its check digit. The secret itself is not stored, so this is.
    Misfit {
        /// The last key of the secret, counted from 0; not its end key.
        nth: u32,
    },
}

/// Gives back what the log may tell: each key that was revealed, in the order pressed.
#[must_use]
pub fn reveal(log: &[Entry]) -> Vec<(Mono, Event)> {
    let mut known = std::collections::BTreeMap::new();
    for entry in log {
        match entry {
            Entry::Revealed { nth, symbol } => {
                let press = Press { key: Key::from_symbol(*symbol), completed_misfit: false };
                known.insert(*nth, press);
            }
            Entry::Misfit { nth } => {
                known.insert(*nth, Press { key: None, completed_misfit: true });
            }
            Entry::Happened { .. } => {}
        }
    }
    let mut pressed = 0;
    let mut events = Vec::with_capacity(log.len());
    for entry in log {
        let Entry::Happened { at, event } = entry else { continue };
        let event = match event {
            Event::Key(_) => {
                pressed += 1;
                Event::Key(known.get(&(pressed - 1)).copied().unwrap_or(Press::HIDDEN))
            }
            Event::Arrived
            | Event::Answered
            | Event::Played(_)
            | Event::LookedUp { .. }
            | Event::Verified { .. }
            | Event::Queue { .. }
            | Event::Transfer { .. }
            | Event::Kept { .. }
            | Event::Recalled(_)
            | Event::Recording { .. }
            | Event::Conference { .. }
            | Event::HungUp
            | Event::Tick => event.clone(),
        };
        events.push((*at, event));
    }
    events
}

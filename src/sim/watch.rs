//! What no flow may do to a caller, whatever they key and whatever the world answers: looked for in every call.
//!
//! A scenario asks for it with the line `all_is_well`; random callers are held to nothing else. Docs:
//! docs/random-callers.md.

use std::fmt;
use std::time::Duration;

use smallvec::SmallVec;

use super::caller::Place;
use crate::call::{
    Command, Context, Entry, Question, QueueEvent, Stuck, Ticket, TransferEvent, Verdict, What,
};
use crate::flow::Program;
use crate::flow::model::{ActionKind, Name, TransferKind};
use crate::secret::Key;
use crate::value::{Type, Value};

/// With these figures begins everything secret that a random caller keys or a random answer holds, and nothing else.
pub(super) const SECRET: &str = "8642";
/// The most steps on end in which nobody does anything: no key, no agent, no answer of somebody outside.
const MAX_ALONE: u32 = 100;
/// The longest wait for an agent.
const MAX_WAIT: Duration = Duration::from_secs(30 * 60);
/// How often one call may key the same secret.
const MAX_SECRETS: usize = 10;
/// How many changes of one call are remembered.
const MAX_CHANGES: usize = 100;
/// How many secrets that lookups told one call are looked for, and how many entries may clear them.
const MAX_TOLD: usize = 100;
/// The shortest secret that is looked for: fewer figures stand in a time or a price by chance.
const LEAST_TOLD: usize = 4;

/// Something that a flow did and may not do. Two that are equal are the same mistake of the designer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing in the flow fits what happened.
    DeadEnd(Stuck),
    /// The call does not end, although nobody does anything any more.
    NeverEnds {
        /// The step in which it stays.
        step: Name,
    },
    /// Step after step without anybody doing anything.
    Alone {
        /// The step at which that became too much.
        step: Name,
    },
    /// A wait for an agent that the flow does not end.
    Endless {
        /// The queue.
        queue: Name,
    },
    /// What begins like a secret stands where everybody may read it.
    Leak {
        /// In which command.
        place: &'static str,
    },
    /// An agent's record lacks what the caller did.
    Lacks {
        /// What.
        what: String,
    },
    /// A key was neither used nor dropped nor kept.
    KeyMiscounted,
    /// A key pressed while a question was spoken came to nothing, and the caller was told that nothing was pressed.
    KeyLost {
        /// The question.
        prompt: Name,
    },
    /// Two prompts at the same time.
    TwoAtOnce {
        /// The second.
        prompt: Name,
    },
    /// Something was changed because of a key that was pressed before the question was heard.
    Unheard {
        /// What changes something.
        lookup: Name,
        /// The question.
        prompt: Name,
    },
    /// The same was changed twice, and the caller did nothing in between.
    Twice {
        /// What changes something.
        lookup: Name,
    },
    /// A secret may be tried again and again.
    Guessed {
        /// The variable.
        name: Name,
    },
    /// The call is over, and somebody's phone still rings for it.
    Ringing,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadEnd(because) => write!(f, "the flow cannot go on: {because}"),
            Self::NeverEnds { step } => write!(f, "the call does not end; it stays in `{step}`"),
            Self::Alone { step } => {
                write!(f, "more than {MAX_ALONE} steps without anybody doing anything, at `{step}`")
            }
            Self::Endless { queue } => {
                write!(f, "the caller waits more than half an hour in `{queue}`")
            }
            Self::Leak { place } => write!(f, "a secret stands in {place}"),
            Self::Lacks { what } => write!(f, "the agent's record lacks {what}"),
            Self::KeyMiscounted => f.write_str("a key was lost or counted twice"),
            Self::KeyLost { prompt } => {
                write!(
                    f,
                    "a key pressed while `{prompt}` is spoken is lost, and the caller counts as silent"
                )
            }
            Self::TwoAtOnce { prompt } => write!(f, "`{prompt}` is spoken over another prompt"),
            Self::Unheard { lookup, prompt } => {
                write!(
                    f,
                    "`{lookup}` changes something because of a key pressed before `{prompt}` was heard"
                )
            }
            Self::Twice { lookup } => {
                write!(
                    f,
                    "`{lookup}` changes the same thing twice, and the caller did nothing in between"
                )
            }
            Self::Guessed { name } => {
                write!(f, "`{name}` may be tried more than {MAX_SECRETS} times in one call")
            }
            Self::Ringing => f.write_str("the call is over, and a phone still rings for it"),
        }
    }
}

impl Fault {
    /// What the designer can do about it.
    pub(super) const fn help(&self) -> Option<&'static str> {
        match self {
            Self::DeadEnd(_) => Some("give what happened a step of its own, or `otherwise`"),
            Self::NeverEnds { .. } | Self::Alone { .. } => {
                Some("let the way round end at a person or a goodbye")
            }
            Self::Endless { .. } => Some("add `max_wait` and `waited` to the queue"),
            Self::KeyLost { .. } => Some("leave out `interrupt: no`, or `type_ahead: no`"),
            Self::Unheard { .. } => Some("add `type_ahead: no` to the question"),
            Self::Twice { .. } => Some("let the caller, or a person, decide about a second time"),
            Self::Guessed { .. } => Some("count the tries and lead to a person"),
            Self::Leak { .. }
            | Self::Lacks { .. }
            | Self::KeyMiscounted
            | Self::TwoAtOnce { .. }
            | Self::Ringing => None,
        }
    }
}

/// What is remembered of one call to see a fault.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    fault: Option<Fault>,
    has_secrets: bool,
    /// The end keys of all entries of the flow.
    end_keys: SmallVec<[Key; 4]>,
    /// Steps since anybody did anything.
    alone: u32,
    step: Option<Name>,
    keyed: Vec<Name>,
    looked_up: Vec<Name>,
    secrets: Vec<(Name, bool, usize)>,
    /// What was spoken since the caller last decided something, and whether a key came since each began.
    heard: Vec<(Name, bool)>,
    /// The last choice, if the question was not heard before it.
    unheard: Option<Name>,
    /// What lookups gave as secrets, as `Debug` writes it between its quotes.
    told: Vec<String>,
    /// What was keyed where everybody may read it.
    open: Vec<String>,
    decisions: u32,
    changes: Vec<(Question, u32)>,
    visit: Option<Ticket>,
    transfer: Option<(Ticket, TransferKind)>,
    /// The keys that the log tells, in order, a blank where one is missing.
    revealed: String,
    last_revealed: Option<u32>,
}

impl Watch {
    pub(super) fn new(program: &Program) -> Self {
        let steps = || program.flows().flat_map(|(_, flow)| flow.steps.values());
        let actions = || steps().flat_map(|it| &it.actions).map(|it| &it.kind);
        let asks = |kind: &ActionKind| {
            matches!(kind, ActionKind::Ask(it) if it.kind.value == Type::Secret)
                || matches!(kind, ActionKind::Verify(_))
        };
        let lookups = program.flows().flat_map(|(_, flow)| flow.lookups.values());
        let mut given = lookups.flat_map(|it| it.gives.values());
        let has_secrets = actions().any(asks) || given.any(|it| it.kind.value == Type::Secret);
        let end_keys = actions().filter_map(|it| {
            let key = if let ActionKind::Ask(ask) = it {
                ask.ends_with
            } else if let ActionKind::Verify(verify) = it {
                verify.ends_with
            } else {
                None
            };
            key.map(|it| it.value)
        });
        Self { has_secrets, end_keys: end_keys.collect(), ..Self::default() }
    }

    /// The first thing that went wrong.
    pub(super) const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub(super) fn found(&mut self, fault: Fault) {
        // The first is the cause of the rest.
        self.fault.get_or_insert(fault);
    }

    /// The caller pressed a key. The end key of an entry that was complete without it is meant for nothing.
    pub(super) fn key(&mut self, key: Option<Key>) {
        self.alone = 0;
        if key.is_some_and(|key| self.end_keys.contains(&key)) {
            return;
        }
        self.heard.iter_mut().for_each(|(_, key)| *key = true);
    }

    /// A lookup told a secret: from here on it stands nowhere else. What the caller keyed for all to read is none.
    pub(super) fn told(&mut self, secret: String) {
        let is_open = self.open.iter().any(|it| it.contains(&secret));
        if secret.chars().count() < LEAST_TOLD || is_open || self.told.len() >= MAX_TOLD {
            return;
        }
        let secret = quoted(&secret);
        if !self.told.contains(&secret) {
            self.told.push(secret);
        }
    }

    /// Somebody else than the caller did something.
    pub(super) fn somebody(&mut self) {
        self.alone = 0;
    }

    pub(super) fn queue(&mut self, event: &QueueEvent) {
        self.alone = 0;
        match event {
            QueueEvent::NoAgents
            | QueueEvent::Full
            | QueueEvent::Waited
            | QueueEvent::Failed
            | QueueEvent::AgentLeft => self.visit = None,
            QueueEvent::Position { .. }
            | QueueEvent::Offered(_)
            | QueueEvent::Withdrawn
            | QueueEvent::Connected(_) => {}
        }
    }

    pub(super) fn transfer(&mut self, event: TransferEvent) {
        self.alone = 0;
        let is_blind = matches!(self.transfer, Some((_, TransferKind::Blind)));
        match event {
            TransferEvent::Ringing => {}
            TransferEvent::Connected if !is_blind => {}
            TransferEvent::Connected
            | TransferEvent::Busy
            | TransferEvent::NoAnswer
            | TransferEvent::Declined
            | TransferEvent::Failed
            | TransferEvent::OtherLeft => self.transfer = None,
        }
    }

    /// One command of the machine. `chosen` are the questions that keys answered in this event, in order.
    pub(super) fn sees(&mut self, command: &Command, flow: &Program, chosen: &mut Vec<Place>) {
        if self.has_secrets || !self.told.is_empty() {
            self.leaks(command);
        }
        match command {
            Command::Note(passage) => self.passage(&passage.what, flow, chosen),
            Command::LookUp(it) => self.asks(it, flow),
            Command::Enqueue(it) => {
                self.visit = Some(it.ticket);
                self.complete(&it.context);
            }
            Command::Transfer(it) => {
                self.transfer = Some((it.ticket, it.kind));
                self.complete(&it.context);
            }
            Command::OpenCase(it) => self.complete(&it.context),
            Command::CallBack(it) => self.complete(&it.context),
            Command::Notify(it) => self.complete(&it.context),
            Command::LeaveQueue(it) => self.visit = self.visit.filter(|ours| ours != it),
            Command::CancelTransfer(it) => {
                self.transfer = self.transfer.filter(|(ours, _)| ours != it);
            }
            Command::End(_) if self.visit.is_some() || self.transfer.is_some() => {
                self.found(Fault::Ringing);
            }
            Command::Store(_)
            | Command::Verify(_)
            | Command::Conference(_)
            | Command::Answer
            | Command::Play(_)
            | Command::PlayMusic
            | Command::PlayRinging
            | Command::Stop
            | Command::Record(_)
            | Command::StopRecording(_)
            | Command::DiscardRecording(_)
            | Command::LeaveConference(_)
            | Command::HangUp(_)
            | Command::LastResort(_)
            | Command::End(_) => {}
        }
    }

    fn passage(&mut self, what: &What, flow: &Program, chosen: &mut Vec<Place>) {
        match what {
            What::Step { step } => {
                self.step = Some(step.clone());
                self.alone += 1;
                if self.alone > MAX_ALONE {
                    self.found(Fault::Alone { step: step.clone() });
                }
            }
            What::Heard { prompt: Some(prompt), .. } => {
                self.heard.retain(|(it, _)| it != prompt);
                self.heard.push((prompt.clone(), false));
            }
            What::Silence { prompt, .. } => {
                if self.heard.iter().any(|(it, key)| it == prompt && *key) {
                    self.found(Fault::KeyLost { prompt: prompt.clone() });
                }
            }
            What::Chose { .. } => {
                let prompt = (!chosen.is_empty()).then(|| chosen.remove(0));
                let prompt = prompt.and_then(|at| {
                    let kind = &at.action(flow)?.kind;
                    if let ActionKind::Menu(menu) = kind { Some(&menu.prompt.value) } else { None }
                });
                self.unheard =
                    prompt.filter(|it| !self.heard.iter().any(|(heard, _)| heard == *it)).cloned();
                self.decided();
            }
            What::Keyed { name, value } => {
                if !self.keyed.contains(name) {
                    self.keyed.push(name.clone());
                }
                if matches!(value, Value::Secret(_)) {
                    self.secret(name, false);
                } else {
                    // Keyed in a place that is no secret's: from here on it is none.
                    let open = value.to_string();
                    self.has_secrets &= !open.contains(SECRET);
                    self.told.retain(|it| !quoted(&open).contains(it));
                    if self.open.len() < MAX_TOLD {
                        self.open.push(open);
                    }
                }
                self.unheard = None;
                self.decided();
            }
            What::Verified { lookup, outcome, .. } => {
                // What was not compared tells nobody anything.
                if *outcome == Verdict::Wrong.name() {
                    self.secret(lookup, true);
                }
                self.unheard = None;
                self.decided();
            }
            What::LookedUp { lookup, .. } => {
                if !self.looked_up.contains(lookup) {
                    self.looked_up.push(lookup.clone());
                }
            }
            What::Waited { queue, took, .. } if *took > MAX_WAIT => {
                self.found(Fault::Endless { queue: queue.clone() });
            }
            What::Stuck { because } => self.found(Fault::DeadEnd(because.clone())),
            What::Wrong { .. }
            | What::Corrected { .. }
            | What::Reviewed { .. }
            | What::Surveyed { .. } => self.decided(),
            What::Heard { prompt: None, .. }
            | What::Interrupted
            | What::Recorded { .. }
            | What::Conferring { .. }
            | What::Conference { .. }
            | What::Conferred { .. }
            | What::Reason { .. }
            | What::Hours { .. }
            | What::Language { .. }
            | What::Queued { .. }
            | What::Position { .. }
            | What::Offered { .. }
            | What::Withdrawn
            | What::Waited { .. }
            | What::Connected { .. }
            | What::AgentLeft
            | What::Transferring { .. }
            | What::Transfer { .. }
            | What::Case { .. }
            | What::Callback { .. }
            | What::Notified { .. }
            | What::Returned { .. }
            | What::Ended { .. } => {}
        }
    }

    /// The caller decided something: what was heard before it counts no more.
    fn decided(&mut self) {
        self.alone = 0;
        self.decisions += 1;
        self.heard.clear();
    }

    /// A secret was tried: keyed into a variable, or compared with what a lookup gives.
    fn secret(&mut self, name: &Name, compared: bool) {
        let at = self.secrets.iter().position(|(it, how, _)| it == name && *how == compared);
        let at = at.unwrap_or_else(|| {
            self.secrets.push((name.clone(), compared, 0));
            self.secrets.len() - 1
        });
        if let Some((_, _, times)) = self.secrets.get_mut(at) {
            *times += 1;
            if *times > MAX_SECRETS {
                self.found(Fault::Guessed { name: name.clone() });
            }
        }
    }

    /// Something is asked of a connector, and may be changed by it.
    fn asks(&mut self, it: &Question, flow: &Program) {
        if !flow.lookup(&it.lookup).is_some_and(|it| it.changes) {
            return;
        }
        if let Some(prompt) = self.unheard.clone() {
            self.found(Fault::Unheard { lookup: it.lookup.clone(), prompt });
        }
        let mut it = it.clone();
        // Each time has a number of its own, which makes no other change of it.
        it.with.retain(|(name, _)| **name != *Question::ONCE);
        let again = self.changes.iter().any(|(before, decisions)| {
            (&before.lookup, &before.with, *decisions) == (&it.lookup, &it.with, self.decisions)
        });
        if again {
            self.found(Fault::Twice { lookup: it.lookup.clone() });
        }
        if self.changes.len() < MAX_CHANGES {
            self.changes.push((it, self.decisions));
        }
    }

    /// An agent must see what the caller did.
    fn complete(&mut self, context: &Context) {
        let what =
            if let Some(name) = self.keyed.iter().find(|it| !context.answers.contains_key(*it)) {
                format!("what was keyed as `{name}`")
            } else if let Some(name) =
                self.looked_up.iter().find(|it| !context.lookups.contains_key(*it))
            {
                format!("what `{name}` answered")
            } else if context.path.last().map(|it| &it.step) != self.step.as_ref() {
                "the step that the caller comes from".to_owned()
            } else {
                return;
            };
        self.found(Fault::Lacks { what });
    }

    fn leaks(&mut self, command: &Command) {
        let place = match command {
            Command::LookUp(_) | Command::Verify(_) => return,
            Command::Store(Entry::Revealed { nth, symbol }) => {
                if self.last_revealed.is_none_or(|last| last + 1 != *nth) {
                    self.revealed.clear();
                }
                self.last_revealed = Some(*nth);
                self.revealed.push(*symbol);
                if self.has_secrets && self.revealed.ends_with(SECRET) {
                    self.found(Fault::Leak { place: "the log" });
                }
                return;
            }
            Command::Store(_) => "the log",
            Command::Note(_) => "the journey",
            Command::Enqueue(_) | Command::Transfer(_) | Command::Conference(_) => {
                "the agent's record"
            }
            Command::OpenCase(_) => "a case",
            Command::CallBack(_) => "a call back",
            Command::Notify(_) => "what somebody else is told",
            Command::Play(_) => "what is spoken",
            Command::Answer
            | Command::PlayMusic
            | Command::PlayRinging
            | Command::Stop
            | Command::LeaveQueue(_)
            | Command::CancelTransfer(_)
            | Command::Record(_)
            | Command::StopRecording(_)
            | Command::DiscardRecording(_)
            | Command::LeaveConference(_)
            | Command::HangUp(_)
            | Command::LastResort(_)
            | Command::End(_) => return,
        };
        let shown = format!("{command:?}");
        let is_marked = self.has_secrets && is_marked(&shown);
        if is_marked || self.told.iter().any(|secret| says(&shown, secret)) {
            self.found(Fault::Leak { place });
        }
    }
}

/// Whether one of the texts in what `Debug` has `shown` has the made-up secret, at the beginning of a number: within one it
/// is a coincidence.
fn is_marked(shown: &str) -> bool {
    let begins = |text: &str| {
        let mut before = text.match_indices(SECRET).filter_map(|(at, _)| text.get(..at));
        before.any(|it| !it.ends_with(|it: char| it.is_ascii_digit()))
    };
    texts(shown).any(begins)
}

/// As `Debug` writes a text, without the quotes.
fn quoted(text: &str) -> String {
    let shown = format!("{text:?}");
    shown.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(&shown).to_owned()
}

/// Whether one of the texts in what `Debug` has `shown` says `secret`. Figures in the middle of others are another number,
/// and what stands outside of quotes is a time, a count or a name of ours.
fn says(shown: &str, secret: &str) -> bool {
    let is_part = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    let in_text = |text: &str| {
        text.match_indices(secret).any(|(at, _)| {
            let (before, behind) = (text.get(..at), text.get(at + secret.len()..));
            !is_part(before.and_then(|it| it.chars().next_back()))
                && !is_part(behind.and_then(|it| it.chars().next()))
        })
    };
    texts(shown).any(in_text)
}

/// What stands between quotes in what `Debug` has `shown`, escapes as they are.
fn texts(shown: &str) -> impl Iterator<Item = &str> {
    let mut rest = shown;
    std::iter::from_fn(move || {
        let (_, behind) = rest.split_once('"')?;
        let mut is_escaped = false;
        let end = behind.find(|it| {
            let ends = it == '"' && !is_escaped;
            is_escaped = it == '\\' && !is_escaped;
            ends
        })?;
        let (text, after) = behind.split_at_checked(end)?;
        rest = after.get(1..)?;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::{quoted, says};

    #[test]
    fn a_secret_is_found_in_texts_and_not_in_numbers_times_or_parts_of_words() {
        #[rustfmt::skip]
        let table = [
            (r#"Play { text: "Your code is 4719." }"#,         "4719",       true),
            (r#"Keyed { value: Text("4719") }"#,               "4719",       true),
            (r#"Passage { at: Mono(4719), what: "a" }"#,       "4719",       false),
            (r#"Caller { number: Some("13800004719") }"#,      "4719",       false),
            (r#"Text("a \"quoted\" word, 4719")"#,           "4719",       true),
            (r#"Text("back\\"), took: 4719, by: Text("x")"#, "4719",       false),
            (r#"Text("your code is say \"friend\"")"#,       r#"say "friend""#, true),
            (r#"Text("$argon2id$v=19$c2FsdA$AAAA")"#,          "$argon2id$v=19$c2FsdA$AAAA", true),
            (r#"Text("密码四七一九")"#,                        "密码",       true),
        ];
        for (shown, secret, expected) in table {
            assert_eq!(says(shown, &quoted(secret)), expected, "{shown} {secret}");
        }
    }
}

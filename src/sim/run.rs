//! A scenario's lines, one by one, until one expected something else.

use std::sync::Arc;
use std::time::Duration;

use super::caller::{Caller, Lengths, Spoken};
use super::fields::ending_name;
use super::follow_up::{self, Wrong};
use super::scenario::{Line, Scenario, What, World};
use super::transcript::{Came, Transcript};
use super::watch::Fault;
use crate::call::{
    Agent, Calendars, ConferenceEvent, Context, Event, Mark, QueueEvent, TransferEvent,
};
use crate::diagnostic::{Diagnostic, Spanned, nearest};
use crate::flow::Program;
use crate::flow::model::Name;
use crate::speech::Catalogues;
use crate::time::Mono;

/// What scenarios of one flow are run with.
pub struct Stage {
    /// The flow.
    pub flow: Arc<Program>,
    /// The words of each language that it speaks.
    pub catalogues: Arc<Catalogues>,
    /// The calendars of the configuration; a scenario may name others in their place.
    pub calendars: Arc<dyn Calendars>,
    /// How long recordings are.
    pub lengths: Arc<Lengths>,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// Every action that the call came to and every way that it went.
    pub marks: Vec<Mark>,
    /// What was heard and done, as far as it came.
    pub transcript: Transcript,
    /// How long the call was, in its own time.
    pub lasted: Duration,
    /// The line that expected something else.
    pub failure: Option<Diagnostic>,
}

/// How long a line waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a call may last in which nobody does anything.
const LONGEST: Duration = Duration::from_secs(3 * 3_600);
/// How long an agent talks.
const TALK: Duration = Duration::from_secs(60);
/// How long a caller takes for a key.
const KEY: Duration = Duration::from_millis(200);

/// Runs `scenario` in no time.
#[must_use]
pub fn run(stage: &Stage, scenario: &Scenario) -> Outcome {
    let mut talk = Talk::new(stage, &scenario.world);
    let mut failure = None;
    for line in &scenario.talk {
        if let Err(found) = talk.line(&line.what) {
            talk.differ(&line.what);
            failure = Some(finding(scenario, line, found));
            break;
        }
    }
    // Steps of which the call would still go through some if nobody did anything are not counted: nobody looked.
    let Caller { marks, transcript, now, .. } = talk.caller;
    Outcome { marks, transcript, lasted: now - Mono::ZERO, failure }
}

/// What a line found instead of what it expected.
pub(super) struct Other {
    says: String,
    help: Option<String>,
    /// A smaller place than the line.
    at: Option<crate::diagnostic::Span>,
}

impl From<String> for Other {
    fn from(says: String) -> Self {
        Self { says, help: None, at: None }
    }
}

fn finding(scenario: &Scenario, line: &Line, other: Other) -> Diagnostic {
    let span = other.at.unwrap_or(line.span);
    let code = if line.what == What::AllIsWell { "HL0811" } else { "HL0810" };
    let found = Diagnostic::error(code, span, other.says).help(other.help);
    match scenario.case {
        Some(case) => found.note(case, "told for this case"),
        None => found,
    }
}

/// A scenario under way.
pub(super) struct Talk<'a> {
    pub(super) caller: Caller<'a>,
    /// What a line heard last.
    last: Option<Spoken>,
    /// How many of the call's steps are behind the last `reaches`.
    passed: usize,
}

impl<'a> Talk<'a> {
    fn new(stage: &'a Stage, world: &World) -> Self {
        Self { caller: Caller::new(stage, world), last: None, passed: 0 }
    }

    /// One of which nobody will read the transcript.
    pub(super) fn quiet(stage: &'a Stage, world: &World) -> Self {
        let mut talk = Self::new(stage, world);
        talk.caller.transcript = Transcript::silent();
        talk
    }
}

impl Talk<'_> {
    /// Nothing has happened that no flow may do, and the call ends when nobody does anything any more.
    fn all_is_well(&mut self) -> Result<(), Other> {
        let limit = self.caller.now + LONGEST;
        while self.caller.ended.is_none() && self.caller.watch.fault().is_none() {
            // Whoever talks hangs up some day; then the flow may go on.
            let is_over = match (self.caller.talking, self.caller.visit, self.caller.transfer) {
                (true, Some(visit), _) => {
                    Some(Event::Queue { visit, event: QueueEvent::AgentLeft })
                }
                (true, None, Some(transfer)) => {
                    Some(Event::Transfer { transfer, event: TransferEvent::OtherLeft })
                }
                (true | false, _, _) => None,
            };
            match is_over {
                Some(event) => {
                    self.caller.pass(TALK);
                    self.caller.happens(event);
                }
                None if self.caller.conference.is_some() && self.caller.next().is_none() => {
                    self.caller.pass(TALK);
                    self.line(&What::OtherLeaves)?;
                }
                None if self.caller.turn(limit) => {}
                None => break,
            }
        }
        if self.caller.ended.is_none() {
            let step = self.caller.steps.last().cloned().unwrap_or_else(|| "".into());
            self.caller.watch.found(Fault::NeverEnds { step });
        }
        match self.caller.watch.fault() {
            None => Ok(()),
            Some(fault) => {
                let help = fault.help().map(str::to_owned);
                Err(Other { says: fault.to_string(), help, at: None })
            }
        }
    }

    /// Marks in the transcript what was expected, and what came in its place.
    fn differ(&mut self, what: &What) {
        let instead = match what {
            What::Hears(_) | What::HearsLater(_) | What::Says(_) => {
                self.last.as_ref().map(|it| Came::Words(Arc::clone(&it.text)))
            }
            What::HearsNothing(_) => {
                self.caller.heard.front().map(|it| Came::Words(Arc::clone(&it.text)))
            }
            What::Ends(_) => self.caller.ended.map(|_| Came::Last),
            What::HearsOut
            | What::Keys(_)
            | What::Waits(_)
            | What::HangsUp
            | What::Reaches(_)
            | What::Place { .. }
            | What::Rings(_)
            | What::RingsOut
            | What::Answers(_)
            | What::AgentLeaves
            | What::OtherLeaves
            | What::Talks(_)
            | What::Silent
            | What::Recorded(_)
            | What::Fails(_)
            | What::Works(_)
            | What::Leaves(..)
            | What::AgentSees(_)
            | What::AllIsWell => None,
        };
        self.caller.transcript.differ(what.yaml(), instead.as_ref());
    }

    pub(super) fn line(&mut self, what: &What) -> Result<(), Other> {
        match what {
            What::Hears(prompt) => self.hears(prompt),
            What::HearsLater(prompt) => self.hears_later(prompt),
            What::Says(text) => self.says(text),
            What::HearsOut => self.hears_out(),
            What::HearsNothing(length) => self.hears_nothing(*length),
            What::Keys(keys) => {
                for key in keys {
                    self.caller.pass(KEY);
                    self.caller.press(*key);
                }
                Ok(())
            }
            What::Waits(length) => {
                self.caller.pass(*length);
                Ok(())
            }
            What::HangsUp => {
                self.caller.happens(Event::HungUp);
                Ok(())
            }
            What::Reaches(step) => self.reaches(step),
            What::Place { ahead, wait } => {
                self.in_queue(QueueEvent::Position { ahead: *ahead, wait: *wait })
            }
            What::Rings(id) => self.in_queue(QueueEvent::Offered(agent(id))),
            What::RingsOut => self.in_queue(QueueEvent::Withdrawn),
            What::Answers(id) => self.in_queue(QueueEvent::Connected(agent(id))),
            What::AgentLeaves => self.in_queue(QueueEvent::AgentLeft),
            What::OtherLeaves => self.other_leaves(),
            What::Talks(length) => {
                // Nobody speaks before the tone.
                self.advance(|it| it.voice.is_recorded() || it.speaking.is_none());
                self.caller.talks(*length);
                Ok(())
            }
            What::Silent => {
                self.advance(|it| it.voice.is_recorded() || it.speaking.is_none());
                self.advance(|it| !it.voice.is_recorded());
                Ok(())
            }
            What::Recorded(wanted) => match (self.caller.voice.is_kept(), wanted) {
                (true, true) | (false, false) => Ok(()),
                (false, true) => Err("nothing is kept of what the caller said".to_owned().into()),
                (true, false) => Err("what the caller said is kept".to_owned().into()),
            },
            What::Fails(lookups) => {
                self.caller.world.fails.extend(lookups.iter().cloned());
                Ok(())
            }
            What::Works(lookups) => {
                self.caller.world.fails.retain(|it| !lookups.contains(it));
                Ok(())
            }
            What::Leaves(leaving, expected) => {
                // A line about it comes when it is left, not when the words before it end.
                self.advance(|it| it.left.iter().any(|it| it.what == *leaving));
                follow_up::take(&mut self.caller.left, *leaving, expected)
                    .map_err(|Wrong { says, help, at }| Other { says, help, at })
            }
            What::AllIsWell => self.all_is_well(),
            What::AgentSees(pairs) => {
                let context = self.caller.context();
                pairs.iter().try_for_each(|(label, value)| sees(&context, label, value))
            }
            What::Ends(ending) => {
                self.advance(|it| it.ended.is_some());
                match self.caller.ended {
                    Some(ended) if ended == *ending => Ok(()),
                    Some(ended) => {
                        Err(format!("the call ended otherwise: {}", ending_name(ended)).into())
                    }
                    None => Err("the call did not end within ten minutes".to_owned().into()),
                }
            }
        }
    }

    /// Lets things happen until `enough`, at most [`PATIENCE`] long.
    fn advance(&mut self, enough: impl Fn(&Caller<'_>) -> bool) {
        let limit = self.caller.now + PATIENCE;
        while !enough(&self.caller) && self.caller.turn(limit) {}
    }

    /// The next thing spoken.
    fn next(&mut self) -> Option<Spoken> {
        self.advance(|it| !it.heard.is_empty());
        let spoken = self.caller.heard.pop_front();
        self.last.clone_from(&spoken);
        spoken
    }

    fn hears(&mut self, prompt: &Name) -> Result<(), Other> {
        match self.next() {
            Some(it) if is(&it, prompt) => Ok(()),
            Some(it) => {
                let name = it.prompt.as_deref().unwrap_or("say");
                let near = nearest(prompt, [name]).map(|near| format!("did you mean `{near}`?"));
                let says = format!("the caller hears `{name}` here, not `{prompt}`: {}", it.text);
                Err(Other { says, help: near, at: None })
            }
            None => Err(self.nothing_heard(prompt)),
        }
    }

    fn hears_later(&mut self, prompt: &Name) -> Result<(), Other> {
        loop {
            match self.next() {
                Some(it) if is(&it, prompt) => return Ok(()),
                Some(_) => {}
                None => return Err(self.nothing_heard(prompt)),
            }
        }
    }

    fn nothing_heard(&self, prompt: &Name) -> Other {
        match self.caller.ended {
            Some(ending) => {
                format!("`{prompt}` is not spoken: the call ended ({})", ending_name(ending)).into()
            }
            None => format!("`{prompt}` is not spoken within ten minutes").into(),
        }
    }

    fn says(&self, text: &str) -> Result<(), Other> {
        match &self.last {
            Some(it) if it.text.contains(text) => Ok(()),
            Some(it) => Err(format!("what is said does not contain `{text}`: {}", it.text).into()),
            None => Err("nothing was heard before this line".to_owned().into()),
        }
    }

    fn hears_out(&mut self) -> Result<(), Other> {
        let Some(last) = self.last.as_ref().map(|it| it.ticket) else {
            return Err("nothing was heard before this line".to_owned().into());
        };
        self.advance(|it| it.speaking.as_ref().is_none_or(|it| it.ticket != last));
        Ok(())
    }

    fn hears_nothing(&mut self, length: Duration) -> Result<(), Other> {
        self.caller.pass(length);
        match self.caller.heard.front() {
            Some(it) => Err(format!("the caller hears something: {}", it.text).into()),
            None => Ok(()),
        }
    }

    fn reaches(&mut self, step: &Name) -> Result<(), Other> {
        let passed = self.passed;
        let position = |it: &Caller<'_>| it.steps.iter().skip(passed).position(|it| it == step);
        self.advance(|it| position(it).is_some());
        let Some(at) = position(&self.caller) else {
            let now = self.caller.steps.last().map_or("none", |it| it);
            return Err(format!("step `{step}` is not reached; the call is in `{now}`").into());
        };
        self.passed = passed + at + 1;
        // What was spoken on the way there needs no line of its own.
        let passed = self.passed;
        self.caller.heard.retain(|it| it.steps >= passed);
        Ok(())
    }

    /// The other side of a transfer, or whoever joined a conference last.
    fn other_leaves(&mut self) -> Result<(), Other> {
        let caller = &mut self.caller;
        let event = if let Some(transfer) = caller.transfer {
            Event::Transfer { transfer, event: TransferEvent::OtherLeft }
        } else if let Some((conference, others)) = &mut caller.conference
            && let Some(who) = others.pop()
        {
            Event::Conference { conference: *conference, event: ConferenceEvent::Left(who) }
        } else {
            return Err("there is no transfer and no conference here".to_owned().into());
        };
        caller.happens(event);
        Ok(())
    }

    fn in_queue(&mut self, event: QueueEvent) -> Result<(), Other> {
        // A line about the queue comes when the caller is there, not when the words before it end.
        self.advance(|it| it.visit.is_some());
        let Some(visit) = self.caller.visit else {
            return Err("the caller does not wait in a queue here".to_owned().into());
        };
        self.caller.happens(Event::Queue { visit, event });
        Ok(())
    }
}

fn agent(id: &Arc<str>) -> Agent {
    Agent { id: Arc::clone(id), name: None, work_number: None }
}

fn is(spoken: &Spoken, prompt: &str) -> bool {
    spoken.prompt.as_deref().unwrap_or("say") == prompt
}

/// One line of the agent's record: a designer's label, a variable keyed, or one of the record's own names.
fn sees(context: &Context, label: &Spanned<String>, value: &Spanned<String>) -> Result<(), Other> {
    let name = label.value.as_str();
    let own = match name {
        "reason" => context.reason.as_deref().map(str::to_owned),
        "language" => Some((*context.language).to_owned()),
        "caller" => context.caller.number.as_deref().map(str::to_owned),
        _ => None,
    };
    let field = || {
        let labelled = |field: &&crate::call::Field| field.label.values().any(|it| it == name);
        context.fields.iter().find(labelled).map(|field| field.value.clone())
    };
    let shown = own.or_else(field).or_else(|| context.answers.get(name).cloned());
    match shown {
        Some(shown) if shown == value.value => Ok(()),
        Some(shown) => Err(Other {
            says: format!("the agent sees `{shown}` as {name}, not `{}`", value.value),
            help: None,
            at: Some(value.span),
        }),
        None => {
            let mut labels: Vec<&str> = context
                .fields
                .iter()
                .flat_map(|it| it.label.values())
                .map(String::as_str)
                .collect();
            labels.extend(context.answers.keys().map(|it| &**it));
            let help = format!("the agent sees {}", labels.join(", "));
            let says = format!("the agent sees no `{name}`");
            Err(Other { says, help: Some(help), at: Some(label.span) })
        }
    }
}

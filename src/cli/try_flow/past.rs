//! What went into a call so far, where its caller was asked something, and what connectors answered: all that a step
//! back needs.

use std::sync::Arc;

use jiff::ZonedDateTime;

use crate::call::{Answer, Check, Event, Play, Question, Ticket, Verdict, Waiting};
use crate::flow::model::Name;
use crate::time::Mono;
use crate::value::Value;

/// Something that was done to the machine.
#[derive(Debug, Clone)]
pub(super) enum Fed {
    Event(Event),
    Jump(Name),
    Clock(ZonedDateTime),
}

/// The world around the machine, as far as a terminal has one.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    /// A prompt, and until when it is heard.
    pub(super) speaking: Option<(Play, Mono)>,
    pub(super) visit: Option<Ticket>,
    pub(super) talks: bool,
    pub(super) cases: u32,
    /// A recording that is made: nobody listens here, so the caller is taken to speak.
    pub(super) recording: Option<Ticket>,
    /// Nothing was said into it.
    pub(super) speechless: bool,
    pub(super) conference: Option<(Ticket, Arc<str>)>,
    pub(super) ended: bool,
}

/// A moment at which the caller was asked something.
#[derive(Debug, Clone)]
pub(super) struct Point {
    nth: (u32, u8),
    /// How much had gone in by then.
    fed: usize,
    pub(super) at: Mono,
    pub(super) world: World,
    /// In which step.
    pub(super) step: Name,
}

/// What a connector was asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    Lookup { lookup: Name, with: Vec<(Name, Value)> },
    Secret(Box<Check>),
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Came {
    Answer(Answer),
    Verdict(Verdict),
}

/// What a connector was asked, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) asked: Asked,
    pub(super) came: Came,
}

impl Asked {
    /// The key that tells two changes apart is not part of what is asked.
    pub(super) fn lookup_of(question: &Question) -> Self {
        let with = question.with.iter().filter(|(name, _)| **name != *Question::ONCE);
        Self::Lookup { lookup: question.lookup.clone(), with: with.cloned().collect() }
    }

    pub(super) fn secret_of(check: &Check) -> Self {
        // The same secret of the same account is the same question, whenever it is asked.
        Self::Secret(Box::new(Check { ticket: Ticket(0), ..check.clone() }))
    }

    /// Which lookup it was.
    pub(super) fn lookup(&self) -> &Name {
        match self {
            Self::Lookup { lookup, .. } => lookup,
            Self::Secret(check) => &check.lookup,
        }
    }
}

/// The call so far. As long as a person has patience at a terminal.
#[derive(Debug, Default)]
pub(super) struct Past {
    log: Vec<(Mono, Fed)>,
    points: Vec<Point>,
    /// What connectors answered, each with how much had gone in by then.
    given: Vec<(usize, Given)>,
}

impl Past {
    pub(super) fn feed(&mut self, at: Mono, fed: Fed) {
        self.log.push((at, fed));
    }

    /// All that went in, in order.
    pub(super) fn log(&self) -> &[(Mono, Fed)] {
        &self.log
    }

    pub(super) fn given(&mut self, given: Given) {
        self.given.push((self.log.len(), given));
    }

    /// The caller is asked something; whether that is new.
    pub(super) fn asked(&mut self, at: Mono, waiting: &Waiting, world: &World) -> bool {
        if self.points.last().is_some_and(|it| it.nth == waiting.nth) {
            return false;
        }
        let (nth, fed, world) = (waiting.nth, self.log.len(), world.clone());
        self.points.push(Point { nth, fed, at, world, step: waiting.step_name() });
        true
    }

    /// Forgets all behind the question that was asked `count` questions before the one asked now, if one is, else before
    /// what goes on now; that question, and what connectors answered since.
    pub(super) fn back(
        &mut self,
        here: Option<(u32, u8)>,
        count: usize,
    ) -> Option<(Point, Vec<Given>)> {
        let is_asked = here.is_some() && self.points.last().map(|it| it.nth) == here;
        let drops = if is_asked { count } else { count.checked_sub(1)? };
        let left = self.points.len().checked_sub(drops).filter(|left| *left > 0)?;
        self.points.truncate(left);
        let point = self.points.last()?.clone();
        self.log.truncate(point.fed);
        let kept = self.given.partition_point(|(fed, _)| *fed <= point.fed);
        let undone = self.given.split_off(kept);
        Some((point, undone.into_iter().map(|(_, given)| given).collect()))
    }
}

/// What connectors answered in parts of the call that were undone.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: Vec<Given>,
    /// How often the call went back.
    backs: u32,
}

impl Memory {
    pub(super) fn remember(&mut self, undone: Vec<Given>) {
        self.backs += 1;
        self.known.extend(undone);
    }

    /// The answer to the same question, once.
    pub(super) fn answer(&mut self, asked: &Asked) -> Option<Answer> {
        match self.take(asked)? {
            Came::Answer(answer) => Some(answer),
            Came::Verdict(_) => None,
        }
    }

    /// What came of the same secret, once.
    pub(super) fn verdict(&mut self, asked: &Asked) -> Option<Verdict> {
        match self.take(asked)? {
            Came::Verdict(verdict) => Some(verdict),
            Came::Answer(_) => None,
        }
    }

    fn take(&mut self, asked: &Asked) -> Option<Came> {
        let at = self.known.iter().position(|it| it.asked == *asked)?;
        Some(self.known.remove(at).came)
    }

    /// A change that is asked for with other values after a step back is another one: its key must not be the old one,
    /// which the system may take for a repetition.
    pub(super) fn tell_apart(&self, question: &mut Question) {
        if self.backs == 0 {
            return;
        }
        for (name, value) in &mut question.with {
            if let (Question::ONCE, Value::Text(once)) = (&**name, &value) {
                *value = Value::Text(format!("{once}/{}", self.backs).into());
            }
        }
    }
}

//! What the call leaves for after it: a case, a call back, a word to somebody else.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::dialable::dialable;
use super::super::events::{Command, Stuck, Ticket};
use super::super::follow_up::{CallBack, Kept, MAX_TEXT, Notice, OpenCase, Told};
use super::super::journey::What;
use super::walk::Next;
use super::{Machine, State};
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::follow_up::{CALL_BACK_WITHIN, Callback, Case, Notify, Told as ToTell};
use crate::flow::model::ActionKind;
use crate::time::Mono;
use crate::value::Value;

/// A case or a call back that the store was asked to keep.
pub(super) struct Keeping {
    ticket: Ticket,
    pub(super) until: Mono,
    what: Kind,
}

enum Kind {
    Case { promised: Timestamp },
    Callback { number: Arc<str> },
}

/// How long the store may take. The disk that does not answer in this time will not do so while the caller waits.
const PATIENCE: Duration = Duration::from_secs(5);

impl Machine {
    pub(super) fn open_case(
        &mut self,
        now: Mono,
        it: &Case,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let (kind, about) = (it.kind.value.clone(), it.about.as_ref().map(|it| it.value.clone()));
        let opened = self.wall(now).timestamp();
        let promised = self.setting.calendars.promised(&kind, opened);
        let promised = promised.ok_or_else(|| Stuck::Unknown { name: kind.clone() })?;
        let with = self.told(now, &it.with)?;
        // A case of before must not be taken for this one.
        self.values.case = None;
        let ticket = self.have_kept(now, Kind::Case { promised });
        let context = Arc::new(self.context(now));
        out.push(Command::OpenCase(OpenCase { ticket, kind, about, promised, with, context }));
        Ok(Next::Wait)
    }

    pub(super) fn call_back(
        &mut self,
        now: Mono,
        it: &Callback,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let queue = it.queue.value.clone();
        let number = self.part(now, &it.number)?;
        let number = number.and_then(|it| dialable(&it.to_string()));
        let Some(number) = number else {
            self.note(now, What::Callback { queue, number: None, outcome: "no_number" }, out);
            return self.branch("no_number", &[&it.no_number]);
        };
        let within = it.within.as_ref().map_or(CALL_BACK_WITHIN, |it| it.value);
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        let asked = self.wall(now).timestamp();
        let due = asked.saturating_add(within).unwrap_or(asked);
        let because = it.because.as_ref().map(|it| it.value.clone());
        let ticket = self.have_kept(now, Kind::Callback { number: Arc::clone(&number) });
        let mut context = self.context(now);
        context.reason.clone_from(&because);
        let context = Arc::new(context);
        out.push(Command::CallBack(CallBack { ticket, queue, number, due, because, context }));
        Ok(Next::Wait)
    }

    pub(super) fn notify(
        &mut self,
        now: Mono,
        it: &Notify,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let (to, with) = (it.to.value.clone(), self.told(now, &it.with)?);
        let ticket = self.ticket();
        self.note(now, What::Notified { to: to.clone() }, out);
        let context = Arc::new(self.context(now));
        out.push(Command::Notify(Notice { ticket, to, with, context }));
        Ok(Next::On)
    }

    fn have_kept(&mut self, now: Mono, what: Kind) -> Ticket {
        let ticket = self.ticket();
        self.state = State::Keeping(Keeping { ticket, until: now + PATIENCE, what });
        ticket
    }

    pub(super) fn keeping_over(
        &mut self,
        now: Mono,
        ticket: Ticket,
        kept: Kept,
        out: &mut Vec<Command>,
    ) {
        if let State::Keeping(it) = &self.state
            && it.ticket == ticket
        {
            let next = self.settle_keeping(now, &kept, out);
            self.proceed(now, next, out);
        } // else it took too long and the flow went on without; it is kept all the same
    }

    /// Goes on with what came of it; [`Kept::Failed`] when the time is over.
    pub(super) fn settle_keeping(
        &mut self,
        now: Mono,
        kept: &Kept,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Keeping(Keeping { what, .. }) = &self.state else { return Ok(Next::Wait) };
        match (self.current(&setting).map(|it| &it.kind), what) {
            (Some(ActionKind::Case(it)), Kind::Case { promised }) => {
                let promised = *promised;
                self.case_over(now, it, promised, kept, out)
            }
            (Some(ActionKind::Callback(it)), Kind::Callback { number }) => {
                let (queue, number) = (it.queue.value.clone(), Some(Arc::clone(number)));
                let is_kept = *kept == Kept::Callback;
                let outcome = if is_kept { "kept" } else { "failed" };
                self.note(now, What::Callback { queue, number, outcome }, out);
                if is_kept { Ok(Next::On) } else { self.branch("failed", &[&it.failed]) }
            }
            (Some(_) | None, Kind::Case { .. } | Kind::Callback { .. }) => Ok(Next::Wait), // `have_kept` is called for these alone
        }
    }

    fn case_over(
        &mut self,
        now: Mono,
        it: &Case,
        promised: Timestamp,
        kept: &Kept,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let (kind, about) = (it.kind.value.clone(), it.about.as_ref().map(|it| it.value.clone()));
        let Kept::Case { number } = kept else {
            let outcome = "failed";
            let what = What::Case { kind, about, outcome, number: None, promised: None };
            self.note(now, what, out);
            return self.branch("failed", &[&it.failed]);
        };
        let there = self.start.wall.time_zone().to_datetime(promised);
        self.values.case = Some((Value::Digits(Arc::clone(number)), Value::DateTime(there)));
        let (number, promised, outcome) = (Some(Arc::clone(number)), Some(promised), "opened");
        self.note(now, What::Case { kind, about, outcome, number, promised }, out);
        Ok(Next::On)
    }

    /// What is told under each name; a bare name without a value is left out.
    fn told(&self, now: Mono, with: &ToTell) -> Result<Told, Stuck> {
        let mut told = Told::with_capacity(with.len());
        for (name, expr) in with {
            if let Some(value) = self.part(now, expr)? {
                let text = value.to_string().chars().take(MAX_TEXT).collect();
                told.insert(name.value.clone(), text);
            }
        }
        Ok(told)
    }

    /// The value of an expression that need not have one where it is a bare name.
    fn part(&self, now: Mono, expr: &Expr) -> Result<Option<Value>, Stuck> {
        match (self.value(now, expr), &expr.kind) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(_), ExprKind::Name(_)) => Ok(None),
            (Err(stuck), _) => Err(stuck),
        }
    }
}

//! `verify`: a secret is asked for, handed out once to be compared, and what comes back decides.
//!
//! ```text
//! Asking ──keyed──► Verifying ──right──► on
//!   ▲                  │  └────locked, failed, late──► their branches
//!   └──────wrong───────┘  (a try, like silence; after the last `otherwise`)
//! ```
//! Who may try how often across calls is not known here: the shell asks `lockout` before it compares anything.

use std::sync::Arc;

use super::super::collect::Strokes;
use super::super::context::Verified;
use super::super::events::{Check, Command, Stuck, Ticket, Verdict};
use super::super::journey::What;
use super::super::setting::Setting;
use super::walk::{GRACE, Next};
use super::{Machine, State};
use crate::flow::model::{Action, ActionKind, Verify};
use crate::time::Mono;
use crate::value::{Type, Value};

/// A secret that is being compared.
pub(super) struct Verifying {
    pub(super) ticket: Ticket,
    account: Arc<str>,
    since: Mono,
    pub(super) until: Mono,
    /// How often the question went wrong before.
    tries: u8,
}

impl Machine {
    /// Hands out the secret that was keyed.
    pub(super) fn check(
        &mut self,
        now: Mono,
        it: &Verify,
        strokes: &Strokes,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let Some(Value::Secret(secret)) = self.read(now, &Type::Secret, strokes, out) else {
            return self.wrong(now, out);
        };
        let State::Asking(asking) = &self.state else { return Ok(Next::Wait) };
        let tries = asking.tries;
        let name = &it.against.value;
        let unknown = || Stuck::Unknown { name: name.clone() };
        let within = self.setting.flow.lookups.get(name).ok_or_else(unknown)?.within;
        let lookup = self.outside(name);
        let mut with = Vec::with_capacity(it.with.len());
        for (taken, value) in &it.with {
            with.push((taken.value.clone(), self.value(now, value)?));
        }
        // As a screen shows it: were it a secret, stars.
        let no_value = || Stuck::NoValue { step: self.step_name() };
        let account: Arc<str> =
            self.show(now, &self.values.own, &it.account).ok_or_else(no_value)?.into();
        let ticket = self.ticket();
        self.state = State::Verifying(Verifying {
            ticket,
            account: Arc::clone(&account),
            since: now,
            until: now + within + GRACE,
            tries,
        });
        out.push(Command::Verify(Box::new(Check {
            ticket,
            lookup,
            with,
            secret,
            account,
            // Who withholds their number guesses within one call as often as others within a day.
            number: self.start.caller_number.clone().or_else(|| Some(Arc::clone(&self.start.call))),
            locks_after: it.locks_after.map_or(Verify::LOCKS_AFTER, |it| it.value),
            locked_for: it.locked_for.map_or(Verify::LOCKED_FOR, |it| it.value),
            within,
        })));
        Ok(Next::Wait)
    }

    /// Goes where the verdict leads.
    pub(super) fn judged(
        &mut self,
        now: Mono,
        verdict: Verdict,
        out: &mut Vec<Command>,
    ) -> Result<Next, Stuck> {
        let setting = Arc::clone(&self.setting);
        let State::Verifying(check) = &self.state else { return Ok(Next::Wait) };
        let (account, took, tries) = (Arc::clone(&check.account), now - check.since, check.tries);
        let Some(it) = self.verify(&setting) else { return Ok(Next::On) };
        let lookup = self.outside(&it.against.value);
        let outcome = verdict.name();
        self.note(
            now,
            What::Verified { lookup, account: Arc::clone(&account), outcome, took },
            out,
        );
        match verdict {
            Verdict::Right => {
                self.verified = Some(Verified { account, how: it.against.value.clone() });
                Ok(Next::On)
            }
            Verdict::Wrong => self.ask_again(now, tries, out),
            Verdict::Locked => {
                self.keys.flush(); // meant for a place where the caller is not
                self.branch("locked", &[&it.locked])
            }
            Verdict::Failed | Verdict::TimedOut => {
                self.keys.flush();
                self.branch("failed", &[&it.failed])
            }
        }
    }

    fn verify<'a>(&self, setting: &'a Setting) -> Option<&'a Verify> {
        match self.current(setting) {
            Some(Action { kind: ActionKind::Verify(it), .. }) => Some(it),
            Some(_) | None => None, // `check` alone begins this state
        }
    }
}

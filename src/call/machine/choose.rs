//! One key asked for by a prompt, where a whole question would be too much: a survey's, a recording's review.
//!
//! A key before or during the prompt counts and stops it. Silence and a key that means nothing are counted together;
//! after the second of them whoever asks goes on without an answer.

use super::super::MAX_SILENCES;
use super::super::events::{Command, Stuck, Ticket};
use super::super::journey::What;
use super::{LONGEST_PROMPT, Machine, Speaking};
use crate::flow::model::Name;
use crate::time::Mono;

/// How often it is asked in all.
const TRIES: u8 = 2;

/// A key that is waited for.
#[derive(Clone)]
pub(super) struct Choosing {
    prompt: Name,
    /// How often it went wrong.
    tries: u8,
    doing: Doing,
}

#[derive(Clone, Copy)]
enum Doing {
    /// Saying that nothing was keyed, or nothing that fits. The prompt follows.
    Excusing(Speaking),
    Asking(Speaking),
    Waiting {
        until: Mono,
    },
}

impl Choosing {
    pub(super) const fn deadline(&self) -> Mono {
        match self.doing {
            Doing::Excusing(it) | Doing::Asking(it) => it.until,
            Doing::Waiting { until } => until,
        }
    }

    pub(super) fn speaks(&self, ticket: Ticket) -> bool {
        self.is_speaking().is_some_and(|it| it.ticket == ticket)
    }

    const fn is_speaking(&self) -> Option<Speaking> {
        match self.doing {
            Doing::Excusing(it) | Doing::Asking(it) => Some(it),
            Doing::Waiting { .. } => None,
        }
    }
}

impl Machine {
    /// Asks with `prompt`, unless a key waits already.
    pub(super) fn choose(
        &mut self,
        now: Mono,
        prompt: &Name,
        out: &mut Vec<Command>,
    ) -> Result<Choosing, Stuck> {
        let doing = if self.keys.any() {
            self.wait_for_key(now)
        } else {
            let ticket = self.speak(now, prompt, true, out)?;
            Doing::Asking(Speaking { ticket, until: now + LONGEST_PROMPT })
        };
        Ok(Choosing { prompt: prompt.clone(), tries: 0, doing })
    }

    fn wait_for_key(&self, now: Mono) -> Doing {
        Doing::Waiting { until: now + self.setting.flow.defaults.no_input_after }
    }

    /// A key came: what is spoken ends.
    pub(super) fn choice_keyed(&mut self, now: Mono, it: &mut Choosing, out: &mut Vec<Command>) {
        if it.is_speaking().is_some() {
            self.interrupted(now, out);
            it.doing = self.wait_for_key(now);
        }
    }

    /// What was spoken has been heard.
    pub(super) fn choice_heard(
        &mut self,
        now: Mono,
        it: &mut Choosing,
        out: &mut Vec<Command>,
    ) -> Result<(), Stuck> {
        it.doing = match it.doing {
            Doing::Excusing(_) => {
                let ticket = self.speak(now, &it.prompt, true, out)?;
                Doing::Asking(Speaking { ticket, until: now + LONGEST_PROMPT })
            }
            Doing::Asking(_) | Doing::Waiting { .. } => self.wait_for_key(now),
        };
        Ok(())
    }

    /// The deadline came; whether the caller is given up.
    pub(super) fn choice_tick(
        &mut self,
        now: Mono,
        it: &mut Choosing,
        out: &mut Vec<Command>,
    ) -> Result<bool, Stuck> {
        if it.is_speaking().is_some() {
            out.push(Command::Stop);
            self.choice_heard(now, it, out)?;
            return Ok(false);
        }
        self.silences += 1;
        if self.silences > MAX_SILENCES {
            return Err(Stuck::Silent);
        }
        self.choose_again(now, it, "no-input", out)
    }

    /// A key that means nothing here; whether the caller is given up. It takes the keys behind it along.
    pub(super) fn choice_wrong(
        &mut self,
        now: Mono,
        it: &mut Choosing,
        out: &mut Vec<Command>,
    ) -> Result<bool, Stuck> {
        self.keys.flush();
        self.choose_again(now, it, "no-match", out)
    }

    fn choose_again(
        &mut self,
        now: Mono,
        it: &mut Choosing,
        excuse: &str,
        out: &mut Vec<Command>,
    ) -> Result<bool, Stuck> {
        it.tries += 1;
        let (prompt, tries) = (it.prompt.clone(), it.tries);
        let silent = excuse == "no-input";
        let what =
            if silent { What::Silence { prompt, tries } } else { What::Wrong { prompt, tries } };
        self.note(now, what, out);
        if tries >= TRIES {
            return Ok(true);
        }
        let excuse: Name = excuse.into();
        let (prompt, excuses) =
            if self.can_speak(&excuse) { (&excuse, true) } else { (&it.prompt, false) };
        let ticket = self.speak(now, prompt, true, out)?;
        let speaking = Speaking { ticket, until: now + LONGEST_PROMPT };
        it.doing = if excuses { Doing::Excusing(speaking) } else { Doing::Asking(speaking) };
        Ok(false)
    }
}

//! What each action costs a caller: seconds out of the prompts' lengths and time-outs, and keys.
//!
//! docs/flows.md says the same in words; a kind of action has one arm here.

use std::collections::HashMap;
use std::time::Duration;

use super::Toll;
use super::points::By;
use crate::diagnostic::Spanned;
use crate::flow::check::{Prompts, keys_named};
use crate::flow::graph::Way;
use crate::flow::model::{Action, ActionKind, Ask, Flow, LookUp, Menu, Name, Patience};
use crate::secret::Key;

/// A value spoken alone: what the catalogue counts for one in a prompt.
const VALUE: Duration = Duration::from_millis(1_500);
/// A key of an entry, pressed without haste.
const KEY: Duration = Duration::from_millis(500);
/// What the interpreter grants a lookup beyond `within`.
const GRACE: Duration = Duration::from_millis(500);
/// When a caller is told that a lookup takes a moment.
const MEANWHILE: Duration = Duration::from_secs(1);

/// How long the prompts of a flow are, in the language that takes longest.
pub(super) struct Lengths<'a> {
    flow: &'a Flow,
    prompts: &'a dyn Prompts,
    known: HashMap<Name, Duration>,
}

impl<'a> Lengths<'a> {
    pub(super) fn new(flow: &'a Flow, prompts: &'a dyn Prompts) -> Self {
        Self { flow, prompts, known: HashMap::new() }
    }

    fn prompt(&mut self, name: &Name) -> Duration {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let languages = self.flow.languages.iter();
        let facts = languages.filter_map(|lang| self.prompts.prompt(&lang.value, name));
        let length = facts.map(|it| it.length).max().unwrap_or_default();
        self.known.insert(name.clone(), length);
        length
    }

    fn all<'n>(&mut self, prompts: impl IntoIterator<Item = &'n Spanned<Name>>) -> Duration {
        prompts.into_iter().map(|it| self.prompt(&it.value)).sum()
    }

    /// Whether the caller could do something while the call leaves `action` so.
    #[expect(clippy::unused_self, reason = "one interface for what an action costs")]
    pub(super) fn waits(&self, action: &Action, by: By) -> bool {
        match by {
            By::Way(Way::Otherwise) => action.kind.patience().is_some(),
            By::Way(Way::Waited) => true,
            By::Way(_) | By::On | By::Skip => false,
        }
    }

    /// What leaving `action` so costs a caller who knows what to press, where lookups answer at once.
    pub(super) fn usual(&mut self, action: &Action, by: By) -> Toll {
        match (&action.kind, by) {
            (ActionKind::Menu(menu), By::Way(Way::Key(key))) => self.chosen(menu, key),
            (ActionKind::Ask(ask), By::On) => self.keyed(ask),
            (ActionKind::Lookup(_), _) => Toll::default(),
            (_, _) => self.worst(action, by),
        }
    }

    /// What leaving `action` so costs at most.
    pub(super) fn worst(&mut self, action: &Action, by: By) -> Toll {
        if by == By::Skip {
            return Toll::default();
        }
        match &action.kind {
            ActionKind::Play(play) => Toll::of(self.all(&play.prompts)),
            ActionKind::Say(_) => Toll::of(VALUE),
            ActionKind::Menu(menu) => {
                let patience = &menu.patience;
                let wait = self.no_input_after(patience);
                self.tried(&menu.prompt, patience, wait, 1)
            }
            ActionKind::Ask(ask) => {
                let (_, most) = ask.digits();
                let keys = u32::from(most.max(1)) + u32::from(ask.ends_with.is_some());
                let between = self.between_digits(ask);
                // The first key at the last moment, each other one, too; then the end is waited for, or comes by itself.
                let waited = if ask.ends_with.is_some() { keys.saturating_sub(1) } else { u32::from(most.max(1)) };
                let mut wait = self.no_input_after(&ask.patience) + between * waited;
                if let Some(confirm) = &ask.confirm {
                    wait += self.prompt(&confirm.prompt.value) + self.no_input_after(&ask.patience);
                }
                self.tried(&ask.prompt, &ask.patience, wait, keys)
            }
            ActionKind::Lookup(it) => Toll::of(self.looked_up(it)),
            ActionKind::Hangup(prompt) => Toll::of(self.all(prompt)),
            ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            // Who waits in a queue or is being connected has come to a person.
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_) => Toll::default(),
        }
    }

    /// All tries of a question, each heard to its end and answered wrongly at the last moment.
    fn tried(
        &mut self,
        prompt: &Spanned<Name>,
        patience: &Patience,
        wait: Duration,
        keys: u32,
    ) -> Toll {
        let tries = patience.tries.map_or(self.flow.defaults.tries, |it| it.value).max(1);
        let tries = u32::from(tries);
        let excuse = |written: &Option<Spanned<Name>>, or: &str| {
            written.as_ref().map_or_else(|| Name::from(or), |it| it.value.clone())
        };
        let excuses =
            [excuse(&patience.no_input, "no-input"), excuse(&patience.no_match, "no-match")];
        let excuse = excuses.iter().map(|it| self.prompt(it)).max().unwrap_or_default();
        let heard = self.prompt(&prompt.value).saturating_add(wait);
        let time = heard.saturating_mul(tries).saturating_add(excuse.saturating_mul(tries - 1));
        Toll { time, keys: keys.saturating_mul(tries) }
    }

    /// A key of a menu, pressed as soon as the words have named it, in the language that takes longest.
    fn chosen(&mut self, menu: &Menu, key: Key) -> Toll {
        let languages = self.flow.languages.iter();
        let facts = languages.filter_map(|it| self.prompts.prompt(&it.value, &menu.prompt.value));
        let said = facts.map(|facts| {
            let named = keys_named(facts.text).into_iter().find(|(it, _)| *it == key);
            let Some((_, at)) = named.filter(|_| menu.keys.interrupt) else { return facts.length };
            let rest = facts.text.get(at..).unwrap_or_default();
            let clause = rest.find(|it| ",.;!?，。；、！？".contains(it)).unwrap_or(rest.len());
            let before = facts.text.get(..at + clause).unwrap_or_default().chars().count();
            let all = facts.text.chars().count().max(1);
            let part = u32::try_from(before).unwrap_or(u32::MAX);
            facts.length.saturating_mul(part) / u32::try_from(all).unwrap_or(u32::MAX)
        });
        Toll { time: said.max().unwrap_or_default(), keys: 1 }
    }

    /// The shortest entry, keyed without haste after its prompt.
    fn keyed(&mut self, ask: &Ask) -> Toll {
        let (least, most) = ask.digits();
        let keys = u32::from(least.max(1)) + u32::from(ask.ends_with.is_some());
        let unsure = least != most && ask.ends_with.is_none();
        let waits = if unsure { self.between_digits(ask) } else { Duration::ZERO };
        let time = self.prompt(&ask.prompt.value).saturating_add(KEY * keys).saturating_add(waits);
        let taken = ask.confirm.as_ref().map(|it| self.prompt(&it.prompt.value));
        Toll { time: time + taken.unwrap_or_default(), keys: keys + u32::from(taken.is_some()) }
    }

    fn looked_up(&mut self, it: &LookUp) -> Duration {
        let lookup = self.flow.lookups.get(&it.lookup.value);
        let within = lookup.map_or(self.flow.defaults.within, |it| it.within);
        let longest = within.saturating_add(GRACE);
        match &it.meanwhile {
            // It is heard to its end.
            Some(prompt) if longest > MEANWHILE => {
                longest.max(MEANWHILE.saturating_add(self.prompt(&prompt.value)))
            }
            Some(_) | None => longest,
        }
    }

    fn no_input_after(&self, patience: &Patience) -> Duration {
        patience.no_input_after.map_or(self.flow.defaults.no_input_after, |it| it.value)
    }

    fn between_digits(&self, ask: &Ask) -> Duration {
        ask.between_digits.map_or(self.flow.defaults.between_digits, |it| it.value)
    }
}

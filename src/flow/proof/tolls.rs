//! What each action costs a caller: seconds out of the prompts' lengths and time-outs, and keys.
//!
//! docs/flows.md says the same in words; a kind of action has one arm here.

use std::collections::HashMap;
use std::time::Duration;

use super::Toll;
use super::inside::Inside;
use super::points::By;
use super::reach::Trouble;
use crate::diagnostic::Spanned;
use crate::flow::check::{Prompts, keys_named};
use crate::flow::graph::Way;
use crate::flow::model::{Action, ActionKind, Flow, LookUp, Menu, Name, Patience, Play};
use crate::secret::Key;

/// A value spoken alone: what the catalogue counts for one in a prompt.
const VALUE: Duration = Duration::from_millis(1_500);
/// A key of an entry, pressed without haste.
const KEY: Duration = Duration::from_millis(500);
/// What the interpreter grants a lookup beyond `within`.
const GRACE: Duration = Duration::from_millis(500);
/// The tone before a recording, and a little more.
const TONE: Duration = Duration::from_millis(500);
/// How long the interpreter waits until a recording, a case or a call back is stored.
const STORING: Duration = Duration::from_secs(5);
/// How long whoever has not begun to speak may think.
const THINKING: Duration = Duration::from_secs(5);
/// How long a recording may be where the flow does not say.
const RECORDED: Duration = Duration::from_secs(120);
/// How often a review or a question of a survey is asked.
const CHOICES: u32 = 2;
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

    /// What leaving `action` so costs a caller who knows what to press, where whatever is asked answers at once.
    pub(super) fn usual(&mut self, action: &Action, by: &By, inside: Option<&Inside>) -> Trouble {
        let Toll { time, keys } = match (&action.kind, by) {
            (ActionKind::Run(run), By::On | By::Way(_)) => {
                return inside.and_then(|it| it.usual(run, by)).unwrap_or_default();
            }
            (ActionKind::Menu(menu), By::Way(Way::Key(key))) => self.chosen(menu, *key),
            (ActionKind::Ask(ask), By::On) => {
                let end = ask.ends_with.is_some();
                let entry = self.keyed(&ask.prompt, ask.digits(), end, ask.between_digits);
                let taken = ask
                    .confirm
                    .as_ref()
                    .map(|it| Toll { time: self.prompt(&it.prompt.value), keys: 1 });
                entry.and(taken.unwrap_or_default())
            }
            (ActionKind::Verify(it), By::On) => {
                self.keyed(&it.prompt, it.digits(), it.ends_with.is_some(), it.between_digits)
            }
            // How long somebody speaks is up to them.
            (ActionKind::Record(it), By::On) => {
                let review = it.review.as_ref();
                let heard = review.map(|it| Toll { time: self.prompt(&it.prompt.value), keys: 1 });
                Toll::of(self.prompt(&it.prompt.value) + TONE).and(heard.unwrap_or_default())
            }
            (ActionKind::Survey(it), By::On) => {
                let asked = self.all(it.questions.iter().map(|it| &it.prompt));
                Toll { time: asked, keys: u32::try_from(it.questions.len()).unwrap_or(u32::MAX) }
            }
            // Its calendar may be closed.
            (ActionKind::Play(Play { on: Some(_), .. }), _) => Toll::default(),
            (ActionKind::Lookup(_) | ActionKind::Case(_) | ActionKind::Callback(_), _) => {
                Toll::default()
            }
            (_, _) => self.worst(action, by, inside),
        };
        let mishaps = u32::from(matches!(by, By::Way(way) if way.is_mishap()));
        Trouble { mishaps, keys, time }
    }

    /// What leaving `action` so costs at most.
    pub(super) fn worst(&mut self, action: &Action, by: &By, inside: Option<&Inside>) -> Toll {
        if *by == By::Skip {
            return Toll::default();
        }
        match &action.kind {
            ActionKind::Play(play) => {
                let once = match play.pick {
                    Some(_) => play.prompts.iter().map(|it| self.prompt(&it.value)).max(),
                    None => Some(self.all(&play.prompts)),
                };
                let times = play.repeat.map_or(1, |it| u32::from(it.value));
                Toll::of(once.unwrap_or_default() * times)
            }
            ActionKind::Say(_) => Toll::of(VALUE),
            ActionKind::Menu(menu) => {
                let wait = self.no_input_after(&menu.patience);
                self.tried(&menu.prompt, &menu.patience, wait, 1)
            }
            ActionKind::Ask(ask) => {
                let end = ask.ends_with.is_some();
                let (keys, mut wait) = self.entered(ask.digits(), end, ask.between_digits);
                wait += self.no_input_after(&ask.patience);
                if let Some(confirm) = &ask.confirm {
                    wait += self.prompt(&confirm.prompt.value) + self.no_input_after(&ask.patience);
                }
                self.tried(&ask.prompt, &ask.patience, wait, keys)
            }
            ActionKind::Verify(it) => {
                let end = it.ends_with.is_some();
                let (keys, mut wait) = self.entered(it.digits(), end, it.between_digits);
                wait += self.no_input_after(&it.patience) + self.within(&it.against.value) + GRACE;
                self.tried(&it.prompt, &it.patience, wait, keys)
            }
            ActionKind::Record(it) => {
                let most = it.at_most.map_or(RECORDED, |it| it.value).max(THINKING);
                let said = Toll::of(self.prompt(&it.prompt.value) + TONE + most + STORING);
                let review = it.review.as_ref().map(|it| self.chosen_from(&it.prompt.value));
                said.and(review.unwrap_or_default())
            }
            ActionKind::Survey(it) => {
                let asked = it.questions.iter().map(|it| self.chosen_from(&it.prompt.value));
                asked.fold(Toll::default(), Toll::and)
            }
            ActionKind::Lookup(it) => Toll::of(self.looked_up(it)),
            ActionKind::Case(_) | ActionKind::Callback(_) => Toll::of(STORING),
            ActionKind::Run(_) => inside.and_then(Inside::longest).unwrap_or_default(),
            ActionKind::Hangup(prompt) => Toll::of(self.all(prompt)),
            ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Notify(_)
            | ActionKind::Return(_)
            // Who waits in a queue or is being connected has come to a person.
            | ActionKind::Queue(_)
            | ActionKind::Conference(_)
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

    /// A key of a review or survey, never the right one, or silence.
    fn chosen_from(&mut self, prompt: &Name) -> Toll {
        let excuses = ["no-input", "no-match"].map(|it| self.prompt(&it.into()));
        let excuse = excuses.into_iter().max().unwrap_or_default();
        let heard = self.prompt(prompt).saturating_add(self.flow.defaults.no_input_after);
        Toll { time: heard * CHOICES + excuse * (CHOICES - 1), keys: CHOICES }
    }

    /// The longest entry: how many keys, and how long after the first of them.
    fn entered(
        &self,
        (_, most): (u8, u8),
        end: bool,
        between: Option<Spanned<Duration>>,
    ) -> (u32, Duration) {
        let digits = u32::from(most.max(1));
        // Each key comes at the last moment; then the end key does, too, or the end comes by itself.
        (digits + u32::from(end), self.between_digits(between) * digits)
    }

    /// The shortest entry, keyed without haste after its prompt.
    fn keyed(
        &mut self,
        prompt: &Spanned<Name>,
        (least, most): (u8, u8),
        end: bool,
        between: Option<Spanned<Duration>>,
    ) -> Toll {
        let keys = u32::from(least.max(1)) + u32::from(end);
        let unsure = least != most && !end;
        let waits = if unsure { self.between_digits(between) } else { Duration::ZERO };
        let time = self.prompt(&prompt.value).saturating_add(KEY * keys).saturating_add(waits);
        Toll { time, keys }
    }

    fn within(&self, lookup: &Name) -> Duration {
        self.flow.lookups.get(lookup).map_or(self.flow.defaults.within, |it| it.within)
    }

    fn looked_up(&mut self, it: &LookUp) -> Duration {
        let longest = self.within(&it.lookup.value).saturating_add(GRACE);
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

    fn between_digits(&self, written: Option<Spanned<Duration>>) -> Duration {
        written.map_or(self.flow.defaults.between_digits, |it| it.value)
    }
}

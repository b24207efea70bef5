//! What one step does, in pieces that can be compared: its ways, its prompts, its settings.

use std::time::Duration;

use indexmap::IndexMap;

use crate::diagnostic::Spanned;
use crate::flow::check::spoken;
use crate::flow::expr::Expr;
use crate::flow::graph::Way;
use crate::flow::model::{ActionKind, Keying, Name, Patience, Pick, Review, Step, TransferKind};
use crate::flow::proof::seconds;
use crate::secret::Key;

/// One step.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Where each key of its menus leads.
    pub(super) keys: IndexMap<Key, Name>,
    /// Where anything else leads, by its occasion in words.
    pub(super) ways: IndexMap<String, Name>,
    /// What it speaks, in order.
    pub(super) prompts: Vec<Name>,
    /// How callers are waited for.
    pub(super) patience: IndexMap<String, String>,
    /// All else that it says.
    pub(super) settings: IndexMap<String, String>,
}

impl Facts {
    pub(super) fn of(step: &Step) -> Self {
        let mut facts = Self::default();
        for action in &step.actions {
            let label = facts.settle(&action.kind);
            for (way, target) in action.kind.ways() {
                let to = target.value.clone();
                match (&action.kind, way) {
                    (ActionKind::Menu(_), Way::Key(key)) => drop(facts.keys.insert(key, to)),
                    (_, way) => drop(facts.ways.insert(occasion(&label, way), to)),
                }
            }
            let spoken = spoken(action).into_iter().filter(|it| it.named);
            facts.prompts.extend(spoken.map(|it| Name::from(it.name)));
            if let Some(when) = &action.when {
                facts.settings.insert(format!("{label} only when"), when.to_string());
            }
        }
        facts
    }

    /// The settings of one action, and what it is called in a sentence.
    fn settle(&mut self, kind: &ActionKind) -> String {
        match kind {
            ActionKind::Play(play) => {
                let names: Vec<&str> = play.prompts.iter().map(|it| &*it.value).collect();
                let label = format!("`{}`", names.join("`, `"));
                let pick = play.pick.map(|it| match it.value {
                    Pick::Random => "any of them".to_owned(),
                    Pick::Rotate => "one after the other, from call to call".to_owned(),
                });
                self.set(&label, "means only", pick);
                let times = play.repeat.map(|it| it.value.to_string());
                self.set(&label, "is heard this often:", times);
                let louder = (play.volume_db != 0).then(|| format!("{:+} dB", play.volume_db));
                self.set(&label, "is louder by", louder);
                self.set(&label, "is heard only while this is open:", name(play.on.as_ref()));
                self.keying(&label, play.keys);
                label
            }
            ActionKind::Menu(menu) => {
                self.keying("the menu", menu.keys);
                self.patience("the menu", &menu.patience);
                "the menu".to_owned()
            }
            ActionKind::Ask(ask) => {
                let label = format!("the question for `{}`", ask.into.value);
                self.keying(&label, ask.keys);
                self.patience(&label, &ask.patience);
                let between = ask.between_digits.map(|it| seconds(it.value));
                self.wait(&label, "waits between two digits for", between);
                self.set(&label, "takes this many digits:", ask.length.map(|it| digits(it.value)));
                let end = ask.ends_with.map(|it| it.value.symbol().to_string());
                self.set(&label, "ends with key", end);
                let between =
                    ask.tests.between.as_ref().map(|it| format!("{} to {}", it.least, it.most));
                self.set(&label, "takes values from", between);
                let confirm = ask.confirm.as_ref().map(|it| &it.prompt);
                self.set(&label, "is read back with", name(confirm));
                self.set(&label, "is of type", Some(ask.kind.value.to_string()));
                label
            }
            ActionKind::Say(say) => {
                self.set("", "says the value of", Some(format!("`{}`", say.value)));
                let label = format!("`{}`", say.value);
                let kind = say.kind.as_ref().map(|it| it.value.to_string());
                self.set(&label, "is read as", kind);
                self.set(&label, "is counted in", name(say.unit.as_ref()));
                format!("`{}`", say.value)
            }
            ActionKind::Set(sets) => {
                for it in sets {
                    self.set(
                        &format!("`{}`", it.name.value),
                        "is set to",
                        Some(it.value.to_string()),
                    );
                }
                "a `set`".to_owned()
            }
            ActionKind::If(fork) => format!("`{}`", fork.condition),
            ActionKind::Goto(it) => {
                self.set("the agent", "is told the reason", name(it.because.as_ref()));
                "a `goto`".to_owned()
            }
            ActionKind::Lookup(it) => {
                let label = format!("lookup `{}`", it.lookup.value);
                self.set("", "asks", Some(label.clone()));
                self.told(&label, &it.with);
                label
            }
            ActionKind::Hours(hours) => {
                self.set("", "follows the calendar", name(Some(&hours.calendar)));
                format!("calendar `{}`", hours.calendar.value)
            }
            ActionKind::Language(lang) => {
                self.set("", "goes on in", Some(lang.value.to_string()));
                "a `language`".to_owned()
            }
            ActionKind::Queue(queue) => {
                self.set("", "waits in the queue", name(Some(&queue.queue)));
                let wait = queue.max_wait.map(|it| seconds(it.value));
                self.wait("the queue", "is waited in for at most", wait);
                let priority = queue.priority.as_ref().map(ToString::to_string);
                self.set("the queue", "gives the priority", priority);
                self.set("the agent", "is told the reason", name(queue.because.as_ref()));
                "the queue".to_owned()
            }
            ActionKind::Transfer(it) => {
                self.set("", "calls", Some(it.to.to_string()));
                let kind = match it.kind {
                    TransferKind::Bridge => "bridge",
                    TransferKind::Blind => "blind",
                };
                self.set("the transfer", "is", Some(kind.to_owned()));
                let rings = it.ring_for.map(|it| seconds(it.value));
                self.wait("the transfer", "rings for", rings);
                self.set("the other side", "is told the reason", name(it.because.as_ref()));
                "the transfer".to_owned()
            }
            ActionKind::Verify(it) => {
                let label = format!("the secret of `{}`", it.against.value);
                self.keying(&label, it.keys);
                self.patience(&label, &it.patience);
                let between = it.between_digits.map(|it| seconds(it.value));
                self.wait(&label, "waits between two digits for", between);
                self.set(&label, "takes this many digits:", it.length.map(|it| digits(it.value)));
                let end = it.ends_with.map(|it| it.value.symbol().to_string());
                self.set(&label, "ends with key", end);
                self.told(&label, &it.with);
                self.set(&label, "belongs to", Some(it.account.to_string()));
                let wrong = it.locks_after.map(|it| it.value.to_string());
                self.set(&label, "locks after this many wrong ones:", wrong);
                let locked = it.locked_for.map(|it| seconds(it.value));
                self.set(&label, "locks for", locked);
                label
            }
            ActionKind::Case(it) => {
                let label = format!("case `{}`", it.kind.value);
                self.set("", "opens", Some(label.clone()));
                self.set(&label, "is about", name(it.about.as_ref()));
                self.told(&label, &it.with);
                label
            }
            ActionKind::Callback(it) => {
                self.set("", "promises a call back by the queue", name(Some(&it.queue)));
                self.set("the call back", "goes to", Some(it.number.to_string()));
                let within = it.within.map(|it| seconds(it.value));
                self.set("the call back", "comes within", within);
                self.set("the agent", "is told the reason", name(it.because.as_ref()));
                "the call back".to_owned()
            }
            ActionKind::Notify(it) => {
                let label = format!("`{}`", it.to.value);
                self.set("", "tells", Some(label.clone()));
                self.told(&label, &it.with);
                format!("the word to {label}")
            }
            ActionKind::Record(it) => {
                let label = format!("the recording `{}`", it.into.value);
                self.keying(&label, it.keys);
                self.wait(&label, "may take", it.at_most.map(|it| seconds(it.value)));
                self.wait(&label, "ends after silence of", it.silence.map(|it| seconds(it.value)));
                let end = it.ends_with.map(|it| it.value.symbol().to_string());
                self.set(&label, "ends with key", end);
                for (does, key) in it.review.iter().flat_map(Review::keys) {
                    let key = key.value.symbol().to_string();
                    self.set(&label, &format!("has for `{does}` the key"), Some(key));
                }
                label
            }
            ActionKind::Survey(it) => {
                let label = format!("survey `{}`", it.name.value);
                self.set("", "asks", Some(label.clone()));
                for question in &it.questions {
                    let (least, most) = question.keys.value;
                    let keys = format!("{least} to {most}");
                    self.set(&label, &format!("takes for `{}`", question.name.value), Some(keys));
                }
                label
            }
            ActionKind::Conference(it) => {
                let called: Vec<String> = it.with.iter().map(ToString::to_string).collect();
                self.set("the conference", "brings in", Some(called.join(", ")));
                self.set("the conference", "is called", Some(it.room.to_string()));
                let end = it.ends_with.map(|it| it.value.symbol().to_string());
                self.set("the conference", "ends with key", end);
                let rings = it.ring_for.map(|it| seconds(it.value));
                self.wait("the conference", "rings for", rings);
                self.set("the others", "are told the reason", name(it.because.as_ref()));
                "the conference".to_owned()
            }
            ActionKind::Run(it) => {
                let label = format!("flow `{}`", it.flow.value);
                self.set("", "goes through", Some(label.clone()));
                self.told(&label, &it.with);
                label
            }
            ActionKind::Return(exit) => {
                let way = name(exit.as_ref()).unwrap_or_else(|| "behind the `run`".to_owned());
                self.set("", "goes back", Some(way));
                "a `return`".to_owned()
            }
            ActionKind::Hangup(_) => {
                self.set("", "ends the call", Some("here".to_owned()));
                "the goodbye".to_owned()
            }
        }
    }

    fn told(&mut self, label: &str, with: &[(Spanned<Name>, Expr)]) {
        for (name, value) in with {
            self.set(label, &format!("gets as `{}`", name.value), Some(value.to_string()));
        }
    }

    fn set(&mut self, label: &str, verb: &str, value: Option<String>) {
        if let Some(value) = value {
            self.settings.insert(format!("{label} {verb}").trim().to_owned(), value);
        }
    }

    fn wait(&mut self, label: &str, verb: &str, value: Option<String>) {
        if let Some(value) = value {
            self.patience.insert(format!("{label} {verb}"), value);
        }
    }

    fn keying(&mut self, label: &str, keys: Keying) {
        let no = |it: bool| (!it).then(|| "no".to_owned());
        self.set(label, "can be interrupted:", no(keys.interrupt));
        self.set(label, "counts keys pressed before it:", no(keys.type_ahead));
    }

    fn patience(&mut self, label: &str, patience: &Patience) {
        let wait: Option<Duration> = patience.no_input_after.map(|it| it.value);
        self.wait(label, "waits for a key for", wait.map(seconds));
        let tries = patience.tries.map(|it| it.value.to_string());
        self.wait(label, "is asked this often:", tries);
    }
}

fn digits((least, most): (u8, u8)) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

fn name(it: Option<&Spanned<Name>>) -> Option<String> {
    it.map(|it| format!("`{}`", it.value))
}

/// When a way is gone, as the subject of a sentence.
fn occasion(label: &str, way: Way) -> String {
    match way {
        Way::Key(key) => format!("key {} in {label}", key.symbol()),
        Way::Otherwise => format!("{label} without success"),
        Way::Goto => "the end of the step".to_owned(),
        Way::Then => format!("{label}, if it is so,"),
        Way::Else => format!("{label}, if it is not so,"),
        Way::NotFound => format!("{label} without a result"),
        Way::Failed => format!("{label} that fails"),
        Way::Closed => format!("{label} when it is closed"),
        Way::NoAgents => format!("{label} without agents"),
        Way::Full => format!("{label} when it is full"),
        Way::Waited => format!("{label} after the longest wait"),
        Way::Busy => format!("{label} when it is busy"),
        Way::NoAnswer => format!("{label} without an answer"),
        Way::Unknown => format!("{label} of which nobody knows what it did"),
        Way::Locked => format!("{label} when it is locked"),
        Way::NoNumber => format!("{label} without a number"),
        Way::Nothing => format!("{label} without a word"),
        Way::Exit(exit) => format!("{label}, when it comes back by `{exit}`,"),
        Way::After => format!("{label} after the talk"),
    }
}

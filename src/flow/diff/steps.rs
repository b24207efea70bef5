//! Which step is which, and what each does differently.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;

use indexmap::IndexMap;

use super::facts::Facts;
use super::{About, Change, add};
use crate::flow::model::{Flow, Name, Step};

/// The most steps without a namesake that are compared with each other.
pub(super) const MOST: usize = 200;
/// How much of two steps has to be the same for one to be the other under a new name.
const ALIKE: f64 = 0.6;

/// Steps of both versions, by their old names.
pub(super) struct Matched {
    /// The new name of each old step that is still there.
    pub(super) new_name: HashMap<Name, Name>,
    old_name: HashMap<Name, Name>,
}

impl Matched {
    /// A step of the old version by its new name, if it has one.
    pub(super) fn now(&self, old: &Name) -> Name {
        self.new_name.get(old).unwrap_or(old).clone()
    }

    pub(super) fn is_new(&self, new: &Name) -> bool {
        !self.old_name.contains_key(new)
    }
}

/// Steps with the same name are the same; of the others, those that do nearly the same.
pub(super) fn matched(old: &Flow, new: &Flow) -> Matched {
    let mut matched = Matched { new_name: HashMap::new(), old_name: HashMap::new() };
    let mut pair = |old: &Name, new: &Name| {
        matched.new_name.insert(old.clone(), new.clone());
        matched.old_name.insert(new.clone(), old.clone());
    };
    old.steps.keys().filter(|it| new.steps.contains_key(*it)).for_each(|it| pair(it, it));
    let alone = |one: &Flow, other: &Flow| -> Vec<(Name, HashSet<String>)> {
        let steps = one.steps.iter().filter(|(name, _)| !other.steps.contains_key(*name));
        steps.take(MOST).map(|(name, step)| (name.clone(), lines(step))).collect()
    };
    let (gone, mut come) = (alone(old, new), alone(new, old));
    for (old_name, was) in gone {
        let likeness = |is: &HashSet<String>| {
            let (same, all) = (was.intersection(is).count(), was.union(is).count());
            f64::from(u32::try_from(same).unwrap_or(0))
                / f64::from(u32::try_from(all.max(1)).unwrap_or(1))
        };
        let mut best: Option<(usize, f64)> = None;
        for (at, (_, is)) in come.iter().enumerate() {
            let like = likeness(is);
            if like >= ALIKE && best.is_none_or(|(_, so_far)| like > so_far) {
                best = Some((at, like));
            }
        }
        if let Some((at, _)) = best {
            pair(&old_name, &come.remove(at).0);
        }
    }
    matched
}

/// What a step does, line by line; where it leads counts, too, as do its prompts.
fn lines(step: &Step) -> HashSet<String> {
    let facts = Facts::of(step);
    let keys = facts.keys.iter().map(|(key, to)| format!("{} {to}", key.symbol()));
    let ways = facts.ways.iter().map(|(on, to)| format!("{on} {to}"));
    let prompts = facts.prompts.iter().map(|it| format!("speaks {it}"));
    let settings =
        facts.settings.iter().chain(&facts.patience).map(|(is, it)| format!("{is} {it}"));
    keys.chain(ways).chain(prompts).chain(settings).collect()
}

/// What has become of each step.
pub(super) fn compare(old: &Flow, new: &Flow, matched: &Matched, changes: &mut Vec<Change>) {
    for (name, step) in &old.steps {
        let Some((now, it)) =
            matched.new_name.get(name).and_then(|now| Some((now, new.steps.get(now)?)))
        else {
            add(changes, About::Step, Some(name), format!("the step `{name}` is gone"));
            continue;
        };
        if now != name {
            add(
                changes,
                About::Step,
                Some(now),
                format!("the step `{name}` is called `{now}` now"),
            );
        }
        step_by_step(now, &Facts::of(step), &Facts::of(it), matched, changes);
    }
    for name in new.steps.keys().filter(|it| matched.is_new(it)) {
        add(changes, About::Step, Some(name), format!("the step `{name}` is new"));
    }
}

fn step_by_step(
    step: &Name,
    old: &Facts,
    new: &Facts,
    matched: &Matched,
    changes: &mut Vec<Change>,
) {
    let was = |ways: &IndexMap<_, Name>| -> IndexMap<_, Name> {
        ways.iter().map(|(on, to)| (*on, matched.now(to))).collect()
    };
    keys(step, &was(&old.keys), &new.keys, changes);
    let old_ways: IndexMap<String, Name> =
        old.ways.iter().map(|(on, to)| (on.clone(), matched.now(to))).collect();
    each(&old_ways, &new.ways, |on, was, is| {
        let says = match (was, is) {
            (Some(was), Some(is)) => format!("{step}: {on} leads to `{is}`, no longer to `{was}`"),
            (None, Some(is)) => format!("{step}: {on} leads to `{is}` now"),
            (Some(was), None) => format!("{step}: {on} no longer leads to `{was}`"),
            (None, None) => return,
        };
        add(changes, About::Branch, Some(step), says);
    });
    spoken(step, &old.prompts, &new.prompts, changes);
    for (about, old, new) in [
        (About::Patience, &old.patience, &new.patience),
        (About::Setting, &old.settings, &new.settings),
    ] {
        each(old, new, |what, was, is| {
            let says = match (was, is) {
                (Some(was), Some(is)) => format!("{step}: {what} {is}, no longer {was}"),
                (None, Some(is)) => format!("{step}: {what} {is} now"),
                (Some(was), None) => format!("{step}: {what} {was} no longer"),
                (None, None) => return,
            };
            add(changes, about, Some(step), says);
        });
    }
}

fn keys<K: Copy + Eq + Hash + Symbol>(
    step: &Name,
    old: &IndexMap<K, Name>,
    new: &IndexMap<K, Name>,
    changes: &mut Vec<Change>,
) {
    // What is on one key in both versions, and not on the same, has moved.
    let only = |keys: &IndexMap<K, Name>, to: &Name| {
        let mut on = keys.iter().filter(|(_, it)| *it == to).map(|(key, _)| *key);
        on.next().filter(|_| on.next().is_none())
    };
    let mut moved_from = HashSet::new();
    let mut moved_to = HashSet::new();
    for (key, to) in old {
        if let (Some(_), Some(now)) = (only(old, to), only(new, to))
            && now != *key
        {
            moved_from.insert(*key);
            moved_to.insert(now);
            let says = format!(
                "{step}: `{to}` is on key {}, no longer on key {}",
                now.symbol(),
                key.symbol()
            );
            add(changes, About::Key, Some(step), says);
        }
    }
    each(old, new, |key, was, is| {
        let was = was.filter(|_| !moved_from.contains(key));
        let is = is.filter(|_| !moved_to.contains(key));
        let key = key.symbol();
        let says = match (was, is) {
            (Some(was), Some(is)) => {
                format!("{step}: key {key} leads to `{is}`, no longer to `{was}`")
            }
            (None, Some(is)) => format!("{step}: key {key} leads to `{is}` now"),
            (Some(was), None) => format!("{step}: `{was}` is no longer on key {key}"),
            (None, None) => return,
        };
        add(changes, About::Key, Some(step), says);
    });
}

trait Symbol {
    fn symbol(&self) -> char;
}

impl Symbol for crate::secret::Key {
    fn symbol(&self) -> char {
        Self::symbol(*self)
    }
}

fn spoken(step: &Name, old: &[Name], new: &[Name], changes: &mut Vec<Change>) {
    let has = |list: &[Name], name: &Name| list.contains(name);
    let gone: Vec<_> = old.iter().filter(|it| !has(new, it)).collect();
    let come: Vec<_> = new.iter().filter(|it| !has(old, it)).collect();
    let mut say = |says| add(changes, About::Prompt, Some(step), says);
    if let ([was], [is]) = (gone.as_slice(), come.as_slice()) {
        return say(format!("{step}: speaks `{is}` instead of `{was}`"));
    }
    gone.iter().for_each(|it| say(format!("{step}: no longer speaks `{it}`")));
    come.iter().for_each(|it| say(format!("{step}: speaks `{it}`, too")));
    if gone.is_empty() && come.is_empty() && old != new {
        say(format!("{step}: speaks the same in another order"));
    }
}

/// Visits what differs: first what the old map has, in its order, then what only the new one has.
pub(super) fn each<K: Eq + Hash, V: PartialEq>(
    old: &IndexMap<K, V>,
    new: &IndexMap<K, V>,
    mut differs: impl FnMut(&K, Option<&V>, Option<&V>),
) {
    for (key, was) in old {
        let is = new.get(key);
        if is != Some(was) {
            differs(key, Some(was), is);
        }
    }
    for (key, is) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        differs(key, None, Some(is));
    }
}

/// `a, b`, or a word for nothing.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|it| it.to_string()).collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

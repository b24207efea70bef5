//! What a caller does next: five kinds of them.

use super::chance::Chance;
use crate::flow::Way;
use crate::flow::model::{Action, ActionKind, Ask, Tests};
use crate::secret::Key;
use crate::sim::explore::passing;
use crate::sim::secrets::{right, wrong};
use crate::sim::watch::SECRET;
use crate::value::Type;

/// What kind of person calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Presses next to nothing.
    Silent,
    /// Presses before anybody has finished asking, for the next question, too.
    Hasty,
    /// Presses what was not offered, too little, too late.
    Confused,
    /// Tries everything: floods of keys, the same secret again and again, hanging up in the middle.
    Malicious,
    /// Does everything right, and nothing works.
    Unlucky,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Silent, Self::Hasty, Self::Confused, Self::Malicious, Self::Unlucky];

    /// What such a caller is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Hasty => "hasty",
            Self::Confused => "confused",
            Self::Malicious => "malicious",
            Self::Unlucky => "unlucky",
        }
    }

    /// How often, in a hundred, such a caller listens to the end before doing something.
    pub(super) const fn listens(self) -> usize {
        match self {
            Self::Silent | Self::Unlucky => 90,
            Self::Confused => 60,
            Self::Malicious => 40,
            Self::Hasty => 5,
        }
    }

    /// How often, in a hundred, such a caller does what was asked for.
    const fn obeys(self) -> usize {
        match self {
            Self::Silent => 10,
            Self::Hasty => 90,
            Self::Confused => 45,
            Self::Malicious => 50,
            Self::Unlucky => 97,
        }
    }

    /// How often, in a thousand, such a caller hangs up rather than do anything else.
    pub(super) const fn leaves(self) -> usize {
        match self {
            Self::Silent | Self::Unlucky => 10,
            Self::Hasty | Self::Confused => 20,
            Self::Malicious => 40,
        }
    }
}

/// The keys that such a caller presses at `action`; none for silence.
pub(super) fn keys(kind: Kind, action: &Action, chance: &mut Chance) -> Vec<Key> {
    if kind == Kind::Silent && chance.percent(85) {
        return Vec::new();
    }
    if !chance.percent(kind.obeys()) {
        return match kind {
            Kind::Malicious => any(chance, 80),
            Kind::Silent | Kind::Hasty | Kind::Confused | Kind::Unlucky => match chance.below(3) {
                0 => Vec::new(),
                1 => any(chance, 2),
                _ => any(chance, 15),
            },
        };
    }
    if let ActionKind::Ask(ask) = &action.kind {
        // Which of its two questions is asked, a caller hears and this does not.
        return match &ask.confirm {
            Some(it) if chance.percent(40) => {
                vec![if chance.percent(75) { it.yes.value } else { it.no.value }]
            }
            Some(_) | None => entry(ask, chance),
        };
    }
    if let ActionKind::Verify(verify) = &action.kind {
        // Most mistype, forgot it, or never knew it.
        let secret = if chance.percent(40) { right(verify) } else { wrong(verify) };
        return keyed(&secret, verify.ends_with.map(|it| it.value));
    }
    let ways = action.kind.ways();
    let offered: Vec<Key> = ways
        .iter()
        .filter_map(|(way, _)| if let Way::Key(key) = way { Some(*key) } else { None })
        .collect();
    chance.pick(&offered).copied().into_iter().collect()
}

/// Any keys, at most so many.
fn any(chance: &mut Chance, most: usize) -> Vec<Key> {
    let many = 1 + chance.below(most);
    // Nothing that is no secret may look like one.
    let figures: Vec<char> = "01235679*#AD".chars().collect();
    (0..many).filter_map(|_| Key::from_symbol(*chance.pick(&figures)?)).collect()
}

/// Numbers that callers have.
pub(super) const OWN: [&str; 3] = ["13800000001", "20260001", "99999999"];

/// What is asked for, as far as its type tells.
fn entry(ask: &Ask, chance: &mut Chance) -> Vec<Key> {
    let typical = match &ask.kind.value {
        Type::Text | Type::Digits | Type::Phone | Type::Secret | Type::Recording => None,
        Type::Number | Type::Percent => chance.pick(&["1", "12", "100", "0", "3"]),
        Type::Money => chance.pick(&["1", "50", "12*50", "0", "100"]),
        Type::Date => chance.pick(&["20261126", "1126", "20260101"]),
        Type::Time => chance.pick(&["0930", "1500", "2359"]),
        Type::DateTime => chance.pick(&["202611261500"]),
        Type::Duration => chance.pick(&["30", "1*30"]),
        Type::YesNo => chance.pick(&["1", "2"]),
        Type::Choice(words) => {
            let nth = (1 + chance.below(words.len())).to_string();
            return keys_of(&nth, ask);
        }
    };
    if let Some(typical) = typical {
        return keys_of(typical, ask);
    }
    let (least, most) = ask.length.map_or((4, 12), |it| it.value);
    let length = usize::from(least) + chance.below(usize::from(most.saturating_sub(least)) + 1);
    let figures: String = if ask.kind.value == Type::Secret {
        SECRET.chars().chain("1357".chars().cycle()).take(length.max(1)).collect()
    } else {
        // Numbers that are the same from one time to the next, and others.
        match chance.pick(&OWN) {
            Some(own) if own.len() == length => (*own).to_owned(),
            Some(_) | None => (0..length.max(1))
                .map(|_| {
                    ['0', '1', '2', '3', '5', '7', '9'].get(chance.below(7)).copied().unwrap_or('1')
                })
                .collect(),
        }
    };
    // Numbers with check digits stand on a card, from which three of four are read without a mistake.
    let is_checked = ask.kind.value != Type::Secret && ask.tests != Tests::default();
    let figures = if is_checked && chance.percent(75) { passing(ask, &figures) } else { figures };
    keys_of(&figures, ask)
}

fn keys_of(figures: &str, ask: &Ask) -> Vec<Key> {
    keyed(figures, ask.ends_with.map(|it| it.value))
}

fn keyed(figures: &str, end: Option<Key>) -> Vec<Key> {
    figures.chars().filter_map(Key::from_symbol).chain(end).collect()
}

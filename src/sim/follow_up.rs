//! What the call of a scenario leaves for after it, and the lines that expect it: `opens_case`, `asks_callback`,
//! `notifies`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fields::{Found, pairs, unknown};
use super::scenario::World;
use crate::call::{CallBack, Kept, Notice, OpenCase, Told};
use crate::diagnostic::{Span, Spanned};
use crate::flow::model::Name;
use crate::yaml::{Kind, Node};

/// What stands under `fails` beside lookups, for what cannot be kept then.
pub(super) const KEEPERS: [&str; 3] = ["case", "callback", "notify"];

/// Something that the call left, as lines speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) what: Leaving,
    /// The kind, the queue, or who is told; then everything else by its name.
    told: Told,
}

/// The ways to leave something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// A case is opened.
    Case,
    /// A call back is promised.
    Callback,
    /// Somebody else is told.
    Notice,
}

impl Leaving {
    /// The line that expects it, and what its subject is called.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Case => ("opens_case", "kind"),
            Self::Callback => ("asks_callback", "queue"),
            Self::Notice => ("notifies", "to"),
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Case => "opens no case",
            Self::Callback => "asks for no call back",
            Self::Notice => "tells nobody else",
        }
    }

    /// The line that expects it.
    pub(super) const fn line(self) -> &'static str {
        self.words().0
    }

    /// The line called `name`.
    pub(super) fn of_line(name: &str) -> Option<Self> {
        [Self::Case, Self::Callback, Self::Notice].into_iter().find(|it| it.words().0 == name)
    }
}

/// What a line expects: by name, all of it must be so; what it does not name may be anything.
pub(super) type Expected = Vec<(Spanned<String>, Spanned<String>)>;

/// `complaint`, or `{ kind: complaint, about: late, what: "…" }`
pub(super) fn expected(
    leaving: Leaving,
    node: &Node,
    at: Span,
    found: &mut Found,
) -> Option<Expected> {
    let (_, subject) = leaving.words();
    match &node.kind {
        Kind::Null => Some(Expected::new()),
        Kind::Scalar(scalar) => {
            let name = Spanned::new(subject.to_owned(), at);
            Some(vec![(name, Spanned::new(scalar.text.clone(), node.span))])
        }
        Kind::Map(_) | Kind::List(_) => Some(pairs(node, at, found)),
    }
}

/// A lookup, or one of [`KEEPERS`].
pub(super) fn keeper(name: &Node) -> Option<Name> {
    let text = name.text()?;
    KEEPERS.contains(&text).then(|| text.into())
}

/// Reports a name that is neither.
pub(super) fn unknown_failing<'a>(
    name: &Node,
    lookups: impl Iterator<Item = &'a str> + Clone,
    found: &mut Found,
) {
    unknown("the lookup", name, lookups.chain(KEEPERS), found);
}

/// Why a line about something left is wrong.
pub(super) struct Wrong {
    pub(super) says: String,
    pub(super) help: Option<String>,
    pub(super) at: Option<Span>,
}

/// Takes the next thing of this kind that the call left, and what else came of it.
pub(super) fn take(
    left: &mut VecDeque<Left>,
    leaving: Leaving,
    expected: &Expected,
) -> Result<(), Wrong> {
    let Some(at) = left.iter().position(|it| it.what == leaving) else {
        let says = format!("the call {} here", leaving.said());
        return Err(Wrong { says, help: None, at: None });
    };
    let Some(it) = left.remove(at) else { return Ok(()) }; // found above
    for (name, value) in expected {
        let (says, at) = match it.told.get(name.value.as_str()) {
            Some(told) if *told == value.value => continue,
            Some(told) => {
                (format!("`{}` is `{told}`, not `{}`", name.value, value.value), value.span)
            }
            None => (format!("nothing is told as `{}`", name.value), name.span),
        };
        let told: Vec<_> = it.told.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let help = format!("told is {{ {} }}", told.join(", "));
        return Err(Wrong { says, help: Some(help), at: Some(at) });
    }
    Ok(())
}

impl Left {
    fn new<'a>(
        what: Leaving,
        subject: &Name,
        own: impl IntoIterator<Item = (&'a str, Option<String>)>,
        with: &Told,
    ) -> Self {
        let mut told = Told::new();
        told.insert(what.words().1.into(), subject.to_string());
        let own = own.into_iter().filter_map(|(name, value)| Some((Arc::from(name), value?)));
        told.extend(own);
        // A designer's name never hides one of ours.
        for (name, value) in with {
            told.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Self { what, told }
    }

    pub(super) fn case(it: &OpenCase) -> Self {
        let about = it.about.as_ref().map(ToString::to_string);
        Self::new(Leaving::Case, &it.kind, [("about", about)], &it.with)
    }

    pub(super) fn callback(it: &CallBack) -> Self {
        let because = it.because.as_ref().map(ToString::to_string);
        let own = [("number", Some(it.number.to_string())), ("because", because)];
        Self::new(Leaving::Callback, &it.queue, own, &Told::new())
    }

    pub(super) fn notice(it: &Notice) -> Self {
        Self::new(Leaving::Notice, &it.to, [], &it.with)
    }

    /// How the transcript tells it.
    pub(super) fn line(&self, works: bool) -> String {
        let what = match self.what {
            Leaving::Case => "case",
            Leaving::Callback => "call back",
            Leaving::Notice => "notice",
        };
        let told: Vec<_> =
            self.told.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{what}({}){}", told.join(", "), if works { "" } else { ": fails" })
    }
}

impl World {
    /// Whether what is called so (`case`, a lookup) works.
    pub(super) fn works(&self, name: &str) -> bool {
        !self.fails.iter().any(|it| **it == *name)
    }

    /// What the store says to the case that is the `nth` of the call, from 1.
    pub(super) fn case(&self, nth: u32) -> Kept {
        let number = 1_000_000_u32.saturating_add(nth).to_string();
        if self.works("case") { Kept::Case { number: number.into() } } else { Kept::Failed }
    }
}

//! A flow as a picture: its steps as boxes, the ways between them as arrows with the keys and occasions on them.
//!
//! [`Picture::of`] says what is drawn; `mermaid`, `dot` and `html` write it down, `layout` places it for the page.

mod covered;
mod dot;
mod html;
mod layout;
mod mermaid;
#[cfg(test)]
mod tests;
mod traffic;

use indexmap::IndexMap;

pub use self::covered::{Cover, Covered, covered_page};
pub use self::traffic::{EndOfCall, Ends, Stepped, Traffic, Walked};

use super::graph::{Graph, Way};
use super::model::{Action, ActionKind, Flow, Lang, Name, TransferKind};
use crate::speech::Catalogues;

/// What is drawn of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The flow's name, and what people call it.
    title: String,
    boxes: Vec<StepBox>,
    arrows: Vec<Arrow>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StepBox {
    name: Name,
    /// What it does, a line an action: `menu main-menu`.
    lines: Vec<String>,
    /// What callers hear in it, by prompt and language.
    words: Vec<(Name, Lang, String)>,
    role: Role,
}

/// What a step is in the course of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Calls begin here.
    Start,
    /// Here a caller is brought to somebody.
    Person,
    /// Calls end here, or go back to the flow that runs this one.
    End,
    /// Nobody comes here.
    Unreached,
    /// Anything between.
    Between,
}

/// All ways from one step to another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrow {
    /// Indices of boxes.
    from: usize,
    to: usize,
    /// The occasions, in the order written: `1`, `otherwise`. Empty for one that is always gone.
    label: String,
}

impl Picture {
    /// What is to be drawn of `flow`, with the words of its prompts in each of its languages.
    #[must_use]
    pub fn of(flow: &Flow, catalogues: &Catalogues) -> Self {
        let graph = Graph::new(flow);
        let title = flow.title.values().next();
        let title = title
            .map_or_else(|| flow.name.value.to_string(), |it| format!("{}: {it}", flow.name.value));
        let start = flow.steps.get_index_of(&flow.start.value);
        let boxes = flow.steps.values().enumerate().map(|(at, step)| StepBox {
            name: step.name.value.clone(),
            lines: step.actions.iter().filter_map(line).collect(),
            words: words(flow, &step.actions, catalogues),
            role: if start == Some(at) {
                Role::Start
            } else if graph.is_reached(at) {
                role(&step.actions)
            } else {
                Role::Unreached
            },
        });
        let mut joined: IndexMap<(usize, usize), Vec<String>> = IndexMap::new();
        for (from, step) in flow.steps.values().enumerate() {
            for action in &step.actions {
                for (way, target) in action.kind.ways() {
                    let Some(to) = flow.steps.get_index_of(&target.value) else { continue };
                    let occasions = joined.entry((from, to)).or_default();
                    let occasion = occasion(way, action);
                    if !occasion.is_empty() && !occasions.contains(&occasion) {
                        occasions.push(occasion);
                    }
                }
                if action.ends_its_step() {
                    break;
                }
            }
        }
        let arrows = joined.into_iter().map(|((from, to), occasions)| Arrow {
            from,
            to,
            label: occasions.join(", "),
        });
        Self { title, boxes: boxes.collect(), arrows: arrows.collect() }
    }

    /// As a Mermaid flowchart, for READMEs and wikis that draw it; with what calls did, if that is given.
    #[must_use]
    pub fn mermaid(&self, traffic: Option<&Traffic>) -> String {
        mermaid::write(self, traffic)
    }

    /// For Graphviz.
    #[must_use]
    pub fn dot(&self, traffic: Option<&Traffic>) -> String {
        dot::write(self, traffic)
    }

    /// As one page that needs nothing else: no network, no other file.
    #[must_use]
    pub fn html(&self, traffic: Option<&Traffic>) -> String {
        html::write(self, traffic)
    }
}

/// Where a call ends up in a step that nothing else says more about.
fn role(actions: &[Action]) -> Role {
    let is = |what: fn(&ActionKind) -> bool| actions.iter().any(|it| what(&it.kind));
    if is(|it| {
        matches!(it, ActionKind::Queue(_) | ActionKind::Transfer(_) | ActionKind::Conference(_))
    }) {
        Role::Person
    } else if is(|it| matches!(it, ActionKind::Return(_) | ActionKind::Hangup(_))) {
        Role::End
    } else {
        Role::Between
    }
}

/// `menu main-menu`; nothing for what the arrows show.
fn line(action: &Action) -> Option<String> {
    let text = match &action.kind {
        ActionKind::Play(play) => {
            let names: Vec<_> = play.prompts.iter().map(|it| &*it.value).collect();
            let one_of = if play.pick.is_some() { "one of " } else { "" };
            let on = play.on.as_ref().map(|it| format!(" on {}", it.value));
            format!("play {one_of}{}{}", names.join(", "), on.unwrap_or_default())
        }
        ActionKind::Menu(menu) => format!("menu {}", menu.prompt.value),
        ActionKind::Ask(ask) => format!("ask {} → {}", ask.prompt.value, ask.into.value),
        ActionKind::Verify(it) => {
            format!("verify {} against {}", it.prompt.value, it.against.value)
        }
        ActionKind::Say(say) => format!("say {}", say.value),
        ActionKind::Set(set) => {
            let names: Vec<_> = set.iter().map(|it| &*it.name.value).collect();
            format!("set {}", names.join(", "))
        }
        ActionKind::If(fork) => format!("if {}", fork.condition),
        ActionKind::Goto(_) => return None,
        ActionKind::Lookup(lookup) => format!("lookup {}", lookup.lookup.value),
        ActionKind::Hours(hours) => format!("hours {}", hours.calendar.value),
        ActionKind::Language(lang) => format!("language {}", lang.value),
        ActionKind::Queue(queue) => format!("queue {}", queue.queue.value),
        ActionKind::Transfer(transfer) => match transfer.kind {
            TransferKind::Bridge => format!("transfer {}", transfer.to),
            TransferKind::Blind => format!("blind transfer {}", transfer.to),
        },
        ActionKind::Case(it) => format!("case {}", it.kind.value),
        ActionKind::Callback(it) => format!("callback {} to {}", it.queue.value, it.number),
        ActionKind::Notify(it) => format!("notify {}", it.to.value),
        ActionKind::Record(it) => format!("record {} → {}", it.prompt.value, it.into.value),
        ActionKind::Survey(survey) => format!("survey {}", survey.name.value),
        ActionKind::Conference(it) => format!("conference {}", it.room),
        ActionKind::Run(run) => format!("run {}", run.flow.value),
        ActionKind::Return(None) => "return".to_owned(),
        ActionKind::Return(Some(exit)) => format!("return {}", exit.value),
        ActionKind::Hangup(None) => "hangup".to_owned(),
        ActionKind::Hangup(Some(prompt)) => format!("hangup {}", prompt.value),
    };
    Some(match &action.when {
        Some(when) => format!("{text} when {when}"),
        None => text,
    })
}

/// What stands on an arrow.
fn occasion(way: Way, action: &Action) -> String {
    match (way, &action.when) {
        (Way::Key(key), _) => key.symbol().to_string(),
        (Way::Goto, Some(when)) => when.to_string(),
        (Way::Goto, None) => String::new(),
        (way, _) => way.to_string(),
    }
}

/// What callers hear in a step, each prompt once.
fn words(flow: &Flow, actions: &[Action], catalogues: &Catalogues) -> Vec<(Name, Lang, String)> {
    let mut prompts: Vec<&Name> = Vec::new();
    for action in actions {
        let spoken: Vec<&Name> = match &action.kind {
            ActionKind::Play(play) => play.prompts.iter().map(|it| &it.value).collect(),
            ActionKind::Menu(menu) => vec![&menu.prompt.value],
            ActionKind::Ask(ask) => vec![&ask.prompt.value],
            ActionKind::Verify(it) => vec![&it.prompt.value],
            ActionKind::Lookup(lookup) => lookup.meanwhile.iter().map(|it| &it.value).collect(),
            ActionKind::Hangup(prompt) => prompt.iter().map(|it| &it.value).collect(),
            ActionKind::Record(it) => {
                let review = it.review.iter().map(|it| &it.prompt.value);
                std::iter::once(&it.prompt.value).chain(review).collect()
            }
            ActionKind::Survey(it) => it.questions.iter().map(|it| &it.prompt.value).collect(),
            ActionKind::Conference(it) => it.announce.iter().map(|it| &it.value).collect(),
            ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_) => Vec::new(),
        };
        for prompt in spoken {
            if !prompts.contains(&prompt) {
                prompts.push(prompt);
            }
        }
    }
    let in_each = prompts.into_iter().flat_map(|prompt| {
        flow.languages.iter().filter_map(move |lang| {
            let text = &catalogues.get(&lang.value)?.prompt(prompt)?.text.value;
            Some((prompt.clone(), lang.value.clone(), text.clone()))
        })
    });
    in_each.collect()
}

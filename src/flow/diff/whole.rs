//! What stands around the steps: languages, defaults, words, lookups, the agent's lines, and how far a person is.

use indexmap::{IndexMap, IndexSet};

use super::steps::{Matched, each, list};
use super::{About, Change, Version, add};
use crate::flow::check::spoken;
use crate::flow::http::Part;
use crate::flow::model::{Asks, Flow, Given, Lookup, Name};
use crate::flow::proof::{End, Proof, Row, seconds};

pub(super) fn flow(old: &Flow, new: &Flow, matched: &Matched, changes: &mut Vec<Change>) {
    let mut say = |about, says| add(changes, about, None, says);
    let languages = |flow: &Flow| list(flow.languages.iter().map(|it| it.value.clone()));
    let mut differs = |about, what: &str, was: String, is: String| {
        if was != is {
            say(about, format!("{what} {is}, no longer {was}"));
        }
    };
    differs(About::Flow, "it speaks", languages(old), languages(new));
    let start = matched.now(&old.start.value);
    differs(
        About::Flow,
        "calls begin with",
        format!("`{start}`"),
        format!("`{}`", new.start.value),
    );
    let takes = |flow: &Flow| {
        let each = flow.takes.iter().map(|(name, kind)| format!("{name}: {}", kind.value));
        list(each)
    };
    differs(About::Flow, "it takes", takes(old), takes(new));
    let gives = |flow: &Flow| list(flow.gives.iter().map(given));
    differs(About::Flow, "it gives", gives(old), gives(new));
    let exits = |flow: &Flow| list(flow.exits.iter().map(|it| format!("`{}`", it.value)));
    differs(About::Flow, "it has as exits", exits(old), exits(new));
    let promise = |flow: &Flow| {
        flow.max_time_to_person
            .map_or_else(|| "for as long as it takes".to_owned(), |it| seconds(it.value))
    };
    differs(About::Flow, "a caller may be kept from a person", promise(old), promise(new));
    let (was, is) = (&old.defaults, &new.defaults);
    let times = [
        ("unless written, a key is waited for", was.no_input_after, is.no_input_after),
        ("unless written, the next digit is waited for", was.between_digits, is.between_digits),
        ("unless written, a lookup may take", was.within, is.within),
    ];
    for (what, was, is) in times {
        differs(About::Patience, what, seconds(was), seconds(is));
    }
    differs(
        About::Patience,
        "unless written, a question is asked this often:",
        was.tries.to_string(),
        is.tries.to_string(),
    );
}

fn given((name, given): (&Name, &Given)) -> String {
    format!("{name}: {}{}", given.kind.value, if given.optional { "?" } else { "" })
}

/// Prompts that both versions speak, where their words differ.
pub(super) fn words(old: Version<'_>, new: Version<'_>, changes: &mut Vec<Change>) {
    let names = |flow: &Flow| -> IndexSet<Name> {
        let actions = flow.steps.values().flat_map(|it| &it.actions);
        actions.flat_map(spoken).map(|it| Name::from(it.name)).collect()
    };
    let was = names(old.flow);
    for name in names(new.flow).iter().filter(|it| was.contains(*it)) {
        for lang in &new.flow.languages {
            let text = |version: Version<'_>| {
                version.prompts.prompt(&lang.value, name).map(|it| it.text.to_owned())
            };
            if let (Some(was), Some(is)) = (text(old), text(new))
                && was != is
            {
                let says = format!("`{name}` ({}) says “{is}”, no longer “{was}”", lang.value);
                add(changes, About::Words, None, says);
            }
        }
    }
}

pub(super) fn lookups(old: &Flow, new: &Flow, changes: &mut Vec<Change>) {
    each(&old.lookups, &new.lookups, |name, was, is| {
        let (was, is) = match (was, is) {
            (Some(was), Some(is)) => (was, is),
            (None, Some(is)) => {
                let says = format!("the lookup `{name}` is new, and asks `{}`", is.connector.value);
                return add(changes, About::Lookup, None, says);
            }
            (Some(_), None) => {
                return add(changes, About::Lookup, None, format!("the lookup `{name}` is gone"));
            }
            (None, None) => return,
        };
        each(&lines(was), &lines(is), |what, was, is| {
            let shown = |it: Option<&String>| it.map_or("nothing", |it| it.as_str()).to_owned();
            let says = format!("lookup `{name}` {what} {}, no longer {}", shown(is), shown(was));
            add(changes, About::Lookup, None, says);
        });
    });
}

fn lines(lookup: &Lookup) -> IndexMap<&'static str, String> {
    let takes = lookup.takes.iter().map(|(name, kind)| format!("{name}: {}", kind.value));
    let gives = lookup.gives.iter().map(given);
    IndexMap::from([
        ("asks", format!("`{}`", lookup.connector.value)),
        ("is the query", asked(&lookup.asks)),
        ("takes", list(takes)),
        ("gives", list(gives)),
        ("may take", seconds(lookup.within)),
        ("changes something:", if lookup.changes { "yes" } else { "no" }.to_owned()),
    ])
}

fn asked(asks: &Asks) -> String {
    match asks {
        Asks::Sql(query) => {
            format!("“{}”", query.value.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Asks::Http(request) => {
            let mut says = format!("“{} {}", request.method.value.name(), request.path.value);
            if let Some(send) = &request.send {
                says.push_str(" with ");
                says.extend(send.value.iter().map(Part::to_string));
            }
            says.push('”');
            if let Some(when) = &request.found_when {
                let is = when.is.as_ref().map(|it| format!(" is {it}")).unwrap_or_default();
                says.push_str(&format!(", found when {}{is}", when.from.text()));
            }
            if !request.from.is_empty() {
                let from = request.from.values().map(|it| it.text().as_ref());
                says.push_str(&format!(", taking {}", list(from)));
            }
            says
        }
    }
}

pub(super) fn context(old: &Flow, new: &Flow, changes: &mut Vec<Change>) {
    let lines = |flow: &Flow| -> IndexMap<String, String> {
        let label = |it: &crate::flow::model::Texts| list(it.values().collect::<IndexSet<_>>());
        flow.context.iter().map(|it| (label(&it.label), it.value.to_string())).collect()
    };
    each(&lines(old), &lines(new), |label, was, is| {
        let says = match (was, is) {
            (Some(was), Some(is)) => format!("agents see as “{label}” `{is}`, no longer `{was}`"),
            (None, Some(is)) => format!("agents see “{label}”: `{is}`"),
            (Some(_), None) => format!("agents no longer see “{label}”"),
            (None, None) => return,
        };
        add(changes, About::Context, None, says);
    });
}

/// How far a person is from each question that both versions ask, and from the beginning.
pub(super) fn person(old: &Proof, new: &Proof, matched: &Matched, changes: &mut Vec<Change>) {
    for is in &new.rows {
        let same = |was: &&Row| {
            was.prompt.is_none() == is.prompt.is_none()
                && (was.prompt.is_none() || matched.now(&was.step) == is.step)
        };
        let Some(was) = old.rows.iter().find(same) else { continue };
        let from =
            if is.prompt.is_none() { "the beginning".to_owned() } else { format!("`{}`", is.step) };
        let far = |row: &Row| {
            row.usual.map_or_else(
                || "never reached".to_owned(),
                |it| {
                    let plural = if it.keys == 1 { "" } else { "s" };
                    format!("{} and {} key{plural} away", seconds(it.time), it.keys)
                },
            )
        };
        if far(was) != far(is) {
            let says =
                format!("from {from} a person is usually {}, no longer {}", far(is), far(was));
            add(changes, About::Person, Some(&is.step), says);
        }
        if worst(was) != worst(is) {
            let says = format!(
                "from {from} a caller without a right key comes to {}, no longer {}",
                worst(is),
                worst(was)
            );
            add(changes, About::Person, Some(&is.step), says);
        }
    }
    for (was, is, what) in [
        (&old.loops, &new.loops, "only the caller ends"),
        (&old.endless, &new.endless, "nothing ends"),
    ] {
        for it in is.iter().filter(|it| !was.contains(it)) {
            add(changes, About::Person, None, format!("a loop that {what}: {it}"));
        }
    }
}

fn worst(row: &Row) -> String {
    let end = |end| match end {
        End::Person => "a person",
        End::Goodbye => "a goodbye",
        End::Unspoken => "a hang-up without a word",
        End::Back => "a way back",
    };
    match (row.worst, row.otherwise) {
        (Some(toll), _) => format!("a person after {}", seconds(toll.time)),
        (None, Some((at, toll))) => format!("{} after {}", end(at), seconds(toll.time)),
        (None, None) => "no end".to_owned(),
    }
}

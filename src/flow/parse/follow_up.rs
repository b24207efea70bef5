//! What a flow leaves for after the call: `case`, `callback`, `notify`.

use super::Found;
use super::actions::{optional, target};
use super::fields::Fields;
use super::values::{expression, length_of_time, reason, reference, snake};
use crate::diagnostic::Diagnostic;
use crate::flow::follow_up::{Callback, Case, Notify, Told};
use crate::yaml::{Kind, Node};

pub(super) fn case(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Case> {
    let kind = reference(value, "a kind of case", found);
    Some(Case {
        about: optional(fields, "about", |node| reason(node, found)),
        with: told(fields, found),
        failed: target(fields, "failed", found),
        kind: kind?,
    })
}

pub(super) fn callback(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Callback> {
    let queue = reference(value, "a queue", found);
    let number = fields.need("number", "caller.number", found);
    let number = number.and_then(|node| expression(node, found));
    Some(Callback {
        within: optional(fields, "within", |node| length_of_time(node, found)),
        because: optional(fields, "because", |node| reason(node, found)),
        no_number: target(fields, "no_number", found),
        failed: target(fields, "failed", found),
        queue: queue?,
        number: number?,
    })
}

pub(super) fn notify(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Notify> {
    let to = reference(value, "somebody under `notify` of hotline.yaml", found);
    Some(Notify { with: told(fields, found), to: to? })
}

/// `with: { what: problem, where: city }`
fn told(fields: &Fields<'_>, found: &mut Found) -> Told {
    let Some(node) = fields.get("with") else { return Told::new() };
    let Kind::Map(entries) = &node.kind else {
        let says = format!("`with` is a map of values, and this is {}", node.what());
        let help = "write `with: { what: problem }`".to_owned();
        found.push(Diagnostic::error("HL0107", node.span, says).help(help));
        return Told::new();
    };
    let read = entries.iter().filter_map(|(name, value)| {
        let name = snake(name, "a value told", found);
        let value = expression(value, found);
        Some((name?, value?))
    });
    read.collect()
}

//! The actions of a step: one map each, of which exactly one key says what it does.

use smallvec::SmallVec;

use super::fields::Fields;
use super::follow_up;
use super::runs;
use super::values::{
    expression, key, kind, language, length_of_time, place, reason, reference, small, snake,
    unreadable, word, yes_no,
};
use super::{ask, play, verify, voices};
use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::model::{
    Action, ActionKind, Assignment, Fork, Goto, Hours, Keying, LookUp, Menu, Name, Patience, Queue,
    Say, Target, Transfer, TransferKind,
};
use crate::flow::reference;
use crate::secret::Key;
use crate::value::Value;
use crate::yaml::{Kind, Node};

pub(super) type Found = Vec<Diagnostic>;

/// What an action may do. Actions and their fields stand in `flow/reference/actions.rs`, and nowhere else.
pub(super) const KINDS: [&str; reference::NAMES.len()] = reference::NAMES;

/// The fields beside `kind` and `when`.
fn fields_of(kind: &str) -> SmallVec<[&'static str; 24]> {
    let known = reference::action(kind).into_iter();
    known.flat_map(reference::Action::fields).map(|it| it.name).collect()
}

/// Reads one action; what is wrong with it goes to `found`, and one that makes no sense is left out.
pub(super) fn action(node: &Node, found: &mut Found) -> Option<Action> {
    let Kind::Map(entries) = &node.kind else {
        let (span, says) = (node.span, format!("an action is a map, and this is {}", node.what()));
        let help = match node.text() {
            Some(text) if KINDS.contains(&text) => format!("write `{text}:`"),
            Some(_) | None => "write `play: welcome`".to_owned(),
        };
        found.push(Diagnostic::error("HL0107", span, says).help(help));
        return None;
    };
    let mut kinds =
        entries.iter().filter(|(key, _)| key.text().is_some_and(|it| KINDS.contains(&it)));
    let Some((first, value)) = kinds.next() else {
        found.push(no_kind(node, entries));
        return None;
    };
    let name = first.text().unwrap_or_default();
    for (second, _) in kinds {
        let other = second.text().unwrap_or_default();
        let says = format!("one action cannot both `{name}` and `{other}`");
        let help = format!("begin a new action: `- {other}: …`");
        found.push(
            Diagnostic::error("HL0109", second.span, says)
                .note(first.span, "begun here")
                .help(help),
        );
    }
    // `when` and `allow`.
    let common = reference::names(&reference::COMMON);
    let own = [name];
    let known = fields_of(name);
    // A second kind is reported above, so it is no unknown field.
    // What else stands beside `run` are exits of that flow, which is not known here.
    let exits: Vec<&str> = match name {
        "run" => entries.iter().filter_map(|(key, _)| key.text()).collect(),
        _ => Vec::new(),
    };
    let allowed = [known.as_slice(), &own, &common, &KINDS, &exits];
    let unknown_kinds = found.len();
    let what = KINDS.iter().find(|it| **it == name).copied().unwrap_or("action");
    let fields = Fields::open(node, what, first.span, &allowed, found)?;
    for it in found.iter_mut().skip(unknown_kinds).filter(|it| it.code == "HL0105") {
        shorten(it, name);
    }
    let when = fields.get("when").and_then(|node| expression(node, found));
    let kind = what_to_do(name, value, &fields, first.span, found)?;
    Some(Action { kind, when, span: first.span })
}

/// Lists the fields of the one kind, not all kinds.
fn shorten(it: &mut Diagnostic, kind: &str) {
    if it.help.as_deref().is_some_and(|help| help.starts_with("its fields are")) {
        let mut names = fields_of(kind);
        names.extend(reference::names(&reference::COMMON));
        it.help = Some(format!("beside `{kind}` may stand {}", names.join(", ")));
    }
}

fn no_kind(node: &Node, entries: &[(Node, Node)]) -> Diagnostic {
    let near = entries.iter().find_map(|(key, _)| {
        nearest(key.text().unwrap_or_default(), KINDS).map(|near| (key, near))
    });
    let (span, says, help) = match (near, entries.first()) {
        (Some((key, near)), _) => {
            let says = format!("no action is called `{}`", key.text().unwrap_or_default());
            (key.span, says, format!("did you mean `{near}`?"))
        }
        (None, Some((key, _))) => {
            let says = format!("no action is called `{}`", key.text().unwrap_or_default());
            (key.span, says, format!("an action is one of {}", KINDS.join(", ")))
        }
        (None, None) => {
            let says = "this action does nothing".to_owned();
            (node.span, says, format!("an action is one of {}", KINDS.join(", ")))
        }
    };
    Diagnostic::error("HL0109", span, says).help(help)
}

fn what_to_do(
    name: &str,
    value: &Node,
    fields: &Fields<'_>,
    at: Span,
    found: &mut Found,
) -> Option<ActionKind> {
    Some(match name {
        "play" => ActionKind::Play(play::play(value, at, fields, found)?),
        "menu" => {
            let prompt = reference(value, "a prompt", found);
            let branches = fields
                .need("keys", "{ 1: order-status, 0: agent }", found)
                .map(|node| branches(node, found));
            let (keys, patience) = (keying(fields, found), patience(fields, found));
            ActionKind::Menu(Menu { prompt: prompt?, branches: branches?, keys, patience })
        }
        "ask" => ActionKind::Ask(Box::new(ask::ask(value, fields, found)?)),
        "verify" => ActionKind::Verify(Box::new(verify::verify(value, fields, found)?)),
        "say" => {
            let kind = fields.get("as").and_then(|node| kind(node, found));
            let unit = fields.get("unit").and_then(|node| reference(node, "a unit", found));
            let keys = keying(fields, found);
            ActionKind::Say(Say { value: expression(value, found)?, kind, unit, keys })
        }
        "set" => ActionKind::Set(assignments(value, at, found)?),
        "if" => {
            let (then, otherwise) = (target(fields, "then", found), target(fields, "else", found));
            if fields.get("then").is_none() && fields.get("else").is_none() {
                let says = "`if` leads nowhere".to_owned();
                let help = "add `then: a-step` or `else: a-step`".to_owned();
                found.push(Diagnostic::error("HL0106", at, says).help(help));
            }
            ActionKind::If(Fork { condition: expression(value, found)?, then, otherwise })
        }
        "goto" => ActionKind::Goto(Goto {
            to: reference(value, "a step", found)?,
            because: optional(fields, "because", |node| reason(node, found)),
        }),
        "lookup" => {
            let with = fields.get("with").map(|node| with(node, found)).unwrap_or_default();
            let not_found = target(fields, "not_found", found);
            let failed = target(fields, "failed", found);
            let unknown = target(fields, "unknown", found);
            let meanwhile =
                optional(fields, "meanwhile", |node| reference(node, "a prompt", found));
            let lookup = reference(value, "a lookup", found)?;
            ActionKind::Lookup(LookUp { lookup, with, not_found, failed, unknown, meanwhile })
        }
        "hours" => {
            let closed = fields.need("closed", "a-step", found);
            let closed = closed.and_then(|node| reference(node, "a step", found));
            ActionKind::Hours(Hours { calendar: reference(value, "a calendar", found)?, closed })
        }
        "language" => ActionKind::Language(language(value, found)?),
        "queue" => ActionKind::Queue(queue(value, fields, found)?),
        "transfer" => ActionKind::Transfer(transfer(value, fields, found)?),
        "case" => ActionKind::Case(follow_up::case(value, fields, found)?),
        "callback" => ActionKind::Callback(follow_up::callback(value, fields, found)?),
        "notify" => ActionKind::Notify(follow_up::notify(value, fields, found)?),
        "record" => ActionKind::Record(voices::record(value, fields, found)?),
        "survey" => ActionKind::Survey(voices::survey(value, fields, found)?),
        "conference" => ActionKind::Conference(voices::conference(value, at, fields, found)?),
        "run" => runs::run(value, fields, found)?,
        "return" => runs::back(value, found)?,
        _ => match &value.kind {
            Kind::Null => ActionKind::Hangup(None),
            Kind::Scalar(_) | Kind::List(_) | Kind::Map(_) => {
                ActionKind::Hangup(Some(reference(value, "a prompt", found)?))
            }
        },
    })
}

fn queue(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Queue> {
    let queue = reference(value, "a queue", found);
    let queue = Queue {
        priority: optional(fields, "priority", |node| expression(node, found)),
        because: optional(fields, "because", |node| reason(node, found)),
        branches: fields.get("keys").map(|node| branches(node, found)).unwrap_or_default(),
        no_agents: target(fields, "no_agents", found),
        full: target(fields, "full", found),
        max_wait: optional(fields, "max_wait", |node| length_of_time(node, found)),
        waited: target(fields, "waited", found),
        otherwise: target(fields, "otherwise", found),
        after: target(fields, "after", found),
        queue: queue?,
    };
    Some(queue)
}

fn transfer(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Transfer> {
    let to = address(value, found);
    let kind = fields.get("kind").and_then(|node| match word(node, "bridge or blind", found)? {
        "bridge" => Some(TransferKind::Bridge),
        "blind" => Some(TransferKind::Blind),
        text => {
            let says = format!("no transfer is called `{text}`");
            unreadable(node, says, "write `bridge` or `blind`", found);
            None
        }
    });
    Some(Transfer {
        kind: kind.unwrap_or(TransferKind::Bridge),
        because: optional(fields, "because", |node| reason(node, found)),
        ring_for: optional(fields, "ring_for", |node| length_of_time(node, found)),
        busy: target(fields, "busy", found),
        no_answer: target(fields, "no_answer", found),
        otherwise: target(fields, "otherwise", found),
        after: target(fields, "after", found),
        to: to?,
    })
}

/// Somebody to call: an address as it stands, or an expression that gives one.
pub(super) fn address(node: &Node, found: &mut Found) -> Option<Expr> {
    let text = word(node, "a SIP URI or number", found)?;
    if !is_address(text) {
        return expression(node, found);
    }
    let kind = ExprKind::Literal(Value::Text(text.trim().into()));
    Some(Expr { kind, span: node.span })
}

/// Whether a text is a place to call as it stands, not an expression: `sip:help@example.com`, `4008001234`, `+86…`.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    let number = text.strip_prefix('+').unwrap_or(text);
    ["sip:", "sips:", "tel:"].iter().any(|scheme| text.starts_with(scheme))
        || (!number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
}

pub(super) fn keying(fields: &Fields<'_>, found: &mut Found) -> Keying {
    let interrupt = optional(fields, "interrupt", |node| yes_no(node, found));
    let type_ahead = optional(fields, "type_ahead", |node| yes_no(node, found));
    Keying { interrupt: interrupt.unwrap_or(true), type_ahead: type_ahead.unwrap_or(true) }
}

pub(super) fn patience(fields: &Fields<'_>, found: &mut Found) -> Patience {
    Patience {
        no_input_after: optional(fields, "no_input_after", |node| length_of_time(node, found)),
        tries: optional(fields, "tries", |node| small(node, "a number of tries", found)),
        no_input: optional(fields, "no_input", |node| reference(node, "a prompt", found)),
        no_match: optional(fields, "no_match", |node| reference(node, "a prompt", found)),
        otherwise: target(fields, "otherwise", found),
    }
}

pub(super) fn optional<T>(
    fields: &Fields<'_>,
    name: &str,
    read: impl FnOnce(&Node) -> Option<T>,
) -> Option<T> {
    fields.get(name).and_then(read)
}

pub(super) fn target(fields: &Fields<'_>, name: &str, found: &mut Found) -> Option<Target> {
    fields.get(name).and_then(|node| reference(node, "a step", found))
}

fn branches(node: &Node, found: &mut Found) -> Vec<(Spanned<Key>, Target)> {
    let Kind::Map(entries) = &node.kind else {
        let says = format!("keys are a map, and this is {}", node.what());
        let help = "write `keys: { 1: order-status, 0: agent }`".to_owned();
        found.push(Diagnostic::error("HL0107", node.span, says).help(help));
        return Vec::new();
    };
    let mut branches: Vec<(Spanned<Key>, Target)> = Vec::new();
    for (symbol, target) in entries {
        let (Some(key), Some(target)) = (key(symbol, found), reference(target, "a step", found))
        else {
            continue;
        };
        // At most 16 keys exist. `A` and `a` are one.
        if let Some((first, _)) = branches.iter().find(|(it, _)| it.value == key.value) {
            let says = format!("`{}` is written twice here", key.value.symbol());
            found.push(
                Diagnostic::error("HL0103", key.span, says).note(first.span, "first written here"),
            );
        } else {
            branches.push((key, target));
        }
    }
    branches
}

fn assignments(node: &Node, at: Span, found: &mut Found) -> Option<Vec<Assignment>> {
    let Kind::Map(entries) = &node.kind else {
        let says = format!("`set` is a map of variables, and this is {}", node.what());
        let help = "write `set: { tries_left: 3 }`".to_owned();
        found.push(Diagnostic::error("HL0107", place(node, at), says).help(help));
        return None;
    };
    if entries.is_empty() {
        let says = "`set` names no variable".to_owned();
        let help = "write `set: { tries_left: 3 }`".to_owned();
        found.push(Diagnostic::error("HL0110", place(node, at), says).help(help));
    }
    let read = entries.iter().filter_map(|(name, value)| {
        let name = snake(name, "a variable", found);
        let value = expression(value, found);
        Some(Assignment { name: name?, value: value? })
    });
    Some(read.collect())
}

pub(super) fn with(node: &Node, found: &mut Found) -> Vec<(Spanned<Name>, Expr)> {
    let Kind::Map(entries) = &node.kind else {
        let says = format!("`with` is a map of values, and this is {}", node.what());
        let help = "write `with: { number: order_number }`".to_owned();
        found.push(Diagnostic::error("HL0107", node.span, says).help(help));
        return Vec::new();
    };
    let read = entries.iter().filter_map(|(name, value)| {
        let name = reference(name, "a name", found);
        let value = expression(value, found);
        Some((name?, value?))
    });
    read.collect()
}

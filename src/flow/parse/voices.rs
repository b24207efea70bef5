//! `record`, `survey` and `conference`.

use super::actions::{keying, optional, target};
use super::fields::Fields;
use super::values::{
    expression, kebab, key, length_of_time, place, range, reason, reference, snake, unreadable,
};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::model::{Conference, Name, Question, Record, Review, Survey};
use crate::secret::Key;
use crate::value::Value;
use crate::yaml::{Kind, Node};

type Found = Vec<Diagnostic>;

/// The most questions of a survey: far more than anybody answers.
const MAX_QUESTIONS: usize = 16;
/// The most that a conference calls: as many as one call may call at a time, but for the caller's own.
const MAX_CALLED: usize = 6;
/// What a review's keys may do, with the key of each where the flow names none.
const DEEDS: [(&str, char); 4] = [("keep", '1'), ("hear", '2'), ("again", '3'), ("discard", '*')];

pub(super) fn record(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Record> {
    let prompt = reference(value, "a prompt", found);
    let into = fields.need("into", "message", found);
    let into = into.and_then(|node| snake(node, "a variable", found));
    let at_most = optional(fields, "at_most", |node| length_of_time(node, found));
    let silence = optional(fields, "silence", |node| length_of_time(node, found));
    let ends_with = optional(fields, "ends_with", |node| key(node, found));
    let review = review(fields, found);
    let (nothing, failed) = (target(fields, "nothing", found), target(fields, "failed", found));
    let keys = keying(fields, found);
    let (prompt, into) = (prompt?, into?);
    Some(Record { prompt, into, at_most, silence, ends_with, keys, review, nothing, failed })
}

fn review(fields: &Fields<'_>, found: &mut Found) -> Option<Review> {
    let keys = fields.entry("keys");
    let mut chosen: [Option<Spanned<Key>>; 4] = [None; 4];
    if let Some((_, node)) = keys {
        deeds(node, &mut chosen, found);
    }
    let Some(prompt) = fields.get("review") else {
        if let Some((at, _)) = keys {
            let says = "`keys` are those of a review, and no `review` is written";
            let help = "add `review: a-prompt` that names them".to_owned();
            found.push(Diagnostic::error("HL0429", at.span, says).help(help));
        }
        return None;
    };
    let prompt = reference(prompt, "a prompt", found)?;
    if keys.is_none() {
        for (slot, (_, symbol)) in chosen.iter_mut().zip(DEEDS) {
            *slot = Key::from_symbol(symbol).map(|key| Spanned::new(key, prompt.span));
        }
    }
    let [keep, hear, again, discard] = chosen;
    if let (None, Some((at, _))) = (keep, keys) {
        let says = "no key of this review keeps the recording";
        let help = "add `keep: 1`".to_owned();
        found.push(Diagnostic::error("HL0429", at.span, says).help(help));
    }
    Some(Review { prompt, keep, hear, again, discard })
}

/// `{ keep: 1, hear: 2, again: 3, discard: "*" }`
fn deeds(node: &Node, chosen: &mut [Option<Spanned<Key>>; 4], found: &mut Found) {
    let allowed: Vec<&str> = DEEDS.iter().map(|(name, _)| *name).collect();
    let Some(fields) = Fields::open(node, "a review's `keys`", node.span, &[&allowed], found)
    else {
        return;
    };
    let mut taken: Vec<Spanned<Key>> = Vec::new();
    for (slot, (name, _)) in chosen.iter_mut().zip(DEEDS) {
        let Some(it) = fields.get(name).and_then(|node| key(node, found)) else { continue };
        if let Some(first) = taken.iter().find(|first| first.value == it.value) {
            let says = format!("`{}` is written twice here", it.value.symbol());
            let wrong = Diagnostic::error("HL0103", it.span, says);
            found.push(wrong.note(first.span, "first written here"));
            continue;
        }
        taken.push(it);
        *slot = Some(it);
    }
}

pub(super) fn survey(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Survey> {
    let name = kebab(value, "a survey", found);
    let usual = fields.entry("keys").and_then(|(_, node)| figures(node, found));
    let entry = fields.need("questions", "{ satisfaction: rate-1-to-5 }", found);
    let name = name?;
    let questions = questions(entry?, &name, usual, found);
    Some(Survey { name, questions })
}

fn questions(
    node: &Node,
    survey: &Spanned<Name>,
    usual: Option<Spanned<(u8, u8)>>,
    found: &mut Found,
) -> Vec<Question> {
    let Kind::Map(entries) = &node.kind else {
        let says = format!("questions are a map of prompts, and this is {}", node.what());
        let help = "write `questions: { satisfaction: rate-1-to-5 }`".to_owned();
        let span = place(node, survey.span);
        found.push(Diagnostic::error("HL0107", span, says).help(help));
        return Vec::new();
    };
    if entries.is_empty() || entries.len() > MAX_QUESTIONS {
        let says = format!("a survey asks one to {MAX_QUESTIONS} questions");
        let help = "write `questions: { satisfaction: rate-1-to-5 }`".to_owned();
        let span = place(node, survey.span);
        found.push(Diagnostic::error("HL0110", span, says).help(help));
    }
    let read = entries.iter().take(MAX_QUESTIONS).filter_map(|(key, value)| {
        let name = snake(key, "a question", found);
        let (prompt, keys) = if let Kind::Map(_) = &value.kind {
            let allowed: [&[&str]; 1] = [&["prompt", "keys"]];
            let fields = Fields::open(value, "a question", key.span, &allowed, found)?;
            let prompt = fields.need("prompt", "rate-1-to-5", found);
            let prompt = prompt.and_then(|node| reference(node, "a prompt", found));
            (prompt, fields.get("keys").and_then(|node| figures(node, found)))
        } else {
            (reference(value, "a prompt", found), None)
        };
        let (name, prompt) = (name?, prompt?);
        let variable = format!("{}.{}", survey.value.replace('-', "_"), name.value).into();
        let keys = keys.or(usual).unwrap_or(Spanned::new((1, 5), prompt.span));
        Some(Question { name, variable, prompt, keys })
    });
    read.collect()
}

/// `1..5`: figures of one key each.
fn figures(node: &Node, found: &mut Found) -> Option<Spanned<(u8, u8)>> {
    let range = range(node, found)?;
    let (low, high) = range.value;
    if low > high || high > 9 {
        let help = "write the lowest and the highest figure of one key: `1..5`";
        unreadable(node, format!("no key is from {low} to {high}"), help, found);
        return None;
    }
    Some(range)
}

pub(super) fn conference(
    value: &Node,
    at: Span,
    fields: &Fields<'_>,
    found: &mut Found,
) -> Option<Conference> {
    let room = room(value, found);
    let with = fields.need("with", "[contact.phone]", found);
    let with = with.map(|node| called(node, at, found)).unwrap_or_default();
    let announce = optional(fields, "announce", |node| reference(node, "a prompt", found));
    let ends_with = optional(fields, "ends_with", |node| key(node, found));
    let because = optional(fields, "because", |node| reason(node, found));
    let ring_for = optional(fields, "ring_for", |node| length_of_time(node, found));
    let (failed, after) = (target(fields, "failed", found), target(fields, "after", found));
    Some(Conference { room: room?, with, announce, ends_with, because, ring_for, failed, after })
}

/// A room's name as it stands, `emergency`, or an expression of type text: one bare word is a name.
fn room(node: &Node, found: &mut Found) -> Option<Expr> {
    let expr = expression(node, found)?;
    if let ExprKind::Name(name) = &expr.kind
        && !name.contains('.')
    {
        let kind = ExprKind::Literal(Value::Text(name.clone()));
        return Some(Expr { kind, span: expr.span });
    }
    Some(expr)
}

/// One or several to call.
fn called(node: &Node, at: Span, found: &mut Found) -> Vec<Expr> {
    let items = if let Kind::List(items) = &node.kind {
        items.as_slice()
    } else {
        std::slice::from_ref(node)
    };
    if items.is_empty() || items.len() > MAX_CALLED {
        let says = format!("a conference calls one to {MAX_CALLED} others");
        let help = "write `with: [contact.phone]`".to_owned();
        found.push(Diagnostic::error("HL0110", place(node, at), says).help(help));
    }
    let read = items.iter().take(MAX_CALLED);
    read.filter_map(|item| super::actions::address(item, found)).collect()
}

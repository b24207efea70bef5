//! `ask`: a value keyed, what it must pass, and whether it is read back.

use super::actions::{Found, keying, optional, patience};
use super::fields::Fields;
use super::values::{key, kind, length_of_time, range, reference, snake, unreadable, word};
use crate::diagnostic::{Diagnostic, Spanned, nearest};
use crate::flow::check_digit::CheckDigit;
use crate::flow::expr::Expr;
use crate::flow::model::{Ask, Between, Confirm, Tests};
use crate::flow::pattern::Pattern;
use crate::flow::reference::{CONFIRM_KEYS, names};
use crate::secret::Key;
use crate::yaml::{Kind, Node};

/// The most patterns of one `ask`.
const MAX_PATTERNS: usize = 32;

pub(super) fn ask(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Ask> {
    let prompt = reference(value, "a prompt", found);
    let into = fields.need("into", "order_number", found);
    let into = into.and_then(|node| snake(node, "a variable", found));
    let kind = fields.need("as", "digits", found).and_then(|node| kind(node, found));
    let length = optional(fields, "length", |node| range(node, found));
    let ends_with = optional(fields, "ends_with", |node| key(node, found));
    let between_digits = optional(fields, "between_digits", |node| length_of_time(node, found));
    let tests = Tests {
        between: optional(fields, "between", |node| between(node, found)),
        matches: fields.get("matches").map(|node| patterns(node, found)).unwrap_or_default(),
        check: optional(fields, "check", |node| check_digit(node, found)),
    };
    let confirm = confirm(fields, found);
    let (keys, patience) = (keying(fields, found), patience(fields, found));
    Some(Ask {
        prompt: prompt?,
        into: into?,
        kind: kind?,
        length,
        ends_with,
        between_digits,
        tests,
        confirm,
        keys,
        patience,
    })
}

/// `10..500`, `today..today + 14d`
fn between(node: &Node, found: &mut Found) -> Option<Between> {
    let (least, most) = Expr::range_from_node(node).map_err(|wrong| found.push(wrong)).ok()?;
    Some(Between { least, most, span: node.span })
}

/// One pattern or a list of them.
fn patterns(node: &Node, found: &mut Found) -> Vec<Spanned<Pattern>> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Scalar(_) | Kind::Null | Kind::Map(_) => std::slice::from_ref(node),
    };
    if items.is_empty() || items.len() > MAX_PATTERNS {
        let says = format!("{} patterns stand here", items.len());
        let help = format!("write 1 to {MAX_PATTERNS}: `matches: [1xxxxxxxxxx, 400xxxxxxx]`");
        unreadable(node, says, &help, found);
        return Vec::new();
    }
    items.iter().filter_map(|item| pattern(item, found)).collect()
}

fn pattern(node: &Node, found: &mut Found) -> Option<Spanned<Pattern>> {
    if let Kind::List(_) = node.kind {
        let help = "put it in quotes, or YAML takes it for a list: `\"[2-9]xxxxxxx\"`".to_owned();
        let says = "a pattern belongs here, not a list".to_owned();
        found.push(Diagnostic::error("HL0107", node.span, says).help(help));
        return None;
    }
    let text = word(node, "a pattern", found)?;
    let pattern = Pattern::read(text);
    if pattern.is_none() {
        let help =
            "write at most 32 places, each a figure, `x` for any, or a set: `1[3-9]xxxxxxxxx`";
        unreadable(node, format!("`{text}` is no pattern of figures"), help, found);
    }
    pattern.map(|it| Spanned::new(it, node.span))
}

fn check_digit(node: &Node, found: &mut Found) -> Option<Spanned<CheckDigit>> {
    let text = word(node, "a check digit", found)?;
    let check = CheckDigit::from_name(text);
    if check.is_none() {
        let help = nearest(text, CheckDigit::NAMES).map_or_else(
            || format!("write one of {}", CheckDigit::NAMES.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        unreadable(node, format!("no check digit is called `{text}`"), &help, found);
    }
    check.map(|it| Spanned::new(it, node.span))
}

fn confirm(fields: &Fields<'_>, found: &mut Found) -> Option<Confirm> {
    let keys = fields.entry("confirm_keys");
    let own = keys.and_then(|(at, node)| {
        Fields::open(node, "`confirm_keys`", at.span, &[&names(&CONFIRM_KEYS)], found)
    });
    let own = |name, found: &mut Found| {
        own.as_ref().and_then(|it| optional(it, name, |node| key(node, found)))
    };
    let (yes, no) = (own("yes", found), own("no", found));
    let Some(node) = fields.get("confirm") else {
        if let Some((key, _)) = keys {
            let says = "`confirm_keys` without a `confirm`".to_owned();
            let help =
                "add `confirm: you-entered`, the prompt that reads the value back".to_owned();
            found.push(Diagnostic::error("HL0106", key.span, says).help(help));
        }
        return None;
    };
    let prompt = reference(node, "a prompt", found)?;
    let usual = |symbol| Key::from_symbol(symbol).map(|key| Spanned::new(key, prompt.span));
    Some(Confirm { yes: yes.or_else(|| usual('1'))?, no: no.or_else(|| usual('2'))?, prompt })
}

//! `verify`: how a secret is asked for, and what it is compared with.

use super::actions::{Found, keying, optional, patience, target, with};
use super::fields::Fields;
use super::values::{expression, key, length_of_time, range, reference, small};
use crate::flow::model::Verify;
use crate::yaml::Node;

/// Reads a `verify`; nothing if what it cannot be without is wrong.
pub(super) fn verify(value: &Node, fields: &Fields<'_>, found: &mut Found) -> Option<Verify> {
    let prompt = reference(value, "a prompt", found);
    let against = fields.need("against", "pin", found);
    let against = against.and_then(|node| reference(node, "a lookup", found));
    let account = fields.need("account", "line_number", found);
    let account = account.and_then(|node| expression(node, found));
    let verify = Verify {
        with: fields.get("with").map(|node| with(node, found)).unwrap_or_default(),
        length: optional(fields, "length", |node| range(node, found)),
        ends_with: optional(fields, "ends_with", |node| key(node, found)),
        between_digits: optional(fields, "between_digits", |node| length_of_time(node, found)),
        locks_after: optional(fields, "locks_after", |node| small(node, "a number", found)),
        locked_for: optional(fields, "locked_for", |node| length_of_time(node, found)),
        locked: target(fields, "locked", found),
        failed: target(fields, "failed", found),
        keys: keying(fields, found),
        patience: patience(fields, found),
        prompt: prompt?,
        against: against?,
        account: account?,
    };
    Some(verify)
}

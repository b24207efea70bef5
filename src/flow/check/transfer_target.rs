//! HL0413 transfer-not-allowed: a call is sent to somewhere that hotline.yaml does not allow.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::ExprKind;
use crate::value::Value;

/// Points at a target that is written out; others are compared with the allow-list when the call is there.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| matches!(it.role, Role::Transfer)) {
        let ExprKind::Literal(Value::Text(to)) = &it.expr.kind else { continue };
        if !allows(&study.world.transfers, to) {
            let says = format!("hotline.yaml allows no transfer to `{to}`");
            let help = "add it to the allow-list of transfers, or call somebody else".to_owned();
            found.push(Diagnostic::error("HL0413", it.expr.span, says).help(help));
        }
    }
}

/// Whether one of the patterns, in which `*` stands for any signs, covers `target`.
#[must_use]
pub fn allows(patterns: &[String], target: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, target))
}

/// Each part between two `*` must come at its first place behind the one before: linear in the target for each part.
fn covers(pattern: &str, target: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == target };
    let Some(mut left) = target.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part) {
            Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_any_signs() {
        #[rustfmt::skip]
        let table = [
            ("400*",              "4008001234",           true),
            ("400*",              "13800000001",          false),
            ("*",                 "",                     true),
            ("sip:*@example.com", "sip:a@example.com",    true),
            ("sip:*@example.com", "sip:a@evil.com",       false),
            ("sip:*@example.com", "sip:a@example.com.cn", false),
            ("a*b*c",             "aXbXbXc",              true),
            ("a*b*c",             "aXc",                  false),
            ("ab*ba",             "aba",                  false),
            ("110",               "110",                  true),
            ("110",               "1100",                 false),
        ];
        for (pattern, target, expected) in table {
            assert_eq!(covers(pattern, target), expected, "{pattern} {target}");
        }
    }
}

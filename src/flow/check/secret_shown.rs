//! HL0602 secret-shown: a secret leaves the call other than into a lookup: to an agent's screen, or to a number called.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// Points at the expression.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| it.kind == Some(Type::Secret)) {
        let says = match it.role {
            Role::Context => "a secret is never shown to an agent",
            Role::Transfer | Role::Room => "a secret is never sent outside",
            Role::Account => "an account is no secret: it is what wrong ones are counted for",
            Role::Priority => "a secret decides no priority",
            Role::When | Role::If | Role::Bound(_) => "a secret decides nothing here",
            // HL0610, HL0611 and HL0612 look at the last three.
            Role::Say(_)
            | Role::Set(_)
            | Role::With { .. }
            | Role::Input { .. }
            | Role::Case
            | Role::Callback
            | Role::Notify => continue,
        };
        let help = "hand it to a lookup, and use what the lookup gives".to_owned();
        found.push(Diagnostic::error("HL0602", it.expr.span, says).help(help));
    }
}

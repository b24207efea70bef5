//! HL0305 wrong-kind: an expression gives another kind of value than its place needs.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::{called, fit, is_ordered};
use crate::value::Type;

/// Points at the whole expression. A text written out may be a number to call.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in &study.worked_out {
        let Some(kind) = &it.kind else { continue };
        let (place, fits, help) = match it.role {
            Role::When => ("`when`", *kind == Type::YesNo, "compare it: `order.status == shipped`"),
            Role::If => ("`if`", *kind == Type::YesNo, "compare it: `order.status == shipped`"),
            Role::Priority => (
                "`priority`",
                *kind == Type::Number,
                "write a number, or `if caller.number == \"…\" then 5 else 1`",
            ),
            Role::Transfer => (
                "`transfer`",
                matches!(kind, Type::Text | Type::Phone | Type::Digits),
                "write a SIP URI, a number in quotes, or a variable that holds one",
            ),
            Role::Account => (
                "`account`",
                matches!(kind, Type::Text | Type::Phone | Type::Digits),
                "write the variable that says whose it is: `line_number`",
            ),
            Role::Callback => (
                "`number`",
                matches!(kind, Type::Phone | Type::Digits),
                "write `caller.number`, or a variable asked for as `phone`",
            ),
            Role::Room => (
                "`conference`",
                *kind == Type::Text,
                "write the room's name: one word, or a text in quotes",
            ),
            Role::Bound(of) => (
                "`between`",
                // HL0314 looks at types without an order.
                !is_ordered(&of.value)
                    || *kind == of.value
                    || it.expr.written_out().is_some_and(|it| fit(&it, &of.value).is_some()),
                "write both bounds as what is asked for: `10..500`, `today..today + 14d`",
            ),
            Role::Set(name) => {
                two_kinds(study, it.expr, kind, name, found);
                continue;
            }
            // HL0510, HL0703, HL0218, HL0602, HL0610 and HL0611 look at these.
            Role::Say(_)
            | Role::With { .. }
            | Role::Input { .. }
            | Role::Context
            | Role::Case
            | Role::Notify => continue,
        };
        // HL0602 tells more about a secret.
        if !fits && *kind != Type::Secret {
            let says = format!("{place} does not take {}", called(kind));
            found.push(Diagnostic::error("HL0305", it.expr.span, says).help(help.to_owned()));
        }
    }
}

/// HL0309 two-kinds: a variable is given values of two kinds.
fn two_kinds(
    study: &Study<'_>,
    value: &crate::flow::expr::Expr,
    kind: &Type,
    name: &crate::diagnostic::Spanned<crate::flow::model::Name>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(variable) = study.variables.get(&*name.value) else { return };
    let Some(own) = &variable.kind else { return };
    let fits = own == kind || value.written_out().is_some_and(|it| fit(&it, own).is_some());
    if !fits {
        let says = format!("`{}` is {} and gets {} here", name.value, called(own), called(kind));
        found.push(
            Diagnostic::error("HL0309", value.span, says)
                .note(variable.first, "first set here")
                .help("give it the same kind of value, or use another name".to_owned()),
        );
    }
}

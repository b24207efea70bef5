//! HL0604 unmarked-secret: what is asked for looks like a PIN or password and is not asked for as a secret.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Ask};
use crate::value::Type;

/// Points at `as`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        if ask.kind.value != Type::Secret && is_secret(study, ask) {
            let says = "this looks like a secret, and would stand in logs, journeys and screens";
            let help = "write `as: secret`".to_owned();
            found.push(Diagnostic::warning("HL0604", ask.kind.span, says).help(help));
        }
    }
}

fn is_secret(study: &Study<'_>, ask: &Ask) -> bool {
    let named = |name: &str| {
        name.split(['-', '_', '.'])
            .any(|it| matches!(it, "pin" | "password" | "passcode" | "passwd" | "cvv" | "cvc"))
    };
    let said = || {
        let mut texts = study.prompt(&ask.prompt.value).iter().filter_map(|(_, it)| it.as_ref());
        texts.any(|it| {
            let words = it.text.split(|letter: char| !letter.is_ascii_alphanumeric());
            it.text.contains("密码")
                || words.into_iter().any(|it| it == "PIN" || it.eq_ignore_ascii_case("password"))
        })
    };
    named(&ask.into.value) || named(&ask.prompt.value) || said()
}

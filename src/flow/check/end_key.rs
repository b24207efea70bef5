//! HL0311 end-key-in-data: the key that ends a value may be part of it, so the value is cut short.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at `ends_with`. `*` is part of amounts, of lengths of time and of numbers whose check may be X.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(key) = action.kind.entry().and_then(|it| it.ends_with) else { continue };
        let symbol = key.value.symbol();
        let star = matches!(&action.kind, ActionKind::Ask(ask)
            if matches!(ask.kind.value, Type::Number | Type::Money | Type::Percent | Type::Duration)
                || ask.tests.check.is_some_and(|it| it.value.takes_star()));
        if symbol.is_ascii_digit() || (symbol == '*' && star) {
            let says = format!("{symbol} ends the value and may be part of it");
            let help = "write `ends_with: \"#\"`".to_owned();
            found.push(Diagnostic::error("HL0311", key.span, says).help(help));
        } else if symbol.is_ascii_alphabetic() {
            let says = format!("hardly any telephone has a key {symbol}");
            let help = "write `ends_with: \"#\"`".to_owned();
            found.push(Diagnostic::warning("HL0311", key.span, says).help(help));
        }
    }
}

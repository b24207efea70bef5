//! HL0311 end-key-in-data: the key that ends a value may be part of it, so the value is cut short.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at `ends_with`. `*` and `#` are never part of what is keyed.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(key) = action.kind.entry().and_then(|it| it.ends_with) else { continue };
        let symbol = key.value.symbol();
        if symbol.is_ascii_digit() {
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

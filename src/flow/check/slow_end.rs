//! HL0312 waits-after-last-digit: the caller waits in silence after the last digit, because nothing tells that it was.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the `ask` or `verify` and says how long.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(ask) = action.kind.entry() else { continue };
        if ask.fixed || ask.ends_with.is_some() {
            continue;
        }
        let wait = ask.between_digits.map_or(study.flow.defaults.between_digits, |it| it.value);
        let says = format!("every caller waits {} s after the last digit", wait.as_secs_f32());
        let help =
            "give a fixed `length`, or `ends_with: \"#\"` and say so in the prompt".to_owned();
        found.push(Diagnostic::hint("HL0312", action.span, says).help(help));
    }
}

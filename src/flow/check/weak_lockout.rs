//! HL0607 weak-lock-out: whoever guesses has so many tries, or waits so little between them, that they will be right.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Ten an hour at most: a PIN of six figures then lasts years.
const MOST: u8 = 10;
const SHORTEST: Duration = Duration::from_secs(5 * 60);

/// Points at `locks_after` or `locked_for`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Verify(it) = &action.kind else { continue };
        if let Some(after) = it.locks_after {
            let help = "write `locks_after: 5`".to_owned();
            if after.value == 0 {
                let says = "an account that is locked after no try at all is always locked";
                found.push(Diagnostic::error("HL0607", after.span, says).help(help));
            } else if after.value > MOST {
                let says = format!("{} wrong tries are a guesser's, not a caller's", after.value);
                found.push(Diagnostic::warning("HL0607", after.span, says).help(help));
            }
        }
        if let Some(lasts) = it.locked_for.filter(|it| it.value < SHORTEST) {
            let says = format!("whoever guesses is back after {} s", lasts.value.as_secs());
            let help = "write `locked_for: 30m`".to_owned();
            found.push(Diagnostic::warning("HL0607", lasts.span, says).help(help));
        }
    }
}

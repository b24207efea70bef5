//! HL0437 callback-window: a call back is promised for sooner than anybody calls, or later than anybody waits.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

const MINUTE: u64 = 60;
/// Below it no agent ends a call and dials; `2m` is often meant as two hours.
const LEAST: Duration = Duration::from_secs(10 * MINUTE);
/// Beyond it callers have forgotten why, or called again.
const MOST: Duration = Duration::from_secs(7 * 24 * 60 * MINUTE);

/// Points at the length of time.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Callback(it) = &action.kind else { continue };
        let Some(within) = &it.within else { continue };
        let says = if within.value < LEAST {
            "in less than ten minutes nobody calls back"
        } else if within.value > MOST {
            "after more than a week nobody waits for a call back"
        } else {
            continue;
        };
        let help = "write `within: 2h`, and say so in the prompt".to_owned();
        found.push(Diagnostic::warning("HL0437", within.span, says).help(help));
    }
}

//! HL0407 tries: something is asked so rarely that callers are thrown out, or so often that they are nagged.

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};

/// Points at `tries`; at the flow's name for its defaults.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(judge(study.flow.defaults.tries, study.flow.name.span));
    for (_, _, action) in study.actions() {
        let Some(patience) = action.kind.patience() else { continue };
        found.extend(patience.tries.and_then(|it| judge(it.value, it.span)));
    }
}

fn judge(tries: u8, span: Span) -> Option<Diagnostic> {
    let help = "write `tries: 3`".to_owned();
    match tries {
        0 => {
            let says = "with no try at all nothing is ever asked";
            Some(Diagnostic::error("HL0407", span, says).help(help))
        }
        1..=5 => None,
        _ => {
            let says = format!("a caller in need is asked {tries} times before anybody helps");
            Some(Diagnostic::warning("HL0407", span, says).help(help))
        }
    }
}

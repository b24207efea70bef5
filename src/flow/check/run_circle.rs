//! HL0422 run-circle: flows run each other in a circle, or more than eight one inside the other.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::sub::{Lost, MAX_NESTED};

/// Points at the `run` that closes the circle or goes too deep, and shows the way.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for run in study.runs() {
        let (says, names, help) = match &run.sub {
            Err(Lost::Circle(names)) => (
                "these flows run each other for ever".to_owned(),
                names,
                "let one of them `return` instead, and go on in the flow that runs it",
            ),
            Err(Lost::TooDeep(names)) => (
                format!("more than {MAX_NESTED} flows run one inside the other"),
                names,
                "join some of them, or `return` before the next is run",
            ),
            Ok(_) | Err(Lost::Unsought | Lost::Missing(_) | Lost::Unreadable | Lost::Twice(_)) => {
                continue;
            }
        };
        let names: Vec<&str> = names.iter().map(|it| &**it).collect();
        let says = format!("{says}: {}", names.join(" → "));
        found.push(Diagnostic::error("HL0422", run.flow.span, says).help(help.to_owned()));
    }
}

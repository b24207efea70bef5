//! HL0317 pattern-length: a pattern has another number of figures than are taken, and HL0318 no-pattern: what is asked for
//! follows no pattern of figures.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::expr::called;
use crate::flow::model::{ActionKind, Ask};
use crate::value::Type;

/// Points at each such pattern; at the first where the type takes none.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Ask(ask) = &action.kind else { continue };
        let Some(first) = ask.tests.matches.first() else { continue };
        let kind = &ask.kind.value;
        if matches!(kind, Type::Digits | Type::Phone) {
            lengths(ask, found);
            continue;
        }
        let says = format!("{} follows no pattern", called(kind));
        let help = if *kind == Type::Secret {
            "nothing may depend on a secret's figures but its `check`"
        } else {
            "ask for it as `digits` or `phone`, or give its range: `between`"
        };
        found.push(Diagnostic::error("HL0318", first.span, says).help(help.to_owned()));
    }
}

fn lengths(ask: &Ask, found: &mut Vec<Diagnostic>) {
    let Some(length) = ask.length else { return };
    let (least, most) = length.value;
    for it in &ask.tests.matches {
        let figures = it.value.figures();
        if !(least..=most).contains(&figures) {
            let says = format!("this pattern has {figures} figures, which `length` never takes");
            let help = "leave `length` out: the patterns tell it".to_owned();
            found.push(
                Diagnostic::error("HL0317", it.span, says)
                    .note(length.span, "taken here")
                    .help(help),
            );
        }
    }
}

//! HL0514 pick-of-one: one of several announcements is to be picked, and there is only one.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Play};

/// Points at `pick`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Play(Play { pick: Some(pick), prompts, .. }) = &action.kind
            && prompts.len() < 2
        {
            let says = "there is only one prompt to pick from";
            let help = "name the others, too: `play: [tip-one, tip-two]`, or leave `pick` out";
            found.push(Diagnostic::warning("HL0514", pick.span, says).help(help.to_owned()));
        }
    }
}

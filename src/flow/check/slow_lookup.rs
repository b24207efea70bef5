//! HL0706 silent-lookup: a caller may hear nothing for longer than they stay.

use std::time::Duration;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// How long callers take silence for thinking, not for a dead line.
const SILENCE: Duration = Duration::from_secs(3);

/// Points at the `lookup` action.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let Some(name) = action.kind.asks().map(|it| it.lookup) else { continue };
        let Some(lookup) = study.flow.lookups.get(&name.value) else { continue };
        let meanwhile = matches!(&action.kind, ActionKind::Lookup(it) if it.meanwhile.is_some());
        if lookup.within > SILENCE && !meanwhile {
            let seconds = lookup.within.as_secs_f32();
            let says = format!("the caller may hear nothing for {seconds} s here");
            let help = "add `meanwhile: one-moment`, or give the lookup less time with `within`"
                .to_owned();
            found.push(Diagnostic::warning("HL0706", action.span, says).help(help));
        }
    }
}

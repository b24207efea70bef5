//! HL0420 exit-without-way: a `run` does not say where the call goes on one of the flow's exits.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the flow's name, once for all such exits.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for run in study.runs() {
        let Ok(sub) = &run.sub else { continue };
        let missing: Vec<_> = sub.exits.iter().filter(|it| run.way(&it.value).is_none()).collect();
        let Some(first) = missing.first() else { continue };
        let names: Vec<&str> = missing.iter().map(|it| &*it.value).collect();
        let says = format!("this run does not say where `{}` leads", names.join("` and `"));
        let help = format!("add `{}: a-step`, or `otherwise: a-step` for all exits", first.value);
        found.push(
            Diagnostic::error("HL0420", run.flow.span, says)
                .note(first.span, "an exit of the flow")
                .help(help),
        );
    }
}

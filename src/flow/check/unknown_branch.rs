//! HL0707 change-without-unknown: a lookup that changes something does not say what follows when nobody knows whether it did.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the `lookup`; or at `unknown`, HL0708 unknown-without-change, where nothing is changed.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Lookup(it) = &action.kind else { continue };
        let Some(lookup) = study.flow.lookups.get(&it.lookup.value) else { continue };
        match &it.unknown {
            None if lookup.changes => {
                let says = "this changes something, and has no `unknown` branch";
                let help = "add `unknown: a-step`: after a time-out nobody knows whether it was changed, and it must not simply be tried again";
                found.push(Diagnostic::error("HL0707", action.span, says).help(help.to_owned()));
            }
            Some(unknown) if !lookup.changes => {
                let says =
                    format!("`{}` changes nothing: its time-out is `failed`", lookup.name.value);
                let help = "leave `unknown` out, or write `changes: yes` in the lookup".to_owned();
                found.push(Diagnostic::warning("HL0708", unknown.span, says).help(help));
            }
            None | Some(_) => {}
        }
    }
}

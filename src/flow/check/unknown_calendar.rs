//! HL0207 unknown-calendar: an `hours` action names a calendar that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let calendars = &study.world.calendars;
    for (_, _, action) in study.actions() {
        if let ActionKind::Hours(it) = &action.kind
            && !calendars.contains(&it.calendar.value)
        {
            let says = format!("no calendar is called `{}`", it.calendar.value);
            let near = study.suggest(&it.calendar.value, calendars.iter().map(|it| &**it));
            let help =
                near.unwrap_or_else(|| "add it under `calendars` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0207", it.calendar.span, says).help(help));
        }
    }
}

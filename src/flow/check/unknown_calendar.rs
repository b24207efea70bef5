//! HL0207 unknown-calendar: an `hours` action or the `on` of a `play` names a calendar that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Hours, Play};

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let calendars = &study.world.calendars;
    for (_, _, action) in study.actions() {
        if let ActionKind::Hours(Hours { calendar: name, .. })
        | ActionKind::Play(Play { on: Some(name), .. }) = &action.kind
            && !calendars.contains(&name.value)
        {
            let says = format!("no calendar is called `{}`", name.value);
            let near = study.suggest(&name.value, calendars.iter().map(|it| &**it));
            let help =
                near.unwrap_or_else(|| "add it under `calendars` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0207", name.span, says).help(help));
        }
    }
}

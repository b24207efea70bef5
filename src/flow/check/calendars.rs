//! HL0453 never-open: a calendar that never opens; HL0454 old-calendar: one whose holidays are all past; HL0455
//! hours-overlap: one with two hours over each other on a day.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at the first `hours` that asks the calendar.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let facts = &study.world.facts;
    let mut seen = HashSet::new();
    for (_, _, action) in study.actions() {
        let ActionKind::Hours(hours) = &action.kind else { continue };
        let (name, span) = (&hours.calendar.value, hours.calendar.span);
        let Some(calendar) = facts.calendars.get(name).filter(|_| seen.insert(name)) else {
            continue;
        };
        if calendar.never_opens {
            let says = format!("`{name}` never opens");
            let help = "give it hours in hotline.yaml: `open: { mon-fri: 08:30-18:00 }`".to_owned();
            found.push(Diagnostic::warning("HL0453", span, says).help(help));
        }
        if calendar.overlaps {
            let says = format!("two of the hours of `{name}` lie over each other on one day");
            let help = "write each time of a day once".to_owned();
            found.push(Diagnostic::warning("HL0455", span, says).help(help));
        }
        if let (Some(today), Some(last)) = (facts.today, calendar.last_special_day)
            && last < today
        {
            let says = format!("the last holiday of `{name}` was {last}");
            let help = "add the next holidays in hotline.yaml".to_owned();
            found.push(Diagnostic::warning("HL0454", span, says).help(help));
        }
    }
}

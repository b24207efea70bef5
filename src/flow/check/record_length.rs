//! HL0426 record-length: a recording does not say how long it may be, or may be longer than one call records.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// The most that one call records, in seconds.
const MOST: u64 = 30 * 60;

/// Points at the `record`, or at its `at_most`.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Record(record) = &action.kind else { continue };
        let (span, says) = match record.at_most {
            None => (action.span, "this does not say how long a caller may speak"),
            Some(at_most) if at_most.value.as_secs() > MOST => {
                (at_most.span, "one call records 30 minutes at most")
            }
            Some(at_most) if at_most.value.is_zero() => {
                (at_most.span, "nothing can be said in no time")
            }
            Some(_) => continue,
        };
        let help = "write `at_most: 2m`".to_owned();
        found.push(Diagnostic::error("HL0426", span, says).help(help));
    }
}

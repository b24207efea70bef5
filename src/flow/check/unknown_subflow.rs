//! HL0216 unknown-subflow: a `run` names a flow that is not there, or a file that says it is another flow.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{Flow, Name};
use crate::flow::sub::Lost;

/// Points at each such name and suggests the nearest flow that is there.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for run in study.runs() {
        let name = &run.flow.value;
        let (says, help, first) = match &run.sub {
            Err(Lost::Unsought | Lost::Missing(None)) => {
                let help =
                    format!("put `{name}.yaml` beside this flow or into `shared/` beside it");
                (format!("there is no flow `{name}` to run"), help, None)
            }
            Err(Lost::Missing(Some(near))) => (
                format!("there is no flow `{name}` to run"),
                format!("did you mean `{near}`?"),
                None,
            ),
            Err(Lost::Twice(first)) => {
                let says = format!("`{name}` is another file here than elsewhere in the same call");
                (says, "give one of them another name".to_owned(), Some(*first))
            }
            // HL0422 and the file itself tell about these.
            Ok(_) | Err(Lost::Unreadable | Lost::Circle(_) | Lost::TooDeep(_)) => continue,
        };
        let wrong = Diagnostic::error("HL0216", run.flow.span, says).help(help);
        found.push(match first {
            Some(first) => wrong.note(first, "the other one"),
            None => wrong,
        });
    }
}

/// Points at the name in a file that is run as `name` and called otherwise: journeys would name what nobody finds.
pub(in crate::flow) fn misnamed(flow: &Flow, name: &Name) -> Option<Diagnostic> {
    let own = &flow.name;
    (own.value != *name).then(|| {
        let says = format!("this file is run as `{name}` and says that it is `{}`", own.value);
        let help = format!("write `flow: {name}`, or rename the file");
        Diagnostic::error("HL0216", own.span, says).help(help)
    })
}

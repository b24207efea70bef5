//! HL0430 long-survey: a survey asks more than callers answer.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// After the third question half of those who are left hang up.
const MOST: usize = 4;

/// Points at the first question too many.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        if let ActionKind::Survey(survey) = &action.kind
            && let Some(question) = survey.questions.get(MOST)
        {
            let says = format!("this survey asks {} questions", survey.questions.len());
            let help = format!("ask at most {MOST}: who is asked more hangs up");
            found.push(Diagnostic::warning("HL0430", question.name.span, says).help(help));
        }
    }
}

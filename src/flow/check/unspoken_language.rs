//! HL0209 unspoken-language: a `language` action names a language that is not among the flow's `languages`, or a flow
//! that is run does not speak what this one speaks, or leaves the call in one that this one does not.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{ActionKind, Run};
use crate::flow::sub::Sub;

/// Points at each such name, of a language or of the flow run.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let known = || study.flow.languages.iter().map(|it| &*it.value);
    for (_, _, action) in study.actions() {
        if let ActionKind::Language(lang) = &action.kind
            && !known().any(|it| *it == *lang.value)
        {
            let says = format!("this flow does not speak {}", lang.value);
            let help = study.suggest(&lang.value, known()).unwrap_or_else(|| {
                format!(
                    "add it to `languages`, or take one of {}",
                    known().collect::<Vec<_>>().join(", ")
                )
            });
            found.push(Diagnostic::error("HL0209", lang.span, says).help(help));
        }
    }
    for run in study.runs() {
        if let Ok(sub) = &run.sub {
            runs(study, run, sub, found);
        }
    }
}

fn runs(study: &Study<'_>, run: &Run, sub: &Sub, found: &mut Vec<Diagnostic>) {
    let own = &study.flow.languages;
    let name = &sub.name.value;
    if let Some(lang) = own.iter().find(|it| !sub.languages.iter().any(|its| its.value == it.value))
    {
        let says = format!("`{name}` does not speak {}, and a call may come in it", lang.value);
        let help = format!("add {} to the `languages` of `{name}`", lang.value);
        let wrong = Diagnostic::error("HL0209", run.flow.span, says).help(help);
        found.push(wrong.note(sub.name.span, "the flow"));
    }
    if let Some((lang, span)) =
        sub.changes_to.iter().find(|(lang, _)| !own.iter().any(|it| it.value == **lang))
    {
        let says = format!("`{name}` goes on in {lang}, which this flow does not speak");
        let help = format!("add {lang} to `languages`");
        let wrong = Diagnostic::error("HL0209", run.flow.span, says).help(help);
        found.push(wrong.note(*span, "changed here"));
    }
}

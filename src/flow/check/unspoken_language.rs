//! HL0209 unspoken-language: a `language` action names a language that is not among the flow's `languages`.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// Points at each such name.
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
}

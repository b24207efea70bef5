//! HL0210 repeated-language: a language stands twice in `languages`.

use std::collections::HashMap;

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at the second one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::new();
    for lang in &study.flow.languages {
        if let Some(first) = seen.insert(&lang.value, lang.span) {
            let says = format!("{} stands twice among the languages", lang.value);
            found.push(
                Diagnostic::error("HL0210", lang.span, says)
                    .note(first, "first written here")
                    .help("remove one".to_owned()),
            );
        }
    }
}

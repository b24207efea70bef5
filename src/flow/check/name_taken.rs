//! HL0215 name-taken: a variable or lookup is called like something that exists already.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::builtin::is_taken;

/// Points at the name given second; built-ins come first, then lookups.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values().filter(|it| is_taken(&it.name.value)) {
        let says = format!("`{}` means something already in every flow", lookup.name.value);
        let help = "give the lookup another name".to_owned();
        found.push(Diagnostic::error("HL0215", lookup.name.span, says).help(help));
    }
    for (name, variable) in &study.variables {
        // A survey's answers are called like the survey, with a dot behind it.
        let name = name.split('.').next().unwrap_or(name);
        let lookup = study.flow.lookups.get(name);
        if !is_taken(name) && lookup.is_none() {
            continue;
        }
        let says = match lookup {
            Some(_) => format!("`{name}` is a lookup already"),
            None => format!("`{name}` means something already in every flow"),
        };
        let mut wrong = Diagnostic::error("HL0215", variable.first, says)
            .help("give the variable another name".to_owned());
        if let Some(lookup) = lookup {
            wrong = wrong.note(lookup.name.span, "the lookup");
        }
        found.push(wrong);
    }
}

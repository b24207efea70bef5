//! HL0215 name-taken: a variable, lookup or flow that is run is called like something that exists already.

use indexmap::IndexMap;

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::builtin::is_taken;
use crate::flow::model::Name;

/// Points at the name given second; built-ins come first, then lookups, then flows that are run and give something.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values().filter(|it| is_taken(&it.name.value)) {
        let says = format!("`{}` means something already in every flow", lookup.name.value);
        let help = "give the lookup another name".to_owned();
        found.push(Diagnostic::error("HL0215", lookup.name.span, says).help(help));
    }
    let mut giving: IndexMap<Name, Span> = IndexMap::new();
    for run in study.runs() {
        if run.sub.as_ref().is_ok_and(|sub| !sub.gives.is_empty()) {
            giving.entry(run.prefix()).or_insert(run.flow.span);
        }
    }
    for (prefix, span) in &giving {
        let lookup = study.flow.lookups.get(prefix);
        if is_taken(prefix) || lookup.is_some() {
            let says =
                format!("what this flow gives would be read as `{prefix}.…`, which is taken");
            let mut wrong = Diagnostic::error("HL0215", *span, says)
                .help("give the flow another name".to_owned());
            if let Some(lookup) = lookup {
                wrong = wrong.note(lookup.name.span, "the lookup");
            }
            found.push(wrong);
        }
    }
    for (name, variable) in &study.variables {
        // A survey's answers are called like the survey, with a dot behind it.
        let name = name.split('.').next().unwrap_or(name);
        let lookup = study.flow.lookups.get(name);
        let run = giving.get(name);
        if !is_taken(name) && lookup.is_none() && run.is_none() {
            continue;
        }
        let says = match (lookup, run) {
            (Some(_), _) => format!("`{name}` is a lookup already"),
            (None, Some(_)) => format!("`{name}` is a flow that is run here already"),
            (None, None) => format!("`{name}` means something already in every flow"),
        };
        let mut wrong = Diagnostic::error("HL0215", variable.first, says)
            .help("give the variable another name".to_owned());
        if let Some(lookup) = lookup {
            wrong = wrong.note(lookup.name.span, "the lookup");
        } else if let Some(span) = run {
            wrong = wrong.note(*span, "the flow");
        }
        found.push(wrong);
    }
}

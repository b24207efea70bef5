//! HL0205 unknown-variable: an expression reads a name that nothing in the flow sets or gives.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::builtin;
use crate::flow::expr::Fault;

/// Points at each such name; suggests the nearest variable, column or built-in.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for fault in &study.faults {
        let Fault::Unknown(name, span) = fault else { continue };
        if study.is_lost(name) {
            continue; // what is wrong with the flow that gives it is said elsewhere
        }
        if study.variables.contains_key(&**name) {
            let says = format!("`{name}` is worked out from itself alone, so it never has a value");
            let help = format!("give it a first value: `set: {{ {name}: 0 }}`");
            found.push(Diagnostic::error("HL0205", *span, says).help(help));
            continue;
        }
        let says = format!("nothing sets `{name}`");
        found.push(Diagnostic::error("HL0205", *span, says).help(help(study, name)));
    }
}

pub(super) fn help(study: &Study<'_>, name: &str) -> String {
    let columns: Vec<_> = study.columns().map(|(of, column, _)| format!("{of}.{column}")).collect();
    if let Some((of, _)) = name.split_once('.')
        && (study.flow.lookups.contains_key(of) || study.flow.runs.contains_key(of))
    {
        let own =
            || columns.iter().map(String::as_str).filter(|it| it.split('.').next() == Some(of));
        let near = study.suggest(name, own());
        return near.unwrap_or_else(|| match own().collect::<Vec<_>>().as_slice() {
            [] => format!("`{of}` gives nothing"),
            own => format!("it gives {}", own.join(", ")),
        });
    }
    let known = study.variables.keys().copied();
    let known = known.chain(builtin::NAMES).chain(columns.iter().map(String::as_str));
    study.suggest(name, known).unwrap_or_else(|| match name {
        "true" => "write `yes`".to_owned(),
        "false" => "write `no`".to_owned(),
        name if !name.is_ascii() => format!("if it is a text, put it in quotes: '\"{name}\"'"),
        _ => "set it with `ask` or `set`, or put it in quotes if it is a text".to_owned(),
    })
}

//! HL0716 other-connector: a lookup asks a database over HTTP, or another system in SQL.

use super::facts::ConnectorFacts;
use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::Asks;

/// Points at the connector's name, and names one of the right kind.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let connectors = &study.world.facts.connectors;
    for lookup in study.flow.lookups.values() {
        let name = &lookup.connector;
        let (field, what) = match (&lookup.asks, connectors.get(&name.value)) {
            (Asks::Http(_), Some(ConnectorFacts::Sql)) => ("sql", "a database"),
            (Asks::Sql(_), Some(ConnectorFacts::Http { .. })) => ("http", "asked over HTTP"),
            (Asks::Sql(_), Some(ConnectorFacts::Sql) | None)
            | (Asks::Http(_), Some(ConnectorFacts::Http { .. }) | None) => continue,
        };
        let says = format!("`{}` is {what} in hotline.yaml", name.value);
        let help = format!("write `{field}: {}`, or name another connector", name.value);
        found.push(Diagnostic::error("HL0716", name.span, says).help(help));
    }
}

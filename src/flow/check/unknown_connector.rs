//! HL0208 unknown-connector: a lookup names a connector that hotline.yaml does not have.

use super::study::Study;
use crate::diagnostic::Diagnostic;

/// Points at each such name and suggests the nearest existing one.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let connectors = &study.world.connectors;
    for lookup in study.flow.lookups.values() {
        let name = &lookup.connector;
        if !connectors.contains(&name.value) {
            let says = format!("no connector is called `{}`", name.value);
            let near = study.suggest(&name.value, connectors.iter().map(|it| &**it));
            let help =
                near.unwrap_or_else(|| "add it under `connectors` in hotline.yaml".to_owned());
            found.push(Diagnostic::error("HL0208", name.span, says).help(help));
        }
    }
}

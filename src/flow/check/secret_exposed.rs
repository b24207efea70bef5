//! HL0715 secret-exposed: a secret goes to another system where others can read it: in a URL, which stands in the logs of
//! the other side, or without encryption.

use super::facts::ConnectorFacts;
use super::http::hands_over;
use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::{Asks, Lookup};
use crate::value::Type;

/// Points at the path, or at the type of the secret.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values() {
        let Asks::Http(request) = &lookup.asks else { continue };
        let taken = lookup.takes.iter().filter(|(_, kind)| kind.value == Type::Secret);
        for (name, kind) in taken {
            if request.path.value.parts().any(|it| hands_over(it, name)) {
                let says =
                    format!("the secret `{name}` would stand in the logs of the system asked");
                let help = format!("send it: `post: …` with `send: {{ {name}: \"{{{name}}}\" }}`");
                found.push(
                    Diagnostic::error("HL0715", request.path.span, says)
                        .note(kind.span, "a secret")
                        .help(help),
                );
            }
        }
        in_the_clear(study, lookup, found);
    }
}

fn in_the_clear(study: &Study<'_>, lookup: &Lookup, found: &mut Vec<Diagnostic>) {
    let connector = study.world.facts.connectors.get(&lookup.connector.value);
    if connector != Some(&ConnectorFacts::Http { in_the_clear: true }) {
        return;
    }
    let given = lookup.gives.iter().map(|(name, given)| (name, &given.kind));
    for (name, kind) in
        lookup.takes.iter().chain(given).filter(|(_, kind)| kind.value == Type::Secret)
    {
        let says = format!(
            "the secret `{name}` would cross the network unencrypted: `{}` is asked over http",
            lookup.connector.value
        );
        let help = "let the connector's address begin with `https://`".to_owned();
        found.push(
            Diagnostic::error("HL0715", kind.span, says)
                .note(lookup.connector.span, "the connector")
                .help(help),
        );
    }
}

//! HL0712 http-names: a path or a body names a value that the lookup does not take, or neither names one that it takes;
//! HL0713 http-changes: what is asked for changes something and the lookup does not say whether it does, or the reverse;
//! HL0714 http-body: a body where none belongs.

use std::collections::HashSet;

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::http::{Method, Part, Request};
use crate::flow::model::{Asks, Lookup};

/// Points at the path, the body, or the value that is never used.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for lookup in study.flow.lookups.values() {
        let Asks::Http(request) = &lookup.asks else { continue };
        names(study, lookup, request, found);
        changes(lookup, request, found);
        let method = request.method.value;
        if let Some(send) = request.send.as_ref().filter(|_| !method.takes_body()) {
            let says = format!("a body has no meaning beside `{}`", method.name());
            let help = if method == Method::Get {
                "put the values into the path, or ask with `post`"
            } else {
                "put the values into the path"
            };
            found.push(
                Diagnostic::error("HL0714", send.span, says)
                    .note(request.method.span, "the method")
                    .help(help.to_owned()),
            );
        }
    }
}

fn names(study: &Study<'_>, lookup: &Lookup, request: &Request, found: &mut Vec<Diagnostic>) {
    let path = request.path.value.parts().map(|it| (it, request.path.span));
    let send = request.send.iter().flat_map(|send| send.value.iter().map(|it| (it, send.span)));
    let mut seen = HashSet::new();
    for (name, span) in path.chain(send).filter_map(|(part, span)| Some((part.name()?, span))) {
        // The idempotency key of a change comes by itself.
        let once = lookup.changes && **name == *"once";
        if seen.insert(name) && !lookup.takes.contains_key(name) && !once {
            let says = format!("`{{{name}}}` stands here, which the lookup does not take");
            let near = study.suggest(name, lookup.takes.keys().map(|it| &**it));
            let help = near.unwrap_or_else(|| format!("add it: `takes: {{ {name}: digits }}`"));
            found.push(Diagnostic::error("HL0712", span, says).help(help));
        }
    }
    for (name, kind) in lookup.takes.iter().filter(|(name, _)| !seen.contains(*name)) {
        let says = format!("`{{{name}}}` stands neither in the path nor in the body");
        let help = if request.method.value.takes_body() {
            format!("send it: `send: {{ {name}: \"{{{name}}}\" }}`, or do not take it")
        } else {
            format!("use it, as in `/orders/{{{name}}}`, or do not take it")
        };
        found.push(
            Diagnostic::error("HL0712", kind.span, says)
                .note(request.path.span, "the path")
                .help(help),
        );
    }
}

fn changes(lookup: &Lookup, request: &Request, found: &mut Vec<Diagnostic>) {
    let method = request.method.value.name();
    match (request.method.value, request.says_changes) {
        (Method::Get, Some(span)) if lookup.changes => {
            let says = "`get` only reads: systems and those on the way may repeat it as they like";
            let help = "ask with `post`, or leave `changes` out".to_owned();
            found.push(
                Diagnostic::error("HL0713", span, says)
                    .note(request.method.span, "the method")
                    .help(help),
            );
        }
        (Method::Get, _) | (_, Some(_)) => {}
        (Method::Post | Method::Put | Method::Patch | Method::Delete, None) => {
            let says = format!(
                "`{method}` changes something, and the lookup does not say whether it does"
            );
            let help = "add `changes: yes`, so that it is never repeated blindly, or `changes: no` if this one \
                        only reads";
            found
                .push(Diagnostic::error("HL0713", request.method.span, says).help(help.to_owned()));
        }
    }
}

/// Whether a part hands over the value called `name`.
pub(super) fn hands_over(part: &Part, name: &str) -> bool {
    part.name().is_some_and(|it| **it == *name)
}

//! HL0111 unknown-allow, HL0112 allow-without-reason and HL0113 idle-allow: what `allow:` silences,
//! and what is wrong with it itself.

use crate::diagnostic::{Diagnostic, Level, Span};
use crate::flow::explain::explain;
use crate::flow::model::{Allow, Flow};

/// Takes out of `found` what the flow allows. Of a flow that could be read only in part (`whole` is no) nobody says that
/// an `allow` is idle: what it silences may be what could not be read.
pub(super) fn apply(flow: &Flow, mut found: Vec<Diagnostic>, whole: bool) -> Vec<Diagnostic> {
    let mut judged = Vec::new();
    for allow in &flow.allows {
        let mut silenced = false;
        let mut error = false;
        found.retain(|it| {
            let meant = *it.code == *allow.code.value && holds(allow, it);
            silenced |= meant && it.level < Level::Error;
            error |= meant && it.level == Level::Error;
            !meant || it.level == Level::Error
        });
        judged.extend(judge(allow, silenced, error, whole));
    }
    found.extend(judged);
    found
}

/// Whether the finding lies where `allow` stands, itself or by a place that it points at: a prompt's words are found in
/// the catalogue, and silenced where a flow speaks them.
fn holds(allow: &Allow, found: &Diagnostic) -> bool {
    let Some(scope) = allow.scope else { return true };
    let inside =
        |span: Span| span.file == scope.file && scope.start <= span.start && span.end <= scope.end;
    inside(found.span)
        || (found.span.file != scope.file && found.notes.iter().any(|(span, _)| inside(*span)))
}

fn judge(allow: &Allow, silenced: bool, error: bool, whole: bool) -> Option<Diagnostic> {
    let (code, span) = (&allow.code.value, allow.code.span);
    if explain(code).is_none() {
        let help = "copy the code from the finding: HL and four figures".to_owned();
        return Some(
            Diagnostic::warning("HL0111", span, format!("no finding has the code `{code}`"))
                .help(help),
        );
    }
    if allow.reason.is_empty() {
        let says = format!("nothing says why {code} may be so");
        let help = format!("write the reason: `allow: {{ {code}: \"…\" }}`");
        return Some(Diagnostic::warning("HL0112", span, says).help(help));
    }
    if error && !silenced {
        let says = format!("{code} is an error here, and an error cannot be allowed");
        let help = "mend what it points at".to_owned();
        return Some(Diagnostic::warning("HL0113", span, says).help(help));
    }
    (whole && !silenced).then(|| {
        let says = format!("there is no {code} here to be allowed");
        Diagnostic::warning("HL0113", span, says).help("take it out".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use crate::flow::check::tests::finds;

    const MENU: &str =
        "    - menu: m\n      keys: { 1: bye, 5: bye, 0: agent }\n      otherwise: agent\n";

    #[test]
    fn a_warning_is_silenced_where_it_is_allowed_and_nowhere_else() {
        let allow = "      allow: { HL0505: \"the regulars know it\" }\n";
        let two = |first: &str, second: &str| {
            format!(
                "  main:\n    - goto: more\n      when: known(caller.number)\n{MENU}{first}  more:\n{MENU}{second}"
            )
        };
        finds(&two("", ""), &["HL0505 5", "HL0505 9"]);
        finds(&two(allow, ""), &["HL0505 10"]);
        finds(&two(allow, allow), &[]);
    }

    #[test]
    fn an_allow_of_its_own_holds_for_its_whole_step_and_its_name() {
        let step = "    - allow: { HL0505: \"known\", HL0211: \"to be opened in May\" }\n";
        finds(&format!("  main:\n    - goto: agent\n  more:\n{step}{MENU}"), &[]);
        finds(
            &format!("  main:\n{step}{MENU}  more:\n{MENU}"),
            &["HL0113 2", "HL0211 6", "HL0505 8"],
        );
    }

    #[test]
    fn an_allow_says_why_and_silences_something_that_is_no_error() {
        let with = |allow: &str| format!("  main:\n{MENU}      allow: {{ {allow} }}\n");
        finds(&with("HL0505: \"\""), &["HL0112 5"]);
        finds(&with("HL0505:"), &["HL0112 5"]);
        finds(&with("HL0599: why"), &["HL0505 3", "HL0111 5"]);
        finds(&with("HL0505: why, HL0507: why"), &["HL0113 5"]);
        finds(
            "  main:\n    - say: nothing_set\n      allow: { HL0205: why }\n    - goto: agent",
            &["HL0205 2", "HL0113 3"],
        );
    }

    #[test]
    fn nothing_is_called_idle_in_a_flow_that_could_not_be_read_whole() {
        finds(
            &format!("  main:\n{MENU}      allow: {{ HL0507: why }}\n      otherwse: x\n"),
            &["HL0105 6"],
        );
    }
}

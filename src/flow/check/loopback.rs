//! HL0456 loopback: a transfer goes to the machine that hotline runs on.

use super::study::{Role, Study};
use crate::diagnostic::Diagnostic;
use crate::flow::expr::ExprKind;
use crate::value::Value;

/// Points at the target.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in study.worked_out.iter().filter(|it| matches!(it.role, Role::Transfer)) {
        let ExprKind::Literal(Value::Text(to)) = &it.expr.kind else { continue };
        if is_loopback(to) {
            let says = "this reaches nobody outside of the machine that hotline runs on";
            let help =
                "write the address that callers are to reach, or an agent's number".to_owned();
            found.push(Diagnostic::warning("HL0456", it.expr.span, says).help(help));
        }
    }
}

/// Whether the host of a SIP URI is this machine.
fn is_loopback(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    if !matches!(scheme, "sip" | "sips") {
        return false;
    }
    let host = rest.rsplit('@').next().unwrap_or(rest);
    let host = host.split([';', '?']).next().unwrap_or(host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => host.split(':').next().unwrap_or(host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (uri, expected) in [
            ("sip:help@127.0.0.1", true),
            ("sip:help@127.0.0.1:5090;transport=tcp", true),
            ("sips:localhost", true),
            ("sip:[::1]:5060", true),
            ("sip:127.0.0.1@example.com", false),
            ("sip:help@example.com", false),
            ("4001234567", false),
        ] {
            assert_eq!(is_loopback(uri), expected, "{uri}");
        }
    }
}

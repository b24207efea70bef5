//! HL0323 money-as-number: an amount of money is declared as a bare number, and spoken so.

use super::spoken_values::spoken_as_they_are;
use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// What amounts are called.
const AMOUNTS: [&str; 9] =
    ["balance", "amount", "price", "fee", "cost", "charge", "debt", "refund", "payment"];

/// Points at the type.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in spoken_as_they_are(study) {
        let amount = it.name.split(['_', '.']).next_back().is_some_and(|it| AMOUNTS.contains(&it));
        if amount && *it.kind == Type::Number {
            let says = format!("`{}` is spoken as a bare number, without yuan and fen", it.name);
            let help = "write `money`".to_owned();
            found.push(
                Diagnostic::hint("HL0323", it.declared, says)
                    .note(it.spoken, "spoken here")
                    .help(help),
            );
        }
    }
}

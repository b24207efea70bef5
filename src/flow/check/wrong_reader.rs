//! HL0324 wrong-reader: what is read figure by figure, or as a day, is declared as a quantity.

use super::spoken_values::spoken_as_they_are;
use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::value::Type;

/// What is no quantity although it is made of figures.
const FIGURES: [&str; 5] = ["zip", "postcode", "imei", "code", "id"];
/// Telephone numbers.
const PHONES: [&str; 3] = ["phone", "mobile", "tel"];
/// What is a day.
const DAYS: [&str; 5] = ["date", "eta", "birthday", "deadline", "expiry"];

/// Points at the type.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for it in spoken_as_they_are(study) {
        let own = it.name.rsplit('.').next().unwrap_or(it.name);
        let last = own.rsplit('_').next().unwrap_or(own);
        let number = own == "number" || own.ends_with("_number") || FIGURES.contains(&last);
        let quantity = *it.kind == Type::Number;
        let (says, wanted) = if quantity && (number || PHONES.contains(&last)) {
            let says = format!("`{}` is read as one quantity: twenty million and one", it.name);
            (says, if number { "digits" } else { "phone" })
        } else if (quantity || *it.kind == Type::Digits) && DAYS.contains(&last) {
            (format!("`{}` is read as figures, not as a day", it.name), "date")
        } else {
            continue;
        };
        let help = format!("write `{wanted}`");
        found.push(
            Diagnostic::warning("HL0324", it.declared, says)
                .note(it.spoken, "spoken here")
                .help(help),
        );
    }
}

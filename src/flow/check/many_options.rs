//! HL0507 many-options: a menu has more choices than callers keep in mind.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::model::ActionKind;

/// How many choices callers keep in mind, from the field.
const MOST: usize = 5;

/// Points at the sixth choice. `*` and `#`, which commonly repeat or go back, do not count.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Menu(menu) = &action.kind else { continue };
        let choices =
            || menu.branches.iter().filter(|(key, _)| !matches!(key.value.symbol(), '*' | '#'));
        if let Some((sixth, _)) = choices().nth(MOST) {
            let says = format!("{} choices are more than callers keep in mind", choices().count());
            let help = "put some of them into a second menu".to_owned();
            found.push(Diagnostic::warning("HL0507", sixth.span, says).help(help));
        }
    }
}

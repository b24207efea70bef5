//! HL0525 unknown-unit: a value is to be said with a unit that one of the flow's languages does not have, and HL0526
//! unit-without-number: with a unit, though it counts nothing.

use super::study::Study;
use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::flow::expr::called;
use crate::flow::model::ActionKind;
use crate::value::Type;

/// Points at the unit, in the flow or in the prompt. Whether a prompt's unit is known its catalogue says itself (HL0557).
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    for (_, _, action) in study.actions() {
        let ActionKind::Say(say) = &action.kind else { continue };
        let Some(unit) = &say.unit else { continue };
        found.extend(missing(study, unit));
        let own = || say.value.check(&|name| study.look_up(name), &mut Vec::new());
        let kind = say.kind.as_ref().map(|it| it.value.clone()).or_else(own);
        found.extend(kind.and_then(|kind| uncounted(&kind, unit.span)));
    }
    for (spoken, _, facts) in study.texts() {
        for slot in &facts.slots {
            let Some(unit) = &slot.unit else { continue };
            let own = || study.look_up(&slot.path.value).map(|(kind, _)| kind);
            let kind = slot.kind.as_ref().map(|it| it.value.clone()).or_else(own);
            let wrong = kind.and_then(|kind| uncounted(&kind, unit.span));
            found.extend(wrong.map(|it| it.note(spoken.span, "spoken here")));
        }
    }
}

/// The languages that cannot say it.
fn missing(study: &Study<'_>, unit: &Spanned<crate::flow::model::Name>) -> Option<Diagnostic> {
    let units = |lang: &str| study.world.prompts.units(lang);
    let languages = study.flow.languages.iter().map(|it| &*it.value);
    let (with, without): (Vec<&str>, Vec<&str>) =
        languages.partition(|lang| units(lang).contains(&&*unit.value));
    let first = without.first()?;
    let says = format!("`{}` is no unit in {}", unit.value, without.join(" and "));
    let near = nearest(&unit.value, units(first).iter().copied());
    let help = match near.filter(|_| with.is_empty()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add it under `units` in prompts/{first}/catalog.yaml, and record it"),
    };
    Some(Diagnostic::error("HL0525", unit.span, says).help(help))
}

/// HL0508 and HL0510 say more about a text, HL0601 about a secret.
fn uncounted(kind: &Type, unit: Span) -> Option<Diagnostic> {
    let help = match kind {
        Type::Number | Type::Secret => return None,
        Type::Money | Type::Percent | Type::Duration => {
            "leave the unit out: it is said with its own"
        }
        Type::Text | Type::Digits | Type::Choice(_) => {
            "if it counts something, let it be a `number` where it is asked for or looked up, or add `as: number`"
        }
        Type::Date | Type::Time | Type::DateTime | Type::YesNo | Type::Phone | Type::Recording => {
            "leave the unit out"
        }
    };
    let says = format!("a unit stands behind a number, and this is {}", called(kind));
    Some(Diagnostic::error("HL0526", unit, says).help(help.to_owned()))
}

//! HL0440 slow-person: a caller who presses no right key may be kept from a person for longer than the flow promises.

use super::study::Study;
use crate::diagnostic::Diagnostic;
use crate::flow::proof::{Proof, seconds};

/// Points at the promise, and at where the longest way begins.
pub(super) fn check(study: &Study<'_>, found: &mut Vec<Diagnostic>) {
    let Some(promised) = study.flow.max_time_to_person else { return };
    let proof = Proof::of(study.flow, study.world.prompts);
    let Some(longest) = proof.longest.filter(|it| it.toll.time > promised.value) else { return };
    let says = format!(
        "from `{}` it may take {} to come to a person, and {} are promised",
        longest.step,
        seconds(longest.toll.time),
        seconds(promised.value),
    );
    let help = format!("shorten this way: {}", longest.path.join("; "));
    found.push(
        Diagnostic::error("HL0440", promised.span, says)
            .note(longest.span, "the way begins here")
            .help(help),
    );
}

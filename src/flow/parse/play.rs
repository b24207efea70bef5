//! `play`: prompts, which of them, how often, how loud, and on which days.

use super::actions::{Found, keying, optional};
use super::fields::Fields;
use super::values::{place, reference, unreadable, word};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::flow::model::{Name, Pick, Play};
use crate::yaml::{Kind, Node};

/// The most prompts of one `play`.
const MAX_PROMPTS: usize = 100;
/// How often it may be heard.
const REPEATS: std::ops::RangeInclusive<u8> = 2..=10;
/// How much louder or quieter than recorded, in dB: below nobody hears it on a train, above speech is cut off.
const VOLUMES: std::ops::RangeInclusive<i8> = -20..=6;

pub(super) fn play(value: &Node, at: Span, fields: &Fields<'_>, found: &mut Found) -> Option<Play> {
    let prompts = prompts(value, at, found);
    let play = Play {
        pick: optional(fields, "pick", |node| pick(node, found)),
        repeat: optional(fields, "repeat", |node| repeat(node, found)),
        volume_db: optional(fields, "volume", |node| volume(node, found)).unwrap_or(0),
        on: optional(fields, "on", |node| reference(node, "a calendar", found)),
        keys: keying(fields, found),
        prompts: prompts?,
    };
    Some(play)
}

fn prompts(node: &Node, at: Span, found: &mut Found) -> Option<Vec<Spanned<Name>>> {
    if let Kind::List(items) = &node.kind {
        if items.is_empty() {
            let says = "`play` names no prompt".to_owned();
            let help = "write `play: welcome`".to_owned();
            found.push(Diagnostic::error("HL0110", place(node, at), says).help(help));
        }
        if let Some(first_too_many) = items.get(MAX_PROMPTS) {
            let says = format!("{} prompts at once are more than anybody hears", items.len());
            let help = format!("write at most {MAX_PROMPTS}, or another `play`");
            found.push(Diagnostic::error("HL0108", first_too_many.span, says).help(help));
        }
        let items = items.iter().take(MAX_PROMPTS);
        let prompts: Vec<_> = items.filter_map(|item| reference(item, "a prompt", found)).collect();
        return (!prompts.is_empty()).then_some(prompts);
    }
    reference(node, "a prompt", found).map(|prompt| vec![prompt])
}

fn pick(node: &Node, found: &mut Found) -> Option<Spanned<Pick>> {
    let pick = match word(node, "random or rotate", found)? {
        "random" => Pick::Random,
        "rotate" => Pick::Rotate,
        text => {
            let says = format!("nothing is picked by `{text}`");
            unreadable(node, says, "write `random` or `rotate`", found);
            return None;
        }
    };
    Some(Spanned::new(pick, node.span))
}

fn repeat(node: &Node, found: &mut Found) -> Option<Spanned<u8>> {
    let text = word(node, "how often", found)?;
    let times = text.parse().ok().filter(|times| REPEATS.contains(times));
    if times.is_none() {
        let says = format!("`{text}` is no number of times from 2 to 10");
        unreadable(node, says, "write `repeat: 2` to hear it twice", found);
    }
    times.map(|it| Spanned::new(it, node.span))
}

/// `-6dB`, `+3dB`
fn volume(node: &Node, found: &mut Found) -> Option<i8> {
    let text = word(node, "a volume", found)?;
    let db = text.trim().strip_suffix("dB").and_then(|it| it.trim_end().parse().ok());
    let db = db.filter(|db| VOLUMES.contains(db));
    if db.is_none() {
        let says = format!("`{text}` is no volume from -20dB to +6dB");
        unreadable(node, says, "write `-6dB` for half as loud, `+3dB` for louder", found);
    }
    db
}

//! The world around a random call: odd, but never of the wrong type.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Span as Length, ToSpan};

use super::chance::Chance;
use super::person::{Kind, OWN};
use crate::diagnostic::{Span, Spanned};
use crate::flow::Program;
use crate::flow::model::{ActionKind, Play};
use crate::sim::follow_up::KEEPERS;
use crate::sim::scenario::{Agents, Cells, Outside, World};
use crate::sim::secrets::right_of;
use crate::sim::watch::SECRET;
use crate::value::Type;

/// What answers the call, from the first ring to the last.
pub(super) fn world(flow: &Program, kind: Kind, chance: &mut Chance) -> World {
    let mut world = World::ordinary();
    // How often, in a hundred, something is not as it should be.
    let adverse = if kind == Kind::Unlucky { 50 } else { 15 };
    world.caller = match chance.below(10) {
        0 | 1 => None,
        2 => Some("anonymous".into()),
        3 => Some("+8613800000002".into()),
        _ => Some("13800000001".into()),
    };
    world.calls_before = u64::try_from(chance.below(8)).unwrap_or_default();
    let minutes = i64::try_from(chance.below(366 * 24 * 60)).unwrap_or_default();
    if chance.percent(adverse) {
        let later: Length = minutes.minutes();
        world.at = world.at.checked_add(later).unwrap_or(world.at);
    }
    if chance.percent(30) {
        let speaks: Vec<_> = flow.languages.iter().map(|it| it.value.clone()).collect();
        world.language = chance.pick(&speaks).cloned();
    }
    let steps = flow.flows().flat_map(|(_, flow)| flow.steps.values());
    for action in steps.flat_map(|step| &step.actions) {
        let calendar = if let ActionKind::Hours(hours) = &action.kind {
            &hours.calendar
        } else if let ActionKind::Play(Play { on: Some(calendar), .. }) = &action.kind {
            calendar
        } else {
            continue;
        };
        let is: Option<Arc<str>> = match (chance.percent(adverse), chance.percent(50)) {
            (true, true) => Some("closed".into()),
            (true, false) => None,
            (false, _) => Some("open".into()),
        };
        if let Some(is) = is {
            world.calendars.insert(calendar.value.clone(), is);
        }
    }
    for keeper in KEEPERS {
        if chance.percent(adverse) && chance.percent(50) {
            world.fails.push(keeper.into());
        }
    }
    for account in OWN {
        if chance.percent(adverse) {
            // Of those that lock after so many, some are locked, and some nearly.
            let wrong = u32::try_from(chance.below(11)).unwrap_or_default();
            world.wrong_before.insert(account.into(), wrong);
        }
    }
    for (name, lookup) in flow.all_lookups() {
        if chance.percent(adverse) {
            match chance.below(3) {
                0 => world.fails.push(name.clone()),
                1 => drop(world.slow.insert(name.clone(), lookup.within + Duration::from_secs(1))),
                _ => world.finds_nothing(flow, &name),
            }
            continue;
        }
        if chance.percent(20) {
            world.slow.insert(name.clone(), lookup.within.mul_f64(0.75));
        }
        let mut row = Cells::new();
        for (column, given) in &lookup.gives {
            if given.optional && chance.percent(40) {
                continue;
            }
            let secret = right_of(flow, &name).filter(|_| given.kind.value == Type::Secret);
            let cell = secret.unwrap_or_else(|| value(&given.kind.value, chance));
            row.insert(column.clone(), Spanned::new(cell, Span::default()));
        }
        // A column that is also asked for is what was asked.
        row.retain(|column, _| !lookup.takes.contains_key(column));
        world.answers.insert(name.clone(), vec![row]);
    }
    world.agents = match chance.below(if kind == Kind::Unlucky { 6 } else { 8 }) {
        0 => Agents::None,
        1 => Agents::Full,
        2 => Agents::Fails,
        3 | 4 => Agents::Busy,
        _ => Agents::Free("8001".into()),
    };
    world.disk_full = chance.percent(adverse) && chance.percent(50);
    world.outside = match chance.below(8) {
        0 => Outside::Busy,
        1 => Outside::NoAnswer,
        2 => Outside::Declines,
        3 => Outside::Fails,
        _ => Outside::Answers,
    };
    world
}

/// A value of this type as a cell: usual, at an edge, or far beyond.
pub(super) fn value(kind: &Type, chance: &mut Chance) -> String {
    let pick = |from: &[&str], chance: &mut Chance| {
        chance.pick(from).copied().unwrap_or_default().to_owned()
    };
    match kind {
        Type::Text => pick(&["顺丰", "京东", "a", "\"quoted\": [text]", "x y"], chance),
        Type::Digits => pick(&["1", "20260001", "0", "00000000000000000000", "7*7#"], chance),
        Type::Number => {
            pick(&["0", "1", "2", "3", "12", "100", "-1", "0.5", "999999999999", "1000000"], chance)
        }
        Type::Money => pick(
            &["0", "0.01", "56.30", "-12.50", "100", "1299.99", "9999999999.99", "-9999999.01"],
            chance,
        ),
        Type::Date => pick(
            &["2026-11-24", "2026-11-26", "2024-02-29", "1970-01-01", "9999-12-31", "2026-12-31"],
            chance,
        ),
        Type::Time => pick(&["00:00", "09:30", "12:00", "23:59:59"], chance),
        Type::DateTime => pick(
            &["2026-11-24T15:00", "2026-11-23T00:00", "1970-01-01T00:00", "9999-12-31T23:59"],
            chance,
        ),
        Type::Percent => pick(&["0", "3.5", "100", "-2.25"], chance),
        Type::Duration => pick(&["0s", "1s", "5m", "2h 5m", "876000h"], chance),
        Type::YesNo => pick(&["yes", "no"], chance),
        Type::Choice(words) => chance.pick(words).map(|it| it.to_string()).unwrap_or_default(),
        Type::Phone => pick(&["13800000001", "110", "+441632960000", "02087654321"], chance),
        Type::Recording => "r1".to_owned(),
        Type::Secret => format!("{SECRET}1357"),
    }
}

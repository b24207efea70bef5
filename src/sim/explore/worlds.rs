//! What the world may answer and what a caller may key, from types and from what expressions compare with.

use std::sync::Arc;
use std::time::Duration;

use super::MAX_VARIANTS;
use crate::diagnostic::{Span, Spanned};
use crate::flow::Program;
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::model::{ActionKind, Ask, Name, Verify};
use crate::secret::Key;
use crate::sim::scenario::{Agents, Cells, Outside, World};
use crate::sim::secrets::{MADE_UP, right, right_of, wrong};
use crate::value::{Type, Value};

pub(super) const HOUR: Duration = Duration::from_secs(3_600);
/// The most values of one type that are tried.
const MAX_VALUES: usize = 8;

/// Something of the world that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) enum Consulted {
    Lookup(Name),
    /// Whether a secret is that of an account.
    Secret {
        lookup: Name,
        account: Arc<str>,
        locks_after: u8,
    },
    Calendar(Name),
    /// Whether recordings can be kept.
    Disk,
    /// What keeps cases or calls back, as `fails` names it.
    Keeper(&'static str),
    Agents,
    Outside,
}

/// The worlds that answer it in every way, the ordinary one first.
pub(super) fn variants(flow: &Program, asked: &Consulted, world: &World) -> Vec<World> {
    let with = |change: &dyn Fn(&mut World)| {
        let mut other = world.clone();
        change(&mut other);
        other
    };
    match asked {
        Consulted::Calendar(name) => ["open", "closed"]
            .into_iter()
            .map(|is| with(&|it| drop(it.calendars.insert(name.clone(), is.into()))))
            .collect(),
        Consulted::Agents => {
            let each = [
                Agents::Free(super::AGENT.into()),
                Agents::None,
                Agents::Full,
                Agents::Busy,
                Agents::Fails,
            ];
            each.into_iter().map(|who| with(&|it| it.agents.clone_from(&who))).collect()
        }
        Consulted::Outside => {
            let each = [
                Outside::Answers,
                Outside::Busy,
                Outside::NoAnswer,
                Outside::Declines,
                Outside::Fails,
            ];
            each.into_iter().map(|how| with(&|it| it.outside = how)).collect()
        }
        Consulted::Lookup(name) => {
            let mut worlds: Vec<World> = rows(flow, name)
                .into_iter()
                .map(|row| with(&|it| drop(it.answers.insert(name.clone(), vec![row.clone()]))))
                .collect();
            worlds.push(with(&|it| it.finds_nothing(flow, name)));
            worlds.push(with(&|it| it.fails.push(name.clone())));
            if let Some(lookup) = flow.lookup(name).filter(|it| it.changes) {
                let slow = lookup.within.saturating_add(Duration::from_secs(1));
                worlds.push(with(&|it| {
                    it.slow.insert(name.clone(), slow);
                }));
            }
            worlds
        }
        Consulted::Secret { lookup, account, locks_after } => {
            let row = rows(flow, lookup).into_iter().next().unwrap_or_default();
            let known = with(&|it| drop(it.answers.insert(lookup.clone(), vec![row.clone()])));
            let fails = with(&|it| it.fails.push(lookup.clone()));
            let mut locked = known.clone();
            locked.wrong_before.insert(Arc::clone(account), u32::from(*locks_after));
            vec![known, fails, locked]
        }
        Consulted::Disk => vec![world.clone(), with(&|it| it.disk_full = true)],
        Consulted::Keeper(name) => {
            vec![world.clone(), with(&|it| it.fails.push((*name).into()))]
        }
    }
}

/// Rows of a lookup: every column's values with every other's as long as that is not too many, else one at a time.
fn rows(flow: &Program, name: &Name) -> Vec<Cells> {
    let Some(lookup) = flow.lookup(name) else { return Vec::new() };
    let columns: Vec<(&Name, Vec<Option<String>>)> = lookup
        .gives
        .iter()
        // A column that is also asked for is equal to what is asked.
        .filter(|(column, _)| !lookup.takes.contains_key(*column))
        .map(|(column, given)| {
            // What it is compared with stands in its own flow.
            let own = name.rsplit_once('/').map_or(&**name, |(_, own)| own);
            let full = format!("{own}.{column}");
            let secret = right_of(flow, name).filter(|_| given.kind.value == Type::Secret);
            let mut values: Vec<Option<String>> = match secret {
                Some(secret) => vec![Some(secret)],
                None => values(flow, &full, &given.kind.value).into_iter().map(Some).collect(),
            };
            if given.optional {
                values.push(None);
            }
            (column, values)
        })
        .collect();
    let cell = |text: &String| Spanned::new(text.clone(), Span::default());
    let row = |choice: &[usize]| {
        let cells = columns.iter().zip(choice).filter_map(|((column, values), nth)| {
            Some(((*column).clone(), cell(values.get(*nth)?.as_ref()?)))
        });
        cells.collect::<Cells>()
    };
    let first = vec![0; columns.len()];
    let size = columns
        .iter()
        .map(|(_, values)| values.len())
        .try_fold(1_usize, |all, it| all.checked_mul(it));
    let mut choices = vec![first.clone()];
    if size.is_some_and(|size| size <= MAX_VARIANTS) {
        for (at, (_, values)) in columns.iter().enumerate() {
            let before = choices.clone();
            for nth in 1..values.len() {
                choices.extend(before.iter().cloned().map(|mut it| {
                    it.iter_mut().skip(at).take(1).for_each(|it| *it = nth);
                    it
                }));
            }
        }
    } else {
        for (at, (_, values)) in columns.iter().enumerate() {
            for nth in 1..values.len() {
                let mut choice = first.clone();
                choice.iter_mut().skip(at).take(1).for_each(|it| *it = nth);
                choices.push(choice);
            }
        }
        choices.truncate(MAX_VARIANTS);
    }
    choices.iter().map(|it| row(it)).collect()
}

/// Values of a type as a cell: a usual one, and those on each side of what `name` is compared with.
fn values(flow: &Program, name: &str, kind: &Type) -> Vec<String> {
    let mut values: Vec<String> = match kind {
        Type::Choice(words) => return words.iter().map(ToString::to_string).collect(),
        Type::YesNo => return vec!["yes".to_owned(), "no".to_owned()],
        Type::Text => vec!["顺丰".to_owned()],
        Type::Digits => vec!["20260001".to_owned()],
        Type::Number => vec!["3".to_owned()],
        Type::Percent => vec!["3.5".to_owned()],
        Type::Money => vec!["56.30".to_owned()],
        Type::Date => vec!["2026-11-26".to_owned()],
        Type::Time => vec!["09:30".to_owned()],
        Type::DateTime => vec!["2026-11-26T09:30".to_owned()],
        Type::Duration => vec!["5m".to_owned()],
        Type::Phone => vec!["13800000001".to_owned()],
        Type::Secret => vec![MADE_UP.to_owned()],
        Type::Recording => vec!["r1".to_owned()],
    };
    let mut compared = Vec::new();
    each_expr(flow, &mut |expr| compared_with(expr, name, &mut compared));
    for value in compared {
        for text in around(&value) {
            if values.len() < MAX_VALUES && kind.read(&text).is_ok() && !values.contains(&text) {
                values.push(text);
            }
        }
    }
    values
}

/// A value and its neighbours.
fn around(value: &Value) -> Vec<String> {
    use rust_decimal::Decimal;
    match value {
        Value::Number(number) => {
            [*number, number.saturating_add(Decimal::ONE), number.saturating_sub(Decimal::ONE)]
                .map(|it| it.to_string())
                .into()
        }
        Value::Percent(it) => {
            [*it, it.saturating_add(Decimal::ONE), it.saturating_sub(Decimal::ONE)]
                .map(|it| it.to_string())
                .into()
        }
        Value::Money(minor) => [*minor, minor.saturating_add(1), minor.saturating_sub(1)]
            .map(|it| Value::Money(it).to_string())
            .into(),
        Value::Date(day) => [Some(*day), day.tomorrow().ok(), day.yesterday().ok()]
            .into_iter()
            .flatten()
            .map(|it| it.to_string())
            .collect(),
        Value::Duration(length) => {
            let second = Duration::from_secs(1);
            [*length, length.saturating_add(second), length.saturating_sub(second)]
                .map(|it| Value::Duration(it).to_string())
                .into()
        }
        Value::Text(_)
        | Value::Digits(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::YesNo(_)
        | Value::Choice(_)
        | Value::Phone(_) => vec![value.to_string()],
        Value::Secret(_) | Value::Recording(_) => Vec::new(),
    }
}

/// What a caller may key at a question: a usual value, what is compared with it, and the ends of its range.
pub(super) fn entries(flow: &Program, ask: &Ask, world: &World) -> Vec<Vec<Key>> {
    let mut texts = match &ask.kind.value {
        Type::Choice(words) => (1..=words.len().min(MAX_VALUES)).map(|it| it.to_string()).collect(),
        Type::YesNo => vec!["1".to_owned(), "2".to_owned()],
        Type::Date => dates(world),
        Type::Time => vec!["0930".to_owned(), "2130".to_owned()],
        Type::DateTime => dates(world).iter().map(|it| format!("{it}0930")).collect(),
        Type::Duration => vec!["30".to_owned(), "2*0".to_owned()],
        kind @ (Type::Number | Type::Money | Type::Percent) => values(flow, &ask.into.value, kind)
            .into_iter()
            .chain(ends(ask).iter().flat_map(around))
            .filter(|it| !it.starts_with('-'))
            .map(|it| it.strip_suffix(".00").unwrap_or(&it).replace('.', "*"))
            .collect(),
        kind @ (Type::Text | Type::Digits | Type::Phone | Type::Secret | Type::Recording) => {
            let values = values(flow, &ask.into.value, kind);
            values.iter().map(|it| passing(ask, it)).collect()
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    texts.retain(|it| seen.insert(it.clone()));
    let end = ask.ends_with.map(|it| it.value);
    texts
        .iter()
        .map(|text| text.chars().filter_map(Key::from_symbol).chain(end).collect())
        .collect()
}

/// Days near that of the call, the next one first.
fn dates(world: &World) -> Vec<String> {
    let today = world.at.date();
    let near = [1, 0, 7, 45, -1, -45].map(|days| today.checked_add(jiff::Span::new().days(days)));
    near.into_iter().flatten().map(|it| it.strftime("%Y%m%d").to_string()).collect()
}

/// The ends of a question's range that stand there as values.
fn ends(ask: &Ask) -> Vec<Value> {
    let between = ask.tests.between.iter().flat_map(|it| [&it.least, &it.most]);
    let literal = |it: &Expr| {
        if let ExprKind::Literal(value) = &it.kind { Some(value.clone()) } else { None }
    };
    between.filter_map(literal).collect()
}

/// Figures like `typical` that the question takes: of its length, of its first pattern, with its check digits right.
pub(in crate::sim) fn passing(ask: &Ask, typical: &str) -> String {
    let (least, most) = ask.length.map_or((1, 32), |it| it.value);
    let figures = typical.chars().chain("0000000000".chars().cycle());
    let wanted = typical.len().clamp(usize::from(least), usize::from(most));
    let sized: String = figures.take(wanted).collect();
    let patterns = &ask.tests.matches;
    let near = patterns.first().map_or(sized, |it| it.value.nearest(typical));
    let Some(check) = ask.tests.check.map(|it| it.value) else { return near };
    // The last three figures hold every check there is, and leave a pattern room.
    let Some((body, _)) = near.split_at_checked(near.len().saturating_sub(3)) else { return near };
    let width = near.len() - body.len();
    let checked = (0..10_u32.pow(u32::try_from(width).unwrap_or_default()))
        .map(|it| format!("{body}{it:0width$}"))
        .find(|it| check.passes(it) && patterns.iter().all(|one| one.value.fits(it)));
    checked.unwrap_or(near)
}

/// What a caller may key where a secret is asked for: the right one, and a wrong one.
pub(super) fn secrets(verify: &Verify) -> [Vec<Key>; 2] {
    let end = verify.ends_with.map(|it| it.value);
    [right(verify), wrong(verify)]
        .map(|text| text.chars().filter_map(Key::from_symbol).chain(end).collect())
}

/// Every expression that decides something.
fn each_expr<'a>(flow: &'a Program, visit: &mut dyn FnMut(&'a Expr)) {
    let steps = flow.flows().flat_map(|(_, flow)| flow.steps.values());
    for action in steps.flat_map(|step| &step.actions) {
        if let Some(when) = &action.when {
            visit(when);
        }
        match &action.kind {
            ActionKind::If(fork) => visit(&fork.condition),
            ActionKind::Set(sets) => sets.iter().for_each(|it| visit(&it.value)),
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Ask(_)
            | ActionKind::Verify(_)
            | ActionKind::Say(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Queue(_)
            | ActionKind::Transfer(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_)
            | ActionKind::Conference(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
        }
    }
}

/// The values that `name` is compared with in `expr`.
fn compared_with(expr: &Expr, name: &str, found: &mut Vec<Value>) {
    expr.parts(&mut |part| {
        let ExprKind::Binary(operator, left, right) = &part.kind else { return };
        for (one, other) in [(left, right), (right, left)] {
            if operator.compares()
                && matches!(&one.kind, ExprKind::Name(it) if **it == *name)
                && let ExprKind::Literal(value) = &other.kind
            {
                found.push(value.clone());
            }
        }
    });
}

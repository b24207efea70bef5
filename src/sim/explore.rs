//! Scenarios that write themselves: the fewest calls that go every branch that can be gone.
//!
//! Breadth first at each question, so that the first call that goes a branch is a short one; and the question that was
//! gone on from least is gone on from next, so that no part of a flow has to wait for another. A call is a world and the lines said so
//! far, and is played again from its beginning for each line that may come next; what nobody has asked for yet (a
//! lookup's answer, a calendar, agents) is decided when it is. Two calls that stand at the same action, know the same and
//! have the same world before them are one. Each scenario passes by construction: its `hears` are what was heard.

#[cfg(test)]
mod tests;
mod worlds;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::worlds::{Consulted, passing};
use self::worlds::{entries, secrets, variants};
use super::caller::Place;
use super::coverage::{self, Branch, Branches, branch_name};
use super::fields::ending_name;
use super::run::{Stage, Talk};
use super::scenario::{Agents, Line, Scenario, What, World};
use crate::diagnostic::{Span, Spanned};
use crate::flow::model::ActionKind;
use crate::flow::{Program, Way};
use crate::secret::Key;
use crate::time::Mono;

/// The most calls that are played.
const MAX_RUNS: usize = 100_000;
/// The most calls in a row that go no new branch.
const MAX_STALE: usize = 30_000;
/// The most lines that one call takes in a search.
const MAX_ACTS: usize = 12;
/// How long a caller talks into a recording.
const TALK: Duration = Duration::from_secs(5);
/// What is waited for in a line of its own.
const LONG: Duration = Duration::from_secs(60);
/// Who is free, or becomes so.
const AGENT: &str = "8001";
/// A number inside a company, which nobody outside can call.
const EXTENSION: &str = "801";
/// The most answers that are tried for one thing asked.
pub(super) const MAX_VARIANTS: usize = 64;

/// What came of a search.
#[derive(Debug)]
pub struct Explored {
    /// The scenarios, each of which goes a branch that those before it do not.
    pub scenarios: Vec<Scenario>,
    /// How many branches they go, and how many there are.
    pub reached: usize,
    /// See `reached`.
    pub all: usize,
    /// The branches that none goes, and why.
    pub unreached: Vec<(Branch, String)>,
    /// How many calls were played.
    pub runs: usize,
}

/// What a caller does next.
enum Act {
    Lines(Vec<What>),
    /// Nothing, until the call is somewhere else.
    Silence,
}

/// A call as far as it was played.
#[derive(Clone)]
struct Node {
    world: World,
    /// What of the world has been asked for.
    decided: BTreeSet<Consulted>,
    lines: Vec<What>,
    /// How long it went on by itself behind the last line.
    rest: Duration,
    acts: usize,
    place: Option<Place>,
    taken: BTreeSet<usize>,
}

/// Finds scenarios for every branch of the stage's flow that it can.
#[must_use]
pub fn explore(stage: &Stage) -> Explored {
    let branches = Branches::of(&stage.flow);
    let all = branches.list().len();
    let mut search = Search {
        stage,
        branches,
        seen: BTreeSet::new(),
        waiting: BTreeMap::new(),
        found: Vec::new(),
        gone: BTreeSet::new(),
        runs: 0,
        new_at: 0,
    };
    for caller in callers(&stage.flow) {
        let mut world = World::ordinary();
        world.caller = caller.map(Into::into);
        let (lines, taken) = (Vec::new(), BTreeSet::new());
        let root = Node {
            world,
            decided: BTreeSet::new(),
            lines,
            rest: Duration::ZERO,
            acts: 0,
            place: None,
            taken,
        };
        search.grow(&root, None);
    }
    while let Some(node) = search.next() {
        let is_stale = search.runs - search.new_at >= MAX_STALE;
        if search.gone.len() == all || search.runs >= MAX_RUNS || is_stale {
            break;
        }
        for act in search.acts(&node) {
            search.grow(&node, Some(&act));
        }
    }
    let unreached = (0..all).filter(|it| !search.gone.contains(it));
    let unreached = unreached.filter_map(|it| {
        let branch = search.branches.list().get(it)?.clone();
        let why = search.why(&branch);
        Some((branch, why))
    });
    let unreached = unreached.collect();
    Explored {
        scenarios: search.fewest(),
        reached: search.gone.len(),
        all,
        unreached,
        runs: search.runs,
    }
}

struct Search<'a> {
    stage: &'a Stage,
    branches: Branches,
    /// Where calls stood, and what they knew.
    seen: BTreeSet<String>,
    /// Calls to go on from, by where they stand, and how many were gone on from there.
    waiting: BTreeMap<Place, (usize, VecDeque<Node>)>,
    /// Calls that went a branch that none before them did.
    found: Vec<Node>,
    gone: BTreeSet<usize>,
    runs: usize,
    /// How many had been played when one last went a new branch.
    new_at: usize,
}

impl Search<'_> {
    /// The next call to go on from: one that stands where the fewest were gone on from, the shortest of those.
    fn next(&mut self) -> Option<Node> {
        let waiting = self.waiting.values_mut().filter(|(_, nodes)| !nodes.is_empty());
        let (times, nodes) = waiting
            .min_by_key(|(times, nodes)| (*times, nodes.front().map_or(0, |node| node.acts)))?;
        *times += 1;
        nodes.pop_front()
    }

    /// Plays `from` and then `act`, once for each answer that the world may give to what it asks for the first time.
    fn grow(&mut self, from: &Node, act: Option<&Act>) {
        let mut worlds = vec![(from.world.clone(), from.decided.clone())];
        while let Some((world, decided)) = worlds.pop() {
            if self.runs >= MAX_RUNS {
                return;
            }
            self.runs += 1;
            let mut talk = Talk::quiet(self.stage, &world);
            let is_same = from.lines.iter().all(|line| talk.line(line).is_ok());
            let mut lines = from.lines.clone();
            if !is_same {
                continue;
            }
            // The lines end where the last prompt begins; whoever acts does so where somebody has to.
            let since = talk.caller.now;
            settle(&mut talk, &mut lines, since);
            let is_done = match act {
                None => true,
                Some(Act::Silence) => silence(&mut talk, &mut lines, since),
                Some(Act::Lines(act)) => {
                    if matches!(act.first(), Some(What::AgentLeaves | What::OtherLeaves)) {
                        wait(&mut talk, &mut lines, since);
                    }
                    lines.extend(act.iter().cloned());
                    act.iter().all(|line| talk.line(line).is_ok())
                }
            };
            if !is_done {
                continue;
            }
            let begun = talk.caller.now;
            let told = settle(&mut talk, &mut lines, begun);
            let caller = &talk.caller;
            if let Some(asked) = caller.consulted.iter().find(|it| !decided.contains(*it)) {
                let mut decided = decided.clone();
                decided.insert(asked.clone());
                // The last is tried first: the ordinary answer makes the first scenario.
                let answers = variants(&self.stage.flow, asked, &world);
                worlds.extend(answers.into_iter().rev().map(|it| (it, decided.clone())));
                continue;
            }
            if let Some(ending) = caller.ended {
                lines.push(What::Ends(ending));
            }
            let taken: BTreeSet<usize> =
                caller.marks.iter().filter_map(|mark| self.branches.find(mark)).collect();
            let is_new = taken.iter().any(|it| !self.gone.contains(it));
            self.gone.extend(&taken);
            let place = caller.place();
            let wrong = caller.guard.wrong;
            // A question has parts (its value, its read-back), which the words heard last tell apart.
            let asked = lines.iter().rev().find(|it| matches!(it, What::Hears(_)));
            let stands = format!("{place:?} {asked:?} {} {wrong} {world:?}", caller.known());
            let rest = if caller.ended.is_some() { Duration::ZERO } else { caller.now - told };
            let node = Node { world, decided, lines, rest, acts: from.acts + 1, place, taken };
            if is_new {
                self.new_at = self.runs;
                self.found.push(node.clone());
            }
            if let Some(place) = node.place.clone()
                && node.acts <= MAX_ACTS
                && self.seen.insert(stands)
            {
                self.waiting.entry(place).or_default().1.push_back(node);
            }
        }
    }

    /// What can be done where a call stands.
    fn acts(&self, node: &Node) -> Vec<Act> {
        let flow = &self.stage.flow;
        let Some(action) = node.place.as_ref().and_then(|it| it.action(flow)) else {
            return Vec::new();
        };
        // Where a key does not stop the question, it is pressed after it.
        let interrupts = match &action.kind {
            ActionKind::Menu(menu) => menu.keys.interrupt,
            ActionKind::Ask(ask) => ask.keys.interrupt,
            ActionKind::Verify(verify) => verify.keys.interrupt,
            ActionKind::Play(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
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
            | ActionKind::Hangup(_) => true,
        };
        let keys = |keys| {
            let heard = (!interrupts).then_some(What::HearsOut);
            Act::Lines(heard.into_iter().chain([What::Keys(keys)]).collect())
        };
        let heard_out = |key| Act::Lines(vec![What::HearsOut, What::Keys(vec![key])]);
        let mut acts: Vec<Act> = Vec::new();
        for (way, _) in action.kind.ways() {
            if let Way::Key(key) = way {
                acts.push(keys(vec![key]));
            }
        }
        match &action.kind {
            ActionKind::Ask(ask) => {
                acts.extend(entries(flow, ask, &node.world).into_iter().map(keys));
                let read_back = ask.confirm.iter().flat_map(|it| [it.yes.value, it.no.value]);
                acts.extend(read_back.map(heard_out));
            }
            ActionKind::Verify(verify) => acts.extend(secrets(verify).map(keys)),
            ActionKind::Queue(queue) => {
                if queue.after.is_some() {
                    acts.push(Act::Lines(vec![What::AgentLeaves]));
                }
                if node.world.agents == Agents::Busy {
                    let agent: Arc<str> = AGENT.into();
                    acts.push(Act::Lines(vec![
                        What::Rings(Arc::clone(&agent)),
                        What::Answers(agent),
                    ]));
                }
                acts.push(Act::Silence);
            }
            ActionKind::Transfer(_) => acts.push(Act::Lines(vec![What::OtherLeaves])),
            ActionKind::Play(_)
            | ActionKind::Menu(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => {}
            ActionKind::Record(record) => {
                acts.extend([Act::Lines(vec![What::Talks(TALK), What::Waits(TALK)]), Act::Silence]);
                let review = record.review.iter().flat_map(|it| it.keys());
                acts.extend(review.map(|(_, key)| heard_out(key.value)));
            }
            ActionKind::Survey(_) => {
                acts.extend("12".chars().filter_map(Key::from_symbol).map(|key| keys(vec![key])));
                acts.push(Act::Silence);
            }
            ActionKind::Conference(_) => {
                acts.extend([Act::Lines(vec![What::OtherLeaves]), Act::Silence]);
            }
        }
        if matches!(action.kind, ActionKind::Ask(_) | ActionKind::Verify(_) | ActionKind::Menu(_)) {
            acts.push(Act::Silence);
        }
        acts
    }

    /// The fewest of the calls found that go everything that was gone: the one with the most that is new, then the
    /// shortest, again and again.
    fn fewest(&self) -> Vec<Scenario> {
        let mut left = self.gone.clone();
        let mut chosen = Vec::new();
        while !left.is_empty() {
            let worth = |it: &&Node| {
                let new = it.taken.intersection(&left).count();
                (new, usize::MAX - it.lines.len())
            };
            let Some(best) = self.found.iter().max_by_key(worth) else { break };
            let new: Vec<usize> = best.taken.intersection(&left).copied().collect();
            if new.is_empty() {
                break;
            }
            let scenario = self.scenario(best, &new, &chosen);
            chosen.push(scenario);
            left.retain(|it| !new.contains(it));
        }
        chosen
    }

    fn scenario(&self, node: &Node, new: &[usize], before: &[Scenario]) -> Scenario {
        let names = new.iter().filter_map(|it| self.branches.list().get(*it));
        let names: Vec<String> =
            names.take(2).map(|it| branch_name(&self.stage.flow, it)).collect();
        let more = new.len().saturating_sub(2);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let mut name = format!("{}{more}", names.join(", "));
        // Two ways of one step may be called the same; two scenarios may not.
        let alike = before.iter().filter(|it| it.name.value.starts_with(&name)).count();
        if alike > 0 {
            name = format!("{name} ({})", alike + 1);
        }
        // What happens behind the last line belongs to the call.
        let rest = (!node.rest.is_zero()).then(|| What::Waits(to_tenths(node.rest)));
        let line = |what: &What| Line { what: what.clone(), span: Span::default() };
        Scenario {
            name: Spanned::new(name, Span::default()),
            world: node.world.clone(),
            talk: node.lines.iter().chain(&rest).map(line).collect(),
            case: None,
        }
    }

    /// Why no call went a branch.
    fn why(&self, branch: &Branch) -> String {
        let flow = &self.stage.flow;
        let list = self.branches.list();
        let of_step = |at: usize| list.iter().enumerate().filter(move |(_, it)| it.step == at);
        let came = self
            .found
            .iter()
            .any(|it| of_step(branch.step).any(|(nth, _)| it.taken.contains(&nth)));
        let Some(action) = coverage::action(flow, branch) else {
            return "the step is empty".to_owned();
        };
        match (&action.kind, &branch.way) {
            (_, None) if action.when.is_none() => {
                "the search did not come to this action".to_owned()
            }
            (_, None) => "its `when` was never true in the worlds tried".to_owned(),
            _ if action.when.is_some() => {
                "its `when` was never true, or the call went elsewhere".to_owned()
            }
            (ActionKind::If(fork), Some(way)) => {
                let so = if *way == Way::Then { "true" } else { "false" };
                format!("`{}` was never {so} in the worlds tried", fork.condition)
            }
            _ if !came => "the search did not come to this step".to_owned(),
            (ActionKind::Lookup(_), Some(_)) => "no answer that was tried leads there".to_owned(),
            (_, Some(Way::Otherwise | Way::Failed)) => {
                "only a fault of the installation goes it".to_owned()
            }
            (_, Some(_)) => {
                "shadowed by what stands before it, or not found in the calls tried".to_owned()
            }
        }
    }
}

/// Who calls: somebody with a number, somebody without, and, where calls back are promised, one who cannot be called back.
fn callers(flow: &Program) -> Vec<Option<&'static str>> {
    let mut actions =
        flow.flows().flat_map(|(_, flow)| flow.steps.values()).flat_map(|step| &step.actions);
    let calls_back = actions.any(|it| matches!(it.kind, ActionKind::Callback(_)));
    let extension = calls_back.then_some(Some(EXTENSION));
    [Some("13800000001"), None].into_iter().chain(extension).collect()
}

/// Nobody does anything until the call is somewhere else.
fn silence(talk: &mut Talk<'_>, lines: &mut Vec<What>, mut since: Mono) -> bool {
    let (place, limit) = (talk.caller.place(), talk.caller.now + worlds::HOUR);
    while talk.caller.place() == place && talk.caller.turn(limit) {
        while let Some(spoken) = talk.caller.heard.front() {
            let heard = What::Hears(spoken.prompt.clone().unwrap_or_else(|| "say".into()));
            // A line that expects a prompt does not wait as long as callers do for an agent.
            let gap = talk.caller.now - since;
            if gap > LONG {
                lines.push(What::Waits(Duration::from_secs(gap.as_secs())));
            }
            if talk.line(&heard).is_err() {
                return false;
            }
            lines.push(heard);
            since = talk.caller.now;
        }
    }
    wait(talk, lines, since);
    talk.caller.place() != place
}

/// What has passed since the last line becomes one, to the next tenth of a second.
fn wait(talk: &mut Talk<'_>, lines: &mut Vec<What>, since: Mono) {
    let passed = talk.caller.now - since;
    let whole = to_tenths(passed);
    if !whole.is_zero() {
        talk.caller.pass(whole.saturating_sub(passed));
        lines.push(What::Waits(whole));
    }
}

/// Up to the next tenth of a second: as people write it.
fn to_tenths(length: Duration) -> Duration {
    let tenths = u64::try_from(length.as_millis().div_ceil(100)).unwrap_or_default();
    Duration::from_millis(tenths * 100)
}

/// Lets the call go on until somebody has to do something; what is heard on the way becomes lines. When the last of them
/// was, or `since`.
fn settle(talk: &mut Talk<'_>, lines: &mut Vec<What>, mut since: Mono) -> Mono {
    let limit = talk.caller.now + worlds::HOUR;
    loop {
        while let Some(spoken) = talk.caller.heard.front() {
            let prompt = spoken.prompt.clone().unwrap_or_else(|| "say".into());
            let heard = What::Hears(prompt);
            if talk.line(&heard).is_err() {
                return since;
            }
            lines.push(heard);
            since = talk.caller.now;
        }
        let flow = talk.caller.flow();
        let action = talk.caller.place().and_then(|it| it.action(flow));
        let waits = action.is_some_and(|it| match &it.kind {
            ActionKind::Menu(_)
            | ActionKind::Ask(_)
            | ActionKind::Record(_)
            | ActionKind::Survey(_) => true,
            ActionKind::Verify(_) => !talk.caller.is_verifying(),
            ActionKind::Queue(_) => talk.caller.talking || talk.caller.waits_for_nobody(),
            ActionKind::Transfer(_) => talk.caller.talking,
            ActionKind::Conference(_) => {
                talk.caller.conference.is_some() && talk.caller.next().is_none()
            }
            ActionKind::Play(_)
            | ActionKind::Say(_)
            | ActionKind::Set(_)
            | ActionKind::If(_)
            | ActionKind::Goto(_)
            | ActionKind::Lookup(_)
            | ActionKind::Hours(_)
            | ActionKind::Language(_)
            | ActionKind::Case(_)
            | ActionKind::Callback(_)
            | ActionKind::Notify(_)
            | ActionKind::Run(_)
            | ActionKind::Return(_)
            | ActionKind::Hangup(_) => false,
        });
        if waits || !talk.caller.turn(limit) {
            return since;
        }
    }
}

/// As a file to be saved beside the flow.
#[must_use]
pub fn explored_file(flow: &Program, explored: &Explored) -> String {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for scenario in &explored.scenarios {
        if let Some(Line { what: What::Ends(ending), .. }) = scenario.talk.last() {
            *ends.entry(ending_name(*ending)).or_default() += 1;
        }
    }
    let mut out = format!(
        "# Written by `hotline test --explore`: {} of the {} branches of `{}`. Edit it as you like.\n",
        explored.reached, explored.all, flow.name.value
    );
    for (branch, why) in &explored.unreached {
        // Writing into a `String` cannot fail.
        let _ = writeln!(out, "# not gone: {} ({why})", branch_name(flow, branch));
    }
    out.push_str("scenarios:\n");
    for scenario in &explored.scenarios {
        out.push_str(&scenario.yaml());
        out.push('\n');
    }
    out
}

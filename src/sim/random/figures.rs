//! What many random calls come to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Kind, Random};
use crate::flow::Program;
use crate::flow::model::Name;
use crate::sim::Coverage;

/// The figures of many calls. Those of several threads are joined.
#[derive(Debug, Clone)]
pub struct Figures {
    /// How many there were, by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// How they ended.
    pub endings: BTreeMap<&'static str, u64>,
    /// What was reached.
    pub coverage: Coverage,
    /// Until something asked for was told, and until an agent talked, in tenths of a second: how often.
    to_answer: BTreeMap<u64, u64>,
    to_agent: BTreeMap<u64, u64>,
    /// The first steps of calls, and how many went that way.
    paths: BTreeMap<Vec<Name>, u64>,
}

/// The most steps of a path, and the most paths, that are told apart.
const MAX_STEPS: usize = 8;
const MAX_PATHS: usize = 20_000;

/// How something is spread over calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many calls came to it.
    pub calls: u64,
    /// Half of them no later.
    pub p50: Duration,
    /// Nine of ten no later.
    pub p90: Duration,
    /// 99 of 100 no later.
    pub p99: Duration,
    /// The last.
    pub max: Duration,
}

impl Figures {
    /// Before any call.
    #[must_use]
    pub fn new(flow: &Program) -> Self {
        Self {
            kinds: BTreeMap::new(),
            endings: BTreeMap::new(),
            coverage: Coverage::new(flow),
            to_answer: BTreeMap::new(),
            to_agent: BTreeMap::new(),
            paths: BTreeMap::new(),
        }
    }

    /// Takes one more call.
    pub fn add(&mut self, call: &Random) {
        *self.kinds.entry(call.kind).or_default() += 1;
        *self.endings.entry(call.ending).or_default() += 1;
        self.coverage.add(&call.marks);
        for (times, after) in
            [(&mut self.to_answer, call.to_answer), (&mut self.to_agent, call.to_agent)]
        {
            if let Some(after) = after {
                let tenths = u64::try_from(after.as_millis() / 100).unwrap_or(u64::MAX);
                *times.entry(tenths).or_default() += 1;
            }
        }
        let mut path: Vec<Name> = call.steps.clone();
        path.truncate(MAX_STEPS);
        if self.paths.len() < MAX_PATHS || self.paths.contains_key(&path) {
            *self.paths.entry(path).or_default() += 1;
        }
    }

    /// Takes those of other calls.
    pub fn join(&mut self, other: Self) {
        fn join<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
            for (key, count) in from {
                *into.entry(key).or_default() += count;
            }
        }
        self.coverage.join(&other.coverage);
        join(&mut self.kinds, other.kinds);
        join(&mut self.endings, other.endings);
        join(&mut self.to_answer, other.to_answer);
        join(&mut self.to_agent, other.to_agent);
        join(&mut self.paths, other.paths);
    }

    /// How long callers waited for an answer.
    #[must_use]
    pub fn to_answer(&self) -> Option<Spread> {
        spread(&self.to_answer)
    }

    /// How long callers waited for an agent.
    #[must_use]
    pub fn to_agent(&self) -> Option<Spread> {
        spread(&self.to_agent)
    }

    /// The paths that most calls began with, the most walked first.
    #[must_use]
    pub fn paths(&self, most: usize) -> Vec<(&[Name], u64)> {
        let mut paths: Vec<_> =
            self.paths.iter().map(|(path, calls)| (path.as_slice(), *calls)).collect();
        paths.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        paths.truncate(most);
        paths
    }
}

fn spread(times: &BTreeMap<u64, u64>) -> Option<Spread> {
    let calls: u64 = times.values().sum();
    let at = |percent: u64| {
        let wanted = (calls * percent).div_ceil(100).max(1);
        let mut passed = 0;
        let found = times.iter().find(|(_, count)| {
            passed += **count;
            passed >= wanted
        });
        found.map(|(tenths, _)| Duration::from_millis(tenths.saturating_mul(100)))
    };
    Some(Spread { calls, p50: at(50)?, p90: at(90)?, p99: at(99)?, max: at(100)? })
}

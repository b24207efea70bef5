//! What hotline.yaml says of queues and agents, as the dispatcher takes it: names resolved, durations parsed.

use std::num::NonZeroU32;
use std::time::Duration;

use super::ids::{AgentId, QueueName};

/// All queues and all agents.
///
/// Of two with the same name the first counts, and a queue that an agent names but nobody defines is passed over:
/// `config` has reported both before.
#[derive(Clone, Debug, Default)]
pub struct QueuesConfig {
    /// The queues.
    pub queues: Vec<QueueConfig>,
    /// The agents.
    pub agents: Vec<AgentConfig>,
    /// What holds for every agent.
    pub rules: AgentRules,
}

/// One queue.
#[derive(Clone, Debug)]
pub struct QueueConfig {
    /// Its name, as flows and agents use it.
    pub name: QueueName,
    /// How long one agent rings before the next is tried; less than a second counts as one.
    pub offer_for: Duration,
    /// How long a caller waits before they overflow; an offer that is ringing then may still be answered.
    pub max_wait: Duration,
    /// How many callers wait at most, 10,000 at the most; callers who return from an agent come on top.
    pub max_length: usize,
    /// The agent's work after a call of this queue; nothing for none.
    pub wrap_up: Duration,
    /// What becomes of callers while no agent of this queue is logged in.
    pub when_unstaffed: WhenUnstaffed,
    /// When callers are told their position; `None` for never.
    pub announcements: Option<Announcements>,
}

impl QueueConfig {
    /// A queue with the field's usual figures: 20 s a ring, 10 minutes and 100 callers at most, 10 s wrap-up.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            offer_for: Duration::from_secs(20),
            max_wait: Duration::from_secs(600),
            max_length: 100,
            wrap_up: Duration::from_secs(10),
            when_unstaffed: WhenUnstaffed::RefuseNew,
            announcements: Some(Announcements::default()),
        }
    }
}

/// What becomes of callers while no agent of their queue is logged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenUnstaffed {
    /// They wait, up to the queue's maximum.
    Wait,
    /// New callers are told at once; those who wait already go on waiting.
    RefuseNew,
    /// New callers are told at once, and those who wait are told when the last agent logs out.
    SendAway,
}

/// When a waiting caller is told their position and estimated wait, after the first time at entry.
#[derive(Clone, Copy, Debug)]
pub struct Announcements {
    /// At the earliest so long after the last time, and only when there is news; less than 5 s count as 5 s.
    pub every: Duration,
    /// So long after the last time even without news, so that nobody believes they were forgotten.
    pub unchanged_every: Duration,
}

impl Default for Announcements {
    fn default() -> Self {
        Self { every: Duration::from_secs(30), unchanged_every: Duration::from_secs(90) }
    }
}

/// One agent.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// Their name.
    pub id: AgentId,
    /// The queues they serve.
    pub queues: Vec<QueueName>,
    /// Reached at a fixed address: logged in from the start, without ever registering.
    pub fixed: bool,
}

/// What holds for every agent.
#[derive(Clone, Copy, Debug)]
pub struct AgentRules {
    /// After so many offers missed or refused in a row an agent is not ready.
    pub missed_limit: NonZeroU32,
    /// An agent who is not ready for that reason is tried again after this time; `None`: only when they register
    /// again or say that they are ready.
    pub missed_rest: Option<Duration>,
    /// How long a phone that refused is left alone; less than a second counts as one, or a busy phone would be rung
    /// in a circle.
    pub after_refusal: Duration,
}

impl Default for AgentRules {
    fn default() -> Self {
        Self {
            missed_limit: NonZeroU32::MIN.saturating_add(2),
            missed_rest: None,
            after_refusal: Duration::from_secs(5),
        }
    }
}

//! One agent. State and timer are the agent's own, whatever number of queues they serve: a wrap-up earned in one
//! queue protects from all others.

use serde::{Deserialize, Serialize};

use super::ids::{AgentId, CallerId, OfferId, QueueAt};
use crate::time::Mono;

/// What others see of an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Not logged in.
    Offline,
    /// Logged in, but takes no calls: by their own wish, or after missing offers.
    NotReady,
    /// Free for a call.
    Ready,
    /// Their phone rings.
    Offered,
    /// Their phone rang in vain and is left alone for a moment.
    Quiet,
    /// With a caller.
    Talking,
    /// At work after a call.
    WrapUp,
}

impl AgentState {
    /// As logs and the store name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::NotReady => "not_ready",
            Self::Ready => "ready",
            Self::Offered => "offered",
            Self::Quiet => "quiet",
            Self::Talking => "talking",
            Self::WrapUp => "wrap_up",
        }
    }
}

pub(super) struct Agent {
    pub(super) id: AgentId,
    pub(super) queues: Vec<QueueAt>,
    /// Logged in. May end in the middle of a talk: a phone whose registration expired still carries sound.
    pub(super) registered: bool,
    /// Not ready.
    pub(super) paused: bool,
    /// Offers missed, refused, or answered by a phone that failed, since the last talk.
    pub(super) missed: u32,
    /// Since when without a call. A caller who hangs up while the phone rings does not cost the agent their turn.
    pub(super) idle_since: Mono,
    pub(super) state: State,
    /// Where the agent's one timer stands.
    pub(super) due: Option<Mono>,
    /// What the last `AgentIs` said.
    pub(super) told: AgentState,
}

/// `Away` and `Idle` follow from `registered` and `paused`; all others end by an event or at `until`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Offline or not ready; until then when they rest after missing offers.
    Away {
        until: Option<Mono>,
    },
    Idle,
    Offered {
        offer: OfferId,
        caller: CallerId,
        queue: QueueAt,
        until: Mono,
    },
    /// The phone was told to stop ringing, and has not confirmed it (`offer`), or it has just refused or failed.
    Quiet {
        offer: Option<OfferId>,
        until: Mono,
    },
    /// Ends with the leg, which its own timers watch over.
    Talking {
        offer: OfferId,
        caller: CallerId,
        queue: QueueAt,
    },
    WrapUp {
        until: Mono,
    },
}

impl Agent {
    pub(super) const fn is_available(&self) -> bool {
        self.registered && !self.paused
    }

    pub(super) const fn shown(&self) -> AgentState {
        match self.state {
            State::Away { .. } if self.registered => AgentState::NotReady,
            State::Away { .. } => AgentState::Offline,
            State::Idle => AgentState::Ready,
            State::Offered { .. } => AgentState::Offered,
            State::Quiet { .. } => AgentState::Quiet,
            State::Talking { .. } => AgentState::Talking,
            State::WrapUp { .. } => AgentState::WrapUp,
        }
    }
}

impl State {
    /// When the state ends by itself.
    pub(super) const fn until(self) -> Option<Mono> {
        match self {
            Self::Away { until } => until,
            Self::Offered { until, .. } | Self::Quiet { until, .. } | Self::WrapUp { until } => {
                Some(until)
            }
            Self::Idle | Self::Talking { .. } => None,
        }
    }

    /// The offer whose events still mean this agent.
    pub(super) const fn offer(self) -> Option<OfferId> {
        match self {
            Self::Offered { offer, .. } | Self::Talking { offer, .. } => Some(offer),
            Self::Quiet { offer, .. } => offer,
            Self::Away { .. } | Self::Idle | Self::WrapUp { .. } => None,
        }
    }
}

//! What goes into the dispatcher and what comes out.

use std::time::Duration;

use super::agent::AgentState;
use super::ids::{AgentId, CallerId, OfferId, QueueName};
use super::journal::Record;

/// What can happen. Unknown names, events for what is over, and repetitions do no harm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A flow put a caller into a queue; 0 is the usual priority, higher ones go first.
    Enter {
        /// Who. Waiting already, they stay where they are; talking, their talk has ended.
        caller: CallerId,
        /// Where.
        queue: QueueName,
        /// Before all of lower priority.
        priority: u8,
    },
    /// The caller leaves the queue by a key; the flow goes on by itself.
    Leave(CallerId),
    /// The caller hung up, waiting or talking.
    HungUp(CallerId),
    /// An agent's phone registered, or registered again after missing offers (not: each refresh).
    Registered(AgentId),
    /// Its registration ended or was taken back.
    Unregistered(AgentId),
    /// The agent wants calls.
    Ready(AgentId),
    /// The agent wants no calls.
    NotReady(AgentId),
    /// The agent took the call.
    Answered(OfferId),
    /// The agent's phone refused, was busy, or could not be reached.
    Refused(OfferId),
    /// The agent's phone has fallen silent after [`Command::CancelOffer`].
    Cleared(OfferId),
    /// The agent's leg of a talk is over.
    TalkEnded {
        /// Which.
        offer: OfferId,
        /// The caller was not served (the phone died, the bridge failed) and goes back to their old place.
        returns: bool,
    },
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What has to be done about it, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Ring this agent for this caller, until `Answered`, `Refused` or [`Command::CancelOffer`].
    Offer {
        /// Names it in all that follows.
        offer: OfferId,
        /// For whom.
        caller: CallerId,
        /// Whose phone.
        agent: AgentId,
        /// From where.
        queue: QueueName,
    },
    /// Stop ringing, or hang up if the phone has answered meanwhile; then `Cleared`.
    CancelOffer {
        /// Which.
        offer: OfferId,
        /// Why.
        reason: CancelReason,
    },
    /// The agent has the call: let the two talk. Nobody is connected without this.
    Connect {
        /// Which.
        offer: OfferId,
        /// Who waited.
        caller: CallerId,
        /// Who answered.
        agent: AgentId,
    },
    /// Tell the caller where they stand.
    Announce {
        /// Whom.
        caller: CallerId,
        /// 1 is next.
        position: usize,
        /// In whole minutes; `None` while nothing was measured.
        estimated_wait: Option<Duration>,
    },
    /// The wait is over without an agent: the flow decides what then.
    Outcome {
        /// Whose.
        caller: CallerId,
        /// How.
        outcome: Outcome,
    },
    /// The agent's state is another now.
    AgentIs {
        /// Whose.
        agent: AgentId,
        /// Which.
        state: AgentState,
    },
    /// A line for the journal, from which all figures are made.
    Note(Record),
}

/// Why an offer is withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CancelReason {
    /// The caller hung up or left.
    CallerGone,
    /// The agent did not answer in time.
    Missed,
    /// The agent logged out.
    AgentGone,
    /// The answer came when the offer was over.
    TooLate,
}

/// How a wait ends without an agent and with the caller still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The maximum wait is over.
    Overflowed,
    /// The queue has its maximum length.
    Full,
    /// No agent of the queue is logged in.
    NoAgents,
    /// There is no such queue.
    NoSuchQueue,
}

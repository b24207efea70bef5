//! What is counted instead of being logged: a peer's mistakes, and how full the tables are.

/// Counted since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests taken apart.
    pub requests: u64,
    /// Responses taken apart.
    pub responses: u64,
    /// Empty lines that keep a path open.
    pub keep_alives: u64,
    /// Bytes that are no SIP message.
    pub junk: u64,
    /// Messages with an error in them: answered with 400 or 505 where they were requests.
    pub malformed: u64,
    /// Responses to nothing that we asked.
    pub stray_responses: u64,
    /// ACKs to nothing that we answered.
    pub stray_acks: u64,
    /// Requests that came again.
    pub repeated_requests: u64,
    /// Requests refused because a table was full.
    pub overload: u64,
    /// Refusals that nobody acknowledged.
    pub unacknowledged: u64,
    /// Requests of ours that nobody answered.
    pub unanswered: u64,
    /// Wishes that did not fit their leg's state.
    pub idle_wishes: u64,
}

/// How full the tables are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Legs.
    pub legs: usize,
    /// Incoming requests remembered.
    pub server_transactions: usize,
    /// Outgoing requests remembered.
    pub client_transactions: usize,
    /// Alarms set.
    pub timers: usize,
}

//! Event and Subscription-State (RFC 6665 8.2), and Reason (RFC 3326): a token and parameters.

use nom::Parser;
use nom::combinator::map;

use super::grammar::{Parsed, token};
use super::params::with_params;
use super::{Params, Print};

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event package, such as `refer`.
    pub package: String,
    /// `id` and others.
    pub params: Params,
}

/// How a subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// `active`, `pending`, `terminated` or another token.
    pub state: String,
    /// expires, reason, retry-after.
    pub params: Params,
}

/// Why a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850` or another token.
    pub protocol: String,
    /// cause and text.
    pub params: Params,
}

impl Event {
    /// Tells subscriptions of one dialog apart.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.params.get("id")
    }
}

impl SubscriptionState {
    /// Whether it has ended.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.state.eq_ignore_ascii_case("terminated")
    }

    /// Seconds left.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.params.get("expires")?.parse().ok()
    }
}

impl Reason {
    /// The cause: a SIP status or a Q.850 cause.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        self.params.get("cause")?.parse().ok()
    }

    /// The cause in words.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.params.get("text")
    }
}

pub(super) fn event(input: &str) -> Parsed<'_, Event> {
    map(token_with_params, |(package, params)| Event { package, params }).parse(input)
}

pub(super) fn subscription_state(input: &str) -> Parsed<'_, SubscriptionState> {
    map(token_with_params, |(state, params)| SubscriptionState { state, params }).parse(input)
}

pub(super) fn reason(input: &str) -> Parsed<'_, Reason> {
    map(token_with_params, |(protocol, params)| Reason { protocol, params }).parse(input)
}

fn token_with_params(input: &str) -> Parsed<'_, (String, Params)> {
    with_params(map(token, str::to_owned)).parse(input)
}

impl Print for Event {
    fn print(&self, out: &mut Vec<u8>) {
        self.package.print(out);
        self.params.print(out);
    }
}

impl Print for SubscriptionState {
    fn print(&self, out: &mut Vec<u8>) {
        self.state.print(out);
        self.params.print(out);
    }
}

impl Print for Reason {
    fn print(&self, out: &mut Vec<u8>) {
        self.protocol.print(out);
        self.params.print(out);
    }
}

//! THE ENDPOINT: everything that `hotline` says and hears in SIP, as one machine.

mod command;
mod config;
mod counters;
mod event;
mod timers;

pub use self::command::{
    Command, EndedBy, Ending, FailedBy, Failure, IncomingCall, LegEvent, ReferRequest,
    RegistrarEvent, RegistrationEvent,
};
pub use self::config::{Account, Config, DigestRules, Limits, RegistrarLimits};
pub use self::counters::{Counters, Load};
pub use self::event::{
    Event, ExtraHeader, LegId, Login, OfferBy, OutgoingCall, Registration, Wish,
};

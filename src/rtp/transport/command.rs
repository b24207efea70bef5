//! What goes from the handles to the threads, and between the threads.

use rtrb::Consumer;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::api::{Connection, Counts, LegId, Play};
use super::leg::Leg;
use super::listen::{Ear, Tap};
use super::rooms::Voice;
use crate::secret::Key;

/// A command to one leg. Everything in it was allocated by the sender.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) leg: LegId,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Open(Box<Leg>),
    /// With an ear for tones when the peer has no events.
    Connect(Box<Connection>, Option<Box<Ear>>),
    Play(Box<Play>),
    Stop,
    /// Keys, and for how many slots of 20 ms each.
    SendKeys(SmallVec<[Key; 16]>, u32),
    /// Bridge this leg with another one, on the other one's thread.
    Bridge {
        with: LegId,
    },
    Unbridge,
    /// Go into the room of another leg, on its thread; the second part is for that one, if it is in none.
    Join {
        with: LegId,
        voices: [Box<Voice>; 2],
    },
    /// Go out of the room.
    Leave,
    Tap(Box<Tap>),
    Source(Consumer<i16>),
    Close(Option<oneshot::Sender<Counts>>),
    /// End the thread; the leg does not matter.
    ShutDown,
}

/// How two legs meet.
#[derive(Debug)]
pub(super) enum Meeting {
    /// They hear each other, and nobody else.
    Bridge,
    /// They are in one room.
    Room([Box<Voice>; 2]),
}

/// What one thread hands to another.
#[derive(Debug)]
pub(super) enum Parcel {
    /// A leg that comes to live here, to meet one that should be here.
    Leg { leg: Box<Leg>, with: LegId, meeting: Meeting },
    /// A command whose leg has moved on to this thread.
    Command(Command),
    /// A leg that had lived here has closed: no command will come for it any more.
    Forget(LegId),
}

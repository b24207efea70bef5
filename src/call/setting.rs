//! What a call is run with, and how it came in.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};

use crate::config::Times;
use crate::config::calendar::Calendar;
use crate::flow::Program;
use crate::flow::model::Lang;
use crate::speech::Catalogues;
use crate::time::Mono;

/// What a call is run with. Shared by all calls that began under the same version of everything.
#[derive(Clone)]
pub struct Setting {
    /// The flow.
    pub flow: Arc<Program>,
    /// The words of each language that it speaks.
    pub catalogues: Arc<Catalogues>,
    /// The opening hours that it names.
    pub calendars: Arc<dyn Calendars>,
}

/// Opening hours, holidays, deadlines and their time zones.
pub trait Calendars: Send + Sync {
    /// Whether `calendar` is open at `when`; `None` if there is no such calendar.
    fn is_open(&self, calendar: &str, when: Timestamp) -> Option<bool>;

    /// Until when a case of `kind` that is opened at `opened` is answered; `None` if there is no such kind.
    fn promised(&self, _kind: &str, _opened: Timestamp) -> Option<Timestamp> {
        None
    }
}

impl Calendars for IndexMap<Arc<str>, Calendar> {
    fn is_open(&self, calendar: &str, when: Timestamp) -> Option<bool> {
        self.get(calendar).map(|it| it.is_open(when))
    }
}

impl Calendars for Times {
    fn is_open(&self, calendar: &str, when: Timestamp) -> Option<bool> {
        self.calendars.is_open(calendar, when)
    }

    fn promised(&self, kind: &str, opened: Timestamp) -> Option<Timestamp> {
        Self::promised(self, kind, opened)
    }
}

/// How a call came in. Stored at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The call's id.
    pub call: Arc<str>,
    /// The caller's number, unless withheld.
    pub caller_number: Option<Arc<str>>,
    /// The name that came with it.
    pub caller_name: Option<Arc<str>>,
    /// The number dialled.
    pub called: Arc<str>,
    /// The language to begin in; the flow's first unless given, or if the flow does not speak it.
    pub language: Option<Lang>,
    /// How many calls of its flow came in before it: announcements that rotate go by it.
    #[serde(default, skip_serializing_if = "is_first")]
    pub turn: u64,
    /// The moment of the machine's clock at which it came in.
    pub at: Mono,
    /// The calendar's time at that moment, in the zone in which dates are spoken. From here on it follows the machine's
    /// clock, so that a clock set during a call changes no call.
    pub wall: ZonedDateTime,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_first(turn: &u64) -> bool {
    *turn == 0
}

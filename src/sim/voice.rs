//! What the caller of a scenario says into recordings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::{Event, Recording, RecordingEvent, Ticket};
use crate::time::Mono;

/// A caller who says nothing may think for so long before that ends the recording.
const THINKING: Duration = Duration::from_secs(5);

/// What the caller said.
#[derive(Default)]
pub(super) struct Voice {
    running: Option<Running>,
    /// How long each recording is that is kept, by its id.
    kept: BTreeMap<Arc<str>, Duration>,
    /// The id of the one made last.
    last: Option<Arc<str>>,
}

struct Running {
    ticket: Ticket,
    id: Arc<str>,
    since: Mono,
    silence: Duration,
    /// When the silence has lasted long enough.
    until: Mono,
    heard: bool,
}

impl Voice {
    pub(super) const fn is_recorded(&self) -> bool {
        self.running.is_some()
    }

    /// Whether the recording made last is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.last.as_ref().is_some_and(|id| self.kept.contains_key(id))
    }

    /// How long the recording is.
    pub(super) fn length(&self, id: &str) -> Option<Duration> {
        self.kept.get(id).copied()
    }

    /// When the silence has lasted long enough.
    pub(super) fn due(&self) -> Option<Mono> {
        self.running.as_ref().map(|it| it.until)
    }

    /// What happens then. It does not happen again.
    pub(super) fn falls_silent(&mut self) -> Option<Event> {
        let it = self.running.as_mut()?;
        it.until = Mono::from_micros(u64::MAX);
        Some(Event::Recording { recording: it.ticket, event: RecordingEvent::Silent })
    }

    pub(super) fn begin(&mut self, now: Mono, it: Recording) {
        let until = now + it.silence.max(THINKING);
        let Recording { ticket, id, silence, .. } = it;
        self.last = Some(Arc::clone(&id));
        self.running = Some(Running { ticket, id, since: now, silence, until, heard: false });
    }

    /// The caller speaks until then.
    pub(super) fn speaks(&mut self, until: Mono) {
        if let Some(it) = &mut self.running {
            it.heard = true;
            it.until = until + it.silence;
        }
    }

    /// It was ended: what is told of it.
    pub(super) fn end(&mut self, now: Mono, disk_full: bool) -> RecordingEvent {
        let Some(it) = self.running.take() else { return RecordingEvent::Failed };
        if disk_full {
            return RecordingEvent::Failed;
        }
        if it.heard {
            self.kept.insert(it.id, now - it.since);
        }
        RecordingEvent::Stored { heard: it.heard }
    }

    pub(super) fn discard(&mut self, id: &str) {
        self.kept.remove(id);
    }
}

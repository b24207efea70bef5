//! The dispatcher's task: one machine for all queues and agents, told by calls and registrations, telling calls.

use std::collections::HashMap;

use tokio::sync::mpsc;

use super::call::ToCall;
use super::clock::Clock;
use crate::queue::{CallerId, CancelReason, Command, Dispatcher, Event, OfferId, QueuesConfig};
use crate::store::{Entry, Store};

/// What can be told to it at most before those who tell it wait.
const INBOX: usize = 4_096;

/// What the dispatcher's task is told.
#[derive(Debug)]
pub(super) enum ToAcd {
    /// A call that may wait in queues; before its first event.
    Caller(CallerId, mpsc::Sender<ToCall>),
    /// An event for the machine.
    Event(Event),
    /// The call is over.
    Forget(CallerId),
}

/// How to reach it.
#[derive(Debug, Clone)]
pub(super) struct Acd(mpsc::Sender<ToAcd>);

impl Acd {
    /// Starts the task. It ends when nobody can tell it anything any more.
    pub(super) fn start(config: QueuesConfig, clock: Clock, store: Store) -> Self {
        let (to, from) = mpsc::channel(INBOX);
        let task = Task {
            machine: Dispatcher::new(config),
            clock,
            store,
            callers: HashMap::new(),
            offers: HashMap::new(),
        };
        tokio::spawn(task.run(from));
        Self(to)
    }

    /// Tells it. Waits while its inbox is full; does nothing after the server has ended.
    pub(super) async fn tell(&self, what: ToAcd) {
        // Nobody listens only while the server ends, and then nobody waits for an agent either.
        let _ = self.0.send(what).await;
    }
}

struct Task {
    machine: Dispatcher,
    clock: Clock,
    store: Store,
    /// Where the news of each caller goes.
    callers: HashMap<CallerId, mpsc::Sender<ToCall>>,
    /// Whose call each open offer is.
    offers: HashMap<OfferId, CallerId>,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<ToAcd>) {
        let mut out = Vec::new();
        loop {
            let event = tokio::select! {
                told = inbox.recv() => match told {
                    Some(ToAcd::Caller(caller, to)) => {
                        self.callers.insert(caller, to);
                        continue;
                    }
                    Some(ToAcd::Forget(caller)) => {
                        self.callers.remove(&caller);
                        Event::HungUp(caller)
                    }
                    Some(ToAcd::Event(event)) => event,
                    None => return,
                },
                () = self.clock.sleep_until(self.machine.deadline()) => Event::Tick,
            };
            self.settle(event, &mut out).await;
        }
    }

    /// Handles `event` and whatever follows from calls that are not there any more.
    async fn settle(&mut self, event: Event, out: &mut Vec<Command>) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            self.close_offer(&event);
            self.machine.handle(self.clock.now(), event, out);
            for command in out.drain(..) {
                let answer = match &command {
                    Command::AgentIs { agent, state } => {
                        tracing::info!(agent = agent.as_str(), state = state.name(), "agent");
                        self.store
                            .append(Entry::AgentState {
                                agent: agent.as_str().into(),
                                at: jiff::Timestamp::now(),
                                state: state.name().into(),
                            })
                            .await;
                        None
                    }
                    Command::Note(record) => {
                        tracing::debug!(?record, "queue");
                        None
                    }
                    Command::Offer { offer, caller, .. } => {
                        self.offers.insert(*offer, *caller);
                        Self::pass(&self.callers, *caller, &command, Event::HungUp(*caller))
                    }
                    Command::CancelOffer { offer, reason } => {
                        let caller = self.offers.get(offer).copied();
                        tracing::debug!(?offer, ?reason, "offer withdrawn");
                        let cleared = Event::Cleared(*offer);
                        match caller {
                            // The call has hung its agent's phone up by itself when it ended.
                            Some(caller)
                                if *reason != CancelReason::CallerGone
                                    || self.callers.contains_key(&caller) =>
                            {
                                Self::pass(&self.callers, caller, &command, cleared)
                            }
                            Some(_) | None => Some(cleared),
                        }
                    }
                    Command::Connect { caller, .. }
                    | Command::Announce { caller, .. }
                    | Command::Outcome { caller, .. } => {
                        Self::pass(&self.callers, *caller, &command, Event::HungUp(*caller))
                    }
                };
                events.extend(answer);
            }
        }
    }

    /// Hands `command` to the caller's call. One that is gone, or does not empty its inbox, has hung up: then `otherwise`
    /// happens.
    fn pass(
        callers: &HashMap<CallerId, mpsc::Sender<ToCall>>,
        caller: CallerId,
        command: &Command,
        otherwise: Event,
    ) -> Option<Event> {
        let sent = callers
            .get(&caller)
            .is_some_and(|to| to.try_send(ToCall::Queue(Box::new(command.clone()))).is_ok());
        (!sent).then_some(otherwise)
    }

    /// Forgets whose call an offer was once nothing more can be said about it.
    fn close_offer(&mut self, event: &Event) {
        match event {
            Event::Refused(offer) | Event::Cleared(offer) | Event::TalkEnded { offer, .. } => {
                self.offers.remove(offer);
            }
            Event::Enter { .. }
            | Event::Leave(_)
            | Event::HungUp(_)
            | Event::Registered(_)
            | Event::Unregistered(_)
            | Event::Ready(_)
            | Event::NotReady(_)
            | Event::Answered(_)
            | Event::Tick => {}
        }
    }
}

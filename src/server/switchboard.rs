//! SIP in and out: the endpoint's task, which leg is whose, who may call in.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Shared;
use super::acd::ToAcd;
use super::call::{self, NewCaller, ToCall};
use super::clock::Clock;
use super::house::House;
use crate::queue::{self, AgentId, CallerId};
use crate::sip::endpoint::{
    Account, Command, Config, Counters, Endpoint, Event, IncomingCall, LegEvent, LegId, Load,
    RegistrarEvent, Wish,
};
use crate::sip::transport::{self, Handle, Settings, Transport};

/// Wishes that wait for the endpoint at most before calls wait with theirs.
const WISHES: usize = 4_096;
/// A media thread that worked for more than this part of the last second, in thousandths, takes no more calls ...
const BUSY_PERMILLE: u32 = 850;
/// ... nor one whose packets left later than this, in microseconds.
const LATE_US: u32 = 4_000;

/// What calls and the server ask of SIP.
#[derive(Debug)]
pub(super) struct Switchboard {
    endpoint: Handle,
    /// Whose each leg is. Held for a look or a change, never across a wait.
    legs: Mutex<HashMap<LegId, mpsc::Sender<ToCall>>>,
    /// How many calls there are.
    live: watch::Sender<usize>,
    closed: AtomicBool,
}

impl Switchboard {
    /// Has the endpoint carry out a call's wish. Waits while too many wait already: nobody loses a hang-up.
    pub(super) async fn wish(&self, leg: LegId, wish: Wish) {
        self.endpoint.happen(Event::Wish { leg, wish }).await;
    }

    /// What the endpoint counted, and how full its tables are.
    pub(super) async fn figures(&self) -> (Counters, Load) {
        self.endpoint.figures().await
    }

    /// Sends the news of `leg` to a call from now on.
    pub(super) fn listen(&self, leg: LegId, to: mpsc::Sender<ToCall>) {
        self.legs().insert(leg, to);
    }

    /// Takes no new calls, waits for the others to end, and ends those that have not after `patience`.
    pub(super) async fn close(&self, patience: Duration) {
        self.closed.store(true, Ordering::Relaxed);
        let mut live = self.live.subscribe();
        if tokio::time::timeout(patience, live.wait_for(|calls| *calls == 0)).await.is_err() {
            let calls: Vec<_> = self.legs().values().cloned().collect();
            tracing::warn!(calls = *self.live.borrow(), "hanging up the calls that are left");
            for call in calls {
                // One that does not take it is stuck: the process ends all the same.
                let _ = call.try_send(ToCall::ShutDown);
            }
            let _ =
                tokio::time::timeout(Duration::from_secs(3), live.wait_for(|calls| *calls == 0))
                    .await;
        }
    }

    fn legs(&self) -> MutexGuard<'_, HashMap<LegId, mpsc::Sender<ToCall>>> {
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sockets and endpoint, before anybody listens to them.
pub(super) struct Line {
    endpoint: Endpoint,
    transport: Transport,
    asks: mpsc::Receiver<transport::Ask>,
    clock: Clock,
}

impl Line {
    /// Opens the sockets.
    pub(super) fn open(
        config: Config,
        accounts: Vec<Account>,
        seed: [u8; 32],
        clock: Clock,
    ) -> io::Result<(Self, Switchboard)> {
        let settings = Settings { udp: config.udp, tcp: config.tcp, ..Settings::default() };
        let transport = Transport::bind(settings)?;
        let mut endpoint = Endpoint::new(config, ChaCha12Rng::from_seed(seed));
        endpoint.set_accounts(accounts);
        let (handle, asks) = Handle::new(WISHES);
        let switchboard = Switchboard {
            endpoint: handle,
            legs: Mutex::default(),
            live: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        };
        Ok((Self { endpoint, transport, asks, clock }, switchboard))
    }

    /// Begins to answer. The task goes on until it is aborted: by then the calls are over.
    pub(super) fn answer(self, shared: Arc<Shared>, house: Arc<ArcSwap<House>>) -> JoinHandle<()> {
        let clock = self.clock;
        let mut doorman =
            Doorman { shared, house, callers: 0, second: Instant::now(), in_second: 0 };
        let news = move |command| doorman.take(command);
        tokio::spawn(transport::run(
            self.endpoint,
            self.transport,
            self.asks,
            clock.origin().into(),
            news,
        ))
    }
}

/// Receives the endpoint's news: hands them to the calls, and lets new callers in.
struct Doorman {
    shared: Arc<Shared>,
    house: Arc<ArcSwap<House>>,
    callers: u64,
    /// The second that is counted, and the calls let in in it.
    second: Instant,
    in_second: u32,
}

impl Doorman {
    /// Takes one piece of news. Never waits.
    fn take(&mut self, command: Command) {
        match command {
            Command::Leg { leg, event: LegEvent::Incoming(incoming) } => self.incoming(leg, incoming),
            Command::Leg { leg, event } => self.pass(leg, event),
            Command::Registrar(event) => self.registrar(event),
            Command::AuthenticationFailed { user, source, failures, locked_out } => {
                metrics::counter!("hotline_authentication_failures_total").increment(1);
                tracing::warn!(user, %source, failures, locked_out, "a wrong password");
            }
            Command::Send { .. } // the transport took it
            | Command::Registration { .. } => {} // we register nowhere
        }
    }

    fn pass(&self, leg: LegId, event: LegEvent) {
        let mut legs = self.shared.switchboard.legs();
        let is_last = matches!(event, LegEvent::Gone);
        if let Some(call) = legs.get(&leg)
            && call.try_send(ToCall::Sip(leg, Box::new(event))).is_err()
        {
            tracing::error!(?leg, "a call does not take its news");
        }
        if is_last {
            legs.remove(&leg);
        }
    }

    fn incoming(&mut self, leg: LegId, incoming: Box<IncomingCall>) {
        let house = self.house.load_full();
        let dialled: Option<Arc<str>> = incoming.dialled.user().map(|user| (&*user).into());
        let known = dialled.filter(|number| house.programs.contains_key(number));
        let Some(dialled) = known else {
            metrics::counter!("hotline_refused_total", "why" => "unknown_number").increment(1);
            return self.refuse(leg, 404, Vec::new());
        };
        if let Some(why) = self.full(&house) {
            metrics::counter!("hotline_refused_total", "why" => why).increment(1);
            let after = house.config.limits.retry_after.as_secs().max(1).to_string();
            return self.refuse(leg, 503, vec![("Retry-After".to_owned(), after)]);
        }
        self.callers += 1;
        let (own, inbox) = mpsc::channel(call::INBOX);
        let id = CallerId(self.callers);
        self.shared.switchboard.listen(leg, own.clone());
        let caller = NewCaller { leg, incoming, dialled, house, inbox, own, id };
        let shared = Arc::clone(&self.shared);
        shared.switchboard.live.send_modify(|calls| *calls += 1);
        tokio::spawn(async move {
            // The border: a call that breaks an invariant takes no other with it.
            let ended = tokio::spawn(call::run(Arc::clone(&shared), caller)).await;
            if let Err(error) = ended {
                tracing::error!(%error, "a call broke down");
                metrics::counter!("hotline_broken_calls_total").increment(1);
                shared.acd.tell(ToAcd::Forget(id)).await;
                hang_up_orphans(&shared).await;
            }
            shared.switchboard.live.send_modify(|calls| *calls = calls.saturating_sub(1));
        });
    }

    /// Why no more calls are taken, if they are not.
    fn full(&mut self, house: &House) -> Option<&'static str> {
        let limits = &house.config.limits;
        let now = Instant::now();
        if now.duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.in_second) = (now, 0);
        }
        let switchboard = &self.shared.switchboard;
        if switchboard.closed.load(Ordering::Relaxed) {
            return Some("ending");
        }
        if *switchboard.live.borrow() >= limits.calls {
            return Some("calls");
        }
        if self.in_second >= limits.calls_per_second {
            return Some("calls_per_second");
        }
        let overloaded = |it: &crate::rtp::transport::ThreadHealth| {
            it.busy_permille > BUSY_PERMILLE
                || it.late_us > LATE_US && it.busy_permille > BUSY_PERMILLE / 2
        };
        if self.shared.media.health().iter().all(overloaded) {
            return Some("media");
        }
        self.in_second += 1;
        None
    }

    fn refuse(&self, leg: LegId, status: u16, headers: Vec<(String, String)>) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            shared.switchboard.wish(leg, Wish::Reject { status, headers }).await
        });
    }

    fn registrar(&self, event: RegistrarEvent) {
        let (user, is_there, changed) = match event {
            RegistrarEvent::Registered { user, binding, is_new } => {
                if is_new {
                    tracing::info!(agent = user, at = %binding.peer.remote, "phone registered");
                }
                self.shared.add_binding(&user, binding);
                (user, true, is_new)
            }
            RegistrarEvent::Unregistered { user, contact }
            | RegistrarEvent::Expired { user, contact } => {
                let left = self.shared.remove_binding(&user, &contact);
                tracing::info!(agent = user, left, "phone unregistered");
                (user, left > 0, left == 0)
            }
        };
        if changed {
            let agent = AgentId::from(user.as_str());
            let event = if is_there {
                queue::Event::Registered(agent)
            } else {
                queue::Event::Unregistered(agent)
            };
            let acd = self.shared.acd.clone();
            tokio::spawn(async move { acd.tell(ToAcd::Event(event)).await });
        }
    }
}

/// Hangs up legs whose call's task is not there any more.
async fn hang_up_orphans(shared: &Shared) {
    let orphans: Vec<LegId> = shared
        .switchboard
        .legs()
        .iter()
        .filter(|(_, call)| call.is_closed())
        .map(|(leg, _)| *leg)
        .collect();
    for leg in orphans {
        let reason = Some("Q.850;cause=41".to_owned()); // temporary failure
        shared.switchboard.wish(leg, Wish::HangUp { reason, headers: Vec::new() }).await;
    }
}

//! WHERE ALL MEET: the machines tied to sockets, threads, databases and clocks.
//!
//! Called by `cli/serve`. The only room that knows every other one, and decides nothing: an `if` about telephony here
//! belongs in a machine.
//! Way in: [`house::load`] for what `hotline.yaml` names, [`Server::start`], [`Server::run`].
//! Always true: one task owns one call; tasks speak through bounded channels; a call that fails takes no other with it.
//! Read next: `house` (what is loaded), `switchboard` (SIP in and out), `call` (one call's task), `acd` (the queues),
//! `recorder` (what callers say), `routes` (where somebody is), `hand_off` (what goes along to a person), `verify`
//! (secrets), `follow_up` (what is left for after the call).

mod acd;
mod call;
mod clock;
mod follow_up;
mod hand_off;
pub mod house;
mod http;
mod recorder;
mod routes;
mod shelf;
mod switchboard;
pub(crate) mod verify;
pub(crate) mod words;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use self::acd::Acd;
use self::clock::Clock;
use self::house::{House, Overrides};
use self::recorder::Recorder;
use self::switchboard::{Line, Switchboard};
use self::verify::{Verifier, cores};
use crate::config;
use crate::desk::{
    self, ContextTokens, Desk, Encryption, MailConfig, Outbox, OutboxError, Poster, ReceiverConfig,
    Retry, WayConfig,
};
use crate::lookup::{self, Lookups, PinError, Pins};
use crate::queue::{AgentConfig, AgentRules, Announcements, QueueConfig, QueuesConfig};
use crate::rtp::transport::{Media, MediaConfig, MediaError};
use crate::sip::endpoint::{Account, LegId};
use crate::sip::message::{Host, SipUri, Uri};
use crate::sip::registrar::Binding;
use crate::store::{self, Entry, Store};
use crate::telemetry;

/// How long calls may go on after the server was asked to end.
const FAREWELL: Duration = Duration::from_secs(30);

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("the store")]
    Store(#[from] store::Error),
    /// Recordings cannot be kept.
    #[error("the folder of recordings")]
    Recordings(#[source] io::Error),
    /// A connector's database cannot be made.
    #[error("a connector")]
    Connector(#[from] lookup::OpenError),
    /// Secrets cannot be compared.
    #[error("secrets")]
    Secrets(#[from] PinError),
    /// The media engine cannot be started.
    #[error("media")]
    Media(#[from] MediaError),
    /// SIP's address cannot be listened on.
    #[error("SIP on {0}")]
    Sip(std::net::SocketAddr, #[source] io::Error),
    /// HTTP's address cannot be listened on.
    #[error("HTTP on {0}")]
    Http(std::net::SocketAddr, #[source] io::Error),
    /// The key that signs tokens cannot be read or made.
    #[error("the key that signs tokens")]
    Key(#[source] io::Error),
    /// Somebody who is to be told things cannot be.
    #[error("whom to tell")]
    Outbox(#[from] OutboxError),
    /// Figures cannot be collected.
    #[error("figures")]
    Figures(#[from] telemetry::Error),
    /// The system gives no random numbers, or no signals.
    #[error("the operating system")]
    System(#[source] io::Error),
}

/// What every call's task needs.
pub(crate) struct Shared {
    clock: Clock,
    media: Media,
    store: Store,
    lookups: Lookups,
    verifier: Verifier,
    tokens: ContextTokens,
    poster: Poster,
    /// How others reach our HTTP API, without a slash at the end.
    public_url: String,
    /// Our own SIP address.
    sip: std::net::SocketAddr,
    realm: Arc<str>,
    switchboard: Switchboard,
    acd: Acd,
    recorder: Recorder,
    /// Where registered agents are. Held for a look or a change, never across a wait.
    registered: Mutex<HashMap<String, Vec<Binding>>>,
    /// Calls to outside that may be at once.
    outside: Arc<Semaphore>,
    /// Begins every call's name, so that names of two runs differ.
    run: String,
    calls: AtomicU64,
    legs: AtomicU64,
}

impl Shared {
    /// A name for a call that no other call has, in this run or another.
    fn new_call_name(&self) -> Arc<str> {
        let count = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}-{count}", self.run).into()
    }

    fn new_outgoing_leg(&self) -> LegId {
        LegId::outgoing(self.legs.fetch_add(1, Ordering::Relaxed))
    }

    /// Our own address with `user` in it.
    fn own_address(&self, user: &str) -> Uri {
        Uri::Sip(SipUri::new(Host::from(self.sip.ip()), Some(self.sip.port())).with_user(user))
    }

    /// Whether `uri` names us: our address, or the realm that phones know us by.
    fn is_ours(&self, uri: &Uri) -> bool {
        uri.sip().is_some_and(|sip| {
            let host = sip.host.to_string();
            let port = sip.port.unwrap_or(5060);
            (host == self.sip.ip().to_string() && port == self.sip.port()) || host == *self.realm
        })
    }

    /// Where an agent's phone registered last.
    fn binding(&self, agent: &str) -> Option<Binding> {
        self.registered().get(agent)?.last().cloned()
    }

    fn add_binding(&self, agent: &str, binding: Binding) {
        let mut registered = self.registered();
        let bindings = registered.entry(agent.to_owned()).or_default();
        bindings.retain(|it| !it.contact.matches(&binding.contact));
        bindings.push(binding);
    }

    /// How many are left.
    fn remove_binding(&self, agent: &str, contact: &Uri) -> usize {
        let mut registered = self.registered();
        let Some(bindings) = registered.get_mut(agent) else { return 0 };
        bindings.retain(|it| !it.contact.matches(contact));
        let left = bindings.len();
        if left == 0 {
            registered.remove(agent);
        }
        left
    }

    fn registered(&self) -> MutexGuard<'_, HashMap<String, Vec<Binding>>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a token stands for in the store: 128 random bits.
    fn new_token_id(&self) -> String {
        let mut id = [0; 16];
        let random = rustls::crypto::ring::default_provider().secure_random;
        match random.fill(&mut id) {
            Ok(()) => hex::encode(id),
            // Never seen; a name of the run's own keeps tokens apart, and their signature keeps them safe.
            Err(_) => format!("{}-{}", self.run, self.legs.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// A running server.
pub struct Server {
    shared: Arc<Shared>,
    house: Arc<ArcSwap<House>>,
    path: PathBuf,
    overrides: Overrides,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    sip: JoinHandle<()>,
}

impl Server {
    /// Opens everything and begins to answer. `path` and `overrides` are what `house` was loaded from, for reloads.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then but what ends by itself.
    pub async fn start(
        house: House,
        path: PathBuf,
        overrides: Overrides,
    ) -> Result<Self, StartError> {
        let clock = Clock::start();
        let config = &house.config;
        let figures = telemetry::start_figures()?;
        let store = Store::open(&config.data).await?;
        let left = store.close_open_calls().await?;
        if left > 0 {
            tracing::warn!(calls = left, "the last run ended in the middle of calls");
        }
        let recordings = config.data.join("recordings");
        let recorder = Recorder::start(&recordings).map_err(StartError::Recordings)?;
        let lookups = Lookups::open(house::connectors(config)).await?;
        let verifier = Verifier::remembering(store.clone(), Pins::new(cores())?).await?;
        let media = Media::start(&MediaConfig {
            ip: config.rtp.ip,
            ports: config.rtp.ports.clone(),
            threads: config.rtp.threads.unwrap_or(0),
            max_legs: config.limits.calls.saturating_mul(2),
            origin: clock.origin(),
            seed: seed()?,
        })?;
        let tokens = ContextTokens::new(desk::signing_key(&config.data).map_err(StartError::Key)?);
        let outbox = Outbox::new(store.clone(), receivers(&house), Retry::default(), seed()?)?;
        let poster = outbox.poster();
        let http = config.http.listen;
        let listener =
            TcpListener::bind(http).await.map_err(|error| StartError::Http(http, error))?;
        let sip = config.sip.listen;
        let mut endpoint = crate::sip::endpoint::Config::new(Some(sip), Some(sip));
        endpoint.realm = config.sip.realm.to_string();
        endpoint.session_expires = config.sip.session_expires;
        endpoint.min_se = config.sip.min_se;
        endpoint.limits.legs = config.limits.calls.saturating_mul(4);
        let (line, switchboard) = Line::open(endpoint, accounts(&house), seed()?, clock)
            .map_err(|error| StartError::Sip(sip, error))?;
        for (id, agent) in &config.agents {
            let (id, name) = (Arc::clone(id), Arc::clone(&agent.name));
            store
                .append(Entry::Agent { id, name, work_number: Arc::clone(&agent.work_number) })
                .await;
        }
        let public_url = config.http.public_url.clone().unwrap_or_else(|| format!("http://{http}"));
        let shared = Arc::new(Shared {
            acd: Acd::start(queues(&house), clock, store.clone()),
            outside: Arc::new(Semaphore::new(
                config
                    .transfers
                    .at_once
                    .map_or(Semaphore::MAX_PERMITS, |it| usize::try_from(it).unwrap_or(0)),
            )),
            clock,
            media,
            lookups,
            verifier,
            tokens: tokens.clone(),
            poster,
            public_url: public_url.trim_end_matches('/').to_owned(),
            sip,
            realm: Arc::clone(&config.sip.realm),
            switchboard,
            recorder,
            registered: Mutex::default(),
            run: run_name()?,
            calls: AtomicU64::new(0),
            legs: AtomicU64::new(0),
            store: store.clone(),
        });
        let (stop, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            // The sender is only dropped when the server is: then it ends, too.
            let _ = stopped.wait_for(|it| *it).await;
        };
        let rendered = figures.clone();
        let desk = desk::router(Desk {
            store,
            tokens,
            recordings: recordings.into(),
            metrics: Arc::new(move || rendered.render()),
        });
        let tasks = vec![
            tokio::spawn(http::serve(listener, desk, until(stopped.clone()))),
            tokio::spawn(outbox.run(until(stopped.clone()))),
            tokio::spawn(upkeep(Arc::clone(&shared), figures, stopped)),
        ];
        let house = Arc::new(ArcSwap::from_pointee(house));
        let sip = line.answer(Arc::clone(&shared), Arc::clone(&house));
        Ok(Self { shared, house, path, overrides, stop, tasks, sip })
    }

    /// Answers until the process is told to end (TERM, INT); HUP reads flows, prompts and calendars again.
    pub async fn run(self) {
        let signals = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
            signal(SignalKind::hangup()),
        );
        let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = signals else {
            tracing::error!("no signals can be taken: the server would never end");
            return self.shut_down().await;
        };
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => self.reload().await,
            }
        }
        self.shut_down().await;
    }

    /// Reads everything again. Calls in progress keep what they began with; what does not check is not taken.
    async fn reload(&self) {
        let (path, overrides) = (self.path.clone(), self.overrides.clone());
        match tokio::task::spawn_blocking(move || house::load(&path, &overrides)).await {
            Ok(Ok(house)) if !self.has_all_of(&house) => {
                tracing::error!(
                    "not reloaded: queues and connectors are made at the start only, restart for new ones"
                );
            }
            Ok(Ok(house)) => {
                let flows: Vec<String> = house
                    .programs
                    .iter()
                    .map(|(number, it)| format!("{number}={}", it.version))
                    .collect();
                self.house.store(Arc::new(house));
                tracing::info!(flows = flows.join(" "), "reloaded");
            }
            Ok(Err(broken)) => {
                let found = crate::diagnostic::text::render(&broken.found, &broken.sources, false);
                tracing::error!("not reloaded, the old flows go on:\n{found}");
            }
            Err(error) => tracing::error!(%error, "not reloaded, the old flows go on"),
        }
    }

    /// Whether the queues and connectors that `house` names were there when the server began, the connectors as they are.
    fn has_all_of(&self, house: &House) -> bool {
        let (old, new) = (&self.house.load().config, &house.config);
        new.queues.keys().all(|it| old.queues.contains_key(it))
            && new.connectors.iter().all(|(name, it)| old.connectors.get(name) == Some(it))
    }

    /// Takes no new calls, lets the others end for a while, then ends them, and writes everything down.
    async fn shut_down(self) {
        tracing::info!("ending: no new calls");
        self.shared.switchboard.close(FAREWELL).await;
        self.sip.abort();
        // Nobody waits for it any more if this fails.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = tokio::time::timeout(Duration::from_secs(5), task).await;
        }
        self.shared.media.shut_down();
        let recorder = self.shared.recorder.clone();
        // Writes what is left; it cannot fail but by a panic that was printed.
        let _ = tokio::task::spawn_blocking(move || recorder.close()).await;
        if let Err(error) = self.shared.store.close().await {
            tracing::error!(%error, "the store was not closed");
        }
        tracing::info!("ended");
    }
}

/// Every few seconds: what the endpoint and the media threads have counted becomes figures.
async fn upkeep(
    shared: Arc<Shared>,
    figures: PrometheusHandle,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    while !*stopped.borrow() {
        tokio::select! {
            _ = tick.tick() => {}
            // The sender lives as long as the server; without it this ends, too.
            changed = stopped.changed() => if changed.is_err() { return },
        }
        let (counted, load) = shared.switchboard.figures().await;
        let messages = |what: &'static str, count: u64| {
            metrics::counter!("hotline_sip_messages_total", "what" => what).absolute(count);
        };
        messages("requests", counted.requests);
        messages("responses", counted.responses);
        messages("repeated_requests", counted.repeated_requests);
        messages("junk", counted.junk);
        messages("malformed", counted.malformed);
        messages("stray", counted.stray_responses.saturating_add(counted.stray_acks));
        messages("overload", counted.overload);
        messages("unanswered", counted.unanswered);
        metrics::gauge!("hotline_sip_legs").set(gauge(load.legs));
        metrics::gauge!("hotline_sip_transactions")
            .set(gauge(load.server_transactions + load.client_transactions));
        metrics::counter!("hotline_store_lost_total").absolute(shared.store.lost());
        for (thread, health) in shared.media.health().iter().enumerate() {
            let thread = thread.to_string();
            metrics::gauge!("hotline_media_legs", "thread" => thread.clone())
                .set(gauge(health.legs));
            metrics::gauge!("hotline_media_busy_ratio", "thread" => thread.clone())
                .set(f64::from(health.busy_permille) / 1_000.0);
            metrics::gauge!("hotline_media_late_seconds", "thread" => thread)
                .set(f64::from(health.late_us) / 1e6);
        }
        figures.run_upkeep();
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls, far below 2^52")]
const fn gauge(count: usize) -> f64 {
    count as f64
}

fn seed() -> Result<[u8; 32], StartError> {
    let mut seed = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut seed).map_err(|_| StartError::System(io::Error::other("no random bytes")))?;
    Ok(seed)
}

/// The minute this run began and a few random digits: what its calls' names begin with.
fn run_name() -> Result<String, StartError> {
    let [a, b, c, ..] = seed()?;
    Ok(format!(
        "{}-{}",
        jiff::ZonedDateTime::now().strftime("%Y%m%dT%H%M%S"),
        hex::encode([a, b, c])
    ))
}

/// The context's webhook, and whom flows can tell something.
fn receivers(house: &House) -> Vec<ReceiverConfig> {
    let context = house.config.context.webhook.iter().map(|it| ReceiverConfig {
        name: hand_off::WEBHOOK.into(),
        way: WayConfig::Webhook { url: it.url.as_str().into(), secret: it.secret.clone() },
    });
    let told = house.config.notify.iter().filter_map(|(name, it)| {
        let way = match it.channel().ok()? {
            config::Channel::Webhook { url, secret } => WayConfig::Webhook { url, secret },
            config::Channel::Mail(it) => WayConfig::Mail(mail(name, it)),
        };
        Some(ReceiverConfig { name: follow_up::hook(name), way })
    });
    context.chain(told).collect()
}

fn mail(name: &str, it: config::Mail) -> MailConfig {
    MailConfig {
        to: it.to,
        from: it.from,
        subject: it.subject.unwrap_or_else(|| format!("hotline: {name}").into()),
        host: it.host,
        port: it.port,
        encryption: match it.tls {
            config::MailTls::Starttls => Encryption::StartTls,
            config::MailTls::Implicit => Encryption::Implicit,
            config::MailTls::None => Encryption::None,
        },
        login: it.login,
    }
}

fn accounts(house: &House) -> Vec<Account> {
    let account = |(number, it): (&Arc<str>, &crate::config::Agent)| {
        let password = it.password.as_ref()?;
        Some(Account {
            user: number.to_string(),
            password: crate::secret::Secret::new(password.expose().to_string()),
        })
    };
    house.config.agents.iter().filter_map(account).collect()
}

fn queues(house: &House) -> QueuesConfig {
    let config = &house.config;
    let queues = config.queues.iter().map(|(name, it)| QueueConfig {
        offer_for: it.offer_for,
        max_wait: it.max_wait,
        max_length: it.max_length,
        wrap_up: it.wrap_up,
        announcements: Some(Announcements { every: it.announce_every, ..Announcements::default() }),
        ..QueueConfig::named(name)
    });
    let agents = config.agents.iter().map(|(id, it)| AgentConfig {
        id: (&**id).into(),
        queues: it.queues.iter().map(|queue| (&*queue.value).into()).collect(),
        fixed: it.sip.is_some(),
    });
    let missed_limit =
        config.queues.values().map(|it| it.missed_offers).min().and_then(std::num::NonZeroU32::new);
    let rules = AgentRules::default();
    QueuesConfig {
        queues: queues.collect(),
        agents: agents.collect(),
        rules: AgentRules {
            missed_limit: missed_limit.unwrap_or(rules.missed_limit),
            // A phone at a fixed address never registers again: it is tried again by itself.
            missed_rest: Some(Duration::from_secs(300)),
            ..rules
        },
    }
}

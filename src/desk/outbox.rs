//! What we tell others: each body is posted or mailed until it arrived or was tried too often.
//!
//! Bodies wait in the store's outbox, so a restart goes on where it was. A body arrives at least once. No more than
//! [`store::MOST_UNDELIVERED`] wait: a receiver that is away for days costs no more than that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use reqwest::Url;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::mail::{MailConfig, MailError, Mailer};
use super::webhook::{self, Target};
use crate::secret::Secret;
use crate::store::{self, Entry, Store, Undelivered};

/// Somebody whom hotline.yaml has us tell things.
#[derive(Debug, Clone)]
pub struct ReceiverConfig {
    /// What [`Poster::post`] calls them.
    pub name: Arc<str>,
    /// How they are reached.
    pub way: WayConfig,
}

/// How somebody is reached.
#[derive(Debug, Clone)]
pub enum WayConfig {
    /// By a signed POST.
    Webhook {
        /// Where bodies are posted, `https:` or `http:`.
        url: Arc<str>,
        /// Shared with the receiver.
        secret: Secret<Arc<str>>,
    },
    /// By mail.
    Mail(MailConfig),
}

/// How often and how far apart a body is tried.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// After the first failure; doubled after each further one. A random part of up to half is taken off.
    pub first: Duration,
    /// Never longer than this.
    pub longest: Duration,
    /// So often in all.
    pub attempts: u32,
    /// How long one attempt may take.
    pub within: Duration,
}

impl Default for Retry {
    /// 1 s, 2 s, … up to 10 minutes; 20 times, which is about two hours.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(600),
            attempts: 20,
            within: Duration::from_secs(10),
        }
    }
}

/// Why nobody can be told anything.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The URL is none that can be posted to.
    #[error("the webhook `{0}` has no http or https URL")]
    Url(Arc<str>),
    /// The HTTP client cannot be made.
    #[error("there is no HTTP client")]
    Client(#[from] reqwest::Error),
    /// The settings of a mailbox are none that mail can be handed in with.
    #[error("no mail can go to `{0}`")]
    Mail(Arc<str>, #[source] MailError),
}

/// Delivers what is in the outbox.
#[derive(Debug)]
pub struct Outbox {
    store: Store,
    receivers: BTreeMap<Arc<str>, Way>,
    retry: Retry,
    client: reqwest::Client,
    random: ChaCha12Rng,
    posted: Arc<Notify>,
}

/// Puts bodies into the outbox; for the tasks of calls.
#[derive(Clone, Debug)]
pub struct Poster {
    store: Store,
    posted: Arc<Notify>,
}

#[derive(Debug, Clone)]
enum Way {
    Webhook(Target),
    Mail(Arc<Mailer>),
}

/// How many bodies are on their way at once.
const AT_ONCE: u32 = 16;
/// When the outbox is looked at though nobody said anything.
const LOOK_EVERY: Duration = Duration::from_secs(30);

impl Poster {
    /// Keeps `body` for the receiver called `hook` and has it delivered soon. Costs what [`Store::append`] costs.
    pub async fn post(&self, hook: &str, body: &Value) {
        let body = body.to_string();
        self.store.append(Entry::Told { hook: hook.into(), body, at: Timestamp::now() }).await;
        self.posted.notify_one();
    }
}

impl Outbox {
    /// What is to be delivered out of `store`; `seed` is for the random part of the pauses.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn new(
        store: Store,
        receivers: Vec<ReceiverConfig>,
        retry: Retry,
        seed: [u8; 32],
    ) -> Result<Self, OutboxError> {
        super::install_tls_provider();
        let client = reqwest::Client::builder()
            .timeout(retry.within)
            // Whoever answers with another address did not get the body: a signed record is not sent on unasked.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("hotline/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let receivers = receivers.into_iter().map(|ReceiverConfig { name, way }| {
            let way = match way {
                WayConfig::Webhook { url, secret } => {
                    let url = Url::parse(&url).ok();
                    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
                    let url = url.ok_or_else(|| OutboxError::Url(Arc::clone(&name)))?;
                    Way::Webhook(Target { url, secret })
                }
                WayConfig::Mail(config) => {
                    let mailer = Mailer::new(&config, retry.within);
                    Way::Mail(Arc::new(
                        mailer.map_err(|error| OutboxError::Mail(Arc::clone(&name), error))?,
                    ))
                }
            };
            Ok((name, way))
        });
        let receivers = receivers.collect::<Result<_, OutboxError>>()?;
        let random = ChaCha12Rng::from_seed(seed);
        Ok(Self { store, receivers, retry, client, random, posted: Arc::default() })
    }

    /// Puts bodies into the same outbox and wakes this.
    #[must_use]
    pub fn poster(&self) -> Poster {
        Poster { store: self.store.clone(), posted: Arc::clone(&self.posted) }
    }

    /// Delivers until `stop` is ready. What is on its way then is posted again after the next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let pause = tokio::select! {
                () = &mut stop => return,
                pause = self.deliver_due() => pause,
            };
            let posted = Arc::clone(&self.posted);
            tokio::select! {
                () = &mut stop => return,
                () = posted.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Delivers what is due; tells how long nothing more is.
    async fn deliver_due(&mut self) -> Duration {
        match self.try_deliver_due().await {
            Ok(next) => pause_until(next, Timestamp::now()),
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read or written");
                LOOK_EVERY
            }
        }
    }

    async fn try_deliver_due(&mut self) -> Result<Option<Timestamp>, store::Error> {
        self.store.flush().await?; // what was posted a moment ago
        loop {
            let due = self.store.due_deliveries(Timestamp::now(), AT_ONCE).await?;
            if due.is_empty() {
                return self.store.next_delivery_at().await;
            }
            // Each of these is delivered, given up, or due later afterwards: the loop comes to an end.
            let mut deliveries = JoinSet::new();
            for it in due {
                let way = self.receivers.get(&it.hook).cloned();
                let client = self.client.clone();
                deliveries.spawn(async move {
                    let arrived = match &way {
                        Some(Way::Webhook(target)) => webhook::deliver(&client, target, &it).await,
                        Some(Way::Mail(mailer)) => mailer.deliver(&it).await,
                        None => Err(Miss::Nobody),
                    };
                    (it, arrived)
                });
            }
            while let Some(delivery) = deliveries.join_next().await {
                if let Ok((it, arrived)) = delivery {
                    self.note(&it, arrived).await?;
                }
            }
        }
    }

    async fn note(
        &mut self,
        it: &Undelivered,
        arrived: Result<(), Miss>,
    ) -> Result<(), store::Error> {
        let (hook, attempt) = (&*it.hook, it.attempts + 1);
        match arrived {
            Ok(()) => {
                metrics::counter!("hotline_told_delivered_total").increment(1);
                self.store.delivered(it.id, Timestamp::now()).await
            }
            Err(reason) if attempt < self.retry.attempts && !reason.is_final() => {
                let pause = self.pause_after(attempt);
                tracing::warn!(hook, attempt, %reason, ?pause, "what is told there did not arrive");
                let next = Timestamp::now()
                    + SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
                self.store.delivery_failed(it.id, Some(next)).await
            }
            Err(reason) => {
                metrics::counter!("hotline_told_lost_total").increment(1);
                tracing::error!(hook, attempt, %reason, "what is told there was given up");
                self.store.delivery_failed(it.id, None).await
            }
        }
    }

    /// The random part keeps receivers from meeting all of us at once when they come back.
    fn pause_after(&mut self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let whole = self.retry.first.saturating_mul(doubled).min(self.retry.longest);
        whole.mul_f64(1.0 - f64::from(self.random.next_u32()) / f64::from(u32::MAX) / 2.0)
    }
}

/// None if the next body came due while the last were posted.
fn pause_until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    let pause =
        next.map(|next| Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO));
    pause.map_or(LOOK_EVERY, |pause| pause.min(LOOK_EVERY))
}

/// Why a body did not arrive.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Miss {
    #[error("the answer was {0}")]
    Status(reqwest::StatusCode),
    #[error("there was no answer in time")]
    Late,
    #[error("there was no connection")]
    Connection,
    #[error("there was no TLS that could be trusted")]
    Certificate,
    #[error("the mail server has no STARTTLS, or no login")]
    Unable,
    #[error("the mail server asks to come again (SMTP {0})")]
    Deferred(u16),
    #[error("the mail server does not take it (SMTP {0})")]
    Refused(u16),
    #[error("no mail can be made of it")]
    Unspeakable,
    #[error("hotline.yaml has none of this name")]
    Nobody,
}

impl Miss {
    /// Whether it would be the same the next time. A webhook's receiver may be mended within the hour, whatever it says.
    const fn is_final(self) -> bool {
        match self {
            Self::Refused(_) | Self::Unspeakable | Self::Nobody => true,
            Self::Status(_) | Self::Late | Self::Connection => false,
            Self::Certificate | Self::Unable | Self::Deferred(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::IntoResponse;
    use axum::routing::post;
    use serde_json::json;
    use tokio::net::TcpListener;
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    const SECRET: &str = "whsec";

    /// What the receiver got.
    type Got = (HeaderMap, String);

    /// Answers with each of `statuses` in turn, then with the last.
    async fn receiver(statuses: &'static [u16]) -> (SocketAddr, mpsc::Receiver<Got>) {
        let (got, inbox) = mpsc::channel(64);
        let turn = Arc::new(AtomicUsize::new(0));
        let answer = move |headers: HeaderMap, body: String| async move {
            got.send((headers, body)).await.unwrap();
            let turn = turn.fetch_add(1, Ordering::Relaxed).min(statuses.len() - 1);
            let status = StatusCode::from_u16(statuses[turn]).unwrap();
            (status, [("location", "/elsewhere")]).into_response()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(
            axum::serve(listener, Router::new().route("/hook", post(answer))).into_future(),
        );
        (at, inbox)
    }

    fn quick(attempts: u32) -> Retry {
        let ms = Duration::from_millis;
        Retry { first: ms(10), longest: ms(40), attempts, within: Duration::from_secs(5) }
    }

    fn outbox(store: &Store, at: SocketAddr, retry: Retry) -> Outbox {
        let hook = crm(&format!("http://{at}/hook"));
        Outbox::new(store.clone(), vec![hook], retry, [7; 32]).unwrap()
    }

    fn crm(url: &str) -> ReceiverConfig {
        let way = WayConfig::Webhook { url: url.into(), secret: Secret::new(SECRET.into()) };
        ReceiverConfig { name: "crm".into(), way }
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        (directory, store)
    }

    /// Runs until told to stop; then waits for the end.
    fn start(outbox: Outbox) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel();
        (stop, tokio::spawn(outbox.run(async move { stopped.await.unwrap_or_default() })))
    }

    async fn until_nothing_is_due(store: &Store) {
        while store.next_delivery_at().await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_body_is_posted_signed_and_once() {
        let (_directory, store) = store().await;
        let (at, mut inbox) = receiver(&[204]).await;
        let outbox = outbox(&store, at, quick(5));
        let poster = outbox.poster();
        let (stop, ended) = start(outbox);
        poster.post("crm", &json!({ "version": 1 })).await;
        let (headers, body) = inbox.recv().await.unwrap();
        assert_eq!(body, r#"{"version":1}"#);
        assert_eq!(headers["content-type"], "application/json");
        let given = headers["hotline-signature"].to_str().unwrap();
        let unix = given.strip_prefix("t=").unwrap().split_once(',').unwrap().0.parse().unwrap();
        assert!((0..5).contains(&(Timestamp::now().as_second() - unix)));
        assert_eq!(given, webhook::signature(&Secret::new(SECRET.into()), unix, &body));
        until_nothing_is_due(&store).await;
        stop.send(()).unwrap();
        ended.await.unwrap();
        assert!(inbox.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_body_is_tried_again_until_it_arrives_always_as_the_same_delivery() {
        let (_directory, store) = store().await;
        let (at, mut inbox) = receiver(&[500, 302, 404, 200]).await;
        let outbox = outbox(&store, at, quick(9));
        outbox.poster().post("crm", &json!({ "version": 1 })).await;
        let (stop, ended) = start(outbox);
        let mut deliveries = Vec::new();
        for _ in 0..4 {
            let (headers, body) = inbox.recv().await.unwrap();
            deliveries.push((headers["hotline-delivery"].clone(), body));
        }
        assert!(deliveries.iter().all(|it| *it == deliveries[0]), "{deliveries:?}");
        until_nothing_is_due(&store).await;
        stop.send(()).unwrap();
        ended.await.unwrap();
        assert!(inbox.try_recv().is_err());
    }

    #[tokio::test]
    async fn after_the_last_attempt_a_body_is_given_up_and_so_is_one_for_an_unknown_hook() {
        let (_directory, store) = store().await;
        let (at, mut inbox) = receiver(&[500]).await;
        let outbox = outbox(&store, at, quick(3));
        let poster = outbox.poster();
        poster.post("crm", &json!(1)).await;
        poster.post("removed", &json!(2)).await;
        let (stop, ended) = start(outbox);
        for _ in 0..3 {
            assert_eq!(inbox.recv().await.unwrap().1, "1");
        }
        until_nothing_is_due(&store).await;
        stop.send(()).unwrap();
        ended.await.unwrap();
        assert!(inbox.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_restart_goes_on_where_it_was() {
        let (directory, first) = store().await;
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut before = outbox(&first, unused, quick(9));
        before.poster().post("crm", &json!({ "version": 1 })).await;
        before.deliver_due().await; // nobody listens
        first.close().await.unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let (at, mut inbox) = receiver(&[200]).await;
        let (stop, ended) = start(outbox(&store, at, quick(9)));
        assert_eq!(inbox.recv().await.unwrap().1, r#"{"version":1}"#);
        until_nothing_is_due(&store).await;
        stop.send(()).unwrap();
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn pauses_double_up_to_the_longest_with_up_to_half_taken_off() {
        let (_directory, store) = store().await;
        let mut outbox = outbox(&store, ([127, 0, 0, 1], 9).into(), Retry::default());
        for (attempt, longest) in
            [(1, 1.0), (2, 2.0), (5, 16.0), (10, 512.0), (11, 600.0), (40, 600.0)]
        {
            let pause = outbox.pause_after(attempt).as_secs_f64();
            assert!((longest / 2.0..=longest).contains(&pause), "{attempt}: {pause}");
        }
    }

    #[test]
    fn what_is_overdue_is_not_waited_for() {
        let at = |ms: i64| Timestamp::from_millisecond(1_764_000_000_000 + ms).unwrap();
        #[rustfmt::skip]
        let table = [
            (None,             30_000),
            (Some(at(20)),         20),
            (Some(at(0)),           0),
            (Some(at(-20)),         0),
            (Some(at(90_000)), 30_000),
        ];
        for (next, ms) in table {
            assert_eq!(pause_until(next, at(0)), Duration::from_millis(ms), "{next:?}");
        }
    }

    #[tokio::test]
    async fn a_url_that_cannot_be_posted_to_is_an_error() {
        let (_directory, store) = store().await;
        for url in ["", "crm.example.com", "ftp://crm.example.com"] {
            let made = Outbox::new(store.clone(), vec![crm(url)], Retry::default(), [0; 32]);
            assert!(matches!(made, Err(OutboxError::Url(_))), "{url}");
        }
    }
}

//! The connector to a system over HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderName,
    InvalidHeaderValue,
};
use reqwest::{Client, Response, Url};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::breaker::{Breaker, Command, Era, Event};
use super::request::{self, Method, Request, Verdict};
use super::{Failure, Outcome};
use crate::secret::Secret;
use crate::time::Mono;
use crate::value::Value;

/// How long a connection with its TLS may take: one lost packet, no more. What was not connected was not sent.
const CONNECT: Duration = Duration::from_millis(1_500);
/// How long a connection that nobody uses is kept; shorter than most systems keep theirs.
const IDLE: Duration = Duration::from_secs(15);
/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 256 * 1_024;
const WAITING_PER_CONNECTION: u32 = 16;
/// How long `check --online` waits for a health address.
const HEALTH: Duration = Duration::from_secs(5);

/// One system that may be asked over HTTP.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// What flows call it.
    pub name: Arc<str>,
    /// `https:` or `http:`, without query and without `/` at its end: what a path goes below.
    pub address: Arc<str>,
    /// Sent with each question.
    pub headers: Vec<(Arc<str>, Secret<Arc<str>>)>,
    /// How it knows us.
    pub login: Option<Login>,
    /// How many questions run at once, 1..=64; sixteen times as many may wait for their turn.
    pub connections: u32,
    /// What `check --online` asks for, beginning with `/`.
    pub health: Option<Arc<str>>,
}

/// How a system knows us.
#[derive(Debug, Clone)]
pub enum Login {
    /// RFC 6750.
    Bearer(Secret<Arc<str>>),
    /// RFC 7617: name and password.
    Basic(Arc<str>, Secret<Arc<str>>),
}

/// Why a system cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// There is no HTTP client.
    #[error("there is no HTTP client")]
    Client(#[from] reqwest::Error),
    /// A header's name is none.
    #[error("a header has a name that cannot be one")]
    Name(#[from] InvalidHeaderName),
    /// A header's value, a token or a password has signs that no header may have.
    #[error("a header has a value that cannot be one")]
    Value(#[from] InvalidHeaderValue),
}

/// What a health address answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Which address was asked.
    pub address: Arc<str>,
    /// The status and how long it took; or why there is none.
    pub answer: Result<(u16, Duration), Failure>,
}

impl Health {
    /// Whether the system says that it is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self.answer, Ok((200..=299, _)))
    }
}

#[derive(Debug)]
pub(super) struct Http {
    name: Arc<str>,
    address: Arc<str>,
    health: Option<Arc<str>>,
    headers: HeaderMap,
    /// Keeps connections open.
    readers: Client,
    /// A new connection each time: on one that the system closes at the same moment nobody knows what was taken.
    changers: Client,
    /// Those who ask.
    places: Semaphore,
    /// Those who ask and those who wait.
    turns: Semaphore,
    /// Held for one event and its commands, never across a wait.
    breaker: Mutex<Breaker>,
    began: Instant,
}

/// Why one try gave no answer.
enum Miss {
    /// Nothing was sent.
    Unsent,
    /// It was sent, and the connection was lost.
    Lost,
}

impl Http {
    pub(super) fn open(config: HttpConfig) -> Result<Self, HttpError> {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connections = config.connections.clamp(1, 64);
        let client = |idle| {
            Client::builder()
                .connect_timeout(CONNECT)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(idle)
                // Whoever answers with another address is not the one whom the operator named.
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                // What hotline.yaml says is where secrets go, whatever the environment says.
                .no_proxy()
                .user_agent(concat!("hotline/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        let http = Self {
            headers: headers(&config)?,
            readers: client(connections as usize)?,
            changers: client(0)?,
            places: Semaphore::new(connections as usize),
            turns: Semaphore::new(connections.saturating_mul(1 + WAITING_PER_CONNECTION) as usize),
            breaker: Mutex::new(Breaker::new()),
            began: Instant::now(),
            name: config.name,
            address: config.address,
            health: config.health,
        };
        http.show(0);
        Ok(http)
    }

    pub(super) async fn run(
        &self,
        request: &Request,
        params: &[(Arc<str>, Value)],
        deadline: Instant,
    ) -> Outcome {
        let Ok(_turn) = self.turns.try_acquire() else { return Outcome::Failed(Failure::Busy) };
        if self.lock().refuses(self.now()) {
            return Outcome::Failed(Failure::LeftAlone);
        }
        let ready = match Ready::new(self, request, params) {
            Ok(ready) => ready,
            Err(failure) => return Outcome::Failed(failure),
        };
        let Ok(Ok(_place)) = timeout_at(deadline, self.places.acquire()).await else {
            // Of a change it is certain that nothing was sent.
            return if request.changes {
                Outcome::Failed(Failure::Busy)
            } else {
                Outcome::TimedOut
            };
        };
        // Those who waited hear at once that it opened meanwhile.
        let Some(mut watch) = self.ask() else { return Outcome::Failed(Failure::LeftAlone) };
        match timeout_at(deadline, self.exchange(&ready)).await {
            Ok((outcome, well)) => {
                watch.tell(if well { Event::Answered } else { Event::Failed });
                outcome
            }
            Err(_) => {
                watch.tell(Event::Failed);
                if request.changes { Outcome::Unknown(Failure::Late) } else { Outcome::TimedOut }
            }
        }
    }

    /// Asks once, or what changes nothing once more on a lost connection; and whether the system is well.
    async fn exchange(&self, ready: &Ready<'_>) -> (Outcome, bool) {
        let mut response = self.send(ready).await;
        // RFC 9110 9.2.2: what only reads may be repeated when the connection was lost before an answer.
        if response.is_err() && !ready.request.changes {
            response = self.send(ready).await;
        }
        let response = match response {
            Ok(response) => response,
            Err(Miss::Unsent) => return (Outcome::Failed(Failure::Unreachable), false),
            Err(Miss::Lost) => return (ready.request.doubtful(Failure::Lost), false),
        };
        let status = response.status().as_u16();
        let well = !request::is_out_of_order(status);
        match ready.request.verdict(status) {
            Verdict::Is(outcome) => (outcome, well),
            Verdict::Read => match body(response).await {
                Ok(body) => (ready.request.read(&body), true),
                Err(failure) => (ready.request.doubtful(failure), failure != Failure::Lost),
            },
        }
    }

    async fn send(&self, ready: &Ready<'_>) -> Result<Response, Miss> {
        let client = if ready.request.changes { &self.changers } else { &self.readers };
        let method = match ready.request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = client.request(method, ready.url.clone()).headers(ready.headers.clone());
        if let Some(body) = &ready.body {
            request = request.body(body.clone());
        }
        // The error itself names the URL, in which callers' values stand.
        let miss = |error: reqwest::Error| {
            if error.is_connect() || error.is_builder() { Miss::Unsent } else { Miss::Lost }
        };
        request.send().await.map_err(miss)
    }

    /// Asks the health address, if there is one.
    pub(super) async fn health(&self) -> Option<Health> {
        let address: Arc<str> = format!("{}{}", self.address, self.health.as_ref()?).into();
        let Ok(url) = Url::parse(&address) else {
            return Some(Health { address, answer: Err(Failure::Unreachable) });
        };
        let began = Instant::now();
        let asked = self.readers.get(url).headers(self.headers.clone()).send();
        let answer = match timeout_at(began + HEALTH, asked).await {
            Ok(Ok(response)) => Ok((response.status().as_u16(), began.elapsed())),
            Ok(Err(error)) if error.is_connect() => Err(Failure::Unreachable),
            Ok(Err(_)) => Err(Failure::Lost),
            Err(_) => Err(Failure::Late),
        };
        Some(Health { address, answer })
    }

    fn ask(&self) -> Option<Watch<'_>> {
        let out = self.tell(Event::Ask);
        let went = |it: &Command| if let Command::Go(era) = it { Some(*era) } else { None };
        Some(Watch { of: self, era: Some(out.iter().find_map(went)?) })
    }

    /// Tells the breaker, and everybody what it does.
    fn tell(&self, event: Event) -> Vec<Command> {
        let mut out = Vec::new();
        let mut breaker = self.lock();
        let before = breaker.figure();
        breaker.handle(self.now(), event, &mut out);
        let after = breaker.figure();
        if before != after {
            self.show(after);
        }
        drop(breaker);
        let connector = &*self.name;
        for command in &out {
            match command {
                Command::Go(_) | Command::Refuse => {}
                Command::Opened(pause) => {
                    metrics::counter!("hotline_connector_opened_total", "connector" => connector.to_owned())
                        .increment(1);
                    tracing::warn!(connector, ?pause, "a system does not answer and is left alone");
                }
                Command::Closed => tracing::info!(connector, "a system answers again"),
            }
        }
        out
    }

    fn show(&self, figure: u8) {
        metrics::gauge!("hotline_connector_breaker", "connector" => self.name.to_string())
            .set(figure);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Mono {
        Mono::ZERO + self.began.elapsed()
    }
}

/// A question under way, of which the breaker hears in any case: also when the caller hangs up and this is dropped.
struct Watch<'a> {
    of: &'a Http,
    era: Option<Era>,
}

impl Watch<'_> {
    fn tell(&mut self, what: fn(Era) -> Event) {
        if let Some(era) = self.era.take() {
            self.of.tell(what(era));
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.tell(Event::Dropped);
    }
}

/// A question with its values in place.
struct Ready<'a> {
    request: &'a Request,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl<'a> Ready<'a> {
    fn new(
        http: &Http,
        request: &'a Request,
        params: &[(Arc<str>, Value)],
    ) -> Result<Self, Failure> {
        let url = format!("{}{}", http.address, request.target(params)?);
        let url = Url::parse(&url).map_err(|_| Failure::Value)?;
        let mut headers = http.headers.clone();
        let body = request.body(params)?;
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(once) = request.once(params)? {
            let once = HeaderValue::from_str(once).map_err(|_| Failure::Value)?;
            headers.insert(HeaderName::from_static("idempotency-key"), once);
        }
        Ok(Self { request, url, headers, body })
    }
}

/// The bytes of an answer in JSON, as far as they are few.
async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if !kind.is_some_and(request::is_json) {
        return Err(Failure::NotJson);
    }
    if response.content_length().is_some_and(|it| it > MAX_ANSWER as u64) {
        return Err(Failure::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::Lost)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What goes with each question; marked, so that no library prints it. The one place where a system's own secrets are
/// exposed to it.
fn headers(config: &HttpConfig) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut add = |name: HeaderName, value: &str| -> Result<(), HttpError> {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    };
    for (name, value) in &config.headers {
        add(HeaderName::from_bytes(name.as_bytes())?, value.expose())?;
    }
    match &config.login {
        Some(Login::Bearer(token)) => add(AUTHORIZATION, &format!("Bearer {}", token.expose()))?,
        Some(Login::Basic(user, password)) => {
            use base64::Engine as _;
            let pair = format!("{user}:{}", password.expose());
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            add(AUTHORIZATION, &format!("Basic {pair}"))?;
        }
        None => {}
    }
    Ok(headers)
}

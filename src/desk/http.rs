//! What is asked of us by HTTP.
//!
//! | route | answers |
//! | --- | --- |
//! | `GET /api/contexts/{token}` | the context; 401 not our token, 403 no longer the audience, 404 unknown, 410 expired |
//! | `GET /api/recordings/{id}` | what a caller said, as FLAC, to whom the call's context is told |
//! | `GET /healthz` | 200 while the store answers, else 503 |
//! | `GET /metrics` | figures in Prometheus' text form |
//!
//! Errors are `application/problem+json` (RFC 9457). Nothing may be cached or sniffed, and no page learns our URLs.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::json;

use super::token::{ContextTokens, TokenError};
use crate::store::{self, Entry, Store, StoredContext};

/// What the routes stand on.
#[derive(Clone)]
pub struct Desk {
    /// Contexts are read from it, readings written to it.
    pub store: Store,
    /// Whose tokens are good.
    pub tokens: ContextTokens,
    /// The folder of what callers said.
    pub recordings: Arc<std::path::Path>,
    /// Renders the figures.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// How long the store may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// All routes.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/api/contexts/{token}", get(context))
        .route("/api/recordings/{id}", get(super::recordings::recording))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .fallback(async || Problem::Unknown)
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(from_fn(guard))
        .with_state(desk)
}

async fn context(
    State(desk): State<Desk>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // What is no UTF-8 is no token of ours.
    let Path(token) = token.map_err(|_| Problem::Foreign)?;
    let context = desk.admit(&token).await?;
    desk.audit(context.audience, "context.read", context.call).await;
    Ok(axum::Json(context.record).into_response())
}

async fn health(State(desk): State<Desk>) -> Result<Response, Problem> {
    match tokio::time::timeout(PATIENCE, desk.store.ping()).await {
        Ok(Ok(())) => Ok(axum::Json(json!({ "status": "ok" })).into_response()),
        Ok(Err(_)) | Err(_) => Err(Problem::Store),
    }
}

async fn metrics(State(desk): State<Desk>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], (desk.metrics)()).into_response()
}

impl Desk {
    /// The context that a token stands for, if it is still for its holder.
    pub(super) async fn admit(&self, token: &str) -> Result<StoredContext, Problem> {
        let claims = match self.tokens.verify(token, Timestamp::now()) {
            Ok(claims) => claims,
            Err(TokenError::Foreign) => return Err(Problem::Foreign),
            Err(TokenError::Expired(claims)) => {
                self.audit(claims.audience, "context.expired", claims.id).await;
                return Err(Problem::Expired);
            }
        };
        let found = self.find(&claims.id).await.map_err(|error| {
            tracing::error!(%error, "a context could not be read");
            Problem::Store
        })?;
        let context = found.ok_or(Problem::Unknown)?;
        if context.audience != claims.audience {
            self.audit(claims.audience, "context.refused", context.call).await;
            return Err(Problem::Audience);
        }
        Ok(context)
    }

    /// The context, also when it was written so shortly ago that the writer still gathers: a phone asks as it rings.
    async fn find(&self, id: &str) -> Result<Option<StoredContext>, store::Error> {
        match self.store.context(id).await? {
            Some(context) => Ok(Some(context)),
            None => {
                self.store.flush().await?;
                self.store.context(id).await
            }
        }
    }

    pub(super) async fn audit(&self, who: Arc<str>, what: &str, subject: Arc<str>) {
        let at = Timestamp::now();
        self.store.append(Entry::Audit { at, who, what: what.into(), subject }).await;
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Problem {
    Foreign,
    Audience,
    Unknown,
    Method,
    Expired,
    Store,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Foreign => (StatusCode::UNAUTHORIZED, "the token is not one of ours"),
            Self::Audience => {
                (StatusCode::FORBIDDEN, "the context is no longer meant for this token's audience")
            }
            Self::Unknown => (StatusCode::NOT_FOUND, "there is nothing here"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "this can only be read"),
            Self::Expired => (StatusCode::GONE, "the token has expired"),
            Self::Store => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
        };
        let body = json!({
            "type": "about:blank", // RFC 9457 4.2.1: the status says it all
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": detail,
        });
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 11.6.1 wants one; RFC 6750 3.1 has the word for it.
            let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What every answer carries. The tokens stand in URLs: they must not travel on as a `Referer`.
async fn guard(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use serde_json::Value;
    use tokio::net::TcpListener;

    use super::*;
    use crate::desk::Claims;
    use crate::secret::Secret;
    use crate::store::NewContext;

    struct Served {
        at: SocketAddr,
        desk: Desk,
        client: reqwest::Client,
        _directory: tempfile::TempDir,
    }

    async fn serve() -> Served {
        super::super::install_tls_provider();
        let directory = tempfile::tempdir().unwrap();
        let desk = Desk {
            store: Store::open(directory.path()).await.unwrap(),
            tokens: ContextTokens::new(Secret::new(b"a key".as_slice().into())),
            recordings: directory.path().join("recordings").into(),
            metrics: Arc::new(|| "hotline_calls 2\n".into()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, router(desk.clone())).into_future());
        Served { at, desk, client: reqwest::Client::new(), _directory: directory }
    }

    impl Served {
        async fn get(&self, path: &str) -> reqwest::Response {
            self.client.get(format!("http://{}{path}", self.at)).send().await.unwrap()
        }

        fn token(&self, id: &str, audience: &str, seconds: i64) -> String {
            let expires = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            self.desk.tokens.sign(&Claims::new(id, audience, expires))
        }

        async fn keep(&self, id: &str, audience: &str) {
            let now = Timestamp::now();
            let context = NewContext {
                token_id: id.into(),
                call: "c1".into(),
                audience: audience.into(),
                created_at: now,
                expires_at: now,
                record: json!({ "version": 1, "call": "c1" }),
            };
            self.desk.store.append(Entry::Context(context)).await;
        }
    }

    #[tokio::test]
    async fn a_context_is_fetched_by_its_token_at_once_and_the_reading_is_kept() {
        let served = serve().await;
        served.keep("t1", "8001").await;
        let response =
            served.get(&format!("/api/contexts/{}", served.token("t1", "8001", 60))).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "version": 1, "call": "c1" }));
        served.desk.store.flush().await.unwrap();
        let audit = served.desk.store.audit("c1", 9).await.unwrap();
        assert_eq!((audit.len(), &*audit[0].who, &*audit[0].what), (1, "8001", "context.read"));
    }

    #[tokio::test]
    async fn each_refusal_has_its_status_and_is_a_problem_document() {
        let served = serve().await;
        served.keep("t1", "8001").await;
        #[rustfmt::skip]
        let table = [
            (served.token("t1", "8001", -1),  410, "the token has expired"),
            (served.token("t1", "8002", 60),  403, "the context is no longer meant for this token's audience"),
            (served.token("t2", "8001", 60),  404, "there is nothing here"),
            ("nonsense".into(),               401, "the token is not one of ours"),
            ("a.b".into(),                    401, "the token is not one of ours"),
            ("%00%ff".into(),                 401, "the token is not one of ours"),
        ];
        for (token, status, detail) in table {
            let response = served.get(&format!("/api/contexts/{token}")).await;
            assert_eq!(response.status(), status, "{token}");
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let body: Value = response.json().await.unwrap();
            assert_eq!((&body["status"], &body["detail"]), (&json!(status), &json!(detail)));
        }
        let challenge = served.get("/api/contexts/x").await.headers()["www-authenticate"].clone();
        assert_eq!(challenge, r#"Bearer error="invalid_token""#);
        served.desk.store.flush().await.unwrap();
        let audit = served.desk.store.audit("c1", 9).await.unwrap();
        assert_eq!((&*audit[0].who, &*audit[0].what), ("8002", "context.refused"));
    }

    #[tokio::test]
    async fn a_recording_is_heard_by_whom_its_calls_context_is_told_and_by_nobody_else() {
        let served = serve().await;
        served.keep("t1", "8001").await;
        let folder = Arc::clone(&served.desk.recordings);
        std::fs::create_dir(&folder).unwrap();
        for name in ["c1-4.flac", "c2-4.flac", "c1-5.part"] {
            std::fs::write(folder.join(name), b"fLaC").unwrap();
        }
        let good = served.token("t1", "8001", 60);
        #[rustfmt::skip]
        let table = [
            ("c1-4",               good.clone(),                        200),
            ("c1-6",               good.clone(),                        404),
            ("c1-5",               good.clone(),                        404), // not whole
            ("c2-4",               good.clone(),                        404), // another call's
            ("..%2Frecordings%2Fc1-4", good.clone(),                    404),
            ("c1-4",               served.token("t1", "8001", -1),      410),
            ("c1-4",               served.token("t1", "8002", 60),      403),
            ("c1-4",               "nonsense".into(),                   401),
        ];
        for (id, token, status) in table {
            let response = served.get(&format!("/api/recordings/{id}?token={token}")).await;
            assert_eq!(response.status(), status, "{id} {token}");
        }
        let at = format!("http://{}/api/recordings/c1-4", served.at);
        let response = served.client.get(&at).bearer_auth(&good).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "audio/flac");
        assert_eq!(&*response.bytes().await.unwrap(), b"fLaC");
        assert_eq!(served.client.get(&at).send().await.unwrap().status(), 401);
        served.desk.store.flush().await.unwrap();
        let audit = served.desk.store.audit("c1-4", 9).await.unwrap();
        assert_eq!((audit.len(), &*audit[0].who, &*audit[0].what), (2, "8001", "recording.read"));
    }

    #[tokio::test]
    async fn health_and_figures_are_told_and_nothing_else() {
        let served = serve().await;
        assert_eq!(served.get("/healthz").await.text().await.unwrap(), r#"{"status":"ok"}"#);
        assert_eq!(served.get("/metrics").await.text().await.unwrap(), "hotline_calls 2\n");
        assert_eq!(served.get("/etc/passwd").await.status(), 404);
        let posted =
            served.client.post(format!("http://{}/healthz", served.at)).send().await.unwrap();
        assert_eq!(posted.status(), 405);
        served.desk.store.close().await.unwrap();
        assert_eq!(served.get("/healthz").await.status(), 503);
    }
}

//! What callers said, for those whom a call's context is told: its token opens the recordings of the same call.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::http::{Desk, Problem};
use crate::value::{Type, Value};

/// For those who cannot send a header: a player in a page.
#[derive(Deserialize)]
pub(super) struct Asked {
    token: Option<String>,
}

/// One recording, by the id that stands in the context. What is no id of this call is not there.
pub(super) async fn recording(
    State(desk): State<Desk>,
    id: Result<Path<String>, PathRejection>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = bearer(&headers).or(asked.token.as_deref()).ok_or(Problem::Foreign)?;
    let context = desk.admit(token).await?;
    let Ok(Path(id)) = id else { return Err(Problem::Unknown) };
    // Only what is an id becomes a part of a path.
    let Ok(Value::Recording(id)) = Type::Recording.read(&id) else { return Err(Problem::Unknown) };
    let is_of_call = id.rsplit_once('-').is_some_and(|(call, _)| call == &*context.call);
    if !is_of_call {
        return Err(Problem::Unknown);
    }
    let path = desk.recordings.join(format!("{id}.flac"));
    let Ok(sound) = tokio::fs::read(path).await else { return Err(Problem::Unknown) };
    desk.audit(context.audience, "recording.read", id).await;
    Ok(([(header::CONTENT_TYPE, "audio/flac")], sound).into_response())
}

/// RFC 6750 2.1.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

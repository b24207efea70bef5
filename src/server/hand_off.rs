//! What goes along when a caller is handed to a person: the context in headers, behind a token, to a webhook.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Shared;
use super::house::House;
use crate::call::Context;
use crate::desk::Claims;
use crate::sip::endpoint::ExtraHeader;
use crate::store::{Entry, NewContext};

/// A context made ready for one person.
pub(super) struct HandOff {
    /// For the INVITE: `User-to-User` (RFC 7433) and `Call-Info` (RFC 3261 20.9).
    pub(super) headers: Vec<ExtraHeader>,
    /// For the store: the record behind the token.
    pub(super) entry: Entry,
    /// For the webhook, where there is one.
    pub(super) post: Option<Value>,
}

/// Makes `context` ready for `audience`, who alone can fetch it.
pub(super) fn prepare(
    shared: &Shared,
    house: &House,
    context: &Context,
    audience: &Arc<str>,
) -> HandOff {
    let now = jiff::Timestamp::now();
    let settings = &house.config.context;
    let expires = now
        .saturating_add(jiff::SignedDuration::try_from(settings.expires).unwrap_or_default())
        .unwrap_or(now);
    let claims = Claims::new(&shared.new_token_id(), audience, expires);
    let token = shared.tokens.sign(&claims);
    let url = format!("{}/api/contexts/{token}", shared.public_url);
    let record = serde_json::to_value(context).unwrap_or_default();
    let uui = context.to_uui(&token, settings.uui_limit);
    let post = settings.webhook.as_ref().map(|_| {
        json!({
            "event": "context.handed_on",
            "at": now,
            "audience": audience,
            "url": url,
            "context": record,
        })
    });
    let entry = Entry::Context(NewContext {
        token_id: claims.id,
        call: Arc::clone(&context.call),
        audience: Arc::clone(audience),
        created_at: now,
        expires_at: expires,
        record,
    });
    let headers = vec![
        ("User-to-User".to_owned(), format!("{uui};encoding=hex")),
        ("Call-Info".to_owned(), format!("<{url}>;purpose=info")),
    ];
    HandOff { headers, entry, post }
}

/// The name of the one webhook that `hotline.yaml` has.
pub(super) const WEBHOOK: &str = "context";

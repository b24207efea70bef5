//! What calls leave for after them, between the interpreter and the store; and what calls before left.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::{CallBack, Event, History, Kept, KnownCase, Notice, OpenCase, PastCall};
use crate::store::{self, CallFilter, NewCallback, NewCase, Promise, Store};

/// Opens a case; it is committed before its number is told.
pub(super) async fn open_case(store: Store, it: OpenCase) -> Event {
    let context = &it.context;
    let case = NewCase {
        call: Arc::clone(&context.call),
        ticket: it.ticket.0,
        kind: it.kind,
        about: it.about,
        flow: Arc::clone(&context.flow.name),
        caller: context.caller.number.clone(),
        dialled: Arc::clone(&context.called),
        language: Arc::clone(&context.language),
        fields: serde_json::to_value(&it.with).unwrap_or_default(),
        opened_at: jiff::Timestamp::now(),
        promised_at: it.promised,
    };
    let kept = match store.open_case(&case).await {
        Ok(number) => {
            tracing::info!(case = &*number, kind = &*case.kind, "case opened");
            metrics::counter!("hotline_cases_opened_total").increment(1);
            Kept::Case { number }
        }
        Err(error) => {
            tracing::error!(%error, kind = &*case.kind, "a case could not be opened");
            metrics::counter!("hotline_cases_failed_total").increment(1);
            Kept::Failed
        }
    };
    Event::Kept { ticket: it.ticket, kept }
}

/// Promises a call back.
pub(super) async fn keep_callback(store: Store, it: CallBack) -> Event {
    let callback = NewCallback {
        call: Arc::clone(&it.context.call),
        ticket: it.ticket.0,
        queue: it.queue,
        number: it.number,
        because: it.because,
        language: Arc::clone(&it.context.language),
        asked_at: jiff::Timestamp::now(),
        due_at: it.due,
        context: serde_json::to_value(&*it.context).unwrap_or_default(),
    };
    let queue = &*callback.queue;
    let (outcome, kept) = match store.keep_callback(&callback).await {
        Ok(Promise::Kept) => ("kept", Kept::Callback),
        Ok(Promise::Merged) => ("merged", Kept::Callback),
        Ok(Promise::Full) => {
            tracing::error!(queue, most = store::MOST_WAITING, "too many wait for a call back");
            ("full", Kept::Failed)
        }
        Err(error) => {
            tracing::error!(%error, queue, "a call back could not be promised");
            ("failed", Kept::Failed)
        }
    };
    metrics::counter!("hotline_callbacks_total", "outcome" => outcome).increment(1);
    Event::Kept { ticket: it.ticket, kept }
}

/// What is known of `caller` from before the call; `None` if that is nothing.
pub(super) async fn recall(store: Store, caller: Arc<str>, call: Arc<str>) -> Option<Event> {
    match history(&store, &caller, &call).await {
        Ok(history) => (!history.is_empty()).then(|| Event::Recalled(Arc::new(history))),
        Err(error) => {
            tracing::warn!(%error, "what is known of the caller could not be read");
            None
        }
    }
}

async fn history(store: &Store, caller: &Arc<str>, call: &str) -> Result<History, store::Error> {
    let cases = store.open_cases_of(caller, limit(History::MAX_CASES)).await?;
    let filter = CallFilter {
        from: Some(Arc::clone(caller)),
        // This one is among them.
        limit: limit(History::MAX_CALLS + 1),
        ..CallFilter::default()
    };
    let calls = store.calls(&filter).await?.into_iter().filter(|it| *it.id != *call);
    let known = |it: store::StoredCase| KnownCase {
        number: it.number,
        kind: it.kind,
        about: it.about,
        opened: it.opened_at,
        promised: it.promised_at,
    };
    let past = |it: store::StoredCall| PastCall {
        call: it.id,
        started: it.started_at,
        called: it.to,
        flow: it.flow,
        outcome: it.outcome,
    };
    Ok(History {
        open_cases: cases.into_iter().map(known).collect(),
        last_calls: calls.take(History::MAX_CALLS).map(past).collect(),
    })
}

fn limit(most: usize) -> u32 {
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// What is posted or mailed for a notice.
pub(super) fn body(it: &Notice) -> Value {
    let context = &it.context;
    json!({
        "event": "flow.notified",
        "at": jiff::Timestamp::now(),
        "to": it.to,
        "call": context.call,
        "flow": context.flow.name,
        "caller": context.caller,
        "called": context.called,
        "language": context.language,
        "with": it.with,
    })
}

/// The outbox's name for somebody under `notify` of hotline.yaml; no other webhook has a slash in its name.
pub(super) fn hook(to: &str) -> Arc<str> {
    format!("notify/{to}").into()
}

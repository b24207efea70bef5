//! Stored calls for commands that look back: which ones, and what is kept of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::store::{self, CallFilter, Store, StoredCall, StoredEvent};

/// The most calls where nobody says how many.
const LAST: u32 = 1_000;

/// Which calls.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Only calls that began on this day, in this machine's time zone
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) day: Option<Date>,
    /// Only calls of the flow with this name
    #[arg(long, value_name = "NAME")]
    pub(super) flow: Option<Arc<str>>,
    /// At most so many calls, the newest first [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) last: Option<u32>,
    /// The data folder, if not that of the configuration
    #[arg(long, value_name = "FOLDER")]
    pub(super) data: Option<PathBuf>,
}

/// Why stored calls cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("there are no stored calls in {}", .0.display())]
    NoStore(PathBuf),
    #[error("there is no call `{0}`")]
    NoCall(String),
    #[error("no stored call is among those")]
    NoCalls,
    #[error("the store cannot be read: {0}")]
    Store(#[from] store::Error),
    #[error("the day {0} cannot be found in a calendar")]
    Day(Date),
    #[error("this machine gives no runtime: {0}")]
    Runtime(std::io::Error),
}

/// The stored calls of one data folder, asked one question at a time.
pub(super) struct Calls {
    runtime: Runtime,
    store: Store,
}

impl Calls {
    pub(super) fn open(data: &Path) -> Result<Self, Unreadable> {
        if !data.join(store::FILE_NAME).is_file() {
            return Err(Unreadable::NoStore(data.to_owned()));
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Unreadable::Runtime)?;
        let store = runtime.block_on(Store::open(data))?;
        Ok(Self { runtime, store })
    }

    /// The call with this id.
    pub(super) fn call(&self, id: &str) -> Result<StoredCall, Unreadable> {
        let call = self.runtime.block_on(self.store.call(id))?;
        call.ok_or_else(|| Unreadable::NoCall(id.to_owned()))
    }

    /// Those of `selection`, the newest first; of `flow` where it names none.
    pub(super) fn selected(
        &self,
        selection: &Selection,
        flow: Option<&Arc<str>>,
    ) -> Result<Vec<StoredCall>, Unreadable> {
        let flow = selection.flow.as_ref().or(flow).cloned();
        let limit = selection.last.unwrap_or(LAST);
        let mut filter = CallFilter { flow, limit, ..CallFilter::default() };
        if let Some(day) = selection.day {
            let zone = TimeZone::system();
            let begin = |day: Date| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp());
            let next = day.tomorrow().ok().and_then(begin);
            filter.since = Some(begin(day).ok_or(Unreadable::Day(day))?);
            filter.before = Some(next.ok_or(Unreadable::Day(day))?);
        }
        let calls = self.runtime.block_on(self.store.calls(&filter))?;
        if calls.is_empty() { Err(Unreadable::NoCalls) } else { Ok(calls) }
    }

    pub(super) fn events(&self, call: &str) -> Result<Vec<StoredEvent>, Unreadable> {
        Ok(self.runtime.block_on(self.store.events(call))?)
    }

    pub(super) fn journey(&self, call: &str) -> Result<Vec<Value>, Unreadable> {
        Ok(self.runtime.block_on(self.store.journey(call))?)
    }

    pub(super) fn close(self) -> Result<(), Unreadable> {
        Ok(self.runtime.block_on(self.store.close())?)
    }
}

/// Calls that were made up, kept as `hotline serve` keeps calls.
#[cfg(test)]
pub(super) fn keep(data: &Path, calls: &[(crate::sim::Recorded, StoredCall)]) {
    use crate::store::{Entry, NewCall};
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(data).await.unwrap();
        for (recorded, it) in calls {
            let call = &it.id;
            let begins = NewCall {
                id: Arc::clone(call),
                flow: Arc::clone(&it.flow),
                flow_version: Arc::clone(&it.flow_version),
                from: Arc::clone(&it.from),
                to: Arc::clone(&it.to),
                started_at: it.started_at,
            };
            let start = serde_json::to_value(&recorded.start).unwrap();
            let log = recorded.log.iter().map(|it| ("happened", serde_json::to_value(it).unwrap()));
            let end = ("end", serde_json::json!({ "commands": recorded.commands }));
            let events = std::iter::once(("start", start)).chain(log).chain([end]);
            let events = (0..).zip(events).map(|(seq, (kind, payload))| Entry::CallEvent {
                call: Arc::clone(call),
                seq,
                at: recorded.start.at,
                kind: kind.into(),
                payload,
            });
            let journey = (0..).zip(recorded.journey.clone());
            let journey =
                journey.map(|(seq, entry)| Entry::Journey { call: Arc::clone(call), seq, entry });
            let outcome = it.outcome.clone().unwrap();
            let ended = Entry::CallEnded { call: Arc::clone(call), at: it.started_at, outcome };
            for entry in
                [Entry::Call(begins)].into_iter().chain(events).chain(journey).chain([ended])
            {
                store.append(entry).await;
            }
            // Nothing may be lost to a queue that is full.
            store.flush().await.unwrap();
        }
        store.close().await.unwrap();
    });
}

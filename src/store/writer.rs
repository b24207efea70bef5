//! The one task that writes: it gathers what comes within a moment and commits it as one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::entry::{self, Entry};
use super::{Error, PATIENCE};

/// Some seconds of a busy server, a few MiB; when it is full see [`super::Store::append`].
const CAPACITY: usize = 8_192;
/// The longest that an entry waits for company before its transaction begins.
const GATHER: Duration = Duration::from_millis(100);
const LARGEST_BATCH: usize = 1_024;
/// A locked or full disk is asked so often, so far apart, before a batch is given up: about 5 s.
const TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
const BETWEEN_COMPLAINTS: Duration = Duration::from_secs(1);

/// What the task is told.
pub(super) enum Order {
    Write(Entry),
    /// Answer once everything before is committed.
    Flush(oneshot::Sender<()>),
    /// The same, then end.
    Close(oneshot::Sender<()>),
}

#[derive(Clone, Debug)]
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
    state: Arc<Shared>,
    /// For tests that kill the writer.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the task ends by itself with its last sender")
    )]
    pub(super) task: AbortHandle,
}

#[derive(Debug, Default)]
struct Shared {
    lost: AtomicU64,
    /// The channel was full a moment ago: waiting again would only add one call's delay to another's.
    stalled: AtomicBool,
    complaints: std::sync::Mutex<Complaints>,
}

/// Guards the log against one line an entry.
#[derive(Debug, Default)]
struct Complaints {
    last: Option<Instant>,
}

impl Writer {
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (orders, inbox) = mpsc::channel(CAPACITY);
        let state = Arc::<Shared>::default();
        let task = tokio::spawn(run(pool, inbox, Arc::clone(&state))).abort_handle();
        Self { orders, state, task }
    }

    pub(super) async fn append(&self, entry: Entry) {
        let sent = match self.orders.try_send(Order::Write(entry)) {
            Err(mpsc::error::TrySendError::Full(order))
                if !self.state.stalled.load(Ordering::Relaxed) =>
            {
                self.orders.send_timeout(order, PATIENCE).await.is_ok()
            }
            Err(_) => false,
            Ok(()) => true,
        };
        self.state.stalled.store(!sent, Ordering::Relaxed);
        if !sent {
            self.state.lose(1);
        }
    }

    pub(super) fn append_now(&self, entry: Entry) {
        if self.orders.try_send(Order::Write(entry)).is_err() {
            self.state.lose(1);
        }
    }

    pub(super) async fn order(&self, order: Order) -> Result<(), Error> {
        self.orders.send(order).await.map_err(|_| Error::Closed)
    }

    pub(super) fn lost(&self) -> u64 {
        self.state.lost.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn lose(&self, entries: u64) {
        let lost = self.lost.fetch_add(entries, Ordering::Relaxed) + entries;
        metrics::counter!("hotline_store_lost_total").increment(entries);
        let Ok(mut complaints) = self.complaints.lock() else { return };
        let now = Instant::now();
        if complaints.last.is_none_or(|last| now - last >= BETWEEN_COMPLAINTS) {
            complaints.last = Some(now);
            tracing::error!(lost, "the store cannot keep up: entries were lost");
        }
    }
}

/// Ends when the last [`Writer`] is gone, or by [`Order::Close`].
async fn run(pool: SqlitePool, mut inbox: mpsc::Receiver<Order>, state: Arc<Shared>) {
    let mut batch = Vec::new();
    while let Some(first) = inbox.recv().await {
        let gathered_at = Instant::now() + GATHER;
        let mut order = Some(first);
        // Whoever waits for a flush must not wait for company, too: any order but `Write` closes the batch.
        let answer = loop {
            match order {
                Some(Order::Write(entry)) => batch.push(entry),
                Some(Order::Flush(done)) => break Some((done, false)),
                Some(Order::Close(done)) => break Some((done, true)),
                None => break None,
            }
            if batch.len() >= LARGEST_BATCH {
                break None;
            }
            order = timeout_at(gathered_at, inbox.recv()).await.ok().flatten();
        };
        commit(&pool, &batch, &state).await;
        batch.clear();
        if let Some((done, closes)) = answer {
            if closes {
                pool.close().await;
            }
            // Nobody may be waiting any more; then nobody needs to know.
            let _ = done.send(());
            if closes {
                return;
            }
        }
    }
}

/// Commits `batch`, or after [`TRIES`] counts it as lost.
async fn commit(pool: &SqlitePool, batch: &[Entry], state: &Shared) {
    if batch.is_empty() {
        return;
    }
    for attempt in 1..=TRIES {
        match try_commit(pool, batch).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(attempt, entries = batch.len(), %error, "the store could not commit");
                sleep(BETWEEN_TRIES).await;
            }
        }
    }
    state.lose(u64::try_from(batch.len()).unwrap_or(u64::MAX));
}

async fn try_commit(pool: &SqlitePool, batch: &[Entry]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("begin immediate").await?;
    entry::write(batch, &mut transaction).await?;
    transaction.commit().await
}

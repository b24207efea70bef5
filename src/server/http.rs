//! HTTP connections: a bounded number, each with a limit to how long its requests may take to arrive.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 512;
/// How long a request's head may take to arrive, the pause between two requests included.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// How long answers under way may take when the server ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Answers until `stop` is ready.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        let permit = tokio::select! {
            // The semaphore is never closed.
            permit = Arc::clone(&room).acquire_owned() => permit.ok(),
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // No file descriptor is free, or the peer is gone already: the next one may have more luck.
            tokio::task::yield_now().await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move {
            // A peer that goes away or sends no HTTP is its own affair.
            let _ = connection.await;
            drop(permit);
        });
    }
    let _ =
        tokio::time::timeout(FAREWELL, async { while connections.join_next().await.is_some() {} })
            .await;
}

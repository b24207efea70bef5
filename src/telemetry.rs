//! Logs and figures: text that reads well or JSON, and counters in Prometheus' form.
//!
//! One span a call, opened at its INVITE, carries the field `call` into everything logged below it. Nothing here sees
//! digits or whole SIP messages: the rooms do not hand them over.

use std::fmt;
use std::io::{self, IsTerminal};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people: one line an event.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Why logs or figures could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log filter could not be read.
    #[error("the log filter is not of the form `info` or `hotline=debug,sqlx=warn`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Somebody else collects already.
    #[error("logs are collected already in this process")]
    Taken,
    /// Figures could not be collected.
    #[error("figures could not be collected")]
    Figures(#[from] BuildError),
}

/// Sends logs to standard error, filtered by `filter` (`info`, `hotline=debug,sqlx=warn`).
///
/// # Errors
/// [`Error::Filter`] if `filter` cannot be read, [`Error::Taken`] if this was called before.
pub fn start_logs(format: LogFormat, filter: &str) -> Result<(), Error> {
    // What libraries say is of use only to who asks for it by name.
    let quiet = format!("{filter},sqlx=warn,hyper=warn,reqwest=warn,rustls=warn,symphonia=warn");
    let named =
        ["sqlx", "hyper", "reqwest", "rustls", "symphonia"].iter().any(|it| filter.contains(it));
    let filter = if named { filter } else { &quiet };
    let filter = EnvFilter::builder().parse(filter).map_err(Error::Filter)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .with_timer(LocalTime);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|_| Error::Taken)
}

/// Starts to collect figures; the handle renders them for `GET /metrics`.
///
/// # Errors
/// [`Error::Figures`] if somebody else collects them already.
pub fn start_figures() -> Result<PrometheusHandle, Error> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}

/// `2026-11-24T15:04:05.678+08:00`: the operator's own time, with its offset.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{}", jiff::ZonedDateTime::now().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"))
    }
}

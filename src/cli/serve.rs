//! `hotline serve`: answers calls until it is told to stop.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;
use crate::diagnostic::text;
use crate::server::Server;
use crate::server::house::{self, House, Overrides};
use crate::speech::{Catalogue, RecordingKind};
use crate::telemetry::{self, LogFormat};

/// Answer calls.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline serve\n  hotline serve --sip 127.0.0.1:5070 --http 127.0.0.1:8081\n  \
                        HOTLINE_LOG=hotline=debug hotline serve --log-format json\n\n\
                        Signals: HUP reads flows, prompts and calendars again; TERM or INT ends it after the calls."
)]
pub(super) struct ServeArgs {
    /// The configuration; what it names is relative to it.
    #[arg(long, default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
    /// Address and port for SIP, UDP and TCP, instead of the configuration's.
    #[arg(long, value_name = "IP:PORT", env = "HOTLINE_SIP")]
    sip: Option<SocketAddr>,
    /// Address and port for HTTP, instead of the configuration's.
    #[arg(long, value_name = "IP:PORT", env = "HOTLINE_HTTP")]
    http: Option<SocketAddr>,
    /// Ports for media, instead of the configuration's.
    #[arg(long, value_name = "FIRST..LAST", env = "HOTLINE_RTP_PORTS", value_parser = ports)]
    rtp_ports: Option<Ports>,
    /// Where everything that must survive is kept, instead of the configuration's.
    #[arg(long, value_name = "FOLDER", env = "HOTLINE_DATA")]
    data: Option<PathBuf>,
    /// What is logged: `info`, `debug`, or by part as in `hotline=debug,sqlx=warn`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "HOTLINE_LOG")]
    log: String,
    /// How logs look.
    #[arg(long, value_enum, default_value = "text", env = "HOTLINE_LOG_FORMAT")]
    log_format: LogFormat,
}

/// A range of ports, both ends included.
type Ports = std::ops::RangeInclusive<u16>;

fn ports(text: &str) -> Result<Ports, &'static str> {
    config::parse_ports(text).ok_or("ports are written 20000..29999")
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    if let Err(error) = telemetry::start_logs(args.log_format, &args.log) {
        return failed(&error);
    }
    raise_files();
    let overrides = Overrides {
        sip: args.sip,
        http: args.http,
        rtp_ports: args.rtp_ports.clone(),
        data: args.data.clone(),
    };
    let house = match house::load(&args.config, &overrides) {
        Ok(house) => house,
        Err(broken) => {
            let colour = std::io::stderr().is_terminal();
            eprint!("{}", text::render(&broken.found, &broken.sources, colour));
            eprintln!("{}; not serving", text::summary(&broken.found));
            return ExitCode::FAILURE;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let (path, overrides) = (args.config.clone(), overrides);
    runtime.block_on(async {
        let summary = summary(&house);
        match Server::start(house, path, overrides).await {
            Ok(server) => {
                print(&summary);
                print("ready\n");
                server.run().await;
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        }
    })
}

/// Each call has one or two sockets: lets the process open as many files as its operator allows at most, not as few as a
/// shell starts it with.
fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "no more files can be opened than this shell allows");
    }
}

/// What an operator wants to see at the start: numbers, addresses, what to dial first.
fn summary(house: &House) -> String {
    let config = &house.config;
    let mut text = format!("hotline {}\n\n", env!("CARGO_PKG_VERSION"));
    for (number, program) in &house.programs {
        let title = program.title.values().map(String::as_str).collect::<Vec<_>>().join(" / ");
        let gap = if title.is_empty() { "" } else { "  " };
        text += &format!(
            "  {number:<8} {title}{gap}(flow {}, version {})\n",
            program.name.value, program.version
        );
    }
    let agents: Vec<&str> = config.agents.keys().map(|it| &**it).collect();
    text += &format!("\n  SIP      {} (UDP, TCP)\n", config.sip.listen);
    text += &format!(
        "  media    {} ports {}..{}\n",
        config.rtp.ip,
        config.rtp.ports.start(),
        config.rtp.ports.end()
    );
    text += &format!("  HTTP     http://{}\n", config.http.listen);
    text += &format!(
        "  agents   {}\n",
        if agents.is_empty() { "none".to_owned() } else { agents.join(", ") }
    );
    text += &format!("  data     {}\n", config.data.display());
    let wanted = house.catalogues.values().flat_map(Catalogue::clips);
    let lines = wanted.filter(|it| it.kind != RecordingKind::Atom);
    let (there, missing): (Vec<_>, Vec<_>) =
        lines.partition(|it| house.clips.get(&it.clip).is_some());
    if !missing.is_empty() {
        // Nothing else would tell before a caller hears the silence.
        text += &format!(
            "  prompts  {} of {} are not recorded, callers hear silence there; `hotline prompts export` lists them\n",
            missing.len(),
            there.len() + missing.len()
        );
    }
    if !house.found.is_empty() {
        let found = text::summary(&house.found);
        text += &format!("  flows    {found}; `hotline check` shows them\n");
    }
    if let Some(first) = house.programs.keys().next() {
        text += &format!("\nCall it:   hotline phone sip:{first}@{}\n", config.sip.listen);
    }
    text
}

fn print(text: &str) {
    // Nobody reads along when this fails.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    eprintln!("hotline serve: {text}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn who_starts_a_server_is_told_what_callers_would_not_hear() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("hotline.yaml", "numbers: { 4001: flow.yaml }\nqueues: { service: {} }\n");
        let flow = "flow: bye\nlanguages: [en-US]\nstart: main\nsteps: { main: [ { hangup: goodbye } ] }\n";
        put("flow.yaml", flow);
        put(
            "prompts/en-US/catalog.yaml",
            "language: en-US\nprompts:\n  goodbye: Goodbye.\n  hello: Hello.\n",
        );
        let shown = || {
            let config = folder.path().join("hotline.yaml");
            let house = house::load(&config, &Overrides::default());
            summary(&house.map_err(|it| text::render(&it.found, &it.sources, false)).unwrap())
        };
        let said = shown();
        assert!(said.contains("prompts  2 of 2 are not recorded"), "{said}");
        assert!(said.contains("4001     (flow bye"), "a flow without a title: {said}");
        let recording = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let recording = recording.join("prompts/en-US/goodbye.flac");
        for name in ["goodbye", "hello"] {
            let to = folder.path().join(format!("prompts/en-US/{name}.flac"));
            fs::copy(&recording, to).unwrap();
        }
        assert!(!shown().contains("not recorded"));
    }
}

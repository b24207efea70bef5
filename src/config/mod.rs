//! THE OPERATOR'S FILE: `hotline.yaml` as types.
//!
//! Read by `server` and by the commands of `cli` that need calendars, queues or connectors.
//! Must not know: flows' contents, sockets, files (it is handed the text).
//! Way in: [`read`], which reports every problem with its place.
//! Always true: a config that was read is consistent in itself: what it names, it has.
//! Read next: `calendar`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub mod calendar;
mod cases;
mod connector;
mod notify;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_yaml::Spanned as Written;

use crate::diagnostic::{Diagnostic, FileId, Span, nearest};
use crate::secret::Secret;
use crate::yaml;
use calendar::Calendar;
pub use cases::{CaseKind, LONGEST_PROMISE, Times};
pub use connector::{Basic, Connector, Headers, System, Unusable};
pub use notify::{Channel, Incomplete, Mail, MailTls, Notify};

/// Everything an operator decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where SIP is answered.
    #[serde(default)]
    pub sip: Sip,
    /// Where media goes in and out.
    #[serde(default)]
    pub rtp: Rtp,
    /// Where the HTTP API is answered.
    #[serde(default)]
    pub http: Http,
    /// Where everything that must survive is kept.
    #[serde(default = "data_dir")]
    pub data: PathBuf,
    /// Where the prompt catalogues and recordings are.
    #[serde(default = "prompts_dir")]
    pub prompts: PathBuf,
    /// Which flow answers which dialled number.
    pub numbers: IndexMap<Arc<str>, PathBuf>,
    /// What lookups may ask.
    #[serde(default)]
    pub connectors: IndexMap<Arc<str>, Connector>,
    /// When somebody is there.
    #[serde(default)]
    pub calendars: IndexMap<Arc<str>, Calendar>,
    /// Kinds of cases that flows open.
    #[serde(default)]
    pub cases: IndexMap<Arc<str>, CaseKind>,
    /// Whom flows can tell something.
    #[serde(default)]
    pub notify: IndexMap<Arc<str>, Notify>,
    /// Where callers wait.
    #[serde(default)]
    pub queues: IndexMap<Arc<str>, Queue>,
    /// Who answers them, by the user part of the agent's SIP address.
    #[serde(default)]
    pub agents: IndexMap<Arc<str>, Agent>,
    /// Where calls may be transferred to.
    #[serde(default)]
    pub transfers: Transfers,
    /// Who else is told a caller's context.
    #[serde(default)]
    pub context: Context,
    /// How much is taken on.
    #[serde(default)]
    pub limits: Limits,
    /// What happens to a call whose own flow cannot go on.
    #[serde(default)]
    pub last_resort: LastResort,
}

/// Where SIP is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// Address and port for UDP and TCP.
    pub listen: SocketAddr,
    /// What digest challenges call us.
    pub realm: Arc<str>,
    /// How long a session lasts without a refresh (RFC 4028): what we ask for, and cut longer ones to.
    #[serde(deserialize_with = "duration")]
    pub session_expires: Duration,
    /// The shortest that is accepted; shorter ones get 422.
    #[serde(deserialize_with = "duration")]
    pub min_se: Duration,
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            listen: loopback(5060),
            realm: "hotline".into(),
            session_expires: Duration::from_secs(1_800),
            min_se: Duration::from_secs(90),
        }
    }
}

/// Where media goes in and out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rtp {
    /// The address that media sockets are bound to and SDP names.
    pub ip: IpAddr,
    /// Their ports; each call takes an even one and the next.
    #[serde(deserialize_with = "ports")]
    pub ports: RangeInclusive<u16>,
    /// Media threads; one per core unless written.
    pub threads: Option<usize>,
    /// A call whose caller sends nothing for so long is taken for dead.
    #[serde(deserialize_with = "duration")]
    pub dead_after: Duration,
}

impl Default for Rtp {
    fn default() -> Self {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { ip, ports: 20_000..=29_999, threads: None, dead_after: Duration::from_secs(120) }
    }
}

/// Where the HTTP API is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// What others call us in links, such as `https://hotline.example.com`; `http://<listen>` unless written.
    pub public_url: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: loopback(8080), public_url: None }
    }
}

/// Where callers wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// How long an agent's phone rings before the next agent is tried.
    #[serde(deserialize_with = "duration")]
    pub offer_for: Duration,
    /// How long an agent is left alone after a call.
    #[serde(deserialize_with = "duration")]
    pub wrap_up: Duration,
    /// How often a caller is told their position.
    #[serde(deserialize_with = "duration")]
    pub announce_every: Duration,
    /// How long a caller waits at most, whatever the flow says.
    #[serde(deserialize_with = "duration")]
    pub max_wait: Duration,
    /// How many callers wait at most.
    pub max_length: usize,
    /// After so many missed offers an agent is not ready.
    pub missed_offers: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            offer_for: Duration::from_secs(20),
            wrap_up: Duration::from_secs(15),
            announce_every: Duration::from_secs(30),
            max_wait: Duration::from_secs(30 * 60),
            max_length: 100,
            missed_offers: 2,
        }
    }
}

/// Somebody who answers callers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// As colleagues and callers know them.
    pub name: Arc<str>,
    /// 工号: what the greeting names.
    pub work_number: Arc<str>,
    /// The queues they serve.
    pub queues: Vec<Written<Arc<str>>>,
    /// The digest password with which their phone registers.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Secret<Arc<str>>>,
    /// A fixed SIP address instead: `sip:8003@192.0.2.7:5062`.
    #[serde(default)]
    pub sip: Option<Written<Arc<str>>>,
}

/// Where calls may be transferred to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transfers {
    /// Numbers or SIP URIs; `*` stands for any characters.
    pub allow: Vec<String>,
    /// Where a number goes that is no agent's: `sip:192.0.2.1:5060`. None: such numbers are refused.
    pub gateway: Option<Arc<str>>,
    /// How many transferred calls at once (toll fraud).
    pub at_once: Option<u32>,
}

/// Who else is told a caller's context.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// How long a token can fetch the record.
    #[serde(deserialize_with = "duration")]
    pub expires: Duration,
    /// The most bytes of `User-to-User`, in hex digits.
    pub uui_limit: usize,
    /// Told each record as a POST.
    pub webhook: Option<Webhook>,
}

impl Default for Context {
    fn default() -> Self {
        Self { expires: Duration::from_secs(3600), uui_limit: 512, webhook: None }
    }
}

/// Somebody told by a POST.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where.
    pub url: String,
    /// The key of its signature.
    #[serde(deserialize_with = "some_secret")]
    pub secret: Secret<Arc<str>>,
}

/// How much is taken on; beyond it new calls get 503 with Retry-After.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls at once.
    pub calls: usize,
    /// New calls in one second.
    pub calls_per_second: u32,
    /// What 503 tells the caller's side to wait.
    #[serde(deserialize_with = "duration")]
    pub retry_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 2_000, calls_per_second: 2_000, retry_after: Duration::from_secs(5) }
    }
}

/// What happens to a call whose own flow cannot go on: an apology, then a person if a queue is named, then goodbye.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LastResort {
    /// The queue such a caller waits in.
    pub queue: Option<Written<Arc<str>>>,
}

/// Reads `hotline.yaml`; `change` is what the command line says instead, before all of it is checked. `None` comes with
/// at least one error.
#[must_use]
pub fn read(
    file: FileId,
    text: &str,
    change: impl FnOnce(&mut Config),
) -> (Option<Config>, Vec<Diagnostic>) {
    match serde_yaml::from_str::<Config>(text) {
        Ok(mut config) => {
            change(&mut config);
            let found = check(&config, file);
            (found.is_empty().then_some(config), found)
        }
        Err(error) => (None, vec![yaml::refused("HL0901", &error, file, text)]),
    }
}

/// The text as findings may show it: what stands behind `password:`, `secret:`, `bearer:`, in `headers:` and before the `@`
/// of an address is covered by as many `*`.
#[must_use]
pub fn covered(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str("://");
        let end = part.find(|it: char| it.is_whitespace() || "\"',}/?#".contains(it));
        let known = part.get(..end.unwrap_or(part.len())).and_then(|it| it.rfind('@')).unwrap_or(0);
        shown.push_str(&stars(part.get(..known).unwrap_or_default()));
        shown.push_str(part.get(known..).unwrap_or_default());
    }
    covered_values(&shown)
}

/// As many `*` as it has bytes, so that places stay the same.
fn stars(text: &str) -> String {
    let star =
        |it: char| if it.is_whitespace() { it.to_string() } else { "*".repeat(it.len_utf8()) };
    text.chars().map(star).collect()
}

fn covered_values(text: &str) -> String {
    const SECRETS: [&str; 4] = ["password:", "secret:", "bearer:", "headers:"];
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, key)) = SECRETS.iter().filter_map(|it| Some((rest.find(it)?, *it))).min() {
        let (before, behind) = rest.split_at(at + key.len());
        shown.push_str(before);
        let length = if key == "headers:" {
            headers_length(before, behind)
        } else {
            behind.find([',', '}', '\n']).unwrap_or(behind.len())
        };
        let (value, after) = behind.split_at(length);
        shown.extend(
            value.chars().map(|it| {
                if it.is_whitespace() { it.to_string() } else { "*".repeat(it.len_utf8()) }
            }),
        );
        rest = after;
    }
    shown + rest
}

/// How long a map of headers is: to its `}`, or as long as lines are further in than the one that it begins in.
fn headers_length(before: &str, behind: &str) -> usize {
    let (first, _) = behind.split_once('\n').unwrap_or((behind, ""));
    if first.trim_start().starts_with('{') {
        return behind.find('}').unwrap_or(behind.len());
    }
    let margin = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let own = before.rsplit('\n').next().map_or(0, margin);
    let lines = behind.split_inclusive('\n').skip(1);
    let inside = lines.take_while(|it| it.trim().is_empty() || margin(it) > own);
    behind.split_inclusive('\n').next().map_or(0, str::len) + inside.map(str::len).sum::<usize>()
}

/// Names in the file that lead nowhere, and values that cannot be.
fn check(config: &Config, file: FileId) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut queue = |named: &Written<Arc<str>>| {
        if !config.queues.contains_key(&named.value) {
            let says = format!("no queue is called `{}`", named.value);
            let near = nearest(&named.value, config.queues.keys().map(|name| &**name));
            let help = near.map(|name| format!("did you mean `{name}`?"));
            found.push(Diagnostic::error("HL0902", span(named, file), says).help(help));
        }
    };
    config.last_resort.queue.iter().for_each(&mut queue);
    config.agents.values().flat_map(|agent| &agent.queues).for_each(&mut queue);
    for agent in config.agents.values() {
        if let (Some(sip), Some(_)) = (&agent.sip, &agent.password) {
            let says = "an agent has a fixed address or a password to register with, not both";
            found.push(Diagnostic::error("HL0903", span(sip, file), says));
        }
    }
    for (name, kind) in &config.cases {
        check_case(config, name, kind, file, &mut found);
    }
    notify::check(config, file, &mut found);
    connector::check(config, file, &mut found);
    if !demo_passwords(config).is_empty() && !loopback_only(config) {
        let names = demo_passwords(config).join(", ");
        let says =
            format!("the passwords of {names} stand in the demo's documents: everybody knows them");
        let help =
            "give these agents passwords of their own, or listen on 127.0.0.1 only".to_owned();
        found.push(Diagnostic::error("HL0904", Span::new(file, 0, 0), says).help(help));
    }
    for (setting, ip) in [("rtp.ip", config.rtp.ip), ("sip.listen", config.sip.listen.ip())] {
        if ip.is_unspecified() {
            let says = format!(
                "`{setting}` is what phones are told to send to, and nobody can send to {ip}"
            );
            let help = "write the address of this machine that phones reach".to_owned();
            found.push(Diagnostic::error("HL0906", Span::new(file, 0, 0), says).help(help));
        }
    }
    found
}

/// HL0907: a kind of case whose promise cannot be kept, or is none.
fn check_case(
    config: &Config,
    name: &str,
    kind: &CaseKind,
    file: FileId,
    found: &mut Vec<Diagnostic>,
) {
    if kind.promise.is_zero() || kind.promise > LONGEST_PROMISE {
        let says = format!("the case `{name}` promises an answer at once, or after 90 days");
        let help = "write `promise: 24h`".to_owned();
        found.push(Diagnostic::error("HL0907", Span::new(file, 0, 0), says).help(help));
    }
    let Some(named) = &kind.calendar else { return };
    let span = span(named, file);
    match config.calendars.get(&named.value) {
        Some(calendar) if calendar.never_opens() => {
            let says = format!("the calendar `{}` never opens: no day of it counts", named.value);
            found.push(Diagnostic::error("HL0907", span, says));
        }
        Some(_) => {}
        None => {
            let says = format!("no calendar is called `{}`", named.value);
            let near = nearest(&named.value, config.calendars.keys().map(|name| &**name));
            let help = near.map(|name| format!("did you mean `{name}`?"));
            found.push(Diagnostic::error("HL0907", span, says).help(help));
        }
    }
}

/// Agents whose password is one of those printed in docs/demo.md.
#[must_use]
pub fn demo_passwords(config: &Config) -> Vec<&str> {
    let demo = |agent: &Agent| agent.password.as_ref().is_some_and(is_demo);
    config.agents.iter().filter(|(_, agent)| demo(agent)).map(|(number, _)| &**number).collect()
}

/// Whether a secret is one of the documents', which begin so.
fn is_demo(secret: &Secret<Arc<str>>) -> bool {
    secret.expose().starts_with("demo-")
}

/// Whether nothing but this machine can reach us.
#[must_use]
pub fn loopback_only(config: &Config) -> bool {
    config.sip.listen.ip().is_loopback()
        && config.http.listen.ip().is_loopback()
        && config.rtp.ip.is_loopback()
}

fn span<T>(written: &Written<T>, file: FileId) -> Span {
    let at = written.referenced.span();
    let byte = |value: Option<u64>| value.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let start = byte(at.byte_offset());
    Span::new(file, start, start + byte(at.byte_len()))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn data_dir() -> PathBuf {
    "data".into()
}

fn prompts_dir() -> PathBuf {
    "prompts".into()
}

/// A length of time as people write it: `20s`, `1m 30s`.
fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    jiff::SignedDuration::deserialize(from)
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| D::Error::custom("a length of time is written 20s or 1m 30s"))
}

/// `20000..29999`, both included.
fn ports<'de, D: Deserializer<'de>>(from: D) -> Result<RangeInclusive<u16>, D::Error> {
    let text = String::deserialize(from)?;
    parse_ports(&text).ok_or_else(|| D::Error::custom("ports are written 20000..29999"))
}

/// `20000..29999`, both included; at least one pair.
#[must_use]
pub fn parse_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once("..")?;
    let (first, last) = (first.trim().parse::<u16>().ok()?, last.trim().parse::<u16>().ok()?);
    (first > 0 && first < last).then_some(first..=last)
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<Arc<str>>>, D::Error> {
    some_secret(from).map(Some)
}

fn some_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<Arc<str>>, D::Error> {
    Arc::<str>::deserialize(from).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Sources, text::render};

    #[track_caller]
    fn refused(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("hotline.yaml", text);
        let (config, found) = read(file, text, |_| {});
        assert!(config.is_none());
        render(&found, &sources, false)
    }

    #[test]
    fn the_demo_configuration_is_sound_and_stays_at_home() {
        let text = include_str!("../../hotline.yaml");
        let mut sources = Sources::default();
        let file = sources.add("hotline.yaml", text);
        let (config, found) = read(file, text, |_| {});
        assert_eq!(render(&found, &sources, false), "");
        let config = config.unwrap();
        assert!(loopback_only(&config));
        assert_eq!(demo_passwords(&config), ["8001", "8002"]);
        assert_eq!(
            config.numbers.keys().map(|it| &**it).collect::<Vec<_>>(),
            ["4001", "1860", "4002", "4012", "4003", "4009"]
        );
    }

    #[test]
    fn an_unknown_setting_is_pointed_at() {
        insta::assert_snapshot!(refused("numbers: {}\nsip:\n  listen: 127.0.0.1:5060\n  relm: x\n"), @"
        error[HL0901]: unknown field `relm`, expected one of listen, realm, session_expires, min_se
         --> hotline.yaml:4:3
          |
        4 |   relm: x
          |   ^
        ");
    }

    #[test]
    fn every_name_that_leads_nowhere_is_reported() {
        let text = "numbers: {}\nqueues: { service: {} }\nagents:\n  8001: { name: A, work_number: 1, queues: [servise] }\nlast_resort: { queue: people }\n";
        insta::assert_snapshot!(refused(text), @"
        error[HL0902]: no queue is called `servise`
         --> hotline.yaml:4:45
          |
        4 |   8001: { name: A, work_number: 1, queues: [servise] }
          |                                             ^^^^^^^
          |
          = help: did you mean `service`?

        error[HL0902]: no queue is called `people`
         --> hotline.yaml:5:23
          |
        5 | last_resort: { queue: people }
          |                       ^^^^^^
        ");
    }

    #[test]
    fn demo_passwords_do_not_leave_the_machine() {
        let text = "numbers: {}\nsip: { listen: '0.0.0.0:5060' }\nqueues: { q: {} }\nagents:\n  8001: { name: A, work_number: 1, queues: [q], password: demo-8001 }\n";
        let says = refused(text);
        assert!(says.contains("HL0904") && !says.contains("demo-8001\n  |"), "{says}");
    }

    #[test]
    fn phones_are_not_told_to_send_to_no_address() {
        for ip in ["0.0.0.0", "'::'"] {
            let says = refused(&format!("numbers: {{}}\nrtp: {{ ip: {ip} }}\n"));
            assert!(says.contains("HL0906") && says.contains("nobody can send to"), "{says}");
        }
    }

    #[test]
    fn no_finding_shows_a_password() {
        let text = "a: { password: 密-1, b: c }\nsecret: x\nd: e\n";
        assert_eq!(covered(text), "a: { password: *****, b: c }\nsecret: *\nd: e\n");
        let text = "crm: { bearer: abc, headers: { A: b, C: d }, health: /x }\n";
        let shown = "crm: { bearer: ***, headers: * ** ** ** * }, health: /x }\n";
        assert_eq!(covered(text), shown);
        let text = "crm: { http: 'https://u:密@crm/a@b' }\n";
        assert_eq!(covered(text), "crm: { http: 'https://*****@crm/a@b' }\n");
        let text = "crm:\n  headers:\n    A: b\n\n    C: d\n  health: /x\n";
        assert_eq!(covered(text), "crm:\n  headers:\n    ** *\n\n    ** *\n  health: /x\n");
    }

    #[test]
    fn port_ranges_have_two_ends() {
        assert_eq!(parse_ports("20000..20001"), Some(20_000..=20_001));
        for wrong in ["20000", "2..1", "0..10", "a..b", "20000..70000"] {
            assert_eq!(parse_ports(wrong), None, "{wrong}");
        }
    }
}

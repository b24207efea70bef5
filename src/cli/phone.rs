//! `hotline phone`: a small SIP softphone for trying things, against any SIP server.
//!
//! Here are its arguments and what they come to. Read next: `call` (the one call, a machine), `drive` (sockets, threads
//! and the terminal around it), `line`, `headset`, `typed`; `news` (what is printed), `dial` (what is keyed).

mod call;
mod dial;
mod drive;
mod headset;
mod line;
mod news;
mod typed;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use self::call::{DigitsBy, Plan};
use self::dial::Stroke;
use self::drive::Setup;
use crate::audio::Clip;
use crate::audio::decode::DecodeError;
use crate::audio::recording::RecordingError;
use crate::rtp::transport::MediaError;
use crate::secret::Secret;
use crate::sip::Transport;
use crate::sip::endpoint::Login;
use crate::sip::message::{SipUri, Uri};

/// Who calls, where nothing is said: somebody whose number the demo's databases do not know, so that its flows ask.
const CALLER: &str = "13700000000";
/// Where the password is taken from.
const PASSWORD: &str = "HOTLINE_PHONE_PASSWORD";
/// How long a silence of theirs is told after.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// Call a SIP address, or wait for a call: a small softphone for trying things.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hotline phone sip:4001@127.0.0.1 --digits '1,20260001#' --record heard.wav
  hotline phone 'sip:4001@pbx.example.org;transport=tcp' --digits-by info --for 30s
  HOTLINE_PHONE_PASSWORD=demo-8001 hotline phone sip:8001@127.0.0.1 --register --wait

While the call is up, 0-9 * # A-D are keys and `,` is a pause; t transfers to --transfer-to; q or Ctrl-C hangs up.
Without a terminal, standard input is read line by line: keys, or t or q alone.

Exit codes: 0 the call was answered and ended well, 1 it was not, 2 the command was given wrongly.")]
pub(super) struct PhoneArgs {
    /// Whom to call; with --wait, our own address
    #[arg(required_unless_present = "wait", value_parser = Uri::parse)]
    target: Option<Uri>,
    /// The number that we call from [default: --user, else 13700000000]
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// Keys to send from the answer on; `,` is a pause of 2 s
    #[arg(long, value_name = "KEYS", value_parser = strokes, default_value = "", hide_default_value = true)]
    digits: Strokes,
    /// How keys are sent
    #[arg(long, value_enum, default_value = "rfc4733")]
    digits_by: DigitsBy,
    /// Write what is heard into this WAV file
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Say this recording (WAV, FLAC, OGG or MP3) instead of what the microphone hears
    #[arg(long, value_name = "FILE")]
    play: Option<PathBuf>,
    /// Hang up so long after the answer, such as 30s or 1m30s
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    hang_up_after: Option<Duration>,
    /// Call over TCP, as `;transport=tcp` in the address does
    #[arg(long)]
    tcp: bool,
    /// Let the other end offer codecs: an INVITE without SDP
    #[arg(long)]
    late_offer: bool,
    /// Have the other end call this number or address instead (REFER), with the key t or --transfer-after
    #[arg(long, value_name = "TARGET")]
    transfer_to: Option<String>,
    /// Transfer so long after the answer
    #[arg(long, value_name = "TIME", value_parser = length, requires = "transfer_to")]
    transfer_after: Option<Duration>,
    /// Register at the target's host first
    #[arg(long, requires = "target")]
    register: bool,
    /// Name to prove with a password, from HOTLINE_PHONE_PASSWORD or asked for [default with --register: the target's]
    #[arg(long)]
    user: Option<String>,
    /// Wait for a call and answer it, as an agent's phone does
    #[arg(long)]
    wait: bool,
    /// Our own address and port [default: any port, on loopback or on the way to the target]
    #[arg(long, value_name = "IP:PORT")]
    local: Option<SocketAddr>,
    /// Neither speaker nor microphone (only builds with the feature `sound` use them)
    #[arg(long)]
    no_sound: bool,
}

/// Keys of the command line: a type of its own, so that it is one value.
#[derive(Clone, Debug)]
struct Strokes(Vec<Stroke>);

fn strokes(text: &str) -> Result<Strokes, dial::DialError> {
    dial::read(text).map(Strokes)
}

/// Reads `30s`, `1m30s`, `500ms`.
fn length(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "times are written 500ms, 30s, 1m30s";
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit()).ok_or(WRONG)?;
        let (figures, units) = rest.split_at(end);
        let end = units.find(|it: char| it.is_ascii_digit()).unwrap_or(units.len());
        let (unit, next) = units.split_at(end);
        let ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(WRONG),
        };
        let count: u32 = figures.parse().map_err(|_| WRONG)?;
        total += Duration::from_millis(u64::from(count) * ms);
        rest = next;
    }
    if text.is_empty() { Err(WRONG) } else { Ok(total) }
}

/// Why there is no call at all.
#[derive(Debug, thiserror::Error)]
enum PhoneError {
    #[error("only sip: addresses can be called")]
    Scheme,
    #[error("only UDP and TCP are spoken here")]
    Transport,
    #[error("`{0}` is no number or address to transfer to")]
    TransferTo(String),
    #[error("{0} is not known")]
    Unknown(String, #[source] Option<std::io::Error>),
    #[error("there is no way to {0}")]
    NoWay(SocketAddr),
    #[error("the address {0} cannot be used")]
    Bind(SocketAddr, #[source] std::io::Error),
    #[error("--register needs an address with a user, or --user")]
    NoUser,
    #[error("there is no password: set {PASSWORD}, or run in a terminal")]
    NoPassword,
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    #[error("{} cannot be played", .0.display())]
    Unplayable(PathBuf, #[source] DecodeError),
    #[error("{} cannot be recorded", .0.display())]
    Record(PathBuf, #[source] RecordingError),
    #[error("not registered: {0}")]
    NotRegistered(String),
    #[error("no media")]
    Media(#[from] MediaError),
    #[error("the system gives no random numbers")]
    Random,
    #[error("the system refuses")]
    System(#[source] std::io::Error),
    #[cfg(feature = "sound")]
    #[error("no sound (--no-sound does without)")]
    Sound(#[from] super::sound::SoundError),
}

impl PhoneError {
    /// Whether the command was given wrongly, rather than the call failed.
    const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Scheme
                | Self::Transport
                | Self::TransferTo(_)
                | Self::NoUser
                | Self::NoPassword
                | Self::Unreadable(..)
                | Self::Unplayable(..)
        )
    }
}

/// Calls, or waits, until the call is over.
pub(super) fn run(args: &PhoneArgs) -> ExitCode {
    let outcome = setup(args).and_then(|setup| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(PhoneError::System)?.block_on(drive::run(setup))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hotline phone: {}", with_causes(&error));
            if error.is_usage() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// What the arguments come to.
fn setup(args: &PhoneArgs) -> Result<Setup, PhoneError> {
    let mut target = args.target.clone();
    if let Some(uri) = target.as_mut().and_then(Uri::sip_mut)
        && args.tcp
    {
        uri.set_param("transport", Some("tcp"));
    }
    let by = match &target {
        Some(target) => line::transport_of(target)?,
        None if args.tcp => Transport::Tcp,
        None => Transport::Udp,
    };
    let own = args
        .wait
        .then_some(target.as_ref())
        .flatten()
        .and_then(Uri::user)
        .map(std::borrow::Cow::into_owned);
    let needs_user = args.register && args.user.is_none();
    let user = args.user.clone().or_else(|| own.clone().filter(|_| needs_user));
    if args.register && user.is_none() {
        return Err(PhoneError::NoUser);
    }
    let from =
        args.from.clone().or_else(|| user.clone()).or(own).unwrap_or_else(|| CALLER.to_owned());
    let login = user.map(login).transpose()?;
    let transfer_to =
        args.transfer_to.as_ref().map(|to| transfer_target(to, target.as_ref())).transpose()?;
    let play = args.play.as_ref().map(|path| {
        let bytes =
            std::fs::read(path).map_err(|error| PhoneError::Unreadable(path.clone(), error))?;
        Clip::load(&bytes)
            .map(Arc::new)
            .map_err(|error| PhoneError::Unplayable(path.clone(), error))
    });
    Ok(Setup {
        target,
        by,
        local: args.local,
        from,
        login,
        register: args.register,
        wait: args.wait,
        late_offer: args.late_offer,
        plan: Plan {
            strokes: args.digits.0.clone(),
            digits_by: args.digits_by,
            hang_up_after: args.hang_up_after,
            transfer_to,
            transfer_after: args.transfer_after,
        },
        record: args.record.clone(),
        play: play.transpose()?,
        with_sound: cfg!(feature = "sound") && !args.no_sound,
    })
}

fn login(user: String) -> Result<Login, PhoneError> {
    let password = match std::env::var(PASSWORD) {
        Ok(password) => Secret::new(password),
        Err(_) => typed::password(&user).ok_or(PhoneError::NoPassword)?,
    };
    Ok(Login { user, password })
}

/// A URI as it is; a number at the host that we call.
fn transfer_target(to: &str, target: Option<&Uri>) -> Result<Uri, PhoneError> {
    let wrong = || PhoneError::TransferTo(to.to_owned());
    if to.contains(':') {
        return Uri::parse(to).map_err(|_| wrong());
    }
    let target = target.and_then(Uri::sip).ok_or_else(wrong)?;
    Ok(SipUri::new(target.host.clone(), target.port).with_user(to).into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        phone: PhoneArgs,
    }

    fn given(args: &str) -> Result<Setup, String> {
        let args = std::iter::once("phone").chain(args.split_whitespace());
        let cli = Cli::try_parse_from(args).map_err(|error| error.kind().to_string())?;
        setup(&cli.phone).map_err(|error| error.to_string())
    }

    #[test]
    fn lengths_are_figures_with_units() {
        #[rustfmt::skip]
        let table = [
            ("30s", Some(30_000)), ("1m30s", Some(90_000)), ("500ms", Some(500)), ("2h", Some(7_200_000)),
            ("", None), ("5", None), ("s", None), ("1.5s", None), ("-1s", None), ("99999999999s", None),
        ];
        for (text, ms) in table {
            assert_eq!(length(text).ok(), ms.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn a_number_is_transferred_to_at_the_host_that_is_called() {
        let setup = given("sip:4001@192.0.2.1:5070;transport=tcp --transfer-to 8002").unwrap();
        assert_eq!(news::address(&setup.plan.transfer_to.unwrap()), "sip:8002@192.0.2.1:5070");
        let setup = given("sip:4001@192.0.2.1 --transfer-to sip:8002@192.0.2.9").unwrap();
        assert_eq!(news::address(&setup.plan.transfer_to.unwrap()), "sip:8002@192.0.2.9");
    }

    #[test]
    fn the_caller_is_who_was_named_or_somebody_that_the_demo_does_not_know() {
        assert_eq!(given("sip:4001@192.0.2.1").unwrap().from, "13700000000");
        for database in ["flows/demo/shop.sql", "flows/demo/operator.sql"] {
            assert!(!std::fs::read_to_string(database).unwrap().contains(CALLER), "{database}");
        }
        assert_eq!(given("sip:4001@192.0.2.1 --from 10086").unwrap().from, "10086");
        assert_eq!(given("sip:8001@192.0.2.1 --wait").unwrap().from, "8001");
    }

    #[test]
    fn tcp_is_asked_for_by_address_or_option() {
        let by = |args| given(args).map(|setup| setup.by);
        assert_eq!(by("sip:4001@192.0.2.1"), Ok(Transport::Udp));
        assert_eq!(by("sip:4001@192.0.2.1 --tcp"), Ok(Transport::Tcp));
        assert_eq!(by("sip:4001@192.0.2.1;transport=TCP"), Ok(Transport::Tcp));
        assert_eq!(by("sips:4001@192.0.2.1"), Err("only UDP and TCP are spoken here".to_owned()));
        assert_eq!(by("tel:4001"), Err("only sip: addresses can be called".to_owned()));
    }

    #[test]
    fn a_wrong_command_is_told_and_keys_are_not_repeated() {
        assert!(given("").is_err());
        assert!(given("--wait").is_ok());
        assert_eq!(
            given("sip:4001@192.0.2.1 --register").err(),
            Some(PhoneError::NoUser.to_string())
        );
        let wrong = Cli::try_parse_from(["phone", "sip:1@192.0.2.1", "--record"]);
        assert!(wrong.is_err());
        let setup = Cli::try_parse_from(["phone", "sip:1@192.0.2.1", "--digits", "4711"]).unwrap();
        assert!(!format!("{:?}", setup.phone).contains("4711"));
    }
}

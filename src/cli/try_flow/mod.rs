//! `hotline try`: one call in a terminal. Prompts are text, keys come from the keyboard, lookups from real connectors.
//!
//! In a terminal time is real and every key is one; from a pipe each line is keys, and time passes in between.

mod databases;
mod lines;
mod terminal;
mod trial;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::ZonedDateTime;

use self::databases::Databases;
use self::trial::Trial;
use crate::call::{Answer, Check, Play, Question, Setting, Start, Verdict};
use crate::diagnostic::text::render;
use crate::flow::Program;
use crate::server::house::{Broken, Ground, Overrides};
#[cfg(feature = "sound")]
use crate::speech::{HOLD_MUSIC, RINGING};
use crate::time::Mono;

/// Walk through a flow in the terminal
///
/// Prompts are shown as text. Press 0-9, * and # as on a telephone, Enter to hear a prompt to its end at once, `a` to be
/// answered by an agent or left by them, `n` if nobody is there, `l` to look at the variables and at what an agent would
/// see, `q` to hang up. From a pipe, each line is keys or `look`; an empty line is silence, `wait 10s` a while, and the end
/// of the input hangs up.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hotline try flows/shop.yaml\n  hotline try flows/shop.yaml --caller 13800000001 --language en-US\n  printf '1\\n20260001#\\n' | hotline try flows/shop.yaml"
)]
pub(super) struct TryArgs {
    /// The flow
    flow: PathBuf,
    /// The number that calls; withheld unless given
    #[arg(long, value_name = "NUMBER")]
    caller: Option<String>,
    /// The number dialled
    #[arg(long, value_name = "NUMBER", default_value = "4001")]
    called: String,
    /// The language to begin in; the flow's first unless given
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// When the call comes in, such as 2026-11-24T15:00+08:00; now unless given
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<ZonedDateTime>,
    /// Play the recordings, too
    #[cfg(feature = "sound")]
    #[arg(long)]
    pub(super) sound: bool,
    /// The configuration, for calendars, connectors and prompts
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    pub(super) config: PathBuf,
}

fn moment(text: &str) -> Result<ZonedDateTime, String> {
    let wanted = "write a moment such as 2026-11-24T15:00+08:00";
    crate::sim::moment_of(text).ok_or_else(|| wanted.to_owned())
}

/// Who answers lookups. Takes at most the question's `within`.
pub(super) trait Connectors {
    /// Asks, and waits for the answer.
    fn ask(&mut self, question: &Question) -> Answer;
    /// Compares a secret, and waits for the verdict.
    fn verify(&mut self, check: &Check) -> Verdict;
}

/// What makes prompts heard.
pub(super) trait Sound {
    /// Begins to play; how long that takes, or nothing where nothing is heard.
    fn play(&mut self, play: &Play) -> Option<Duration>;
    /// Hold music, round and round.
    fn music(&mut self);
    /// The ringing of a phone far away.
    fn ringing(&mut self);
    /// Silence.
    fn stop(&mut self);
}

#[cfg(feature = "sound")]
impl Sound for super::sound::Prompts {
    fn play(&mut self, play: &Play) -> Option<Duration> {
        self.say(play)
    }

    fn music(&mut self) {
        self.repeat(HOLD_MUSIC);
    }

    fn ringing(&mut self) {
        self.repeat(RINGING);
    }

    fn stop(&mut self) {
        Self::stop(self);
    }
}

/// Nothing is heard.
pub(super) struct Silent;

impl Sound for Silent {
    fn play(&mut self, _: &Play) -> Option<Duration> {
        None
    }

    fn music(&mut self) {}

    fn ringing(&mut self) {}

    fn stop(&mut self) {}
}

/// Runs the command on this process's terminal, or on lines from its standard input.
///
/// # Errors
/// If the terminal or the standard output fails.
pub(super) fn run(args: &TryArgs, sound: &mut dyn Sound, colour: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut ground = match Ground::read(&args.config, &Overrides::default()) {
        Ok(ground) => ground,
        Err(Broken { sources, found }) => return Ok(refused(&render(&found, &sources, colour))),
    };
    let Some(flow) = ground.read_flow(&args.flow) else {
        return Ok(refused(&render(&ground.found, &ground.sources, colour)));
    };
    let mut databases = match Databases::open(&ground.config, &flow) {
        Ok(databases) => databases,
        Err(error) => return Ok(refused(&format!("error: {error}\n"))),
    };
    let setting = Setting {
        flow: Arc::clone(&flow),
        catalogues: Arc::clone(&ground.catalogues),
        calendars: Arc::new(ground.config.times()),
    };
    let trial = Trial::new(Arc::new(setting), start(args, &flow), &mut databases, sound);
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        terminal::run(trial, &mut out)?;
    } else {
        lines::run(trial, &mut io::stdin().lock(), &mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn start(args: &TryArgs, flow: &Program) -> Start {
    Start {
        call: format!("try-{}", flow.name.value).into(),
        caller_number: args.caller.as_deref().map(Arc::from),
        caller_name: None,
        called: args.called.as_str().into(),
        language: args.language.as_deref().map(Arc::from),
        turn: 0,
        at: Mono::ZERO,
        wall: args.at.clone().unwrap_or_else(ZonedDateTime::now),
    }
}

/// Says why there is no call.
fn refused(text: &str) -> ExitCode {
    // Where even the standard error is closed there is nobody to tell.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(2)
}

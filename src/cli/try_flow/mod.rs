//! `hotline try`: one call in a terminal. Prompts are text, keys come from the keyboard, lookups from real connectors.
//!
//! In a terminal time is real and every key is one; from a pipe each line is keys or a command, and time passes in
//! between.
//! Read next: `trial` (the call), `past` (steps back), `hints` (what may be keyed), `command` (what may be written).

mod command;
mod databases;
mod entry;
mod hints;
mod inputs;
mod lines;
mod past;
mod shown;
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
use self::trial::{Beginning, Trial};
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
/// answered by an agent or left by them, `n` if nobody is there, `?` to see what may be keyed, `l` to look at the variables
/// and at what an agent would see, `b` to go back to the question before, `j` to jump to a step, `t` to set the clock, `h`
/// for help, `q` to hang up; `:` begins a command, which Tab completes. From a pipe, each line is keys or a command; an
/// empty line is silence, `wait 10s` a while, and the end of the input hangs up. `help` lists the commands.
///
/// A step back undoes what the caller did, not what connectors were asked: their answers are kept, and with the same values
/// they are not asked again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hotline try flows/shop.yaml\n  hotline try flows/shop.yaml --caller 13800000001 --language en-US\n  printf '1\\n20260001#\\nback\\nlook\\n' | hotline try flows/shop.yaml\n  hotline try flows/shop.yaml --at 2026-11-24T23:00+08:00\n  hotline try flows/shared/identify.yaml --with level=2"
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
    /// A value that a flow takes which others run, such as number=20260001; asked for unless given
    #[arg(long, value_name = "NAME=VALUE")]
    with: Vec<String>,
    /// Show what may be keyed at every question also where the input is no terminal
    #[arg(long)]
    hints: bool,
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
    let inputs = match inputs::of(&flow, &args.with, &mut io::stdin().lock(), &mut out)? {
        Ok(inputs) => inputs,
        Err(wrong) => return Ok(refused(&format!("error: {wrong}\n"))),
    };
    let setting = Arc::new(Setting {
        flow: Arc::clone(&flow),
        catalogues: Arc::clone(&ground.catalogues),
        calendars: Arc::new(ground.config.times()),
    });
    let beginning = Beginning { setting, start: start(args, &flow), inputs };
    let mut trial = Trial::new(beginning, &mut databases, sound);
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        trial.hints = true;
        terminal::run(trial, &mut out)?;
    } else {
        trial.hints = args.hints;
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

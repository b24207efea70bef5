//! THE COMMAND LINE: one file a command.
//!
//! Called by `main` only. Everything that a command does stands in the rooms below; here are arguments, help texts,
//! what is printed, and exit codes.
//! Always true: 0 means that it went well, 1 that something was found or failed and was said, 2 that the command was
//! given wrongly.
//! Read next: the command you came for.

mod check;
mod count;
mod diff;
mod graph;
mod lsp;
mod new;
mod phone;
mod prompts;
mod replay;
mod say;
mod schema;
mod secret;
mod serve;
#[cfg(feature = "sound")]
pub mod sound;
mod stored;
mod test;
mod try_flow;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::audio::ClipStore;
use crate::server::house::{Ground, Overrides};

/// An IVR and voice-menu server: call flows in YAML, proven before a caller hears them.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
#[command(
    after_help = "Begin with:\n  hotline serve                                       the demo, as it is\n  \
                        hotline new parcel                                  a hotline of your own, also in an empty folder\n  \
                        hotline phone sip:4001@127.0.0.1 --digits '1,20260001#'   call it"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer calls.
    Serve(serve::ServeArgs),
    /// Find what is wrong with flows before a caller does.
    Check(check::CheckArgs),
    Diff(diff::DiffArgs),
    Graph(graph::GraphArgs),
    Lsp(lsp::LspArgs),
    New(new::NewArgs),
    /// Call a SIP address: a small softphone for trying things.
    Phone(phone::PhoneArgs),
    /// List and check the recordings, and what is still to be recorded.
    Prompts(prompts::PromptsArgs),
    Replay(replay::ReplayArgs),
    /// Show how a value is spoken, and write it as a WAV.
    Say(say::SayArgs),
    Schema(schema::SchemaArgs),
    Secret(secret::SecretArgs),
    Test(test::TestArgs),
    Try(try_flow::TryArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::New(args) => new::run(&args),
        Command::Phone(args) => phone::run(&args),
        Command::Prompts(args) => prompts::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Say(args) => say::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Secret(args) => secret::run(&args),
        Command::Test(args) => run_test(&args),
        Command::Try(args) => run_try(&args),
    }
}

fn run_test(args: &test::TestArgs) -> ExitCode {
    use std::io::IsTerminal as _;
    let clips = clips(&args.config);
    let lengths = move |clip: &str| clips.get(clip).map(|it| it.duration());
    let colour = std::io::stdout().is_terminal();
    // Nobody reads along when this fails.
    test::run(args, lengths, colour, &mut std::io::stdout().lock()).unwrap_or(ExitCode::FAILURE)
}

fn run_try(args: &try_flow::TryArgs) -> ExitCode {
    use std::io::IsTerminal as _;
    let colour = std::io::stderr().is_terminal();
    #[cfg(feature = "sound")]
    if args.sound {
        return match sound::Prompts::open(clips(&args.config)) {
            // Nobody reads along when this fails.
            Ok(mut speaker) => {
                try_flow::run(args, &mut speaker, colour).unwrap_or(ExitCode::FAILURE)
            }
            Err(error) => {
                eprintln!("hotline try: {error}");
                ExitCode::FAILURE
            }
        };
    }
    // Nobody reads along when this fails.
    try_flow::run(args, &mut try_flow::Silent, colour).unwrap_or(ExitCode::FAILURE)
}

/// The recordings that `config` names; none where it is wrong, which is for the command itself to say.
fn clips(config: &Path) -> ClipStore {
    Ground::read(config, &Overrides::default()).map(|it| it.clips()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_has_help_with_an_example() {
        let mut cli = super::Cli::command();
        cli.build();
        for command in cli.get_subcommands().filter(|it| it.get_name() != "help") {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "`hotline {}` shows no example", command.get_name());
        }
    }
}

//! `hotline secret hash`: what a system keeps of a PIN, for its database.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use crate::lookup;
use crate::secret::Secret;

/// Make what a database keeps of a PIN or password: its argon2id hash.
///
/// The secret is read from the standard input, one line, so that it stands in no history and no list of processes; at a
/// terminal it is not shown.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hotline secret hash                asks for it\n  hotline secret hash < pin.txt      reads it"
)]
pub(super) struct SecretArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$…`.
    Hash,
}

/// The longest secret that is read.
const LONGEST: usize = 256;

pub(super) fn run(args: &SecretArgs) -> ExitCode {
    let What::Hash = args.what;
    let secret = if io::stdin().is_terminal() { ask() } else { read(&mut io::stdin().lock()) };
    let says = match secret {
        Ok(Some(secret)) => match lookup::hash(&secret) {
            Ok(hash) => {
                // Nobody reads along when this fails.
                let _ = writeln!(io::stdout(), "{hash}");
                return ExitCode::SUCCESS;
            }
            Err(error) => error.to_string(),
        },
        Ok(None) => format!("a secret has 1 to {LONGEST} bytes"),
        Err(error) => error.to_string(),
    };
    eprintln!("hotline secret: {says}");
    ExitCode::FAILURE
}

/// The first line, without its end; none if nothing stands in it, or too much.
fn read(from: &mut impl io::BufRead) -> io::Result<Option<Secret<Arc<str>>>> {
    let mut line = String::new();
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 2;
    io::Read::take(from, limit).read_line(&mut line)?;
    Ok(taken(line.trim_end_matches(['\r', '\n'])))
}

fn taken(text: &str) -> Option<Secret<Arc<str>>> {
    (1..=LONGEST).contains(&text.len()).then(|| Secret::new(text.into()))
}

/// Asks at the terminal and shows nothing of what is typed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a keyboard has many keys, and they are not ours"
)]
fn ask() -> io::Result<Option<Secret<Arc<str>>>> {
    eprint!("secret: ");
    terminal::enable_raw_mode()?;
    let mut typed = String::new();
    let ended = loop {
        match event::read() {
            Ok(Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. })) => {
                match code {
                    KeyCode::Enter => break Ok(()),
                    KeyCode::Char(_) if modifiers.contains(KeyModifiers::CONTROL) => {
                        typed.clear();
                        break Ok(());
                    }
                    KeyCode::Backspace => {
                        typed.pop();
                    }
                    KeyCode::Char(letter) if typed.len() < LONGEST => typed.push(letter),
                    _ => {}
                }
            }
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    // Where the terminal is gone there is nothing to give back.
    let _ = terminal::disable_raw_mode();
    eprintln!();
    ended.map(|()| taken(&typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_read_and_nothing_else() {
        let long = "x".repeat(LONGEST + 1);
        for (input, expected) in [
            ("123456\n", Some("123456")),
            ("123456\r\nmore\n", Some("123456")),
            ("123456", Some("123456")),
            ("\n", None),
            ("", None),
            (&long, None),
        ] {
            let secret = read(&mut input.as_bytes()).unwrap();
            assert_eq!(secret.as_ref().map(|it| &**it.expose()), expected);
        }
    }
}
